"""What is known of English words as people type them: read from `data/` when first needed.

Nothing here is text that somebody wrote: counts of words, pairs of a word and its misspelling, and short tables.
`data/README.md` says where each file comes from, and under which licence.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from synthgen.voices import keyboards

Kind = Literal["swapped", "dropped", "doubled", "neighbour_key", "phonetic", "split_or_joined", "confused"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The kinds of misspelling, by what happened to the letters."""

_DATA = Path(__file__).parent / "data"


class Slip(NamedTuple):
    """A misspelling that people make of a word: what they type, its kind, and how often it was seen (0: only known from lists)."""

    typo: str
    kind: Kind
    seen: int


@cache
def words() -> dict[str, int]:
    """Known words in small letters, and how many there are of each in ten million words; the most frequent come first."""
    counts = dict[str, int]()
    for line in _lines("words.txt"):
        count, _, entries = line.partition(" ")
        counts.update(dict.fromkeys(entries.split(), int(count)))
    return counts


@cache
def slips() -> dict[str, list[Slip]]:
    """For a correct word the misspellings that people make of it, the most frequent first. A split or joined one holds a space
    on one of its sides: `a lot` has the slip `alot`, `without` has `with out`."""
    slips_by_word = dict[str, list[Slip]]()
    for line in _lines("slips.tsv"):
        correct, *pairs = line.split("\t")
        # A pair is `typo kind seen`; only the typo may hold a space.
        parts = [pair.rsplit(" ", 2) for pair in pairs]
        slips_by_word[correct] = [Slip(typo, KINDS[int(kind)], int(seen)) for typo, kind, seen in parts]
    return slips_by_word


@cache
def typos() -> dict[str, tuple[str, Kind]]:
    """The same the other way: what is typed, and which word it is meant to be, with the kind. Confusions are left out, since both
    sides of them are words."""
    return {slip.typo: (word, slip.kind) for word, misspellings in slips().items() for slip in misspellings if slip.kind != "confused"}


@cache
def contractions() -> dict[str, str]:
    """What is typed without its apostrophe, and the contraction: dont, don't. Only those that are no other word."""
    return _mapping("contractions")


@cache
def chat_words() -> dict[str, str]:
    """Abbreviations and chat speak, and the long form: pls, please."""
    return _mapping("chat_words")


@cache
def table(name: str) -> frozenset[str]:
    """A list of words by its name in `data/tables.json`: greetings, polite, function_words, articles, first_person, interjections,
    question_words, turned_verbs, subjects, abbreviations, be_do_have. Raises KeyError."""
    return frozenset(" ".join(_tables()[name]).split())


def _mapping(name: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in _tables()[name])


@cache
def _tables() -> dict[str, list[str]]:
    tables: dict[str, list[str]] = json.loads((_DATA / "tables.json").read_text(encoding="utf-8"))
    return tables


def _lines(name: str) -> list[str]:
    return (_DATA / name).read_text(encoding="utf-8").splitlines()


# What kind a misspelling is

_ALIKE = tuple(map(frozenset, ("aeiouy", "ckqs", "sz", "szc", "gj", "dt", "fv", "bp", "vw", "ckx")))


def kind_of(correct: str, typo: str) -> Kind:
    """What happened to the letters of `correct`, when somebody typed `typo`.

    One letter left out is `dropped`, one too many is `doubled`, two the wrong way round are `swapped`; another letter is `neighbour_key`
    when it is beside the right one and sounds otherwise. All the rest is `phonetic`: other letters for the same sound, or more than one
    letter off.
    """
    if (" " in correct) != (" " in typo):
        return "split_or_joined"
    start = _common(correct, typo)
    end = _common(correct[start:][::-1], typo[start:][::-1])
    intended, typed = correct[start : len(correct) - end], typo[start : len(typo) - end]
    match len(intended), len(typed):
        case 2, 2 if intended == typed[::-1]:
            return "swapped"
        case 1, 0:
            return "dropped"
        case 0, 1:
            return "doubled"
        case 1, 1 if typed in keyboards.neighbours("qwerty").get(intended, "") and not _alike(intended, typed):
            return "neighbour_key"
    return "phonetic"


def _alike(one: str, other: str) -> bool:
    return any(one in sound and other in sound for sound in _ALIKE)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


# What a word is

