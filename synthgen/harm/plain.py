"""A text as the searches for identifiers and for profanity look at it: nothing hidden, and each letter the plain one that it looks like."""

from __future__ import annotations

import re
import unicodedata

from synthgen.voices import lexicon

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


def known(word: str) -> bool:
    """Whether it is a word; one of great length is none, and would take long to look for."""
    return len(word) <= 30 and (lexicon.is_word(word) or word in lexicon.chat_words())
