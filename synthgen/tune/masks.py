"""Masks: what identifies somebody is taken out of a message before a model learns it, and no number is learned as it was.

Two nets, one behind the other. What looks like an identifier becomes a slot, `<email>`, `<card>`, `<id>`. And of all that is left, tokens
with three digits or more have their digits drawn again, so that an identifier that looks like a price, a date or a version is gone as well.
What is looked for is the shape alone (how many digits, with what between them), and the shape is what drawing keeps: a masked text has
nothing left to mask. Every pattern is anchored, possessive or bounded, so that time grows as the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from random import Random
from typing import NamedTuple

from synthgen.slots import SLOT
from synthgen.tune.plain import DIGIT, PLAIN, YEAR, any_of, bare, known, words
from synthgen.tune.redraw import redrawn
from synthgen.voices import lexicon


class Masked(NamedTuple):
    """A text without identifiers, and how many of each kind were found: {"email": 1}."""

    text: str
    found: dict[str, int]


class Span(NamedTuple):
    """Characters `start` to `end` of a text are an identifier of this kind; "" is something that is none and is to be left alone."""

    start: int
    end: int
    kind: str


def masked(text: str, stream: Random) -> Masked:
    """The text with a slot for each identifier, and the digits that are left drawn again from the stream.

    Times and dates stay valid, years stay years (1980 to 2030), round numbers stay round, and numbers of one or two digits stay.
    """
    found = dict[str, int]()
    for _ in range(_PASSES):  # what is masked may uncover something else
        text = bare(text)
        spans = _identifiers(text)
        if not spans:
            break
        parts, done = list[str](), 0
        for start, end, kind in spans:
            parts += text[done:start], f"<{kind}>"
            done = end
            found[kind] = found.get(kind, 0) + 1
        text = "".join([*parts, text[done:]])
    return Masked(redrawn(text, stream), found)


_PASSES = 20
"""Two do for what people write, and a text that was made to need more must not take for ever."""


def leaks(text: str) -> list[str]:
    """The identifiers that are to be seen in a text, in order."""
    text = bare(text)
    return [text[start:end] for start, end, _ in _identifiers(text)]


# The search

_HIDE = "\0"
"""Stands in the searched text, character by character, for what is settled."""


def _identifiers(text: str) -> list[Span]:
    """Where the identifiers of a text are, in order. Each search sees the text without what those before it settled."""
    low = text.lower() if text.isascii() else text.translate(PLAIN)
    found = list[Span]()
    digits = sum(map(low.count, "0123456789"))
    for least, hints, pattern, judge in _SEARCHES:
        if digits < least or (hints and not any(hint in low for hint in hints)):
            continue
        if spans := [span for match in pattern.finditer(low) for span in judge(match, text)]:
            low = _hidden(low, spans)
            found += [span for span in spans if span.kind]
    return sorted(found)


def _hidden(low: str, spans: Iterable[Span]) -> str:
    parts, done = list[str](), 0
    for start, end, _ in sorted(spans):
        parts += low[done:start], _HIDE * (end - start)
        done = end
    return "".join([*parts, low[done:]])


Judge = Callable[["re.Match[str]", str], Iterable[Span]]
"""What a match in the searched text is, given the text as it was typed."""


def _all(kind: str) -> Judge:
    """Every match is one of this kind: its group `x`, or the whole."""

    def judge(match: re.Match[str], text: str) -> Iterable[Span]:
        return [Span(*match.span("x" if "x" in match.re.groupindex else 0), kind)]

    return judge


# E-mail addresses, as they are and as people hide or mistype them

_START = r"(?<![\w.%+'-])"
_LOCAL = r"(?=[.%+'-]*+\w)[\w.%+'-]++"
_AT = r"(?:[ ]{0,3}(?:@|[(\[{<] ?(?:at|@) ?[)\]}>])[ ]{0,3})"
_AT_WORD = r"[ ]{1,3}(?:at|arroba)[ ]{1,3}"
_DOT_WORD = r"(?:[ ]{1,3}(?:dot|d0t|punkt|punto|ponto)[ ]{1,3}|[ ]{0,3}[(\[{<] ?(?:dot|\.) ?[)\]}>][ ]{0,3})"
_DOT = rf"(?:[ ]{{0,3}}[.,;][ ]{{0,2}}|{_DOT_WORD})"
_DOTTED = (
    rf"{_LOCAL}(?:(?:{_DOT_WORD}|[ ]{{1,3}}(?:underscore|dash|hyphen|minus|plus)[ ]{{1,3}}|[ ]{{1,2}}[._-][ ]{{1,2}})[\w.+-]++){{0,4}}"
)
_TOP = rf"(?:{any_of('tops')})(?![\w])"
_TOPS = rf"(?:{any_of('tops')}|[a-z]{{2,3}})(?![\w])"
_PROVIDER = rf"(?:{any_of('providers')})"

_MAIL = re.compile(
    rf"{_START}{_LOCAL}@++(?=[\w.-]*?[^\W\d_])[\w-]++(?:\.++[\w-]++)*+(?:(?:{_DOT_WORD}{_TOPS}){{1,3}}|[ ]?[,;][ ]?{_TOP}(?:\.{_TOP})?)?"
)
_MAIL_SPACED = re.compile(
    rf"{_START}{_DOTTED}{_AT}(?:[\w-]++(?:{_DOT}{_TOP}){{1,3}}|[\w-]++(?:{_DOT_WORD}{_TOPS}){{1,3}}|{_PROVIDER}(?:{_DOT}?{_TOP})?)(?!\w)"
)
_MAIL_SPELLED = re.compile(
    rf"{_START}{_DOTTED}{_AT_WORD}(?:[\w-]++(?:{_DOT_WORD}{_TOPS}){{1,3}}|{_PROVIDER}(?:{_DOT}?{_TOP}){{1,2}})(?!\w)"
)
_MAIL_WORD = re.compile(rf"{_START}(?P<local>{_LOCAL}){_AT_WORD}(?:{_PROVIDER}(?!\w)|[\w-]++(?:\.[\w-]++){{0,3}}?\.[a-z]{{2,9}}(?![\w.-]))")
_MAIL_JOINED = re.compile(r"(?<![\w.-])[\w.-]{9,}+")
_MAIL_BARE = re.compile(rf"{_START}(?P<local>[\w.%+-]{{0,64}}?){_PROVIDER}(?:{_DOT}|[ ]?)(?:com|con|cmo|comm|net|co[ .]?(?:uk|in))(?!\w)")


def _mail(match: re.Match[str], text: str) -> Iterable[Span]:
    """Whatever has the sign, but for `d@mn`."""
    if "." in match[0] or not known(match[0].replace("@", "a")):
        yield Span(*match.span(), "email")


def _worded_mail(match: re.Match[str], text: str) -> Iterable[Span]:
    """`jsmith at work.com` is an address, `lunch at work.com` a place."""
    if not known(match["local"]):
        yield Span(*match.span(), "email")


def _joined_mail(match: re.Match[str], text: str) -> Iterable[Span]:
    if re.search(r"[_.-](?:at|arroba)[_.-]", match[0]) and re.search(r"[_.-]dot[_.-]", match[0]):
        yield Span(*match.span(), "email")


_BEFORE = re.compile(r"[^\s\0]{1,64}[ ]{1,2}\Z")


def _bare_mail(match: re.Match[str], text: str) -> Iterable[Span]:
    """`kavigmailcom`, `arun 45 gmailcom`: the sign is missing, and what is before the provider's name may be part of the address."""
    start, low = match.start(), match.string
    while not match["local"] and (before := _BEFORE.search(low, max(0, start - 66), start)):
        word = before[0].strip()
        if not word[0].isalnum() or (word.isalpha() and known(word)):
            break
        start = before.start()
        if DIGIT.fullmatch(word[-1]) and (earlier := _BEFORE.search(low, max(0, start - 66), start)) and earlier[0].strip().isalpha():
            start = earlier.start()
            break
    yield Span(start, match.end(), "email")


