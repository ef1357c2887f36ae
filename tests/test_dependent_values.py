"""Locales of rows, and all that may depend on a row together. (How mistakes are told: test_broken_recipes.)"""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import lines
from datasets import load_dataset

import synthgen
from synthgen.errors import DataError
from synthgen.recipe.schema import schema

COUNTRY = "country: {kind: choice, options: {DE: 3, FR: 1}}"
Making = Callable[..., dict[str, Any]]
Told = Callable[..., list[str]]
Types = Callable[..., dict[str, str]]


# The locale of a row


def test_each_row_is_made_in_its_own_locale(make: Making) -> None:
    iban = "iban: {kind: fake, provider: iban, locale: \"{{ 'de_DE' if country == 'DE' else 'fr_FR' }}\"}"
    rows = make(lines(iban, COUNTRY))["t"].values
    assert {(row["country"], row["iban"][:2]) for row in rows} == {("DE", "DE"), ("FR", "FR")}


def test_a_row_s_locale_may_be_a_hidden_choice(make: Making, column_types: Types) -> None:
    fields = (
        COUNTRY,
        "locale: {kind: choice, of: country, options: {DE: [de_DE, de_AT], FR: [fr_FR]}, hidden: true}",
        'code: {kind: fake, provider: current_country_code, locale: "{{ locale }}"}',
    )
    assert {(row["locale"], row["code"]) for row in make(lines(*fields))["t"].values} == {("de_DE", "DE"), ("de_AT", "AT"), ("fr_FR", "FR")}
    assert column_types(*fields) == {"country": "string", "code": "string"}


def test_the_locale_of_a_row_draws_what_the_same_locale_draws_for_all(make: Making) -> None:
    """So that a recipe keeps its facts when the locale of a field becomes a template."""
    names = [
        make(lines(f"x: {{kind: fake, provider: name, locale: {locale}}}"))["t"].column("x") for locale in ("de_DE", "\"{{ 'de_DE' }}\"")
    ]
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("{{ 'de-DE' if n > 0 else 'fr_FR' }}", r"t, row 0: unknown locale 'de-DE'; it comes from \{\{.*\n  did you mean 'de_DE'"),
        ("{{ none }}", "t, row 0: unknown locale 'None'"),
        ("{{ 'de_DE' if n > 0 else 'pl_PL' }}", None),
    ],
)
def test_an_unknown_locale_is_told_with_its_row(make: Making, locale: str, message: str | None) -> None:
    fields = "n: {kind: number, between: [1, 9]}", f'x: {{kind: fake, provider: name, locale: "{locale}"}}'
    if message:
        with pytest.raises(DataError, match=message):
            make(lines(*fields))
    else:
        assert len(make(lines(*fields))["t"].rows) == 40


def test_a_provider_that_a_row_s_locale_has_not_is_told_with_its_row(make: Making) -> None:
    x = 'x: {kind: fake, provider: pesel, locale: "{{ a }}_{{ b }}"}'
    fields = "a: {kind: choice, options: [de]}", "b: {kind: choice, options: [DE]}", x
    with pytest.raises(DataError, match="t, row 0: unknown Faker provider 'pesel' in locale de_DE"):
        make(lines(*fields))
    fields = "a: {kind: choice, options: [pl]}", "b: {kind: choice, options: [PL]}", x
    assert all(len(number) == 11 for number in make(lines(*fields))["t"].column("x"))


@pytest.mark.parametrize(
    ("options", "locale", "told"),
    [
        ("[DE, FR]", "{{ {'DE': 'de_DE', 'FR': 'fr_FF'}[s] }}", ["unknown locale 'fr_FF', which is the row's where s is FR"]),
        ("[de_DE, xx]", "{{ s }}", ["unknown locale 'xx', which is the row's where s is xx"]),
        ("{de_DE: 1, xx: 0}", "{{ s }}", []),
        ("[true, false]", "{{ 'de_DE' if s else 'fr_FR' }}", []),
        ("[en_GB]", "{{ s }}", []),
    ],
)
def test_locales_that_are_known_before_are_checked(mistakes: Told, options: str, locale: str, told: list[str]) -> None:
    assert mistakes(f"s: {{kind: choice, options: {options}}}", f'x: {{kind: fake, provider: name, locale: "{locale}"}}') == told


# All of them


