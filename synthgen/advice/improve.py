"""Better instructions, from the rows that were put aside: Claude says what in the recipe led there and proposes an edit.

It is asked once for each table, with the instructions of all its fields that had a part in it, because what a judge refuses may be the
mistake of the task, or of the question. The edit changes the texts it names and no other letter of the recipe.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import Field

from synthgen.advice.asking import Shape, ask, brief, cost, question
from synthgen.advice.edit import KeyPath, replace_value, unified_diff, value_at
from synthgen.dataset import Dataset
from synthgen.errors import DataError, ModelError, OutputError, RecipeError, SynthgenError
from synthgen.fields import Asked
from synthgen.models import Model
from synthgen.recipe import load, plan
from synthgen.recipe.load import FIELDS
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec import render
from synthgen.spec.replacing import replacing
from synthgen.spec.rows import Document

ACCOUNT = "improve"
"""What the journal books it on."""
KINDS = {kind for kind, shape in FIELDS.items() if issubclass(shape, Asked) and shape.asks == "claude"}
"""The kinds of fields that Claude makes."""
TEXTS = ("task", "question", "goal", "assistant")
"""The keys of such a field that hold instructions; so do the grades of a `rubric`."""
OPTIONAL = {"solve": "task", "revise": "task"}
"""Kinds of fields that have instructions of their own where the recipe gives none, and the key to give them under."""
SHOWN = 40
"""Rows of a table that Claude sees, at most."""
MOST = 100_000
"""Rows of a configuration that are looked at, at most."""
LONGEST = 3000
"""Characters of a value that it sees."""


class Proposal(Shape):
    """A new text for one place of the recipe, and why."""

    place: str = Field(description="one of the places that are listed")
    rows: list[int] = Field(description="the numbers of the rows that show it")
    explanation: str = Field(description="what in the present text led to these rows, and how the new one prevents it")
    text: str = Field(description="the whole new text for that place")


class Proposals(Shape):
    """What the rejected rows of a table say of its instructions."""

    reading: str = Field(description="what the rejected rows have in common, and which of it the instructions brought about")
    changes: list[Proposal]
    left: str = Field(description="what no change of these texts would mend; may be empty")


@dataclass(frozen=True)
class Aside:
    """A row that was put aside: in which configuration (`to`), by which check or outcome, about which field, and why."""

    to: str
    table: str
    row: int
    attempt: int
    by: str
    field: str
    reason: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class ProposedEdit:
    """A text that should be changed: the way to it in the recipe, the rows that show why, and the new text. `failed` says why it could
    not be put into the recipe, if so."""

    way: KeyPath
    rows: Sequence[int]
    explanation: str
    text: str
    failed: str = ""

    @property
    def place(self) -> str:
        """Its table, field and key."""
        return ".".join(map(str, (self.way[1], *self.way[3:])))


@dataclass(frozen=True)
class Improvement:
    """What Claude proposes for the recipe in the file `path`, whose text is `old`: `new`, with all changes that could be made. `reading`
    and `left` are what it said of each table; `aside` counts the rows put aside per table and reason. Without any the recipe is not to
    blame."""

    path: Path
    old: str
    new: str
    changes: Sequence[ProposedEdit]
    aside: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reading: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None

    @property
    def diff(self) -> str:
        """The changes as a unified diff."""
        return unified_diff(self.old, self.new, self.path.name)


def improve(folder: str | Path, model: Model, recipe: str | Path | None = None, *, allow: Sequence[str | Path] = ()) -> Improvement:
    """Ask `model` what in the instructions led to the rows that an output put aside, and how to change them.

    `recipe` is the file that the output was made from: it is the one to edit, and its documents are shown too; without it, the edit is of
    the copy in the output. Nothing is asked where no row was put aside. Raises OutputError, RecipeError, DataError, ModelError.
    """
    made = Dataset.open(folder)
    run = made.recipe.data
    path = Path(recipe) if recipe is not None else made.folder / "recipe.yaml"
    papers = _papers(path, allow) if recipe is not None else {}
    old = new = path.read_bytes().decode("utf-8-sig")
    changes: list[ProposedEdit] = []
    aside, read, left = dict[str, dict[str, int]](), dict[str, str](), dict[str, str]()
    answers = []
    for table in run["tables"]:
        rows = [row for row in _aside(made, table) if blamed(run, table, row)]
        places = {
            ".".join(map(str, way[3:])): way for way in _places(run, table, {name for row in rows for name in blamed(run, table, row)})
        }
        if not rows or not places:
            continue
        aside[table] = dict(Counter(f"{row.to}: {row.by} ({row.field})" for row in rows).most_common())
        _unchanged(path, old, run, places.values())
        documents = [paper for name, own in papers.items() if name[0] == table for paper in own]
        said = brief("improve", Proposals, list(dict.fromkeys(documents)))
        ((found, answer),) = ask(model, [question(said, _shown(made.recipe, table, rows, places, documents), ACCOUNT)], Proposals)
        if isinstance(found, ModelError):
            raise found
        answers += [answer] if answer else []
        read[table], left[table] = found.reading.strip(), found.left.strip()
        known = {row.row for row in rows}
        for one in found.changes:
            numbers = [number for number in dict.fromkeys(one.rows) if number in known]
            way = places.get(one.place)
            if way is None:
                changes.append(
                    ProposedEdit(
                        ("tables", table, "fields", one.place), numbers, one.explanation, one.text, "there is no such text in the recipe"
                    )
                )
                continue
            try:
                _sound(made.recipe, table, way, one.text)
                edited = replace_value(new, way, one.text)
                if recipe is not None:
                    _loads(path, way, one.text, allow)
                changes.append(
                    ProposedEdit(way, numbers, one.explanation, one.text, "" if edited != new else "the new text is the old one")
                )
                new = edited
            except SynthgenError as error:
                changes.append(ProposedEdit(way, numbers, one.explanation, one.text, str(error)))
    return Improvement(
        path,
        old,
        new,
        changes,
        aside,
        read,
        {table: said for table, said in left.items() if said},
        sum(one.tokens_in for one in answers),
        sum(one.tokens_out for one in answers),
        cost(answers),
    )


def write(made: Improvement, path: str | Path) -> None:
    """Write the changed recipe. Raises OutputError where the file at its place is another one than was read."""
    place = Path(path)
    raw = made.path.read_bytes()
    if place.exists() and place.read_bytes() != raw:
        raise OutputError(
            f"{place} is there already and is another recipe" if place != made.path else f"{place} has changed meanwhile",
            "name another file: -o FILE",
        )
    if raw.decode("utf-8-sig") != made.old:
        raise OutputError(f"{made.path} has changed meanwhile", "ask again: synthgen improve")
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    try:
        with replacing(place) as temporary:
            temporary.write_bytes(mark + made.new.encode())
    except OSError as error:
        raise OutputError(f"cannot write to {place}: {error.strerror}", "name another file: -o FILE") from None


# What was put aside, and whose instructions had a part in it


def _aside(made: Dataset, table: str) -> Iterator[Aside]:
    for to in made.aside:
        for row in islice((row for row in made.rows(to) if row["table"] == table), MOST):
            yield Aside(to, table, row["row"], row["try"], row["check"], row["field"], row["reason"] or "", row["values"] or {})


def blamed(run: Mapping[str, Any], table: str, row: Aside) -> set[str]:
    """The fields made by Claude that had a part in a row's being put aside: the one it was put aside for, what its check compares it with,
    and what they are made from."""
    shape = run["tables"][table]
    fields = shape.get("fields", {})
    checks = [one for one in shape.get("keep") or [] if one.get("kind") == row.by and one.get("field") == row.field]
    ahead = [row.field, *(str(one["with"]) for one in checks if "with" in one)]
    found: set[str] = set()
    while ahead:
        name = _maker(ahead.pop().partition(".")[0], fields)
        if name and name not in found:
            found.add(name)
            ahead += _reads(fields[name])
    return {name for name in found if fields[name].get("kind") in KINDS}


def _maker(column: str, fields: Mapping[str, Any]) -> str:
    """The field that fills a column, its own or that of a label."""
    return column if column in fields else next((name for name in fields if column.startswith(f"{name}_")), "")


def _reads(shape: Mapping[str, Any]) -> list[str]:
    """The names that a field reads, as far as they can be told without its files."""
    found = [str(shape["of"])] if "of" in shape else []
    found += map(str, shape.get("shows") or [])
    for text in (text for text in shape.values() if isinstance(text, str) and "{" in text):
        try:
            found += sorted(render.names(text))
        except render.TemplateMistake:
            continue
    return found


def _places(run: Mapping[str, Any], table: str, names: set[str]) -> Iterator[KeyPath]:
    """The ways to the instructions of some fields."""
    for name, shape in run["tables"][table]["fields"].items():
        if name in names:
            way = ("tables", table, "fields", name)
            yield from ((*way, key) for key in TEXTS if isinstance(shape.get(key), str) and not shape[key].endswith((".md", ".txt")))
            if (key := OPTIONAL.get(shape["kind"])) and key not in shape:
                yield (*way, key)
            rubric = shape.get("rubric")
            yield from ((*way, "rubric", grade) for grade in (rubric if isinstance(rubric, dict) else ()) if isinstance(rubric[grade], str))


# What is asked


def _papers(path: Path, allow: Sequence[str | Path]) -> dict[tuple[str, str], tuple[Document, ...]]:
    """The documents of the fields of a recipe, by table and field."""
    whole = plan(load(path, allow=allow).recipe)
    return {(table.name, name): getattr(one, "papers", ()) for table in whole.tables for name, one in table.asked.items()}


def _shown(recipe: RecordedRecipe, table: str, rows: Sequence[Aside], places: Mapping[str, KeyPath], documents: Sequence[Document]) -> str:
    run = recipe.data
    fields = run["tables"][table]["fields"]
    blamed = dict.fromkeys(way[3] for way in places.values())
    counts = Counter((row.to, row.by, row.field) for row in rows)
    picked = pick(rows)
    records = [
        {
            "row": row.row,
            "try": row.attempt,
            "to": row.to,
            "by": row.by,
            "field": row.field,
            "why": row.reason,
            "values": {name: _cut(held) for name, held in row.values.items()},
        }
        for row in picked
    ]
    parts = [
        f"The table is `{table}`. " + (f"Its rows are about: {run['about']}" if run.get("about") else ""),
        _tag("fields", json.dumps({name: fields[name] for name in blamed}, ensure_ascii=False, indent=1, default=str)),
        _tag("checks", json.dumps(run["tables"][table].get("keep") or [], ensure_ascii=False, default=str)),
        "The places whose text you may change:\n"
        + "\n".join(
            f"- {place}{'' if value_at(run, way) else ' (not written yet: the field goes by what synthgen says)'}"
            for place, way in places.items()
        ),
        f"The fields that a template may name: {', '.join(sorted(recipe.fields_of(table)))}",
        "How many rows were put aside (each try of a row counts):\n"
        + "\n".join(f"- {count} {to}, by {by} (field {name})" for (to, by, name), count in counts.most_common()),
        f"{len(picked)} of these {len(rows)} rows:\n"
        + _tag("rows", "\n".join(json.dumps(record, ensure_ascii=False, default=str) for record in records)),
    ]
    if documents:
        parts.insert(1, f"The fields come with the documents above: {', '.join(dict.fromkeys(one.name for one in documents))}.")
    elif named := [str(one) for name in blamed for one in fields[name].get("documents") or []]:
        parts.insert(1, f"The fields also come with documents that you do not see here: {', '.join(dict.fromkeys(named))}.")
    return "\n\n".join(parts)


def pick(rows: Sequence[Aside], most: int = SHOWN) -> list[Aside]:
    """Some of the rows, as many of each reason as of every other where there are so many, the first of each first; in their order."""
    groups: dict[tuple[str, str, str], list[Aside]] = {}
    for row in rows:
        groups.setdefault((row.to, row.by, row.field), []).append(row)
    turns = [one for turn in range(most) for own in groups.values() for one in own[turn : turn + 1]]
    return sorted(turns[:most], key=lambda one: (one.row, one.attempt))


def _cut(held: Any) -> Any:
    if isinstance(held, str):
        return held if len(held) <= LONGEST else held[:LONGEST] + " […]"
    whole = json.dumps(held, ensure_ascii=False, default=str)
    return held if len(whole) <= LONGEST else whole[:LONGEST] + " […]"


def _tag(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>"


def _unchanged(path: Path, text: str, run: Mapping[str, Any], ways: Any) -> None:
    """The texts that led to the rows must be those that stand in the recipe. Raises DataError."""
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(text)
    for way in ways:
        if str(value_at(data, way) or "").strip() != str(value_at(run, way) or "").strip():
            raise DataError(
                f"{'.'.join(map(str, way))} in {path} is not what the output was made with",
                "make the output again first, or name the recipe that it was made from",
            )


def _sound(recipe: RecordedRecipe, table: str, way: KeyPath, text: str) -> None:
    """The templates of a new text can be read, and name fields that are there. Raises DataError."""
    if not text.strip():
        raise DataError("the new text is empty")
    try:
        strange = render.names(text) - render.names(str(value_at(recipe.data, way) or "")) - recipe.fields_of(table).keys()
    except render.TemplateMistake as error:
        raise DataError(f"the new text is no template: {error}") from None
    if strange:
        raise DataError(f"the new text names a field that is not there: {', '.join(sorted(strange))}")


def _loads(path: Path, way: KeyPath, text: str, allow: Sequence[str | Path]) -> None:
    """The recipe with the new text has no mistakes. Raises DataError."""
    if any("." in str(key) for key in way):
        return  # an override cannot name it; `check` will look
    try:
        load(path, settings=[f"{'.'.join(map(str, way))}={json.dumps(text)}"], allow=allow)
    except RecipeError as error:
        raise DataError(f"the recipe would be wrong: {error.mistakes[0].message}") from None


# What is said of it


def summary(made: Improvement) -> Iterator[str]:
    """What was found and is proposed, a paragraph each; the diff is not among them."""
    if not made.aside:
        yield "nothing to improve: no row was put aside for a field that Claude made"
        return
    for table, counts in made.aside.items():
        yield f"{table}: {sum(counts.values()):,} put aside\n" + "\n".join(f"  {count:>6,}  {reason}" for reason, count in counts.items())
        yield made.reading[table]
        for change in (one for one in made.changes if one.way[1] == table):
            rows = (
                f" (row{'s' if len(change.rows) > 1 else ''} "
                f"{', '.join(map(str, change.rows[:12]))}{', …' if len(change.rows) > 12 else ''})"
                if change.rows
                else ""
            )
            yield f"{change.place}{rows}: {change.explanation.strip()}"
            if change.failed:
                yield f"This could not be put into the recipe: {change.failed}\nThe text:\n{change.text}"
        if table in made.left:
            yield f"What no change of the text would mend: {made.left[table]}"
    if not made.changes:
        yield "nothing to improve: the instructions are not to blame"
