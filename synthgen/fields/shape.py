"""The two shapes of a field: Python makes it (`Made`), or a model is asked for it (`Asked`).

Both are declared data, checked when the recipe is read; both sides of a question to a model are pure, so
that how an answer is read can change without asking for it again.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, StrictBool, StrictFloat, StrictInt, StrictStr

from synthgen import files, render
from synthgen.errors import DataError
from synthgen.rows import Completion, Prompt, Refusal, Row, Value
from synthgen.streams import Streams

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
Weight = Annotated[float, Field(ge=0)]


def _is_template(source: str) -> str:
    render.names(source)
    return source


def _is_condition(source: str) -> str:
    if "{{" not in source:
        raise ValueError("a condition is an expression in braces", f'write it as "{{{{ {source} }}}}"')
    render.expression_of(source)
    render.names(source)
    return source


Template = Annotated[str, AfterValidator(_is_template), Field(json_schema_extra={"description": "text with {{ field }}"})]
Condition = Annotated[str, AfterValidator(_is_condition)]


@dataclass(frozen=True, slots=True)
class Scene:
    """What every field of a recipe may know of it: where it lies, what it is about, and what time it is."""

    folder: Path
    about: str = ""
    now: datetime.datetime = datetime.datetime(2026, 11, 1, 12, 0)  # noqa: DTZ001 (a recipe's clock has no zone)
    allow: tuple[Path, ...] = ()

    def path(self, name: str) -> Path:
        """The file of that name. Raises ValueError when it leaves the recipe's folder."""
        return files.fenced(name, self.folder, self.allow)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong inside one part of a recipe.

    `at` is the way to it from that part's own keys, `word` what in the value there is wrong, if not all of it;
    `at_key` says that it is rather the key.
    """

    at: tuple[Any, ...]
    message: str
    hint: str = ""
    word: str = ""
    at_key: bool = False


class Part(BaseModel):
    """A part of a recipe: strict about its keys and types, and aware of the scene that it was read in."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
    _scene: Scene = PrivateAttr(default=Scene(Path()))

    def model_post_init(self, context: Any) -> None:
        """Keep the scene that the recipe was read in."""
        if isinstance(context, Scene):
            self._scene = context

    def faults(self) -> Iterator[Fault]:
        """What is wrong in this part that its types cannot say."""
        return iter(())

    def files(self) -> list[Path]:
        """The files that this part reads: their content is part of what decides the output."""
        return []


class FieldShape(Part):
    """What every field may say."""

    when: Condition | None = Field(None, description="made only where this is true, such as {{ intent == 'lost card' }}")
    otherwise: Scalar | None = Field(None, description="the value where `when` is not true (default: nothing)")
    hidden: bool = Field(False, description="needed for other fields, but not shipped")

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The names of the fields that this one reads, each with the key that names it."""
        if self.when is not None:
            yield from ((("when",), name) for name in sorted(render.names(self.when)))

    def column(self) -> str:
        """The type of its column: string, bool, int64, float64, date32, timestamp[us], list or json."""
        return "string"


class Made(FieldShape):
    """A field that Python makes. Where nothing is drawn, `draws` is false and the stream is any."""

    draws: ClassVar[bool] = True

    def make(self, row: Row, stream: Random) -> Value:
        """This row's value, drawn from its own stream."""
        raise NotImplementedError


class Asked(FieldShape):
    """A field that a model is asked for."""

    by: str = Field("typist", description="the model's name in `models`")
    tries: int = Field(8, ge=1, le=1000, description="how often a row is asked for before the next one takes its place")

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """What to ask for each of `rows` to make the field `name`. All rows of a chunk come at once, because
        rows that share a frame share most of the work."""
        raise NotImplementedError

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The value that the completions hold, or why there is none."""
        raise NotImplementedError


def misread(at: tuple[Any, ...], error: DataError | ValueError, scene: Scene) -> Fault:
    """The fault that a file cannot be read, its path as seen from the recipe."""
    message, hint = (
        (error.message, error.hint)
        if isinstance(error, DataError)
        else str(error).split("; ", 1)
        if "; " in str(error)
        else (str(error), "")
    )
    return Fault(at, message.replace(f"{scene.folder}/", "").replace(str(scene.folder), "the recipe's own folder"), hint)


def fill(source: str, values: Mapping[str, Value], what: str) -> str:
    """A template's text; a template that cannot be filled is an error that says where it stands."""
    try:
        return render.fill(source, values)
    except render.TemplateMistake as error:
        raise DataError(f"{what}: {error}", "mend the template, or give it what it reads") from None
