"""Plain files: JSONL, and CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthgen.harness.cases import Case, Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.text import line, write_lines

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would run."""


def write_jsonl(suite: Suite, folder: Path) -> int:
    """NAME.jsonl: id, input, target and labels, exactly as they are; returns how many cases."""
    return write_lines(folder / f"{suite.slug}.jsonl", (line(_record(case)) for case in suite.cases()))


def write_csv(suite: Suite, folder: Path) -> int:
    """NAME.csv: the same in columns. A cell that a spreadsheet would run as a formula begins with an apostrophe; returns how many cases."""
    tamed = 0

    def rows() -> Iterator[str]:
        nonlocal tamed
        yield _row(["id", "input", "target", *suite.labels])
        for case in suite.cases():
            record = _record(case)
            cells = [record["id"], record["input"], record["target"], *case.labels.values()]
            texts = [one if isinstance(one, str) or one is None else line(one) for one in cells]
            tamed += sum(_runs(text) for text in texts)
            yield _row([f"'{text}" if _runs(text) else text for text in texts])

    count = write_lines(folder / f"{suite.slug}.csv", rows()) - 1
    if tamed:
        suite.notes.append(
            f"csv: {tamed} cells that a spreadsheet would run as formulas begin with an apostrophe; jsonl has them as they are"
        )
    return count


def _record(case: Case) -> dict[str, Any]:
    return {"id": case.id, "input": case.input, "target": case.target, "labels": case.labels}


def _runs(text: str | None) -> bool:
    return bool(text) and str(text).startswith(FORMULA)


def _row(cells: list[str | None]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().removesuffix("\r\n")


JSONL, CSV = Exporter("jsonl", write_jsonl), Exporter("csv", write_csv)
