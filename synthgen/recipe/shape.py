"""What a recipe may say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field

from synthgen.checks import AnyCheck, NotCopied
from synthgen.errors import DataError
from synthgen.fields import AnyField, Asked, PythonField
from synthgen.fields.date_bound import moment
from synthgen.fields.reply import APP
from synthgen.recipe import model_folder
from synthgen.recipe.claude_models import thinking_mistakes
from synthgen.recipe.harness import Harness
from synthgen.recipe.prices import Prices
from synthgen.recipe.publish import Publish
from synthgen.recipe.server_model import ChatSpec, CompletionsSpec, ModelSpec
from synthgen.spec import names
from synthgen.spec.parts import Part, PartMistake, RecipeContext, Revision, exists
from synthgen.text.originals import LEARNED
from synthgen.voices import Voice

HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
LONGEST_ID = 200
FORMS = "name a folder that save_pretrained wrote, a .gguf file, or a Hub id (owner/name)"
RESERVED = {"provenance", "true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "loop", "self", "context"}


def _is_name(name: str) -> str:
    if name.lower() in RESERVED:
        raise ValueError(f"'{name}' is a word of synthgen or of templates and cannot name a field")
    return name


Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_is_name)]
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


def _is_moment(text: str) -> str:
    moment(text, RecipeContext(Path()).now)
    return text


SCRIBBLER = (
    "which ships inside synthgen: Apache-2.0; made from SmolLM2-135M-Instruct (Hugging Face, Apache-2.0) and taught on openly licensed "
    "messages (CC0, CC BY 3.0 and 4.0, CDLA-Permissive-1.0, Apache-2.0; its card in the package names the sources)"
)


class BaseModelSpec(ModelSpec):
    """A pretrained base model, run on this machine by transformers."""

    paid: ClassVar[bool] = False
    asked_as: ClassVar[str] = "base"
    called: ClassVar[str] = "a base model"
    """The role that it has for a field."""

    kind: Literal["base"] = "base"
    name: str = Field("scribbler", description="scribbler (ships inside the package), a Hub id, a folder, or a .gguf file")
    revision: Revision | None = Field(None, description="a branch, tag or commit of the Hub id")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field("auto", description="auto: bfloat16 where the machine is fast at it")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")

    def mistakes(self) -> Iterator[PartMistake]:
        """A folder or file that is not there, or outside the recipe's folder; the name of a model that is not run here."""
        try:
            place = self.place
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            yield PartMistake(("name",), message, hint)
            return
        if self.is_local:
            unread = list(self._folder_mistakes(Path(place)))
            yield from unread or (
                PartMistake(("name",), mistake.message, mistake.hint) for guard in self.guards("") for mistake in guard.mistakes()
            )
        elif place != "scribbler":
            yield from self._hub_mistakes(place)

    def _hub_mistakes(self, place: str) -> Iterator[PartMistake]:
        if self.name.startswith("claude-"):
            yield PartMistake(("name",), f"'{self.name[:80]}' is not a base model", "ask it over the Messages API: add kind: claude")
        elif not HUB_ID.fullmatch(place) or ".." in place or len(place) > LONGEST_ID:
            yield PartMistake(
                ("name",), f"'{self.name[:80]}' is neither a folder, nor a .gguf file, nor the id of a model on the Hub", FORMS
            )
        elif exists(place):  # which transformers would take for it
            yield PartMistake(
                ("name",),
                f"there is no '{self.name}' beside the recipe, and where this command runs there is one that is none of the recipe's",
                "run it in another folder; or name the folder by its path from the recipe",
            )

    def _folder_mistakes(self, place: Path) -> Iterator[PartMistake]:
        if not exists(place):
            yield PartMistake(("name",), f"'{self.name}' is not there", FORMS)
            return
        try:
            model_folder.check(place, self._context.path)
        except DataError as error:
            yield PartMistake(("name",), f"model '{self.name}': {error.message}", error.hint)

    @property
    def is_local(self) -> bool:
        """Whether the name is one of a folder or a file on this machine, and none on the Hub."""
        named = self.name.startswith((".", "/", "~")) or self.name.endswith(".gguf")
        return self.name != "scribbler" and (named or exists(self._context.folder / self.name))

    @property
    def fence(self) -> Callable[[str], Path] | None:
        """Gives the file of a path, where the recipe says which model it is. Raises ValueError when the recipe may not read it."""
        return None if self.name == "scribbler" else RecipeContext(self._context.folder, allow=self._context.allow).path

    @property
    def place(self) -> str:
        """The path of a local model, or the name of one on the Hub. Raises ValueError when the path leaves the recipe's folder."""
        return str(self._context.path(self.name)) if self.is_local else self.name

    def guards(self, field: str) -> Iterator[NotCopied]:
        """The check that a field typed by this model repeats none of the messages that the model was tuned on."""
        if self.is_local and (Path(self.place) / LEARNED).is_file():
            yield NotCopied.model_validate({"field": field, "file": self.place}, context=self._context)

    @property
    def english(self) -> bool:
        """Whether it is known to write English only."""
        return self.place == "scribbler"

    def origin(self) -> tuple[str, str, str]:
        """Its name, its address if it has one, and under which terms it is whose."""
        if self.english:
            return "Scribbler", "", SCRIBBLER
        if self.name == self.place:
            return self.name, f"https://huggingface.co/{self.name}", "under the licence on its card"
        return Path(self.name).name, "", "a model of the maker's own"

    def files(self) -> list[Path]:
        """What tells one local model from another."""
        names = ("config.json", "manifest.json", LEARNED) if self.is_local else ()
        return [Path(self.place) / name for name in names if (Path(self.place) / name).is_file()]


