"""The interview that Claude leads, and what it reads in documents: both end in the answers of the fixed questions, and so in one recipe."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from servers.claude import ClaudeServer
from typer.testing import CliRunner

from synthgen import api, interview
from synthgen.cli import app
from synthgen.errors import DataError, ModelError
from synthgen.interview.answers import Answers
from synthgen.interview.led import JOURNAL_FILE, MOST_QUESTIONS, LedInterview, LedTurn, journalled, prompt_of, talk_of
from synthgen.interview.outcome import Outcome, answers_of
from synthgen.models import ClaudeModel, ScriptedModel
from synthgen.recipe import load
from synthgen.spec.rows import Prompt

OUTCOME: dict[str, Any] = {
    "about": "Members of a city library, typing into the chat of its website.",
    "place": "chat",
    "topics": [
        {"name": "renew a book", "goal": "keep a book longer", "messages": ["can i renew <title> pls", "renew my books, card <card>"]},
        {"name": "opening hours", "goal": "", "messages": ["when do u open on <day>", "opening hrs"]},
    ],
    "facts": [
        {"slot": "title", "kind": "list", "values": ["Wolf Hall", "Circe", "1984"]},
        {"slot": "card", "kind": "number", "values": []},
        {"slot": "day", "kind": "day", "values": []},
    ],
    "voices": [{"voice": "texter", "weight": 3}, {"voice": "careful", "weight": 1}],
    "odd": "some",
    "cases": ["empty", "two requests"],
    "out": "help desk",
    "never": ["Tell who has borrowed a book."],
    "tested": "promptfoo",
    "rows": 60,
}
QUESTIONS = ["Who types, and into what?", "What do they ask?", "Do they ever ask who has a book?"]


def turn(question: str = "", outcome: dict[str, Any] | None = None, noticed: str = "") -> str:
    return json.dumps({"noticed": noticed, "question": question, "example": "such as this" if question else "", "outcome": outcome})


def asked_so_far(text: str) -> int:
    return text.count("You asked: ")


def designer(text: str) -> str:
    """Claude, who asks three questions and knows enough then."""
    count = asked_so_far(text)
    return turn(QUESTIONS[count], noticed="Two people may share a card." * (count == 2)) if count < 3 else turn(outcome=OUTCOME)


def scripted(says: Callable[[str], str] = designer) -> ScriptedModel:
    return ScriptedModel(lambda prompt, stream: says(prompt.text) + "\n")


def held(says: Callable[[str], str] = designer, answers: Answers | None = None) -> tuple[Answers, list[LedTurn]]:
    """The answers of an interview in which somebody says `A1`, `A2`, … and the turns in which they were asked."""
    known = answers or Answers()
    led, turns = LedInterview(scripted(says), known), list[LedTurn]()
    while next_turn := led.next_turn():
        turns.append(next_turn)
        led.reply(next_turn, f"A{len(led.talk) + 1}")
    return known, turns


def typist(prompt: Prompt, stream: Random) -> str:
    return f" {' '.join(stream.choice(['renew', 'book', 'open', 'hours', 'when', 'today', 'pls', 'card']) for _ in range(6))}\n"


# The talk


def test_claude_asks_until_it_knows_enough_and_its_outcome_is_the_answers():
    answers, turns = held()
    assert [one.question for one in turns] == QUESTIONS
    assert [(said.question, said.answer) for said in talk_of(answers)] == list(zip(QUESTIONS, ["A1", "A2", "A3"], strict=True))
    assert talk_of(answers)[2].noticed == "Two people may share a card."
    assert answers.get("topics") == ["renew a book", "opening hours"]
    assert answers.get("facts") == {"card": "number", "day": "day", "title": "list"}


def test_it_reads_what_was_said_and_what_a_recipe_can_say():
    prompt = prompt_of([interview.Said("Who types?", "nurses"), interview.Said("What?", "")])
    assert "You asked: Who types?\nThey answered: nurses" in prompt.text
    assert "they skipped it" in prompt.text
    assert f"You may ask {MOST_QUESTIONS - 2} more" in prompt.text
    assert prompt.brief
    assert "texter: types as to a friend" in prompt.brief.documents[0].content


def test_there_is_an_end_to_its_questions():
    answers, turns = held(lambda text: turn(outcome=OUTCOME) if "ask no more" in text else turn("And what else?"))
    assert len(turns) == MOST_QUESTIONS
    assert answers.get("topics")


def test_an_outcome_that_makes_no_recipe_is_given_again():
    alone = {**OUTCOME, "topics": OUTCOME["topics"][:1]}
    heard: list[str] = []

    def says(text: str) -> str:
        heard.append(text)
        return turn(outcome=OUTCOME if "makes no recipe" in text else alone)

    answers, _ = held(says)
    assert len(answers.get("topics")) == 2
    assert "name at least two" in heard[-1]
    with pytest.raises(ModelError, match="name at least two"):
        held(lambda text: turn(outcome=alone))


def test_a_talk_that_is_begun_goes_on_and_asks_nothing_again(tmp_path: Path):
    model = scripted()
    with journalled(model, tmp_path) as remembering:
        led = LedInterview(remembering, Answers())
        for reply in ("nurses", ""):
            asked = led.next_turn()
            assert asked
            led.reply(asked, reply)
        assert led.next_turn()
        interview.save(led.answers, tmp_path / "answers.yaml")
    assert (tmp_path / JOURNAL_FILE).exists()
    with journalled(model, tmp_path) as remembering:
        again = LedInterview(remembering, interview.load(tmp_path / "answers.yaml"))
        asked = again.next_turn()
        assert asked
        assert asked.question == QUESTIONS[2]
    assert len(model.asked) == 3


def test_an_answer_that_is_taken_back_is_asked_again():
    led = LedInterview(scripted(), Answers())
    for _ in range(2):
        asked = led.next_turn()
        assert asked
        led.reply(asked, "x")
    led.take_back()
    asked = led.next_turn()
    assert asked
    assert asked.question == QUESTIONS[1]


def test_a_talk_in_a_file_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "answers.yaml").write_text("talk: [hello]\n", "utf-8")
    with pytest.raises(DataError, match="no list of questions and answers"):
        talk_of(interview.load(tmp_path / "answers.yaml"))


# The outcome


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"place": "moon"}, "place", "chat"),
        ({"voices": [{"voice": "shouty", "weight": 3}]}, "voices", None),
        ({"cases": ["Two_requests", "nonsense"]}, "cases", ["two requests"]),
        ({"cases": []}, "odd", "none"),
        ({"facts": []}, "facts", {"card": "list", "day": "list", "title": "list"}),
        ({"tested": "by hand"}, "tested", "none"),
        ({"rows": 0}, "rows", 70),
        ({"never": ["  ", "a\nb"]}, "never", ["a b"]),
    ],
)
def test_what_a_recipe_cannot_have_is_left_out(tmp_path: Path, change: dict[str, Any], name: str, value: Any):
    answers = answers_of(Outcome.model_validate({**OUTCOME, **change}))
    assert answers.get(name) == value
    assert api.check(api.new(tmp_path / "app", answers=answers).recipe)


def test_slots_that_are_called_after_our_columns_are_words():
    topics = [{**OUTCOME["topics"][0], "messages": ["my <message> and <case>", "renew <title>"]}, OUTCOME["topics"][1]]
    assert answers_of(Outcome.model_validate({**OUTCOME, "topics": topics}))["messages"]["renew a book"][0] == "my message and case"


def test_the_recipe_is_that_of_the_fixed_questions_and_repeats_without_claude(tmp_path: Path):
    answers, _ = held()
    interview.save(answers, tmp_path / "answers.yaml")
    started = api.new(tmp_path / "lib", answers=tmp_path / "answers.yaml")
    assert started.stand_ins == ()
    text = started.recipe.read_text("utf-8")
    assert "renew a book: 1    # keep a book longer" in text
    assert "    - Tell who has borrowed a book.\n" in text
    rows = api.look(api.make(started.recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)}).folder, rows=60).rows
    assert {row["intent"] for row in rows} == {"renew a book", "opening hours"}


# Documents


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "more").mkdir(parents=True)
    (folder / "loans.md").write_text("# Loans\nA book is lent for four weeks.\n", "utf-8")
    (folder / "more" / "hours.txt").write_text("Open from 9 to 18.\n", "utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG")
    return folder


def test_claude_reads_all_documents_and_says_who_types_what(tmp_path: Path, docs: Path):
    model, heard = scripted(lambda text: json.dumps(OUTCOME)), list[str]()
    started = api.new(tmp_path / "lib", docs=docs, models={"claude": model}, listen=heard.append)
    (prompt,) = model.asked
    assert prompt.brief
    assert [document.name for document in prompt.brief.documents] == ["loans.md", "hours.txt", "what a recipe can say.md"]
    assert heard == [f"{docs}: 2 documents: loans.md, hours.txt"]
    assert load(started.recipe).recipe.about == OUTCOME["about"]
    assert interview.load(tmp_path / "lib" / "answers.yaml").get("goals") == {"renew a book": "keep a book longer"}
    api.new(tmp_path / "again", answers=tmp_path / "lib" / "answers.yaml")


def test_a_folder_without_documents_is_told(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    with pytest.raises(DataError, match="no documents in it"):
        api.new(tmp_path / "lib", docs=tmp_path / "docs", models={"claude": scripted()})


# Over the real SDK


def said_by(request: dict[str, Any]) -> str:
    """What the server's Claude answers: the outcome to documents, and to a talk what comes next."""
    text = json.dumps(request["messages"])
    return json.dumps(OUTCOME) if "Read the documents, and give" in text else designer(text)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClaudeServer]:
    with ClaudeServer(answer=said_by) as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


