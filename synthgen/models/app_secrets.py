"""Which values are secrets: an application may repeat one, in a reply or in an error, and none must reach an output."""

from __future__ import annotations

import os
import re

NAMES = re.compile(r"key|token|secret|password|auth|cookie|credential", re.IGNORECASE)
"""What the names of variables, headers and parameters hold whose values are secret."""
LEAST = 8
"""Letters of a secret."""


def is_secret(name: str, value: str) -> bool:
    """Whether a value of that name seems to be a secret: a word of a dictionary, which a reply may hold by chance, is none."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return len(value) >= LEAST and (mixed or bool(NAMES.search(name) and not re.fullmatch(r"[A-Za-z]?[a-z]+", value)))


def environment_secrets() -> list[str]:
    """The values in the environment whose names say that they are secret."""
    return [value for name, value in os.environ.items() if NAMES.search(name) and is_secret(name, value) and "/" not in value]