class ClaudeSpec(ModelSpec):
    """Claude, asked over the Messages API. The key, another server (ANTHROPIC_BASE_URL) and everything else come from the environment,
    as the anthropic SDK reads it."""

    paid: ClassVar[bool] = True
    english: ClassVar[bool] = False
    asked_as: ClassVar[str] = "claude"
    called: ClassVar[str] = "Claude"

    kind: Literal["claude"] = "claude"
    name: str = Field("claude-sonnet-5-5", min_length=1, description="the model's id, such as claude-sonnet-5-5")
    concurrency: int = Field(64, ge=1, le=1000, description="requests under way at a time, at most")
    timeout: float = Field(300, gt=0, description="seconds that one request may take")
    prices: Prices | None = Field(None, description="US dollars per million tokens, where the list that ships is not right")

    def cannot(self, field: Asked) -> Iterator[PartMistake]:
        """Thinking that it does not allow."""
        return thinking_mistakes(field, self.name)

    def origin(self) -> tuple[str, str, str]:
        """Its name, no address, and whose it is."""
        return self.name, "", "by Anthropic, under its terms of service"

    def guards(self, field: str) -> Iterator[NotCopied]:
        """None: it was not tuned here."""
        yield from ()

    def files(self) -> list[Path]:
        """None."""
        return []


class AppSpec(ModelSpec):
    """The user's own application, as far as a recipe knows of it: which it is the command line says."""

    paid: ClassVar[bool] = False
    english: ClassVar[bool] = False
    asked_as: ClassVar[str] = APP
    called: ClassVar[str] = "your application (--app)"

    kind: Literal["app"] = "app"
    name: Literal["the application"] = "the application"

    def origin(self) -> tuple[str, str, str]:
        """What it is, no address, and whose it is."""
        return self.name, "", "which was tested: what it answered is its maker's"

    def guards(self, field: str) -> Iterator[NotCopied]:
        """None: it was not tuned here."""
        yield from ()


AnyModel = Annotated[BaseModelSpec | ChatSpec | ClaudeSpec | CompletionsSpec, Discriminator("kind")]
AnySpec = BaseModelSpec | ChatSpec | ClaudeSpec | CompletionsSpec | AppSpec
DEFAULT_MODELS: dict[str, type[BaseModelSpec] | type[ClaudeSpec]] = {"typist": BaseModelSpec, "claude": ClaudeSpec}
"""The models that are there without being written."""


MOST_ROWS = 1_000_000_000
"""Rows that a table can have: more would take years, and a row's number is kept in 64 bits."""
MOST_TOGETHER = 10_000
"""Rows that can be asked for together: all that is typed for them is held."""
MOST_SPREAD = 10_000
"""How many rows can be picked for being different: each is compared with all others."""


