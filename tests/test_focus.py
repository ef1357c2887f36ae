"""`focus`: from a harness's results to a recipe that makes more of what failed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

import synthgen
from synthgen.cli.app import app
from synthgen.dataset import Dataset
from synthgen.errors import DataError, OutputError
from synthgen.focusing.focus import Focused
from synthgen.focusing.rewrite import add_item, set_value
from synthgen.focusing.weights import KEPT, Failures, focused, shrunk
from synthgen.models import ScriptedModel
from synthgen.recipe import load

TOP = Path(synthgen.__file__).parent.parent
KEYWORDS = {"money": "refund", "parcel": "delivery", "login": "password"}
FACTS = f"""\
# A shop's chat, from templates.
name: shop
seed: 3
voices:
  sloppy: {{misspelled: 0.3}}     # every third word

tables:
  traffic:
    rows: 300
    fields:
      intent: {{kind: choice, options: [money, parcel, login]}}   # all alike
      greeting: {{kind: choice, options: {{hello there: 3, good morning: 1}}}}
      thing: {{kind: template, hidden: true, template: "{{{{ {KEYWORDS}[intent] }}}}"}}
      message: {{kind: template, template: "{{{{ greeting }}}}, what happened to my {{{{ thing }}}} from last week"}}
      input:
        kind: noise
        of: message
        voice: {{careful: 9, sloppy: 1}}   # mostly careful
        touch_facts: true
harness: {{input: input, target: intent}}
"""

Application = Callable[[str], str]


def matcher(text: str) -> str:
    """An application that knows a request by its keyword, and only if that is spelled right."""
    return next((intent for intent, keyword in KEYWORDS.items() if keyword in text.lower()), "none")


def results_of(output: Path, application: Application = matcher, table: str = "traffic", field: str = "input") -> Path:
    """What an application answers to the rows of an output, graded as promptfoo writes it."""
    results = [
        {
            "testCase": {"metadata": {"id": f"{table}-{row['provenance']['row']}"}},
            "provider": {"id": "matcher"},
            "namedScores": {"correct": float(application(row[field]) == row["intent"])},
        }
        for row in Dataset.open(output).rows(table)
    ]
    place = output.with_suffix(".json")
    place.write_text(json.dumps({"results": {"version": 3, "results": results}}))
    return place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(FACTS)
    synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "first")
    return tmp_path


def share(focused_recipe: Focused) -> float:
    return focused_recipe.rounds[-1].share


def changed_lines(focused_recipe: Focused) -> list[str]:
    return [line[1:].strip() for line in focused_recipe.diff.splitlines()[2:] if line.startswith("+")]


# A round


def test_one_round_raises_the_failing_share_at_least_threefold(project: Path) -> None:
    first = synthgen.focus(results_of(project / "first"), project / "first")
    second = synthgen.make(first.write(), out=project / "second").folder
    assert 0 < share(first) < 0.2
    assert share(synthgen.focus(results_of(second), second)) >= 3 * share(first)


def test_only_weights_that_matter_the_name_and_the_seed_are_changed(project: Path) -> None:
    found = synthgen.focus(results_of(project / "first"), project / "first")
    (voice,) = found.moved
    name, seed, weights = changed_lines(found)
    assert (name, seed) == ("name: shop-focus", "seed: 4")
    assert weights == f"voice: {{careful: {voice.weights['careful']}, sloppy: {voice.weights['sloppy']}}}   # mostly careful"
    assert voice.weights["sloppy"] > voice.weights["careful"] > 10
    assert voice.place == "traffic.input.voice"
    assert (
        found.new.replace(weights, "voice: {careful: 9, sloppy: 1}   # mostly careful").replace(name, "name: shop").replace(seed, "seed: 3")
        == (project / "recipe.yaml").read_text()
    )
    assert load(found.write()).recipe.tables.keys() == {"traffic"}
    assert (project / "recipe.yaml").read_text() == FACTS


def test_options_without_weights_get_some(project: Path) -> None:
    never_money = synthgen.focus(results_of(project / "first", lambda text: matcher(text).replace("money", "none")), project / "first")
    moved = {options.place: options for options in never_money.moved}
    weights = moved["traffic.intent.options"].weights
    assert weights["money"] > 3 * weights["login"] > 0
    assert f"intent: {{kind: choice, options: {{money: {weights['money']}, parcel: {weights['parcel']}, login: {weights['login']}}}}}" in (
        never_money.new
    )


def test_nothing_is_changed_where_nothing_failed(project: Path) -> None:
    by_intent = {row["input"]: row["intent"] for row in Dataset.open(project / "first").rows("traffic")}
    right = synthgen.focus(results_of(project / "first", by_intent.__getitem__), project / "first")
    assert (right.new, right.diff, right.moved, right.settled) == (FACTS, "", (), False)


def test_a_request_counts_once_in_however_many_ways_it_was_typed(project: Path) -> None:
    twins = """
  twins:
    from: {table: traffic}
    fields:
      way: {kind: choice, pick: each, options: [a, b, c, d]}
      typed: {kind: template, template: "{{ input }}"}
