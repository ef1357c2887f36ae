"""Generated messages beside real ones: the figures of a comparison, and a quiz of pairs of which one is real.

Real messages come onto a page only by this, which nobody but the reader's own command asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from synthgen.comparison import Comparison, compare, verdict
from synthgen.dataset import Dataset
from synthgen.dataset.look import messages
from synthgen.errors import OutputError
from synthgen.reporting.contents import Contents
from synthgen.reporting.typing import Dot, against_real
from synthgen.text.dialogues import Turns
from synthgen.text.frames import normalise
from synthgen.text.legible import Pieces, legible

QUESTIONS = 20
DRAWN = 20
"""Generated messages for each question, of which that is taken which is nearest in length."""


@dataclass(frozen=True)
class QuizPair:
    """Two messages, one of them real: that at the place `real` (0 or 1)."""

    first: Pieces
    second: Pieces
    real: int


@dataclass(frozen=True)
class Against:
    """Real messages (how they are called, how many) beside those of a table's field: the comparison, its dots and verdict, and the quiz."""

    logs: str
    table: str
    field: str
    comparison: Comparison
    verdict: str
    groups: dict[str, list[Dot]]
    questions: list[QuizPair]


def against_logs(dataset: Dataset, logs: str | Path, field: str | None = None, turns: Turns | None = None) -> Against:
    """The first table of an output in which somebody typed, beside the messages of a file (in its `field`, of conversations these `turns`)
    or of another output. Raises DataError, OutputError."""
    tables = [Contents(dataset, name) for name in dataset.tables]
    table = next((table for table in tables if table.message), None)
    if table is None or table.message is None:
        raise OutputError(f"no table of {dataset.folder} holds messages, so there is nothing to lay beside {logs}")
    real = messages(logs, None, field, turns)
    generated = [text for text in table.texts(table.message) if text]
    comparison = compare(real, generated)
    stream = Random(int(dataset.manifest["seed"]))
    questions = list(_questions(real, generated, stream))
    return Against(Path(logs).name, table.name, table.message, comparison, verdict(comparison), against_real(comparison), questions)


def _questions(real: Sequence[str], generated: Sequence[str], stream: Random) -> list[QuizPair]:
    """Pairs of about the same length, in which no message comes twice or is on both sides."""
    real_texts, generated_texts = ({normalise(text): text for text in side if text.strip()} for side in (real, generated))
    real_only = [text for key, text in real_texts.items() if key not in generated_texts]
    generated_only = [text for key, text in generated_texts.items() if key not in real_texts]
    count = min(QUESTIONS, len(real_only), len(generated_only))
    pool, pairs = stream.sample(generated_only, min(len(generated_only), count * DRAWN)), list[QuizPair]()
    for text in stream.sample(real_only, count):
        twin = min(pool, key=lambda candidate: abs(len(candidate) - len(text)))
        pool.remove(twin)
        real_at = stream.randrange(2)
        pair = (text, twin) if real_at == 0 else (twin, text)
        pairs.append(QuizPair(legible(pair[0]), legible(pair[1]), real_at))
    return pairs
