"""One question of the interview at a terminal: explained, mended, and gone back to."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from synthgen.cli.terminal import interview as at_terminal_of
from synthgen.cli.terminal.asking import answer_to
from synthgen.interview import Answers, Question, next_question
from synthgen.interview.explanations import EXPLANATIONS, FOLDER
from synthgen.interview.questions import questions

CASES = Question(("cases",), "Which?", form="several", options=dict.fromkeys(("empty", "truncated", "prompt injection"), ""), default=[])
VOICES = Question(("voices",), "How?", form="mix", options={"texter": "", "second_language": ""}, default={"texter": 1})
PLACE = Question(("place",), "Where?", form="one", options={"chat": "", "search": ""}, default="chat")
TOPICS = Question(("topics",), "What about?", form="lines")
SEEDS = Question(("messages", "a"), "Type some.", form="lines")
ALL = Answers(
    {"topics": ["a", "b"], "messages": {"a": ["<claim_id>: <amount> at <shop>"]}, "misguessed": ["shop"], "facts": {"shop": "list"}}
)


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Any:
    def typed(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return typed


def test_every_question_is_explained():
    asked = {question.key[0] for question in questions(Answers(ALL.values | {"odd": "some"}))}
    assert asked | {FOLDER[0]} == EXPLANATIONS.keys()


@pytest.mark.parametrize("question", [*questions(Answers(ALL.values | {"odd": "some"}))], ids=lambda question: question.key[0])
def test_a_question_mark_explains_and_is_no_answer(question: Question, typing: Any, capsys: pytest.CaptureFixture[str]):
    needed = ["x", "y"] if question.key == ("topics",) else []
    typing("?", *needed, "?", "")
    answer, _ = answer_to(question)
    assert answer == (needed or question.default)
    printed = capsys.readouterr().out
    assert printed.count("In the recipe: ") == printed.count("In doubt: ") == printed.count("Example: ") == 2


def test_the_place_of_a_help_assistant_with_a_chat_window_is_told(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("?", "")
    answer_to(PLACE)
    assert "a help assistant with a chat window is chat" in capsys.readouterr().out


def test_a_list_that_is_gone_back_to_is_kept_and_a_line_can_be_taken_out(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("one", "two", "<")
    draft, is_answer = answer_to(TOPICS)
    assert (draft, is_answer) == (["one", "two"], False)
    typing("-1", "-7", "three", "")
    assert answer_to(TOPICS, draft) == (["two", "three"], True)
    printed = capsys.readouterr()
    assert "   1  one\n   2  two\n  these are kept" in printed.out
    assert "there are 1 in the list" in printed.err


def test_whoever_gives_one_message_alone_is_told_what_comes_of_it(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("one", "")
    answer_to(SEEDS)
    assert "of one alone near copies are made" in capsys.readouterr().out
    typing("one", "two", "", "")
    answer_to(SEEDS)
    answer_to(SEEDS)
    assert "of one alone" not in capsys.readouterr().out


def test_topics_in_a_line_may_be_long_together(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("where is my order, prescription upload, refill, side effects, wrong item", "a, " + "b" * 61, "")
    answer, _ = answer_to(TOPICS)
    assert answer == ["where is my order", "prescription upload", "refill", "side effects", "wrong item"]
    assert f"'{'b' * 40}…' is long for a label" in capsys.readouterr().err


def test_a_line_that_cannot_stand_in_a_list_costs_none_of_the_others(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("one", "", "a" * 61, "two", "")
    assert answer_to(TOPICS) == (["one", "two"], True)
    told = capsys.readouterr().err
    assert "at least two" in told
    assert "is long for a label" in told


def test_an_answer_that_is_gone_back_to_stands_in_brackets(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("")
    assert answer_to(PLACE, "search") == ("search", True)
    assert "[search]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("question", "lines", "answer"),
    [
        (CASES, ["empty, prompt injecton, truncated", ""], ["empty", "prompt injection", "truncated"]),
        (CASES, ["emty; zzz", "", "truncated"], ["empty", "truncated"]),
        (CASES, ["empty, zzz", ""], ["empty"]),
        (CASES, ["Prompt-Injection, EMPTY"], ["prompt injection", "empty"]),
        (VOICES, ["textr 3, second language 2", ""], {"texter": 3, "second_language": 2}),
        (VOICES, ["textr 3, Second-Language", "texter 2"], {"texter": 2, "second_language": 1}),
        (VOICES, ["textr 3", "?", ""], {"texter": 3}),
        (PLACE, ["serch", ""], "search"),
        (PLACE, ["serch", "chat"], "chat"),
    ],
)
def test_of_several_options_only_the_wrong_one_is_asked_again(question: Question, lines: list[str], answer: Any, typing: Any):
    typing(*lines)
    assert answer_to(question) == (answer, True)


def test_whoever_goes_back_from_a_wrong_option_goes_back(typing: Any):
    typing("empty, zzz", "<")
    assert answer_to(CASES) == (None, False)


def test_an_option_that_is_shown_alone_has_the_number_of_all(typing: Any, capsys: pytest.CaptureFixture[str]):
    typing("?", "2")
    assert answer_to(replace(PLACE, usual=("search",))) == ("search", True)
    shown, explained = capsys.readouterr().out.split("lists all 2")
    assert "2  search" in shown
    assert "chat" not in shown
    assert "1  chat" in explained


def test_of_many_options_the_names_are_shown_until_somebody_asks(typing: Any, capsys: pytest.CaptureFixture[str]):
    asked = {question.key[0]: question for question in questions(Answers(ALL.values | {"odd": "some"}))}
    typing("", "", "?", "csv")
    assert [answer_to(asked[name])[0] for name in ("voices", "cases", "tested")] == [asked["voices"].default, asked["cases"].default, "csv"]
    shown = capsys.readouterr().out
    assert "careful, dictated, phone" in shown
    assert "? explains, and lists all 85" in shown
    assert "reads it: a table" not in shown.partition("? explains all 9")[0]
    assert "8  csv" in shown.partition("? explains all 9")[2]


def test_what_all_topics_have_in_common_is_said_once():
    answers = Answers({"about": "x", "place": "chat", "topics": ["a", "b"], "messages": {"a": None}})
    first, second = (question for question in questions(answers) if question.key[0] == "messages")
    assert "Three will do" in first.text
    assert second.text == "b: what would they type?"


def test_of_kinds_of_facts_the_usual_ones_are_shown_until_somebody_asks():
    answers = Answers({"about": "x", "place": "chat", "topics": ["a", "b"], "messages": {"a": ["<one> at <two>, <three>"], "b": None}})
    answers.give(("misguessed",), ["one", "two"])
    answers.give(("facts", "one"), "city")
    one, two = (question for question in questions(answers) if question.key[0] == "facts")
    assert one.usual == two.usual
    assert set(two.usual) < set(two.options)


def test_one_fact_is_asked_for_wholly_before_the_next():
    answers = Answers({"about": "x", "place": "chat", "topics": ["a", "b"], "messages": {"a": ["<amount> at <shop>, <zone>"], "b": None}})
    answers.give(("misguessed",), ["zone"])
    question = next_question(answers)
    assert question is not None
    assert question.key == ("facts", "zone")


def at_terminal(folder: Path, lines: str) -> str:
    """What a terminal of 80 columns shows to somebody who types these lines into `synthgen new`."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "synthgen", "new"]
    running = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    os.write(ours, lines.encode())
    watchdog = Timer(60, running.kill)  # it may wait for a line that nobody types
    watchdog.start()
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end was closed
            break
        if not part:
            break
        shown += part
    running.wait(60)
    watchdog.cancel()
    os.close(ours)
    return shown.decode(errors="replace")


def test_an_interview_that_was_broken_off_is_proposed(typing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.chdir(tmp_path)
    for name in ("done", "begun"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "answers.yaml").write_text("about: x\n", "utf-8")
    (tmp_path / "done" / "recipe.yaml").write_text("", "utf-8")
    typing("")
    assert at_terminal_of.folder() == Path("begun")
    assert "[begun], which has the answers of an interview that was broken off" in " ".join(capsys.readouterr().out.split())


def test_arrows_bring_lines_back_and_choices_stay_in_their_column(tmp_path: Path):
    pytest.importorskip("readline")
    shown = at_terminal(tmp_path, "?\napp\nPeople.\nrenew\nhours\n\ncan i renew\n\x1b[A again\n\n\nvoices, rows\n?\n\n30\nn\n")
    assert (tmp_path / "app" / "seeds" / "renew.txt").read_text("utf-8") == "can i renew\ncan i renew again\n", shown
    assert "A new folder of this name is made here" in shown
    assert "about a minute" in shown
    lines = shown.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("   8  texter"))
    assert lines[place + 1].startswith(" " * 23), lines[place : place + 2]
