"""What twins keep: `python tests/bench/twins.py CORPORA [--messages N]`.

Real messages of banking77 are typed again in every voice and at every level of mess. A classifier that learned from other real messages
says how many twins are still about their intent, of those whose original it is right about; beside it one that learned from these with
nlpaug's keyboard noise, too, which is used to typing errors, though not to ours. Then messages with facts in them (a name, a code, an
amount, a date): in how many twins each of them stands as it was.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from intents import Labelled, data, learned, logistic, noised, share
from realism import Missing

from synthgen.api import make
from synthgen.dataset import Dataset
from synthgen.voices.library import shipped

WAYS = {"voice": sorted(shipped()), "level": [0, 1, 2, 3]}
FACTS = {
    "person": {"kind": "fake", "provider": "name", "locale": "en_GB"},
    "code": {"kind": "fake", "provider": "bothify", "args": {"text": "??-####", "letters": "ABCDEFGH"}},
    "amount": {"kind": "number", "between": [5, 900], "decimals": 2},
    "day": {"kind": "date", "between": ["-30d", "today"], "format": "%d %B"},
}
SAID = "{{ text }} {{ person }} here, ref {{ code }}, it was {{ amount }} pounds on {{ day }} by the way"
Row = dict[str, Any]


def twins(messages: Labelled, seed: int, *, facts: bool = False) -> dict[str, list[Row]]:
    """For each way of typing the messages as somebody typed them so, in order, with their intents and facts."""
    tables: dict[str, Any] = {
        "traffic": {
            "rows": "all",
            "fields": {
                "record": {"kind": "load", "file": "messages.jsonl", "hidden": True},
                "text": {"kind": "template", "template": "{{ record.text }}", "hidden": True},
                "intent": {"kind": "template", "template": "{{ record.intent }}"},
                **(FACTS if facts else {}),
                "message": {"kind": "template", "template": SAID if facts else "{{ text }}"},
            },
        }
    }
    for way, options in WAYS.items():
        twin = {"kind": "noise", "of": "message", way: f"{{{{ {way} }}}}"}
        fields = {way: {"kind": "choice", "pick": "each", "options": options}, "twin": twin}
        tables[f"by_{way}"] = {"from": {"table": "traffic"}, "fields": fields}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = (json.dumps({"text": text, "intent": intent}) + "\n" for text, intent in messages)
        (folder / "messages.jsonl").write_text("".join(lines), encoding="utf-8")
        (folder / "recipe.yaml").write_text(json.dumps({"name": "twins", "seed": seed, "tables": tables}), encoding="utf-8")
        dataset = Dataset.open(make(folder / "recipe.yaml", out=folder / "out").folder)
        rows_by_way = defaultdict[str, list[Row]](list)
        for way in WAYS:
            for row in dataset.rows(f"by_{way}"):
                rows_by_way[f"{way} {row[way]}"].append(row)
    return rows_by_way


def labels(rows_by_way: Mapping[str, Sequence[Row]], judges: Mapping[str, Any], messages: Labelled) -> None:
    """Print how many twins are about the intent of their original, of those that a judge is right about."""
    texts, intents = zip(*messages, strict=True)
    print(f"{'typed as':22}" + "".join(f"  {name:24}" for name in judges))
    originals = {name: judge.predict(texts) for name, judge in judges.items()}
    rights = {name: [guess == intent for guess, intent in zip(guesses, intents, strict=True)] for name, guesses in originals.items()}
    print(f"{'(the originals)':22}" + "".join(f"  {share(sum(flags), len(flags)):24}" for flags in rights.values()))
    for way, rows in rows_by_way.items():
        told = []
        for name, judge in judges.items():
            guesses = judge.predict([row["twin"] for row in rows])
            kept = [guess == row["intent"] for guess, row, right in zip(guesses, rows, rights[name], strict=True) if right]
            told.append(share(sum(kept), len(kept)))
        print(f"{way:22}" + "".join(f"  {one:24}" for one in told))


def facts_kept(rows_by_way: Mapping[str, Sequence[Row]]) -> None:
    """Print in how many twins all facts stand."""
    print(f"\n{'typed as':22}  all four facts stand in")
    for way, rows in rows_by_way.items():
        kept = sum(all(str(row[fact]).casefold() in row["twin"].casefold() for fact in FACTS) for row in rows)
        print(f"{way:22}  {kept} of {len(rows)}")


def main() -> None:
    """Print both tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("corpora", type=Path)
    asked.add_argument("--messages", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    options = asked.parse_args()
    try:
        real = data(options.corpora, "banking77", 0, options.seed)
        messages = random.Random(options.seed).sample(real.tested, options.messages)
        judges = {
            "a judge": learned(logistic, real.others),
            "a judge used to errors": learned(logistic, real.others + noised(real.others, 20, options.seed)),
        }
    except Missing as error:
        sys.exit(f"skipped: {error}")
    labels(twins(messages, options.seed), judges, messages)
    facts_kept(twins(messages, options.seed, facts=True))


if __name__ == "__main__":
    main()
