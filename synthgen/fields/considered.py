"""What a row might have got where a field chooses among several texts, and why it did not: for those who ask why a row is as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from synthgen.spec.rows import Completion, Refusal, Row, Value
from synthgen.text.slots import filled, slots
from synthgen.voices.pieces import TextChange

if TYPE_CHECKING:
    from synthgen.fields.pool import Fates, MessagePool


@dataclass(frozen=True, slots=True)
class Considered:
    """A text that a row might have got from a completion, and why it did not: a short `fate` ("" for the one that it got) and its
    `detail`. `voiced` says that it is as the voice would have typed it, with these `slips`, not as the model wrote it; `score` is how much
    it is about its topic and `sense` how much sense it makes, where these mattered."""

    completion: Completion
    text: str
    fate: str = ""
    detail: str = ""
    voiced: bool = False
    slips: tuple[TextChange, ...] = ()
    score: float | None = None
    sense: float | None = None


class Listener(Protocol):
    """Who wants to know how a row's value was chosen among several."""

    def follows(self, row: Row) -> bool:
        """Whether it is this row that matters."""

    def considered(self, row: Row, texts: Sequence[Considered]) -> None:
        """All that a row might have got."""


def unread(read: Sequence[tuple[str | Refusal, Completion]]) -> Iterator[Considered]:
    """The continuations that are no message of the row, and why."""
    for refusal, completion in read:
        if isinstance(refusal, Refusal):
            yield Considered(completion, completion.text, refusal.reason, refusal.detail)


def one_by_one(
    read: Sequence[tuple[str | Refusal, Completion]], facts: Mapping[str, Value], taken: Completion, passes: Callable[[str], bool]
) -> Iterator[Considered]:
    """What became of messages of which the first is `taken` that passes the checks, or else the first."""
    from synthgen.fields.pool import FAILING, LATER  # which imports numpy

    for message, completion in read:
        if isinstance(message, str):
            text = filled(message, facts)
            yield Considered(completion, text, "" if completion is taken else LATER if passes(text) else FAILING)


def pooled(pool: MessagePool, fates: Fates, facts: Mapping[str, Value], *, scored: bool) -> Iterator[Considered]:
    """What became of the forms of a pool when a row with these `facts` took one."""
    from synthgen.fields.pool import with_facts

    available = {name for name, value in facts.items() if value is not None}
    for place, form in enumerate(pool.forms):
        typed = with_facts(form.put, facts) if slots(form.put.text) <= available else form.put
        score, sense = (form.score, round(form.sense, 3)) if scored else (None, None)
        yield Considered(form.source, typed.text, fates.of.get(place, ""), "", form.voiced, tuple(typed.slips), score, sense)
