"""What check notes of a recipe that has no mistakes. (Seeds that are not in English are in test_english.)"""

from __future__ import annotations

from typing import Any

import pytest

import synthgen
from synthgen.recipe.notes import notes


def noted(**field: Any) -> tuple[str, ...]:
    fields = {"country": {"kind": "choice", "options": ["DE", "FR"]}, "x": field}
    return synthgen.check({"name": "noted", "tables": {"t": {"rows": 20, "fields": fields}}}).notes


@pytest.mark.parametrize(("provider", "count"), [("month_name", 1), ("random_digit", 1), ("name", 0), ("city", 0)])
def test_a_unique_fake_whose_values_come_again_and_again_is_noted(provider: str, count: int) -> None:
    found = noted(kind="fake", provider=provider, unique=True)
    assert len(found) == count
    assert all("and 20 rows shall each have another" in note for note in found)


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "choice", "options": ["{{ country }}", "none"]},
        {"kind": "choice", "options": {"to {{country}}": 1, "none": 2}},
        {"kind": "choice", "options": ["a"], "when": "{{ country == 'DE' }}", "otherwise": "{{ country }}"},
        {"kind": "id", "prefix": "{{ country | lower }}"},
        {"kind": "fake", "provider": "bothify", "args": {"text": "{{ country }}-##"}},
    ],
)
def test_a_template_where_none_can_stand_is_noted(field: dict[str, Any]) -> None:
    (note,) = noted(**field)
    assert note.startswith("t.x: '")
    assert "stays as it is typed, for no template can stand there; see docs/fields.md, Values that depend" in note


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "choice", "options": ["{{7*7}}", "{{ nothing }}", "{ country }"]},
        {"kind": "template", "template": "{{ country }}"},
        {"kind": "fake", "provider": "pystr_format", "args": {"string_format": "{{country}}-##"}},
    ],
)
def test_braces_that_name_no_field_are_not(field: dict[str, Any]) -> None:
    assert noted(**field) == ()


@pytest.mark.parametrize(("revision", "count"), [(None, 1), ("main", 1), ("v1", 0), ("1f2c3d4", 0)])
def test_a_dataset_on_the_hub_that_may_change_is_noted(revision: str | None, count: int) -> None:
    field = {"kind": "load", "dataset": "me/shop", "pick": "random", "revision": revision}
    found = [*notes(synthgen.load_recipe({"name": "noted", "tables": {"t": {"rows": 20, "fields": {"x": field}}}}).recipe)]
    assert len(found) == count
    assert all("t.x: 'me/shop' on the Hub may change between two runs" in note and "revision: COMMIT" in note for note in found)
