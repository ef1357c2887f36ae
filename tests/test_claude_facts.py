"""What is known of Claude's models without asking: how they think, what that is assumed to cost, and when they retire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from anthropic.resources.messages import messages as sdk
from servers import claude
from servers.claude import ClaudeServer
from typer.testing import CliRunner

from synthgen.cli import app
from synthgen.models import ClaudeModel
from synthgen.models.prices import price_list
from synthgen.recipe.claude_models import FACTS, SOON, THOUGHT, facts_of, known_retirement, thought_tokens

server = claude.named_server
RECIPE = {
    "name": "shop",
    "tables": {
        "traffic": {
            "rows": 3,
            "fields": {"n": {"kind": "id"}, "note": {"kind": "claude", "task": "Write about {{ n }}.", "output": {"text": "text"}}},
        }
    },
}


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., str]:
    """Writes the recipe, with another model and with more keys on its field."""

    def write(name: str, **keys: object) -> str:
        written = json.loads(json.dumps(RECIPE))
        written["models"] = {"claude": {"kind": "claude", "name": name}}
        written["tables"]["traffic"]["fields"]["note"] |= keys
        (tmp_path / "recipe.yaml").write_text(json.dumps(written))
        return str(tmp_path / "recipe.yaml")

    return write


def said(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "300"}).invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


# What is known


@pytest.mark.parametrize("name", FACTS)
def test_a_model_thinks_as_the_api_says(name):
    facts, model = FACTS[name], claude.find_model(name)[1]
    assert facts.thinking == set(model.thinking.split())
    assert facts.thinks is (model.alone == "adaptive")
    assert facts.effort == model.usual


def test_every_model_with_a_price_is_known_and_a_date_behind_its_name_changes_nothing():
    assert FACTS.keys() == price_list().keys()
    assert facts_of("claude-haiku-4-5-20251001") is FACTS["claude-haiku-4-5"]
    assert facts_of("claude-haiku-9") is None


def test_the_last_days_are_those_that_the_sdk_warns_of():
    days = {name: re.sub(r"(?<=\d)[a-z]+", "", day) for name, day in sdk.DEPRECATED_MODELS.items()}  # November 30th, 2026
    ends = {name: datetime.strptime(f"{day} +0000", "%B %d, %Y %z").date() for name, day in days.items()}
    assert {name: facts.retires for name, facts in FACTS.items() if facts.retires} == {name: ends[name] for name in ends if name in FACTS}


# Thoughts


@pytest.mark.parametrize(
    ("name", "effort", "thinking", "tokens"),
    [
        ("claude-haiku-5-5", "", "", THOUGHT["medium"]),
        ("claude-haiku-5-5", "low", "", THOUGHT["low"]),
        ("claude-haiku-5-5", "", "off", 0),
        ("claude-sonnet-5-5", "", "", THOUGHT["high"]),
        ("claude-sonnet-5-5", "max", "", THOUGHT["max"]),
        ("claude-opus-4-7", "", "", 0),
        ("claude-opus-4-7", "low", "on", THOUGHT["low"]),
        ("claude-opus-4-5", "max", "1024", 1024),
        ("claude-haiku-4-5-20251001", "", "4096", THOUGHT["high"]),
        ("claude-haiku-9", "", "", THOUGHT["high"]),
        ("another-model", "", "", 0),
    ],
)
def test_thoughts_are_assumed_by_model_effort_and_what_the_recipe_says(name, effort, thinking, tokens):
    assert thought_tokens(name, effort, thinking) == tokens


def test_check_tells_of_thoughts_and_what_they_cost(server, recipe):
    usual = said("check", recipe("claude-haiku-5-5"))
    assert "about 600 written and about 900 thought; about $" in usual
    silent = said("check", recipe("claude-haiku-5-5", thinking="off"))
    assert "about 600 written; about $" in silent

    def cost(told: str) -> float:
        return float(re.search(r"; about \$([\d.]+)", told)[1])

    assert cost(usual) - cost(silent) == pytest.approx(900 * 0.50 / 1e6, abs=1e-4)


def test_make_sends_it_and_tells_and_keeps_what_was_thought(server, recipe, tmp_path):
    path = recipe("claude-haiku-5-5")
    told = said("make", path, "-o", str(tmp_path / "out"))
    thought = sum(entry.answer["usage"]["output_tokens_details"]["thinking_tokens"] for entry in server.asked())
    assert f"{thought:,} of them thoughts, $" in told
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["spent"][0]["tokens_thinking"] == thought > 0
    assert all("thinking" not in entry.body for entry in server.asked())
    recipe("claude-haiku-5-5", thinking="off")
    told = said("make", path, "-o", str(tmp_path / "silent"))
    assert [entry.body["thinking"] for entry in server.asked()[3:]] == [{"type": "disabled"}] * 3
    assert "thought" not in told


# Retirement


@pytest.mark.parametrize(
    ("days", "note"),
    [
        (SOON + 1, None),
        (SOON, "claude-opus-4-5 retires on 2027-01-22: name another model for this recipe, such as claude-opus-5-5"),
        (1, "claude-opus-4-5 retires on 2027-01-22: name another model for this recipe, such as claude-opus-5-5"),
        (0, "claude-opus-4-5 retired on 2027-01-22: name another model for this recipe, such as claude-opus-5-5"),
        (-300, "claude-opus-4-5 retired on 2027-01-22: name another model for this recipe, such as claude-opus-5-5"),
    ],
)
def test_without_asking_the_end_of_a_model_is_told_when_it_is_near_or_over(days, note):
    today = date(2027, 1, 22) - timedelta(days)
    end = known_retirement("claude-opus-4-5", today)
    assert (end and end.note("claude-opus-4-5", today)) == note
    assert known_retirement("claude-opus-5-5", today) is None


@pytest.mark.parametrize(
    ("name", "day", "note"),
    [
        ("claude-haiku-5-5", None, None),
        ("claude-haiku-5-5", "2999-01-01", "claude-haiku-5-5 retires on 2999-01-01"),
        ("claude-haiku-5-5", "2026-01-01", "claude-haiku-5-5 was to retire on 2026-01-01 and may be gone any day"),
        ("claude-sonnet-4-5", None, "claude-sonnet-4-5 is deprecated and will be retired"),
        ("claude-opus-4-5", "2999-01-01", "claude-opus-4-5 retires on 2999-01-01"),
        ("claude-opus-4-5", None, None),
        ("claude-mythos-preview", None, "claude-mythos-preview is retired"),
    ],
)
def test_what_the_api_says_of_the_end_of_a_model_counts_more(server, recipe, name, day, note):
    server.retires = {claude.ALIASES.get(name, name): day} if day else {}
    told = said("check", recipe(name))
    notes = [line for line in told.splitlines() if line.startswith("note: ")]
    assert [line.split(": ")[1] for line in notes] == [note] * (note is not None)


def test_make_tells_it_once_before_it_asks(server: ClaudeServer, recipe, tmp_path):
    server.retires = {"claude-haiku-5-5": "2999-01-01"}
    told = said("make", recipe("claude-haiku-5-5"), "-o", str(tmp_path / "out"))
    assert told.count("claude-haiku-5-5 retires on 2999-01-01: name another model for this recipe") == 1
    assert server.asked()


@pytest.mark.parametrize("card", [{"lifecycle": 3, "retires_at": "soon"}, {"lifecycle": None}, {"lifecycle": "young"}])
def test_a_server_that_says_something_else_of_a_model_says_nothing(server, recipe, monkeypatch, card):
    whole = claude.model_card
    monkeypatch.setattr(claude, "model_card", lambda name, retires=None: whole(name, retires) | card)
    assert "\nnote: " not in said("check", recipe("claude-haiku-5-5"))
    assert ClaudeModel("claude-haiku-5-5").retirement(date(2027, 1, 1)) is None
