"""What the fields that Claude makes have in common: honest prompts from files, whole documents, a form of the answer, an out.

A prompt is a brief, the same for all rows (system text and documents, which a prompt cache keeps), and the row's own text, last.
What Claude reads beside the recipe's own words stands in `prompts/*.md`, for everybody to judge.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import Field

from synthgen.errors import DataError, did_you_mean
from synthgen.fields.answer import ANSWERED, AnswerForm
from synthgen.fields.schemas import fitting
from synthgen.fields.shape import WORDS, Asked, Count, Others
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Brief, Document, Prompt, Row, Value, to_text
from synthgen.spec.streams import Streams
from synthgen.text import decoding, opened

PROMPTS = Path(__file__).with_name("prompts")
PDF, TEXT = "application/pdf", "text/plain"
TYPES = {".md": TEXT, ".markdown": TEXT, ".txt": TEXT, ".pdf": PDF}
WITHOUT_PARTS = {"string", "bool", "int64", "float64", "date32", "timestamp[us]", "list"}
LARGEST = 30_000_000
"""Bytes of all documents of a field as they are sent: the API takes requests of up to 32 MB."""

Shows = Annotated[
    list[str] | None, Field(min_length=1, description="the fields that Claude sees, such as [message] (default: those of the parent row)")
]

LEAST_THOUGHT, MOST_TOKENS = 1024, 64_000
Thinking = Annotated[
    Literal["off", "on"] | Annotated[int, Field(ge=LEAST_THOUGHT, le=MOST_TOKENS)] | None,
    Field(
        description="whether it thinks before it answers, unseen and paid as output: off, on, or of older models how many tokens it may "
        "think (default: the model's own way)",
    ),
]

_files = Environment(  # noqa: S701 (what is written is no HTML)
    loader=FileSystemLoader(PROMPTS), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render_prompt(name: str, **values: Any) -> str:
    """The prompt in `prompts/NAME.md`, filled."""
    return _files.get_template(f"{name}.md").render(values).strip()


def prompt_files(*names: str) -> list[Path]:
    """The files of prompts: what they say decides the output as the recipe does."""
    return [PROMPTS / f"{name}.md" for name in names]


def document(path: Path) -> Document:
    """The document in a file: text, or a PDF. Raises DataError for any other."""
    kind = TYPES.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"{path}: a document is a .md, .txt or .pdf file{f', not {path.suffix}' if path.suffix else ''}")
    if kind == PDF:
        paper = opened.read_all(path, 2 * LARGEST)
        if paper.strip() and b"%PDF-" not in paper[:1024]:
            raise DataError(f"{path}: not a PDF")
        content = base64.b64encode(paper).decode()
    else:
        content = decoding.read_text(path, 2 * LARGEST)
    if not content.strip():
        raise DataError(f"{path}: the document is empty")
    return Document(path.name, kind, content)


class Instructed(Asked):
    """A field that Claude makes."""

    asks: ClassVar[str] = "claude"
    page: ClassVar[str] = ""
    """The name of its file in `prompts/`."""

    by: str = Field("claude", description="the model's name in `models`")
    tries: int = Field(3, ge=1, le=1000, description="how often a row is asked for before the next one takes its place")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="how much work it puts into an answer: low, medium, high, xhigh or max (default: the model's own way)"
    )
    tokens: int = Field(
        8192, ge=64, le=MOST_TOKENS, description="how many tokens an answer may have at most, the model's thoughts among them"
    )
    thinking: Thinking = None
    documents: list[str] = Field(default_factory=list, description="files that it is given whole: .md, .txt or .pdf")
    out: str | None = Field(
        None,
        min_length=1,
        max_length=40,
        description="what it may say in place of a forced answer, with its reason, such as unsure; such a row goes to `unsure`",
    )

    def mistakes(self) -> Iterator[PartMistake]:
        """Documents that cannot be given, and an out that is no way out."""
        size = 0
        for number, name in enumerate(self.documents):
            try:
                size += len(document(self._context.path(name)).content.encode("utf-8", "replace"))
            except (DataError, ValueError) as error:
                yield unreadable_file(("documents", number), error, self._context)
        if size > LARGEST:
            hint = "give those that the task needs; a PDF is sent a third larger than it is"
            yield PartMistake(
                ("documents",), f"the documents have {size / 1e6:.0f} MB as they are sent; {LARGEST / 1e6:.0f} MB is the most", hint
            )
        if self.out is not None and self.out.strip().casefold() in ("", ANSWERED):
            yield PartMistake(("out",), f"out: {self.out!r} cannot mean that there is no answer", "such as out: unsure")
        yield from room_mistakes(self.thinking, self.tokens)

    @cached_property
    def form(self) -> AnswerForm:
        """The form of its answers. Raises DataError, ValueError."""
        raise NotImplementedError

    def form_of(self) -> Mapping[str, Any] | None:
        """That of its answers."""
        return self.form.of

    def distinct(self, of: Count) -> int | None:
        """The options that it answers with, if there are some."""
        options = (self.form_of() or {}).get("enum")
        return len(set(map(repr, options))) if options else super().distinct(of)

    def named(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that it is `of` and that it is shown, as the recipe names them: with their parts."""
        if (of := getattr(self, "of", None)) is not None:
            yield ("of",), of
        yield from ((("shows", number), name) for number, name in enumerate(getattr(self, "shows", None) or []))

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that it is of and that it is shown."""
        yield from super().reads()
        yield from ((at, root_of(name)) for at, name in self.named())

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Parts of other fields that these do not have."""
        for at, name in self.named():
            yield from part_mistakes(at, name, others)

    def stand_in(self, row: Row) -> Value:
        """A value of its form."""
        return fitting(self.form_of() or {}, lambda _: WORDS)

    def files(self) -> list[Path]:
        """The documents, and the files of the prompt."""
        shared = ["purpose", "documents", "form", "row"]
        return [*map(self._context.path, self.documents), *prompt_files(*([self.page] if self.page else []), *shared)]

    @cached_property
    def papers(self) -> tuple[Document, ...]:
        """The documents, each whole. Raises DataError, ValueError."""
        return tuple(document(self._context.path(name)) for name in self.documents)

    def brief_of(self, prompt: str, form: AnswerForm, **values: Any) -> Brief:
        """The brief whose system text is `prompts/PROMPT.md`, filled with `values`, for answers of a form."""
        names = [paper.name for paper in self.papers]
        system = render_prompt(prompt, about=self._context.about.strip(), documents=names, form=form, **values)
        return Brief(system, self.papers, form.schema, self.effort or "", self.tokens, str(self.thinking or ""))

    def prompt_for(self, row: Row, name: str, streams: Streams, brief: Brief, text: str, *more: str) -> Prompt:
        """The prompt that asks about a row for the field `name`; `more` tells one of several for the same row apart."""
        stream = streams.number(row.table, name, row.index, row.attempt, *more)
        return Prompt(text, stream, origin={"field": f"{row.table}.{name}"}, brief=brief)


