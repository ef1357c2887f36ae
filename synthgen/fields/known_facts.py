"""Facts that a user tells in a talk: which of them stand nowhere in what the user can know, and so were made up.

A number, a code, an address, a date or a name in a message must be in the goal, or in the talk so far. What is looked for is what code can
see: tokens with a digit, e-mail and web addresses, weekdays and months, number words, and names by their capital or by `my name is`. A
name in small letters, and a claim without any of these (`my router is new`), are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from synthgen.voices import lexicon
from synthgen.voices.english import not_english

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
TIME = re.compile(
    r"(?<![\w.,:/$£€-])(?:(?P<hour>1[0-2]|0?[1-9])(?:(?P<between>[:.])(?P<minutes>[0-5]\d))?(?P<space> ?)(?P<half>[ap]m)\b"
    r"|(?P<hour24>[01]?\d|2[0-3]):(?P<minutes24>[0-5]\d)(?![\w:]|[.,]\d))",
    re.IGNORECASE,
)
"""A time of the day, such as 9am, 10.30 pm or 18:40."""
SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
NUMBER_WORDS = {word: str(number) for number, word in enumerate(SMALL)} | {word: str(number) for word, number in TENS.items()}
NUMBER_WORDS |= {"hundred": "100", "thousand": "1000"}
TIMELESS = {"zero", "one", "hundred", "thousand"}
"""Number words that people use without counting: that one, a hundred times."""
SHORT_DAYS = {"mon": 0, "tue": 1, "tues": 1, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
VERBS = {"march", "may", "mon"}  # a month or a day only beside a number
CLAIMED_TIME = re.compile(r"\b(?:yesterday|last (?:night|week|month|year))\b")

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S+", re.IGNORECASE)
_DIGITS = re.compile(r"[£$€#]?(?:\w+[-/])*\w*\d\w*(?:[-/]\w+|[.,:’']\d+)*%?")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_CLOCK = re.compile(r"\b(\d{1,2})[:.](\d\d)(?:\s?([ap])\.?m\b)?|\b(\d{1,2})\s?([ap])\.?m\b", re.IGNORECASE)
_DIGIT_WORD = re.compile(
    r"[1248]|24/7|50/50|1st|2nd|3rd|[2345]g|2fa|mp[34]|4got|4get|4u|2u|u2|2b|b4|gr8|l8r?|m8|w8|h8|d8|str8|4ever|4eva|2gether|(?:any|every|some|no)1"
)
"""What has a digit and is a word, or typed in place of one: 2 (to), 4 (for), gr8."""
_ALSO_WORDS = re.compile(r"will|mark|grace|joy|hope|faith|bill|rich|frank|art|may|april|june|summer|autumn|drew|chase|hunter|guy")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CALLED = re.compile(
    r"\b(?:my (?:full |last |first |sur)?name(?:['’]?s| is)|name['’]?s|i am called)\s+([^\W\d_]+)(?:\s+([^\W\d_]+))?", re.IGNORECASE
)
_CAPITAL = re.compile(r"(?<=[a-z0-9,;] )[A-Z][a-z]{2,}(?:['’-][A-Za-z]+)*")
_LINKS = {"of", "the", "and", "at"}
"""Words inside a fact: 14 of November."""
ALONE = 3
"""Words of a message up to which it may be a name and nothing else."""
SHARED = 4
"""From how many characters a part of a known code or number is known too: the last four of a card."""


class Token(NamedTuple):
    """A part of a text that tells a fact: as it was typed, where, and what kind of part it is."""

    text: str
    start: int
    end: int
    kind: str


def facts(text: str) -> list[tuple[str, ...]]:
    """The facts in a text, each as its parts in small letters: what stands side by side is one fact."""
    grouped, end = list[list[str]](), -1
    for token in tokens(text, names=_known(text).english):
        between = text[end : token.start].split() if end >= 0 else ["?"]
        if end >= 0 and all(word.lower() in _LINKS for word in between) and "\n" not in text[end : token.start]:
            grouped[-1].append(token.text.lower())
        else:
            grouped.append([token.text.lower()])
        end = token.end
    return [tuple(parts) for parts in grouped]


def tells(message: str, fact: tuple[str, ...]) -> bool:
    """Whether a message tells a fact, or a part of it."""
    known = _known(message)
    return any(part in known.words or _canonical(part) in known.values for part in fact)


def made_up(message: str, sources: str) -> list[str]:
    """What a message tells as a fact that stands nowhere in the `sources`, as it was typed there, each once."""
    known = _known(sources)
    unknown = [token.text for token in tokens(message, names=known.english) if not known.holds(token)]
    if not known.dated and (claimed := CLAIMED_TIME.search(message.lower())) and claimed[0] not in sources.lower():
        unknown.append(claimed[0])
    return list(dict.fromkeys(unknown))


def tokens(text: str, *, names: bool) -> list[Token]:
    """The parts of a text that tell facts, in their order."""
    found = [Token(match[0].rstrip(".,!?)"), match.start(), match.end(), "address") for match in _ADDRESS.finditer(text)]
    blank = _ADDRESS.sub(lambda match: " " * len(match[0]), text)
    found += [Token(match[0].strip(".,:/'’-"), *match.span(), "number") for match in _DIGITS.finditer(blank) if not _is_word(match[0])]
    found += _words_of_time(blank)
    if names:
        taken = {token.start for token in found}
        found += [token for token in _names(blank) if token.start not in taken]
    return sorted(found, key=lambda token: token.start)


def _is_word(typed: str) -> bool:
    """Whether something with a digit is a word as people type it, and no number."""
    lower = typed.lower()
    return bool(_DIGIT_WORD.fullmatch(lower)) or lower in lexicon.chat_words()


def _words_of_time(text: str) -> Iterator[Token]:
    """Weekdays, months and number words."""
    for match in _WORD.finditer(text):
        word = match[0].lower()
        counted = word in NUMBER_WORDS and word not in TIMELESS
        dated = word in DAYS or word in SHORT_DAYS or word in MONTHS
        if dated and word in VERBS:
            around = text[max(0, match.start() - 6) : match.end() + 6]
            dated = bool(re.search(r"\d", around))
        if counted or dated:
            yield Token(match[0], *match.span(), "count" if counted else "time")


def _names(text: str) -> Iterator[Token]:
    """Names by their capital inside a sentence, and what somebody says that they are called."""
    for called in _CALLED.finditer(text):
        for group in (1, 2):
            word = called[group]
            if word and word.lower() not in lexicon.table("function_words") and (group == 1 or word[0].isupper()):
                yield Token(word, *called.span(group), "name")
    if (words := list(_WORD.finditer(text))) and len(words) <= ALONE and all(_unlisted(word[0].lower()) for word in words):
        yield from (Token(word[0], *word.span(), "name") for word in words)
    elif text.upper() != text:
        alone = len(words) <= ALONE and all(word[0].istitle() for word in words)
        for match in words if alone else _CAPITAL.finditer(text):
            if _is_name(match[0].lower()):
                yield Token(match[0], *match.span(), "name")


@lru_cache(maxsize=4096)
def _is_name(word: str) -> bool:
    """Whether a word with a capital is a name: no known word, or one that people are called."""
    if word in DAYS or word in MONTHS or word in SHORT_DAYS:
        return False
    return not lexicon.is_word(word.removesuffix("'s").removesuffix("’s")) or word in _first_names()


@lru_cache(maxsize=4096)
def _unlisted(word: str) -> bool:
    """Whether a word is in no list: no word, no abbreviation, no misspelling of one."""
    lists = (lexicon.chat_words(), lexicon.contractions(), lexicon.typos())
    known = lexicon.is_word(word) or any(word in listed for listed in lists) or lexicon.is_laughter(word)
    return len(word) > 3 and not known and lexicon.misspelling(word) is None


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    """First names in English that are no other word."""
    from faker.providers.person.en_US import Provider

    common = (name.lower() for names in (Provider.first_names_male, Provider.first_names_female) for name in names)
    return frozenset(name for name in common if not _ALSO_WORDS.fullmatch(name))


def _canonical(text: str) -> str:
    """A number or code as it is compared: without signs of money, spaces, dashes, ordinal endings and noughts behind the point."""
    lower = text.lower().strip("£$€#%.,:/'’-")
    lower = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", lower)
    lower = re.sub(r"(?<=\d),(?=\d{3}\b)", "", lower)
    if _NUMBER.fullmatch(lower):
        whole, _, rest = lower.partition(".")
        rest = rest.rstrip("0")
        return f"{whole}.{rest}" if rest else whole
    return re.sub(r"[\W_]+", "", lower)


class _Known(NamedTuple):
    """What sources say: their words, the values of their numbers and codes, all their letters and digits in one, whether they name a
    date, and whether they are in English: in German every noun has a capital."""

    words: frozenset[str]
    values: frozenset[str]
    squeezed: str
    dated: bool
    english: bool

    def holds(self, token: Token) -> bool:
        """Whether a token stands in the sources, in whatever form."""
        lower = token.text.lower().removesuffix("'s").removesuffix("’s")
        if lower in self.words or lower.replace("’", "'") in self.words:
            return True
        if token.kind == "address":
            return lower in self.squeezed or re.sub(r"[\W_]+", "", lower) in self.squeezed
        if token.kind == "name":
            return any(_nearly(lower, word) for word in self.words)
        if token.kind == "time":
            return lower in self.values or any(word[:3] == lower[:3] for word in self.words if word in (*DAYS, *MONTHS, *SHORT_DAYS))
        return self._holds_number(_canonical(token.text), token.text)

    def _holds_number(self, value: str, typed: str) -> bool:
        if value in self.values or NUMBER_WORDS.get(value, value) in self.values:
            return True
        if clock_values := set(_clock_values(typed)):
            return bool(clock_values & self.values)
        parts = [part for part in re.split(r"[./:-]", typed.lower().strip("£$€#%.,")) if part]
        if len(parts) > 1 and re.fullmatch(r"[\d./-]+", typed):  # a date in another order
            return all(part.lstrip("0") in self.values or part in self.values for part in parts)
        return len(value) >= SHARED and value in self.squeezed


def _nearly(name: str, word: str) -> bool:
    """Whether a name is a word that was mistyped by a letter, or is shortened to it."""
    if len(name) < 3 or name[0] != word[:1]:
        return False
    if word.startswith(name):
        return True
    if abs(len(name) - len(word)) > 1 or len(word) < 3:
        return False
    return sorted(name) == sorted(word) or _one_off(*sorted((name, word), key=len))


def _one_off(short: str, long: str) -> bool:
    same = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


@lru_cache(maxsize=512)
def _known(sources: str) -> _Known:
    words = {match[0].lower().replace("’", "'") for match in _WORD.finditer(sources)}
    words |= {part for word in words for part in re.split(r"['-]", word)}
    values = {_canonical(match[0]) for match in _DIGITS.finditer(sources)}
    values |= {NUMBER_WORDS[word] for word in words & NUMBER_WORDS.keys()}
    values |= {part.lstrip("0") for match in _DIGITS.finditer(sources) for part in re.split(r"\D+", match[0]) if part}
    values |= {word for word, number in NUMBER_WORDS.items() if number in values}
    values |= set(_clock_values(sources))
    dates = list(_dates(sources))
    for day in dates:
        month, weekday = MONTHS[day.month - 1], DAYS[day.weekday()]
        values |= {str(day.day), str(day.month), str(day.year), f"{day.year % 100:02}", month, month[:3], weekday, weekday[:3]}
    lower = sources.lower()
    named = bool(words & {*DAYS, *SHORT_DAYS, *MONTHS} - VERBS) or bool(re.search(r"\d[./]\d", lower))
    return _Known(
        frozenset(words | {word for word in values if word.isalpha()}),
        frozenset(values),
        re.sub(r"[\W_]+", "", lower),
        bool(dates) or named,
        not_english([sources]) == 0,
    )


def _dates(text: str) -> Iterator[date]:
    for year, month, day in _ISO.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _clock_values(text: str) -> Iterator[str]:
    """The times of day in a text, each as it is on a clock of 24 hours, and on one of 12."""
    for match in _CLOCK.finditer(text):
        hour, minute = int(match[1] or match[4]), int(match[2] or 0)
        half = (match[3] or match[5] or "").lower()
        if hour > 23 or minute > 59:
            continue
        hours = {hour % 12 + (12 if half == "p" else 0)} if half else {hour}
        for value in hours:
            yield f"clock {value % 12}:{minute:02}"
