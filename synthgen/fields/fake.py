"""`kind: fake`: what Faker makes: names, addresses, companies, card numbers, and some 300 other facts.

Every value is drawn from its own row's stream, and Faker's clock stands still at the recipe's `now`, so that
the same recipe gives the same facts tomorrow. (Faker's word lists change between its versions: the manifest
names the version.)
"""

from __future__ import annotations

import datetime
import decimal
import inspect
import random
import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import accumulate, islice
from math import isinf
from random import Random
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.fields.dependent import is_template, shortened
from synthgen.fields.fake_size import MOST, MOST_PARTS, predicted_size, size_of
from synthgen.fields.faker_locales import FakerClock, draw_elsewhere, generator_of, known_locales, providers_of
from synthgen.fields.shape import LARGEST_INT, Others, PythonField, Role, Weight, fill
from synthgen.memory import lacks_memory
from synthgen.spec import render
from synthgen.spec.moments import HINT, zone_mistake
from synthgen.spec.numerals import options_as_typed
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row, Value, to_text

seed = Random.__mro__[1].seed  # type: ignore[attr-defined]
"""Seeds a stream with a whole number, without asking what it is."""
DEFAULT_LOCALE = "en_US"
LISTED = "they are listed at https://faker.readthedocs.io; some"
LARGE = 100_000
"""Characters after which no more values are made to see of what type they are."""


def _sound(weights: str | list[str] | dict[str, float] | None) -> str | list[str] | dict[str, float] | None:
    if weights is not None and not weights:
        raise ValueError("no locale given")
    if isinstance(weights, str) and is_template(weights):
        render.names(weights)
    if isinstance(weights, dict) and not sum(weights.values()):
        raise ValueError("all weights are 0, so nothing can be chosen", "give at least one locale a weight above 0")
    if isinstance(weights, dict) and isinf(sum(weights.values())):
        raise ValueError("together the weights are larger than a number can be")
    return weights