# Addresses in the web, handles, secrets

_W = r"0-9a-z_\u00aa-\u058f\u1c80-\u1fff"
"""Digits and letters of the scripts that put spaces between words."""

_LINK = re.compile(
    r"(?:(?:h[tx]{2}ps?://|(?<![a-z])(?:h[tx]{2}ps?|s?ftp|wss?|git|svn|ssh|ircs?|rtsp|mailto|tel)[ ]?:[ ]?//?)|(?<![a-z])(?:mailto|tel):|(?<![\w])www[0-9]?(?:\.[ ]?|,))(?=\w)[^\s\0]++"
)
_DOMAIN = re.compile(
    r"(?<![\w@./~-])(?:[\w-]++\.(?=\w))++(?P<top>[^\W\d_]{2,24}+)(?![\w-])(?P<rest>(?::\d{1,5})?[/?#][^\s\0]*+)?|"
    rf"(?<![\w.-])[\w-]++ dot (?P<worded>{any_of('tops')})(?!\w)"
)
_TAIL = ".,!?;:'\"”’*"


def _link(match: re.Match[str], text: str) -> Iterable[Span]:
    found = match[0].rstrip(_TAIL)
    found = found.rstrip(")]}" + _TAIL) if found.count("(") < found.count(")") or found[-1] in "]}" else found
    yield Span(match.start(), match.start() + len(found), "url")


