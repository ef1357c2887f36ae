"""E-mail addresses, as they are and as people hide or mistype them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from synthgen.harm.plain import known
from synthgen.text.slots import SLOT
from synthgen.tuning.masks.search import BRACKETED_DOT, DOT_HINTS, Search, Span, always
from synthgen.tuning.words import DIGIT, any_of, words

_START = r"(?<![\w.%+'-])"
_LOCAL = r"(?=[.%+'-]*+\w)[\w.%+'-]++"
_AT = r"(?:[ ]{0,3}(?:@|[(\[{<] ?(?:at|@) ?[)\]}>])[ ]{0,3})"
_AT_WORD = r"[ ]{1,3}(?:at|arroba)[ ]{1,3}"
_DOT_WORD = r"(?:[ ]{1,3}(?:dot|d0t|punkt|punto|ponto)[ ]{1,3}|[ ]{0,3}" + BRACKETED_DOT + r"[ ]{0,3})"
_DOT = rf"(?:[ ]{{0,3}}[.,;][ ]{{0,2}}|{_DOT_WORD})"
_DOTTED = (
    rf"{_LOCAL}(?:(?:{_DOT_WORD}|[ ]{{1,3}}(?:underscore|dash|hyphen|minus|plus)[ ]{{1,3}}|[ ]{{1,2}}[._-][ ]{{1,2}})[\w.+-]++){{0,4}}"
)
_TLD = rf"(?:{any_of('tops')})(?![\w])"
_TLD_LOOSE = rf"(?:{any_of('tops')}|[a-z]{{2,3}})(?![\w])"
_HIDDEN_DOMAIN = rf"(?:{_DOT_WORD}[\w-]++){{0,3}}{_DOT_WORD}(?:[\w-]++\.(?=\w))*+{_TLD_LOOSE}"  # dot co dot uk
_HIDDEN_HOST = rf"[\w-]++(?:\.[\w-]++)*+{_HIDDEN_DOMAIN}"  # mail dot example (.) com
_PROVIDER = rf"(?:{any_of('providers')})"

# jo@example.com, jo@gmail,com
_MAIL = re.compile(rf"{_START}{_LOCAL}@++(?=[\w.-]*?[^\W\d_])[\w-]++(?:\.++[\w-]++)*+(?:{_HIDDEN_DOMAIN}|[ ]?[,;][ ]?{_TLD}(?:\.{_TLD})?)?")
# jo (at) example . com
_MAIL_SPACED = re.compile(rf"{_START}{_DOTTED}{_AT}(?:[\w-]++(?:{_DOT}{_TLD}){{1,3}}|{_HIDDEN_HOST}|{_PROVIDER}(?:{_DOT}?{_TLD})?)(?!\w)")
# jo dot smith at example dot com
_MAIL_SPELLED = re.compile(rf"{_START}{_DOTTED}{_AT_WORD}(?:{_HIDDEN_HOST}|{_PROVIDER}(?:{_DOT}?{_TLD}){{1,2}})(?!\w)")
# jsmith87 at work.com
_MAIL_WORD = re.compile(rf"{_START}(?P<local>{_LOCAL}){_AT_WORD}(?:{_PROVIDER}(?!\w)|[\w-]++(?:\.[\w-]++){{0,3}}?\.[a-z]{{2,9}}(?![\w.-]))")
# jo_at_example_dot_com
_MAIL_JOINED = re.compile(r"(?<![\w.-])[\w.-]{9,}+")
# jo87gmailcom
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


_BRACKETS = ("(at", "[at", "{at", "<at", "( at", "[ at", "{ at", "< at")
SEARCHES = [
    Search(_MAIL_SPACED, always("email"), hints=_BRACKETS),
    Search(SLOT, always(""), hints=("<",)),  # is left alone, unless it is the sign of an address: jo <at> work.com
    Search(_MAIL, _mail, hints=("@",)),
    Search(_MAIL_SPACED, always("email"), hints=("@", *_BRACKETS)),
    Search(_MAIL_SPELLED, always("email"), hints=("dot", "d0t", "punkt", "punto", "ponto", *DOT_HINTS, *words("providers"))),
    Search(_MAIL_WORD, _worded_mail, hints=(" at ", " arroba ")),
    Search(_MAIL_JOINED, _joined_mail, hints=("_at_", "-at-", ".at.", "arroba")),
    Search(_MAIL_BARE, _bare_mail, hints=words("providers")),
]
