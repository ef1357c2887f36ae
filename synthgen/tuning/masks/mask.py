"""Masks: what identifies somebody is taken out of a message before a model learns it, and no number is learned as it was.

Two nets, one behind the other. What looks like an identifier becomes a slot, `<email>`, `<card>`, `<id>`. And of all that is left, tokens
with three digits or more have their digits drawn again, so that an identifier that looks like a price, a date or a version is gone as well.
What is looked for is the shape alone (how many digits, with what between them), and the shape is what drawing keeps: a masked text has
nothing left to mask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from synthgen.harm.plain import PLAIN, bare
from synthgen.tuning.masks import accounts, homes, mail, numbers, web
from synthgen.tuning.masks.search import Span
from synthgen.tuning.redraw import redraw_digits

_SEARCHES = [*mail.SEARCHES, *web.SEARCHES, *accounts.SEARCHES, *homes.SEARCHES, *numbers.SEARCHES]
"""What is searched for, in this order."""
_PASSES = 20
"""Two do for what people write, and a text that was made to need more must not take for ever."""
_HIDE = "\0"
"""Stands in the searched text, character by character, for what is settled."""


class Masked(NamedTuple):
    """A text without identifiers, and the kind of each and how it was typed: [("email", "jo@corp.com")]."""

    text: str
    identifiers: list[tuple[str, str]]

    @property
    def counts(self) -> Counter[str]:
        """How many of each kind there were."""
        return Counter(kind for kind, _ in self.identifiers)


def masked(text: str, stream: Random) -> Masked:
    """The text with a slot for each identifier, and the digits that are left drawn again from the stream.

    Times and dates stay valid, years stay years (1980 to 2030), round numbers stay round, and numbers of one or two digits stay.
    """
    identifiers = list[tuple[str, str]]()
    for _ in range(_PASSES):  # what is masked may uncover something else
        text = bare(text)
        spans = _identifiers(text)
        if not spans:
            break
        identifiers += [(span.kind, text[span.start : span.end]) for span in spans]
        text = _replaced(text, spans, lambda span: f"<{span.kind}>")
    return Masked(redraw_digits(text, stream), identifiers)


def leaks(text: str) -> list[str]:
    """The identifiers that are to be seen in a text, in order."""
    text = bare(text)
    return [text[start:end] for start, end, _ in _identifiers(text)]


def _identifiers(text: str) -> list[Span]:
    """Where the identifiers of a text are, in order. Each search sees the text without what those before it settled."""
    low = text.lower() if text.isascii() else text.translate(PLAIN)
    identifiers = list[Span]()
    digits = sum(map(low.count, "0123456789"))
    for pattern, judge, hints, least in _SEARCHES:
        if digits < least or (hints and not any(hint in low for hint in hints)):
            continue
        if spans := [span for match in pattern.finditer(low) for span in judge(match, text)]:
            low = _replaced(low, spans, lambda span: _HIDE * (span.end - span.start))
            identifiers += [span for span in spans if span.kind]
    return sorted(identifiers)


def _replaced(text: str, spans: Iterable[Span], replacement: Callable[[Span], str]) -> str:
    """The text with something other in the place of each span."""
    parts, position = list[str](), 0
    for span in sorted(spans):
        parts += text[position : span.start], replacement(span)
        position = span.end
    return "".join([*parts, text[position:]])