DEPENDENT = (
    COUNTRY,
    "city: {kind: choice, of: country, options: {DE: {Berlin: 3, Bonn: 1}, FR: [Paris, Lyon]}}",
    "name: {kind: fake, provider: name, locale: \"{{ 'de_DE' if country == 'DE' else 'it_IT' }}\"}",
    "start: {kind: date, between: [2026-01-01, 2026-02-01]}",
    'end: {kind: date, between: ["{{ start }}", +30d]}',
    'nights: {kind: number, between: [1, "{{ (end - start).days + 1 }}"]}',
    "words: {kind: fake, provider: words, locale: \"{{ 'fr_FR' if country == 'FR' else 'en_GB' }}\"}",
    'word: {kind: choice, options: "{{ words }}"}',
)


def test_rows_are_the_same_whatever_the_chunk_and_the_number_of_rows(make: Making) -> None:
    whole = make(lines(*DEPENDENT, rows=90))["t"].values
    assert make(lines(*DEPENDENT, rows=90), chunk=7)["t"].values == whole
    assert make(lines(*DEPENDENT, rows=20))["t"].values == whole[:20]
    assert make(lines(*reversed(DEPENDENT), rows=90))["t"].values == whole
    assert make(lines(*DEPENDENT, rows=90), seed=1)["t"].values != whole


def test_rows_are_the_same_whichever_locale_comes_first() -> None:
    """In a process of its own, so that no locale has been opened before."""
    code = (
        "from random import Random; from synthgen.fields import Fake; from synthgen.spec.rows import Row;"
        "field = Fake(provider='name', locale='{{ locale }}');"
        "rows = [(number, ['it_IT', 'de_DE', 'en_US'][number % 3]) for number in range(12)];"
        "made = [(number, field.make(Row('t', number, values={'locale': locale}), Random(number))) for number, locale in ORDER];"
        "print(sorted(made))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code.replace("ORDER", order)], capture_output=True, encoding="utf-8", check=True, timeout=120
        ).stdout
        for order in ("rows", "rows[::-1]")
    }
    assert len(said) == 1


def test_an_amount_has_all_its_places_in_messages_and_in_rows_below(tmp_path: Path) -> None:
    fields = "price: {kind: number, between: [20.4, 20.4], decimals: 2}, says: {kind: template, template: '£{{ price }}'}"
    below = "again: {kind: template, template: '£{{ price }}'}"
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"name: demo\ntables:\n  t: {{rows: 2, fields: {{{fields}}}}}\n  u: {{from: {{table: t}}, fields: {{{below}}}}}\n"
        "  v: {from: {table: u}, fields: {more: {kind: template, template: '£{{ price }}'}}}\n"
    )
    synthgen.make(path, out=tmp_path / "out")
    (row, _) = load_dataset(str(tmp_path / "out"), "v", split="train")
    assert {row[name] for name in ("says", "again", "more")} == {"£20.40"}
    assert row["price"] == 20.4


def test_the_rows_ship_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(lines(*DEPENDENT, rows=30), encoding="utf-8")
    synthgen.make(path, out=tmp_path / "out")
    rows = load_dataset(str(tmp_path / "out"), "t", split="train")
    assert {name: str(feature.dtype) for name, feature in rows.features.items() if name in ("city", "end", "nights", "word")} == {
        "city": "string",
        "end": "date32",
        "nights": "int64",
        "word": "string",
    }
    assert all(row["start"] <= row["end"] <= row["start"] + datetime.timedelta(days=30) for row in rows)


def test_the_schema_knows_what_may_depend(recipe: Callable[..., Any]) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema())
    data = recipe(lines(*DEPENDENT)).data
    assert list(validator.iter_errors(data)) == []
    for wrong in ({"options": {"DE": "Berlin"}}, {"options": {"DE": ["Berlin"], "FR": 3}}, {"options": 5}, {"of": 5}):
        data["tables"]["t"]["fields"]["city"] = {"kind": "choice", "options": ["a"], **wrong}
        assert not validator.is_valid(data)


@pytest.mark.parametrize(
    ("fields", "circle"),
    [
        (
            ("a: {kind: choice, of: b, options: {x: [x]}}", "b: {kind: choice, of: a, options: {x: [x]}}"),
            "fields are made from each other in a circle: a → b → a",
        ),
        (
            ('a: {kind: date, between: ["{{ b }}", +1d]}', 'b: {kind: date, between: ["{{ a }}", +1d]}'),
            "fields are made from each other in a circle: a → b → a",
        ),
        (
            ('a: {kind: number, between: [1, "{{ b }}"]}', 'b: {kind: choice, options: "{{ [a] }}"}'),
            "fields are made from each other in a circle: a → b → a",
        ),
        (('a: {kind: fake, provider: name, locale: "{{ a }}"}',), "'a' is made from itself"),
    ],
)
def test_a_circle_is_told_as_of_templates(mistakes: Told, fields: tuple[str, ...], circle: str) -> None:
    assert mistakes(*fields) == [circle]