def _domain(match: re.Match[str], text: str) -> Iterable[Span]:
    top, rest = match["top"], match["rest"]
    if (
        not top
        or (top in words("tops") and match[0] not in words("kept"))
        or (rest and rest[0] == "/" and len(rest) > 1 and _is_site(match))
    ):
        yield from _link(match, text)


def _is_site(match: re.Match[str]) -> bool:
    """Whether what stands before the slash is a site, no file of a relative path."""
    return len(match["top"]) <= 6 and match["top"] not in words("endings") and not lexicon.words().get(match["top"], 0) > 300


_HANDLE = re.compile(
    r"(?<![\w@])(?P<x>@{1,2}(?:[^\W\d]|\d++[^\W\d]{3})(?:[\w]|[.-](?=\w))*+)|(?<![\w/.-])(?P<user>/?u/[\w-]{3,40})|(?<!\w)[^\W\d_][\w.]{1,31}#\d{4}(?!\w)"
)


def _handle(match: re.Match[str], text: str) -> Iterable[Span]:
    yield Span(*match.span(), "handle")


_LONG = re.compile(rf"(?<![{_W}+/=-])[{_W}+/=-]{{20,}}+")
_SIGNED = re.compile(r"(?<!\w)eyj[\w-]{8,}+(?:\.[\w-]*+){1,2}")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")
_SECRET = re.compile(
    r"(?<!\w)(?:password|passwd|passwort|passphrase|passcode|pwd|pw|pass|token|secret|api[ _-]?key|key)[ ]?[:=][ ]?[\"']?(?P<x>[^\s\0]{4,})"
)


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


def _secret(match: re.Match[str], text: str) -> Iterable[Span]:
    """What is said to be a password and is no plain word."""
    secret = match["x"].rstrip(_TAIL + ")")
    if len(secret) > 3 and not secret.isalpha():
        yield Span(match.start("x"), match.start("x") + len(secret), "id")


# Accounts, machines

_IBAN = re.compile(
    r"(?<![^\W_])[a-z]{2}[ -]?\d{2}(?:(?=[a-z]*+\d)[a-z0-9]{11,30}(?![^\W_])"
    r"|(?:[ -]{1,2}(?:(?=[a-z]{0,3}\d)[a-z0-9]{4}|[a-z]{4}(?=[ -]{1,2}[a-z]*+\d))){2,7}(?:[ -]{1,2}(?=[a-z]{0,3}\d)[a-z0-9]{1,4})?(?![^\W_]))"
)
_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)(?::\d{1,5}(?!\d))?(?:/\d{1,2}(?!\d))?"
    r"|(?<![^\W_])(?P<long>(?:[0-9a-f]{0,4}:){2,}+[0-9a-f]{0,4}+(?:%\w+)?(?:/\d{1,3})?)"
    r"|(?<![^\W_])(?P<mac>[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![\w:-])"
)


def _iban(match: re.Match[str], text: str) -> Iterable[Span]:
    apart = match[0][2] in " -" and not text[match.start() : match.start() + 2].isupper()  # is 4111111111111111
    if sum(map(str.isdigit, match[0])) >= 8 and not apart and match[0][:2] in words("ibans"):
        yield Span(*match.span(), "iban")


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
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")

# Where somebody lives

