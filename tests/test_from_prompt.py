"""A recipe from a prompt: where its variables stand, what each is given, and that the filled prompts are made at the first try."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from synthgen import api
from synthgen.cli import app
from synthgen.errors import DataError, OutputError
from synthgen.interview.described import described
from synthgen.interview.placeholders import read_template
from synthgen.interview.prompts import GENERAL_TOPICS
from synthgen.interview.variables import kind_of, variable_kinds
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.spec import render
from synthgen.spec.rows import Prompt

REPLIES = """You write the replies of Halden Tool Hire. At most {{max_words}} words; sign with {{ agent.first_name }}.
to pay: £{{ balance | round(2) }}{% if notes %}
notes: {{ notes }}{% endif %}
{% for doc in documents %}<doc title="{{ doc.title }}">{{ doc.text }}</doc>
{% endfor %}<message>
{{ message }}
</message>
"""
SORTING = """Classify the ticket into one of the following categories: billing, technical issue, account access. Name it only.

Ticket from ${user.name}: ${ticket_body}
"""
AIRLINE = """# Role
You are **Sky**, the support assistant of an airline's website.

You can help with:
- Booking changes (dates and names)
- Refunds
- Lost baggage: tracing and claims

Never:
- promise compensation before a claim is checked

Be kind. Do not discuss other airlines.
"""


def typist(prompt: Prompt, stream: Random) -> str:
    """Words of the seeds, in another order."""
    seeds = [line[2:] for line in prompt.text.splitlines() if line.startswith("- ")]
    words = [word for seed in stream.sample(seeds, min(2, len(seeds))) for word in seed.split()]
    return f" {' '.join(stream.sample(words, len(words)))}\n"


def made(tmp_path: Path, prompt: str, rows: int = 30) -> tuple[Any, list[dict[str, Any]]]:
    """The recipe of a prompt, and rows of it."""
    (tmp_path / "prompt.txt").write_text(prompt, "utf-8")
    started = api.new(tmp_path / "app", prompt=tmp_path / "prompt.txt")
    output = api.make(started.recipe, out=tmp_path / "out", rows=rows, models={"typist": ScriptedModel(typist)})
    return load(started.recipe).recipe, list(api.look(output.folder, rows=rows).rows)


# Variables


@pytest.mark.parametrize(
    ("prompt", "values", "filled"),
    [
        ("Hi {{ name }}, {{customer.city}} {{ user-id }}", {"name": "A", "customer_city": "B", "user_id": "C"}, "Hi A, B C"),
        ("{{{raw}}} of {{ date | tojson }}", {"raw": "<b>", "date": "D"}, "<b> of D"),
        ('{a} says {{"b": {c!r}}} {d:>10} {e[0]}', {"a": "1", "c": "2", "d": "3", "e_0": "4"}, '1 says {"b": 2} 3 4'),
        ("{{{a}}} {# {{ {b}{{% {c}", {"a": "1", "b": "2", "c": "3"}, "{1} {# { 2{% 3"),
        ("Pay ${amount} to {name}", {"amount": "5", "name": "A"}, "Pay $5 to A"),
        ("Pay ${amount} to ${name}", {"amount": "5", "name": "A"}, "Pay 5 to A"),
        ("<doc>\n<The Text>\n</doc> for <NAME>, <b>now</b><br>", {"The_Text": "x", "NAME": "A"}, "<doc>\nx\n</doc> for A, <b>now</b><br>"),
        ("{% for x in items %}{{ x.a }}{{ loop.index }}{% endfor %}{{ n }}", {"items": [{"a": "p"}], "n": "1"}, "p11"),
        ("{% if user.vip and not old %}V{% endif %}{{ context }}", {"user_vip": "y", "old": "", "context_text": "c"}, "Vc"),
        ("Only text, {} and { } and {1}. <p>One</p> 3 < 4 > 2", {}, "Only text, {} and { } and {1}. <p>One</p> 3 < 4 > 2"),
    ],
)
def test_variables_are_found_in_each_notation_and_all_else_is_kept(prompt: str, values: dict[str, Any], filled: str):
    template = read_template(prompt, "prompt.txt")
    assert set(template.variables) == values.keys()
    assert render.fill(template.text, values) == filled


@pytest.mark.parametrize(
    ("variable", "before", "alone", "kind"),
    [
        ("customer_name", "", False, "person"),
        ("product_name", "", False, "product"),
        ("agent_first_name", "", False, "firstname"),
        ("userQuery", "", False, "message"),
        ("context_text", "", True, "document"),
        ("chat_history", "", True, "history"),
        ("email", "Write to ", False, "mailaddress"),
        ("email", "Summarise:\n", True, "document"),
        ("order_date", "", False, "date"),
        ("order_id", "", False, "identifier"),
        ("max_words", "", False, "number"),
        ("is_premium", "", False, "bool"),
        ("x", "the price is ", False, "money"),
        ("TARGET_LANGUAGE", "", False, "language"),
        ("foo", "", False, "other"),
    ],
)
def test_a_variables_kind_is_guessed(variable: str, before: str, alone: bool, kind: str):
    assert kind_of(variable, before, alone=alone) == kind


@pytest.mark.parametrize("kind", variable_kinds())
def test_every_kind_makes_usual_and_unusual_values(tmp_path: Path, kind: str):
    name = next((word for word in sorted(variable_kinds()[kind].names) if kind_of(word, "", alone=False) == kind), kind)
    _, rows = made(tmp_path, f"Here: {{{{ {name} }}}} and {{{{ {name}_2 }}}}.", rows=60)
    values = {row[f"{name}_2"] for row in rows}
    usual = {row[f"{name}_2"] for row in rows if row["unusual"] != f"{name}_2"}
    assert len(usual) > 1
    assert values - usual


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("  \n", "is empty"),
        ("{{#each docs}}{{this}}{{/each}}", "is a block of Handlebars"),
        ("{{ a | frobnicate }}", "frobnicate"),
        ("{% macro x() %}{% endmacro %}{{ a }}", "no other statement"),
    ],
)
def test_what_cannot_be_filled_is_told(tmp_path: Path, prompt: str, words: str):
    (tmp_path / "prompt.txt").write_text(prompt, "utf-8")
    with pytest.raises(DataError, match=re.escape(words)):
        api.new(tmp_path / "app", prompt=tmp_path / "prompt.txt")
    assert not (tmp_path / "app").exists()


# Recipes


def test_a_prompt_is_filled_word_for_word(tmp_path: Path):
    recipe, rows = made(tmp_path, REPLIES, rows=60)
    assert recipe.harness.input == "filled"
    for row in rows:
        lines = row["filled"].splitlines()
        assert (
            lines[0] == f"You write the replies of Halden Tool Hire. At most {row['max_words']} words; sign with {row['agent_first_name']}."
        )
        assert f"to pay: £{row['balance']}" in row["filled"]
        assert row["filled"].endswith(f"<message>\n{row['message']}\n</message>\n")
        assert all(f'<doc title="{document["title"]}">{document["text"]}</doc>' in row["filled"] for document in row["documents"])
    assert len({row["unusual"] for row in rows}) > 3
    assert api.export(tmp_path / "out", "promptfoo").cases == 60


def test_a_prompt_that_sorts_has_its_categories_as_targets(tmp_path: Path):
    recipe, rows = made(tmp_path, SORTING)
    assert (recipe.harness.target, recipe.harness.grade) == ("topic", "label")
    assert {row["topic"] for row in rows} == {"billing", "technical issue", "account access"}
    assert all(row["filled"].endswith(f"Ticket from {row['user_name']}: {row['ticket_body']}\n") for row in rows)


def test_a_prompt_without_a_user_asks_no_model(tmp_path: Path):
    (tmp_path / "prompt.txt").write_text("Translate into {language}:\n{document}\n", "utf-8")
    checked = api.check(api.new(tmp_path / "app", prompt=tmp_path / "prompt.txt").recipe)
    assert checked.plan.models == set()


def test_a_system_prompt_becomes_the_answers_of_an_interview(tmp_path: Path):
    recipe, rows = made(tmp_path, AIRLINE)
    assert recipe.about == "People who type to Sky, the support assistant of an airline's website."
    assert {row["intent"] for row in rows} == {"booking changes", "refunds", "lost baggage"}
    assert recipe.harness.system == AIRLINE.strip()
    assert recipe.harness.target is None
    assert recipe.harness.never == ["Never: promise compensation before a claim is checked", "Do not discuss other airlines."]
    again = api.new(tmp_path / "again", answers=tmp_path / "app" / "answers.yaml")
    fields = [one.tables["traffic"].fields["intent"] for one in (load(again.recipe).recipe, recipe)]
    assert fields[0].options == fields[1].options  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("prompt", "topics"),
    [
        ("Answer questions about algebra, geometry and statistics. Be kind.", ("algebra", "geometry", "statistics")),
        ("Pick one of: A, B or C", ("a", "b", "c")),
        ("You must not help with: \n- weapons\n- drugs\n", ()),
        ("Your tasks:\n1. **Plan meals** - for a week\n2. Write shopping lists\n", ("plan meals", "write shopping lists")),
        ("You are an expert Python developer. Be concise.", ()),
    ],
)
def test_topics_that_a_prompt_names(prompt: str, topics: tuple[str, ...]):
    assert described(prompt).topics == topics


def test_where_no_topics_are_named_general_ones_stand_in(tmp_path: Path):
    (tmp_path / "prompt.txt").write_text("You are a helpful assistant.", "utf-8")
    heard: list[str] = []
    started = api.new(tmp_path / "app", prompt=tmp_path / "prompt.txt", listen=heard.append)
    assert heard == ["no variables: a system prompt, which names no topics: general ones stand in"]
    assert started.stand_ins == tuple(GENERAL_TOPICS)


def test_nothing_is_overwritten(tmp_path: Path):
    (tmp_path / "prompt.txt").write_text("Sum up:\n{document}", "utf-8")
    (tmp_path / "app" / "values").mkdir(parents=True)
    (tmp_path / "app" / "values" / "document.jsonl").write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"document\.jsonl is there already; nothing was written"):
        api.new(tmp_path / "app", prompt=tmp_path / "prompt.txt")


def test_the_command_says_what_each_variable_is_given(tmp_path: Path):
    (tmp_path / "prompt.txt").write_text("Write to {customer} about {foo}.", "utf-8")
    told = CliRunner().invoke(app, ["new", str(tmp_path / "app"), "--from-prompt", str(tmp_path / "prompt.txt")])
    assert told.exit_code == 0, told.output
    assert "customer: a person's name\nfoo: not known from its name; say what it is given\n" in told.output
    assert "next: synthgen preview" in told.output
