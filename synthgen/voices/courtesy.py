"""Greetings, please and thanks: said or left out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from synthgen.voices import lexicon
from synthgen.voices.aims import Aim
from synthgen.voices.pieces import UNSPELT, Piece, is_ended, lowered, remove_pieces, split, words

_GREETINGS = {
    "plain": ["hi"] * 6 + ["hey"] * 3 + ["hello"] * 3 + ["hi there"] * 2,
    "neat": ["Hi,"] * 3 + ["Hello,"] * 4 + ["Good morning,", "Hi there,"],
}
_POLITE = {
    "plain": ["please"] * 5 + ["thanks"] * 5 + ["please help"] * 3 + ["thank you"] * 2,
    "neat": ["Thank you."] * 4 + ["Thanks."] * 3 + ["Many thanks.", "Thank you for your help.", "Thanks in advance."],
}
_GREETED = {"there", "all", "team", "everyone", "guys", "again", ",", "!", ".", ",,", "..", "..."}
_SLIP = 0.85
"""How like it a word of five letters is with one of them left out or doubled; `three` and `their` are other words."""
_DAYTIMES = {"morning", "afternoon", "evening", "day"}
_PLEASE = {"please", "pls", "plz", "kindly"}
_THANKING = {"you", "very", "much", "so", "in", "advance", "many", "for", "your", "help", "a", "lot", "again", "all"}


def _is_neat(aim: Aim) -> bool:
    """Whether the voice writes sentences rather than chat."""
    return (aim.voice.sentence_case or 0) >= 0.6 and (aim.voice.end_mark or 0) >= 0.5


def greet(pieces: list[Piece], aim: Aim) -> None:
    """Begin with a greeting, or without."""
    start = next(iter(words(pieces)), None)
    if start is None or aim.voice.greeting is None:
        return
    stop = _greeted(pieces, start)
    if aim.share("greeting", stop > start) == (stop > start):
        return
    if stop > start:
        stop = after_greeting(pieces, start)
        if any(piece.sort == "word" for piece in pieces[stop:]):
            remove_pieces(pieces, start, stop)
    else:
        lowered(pieces[start])
        greeting = aim.stream.choice(_GREETINGS["neat" if _is_neat(aim) else "plain"])
        pieces[start:start] = [*split(greeting), Piece(" ", "space")]


def _greeted(pieces: Sequence[Piece], start: int) -> int:
    """Where the greeting ends that begins there."""
    first, second = ("".join(piece.text.lower() for piece in pieces[at : at + 1] if piece.sort == "word") for at in (start, start + 2))
    return start + 3 if first == "good" and second in _DAYTIMES else start + (first in lexicon.table("greetings"))


def after_greeting(pieces: Sequence[Piece], start: int) -> int:
    """Where the message goes on after the greeting that begins there, with all that belongs to it; `start` if there is none."""
    stop = _greeted(pieces, start)
    while start < stop < len(pieces) and (
        pieces[stop].sort == "space" or (pieces[stop].sort not in UNSPELT and _is_greeted(pieces[stop].text.lower()))
    ):
        stop += 1
    return stop


def _is_greeted(text: str) -> bool:
    """Whether a word, or a mark, belongs to the greeting before it: `there`, with a slip, too."""
    return text in _GREETED or SequenceMatcher(None, text, "there").ratio() > _SLIP


def be_polite(pieces: list[Piece], aim: Aim) -> None:
    """Say please or thanks, or don't."""
    courtesies = [piece for piece in pieces if piece.sort == "word" and piece.text.lower() in lexicon.table("polite")]
    if aim.voice.polite is None or aim.share("polite", bool(courtesies)) == bool(courtesies):
        return
    if courtesies:
        for piece in reversed(courtesies):
            if piece in pieces:  # it may have gone with another
                _without_courtesy(pieces, pieces.index(piece))
    elif words(pieces):
        ended = is_ended(pieces)
        text = aim.stream.choice(_POLITE["neat" if ended else "plain"])
        if ended and pieces[-1].text == "?" and aim.stream.random() < 0.3:
            pieces[-1:-1] = [Piece(" ", "space"), Piece("please", "word")]
        else:
            pieces += [Piece(" ", "space"), *split(text)]


def _without_courtesy(pieces: list[Piece], at: int) -> None:
    """Take out a `please`, or thanks with all that goes with them; unless there is nothing else."""
    if pieces[at].text.lower() in _PLEASE:
        before = at - 1 if at and pieces[at - 1].text == "," else at - 2 if at > 1 and pieces[at - 2].text == "," else at
        is_aside = at + 1 >= len(pieces) or pieces[at + 1].sort == "mark"  # `not now, please.`, but not `it broke, please help`
        before = before if is_aside else at
        remove_pieces(pieces, before, at + 1 + (before == at and at + 1 < len(pieces) and pieces[at + 1].text == ","))
        return
    start = max((place + 1 for place in range(at) if pieces[place].sort == "mark"), default=0)
    stop = next((place for place in range(at, len(pieces)) if pieces[place].sort == "mark"), len(pieces))
    if not all(piece.sort == "space" or _is_thanks(piece) for piece in pieces[start:stop]):
        start, stop = at, at + 1
        while stop < len(pieces) and (pieces[stop].sort == "space" or _is_thanks(pieces[stop])):
            stop += 1
    elif stop < len(pieces):
        stop += 1
    elif start and pieces[start - 1].text == ",":
        start -= 1
    if any(piece.sort == "word" for piece in [*pieces[:start], *pieces[stop:]]):
        remove_pieces(pieces, start, stop)


def _is_thanks(piece: Piece) -> bool:
    return piece.sort == "word" and (piece.text.lower() in _THANKING or piece.text.lower() in lexicon.table("polite"))
