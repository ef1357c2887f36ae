"""What a run hands on: finished rows chunk by chunk, what was refused, and how far a table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from synthgen.spec.rows import Row


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was refused, by which check or field, and why; `to` is the configuration that it goes to."""

    row: int
    attempt: int
    by: str
    field: str
    reason: str
    values: Mapping[str, Any]
    to: str = "refused"


@dataclass
class TableState:
    """How far a table is: the next candidate, the rows so far, the tries, who refused how many, and how many rows went to which other
    configuration to stay there."""

    next_index: int = 0
    rows: int = 0
    tries: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)

    def copy(self) -> TableState:
        """How far it is now."""
        return replace(self, refused=dict(self.refused), aside=dict(self.aside))

    def advance(self, chunk: TableState) -> None:
        """Add what came of the candidates that are next."""
        self.next_index = chunk.next_index
        self.rows += chunk.rows
        self.tries += chunk.tries
        for counts, more in ((self.refused, chunk.refused), (self.aside, chunk.aside)):
            for name, count in more.items():
                counts[name] = counts.get(name, 0) + count


@dataclass(frozen=True)
class Chunk:
    """Finished rows of a table, in order, what was refused on the way, and the state after it. A chunk that was made apart comes `packed`,
    and has no rows beside that."""

    number: int
    rows: list[Row]
    refused: list[Refused]
    state: TableState
    packed: Any = None


@dataclass(frozen=True, slots=True)
class ApartChunk:
    """What came of some candidates that need no others: rows and refusals, `packed`; what that adds to the table's state, and which
    candidate is next; and some of what was refused, by whom."""

    packed: Any
    state: TableState
    examples: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a chunk is: rows that `passed`; of those `asked` for the field `asking`, how many are `answered`; in which `round` (the first
    is 1); why most of them were refused in the round before; the `trouble` that the table is in, if it will not get its rows; how many
    `tries` a row has at that field (0: not known); and whether its messages are `typed`, of which rows choose when all are there."""

    passed: int = 0
    asking: str = ""
    asked: int = 0
    answered: int = 0
    round: int = 1
    refused_for: str = ""
    trouble: str = ""
    tries: int = 0
    typed: bool = False
