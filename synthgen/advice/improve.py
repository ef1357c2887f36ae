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

    key_path: KeyPath
    rows: Sequence[int]
    explanation: str
    text: str
    failed: str = ""

    @property
    def place(self) -> str:
        """Its table, field and key."""
        return ".".join(map(str, (self.key_path[1], *self.key_path[3:])))


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
    output = Dataset.open(folder)
    run = output.recipe.data
    path = Path(recipe) if recipe is not None else output.folder / "recipe.yaml"
    papers = _papers(path, allow) if recipe is not None else {}
    old = new = path.read_bytes().decode("utf-8-sig")
    changes: list[ProposedEdit] = []
    aside, read, unresolved = dict[str, dict[str, int]](), dict[str, str](), dict[str, str]()
    answers = []
    for table in run["tables"]:
        rows = [row for row in _aside(output, table) if blamed(run, table, row)]
        places = {
            ".".join(map(str, key_path[3:])): key_path
            for key_path in _places(run, table, {name for row in rows for name in blamed(run, table, row)})
        }
        if not rows or not places:
            continue
        aside[table] = dict(Counter(f"{row.to}: {row.by} ({row.field})" for row in rows).most_common())
        _unchanged(path, old, run, places.values())
        documents = [paper for name, field_papers in papers.items() if name[0] == table for paper in field_papers]
        prompt_brief = brief("improve", Proposals, list(dict.fromkeys(documents)))
        ((proposals, answer),) = ask(
            model, [question(prompt_brief, _shown(output.recipe, table, rows, places, documents), ACCOUNT)], Proposals
        )
        if isinstance(proposals, ModelError):
            raise proposals
        answers += [answer] if answer else []
        read[table], unresolved[table] = proposals.reading.strip(), proposals.left.strip()
        row_numbers = {row.row for row in rows}
        for proposal in proposals.changes:
            numbers = [number for number in dict.fromkeys(proposal.rows) if number in row_numbers]
            key_path = places.get(proposal.place)
            if key_path is None:
                changes.append(
                    ProposedEdit(
                        ("tables", table, "fields", proposal.place),
                        numbers,
                        proposal.explanation,
                        proposal.text,
                        "there is no such text in the recipe",
                    )
                )
                continue
            try:
                _sound(output.recipe, table, key_path, proposal.text)
                edited = replace_value(new, key_path, proposal.text)
                if recipe is not None:
                    _loads(path, key_path, proposal.text, allow)
                changes.append(
                    ProposedEdit(
                        key_path, numbers, proposal.explanation, proposal.text, "" if edited != new else "the new text is the old one"
                    )
                )
                new = edited
            except SynthgenError as error:
                changes.append(ProposedEdit(key_path, numbers, proposal.explanation, proposal.text, str(error)))
    return Improvement(
        path,
        old,
        new,
        changes,
        aside,
        read,
        {table: text for table, text in unresolved.items() if text},
        sum(answer.tokens_in for answer in answers),
        sum(answer.tokens_out for answer in answers),
        cost(answers),
    )


def write(improvement: Improvement, path: str | Path) -> None:
    """Write the changed recipe. Raises OutputError where the file at its place is another one than was read."""
    place = Path(path)
    raw = improvement.path.read_bytes()
    if place.exists() and place.read_bytes() != raw:
        raise OutputError(
            f"{place} is there already and is another recipe" if place != improvement.path else f"{place} has changed meanwhile",
            "name another file: -o FILE",
        )
    if raw.decode("utf-8-sig") != improvement.old:
        raise OutputError(f"{improvement.path} has changed meanwhile", "ask again: synthgen improve")
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    try:
        with replacing(place) as temporary:
            temporary.write_bytes(mark + improvement.new.encode())
    except OSError as error:
        raise OutputError(f"cannot write to {place}: {error.strerror}", "name another file: -o FILE") from None


# What was put aside, and whose instructions had a part in it


