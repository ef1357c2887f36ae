"""Faker's generators, one to a locale, with their clocks stopped at the recipe's `now`.

What a generator draws is seeded anew before each call, so that one can serve all fields and rows.
"""

from __future__ import annotations

import datetime
import random
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any

from synthgen.fields.faker_draws import speed_up

NOT_FACTS = {
    "add_provider",
    "del_arguments",
    "enum",
    "format",
    "get_arguments",
    "get_formatter",
    "get_provider",
    "get_providers",
    "items",
    "locales",
    "optional",
    "parse",
    "provider",
    "providers",
    "random",
    "seed",
    "seed_instance",
    "set_arguments",
    "set_formatter",
    "unique",
    "cache_pattern",
    "factories",
    "weights",
}


@lru_cache(maxsize=1)
def known_locales() -> frozenset[str]:
    """The names of all locales."""
    from faker.config import AVAILABLE_LOCALES

    return frozenset(AVAILABLE_LOCALES)


@lru_cache(maxsize=64)
def providers_of(locale: str) -> frozenset[str]:
    """The names of the providers that a locale has and that make facts."""
    generator = generator_of(locale)
    return frozenset(
        name for name in dir(generator) if name[0] != "_" and name not in NOT_FACTS and callable(getattr(generator, name, None))
    )


@lru_cache(maxsize=64)
def generator_of(locale: str) -> Any:
    """Faker's own generator for one locale: a new random stream is set on it before each call."""
    from faker import Faker

    generator = Faker(locale).factories[0]
    generator.seed_instance(0)  # Faker makes some values (bytes) from the system's randomness until it was seeded once
    for provider in generator.providers:
        if isinstance(getattr(provider, "cities", None), list):  # Italy's come out of a set, in another order in every process
            provider.cities = sorted(provider.cities)
    speed_up(generator)
    _stop_clocks()
    modules = {sys.modules[kind.__module__] for provider in generator.providers for kind in type(provider).__mro__ if kind is not object}
    if any(
        member is random or getattr(member, "__module__", "") == "random"
        for module in modules
        if ".passport." not in module.__name__
        for member in vars(module).values()
    ):
        draw_elsewhere.add(locale)
    return generator


draw_elsewhere: set[str] = set()
"""The locales some of whose providers draw from the global `random`, or are called by others that do."""


class FakerClock:
    """The time that Faker's providers are told."""

    now_is = datetime.datetime(2026, 11, 1, 12, 0)  # noqa: DTZ001


class _LikeDate(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__mro__[1])


class _StoppedDate(datetime.date, metaclass=_LikeDate):
    @classmethod
    def today(cls) -> Any:
        return FakerClock.now_is.date()


class _StoppedDatetime(datetime.datetime, metaclass=_LikeDate):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return FakerClock.now_is.replace(tzinfo=tz)

    @classmethod
    def today(cls) -> Any:
        return FakerClock.now_is


_stopped = ModuleType("datetime")
_stopped.__dict__.update(vars(datetime) | {"date": _StoppedDate, "datetime": _StoppedDatetime})
_REPLACED = [(datetime, _stopped), (datetime.date, _StoppedDate), (datetime.datetime, _StoppedDatetime)]


def _stop_clocks() -> None:
    """Give every loaded provider module a `datetime` whose now and today are the recipe's.

    Faker takes no clock; its providers import `datetime` by these three names.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("faker.providers."):
            for real, stopped in _REPLACED:
                for alias in [alias for alias, member in vars(module).items() if member is real]:
                    setattr(module, alias, stopped)
