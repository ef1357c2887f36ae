"""`slice` of the same requests typed in several ways: pairs, levels, and which single slips cost most."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import synthgen
from synthgen.cli.app import app
from synthgen.comparison.effects import Design, effects
from synthgen.comparison.paired import holm, mcnemar, newcombe, paired_difference
from synthgen.comparison.shares import wilson
from synthgen.comparison.trend import trend
from synthgen.dataset import Dataset
from synthgen.harness.slicing import Sliced, slice_results
from synthgen.voices.channel import add_typos

KEYWORDS = {"money": "refund", "parcel": "delivery", "login": "password"}
RATE = 0.15
RECIPE = f"""
name: shop
seed: 4
tables:
  traffic:
    rows: 300
    fields:
      intent: {{kind: choice, options: [money, parcel, login]}}
      thing: {{kind: template, hidden: true, template: "{{{{ {KEYWORDS}[intent] }}}}"}}
      opener: {{kind: choice, options: [hello there, good morning, please help me with this]}}
      message: {{kind: template, template: "{{{{ opener }}}}, what happened to my {{{{ thing }}}} that i asked you about last week"}}
  twins:
    from: {{table: traffic}}
    fields:
      typed: {{kind: choice, pick: each, options: [neatly, hastily]}}
      hasty: {{kind: noise, of: message, rate: {RATE}, touch_facts: true, when: "{{{{ typed == 'hastily' }}}}"}}
      twin: {{kind: template, template: "{{{{ hasty or message }}}}"}}
  levels:
    from: {{table: traffic, rows: 150}}
    fields:
      mess: {{kind: choice, pick: each, options: [0, 1, 2, 3]}}
      twin: {{kind: noise, of: message, level: "{{{{ mess }}}}", touch_facts: true}}
  cases:
    from: {{table: traffic, rows: 120}}
    fields:
      case: {{kind: choice, pick: each, options: [none, two requests]}}
      twin: {{kind: edge_case, of: message, case: "{{{{ case }}}}"}}
