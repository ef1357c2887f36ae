"""How long many decisions take: a million lines read, one more written, and 100,000 rows as reviewers left them.

python tests/bench/decisions.py [DECISIONS] [ROWS]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

from synthgen import api
from synthgen.dataset import Dataset
from synthgen.decisions import Decision, Review, seen
from synthgen.decisions.amended import honoured
from synthgen.decisions.progress import progress

FIELDS = {
    "intent": {"kind": "choice", "options": ["late", "broken", "refund"]},
    "mood": {"kind": "choice", "options": ["glad", "cross"]},
    "message": {"kind": "template", "template": "my order is {{ intent }}, I am {{ mood }}"},
}


@contextmanager
def timed(what: str) -> Iterator[None]:
    began, worked = time.perf_counter(), time.process_time()
    yield
    memory = getrusage(RUSAGE_SELF).ru_maxrss / 1000
    print(f"{what}: {time.perf_counter() - began:.2f} s ({time.process_time() - worked:.2f} s of work), at most {memory:,.0f} MB so far")


def main(decisions: int = 1_000_000, rows: int = 100_000) -> None:
    """Time them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        recipe = {"name": "facts", "tables": {"traffic": {"rows": rows, "fields": FIELDS}}}
        made = Dataset.open(api.make(recipe, out=folder / "facts").folder)
        file = folder / "facts.review.jsonl"
        with file.open("w", encoding="utf-8") as stream:
            for number in range(decisions):
                stream.write(_line(number, rows))
        with timed(f"{decisions:,} decisions read"):
            review = Review.load(file)
        with timed("what they come to"):
            print(review.standing("traffic").count())
        with timed("one more written"):
            review.append(Decision("ana", "traffic", "traffic-1", "unsure"))
        with timed("counted again"):
            review.standing("traffic").count()
        del review
        _of_rows(made, file, rows)


def _of_rows(made: Dataset, file: Path, rows: int) -> None:
    fields = ["intent", "mood"]
    with file.open("wb") as stream:
        for number, row in enumerate(made.rows("traffic")):
            what = {"decision": "reject", "reason": "no"} if number % 10 == 0 else {"decision": "accept"}
            what = {"decision": "relabel", "field": "intent", "value": "late"} if number % 10 == 1 else what
            name = f"traffic-{row['provenance']['row']}"
            one = Decision("ana", "traffic", name, seen=seen(row, fields), id=f"{number:x}", at="2026-11-28T00:00:00Z", **what)  # type: ignore[arg-type]
            stream.write(one.line())
    with timed(f"{rows:,} rows, each decided on"):
        left = honoured(made)
    with timed("read as they were left"):
        count = sum(batch.num_rows for batch in left.dataset.batches("traffic"))
    print(progress(left)[0], count)


def _line(number: int, rows: int) -> str:
    at = f"2026-11-28T{number // 3_600_000 % 24:02d}:{number // 60_000 % 60:02d}:{number // 1000 % 60:02d}.{number % 1000:03d}Z"
    read = {"message": f"{number:016x}", "intent": f"{number * 7:016x}", "slips": f"{number * 3:016x}"}
    first = {"id": f"{number:016x}", "at": at, "by": "ana" if number % 2 else "ben", "table": "traffic", "row": f"traffic-{number % rows}"}
    return json.dumps({**first, "decision": "accept", "seen": read}) + "\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
