"""What the searches for identifiers and for profanity share: a text as it is looked at, and words that they know."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from synthgen.voices import lexicon

DATA = Path(__file__).parent / "data"
DIGIT = re.compile(r"\d")
YEAR = r"(?:19|20)\d\d"

_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]+"
    r"|(?<=[!-~0-9@])[\u200c\u200d]+|[\u200c\u200d]+(?=[!-~0-9@])"
)


def bare(text: str) -> str:
    """The text without characters that cannot be seen, but for those that join emoji and letters of other scripts."""
    return text if text.isprintable() and text.isascii() else _HIDDEN.sub("", text)


class _Plain(dict[int, str]):
    """For each character the plain small one that it looks like, one for one: a wide digit, a long dash, a bold letter."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = unicodedata.normalize("NFKC", letter)
        if letter.isdecimal():
            plain = str(int(letter))
        elif letter in "‐‑‒–—―−﹘﹣－":
            plain = "-"
        elif letter.isspace() and letter != "\n":
            plain = " "
        elif len(folded) == 1 and folded.isascii():
            plain = folded.lower()
        else:
            plain = letter.lower() if len(letter.lower()) == 1 else letter
        self[code] = plain
        return plain


PLAIN = _Plain()


@cache
def words(name: str) -> frozenset[str]:
    """The words of a list in `data/words.json`."""
    tables: dict[str, list[str]] = json.loads((DATA / "words.json").read_text(encoding="utf-8"))
    return frozenset(word for line in tables[name] for word in line.split())


@cache
def any_of(name: str) -> str:
    """An expression for the words of a list, the longest first."""
    return "|".join(map(re.escape, sorted(words(name), key=lambda word: (-len(word), word))))


def known(word: str) -> bool:
    """Whether it is a word; one of great length is none, and would take long to look for."""
    return len(word) <= 30 and (lexicon.is_word(word) or word in lexicon.chat_words())