harness: {table: twins, input: typed, target: intent}
"""
    recipe = project / "twins.yaml"
    recipe.write_text(FACTS[: FACTS.index("harness:")].rstrip() + twins)
    output = synthgen.make(recipe, out=project / "twins").folder
    (once,) = synthgen.focus(results_of(project / "first"), project / "first").rounds
    (fourfold,) = synthgen.focus(results_of(output, table="twins", field="typed"), output).rounds
    assert (fourfold.rows, fourfold.requests) == (4 * once.rows, once.requests)
    assert fourfold.interval == pytest.approx(once.interval)


def test_rounds_are_settled_when_they_find_nothing_new(project: Path) -> None:
    """An application that fails on everything sloppy fails no more often when all is sloppy, and on the same messages."""
    place, output, shares = project / "recipe.yaml", project / "first", list[float]()
    for _ in range(5):
        found = synthgen.focus(results_of(output), output, place)
        shares.append(share(found))
        if found.settled:
            break
        place = found.write()
        output = synthgen.make(place, out=project / place.stem).folder
    assert found.settled
    assert 3 <= len(found.rounds) <= 5
    assert [each.share for each in found.rounds] == shares
    assert found.rounds[-1].new <= 0.1 * found.rounds[-1].failing
    assert found.out.name == f"recipe-focus-{len(found.rounds)}.yaml"
    said = CliRunner().invoke(app, ["focus", str(results_of(output)), str(output), str(place)]).stdout
    assert "nothing new is found: the share does not rise any more" in said


# Seeds


TYPED = """\
name: chat
tables:
  traffic:
    rows: 12
    fields:
      intent: {kind: choice, options: [money, parcel]}
      order: {kind: id, prefix: order}
      message:
        kind: typed
        topic: "{{ intent }}"
        on_topic: false
        seeds:
          money:   # the till
            - where is my refund for <order>
            - refund please
          parcel: parcel.txt
