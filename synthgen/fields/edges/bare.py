"""Messages that hardly say anything."""

from __future__ import annotations

import re
from random import Random

from synthgen.fields.edges.details import code, fake, link, one_of, person
from synthgen.fields.edges.situation import Situation, like, mentioned

SPACES = [" ", " ", "\n", "\t", "\u00a0", "\u2003", "\u3000", "\r\n"]
MARKS = [
    "?", "??", "???", "!", "!!", "...", "…", ".", ",", "-", "--", "?!", "!?!?", ":", ";", "/", "'", '"', "*", "#", "()", "[]", "&", "¿?",
    "%", "@", "_", "~", "..?", "。",
]  # fmt: skip
EMOJI = [
    "👍", "🙏", "😡", "😭", "🤔", "❤️", "😂", "🤷‍♀️", "🤷🏽‍♂️", "😤", "🙄", "🔥", "💳", "📦", "😩", "🆘", "❓", "👀", "🤦🏻‍♂️", "💔", "🎉",
    "😊",
    "👎🏾",
    "🫠",
    "🇬🇧", "🇵🇱", "👨‍👩‍👧‍👦", "✅", "❌", "📞", "⏰", "💸", "😳", "🥲", "☹️", "🙃", "👋🏼", "🐌", "🤬", "💩", "1️⃣", "🏳️‍🌈",
]  # fmt: skip
GREETINGS = [
    "hi", "Hi", "hello", "Hello", "hey", "Hello?", "hi there", "good morning", "Good evening.", "heyy", "hiya", "yo", "Hello, anyone there",
    "hey there 👋", "HELLO", "hi?", "Dear Sir or Madam,", "helo", "hii", "morning", "Hi team,", "hola", "Good afternoon", "sup",
]  # fmt: skip
THANKS = [
    "thanks",
    "thank you",
    "Thanks!",
    "thx",
    "ty",
    "cheers",
    "ok thanks",
    "Thank you so much",
    "Great, thank you.",
    "thanks bye",
    "perfect ta",
    "ok cheers mate",
    "tysm",
    "thank you {first}",
    "Many thanks, {name}",
    "thnks",
    "No that's all, thanks",
    "👍 thanks",
    "ok great thx",
    "Thanks for nothing",
]
ANSWERS = [
    "yes", "no", "Yes please", "ok", "the second one", "{small}", "both", "neither", "yes that one", "no the other one", "idk", "correct",
    "thats right", "not yet", "i already did", "{day}", "option {small}", "yh", "nope", "yes, go ahead", "sure", "the first", "maybe",
    "I don't have it on me", "around {clock}", "{first}", "same as before", "yep {number}",
]  # fmt: skip
NOTHING = [
    "null", "NULL", "None", "undefined", "NaN", "N/A", "n/a", "nil", "[object Object]", "(empty)", "{}", "[]", '""', "''", "#N/A", "#REF!",
    "\\N", "nan", "<null>", "undefined undefined", "TBD", "[deleted]", "null null", "%s", "{0}", "None None", "(null)",
    "Object reference not set",
]  # fmt: skip
TESTS = [
    "test",
    "Test",
    "testing",
    "test test",
    "testing 123",
    "Test message, please ignore",
    "TEST {stamp}",
    "asdf",
    "asdfasdf",
    "qwerty",
    "foo",
    "foo bar",
    "ping",
    "abc",
    "abc123",
    "aaaa",
    "hello world",
    "this is a test",
    "test {small}",
    "1234",
    "xxx",
    "is this thing on",
    "testing, does this reach a real person",
    "lorem ipsum dolor sit amet",
    "QA test {code} pls ignore",
    "x",
    "blah blah blah",
    "test from {first}",
    "smoke test {hex}",
    "are you working today? test",
]
WORDS = ["help", "refund", "problem", "cancel", "question", "hello"]


def empty(stream: Random, message: str, situation: Situation) -> str:
    """Nothing at all."""
    return ""


