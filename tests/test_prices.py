"""What Claude costs: the list, a recipe's own prices, the limit, and what is told before a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from servers import claude
from servers.claude import ClaudeServer
from typer.testing import CliRunner

from synthgen.cli import app
from synthgen.making.estimate import QuestionEstimate, questions
from synthgen.models import Budget, ClaudeModel, Model, ScriptedModel
from synthgen.models.budget import dollars
from synthgen.models.prices import LIST, Usage, cost, list_date, price, price_list
from synthgen.recipe import Loaded, plan
from synthgen.recipe.shape import Prices
from synthgen.spec.rows import Brief, Prompt

HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClaudeServer]:
    """The server that the environment names."""
    with ClaudeServer() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


# The list


@pytest.mark.parametrize(
    ("name", "usage", "paid"),
    [
        (SONNET, Usage(1_000_000), 2),
        (SONNET, Usage(output=1_000_000), 10),
        (SONNET, Usage(written=1_000_000), 2.5),
        (SONNET, Usage(hour=1_000_000), 4),
        (SONNET, Usage(cached=1_000_000), 0.1),
        ("claude-opus-4-6", Usage(1000, 500, 200, 0, 10_000), 0.02375),
        (HAIKU, Usage(100_000, 1000), 0.0105),
        (HAIKU, Usage(100_001, 1000), 0.0525005),
        (HAIKU, Usage(1, 0, 50_000, 0, 50_000), 0.0337505),
        ("claude-haiku-4-5-20251001", Usage(1_000_000), 1),
    ],
)
def test_a_request_costs_what_the_list_says(name, usage, paid):
    assert cost(name, usage) == pytest.approx(paid)
    assert cost(name, usage, batch=True) == pytest.approx(paid / 2)


@pytest.mark.parametrize("name", ["claude-fable-9", "gpt-4", "claude-haiku", "claude-haiku-5-5-latest", "CLAUDE-HAIKU-5-5", ""])
def test_of_an_unknown_model_no_price_is_guessed(name):
    assert price(name) is None
    assert cost(name, Usage(1000)) is None


def test_the_list_is_dated_and_whole():
    assert date.fromisoformat(list_date()) >= date(2026, 11, 22)
    assert json.loads(LIST.read_text())["models"].keys() == price_list().keys()
    for one in price_list().values():
        assert one.read < one.input < one.write < one.write_1h <= one.output


def test_the_list_knows_from_where_on_the_models_cache():
    for name, one in price_list().items():
        assert one.cacheable == claude.find_model(name)[1].cacheable


def test_a_recipe_s_prices_take_the_place_of_the_list_s():
    own = Prices.model_validate({"input": 7, "output": 70, "batch": 0.25})
    assert cost("mine", Usage(1_000_000, 1_000_000), recipe_prices=own) == pytest.approx(77)
    assert cost(SONNET, Usage(written=1_000_000), batch=True, recipe_prices=own) == pytest.approx(7 * 1.25 * 0.25)
    assert cost(SONNET, Usage(cached=1_000_000), recipe_prices=own) == pytest.approx(0.7)
    assert price(SONNET, own).cacheable == price(SONNET).cacheable


counts = some.integers(0, 300_000)


@given(some.sampled_from(sorted(price_list())), counts, counts, counts, counts, counts, counts, some.booleans())
def test_no_request_costs_more_than_its_most(name, read, made, written, cached, more_read, more_made, batch):
    used, found = Usage(read, made, written, 0, cached), price(name)
    assert found.cost(used, batch=batch) <= found.most(used.prompt + more_read, made + more_made, batch=batch) * (1 + 1e-12)


# The limit


@given(some.floats(0, 1), some.lists(some.tuples(some.floats(0, 0.3), some.floats(0, 1), some.sampled_from(["settle", "lose", "wait"]))))
def test_whatever_comes_back_the_limit_holds(limit, requests):
    budget, waiting, real = Budget(limit), [], 0.0
    for most, share, how in requests:
        if not budget.reserve(most):
            assert budget.spent + budget.uncertain + budget.reserved + most > limit
        elif how == "settle":
            budget.settle(most, most * share)
            real += most * share
        elif how == "lose":
            budget.mark_uncertain(most)
            real += most * share
        else:
            waiting.append((most, share))
    for most, share in waiting:
        budget.settle(most, most * share)
        real += most * share
    assert real <= limit + 1e-9
    assert (budget.reserved, budget.under_way) == (0, 0)


def test_many_threads_share_one_limit():
    budget, taken = Budget(1.0), []

    def take() -> None:
        for _ in range(200):
            if budget.reserve(0.01):
                taken.append(budget.settle(0.01, 0.01))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) in (99, 100)  # a hundredth is none in binary
    assert budget.spent <= 1.0


def test_what_is_unsure_is_told_apart_from_what_is_spent():
    budget = Budget(0.05)
    for how in (budget.mark_uncertain, lambda most: budget.settle(most, 0.01)):
        budget.reserve(0.02)
        how(0.02)
    told = str(budget.limit_error(0.03))
    assert "--max-cost $0.05: spent $0.01 and up to $0.02 more for answers that were lost" in told
    assert "next request can cost up to $0.03" in told


def test_without_a_limit_it_only_counts():
    budget = Budget()
    assert budget.reserve(1e9)
    budget.settle(1e9, 3.0)
    assert budget.spent == 3.0


@pytest.mark.parametrize(
    ("amount", "told"), [(0, "$0.00"), (0.05, "$0.05"), (0.0123, "$0.0123"), (0.00001, "<$0.0001"), (1234.5, "$1,234.50"), (0.5, "$0.50")]
)
def test_amounts_are_told_shortly(amount, told):
    assert dollars(amount) == told


# Before a run

RECIPE = """
    name: bank
    about: Customers of a bank, typing into its chat.
    tables:
      traffic:
        rows: 600
        fields:
          intent: {kind: choice, options: [lost card, refund]}
          message: {kind: typed, topic: "{{ intent }}", seeds: [my card is gone help, where is my refund]}
      examples:
        from: {table: traffic, rows: 400}
        fields:
          label: {kind: claude, task: "Say what it is about.", output: [lost card, refund], shows: [message]}
