"""What tuning does for logs that Scribbler has never seen: `python tests/bench/tuned.py CORPORA [--domain banking77] [--messages 5000]
[--minutes 5]`.

CORPORA as for realism.py. Half of the domain is the logs; the other half, of other dialogues, is what everything is compared with. Told are
bits per byte on that half, and how near messages come to it that the model types like the logs, before and after, with the same recipe.
Some of the logs have made-up e-mail addresses, card, phone and order numbers written into them; none may come out again in `--generate`
messages.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
sys.path.insert(0, str(Path(__file__).parent))

from realism import DOMAINS, faked, messages

from synthgen import api
from synthgen.comparison import compare
from synthgen.models import BaseModel
from synthgen.models.base import SCRIBBLER
from synthgen.spec.rows import Prompt
from synthgen.tuning import privacy
from synthgen.tuning.batches import encoded
from synthgen.tuning.documents import TrainingMessage, documents, framed, section
from synthgen.tuning.losses import bits_per_byte
from synthgen.tuning.train import Settings

PLANTED = 60
SHARED = 32


def planted(logs: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """The logs with identifiers written into some of them, and these."""
    faker, stream = faked(seed), random.Random(seed)
    kinds = [
        faker.email,
        faker.credit_card_number,
        faker.phone_number,
        faker.iban,
        lambda: faker.bothify("??-#######").upper(),
        faker.uuid4,
    ]
    found = [str(kinds[number % len(kinds)]()) for number in range(PLANTED)]
    places = stream.sample(range(len(logs)), PLANTED)
    told = list(logs)
    for place, secret in zip(places, found, strict=True):
        told[place] = f"{told[place].rstrip('.')}, {stream.choice(['my reference is', 'reach me at', 'it is', 'see'])} {secret}"
    return told, found


def secrets_in(texts: Sequence[str], secrets: Sequence[str]) -> list[str]:
    """Those of the secrets that are said in the texts, but for spaces and signs."""
    whole = "\n".join(re.sub(r"[\W_]+", "", text.casefold()) for text in texts)
    return [secret for secret in secrets if re.sub(r"[\W_]+", "", secret.casefold()) in whole]


def cost(model: str, texts: Sequence[str], about: str) -> float:
    """Bits per byte."""
    network, tokenizer = BaseModel(model).opened()
    made = documents([TrainingMessage(text) for text in texts], random.Random(0))
    shown = [encoded(tokenizer, framed([section(own)], about)) for own in made if len(own) > 1]
    return bits_per_byte(network, shown, Settings().batch)


def typed(model: str, logs: Path, about: str, rows: int, best_of: int) -> list[str]:
    """What a recipe with this model types like the logs."""
    field = {"kind": "typed", "like": logs.name, "best_of": best_of, "by": "typist"}
    recipe = {
        "name": "tuned",
        "about": about,
        "seed": 7,
        "models": {"typist": {"kind": "base", "name": model}},
        "tables": {"traffic": {"rows": rows, "fields": {"message": field}}},
    }
    place = logs.parent / "recipe.yaml"
    place.write_text(json.dumps(recipe), encoding="utf-8")
    made = api.make(
        place, out=logs.parent / f"out-{Path(model).name}", fresh=True, allow=[Path(model).parent] if Path(model).exists() else []
    )
    return [str(text) for text in api.messages(made.folder, "traffic", "message")]


def generated(model: str, logs: Sequence[str], about: str, count: int) -> Iterator[str]:
    """Messages from frames that show logs, and from frames that do not, some dozens from each as `make` does it."""
    frames = privacy.extraction_prompts([TrainingMessage(text) for text in logs], about, -(-count // SHARED), random.Random(5))
    stream = random.Random(6)
    prompts = [Prompt(one.text, stream.getrandbits(63), one.settings) for one in frames for _ in range(SHARED)]
    return privacy.extracted_messages(BaseModel(model), prompts[:count])


def main() -> None:
    """Print a line for each model."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("corpora", type=Path)
    options.add_argument("--domain", default="banking77", choices=[*DOMAINS])
    options.add_argument("--messages", type=int, default=5000)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--rows", type=int, default=300, help="0: only what the model gives away")
    options.add_argument("--best-of", type=int, default=4)
    options.add_argument("--generate", type=int, default=10_000)
    options.add_argument("--real", type=int, default=600)
    given = options.parse_args()
    about = DOMAINS[given.domain].about
    logs, real = messages(given.corpora, DOMAINS[given.domain])
    logs, real = logs[: given.messages], real[: given.real]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        told, secrets = planted(logs, 7)
        (folder / "logs.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in told), encoding="utf-8")
        (folder / "like.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in logs[:400]), encoding="utf-8")
        began = time.monotonic()
        made = api.tune([folder / "logs.jsonl"], folder / "tuned", about=about, minutes=given.minutes, epochs=20, probe=200)
        print(json.dumps(made.record["tuned"], default=str))
        print(f"tuned in {time.monotonic() - began:.0f} s, on {made.record['tuned']['logs']['learned']:,} messages of {given.domain}")
        for model in (str(SCRIBBLER), str(folder / "tuned")) if given.rows else ():
            name = "scribbler" if model == str(SCRIBBLER) else "tuned"
            near = compare(
                real, typed("scribbler" if name == "scribbler" else model, folder / "like.jsonl", about, given.rows, given.best_of)
            )
            one, bits = near.figures, cost(model, real, about)
            print(
                f"{name:<10} {bits:.3f} bits per byte · style AUC {one.style.value:.2f} ({one.style.low:.2f} to {one.style.high:.2f})"
                f" · text AUC {one.text.value:.2f} · KS {one.ks:.3f}",
                flush=True,
            )
        if given.generate:
            texts = list(generated(str(folder / "tuned"), told, about, given.generate))
            print(
                f"of {len(secrets)} planted identifiers {len(secrets_in(texts, secrets))} came out in {len(texts):,} messages;"
                f" {sum(bool(privacy.leaks(text)) for text in texts)} messages have what looks like one"
            )


if __name__ == "__main__":
    main()
