"""Misspelling as people do it: which word, what happens in it, and where.

Long and rare words are misspelled more often than short and common ones, the first letter hardly ever; both from misspellings that were
observed. A word that people are known to misspell gets one of their misspellings, in proportion to how often each was seen; any other
gets what a finger or an ear does to it: two letters swapped, one dropped or doubled, the key beside, another letter of the same sound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import ceil, sqrt
from random import Random

from synthgen.voices import keyboards, lexicon
from synthgen.voices.lexicon import KINDS, Kind
from synthgen.voices.pieces import UNSPELT, Piece, in_case_of, slip

OBSERVED: Mapping[Kind, float] = {
    "swapped": 0.16,
    "dropped": 0.34,
    "doubled": 0.13,
    "neighbour_key": 0.09,
    "phonetic": 0.16,
    "split_or_joined": 0.08,
    "confused": 0.04,
}
"""The share of each kind among misspellings that were observed."""
MOST = 4  # words of a message for each misspelled one, at least (a shorter message may have one)
_PER_LENGTH = (0.0, 0.0, 0.0002, 0.0006, 0.0013, 0.0038, 0.0064, 0.0107, 0.0136, 0.0219, 0.0275, 0.0295, 0.033)
_SEEN_AMONG = 0.4  # words that misspellings were looked for in, for each that is counted in the lexicon
_PRIOR = 200  # as if a word had been seen so many times with as many misspellings as others of its length
_ALWAYS: tuple[Kind, ...] = ("dropped", "swapped", "neighbour_key")  # kinds for which nearly every message has room
_OWN: tuple[Kind, ...] = ("swapped", "dropped", "doubled", "neighbour_key", "phonetic")  # kinds that a word leans to in its own way
_SHORTEST = 4  # letters of a word in which a finger slips
_RUDE = re.compile(
    r"(?:.*(?:fuc|fuk|cunt|shit|nig+[ae]|fagg?|bitc|rape|porn|penis|vagin|pubic|whore|slut).*|a[sn]al|anus|ass|asses|arse"
    r"|cum|cock|coon|crap|dick|dyke|hoe?|poo|pee|piss|puss|pussy|sex|tit|tits|turd|wank|hell|heil|nazi|jew|gook|spic|homo)"
)

_CONFUSED = {
    "we'll": ["well"], "i'll": ["ill"], "we're": ["were"], "of": ["if"], "on": ["in"], "in": ["on"], "so": ["do"], "but": ["bit"],
    "just": ["must"], "this": ["thus"], "our": ["out"], "out": ["our"], "has": ["had"], "can": ["van"], "order": ["other"],
    "sent": ["send"], "send": ["sent"], "will": ["well"], "week": ["weak"], "which": ["witch"], "new": ["knew"], "whole": ["hole"],
    "mail": ["male"], "sale": ["sail"], "love": ["live"], "give": ["five"], "got": ["hot"], "been": ["bean"], "seen": ["scene"],
    "two": ["to"], "right": ["write"], "paid": ["payed"], "for": ["four"], "luck": ["duck"], "it's": ["its"], "cheque": ["check"],
}  # fmt: skip
"""Another word than was meant: what a phone makes of a slip or of a missing apostrophe, and words that sound the same."""
_AFTER = {"have": frozenset(["could", "should", "would", "must", "might"])}  # a word that is confused only after one of these
_SOUNDS = [
    (re.compile(pattern), typo) for pattern, typo in (
        ("ie", "ei"), ("ei", "ie"), ("ence", "ance"), ("ance", "ence"), ("ent(?=$|l)", "ant"), ("ant(?=$|l)", "ent"), ("able", "ible"),
        ("ible", "able"),
        ("ph", "f"), ("c(?=[ei])", "s"), ("ck", "k"), ("sc(?=[ei])", "s"), ("sion", "tion"), ("ssion", "tion"), ("(?<=[^aeiou])er(?=$|s$)",
        "or"),
        ("or(?=$|s$)", "er"), ("ou(?=[^s])", "o"), ("ea", "ee"), ("ee", "ea"), ("ai", "ei"), ("ch(?=[aeio])", "sh"), ("y(?=[a-z]{2})", "i"),
        ("(?<=[a-z]{3})e(?=[a-z]{3})", "a"), ("(?<=[a-z]{3})a(?=[a-z]{3})", "e"), ("(?<=[a-z]{3})i(?=[a-z]{3})", "e"),
        ("(?<=[a-z]{3})e(?=[a-z]{3})", "i"),
        ("(?<=[a-z]{3})o(?=[a-z]{2})", "a"),
    )
]  # fmt: skip


def misspell(pieces: list[Piece], count: int, mix: Mapping[Kind, float], keyboard: str, stream: Random) -> None:
    """Put `count` more misspellings, of the kinds in `mix`, into a message; fewer where there is no room for them.

    At most one in a word and about one in four words, and no two side by side where one of the words is short.
    """
    if count <= 0:
        return
    free = _free(pieces)
    slips = sum(bool(piece.kind in KINDS) for piece in pieces)
    words = sum(piece.sort != "space" and piece.sort != "mark" for piece in pieces)
    for _ in range(min(count, ceil(words / MOST) - slips)):
        first = stream.choices(KINDS, [mix[kind] for kind in KINDS])[0]
        for candidate in (first, *(kind for kind in _ALWAYS if mix[kind])):
            kind = candidate
            at = _place(pieces, free, kind, stream)
            if at is None:
                continue
            if mix is OBSERVED and kind in _OWN:  # then the word has its own
                kind = stream.choices(_OWN, [_leaning(pieces[at].text.lower(), word_kind) for word_kind in _OWN])[0]
            if _misspelled(pieces, at, kind, keyboard, stream):
                free = _free(pieces)
                break


def correct(pieces: Sequence[Piece], count: int, stream: Random) -> None:
    """Put `count` of the known misspellings in a message right."""
    wrong = misspelled(pieces)
    for at in stream.sample(wrong, min(max(0, count), len(wrong))):
        piece = pieces[at]
        piece.text = in_case_of(piece.text, lexicon.typos()[piece.text.lower()][0])


def misspelled(pieces: Sequence[Piece]) -> list[int]:
    """Where known misspellings are."""
    typos = lexicon.typos()
    return [at for at, piece in enumerate(pieces) if piece.sort == "word" and not piece.kind and piece.text.lower() in typos]


def _free(pieces: Sequence[Piece]) -> list[int]:
    """The words that a slip may happen in: plain ones, not beside another slip if either is short."""
    typos, free_places = lexicon.typos(), list[int]()
    places = [at for at, piece in enumerate(pieces) if piece.sort == "word" or piece.sort in UNSPELT]
    slipped = [pieces[at].kind in KINDS or pieces[at].text.lower() in typos for at in places]
    for index, at in enumerate(places):
        piece = pieces[at]
        if piece.sort != "word" or piece.kind or slipped[index] or not piece.text.isascii() or _is_acronym(piece.text):
            continue
        slipped_neighbours = [neighbour for neighbour in (index - 1, index + 1) if 0 <= neighbour < len(places) and slipped[neighbour]]
        sizes = [len(pieces[places[neighbour]].was or pieces[places[neighbour]].text) for neighbour in slipped_neighbours]
        if min([len(piece.text), *sizes]) > _SHORTEST or not slipped_neighbours:
            free_places.append(at)
    return free_places


def _is_acronym(text: str) -> bool:
    return 1 < len(text) <= 5 and text.isupper() and text.lower() not in lexicon.words()


def _place(pieces: Sequence[Piece], free: Sequence[int], kind: Kind, stream: Random) -> int | None:
    """Which of the free words a slip of that kind happens in."""
    if kind == "split_or_joined":
        weights = [_leaning(pieces[at].text.lower(), kind) + _join_leaning(pieces, at) for at in free]
    else:
        weights = [_leaning(pieces[at].text.lower(), kind) for at in free]
    total = list(accumulate(weights))
    return stream.choices(free, cum_weights=total)[0] if total and total[-1] else None


@lru_cache(maxsize=65536)
def _leaning(word: str, kind: Kind) -> float:
    """How often this kind of slip happens in a word: seen in it, and expected in a word of its length."""
    times = lexicon.words().get(word, 0) * _SEEN_AMONG
    seen = sum(weight for _, weight in _known(word, kind))
    if kind == "confused":
        return seen / sqrt(times + 5000)
    if kind == "split_or_joined" or len(word) < _SHORTEST or not _spots(word, kind, "qwerty")[0]:
        return seen / (times + _PRIOR)
    return (seen + _PRIOR * OBSERVED[kind] * _PER_LENGTH[min(len(word), len(_PER_LENGTH) - 1)]) / (times + _PRIOR)


@lru_cache(maxsize=65536)
def _known(word: str, kind: Kind) -> list[tuple[str, float]]:
    """The misspellings of that kind that people make of a word, with weights. In short words, and with another letter at the front, single
    sightings are noise; and in short words so are other letters, which make other words."""
    if len(word) <= _SHORTEST and kind == "phonetic":
        return []
    least = 2 if len(word) <= _SHORTEST else 0
    typos = [
        (typo, seen + 0.2)
        for typo, its, seen in lexicon.slips().get(word, ())
        if its == kind and seen >= least and not _RUDE.fullmatch(typo)
    ]
    return typos + [(typo, 3.0) for typo in (_CONFUSED.get(word, ()) if kind == "confused" else ())]


def _join_leaning(pieces: Sequence[Piece], at: int) -> float:
    """How often a word is run together with the next one."""
    next_piece = _next(pieces, at)
    if next_piece is None:
        return 0.0
    pair = f"{pieces[at].text.lower()} {next_piece.text.lower()}"
    pair_weight = sum(weight for _, weight in _known(pair, "split_or_joined"))
    short = min(pieces[at].text, next_piece.text, key=len).lower()
    return pair_weight / 5000 + (0.0001 if len(short) <= 3 and short in lexicon.table("function_words") else 0.0)


def _next(pieces: Sequence[Piece], at: int) -> Piece | None:
    """The word after the one there, when only a space parts them and it is untouched."""
    if at + 2 < len(pieces) and pieces[at + 1].text == " " and pieces[at].text.isalpha():
        next_piece = pieces[at + 2]
        plain = next_piece.sort == "word" and next_piece.text.isalpha() and not next_piece.kind
        return next_piece if plain and "I" not in (pieces[at].text.upper(), next_piece.text.upper()) else None
    return None


def _misspelled(pieces: list[Piece], at: int, kind: Kind, keyboard: str, stream: Random) -> bool:
    """Misspell the word there; False when nothing came of it."""
    piece = pieces[at]
    word = piece.text.lower()
    typos = _known(word, kind)
    if kind == "confused" and word in _AFTER:
        before = [piece.text.lower() for piece in pieces[max(0, at - 2) : at] if piece.sort == "word"]
        if not before or before[-1] not in _AFTER[word]:
            return False
    if kind == "split_or_joined" and not (typos and stream.random() * (sum(w for _, w in typos) + 1) >= 1):
        return _run_together(pieces, at, stream)
    if typos and (
        len(word) < _SHORTEST or kind == "confused" or kind == "split_or_joined" or stream.random() * (sum(w for _, w in typos) + 1) > 1
    ):
        slip(piece, stream.choices([typo for typo, _ in typos], [weight for _, weight in typos])[0], kind)
        return True
    for _ in range(4):
        typo = _slipped(word, kind, keyboard, stream)
        if typo and typo not in lexicon.words() and not _RUDE.fullmatch(typo):
            slip(piece, typo, kind)
            return True
    return False


def _run_together(pieces: list[Piece], at: int, stream: Random) -> bool:
    """Leave out the space after a word, or strike it a letter early."""
    piece, next_piece = pieces[at], _next(pieces, at)
    if next_piece is None:
        return False
    first, second = piece.text, next_piece.text
    typos = _known(f"{first.lower()} {second.lower()}", "split_or_joined")
    early = not typos and len(first) > 2 and stream.random() < 0.3
    text = f"{first[:-1]} {first[-1]}{second}" if early else first + second
    if text.lower() in lexicon.words() or _RUDE.fullmatch(text.lower()) or (early and first[:-1].lower() in lexicon.words()):
        return False
    piece.was, piece.kind, piece.text = f"{first} {second}", "split_or_joined", text
    piece.end = max(piece.end, next_piece.end)
    del pieces[at + 1 : at + 3]
    return True


def _slipped(word: str, kind: Kind, keyboard: str, stream: Random) -> str:
    """The word with a slip of the finger or the ear, or nothing where there is no place for it."""
    spots, weights = _spots(word, kind, keyboard)
    if not spots:
        return ""
    at, end, letters = stream.choices(spots, cum_weights=weights)[0]
    return word[:at] + (stream.choice(letters) if kind == "neighbour_key" else letters) + word[end:]


@lru_cache(maxsize=65536)
def _spots(word: str, kind: Kind, keyboard: str) -> tuple[list[tuple[int, int, str]], list[float]]:
    """Where in a word a kind of slip can happen (from, to, and what stands there then), with cumulated weights."""
    spots, last, left_keys = dict[tuple[int, int, str], float](), len(word) - 1, keyboards.left_hand(keyboard)
    if not word.isalpha():
        return [], []
    if kind == "phonetic":
        sounds = [(match, typo) for pattern, typo in _SOUNDS for match in pattern.finditer(word) if match.start() > 0] if last > 3 else []
        spots = {(match.start(), match.end(), typo): 1.0 for match, typo in sounds if match.end() <= last or len(typo) > 1}
    for at, letter in enumerate(word):
        before, after = word[at - 1] if at else "", word[at + 1] if at < last else ""
        if kind == "swapped" and after and letter != after:
            hands = 2.0 if (letter in left_keys) != (after in left_keys) else 1.0  # two hands get out of step
            spots[at, at + 2, after + letter] = hands * (0.1 if at == 0 else 1.0)
        elif kind == "dropped" and at:
            double = letter in (before, after)
            spots[at, at + 1, ""] = (4.0 if double else 1.3 if letter in "aeiou" else 1.0) * (0.3 if at == 1 else 1.0)
        elif kind == "doubled" and at and letter not in (before, after):
            spots[at, at + 1, letter * 2] = (2.0 if letter in "lstmcnrpf" else 0.25 if letter in "aeiou" else 0.5) * (
                0.5 if at == 1 else 1.0
            )
        elif kind == "neighbour_key" and (near := keyboards.neighbours(keyboard).get(letter)):
            spots[at, at + 1, near] = 0.2 if at == 0 else 0.6 if at == 1 else 1.0
    return list(spots), list(accumulate(spots.values()))
