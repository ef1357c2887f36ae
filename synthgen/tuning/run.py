"""The verb: read the logs, train, measure what the model gives away, and write a folder that a recipe can name."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import synthgen
from synthgen.dataset import JOURNAL, Output
from synthgen.dataset.verify import refuse_damaged
from synthgen.errors import DataError, OutputError
from synthgen.models import BaseModel
from synthgen.spec.digests import digest_of, sha256_of
from synthgen.text.originals import LEARNED, Originals
from synthgen.tuning import privacy
from synthgen.tuning.batches import Encoded, encoded, learnable
from synthgen.tuning.card import card
from synthgen.tuning.documents import TrainingMessage, by_topic, documents, framed, section, sectioned
from synthgen.tuning.logs import ENOUGH, Logs, read_logs, split
from synthgen.tuning.train import CHECKPOINT, Settings, Watch
from synthgen.versions import versions

HELD = 0.1
"""The share of the logs that is held out, to see when to stop."""
MOST_HELD = 400
"""Held-out messages that each look reads, at most."""
NAMELESS = 0.2
"""The share of documents that do not say where they are from, so that the model works under another `about` too."""


@dataclass(frozen=True)
class Tuned:
    """What `tune` did: where the model is, and its record. `already` is true when it was there and nothing had to be done."""

    folder: Path
    record: dict[str, Any]
    already: bool = False

    @property
    def notes(self) -> list[str]:
        """What the user should know."""
        record, found = self.record["tuned"], list[str]()
        if "making" in record:
            return found
        losses, learned = [loss for _, loss in record["training"]["held-out bits per byte"]], record["logs"]["learned"]
        if learned < ENOUGH:
            found.append(f"{learned:,} messages are few; from {ENOUGH:,} on a model learns more than `like: FILE` shows it")
        if min(losses) > 0.99 * losses[0]:
            found.append("it learned next to nothing: it foretells held-out messages no better than before")
        rates = {name: (one["whole"] + one["nearly"] + one["runs"]) / max(1, one["messages"]) for name, one in record["privacy"].items()}
        if rates["generated"] > rates["by chance"] + 0.01:
            found.append("it says what it learned over again more often than people coincide by chance; do not give the folder away")
        return found


R = TypeVar("R")


def run(
    out: Path,
    told: Sequence[Any],
    fresh: bool,
    read: Callable[[], R],
    work: Callable[[R, Path], dict[str, Any]],
    paths: Sequence[Path] = (),
) -> Tuned:
    """The model in the folder `out`: the one that is there when it was `told` the same, of `paths` with the same content; or else what
    `work` makes of what was `read`, in a folder where a killed run left off, and tells in the record that it returns. Nothing is made
    before all is read. Raises DataError, OutputError.
    """
    output, said = Output(out), _fingerprint(paths, told)
    with output.locked("tune"):
        if (found := _finished(output, said, fresh)) is not None:
            return Tuned(out, found, already=True)
        began = time.monotonic()
        given = read()
        record = work(given, _workplace(output, said, fresh))
        return Tuned(out, _publish(output, said, {**record, "seconds": round(time.monotonic() - began, 1)}))


def tune(
    paths: Sequence[Path],
    out: Path,
    *,
    about: str,
    model: str,
    field: str | None,
    group: str | None,
    settings: Settings,
    probe: int,
    device: str,
    fresh: bool,
    watch: Watch,
) -> Tuned:
    """Fine-tune a base model on messages; see `synthgen.api.tune`."""
    base_model = BaseModel(model, device=device)

    def read() -> tuple[Logs, list[TrainingMessage], list[TrainingMessage]]:
        found = read_logs(paths, about, Random(f"{settings.seed} masks"), field=field, group=group)
        return found, *split(found.typed, HELD, Random(f"{settings.seed} held"))

    def work(given: tuple[Logs, list[TrainingMessage], list[TrainingMessage]], folder: Path) -> dict[str, Any]:
        from synthgen.tuning.adapt import lora_train

        found, learned, held = given
        network, tokenizer = base_model.opened()
        looked_at = _looked_at(held, about, tokenizer)
        if not any(size for _, _, size in looked_at):
            raise DataError("no messages can be held out: they belong to too few dialogues", "leave the field out that says which dialogue")
        state = lora_train(base_model, network, _epochs(learned, about, settings.seed, tokenizer), looked_at, settings, folder, watch)
        copy_tokenizer(base_model, folder)
        Originals(one.text for one in learned).save(folder / LEARNED)
        return {
            "base": base_model.identity,
            "about": about,
            "settings": asdict(settings),
            "logs": _told(found, learned, held),
            "training": state.record(),
            "privacy": _gives_away(folder, device, learned, held, about, probe, settings.seed),
        }

    return run(out, [about, content(model), field, group, asdict(settings), probe], fresh, read, work, paths)


def content(model: str) -> str:
    """A model's name and what is in it, in whatever number format."""
    base_model = BaseModel(model)
    return base_model.identity.split()[0] if base_model.place.exists() else model


