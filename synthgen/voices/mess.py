"""How messy one message is, and whether a revision of it kept that.

A voice is about many messages; this is about one, before and after somebody worked on it. Its marks are what shows that nobody looked
it over: no capital, no mark at the end, words misspelled, shortened and drawn out, an apostrophe left out. Some of them may go with the
words that went, so what is asked is how much of them is left; but what was put right where it stood is never an accident.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from synthgen.voices import lexicon
from synthgen.voices.features import FEATURES, features
from synthgen.voices.tokens import TOKEN, token_features

WEIGHTS: Mapping[str, float] = {
    "small_start": 1, "small_i": 1, "small_sentence": 0.5, "shouting": 2, "no_end": 1, "repeated_marks": 1, "loose_marks": 0.5,
    "apostrophes_dropped": 1, "misspelled": 1, "unknown_words": 0.4, "chat_words": 1, "elongated": 1, "emoji": 1, "keywords": 0.5,
}  # fmt: skip
"""What each mark of mess weighs: one that is there, or, for those that can be counted, each of up to MOST."""
MOST = 3
SLIGHT = 0.5
"""A message whose marks weigh no more than this was typed with care."""
LONGER, ROOM = 2, 10
"""A revision may have so many times the words, and so many more."""
_FOREIGN = 0.4  # of the words are in no list: it is not in English, and says nothing of spelling
_ALIKE = 0.7  # of the letters, in order: one is the other put right
_SEVERAL = 0.3  # of the words that were wrong are put right: one in many may be for what was asked
_WRONG = ("apostrophes_dropped", "misspelled", "unknown_words", "chat_words", "elongated")
_SHORTEST = 3  # characters of a fact

_SLOT = "<fact>"
_START = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
_PLAIN_END = re.compile(r"(?<![.!?…])(?<!\b[A-Za-z]\.[A-Za-z])[.!?]$")
_SMALL_SENTENCE = re.compile(r"[.!?…]\s+[a-z]")
_CAPITAL_SENTENCE = re.compile(r"[.!?…]\s+[A-Z]")
_LOOSE = re.compile(r"\s[,!?](?!\d)|\s\.(?=\s|$)|[a-z][,!?][A-Za-z]|[a-z]{2}\.[A-Z][a-z]|\S {2,}\S")
_APOSTROPHES = str.maketrans("’`´‘", "''''")


class KeptMess(NamedTuple):
    """What a revision kept: the `share` of the weight of the first message's marks (1 where it had none), and its new `polish`, in
    words."""

    share: float
    polish: list[str]


def mess(text: str, facts: Sequence[str] = ()) -> dict[str, float]:
    """The marks of mess in a message, the names in WEIGHTS, each with how often it is there. `facts` are no marks, however they are
    spelled. An empty dictionary for a message that was typed with care, and for one without a letter."""
    typed, text = text, _without(text, facts)
    values = dict(zip(FEATURES, features([text])[0].tolist(), strict=True))
    words = values["words"]
    counts = {name: round(values[name] * words) for name in _WRONG}
    counts["unknown_words"] = max(0, counts["unknown_words"] - counts["misspelled"])
    if words > 3 and counts["unknown_words"] > _FOREIGN * words:
        counts["unknown_words"] = counts["misspelled"] = 0
    marks: dict[str, float] = {
        "small_start": _started(typed) == "small",  # a name has a capital of its own, but not a small letter
        "small_i": len(re.findall(r"(?<![\w'’.])i(?=['’](?:m|d|ll|ve)\b|(?![\w'’.]))", text)),
        "small_sentence": len(_SMALL_SENTENCE.findall(text)),
        "shouting": values["shouting"],
        "no_end": bool(_LETTER.search(text)) and not values["end_mark"] and words > 1,
        "repeated_marks": values["repeated_marks"],
        "loose_marks": len(_LOOSE.findall(text)),
        **counts,
        "emoji": values["emoji"],
        "keywords": values["keywords"],
    }
    return {name: float(count) for name, count in marks.items() if count}


def strength(marks: Mapping[str, float]) -> float:
    """What the marks of a message weigh together."""
    return sum(WEIGHTS[name] * min(count, MOST) for name, count in marks.items())


def kept_mess(before: str, after: str, facts: Sequence[str] = ()) -> KeptMess:
    """What a revision of a message kept of how it was typed. Where the message was typed with care, there is nothing to keep."""
    marks_before, marks_after = mess(before, facts), mess(after, facts)
    if (weight := strength(marks_before)) <= SLIGHT:
        return KeptMess(1.0, [])
    kept_weight = sum(WEIGHTS[name] * min(count, MOST) * min(1.0, marks_after.get(name, 0) / count) for name, count in marks_before.items())
    return KeptMess(kept_weight / weight, _polish(_without(before, facts), _without(after, facts), marks_before, marks_after))


def _polish(before: str, after: str, marks_before: Mapping[str, float], marks_after: Mapping[str, float]) -> list[str]:
    """What is tidier than it was, in words."""
    changes = list[str]()
    if "small_start" in marks_before and _started(after) == "capital" and "shouting" not in marks_after:
        changes.append("it begins with a capital now")
    if "shouting" in marks_before and "shouting" not in marks_after:
        changes.append("it is no longer in capitals")
    if "no_end" in marks_before and _PLAIN_END.search(after.rstrip(" \"'”’)")):
        changes.append("it ends with a mark now")
    if "small_sentence" in marks_before and "small_sentence" not in marks_after and _CAPITAL_SENTENCE.search(after):
        changes.append("its sentences begin with capitals now")
    if "small_i" in marks_before and not marks_after.keys() & {"small_i", "shouting"} and re.search(r"\bI\b", after):
        changes.append("'i' is 'I' now")
    wrongs = sum(marks_before.get(name, 0) for name in _WRONG)
    if (right := corrected_words(before, after)) and len(right) >= _SEVERAL * wrongs:
        changes += [f"'{wrong}' is '{corrected}' now" for wrong, corrected in right]
    most = max(LONGER * len(before.split()), len(before.split()) + ROOM)
    if (count := len(after.split())) > most:
        changes.append(f"it is longer by far: {count} words, {most} at most")
    return changes


def corrected_words(before: str, after: str) -> list[tuple[str, str]]:
    """The words of a message that were misspelled, shortened or without their apostrophe and are put right, each with what it is now."""
    first, then = _words(before), _words(after)
    removed, added = [word for word in first if word not in then], [word for word in then if word not in first]
    text, pairs = " ".join(then), list[tuple[str, str]]()
    for word in removed:
        word_features = token_features(word)
        if not (
            word_features.get("unknown")
            or word_features.get("chat")
            or word_features.get("dropped_apostrophe")
            or word_features.get("elongated")
        ):
            continue
        correct = lexicon.contractions().get(word) or lexicon.chat_words().get(word) or lexicon.typos().get(word, ("", ""))[0]
        if correct and f" {correct} " in f" {text} " and f" {correct} " not in f" {' '.join(first)} ":
            pairs.append((word, correct))
        elif word_features.get("unknown") or word_features.get("elongated"):
            near = [
                candidate
                for candidate in added
                if candidate[0] == word[0] and not token_features(candidate).get("unknown") and _alike(word, candidate)
            ]
            pairs += [(word, max(near, key=lambda candidate: _ratio(word, candidate)))] if near else []
    return pairs


def _words(text: str) -> list[str]:
    """The words of a message in small letters, each once."""
    return list(dict.fromkeys(token.lower().translate(_APOSTROPHES) for token in TOKEN.findall(text) if token[0].isalpha()))


def _alike(wrong: str, right: str) -> bool:
    return _ratio(wrong, right) >= _ALIKE


def _ratio(wrong: str, right: str) -> float:
    return SequenceMatcher(None, wrong, right, autojunk=False).ratio()


def _started(text: str) -> str:
    """How the first word of a message begins: `small`, `capital`, or "" where that cannot be said (a fact, a number, no word).
    One like iPhone or NASA is a name."""
    token = next((token for token in TOKEN.findall(text) if _START.search(token) or token[0] == "<"), "")
    if not token or not token[0].isalpha() or not all(letter.isalpha() or letter in "'’-" for letter in token):
        return ""
    if token[0].islower():
        return "small" if token.islower() else ""
    return "capital" if token[0].isupper() and (len(token) == 1 or token[1:].islower() or token[1:2] in "'’") else ""


def _without(text: str, facts: Sequence[str]) -> str:
    """The text with a slot in the place of each fact."""
    fact_patterns = sorted(
        {re.escape(fact.strip()) for fact in facts if len(fact.strip()) >= _SHORTEST}, key=lambda fact: (-len(fact), fact)
    )
    text = text.strip()
    return re.sub(rf"(?<!\w)(?:{'|'.join(fact_patterns)})(?!\w)", _SLOT, text, flags=re.IGNORECASE) if fact_patterns else text
