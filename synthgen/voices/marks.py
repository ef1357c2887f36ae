"""Case, punctuation and emoji as a voice has them; each function works on the pieces of one message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from synthgen.voices import lexicon
from synthgen.voices.aims import Aim
from synthgen.voices.pieces import ENDS, Piece, lowered, sentence_starts, tidy, words
from synthgen.voices.voice import Voice

Case = Literal["lower", "sentence", "shout", "other", "none"]
_ASKING = 0.45  # of messages, where a voice does not say
_FACES = {"asks": ["🙏", "🙏", "🤔", "😊", ":)", "🙂"], "tells": ["😩", "😭", "😡", ":(", "😕", "🙄", "😅", ":/", "🙏", "😔"]}
_ROWS = {"?": ["??", "??", "???"], "!": ["!!", "!!!", "!!"], ".": ["..", "...", "..."]}
_FACE = re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+|[:;=]-?[()DPp/|\]\[]")
_JOINTS = {"but", "because", "so", "and", "which", "however"}


# Case


def case_of(pieces: Sequence[Piece]) -> Case:
    """The case that a message is in."""
    letters = "".join(piece.text for piece in pieces if piece.sort in ("word", "name"))
    if not letters or letters.lower() == letters.upper():
        return "none"
    if letters == letters.lower():
        return "lower"
    if letters == letters.upper() and len(letters) > 1:
        return "shout"
    first = next(piece for piece in pieces if piece.sort != "space" and piece.sort != "mark")
    return "sentence" if first.text[:1].isupper() else "other"


def wanted_case(pieces: Sequence[Piece], current: Case, aim: Aim) -> Case:
    """The case that the message, which is in the case `current`, is to be in."""
    later = [pieces[at].text for at in words(pieces)[1:]]
    mixed = any(text != text.lower() or text == "i" or text.startswith(("i'", "i’")) for text in later)
    return current if current == "none" else aim.choose(current, lambda voice: _cases(voice, current, mixed))


def _cases(voice: Voice, current: Case, mixed: bool) -> dict[Case, float] | None:
    """The shares of the cases; another than the three that have names only where a capital would be left (`mixed`)."""
    named: dict[Case, float | None] = {"lower": voice.lower_only, "sentence": voice.sentence_case, "shout": voice.shouting}
    shares: dict[Case, float] = {case: share for case, share in named.items() if share is not None}
    if not shares:
        return None
    unnamed: Case = current if current not in shares else "other"
    if unnamed != "other" or mixed:
        shares[unnamed] = shares.get(unnamed, 0.0) + max(0.0, 1 - sum(shares.values()))
    return shares


def set_case(pieces: Sequence[Piece], case: Case) -> None:
    """Put the message in that case. From capitals there is no way back to names: only sentences and `I` get theirs."""
    word_pieces = [piece for piece in pieces if piece.sort in ("word", "name")]
    current = case_of(pieces)
    if case in {current, "none"}:
        return
    if case in {"lower", "shout"} or current == "shout":
        for piece in word_pieces:
            piece.text = piece.text.upper() if case == "shout" else piece.text.lower()
    if case in {"sentence", "other"}:
        for piece in word_pieces:
            if piece.text == "i" or piece.text.startswith(("i'", "i’")):
                piece.text = "I" + piece.text[1:]
    if case == "sentence":
        _begin_sentences(pieces)
    elif case == "other" and (first := next(iter(words(pieces)), None)) is not None:
        lowered(pieces[first])


def _begin_sentences(pieces: Sequence[Piece]) -> None:
    for piece in sentence_starts(pieces):
        if piece.sort == "word":
            piece.text = piece.text[0].upper() + piece.text[1:]


# Punctuation


def asks(pieces: Sequence[Piece]) -> bool:
    """Whether the last sentence of a message is a question."""
    start = 0
    for at, piece in enumerate(pieces):
        if piece.sort == "mark" and piece.text[-1] in ENDS and any(later.sort == "word" for later in pieces[at:]):
            start = at + 1
    last = [piece for piece in pieces[start:] if piece.sort == "word"]
    if last and last[0].text.lower() in lexicon.table("greetings"):
        del last[0]
    opener = last[0].text.lower() if last else ""
    return (
        opener in lexicon.table("question_words")
        or opener in lexicon.table("turned_verbs")
        or any("?" in piece.text for piece in pieces[start:])
    )


def set_end_mark(pieces: list[Piece], aim: Aim, is_question: bool) -> None:
    """The mark at the end, or none; and fewer marks inside where there is none at the end."""
    if not words(pieces):
        return
    last = len(pieces) - 1
    while last > 0 and (pieces[last].sort == "space" or _FACE.fullmatch(pieces[last].text)):
        last -= 1
    mark = pieces[last] if pieces[last].sort == "mark" else None
    current_end = mark.text[-1] if mark and mark.text[-1] in ENDS else ""
    new_end = aim.choose(current_end.replace("…", "."), lambda voice: _ends(voice, is_question, current_end))
    if new_end != current_end.replace("…", "."):
        if mark and (current_end or mark.text[-1] == ","):
            mark.text = mark.text.rstrip(f"{''.join(ENDS)},") + new_end
        elif new_end:
            pieces.insert(last + 1, Piece(new_end, "mark"))
    tidy(pieces)
    if current_end and not new_end:
        _run_on(pieces, aim)


def _ends(voice: Voice, is_question: bool, current_end: str) -> dict[str, float] | None:
    """How often a message of that voice ends how."""
    if voice.end_mark is None and voice.question_mark is None and voice.exclamation is None:
        return None
    ends = float(bool(current_end)) if voice.end_mark is None else voice.end_mark
    asking = voice.question or _ASKING
    marked = asking * ends if voice.question_mark is None else voice.question_mark
    if is_question:
        share = min(1.0, marked / asking)
        return {"?": share, "": 1 - share}
    end_share = min(1.0, max(0.0, (ends - marked) / max(1 - asking, 0.05)))
    cried = min(end_share, voice.exclamation / max(1 - asking, 0.05)) if voice.exclamation is not None else end_share * (current_end == "!")
    return {".": end_share - cried, "!": cried, "": 1 - end_share}


def _run_on(pieces: list[Piece], aim: Aim) -> None:
    """Sentences run into each other, down to as many as the voice has in a message."""
    inner = [
        at
        for at, piece in enumerate(pieces[:-1])
        if at and piece.sort == "mark" and piece.text[-1] in ENDS and pieces[at + 1].sort == "space"
    ]
    kept = min(1.0, max(0.0, (aim.voice.sentences or 1.2) - 1) / len(inner)) if inner else 1.0
    for at in inner:
        if aim.happens(1 - kept):
            pieces[at].text = pieces[at].text.rstrip("".join(ENDS))
            if at + 2 < len(pieces):
                lowered(pieces[at + 2])
    tidy(pieces)


def set_repeats(pieces: list[Piece], aim: Aim, is_question: bool) -> None:
    """Marks in a row (!!, ..), or single ones."""
    marks = [piece for piece in pieces if piece.sort == "mark" and piece.text[-1] in ENDS and not _FACE.fullmatch(piece.text)]
    long = [piece for piece in marks if len(piece.text) > 1]
    if aim.voice.repeated_marks is None or aim.share("repeated_marks", bool(long)) == bool(long):
        return
    for piece in long:
        piece.text = piece.text[-1]
    if not long and words(pieces):
        if not marks:
            marks = [piece for piece in pieces if piece.text == "," and piece.sort == "mark"][:1] or [Piece("", "mark")]
            marks[0].text = "." if marks[0].text or not is_question else "?"
            if marks[0] not in pieces:
                pieces.append(marks[0])
        marks[-1].text = aim.stream.choice(_ROWS.get(marks[-1].text, _ROWS["."]))


def set_commas(pieces: list[Piece], aim: Aim) -> None:
    """Fewer commas, or more before `but` and its like."""
    gap = aim.gap("commas")
    if gap < 0:
        for piece in [piece for piece in pieces if piece.text == "," and piece.sort == "mark" and aim.happens(-gap)]:
            piece.text = ""
        tidy(pieces)
    elif gap > 0:
        places = [
            at
            for at in words(pieces)[2:-1]
            if pieces[at].text.lower() in _JOINTS and pieces[at - 1].sort == "space" and pieces[at - 2].sort != "mark"
        ]
        for at in reversed(places):
            if aim.happens(min(1.0, gap * len(words(pieces)) / len(places))):
                pieces.insert(at - 1, Piece(",", "mark"))


def set_face(pieces: list[Piece], aim: Aim, is_question: bool) -> None:
    """An emoji or emoticon at the end, or none."""
    faces = [piece for piece in pieces if piece.sort == "mark" and _FACE.search(piece.text)]
    if aim.voice.emoji is None or aim.share("emoji", bool(faces)) == bool(faces):
        return
    for piece in faces:
        piece.text = _FACE.sub("", piece.text)
    if faces:
        tidy(pieces)
        while pieces and pieces[-1].sort == "space":
            pieces.pop()
    else:
        pieces += [Piece(" ", "space"), Piece(aim.stream.choice(_FACES["asks" if is_question else "tells"]), "mark")]
