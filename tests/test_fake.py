"""Faker's facts: the same from the same stream, on the recipe's clock, in the recipe's locales."""

import datetime
import inspect
import os
import random
import subprocess
import sys
from collections import Counter, OrderedDict
from random import Random

import pytest
from faker import Faker
from faker.providers import BaseProvider
from pydantic import ValidationError

from synthgen.errors import DataError
from synthgen.fields import Fake
from synthgen.fields.faker_draws import speed_up
from synthgen.fields.faker_locales import generator_of, providers_of
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

HEAVY = {"binary", "image", "tar", "zip"}
"""Providers that make a megabyte or a picture a draw, and need no other path to do it than the rest."""
BROKEN = {"xml"}
"""A provider that needs a package which synthgen does not bring; its recipe gets a fault."""


def fake(provider: str, now: str = "2026-11-01T12:00", **keys: object) -> Fake:
    context = RecipeContext(None, now=datetime.datetime.fromisoformat(now))
    return Fake.model_validate({"provider": provider, **keys}, context=context)


def draws(field: Fake, count: int = 60, seed: int = 0) -> list:
    streams = Streams(seed)
    return [field.make(Row("t", index), streams.at("t", "f", index, 0)) for index in range(count)]


# The same stream, the same fact


def test_every_provider_makes_the_same_of_the_same_stream():
    """Whatever was drawn before, and whatever the state of the random numbers that the providers share."""
    providers = sorted(providers_of("en_US") - HEAVY - BROKEN)
    assert len(providers) > 250
    makers = {provider: fake(provider) for provider in providers}
    first = {provider: [repr(maker.make(Row("t", 0), Random(number))) for number in range(4)] for provider, maker in makers.items()}
    random.seed(4711)
    again = {
        provider: [repr(maker.make(Row("t", 0), Random(number))) for number in range(4)] for provider, maker in reversed(makers.items())
    }
    assert [provider for provider in providers if first[provider] != again[provider]] == []


def test_providers_make_other_facts_of_another_stream():
    for provider in (
        "name",
        "company",
        "address",
        "ssn",
        "uuid4",
        "password",
        "iban",
        "past_date",
        "passport_full",
        "pyfloat",
        "user_agent",
        "words",
    ):
        assert len({repr(value) for value in draws(fake(provider))}) > 20, provider


@pytest.mark.parametrize(
    ("locale", "provider"),
    [
        ("sv_SE", "ssn"),  # draws from the global random
        ("sv_SE", "org_id"),
        ("th_TH", "ssn"),  # has imported a function of it
        ("uk_UA", "profile"),  # calls another provider that does
        ("es_MX", "ssn"),
        ("es_ES", "nif"),
        ("el_GR", "ssn"),
        ("en_US", "passport_full"),
        ("en_US", "color"),
    ],
)
def test_providers_that_share_random_numbers_with_all_of_python_are_seeded_too(locale, provider):
    field = fake(provider, locale=locale)
    random.seed(1)
    first = draws(field, 20)
    random.seed(2)
    assert draws(field, 20) == first
    assert len({repr(value) for value in first}) > 5


def test_fields_of_one_provider_do_not_disturb_each_other():
    alone = draws(fake("name", locale="de_DE"), 10)
    one, other, streams = fake("name", locale="de_DE"), fake("name", locale="de_DE", unique=True), Streams(0)
    mixed = []
    for index in range(10):
        other.make(Row("t", index), streams.at("t", "g", index, 0))
        mixed.append(one.make(Row("t", index), streams.at("t", "f", index, 0)))
    assert mixed == alone


@pytest.mark.parametrize("locale", ["en_US", "en_GB", "de_DE", "fr_FR", "ja_JP", "pl_PL"])
def test_facts_are_those_that_faker_itself_makes_of_the_same_random_numbers(locale):
    ours, usual = generator_of(locale), Faker(locale).factories[0]
    usual.seed_instance(0)
    assert not inspect.ismethod(ours.parse)  # it is not Faker's own
    for provider in ("name", "company", "address", "email", "job", "phone_number", "license_plate", "sentence", "random_elements", "bs"):
        for seed in range(40 if hasattr(usual, provider) else 0):
            made = []
            for generator in (ours, usual):
                generator.random.seed(seed)
                made.append((getattr(generator, provider)(), generator.random.random()))
            assert made[0] == made[1], provider