_GROWN = ("s", "es", "d", "ed", "ing", "er", "ers", "ly", "able", "ness", "less", "ish", "y", "n't")
_GROWING = ("un", "re", "non", "pre", "anti", "over", "multi", "super", "auto")
_SOUND = re.compile(r"(?:h+m+|m+h*m+|u+[hm]+|a+h+a?|o+h+|o+o+|e+h+|e+r+m*|a+w+|z+|y+[aeu]+[hps]*|n+[aeo]+[hp]*|wo+w+|wh?oa+h*|x+|w+)")
_LAUGH = re.compile(r"a?(?:h+[aeio]+){2,}h*|(?:lo)+l+z*|k{3,}|j(?:aj)+a?|(?:he)+h?|x+d+|lo+l+|l+m+f?a+o+|ro+fl+")


@cache
def is_word(word: str) -> bool:
    """Whether a word in small letters is a known one, an inflection or a compound of known ones, or a sound such as hmm."""
    vocabulary = words()
    if word in vocabulary or _SOUND.fullmatch(word):
        return True
    if len(word) > 3 and any(word.endswith(ending) and _stem(word[: -len(ending)]) for ending in _GROWN):
        return True
    if any(word.startswith(start) and len(word) > len(start) + 3 and word[len(start) :] in vocabulary for start in _GROWING):
        return True
    if "ise" in word or "isa" in word or "our" in word:  # the other side of the ocean's spelling
        american = word.replace("ise", "ize").replace("isa", "iza").replace("our", "or")
        return is_word(american)
    return any(_part(word[:at]) and _part(word[at:]) for at in range(4, len(word) - 3))


def _stem(stem: str) -> bool:
    vocabulary = words()
    return len(stem) > 2 and (
        stem in vocabulary
        or stem + "e" in vocabulary
        or (stem[-1] == "i" and stem[:-1] + "y" in vocabulary)
        or (stem[-1] == stem[-2] and stem[:-1] in vocabulary)
    )


def _part(part: str) -> bool:
    return words().get(part, 0) >= 20


@cache
def is_laughter(word: str) -> bool:
    """Whether somebody laughs: haha, lool."""
    return _LAUGH.fullmatch(word) is not None


_OFTEN = {4: 8000, 5: 600, 6: 100}
"""How frequent a word of so many letters (or more) must be to be taken for what was meant: short words have many neighbours."""
_OTHERWISE = 6  # times more frequent, when one letter is another


@cache
def _deletes() -> dict[str, list[str]]:
    """Each frequent word, under itself and under what is left of it without one letter (but the first, which people get right).
    After SymSpell, https://github.com/wolfgarbe/SymSpell."""
    table = dict[str, list[str]]()
    for word, count in words().items():
        if count < _OFTEN[6]:
            break
        if len(word) >= 4 and count >= _OFTEN[min(len(word), 6)] and word.isalpha():
            for shortened in {word, *(word[:at] + word[at + 1 :] for at in range(1, len(word)))}:
                table.setdefault(shortened, []).append(word)
    return table


def misspelling(word: str) -> Kind | None:
    """What kind of misspelling a word in small letters is, or None: one that people are known to make, or, when the word is in no
    list, one letter off a much more frequent one that begins alike."""
    if word in typos():
        return typos()[word][1]
    if word in words() or len(word) < 4 or not word.isascii() or not word.isalpha() or is_word(word):
        return None
    near = {
        candidate
        for shortened in {word, *(word[:at] + word[at + 1 :] for at in range(1, len(word)))}
        for candidate in _deletes().get(shortened, ())
    }
    candidates = [candidate for candidate in near if _one_off(candidate, word) and words()[candidate] >= _often(candidate, word)]
    return kind_of(max(candidates, key=lambda candidate: (words()[candidate], candidate)), word) if candidates else None


def _often(candidate: str, word: str) -> int:
    """How frequent a word must be to be what was meant. Of short words another letter often makes another word."""
    other_letter = len(word) == len(candidate) and sorted(word) != sorted(candidate)
    return 10**9 if other_letter and len(word) == 4 else _OFTEN[min(len(word), 6)] * (_OTHERWISE if other_letter and len(word) < 7 else 1)


def _one_off(one: str, other: str) -> bool:
    start = _common(one, other)
    one_tail, other_tail = one[start:], other[start:]
    return (
        one_tail[1:] == other_tail
        or one_tail == other_tail[1:]
        or one_tail[1:] == other_tail[1:]
        or (one_tail[:2] == other_tail[:2][::-1] and one_tail[2:] == other_tail[2:])
    )
