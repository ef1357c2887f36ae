"""One decision of a reviewer: a line of the file beside the output, and what is wrong with an invalid line."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from synthgen.errors import DataError, did_you_mean
from synthgen.spec.digests import digest_of
from synthgen.spec.rows import storable

What = Literal["accept", "reject", "unsure", "edit", "relabel", "undo", "answer"]
WHATS: tuple[What, ...] = get_args(What)
CHANGES = ("edit", "relabel")
"""The decisions that put another value into a field."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
MOMENT = r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z)?$"


@with_config(ConfigDict(strict=True, extra="ignore"))
@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer (`by`) decided of a `row` (such as traffic-17) of a `table`.

    A `reject` has a `reason`; `edit` and `relabel` put `value` into a `field`, or into a part of one (`example.reply`), where `was` stood;
    `undo` takes the decision back whose id it `undoes`; `answer` is what a person answered who did not see the target `field`, in so many
    `seconds`. `seen` has a digest of each field that the reviewer read. `id` and `at` (UTC) are given when it is written.
    """

    by: Name
    table: Name
    row: Name
    decision: What
    field: Annotated[str, Field(max_length=200)] = ""
    value: Any = None
    was: Any = None
    reason: str = ""
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    undoes: str = ""
    seen: Mapping[str, str] = dataclasses.field(default_factory=dict)
    id: Annotated[str, Field(max_length=64)] = ""
    at: Annotated[str, Field(pattern=MOMENT)] = ""

    @property
    def changes(self) -> bool:
        """Whether it puts another value into a field."""
        return self.decision in CHANGES

    def line(self) -> bytes:
        """The line that it is in a file, with its end. Raises DataError for a value that JSON does not have."""
        try:
            content = {key: value for key, value in asdict(self).items() if value not in ("", None, {}) or (key == "value" and self.field)}
            first = {key: content.pop(key) for key in ("id", "at", "by", "table", "row", "decision") if key in content}
            return storable(json.dumps({**first, **content}, ensure_ascii=False, allow_nan=False)).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(f"the decision on {self.row} cannot be written: {error}") from None


_READER = TypeAdapter(Decision)
_UNSAID = {"reject": ("reason", "why"), "edit": ("field", "which field"), "relabel": ("field", "which field")} | {
    "answer": ("field", "which field it answers"),
    "undo": ("undoes", "the id of the decision that it undoes"),
}
"""What a decision must say besides, and what that is."""


def read(line: bytes) -> Decision:
    """The decision in a line. Raises ValueError, which says what is wrong with it."""
    try:
        decision = _READER.validate_json(line)
    except ValidationError as error:
        raise ValueError(_problem(error)) from None
    if lacks := lacking(decision):
        raise ValueError(lacks)
    return decision


def lacking(decision: Decision) -> str:
    """What a decision does not say and must, in words; "" where it says all."""
    for key in ("id", "at"):
        if not getattr(decision, key):
            return f"'{key}' is missing"
    key, what = _UNSAID.get(decision.decision, ("by", ""))
    return "" if str(getattr(decision, key)).strip() else f"'{decision.decision}' needs '{key}': {what}"


def unfinished(line: bytes) -> bool:
    """Whether the writing of a line was cut off: it ends within a text or an object, or is nothing but zeros."""
    if not line.strip(b"\0"):
        return True
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", line)
    return line.startswith(b"{") and (b'"' in bare or bare.count(b"{") > bare.count(b"}"))


def seen(row: Mapping[str, Any], fields: list[str] | tuple[str, ...]) -> dict[str, str]:
    """A digest of what a row says in each of these fields, as far as it has them."""
    return {name: digest_of(row[name]) for name in fields if name in row}


def new_id() -> str:
    """An id that no other decision has."""
    return token_hex(8)


def moment(after: str = "") -> str:
    """This moment; where clocks disagree and it is not later than `after`, a millisecond after that."""
    now = _timestamp(datetime.now(UTC))
    if now > after:
        return now
    try:
        return _timestamp(datetime.fromisoformat(after) + timedelta(milliseconds=1))
    except (ValueError, OverflowError):  # somebody wrote a moment that there is not; of the same moment the later line counts
        return after


def _timestamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _problem(error: ValidationError) -> str:
    wrong = error.errors(include_url=False)[0]
    place = ".".join(map(str, wrong["loc"]))
    if place == "at":
        return f"'at' is no moment such as {moment()}: {wrong['input']!r}"
    if wrong["loc"][:1] == ("decision",) and wrong["type"] == "literal_error":
        return f"there is no decision '{wrong['input']}': {did_you_mean(wrong['input'], WHATS, 'decisions')}"
    if wrong["type"] == "missing":
        return f"'{place}' is missing"
    return f"'{place}': {wrong['msg']}" if place else wrong["msg"]