class Fake(PythonField):
    """What a Faker `provider` makes, with its `args`, in one `locale` or several, or in the row's own: `"{{ locale }}"`."""

    role: ClassVar[Role] = "fact"
    zoneless: ClassVar[bool] = True

    def implied(self) -> Iterator[dict[str, Any]]:
        """A value comes once only, if it is `unique`."""
        if self.unique:
            yield {"kind": "unique"}

    kind: Literal["fake"] = "fake"
    provider: str = Field(description="any Faker provider: name, company, street_address, …")
    args: Annotated[dict[str, Any], BeforeValidator(options_as_typed)] = Field(
        default_factory=dict, description="the provider's own arguments"
    )
    locale: Annotated[str | list[str] | dict[str, Weight] | None, AfterValidator(_sound)] = Field(
        None, description="one locale (en_GB), a list, or weights such as {en_GB: 3, de_DE: 1}; or a template that gives one"
    )
    unique: bool = Field(False, description="no value twice in the table")

    def literals(self) -> list[Any]:
        """Its arguments, but for a provider that has templates of Faker's own."""
        return [*super().literals(), *(self.args.values() if self.provider != "pystr_format" else ())]

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that give its locale."""
        yield from super().reads()
        yield from ((("locale",), name) for name in (sorted(render.names(self._template)) if self._template else ()))

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """The locales that its template gives for all values of the one field that it reads, where these are known."""
        names = sorted(render.names(self._template))
        source = others.field(names[0]) if len(names) == 1 and self.when is None else None
        value_of_locale = dict[str, Value]()
        for value, possible in (source.known_values() or ()) if source is not None else ():
            if possible:
                value_of_locale.setdefault(render.fill(self._template, {names[0]: value}).strip(), value)
        for locale, value in value_of_locale.items():
            if locale not in known_locales():
                message = f"unknown locale '{locale}', which is the row's where {names[0]} is {to_text(value) or 'nothing'}"
                yield PartMistake(("locale",), message, _hint(locale))
        checked = set(self._locales)
        wrong = (self._mistake_in(locale) for locale in value_of_locale if locale in known_locales() and locale not in checked)
        yield from islice(filter(None, wrong), 1)

    def mistakes(self) -> Iterator[PartMistake]:
        """An unknown locale or provider, or arguments that the provider does not take."""
        locales = known_locales()
        for number, locale in enumerate(self._locales):
            if locale not in locales:
                at = ("locale",) if isinstance(self.locale, str) else ("locale", locale if isinstance(self.locale, dict) else number)
                yield PartMistake(at, f"unknown locale '{locale}'", _hint(locale), at_key=isinstance(self.locale, dict))
        sound = [locale for locale in self._locales if locale in locales] or ([] if self._template else [DEFAULT_LOCALE])
        if mistake := next(filter(None, map(self._mistake_in, sound)), None):
            yield mistake

    def _unknown_in(self, locale: str) -> str:
        elsewhere = f" in locale {locale}" if self._template or self.provider in providers_of(DEFAULT_LOCALE) else ""
        return f"unknown Faker provider '{self.provider}'{elsewhere}"

    def _mistake_in(self, locale: str) -> PartMistake | None:
        if self.provider not in providers_of(locale):
            return PartMistake(("provider",), self._unknown_in(locale), did_you_mean(self.provider, providers_of(locale), LISTED))
        parameters = inspect.signature(getattr(generator_of(locale), self.provider)).parameters
        takes = ", ".join(
            name if parameter.default is parameter.empty else f"{name}={parameter.default!r}" for name, parameter in parameters.items()
        )
        hint = f"{self.provider} takes {takes or 'no arguments'}"
        for name in self.args:
            if name not in parameters and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
                near = did_you_mean(name, parameters) if nearest(name, parameters) else hint
                return PartMistake(("args", name), f"Faker provider '{self.provider}' has no argument '{name}'", near, at_key=True)
        patterns = (
            (name, zone_mistake(argument)) for name, argument in self.args.items() if name == "pattern" and isinstance(argument, str)
        )
        if wrong := next(((name, wrong) for name, wrong in patterns if wrong), None):
            return PartMistake(("args", wrong[0]), wrong[1], HINT)

        def call_with(args: dict[str, Any]) -> Any:
            spec = self.model_dump(exclude={"otherwise"}) | {"locale": locale, "args": args}
            return type(self).model_validate(spec, context=self._context)._called(locale, Random(0))

        place: tuple[str, ...] = ("args", *self.args)[:2] if len(self.args) == 1 else ("args",) if self.args else ("provider",)
        if (size := predicted_size(call_with, self.args)) > MOST:
            larger = f"Faker provider '{self.provider}' would make a fact of about {size:,.0f} characters; {MOST:,} are the most"
            return PartMistake(place, larger, hint)
        try:
            value = _plain(call_with(self.args))
            if type(value) is int and abs(value) > LARGEST_INT:
                return PartMistake(
                    place, f"Faker provider '{self.provider}' makes whole numbers of more than 64 bits, which no column holds", hint
                )
        except Exception as error:  # a provider says in its own way that an argument is wrong
            if lacks_memory(error):
                raise
            first = (str(error).splitlines() or [""])[0]
            return PartMistake(place, f"Faker provider '{self.provider}' refuses this: {type(error).__name__}: {first}", hint)
        return None

    @cached_property
    def _template(self) -> str:
        """What gives the locale of a row; "" where that is written."""
        return self.locale if isinstance(self.locale, str) and is_template(self.locale) else ""

    @cached_property
    def _locales(self) -> list[str]:
        """The locales that are written; of a template those that are named in it, or else the usual one if it has the provider."""
        if self._template:
            named = [word for word in dict.fromkeys(re.findall(r"\w+", self._template)) if word in known_locales()]
            return named or [DEFAULT_LOCALE] * (self.provider in providers_of(DEFAULT_LOCALE))
        if self.locale is None or isinstance(self.locale, str):
            return [self.locale or DEFAULT_LOCALE]
        return list(self.locale)

    @cached_property
    def _weights(self) -> list[float]:
        return list(accumulate(self.locale.values() if isinstance(self.locale, dict) else [1.0] * len(self._locales)))

    @cached_property
    def _makers(self) -> dict[str, tuple[Any, Callable[..., Any]]]:
        return {}

    def _maker(self, locale: str) -> tuple[Any, Callable[..., Any]]:
        """For a locale: Faker's generator, and the provider's method."""
        if locale not in self._makers:
            generator = generator_of(locale)
            method = getattr(generator, self.provider)
            # A default such as `birthday=date.today()` is from when Faker was imported.
            dates = {
                name for name, parameter in inspect.signature(method).parameters.items() if isinstance(parameter.default, datetime.date)
            }
            fixed = partial(method, **dict.fromkeys(dates - self.args.keys(), self._context.now.date()))
            self._makers[locale] = (generator, fixed)
        return self._makers[locale]

    def make(self, row: Row, stream: Random) -> Value:
        """One fact. Decimals become numbers, sets, tuples and generators lists, so that a column can hold them. Raises DataError."""
        locale = self._locale_of(row, stream)
        try:
            return self._call(locale, stream)
        except Exception as error:  # some providers lack a few of their locale's parts, and fail on the draws that need them
            if lacks_memory(error):
                raise
            raise DataError(
                f"{row.table}, row {row.index}: Faker provider '{self.provider}' fails in locale {locale}: {type(error).__name__}: {error}",
                "choose another provider or locale",
            ) from None

    def _locale_of(self, row: Row, stream: Random) -> str:
        if not self._template:
            return self._locales[0] if len(self._locales) == 1 else stream.choices(self._locales, cum_weights=self._weights)[0]
        where = f"{row.table}, row {row.index}"
        locale = shortened(fill(self._template, row.values, where).strip())
        if locale not in self._makers:
            if locale not in known_locales():
                raise DataError(f"{where}: unknown locale '{locale}'; it comes from {self._template}", _hint(locale))
            if self.provider not in providers_of(locale):
                raise DataError(f"{where}: {self._unknown_in(locale)}", did_you_mean(self.provider, providers_of(locale), LISTED))
        return locale

    def _call(self, locale: str, stream: Random) -> Value:
        value = self._called(locale, stream)
        return value if type(value) is str else _plain(value)

    def _called(self, locale: str, stream: Random) -> Any:
        """What the provider itself gives."""
        generator, method = self._maker(locale)
        seed(generator.random, stream.getrandbits(64))  # seeded, not replaced: some providers keep hold of it
        generator.random.gauss_next = None
        if locale in draw_elsewhere or "passport" in self.provider:
            random.seed(stream.getrandbits(64))
        FakerClock.now_is = self._now
        return method(**self.args)

    @cached_property
    def _now(self) -> datetime.datetime:
        return self._context.now

    @cached_property
    def _column(self) -> str:
        kinds = {bool: "bool", int: "int64", float: "float64", str: "string", datetime.date: "date32", datetime.datetime: "timestamp[us]"}
        types = set(map(type, self._drawn())) - {type(None)}
        if types == {int, float}:
            return "float64"
        if types == {list} and all(isinstance(item, str) for item in self._call(self._locales[0], Random(0))):
            return "list"
        if not self._locales:  # those of the rows are not known before
            return "string"
        return kinds.get(types.pop(), "json") if len(types) == 1 else "json"

    def _drawn(self) -> Iterator[Value]:
        """A few values of each locale, of large ones fewer."""
        for locale in self._locales:
            size = 0
            for seed in range(8):
                if size <= LARGE:
                    yield (value := self._call(locale, Random(seed)))
                    size += size_of(value)

    def column(self) -> str:
        """Judged by a few values."""
        return self._column


def _hint(locale: str) -> str:
    if is_template(locale):
        return 'a template stands alone: locale: "{{ … }}"'
    if nearest(locale, known_locales()):
        return did_you_mean(locale, known_locales())
    return "a locale is a language and a country, such as en_GB or de_DE"


def _plain(value: Any) -> Value:
    if isinstance(value, datetime.datetime):
        return datetime.datetime(*value.timetuple()[:6], value.microsecond)  # noqa: DTZ001
    if isinstance(value, str | int | float | datetime.date) or value is None:
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) if not isinstance(item, datetime.date) else str(item) for key, item in value.items()}
    if isinstance(value, Iterator):
        value = list(islice(value, MOST_PARTS + 1))
        if len(value) > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS:,} values")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, bytes):
        return value.hex()
    return float(value) if isinstance(value, decimal.Decimal) and value.is_finite() else str(value)
