"""Texts as YAML reads them back."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import Any


def scalar(text: str) -> str:
    """A text as YAML reads it back, in a line, also within braces."""
    from ruamel.yaml import YAML

    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.'-]*", text) and not text.endswith(" "):
        with suppress(ValueError):  # such as a date that there is not
            if YAML(typ="safe", pure=True).load(f"[{text}]") == [text]:
                return text
    stream = io.StringIO()
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.width, yaml.allow_unicode, yaml.default_style = 10**6, True, '"'
    yaml.dump([text], stream)
    return stream.getvalue().strip().removeprefix("- ")
