"""What earlier rounds of focusing found, and whether a round finds anything new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from synthgen.comparison.shares import difference, wilson
from synthgen.focusing.failing import FAILED, TestedTable
from synthgen.focusing.seeds import ALIKE, FAILING, KNOWN
from synthgen.text.similarity import SimilarityIndex

ROUNDS = "rounds.json"
"""The file of the figures of rounds."""
NEW = 0.1
"""The share of failing messages up to which they are taken for those that are known."""


@dataclass(frozen=True)
class FocusRound:
    """One round: on so many `rows` of an output an application `failed` (a row of which some answers are wrong counts in part); of the
    `failing` messages so many are `new`: not nearly the same as one of an earlier round. They are of so many `requests`; 0: one a row."""

    output: str
    rows: int
    failed: float
    failing: int
    new: int
    requests: int = 0

    @property
    def share(self) -> float:
        """The share that failed."""
        return self.failed / self.rows if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval at 95 %; a request counts once, in however many ways it was typed."""
        return wilson(*self._independent)

    @property
    def _independent(self) -> tuple[float, int]:
        """How many requests failed, each in part, and how many there were."""
        requests = self.requests or self.rows
        return self.share * requests, requests

    def finds_no_more(self, before: FocusRound) -> bool:
        """Whether it surely neither fails more than the round before, nor on other messages."""
        least, _ = difference(*self._independent, *before._independent)
        return least <= 0 and self.new <= NEW * self.failing


@dataclass(frozen=True)
class History:
    """What rounds before this one found: their figures, and the messages that failed and all that there were."""

    rounds: Sequence[FocusRound] = ()
    failing: Sequence[str] = ()
    known: Sequence[str] = ()

    @classmethod
    def beside(cls, folder: Path) -> History:
        """What lies in the folder of a recipe; nothing where there is none, or it cannot be read."""
        rounds = list[FocusRound]()
        with suppress(OSError, ValueError, TypeError):
            rounds = [FocusRound(**record) for record in json.loads((folder / ROUNDS).read_text("utf-8"))]
        return cls(rounds, _lines(folder / FAILING), _lines(folder / KNOWN))

    def files(self) -> dict[str, list[str]]:
        """The lines of its files, by name."""
        figures = json.dumps([asdict(focus_round) for focus_round in self.rounds], indent=1, ensure_ascii=False)
        return {ROUNDS: figures.split("\n"), FAILING: list(self.failing), KNOWN: list(self.known)}


def next_round(history: History, tables: Sequence[TestedTable], output: str, messages: Iterable[str]) -> History:
    """The history with this round; `messages` are all that there were."""
    failing = [text for tested in tables for text in _failing(tested)]
    index = SimilarityIndex(ALIKE)
    for text in history.failing:
        index.like(text, keep=True)
    new = [text for text in failing if index.like(text) is None]
    rows = sum(len(tested.failed) for tested in tables)
    failed = sum(sum(tested.failed.values()) for tested in tables)
    this = FocusRound(output, rows, failed, len(failing), len(new), sum(tested.requests for tested in tables))
    known = dict.fromkeys([*history.known, *messages])
    return History([*history.rounds, this], [*dict.fromkeys([*history.failing, *new])], list(known))


def _failing(tested: TestedTable) -> list[str]:
    columns = [tested.made_from()[0]] if tested.made_from() else [tested.input]
    rows = tested.values(columns)
    return [text for row, values in rows if tested.failed[row] >= FAILED and (text := tested.text(values))]


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text("utf-8").split("\n") if line.strip()]
    except (OSError, ValueError):
        return []
