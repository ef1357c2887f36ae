"""How an answer is graded, without a model and without a network. This file stands by itself: it is copied beside the cases.

With a target there is one grade: `correct` for labels and JSON, `overlap` (F1 of the words) for free text. Without one there are four
that need none: `answered`, `not_refused`, `well_formed` and `right_length`. Every grade is between 0 and 1.
"""

from __future__ import annotations

import json
import re
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
        return {"correct": max(float(labels_in(answer, how["labels"]) == {normalised(one)}) for one in wanted)}
    if how["kind"] == "json":
        found = json_in(answer)
        return {"correct": max(float(found is not None and found == json_in(one)) for one in wanted)}
    return {"overlap": max(overlap(answer, one) for one in wanted)}


def normalised(text: str) -> str:
    """Text in small letters, all that is no letter and no digit a space."""
    return " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())


def labels_in(answer: str, labels: list[str]) -> set[str]:
    """Which of the labels an answer names, as plain text; a label inside a longer one that is named does not count.
    Where the labels are true and false, yes and no name them too."""
    names = {normalised(label): normalised(label) for label in labels}
    if set(names) <= {"true", "false"}:
        names |= {"yes": "true", "no": "false"}
    rest, found = f" {normalised(answer)} ", set()
    for name in sorted(names, key=lambda name: (-len(name), name)):
        sought = f" {name} " if name.isascii() else name  # not every script puts spaces between words
        if name and sought in rest:
            found.add(names[name])
            rest = rest.replace(sought, "  ")
    return found


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


def json_in(answer: str) -> Any:
    """The JSON that an answer is, or has in a fence; None when it is none."""
    fenced = re.search(r"```(?:json)?\s*(.*?)```", answer, re.DOTALL)
    try:
        return json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return None