def test_the_api_takes_the_questions_and_their_schema(server: ClaudeServer):
    led = LedInterview(ClaudeModel("claude-sonnet-5-5"), Answers())
    while asked := led.next_turn():
        led.reply(asked, "yes")
    assert len(led.talk) == 3
    assert led.answers.get("topics") == ["renew a book", "opening hours"]


def test_the_command_says_what_reading_documents_costs_first(server: ClaudeServer, tmp_path: Path, docs: Path):
    told = CliRunner().invoke(app, ["new", str(tmp_path / "lib"), "--from-docs", str(docs)])
    assert told.exit_code == 0, told.output
    assert re.search(r"asks claude-\S+: about [\d,]+ tokens read; about \$", told.output)
    assert "wrote" in told.output
    assert CliRunner().invoke(app, ["new", "x", "--max-cost", "1"]).exit_code == 2
    stopped = CliRunner().invoke(app, ["new", str(tmp_path / "two"), "--from-docs", str(docs), "--max-cost", "0.000001"])
    assert stopped.exit_code == 3, stopped.output


def talk(folder: Path, lines: str) -> tuple[str, int]:
    """What `synthgen new` prints to somebody who types these lines, and how it ends."""
    ours, theirs = pty.openpty()
    os.write(ours, lines.encode())
    command = [sys.executable, "-m", "synthgen", "new"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb"}
    running = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    printed, _ = running.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    return printed, running.returncode


def test_with_a_key_claude_may_lead_and_the_price_is_said_first(server: ClaudeServer, tmp_path: Path):
    printed, code = talk(tmp_path, "lib\ny\nmembers\n\nrenew\nhours\n\n\n\n")
    assert code == 0, printed
    assert re.search(rf"can lead: .*{MOST_QUESTIONS} questions\s+at most, about \$[\d.]+, \$[\d.]+\s+at most", printed)
    assert "Two people may share a card." in printed
    said = talk_of(interview.load(tmp_path / "lib" / "answers.yaml"))
    assert [one.answer for one in said] == ["members", "renew\nhours", ""]
    assert load(tmp_path / "lib" / "recipe.yaml").recipe.about == OUTCOME["about"]


def test_who_interrupts_goes_on_where_they_were(server: ClaudeServer, tmp_path: Path):
    printed, code = talk(tmp_path, "lib\ny\nmembers\n\n\x04")
    assert code == 130, printed
    asked = len(server.asked())
    printed, code = talk(tmp_path, "lib\nrenew\n\n\n\n")
    assert code == 0, printed
    assert "going on with the answers in " in printed
    assert len(server.asked()) == asked + 2


def test_who_does_not_want_claude_is_asked_the_fixed_questions(server: ClaudeServer, tmp_path: Path):
    printed, _ = talk(tmp_path, "lib\nn\n\x04")
    assert "Where do they type" not in printed
    assert "Who types, and into what?" in printed
    assert server.asked() == []
