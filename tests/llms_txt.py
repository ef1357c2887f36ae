"""The list of pages for language models (llmstxt.org), from the first page of the docs. `python tests/llms_txt.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

import synthgen

PAGE = Path(synthgen.__file__).parent.parent / "docs" / "llms.txt"
NOTE = """Install it from a copy of its repository (Python 3.11 or newer): `pip install . -c constraints.txt`. Then `synthgen skill` prints
all that is needed to write a recipe, in 6 KB, and `synthgen schema` the JSON Schema of a recipe."""


def rendered() -> str:
    """The list."""
    index = PAGE.with_name("README.md").read_text(encoding="utf-8")
    title, about, pages = index.split("\n\n", 2)
    return "\n\n".join([title, f"> {' '.join(about.split())}", NOTE, pages.replace("\n* ", "\n- ")])


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
