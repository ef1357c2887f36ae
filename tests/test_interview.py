"""The interview: which question comes next, what replies mean, and that answers become a recipe that runs."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ruamel.yaml import YAML

from synthgen import api, interview
from synthgen.errors import DataError, OutputError
from synthgen.harness.export import HARNESSES as EXPORTERS
from synthgen.interview import Answers, Question, next_question, understood
from synthgen.interview.facts import FACTS, suggested
from synthgen.interview.places import PLACES
from synthgen.interview.questions import HARNESSES, NUMBERED, USUAL_CASES, questions
from synthgen.interview.seeds import seeds_of
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.spec.rows import Prompt, Row

LIBRARY: dict[str, Any] = {
    "about": "Members of a city library, typing into the chat of its website.",
    "topics": ["renew a book", "opening hours"],
    "messages": {
        "renew a book": ["can i renew <title> pls", "renew my books, account <account>"],
        "opening hours": ["when do u open on <day>", "opening hrs"],
    },
    "facts": {"title": "list", "account": "number", "day": "day"},
    "values": {"title": ["Wolf Hall", "Circe: a novel", "1984"]},
}


def asked(replies: dict[str, list[str]]) -> tuple[Answers, list[str]]:
    """The answers of somebody who gives these replies, by the last part of a question's key, and skips all else; and what was asked."""
    answers, keys = Answers(), []
    while question := next_question(answers):
        keys.append("/".join(question.key))
        answers.give(question.key, understood(question, replies.get(question.key[-1], [])))
    return answers, keys


def typist(prompt: Prompt, stream: Random) -> str:
    return f" {' '.join(stream.choice(['renew', 'book', 'open', 'hours', 'when', 'today', 'pls', 'account']) for _ in range(6))}\n"


# Questions


def test_each_question_is_asked_once_and_the_rest_follows_from_the_answers():
    _, keys = asked({"topics": ["renew", "hours"], "renew": ["can i renew <title>"]})
    assert keys == ["about", "topics", "messages/renew", "messages/hours", "values/title", "change"]
    _, keys = asked({"topics": ["renew", "hours"], "renew": ["my account <account>, in <intent>"]})
    assert not {"values/account", "facts/account", "facts/intent"} & set(keys)


def test_of_the_rest_only_that_is_asked_which_shall_be_different():
    every = ["place", "voices", "odd", "cases", "out", "answers", "never", "tested", "rows"]
    _, keys = asked({"topics": ["renew", "hours"], "change": ["place, voices, odd, answers, never, tested, rows"]})
    assert keys[keys.index("change") + 1 :] == every
    _, keys = asked({"topics": ["renew", "hours"], "change": ["7, odd"], "odd": ["none"]})
    assert keys[keys.index("change") + 1 :] == ["odd", "rows"]


@pytest.mark.parametrize(
    ("about", "place"),
    [
        ("Guests of a hotel, typing into its search box.", "search"),
        ("Customers who write e-mails to the help desk.", "mail"),
        ("People who send text messages to a clinic.", "texts"),
        ("Members of a gym, typing into the chat of its app.", "chat"),
    ],
)
def test_what_is_not_asked_is_answered_as_it_was_said(about: str, place: str):
    answers, _ = asked({"about": [about], "topics": ["renew", "hours"]})
    interview.complete(answers)
    assert answers.get("place") == place
    assert answers.get("voices") == dict(PLACES[place].voices)
    assert answers.get("cases") == list(PLACES[place].cases)
    assert (answers.get("odd"), answers.get("out"), answers.get("rows")) == ("some", "unclear", 70)
    assert next_question(answers) is None


@pytest.mark.parametrize(
    ("about", "replies"),
    [
        ("Visitors of public pools, typing into the chat assistant on the website.", "prose"),
        ("People who ask our Chatbot.", "prose"),
        ("Customers of a bank, typing into the support chat of its phone app.", "label"),
        ("Robots and their makers, typing into a form.", "label"),
    ],
)
def test_what_an_application_answers_is_guessed_from_what_it_is(about: str, replies: str):
    answers, _ = asked({"about": [about], "topics": ["renew", "hours"]})
    interview.complete(answers)
    assert answers.get("answers") == replies


