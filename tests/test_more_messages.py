"""Messages that the model types at the end of an interview, and that somebody chooses."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from synthgen import api
from synthgen.cli.terminal import interview as at_terminal
from synthgen.interview import Answers, chosen, load, recipe_of_more, save
from synthgen.interview.answers import ANSWERS_FILE
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

SEEDS = {
    "lost card": ["lost my card", "i think <card> was stolen", "cant find my card anywhere"],
    "refund": ["where is my refund", "refund of <amount> still not here", "when will i get my money back"],
    "nothing given": None,
}
ANSWERS = Answers({"about": "Customers of a bank.", "topics": [*SEEDS], "messages": SEEDS})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def offered(folder: Path, monkeypatch: pytest.MonkeyPatch, *replies: str, proposals: Mapping[str, Sequence[str]]) -> Answers:
    """The answers after an offer of these proposals, to which somebody types these lines."""
    save(Answers(ANSWERS.values), folder / ANSWERS_FILE)
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{reply}\n" for reply in replies)))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    at_terminal.offer_more(folder, lambda recipe: proposals)
    return load(folder / ANSWERS_FILE)


def test_proposals_are_made_of_all_topics_that_have_messages_and_keep_their_slots(tmp_path: Path) -> None:
    words = [letter + other + last for letter in "abcdefgh" for other in "klmnop" for last in "rstuv"]

    def typed(prompt: Prompt, stream: Random) -> str:
        of_topic = "my card was stolen, it is <card>" if prompt.origin["topic"] == "lost card" else "no refund yet of <amount>"
        return f" {of_topic} {' '.join(stream.choices(words, k=5))}\n"

    recipe = recipe_of_more(ANSWERS)
    assert recipe is not None
    (made,) = api.preview(recipe, show=100, out=tmp_path / "out", models={"typist": ScriptedModel(typed)})
    topics = [row.values["intent"] for row in made.rows]
    assert (topics.count("lost card"), topics.count("refund")) == (8, 8)
    assert all(("<card>" if row.values["intent"] == "lost card" else "<amount>") in row.values["message"] for row in made.rows)


@pytest.mark.parametrize("given", [{}, {"messages": {"lost card": ["lost my card"]}}, {"messages": {"lost card": None, "refund": None}}])
def test_nothing_is_proposed_where_topics_have_no_messages(given: dict[str, Any]) -> None:
    assert recipe_of_more(Answers(ANSWERS.values | {"messages": {}} | given)) is None


EVERY = [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("reply", "places"),
    [("1 3-5", [0, 2, 3, 4]), ("2,3;2", [1, 2]), ("a", EVERY), ("All", EVERY), ("", []), ("none", []), ("1 - 2 , 6", [0, 1, 5])],
)
def test_numbers_name_messages(reply: str, places: list[int]) -> None:
    assert chosen(reply, 6) == places


@pytest.mark.parametrize("reply", ["7", "0", "5-3", "1-7", "yes", "1x", "1 two", "-1"])
def test_what_is_no_number_of_a_message_is_told(reply: str) -> None:
    with pytest.raises(ValueError, match=r"such as 1 3-5|from 1 to 6"):
        chosen(reply, 6)


def test_what_somebody_takes_joins_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    proposals = {"lost card": ["my card is gone", "card no lost", "stolen <card>"], "refund": ["no refund", "refund it"]}
    answers = offered(tmp_path, monkeypatch, "y", "9", "1 3", "", proposals=proposals)
    assert answers.get("messages", "lost card") == [*(SEEDS["lost card"] or ()), "my card is gone", "stolen <card>"]
    assert answers.get("messages", "refund") == SEEDS["refund"]
    shown = capsys.readouterr()
    assert "   2  card no lost" in shown.out
    assert "'9' is none of them" in shown.err


def test_whoever_goes_back_chooses_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proposals = {"lost card": ["my card is gone", "card no lost"], "refund": ["no refund"]}
    answers = offered(tmp_path, monkeypatch, "y", "<", "a", "<", "1", "1", proposals=proposals)
    assert answers.get("messages", "lost card") == [*(SEEDS["lost card"] or ()), "my card is gone"]
    assert answers.get("messages", "refund") == [*(SEEDS["refund"] or ()), "no refund"]


def test_who_wants_none_is_asked_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered(tmp_path, monkeypatch, "n", proposals={"refund": ["no refund"]}).values == ANSWERS.values


def test_an_interview_that_is_broken_off_keeps_what_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        offered(tmp_path, monkeypatch, "", "1", proposals={"lost card": ["my card is gone"], "refund": ["no refund"]})
    assert load(tmp_path / ANSWERS_FILE).get("messages", "lost card")[-1] == "my card is gone"
