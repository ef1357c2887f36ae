"""The messages that a typed field learns from: what its keys `seeds`, `like`, `field`, `turns` and `labelled` give, and what is wrong with
it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from synthgen.errors import DataError
from synthgen.spec.parts import PartMistake, RecipeContext, unreadable_file
from synthgen.spec.turns import in_turn
from synthgen.text import files
from synthgen.text.dialogues import ReadSummary, Turns
from synthgen.text.slots import slots
from synthgen.text.sources import source_files

FEW = "give a few that show how people type; a dozen per topic is good"
NEITHER = "seeds: messages that show how people type, a list or a file, or either per topic; like: a file of real ones"

Seeds = str | list[str]
"""A file, or messages."""


@dataclass(frozen=True)
class SeedMessages:
    """The seed messages of a typed field. `seeds`, `like`, `field`, `turns` and `labelled` are its keys; `context` says where files lie."""

    seeds: Seeds | Mapping[str, Seeds] | None
    like: str | None
    field: str | None
    turns: Turns | None
    labelled: str | None
    context: RecipeContext
    summaries: dict[str, ReadSummary] = dataclasses.field(default_factory=dict, init=False, compare=False)

    @cached_property
    def by_topic(self) -> dict[str, list[str]]:
        """The seed messages per topic; under the empty topic those that serve all. Raises DataError, ValueError."""
        if isinstance(self.seeds, Mapping):
            return {topic: self._read(seeds) for topic, seeds in self.seeds.items()}
        if self.labelled and self.like is not None:
            path, summary = self.context.path(self.like), ReadSummary()
            self.summaries[self.like] = summary
            return files.grouped(path, self.labelled, self.field or "", self.turns, summary)
        return {"": self._read(self.seeds) if self.seeds is not None else self.liked}

    @cached_property
    def liked(self) -> list[str]:
        """The messages of `like`. Raises DataError, ValueError."""
        return self._read(self.like or [])

    @property
    def all(self) -> list[str]:
        """The seed messages of all topics."""
        return [seed for pool in self.by_topic.values() for seed in pool]

    @property
    def originals(self) -> list[str]:
        """What no message may repeat: the seeds, and the messages of `like`."""
        return self.all + (self.liked if self.seeds is not None else [])

    @property
    def slots(self) -> frozenset[str]:
        """The slots that are in a seed message."""
        return frozenset[str]().union(*map(slots, self.all))

    @property
    def several_topics(self) -> bool:
        """Whether at least two topics have seeds, as far as the recipe says, without reading a file."""
        if isinstance(self.seeds, Mapping):
            return sum(bool(topic and seeds) for topic, seeds in self.seeds.items()) > 1
        return self.seeds is None and self.labelled is not None

    def of(self, topic: str) -> list[str]:
        """The seed messages of a topic, or those that serve all."""
        return self.by_topic.get(topic, self.by_topic.get("", []))

    def in_turn(self) -> list[tuple[str, str]]:
        """Every seed message once, with its topic: of each topic one, and then of each another."""
        return [*in_turn([(topic, seed) for seed in dict.fromkeys(pool)] for topic, pool in self.by_topic.items())]

    # Where they are

    def files(self) -> list[Path]:
        """The seed files, and the one to be like."""
        return [file for name in self._named_files() for file in source_files(self.context.path(str(name)))]

    def field_of(self, path: Path) -> str:
        """The field that holds the messages of a file; a file with one a line has none."""
        return self.field or "" if files.is_records(path) else ""

    def places(self) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
        """Where in the field's keys the messages of each topic are given, and these."""
        for topic, pool in self.by_topic.items():
            yield ("like",) if self.seeds is None else ("seeds", topic) if isinstance(self.seeds, Mapping) else ("seeds",), pool

    def unknown(self, at: tuple[str | int, ...], name: str) -> PartMistake:
        """The mistake that a seed message given `at` this place has a slot for which there is no field."""
        seeds = self.seeds[str(at[1])] if isinstance(self.seeds, Mapping) else self.seeds
        messages = seeds if isinstance(seeds, list) else self.by_topic[str(at[1])] if len(at) > 1 else self.all
        number = next(number for number, message in enumerate(messages) if name in slots(message))
        listed = isinstance(seeds, list)
        where = "" if listed else f" (in: {messages[number]})"
        return PartMistake((*at, number) if listed else at, f"slot <{name}>: there is no field '{name}'{where}", word=f"<{name}>")

    def readings(self) -> Iterator[str]:
        """What was read of each file of records, a line each. Raises DataError, ValueError."""
        self.originals  # noqa: B018 (it is read, to see what is in it)
        yield from (f"{name}: {summary}" for name, summary in self.summaries.items() if summary.fields)

    def _named_files(self) -> list[Path]:
        named = [*(self.seeds.values() if isinstance(self.seeds, Mapping) else [self.seeds]), self.like]
        return [Path(name) for name in named if isinstance(name, str)]

    def _is_records(self, name: Path) -> bool:
        try:
            return files.is_records(self.context.path(str(name)))
        except ValueError:  # said where it is read
            return True

    def _read(self, seeds: Seeds) -> list[str]:
        if isinstance(seeds, list):
            joined = [" ".join(seed.split()) for seed in seeds]
            return [seed for seed in joined if seed]
        path, summary = self.context.path(seeds), ReadSummary()
        self.summaries[seeds] = summary
        return files.messages(path, self.field_of(path), self.turns, summary)

    # What is wrong with them

    def mistakes(self) -> Iterator[PartMistake]:
        """Seeds that cannot be read or are too few, and keys for which there are no such seeds."""
        if self.seeds is None and self.like is None:
            yield PartMistake((), "missing key 'seeds' or 'like'", NEITHER)
            return
        by_topic = self.seeds if isinstance(self.seeds, Mapping) else {} if self.seeds is None else {"": self.seeds}
        if not by_topic and self.seeds is not None:
            yield PartMistake(("seeds",), "no seed messages", FEW)
        for topic, seeds in by_topic.items():
            yield from self._mistakes_of(topic, seeds)
        if self.labelled and (self.like is None or self.seeds is not None):
            message = "it names a field of the records in 'like', where these are the seeds"
            yield PartMistake(("labelled",), message, "give like, and no seeds", at_key=True)
        if (self.field or self.turns) and not any(map(self._is_records, self._named_files())):
            hint = f"give messages as records, {', '.join(files.FORMATS)}, or take it out"
            key, names = ("field", "names a field of records") if self.field else ("turns", "says which turns of conversations")
            yield PartMistake((key,), f"it {names}, and no file here holds {'records' if self.field else 'any'}", hint, at_key=True)

    def mistakes_of_like(self) -> Iterator[PartMistake]:
        """A file to be like that cannot be read."""
        if self.like is None:
            return
        try:
            self.liked  # noqa: B018 (it is read, to see whether it can be)
            self.by_topic if self.seeds is None else None  # noqa: B018 (likewise)
        except (DataError, ValueError) as error:
            yield unreadable_file(("like",), error, self.context)

    def _mistakes_of(self, topic: str, seeds: Seeds) -> Iterator[PartMistake]:
        at = ("seeds", topic) if isinstance(self.seeds, Mapping) else ("seeds",)
        try:
            if not (seeds and self._read(seeds)):
                yield PartMistake(at, "no seed messages", FEW)
        except (DataError, ValueError) as error:
            mistake = unreadable_file(at, error, self.context)
            is_message = isinstance(seeds, str) and " " in seeds.strip() and "." not in seeds
            hint = "text here names a file; messages stand in a list: [hi there, hello]"
            yield replace(mistake, hint=hint) if is_message else mistake