harness: {input: message, target: intent}
"""
TYPED_TEXTS = ["the refudn of <order> never came", "my refund is late", "delivery lost", "no dellivery today", "is <order> on its way"]


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(TYPED)
    (tmp_path / "parcel.txt").write_text("where is my delivery\ndelivery is late\n")
    typist = ScriptedModel(lambda prompt, random: f" {random.choice(TYPED_TEXTS)}\n")
    synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "first", models={"typist": typist})
    return tmp_path


def test_failing_messages_become_seeds_in_new_files(typed: Path) -> None:
    rows = list(Dataset.open(typed / "first").rows("traffic"))
    found = synthgen.focus(results_of(typed / "first", field="message"), typed / "first")
    place = found.write()
    recipe = load(place).recipe
    pools = recipe.tables["traffic"].fields["message"].pools
    failing = {row["message"] for row in rows if matcher(row["message"]) != row["intent"]}
    assert failing
    for topic, old in (
        ("money", ["where is my refund for <order>", "refund please"]),
        ("parcel", ["where is my delivery", "delivery is late"]),
    ):
        assert pools[topic][:2] == old
        assert all("order-" not in seed for seed in pools[topic])
    added = [seed for pool in pools.values() for seed in pool[2:]]
    assert added
    assert set(added) <= {re.sub(r"order-\d+", "<order>", text) for text in failing}
    assert (typed / "recipe-focus-seeds/known.txt").read_text().splitlines() == list(dict.fromkeys(row["message"] for row in rows))
    assert [check.kind for check in recipe.tables["traffic"].keep] == ["not_copied"]
    assert "parcel: parcel.txt" not in found.new
    assert "money: recipe-focus-seeds/money.txt   # the till" in found.new


def test_seeds_that_were_rows_are_none_in_the_next_round(typed: Path) -> None:
    place = typed / "own.yaml"
    place.write_text(
        TYPED.replace("on_topic: false", "on_topic: false\n        seeds_as_rows: true    # ours").replace("rows: 12", "rows: 16")
    )
    typist = ScriptedModel(lambda prompt, random: f" {random.choice(TYPED_TEXTS)}\n")
    synthgen.make(place, out=typed / "own", models={"typist": typist})
    found = synthgen.focus(results_of(typed / "own", field="message"), typed / "own")
    assert "seeds_as_rows: false    # ours" in found.new
    assert load(found.write()).recipe.tables["traffic"].fields["message"].first_rows("message") == ()


def test_the_next_round_goes_on_from_the_files_of_this_one(typed: Path) -> None:
    first = synthgen.focus(results_of(typed / "first", field="message"), typed / "first").write()
    known = (typed / "recipe-focus-seeds/known.txt").read_text().splitlines()
    typist = ScriptedModel(lambda prompt, random: f" {random.choice(['one', 'no'])} {random.choice(['bird', 'fish'])} {random.random()}\n")
    synthgen.make(first, out=typed / "second", models={"typist": typist})
    second = synthgen.focus(results_of(typed / "second", field="message"), typed / "second")
    assert (second.out.name, len(second.rounds)) == ("recipe-focus-2.yaml", 2)
    assert "name: chat-focus-2" in second.new
    assert "file: recipe-focus-2-seeds/known.txt" in second.new
    assert second.new.count("not_copied") == 1
    assert second.files["recipe-focus-2-seeds/known.txt"][: len(known)] == known
    assert second.rounds[0].output == "first"
    assert load(second.write())


def test_the_python_of_the_page_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = synthgen.make(project / "recipe.yaml", out=project / "outputs" / "my-shop").folder
    results_of(output).rename(project / "results.json")
    monkeypatch.chdir(project)
    (code,) = re.findall(r"^```python\n(.*?)^```", (TOP / "docs/focus.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    exec(code, {})
    assert (project / "recipe-focus.yaml").exists()


# What it refuses


def test_nothing_is_written_over(project: Path) -> None:
    found = synthgen.focus(results_of(project / "first"), project / "first", out=project / "recipe.yaml")
    with pytest.raises(OutputError, match=r"recipe\.yaml is there already"):
        found.write()
    (project / "recipe-focus-seeds").mkdir()
    with pytest.raises(OutputError, match="recipe-focus-seeds is there already"):
        synthgen.focus(results_of(project / "first"), project / "first").write()
    assert not (project / "recipe-focus.yaml").exists()
    found = synthgen.focus(results_of(project / "first"), project / "first", out=project / "other.yaml")
    (project / "recipe.yaml").write_text(FACTS + "# changed\n")
    with pytest.raises(OutputError, match="has changed meanwhile"):
        found.write()


def test_it_is_the_recipe_of_the_output_that_is_edited(project: Path) -> None:
    results = results_of(project / "first")
    (project / "changed.yaml").write_text(FACTS.replace("careful: 9", "careful: 7"))
    (moved,) = synthgen.focus(results, project / "first", project / "changed.yaml").moved
    assert "is not what the output was made with" in moved.refused
    (project / "recipe.yaml").rename(project / "moved.yaml")
    with pytest.raises(OutputError, match="is not where it was"):
        synthgen.focus(results, project / "first")
    assert synthgen.focus(results, project / "first", project / "moved.yaml").moved


def test_files_are_named_from_the_recipes_folder(typed: Path) -> None:
    with pytest.raises(OutputError, match="is not beside"):
        synthgen.focus(results_of(typed / "first", field="message"), typed / "first", out=typed / "elsewhere" / "r.yaml")


def test_the_command_shows_writes_when_told_to_and_tells_programs(project: Path) -> None:
    results = results_of(project / "first")

    def said(*words: Any, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["focus", str(results), str(project / "first"), *map(str, words)])
        assert done.exit_code == code, done.output
        return done.output

    shown = said()
    assert "of 300 rows failed (" in shown
    assert "traffic.input.voice: sloppy 10% →" in shown
    assert "+name: shop-focus" in shown
    assert "nothing was written; --yes writes " in shown
    told = json.loads(said("--json"))
    assert (told["written"], told["settled"], told["rounds"][0]["rows"]) == (None, False, 300)
    assert [moved["place"] for moved in told["moved"]] == ["traffic.input.voice"]
    assert "wrote " in said("--yes", "-o", project / "harder.yaml")
    assert load(project / "harder.yaml").recipe.name == "shop-focus"
    assert "is there already" in said("--yes", "-o", project / "harder.yaml", code=1)


# Weights


def counts(**failed: tuple[int, int]) -> dict[str, Failures]:
    return {name: Failures(rows, count) for name, (count, rows) in failed.items()}


def test_rates_of_few_rows_are_drawn_to_that_of_all() -> None:
    rates = shrunk(counts(a=(40, 100), b=(5, 100), c=(2, 2)))
    assert rates
    assert 0.3 < rates["a"] < 0.4
    assert 0.05 < rates["b"] < 0.1
    assert rates["c"] < 0.7


def test_no_weight_is_moved_by_chance_nor_where_nothing_or_everything_fails() -> None:
    weights = {"a": 1.0, "b": 3.0}
    assert focused(weights, counts(a=(12, 100), b=(15, 100))) is None
    assert focused(weights, counts(a=(0, 100), b=(0, 100))) is None
    assert focused(weights, counts(a=(100, 100), b=(100, 100))) is None
    assert focused(weights, counts(a=(1, 1))) is None


def test_every_option_keeps_a_part_of_its_share_and_none_comes_back() -> None:
    weights = focused({"a": 9.0, "b": 1.0, "off": 0.0}, counts(a=(0, 900), b=(80, 100)))
    assert weights
    assert weights["a"] >= 100 * KEPT * 0.9 - 1
    assert weights["b"] > weights["a"]
    assert weights["off"] == 0


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.integers(1, 200), st.floats(0, 1), st.integers(1, 20)), min_size=2, max_size=30))
def test_weights_are_whole_and_positive_whatever_failed(options: dict[str, tuple[int, float, int]]) -> None:
    failures = {name: Failures(rows, rows * rate) for name, (rows, rate, _) in options.items()}
    weights = focused({name: weight for name, (_, _, weight) in options.items()}, failures)
    assert weights is None or (weights.keys() == options.keys() and min(weights.values()) >= 1)


# The edit


LINES = """\
# first
name: x
tables:
  t:
    rows: 3   # three
    fields:
      flow: {kind: choice, options: [p, "q r", 3]}   # in a line
      block:
        kind: choice
        options:
        - one
        - two   # second
      weighted:
        kind: choice
        options:
          a b: 3   # hi
          'c': 1
          true: 2
      message:
        kind: typed
        seeds:
          inline:   # of ours
            - hello there
            - "my <x> is: broken"
          # a comment
          file: seeds/a.txt   # theirs
    keep:
      - {kind: unique, field: message}   # once
      - kind: length
        field: message
        words: [1, 2]

  u: {from: {table: t}, fields: {z: {kind: id}}}
