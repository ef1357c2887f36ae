"""A message in pieces (words, spaces, marks, and what must stay as it is), and together again with the spans of what was changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from synthgen.text.slots import SLOT
from synthgen.voices import lexicon

Sort = Literal["word", "name", "space", "mark", "fixed"]
"""A name is spelt as it is, and takes the case of its message; what is fixed keeps that, too."""
UNSPELT: frozenset[Sort] = frozenset({"name", "fixed"})
"""What is as good as a word, and is not misspelt."""
ENDS = frozenset(".!?…")
"""What a sentence ends with."""
_CHUNK = re.compile(r"\s+|\S+")
_FIXED = re.compile(r"[\d_/\\@#<>{}=|~^*$€£%&+\[\]]|[a-z][A-Z]|[A-Za-z][.:][A-Za-z]|::|--")
_OUTSIDE = ".,!?;:…()\"'“”‘’"
_OF_ONE = re.compile(r"I['’]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class TextChange(NamedTuple):
    """A slip in a text: characters `start` to `end` are of this `kind`, and stand where `was` stood."""

    start: int
    end: int
    kind: str
    was: str


class Stretch(NamedTuple):
    """Characters `start` to `end` of a text that stand for the characters `was_start` to `was_end` of the text that it was made from."""

    start: int
    end: int
    was_start: int
    was_end: int


@dataclass(frozen=True, slots=True)
class Put:
    """A text as somebody typed it, and what they typed otherwise than it was, in order; and which stretches of it stand for which of
    the text that it was, piece by piece."""

    text: str
    slips: list[TextChange]
    stretches: list[Stretch] = field(default_factory=list, compare=False)

    def place_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Where what stood at `start` to `end` stands now; None where nothing is left of it."""
        places = [
            (now + max(0, start - was), now + min(end, was_end) - was) if now_end - now == was_end - was else (now, now_end)
            for now, now_end, was, was_end in self.stretches
            if was < end and start < was_end
        ]
        return (min(first for first, _ in places), max(last for _, last in places)) if places else None


@dataclass(slots=True, eq=False)
class Piece:
    """A piece of a message. `kind` is set once it is a slip, and `was` when something else stood there. `start` and `end` say where in the
    message it was found; a piece that was added was nowhere."""

    text: str
    sort: Sort
    kind: str = ""
    was: str = ""
    start: int = -1
    end: int = -1


def located(pieces: list[Piece]) -> list[Piece]:
    """The pieces of a message, each with its place in it."""
    at = 0
    for piece in pieces:
        piece.start, at = at, at + len(piece.text)
        piece.end = at
    return pieces


def sentence_starts(pieces: Sequence[Piece]) -> list[Piece]:
    """The first piece of each sentence and line that is neither a mark nor a space."""
    starts, begins = list[Piece](), True
    for piece in pieces:
        if piece.sort == "mark":
            begins = begins or piece.text[-1] in ENDS
        elif piece.sort == "space":
            begins = begins or "\n" in piece.text
        else:
            starts += [piece] if begins else []
            begins = False
    return starts


def named(pieces: list[Piece]) -> list[Piece]:
    """The pieces of a message, with names told from other words: what has a capital within a sentence, in a message that has few."""
    word_pieces = [piece for piece in pieces if piece.sort == "word"]
    capitals = [piece for piece in word_pieces if piece.text[0].isupper() and piece.text[1:].islower() and not _OF_ONE.match(piece.text)]
    if 2 * len(capitals) > len(word_pieces):
        return pieces
    first = set(map(id, sentence_starts(pieces)))
    for piece in capitals:
        if id(piece) not in first:
            piece.sort = "name"
    return pieces


def split(text: str, protected: Sequence[str] = ()) -> list[Piece]:
    """The pieces of a text. Slots, numbers, links, code and what is protected are fixed."""
    pieces = list[Piece]()
    for place, part in enumerate(_keep(tuple(protected)).split(text)):
        if place % 2:
            pieces.append(Piece(part, "fixed"))
        else:
            for chunk in _CHUNK.findall(part):
                if chunk.isalpha():
                    pieces.append(Piece(chunk, "word"))
                elif chunk.isspace():
                    pieces.append(Piece(chunk, "space"))
                else:
                    pieces += _chunk(chunk)
    return pieces