_POSTCODE = re.compile(
    r"(?<![\w-])(?:(?P<uk>[a-pr-uwyz][a-hk-y]?\d[a-z\d]?[ ]{0,2}\d[abd-hjlnp-uw-z]{2})|(?P<ca>[a-z]\d[a-z][ -]?\d[a-z]\d)|\d{5}-\d{4}"
    rf"|(?P<state>{any_of('states')})[ ]{{1,2}}(?P<zip>\d{{5}}))(?![\w-])"
)
_STREET = re.compile(
    rf"(?<![\w$€£.,:/-])(?P<first>\d{{1,5}}(?:[-/]\d{{1,4}})?[ ]?[a-z]?),?[ ](?P<middle>(?:(?:[^\W\d_][\w'’.-]{{0,19}}|\d{{1,3}}(?:st|nd|rd|th))[ ]){{1,3}}?)"
    rf"(?P<type>{any_of('streets')}|{any_of('ways')})(?!\w)(?P<unit>\.?,?[ ](?:apt|apartment|unit|suite|ste|flat|floor|room|rm|#)\.?[ ]?#?[ ]?\w{{1,5}}(?!\w))?"
)
_STREETS = re.compile(
    r"(?<!\w)(?:p\.?[ ]?o\.?[ ]?box[ ]?(?:no\.?[ ]?)?\d{1,6}[a-z]?"
    r"|[^\W\d_]{3,20}(?:straße|strasse|str\.|gasse|platz|allee)[ ]\d{1,4}[ ]?[a-z]?"
    r"|\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|boulevard|bd|chemin|impasse|quai)[ ](?:(?:de|du|des|la|le|les)[ ]|d'|l'){0,2}[^\W\d_]{3,20}(?:[ -][^\W\d_]{3,20})?"
    r"|(?:calle|avenida|carrera|piazza|viale|rua)[ ](?:(?:de|da|do|del|la|los|las|dos)[ ]){0,2}[^\W\d_]{3,20}(?:[ ][^\W\d_]{3,20})?,?[ ](?:n[º°o.]{1,2}[ ]?)?\d{1,4}"
    r"|(?:apt|apartment|flat)[ ]?#?[ ]?\d{1,5}[a-z]?)(?!\w)"
)
_HOMES = (
    "box",
    "str",
    "gasse",
    "platz",
    "allee",
    "rue",
    "boul",
    "bd",
    "chemin",
    "impasse",
    "quai",
    "calle",
    "avenida",
    "carrera",
    "piazza",
    "viale",
    "rua",
    "apt",
    "apart",
    "flat",
)
_UNIT = re.compile(r"\d(?:st|nd|rd|th|[gmtk]b|hz|pt|ft|yr|hr|lb|gs|bn|px|ds|ed|er|es|ty)\Z")


def _postcode(match: re.Match[str], text: str) -> Iterable[Span]:
    typed = text[match.start() : match.end()]
    if match["uk"]:
        if typed != typed.upper() and (_UNIT.search(match[0]) or match[0] in words("kept") or match[0].split(" ")[0] in words("kept")):
            return
        if typed.isupper() or " " in typed or len(typed) > 5:
            yield Span(*match.span(), "postcode")
    elif match["zip"]:
        if text[match.start("state") : match.end("state")].isupper() or match["state"] not in words("small"):
            yield Span(*match.span("zip"), "postcode")
    else:
        yield Span(*match.span(), "postcode")


def _street(match: re.Match[str], text: str) -> Iterable[Span]:
    """`45 Elm Drive` and `45 elm st` are addresses, `20 minutes drive` and `2 miles down the road` are none."""
    middle = match["middle"].split()
    if any(word in words("small") for word in middle) or middle[-1] == "a":
        return
    typed = text[match.start("middle") : match.end("type")].split()
    named = all(word[0].isupper() or word[0].isdigit() for word in typed)
    if named or match["unit"] or (match["type"] in words("streets") and middle[0] not in words("units")):
        yield Span(*match.span(), "address")


