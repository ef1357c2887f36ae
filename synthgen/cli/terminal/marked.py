"""Where a text that is searched stands in another, whatever the case."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

BEYOND = 20
"""Characters after what was found that are shown with it."""


def spans(text: str, search: str) -> Iterator[tuple[int, int]]:
    """From where to where each place lies. Folding may make a character longer (ß is ss), so that it is done letter by letter."""
    folded_search = search.casefold()
    if not folded_search or folded_search not in text.casefold():
        return
    folded = [letter.casefold() for letter in text]
    places = [place for place, letters in enumerate(folded) for _ in letters]
    folded_text, at = "".join(folded), 0
    while (at := folded_text.find(folded_search, at)) >= 0:
        last = at + len(folded_search)
        yield places[at], places[last - 1] + 1
        at = last


def marked(text: Text, search: str) -> Text:
    """The text, in which each place is marked."""
    for start, end in spans(text.plain, search):
        text.stylize("reverse", start, end)
    return text


def first_end(text: str, search: str) -> int:
    """How much of a text must be shown, so that the first place can be seen; 0 where there is none."""
    span = next(spans(text, search), None)
    return span[1] + BEYOND if span else 0
