"""Half a character (a lone surrogate) in an answer or a prompt: it becomes a question mark, the run goes on, and nothing is asked twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pyarrow import parquet
from servers import claude
from servers.claude import ClaudeServer

from synthgen import api
from synthgen.errors import ModelError
from synthgen.fields.answer import AnswerForm, schema_of
from synthgen.models import Journal, Journalled, ScriptedModel
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Brief, Completion, Document, Prompt, Refusal, storable

server = claude.named_server

SHOP = """
name: shop
about: Customers of a shop.
tables:
  traffic:
    rows: 3
    fields:
      wish: {kind: template, template: "%s"}
      reply: {kind: claude, task: Reply., shows: [wish], tries: 1%s}
"""
CHECK = "    keep: [{kind: length, field: wish, words: [1, 50]}]\n"
SAD, HALF, OTHER_HALF = "\U0001f622", "\ud83d", "\ude22"


class Shop:
    """A recipe that is made into one folder, again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, options: str = "", more: str = "", wish: str = "where is it") -> Path:
        path = self.folder / "recipe.yaml"
        path.write_text(SHOP % (wish, options) + more, encoding="utf-8")
        return path

    def make(self, *recipe: str, **options: Any) -> api.MakeResult:
        return api.make(self.write(*recipe), out=self.folder / "out", **options)

    def rows(self, name: str = "traffic") -> list[dict[str, Any]]:
        """The rows of a table, or of what was set aside."""
        return [row for file in sorted(self.folder.glob(f"out/{name}/*.parquet")) for row in parquet.read_table(file).to_pylist()]

    def column(self, name: str = "reply") -> list[Any]:
        return sorted(row[name] for row in self.rows())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def in_turn(*answers: str) -> Callable[..., str]:
    """Answers one after the other, and then the last one for ever."""
    left = list(answers)
    return lambda *asked: left.pop(0) if len(left) > 1 else left[0]


# Answers


@pytest.mark.parametrize("batch", [False, True])
def test_half_a_character_in_an_answer_is_a_question_mark(server: ClaudeServer, shop: Shop, batch: bool) -> None:
    server.answer = in_turn(f"half {HALF} here", f"whole {SAD}", "plain")
    shop.make(batch=batch)
    assert shop.column() == ["half ? here", "plain", f"whole {SAD}"]
    asked = len(server.asked()), len(server.batches)
    assert asked == ((0, 1) if batch else (3, 0))
    shop.make("", CHECK, batch=batch)
    assert shop.column() == ["half ? here", "plain", f"whole {SAD}"]
    assert (len(server.asked()), len(server.batches)) == asked


def test_a_model_from_python_may_give_halves_too(shop: Shop) -> None:
    model = ScriptedModel(in_turn(f"half {HALF}\n", f"two halves {HALF}{OTHER_HALF}\n", "plain\n"))
    shop.make(models={"claude": model})
    assert shop.column() == ["half ?", "plain", f"two halves {SAD}"]
    shop.make("", CHECK, models={"claude": model})
    assert len(model.asked) == 3


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(
    ("options", "answer", "value"),
    [
        (", output: {say: text}", r'{"say": "half \ud83d"}', '{"say": "half ?"}'),
        (", output: {say: text}", r'{"say": "whole \uD83D\uDE22"}', f'{{"say": "whole {SAD}"}}'),
        (", output: {say: text}", r'{"say": "no half: \\ud83d"}', r'{"say": "no half: \\ud83d"}'),
        (", output: {list: text}", r'{"answer": ["\uDE22", "b"]}', ["?", "b"]),
        (", output: {list: {a: text}}", r'{"answer": [{"a": "\ud83d"}]}', '[{"a": "?"}]'),
        (", output: text, think: true", r'{"reasons": "as \ud83d", "answer": "so \ud83d"}', "so ?"),
    ],
)
def test_half_a_character_in_the_json_of_an_answer(
    server: ClaudeServer, shop: Shop, batch: bool, options: str, answer: str, value: Any
) -> None:
    server.answer = lambda request: answer
    shop.make(options, batch=batch)
    assert shop.column() == [value] * 3
    asked = len(server.asked()), len(server.batches)
    shop.make(options, CHECK, batch=batch)
    assert shop.column() == [value] * 3
    assert (len(server.asked()), len(server.batches)) == asked


