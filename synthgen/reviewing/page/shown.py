"""A row as the page shows it: what was said, each version beside the one before it, its labels with what else they could be, and what was
decided of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions import Decision, Standing
from synthgen.fields.schemas import fitting
from synthgen.reporting.contents import CELL
from synthgen.reviewing.page.queues import differs
from synthgen.reviewing.page.table import ReviewTable
from synthgen.reviewing.page.wordwise import versions
from synthgen.spec.digests import digest_of
from synthgen.spec.paths import root_of
from synthgen.spec.rows import plain, to_text
from synthgen.text.legible import Pieces, legible

LONGEST = 20_000
"""Characters of a text that are shown."""
LOST = re.compile("[\r\0]")
"""What a text box of a browser does not keep."""


@dataclass(frozen=True)
class ShownValue:
    """A value at a `path` of a row: its name, its `pieces`, and those of the version `before` it, which was `earlier`. `text` can be edited
    (None: it cannot), `options` are what it may be besides (none: anything), of which `chosen` is the place of the one that it is. `lossy`
    says that it holds what a text box does not keep."""

    path: str
    name: str
    pieces: Pieces
    before: Pieces = ()
    earlier: str = ""
    text: str | None = None
    options: tuple[str, ...] = ()
    chosen: int = -1
    lossy: bool = False


@dataclass(frozen=True)
class LabelPair:
    """A label and the blind answer that should say the same, and whether they do."""

    label: ShownValue
    answer: ShownValue
    differs: bool


@dataclass(frozen=True)
class ShownRow:
    """A row: its id, its texts, the label that matters most, the others, labels beside blind answers, and the rest; and its decisions.
    `since` tells the last decision and the values that are shown from later ones, `values` are those, `main` the path of the text that is
    most worth editing, `notes` what is to be known besides."""

    id: str
    texts: list[ShownValue]
    target: ShownValue | None
    labels: list[ShownValue]
    pairs: list[LabelPair]
    facts: list[tuple[str, Pieces]]
    standing: Standing
    since: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    main: str = ""
    notes: list[str] = field(default_factory=list)


def show(table: ReviewTable, place: int, standing: Standing, current: Mapping[str, Any], above: Standing | None = None) -> ShownRow:
    """The row at a place, whose decisions come to `standing` and whose values are `current` with the changes that were decided; `above`
    is what was decided on the row that it is made from."""
    original = table.row(place)
    paired = {path for pair in table.pairs for path in pair}
    texts = [part for part in _texts(table, original, current, standing) if part.path not in {*paired, table.target}]
    row, columns = _Row(table, original, current, standing), {path: short for short, path in table.contents.labels.items()}
    labels = [row.label(path, name) for path, name in columns.items() if path not in paired and path != table.target]
    target = row.label(table.target, columns.get(table.target, "")) if table.target and table.target not in paired else None
    excluded = {*table.contents.spoken, *table.contents.labels.values()}
    excluded |= {f"{name}_{part}" for name in table.contents.spoken for part in ("slips", "style", "mess")}
    facts = [(name, legible(value, longest=CELL)) for name, value in plain(original).items() if name not in excluded and name != PROVENANCE]
    pairs = [LabelPair(row.label(label), row.label(answer), differs(current, label, answer)) for label, answer in table.pairs]
    since = f"{standing.decisions[-1].id if standing.decisions else ''}.{digest_of(current)}"
    lacking = _lacking(table, place, standing)
    texts = [part for part in texts if not lacking or root_of(part.path) != lacking.path] + ([lacking] if lacking else [])
    return ShownRow(
        table.id(place),
        texts,
        target,
        labels,
        pairs,
        facts,
        standing,
        since,
        current,
        _main(table, texts),
        list(_notes(table, place, above)),
    )


def _lacking(table: ReviewTable, place: int, standing: Standing) -> ShownValue | None:
    """The answer that a row which was set aside lacks, for somebody to write it; None where it lacks none, or it was written."""
    name = table.lacks(place)
    if not name or name in standing.changes:
        return None
    options = table.options(name)
    form = table.reviewable.form(table.name, name) if table.is_json(name) else None
    text = None if options else json.dumps(fitting(form, lambda _: ""), ensure_ascii=False, indent=1) if form else ""
    return ShownValue(name, name, legible(None), text=text, options=tuple(map(to_text, options)))


def _main(table: ReviewTable, texts: Sequence[ShownValue]) -> str:
    """The path of the text that is most worth editing: Claude's answer, or else the last version of the message."""
    edited = [part.path for part in texts if part.text is not None]
    answers = [path for path in edited if table.fields[root_of(path)].role == "answer"]
    return next(iter([*answers, *(path for path in edited if path == table.last_message), *edited]), "")


