"""How long the report of a large output takes, and how large it is. `python tests/bench/report.py [ROWS]`

The messages are drawn from a few thousand and get slips, so that the output is there in a minute or two; the page does not mind where
they are from. Wanted: 100,000 rows in less than 10 seconds and 3 MB.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import synthgen
from synthgen.dataset import Dataset
from synthgen.reporting import render

WORDS = [
    "my",
    "card",
    "is",
    "lost",
    "pls",
    "help",
    "where",
    "order",
    "when",
    "will",
    "it",
    "come",
    "cant",
    "log",
    "in",
    "app",
    "thanks",
    "hi",
    "the",
    "refund",
    "got",
    "declined",
    "again",
    "why",
    "not",
    "to",
    "for",
    "a",
    "i",
]
INTENTS = [f"intent {number}" for number in range(20)]
MESSAGES = 4_000


def recipe(rows: int) -> dict[str, Any]:
    """A table with facts, labels, a voice, an edge case and slips; one row in some is refused."""
    return {
        "name": "large",
        "about": "Customers of a shop.",
        "tables": {
            "traffic": {
                "rows": rows,
                "fields": {
                    "id": {"kind": "id"},
                    "customer": {"kind": "fake", "provider": "name"},
                    "amount": {"kind": "number", "between": [1, 900], "decimals": 2},
                    "intent": {"kind": "choice", "options": {name: 1 + place for place, name in enumerate(INTENTS)}},
                    "plan": {"kind": "choice", "options": {"free": 3, "paid": 1}},
                    "said": {"kind": "load", "file": "messages.jsonl", "pick": "random", "field": "text", "hidden": True},
                    "message": {"kind": "noise", "of": "said", "voice": {"texter": 3, "phone": 1}},
                    "case": {"kind": "choice", "options": {"none": 8, "truncated": 1, "empty": 1}},
                    "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
                },
                "keep": [{"kind": "lacks", "field": "message", "pattern": "declined again"}],
            }
        },
    }


def main(rows: int) -> None:
    """Make the output, and its page once more."""
    stream = Random(0)
    with tempfile.TemporaryDirectory() as place:
        lines = [json.dumps({"text": " ".join(stream.choices(WORDS, k=stream.randint(2, 24)))}) for _ in range(MESSAGES)]
        (Path(place) / "messages.jsonl").write_text("\n".join(lines))
        (Path(place) / "recipe.yaml").write_text(json.dumps(recipe(rows)))
        began = time.monotonic()
        made = synthgen.make(Path(place) / "recipe.yaml", out=Path(place) / "out")
        print(f"made {rows:,} rows in {time.monotonic() - began:.1f} s")
        began, profile = time.monotonic(), cProfile.Profile()
        if "--profile" in sys.argv:
            profile.enable()
        page = render(Dataset.open(made.folder))
        profile.disable()
        print(f"the page: {time.monotonic() - began:.1f} s, {len(page.encode()) / 1e6:.2f} MB")
        if "--profile" in sys.argv:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(30)


if __name__ == "__main__":
    main(next((int(word) for word in sys.argv[1:] if word.isdigit()), 100_000))
