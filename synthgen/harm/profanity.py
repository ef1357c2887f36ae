"""Words that a company's test data should not have."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from synthgen.harm.plain import PLAIN, bare, known

_LEET = {"a": "a@4", "b": "b8", "e": "e3", "g": "g9", "i": "i1!|", "l": "l1|", "o": "o0", "s": "s$5z", "t": "t7+", "u": "uv", "c": "c("}
_TYPED = re.compile(r"[\w@$!*|+(]{2,}")
_APART = re.compile(r"(?<![^\W_])(?:[^\W_][ ._*-]{1,2}){2,}[^\W_](?![^\W_])")
_SPOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def profane(text: str) -> bool:
    """Whether a text has profanity, slurs, or sexual or violent hate words, also disguised: sh1t, f*ck, f u c k, fuuuck.

    What people type to a support chat in anger (wtf, damn, hell, crap, pissed) is none.
    """
    return next(profanities(text), None) is not None


def profanities(text: str) -> Iterator[str]:
    """These words and phrases in a text, as they are typed there but for capitals."""
    low = text.lower() if text.isascii() else bare(text).translate(PLAIN)
    yield from filter(_is_profane, _TYPED.findall(low))
    words = _SPOKEN.findall(low)
    for place, first in enumerate(words):
        yield from (" ".join(phrase) for phrase in _phrases().get(first, ()) if words[place : place + len(phrase)] == phrase)
    yield from (match[0] for match in _APART.finditer(low) if _is_profane(re.sub(r"[\W_]", "", match[0])))


@lru_cache(maxsize=1 << 16)
def _is_profane(token: str) -> bool:
    """Whether a token is a listed word, as it is or, when it is no ordinary word, disguised."""
    plain, loose = _profanity()
    word = token.strip("_!|+(*")
    if any(map(plain.fullmatch, {word, *word.split("_")})):
        return True
    hidden = token[-1] == "*" and token[0] != "*"
    if not word or word.isdigit() or (known(word) and not hidden):
        return False
    return any(map(loose.fullmatch, {word, word + "*" * (len(token) - len(token.rstrip("*"))), word.rstrip("!"), *word.split("_")} - {""}))


@cache
def _listed() -> list[str]:
    """The listed words and phrases."""
    return codecs.decode(Path(__file__).with_name("profanity.rot13.txt").read_text(encoding="utf-8"), "rot13").splitlines()[1:]


@cache
def _profanity() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Expressions for the listed words as they are, and in all that they are typed as."""
    words = [line for line in _listed() if " " not in line]
    plain = "|".join(re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "s?" if word[-1] != "s" else "") for word in words)
    return re.compile(plain), re.compile("|".join(map(_spellings, (word for word in words if word.rstrip("*").isalpha()))))


@cache
def _phrases() -> dict[str, list[list[str]]]:
    """The words of each listed phrase, by the first."""
    found = dict[str, list[list[str]]]()
    for line in _listed():
        if " " in line:
            found.setdefault(line.split()[0], []).append(line.split())
    return found


def _spellings(word: str) -> str:
    """An expression for a word in all that it is typed as: a star at its end is any ending, and a star within what is typed any letter.

    A letter of a word of three is drawn out by two or more, since with one more it may be another word.
    """
    stem = word.rstrip("*")
    parts = list[str]()
    for place, same in enumerate(re.finditer(r"(.)\1*", stem)):
        letter = f"[{re.escape(_LEET.get(same[1], same[1]))}{'*' * (place > 0)}]"
        count = len(same[0])
        parts.append(f"(?:{letter}{{{count + 2},}}|{letter}{{{count}}})" if len(stem) < 4 else f"{letter}{{{count},}}")
    return "".join(parts) + (r"[\w@$!*]*" if word.endswith("*") else "" if word[-1] == "s" else "[sz]?")
