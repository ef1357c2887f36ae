"""Everything about one row of a finished output, from the output and its answer journal; nothing is asked.

What is told of how the row was made is what happened: the part of the output in which it was made is made again from the journal (see
`replay`), and told only where all of it comes out as it is in the output. Otherwise what the row's provenance and the journal say is
told, and what cannot be told is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset import Dataset, Output
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.finish import other_versions
from synthgen.dataset.origin import folders
from synthgen.errors import OutputError, RecipeError, SynthgenError
from synthgen.models import Journal
from synthgen.provenance.find import numbers, place_of, set_aside, some_rows
from synthgen.provenance.record import Record
from synthgen.provenance.replay import Replay
from synthgen.provenance.told import Attempt, CheckResult, FactRecord, checks, facts, remembered, tried
from synthgen.recipe import Loaded
from synthgen.recipe.load import load
from synthgen.recipe.recorded import last_message
from synthgen.spec import pages
from synthgen.spec.rows import plain, to_text

RECIPE = "recipe.yaml"


@dataclass(frozen=True)
class Why:
    """How a row (TABLE-NUMBER) of the output in `folder` came about.

    `status` is `kept`, or where the row went instead; `message` is what was typed in it last. `facts` are the fields that no model was
    asked for and who made them, `attempts` every try of the others, `checks` what became of each check, `aside` the tries that were refused
    or set aside. Tokens and `cost` (in US dollars, None where nothing was paid) are of all that was asked for this row. `untold` says what
    cannot be told, and why."""

    folder: Path
    row: str
    status: str
    message: str
    values: dict[str, Any]
    parent: str | None = None
    facts: list[FactRecord] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    untold: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "folder": str(self.folder)}

    def __repr__(self) -> str:
        return f"Why({self.row}, {self.status}: {len(self.attempts)} tries of asked fields, {len(self.checks)} checks)"

    def _repr_html_(self) -> str:
        made = pages.table(["field", "value", "made by"], [(one.name, one.value, one.maker) for one in self.facts])
        texts = pages.table(
            ["field", "try", "text", "what became of it"],
            [(one.field, one.attempt, each.text, each.outcome) for one in self.attempts for each in one.candidates],
        )
        untold = [pages.paragraph(one) for one in self.untold]
        return pages.page(pages.paragraph(f"{self.row}, {self.status}"), pages.paragraph(self.message), made, texts, *untold)


def why(
    folder: str | Path,
    row: str | int,
    *,
    table: str | None = None,
    recipe: str | Path | None = None,
    allow: Sequence[str | Path] = (),
) -> Why:
    """How a row came about. `row` is its id as exports have it (`traffic-17`), or a number in `table` (default: the first).

    `recipe` is the file that the output was made from, where that lies elsewhere than when it was made; `allow` are folders that it may
    read besides its own. Nothing is asked and nothing written. Raises OutputError when there is no such output or row.
    """
    made = Dataset.open(folder)
    name, number = place_of(made, row, table)
    values = _row(made, name, number)
    aside = [{"to": to, **record} for to, record in set_aside(made, name, number)]
    if values is None and not aside and number >= (count := made.manifest["tables"][name]["candidates"]):
        raise OutputError(f"table '{name}' of {folder} has no row {number:,}", f"they are numbered from 0 to {max(0, count - 1):,}")
    with ExitStack() as stack:
        untold = list[str]()
        journal = _journal(made, stack, untold)
        record = _again(made, name, number, journal, recipe, allow, untold)
        given = (values or {}).get(PROVENANCE) or {}
        attempts = (
            tried(record, made.manifest["models"], name) if record else remembered(made, journal, name, number, given.get("asked") or {})
        )
    own = {key: value for key, value in (values or (aside[-1]["values"] if aside else {})).items() if key != PROVENANCE}
    typed = last_message(made.recipe.fields_of(name).values(), own)
    parent = _parent(made, name, record.parent if record else given.get("parent"))
    answers = [answer for attempt in attempts for answer in attempt.answers if answer.row == f"{name}-{number}"]
    paid = [answer.cost for answer in answers if answer.cost is not None]
    return Why(
        made.folder,
        f"{name}-{number}",
        "kept" if values else str(max(aside, key=lambda one: int(one["try"]))["to"]) if aside else "not made",
        to_text(own.get(typed) if typed else next(iter(own.values()), "")),
        plain(own),
        parent,
        facts(made, name, number, own, parent, record),
        attempts,
        checks(record, made, name) if record or values else [],
        [{**one, "values": plain(one["values"] or {})} for one in aside],
        dict(made.manifest["models"]),
        dict(made.manifest["versions"]),
        sum(answer.tokens_in for answer in answers),
        sum(answer.tokens_out for answer in answers),
        sum(paid) if paid else None,
        untold,
    )


def _row(made: Dataset, name: str, number: int) -> dict[str, Any] | None:
    known = numbers(made, name)
    place = int(known.searchsorted(number))
    if place == len(known) or known[place] != number:
        return None
    return next(some_rows(made, name, place, place + 1))


def _parent(made: Dataset, name: str, place: int | None) -> str | None:
    """The id of the row that a row was made from, by its place in its table."""
    parent = made.recipe.tables[name].parent if name in made.recipe.tables else ""
    return f"{parent}-{numbers(made, parent)[place]}" if parent in made.tables and place is not None else None


# What it was made with


def _journal(made: Dataset, stack: ExitStack, untold: list[str]) -> Journal | None:
    """The output's answer journal, for reading."""
    if not made.manifest["models"]:
        return None
    path = Output(made.folder).journal
    if not path.exists():
        untold.append(f"what was asked and answered: the answer journal {path.name} is not beside the output")
        return None
    try:
        journal = Journal(path, read_only=True)
    except OutputError as error:
        untold.append(f"what was asked and answered: {error.message}")
        return None
    stack.callback(journal.close)
    return journal


