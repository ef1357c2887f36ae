"""What all decisions on one row come to.

Of each reviewer the last decision counts that was not undone; who edits or relabels a row accepts it. A row that anybody rejects stays out.
A decision holds as long as the row says what its reviewer read, as it was made or as another reviewer had changed it; it is outdated
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal

from synthgen.decisions.decision import Decision, seen
from synthgen.spec.digests import digest_of
from synthgen.spec.paths import root_of

Status = Literal["accepted", "rejected", "unsure", "disputed"]
STATUS: dict[str, Status] = {"accept": "accepted", "edit": "accepted", "relabel": "accepted", "reject": "rejected", "unsure": "unsure"}
"""What a reviewer says of a row with each decision."""


@dataclass(frozen=True)
class Standing:
    """The `decisions` on a row that were not undone, in the order of time, and those that are `outdated`. Before `of` it is not known which
    these are: all are taken to hold."""

    row: str
    decisions: tuple[Decision, ...] = ()
    outdated: tuple[Decision, ...] = ()

    @cached_property
    def by(self) -> dict[str, Decision]:
        """The last decision of each reviewer that says something of the row."""
        return {one.by: one for one in self.decisions if one.decision in STATUS}

    @cached_property
    def status(self) -> Status | None:
        """What they say of the row; `disputed` where reviewers differ, also in the value of a field. None where nobody decided."""
        if len(self.decisions) == 1:
            return STATUS.get(self.decisions[0].decision)
        said = {STATUS[one.decision] for one in self.by.values()}
        if len(said) > 1 or self._contrary:
            return "disputed"
        return next(iter(said), None)

    @property
    def out(self) -> bool:
        """Whether the row stays out: anybody rejects it."""
        return any(one.decision == "reject" for one in self.by.values())

    @cached_property
    def changes(self) -> dict[str, Any]:
        """The value that was last put into each field, or part of one, in the order of time."""
        found: dict[str, Any] = {}
        for one in self.decisions:
            if one.changes:
                found.pop(one.field, None)
                found[one.field] = one.value
        return found

    @property
    def reasons(self) -> tuple[str, ...]:
        """What reviewers gave as reasons."""
        return tuple(one.reason for one in self.by.values() if one.reason)

    @property
    def answers(self) -> tuple[Decision, ...]:
        """What people answered who did not see the target."""
        return tuple(one for one in self.decisions if one.decision == "answer")

    @property
    def _contrary(self) -> bool:
        """Whether two reviewers put different values into a field."""
        values: dict[tuple[str, str], Any] = {(one.by, one.field): one.value for one in self.decisions if one.changes}
        return any(value != self.changes[path] for (_, path), value in values.items())

    def of(self, row: Mapping[str, Any], inherited: Mapping[str, Any] | None = None) -> Standing:
        """The same for a row as it is, or as it is with the changes that it has `inherited`: decisions that were taken on another text, or
        that change what the row does not have, are outdated."""
        read = {name: None for one in self.decisions for name in one.seen}
        current, digests = dict(row), {name: {digest} for name, digest in seen(row, list(read)).items()}

        def change(path: str, value: Any) -> bool:
            there, root = put(current, path, value), root_of(path)
            if there and root in digests:
                digests[root].add(digest_of(current[root]))
            return there

        for path, value in (inherited or {}).items():
            change(path, value)
        holding, outdated = list[Decision](), list[Decision]()
        for one in self.decisions:  # in the order of time, so that each meets the row as its reviewer did
            known = [name for name in one.seen if name in digests]
            holds = bool(known or not one.seen) and all(one.seen[name] in digests[name] for name in known)
            holds = holds and (not one.changes or change(one.field, one.value))
            (holding if holds else outdated).append(one)
        return Standing(self.row, tuple(holding), (*self.outdated, *outdated))


def standing(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions on a row, which are in the order of the file, in the order of time, without those that their reviewer has undone."""
    ordered, undone = sorted(decisions, key=attrgetter("at")), set[tuple[str, str]]()
    for one in reversed(ordered):
        if one.decision == "undo" and (one.id, one.by) not in undone:
            undone.add((one.undoes, one.by))
    return tuple(one for one in ordered if one.decision != "undo" and (one.id, one.by) not in undone)


def apply(row: Mapping[str, Any], standing: Standing) -> dict[str, Any] | None:
    """The row with what was changed in it; None where it stays out. The row itself stays as it is."""
    held = standing.of(row)
    if held.out:
        return None
    changed = dict(row)
    for path, value in held.changes.items():
        put(changed, path, value)
    return changed


def put(row: dict[str, Any], path: str, value: Any) -> bool:
    """Put a value at a path of a row, whose parts are copied and not changed; whether the row has such a place."""
    root, dot, rest = path.partition(".")
    if root not in row:
        return False
    if not dot:
        row[root] = value
        return True
    inner = row[root]
    if isinstance(inner, Mapping):
        copy = dict(inner)
        found = put(copy, rest, value)
        row[root] = copy if found else inner
        return found
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        name, dot, rest = rest.partition(".")
        place = int(name) if name.isdecimal() and int(name) < len(inner) else -1
        if place < 0:
            return False
        items = {name: inner[place]}
        found = put(items, f"{name}.{rest}" if dot else name, value)
        row[root] = [*inner[:place], items[name], *inner[place + 1 :]] if found else inner
        return found
    return False
