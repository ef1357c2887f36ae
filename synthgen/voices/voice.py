"""A voice: how somebody types, as figures that can be measured, aimed at, and put on.

Every figure is the mean over messages of what `features` measures in one message. A voice names those that it
is known by; the others are left as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from synthgen.spec import pages
from synthgen.spec.parts import Part

Share = Annotated[float | None, Field(ge=0, le=1)]
"""The share of messages in which it is so."""
Rate = Annotated[float | None, Field(ge=0, le=1)]
"""How many there are for each word of a message, on average over messages."""
Count = Annotated[float | None, Field(ge=0)]
"""How many there are in a message, on average."""


class Voice(Part):
    """How somebody types. Each key but `about`, `words` and `keyboard` is a feature that `measure` finds."""

    about: str = Field("", description="who types so, in one line")

    # Case
    lower_only: Share = Field(None, description="letters, and no capital among them")
    sentence_case: Share = Field(None, description="begins with a capital, and is not shouted")
    shouting: Share = Field(None, description="all capitals")
    # Punctuation
    end_mark: Share = Field(None, description="ends with . ! ? or …")
    question_mark: Share = Field(None, description="holds a question mark")
    exclamation: Share = Field(None, description="holds an exclamation mark")
    repeated_marks: Share = Field(None, description="marks in a row: !!, ???, ..")
    commas: Rate = Field(None, description="commas")
    apostrophes: Rate = Field(None, description="contractions with their apostrophe: don't")
    apostrophes_dropped: Rate = Field(None, description="contractions without it: dont")
    # Spelling
    unknown_words: Rate = Field(None, description="words in no word list, misspelled ones among them; with a capital they may be names")
    misspelled: Rate = Field(None, description="misspelled words of any kind")
    swapped: Rate = Field(None, description="two letters the wrong way round: hlep")
    dropped: Rate = Field(None, description="a letter left out: adress")
    doubled: Rate = Field(None, description="a letter too many: cardd, untill")
    neighbour_key: Rate = Field(None, description="the key next to the right one: abd for and")
    phonetic: Rate = Field(None, description="as it sounds, or several letters off: definately")
    split_or_joined: Rate = Field(None, description="a space too many or too few: alot, with out")
    confused: Rate = Field(None, description="another real word: your for you're, there for their")
    # Manner
    chat_words: Rate = Field(None, description="abbreviations and chat speak: u, pls, thx, asap")
    elongated: Rate = Field(None, description="letters drawn out: sooo, pleaseee")
    emoji: Share = Field(None, description="holds an emoji or an emoticon")
    digits: Share = Field(None, description="holds a digit")
    greeting: Share = Field(None, description="begins with a greeting")
    polite: Share = Field(None, description="please, thanks, sorry and the like")
    keywords: Share = Field(
        None, description="keyword style: two words or more, and no function word, verb form of be, do, have, or mark at the end"
    )
    question: Share = Field(None, description="asks: begins with a question word or turned verb, or holds a question mark")
    first_person: Rate = Field(None, description="i, me, my, we, our")
    function_words: Rate = Field(None, description="articles, pronouns, prepositions, auxiliaries, conjunctions")
    articles: Rate = Field(None, description="a, an, the")
    sentences: Count = Field(None, description="sentences (or lines)")
    several_requests: Share = Field(None, description="asks for more than one thing")
    pasted: Share = Field(None, description="pasted material: a log line, code, a table, a long link")
    # Length
    words: Annotated[list[float], Field(min_length=5, max_length=5)] | None = Field(
        None, description="words of a message: the 5th, 25th, 50th, 75th and 95th percentile, such as [2, 4, 8, 13, 30]"
    )
    word_length: Count = Field(None, description="letters of a word, on average")
    # What the human-error channel does beside this
    keyboard: Literal["qwerty", "qwertz", "azerty"] = Field("qwerty", description="which keys are neighbours")

    def _repr_html_(self) -> str:
        head = ["", "figure", "of what", "means"]
        return pages.page(pages.table(head, [(bar.name.replace("_", " "), f"{bar.value:.3g}", bar.unit, bar.says) for bar in bars(self)]))


RATES = frozenset(
    [
        "commas",
        "apostrophes",
        "apostrophes_dropped",
        "unknown_words",
        "misspelled",
        "swapped",
        "dropped",
        "doubled",
        "neighbour_key",
        "phonetic",
        "split_or_joined",
        "confused",
        "chat_words",
        "elongated",
        "first_person",
        "function_words",
        "articles",
    ]
)
"""The features that are counted for each word."""
COUNTS = frozenset(["sentences", "words", "word_length", "characters"])
"""The features that are counted in each message."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Which quantiles the five lengths under `words` are."""
GROUPS = {
    "case": ("lower_only", "sentence_case", "shouting"),
    "punctuation": (
        "end_mark", "question_mark", "exclamation", "repeated_marks", "commas", "apostrophes", "apostrophes_dropped",
    ),
    "spelling": (
        "unknown_words", "misspelled", "swapped", "dropped", "doubled", "neighbour_key", "phonetic", "split_or_joined", "confused",
    ),
    "manner": (
        "chat_words", "elongated", "emoji", "digits", "greeting", "polite", "keywords", "question", "first_person", "function_words",
        "articles", "sentences", "several_requests", "pasted",
    ),
    "length": ("words", "word_length"),
}  # fmt: skip
"""The features as they are shown."""
_ORDINALS = ("5th", "25th", "50th", "75th", "95th")


class FeatureBar(NamedTuple):
    """A row of the table: `value` is between 0 and 1 but where `unit` is a number; `says` is what the feature means."""

    group: str
    name: str
    value: float
    unit: str
    says: str


def bars(voice: Voice) -> Iterator[FeatureBar]:
    """The rows of the table: one for each feature that the voice has, and five for the words of a message."""
    for group, names in GROUPS.items():
        for name in names:
            value, description = getattr(voice, name), Voice.model_fields[name].description or ""
            if name == "words" and value is not None:
                yield from (
                    FeatureBar(group, f"words, {at} in 100", words, "words", "") for at, words in zip(_ORDINALS, value, strict=True)
                )
            elif value is not None:
                yield FeatureBar(group, name, value, _unit(name), description)


def _unit(name: str) -> str:
    if name in COUNTS:
        return {"sentences": "a message", "word_length": "letters"}[name]
    return "per word" if name in RATES else "of messages"