# Numbers that are ordinary, and the runs of digits that are not

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}"
_DATE = (
    r"(?<![\w.,/:+#-])(?:\d{1,2}(?P<d>[/.-])\d{1,2}(?P=d)(?:\d{4}|\d{2})"
    r"|(?:19|20)\d{2}(?P<y>[/.-])\d{1,2}(?P=y)\d{1,2}(?:t\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:z|[+-]\d{2}:?\d{2})?)?)(?!\w|[/.:-]\d)"
)
_TIME = r"(?<![\w.:])(?:\d{1,2}(?:[:.]\d{2}){1,2}[ ]?[ap]\.?m(?!\w)|\d{1,2}:\d{2}(?::\d{2})?(?![\w:]|[.]\d))"
_AMOUNT = (
    r"(?<![\w])[$€£¥₹₽][ ]?\d{1,9}(?:[.,]\d{1,3}){0,4}(?!\d)"
    rf"|(?<![\w.,/:+#-])\d{{1,7}}(?:[.,]\d{{1,3}}){{0,4}}[ ]?(?:[€£$₹%]|(?:{any_of('units')})(?!\w))"
    r"|(?<![\w.,/:+#-])(?<!\d )0\.\d{1,9}(?!\w|[.,/-]\d)"
    r"|(?<![\w.,/:+#-])\d{1,3}(?:,\d{3}){1,3}(?:\.\d{1,2})?(?!\w|[.,/-]\d)"
)
_ORDINARY = re.compile(f"{_DATE}|{_TIME}|{_AMOUNT}")
_PLATE = re.compile(
    r"(?<![\w-])(?:(?P<uk>[a-z]{2}\d{2}[ ]?(?P<last>[a-z]{3}))|(?P<ni>(?P<far>[a-z]{1,2}[ -]\d{3,4}[ -](?P<unit>[a-z]{2}))|[a-z]{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}[a-z])"
    r"|(?P<de>[a-zäöü]{1,3}-[a-z]{1,2}[ ]?\d{1,4}[he]?))(?![\w-])"
)
_BETWEEN = r"[ \t.,:;()\[\]_/*|·•~+\\'\"\ufe0f\u20e3\u0300-\u036f-]"
_RUN = re.compile(rf"[+(]{{0,2}}\d(?:{_BETWEEN}{{0,4}}\d)*+")
_ROUND = r"(?:[1-9]\d{0,2}000(?:000){0,2}|[1-9]\d{0,2}0{4,7})"
_SURE = re.compile(
    rf"{YEAR}|{_ROUND}|[1-9]\d?00|0?\.\d{{1,4}}|\d{{1,2}}\.\d{{1,3}}(?:[/x]\d{{1,2}}\.\d{{1,3}}){{1,2}}|\d{{3,4}}\*\d{{3,4}}|{YEAR}[-/](?:{YEAR}|\d\d)|\d{{1,4}}[.,]\d{{1,2}}|\d{{1,3}}\.000|\d{{1,2}}(?:\.\d{{1,2}}){{2}}"
)
_LIKELY = re.compile(
    rf"\d{{1,4}}|{_ROUND}|\d{{1,4}}[-/.,:+*_]\d{{1,4}}|\d{{1,3}}(?:[.,:/+*-]\d{{1,3}}){{2}}|\d{{1,2}}(?:[.,:/+*;-]\d{{1,2}}){{3}}"
)
_SHORT_PHONE = re.compile(r"\d{3}[-.]\d{4}|\d{4}[-.]\d{3}")
_POINT = re.compile(r"\d+\.\d+|[^:;|]*+[:;|].*")
_SOCIAL = re.compile(r"\d{3}[ -]{1,3}\d{2}[ -]{1,3}\d{4}")


def _plate(match: re.Match[str], text: str) -> Iterable[Span]:
    typed = text[match.start() : match.end()]
    if match["uk"] and " " in typed and not typed.isupper() and known(match["last"]):
        return
    if (match["de"] or match["far"]) and (not typed.isupper() or match["unit"] in words("units")):
        return
    if match["uk"] and match["uk"] in words("kept"):
        return
    yield Span(*match.span(), "id")


def _run(match: re.Match[str], text: str) -> Iterable[Span]:
    """Seven digits with nothing but spaces and marks between them are a number of somebody's, unless all of its parts are ordinary.

    With fewer, each part is looked at by itself.
    """
    run = match[0]
    start = match.start() + (run.count("(") - run.count(")") if run[0] == "(" and run.count("(") > run.count(")") else 0)
    run = match.string[start : match.end()]
    listed = re.findall(r"(?<!\d)\d++(?=,[ ])", run)
    if listed and not (len(listed) >= 8 and all(len(number) == 1 for number in listed)):
        for part in re.finditer(r"[^\s,](?:(?!,[ ]).)*+", run):
            yield from _runs(start + part.start(), part[0])
    else:
        yield from _runs(start, run)


