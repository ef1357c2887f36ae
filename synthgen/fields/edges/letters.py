"""The same words in other characters: marks that cannot be seen, letters that look alike, encodings gone wrong."""

from __future__ import annotations

import html
import re
from random import Random

from synthgen.fields.edges.situation import Situation, lettered, like, nonblank, then

LOOK_ALIKE = {
    "a": "а", "c": "с", "e": "е", "i": "і", "j": "ј", "o": "о", "p": "р", "s": "ѕ", "x": "х", "y": "у", "d": "ԁ", "h": "һ", "q": "ԛ",
    "w": "ԝ", "g": "ɡ", "l": "ӏ", "A": "А", "B": "В", "C": "С", "E": "Е", "H": "Н", "I": "І", "J": "Ј", "K": "К", "M": "М", "N": "Ν",
    "O": "О", "P": "Р", "S": "Ѕ", "T": "Т", "X": "Х", "Y": "Υ", "Z": "Ζ",
}  # fmt: skip
"""Latin letters, and those of other alphabets that look like them."""
UNSEEN = ["\u200b", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
"""Characters without width: spaces, joiners, the byte order mark, the soft hyphen."""
TURNS = [
    ("\u200f", ""),
    ("\u202b", "\u202c"),
    ("\u202e", "\u202c"),
    ("\u2067", "\u2069"),
    ("\u200e", "\u200f"),
    ("\u202d", "\u202c"),
    ("\u061c", ""),
]
"""Marks that turn the direction of what stands between them."""
COMBINING = [chr(number) for number in [*range(0x300, 0x316), *range(0x323, 0x334), 0x336, 0x337]]
FANCY = {
    "bold": (0x1D400, 0x1D41A), "bold italic": (0x1D468, 0x1D482), "script": (0x1D4D0, 0x1D4EA), "fraktur": (0x1D56C, 0x1D586),
    "sans": (0x1D5D4, 0x1D5EE), "typewriter": (0x1D670, 0x1D68A), "circled": (0x24B6, 0x24D0), "outlined": (0x1D5A0, 0x1D5BA),
}  # fmt: skip
"""Alphabets of Unicode's that social media users write their names in: where A and where a begins."""
LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
CURLY = [(r"(?<=\w)'", "’"), (r'"(?=\w)', "“"), (r'"', "”"), (r" - ", " – "), (r"\.\.\.", "…")]
SIGNS = ["Hi – ", "Hello… ", "“Urgent” ", "Hi, it’s me again – "]
CONTROLS = ["\x07", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\x03"]


def _some(stream: Random, places: list[int], share: float) -> set[int]:
    """At least one of the places, and about that share of them."""
    chosen = {place for place in places if stream.random() < share}
    return chosen or ({stream.choice(places)} if places else set())


def _letters(text: str) -> list[int]:
    return [place for place, letter in enumerate(text) if letter.isalnum()]


def right_to_left(stream: Random, message: str, situation: Situation) -> str:
    """Marks that turn the direction of writing, around the message or some of its words."""
    words = [nonblank(stream, message)] if stream.random() < 0.4 else re.split(r"(\s+)", nonblank(stream, message))
    chosen = _some(stream, [place for place, word in enumerate(words) if word.strip()], 0.25)
    return "".join(word.join(stream.choice(TURNS)) if place in chosen else word for place, word in enumerate(words))


def zero_width(stream: Random, message: str, situation: Situation) -> str:
    """Characters that cannot be seen, between the letters."""
    message, share = nonblank(stream, message), stream.choice([0.03, 0.1, 0.4])
    chosen = _some(stream, list(range(len(message))), share)
    return "".join((stream.choice(UNSEEN) if place in chosen else "") + letter for place, letter in enumerate(message))


def combining(stream: Random, message: str, situation: Situation) -> str:
    """Accents and strokes heaped on the letters, so that it can still be read."""
    message, share, most = lettered(stream, message), stream.choice([0.1, 0.3, 0.7]), stream.choice([1, 2, 4])
    chosen = _some(stream, _letters(message), share)
    return "".join(
        letter + "".join(stream.choices(COMBINING, k=stream.randint(1, most))) * (place in chosen) for place, letter in enumerate(message)
    )


def look_alike_characters(stream: Random, message: str, situation: Situation) -> str:
    """Some Latin letters replaced by Cyrillic and Greek ones that look the same."""
    message, share = lettered(stream, message, f"[{''.join(LOOK_ALIKE)}]"), stream.choice([0.1, 0.4, 1])
    chosen = _some(stream, [place for place, letter in enumerate(message) if letter in LOOK_ALIKE], share)
    return "".join(LOOK_ALIKE[letter] if place in chosen else letter for place, letter in enumerate(message))


def full_width(stream: Random, message: str, situation: Situation) -> str:
    """The wide letters and digits of East Asian keyboards: ｈｅｌｌｏ."""
    wide = stream.choice(["[!-~ ]", "[!-~]", "[A-Za-z0-9]"])
    words = re.split(r"([ \t\n]+)", lettered(stream, message))
    word_places = [place for place, word in enumerate(words) if re.search("[A-Za-z]", word)]
    chosen = set(range(len(words))) if stream.random() < 0.6 else _some(stream, word_places, 0.4)

    def widened(match: re.Match[str]) -> str:
        return "\u3000" if match[0] == " " else chr(ord(match[0]) + 0xFEE0)

    return "".join(re.sub(wide, widened, word) if place in chosen else word for place, word in enumerate(words))


def fancy_letters(stream: Random, message: str, situation: Situation) -> str:
    """Mathematical letters as social media users write with: 𝓱𝓮𝓵𝓵𝓸."""
    message = lettered(stream, message)
    capital, small = FANCY[stream.choice(list(FANCY))]
    words = re.split(r"(\s+)", message)
    word_places = [place for place, word in enumerate(words) if re.search("[A-Za-z]", word)]
    chosen = set(word_places) if stream.random() < 0.6 else _some(stream, word_places, 0.4)

    def fancied(match: re.Match[str]) -> str:
        return chr(small + ord(match[0]) - ord("a") if match[0] >= "a" else capital + ord(match[0]) - ord("A"))

    return "".join(re.sub("[A-Za-z]", fancied, word) if place in chosen else word for place, word in enumerate(words))


def leet(stream: Random, message: str, situation: Situation) -> str:
    """Digits for letters: h3lp m3."""
    message = lettered(stream, message, "[aeiostAEIOST]")
    replaceable = sorted(set(message.lower()) & set(LEET))
    chosen = stream.sample(replaceable, k=stream.randint((len(replaceable) + 1) // 2, len(replaceable)))
    return "".join(LEET[letter.lower()] if letter.lower() in chosen else letter for letter in message)


def spaced_letters(stream: Random, message: str, situation: Situation) -> str:
    """A sign between all letters of some words or of all: h e l p."""
    message, sign = lettered(stream, message), stream.choice([" ", " ", ".", "-", "_", "*"])
    words = message.split()
    word_places = [place for place, word in enumerate(words) if len(word) > 1]
    chosen = set(word_places) if stream.random() < 0.3 else _some(stream, word_places, 0.2)
    gap = "  " if sign == " " else " "
    return gap.join(sign.join(word) if place in chosen else word for place, word in enumerate(words))


def control_characters(stream: Random, message: str, situation: Situation) -> str:
    """Bells, backspaces and form feeds from an old terminal or a bad copy."""
    message = nonblank(stream, message)
    chosen = _some(stream, list(range(len(message))), 0.04)
    return "".join((stream.choice(CONTROLS) if place in chosen else "") + letter for place, letter in enumerate(message))


def html_entities(stream: Random, message: str, situation: Situation) -> str:
    """Escaped once or twice on its way: don&amp;#39;t."""
    message = nonblank(stream, message)
    if not re.search(r"[<>&\"']", message):
        message = then(
            stream,
            message,
            like(
                message,
                stream.choice(
                    ["it's urgent & I can't wait", 'it just says "error"', "that's all I know & thanks", "I don't know what's wrong"]
                )
                + stream.choice(["", ".", "'"]),
            ),
        )
        message = message if re.search(r"[<>&\"']", message) else f"{message} & thanks"
    if stream.random() < 0.3:
        message = message.replace("\n", "<br />").replace(". ", ".&nbsp;")
    escaped = html.escape(message).replace("&#x27;", stream.choice(["&#39;", "&#x27;", "&apos;"]))
    return html.escape(escaped) if stream.random() < 0.25 else escaped


def mojibake(stream: Random, message: str, situation: Situation) -> str:
    """UTF-8 read as if it were Windows-1252: donâ€™t."""
    message = nonblank(stream, message)
    for plain, curly in CURLY:
        message = re.sub(plain, curly, message)
    if message.isascii():
        message = stream.choice(
            [
                f"{stream.choice(SIGNS)}{message}",
                f"{message}… {stream.choice(['thanks', 'please', 'asap'])}",
                f"{message} – {stream.choice(['thank you', 'it’s urgent', 'café wifi, sorry'])}",
            ]
        )
    for _ in range(stream.choice([1, 1, 1, 2])):
        message = "".join(_misread(letter) for letter in message)
    return message


def _misread(letter: str) -> str:
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in letter.encode("utf-8", "replace"))


def lost_letters(stream: Random, message: str, situation: Situation) -> str:
    """Everything outside the plain alphabet has become a question mark or a box."""
    message = nonblank(stream, message)
    for plain, curly in CURLY:
        message = re.sub(plain, curly, message)
    message = f"{stream.choice(SIGNS)}{message}" if message.isascii() else message
    box = stream.choice(["?", "\ufffd", "□", "??"])
    return "".join(letter if letter.isascii() else box for letter in message)
