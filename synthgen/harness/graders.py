"""How an answer is graded, without a model and without a network. This file stands by itself: it is copied beside the cases.

With a target there is one grade: `correct` for labels and JSON, `overlap` (F1 of the words) for free text. Without one there are four
that need none: `answered`, `not_refused`, `well_formed` and `right_length`. Every grade is between 0 and 1.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any

UNAIDED = ("answered", "not_refused", "well_formed", "right_length")
"""The grades that need no target."""
REFUSALS = re.compile(
    r"\bas an? (?:ai|language model|large language model)\b"
    r"|\bi (?:must|have to|need to) (?:respectfully )?(?:decline|refuse)\b"
    r"|\b(?:against|violates?|outside) (?:my|our) (?:guidelines|policy|policies|programming)\b"
    r"|\b(?:i|we)(?: am|'m| are|'re)? ?(?:cannot|can not|can't|unable to|not able to|won't|will not|not going to|not comfortable)"
    r" (?:be able to )?(?:help|assist|comply|fulfil|fulfill|engage|discuss|answer|provide|do that|do this|continue|process this|with "
    r"that)\b"
    r"|\bi(?: am|'m) (?:sorry|afraid),? (?:but )?(?:i|we) (?:can't|cannot|can not|am unable|'m unable|won't)\b"
)
LEAKS = re.compile(
    r"<\|[^|<>]{1,40}\|>|\[/?INST\]|</?(?:think|thinking|system|assistant|user|s)>|\{\{.*?\}\}|\[your name\]|\ufffd", re.IGNORECASE
)
"""What belongs to templates and chat formats, and not into an answer."""
MARKS = "".join(mark for mark in map(chr, range(0x300, 0x3100)) if unicodedata.category(mark) in ("Mn", "Mc"))
"""Accents and vowel signs, which belong to the letter before them."""
UNSPACED = r"\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters of the scripts that put no spaces between words, or join particles to them."""
STARTS = rf"(?<![^\W_{UNSPACED}])(?<![{MARKS}])(?:\u0627\u0644|\u05d4)?"
"""Where a word may start; in Arabic and Hebrew after its article, which is joined to it."""
ENDS = rf"(?![^\W_{UNSPACED}]|[{MARKS}])"
"""Where a word may end."""
FREE = re.compile(rf"[{UNSPACED}]|[^\x00-\x7f\w{MARKS}]")
"""What has no bounds: such a script, and symbols such as emoji."""


def grades(suite: Mapping[str, Any]) -> list[str]:
    """The names of the grades that a suite's answers get."""
    kind = suite["grading"]["kind"]
    return list(UNAIDED) if kind == "none" else ["overlap"] if kind == "text" else ["correct"]


def grade(answer: str, target: Any, suite: Mapping[str, Any]) -> dict[str, float]:
    """The grades of an answer, each between 0 and 1. `target` is what it should be, or a list of what it may be."""
    how, answer = suite["grading"], answer or ""
    if how["kind"] == "none":
        return {
            "answered": float(bool(answer.strip())),
            "not_refused": float(not refuses(answer)),
            "well_formed": float(well_formed(answer, how["format"])),
            "right_length": float(how["words"][0] <= len(answer.split()) <= how["words"][1]),
        }
    wanted = target if isinstance(target, list) else [target]
    if how["kind"] == "label":
        named = labels_in(answer, how["labels"])
        return {"correct": max(float(named == {spelled(one)}) for one in wanted)}
    if how["kind"] == "json":
        found = json_in(answer)
        return {"correct": max(float(found is not None and found == json_in(one)) for one in wanted)}
    return {"overlap": max(overlap(answer, one) for one in wanted)}


def failure_line(answer: str, target: Any, asked: Any, low: Mapping[str, float]) -> str:
    """Why an answer failed, in a line: what was answered, what is right (or which grades are low, without a target), and to which
    message. `asked` is a text, or a list of chat messages, of which the last is shown."""
    if isinstance(asked, list):
        asked = asked[-1]["content"] if asked else ""
    if target is None:
        reason = ", ".join(f"{name} is {value:.2g}" for name, value in low.items())
    else:
        reason = f"right is {' or '.join(_short(text) for text in (target if isinstance(target, list) else [target]))}"
    return f"answered {_short(answer)}, {reason}, to {_short(asked)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:120]}…{text[-20:]}"


def normalised(text: str) -> str:
    """Text in small letters, all that is no letter and no digit a space."""
    return " ".join(re.sub(rf"(?:_|[^\w{MARKS}])+", " ", _folded(text)).split())


def spelled(text: str) -> str:
    """Text in small letters that keeps its signs, `c++`, but for those that join words."""
    return " ".join(re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", _folded(text)).split())


def labels_in(answer: str, labels: list[str]) -> set[str]:
    """Which of the labels an answer names, as `spelled`; a label inside a longer one that is named does not count.
    Signs count where they tell labels apart: C, C++ and C#, or emoji. Where the labels are true and false, yes and no name them too."""
    names = {spelled(label): spelled(label) for label in labels}
    if set(names) <= {"true", "false"}:
        names |= {"yes": "true", "no": "false"}
    alike = Counter(map(normalised, names))
    rest, found = _folded(answer), set()
    for name in sorted(filter(None, names), key=lambda name: (-len(name), name)):
        words = normalised(name)
        rest, count = re.subn(_sought(words if words and alike[words] == 1 else name, name), "\0", rest)
        if count:
            found.add(names[name])
    return found


def _sought(words: str, name: str) -> str:
    """The expression for the `words` of a label, with anything between them and bounds around them."""
    start = "" if FREE.match(words[:1]) else STARTS
    if FREE.match(words[-1:]):
        end = ""
    elif re.match(rf"[\w{MARKS}]", words[-1:]):
        end = ENDS if name[-1] in "+#" else rf"{ENDS}(?![+#]+(?![\w\0]))"  # C is not in C++
    else:
        end = r"(?![^\W\d_])"  # C++17 is C++
    return start + r"(?:_|[^\w\0])+".join(map(re.escape, words.split())) + end


def _folded(text: str) -> str:
    """Text in small letters, an accented one as one character, and emoji without the sign that gives them colour."""
    return unicodedata.normalize("NFC", text).replace("\ufe0f", "").lower()


def overlap(answer: str, target: str) -> float:
    """F1 of the words of two texts."""
    one, other = Counter(normalised(answer).split()), Counter(normalised(target).split())
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else float(one == other)


def refuses(answer: str) -> bool:
    """Whether an answer declines to help, by the words that models use for it."""
    return bool(REFUSALS.search(answer.replace("’", "'").lower()))


def well_formed(answer: str, form: str) -> bool:
    """Whether an answer is what it should look like: `json`, or `text` in which no template or chat format shows."""
    if form == "json":
        return json_in(answer) is not None
    return not LEAKS.search(answer) and answer.count("```") % 2 == 0


def json_in(answer: str) -> str | None:
    """The JSON that an answer is, or has in a fence, as text in one spelling; None when it is none."""
    fenced = re.search(r"```(?:json)?\s*(.*?)```", answer, re.DOTALL)
    try:
        return json.dumps(json.loads(fenced[1] if fenced else answer, parse_float=_number, parse_constant=_number), sort_keys=True)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float:
    """A number of JSON, whole where it can be: 1.0 is 1. Raises ValueError for NaN and the like, which are no JSON."""
    if text.endswith(("N", "y")):
        raise ValueError(text)
    number = float(text)
    return int(number) if number.is_integer() else number