def test_reasons_ship_without_halves(server: ClaudeServer, shop: Shop) -> None:
    server.answer = lambda request: r'{"reasons": "as \ud83d", "answer": true}'
    shop.make(", output: boolean, think: true")
    assert shop.column("reply_reasons") == ["as ?"] * 3


def test_a_doubt_is_told_without_halves(server: ClaudeServer, shop: Shop) -> None:
    answer = r'{"outcome": "answer", "why": "", "answer": {"say": "hi"}}'
    server.answer = in_turn(r'{"outcome": "unsure", "why": "which \ud83d?", "answer": null}', answer)
    shop.make(", output: {say: text}, out: unsure")
    assert [row["reason"] for row in shop.rows("unsure")] == ["which ??"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (r'{"say": 1, "half \ud83d": 2}', "'half ?' was not asked for"),
        (f"prose {HALF}", "not JSON: prose ?"),
        (r'{"say": ["\ud83d"]}', "'say' is not text: [\"?\"]"),
    ],
)
def test_an_answer_of_another_form_is_told_without_halves(answer: str, why: str) -> None:
    form = AnswerForm(schema_of({"say": "text"}, RecipeContext(Path())))
    assert form.read(Completion(Prompt("a", 0), answer, "stop")) == Refusal("malformed", why)


# Refusals and errors


def refuse_once(server: ClaudeServer, fault: str, batch: bool) -> None:
    """The first request fails so, in words with half a character."""
    refused = in_turn(fault, "")
    server.words = f" {HALF}"
    if batch:
        server.batch_faults = lambda key: refused() or None
    else:
        server.faults = lambda number: (refused() or None) if server.log[number - 1].path == "/v1/messages" else None


@pytest.mark.parametrize("batch", [False, True])
def test_the_explanation_of_a_refusal_is_told_without_halves(server: ClaudeServer, shop: Shop, batch: bool) -> None:
    refuse_once(server, "refusal", batch)
    shop.make(batch=batch)
    assert len(shop.rows()) == 3
    assert [row["reason"] for row in shop.rows("refused")] == ["general_harms: This request was declined. ?"]


@pytest.mark.parametrize("batch", [False, True])
def test_why_a_request_cannot_be_answered_is_told_without_halves(server: ClaudeServer, shop: Shop, batch: bool) -> None:
    refuse_once(server, "errored=invalid_request_error" if batch else "413", batch)
    shop.make(batch=batch)
    assert len(shop.rows()) == 3
    (row,) = shop.rows("refused")
    assert row["check"] == "not answered"
    assert row["reason"].endswith(" ?")


def test_an_error_of_the_api_is_shown_on_a_terminal(server: ClaudeServer, shop: Shop) -> None:
    server.words, server.faults = f" {HALF}", lambda number: "403" if server.log[number - 1].path == "/v1/messages" else None
    shop.write()
    command = [sys.executable, "-m", "synthgen", "make", "recipe.yaml"]
    done = subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == ModelError.exit_code, done.stderr
    assert "the key may not do this" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_in_a_batch_is_told_without_halves(server: ClaudeServer, shop: Shop) -> None:
    server.words, server.batch_faults = f" {HALF}", lambda key: "errored=permission_error"
    with pytest.raises(ModelError) as told:
        shop.make(batch=True)
    assert told.value.message.endswith("permission_error: a fault that the test asked for ?")


