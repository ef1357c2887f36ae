"""`why`: everything about one row, from the output and its journal alone, and nothing that did not happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import copytree
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from synthgen.api import MakeResult, diff, make, why
from synthgen.cli.app import app
from synthgen.dataset import JOURNAL, Dataset
from synthgen.dataset.find import place_of
from synthgen.errors import OutputError
from synthgen.models import ScriptedModel
from synthgen.provenance import Why
from synthgen.spec.rows import Prompt

SHOP = """
name: shop
about: Customers of a shop.
seed: 3
voices:
  our_own: {lower_only: 1.0, question_mark: 0.5}
tables:
  orders:
    rows: 30
    fields:
      order_id: {kind: fake, provider: numerify, args: {text: "%####"}, unique: true}
      price: {kind: number, between: [3, 90], decimals: 2}
      gift: {kind: choice, options: [yes, no], when: "{{ price > 60 }}", otherwise: "no"}
      urgent: {kind: choice, options: {true: 1, false: 3}}
      parts: {kind: choice, options: {1: 5, 2: 1, 2.5: 1}}
      margin: {kind: number, between: [1, 9], HIDDEN}
  messages:
    from: {table: orders, per_row: [1, 3]}
    fields:
      reason: {kind: choice, options: [late, broken]}
      draft: {kind: template, template: "order {{ order_id }}", hidden: true}
      message:
        kind: typed
        topic: "{{ reason }}"
        seeds: {late: [where is <draft>, still no parcel, when will it be here], broken: [<draft> came broken, its smashed, crack in it]}
        VOICE
      sure: {kind: judge, of: message, question: Is it about the reason?}
    keep:
      - {kind: unique, field: message}
      - {kind: length, field: message, words: [1, 9]}
