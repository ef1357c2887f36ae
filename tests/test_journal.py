"""The answer journal: what a model has answered is never asked again."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.errors import ModelError
from synthgen.models import Journal, Journalled, ScriptedModel
from synthgen.models.journal import SCHEMA, count_damaged
from synthgen.spec.rows import Brief, Completion, Prompt

MESSAGES = """
    name: shop
    about: Customers of a shop, typing into its chat.
    tables:
      traffic:
        rows: 30
        fields:
          number: {kind: number, between: [1, 9]}
          message:
            kind: typed
            topic: "about {{ number % 3 }}"
            seeds: [where is it, its order <number> pls, why <number>]
            mention: {number: 0.5}
"""


def answer(prompt, random):
    """A message that mentions what it must, and one in four that ends nowhere."""
    if random.random() < 0.25:
        return " and then"
    return f" hi {random.randrange(10**9)} {' '.join(f'<{slot}>' for slot in prompt.origin.get('mention', ()))}\n"


class Failing(ScriptedModel):
    """A model that fails after so many answers."""

    def __init__(self, answers, script=answer):
        super().__init__(script)
        self.left = answers

    def complete(self, prompts):
        for completion in super().complete(prompts):
            if not self.left:
                raise ModelError("out of memory")
            self.left -= 1
            yield completion


class Backwards(ScriptedModel):
    """A model that gives its answers in another order than it was asked."""

    def complete(self, prompts):
        yield from reversed(list(super().complete(prompts)))


PROMPTS = [Prompt(text, stream, {"temperature": 1.0, "stop": "\n"}) for text in ("one\n-", "two\n-") for stream in range(3)]


@pytest.fixture
def journal():
    opened = Journal(None)
    yield opened
    opened.close()


def texts(completions):
    return {(one.prompt.text, one.prompt.stream): one.text for one in completions}


# Nothing is asked twice


def test_an_answer_is_given_again_and_not_asked_for(journal):
    model = ScriptedModel(answer)
    first = list(Journalled(model, journal).complete(PROMPTS))
    again = list(Journalled(model, journal).complete(PROMPTS))
    assert len(model.asked) == len(PROMPTS) == len(journal)
    assert again == first
    assert [one.prompt for one in again] == PROMPTS


def test_only_what_is_not_known_is_asked(journal):
    model = ScriptedModel(answer)
    remembering = Journalled(model, journal)
    list(remembering.complete(PROMPTS[1:4]))
    completions = list(remembering.complete(PROMPTS))
    assert model.asked == [*PROMPTS[1:4], PROMPTS[0], *PROMPTS[4:]]
    assert texts(completions) == texts(ScriptedModel(answer).complete(PROMPTS))


def test_it_counts_what_was_asked_and_what_was_remembered(journal):
    remembering = Journalled(ScriptedModel(lambda prompt, random: " a b c\n"), journal)
    list(remembering.complete(PROMPTS[:4]))
    list(remembering.complete(PROMPTS))
    assert (remembering.asked, remembering.remembered, remembering.tokens_in, remembering.tokens_out) == (6, 4, 12, 18)


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "one \n-"},
        {"stream": 99},
        {"settings": {"temperature": 1.1, "stop": "\n"}},
        {"settings": {"temperature": 1.0}},
        {"settings": {}},
    ],
)
def test_whatever_decides_an_answer_makes_it_another_question(journal, changed):
    remembering = Journalled(ScriptedModel(answer), journal)
    list(remembering.complete(PROMPTS[:1]))
    list(remembering.complete([replace(PROMPTS[0], **changed)]))
    assert (remembering.asked, remembering.remembered) == (2, 0)


def test_where_a_prompt_comes_from_and_the_order_of_its_settings_decide_nothing(journal):
    remembering = Journalled(ScriptedModel(answer), journal)
    list(remembering.complete(PROMPTS[:1]))
    list(remembering.complete([replace(PROMPTS[0], origin={"seeds": ["x"]}, settings={"stop": "\n", "temperature": 1.0})]))
    assert (remembering.asked, remembering.remembered) == (1, 1)


def test_another_model_is_asked_for_itself(journal):
    one, other = (
        Journalled(ScriptedModel(lambda prompt, random, name=name: f" {name}\n", identity=name), journal) for name in ("a@1", "a@2")
    )
    assert {completion.text for completion in one.complete(PROMPTS)} == {" a@1\n"}
    assert {completion.text for completion in other.complete(PROMPTS)} == {" a@2\n"}
    assert {completion.text for completion in one.complete(PROMPTS)} == {" a@1\n"}
    assert (other.identity, other.count("three words here")) == ("a@2", 3)


def test_answers_may_come_in_any_order(journal):
    list(Journalled(Backwards(answer), journal).complete(PROMPTS))
    assert texts(Journalled(ScriptedModel(answer), journal, closed=True).complete(PROMPTS)) == texts(
        ScriptedModel(answer).complete(PROMPTS)
    )


def test_a_question_that_is_asked_twice_at_once_gets_two_answers(journal):
    twins = [Prompt("one\n-", 0), Prompt("one\n-", 0)]
    assert [one.text for one in Journalled(ScriptedModel(answer), journal).complete(twins)] == [
        one.text for one in ScriptedModel(answer).complete(twins)
    ]


@given(some.text(some.characters(codec="utf-8")), some.text(some.characters(codec="utf-8")), some.integers(0, 2**64 - 1))
def test_texts_come_back_letter_by_letter(question, said, stream):
    journal = Journal(None)
    prompt = Prompt(question, stream)
    (first,) = Journalled(ScriptedModel(lambda prompt, random: said), journal).complete([prompt])
    (again,) = Journalled(ScriptedModel(lambda prompt, random: "other"), journal, closed=True).complete([prompt])
    assert again == first == Completion(prompt, said, first.finish, first.tokens_in, first.tokens_out)
    assert journal.prompt(prompt.digest) == question
    journal.close()


# A run that is cut off


@pytest.mark.parametrize("answers", [0, 1, 4, 5])
def test_what_was_answered_before_a_model_failed_is_kept(journal, answers):
    failing = Journalled(Failing(answers), journal)
    with pytest.raises(ModelError, match="out of memory"):
        list(failing.complete(PROMPTS))
    assert (failing.asked, len(journal)) == (answers, answers)
    model = ScriptedModel(answer)
    assert texts(Journalled(model, journal).complete(PROMPTS)) == texts(ScriptedModel(answer).complete(PROMPTS))
    assert len(model.asked) == len(PROMPTS) - answers


@pytest.mark.parametrize("answers", [1, 10, 33, 40])
def test_a_table_whose_model_failed_is_made_the_same_the_next_time(make, journal, answers):
    whole = ScriptedModel(answer)
    uninterrupted = make(MESSAGES, model=whole)["traffic"]
    assert len(whole.asked) > 40
    with pytest.raises(ModelError):
        make(MESSAGES, model=Journalled(Failing(answers), journal))
    model = ScriptedModel(answer)
    made = make(MESSAGES, model=Journalled(model, journal))["traffic"]
    assert (made.values, made.refused) == (uninterrupted.values, uninterrupted.refused)
    assert len(model.asked) == len(whole.asked) - answers


def test_a_run_that_nobody_read_to_its_end_keeps_what_it_gave(journal):
    answers = Journalled(ScriptedModel(answer), journal).complete(PROMPTS)
    next(answers)
    next(answers)
    answers.close()
    assert len(journal) == 2


# Made again


def test_making_a_table_again_asks_for_nothing(make, journal):
    first = make(MESSAGES, model=Journalled(ScriptedModel(answer), journal))["traffic"]
    model = ScriptedModel(answer)
    assert make(MESSAGES, model=Journalled(model, journal))["traffic"].values == first.values
    assert model.asked == []


def test_more_rows_ask_only_for_the_new_ones(make, journal):
    one_frame = MESSAGES.replace('"about {{ number % 3 }}"', "it").replace("rows: 30", "rows: 10")
    make(one_frame, model=Journalled(ScriptedModel(lambda prompt, random: " <number>\n" if prompt.origin["mention"] else " hm\n"), journal))
    kept = len(journal)
    model = ScriptedModel(lambda prompt, random: " <number>\n" if prompt.origin["mention"] else " hm\n")
    made = make(one_frame, model=Journalled(model, journal), rows=12)["traffic"]
    assert len(made.rows) == 12
    assert 0 < len(model.asked) < kept


def test_another_check_asks_only_for_what_it_refuses(make, journal):
    first = make(MESSAGES, model=Journalled(ScriptedModel(answer), journal))["traffic"]
    kept = len(journal)
    model = ScriptedModel(answer)
    made = make(MESSAGES + '        keep: [{kind: lacks, field: message, pattern: "^hi 1"}]\n', model=Journalled(model, journal))["traffic"]
    refused = sum(row["message"].startswith("hi 1") for row in first.values)
    assert 0 < refused <= len({prompt.stream for prompt in model.asked}) < kept
    assert [row for row in first.values if not row["message"].startswith("hi 1")] == [row for row in made.values if row in first.values]


# Closed


def test_a_closed_journal_asks_nothing_and_leaves_out_what_it_does_not_know(journal):
    model = ScriptedModel(answer)
    list(Journalled(model, journal).complete(PROMPTS[::2]))
    closed = Journalled(model, journal, closed=True)
    assert [one.prompt for one in closed.complete(PROMPTS)] == PROMPTS[::2]
    assert (len(model.asked), closed.asked, closed.remembered) == (3, 0, 3)


# On disk


def test_a_journal_is_one_file_that_the_next_run_opens(tmp_path):
    path = tmp_path / "a journal.sqlite"
    journal = Journal(path)
    first = list(Journalled(ScriptedModel(answer), journal).complete(PROMPTS))
    journal.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a journal.sqlite"]
    again = Journal(path)
    assert list(Journalled(ScriptedModel(answer), again, closed=True).complete(PROMPTS)) == first
    again.close()


def test_a_journal_that_was_never_closed_has_every_answer(tmp_path):
    """As after a kill: another connection sees what the first one was told to keep."""
    killed = Journal(tmp_path / "j.sqlite")
    answers = Journalled(ScriptedModel(answer), killed).complete(PROMPTS)
    next(answers)
    with sqlite3.connect(tmp_path / "j.sqlite") as other:
        assert other.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    other.close()
    answers.close()
    killed.close()


LATER = ["logprobs TEXT", "tokens_thinking INTEGER", "milliseconds INTEGER"]


@pytest.mark.parametrize(("version", "later"), [(1, LATER), (2, LATER[1:]), (3, LATER[2:])])
def test_a_journal_of_an_earlier_shape_is_read_and_goes_on(tmp_path, version, later):
    """It had no log-probabilities yet, or no count of thoughts, or no milliseconds."""
    old = SCHEMA
    for column in later:
        old, replaced = re.subn(rf",\s+{column}", "", old)
        assert replaced == 1
    file = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(old)
        connection.execute(f"PRAGMA user_version = {version}")
        values = ["k", "m", "", "", PROMPTS[0].digest, "0", "{}", " hi\n", "stop", 1, 2, 0, None, None, None][: 16 - len(later)]
        connection.execute(f"INSERT INTO answers VALUES ({', '.join('?' for _ in values)})", values)
    before, reader = file.read_bytes(), Journal(file, read_only=True)
    known = Completion(PROMPTS[0], " hi\n", "stop", 1, 2)
    assert reader.find("k", PROMPTS[0]) == known
    assert [spent["tokens_thinking"] for spent in reader.spent()] == [0]
    assert [answer["text"] for answer in reader.answers("", PROMPTS[0].digest)] == [" hi\n"]
    reader.close()
    assert file.read_bytes() == before
    journal = Journal(file)
    assert journal.find("k", PROMPTS[0]) == known
    given = Completion(PROMPTS[1], " ho\n", "stop", 1, 2, logprobs=(-0.5, -2.25), tokens_thinking=1, milliseconds=7)
    journal.keep("other", "m", given)
    assert journal.find("other", PROMPTS[1]) == given
    assert [spent["tokens_thinking"] for spent in journal.spent()] == [1]
    journal.close()


CHANGES = {
    "text": "UPDATE answers SET text = replace(text, 'a', 'b')",
    "finish": "UPDATE answers SET finish = 'stoq'",
    "cost": "UPDATE answers SET cost = 3",
    "logprobs": "UPDATE answers SET logprobs = '[-0.5]'",
    "bytes that are no text": "UPDATE answers SET text = CAST(x'ff' AS TEXT)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_that_a_disk_has_changed_is_asked_for_again(tmp_path, change):
    file, good = tmp_path / "journal", Completion(PROMPTS[0], " a\n", "stop", 1, 2, 0, 1, (-0.5, -1.25))
    journal = Journal(file)
    journal.keep("k", "m", good)
    journal.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(CHANGES[change])
    assert count_damaged(file) == 1
    journal = Journal(file)
    assert journal.find("k", PROMPTS[0]) is None
    assert journal.damaged == {"k"}
    assert journal.answers("", PROMPTS[0].digest) == []
    journal.keep("k", "m", good)
    assert journal.find("k", PROMPTS[0]) == good
    journal.close()
    assert count_damaged(file) == 0


@pytest.mark.parametrize("cost", [None, 0, 1, 0.1, float("inf"), float("nan")])
@pytest.mark.parametrize("text", ["", "a\0b", "\u2028 ä 😀", "x" * 100_000])
def test_no_answer_is_taken_for_damaged_that_is_whole(tmp_path, cost, text):
    journal = Journal(tmp_path / "journal")
    journal.keep("k", "m", Completion(PROMPTS[0], text, "stop", 10**30, 2, 0, cost))
    found = journal.find("k", PROMPTS[0])
    assert found is not None
    assert found.text == text
    journal.close()
    assert count_damaged(tmp_path / "journal") == 0


def test_a_journal_of_before_seals_is_read(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.keep("k", "m", Completion(PROMPTS[0], "a", "stop"))
    journal.close()
    with closing(sqlite3.connect(tmp_path / "journal")) as connection, connection:
        connection.execute("DROP TABLE seals")
    before = (tmp_path / "journal").read_bytes()
    reading = Journal(tmp_path / "journal", read_only=True)
    assert reading.find("k", PROMPTS[0]) is not None
    reading.close()
    assert count_damaged(tmp_path / "journal") == 0
    assert (tmp_path / "journal").read_bytes() == before
    assert Journal(tmp_path / "journal").find("k", PROMPTS[0]) is not None


@pytest.mark.parametrize("told", [2**62, 2**63, 10**30, -(10**30), float("inf"), float("nan"), 0.5])
def test_no_number_of_tokens_overflows_what_is_kept_or_added_up(told):
    journal = Journal(None)
    for stream in (1, 2):
        journal.keep(str(stream), "model", Completion(Prompt("a", stream), "b", "stop", told, told, told))
    found = journal.find("1", Prompt("a", 1))
    (spent,) = journal.spent()
    assert [spent[name] for name in ("tokens_in", "tokens_out", "tokens_cached")] == [2 * found.tokens_in] * 3
    assert 0 <= found.tokens_in <= 10**12


def test_a_journal_that_holds_more_tokens_than_can_be_added_up_is_told_of(tmp_path):
    Journal(tmp_path / "journal").close()
    with closing(sqlite3.connect(tmp_path / "journal")) as raw, raw:
        for key in "ab":
            raw.execute(
                "INSERT INTO answers VALUES (?, 'm', '', '', '', '', '', 'x', 'stop', ?, 1, 1, NULL, NULL, NULL, NULL)", (key, 2**63 - 1)
            )
    (spent,) = Journal(tmp_path / "journal").spent()
    assert spent["tokens_in"] == 2**63 - 1


def test_what_was_paid_for_is_on_the_disk_before_it_is_given_out(tmp_path):
    """SQLite waits for the disk after each change where it is FULL (2), and only now and then where it is NORMAL (1)."""
    journal, modes = Journal(tmp_path / "journal"), list[int]()

    def mode():
        modes.append(journal.rows("PRAGMA synchronous")[0][0])

    for one in (
        Completion(Prompt("a", 1), "b", "stop"),
        Completion(Prompt("a", 2), "b", "stop", cost=0.01),
        Completion(Prompt("a", 3), "b", "stop"),
        Completion(Prompt("a", 4, brief=Brief("b")), "b", "refusal"),
        Completion(Prompt("a", 5), "b", "stop", milliseconds=80),
    ):
        journal.keep(str(one.prompt.stream), "model", one)
        mode()
    batch = journal.batches.intend("model", {"key": Prompt("a", 5)}, time())
    mode()
    journal.keep("6", "model", Completion(Prompt("a", 6), "b", "stop"))
    batch = journal.batches.named(batch, "name")
    mode()
    journal.keep("7", "model", Completion(Prompt("a", 7), "b", "stop"))
    journal.batches.finish(batch, "model", {"key": Completion(Prompt("a", 5), "b", "stop", cost=0.01)})
    mode()
    assert modes == [1, 2, 1, 2, 2, 2, 2, 2]