def _finished(output: Output, said: str, fresh: bool) -> dict[str, Any] | None:
    found = output.manifest(again=fresh)
    if (found is not None and "tuned" not in found) or (output.unfinished / JOURNAL).exists():
        raise OutputError(f"{output.final} is a dataset, not a model", "choose another place: --out DIR")
    if found is None or fresh:
        return None
    if found["fingerprint"] != said or output.unfinished.exists():
        return None
    refuse_damaged(output, found)
    return found


def _workplace(output: Output, said: str, fresh: bool) -> Path:
    """The folder where the run works, as its killed forerunner left it; empty when that one was told otherwise."""
    mark = output.unfinished / "fingerprint"
    output.open(fresh=fresh or not mark.exists() or mark.read_bytes() != said.encode())
    mark.write_text(said, encoding="utf-8")
    return output.unfinished


def _fingerprint(paths: Sequence[Path], told: Sequence[Any]) -> str:
    try:
        read = [sha256(path.read_bytes()).hexdigest() for path in paths]
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror or error}") from None
    return digest_of([synthgen.__version__, read, told])


def _epochs(learned: Sequence[TrainingMessage], about: str, seed: int, tokenizer: Any) -> Callable[[int], list[Encoded]]:
    topics = by_topic(learned)

    def epoch(number: int) -> list[Encoded]:
        stream = Random(f"{seed} epoch {number}")
        made = [
            framed(sectioned(handful, topics, stream), "" if stream.random() < NAMELESS else about, first=0)
            for handful in documents(learned, stream)
        ]
        return learnable(tokenizer, made)

    return epoch


def _looked_at(held: Sequence[TrainingMessage], about: str, tokenizer: Any) -> list[Encoded]:
    made = documents(held[:MOST_HELD], Random(0))
    shown = [framed([section(one)], about) for one in made if len(one) > 1]
    return [encoded(tokenizer, one) for one in shown]


def copy_tokenizer(base_model: BaseModel, folder: Path) -> None:
    """Give a tuned model its base's tokenizer."""
    if base_model.is_packed:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base_model.place / name, folder / name)
    else:
        base_model.tokenizer.save_pretrained(folder)


def _gives_away(
    work: Path, device: str, learned: Sequence[TrainingMessage], held: Sequence[TrainingMessage], about: str, probe: int, seed: int
) -> dict[str, Any]:
    texts, others = [one.text for one in learned], [one.text for one in held]
    prompts = privacy.extraction_prompts(learned, about, probe, Random(f"{seed} probe"))
    made = list(privacy.extracted_messages(BaseModel(str(work), device=device), prompts))
    return {"generated": privacy.count_copied(made, texts)._asdict(), "by chance": privacy.count_copied(others, texts)._asdict()}


def _told(read: Logs, learned: Sequence[TrainingMessage], held: Sequence[TrainingMessage]) -> dict[str, Any]:
    return {"messages": read.read, "learned": len(learned), "held out": len(held), "left out": read.left_out, "masked": read.masked}


def _publish(output: Output, said: str, record: dict[str, Any]) -> dict[str, Any]:
    work, own = output.unfinished, (CHECKPOINT, "fingerprint")
    manifest = {"synthgen": synthgen.__version__, "fingerprint": said, "versions": versions(), "tuned": record}
    (work / "README.md").write_text(card(manifest), encoding="utf-8")
    manifest["files"] = {
        one.name: {"bytes": one.stat().st_size, "sha256": sha256_of(one)}
        for one in sorted(work.iterdir())
        if one.is_file() and one.name not in own and not one.name.startswith(".")
    }
    output.publish(manifest, own)
    return manifest