"""


@pytest.fixture
def told(recipe: Callable[..., Loaded]) -> Callable[..., dict[str, QuestionEstimate]]:
    """What is told of a recipe."""

    def ask(text: str = RECIPE, name: str = HAIKU, **settings: Any) -> dict[str, QuestionEstimate]:
        whole = plan(recipe(text).recipe)
        models: dict[str, Model] = {"typist": ScriptedModel(lambda prompt, random: "hi\n"), "claude": ClaudeModel(name)}
        return {one.field if one.model == "claude" else f"{one.field} by {one.model}": one for one in questions(whole, models, **settings)}

    return ask


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, and no server that could be reached."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", "/nowhere")


def test_prompts_tokens_and_cost_are_told_of_each_field(server, told):
    found = told()["label"]
    assert (found.table, found.prompts, found.exact) == ("examples", 400, False)
    assert found.tokens_written == 400 * 200
    assert 0 < found.cost < found.cost_most
    assert told()["message by typist"].cost is None
    assert not server.asked()


def test_what_was_told_is_near_to_what_is_paid(server, told):
    server.thinks, server.answer = False, lambda body: None if "output_config" in body else "x" * 600
    found = told(name="claude-haiku-4-5")["label"]
    one = ClaudeModel("claude-haiku-4-5")
    sent = Prompt("<row>\n<message>my card is gone help</message>\n</row>", 1, brief=Brief("s" * 1000))
    list(one.complete([sent]))
    near = one.expected([sent], 1, 150)
    real = server.asked()[0].answer["usage"]
    assert near.read == pytest.approx(real["input_tokens"], rel=0.05)
    assert near.cost == pytest.approx(cost("claude-haiku-4-5", Usage(real["input_tokens"], 150)), rel=0.05)
    assert found.tokens_read > 0


@pytest.mark.usefixtures("no_key")
def test_without_a_key_tokens_are_estimated(told):
    found = told()["label"]
    assert found.prompts == 400
    assert 0 < found.cost < found.cost_most


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize(("tokens", "said"), [(8192, 1), (300, 0)])
def test_a_far_bound_is_explained_with_what_lowers_it(tmp_path, tokens, said):
    field = {"kind": "claude", "task": "Write a reply to {{ n }}.", "output": {"reply": "text"}, "tokens": tokens}
    table = {"rows": 9, "fields": {"n": {"kind": "number", "between": [1, 9]}, "example": field}}
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "far", "tables": {"t": table}}))
    told = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["check", str(tmp_path / "recipe.yaml")]).stdout
    assert " at most" in told
    assert told.count("The most is for answers that all use up their `tokens`; lower these") == said


@pytest.mark.usefixtures("no_key")
def test_an_unknown_price_is_said_to_be_unknown(told):
    found = told(name="claude-fable-9")["label"]
    assert (found.cost, found.cost_most) == (None, None)
    assert found.tokens_read > 0


@pytest.mark.usefixtures("no_key")
def test_a_batch_is_told_at_its_price(told):
    whole, batch = told()["label"], told(batch=True)["label"]
    assert batch.cost < whole.cost
    assert batch.cost_most == pytest.approx(whole.cost_most / 2)


@pytest.mark.usefixtures("no_key")
def test_what_is_the_same_for_all_is_cached_after_the_first_if_it_is_long_enough():
    prompts = [Prompt(f"message {number}", number, brief=Brief("word " * 3000, thinking="off")) for number in range(100)]
    short = [replace(one, brief=Brief("word")) for one in prompts]
    apart = [replace(one, brief=Brief(f"{one.stream} " + "word " * 3000, thinking="off")) for one in prompts]
    found = ClaudeModel(HAIKU).expected(prompts, 1000, 200)
    assert found.cached == pytest.approx(999 * 5000, rel=0.01)
    assert ClaudeModel(HAIKU).expected(short, 1000, 200).cached == ClaudeModel(HAIKU).expected(apart, 1000, 200).cached == 0
    assert found.cost < ClaudeModel(HAIKU).expected(apart, 1000, 200).cost / 3


@pytest.mark.usefixtures("no_key")
def test_of_a_batch_a_share_is_cached_and_the_rest_written_for_an_hour():
    prompts = [Prompt(f"message {number}", number, brief=Brief("word " * 3000, thinking="off")) for number in range(100)]
    apart = [replace(one, brief=Brief(f"{one.stream} " + "word " * 3000, thinking="off")) for one in prompts]
    model, listed = ClaudeModel(HAIKU), price(HAIKU)
    one, many = model.expected(prompts[:1], 1, 200, batch=True), model.expected(prompts, 1000, 200, batch=True)
    shared, own = 5007, one.read - 5007
    hits = round(many.cached / shared)
    assert hits == pytest.approx(999 * 0.64, abs=2)
    misses = Usage(own, 200, hour=shared)
    paid = hits * cost(HAIKU, Usage(own, 200, cached=shared), batch=True) + (1000 - hits) * cost(HAIKU, misses, batch=True)
    assert many.cost == pytest.approx(paid, rel=0.01)
    assert many.most > 1000 * shared * listed.write_1h / 2e6
    alone = model.expected(apart, 1000, 200, batch=True)
    assert (alone.cached, alone.cost) == (0, pytest.approx(1000 * cost(HAIKU, Usage(own + shared, 200), batch=True), rel=0.01))


@pytest.mark.usefixtures("no_key")
def test_examples_say_how_long_answers_are(told):
    long = RECIPE.replace("shows: [message]", "examples: [{input: hi, output: lost card}], shows: [message]")
    assert told(long)["label"].tokens_written < 400 * 30


@pytest.mark.usefixtures("no_key")
def test_a_field_that_reads_what_claude_has_not_written_yet_is_told_of_too(told):
    more = RECIPE + '          why: {kind: claude, task: "Why {{ label }}?"}\n'
    assert told(more)["why"].prompts == 400


@pytest.mark.usefixtures("no_key")
def test_rows_that_are_not_asked_about_do_not_count(told):
    half = RECIPE.replace("shows: [message]", "shows: [message], when: \"{{ intent == 'refund' }}\"")
    assert told(half)["label"].prompts == pytest.approx(200, abs=40)
