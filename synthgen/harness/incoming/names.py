"""Which of several names is what somebody typed, and which is what the answer should be."""

from __future__ import annotations

import re
from collections.abc import Iterable

INPUTS = (
    "input", "question", "query", "message", "user_input", "prompt", "utterance", "text", "request", "ask", "chat", "comment", "ticket",
    "review", "email", "body", "content",
)  # fmt: skip
"""What inputs are called, the likeliest first."""
TARGETS = (
    "target", "ideal", "expected", "expected_output", "expected_answer", "reference", "reference_answer", "ground_truth", "correct_answer",
    "gold", "answer", "label", "intent", "output",
)  # fmt: skip
"""What targets are called, the likeliest first."""


def likeliest(names: Iterable[str], usual: Iterable[str]) -> str:
    """The name that is a usual one, or ends or begins with one, as `user_question` and `messageText` do; empty where none does."""
    parts = {name: re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name) for name in names}
    plain = {name: [part.casefold() for part in words] for name, words in parts.items()}
    for word in usual:
        exact = next((name for name, words in plain.items() if "_".join(words) == word), "")
        if exact:
            return exact
    return next((name for word in usual for name, words in plain.items() if words and word in (words[-1], words[0])), "")
