"""Addresses in the web, and handles."""

from __future__ import annotations

import re
from collections.abc import Iterable

from synthgen.tuning.masks.search import BRACKETED_DOT, DOT_HINTS, Search, Span, always
from synthgen.tuning.words import any_of, words
from synthgen.voices import lexicon

_LINK = re.compile(
    r"(?:(?:h[tx]{2}ps?://|(?<![a-z])(?:h[tx]{2}ps?|s?ftp|wss?|git|svn|ssh|ircs?|rtsp|mailto|tel)[ ]?:[ "
    r"]?//?)|(?<![a-z])(?:mailto|tel):|(?<![\w])www[0-9]?(?:\.[ ]?|,))(?=\w)[^\s\0]++"
)
_DOMAIN = re.compile(
    r"(?<![\w@./~-])(?:[\w-]++\.(?=\w))++(?P<top>[^\W\d_]{2,24}+)(?![\w-])(?P<rest>(?::\d{1,5})?[/?#][^\s\0]*+)?|"
    rf"(?<![\w.-])[\w-]++(?: dot |[ ]?{BRACKETED_DOT}[ ]?)(?P<worded>{any_of('tops')})(?!\w)"
)
_TAIL = ".,!?;:'\"”’*"


def _link(match: re.Match[str], text: str) -> Iterable[Span]:
    link = match[0].rstrip(_TAIL)
    link = link.rstrip(")]}" + _TAIL) if link.count("(") < link.count(")") or link[-1] in "]}" else link
    yield Span(match.start(), match.start() + len(link), "url")


def _domain(match: re.Match[str], text: str) -> Iterable[Span]:
    top, path_part = match["top"], match["rest"]
    if (
        not top
        or (top in words("tops") and match[0] not in words("kept"))
        or (path_part and path_part[0] == "/" and len(path_part) > 1 and _is_site(match))
    ):
        yield from _link(match, text)


def _is_site(match: re.Match[str]) -> bool:
    """Whether what stands before the slash is a site, no file of a relative path."""
    return len(match["top"]) <= 6 and match["top"] not in words("endings") and not lexicon.words().get(match["top"], 0) > 300


_HANDLE = re.compile(
    r"(?<![\w@])@{1,2}(?:[^\W\d]|\d++[^\W\d]{3})(?:[\w]|[.-](?=\w))*+|(?<![\w/.-])/?u/[\w-]{3,40}|(?<!\w)[^\W\d_][\w.]{1,31}#\d{4}(?!\w)"
)

SEARCHES = [
    Search(_LINK, _link, hints=(":", "www")),
    Search(_DOMAIN, _domain, hints=(".", " dot ", *DOT_HINTS)),
    Search(_HANDLE, always("handle"), hints=("@", "u/", "#")),
]
