"""What a system prompt says of its application: who types to it, what about, and what it must never do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthgen.interview.places import place_of

MOST_TOPICS, LONGEST = 15, 6
"""Topics of a prompt, and words of one, at most."""
MOST_RULES, LONGEST_RULE, HEADING = 20, 40, 8
"""What a prompt forbids, words of it, and words of what stands above a list, at most."""
MARK = re.compile(r"^\s*(?:[-*•#>]|\d+[.)])+\s*")
ROLE = re.compile(r"(?im)^[#>*\s]*(?:you are|you're|act as|you act as|you will act as|your role is(?: to be)?)\s+([^.\n!]+)")
BEGINS = re.compile(
    r"(?i)\b(help|assist|support|answer|handle|topics?|questions? about|scope|categor(?:y|ies)|intents?|labels?|classes|classify|tasks?|"
    r"responsib\w+|capabilit\w+|can do|one of|such as|areas?|services?)\b"
)
"""Words that come before a list of what an application is for."""
FORBIDS = re.compile(r"(?i)\b(never|do not|don't|must not|mustn't|may not|cannot|can't|avoid|refuse|under no circumstances|not allowed)\b")
INLINE = re.compile(
    r"(?i)(?:questions? (?:about|on)|(?:help|assist) (?:\w+ ){0,3}with|topics? (?:such as|like)|one of(?: the following)?(?: \w+)?:?|"
    r"(?:categories|labels|intents)(?: are)?:|into:?|about)\s+((?:[^.;\n:]+?(?:,| or | and )\s*){1,14}[^.;\n:]+)"
)
"""Topics in a sentence, with commas between them."""
BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(.+)$")
SORTS = re.compile(r"(?i)\b(classif\w*|categori[sz]e\w*|sort|route|label|intent)\b")
LEADING = re.compile(r"(?i)^(?:questions? (?:about|on)|help(?:ing)? (?:\w+ )?with|answer(?:ing)? questions? about|the|any|their|your)\s+")
"""Words before a topic that are none of it."""


@dataclass(frozen=True)
class Described:
    """Who types, in a sentence; what about; what must never happen; where; and whether the application names the topic of a message."""

    about: str = ""
    topics: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    place: str = "chat"
    sorts: bool = False


def described(prompt: str) -> Described:
    """What a prompt says of its application, as far as its words can be trusted to."""
    role = ROLE.search(prompt)
    about = f"People who type to {_plain(role[1])}." if role else ""
    topics = tuple(_topics(prompt))
    return Described(about, topics, tuple(_forbidden(prompt)), place_of(role[1] if role else ""), bool(topics and SORTS.search(prompt)))


def _topics(prompt: str) -> list[str]:
    """The items of the first list behind words that say what the application is for, else those of a sentence."""
    lines = prompt.splitlines()
    for number, line in enumerate(lines):
        if BEGINS.search(line) and not FORBIDS.search(line) and not BULLET.match(line):
            items = _bullets(lines[number + 1 :])
            topics = _different(items)
            if len(topics) >= 2:
                return topics
    for match in INLINE.finditer(prompt):
        if not FORBIDS.search(prompt[prompt.rfind("\n", 0, match.start()) + 1 : match.start()]):
            topics = _different(re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", match[1]))
            if len(topics) >= 2:
                return topics
    return []


def _bullets(lines: list[str]) -> list[str]:
    """The items of a list that begins at once, or behind an empty line."""
    items = list[str]()
    for line in lines:
        if bullet := BULLET.match(line):
            if FORBIDS.search(bullet[1]):
                return []
            items.append(bullet[1])
        elif line.strip() or items:
            break
    return items


def _different(items: list[str]) -> list[str]:
    """Items as topics: their first words, without what explains them. Those too long to be one are left out."""
    topics = dict.fromkeys(filter(None, (_topic(item) for item in items)))
    return [topic for topic in topics if len(topic.split()) <= LONGEST][:MOST_TOPICS]


def _topic(item: str) -> str:
    plain = re.split(r"\s*[:(–—]\s|\s*[:(–—]|\s+-\s+|\s+\beg\b|,? such as ", _plain(item), maxsplit=1)[0]
    plain = re.sub(
        r"(?i)^(?:questions? (?:about|on)|help(?:ing)? (?:\w+ )?with|answer(?:ing)? questions? about|the|any|their|your)\s+", "", plain
    )
    return plain.strip(" .;,\"'`").casefold() if not re.search(r"[{}<>]", plain) else ""


def _forbidden(prompt: str) -> list[str]:
    """Sentences that forbid something, and the items of a list under such words."""
    heading, sentences = "", list[str]()
    for line in prompt.splitlines():
        plain = _plain(MARK.sub("", line))
        if plain.endswith(":") and len(plain.split()) <= HEADING:
            heading = plain[:-1] if FORBIDS.search(plain) else ""
        elif heading and BULLET.match(line):
            sentences.append(f"{heading}: {plain}")
        elif plain:
            heading = ""
            sentences += [sentence for sentence in re.split(r"(?<=[.!?])\s+", plain) if FORBIDS.search(sentence)]
    return [sentence for sentence in dict.fromkeys(sentences) if 2 < len(sentence.split()) <= LONGEST_RULE][:MOST_RULES]


def _plain(text: str) -> str:
    """A text in a line, without the signs of Markdown."""
    return " ".join(re.sub(r"[*_`#]+", "", text).split()).strip()
