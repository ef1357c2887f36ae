"""`kind: reply`: what the user's own application really answers to one message.

Which application that is the recipe cannot say: it is named on the command line. An error of the application is a result as a reply is:
the row keeps it, with nothing in place of the reply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.fields.instructed import part_mistakes
from synthgen.fields.shape import Asked, Others, Role
from synthgen.spec.digests import digest
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row, Value, to_text
from synthgen.spec.streams import Streams

APP = "app"
"""The name of the application among the models of a recipe."""
SLOW = 0.95
"""The share of replies that are faster than what a manifest tells of the slow ones."""


def session_of(row: Row, name: str, message: str, streams: Streams) -> str:
    """What tells the talk of a row from all others, and from one that would begin with another message."""
    return digest(f"{streams.number(row.table, name, row.index, row.attempt, 'session')}\0{message}")


def answered(completion: Completion) -> bool:
    """Whether the application gave a reply, and no error in its place."""
    return completion.finish in ("stop", "length")


def service_figures(calls: Sequence[int | None], errors: Sequence[str | None]) -> dict[str, Any]:
    """What a manifest tells of an application: how many `calls` (milliseconds each, None where there was none), how many of `errors` are
    some, and how long half of the calls took at most (`median_ms`), and nearly all (`p95_ms`)."""
    times = sorted(call for call in calls if call is not None)
    if not times:
        return {"calls": 0, "errors": 0}
    at = [times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, SLOW)]
    return {"calls": len(times), "errors": sum(error is not None for error in errors), "median_ms": at[0], "p95_ms": at[1]}


class Reply(Asked):
    """What your own application (`--app`) answers to the message in the field `of`."""

    role: ClassVar[Role] = "reply"

    asks: ClassVar[str] = "app"
    kind: Literal["reply"] = "reply"
    by: str = Field(APP, description="who answers: app, which is the application that the command line names")
    of: str = Field(min_length=1, description="the field that holds the message, or a part of one")
    tries: int = Field(1, ge=1, le=1000, description="how often a row is asked for before the next one takes its place")

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The message."""
        yield from super().reads()
        yield ("of",), root_of(self.of)

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """A part of another field that it does not have."""
        yield from part_mistakes(("of",), self.of, others)

    def labels(self) -> dict[str, str]:
        """The error that came in place of a reply, if one did, and how many milliseconds either took."""
        return {"error": "string", "ms": "int64"}

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """How the application did."""
        kept = [(row[f"{name}_ms"], row[f"{name}_error"]) for row in rows([f"{name}_ms", f"{name}_error"])]
        return {"application": service_figures([ms for ms, _ in kept], [error for _, error in kept])}

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """The message as it is; none for a row without one."""
        return [self._asked(row, name, streams) for row in rows]

    def _asked(self, row: Row, name: str, streams: Streams) -> list[Prompt]:
        if (message := get_path(row.values, self.of)) is None:
            return []
        text = to_text(message)
        stream = streams.number(row.table, name, row.index, row.attempt)
        settings = {"session": session_of(row, name, text, streams)}
        return [Prompt(text, stream, settings=settings, origin={"field": f"{row.table}.{name}"})]

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The reply, or nothing and the error."""
        if not completions:
            return Labelled(None, dict.fromkeys(self.labels()))
        (completion,) = completions
        text, error = (completion.text, None) if answered(completion) else (None, completion.text)
        return Labelled(text, {"error": error, "ms": completion.milliseconds})