def room_mistakes(thinking: str | int | None, tokens: int) -> Iterator[PartMistake]:
    """Thoughts that leave no room for an answer of so many tokens in all."""
    if isinstance(thinking, int) and thinking >= tokens:
        hint = f"give the answer more, such as tokens: {min(2 * thinking, MOST_TOKENS)}, or fewer to the thoughts"
        yield PartMistake(("thinking",), f"thoughts of {thinking:,} tokens leave none of {tokens:,} for the answer", hint)


def part_mistakes(at: tuple[str | int, ...], name: str, others: Others) -> Iterator[PartMistake]:
    """The mistake that a dotted name names no part of a field, as far as that is known before."""
    base, *inner = name.split(".")
    field = others.field(base)
    if field is None or not inner:
        return
    if field.column() in WITHOUT_PARTS:
        yield PartMistake(at, f"'{base}' has no parts", f"it holds one value: {base}", name)
        return
    form = field.form_of()
    for key in inner:
        if form is None or form.get("type") != "object":  # what a file holds is not known before
            return
        if key not in form["properties"]:
            yield PartMistake(at, f"'{base}' has no part '{key}'", did_you_mean(key, form["properties"], "parts"), key)
            return
        base, form = key, form["properties"][key]


def seen(row: Row, names: Sequence[str] | None) -> dict[str, Value]:
    """What Claude sees of a row: the parts that were named, or else what the row has from its parent."""
    return {name: get_path(row.values, name) for name in (row.carried if names is None else names)}


def row_text(values: Mapping[str, Value], *, judged: Mapping[str, Value] | None = None, task: str = "") -> str:
    """The row's own part of a prompt: its values in tags, what is `judged` in tags of its own, and a task that names its fields."""
    text = render_prompt("row", values=enclosed("row", values), judged=enclosed("judged", judged or {}), task=task)
    return text or "(There is nothing in this row.)"  # a model cannot be asked nothing


def tagged(values: Mapping[str, Value]) -> str:
    """Values in XML tags, a line each, word for word. A tag whose end stands in the value gets a longer name, so that no value can end
    what it stands in."""
    texts = {name: to_text(value) for name, value in values.items()}
    return "\n".join(f"<{(tag := _unused(name, text))}>{text}</{tag}>" for name, text in texts.items())


def enclosed(name: str, values: Mapping[str, Value]) -> str:
    """Values in tags, and a tag around all of them; nothing for no values."""
    lines = tagged(values)
    tag = _unused(name, lines)
    return f"<{tag}>\n{lines}\n</{tag}>" if values else ""


def _unused(tag: str, text: str) -> str:
    while f"</{tag}" in text:
        tag += "_"
    return tag
