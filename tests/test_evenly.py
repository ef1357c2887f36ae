"""Options that are drawn evenly: each has its share of the rows, however few."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from builders import lines

from synthgen import api
from synthgen.errors import RecipeError
from synthgen.spec.streams import Streams

INTENTS = "[a, b, c, d, e, f, g, h]"
CASES = "{none: 63, empty: 1, truncated: 1, angry: 1, off topic: 1, two requests: 1, sarcasm: 1, leet: 1}"


def made(folder: Path, *fields: str, rows: int, keep: str = "") -> list[dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.yaml").write_text(lines(*fields, rows=rows, keep=keep), "utf-8")
    out = folder / "outputs"
    api.make(folder / "recipe.yaml", out=out)
    return list(api.look(out, rows=rows).rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("count", [20, 50, 100, 1000])
def test_each_option_has_its_share_of_few_rows(seed: int, count: int) -> None:
    numbers = [Streams(seed).evenly("t", "x", row).random() for row in range(count)]
    of_eight = Counter(int(number * 8) for number in numbers)
    assert all(abs(of_eight[option] - count / 8) <= 2.5 for option in range(8))
    assert abs(sum(number > 0.9 for number in numbers) - count / 10) <= 2


def test_rows_are_in_no_order() -> None:
    numbers = [Streams(1).evenly("t", "x", row).random() for row in range(2000)]
    after = Counter((int(one * 4), int(other * 4)) for one, other in pairwise(numbers))
    assert len(after) == 16
    assert max(after.values()) < 2 * min(after.values())


def test_two_fields_of_a_row_are_drawn_apart_from_each_other() -> None:
    streams = Streams(1)
    pairs = Counter((streams.evenly("t", "x", row).random() < 0.5, streams.evenly("t", "y", row).random() < 0.5) for row in range(400))
    assert all(80 < count < 120 for count in pairs.values())


def test_fifty_rows_have_the_shares_of_the_weights(tmp_path: Path) -> None:
    rows = made(
        tmp_path,
        f"intent: {{kind: choice, pick: evenly, options: {INTENTS}}}",
        f"case: {{kind: choice, pick: evenly, options: {CASES}}}",
        rows=50,
    )
    assert set(Counter(row["intent"] for row in rows).values()) <= {5, 6, 7, 8}
    cases = Counter(row["case"] for row in rows)
    assert 43 <= cases["none"] <= 46
    assert len(cases) >= 5


def test_more_rows_leave_the_first_as_they_were(tmp_path: Path) -> None:
    field = f"intent: {{kind: choice, pick: evenly, options: {INTENTS}}}"
    few, many = (made(tmp_path / str(rows), field, rows=rows) for rows in (20, 50))
    assert many[:20] == few


def test_what_a_check_refuses_is_drawn_again(tmp_path: Path) -> None:
    rows = made(tmp_path, "letter: {kind: choice, pick: evenly, options: [a, b, c]}", rows=3, keep="{kind: unique, field: letter}")
    assert {row["letter"] for row in rows} == {"a", "b", "c"}


@pytest.mark.parametrize("options", ["{x: [a, b], y: [c]}, of: letter", '"{{ letter }}"'])
def test_options_of_a_row_have_no_share_of_all_rows(options: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        lines("letter: {kind: choice, options: [x, y]}", f"more: {{kind: choice, pick: evenly, options: {options}}}"), "utf-8"
    )
    with pytest.raises(RecipeError, match="only where they are the same in every row"):
        api.load_recipe(tmp_path / "recipe.yaml")


def test_a_choice_that_is_said_to_be_a_fact_stands_among_facts(tmp_path: Path) -> None:
    item, day = "item: {kind: choice, label: false, options: [kettle, lamp]}", 'day: {kind: date, between: [-6d, -1d], format: "%A"}'
    fields = item, day, "plan: {kind: choice, options: [free, paid]}"
    (tmp_path / "recipe.yaml").write_text(lines(*fields, rows=40), "utf-8")
    (planned,) = api.preview(tmp_path / "recipe.yaml", show=3, out=tmp_path / "previewed")
    api.make(tmp_path / "recipe.yaml", out=tmp_path / "made")
    for layout in (planned.layout, api.look(tmp_path / "made").shown[0].layout):
        assert layout.labels == {"plan": "plan"}
        assert layout.facts == ("item", "day")
