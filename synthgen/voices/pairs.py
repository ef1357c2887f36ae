"""Two words side by side that say something together: `your welcome`, `could of`, `good morning`, `do you`.

Rules are data: words on the left, words on the right, and what it means when they stand beside each other. They are meant to be right
when they say something, rather than to find everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from synthgen.voices import lexicon

Meaning = Literal["none", "confused", "split_or_joined", "dropped_apostrophe", "greeting", "asks", "turned", "more", "more_turned", "idle"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
"""What a pair may mean, by number: `asks` opens a question and `turned` asks wherever it is; `more` asks for one thing more, `more_turned`
only when a turned verb follows; `idle` is in a question that wants nothing."""

CONFUSED = """
your | welcome wrong not a an the going gonna doing trying looking saying talking using getting having kidding joking awesome always probably | you're
you're | own account name card friend friends family life day mom dad house phone email password order bank money problem question | your
there | own | their
their | is are was were isn't isnt aren't has have any anything anyone a an | there
it's youre | own | its
to | much late bad early | too
too | be get do make see buy find the | to
more less rather other faster bigger smaller higher lower larger greater older worse | then | than
and since until till | than | then
could would should might must couldn't wouldn't shouldn't couldnt wouldnt shouldnt | of | have
to will would gonna might may i'll you'll you i we they | loose | lose
loose | my your his her their our weight money everything | lose
to will would can could may might doesn't does doesnt not didn't | effect | affect
side an the any no this bad good | affect | effect
quiet | a sure good often well some difficult easy | quite
know see ask asking wondering wonder decide sure matter determine | weather | whether
the | whether | weather
whether | forecast | weather
some any good your for my an financial legal | advise | advice
to will won't cannot can't | except | accept
everything nothing everyone anything | accept | except
were | is are can do does did | where
they we | where | were
can't cant | here | hear
don't dont didn't didnt | now no | know
right until till by | know | now
wanna gonna | by | buy
turn turned turning switch switched shut logged signed | of | off
go goes going went get gets got getting | threw though | through
i | though | thought
have has had having | being | been
is are was were am i'm im not be | suppose | supposed
suppose | to | supposed
coming comes came come different away apart | form | from
can't cant please must | weight | wait
"""  # noqa: E501
"""Left, right, what was meant: either the left or the right word is wrong."""
_APOSTROPHE = """
its | a an the not been my too very so just really ok okay all only because still going gonna fine good great nice like called that this what
 probably working about always also your our cool weird easy hard possible impossible getting being taking saying asking showing telling
 supposed kind never no now time true been got giving me you he she they we i in on at for
ill | be try get have check go let do see take give look just wait call need keep ask make use send tell probably never
id | like love rather prefer say be have guess need want suggest hate appreciate
were | going gonna
shell hell | be
"""  # noqa: E501
_GREETING = """
good gud gd guten | morning evening afternoon day mornin mrng
hey hi | there
"""
_TURNED = """
do does did can could will would should are dont don't doesn't doesnt didn't didnt can't cant cud shud | i you we they u he she
"""
_MORE = """
also plus | i can could would how what where when why which who please need want i'd is are do does could did should
and | how where when why please which
another | question thing problem issue
"""
_MORE_TURNED = """
and | can could is are do does did what will would should
"""
_IDLE = """
how | are r is
what's whats | up new
you u | help there
"""


@cache
def ranks() -> dict[str, int]:
    """A number for each word that takes part in a pair; all other words have 0."""
    words = sorted({word for left, right, _ in _rules() for word in (*left, *right)})
    return {word: number for number, word in enumerate(words, 1)}


@cache
def meanings() -> NDArray[np.uint8]:
    """What two neighbours say: an array (rank of the left, rank of the right) of places in MEANINGS."""
    number = ranks()
    table = np.zeros((len(number) + 1, len(number) + 1), np.uint8)
    # What is said first holds.
    for left, right, meaning in reversed(_rules()):
        table[np.ix_([number[word] for word in left], [number[word] for word in right])] = MEANINGS.index(meaning)
    return table


@cache
def _rules() -> list[tuple[list[str], list[str], Meaning]]:
    split: list[tuple[list[str], list[str], Meaning]] = [
        ([left], [right], "split_or_joined") for left, right in (typo.split(" ") for typo in lexicon.typos() if typo.count(" ") == 1)
    ]
    turned, subjects = sorted(lexicon.table("turned_verbs")), sorted(lexicon.table("subjects"))
    rules = [*_read(CONFUSED, "confused"), *_read(_APOSTROPHE, "dropped_apostrophe"), *split]
    rules += [*_read(_GREETING, "greeting"), *_read(_MORE, "more"), *_read(_MORE_TURNED, "more_turned"), *_read(_IDLE, "idle")]
    # "When I pay …" is no question, "when can I …" is.
    rules += [*_read(_TURNED, "turned"), (turned, subjects, "asks"), (["when", "where", "wen", "what"], [*turned, "to"], "asks")]
    return [*rules, (["of"], ["course"], "none")]


def _read(rules: str, meaning: Meaning) -> Iterator[tuple[list[str], list[str], Meaning]]:
    for rule in rules.replace("\n ", " ").strip().splitlines():
        left, right, *_ = rule.split("|")
        yield left.split(), right.split(), meaning