@lru_cache(maxsize=1024)
def _keep(protected: tuple[str, ...]) -> re.Pattern[str]:
    facts = sorted((re.escape(fact) for fact in {*protected} if fact.strip()), key=lambda fact: (-len(fact), fact))
    slot = SLOT.pattern.replace("(", "(?:")
    return re.compile("|".join([slot, *(rf"(?<!\w){fact}(?!\w)" for fact in facts)]).join("()"), re.IGNORECASE if facts else 0)


def _chunk(chunk: str) -> Iterable[Piece]:
    start = len(chunk) - len(chunk.lstrip(_OUTSIDE))
    stop = len(chunk.rstrip(_OUTSIDE))
    if start < stop and _FIXED.search(chunk, start, stop):
        stop += 2 * chunk.startswith("()", stop)  # a call
        sorts: tuple[Sort, Sort, Sort] = ("mark", "fixed", "mark")
        for part, sort in zip((chunk[:start], chunk[start:stop], chunk[stop:]), sorts, strict=True):
            if part:
                yield Piece(part, sort)
        return
    start = 0
    for word in _WORD.finditer(chunk):
        if word.start() > start:
            yield Piece(chunk[start : word.start()], "mark")
        yield Piece(word[0], "word")
        start = word.end()
    if start < len(chunk):
        yield Piece(chunk[start:], "mark")


def joined(pieces: Iterable[Piece]) -> Put:
    """The pieces as a text."""
    texts, slips, stretches, at = list[str](), list[TextChange](), list[Stretch](), 0
    for piece in pieces:
        end = at + len(piece.text)
        if piece.kind:
            slips.append(TextChange(at, end, piece.kind, piece.was))
        if piece.start >= 0:
            stretches.append(Stretch(at, end, piece.start, piece.end))
        texts.append(piece.text)
        at = end
    return Put("".join(texts), slips, stretches)


def slip(piece: Piece, text: str, kind: str) -> None:
    """Type `text` in place of the piece, in its case."""
    piece.was, piece.kind, piece.text = piece.was or piece.text, kind, in_case_of(piece.text, text)


def in_case_of(model: str, text: str) -> str:
    """A text in small letters in the case of `model`: all capitals, a capital first, or as it is."""
    if model.islower() or not model:
        return text
    if len(model) > 1 and model.isupper():
        return text.upper()
    return text[0].upper() + text[1:] if model[0].isupper() else text


def remove_pieces(pieces: list[Piece], start: int, stop: int) -> None:
    """Take pieces out, and the space that is then one too many."""
    del pieces[start:stop]
    if start < len(pieces):
        if pieces[start].sort == "space" and (start == 0 or pieces[start - 1].sort == "space"):
            del pieces[start]
    elif pieces and pieces[-1].sort == "space":
        del pieces[-1]


def tidy(pieces: list[Piece]) -> None:
    """Take out the pieces that were emptied, and the spaces that are then too many."""
    kept = list[Piece]()
    for piece in pieces:
        if piece.text and not (piece.sort == "space" and kept and kept[-1].sort == "space"):
            kept.append(piece)
    pieces[:] = kept


def words(pieces: Sequence[Piece]) -> list[int]:
    """Where the words are, and what is as good as a word."""
    return [at for at, piece in enumerate(pieces) if piece.sort == "word" or piece.sort in UNSPELT]


def is_acronym(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a word is in capitals in a message that is not, such as US or ATM."""
    word = pieces[at].text
    return len(word) > 1 and word.isupper() and not all(piece.text.isupper() for piece in pieces if piece.sort == "word")


def is_ended(pieces: Sequence[Piece]) -> bool:
    """Whether the message ends with an end mark."""
    return bool(pieces) and pieces[-1].sort == "mark" and pieces[-1].text[-1] in ENDS


def lowered(piece: Piece) -> None:
    """Begin the piece in a small letter, unless its capital is more than that of a sentence's start."""
    text = piece.text
    if piece.sort == "word" and text[0].isupper() and text[1:].islower() and not text.startswith(("I'", "I’")):
        piece.text = text[0].lower() + text[1:] if text.lower() in lexicon.words() else text
