"""A part of a recipe: declared data, strict about its keys and types, that can say what is wrong in it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PrivateAttr

from synthgen.errors import DataError

N = TypeVar("N", int, float)
DEPENDS_HINT = (
    "hide a field for each case, such as when: \"{{ country == 'DE' }}\", and join them in a template: docs/fields.md, Values that depend"
)
"""The way round, where a template cannot stand."""
LONGEST_PATH = 1000


def exists(path: str | Path) -> bool:
    """Whether there is something of that name; of a name that no file can have, there is nothing."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or a NUL byte
        return False


def resolve_inside(path: str, folder: Path, allow: tuple[Path, ...] = ()) -> Path:
    """The file that `path` names, relative to the recipe's folder and inside it or an allowed folder.

    Links are followed first, so that a link cannot lead out. Raises ValueError when it leads elsewhere.
    """
    if len(path) > LONGEST_PATH:
        raise ValueError(f"'{path[:40]}…' is too long for a path")
    try:
        resolved = (folder / Path(path).expanduser()).resolve()
    except (RuntimeError, ValueError, OSError) as error:  # no such user, links in a circle, a NUL byte
        raise ValueError(f"'{path}' is no path: {error}") from None
    if any(resolved.is_relative_to(place.resolve()) for place in (folder, *allow)):
        return resolved
    raise ValueError(f"'{path}' leaves the recipe's folder; to allow it, add --allow {resolved.parent}")


@dataclass(frozen=True, slots=True)
class RecipeContext:
    """What every part of a recipe may know of it: where it lies, what it is about, what time it is, the voices that have a name, and of
    which other folders, servers (scheme, host and port) and outputs elsewhere (addresses, and all below) it may make use."""

    folder: Path
    about: str = ""
    now: datetime.datetime = datetime.datetime(2026, 11, 1, 12, 0)  # noqa: DTZ001 (a recipe's clock has no zone)
    allow: tuple[Path, ...] = ()
    voices: Mapping[str, Any] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def path(self, name: str) -> Path:
        """The file of that name. Raises ValueError when it leaves the recipe's folder."""
        return resolve_inside(name, self.folder, self.allow)

    def may_fetch(self, address: str) -> bool:
        """Whether the output at an address may be read."""
        return any(f"{address}/".startswith(f"{place}/") for place in self.outputs)


@dataclass(frozen=True, slots=True)
class PartMistake:
    """Something wrong inside one part of a recipe.

    `at` is the way to it from that part's own keys, or with `absolute` from the top of the recipe; `word` is what in the value there is
    wrong, if not all of it; `at_key` says that it is rather the key. `beside` is the way from the top to what the hint speaks of, whose
    line is told.
    """

    at: tuple[Any, ...]
    message: str
    hint: str = ""
    word: str = ""
    at_key: bool = False
    absolute: bool = False
    beside: tuple[Any, ...] = ()


def in_order(bounds: list[N]) -> list[N]:
    """Two bounds, the lower one first. Raises ValueError for others."""
    if bounds[0] > bounds[1]:
        raise ValueError(f"the least, {bounds[0]:.15g}, is more than the most, {bounds[1]:.15g}")
    return bounds


class Part(BaseModel):
    """A part of a recipe: strict about its keys and types, and aware of the context that it was read in."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    names_apart: ClassVar[tuple[str, ...]] = ()
    """Keys that hold a mapping whose names can be wrong, whatever is wrong with its values."""
    _context: RecipeContext = PrivateAttr(default=RecipeContext(Path()))

    def model_post_init(self, context: Any) -> None:
        """Keep the context that the recipe was read in."""
        if isinstance(context, RecipeContext):
            self._context = context

    def __getstate__(self) -> dict[Any, Any]:
        """What was declared: what was worked out of it since can be worked out again, and need not be of a kind that can be pickled."""
        state = super().__getstate__()
        declared = {name: value for name, value in state["__dict__"].items() if name in type(self).model_fields}
        return state | {"__dict__": declared}

    def mistakes(self) -> Iterator[PartMistake]:
        """What is wrong in this part that its types cannot say."""
        return iter(())

    def files(self) -> list[Path]:
        """The files that this part reads: their content is part of what decides the output."""
        return []


def _is_revision(name: str) -> str:
    if not re.fullmatch(r"\w[\w./+@-]*", name) or ".." in name or "//" in name:
        raise ValueError(f"'{name[:80]}' is no branch, tag or commit")
    return name


Revision = Annotated[str, AfterValidator(_is_revision)]
"""What a version on the Hub is called. It becomes a part of paths in the Hub's cache."""


def unreadable_file(at: tuple[Any, ...], error: DataError | ValueError, context: RecipeContext) -> PartMistake:
    """The mistake that a file cannot be read, its path as seen from the recipe."""
    message, hint = (
        (error.message, error.hint)
        if isinstance(error, DataError)
        else str(error).split("; ", 1)
        if "; " in str(error)
        else (str(error), "")
    )
    return PartMistake(at, _as_seen_from(context.folder, message), hint)


def _as_seen_from(folder: Path, message: str) -> str:
    """The message with paths inside the folder relative to it; as it is for the root and for no folder, which are in every path."""
    if folder in (Path(), Path(folder.anchor)):
        return message
    place = rf"(?<![\w./\\-]){re.escape(str(folder))}"
    message = re.sub(rf"{place}[/\\]", "", message)
    return re.sub(rf"{place}(?![\w-]|\.\w)", "the recipe's own folder", message)
