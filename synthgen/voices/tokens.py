"""The tokens of a message, and what each says by itself: it is found out once, and kept as a row of numbers.

Words, numbers, addresses, slots, smileys and marks are tokens; spaces are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from synthgen.voices import lexicon, pairs

TOKEN = re.compile(
    r"""<[a-z][a-z0-9_]*>                                                  # a slot
    | (?:https?://|www\.)\S+ | [\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+ | [@\#]\w+        # addresses
    | \w+(?:\.\w+){0,8}\.(?:com|org|net|edu|gov|io|uk|txt|conf|cfg|list|deb|html?|php|py|js|exe|pdf|jpe?g|png|iso|so|sh)\b(?:/\S*)?
    | ~?(?:/[\w.~+-]*[\w~+-]){2,}/?                                         # paths
    | (?:[a-zA-Z]\.){2,}                                                   # e.g.
    | [$£€]?\d+(?:[.,:/-]\d+)*%?\w*                                        # numbers, amounts, times
    | \w+(?:['’`´‘]\w+)*(?:-\w+(?:['’]\w+)*)*                               # words
    | [.!?…]+["'”’)\]]*                                                    # ends of sentences
    | [:;]['’]?-?[)(DPpoO3|/\\\]\[*]+(?![\w/]) | =[)(D](?!\w) | <3+ | \^_+\^ | (?<!\^)\^\^(?![\w^]) | -_+- # smileys
    | [\U0001F000-\U0001FAFF☀-➿⌚⌛⭐⭕]+
    | [^\w\s] | \n""",
    re.VERBOSE,
)
_SMILEY = re.compile(r"[:;=]['’]?-?[)(DPpoO3|/\\\]\[*]+|<3+|\^_*\^|-_+-|[oO]_[oO]|[xX]+D+|[\U0001F000-\U0001FAFF☀-➿⌚⌛⭐⭕]+")
_ADDRESS = re.compile(r"https?://|www\.|[\w.+-]{1,64}@|[@#]\w|~?/[\w.~+-]+/|\w+(?:\.\w+)+")
_LETTERS = re.compile(r"[^\W\d_]")
_DRAWN = re.compile(r"([^\W\d_])\1\1+")
_CONTRACTED = re.compile(r"\w+(?:n't|'re|'ve|'ll|'m|'d)|(?:it|that|what|there|here|where|how|who|why|he|she|let|when|y)'(?:s|all)")
_APOSTROPHES = str.maketrans("’`´‘", "''''")

SAYS = (
    "word", "letters", "spelled", "capital", "small", "initial", "capitals", "question_mark", "exclamation", "repeated_marks", "end",
    "comma",
    "apostrophe", "dropped_apostrophe", "chat", "elongated", "emoji", "digit", "greeting", "polite", "function", "article", "first_person",
    "interjection", "asks", "soft", "odd", "address", "abbreviation", "unknown", *lexicon.KINDS,
)  # fmt: skip
"""What is known of a token, a column each: 1 where it is so; `letters` and `capitals` are counts. `soft` words may stand before a question
(hi, please, and), `odd` marks are those of code and tables."""
_PLACE = {name: place for place, name in enumerate(SAYS)}


class Tokens(dict[str, int]):
    """A number for each token that was ever met, with what it says and its rank among the words of pairs."""

    def __init__(self) -> None:
        super().__init__()
        self._says = np.zeros((4096, len(SAYS)), np.uint8)
        self._ranks = np.zeros(4096, np.int64)
        self.characters = 0

    def __missing__(self, token: str) -> int:
        number = len(self)
        if number == len(self._says):
            self._says = np.concatenate([self._says, np.zeros_like(self._says)])
            self._ranks = np.concatenate([self._ranks, np.zeros_like(self._ranks)])
        for name, value in token_features(token).items():
            self._says[number, _PLACE[name]] = min(value, 255)
        self._ranks[number] = pairs.ranks().get(token.lower().translate(_APOSTROPHES), 0)
        self[token] = number
        self.characters += len(token)
        return number

    def says(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """What tokens say, an array (SAYS, tokens), and their ranks."""
        return np.ascontiguousarray(self._says[numbers].T), self._ranks[numbers]


def token_features(token: str) -> dict[str, int]:
    """What one token says: the names in SAYS that hold, with 1 or a count."""
    head = token[0]
    if token == "\n":  # noqa: S105 (no secret)
        return {"end": 1}
    if head == "<" and len(token) > 2 and token[-1] == ">":
        return {"word": 1}
    if head in ".!?…":
        return _ends(token)
    if _SMILEY.fullmatch(token):
        return {"emoji": 1, "word": int(token.isalpha())}
    if not (head.isalnum() or head == "_" or len(token) > 1):
        return {"comma": 1} if head in ",،、，" else {"odd": int(head in '{}[]|\\=<>;:"/_$#`~^')}
    if _ADDRESS.match(token):
        return {"word": 1, "address": 1, "digit": int(any(map(str.isdigit, token))), "unknown": 0}
    if any(map(str.isdigit, token)) or "_" in token:
        cased = {"small": int(token != token.upper()), "capital": int(token != token.lower())}
        return {"word": 1, "digit": int(any(map(str.isdigit, token))), "chat": int(token.lower() in lexicon.chat_words()), **cased}
    if token.replace(".", "").isalpha() and token[-1] == ".":  # e.g.
        return {
            "word": 1,
            "letters": token.count("."),
            "spelled": 1,
            "small": int(token.islower()),
            "capital": int(not token.islower()),
            "initial": int(token[0].isupper()),
        }
    return _word(token)


def _ends(marks: str) -> dict[str, int]:
    marks = marks.rstrip("\"'”’)]")
    return {"end": 1, "question_mark": int("?" in marks), "exclamation": int("!" in marks), "repeated_marks": int(len(marks) > 1)}


def _word(token: str) -> dict[str, int]:
    plain = token.translate(_APOSTROPHES)
    word = plain.lower()
    letters = len(_LETTERS.findall(token))
    capitals = sum(map(str.isupper, token))
    features = {
        "word": 1,
        "letters": letters,
        "spelled": int(letters > 0),
        "capital": int(capitals > 0),
        "capitals": capitals,
        "small": int(any(map(str.islower, token))),
        "initial": int(token[0].isupper()),
        "abbreviation": int(word in lexicon.table("abbreviations")),
    }
    if drawn := len(word) > 3 and _DRAWN.search(word) is not None and not (set(word) <= set("wxiv")):
        features["elongated"] = 1
        word = _undrawn(word)
    features |= _manner(word, token)
    if not drawn and not features.get("chat") and not features.get("dropped_apostrophe"):
        features |= _spelling(word, token)
    return features


def _undrawn(word: str) -> str:
    """sooo: so; helllo: hello."""
    once, doubled = _DRAWN.sub(r"\1", word), _DRAWN.sub(r"\1\1", word)
    return max((once, doubled), key=lambda form: lexicon.words().get(form, 0))


def _manner(word: str, token: str) -> dict[str, int]:
    """What a word in small letters says of manner; `token` is how it was typed."""
    short, chat = lexicon.contractions(), lexicon.chat_words()
    long = short.get(word) or (chat[word].split()[0] if word in chat else word)
    soft = _SOFT | lexicon.table("greetings") | lexicon.table("polite") | lexicon.table("interjections")
    features = {
        "apostrophe": _CONTRACTED.fullmatch(word) is not None,
        "dropped_apostrophe": word in short,
        "chat": (word in chat and not (len(word) == 1 and token.isupper() and word != "u")) or lexicon.is_laughter(word),
        "greeting": word in lexicon.table("greetings"),
        "polite": word in lexicon.table("polite"),
        "function": long in lexicon.table("function_words") or word in lexicon.table("function_words"),
        "article": word in lexicon.table("articles"),
        "first_person": long in lexicon.table("first_person"),
        "interjection": word in lexicon.table("interjections"),
        "asks": word in lexicon.table("question_words") and word not in ("when", "where", "wen", "what"),
        "soft": word in soft,
    }
    return {name: 1 for name, is_set in features.items() if is_set}


_SOFT = frozenset(["and", "but", "so", "also", "or", "then", "now", "just", "actually", "basically", "anyway", "im", "again"])


_FREQUENT = 300  # in ten million


def _spelling(word: str, token: str) -> dict[str, int]:
    """Whether a word is unknown, and how it is misspelled. One with a capital may be a name, so that only known misspellings count."""
    base = word.removesuffix("'s").rstrip("'")
    if len(base) < 3:
        return {}
    if "-" in base:
        return {"unknown": int(token.islower() and not all(len(part) < 3 or lexicon.is_word(part) for part in base.split("-")))}
    if token != token.lower() and not (len(base) > 4 and lexicon.words().get(lexicon.typos().get(base, ("", ""))[0], 0) >= _FREQUENT):
        return {}
    if kind := lexicon.misspelling(base):
        return {"unknown": 1, kind: 1}
    return {"unknown": int(not lexicon.is_word(base))}


def tokenize(texts: Iterable[str]) -> list[list[str]]:
    """The tokens of each message."""
    return [TOKEN.findall(text.strip()) for text in texts]