harness: {{input: twin, target: intent}}
"""


def matcher(text: str) -> str:
    """An application that knows a request by its keyword, and only if that is spelled right."""
    return next((intent for intent, keyword in KEYWORDS.items() if keyword in text.lower()), "none")


def one_at_a_time(text: str) -> str:
    """An application that gives up where there is more than one sentence."""
    return matcher(text) if text.count(",") < 2 else "none"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "recipe.yaml").write_text(RECIPE)
    return synthgen.make(folder / "recipe.yaml", out=folder / "out").folder


@pytest.fixture
def run(output: Path, tmp_path: Path) -> Callable[..., Path]:
    """The results of an application on the rows of a table, as promptfoo writes them."""

    def tested(table: str, application: Callable[[str], str], grade: Callable[[float], float] = float) -> Path:
        results = []
        for row in Dataset.open(output).rows(table):
            score = grade(application(row["twin"]) == row["intent"])
            case = {"metadata": {"id": f"{table}-{row['provenance']['row']}"}, "assert": [{"metric": "correct"}]}
            results.append({"testCase": case, "provider": {"id": "matcher"}, "namedScores": {"correct": score}})
        place = tmp_path / f"{table}.json"
        place.write_text(json.dumps({"results": {"version": 3, "results": results}}))
        return place

    return tested


def sliced(results: Path, output: Path, by: list[str] | None = None) -> Sliced:
    (only,) = slice_results(results, output, by or [])
    return only


def test_pairs_show_what_misspelling_costs_a_keyword_matcher(output: Path, run: Callable[..., Path]) -> None:
    (pair,) = sliced(run("twins", matcher), output).paired
    found = pair.difference
    stream, messages = Random(1), [row["message"] for row in Dataset.open(output).rows("traffic")]
    garbled = [matcher(add_typos(message, RATE, "qwerty", stream).text) == "none" for message in messages * 10]
    truth = -sum(garbled) / len(garbled)
    assert (pair.field, pair.baseline, pair.value) == ("typed", "neatly", "hastily")
    assert (found.pairs, found.baseline_mean, found.better, found.test) == (300, 1.0, 0, "McNemar exact")
    assert found.worse == round(300 * -found.difference)
    assert found.low <= truth <= found.high < -0.1
    assert pair.apart == -1


def test_the_regression_names_the_slips_that_do_it(output: Path, run: Callable[..., Path]) -> None:
    found = sliced(run("twins", matcher), output)
    called = [(each.label, each.value) for each in found.effects if each.apart < 0]
    assert called
    assert set(called) <= {("slip in", keyword) for keyword in KEYWORDS.values()}
    harmless = {(each.label, each.value): each for each in found.effects if each.value in ("happened", "about", "week")}
    assert harmless
    assert all(each.effect.low <= 0 <= each.effect.high for each in harmless.values())


def test_pairs_show_what_a_second_request_costs_who_reads_one(output: Path, run: Callable[..., Path]) -> None:
    (pair,) = sliced(run("cases", one_at_a_time), output).paired
    texts = [row["twin"] for row in Dataset.open(output).rows("cases") if row["case"] == "two requests"]
    truth = -sum(text.count(",") > 1 for text in texts) / len(texts)
    assert (pair.baseline, pair.value, pair.apart) == ("none", "two requests", -1)
    assert pair.difference.low <= truth <= pair.difference.high < -0.25
    (unharmed,) = sliced(run("cases", matcher), output).paired
    assert unharmed.apart == 0


def test_more_mess_costs_more(output: Path, run: Callable[..., Path]) -> None:
    found = sliced(run("levels", matcher), output)
    (trend_found,) = found.trends
    shares = [share.mean for share in trend_found.levels.values()]
    assert list(trend_found.levels) == ["0", "1", "2", "3"]
    assert shares[0] > shares[1] > shares[2] > shares[3]
    assert trend_found.slope.slope == pytest.approx((3 * (shares[3] - shares[0]) + shares[2] - shares[1]) / 10)
    assert trend_found.slope.low < trend_found.slope.slope < trend_found.slope.high < 0
    assert trend_found.slope.p < 0.001
    assert [(pair.baseline, pair.value) for pair in found.paired] == [("0", "1"), ("0", "2"), ("0", "3")]
    assert all(pair.corrected_p >= pair.difference.p for pair in found.paired)


def test_grades_between_are_compared_by_random_signs(output: Path, run: Callable[..., Path]) -> None:
    (whole,) = sliced(run("twins", matcher), output).paired
    (halved,) = sliced(run("twins", matcher, lambda score: 0.5 + score / 4), output).paired
    assert halved.difference.test == "random signs"
    assert halved.difference.difference == pytest.approx(whole.difference.difference / 4)
    assert halved.difference.low <= whole.difference.difference / 4 <= halved.difference.high < 0
    assert halved.apart == -1


def test_rows_without_a_twin_are_in_no_pair(output: Path, run: Callable[..., Path]) -> None:
    place = run("twins", matcher)
    wrote = json.loads(place.read_text())
    wrote["results"]["results"] = wrote["results"]["results"][1:]  # the first request has only its second row now
    wrote["results"]["results"][2] |= {"failureReason": 2}  # and one of the next could not be graded
    place.write_text(json.dumps(wrote))
    found = sliced(place, output)
    assert found.paired[0].difference.pairs == 298
    assert (found.ungraded, found.whole.rows) == (1, 598)


@pytest.mark.parametrize("by", [None, ["opener"]])
def test_a_request_counts_once_in_slices_however_often_it_was_typed(by: list[str] | None, output: Path, run: Callable[..., Path]) -> None:
    lucky = {row["provenance"]["row"]: row["provenance"]["parent"] % 2 == 0 for row in Dataset.open(output).rows("levels")}
    rows = iter(lucky.values())
    one = sliced(run("levels", lambda text: matcher("my refund") if next(rows) else "none"), output, by)
    share = one.slices["opener"]["hello there"]
    requests = share.rows / 4
    assert (share.low, share.high) == pytest.approx(wilson(share.mean * requests, requests))
    assert one.whole.rows == 600
    assert (one.whole.low, one.whole.high) == pytest.approx(wilson(one.whole.mean * 150, 150))


def test_what_is_sliced_by_is_what_is_told_of(output: Path, run: Callable[..., Path]) -> None:
    place = run("twins", matcher)
    assert sliced(place, output, ["typed"]).paired
    by_intent = sliced(place, output, ["intent"])
    assert (by_intent.paired, by_intent.trends, by_intent.effects) == ((), (), ())


def test_an_output_without_twins_has_no_pairs(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "name: s\ntables: {t: {rows: 20, fields: {voice: {kind: choice, options: [a, b]}, input: {kind: id}}}}\nharness: {input: input}\n"
    )
    output = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out").folder
    results = [{"testCase": {"metadata": {"id": f"t-{n}"}}, "provider": {"id": "x"}, "namedScores": {"ok": n % 2}} for n in range(20)]
    (tmp_path / "r.json").write_text(json.dumps({"results": {"version": 3, "results": results}}))
    found = sliced(tmp_path / "r.json", output)
    assert (found.paired, found.trends, found.effects) == ((), (), ())
    (told,) = json.loads(CliRunner().invoke(app, ["slice", str(tmp_path / "r.json"), str(output), "--json"]).stdout)
    assert set(told) == {"run", "grade", "whole", "slices", "ungraded"}


def test_the_command_says_it_in_words_and_in_json(output: Path, run: Callable[..., Path]) -> None:
    place = run("twins", matcher)
    found = sliced(place, output).paired[0].difference
    said = CliRunner().invoke(app, ["slice", str(place), str(output)]).stdout
    assert "the same requests, by typed:" in said
    assert (
        f"neatly 100%, hastily {found.mean:.0%}: −{round(-100 * found.difference)} points on the same 300 requests "
        f"(−{round(-100 * found.low)} to −{round(-100 * found.high)}), worse on {found.worse}, better on 0 "
        "(McNemar's exact test, p < 0.001; worse)"
    ) in said
    assert "what costs most (of " in said
    assert "slip in: password costs " in said
    (told,) = json.loads(CliRunner().invoke(app, ["slice", str(place), str(output), "--json"]).stdout)
    assert told["paired"][0]["difference"]["worse"] == found.worse
    assert {"label", "value", "effect", "apart"} == told["effects"][0].keys()
    levels = CliRunner().invoke(app, ["slice", str(run("levels", matcher)), str(output)]).stdout
    assert "by mess █" in levels
    assert "points a level (−" in levels


def test_the_report_shows_it(output: Path, run: Callable[..., Path], tmp_path: Path) -> None:
    place = run("twins", matcher)
    found = sliced(place, output).paired[0].difference
    page = synthgen.report(output, results=place, out=tmp_path / "page.html").read_text("utf-8")
    assert '<h2 id="results-h">Where the application fails</h2>' in page
    (row,) = re.findall(r'<tr class="off"><th scope="row"><bdi dir="auto">hastily</bdi>.*', page)[:1]
    assert f'<td class="number">−{round(-100 * found.difference)}</td>' in row
    assert f'<td class="number">{found.worse}, 0</td>' in row
    assert "slip in: password" in page
    assert "points a level" in synthgen.report(output, results=run("levels", matcher), out=tmp_path / "levels.html").read_text("utf-8")
    assert "Where the application fails" not in (output / "report.html").read_text("utf-8")
    assert synthgen.report(output, results=place) == output / "report-results.html"
    assert not synthgen.verify(output).damaged


# The statistics


def test_mcnemar_counts_the_throws_of_a_coin() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1
    assert mcnemar(8, 0) == mcnemar(0, 8) == pytest.approx(2 / 2**8)
    assert mcnemar(7, 2) == pytest.approx(2 * (1 + 9 + 36) / 2**9)
    assert mcnemar(400_000, 401_000) == pytest.approx(0.2637, abs=0.002)


def test_newcombe_gives_the_figures_that_he_published() -> None:
    """Table II of the paper, method 10: 12 and 2 of 50 pairs discordant."""
    assert newcombe(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=1e-4)


def test_holm_corrects_the_smallest_most() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_a_paired_interval_holds_the_difference_and_turns_with_its_sides(pairs: list[tuple[bool, bool]]) -> None:
    first, second = ([float(score) for score in side] for side in zip(*pairs, strict=True))
    found, turned = paired_difference(first, second), paired_difference(second, first)
    assert -1 - 1e-9 <= found.low <= found.difference + 1e-9
    assert found.difference - 1e-9 <= found.high <= 1 + 1e-9
    assert (found.worse, found.better, found.p) == (turned.better, turned.worse, turned.p)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_random_signs_and_mcnemar_agree() -> None:
    first, second = [1.0] * 7 + [0.0] * 2 + [1.0] * 30, [0.0] * 7 + [1.0] * 2 + [1.0] * 30
    nearly = paired_difference([0.999, *first], [0.999, *second])
    assert nearly.test == "random signs"
    assert nearly.p == pytest.approx(mcnemar(7, 2), abs=0.03)


def test_a_trend_is_that_within_each_request() -> None:
    """One request that is easy and has high levels only makes no trend."""
    requests = [0, 0, 1, 1]
    found = trend(requests, requests, [0, 1, 2, 3], [0.0, 0.0, 1.0, 1.0])
    assert found
    assert (found.slope, found.p) == (0, 1)
    assert trend([0, 1], [0, 1], [0, 1], [0.0, 1.0]) is None
    assert trend([0, 0], [0, 0], [0, 1], [0.0, 1.0]) is None


def test_a_rare_label_whose_rows_are_all_right_is_not_called() -> None:
    stream = Random(2)
    scores = [float(stream.random() < 0.85) for _ in range(300)]
    rare = [float(score == 1 and place % 20 == 0) for place, score in enumerate(scores)]
    (found,) = effects(Design({("slip", "rare"): rare}), scores, list(range(300))).values()
    assert sum(rare) >= 10
    assert found.difference > 0
    assert found.corrected_p > 0.05


def test_a_label_of_a_group_is_compared_with_rows_that_have_none_of_it() -> None:
    stream = Random(3)
    voices = [stream.choice(["careful", "texter", "phone"]) for _ in range(900)]
    scores = [float(stream.random() < {"careful": 0.9, "texter": 0.5, "phone": 0.9}[voice]) for voice in voices]
    design = Design()
    design.add("voice", voices, "careful")
    found = effects(design, scores, list(range(900)))
    assert found["voice", "texter"].low < -0.4 < found["voice", "texter"].high
    assert found["voice", "phone"].low < 0 < found["voice", "phone"].high
