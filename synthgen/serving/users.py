"""The users that a recipe has for talks: a row of the table with a `conversation` each, made as `preview` makes rows, up to the talk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from synthgen.engine.step import is_wanted
from synthgen.errors import DataError, OutputError, did_you_mean
from synthgen.fields.conversation import Conversation, conversation_of
from synthgen.fields.user_side import TalkUser
from synthgen.making.preview import Audience, previews
from synthgen.making.runs import RecordingModel, Watch
from synthgen.models import Model
from synthgen.recipe import Loaded, Plan, TablePlan, plan
from synthgen.recipe.plan import FieldStep
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

EARLIER = 4
"""Messages that show a base model how people type here, where a talk is about what a harness says."""


KNOWN_TALKS = 10_000
"""Talks that are known by their first message."""


@dataclass(frozen=True)
class TalkPlan:
    """The field whose users are served: its table, its `name`, and the plan of the rows up to it."""

    table: str
    name: str
    field: Conversation
    plan: Plan


def talk_plan(loaded: Loaded, table: str | None = None) -> TalkPlan:
    """The first conversation of a recipe, or that of a `table`. Raises OutputError where there is none."""
    whole = plan(loaded.recipe)
    places = {
        planned.name: (place, step.name, field)
        for planned in reversed(whole.tables)
        for place, step in reversed(list(enumerate(planned.steps)))
        if isinstance(step, FieldStep) and (field := conversation_of(step.field))
    }
    if not places or (table is not None and table not in places):
        where = f"table '{table}' has" if table is not None else "the recipe has"
        hint = (
            did_you_mean(table, places, "tables with one")
            if places
            else "see `conversation` in docs/claude.md, and recipes/broadband-talks"
        )
        raise OutputError(f"{where} no field of kind: conversation, whose users could be served", hint)
    chosen = table if table is not None else list(places)[-1]
    place, name, field = places[chosen]
    by_name = {planned.name: planned for planned in whole.tables}
    lineage = [plan_up_to(by_name[chosen], place)]
    while source := lineage[0].table.from_:
        lineage.insert(0, by_name[source.table])
    return TalkPlan(chosen, name, field, Plan(loaded.recipe, tuple(lineage)))


def plan_up_to(table: TablePlan, place: int) -> TablePlan:
    """A table's plan up to a step."""
    retries = {
        number: replace(retry, steps=tuple(step for step in retry.steps if step < place))
        for number, retry in table.retries.items()
        if number < place
    }
    return replace(table, steps=table.steps[:place], retries=retries)


class Users:
    """The users, by the names of their rows (`talks-3`)."""

    def __init__(self, talks: TalkPlan, rows: Sequence[Row], streams: Streams) -> None:
        self.talks, self.streams = talks, streams
        self.rows = {f"{row.table}-{row.index}": row for row in rows if is_wanted(talks.field, row) and talks.field.first_message(row)}
        if not self.rows:
            raise DataError(f"no row of '{talks.table}' has a message to begin a talk with", "synthgen preview shows the rows")
        self._named = re.compile(rf"(?<![\w-]){re.escape(talks.table)}-\d+(?![\w-])")
        self._first: dict[str, str] = {}
        self._goals: dict[str, str] = {}
        for name, row in self.rows.items():
            self._first.setdefault(talks.field.first_message(row), name)

    def find(self, session: str, scene: str, turns: Sequence[tuple[str, str]]) -> str:
        """The row of a talk: the one that the session or the scene names; else, if the talk began with a row's first message, that row;
        else any, always the same for the same session and scene. Raises DataError where a row is named that there is not."""
        for text in (session, scene):
            if named := self._named.search(text):
                if named[0] not in self.rows:
                    raise DataError(f"there is no row {named[0]}", did_you_mean(named[0], self.rows, "rows that are served"))
                return named[0]
        usual = list(self.rows)[_hashed(session, scene) % len(self.rows)]
        began = turns[0][1] if turns else ""
        if not began or began == self.first(usual):
            return usual
        return self._first.get(began, usual)

    def first(self, name: str) -> str:
        """What the user of a row types first."""
        return self.talks.field.first_message(self.rows[name])

    def began(self, name: str, message: str, goal: str = "") -> None:
        """Note that a talk began with a message of a row's user, who has a `goal` of the harness's: a later request that does not say which
        row it means is known by the message."""
        if len(self._first) > KNOWN_TALKS:
            oldest = next(iter(self._first))
            self._first.pop(oldest)
            self._goals.pop(oldest, None)
        self._first.pop(message, None)  # the newest last
        self._first[message] = name
        if goal:
            self._goals[message] = goal

    def goal_of(self, turns: Sequence[tuple[str, str]]) -> str:
        """The goal that a harness gave the user of a talk; "" where it gave none."""
        return self._goals.get(turns[0][1], "") if turns else ""

    def person(self, name: str, goal: str = "") -> TalkUser:
        """The user of a row, with a `goal` of the harness's in place of the row's."""
        field, row = self.talks.field, self.rows[name]
        user = field.person(row, field.behaviour_of(row, self.talks.name, self.streams))
        if not goal:
            return user
        others = [message for message in map(self.first, self.rows) if message != self.first(name)]
        return replace(user, goal=goal, earlier=(self.first(name), *others[: EARLIER - 1]))


def _hashed(session: str, scene: str) -> int:
    return int.from_bytes(blake2b(f"{session}\0{scene}".encode("utf-8", "replace"), digest_size=8).digest(), "big")


def made_users(loaded: Loaded, talks: TalkPlan, models: Mapping[str, Model], rows: int, watch: Watch) -> Users:
    """So many users of a recipe. Raises SynthgenError."""
    recording = {name: RecordingModel(model) for name, model in models.items()}
    made: list[Row] = []
    for preview in previews(loaded.recipe, RecordedRecipe(loaded.data), talks.plan, recording, rows, Audience(watch)):
        made = preview.rows
    return Users(talks, made, Streams(loaded.recipe.seed))