def _notes(table: ReviewTable, place: int, above: Standing | None) -> Iterator[str]:
    """What is to be known of a row besides."""
    if waiting := table.waiting(place):
        lacks = f" It lacks '{waiting.lacks}': accepted, it stays aside until somebody writes that." if table.lacks(place) else ""
        yield f"Set aside in '{waiting.where}': {waiting.reason}.{lacks or ' Accepted, it goes into its table.'}"
    if above and above.out:
        yield f"{above.row}, which it was made from, is rejected: this row stays out, too."


# Texts


def _texts(table: ReviewTable, original: Mapping[str, Any], current: Mapping[str, Any], standing: Standing) -> Iterator[ShownValue]:
    """What was said, in order. A text that goes on from an earlier one is shown beside that; the same text of several fields once, by the
    last of them."""
    spoken = table.contents.spoken
    origins = {name: table.fields[name].made_from for name in spoken if table.fields[name].made_from in spoken}
    row = _Row(table, original, current, standing)
    for name in (name for name in spoken if name not in origins.values()):
        chain = [name]
        while (origin := origins.get(chain[-1])) and origin not in chain:
            chain.append(origin)
        earlier = next((source for source in chain if current[source] != current[name] and isinstance(current[source], str)), "")
        if earlier and isinstance(current[name], str):
            yield row.text(name, earlier)
        else:
            yield from row.parts(name, chain)


@dataclass(frozen=True)
class _Row:
    """What the parts of a row are made of."""

    table: ReviewTable
    original: Mapping[str, Any]
    current: Mapping[str, Any]
    standing: Standing

    def parts(self, name: str, same: Sequence[str]) -> Iterator[ShownValue]:
        """A text, the parts of an answer, or the turns of a conversation. `same` are the fields whose text it is."""
        value = self.current[name]
        if isinstance(value, dict) and value:
            yield from (self.text(f"{name}.{key}") for key in value)
        elif isinstance(value, list) and value and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value):
            yield from (self.text(f"{name}.{number}.content", name=f"{name}, {to_text(turn['role'])}") for number, turn in enumerate(value))
        else:
            slips = next(
                (field_slips for field_name in same if isinstance(field_slips := self.original.get(f"{field_name}_slips"), list)), []
            )
            yield self.text(name, slips=slips)

    def text(self, path: str, earlier: str = "", name: str = "", slips: Sequence[Mapping[str, Any]] = ()) -> ShownValue:
        """One text; beside what was made where somebody changed it, or else beside an earlier version."""
        value, was = at(self.current, path), at(self.original, path)
        pieces, before, before_name = legible(value, slips if value == was else (), LONGEST), Pieces(), ""
        if path in self.standing.changes and value != was:
            (before, pieces), before_name = versions(was, value, LONGEST), "as it was made"
        elif earlier:
            (before, pieces), before_name = versions(self.current[earlier], value, LONGEST), earlier
        options = self.table.options(path)
        text = value if isinstance(value, str) and not options else None
        lossy = text is not None and bool(LOST.search(text))
        return ShownValue(path, name or path, pieces, before, before_name, text, *_choice(options, value), lossy)

    def label(self, path: str, name: str = "") -> ShownValue:
        """A label, beside what it was where somebody changed it."""
        value, was = at(self.current, path), at(self.original, path)
        changed = path in self.standing.changes and value != was
        before, before_name = (legible(was, longest=CELL), "as it was made") if changed else (Pieces(), "")
        return ShownValue(
            path, name or path, legible(value, longest=CELL), before, before_name, None, *_choice(self.table.options(path), value)
        )


def _choice(options: Sequence[Any], value: Any) -> tuple[tuple[str, ...], int]:
    texts = tuple(map(to_text, options))
    return texts, texts.index(to_text(value)) if to_text(value) in texts else -1


def at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path, which may lead to a turn of a conversation: talk.0.content."""
    value: Any = row
    for key in path.split("."):
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def in_words(decision: Decision) -> str:
    """What a decision made of its row, in words."""
    verbs = {
        "accept": "accepted",
        "reject": "rejected",
        "unsure": "marked unsure",
        "edit": "edited",
        "relabel": "relabelled",
        "answer": "answered",
    }
    return verbs.get(decision.decision, decision.decision)
