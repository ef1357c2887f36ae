"""Texts of several lines in a recipe: as they are, where YAML allows it."""

from __future__ import annotations

from collections.abc import Iterator

from synthgen.spec.scalars import scalar

PLAIN = 60
"""Characters of a text that stands behind its key, at most."""


def block(key: str, text: str, indent: int) -> Iterator[str]:
    """A key and its text, in lines of its own where it has several or is long, and in quotes where a block would not keep it as it is."""
    space = " " * indent
    if ("\n" not in text and len(text) <= PLAIN) or not _is_kept(text):
        yield f"{space}{key}: {scalar(text)}"
        return
    yield f"{space}{key}: |{'' if text.endswith(chr(10)) else '-'}"
    for line in text.removesuffix("\n").split("\n"):
        yield f"{space}  {line}" if line else ""


def _is_kept(text: str) -> bool:
    """Whether a literal block of YAML holds the text as it is: its first line says how far it is indented."""
    first = next((line for line in text.split("\n") if line), "")
    return (
        bool(text.strip())
        and not text.endswith("\n\n")
        and not first.startswith((" ", "\t"))
        and all(sign == "\n" or sign.isprintable() or sign == "\t" for sign in text)
    )