def _runs(start: int, run: str) -> Iterable[Span]:
    chunks = [(start + part.start(), part[0]) for part in re.finditer(r"[^ \t]+", run)]
    count = sum(map(str.isdigit, run))
    if count >= 7 and not all(_SURE.fullmatch(chunk.strip("()[]*,;:~'\"")) for _, chunk in chunks):
        yield _number(start, run, count)
        return
    for at, chunk in chunks:
        core = chunk.strip("()[]*,;:~'\"")
        at += chunk.index(core) if core else 0
        digits = sum(map(str.isdigit, core))
        if digits < 5 or _SURE.fullmatch(core) or (_LIKELY.fullmatch(core) and not _SHORT_PHONE.fullmatch(core)):
            continue
        yield _number(at, core, digits)


def _number(start: int, run: str, count: int) -> Span:
    """What a run of so many digits is."""
    joined = run.isdigit()
    if run[0] == "+":
        kind = "phone"
    elif 13 <= count <= 19:
        kind = "card"
    elif count < 7 or count > 19 or (joined and count < 10) or _SOCIAL.fullmatch(run) or _POINT.fullmatch(run):
        kind = "id"
    else:
        kind = "phone"
    return Span(start, start + len(run), kind)


# Tokens that mix letters and digits

_TOKEN = re.compile(rf"(?<![{_W}/.#\\~-])(?=[^\s\0]{{0,400}}\d|[^\s\0]{{400}})[~./\\#-]*+[{_W}]++(?:[-/.#\\]++[{_W}]++)*+")
_PIECE = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_LABELLED = re.compile(r"([^\W\d_]*)(\d{10,19})([^\W\d_]*)")
_SIZED = re.compile(r"\d{1,4}x\d{1,4}(?:x\d{1,4})?[a-z]{0,2}")
_MIXED = re.compile(r"(\d*)([^\W\d_]+)(\d*)")


def _token(match: re.Match[str], text: str) -> Iterable[Span]:
    """A token with digits: kept or an identifier; a path is looked at name by name."""
    token, start = match[0], match.start()
    if not DIGIT.search(token):
        return
    if not _LETTERS.search(token):
        digits = token.lstrip("#")
        if token[0] == "#" and len(digits) > 3 and not re.fullmatch(YEAR, digits):
            yield Span(match.end() - len(digits), match.end(), "id")
        return
    if "/" in token or "\\" in token:
        parts = [(start + part.start(), part[0]) for part in re.finditer(r"[^/\\]+", token)]
        if token[0] in "/~.\\" or all(_LETTERS.search(part) for _, part in parts):
            for at, part in parts:
                yield _judged(at, part)
            return
    yield _judged(start, token)


def _judged(start: int, token: str) -> Span:
    core = token.strip("#~./\\-")
    start += token.index(core)
    if (labelled := _LABELLED.fullmatch(core)) and all(not part or known(part) for part in labelled.group(1, 3)):
        return _number(start + labelled.start(2), labelled[2], len(labelled[2]))
    return Span(start, start + len(core), "id" if _identifies(core, token.startswith("#")) else "")


@lru_cache(maxsize=1 << 14)
def _identifies(token: str, tagged: bool) -> bool:
    """Whether a token of letters and digits is an identifier. `tagged`: it is a hashtag."""
    if token in words("kept"):
        return False
    runs = _DIGITS.findall(token)
    if any(len(run) > 4 and not _unit(token, run) for run in runs):
        return True
    pieces = _PIECE.findall(token)
    if any(not _is_word(piece, tagged) for piece in pieces if not piece.isdigit() and DIGIT.search(piece)):
        return True
    if len(pieces) == 1:
        return False
    apart = [run for run in runs if not re.fullmatch(YEAR, run)]
    if any(len(run) > 3 for run in apart if run in pieces):
        return True
    return sum(map(len, apart)) > 4 and not re.search(r"\d\.\d", token)


def _unit(token: str, run: str) -> bool:
    return re.fullmatch(_ROUND, run) is not None and token[len(run) :] in words("units")


