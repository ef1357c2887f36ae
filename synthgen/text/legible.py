"""What people and models typed, in pieces that show all of it: characters that nobody sees are spelled out, typos carry what was meant.

Rows hold hostile text by design. A page that shows a zero-width space as nothing, or lets a direction mark turn its own words round,
shows something else than what the application will get.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from synthgen.spec.rows import to_text

LONGEST = 800
"""Characters of a text that are shown."""
NOTED = 24
"""Characters that are shown rather than counted: the note would take as many."""
RUN = 6
"""Invisible characters in a row that are spelled out; of more the number is told."""
NAMES = {
    "\t": "TAB", "\r": "CR", "\x00": "NUL", "\x07": "BEL", "\x1b": "ESC", "\x7f": "DEL", "\xa0": "NBSP", "\xad": "SHY", "\u034f": "CGJ",
    "\u061c": "ALM", "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM", "\u2028": "LSEP",
    "\u2029": "PSEP", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u202f": "NNBSP",
    "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\u3000": "IDSP", "\ufeff": "BOM",
}  # fmt: skip
"""What invisible characters are called in a word."""
BLANK = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters and symbols without ink."""
_SELECTORS = "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_PICTURE = "\u2190-\u2bff\U0001f000-\U0001faff"
_IN_EMOJI = re.compile(f"(?<=[{_PICTURE}])\ufe0f|(?<=[{_PICTURE}\ufe0f])\u200d(?=[{_PICTURE}])")
_UNSEEN = re.compile(f"[\u034f{BLANK}{_SELECTORS}]")

Kind = Literal["", "sign", "slip", "gone", "come"]


@dataclass(frozen=True, slots=True)
class LegiblePiece:
    """A part of a text: as it is (kind ""), a sign that stands for what cannot be seen, or what is marked, with its own `parts`: a slip, or
    what went (`gone`) or came in another version (`come`). `note` says what the sign stands for, or what was meant."""

    text: str
    kind: Kind = ""
    note: str = ""
    parts: tuple[LegiblePiece, ...] = ()


Pieces = tuple[LegiblePiece, ...]


def legible(value: Any, slips: Sequence[Mapping[str, Any]] = (), longest: int = LONGEST) -> Pieces:
    """A value in pieces; the spans of `slips` (start, end, kind, and what stood there, `was`) are marked."""
    return _pieces(value, "slip", longest, lambda length: _spans(slips, length))


def marked(value: Any, spans: Sequence[tuple[int, int]], kind: Kind, longest: int = LONGEST) -> Pieces:
    """A value in pieces; its `spans` (start, end), in order and apart, are marked as of a kind."""
    return _pieces(value, kind, longest, lambda length: ((start, min(end, length), "") for start, end in spans if start < min(end, length)))


def _pieces(value: Any, kind: Kind, longest: int, spans_of: Callable[[int], Iterator[tuple[int, int, str]]]) -> Pieces:
    if value is None:
        return (LegiblePiece("nothing", "sign", "there is no value"),)
    text = to_text(value)
    if not text:
        return (LegiblePiece("empty", "sign", "a text without a character"),)
    if len(text) - longest <= NOTED:
        longest = len(text)
    pieces, at, shown = list[LegiblePiece](), 0, text[:longest]
    for start, end, note in spans_of(len(shown)):
        pieces += [*_seen(shown, at, start), LegiblePiece(shown[start:end], kind, note, tuple(_seen(shown, start, end)))]
        at = end
    pieces += _seen(shown, at, len(shown))
    if more := len(text) - longest:
        pieces.append(LegiblePiece(f"… {more:,} more characters", "sign", "the text goes on"))
    return tuple(pieces)


def _spans(slips: Sequence[Mapping[str, Any]], length: int) -> Iterator[tuple[int, int, str]]:
    """Those spans that lie in the text and do not overlap, in order, each with what was meant there."""
    at = 0
    for slip in sorted((one for one in slips if isinstance(one.get("start"), int) and isinstance(one.get("end"), int)), key=_place):
        start, end = _place(slip)
        if at <= start < end <= length:
            kind = str(slip.get("kind", "")).replace("_", " ")
            yield start, end, f"{plainly(str(slip.get('was', '')))}{f' ({kind})' if kind else ''}"
            at = end


def _place(slip: Mapping[str, Any]) -> tuple[int, int]:
    return slip["start"], slip["end"]


def _seen(whole: str, start: int, end: int) -> Iterator[LegiblePiece]:
    """The pieces of a part of a text."""
    at = start
    for first, last in _signs(whole, start, end):
        if first > at:
            yield LegiblePiece(whole[at:first])
        yield sign(whole[first:last])
        if whole[first] == "\n":
            yield LegiblePiece("\n")
        at = last
    if end > at:
        yield LegiblePiece(whole[at:end])


def _signs(whole: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of characters, in a part of a text, that are to be spelled out: what cannot be seen, line ends one by one, and white space
    at either end."""
    kept = {found.start() for found in _IN_EMOJI.finditer(whole)} if "\ufe0f" in whole or "\u200d" in whole else set()
    inner = len(whole) - len(whole.lstrip(" ")), len(whole.rstrip(" "))
    at = start
    while at < end:
        last = at
        while last < end and last not in kept and whole[last] != "\n" and (unseen(whole[last]) or not inner[0] <= last < inner[1]):
            last += 1
        if last == at < end and whole[at] == "\n":
            last += 1
        if last > at:
            yield at, last
        at = max(last, at + 1)


def unseen(letter: str) -> bool:
    """Whether a character leaves no mark on a page, or none that tells what it is."""
    return not (letter.isprintable() or letter == "\n") or bool(_UNSEEN.match(letter))


def sign(run: str) -> LegiblePiece:
    """What stands for a run of characters that cannot be seen."""
    if run == "\n":
        return LegiblePiece("↵", "sign", "line end")
    if not run.strip(" "):
        return LegiblePiece("·" * min(len(run), RUN), "sign", f"{len(run)} space{'s' if len(run) > 1 else ''} at the end of the text")
    more = f" +{len(run) - RUN:,}" if len(run) > RUN else ""
    return LegiblePiece(" ".join(map(_short, run[:RUN])) + more, "sign", ", ".join(dict.fromkeys(map(_long, run[:RUN]))))


def _short(letter: str) -> str:
    return NAMES.get(letter, f"U+{ord(letter):04X}") if letter != " " else "·"


def _long(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, 'control character')}".strip()


def plainly(text: str) -> str:
    """A text for a title or another place that holds text alone: what cannot be seen is spelled out."""
    return "".join(f"[{_short(letter)}]" if unseen(letter) else letter for letter in " ".join(text.split("\n")))