def _aside(output: Dataset, table: str) -> Iterator[Aside]:
    for to in output.aside:
        for row in islice((row for row in output.rows(to) if row["table"] == table), MOST):
            yield Aside(to, table, row["row"], row["try"], row["check"], row["field"], row["reason"] or "", row["values"] or {})


def blamed(run: Mapping[str, Any], table: str, row: Aside) -> set[str]:
    """The fields made by Claude that had a part in a row's being put aside: the one it was put aside for, what its check compares it with,
    and what they are made from."""
    shape = run["tables"][table]
    fields = shape.get("fields", {})
    checks = [check for check in shape.get("keep") or [] if check.get("kind") == row.by and check.get("field") == row.field]
    ahead = [row.field, *(str(check["with"]) for check in checks if "with" in check)]
    reached: set[str] = set()
    while ahead:
        name = _maker(ahead.pop().partition(".")[0], fields)
        if name and name not in reached:
            reached.add(name)
            ahead += _reads(fields[name])
    return {name for name in reached if fields[name].get("kind") in KINDS}


def _maker(column: str, fields: Mapping[str, Any]) -> str:
    """The field that fills a column, its own or that of a label."""
    return column if column in fields else next((name for name in fields if column.startswith(f"{name}_")), "")


def _reads(shape: Mapping[str, Any]) -> list[str]:
    """The names that a field reads, as far as they can be told without its files."""
    names = [str(shape["of"])] if "of" in shape else []
    names += map(str, shape.get("shows") or [])
    for text in (text for text in shape.values() if isinstance(text, str) and "{" in text):
        try:
            names += sorted(render.names(text))
        except render.TemplateMistake:
            continue
    return names


def _places(run: Mapping[str, Any], table: str, names: set[str]) -> Iterator[KeyPath]:
    """The ways to the instructions of some fields."""
    for name, shape in run["tables"][table]["fields"].items():
        if name in names:
            key_path = ("tables", table, "fields", name)
            yield from ((*key_path, key) for key in TEXTS if isinstance(shape.get(key), str) and not shape[key].endswith((".md", ".txt")))
            if (key := OPTIONAL.get(shape["kind"])) and key not in shape:
                yield (*key_path, key)
            rubric = shape.get("rubric")
            yield from (
                (*key_path, "rubric", grade) for grade in (rubric if isinstance(rubric, dict) else ()) if isinstance(rubric[grade], str)
            )


# What is asked


def _papers(path: Path, allow: Sequence[str | Path]) -> dict[tuple[str, str], tuple[Document, ...]]:
    """The documents of the fields of a recipe, by table and field."""
    recipe_plan = plan(load(path, allow=allow).recipe)
    return {(table.name, name): getattr(field, "papers", ()) for table in recipe_plan.tables for name, field in table.asked.items()}


def _shown(recipe: RecordedRecipe, table: str, rows: Sequence[Aside], places: Mapping[str, KeyPath], documents: Sequence[Document]) -> str:
    run = recipe.data
    fields = run["tables"][table]["fields"]
    blamed = dict.fromkeys(key_path[3] for key_path in places.values())
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
            "values": {name: _cut(value) for name, value in row.values.items()},
        }
        for row in picked
    ]
    parts = [
        f"The table is `{table}`. " + (f"Its rows are about: {run['about']}" if run.get("about") else ""),
        _tag("fields", json.dumps({name: fields[name] for name in blamed}, ensure_ascii=False, indent=1, default=str)),
        _tag("checks", json.dumps(run["tables"][table].get("keep") or [], ensure_ascii=False, default=str)),
        "The places whose text you may change:\n"
        + "\n".join(
            f"- {place}{'' if value_at(run, key_path) else ' (not written yet: the field goes by what synthgen says)'}"
            for place, key_path in places.items()
        ),
        f"The fields that a template may name: {', '.join(sorted(recipe.fields_of(table)))}",
        "How many rows were put aside (each try of a row counts):\n"
        + "\n".join(f"- {count} {to}, by {by} (field {name})" for (to, by, name), count in counts.most_common()),
        f"{len(picked)} of these {len(rows)} rows:\n"
        + _tag("rows", "\n".join(json.dumps(record, ensure_ascii=False, default=str) for record in records)),
    ]
    if documents:
        parts.insert(1, f"The fields come with the documents above: {', '.join(dict.fromkeys(document.name for document in documents))}.")
    elif named := [str(document) for name in blamed for document in fields[name].get("documents") or []]:
        parts.insert(1, f"The fields also come with documents that you do not see here: {', '.join(dict.fromkeys(named))}.")
    return "\n\n".join(parts)


