"""Going through the rows of an output at a terminal: which would somebody not keep?"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import typer
from builders import one_table
from typer.testing import CliRunner

import synthgen
from synthgen import api, interview
from synthgen.cli import app
from synthgen.cli.terminal import interview as at_terminal
from synthgen.interview import Answers
from synthgen.interview.answers import ANSWERS_FILE
from synthgen.models import ScriptedModel
from synthgen.recipe.shipped import RECIPE
from synthgen.reviewing.undecided import undecided
from synthgen.spec.numbers_named import numbers_named
from synthgen.spec.rows import Prompt

FIELDS = {
    "intent": {"kind": "choice", "pick": "each", "options": ["refund", "parcel"]},
    "message": {"kind": "template", "template": "about {{ intent }}"},
    "case": {"kind": "choice", "pick": "each", "options": ["none", "empty", "truncated"]},
    "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
}
HARNESS = {"harness": {"input": "input", "target": "intent", "out": "unclear"}}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    synthgen.make({**one_table(FIELDS, 12), **HARNESS}, out=tmp_path / "out")
    return tmp_path / "out"


def told(output: Path, *replies: str, words: tuple[str, ...] = ()) -> str:
    """What is printed to somebody who goes through the rows and types these lines."""
    done = CliRunner().invoke(app, ["review", str(output), "--terminal", *words], input="".join(f"{reply}\n" for reply in replies))
    assert done.exit_code == 0, done.output
    return done.output


def test_rows_are_grouped_by_what_is_right_for_them_as_it_is_exported(output: Path) -> None:
    screens = {screen.label: screen.rows for screen in undecided(output)}
    assert {label: [row.number for row in rows] for label, rows in screens.items()} == {
        "refund": [0, 2, 6, 8],
        "unclear": [1, 4, 7, 10],
        "parcel": [3, 5, 9, 11],
    }
    assert {row.text for row in screens["unclear"]} == {""}
    assert [row.cases for row in screens["refund"]] == [(), ("truncated",), (), ("truncated",)]


def test_what_is_named_is_rejected_and_the_rest_is_accepted(output: Path) -> None:
    printed = told(output, "2 7", "2 7-9", "", "5", words=("--by", "ana", "--reason", "no sense"))
    assert "1 of 3  refund: which would you not keep?" in printed
    assert "\n   2  (truncated) abou" in printed
    assert "2 of 3  unclear (odd on purpose: no topic is left)\n" in printed
    assert "7 is none of these rows" in printed
    assert "12 of 12 rows decided (9 accepted, 3 rejected)" in printed
    state = synthgen.review(output)
    assert state.reviewers == ("ana",)
    assert state.file.read_text("utf-8").count('"no sense"') == 3


def test_whoever_goes_back_decides_again(output: Path) -> None:
    assert "(10 accepted, 2 rejected)" in told(output, "0 2 6 8", "<", "0", "4", "")


def test_whoever_goes_back_sees_what_they_did_not_keep_and_return_leaves_it_so(output: Path) -> None:
    printed = told(output, "0 6", "<", "", "4", "")
    assert "  [0 6]: Return leaves it so, none keeps all of them" in printed
    assert "(9 accepted, 3 rejected)" in printed
    assert '"reason": "not kept"' in synthgen.review(output).file.read_text("utf-8")


def test_none_keeps_what_was_not_kept_before(output: Path) -> None:
    assert "(11 accepted, 1 rejected)" in told(output, "0 6", "<", "none", "4", "")


def test_all_means_that_none_of_them_is_kept(output: Path) -> None:
    assert "(8 accepted, 4 rejected)" in told(output, "all", "", "")


def test_what_was_decided_is_not_asked_again(output: Path) -> None:
    assert "4 of 12 rows decided" in told(output, "0")
    printed = told(output, "", "")
    assert "1 of 2  unclear" in printed
    assert "12 of 12 rows decided (11 accepted, 1 rejected)" in printed
    assert "which would you not keep?" not in told(output)


@pytest.mark.parametrize("reply", ["x", "3 x", "5-3", "-2", "1e5"])
def test_what_is_no_number_is_told_and_nothing_is_decided(output: Path, reply: str) -> None:
    assert "is no number: such as 3 17-20" in told(output, reply)
    assert not synthgen.review(output).file.exists()


def test_where_the_answer_is_no_label_rows_are_grouped_by_what_they_are_about(tmp_path: Path) -> None:
    made = synthgen.make({**one_table(FIELDS, 12), "harness": {"input": "input"}}, out=tmp_path / "out")
    assert [(screen.label, len(screen.rows)) for screen in undecided(made.folder)] == [("refund", 4), ("", 4), ("parcel", 4)]
    done = api.export(made.folder, "jsonl")
    cases = [json.loads(line) for file in done.folders["jsonl"].glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    assert {case["input"]: case["labels"]["intent"] for case in cases if not case["input"]} == {"": None}
    assert all(case["labels"]["intent"] for case in cases if case["input"])


def test_rows_without_labels_are_gone_through_a_screenful_at_a_time(tmp_path: Path) -> None:
    fields = {"number": {"kind": "id"}, "message": {"kind": "template", "template": "hello {{ number }}"}}
    made = synthgen.make({**one_table(fields, 50), "harness": {"input": "message"}}, out=tmp_path / "out")
    assert [(screen.label, len(screen.rows)) for screen in undecided(made.folder)] == [("", 17), ("", 17), ("", 16)]


def test_the_page_and_the_terminal_are_not_opened_at_once(output: Path) -> None:
    for words in (["--json"], ["--port", "8000"], ["--no-browser"], ["--reject", "3"]):
        assert CliRunner().invoke(app, ["review", str(output), "--terminal", *words]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3 17-20", [3, 17, 18, 19, 20]), ("3, 5 and 7", [3, 5, 7]), ("2,3;2", [2, 3]), ("", []), (" 1 - 2 , 6 ", [1, 2, 6]), ("07", [7])],
)
def test_numbers_are_named_one_by_one_or_from_one_to_another(text: str, numbers: list[int]) -> None:
    assert numbers_named(text) == numbers


# At the end of an interview


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


TOPICS = {
    "lost card": ["lost my card", "i think my card was stolen", "cant find my card anywhere"],
    "refund": ["where is my refund", "refund still not here", "when will i get my money back"],
}
Ended = Callable[..., Path]


@pytest.fixture
def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ended:
    """Makes a recipe of an interview's answers, goes through its end with these replies, and returns the output's folder."""

    def end(*replies: str, sure: bool = False) -> Path:
        answers = Answers({"about": "Customers of a bank.", "topics": [*TOPICS], "messages": TOPICS, "rows": 14, "odd": "none"})
        interview.complete(answers)
        interview.save(answers, tmp_path / ANSWERS_FILE)
        recipe = tmp_path / "bank" / RECIPE
        if not recipe.exists():
            api.new(tmp_path / "bank", answers=tmp_path / ANSWERS_FILE)
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{reply}\n" for reply in replies)))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        words = [letter + other + last for letter in "abcdefgh" for other in "klmnop" for last in "rstuv"]

        def typed(prompt: Prompt, stream: Random) -> str:
            of_topic = "my card was stolen" if prompt.origin["topic"] == "lost card" else "where is my refund"
            return f" {of_topic} {' '.join(stream.choices(words, k=5))}\n"

        def make(recipe: Path, more: int) -> Path:
            if more:
                interview.add_rows(recipe, more)
            return api.make(recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typed)}).folder

        at_terminal.make_and_choose(recipe, tmp_path / ANSWERS_FILE, make, sure=sure)
        return tmp_path / "out"

    return end


def test_an_interview_ends_with_rows_that_somebody_keeps(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    output = ended("", "6", "", "n")
    printed = capsys.readouterr().out
    assert "6 rows are messages that you typed, and are kept. Of the others:" in printed
    assert "13 of 14 messages are kept (lost card 6, refund 7); the others" in printed
    assert f"synthgen export {output} --to promptfoo" in printed
    assert "Where too few" not in printed
    assert synthgen.review(output).tables[0].rejected == 1


def test_whoever_keeps_few_is_told_what_to_change(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    ended("y", "all", "all", "n")
    printed = capsys.readouterr().out
    assert "6 of 14 messages are kept (lost card 3, refund 3); the others" in printed
    assert "more messages of your own help most" in printed


def test_whoever_stops_choosing_goes_on_where_they_were(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        ended("", "6")
    assert "stopped; what is finished is kept; to go on: synthgen new " in capsys.readouterr().err
    output = ended("", "n", sure=True)
    printed = capsys.readouterr().out
    assert "Make 14 messages" not in printed
    assert "1 of 1  " in printed
    assert "13 of 14 messages are kept (" in printed
    assert synthgen.review(output).tables[0].rejected == 1


def test_whoever_keeps_few_gets_more_and_chooses_among_these_alone(
    ended: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ended("", "6", "", "", "", "all", "y", "all", "all", "n")
    printed = capsys.readouterr().out
    assert printed.count("messages are kept (") == 3
    assert "13 of 14 messages are kept (lost card 6, refund 7); the others" in printed
    assert "of 28 messages are kept" in printed
    assert "of 42 messages are kept" in printed
    assert printed.count("rows are messages that you typed") == 1
    assert "    rows: 42\n" in (tmp_path / "bank" / RECIPE).read_text("utf-8")
    state = synthgen.review(output)
    assert (state.tables[0].decided, state.outdated) == (42, ())


def test_where_rows_are_many_already_more_are_beside_those(tmp_path: Path) -> None:
    recipe = api.new(tmp_path / "bank", answers={"topics": [*TOPICS], "messages": TOPICS}).recipe
    assert "    rows: 30\n" in recipe.read_text("utf-8")
    interview.add_rows(recipe, 20, 120)
    assert "    rows: 140\n" in recipe.read_text("utf-8")


def test_whoever_wants_no_rows_is_told_how_they_are_made(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert not ended("n").exists()
    assert "next: synthgen make " in capsys.readouterr().out


def test_rows_that_say_something_else_since_are_undecided_again(output: Path) -> None:
    told(output, "0", "", "")
    changed = FIELDS | {"message": {"kind": "template", "template": "about {{ intent if intent == 'refund' else 'the ' + intent }}"}}
    synthgen.make({**one_table(changed, 12), **HARNESS}, out=output)
    state = synthgen.review(output)
    again = sorted(row.number for screen in undecided(output) for row in screen.rows)
    assert again == [int(name.rpartition("-")[2]) for name in state.outdated] == [3, 4, 5, 9, 10, 11]
    assert "; nobody has decided on 6 rows" in state.notes[0]
    assert synthgen.review(output, accept=["rest"]).outdated == ()
    assert list(undecided(output)) == []


def test_a_decision_that_was_taken_back_by_a_later_one_is_counted_once(output: Path) -> None:
    synthgen.review(output, reject=["0"])
    assert synthgen.review(output, accept=["0"]).hold == 1
