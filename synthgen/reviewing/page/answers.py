"""What a page is given, and what it answers with: forms that are read whole or refused, templates that escape every value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from synthgen.errors import DataError
from synthgen.reporting.page import TEMPLATES as SHARED
from synthgen.reporting.page import share
from synthgen.text.legible import Pieces, legible, plainly

TEMPLATES = Path(__file__).parent / "templates"
STATIC = {
    "report.css": (SHARED / "report.css", "text/css"),
    "review.css": (TEMPLATES / "review.css", "text/css"),
    "review.js": (TEMPLATES / "review.js", "text/javascript"),
    "icon.svg": (TEMPLATES / "icon.svg", "image/svg+xml"),
}
"""What pages load, and of which type it is."""
LARGEST = 2_000_000
"""Bytes of a form."""
PROMPT = 50_000
"""Characters of a prompt that are shown."""
FORM = "application/x-www-form-urlencoded"


@cache
def environment() -> Environment:
    """The templates: the review's own, and the macros of the report."""
    templates = Environment(
        loader=FileSystemLoader([TEMPLATES, SHARED]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {
        "count": lambda value: f"{value:,}",
        "share": share,
        "legible": legible,
        "plainly": plainly,
        "prose": prose,
        "clock": clock,
    }
    return templates


def page(template: str, status: int = 200, /, **values: Any) -> Response:
    """A page made of a template."""
    return HTMLResponse(environment().get_template(f"{template}.html").render(**values), status)


def goes_on(path: str, **query: str) -> Response:
    """On to another page, which is asked for with GET."""
    return RedirectResponse(address(path, **query), 303)


def address(path: str, **query: str) -> str:
    """A path with a query."""
    return quote(path) + (f"?{urlencode(query)}" if query else "")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises DataError for what is none, or too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise DataError("this is no form")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise DataError(f"the form has more than {LARGEST:,} bytes", "shorten the text")
    try:
        return {key: values[-1] for key, values in parse_qs(content.decode(), True, True, errors="strict", max_num_fields=40).items()}
    except ValueError:
        raise DataError("the form cannot be read") from None


def seconds_of(form: Mapping[str, str]) -> float | None:
    """How long a row was looked at; None where the page does not say."""
    try:
        seconds = float(form.get("seconds", ""))
    except ValueError:
        return None
    return round(seconds, 1) if math.isfinite(seconds) and 0 <= seconds < 1e6 else None


def clock(seconds: float) -> str:
    """Seconds, in words."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60} s"


def prose(text: str) -> Pieces:
    """A text of this program in pieces, without marks for line ends."""
    return tuple(piece for piece in legible(text, longest=PROMPT) if piece.note != "line end")
