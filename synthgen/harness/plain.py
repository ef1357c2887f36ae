"""Plain files: JSONL, and CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import category

from synthgen.harness.cases import EvalCase, Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.text import line, write_lines
from synthgen.spec.rows import steerless

FORMULA = "=+-@＝＋－＠"
"""What a cell begins with that a spreadsheet would run, behind white space too and what cannot be seen."""


def write_jsonl(suite: Suite, folder: Path) -> int:
    """NAME.jsonl: id, input, target and labels, exactly as they are; returns how many cases."""
    return write_lines(folder / f"{suite.slug}.jsonl", (line(_record(case)) for case in suite.cases()))


def write_csv(suite: Suite, folder: Path) -> int:
    """NAME.csv: the same in columns. A cell that a spreadsheet would run as a formula begins with an apostrophe, and a code that would
    steer a terminal is written as its number; returns how many cases."""
    tamed = steering = 0

    def rows() -> Iterator[str]:
        nonlocal tamed, steering
        yield _row(["id", "input", "target", *suite.labels])
        for case in suite.cases():
            record = _record(case)
            cells = [record["id"], record["input"], record["target"], *case.labels.values()]
            texts = [cell if isinstance(cell, str) or cell is None else line(cell) for cell in cells]
            safe_texts = [text if text is None else steerless(text) for text in texts]
            steering += sum(new != old for new, old in zip(safe_texts, texts, strict=True))
            tamed += sum(map(_runs, texts))
            yield _row([f"'{new}" if _runs(old) else new for new, old in zip(safe_texts, texts, strict=True)])

    count = write_lines(folder / f"{suite.slug}.csv", rows()) - 1
    if tamed:
        suite.notes.append(
            f"csv: {tamed} cells that a spreadsheet would run as formulas begin with an apostrophe; jsonl has them as they are"
        )
    if steering:
        suite.notes.append(
            f"csv: {steering} cells have codes that would steer a terminal, written as such as \\x1b; jsonl has them as they are"
        )
    return count


def _record(case: EvalCase) -> dict[str, Any]:
    return {"id": case.id, "input": case.input, "target": case.target, "labels": case.labels}


def _runs(text: str | None) -> bool:
    seen = (letter for letter in text or "" if not letter.isspace() and category(letter) not in ("Cc", "Cf"))
    return next(seen, " ") in FORMULA


def _row(cells: list[str | None]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().removesuffix("\r\n")


JSONL, CSV = Exporter("jsonl", write_jsonl), Exporter("csv", write_csv)