def test_a_provider_that_draws_in_another_way_keeps_it():
    class Last(BaseProvider):
        def random_element(self, elements=("a", "b", "c")):
            self.generator.random.random()
            return list(elements)[-1]

        def grade(self):
            return self.random_element(OrderedDict(good=0.1, bad=0.9))

    generator = Faker("en_US").factories[0]
    generator.seed_instance(0)
    generator.add_provider(Last)
    speed_up(generator)
    assert {generator.grade() for _ in range(20)} == {"bad"}


def test_facts_are_the_same_in_every_process():
    """Python gives sets another order in each process, and one list of cities comes out of a set."""
    code = (
        "from random import Random; from synthgen.fields import Fake; from synthgen.spec.rows import Row;"
        "print([Fake(provider=p, locale=l).make(Row('t', 0), Random(n)) for p, l in [('city', 'it_IT'), ('pyset', 'en_US')] for n in "
        "range(5)])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


# How much it makes

ENDLESS = [
    ("paragraphs", {"nb": 10**8}),
    ("text", {"max_nb_chars": 10**8}),
    ("pystr", {"min_chars": 10**8, "max_chars": 10**8 + 5}),
    ("words", {"nb": 10**8}),
    ("binary", {"length": 10**10}),
    ("pydecimal", {"left_digits": 10**8}),
    ("random_number", {"digits": 10**8}),
    ("pylist", {"nb_elements": 10**8}),
    ("json", {"num_rows": 10**8}),
    ("random_elements", {"elements": ["a"], "length": 10**8}),
    ("zip", {"uncompressed_size": 10**10}),
    ("texts", {"nb_texts": 1000, "max_nb_chars": 10**6}),
    ("pystr_format", {"string_format": "{{paragraphs}}" * 60_000}),
    ("csv", {"data_columns": ["{{name}}", "{{paragraphs}}"], "num_rows": 10**7}),
]


@pytest.mark.parametrize(("provider", "args"), ENDLESS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fact_that_would_fill_the_memory_is_told_before_it_is_made(provider, args):
    [fault] = fake(provider, args=args).mistakes()
    assert "would make a fact of about" in fault.message
    assert fault.at[0] == "args"


def test_a_provider_that_never_ends_is_stopped():
    [fault] = fake("time_series", args={"precision": 0.0001}).mistakes()
    assert "more than 100,000 values" in fault.message


@pytest.mark.parametrize(
    ("provider", "args"),
    [
        ("random_int", {"min": 10**6, "max": 10**12}),
        ("pyint", {"min_value": 10**6, "max_value": 10**7}),
        ("pyfloat", {"min_value": 20_000, "max_value": 30_000}),
        ("pydecimal", {"min_value": 20_000, "max_value": 30_000, "right_digits": 2}),
        ("unix_time", {"end_datetime": 1_700_000_000}),
        ("random_number", {"digits": 12, "fix_len": True}),
        ("text", {"max_nb_chars": 20_000}),
        ("paragraphs", {"nb": 500}),
        ("bothify", {"text": "?#" * 5_000}),
    ],
)
def test_large_arguments_that_make_no_large_facts_are_right(provider, args):
    assert not list(fake(provider, args=args).mistakes())


# The recipe's clock

RELATIVE = {
    "past_date": (-30, 0),
    "future_date": (0, 30),
    "past_datetime": (-30, 0),
    "future_datetime": (0, 30),
    "date_this_month": (-31, 0),
    "date_this_year": (-366, 0),
    "date_this_decade": (-3653, 0),
    "date_time_this_year": (-366, 0),
    "date_between": (-31 * 366, 0),
    "date_time_between": (-31 * 366, 0),
    "date_of_birth": (-116 * 366, 0),
    "passport_dob": (-116 * 366, 0),
}


@pytest.mark.parametrize("provider", RELATIVE)
@pytest.mark.parametrize("now", ["1999-10-31T23:59", "2061-02-28T00:00"])
def test_relative_dates_are_relative_to_the_recipes_now(provider, now):
    today = datetime.date.fromisoformat(now[:10])
    first, last = RELATIVE[provider]
    for value in draws(fake(provider, now)):
        day = value.date() if isinstance(value, datetime.datetime) else value
        assert first <= (day - today).days <= last


@pytest.mark.parametrize(
    "provider",
    [
        "passport_dates",
        "passport_full",
        "profile",
        "credit_card_full",
        "credit_card_expire",
        "unix_time",
        "iso8601",
        "date",
        "year",
        "time_series",
    ],
)
@pytest.mark.parametrize("other", ["2011-11-01T12:00", "2041-11-01T12:00"])
def test_two_clocks_tell_two_times(provider, other):
    assert draws(fake(provider), 20) != draws(fake(provider, other), 20)


def test_a_passport_is_issued_on_the_recipes_day_not_when_faker_was_imported():
    assert draws(fake("passport_dates", "2001-05-06T00:00"), 3) == [["06 May 2001", "06 May 2001", "06 May 2006"]] * 3
    birthday = datetime.date(1960, 1, 2)
    assert {issued[0] for issued in draws(fake("passport_dates", "2001-05-06T00:00", args={"birthday": birthday}), 3)} == {"02 Jan 1960"}


@pytest.mark.parametrize(
    ("locale", "provider"),
    [("fi_FI", "ssn"), ("lv_LV", "ssn"), ("et_EE", "ssn"), ("no_NO", "ssn"), ("zh_CN", "ssn"), ("ru_RU", "businesses_ogrn")],
)
def test_numbers_that_tell_an_age_follow_the_clock_too(locale, provider):
    assert draws(fake(provider, locale=locale), 30) != draws(fake(provider, "2005-01-01T00:00", locale=locale), 30)


@pytest.mark.parametrize("start", ["-7d", "-1w"])
def test_relative_arguments_are_relative_to_the_recipes_now_too(start):
    field = fake("date_between", "1999-10-31T00:00", args={"start_date": start, "end_date": "today"})
    assert {value.isoformat() for value in draws(field)} == {f"1999-10-{day}" for day in range(24, 31)}


def test_two_recipes_in_one_program_keep_their_own_clocks():
    old, new = fake("past_date", "1999-10-31T00:00"), fake("past_date", "2061-02-28T00:00")
    years = [(old.make(Row("t", 0), Random(number)).year, new.make(Row("t", 0), Random(number)).year) for number in range(20)]
    assert set(years) <= {(1999, 2061)}


def test_what_faker_calls_a_date_is_one_to_everybody_else():
    for provider in ("past_date", "date_object", "date_of_birth"):
        assert {type(value) for value in draws(fake(provider))} == {datetime.date}
    for provider in ("date_time", "past_datetime", "future_datetime"):
        assert {type(value) for value in draws(fake(provider))} == {datetime.datetime}


def test_the_programs_own_clock_goes_on():
    draws(fake("past_date", "1999-01-01T00:00"), 1)
    assert datetime.datetime.now(tz=datetime.UTC).year >= 2024
    assert type(datetime.datetime.now(tz=datetime.UTC)) is datetime.datetime


# Locales


def test_locales_are_drawn_by_their_weights():
    field = fake("current_country", locale={"en_GB": 8.0, "pl_PL": 2.0, "de_DE": 0.0})
    counts = Counter(draws(field, 3000))
    assert counts["United Kingdom"] / 3000 == pytest.approx(0.8, abs=0.03)
    assert sum(counts.values()) == 3000
    assert len(counts) == 2


def test_a_list_of_locales_is_drawn_from_alike():
    counts = Counter(draws(fake("current_country", locale=["en_GB", "fr_FR", "it_IT"]), 3000))
    assert all(count == pytest.approx(1000, abs=120) for count in counts.values())
    assert len(counts) == 3


def test_one_locale_is_that_one():
    assert all(any("\u3040" < letter < "\u9fff" for letter in name) for name in draws(fake("name", locale="ja_JP")))
    assert draws(fake("name"), 9) == draws(fake("name", locale="en_US"), 9)


@pytest.mark.parametrize("locale", [[], {}, {"en_GB": 0.0}, {"en_GB": -1.0}, 5])
def test_locales_that_cannot_be_drawn_from_are_refused(locale):
    with pytest.raises(ValidationError):
        fake("name", locale=locale)


# Values and their columns


@pytest.mark.parametrize(
    ("provider", "args", "column"),
    [
        ("name", {}, "string"),
        ("boolean", {}, "bool"),
        ("random_int", {}, "int64"),
        ("pyfloat", {}, "float64"),
        ("pydecimal", {}, "float64"),
        ("latitude", {}, "float64"),
        ("past_date", {}, "date32"),
        ("past_datetime", {}, "timestamp[us]"),
        ("time_object", {}, "string"),
        ("time_delta", {}, "string"),
        ("words", {}, "list"),
        ("currency", {}, "list"),
        ("pyset", {"value_types": ["str"]}, "list"),
        ("random_elements", {"elements": ["a", "b"]}, "list"),
        ("profile", {}, "json"),
        ("pydict", {}, "json"),
        ("time_series", {}, "json"),
        ("random_element", {"elements": [1, 2.5]}, "float64"),
        ("random_element", {"elements": [1, "a"]}, "json"),
        ("random_element", {"elements": [True, None]}, "bool"),
        ("random_element", {"elements": [None]}, "json"),
        ("binary", {"length": 4}, "string"),
    ],
)
def test_a_column_has_the_type_of_its_facts(provider, args, column):
    field = fake(provider, args=args)
    assert field.column() == column
    kinds = {
        "string": str,
        "bool": bool,
        "int64": int,
        "float64": (int, float),
        "date32": datetime.date,
        "timestamp[us]": datetime.datetime,
        "list": list,
    }
    assert all(value is None or isinstance(value, kinds.get(column, object)) for value in draws(field, 100))


def test_a_column_can_hold_every_part_of_a_fact():
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(type(key) is str and plain(part) for key, part in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or type(value) in (str, int, float, bool, datetime.date, datetime.datetime)

    providers = providers_of("en_US") - HEAVY - BROKEN
    assert [provider for provider in sorted(providers) if not all(map(plain, draws(fake(provider), 3)))] == []


def test_arguments_reach_the_provider():
    assert {len(value) for value in draws(fake("pystr", args={"min_chars": 5, "max_chars": 5}))} == {5}
    assert all(value in ("a", "b") for value in draws(fake("random_element", args={"elements": ["a", "b"]})))
    assert all(40 <= value <= 42 for value in draws(fake("random_int", args={"min": 40, "max": 42})))


# What is wrong with a field


@pytest.mark.parametrize(
    ("keys", "at", "named"),
    [
        ({"provider": "nmae"}, ("provider",), "nmae"),
        ({"provider": "seed"}, ("provider",), "seed"),
        ({"provider": "add_provider"}, ("provider",), "add_provider"),
        ({"provider": "__class__"}, ("provider",), "__class__"),
        ({"provider": "name", "locale": "xx_XX"}, ("locale",), "xx_XX"),
        ({"provider": "name", "locale": ["en_GB", "xx_XX"]}, ("locale", 1), "xx_XX"),
        ({"provider": "name", "locale": {"xx_XX": 1.0}}, ("locale", "xx_XX"), "xx_XX"),
        ({"provider": "pesel", "locale": ["pl_PL", "en_GB"]}, ("provider",), "pesel"),
        ({"provider": "name", "args": {"length": 3}}, ("args", "length"), "length"),
        ({"provider": "random_int", "args": {"min": 5, "max": 1}}, ("args",), "random_int"),
        ({"provider": "enum"}, ("provider",), "enum"),
    ],
)
def test_what_faker_does_not_have_is_a_fault(keys, at, named):
    (only,) = fake(**keys).mistakes()
    assert only.at == at
    assert named in only.message


@pytest.mark.parametrize(
    "keys", [{"provider": "name"}, {"provider": "pesel", "locale": "pl_PL"}, {"provider": "name", "locale": {"en_GB": 1.0, "ja_JP": 0.0}}]
)
def test_what_faker_has_is_none(keys):
    assert list(fake(**keys).mistakes()) == []


def test_a_provider_that_fails_in_its_locale_says_which_row_and_why():
    with pytest.raises(DataError, match="t, row 0: Faker provider 'name_male' fails in locale es_AR: AttributeError"):
        draws(fake("name_male", locale="es_AR"))