def _is_word(piece: str, tagged: bool) -> bool:
    """Whether letters and digits are a word or a quantity: 10gb, 2nite, mp3, python3, 1920x1080."""
    if piece in words("kept") or _SIZED.fullmatch(piece):
        return True
    digits = sum(map(str.isdigit, piece))
    if len(piece) <= 5 and digits <= 3:
        return True
    mixed = _MIXED.fullmatch(piece)
    if not mixed:  # a slip of the finger: co0ffee
        return digits == 1 and len(piece) > 5 and lexicon.words().get(DIGIT.sub("", piece), 0) > 100
    before, letters, after = mixed.groups()
    if not after:
        if letters in words("units"):
            return True
        return len(before) <= 2 and (len(before) < 2 or len(letters) <= 3 or known(letters)) and len(letters) <= 12
    if len(before) > 2:
        return False
    if letters in words("stems") or (letters.startswith("lib") and len(letters) < 16):
        return len(after) <= 4
    return tagged and not before and (len(after) <= 2 or re.fullmatch(YEAR, after) is not None)


# Numbers in words, and codes that only what stands before them gives away

_SPELLED = re.compile(r"(?<!\w)(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|double|triple|\d)(?!\w)[ ,.-]{0,3}){7,}+")
_CODES = (
    "reference",
    "ref",
    "booking",
    "confirmation",
    "pnr",
    "locator",
    "tracking",
    "order",
    "policy",
    "member",
    "serial",
    "passport",
    "licen",
    "voucher",
    "coupon",
)
_CODE = re.compile(
    rf"(?<!\w)(?:{'|'.join(_CODES)})(?:ship|[cs]e)?[ ]"
    r"(?:(?:code|number|num|no|nr|id|reference|ref)\.?[ ]?)?(?:is[ ]|[:#=][ ]?)?(?P<x>[a-z]{5,12})(?!\w)"
)


def _spelled(match: re.Match[str], text: str) -> Iterable[Span]:
    yield Span(match.start(), match.start() + len(match[0].rstrip(" ,.-")), "id")


def _code(match: re.Match[str], text: str) -> Iterable[Span]:
    """`booking ref XKQPLW`, in capitals in a text that is not."""
    if text[match.start("x") : match.end("x")].isupper() and not text.isupper() and not known(match["x"]):
        yield Span(*match.span("x"), "id")


class Search(NamedTuple):
    """A pattern and who says what was found; only looked for in a text with so many digits and one of the hints (none: any text)."""

    digits: int
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    judge: Judge


_PROVIDERS = tuple(sorted(words("providers")))
_SIGNS = ("@", "dot", "(at", "[at", "{at", "<at", "( at", "[ at", "{ at", "< at", *_PROVIDERS)
_SEARCHES = [
    Search(0, ("(at", "[at", "{at", "<at", "( at", "[ at", "{ at", "< at"), _MAIL_SPACED, _all("email")),
    Search(0, ("<",), SLOT, _all("")),
    Search(0, ("@",), _MAIL, _mail),
    Search(0, _SIGNS, _MAIL_SPACED, _all("email")),
    Search(0, ("dot", "d0t", "punkt", "punto", "ponto", *_PROVIDERS), _MAIL_SPELLED, _all("email")),
    Search(0, (" at ", " arroba "), _MAIL_WORD, _worded_mail),
    Search(0, ("_at_", "-at-", ".at.", "arroba"), _MAIL_JOINED, _joined_mail),
    Search(0, _PROVIDERS, _MAIL_BARE, _bare_mail),
    Search(0, (":", "www"), _LINK, _link),
    Search(0, (".", " dot "), _DOMAIN, _domain),
    Search(0, ("@", "u/", "#"), _HANDLE, _handle),
    Search(0, (":", "="), _SECRET, _secret),
    Search(8, (), _IBAN, _iban),
    Search(0, ("eyj",), _SIGNED, _all("id")),
    Search(0, (), _LONG, _long),
    Search(1, (".", ":", "-"), _IP, _ip),
    Search(10, ("x",), _PHONE, _all("phone")),
    Search(2, (), _POSTCODE, _postcode),
    Search(1, (), _STREET, _street),
    Search(1, _HOMES, _STREETS, _all("address")),
    Search(2, (), _PLATE, _plate),
    Search(3, (), _ORDINARY, _all("")),
    Search(1, (), _TOKEN, _token),
    Search(5, (), _RUN, _run),
    Search(0, ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero"), _SPELLED, _spelled),
    Search(0, _CODES, _CODE, _code),
]
"""What is searched for, in this order."""