def test_thoughts_with_halves_are_read_over(server: ClaudeServer, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {**vars(claude.MODELS["claude-haiku-5-5"]), "omits": False}
    monkeypatch.setitem(claude.MODELS, "claude-sonnet-5-5", claude.Model(**shown))
    server.words, server.answer = HALF, lambda request: "plain"
    shop.make()
    assert shop.column() == ["plain"] * 3
    assert all(entry.answer["content"][0]["thinking"].endswith(HALF) for entry in server.asked())


# Prompts


@pytest.mark.parametrize("batch", [False, True])
def test_a_prompt_with_half_a_character_is_asked_without_it(server: ClaudeServer, shop: Shop, batch: bool) -> None:
    server.answer = in_turn("a", "b", "c")
    wish = r"a {{ '\\ud83d' }} b {{ '\\ud83d\\ude22' }}"
    shop.make("", "", wish, batch=batch)
    assert shop.column() == ["a", "b", "c"]
    assert shop.column("wish") == [f"a ? b {SAD}"] * 3
    path = "/v1/messages/batches" if batch else "/v1/messages"
    asked = [entry.body for entry in server.asked(path)]
    assert f"a ? b {SAD}" in json.dumps(asked, ensure_ascii=False)
    shop.make("", CHECK, wish, batch=batch)
    assert len(server.asked(path)) == len(asked)
    with closing(sqlite3.connect(shop.folder / "out" / ".journal.sqlite")) as journal:
        texts = [text for (text,) in journal.execute("SELECT text FROM prompts")]
    assert any(f"a ? b {SAD}" in text for text in texts)


def test_a_row_with_half_a_character_can_be_looked_at(server: ClaudeServer, shop: Shop) -> None:
    path = shop.write("", "", r"a {{ '\\ud83d' }}")
    command = [sys.executable, "-m", "synthgen", "preview", path, "--json"]
    done = subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "a ?" in done.stdout) == (0, True), done.stderr


def test_all_that_a_model_reads_is_without_halves() -> None:
    brief = Brief(f"system {HALF}", (Document(f"name {HALF}", "text/plain", f"content {HALF}"),))
    prompt = Prompt(f"text {HALF}", 1, brief=brief, turns=(("user", f"turn {HALF}"),))
    assert (prompt.text, prompt.turns, brief.system) == ("text ?", (("user", "turn ?"),), "system ?")
    assert (brief.documents[0].name, brief.documents[0].content) == ("name ?", "content ?")
    journal = Journal(None)
    list(Journalled(ScriptedModel(lambda prompt, random: "a\n"), journal).complete([prompt]))
    assert journal.prompt(prompt.digest) == prompt.full_text
    assert journal.prompt(brief.digest) == "system ?"
    journal.close()


# Journals


def test_an_answer_in_a_recovered_journal_that_is_no_text_is_read(tmp_path: Path) -> None:
    path, prompt = tmp_path / "journal", Prompt("a", 1)
    journal = Journal(path)
    list(Journalled(ScriptedModel(lambda prompt, random: "said\n"), journal).complete([prompt]))
    journal.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM seals")  # as of a version that had none
        other.execute("UPDATE answers SET text = CAST(x'61eda0bd62' AS TEXT)")
    journal = Journal(path)
    (found,) = Journalled(ScriptedModel(lambda prompt, random: "other\n"), journal).complete([prompt])
    journal.close()
    assert found.text.encode()[:1] + found.text.encode()[-1:] == b"ab"


ANY = some.text(some.characters(exclude_categories=()))


@given(ANY, ANY, some.integers(0, 2**64 - 1))
def test_what_is_kept_is_what_comes_back_whatever_is_said(question: str, said: str, stream: int) -> None:
    journal, prompt = Journal(None), Prompt(question, stream)
    (first,) = Journalled(ScriptedModel(lambda prompt, random: said), journal).complete([prompt])
    (again,) = Journalled(ScriptedModel(lambda prompt, random: "other"), journal, closed=True).complete([prompt])
    journal.close()
    assert again == first
    assert first.text.encode().decode() == first.text == storable(said)


@given(ANY)
def test_only_halves_become_question_marks(text: str) -> None:
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    assert storable(text) == "".join("?" if "\ud800" <= letter <= "\udfff" else letter for letter in joined)
