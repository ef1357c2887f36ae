"""Numbers and codes: those that are ordinary and stay, the runs of digits and the tokens that are not, and those in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from synthgen.harm.plain import known
from synthgen.tuning.masks.search import LETTERS, Search, Span, always
from synthgen.tuning.words import DIGIT, YEAR, any_of, words
from synthgen.voices import lexicon

# Numbers that are ordinary

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

# Plates of cars

_PLATE = re.compile(
    r"(?<![\w-])(?:(?P<uk>[a-z]{2}\d{2}[ ]?(?P<last>[a-z]{3}))|(?P<ni>(?P<far>[a-z]{1,2}[ -]\d{3,4}[ -](?P<unit>[a-z]{2}))|[a-z]{2}[ "
    r".-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}\d{2}[ .-]{0,2}[a-z])"
    r"|(?P<de>[a-zäöü]{1,3}-[a-z]{1,2}[ ]?\d{1,4}[he]?))(?![\w-])"
)


def _plate(match: re.Match[str], text: str) -> Iterable[Span]:
    typed = text[match.start() : match.end()]
    if match["uk"] and " " in typed and not typed.isupper() and known(match["last"]):
        return
    if (match["de"] or match["far"]) and (not typed.isupper() or match["unit"] in words("units")):
        return
    if match["uk"] and match["uk"] in words("kept"):
        return
    yield Span(*match.span(), "id")


# Runs of digits

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

_TOKEN = re.compile(rf"(?<![{LETTERS}/.#\\~-])(?=[^\s\0]{{0,400}}\d|[^\s\0]{{400}})[~./\\#-]*+[{LETTERS}]++(?:[-/.#\\]++[{LETTERS}]++)*+")
_PIECE = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_LABELLED = re.compile(r"([^\W\d_]*)(\d{10,19})([^\W\d_]*)")
_SIZED = re.compile(r"\d{1,4}x\d{1,4}(?:x\d{1,4})?[a-z]{0,2}")
_MIXED = re.compile(r"(\d*)([^\W\d_]+)(\d*)")


def _token(match: re.Match[str], text: str) -> Iterable[Span]:
    """A token with digits: kept or an identifier; a path is looked at name by name."""
    token, start = match[0], match.start()
    if not DIGIT.search(token):
        return
    if not _LETTER.search(token):
        digits = token.lstrip("#")
        if token[0] == "#" and len(digits) > 3 and not re.fullmatch(YEAR, digits):
            yield Span(match.end() - len(digits), match.end(), "id")
        return
    if "/" in token or "\\" in token:
        parts = [(start + part.start(), part[0]) for part in re.finditer(r"[^/\\]+", token)]
        if token[0] in "/~.\\" or all(_LETTER.search(part) for _, part in parts):
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

_SPELLED = re.compile(rf"(?<!\w)(?:(?:{any_of('digits')}|oh|ten|double|triple|\d)(?!\w)[ ,.-]{{0,3}}){{7,}}+")
_CODE = re.compile(
    rf"(?<!\w)(?:{any_of('codes')})(?:ship|[cs]e)?[ ]"
    r"(?:(?:code|number|num|no|nr|id|reference|ref)\.?[ ]?)?(?:is[ ]|[:#=][ ]?)?(?P<x>[a-z]{5,12})(?!\w)"
)


def _spelled(match: re.Match[str], text: str) -> Iterable[Span]:
    yield Span(match.start(), match.start() + len(match[0].rstrip(" ,.-")), "id")


def _code(match: re.Match[str], text: str) -> Iterable[Span]:
    """`booking ref XKQPLW`, in capitals in a text that is not."""
    if text[match.start("x") : match.end("x")].isupper() and not text.isupper() and not known(match["x"]):
        yield Span(*match.span("x"), "id")


SEARCHES = [
    Search(_PLATE, _plate, digits=2),
    Search(_ORDINARY, always(""), digits=3),
    Search(_TOKEN, _token, digits=1),
    Search(_RUN, _run, digits=5),
    Search(_SPELLED, _spelled, hints=words("digits")),
    Search(_CODE, _code, hints=words("codes")),
]