def pick(rows: Sequence[Aside], most: int = SHOWN) -> list[Aside]:
    """Some of the rows, as many of each reason as of every other where there are so many, the first of each first; in their order."""
    groups: dict[tuple[str, str, str], list[Aside]] = {}
    for row in rows:
        groups.setdefault((row.to, row.by, row.field), []).append(row)
    turns = [row for turn in range(most) for group in groups.values() for row in group[turn : turn + 1]]
    return sorted(turns[:most], key=lambda row: (row.row, row.attempt))


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + " […]"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST else text[:LONGEST] + " […]"


def _tag(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>"


def _unchanged(path: Path, text: str, run: Mapping[str, Any], key_paths: Any) -> None:
    """The texts that led to the rows must be those that stand in the recipe. Raises DataError."""
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(text)
    for key_path in key_paths:
        if str(value_at(data, key_path) or "").strip() != str(value_at(run, key_path) or "").strip():
            raise DataError(
                f"{'.'.join(map(str, key_path))} in {path} is not what the output was made with",
                "make the output again first, or name the recipe that it was made from",
            )


def _sound(recipe: RecordedRecipe, table: str, key_path: KeyPath, text: str) -> None:
    """The templates of a new text can be read, and name fields that are there. Raises DataError."""
    if not text.strip():
        raise DataError("the new text is empty")
    try:
        strange = render.names(text) - render.names(str(value_at(recipe.data, key_path) or "")) - recipe.fields_of(table).keys()
    except render.TemplateMistake as error:
        raise DataError(f"the new text is no template: {error}") from None
    if strange:
        raise DataError(f"the new text names a field that is not there: {', '.join(sorted(strange))}")


def _loads(path: Path, key_path: KeyPath, text: str, allow: Sequence[str | Path]) -> None:
    """The recipe with the new text has no mistakes. Raises DataError."""
    if any("." in str(key) for key in key_path):
        return  # an override cannot name it; `check` will look
    try:
        load(path, settings=[f"{'.'.join(map(str, key_path))}={json.dumps(text)}"], allow=allow)
    except RecipeError as error:
        raise DataError(f"the recipe would be wrong: {error.mistakes[0].message}") from None


# What is said of it


def summary(improvement: Improvement) -> Iterator[str]:
    """What was found and is proposed, a paragraph each; the diff is not among them."""
    if not improvement.aside:
        yield "nothing to improve: no row was put aside for a field that Claude made"
        return
    for table, counts in improvement.aside.items():
        yield f"{table}: {sum(counts.values()):,} put aside\n" + "\n".join(f"  {count:>6,}  {reason}" for reason, count in counts.items())
        yield improvement.reading[table]
        for change in (edit for edit in improvement.changes if edit.key_path[1] == table):
            rows = (
                f" (row{'s' if len(change.rows) > 1 else ''} "
                f"{', '.join(map(str, change.rows[:12]))}{', …' if len(change.rows) > 12 else ''})"
                if change.rows
                else ""
            )
            yield f"{change.place}{rows}: {change.explanation.strip()}"
            if change.failed:
                yield f"This could not be put into the recipe: {change.failed}\nThe text:\n{change.text}"
        if table in improvement.left:
            yield f"What no change of the text would mend: {improvement.left[table]}"
    if not improvement.changes:
        yield "nothing to improve: the instructions are not to blame"
