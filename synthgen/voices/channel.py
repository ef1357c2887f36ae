"""The human-error channel: a text as somebody of a certain voice would have typed it, or just with the slips that people make.

Every change is made to whole pieces of the message, so that the spans of the slips are known, and slots, numbers, links, code and
facts stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from synthgen.voices import chat, courtesy, length, marks, misspelling
from synthgen.voices.aims import Aim
from synthgen.voices.lexicon import KINDS, Kind
from synthgen.voices.pieces import Put, TextChange, joined, located, named, split, words
from synthgen.voices.voice import Voice

_FOUND = 0.7  # of the misspellings that the channel makes `features` finds so many: an unusual word with a typo may be any word
__all__ = ["Put", "TextChange", "add_typos", "apply_voice"]


def apply_voice(
    text: str,
    voice: Voice,
    stream: Random,
    *,
    protected: Sequence[str] = (),
    source: Voice | None = None,
    amount: float = 1.0,
    whole: bool = False,
) -> Put:
    """What somebody of that voice would have typed in place of `text`.

    Each feature that the voice names is drawn for this message; where the message is so already, nothing is changed. `protected` are
    facts that stay as they are, `source` is the voice of the texts that this one is from, if it is known (then no more is changed than
    the two voices differ by), and `amount` (0 to 1) says how far to go. A `whole` message still asks all that it asked, also in keywords,
    and spells its names. The slips are misspellings, dropped apostrophes, chat words and drawn-out letters, with the features' names as
    their kinds. A text without an English word stays as it is.
    """
    aim = Aim(voice, source, stream, amount, whole)
    pieces = located(split(text, protected))
    pieces = named(pieces) if whole else pieces
    if not any(piece.sort == "word" and piece.text.isascii() for piece in pieces):
        return joined(pieces)
    case = marks.wanted_case(pieces, marks.case_of(pieces), aim)
    courtesy.greet(pieces, aim)
    length.to_keywords(pieces, aim)
    is_question = marks.asks(pieces)
    length.shorten(pieces, aim)
    marks.set_commas(pieces, aim)
    marks.set_end_mark(pieces, aim, is_question)
    marks.set_repeats(pieces, aim, is_question)
    courtesy.be_polite(pieces, aim)
    length.pad(pieces, aim)
    chat.set_apostrophes(pieces, aim)
    chat.abbreviate(pieces, aim)
    chat.draw_out(pieces, aim)
    if (rate := _misspelled(voice)) is not None:
        wrong = misspelling.misspelled(pieces)
        change = aim.to_rate(rate, None if source is None else _misspelled(source), len(wrong), len(words(pieces)))
        misspelling.correct(pieces, -change, stream)
        misspelling.misspell(pieces, change, _mix(voice), voice.keyboard, stream)
    marks.set_face(pieces, aim, is_question)
    marks.set_case(pieces, case)
    return joined(pieces)


def add_typos(text: str, rate: float, keyboard: str, stream: Random, *, protected: Sequence[str] = (), whole: bool = False) -> Put:
    """The text with the slips that people make, and nothing else changed: `rate` misspelled words for each word. A `whole` message spells
    its names.

    From 0 to about 0.3, where a quarter of the words is misspelled and more would not be read. Contractions lose their apostrophe three
    times as often.
    """
    pieces = located(split(text, protected))
    pieces = named(pieces) if whole else pieces
    for piece in pieces:
        if piece.sort == "word" and chat.is_contracted(piece.text) and stream.random() < 3 * rate:
            chat.drop_apostrophe(piece)
    count = sum(stream.random() < rate for _ in words(pieces))
    misspelling.misspell(pieces, count, misspelling.OBSERVED, keyboard, stream)
    return joined(pieces)


def _misspelled(voice: Voice) -> float | None:
    """The rate of misspelled words, or the sum of the kinds that the voice names, with those that are not found when it is measured."""
    kind_rates = [rate for kind in KINDS if (rate := getattr(voice, kind)) is not None]
    rate = sum(kind_rates) if voice.misspelled is None and kind_rates else voice.misspelled
    return None if rate is None else min(1.0, rate / _FOUND)


def _mix(voice: Voice) -> Mapping[Kind, float]:
    """The share of each kind: as the voice names them, and the rest as observed."""
    kind_rates: dict[Kind, float] = {kind: rate for kind in KINDS if (rate := getattr(voice, kind)) is not None}
    if not kind_rates:
        return misspelling.OBSERVED
    remainder = max(0.0, (voice.misspelled or 0.0) - sum(kind_rates.values()))
    unnamed = {kind: share for kind, share in misspelling.OBSERVED.items() if kind not in kind_rates}
    scale = remainder / sum(unnamed.values()) if unnamed else 0.0
    mix = {**{kind: share * scale for kind, share in unnamed.items()}, **kind_rates}
    return mix if sum(mix.values()) else misspelling.OBSERVED
