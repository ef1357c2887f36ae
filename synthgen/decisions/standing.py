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
        return {decision.by: decision for decision in self.decisions if decision.decision in STATUS}

    @cached_property
    def status(self) -> Status | None:
        """What they say of the row; `disputed` where reviewers differ, also in the value of a field. None where nobody decided."""
        if len(self.decisions) == 1:
            return STATUS.get(self.decisions[0].decision)
        statuses = {STATUS[decision.decision] for decision in self.by.values()}
        if len(statuses) > 1 or self._contrary:
            return "disputed"
        return next(iter(statuses), None)

    @property
    def counting(self) -> int:
        """How many decisions count: those that another of their reviewer did not replace."""
        return sum(
            self.by.get(decision.by) is decision or decision.changes or decision.decision not in STATUS for decision in self.decisions
        )

    @property
    def waits(self) -> bool:
        """Whether a decision is outdated whose reviewer has not decided since."""
        deciding = {decision.by for decision in self.decisions}
        return any(decision.by not in deciding for decision in self.outdated)

    @property
    def out(self) -> bool:
        """Whether the row stays out: anybody rejects it."""
        return any(decision.decision == "reject" for decision in self.by.values())

    @cached_property
    def changes(self) -> dict[str, Any]:
        """The value that was last put into each field, or part of one, in the order of time."""
        values: dict[str, Any] = {}
        for decision in self.decisions:
            if decision.changes:
                values.pop(decision.field, None)
                values[decision.field] = decision.value
        return values

    @property
    def reasons(self) -> tuple[str, ...]:
        """What reviewers gave as reasons."""
        return tuple(decision.reason for decision in self.by.values() if decision.reason)

    @property
    def answers(self) -> tuple[Decision, ...]:
        """What people answered who did not see the target."""
        return tuple(decision for decision in self.decisions if decision.decision == "answer")

    @property
    def _contrary(self) -> bool:
        """Whether two reviewers put different values into a field."""
        values: dict[tuple[str, str], Any] = {
            (decision.by, decision.field): decision.value for decision in self.decisions if decision.changes
        }
        return any(value != self.changes[path] for (_, path), value in values.items())

    def of(self, row: Mapping[str, Any], inherited: Mapping[str, Any] | None = None) -> Standing:
        """The same for a row as it is, or as it is with the changes that it has `inherited`: decisions that were taken on another text, or
        that change what the row does not have, are outdated."""
        read = {name: None for decision in self.decisions for name in decision.seen}
        current, digests = dict(row), {name: {digest} for name, digest in seen(row, list(read)).items()}

        def change(path: str, value: Any) -> bool:
            has_path, root = put(current, path, value), root_of(path)
            if has_path and root in digests:
                digests[root].add(digest_of(current[root]))
            return has_path

        for path, value in (inherited or {}).items():
            change(path, value)
        holding, outdated = list[Decision](), list[Decision]()
        for decision in self.decisions:  # in the order of time, so that each meets the row as its reviewer did
            seen_names = [name for name in decision.seen if name in digests]
            holds = bool(seen_names or not decision.seen) and all(decision.seen[name] in digests[name] for name in seen_names)
            holds = holds and (not decision.changes or change(decision.field, decision.value))
            (holding if holds else outdated).append(decision)
        return Standing(self.row, tuple(holding), (*self.outdated, *outdated))


def standing(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions on a row, which are in the order of the file, in the order of time, without those that their reviewer has undone."""
    ordered, undone = sorted(decisions, key=attrgetter("at")), set[tuple[str, str]]()
    for decision in reversed(ordered):
        if decision.decision == "undo" and (decision.id, decision.by) not in undone:
            undone.add((decision.undoes, decision.by))
    return tuple(decision for decision in ordered if decision.decision != "undo" and (decision.id, decision.by) not in undone)


def apply(row: Mapping[str, Any], standing: Standing) -> dict[str, Any] | None:
    """The row with what was changed in it; None where it stays out. The row itself stays as it is."""
    row_standing = standing.of(row)
    if row_standing.out:
        return None
    changed = dict(row)
    for path, value in row_standing.changes.items():
        put(changed, path, value)
    return changed


def put(row: dict[str, Any], path: str, value: Any) -> bool:
    """Put a value at a path of a row, whose parts are copied and not changed; whether the row has such a place."""
    root, dot, inner_path = path.partition(".")
    if root not in row:
        return False
    if not dot:
        row[root] = value
        return True
    inner = row[root]
    if isinstance(inner, Mapping):
        copy = dict(inner)
        was_put = put(copy, inner_path, value)
        row[root] = copy if was_put else inner
        return was_put
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        name, dot, inner_path = inner_path.partition(".")
        place = int(name) if name.isdecimal() and int(name) < len(inner) else -1
        if place < 0:
            return False
        items = {name: inner[place]}
        was_put = put(items, f"{name}.{inner_path}" if dot else name, value)
        row[root] = [*inner[:place], items[name], *inner[place + 1 :]] if was_put else inner
        return was_put
    return False