def white_space(stream: Random, message: str, situation: Situation) -> str:
    """Only spaces, tabs, empty lines, or spaces of other alphabets."""
    return "".join(stream.choices(SPACES, k=stream.choice([1, 1, 2, 3, 5, 12])))


def punctuation_only(stream: Random, message: str, situation: Situation) -> str:
    """A question mark, three dots, and the like."""
    mark = stream.choice(MARKS)
    return mark * stream.randint(2, 12) if len(mark) == 1 and stream.random() < 0.3 else mark


def emoji_only(stream: Random, message: str, situation: Situation) -> str:
    """One emoji or a few, with skin tones, flags and families among them."""
    if stream.random() < 0.3:
        return stream.choice(EMOJI) * stream.randint(2, 6)
    return stream.choice(["", "", " "]).join(stream.choices(EMOJI, k=stream.choice([1, 1, 2, 3])))


def only_a_number(stream: Random, message: str, situation: Situation) -> str:
    """A number without a word: one of the row's facts where the message has one."""
    numbers = [str(fact) for fact in situation.facts.values() if not isinstance(fact, bool) and re.fullmatch(r"\d+([.,]\d+)*", str(fact))]
    facts = [fact for fact in numbers if fact in message] or numbers
    if facts and stream.random() < 0.6:
        return stream.choice(facts)
    number = stream.choice(
        [
            str(stream.randint(0, 99)),
            str(stream.randint(10**3, 10**9)),
            f"{stream.randint(1, 900)}.{stream.randint(0, 99):02}",
            f"0{stream.randint(10**9, 10**10 - 1)}",
        ]
    )
    return stream.choice(["", "", "", "", "", "#", "£", "-"]) + number


def only_a_link(stream: Random, message: str, situation: Situation) -> str:
    """A web address, and not a word about it."""
    return link(stream, situation)


def only_a_name(stream: Random, message: str, situation: Situation) -> str:
    """Somebody's name."""
    name = stream.choice([person(stream), person(stream), fake(stream, "first_name"), fake(stream, "last_name")])
    return stream.choice([name, like(message, name), name.lower(), f"{name}."])


def only_a_greeting(stream: Random, message: str, situation: Situation) -> str:
    """A greeting, and nothing else yet."""
    return stream.choice(GREETINGS)


def only_thanks(stream: Random, message: str, situation: Situation) -> str:
    """Thanks, as at the end of a talk."""
    return one_of(stream, situation, THANKS)


def bare_answer(stream: Random, message: str, situation: Situation) -> str:
    """An answer to a question that nobody asked: "the second one"."""
    return like(message, one_of(stream, situation, ANSWERS))


def one_word(stream: Random, message: str, situation: Situation) -> str:
    """One word of the message, one that is about something where there is one."""
    words: list[str] = re.findall(r"\w+", message)
    telling = [word for word in words if len(word) > 3 and not word.isdigit()] or words or WORDS
    return stream.choice(telling) + stream.choice(["", "", "", "?", "??", ".", "!"])


def null_text(stream: Random, message: str, situation: Situation) -> str:
    """What programs write for nothing: null, NaN, [object Object]."""
    return stream.choice(NOTHING)


def test_message(stream: Random, message: str, situation: Situation) -> str:
    """Somebody tries whether it works: test, asdf, keys hit at random."""
    if stream.random() < 0.25:
        row = stream.choice(["asdfghjkl", "qwertyuiop", "zxcvbnm", "sdfjkl;"])
        return "".join(stream.choices(row, k=stream.randint(4, 18)))
    return one_of(stream, situation, TESTS)


def reference_only(stream: Random, message: str, situation: Situation) -> str:
    """A reference or two, and no word what about them."""
    facts = [fact for fact in mentioned(message, situation.facts).values() if re.search(r"\d", fact)]
    references = [*facts, code(stream)] if not facts or stream.random() < 0.2 else facts
    return stream.choice([" ", "\n", ", ", " / "]).join(references[:3])