def test_only_facts_that_were_guessed_wrong_are_asked_for():
    replies = {"topics": ["renew", "hours"], "renew": ["it was <amount> at <title> for <account>"], "misguessed": ["title, account"]}
    answers, keys = asked(replies | {"title": ["person"], "account": ["list"]})
    assert [key for key in keys if key.startswith(("misguessed", "facts", "values", "ranges", "signs"))] == [
        "misguessed", "facts/title", "facts/account", "values/account", "ranges/amount", "signs/amount",
    ]  # fmt: skip
    assert [seeds_of(answers).kind(slot) for slot in ("amount", "title", "account")] == ["money", "person", "list"]
    _, keys = asked(replies | {"misguessed": ["yes"]})
    assert not [key for key in keys if key.startswith("facts")]


@pytest.mark.parametrize(
    ("bounds", "field"),
    [
        (
            [5, 150],
            "{kind: number, distribution: lognormal, mu: 3.31, sigma: 1.03, decimals: 2}    # nine in ten from 5 to 150, half below 27",
        ),
        ([10, 20], "{kind: number, between: [10, 20], decimals: 2}"),
        ([0, 9.5], "{kind: number, between: [0, 9.5], decimals: 2}"),
    ],
)
def test_amounts_are_told_by_their_ends(tmp_path: Path, bounds: list[float], field: str):
    answers = {"topics": ["a", "b"], "messages": {"a": ["it was <amount>"]}, "ranges": {"amount": bounds}}
    text = api.new(tmp_path / "app", answers=answers).recipe.read_text("utf-8")
    assert f"      amount: {field}\n" in text


def test_nine_in_ten_amounts_lie_where_it_was_said(tmp_path: Path):
    answers = {"topics": ["a", "b"], "messages": {"a": ["it was <amount>"]}, "ranges": {"amount": [5, 150]}}
    fields: Any = load(api.new(tmp_path / "app", answers=answers).recipe).recipe.tables["traffic"].fields
    amounts = [fields["amount"].make(Row("traffic", number), Random(number)) for number in range(1000)]
    assert 850 < sum(5 <= amount <= 150 for amount in amounts) < 950


SHOWN = {
    "renew a book": ["renew <title> pls", "can i renew <title>", "renew <title>, account <account>", "renew it", "again pls"],
    "opening hours": ["is <title> there on <day>", "<title> today?", "do u have <title>", "when on <day>", "opening hrs"],
}


def test_facts_that_seeds_enough_show_can_be_mentioned_and_what_others_lack_is_said(tmp_path: Path):
    started = api.new(tmp_path / "app", answers=LIBRARY | {"messages": SHOWN, "rows": 5})
    text = started.recipe.read_text("utf-8")
    assert "        # mention: {title: 0.6}    # so many messages name it" in text
    assert "# <account>, <day>: named now and then. `mention` can ask for what 3 seeds of every topic name.\n" in text
    started.recipe.write_text(text.replace("        # mention:", "        mention:"), "utf-8")
    assert not [note for note in api.check(started.recipe).notes if "mention" in note]