def _again(
    made: Dataset,
    name: str,
    number: int,
    journal: Journal | None,
    recipe: str | Path | None,
    allow: Sequence[str | Path],
    untold: list[str],
) -> Record | None:
    """What happened to the row; None where that cannot be told."""
    what = "how its texts were chosen, with which streams, and what the checks said of it"
    if made.manifest["models"] and journal is None:
        untold.append(f"{what}: that is found out by making it again from the journal")
        return None
    record = Record(number)
    try:
        Replay(made, _recipe(made, recipe, allow), journal).chunk(name, number, record)
    except SynthgenError as error:
        said = "; ".join([_said(error), *_changes(made)])
        untold.append(f"{what}: {said}")
        return None
    return record


def _recipe(made: Dataset, recipe: str | Path | None, allow: Sequence[str | Path]) -> Loaded:
    """The recipe that was run, read again; its files are where they were when it was made. Raises RecipeError."""
    known = folders(Output(made.folder))
    if recipe is not None:
        place = Path(recipe)
        folder, allowed = place if place.is_dir() else place.parent, list(map(Path, allow))
    elif known:
        folder, allowed = known[0], [*known[1:], *map(Path, allow)]
    else:
        folder, allowed = made.folder, list(map(Path, allow))
    written = Output(made.folder).whole / RECIPE  # the manifest's JSON has no keys that are numbers or truth values
    return load(written if written.exists() else made.recipe.data, folder=folder, allow=allowed)


def _said(error: SynthgenError) -> str:
    """An error in one line."""
    if isinstance(error, RecipeError):
        first, more = error.mistakes[0], len(error.mistakes) - 1
        others = f" (and {more} more)" if more else ""
        return (
            f"its recipe cannot be read again: {first.where}: {first.message}{others}; name the file that it was made from: --recipe FILE"
        )
    return error.message


def _changes(made: Dataset) -> Iterator[str]:
    """What is otherwise now than when it was made."""
    for change in other_versions(made.manifest):
        yield change.partition(";")[0]
