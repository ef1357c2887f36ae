"""Secrets, accounts, machines, and telephones with an extension."""

from __future__ import annotations

import re
from collections.abc import Iterable

from synthgen.harm.plain import known
from synthgen.tuning.masks.search import LETTERS, Search, Span, always
from synthgen.tuning.words import DIGIT, words

_TAIL = ".,!?;:'\"”’*)"
_SECRET = re.compile(
    r"(?<!\w)(?:password|passwd|passwort|passphrase|passcode|pwd|pw|pass|token|secret|api[ _-]?key|key)[ ]?[:=][ ]?[\"']?(?P<x>[^\s\0]{4,})"
)


def _secret(match: re.Match[str], text: str) -> Iterable[Span]:
    """What is said to be a password and is no plain word."""
    secret = match["x"].rstrip(_TAIL)
    if len(secret) > 3 and not secret.isalpha():
        yield Span(match.start("x"), match.start("x") + len(secret), "id")


_IBAN = re.compile(
    r"(?<![^\W_])[a-z]{2}[ -]?\d{2}(?:(?=[a-z]*+\d)[a-z0-9]{11,30}(?![^\W_])"
    r"|(?:[ -]{1,2}(?:(?=[a-z]{0,3}\d)[a-z0-9]{4}|[a-z]{4}(?=[ -]{1,2}[a-z]*+\d))){2,7}(?:[ "
    r"-]{1,2}(?=[a-z]{0,3}\d)[a-z0-9]{1,4})?(?![^\W_]))"
)


def _iban(match: re.Match[str], text: str) -> Iterable[Span]:
    apart = match[0][2] in " -" and not text[match.start() : match.start() + 2].isupper()  # is 4111111111111111
    if sum(map(str.isdigit, match[0])) >= 8 and not apart and match[0][:2] in words("ibans"):
        yield Span(*match.span(), "iban")


_LONG = re.compile(rf"(?<![{LETTERS}+/=-])[{LETTERS}+/=-]{{20,}}+")
_SIGNED = re.compile(r"(?<!\w)eyj[\w-]{8,}+(?:\.[\w-]*+){1,2}")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")


def _long(match: re.Match[str], text: str) -> Iterable[Span]:
    """Long, of both cases and no words: a token."""
    token = text[match.start() : match.end()]
    if token.upper() == token or (token.lower() == token and not DIGIT.search(token)):
        return
    if len(set(token)) < 8 or token.startswith("/"):
        return
    if not DIGIT.search(token) and len(re.findall(r"[a-z][A-Z]", token)) < 4:
        return
    parts = _CAMEL.findall(token)
    in_words = sum(len(part) for part in parts if len(part) > 2 and known(part.lower()))
    if in_words < 0.5 * len(token):
        yield Span(*match.span(), "id")


_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)(?::\d{1,5}(?!\d))?(?:/\d{1,2}(?!\d))?"
    r"|(?<![^\W_])(?P<long>(?:[0-9a-f]{0,4}:){2,}+[0-9a-f]{0,4}+(?:%\w+)?(?:/\d{1,3})?)"
    r"|(?<![^\W_])(?P<mac>[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![\w:-])"
)
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


def _ip(match: re.Match[str], text: str) -> Iterable[Span]:
    if match["mac"]:
        yield Span(*match.span(), "id")
    elif match["long"]:
        parts = match["long"].split(":")
        if match.string[match.end() : match.end() + 1].isalnum():
            return
        if _MAC.fullmatch(match["long"]):
            yield Span(*match.span(), "id")
        elif (len(parts) > 7 and all(parts)) or ("::" in match["long"] and DIGIT.search(match["long"]) and sum(map(len, parts)) > 2):
            yield Span(*match.span(), "ip")
    else:
        yield Span(*match.span(), "ip")


_PHONE = re.compile(r"(?<!\w)(?:\+?\d{1,3}[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}[ ]?(?:x|ext\.?)[ ]?\d{1,6}(?!\d)")

SEARCHES = [
    Search(_SECRET, _secret, hints=(":", "=")),
    Search(_IBAN, _iban, digits=8),
    Search(_SIGNED, always("id"), hints=("eyj",)),
    Search(_LONG, _long),
    Search(_IP, _ip, hints=(".", ":", "-"), digits=1),
    Search(_PHONE, always("phone"), hints=("x",), digits=10),
]