def test_two_requests_are_about_two_of_the_recipes_topics(tmp_path: Path):
    answers = LIBRARY | {"messages": SHOWN, "odd": "much", "cases": ["two requests"], "rows": 40}
    made = api.make(api.new(tmp_path / "app", answers=answers).recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    asked_twice = [row for row in api.look(made.folder, rows=40).rows if row["case"] == "two requests"]
    assert asked_twice
    seconds = {"renew a book": ("opening hrs", "do u have"), "opening hours": ("renew it", "again pls")}
    for row in asked_twice:
        assert any(second in row["input"].lower() for second in seconds[row["intent"]]), row["input"]
        assert "<" not in row["input"]


def test_an_amount_has_its_sign_and_a_code_its_look(tmp_path: Path):
    answers = LIBRARY | {
        "messages": {"renew a book": ["fee <fee> for <account>"]},
        "facts": {"fee": "money", "account": "code"},
        "signs": {"fee": "€"},
        "codes": {"account": "LIB-4471"},
    }
    rows = next(iter(api.preview(api.new(tmp_path / "app", answers=answers).recipe, models={"typist": ScriptedModel(typist)}))).rows
    assert all(re.fullmatch(r"€\d+\.\d\d", row.values["fee"]) for row in rows)
    assert all(re.fullmatch(r"LIB-\d{4}", row.values["account"]) for row in rows)


def test_a_sign_that_messages_have_is_not_asked_for():
    _, keys = asked({"topics": ["a", "b"], "a": ["it was £<amount>", "<fee> euros", "<total>"]})
    assert [key for key in keys if key.startswith("signs")] == ["signs/total"]


@pytest.mark.parametrize(
    ("slot", "messages", "kind"),
    [
        ("claim_id", [], "code"),
        ("order_number", ["where is AB-12345"], "code"),
        ("order_number", ["where is it"], "number"),
        ("delivery_date", [], "soon"),
        ("date", [], "date"),
        ("date", ["since <date>"], "date"),
        ("date", ["going away til <date>"], "soon"),
        ("month", [], "month"),
    ],
)
def test_a_facts_kind_is_guessed_from_its_parts_and_the_messages(slot: str, messages: list[str], kind: str):
    assert suggested(slot, messages) == kind


def test_a_topic_with_stand_ins_shows_no_fact(tmp_path: Path):
    answers = LIBRARY | {"messages": {"renew a book": SHOWN["renew a book"]}}
    text = api.new(tmp_path / "app", answers=answers).recipe.read_text("utf-8")
    assert "# mention: {" not in text
    assert "<title>: named now and then." in text


def test_what_must_never_happen_is_for_a_model_to_judge_in_promptfoo(tmp_path: Path):
    started = api.new(tmp_path / "lib", answers=LIBRARY | {"never": ['Never: promise a "refund"'], "rows": 5})
    made = api.make(started.recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    folder = api.export(made.folder, ["promptfoo"], out=tmp_path / "harness").folders["promptfoo"]
    config = (folder / "promptfooconfig.yaml").read_text("utf-8")
    before, rubric, after = config.partition("    # - {type: llm-rubric")
    assert rubric
    asserts = YAML(typ="safe", pure=True).load(before + rubric.replace("# ", "") + after)["defaultTest"]["assert"]
    assert asserts[-1] == {"type": "llm-rubric", "value": 'The answer does not do this: promise a "refund"'}


def test_an_application_that_answers_in_prose_is_not_graded_by_label(tmp_path: Path):
    harness = load(api.new(tmp_path / "lib", answers=LIBRARY | {"answers": "prose"}).recipe).recipe.harness
    assert harness is not None
    assert (harness.input, harness.target) == ("message", None)
    by_label = load(api.new(tmp_path / "sorter", answers=LIBRARY).recipe).recipe.harness
    assert by_label is not None
    assert by_label.target == "intent"


def test_an_answer_that_is_taken_back_is_asked_again():
    answers = Answers({"about": "x", "place": "chat", "topics": ["a", "b"], "messages": {"a": ["hi"]}})
    answers.take_back(("messages", "a"))
    question = next_question(answers)
    assert question is not None
    assert question.key == ("messages", "a")


@pytest.mark.parametrize(
    ("slot", "kind"), [("amount", "money"), ("order_number", "number"), ("merchant", "list"), ("day", "day"), ("first_name", "person")]
)
def test_a_facts_kind_is_guessed_from_its_name(slot: str, kind: str):
    assert suggested(slot) == kind


def test_options_that_are_explained_are_numbered():
    answers = Answers({"topics": ["a", "b"], "messages": {"a": ["it is <amount>"]}})
    explained = [question for question in questions(answers) if any(question.options.values())]
    assert len(explained) > 3
    assert all(len(question.options) <= NUMBERED or len(question.usual) == USUAL_CASES for question in explained)
    assert all(set(question.usual) <= question.options.keys() for question in explained)


def test_every_harness_that_is_offered_exists():
    assert HARNESSES.keys() - {"none"} <= EXPORTERS.keys()


# Replies

ONE = Question(("place",), "?", form="one", options={"chat": "", "search": "", "mail": ""}, default="chat")
MIX = Question(("voices",), "?", form="mix", options={"texter": "", "careful": ""}, default={"texter": 1})
CASES = Question(("cases",), "?", form="several", options={f"case {letter}": "" for letter in "abcdefghijklmnopqrstuvwxyz"})
CHARGED = Question(("misguessed",), "?", form="several", options={"amount": "", "dish": ""}, default=[])
RANGE = Question(("ranges", "amount"), "?", form="range")
TOPICS = Question(("topics",), "?", form="lines")
ROWS = Question(("rows",), "?", form="number", default=200)


@pytest.mark.parametrize(
    ("question", "lines", "answer"),
    [
        (ONE, [""], "chat"),
        (ONE, ["2"], "search"),
        (ONE, ["MAIL"], "mail"),
        (ONE, ["sea"], "search"),
        (CHARGED, ["right"], []),
        (CHARGED, ["y"], []),
        (CHARGED, [""], []),
        (RANGE, ["from 5 to 1,500.50"], [5, 1500.5]),
        (MIX, [" "], {"texter": 1}),
        (MIX, ["texter 3, careful"], {"texter": 3, "careful": 1}),
        (MIX, ["careful: 2; 1"], {"careful": 2, "texter": 1}),
        (CASES, ["case a, case c, case a"], ["case a", "case c"]),
        (TOPICS, ["b", "a ", "", "b"], ["b", "a"]),
        (ROWS, ["1,500"], 1500),
        (ROWS, [], 200),
    ],
)
def test_what_replies_mean(question: Question, lines: list[str], answer: object):
    assert understood(question, lines) == answer


@pytest.mark.parametrize(
    ("question", "reply", "words"),
    [
        (ONE, "4", "there are 1 to 3"),
        (ONE, "serch", "did you mean 'search'"),
        (ONE, "s", "type three letters or more, or ? to see them all"),
        (ONE, "ma", "'ma' is none of them"),
        (RANGE, "150 to 5", "two numbers, the smaller one first"),
        (RANGE, "about 5", "two numbers"),
        (MIX, "texter 0", "leave 'texter' out"),
        (MIX, "shouty 3", "'shouty' is none of them"),
        (CASES, "3", "'3' is none of them"),
        (TOPICS, "only one", "at least two"),
        (ROWS, "many", "a number from 1 to 1,000,000"),
        (ROWS, "0", "a number from 1"),
        (Question(("messages", "a"), "?", form="lines"), "see <message>", "names a column of the dataset"),
    ],
)
def test_what_cannot_be_understood_is_told(question: Question, reply: str, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        understood(question, [reply])


# Recipes


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("odd", ["none", "some", "much"])
def test_whoever_skips_all_but_the_topics_gets_a_recipe_without_mistakes(tmp_path: Path, place: str, odd: str):
    topics = ["renew a book", "opening hours", "card problem"]
    answers, _ = asked({"topics": topics, "change": ["place, odd"], "place": [place], "odd": [odd]})
    interview.complete(answers)
    started = interview.write(tmp_path / "app", answers)
    assert started.stand_ins == tuple(topics)
    loaded = load(started.recipe)
    assert ("case" in loaded.recipe.tables["traffic"].fields) == (odd != "none")
    assert list(api.check(started.recipe).loaded.recipe.tables) == ["traffic"]


@pytest.mark.parametrize("kind", FACTS)
def test_every_kind_of_fact_makes_a_field(tmp_path: Path, kind: str):
    answers = LIBRARY | {"facts": {"title": kind, "account": "number", "day": "day"}}
    if kind != "list":
        answers |= {"values": {}}
    rows = api.preview(api.new(tmp_path / "app", answers=answers).recipe, models={"typist": ScriptedModel(typist)})
    assert next(iter(rows)).rows[0].values["title"] not in ("", None)


def test_a_recipe_makes_rows_with_the_answers_in_them(tmp_path: Path):
    started = api.new(tmp_path / "lib", answers=LIBRARY | {"odd": "much", "cases": ["empty", "truncated"], "out": "help desk", "rows": 40})
    assert started.stand_ins == ()
    made = api.make(started.recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    rows = api.look(made.folder, rows=40).rows
    assert len(rows) == 40
    assert {row["intent"] for row in rows} == {"renew a book", "opening hours"}
    assert {row["title"] for row in rows} == {"Wolf Hall", "Circe: a novel", "1984"}
    assert {row["case"] for row in rows} >= {"none", "empty", "truncated"}
    assert load(started.recipe).recipe.harness


@pytest.mark.parametrize(
    "odd_name", ["yes", "no: really", 'it\'s "so"', "12", "null", "{x}", "# a", "überweisung", "a, b", "😀", "- x", "[1]", "2026-13-01"]
)
def test_any_words_may_be_topics_values_and_labels(tmp_path: Path, odd_name: str):
    answers = LIBRARY | {
        "about": f"People, {odd_name}",
        "topics": [odd_name, "other"],
        "messages": {odd_name: ["renew <title>", "and again"], "other": ["where is <title>"]},
        "values": {"title": [odd_name, "b"]},
        "odd": "some",
        "cases": ["empty"],
        "out": odd_name,
    }
    recipe = load(api.new(tmp_path / "app", answers=answers).recipe).recipe
    fields: Any = recipe.tables["traffic"].fields
    assert fields["intent"].options == {odd_name: 5, "other": 4} or [str(option) for option in fields["intent"].options] == [
        odd_name,
        "other",
    ]
    assert odd_name in map(str, fields["title"].options)
    assert recipe.harness
    assert recipe.harness.out == odd_name


def test_topics_of_like_names_have_files_of_their_own(tmp_path: Path):
    answers = {"topics": ["a b", "A-B", "日本", "語"], "messages": {"a b": ["one"], "A-B": ["two"], "日本": ["three"], "語": ["four"]}}
    folder = tmp_path / "app"
    api.new(folder, answers=answers)
    assert sorted(file.read_text("utf-8") for file in (folder / "seeds").iterdir()) == ["four\n", "one\n", "three\n", "two\n"]


def test_nothing_is_overwritten(tmp_path: Path):
    folder = tmp_path / "app"
    (folder / "seeds").mkdir(parents=True)
    (folder / "seeds" / "opening-hours.txt").write_text("mine\n", "utf-8")
    with pytest.raises(OutputError, match=r"opening-hours\.txt is there already; nothing was written"):
        api.new(folder, answers=LIBRARY)
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["opening-hours.txt"]


# Answers in a file


def test_answers_come_back_from_their_file_as_they_were(tmp_path: Path):
    answers, _ = asked({"topics": ["yes", "12", "a: b"], "yes": ["it's <amount>"], "never": ["Say: no."], "voices": ["texter 2"]})
    interview.save(answers, tmp_path / "answers.yaml")
    back = interview.load(tmp_path / "answers.yaml")
    assert back.values == answers.values
    assert list(back.keys()) == list(answers.keys())
    assert next_question(back) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "no answers by name"),
        ("topic: [a, b]\n", "there is no question 'topic'"),
        ("topics: a\n", "topics: a list of texts is expected"),
        ("rows: yes please\n", "rows: a number from 1 to 1,000,000 is expected"),
        ("a: [b\n", "is not YAML"),
        ("about: [5]\ntopics: [a, b]\n", "about: a text is expected"),
        ("about: x\n", "needs at least two topics"),
        ("topics: [a]\n", "topics: name at least two"),
        ("topics: [a, b]\nmessages: [a]\n", "the answer to 'messages' is a mapping"),
        ("topics: [a, b]\nvoices: {texter: 0}\n", "weights are expected"),
        ("topics: [a, b]\nmessages: {a: [<code>]}\nmisguessed: []\ncodes: {code: '12'}\n", "codes → code: one example is expected"),
        ("topics: [a, b]\nplace: moon\n", "'moon'"),
        ("topics: [a, b]\nodd: lots\n", "'lots'"),
        ("topics: [a, b]\nvoices: {shouty: 1}\n", "'shouty'"),
        ("topics: [a, b]\nmessages: {a: where is it}\n", "messages → a: a list of texts"),
        ("topics: [a, b]\nmessages: {a: [it is <amount>]}\nmisguessed: []\nranges: {amount: [9, 1]}\n", "two numbers are expected"),
        ("topics: [a, b]\nmessages: {a: [it is <amount>]}\nmisguessed: 5\n", "misguessed: a list of texts is expected"),
        ("topics: [a, 12]\n", "put a number in quotes"),
        ("topics: [a, b]\nfacts: {amount: gold}\nmessages: {a: [it is <amount>]}\n", "'gold'"),
    ],
)
def test_a_file_of_answers_that_cannot_be_right(tmp_path: Path, text: str, words: str):
    (tmp_path / "answers.yaml").write_text(text, "utf-8")
    with pytest.raises((DataError, OutputError), match=re.escape(words)):
        api.new(tmp_path / "app", answers=tmp_path / "answers.yaml")
    assert not (tmp_path / "app").exists()


# At a terminal


def talk(folder: Path, lines: str, *words: str) -> tuple[str, int]:
    """What `synthgen new` prints to somebody who types these lines, and how it ends; with the `words` behind it."""
    ours, theirs = pty.openpty()
    os.write(ours, lines.encode())
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb"}
    running = subprocess.Popen(
        [sys.executable, "-m", "synthgen", "new", *words], cwd=folder, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=environment,
    )  # fmt: skip
    printed, _ = running.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return printed, running.returncode


def test_an_interview_at_a_terminal_ends_in_a_recipe(tmp_path: Path):
    printed, code = talk(tmp_path, "app\nPeople.\nrenew\nhours\n\ncan i renew\n\n<\n-1\nrenew my book\n\n\nrows\n30\n")
    assert code == 0, printed
    assert "next: synthgen make app/recipe.yaml" in printed
    assert (tmp_path / "app" / "seeds" / "renew.txt").read_text("utf-8") == "renew my book\n"
    assert load(tmp_path / "app" / "recipe.yaml").recipe.tables["traffic"].rows == 30
    written = (tmp_path / "app" / "recipe.yaml").read_text("utf-8")
    printed, code = talk(tmp_path, "", "app")
    assert (code, printed) == (0, "next: synthgen make app/recipe.yaml\n")
    assert (tmp_path / "app" / "recipe.yaml").read_text("utf-8") == written


def test_an_interview_that_is_cut_off_goes_on(tmp_path: Path):
    printed, code = talk(tmp_path, "app\nPeople.\nrenew\nhours\n\n\x04")
    assert code == 130, printed
    assert "interrupted; your answers are kept; to go on: synthgen new app\n" in printed
    printed, code = talk(tmp_path, "app\nrenew my book\n\n\n\n")
    assert code == 0, printed
    assert "going on with the answers in app/answers.yaml" in printed
    assert "Who types, and into what?" not in printed
    assert load(tmp_path / "app" / "recipe.yaml").recipe.about == "People."


def test_a_list_that_is_cut_off_keeps_its_lines_and_goes_on_by_the_folder(tmp_path: Path):
    _, code = talk(tmp_path, "app\nPeople.\nrenew\nhours\n\ncan i renew\nrenew my book\n\x04")
    assert code == 130
    assert [path.name for path in (tmp_path / "app").iterdir()] == ["answers.yaml"]
    printed, code = talk(tmp_path, "-1\nrenew it pls\n\n\n\n", "app")
    assert code == 0, printed
    assert (tmp_path / "app" / "seeds" / "renew.txt").read_text("utf-8") == "renew my book\nrenew it pls\n"
    assert "begun" not in (tmp_path / "app" / "answers.yaml").read_text("utf-8")


def test_who_answers_nothing_is_told_so(tmp_path: Path):
    printed, code = talk(tmp_path, "app\n\x04")
    assert (code, (tmp_path / "app").exists()) == (130, False)
    assert "interrupted; nothing was answered yet\n" in printed


def test_an_interview_that_was_begun_is_not_written_over_by_a_program(tmp_path: Path):
    talk(tmp_path, "app\nPeople.\n\x04")
    running = subprocess.run([sys.executable, "-m", "synthgen", "new", "app"], cwd=tmp_path, input="", capture_output=True, text=True)
    assert running.returncode == 1
    assert "app has the answers of an interview" in running.stderr
    assert not (tmp_path / "app" / "recipe.yaml").exists()


def test_a_short_reply_is_no_edge_case_and_what_was_understood_is_said(tmp_path: Path):
    lines = "food bot\n\nPeople.\nrenew\nhours\n\ncan i renew\n\n\n?\n3, 1\n1\nsome\nh\nxyz\n?\ntrunc, empty\n\n"
    printed, code = talk(tmp_path, lines)
    assert code == 0, printed
    assert "'food bot' cannot name a recipe" in printed
    assert "[food-bot]" in printed
    assert "understood: odd, place" in printed
    assert "understood: chat" in printed
    assert "'h' is none of them; type three letters or more, or ? to see them all" in printed
    question = printed.partition("Which of it?")[2].partition("? explains, and lists all")[0]
    assert "html entities" not in question
    assert "prompt injection" in question
    assert "understood: truncated, empty" in printed
    assert load(tmp_path / "food-bot" / "recipe.yaml").recipe.name == "food-bot"


def test_topics_and_values_may_stand_in_a_line_with_commas(tmp_path: Path):
    lines = "app\nPeople.\nrenew a book, hours\n\ncan i renew <title>, pls\nis <title> in, or <title>\n\n\nWolf Hall, Circe , 1984\n\n\n"
    printed, code = talk(tmp_path, lines)
    assert code == 0, printed
    assert "understood: 2 entries" in printed
    assert "understood: 3 entries" in printed
    assert "<title> stands twice, and both would be the same: call the second one <title_2>" in printed
    answers = interview.load(tmp_path / "app" / "answers.yaml")
    assert answers.get("messages", "renew a book") == ["can i renew <title>, pls"]
    assert answers.get("values", "title") == ["Wolf Hall", "Circe", "1984"]