"""
FIELDS = ("tables", "t", "fields")


@pytest.mark.parametrize(
    ("key_path", "value", "before", "after"),
    [
        (("seed",), 5, ["name: x"], ["name: x", "seed: 5"]),
        (("name",), "y-focus", ["name: x"], ["name: y-focus"]),
        ((*FIELDS, "flow", "options"), {"p": 1, "q r": 2, 3: 5}, ['options: [p, "q r", 3]}   #'], ['options: {p: 1, "q r": 2, 3: 5}}   #']),
        ((*FIELDS, "block", "options"), {"one": 1, "two": 2}, ["- one", "        - two "], ["  one: 1", "          two: 2 "]),
        ((*FIELDS, "weighted", "options"), {"a b": 7, "c": 8, True: 9}, ["b: 3", "'c': 1", "true: 2"], ["b: 7", "'c': 8", "true: 9"]),
        ((*FIELDS, "message", "seeds", "file"), "new/a b.txt", ["seeds/a.txt   #"], ['"new/a b.txt"   #']),
        (
            (*FIELDS, "message", "seeds", "inline"),
            "new/b.txt",
            ['inline:   # of ours\n            - hello there\n            - "my <x> is: broken"\n'],
            ["inline: new/b.txt   # of ours\n"],
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_other_letter_stays(
    line_end: str, key_path: tuple[Any, ...], value: Any, before: Sequence[str], after: Sequence[str]
) -> None:
    expected = LINES
    for old, new in zip(before, after, strict=False):
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    expected = expected.replace("name: x\n", "name: x\nseed: 5\n") if key_path == ("seed",) else expected
    written = set_value(LINES.replace("\n", line_end), key_path, value)
    assert written == expected.replace("\n", line_end)


@pytest.mark.parametrize("table", ["t", "u"])
def test_a_check_is_added_behind_the_others(table: str) -> None:
    check = {"kind": "not_copied", "field": "message", "file": "new/known.txt"}
    written = add_item(LINES, ("tables", table, "keep"), check)
    assert YAML(typ="safe").load(written)["tables"][table]["keep"][-1] == check
    added = [line for line in written.splitlines() if line not in LINES.splitlines()]
    assert added == (
        ["      - {kind: not_copied, field: message, file: new/known.txt}"]
        if table == "t"
        else ["  u: {from: {table: t}, fields: {z: {kind: id}}, keep: [{kind: not_copied, field: message, file: new/known.txt}]}"]
    )


def test_what_cannot_be_changed_by_itself_is_told() -> None:
    text = "a: &options [one, two]\nb: *options\n"
    with pytest.raises(DataError, match="a cannot be changed by itself") as error:
        set_value(text, ("a",), {"one": 1, "two": 2})
    assert "a: {one: 1, two: 2}" in error.value.hint
    with pytest.raises(DataError, match="is not written in the recipe itself"):
        set_value(text, ("c", "d"), 1)