class From(Part):
    """The rows of another table that this one is made from."""

    table: str = Field(json_schema_extra={"description": "its name"})
    rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = Field(None, description="how many rows of that table (default: all)")
    pick: Literal["first", "random", "spread"] = Field("first", description="which: the first, any, or those that differ most")
    over: list[str] | None = Field(None, min_length=1, description="the fields that `pick: spread` compares (default: texts and labels)")
    per_row: Annotated[int, Field(ge=1)] | Annotated[list[int], Field(min_length=2, max_length=2)] = Field(
        1, description="how many rows to make from each: a number, or [least, most]"
    )
    carry: list[str] | None = Field(None, description="which fields of that table ship in this one too (default: all that ship)")

    def mistakes(self) -> Iterator[PartMistake]:
        """Bounds that make no sense, and a spread over nothing or too much."""
        if isinstance(self.per_row, list) and not 0 <= self.per_row[0] <= self.per_row[1] != 0:
            yield PartMistake(("per_row",), f"expected [least, most] with 0 ≤ least ≤ most, not {self.per_row}")
        if self.over is not None and self.pick != "spread":
            yield PartMistake(("over",), "only pick: spread compares fields", "add pick: spread, or take it out", at_key=True)
        if self.pick == "spread" and (self.rows is None or self.rows > MOST_SPREAD):
            yield PartMistake(
                ("pick",),
                f"pick: spread needs to know how many rows, up to {MOST_SPREAD:,}",
                "such as rows: 40; for more take pick: random",
            )

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most rows per row."""
        return (self.per_row[0], self.per_row[1]) if isinstance(self.per_row, list) else (self.per_row, self.per_row)


class Table(Part):
    """One configuration of the dataset: so many `rows`, or made `from` the rows of another table."""

    rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] | Literal["all"] | None = Field(
        None, json_schema_extra={"description": "how many; all: as many as there are records in the files that its fields load"}
    )
    from_: From | None = Field(
        None, alias="from", json_schema_extra={"description": "the rows of another table that this one is made from, in place of `rows`"}
    )
    together: Annotated[int, Field(ge=1, le=MOST_TOGETHER)] | None = Field(
        None,
        description="how many rows models are asked for together (default: 512). These are chosen beside each other: with more rows every "
        "so many of the first ones stay as they were",
    )
    fields: dict[Name, AnyField] = Field(
        min_length=1, json_schema_extra={"description": "the columns by name, each of a kind: typed, choice, fake, …"}
    )
    keep: list[AnyCheck] = Field(default_factory=list, description="checks that a row must pass")

    def mistakes(self) -> Iterator[PartMistake]:
        """Neither `rows` nor `from`, or both."""
        if self.rows is None and self.from_ is None:
            yield PartMistake((), "missing key 'rows'", "say how many rows to make, or from: {table: …}")
        if self.rows is not None and self.from_ is not None:
            yield PartMistake(("rows",), "a table has either 'rows' or 'from'", "to limit it: from: {table: …, rows: …}")
        if all(field.hidden for field in self.fields.values()):
            yield PartMistake(("fields",), "all fields are hidden, so no row would hold anything")

    def supplies(self) -> dict[str, int]:
        """The fields that have only so many values to give, and how many. Raises DataError, ValueError."""
        return {
            name: supply for name, field in self.fields.items() if isinstance(field, PythonField) and (supply := field.supply()) is not None
        }

    @property
    def copies(self) -> int:
        """How many rows there are of each row of the table above so that its fields have all combinations of what they take one by one."""
        return prod(field.copies for field in self.fields.values())

    @property
    def per_parent(self) -> tuple[int, int]:
        """The least and the most rows of each row of the table above."""
        least, most = self.from_.bounds if self.from_ else (0, 0)
        return least * self.copies, most * self.copies

    @property
    def wanted(self) -> int | None:
        """How many rows to make; None where that depends on the table that it is made from. Raises DataError, ValueError."""
        return min(self.supplies().values(), default=0) if self.rows == "all" else self.rows


class Recipe(Part):
    """Everything that decides the output."""

    name: FolderName = Field(description="names the output folder")
    about: str = Field("", description="where people type, in one sentence: the first line that a base model reads")
    seed: int = Field(0, description="the same seed: the same rows")
    now: Annotated[str, AfterValidator(_is_moment)] | None = Field(None, description="the recipe's clock, such as 2026-11-01")
    patience: int = Field(20, ge=1, description="how many tries per row asked, on average, before the run gives up")
    models: dict[str, AnyModel] = Field(
        default_factory=dict,
        description="default: {typist: {kind: base, name: scribbler}, claude: {kind: claude, name: claude-sonnet-5-5}}",
    )
    voices: dict[Name, Voice] = Field(default_factory=dict, description="how somebody types, for `voice:`; `synthgen measure` writes one")
    tables: dict[FolderName, Table] = Field(
        min_length=1, json_schema_extra={"description": "the tables by name, each with rows and fields"}
    )
    harness: Harness | None = Field(None, description="what an eval harness reads of the rows, for `synthgen export`")
    publish: Publish | None = Field(None, description="where the dataset goes on the Hub, for `synthgen make --push`")

    def mistakes(self) -> Iterator[PartMistake]:
        """Names that an output folder cannot have or needs for itself, tables whose folders some systems take for one, and a model that
        would stand for the user's own application: a recipe may come from a stranger."""
        if APP in self.models:
            why = f"'{APP}' is your own application, which no recipe can name"
            yield PartMistake(("models", APP), why, "name it on the command line: --app; call this model otherwise", at_key=True)
        if why := names.unusable(self.name):
            yield PartMistake(("name",), f"'{self.name}' is {why}", "name the recipe otherwise")
        elif self.name.casefold().endswith(names.UNFINISHED):
            yield PartMistake(("name",), f"'{self.name}' is where a run works that makes another output", "name the recipe otherwise")
        first: dict[str, str] = {}
        for name in self.tables:
            same = first.setdefault(name.casefold(), name)
            if why := names.taken(name) or names.unusable(name):
                yield PartMistake(("tables", name), f"'{name}' is {why}; name the table otherwise", at_key=True)
            elif same != name:
                why = f"'{name}' and '{same}' are one folder where A is not told from a, as on Windows and macOS"
                yield PartMistake(("tables", name), f"{why}; name one otherwise", at_key=True)

    @property
    def all_models(self) -> dict[str, AnySpec]:
        """The models given, and the default ones under their names, and the application."""
        return {**{name: spec() for name, spec in DEFAULT_MODELS.items()}, **self.models, APP: AppSpec()}