"""


def script(prompt: Prompt, stream: Random) -> str:
    if prompt.brief:
        return f"{json.dumps({'reasons': 'It says so.', 'answer': True}) if stream.random() < 0.8 else 'what?'}\n"
    words = stream.sample(["parcel", "where", "late", "Broken", "smashed", "still", "when", "crack"], 4)
    return "" if stream.random() < 0.2 else f" {' '.join(words)} <draft>\n"


Making = Callable[..., MakeResult]


@pytest.fixture
def shop(tmp_path: Path) -> Making:
    def run(voice: str = "voice: our_own", hidden: str = "hidden: false", **options: object) -> MakeResult:
        folder = tmp_path / "recipes"
        folder.mkdir(exist_ok=True)
        (folder / "shop.yaml").write_text(dedent(SHOP).replace("VOICE", voice).replace("HIDDEN", hidden), encoding="utf-8")
        models = {"typist": ScriptedModel(script, "a typist"), "claude": ScriptedModel(script, "a judge")}
        return make(folder / "shop.yaml", out=tmp_path / "out", models=models, **options)

    return run


def taken(found: Why, field: str = "message") -> str:
    (text,) = [one.text for attempt in found.attempts if attempt.field == field for one in attempt.candidates if not one.fate][-1:]
    return text


# What is told is what happened


def test_every_fact_can_be_told(shop: Making) -> None:
    made = shop()
    for row in Dataset.open(made.folder).rows("orders"):
        found = why(made.folder, f"orders-{row['provenance']['row']}")
        assert found.untold == []
        assert {name: value for name, value in row.items() if name != "provenance"} == found.values


@pytest.mark.parametrize("voice", ["voice: our_own", "on_topic: false", "aim: labels", "best_of: 3, on_topic: false"])
@pytest.mark.parametrize("chunk", [None, 7])
def test_every_row_can_be_told_and_is_the_row_in_the_output(shop: Making, voice: str, chunk: int | None) -> None:
    made = shop(voice.replace(", ", "\n        "), chunk=chunk)
    rows = list(Dataset.open(made.folder).rows("messages"))
    for row in rows[:: len(rows) // 8]:
        number, asked = row["provenance"]["row"], row["provenance"]["asked"]
        found = why(made.folder, f"messages-{number}")
        assert (found.untold, found.status, found.message) == ([], "kept", row["message"])
        last = [one for one in found.attempts if one.field == "message"][-1]
        assert taken(found) == row["message"]
        assert asked["message"]["prompt"] in [one.digest for one in last.questions]
        assert [one.attempt for one in found.attempts if one.field == "sure"][-1] == asked["sure"]["try"]
        assert {check.kind for check in found.checks if not check.refusal} >= {"unique", "length"}
        assert {fact.name for fact in found.facts} >= {"order_id", "reason", "draft"}


def test_who_took_another_text_is_the_row_that_has_it(shop: Making) -> None:
    made = shop("voice: our_own\n        on_topic: false")
    rows = {row["provenance"]["row"]: row["message"] for row in Dataset.open(made.folder).rows("messages")}
    got = [text for number in list(rows)[:20] for one in why(made.folder, number, table="messages").attempts for text in one.candidates]
    takers = [text for text in got if text.fate and text.taker]
    assert takers
    for text in takers:
        other = why(made.folder, text.taker)
        assert text.stream in [one.stream for attempt in other.attempts for one in attempt.candidates if not one.fate]


def test_the_frame_is_word_for_word_what_the_model_was_asked(shop: Making, tmp_path: Path) -> None:
    made = shop()
    models = {"typist": ScriptedModel(script, "a typist"), "claude": ScriptedModel(script, "a judge")}
    make(tmp_path / "recipes" / "shop.yaml", out=tmp_path / "again", models=models)
    asked = {prompt.digest: prompt for model in models.values() for prompt in model.asked}
    for number in range(3):
        questions = [question for attempt in why(made.folder, f"messages-{number}").attempts for question in attempt.questions]
        assert {question.model for question in questions} == {"a typist", "a judge"}
        for one in questions:
            assert one.text == asked[one.digest].full_text
            assert one.brief == (brief.system if (brief := asked[one.digest].brief) else "")


def test_facts_name_their_streams_and_what_was_left_out(shop: Making) -> None:
    made = shop()
    facts = {fact.name: fact for fact in why(made.folder, "orders-4").facts}
    assert facts["price"].stream == [3, "orders", "price", 4, 0]
    assert facts["price"].maker == "number (between: [3, 90], decimals: 2); stream 3 / orders / price / 4 / 0"
    left = [number for number in range(30) if why(made.folder, f"orders-{number}").values["price"] <= 60]
    assert "left out" in {fact.name: fact for fact in why(made.folder, left[0], table="orders").facts}["gift"].maker
    child = why(made.folder, "messages-0")
    assert child.parent == "orders-0"
    assert {fact.name: fact.source for fact in child.facts}["price"] == "orders-0"
    assert {fact.name: fact.value for fact in child.facts}["draft"] == f"order {child.values['order_id']}"  # which is hidden


def test_a_row_that_was_refused_to_the_end_says_what_became_of_each_try(shop: Making) -> None:
    made = shop()
    refused = [row for row in Dataset.open(made.folder).rows("refused") if row["table"] == "messages"]
    there = {row["provenance"]["row"] for row in Dataset.open(made.folder).rows("messages")}
    lost = [row for row in refused if row["row"] not in there]
    assert lost
    found = why(made.folder, f"messages-{lost[0]['row']}")
    assert (found.status, found.untold) == ("refused", [])
    tries = [record for record in refused if record["row"] == lost[0]["row"]]
    assert [record["reason"] for record in found.aside] == [record["reason"] for record in tries]
    assert len([one for one in [*found.attempts, *found.checks] if one.refusal]) == len(tries)


def test_where_parents_have_hidden_fields_the_row_is_told_all_the_same(shop: Making) -> None:
    made = shop(hidden="hidden: true")
    found = why(made.folder, "messages-2")
    assert found.untold == []
    assert "margin" not in found.values


def test_nothing_is_told_of_the_making_where_it_does_not_come_out_the_same(shop: Making, tmp_path: Path) -> None:
    made = shop()
    copy = made.folder / "recipe.yaml"
    copy.write_text(copy.read_text().replace("where is <draft>", "where oh where is <draft>"), encoding="utf-8")
    found = why(made.folder, "messages-1")
    (said,) = found.untold
    assert "come out otherwise" in said or "no answer" in said
    assert [one.candidates for one in found.attempts] == [[]] * len(found.attempts)
    assert all(one.questions[0].text for one in found.attempts)  # what the journal knows is told
    assert any(answer.row == "messages-1" for one in found.attempts for answer in one.answers)
    assert all(check.attempt is None for check in found.checks)


# An output from elsewhere


def test_without_a_journal_provenance_is_told_and_what_is_missing_is_named(shop: Making) -> None:
    made = shop()
    whole = why(made.folder, "messages-0")
    (made.folder / JOURNAL).unlink()
    found = why(made.folder, "messages-0")
    assert len(found.untold) == 2
    assert "the answer journal" in found.untold[0]
    assert [one.questions[0].digest for one in found.attempts if one.field == "sure"] == [
        one.questions[0].digest for one in whole.attempts[-1:]
    ]
    assert why(made.folder, "orders-0").values.items() <= whole.values.items()
    there = {row["provenance"]["row"] for row in Dataset.open(made.folder).rows("messages")}
    lost = next(row["row"] for row in Dataset.open(made.folder).rows("refused") if row["row"] not in there)
    assert why(made.folder, f"messages-{lost}").checks == []  # it has not passed them


def test_without_its_seed_files_the_frame_is_told_from_the_journal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "seeds").mkdir(parents=True)
    (home / "seeds" / "a.txt").write_text("where is it\nhi its late\nstill nothing\n")
    (home / "recipe.yaml").write_text(
        "name: t\ntables: {t: {rows: 4, fields: {message: {kind: typed, seeds: seeds/a.txt}}}}\n", encoding="utf-8"
    )
    made = make(home / "recipe.yaml", out=tmp_path / "out" / "t", models={"typist": ScriptedModel(lambda _, s: f" hi {s.random()}\n")})
    whole = why(made.folder, "t-1")
    assert whole.untold == []
    away = copytree(made.folder, tmp_path / "elsewhere" / "deep" / "t")
    found = why(away, "t-1")
    (said,) = found.untold
    assert "seeds/a.txt: no such file" in said
    assert "--recipe FILE" in said
    assert found.attempts[0].questions[0].text == whole.attempts[0].questions[0].text
    assert whole.message in [answer.text.strip() for answer in found.attempts[0].answers if answer.row == "t-1"]
    assert why(away, "t-1", recipe=home / "recipe.yaml").untold == []


def test_it_writes_nothing(shop: Making) -> None:
    made = shop()

    def files() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(made.folder.parent.rglob("*")) if path.is_file()}

    before = files()
    why(made.folder, "messages-3")
    assert files() == before


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:300])])
@pytest.mark.parametrize("verb", [lambda folder: why(folder, "orders-2"), lambda folder: diff(folder, folder)])
def test_a_damaged_file_is_told_in_words(shop: Making, damage: Callable[[Path], object], verb: Callable[[Path], object]) -> None:
    made = shop()
    damage(made.folder / "orders" / "00000.parquet")
    with pytest.raises(OutputError) as told:
        verb(made.folder)
    assert "--recheck" in told.value.hint


def test_a_journal_that_is_none_is_named_and_left_alone(shop: Making) -> None:
    made = shop()
    (made.folder / JOURNAL).write_bytes(b"no journal at all, but some words\n" * 40)
    found = why(made.folder, "messages-0")
    assert "is damaged" in found.untold[0]
    assert (made.folder / JOURNAL).read_bytes().startswith(b"no journal")


# Which row


@pytest.mark.parametrize(
    ("row", "table", "said"),
    [
        ("messages", None, "names no row"),
        ("massages-3", None, "did you mean 'messages'?"),
        ("messages-3", "orders", "names no row of table 'orders'"),
        ("3", "massages", "has no table 'massages'"),
        ("3", "refused", "numbered by the tables"),
        ("messages-999999", None, "has no row 999,999"),
        ("-3", None, "names no row"),
    ],
)
def test_a_row_that_is_not_there_is_told(shop: Making, row: str, table: str | None, said: str) -> None:
    made = shop()
    with pytest.raises(OutputError) as told:
        why(made.folder, row, table=table)
    assert said in str(told.value)


def test_an_id_of_its_own_names_a_row_too(tmp_path: Path) -> None:
    recipe = {"name": "t", "tables": {"a-1": {"rows": 3, "fields": {"key": {"kind": "id", "prefix": "bank"}}}}}
    made = Dataset.open(make(recipe, out=tmp_path / "t").folder)
    assert place_of(made, "bank-000002") == place_of(made, "a-1-2") == place_of(made, 2) == ("a-1", 2)


# The command


def test_the_command_tells_the_message_first_and_hostile_text_as_text(tmp_path: Path) -> None:
    recipe = {"name": "t", "tables": {"t": {"rows": 2, "fields": {"message": {"kind": "typed", "seeds": ["hi", "hello you", "what now"]}}}}}
    models = {"typist": ScriptedModel(lambda _, s: f" [bold]pay\u202eme\u200b {s.randrange(10**6)}\n")}
    folder = make(recipe, out=tmp_path / "t", models=models).folder
    done = CliRunner().invoke(app, ["why", str(folder), "t-1"])
    assert done.exit_code == 0
    message = why(folder, 1).message
    assert "\u202e" in message
    shown = message.replace("\u202e", "\\u202e").replace("\u200b", "\\u200b")
    assert done.output.splitlines()[1].strip() == shown
    assert not {"\u200b", "\u202e"} & set(done.output)
    assert "- hello you\n" in done.output
    assert "    taken\n" in done.output  # from its own answer
    told = json.loads(CliRunner().invoke(app, ["why", str(folder), "1", "--json"]).output)
    assert told["row"] == "t-1"
    assert told["attempts"][0]["candidates"][0]["text"] == message
    assert "<b>" not in why(folder, 1)._repr_html_()


def test_the_command_tells_what_matters_and_with_all_the_rest(shop: Making) -> None:
    made = shop()
    short, whole = (CliRunner().invoke(app, ["why", str(made.folder), "messages-0", *words]).output for words in ([], ["--all"]))
    assert len(whole.splitlines()) > len(short.splitlines())
    assert "made with python" in whole
    assert "made with python" not in short
    assert "; stream 3 / messages / " in whole
    assert "; stream " not in short
    assert short.rstrip().endswith("--all shows whole settings, frames and texts, random streams, models and versions")


def test_the_command_tells_a_missing_row_in_words(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["why", str(tmp_path), "t-1"])
    assert (done.exit_code, "there is no output" in done.output) == (1, True)
