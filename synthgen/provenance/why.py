"""Everything about one row of a finished output, from the output and its answer journal; nothing is asked.

How the row was made is what happened, not a guess: its part of the output is made again from the journal (see `replay`), and shown only
where all of it comes out as it is in the output. Otherwise the row's provenance and the journal are shown, and what is not known is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset import Dataset, Output
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.find import numbers, place_of, set_aside, some_rows
from synthgen.dataset.finish import other_versions
from synthgen.dataset.origin import folders, servers
from synthgen.errors import OutputError, RecipeError, SynthgenError
from synthgen.models import Journal
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
        facts = pages.table(["field", "value", "made by"], [(fact.name, fact.value, fact.maker) for fact in self.facts])
        texts = pages.table(
            ["field", "try", "text", "what became of it"],
            [
                (attempt.field, attempt.attempt, candidate.text, candidate.outcome)
                for attempt in self.attempts
                for candidate in attempt.candidates
            ],
        )
        untold = [pages.paragraph(line) for line in self.untold]
        return pages.page(pages.paragraph(f"{self.row}, {self.status}"), pages.paragraph(self.message), facts, texts, *untold)


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
    output = Dataset.open(folder)
    name, number = place_of(output, row, table)
    values = _row(output, name, number)
    aside = [{"to": to, **record} for to, record in set_aside(output, name, number)]
    if values is None and not aside and number >= (count := output.manifest["tables"][name]["candidates"]):
        raise OutputError(f"table '{name}' of {folder} has no row {number:,}", f"they are numbered from 0 to {max(0, count - 1):,}")
    with ExitStack() as stack:
        untold = list[str]()
        journal = _journal(output, stack, untold)
        record = _replayed(output, name, number, journal, recipe, allow, untold)
        provenance = (values or {}).get(PROVENANCE) or {}
        attempts = (
            tried(record, output.manifest["models"], name)
            if record
            else remembered(output, journal, name, number, provenance.get("asked") or {})
        )
    row_values = {key: value for key, value in (values or (aside[-1]["values"] if aside else {})).items() if key != PROVENANCE}
    typed = last_message(output.recipe.fields_of(name).values(), row_values)
    parent = _parent(output, name, record.parent if record else provenance.get("parent"))
    answers = [answer for attempt in attempts for answer in attempt.answers if answer.row == f"{name}-{number}"]
    paid = [answer.cost for answer in answers if answer.cost is not None]
    return Why(
        output.folder,
        f"{name}-{number}",
        "kept" if values else str(max(aside, key=lambda entry: int(entry["try"]))["to"]) if aside else "not made",
        to_text(row_values.get(typed) if typed else next(iter(row_values.values()), "")),
        plain(row_values),
        parent,
        facts(output, name, number, row_values, parent, record),
        attempts,
        checks(record, output, name) if record or values else [],
        [{**entry, "values": plain(entry["values"] or {})} for entry in aside],
        dict(output.manifest["models"]),
        dict(output.manifest["versions"]),
        sum(answer.tokens_in for answer in answers),
        sum(answer.tokens_out for answer in answers),
        sum(paid) if paid else None,
        untold,
    )


def _row(output: Dataset, name: str, number: int) -> dict[str, Any] | None:
    row_numbers = numbers(output, name)
    place = int(row_numbers.searchsorted(number))
    if place == len(row_numbers) or row_numbers[place] != number:
        return None
    return next(some_rows(output, name, place, place + 1))


def _parent(output: Dataset, name: str, place: int | None) -> str | None:
    """The id of the row that a row was made from, by its place in its table."""
    parent = output.recipe.tables[name].parent if name in output.recipe.tables else ""
    return f"{parent}-{numbers(output, parent)[place]}" if parent in output.tables and place is not None else None


# What it was made with


def _journal(output: Dataset, stack: ExitStack, untold: list[str]) -> Journal | None:
    """The output's answer journal, for reading."""
    if not output.manifest["models"]:
        return None
    path = Output(output.folder).journal
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


def _replayed(
    output: Dataset,
    name: str,
    number: int,
    journal: Journal | None,
    recipe: str | Path | None,
    allow: Sequence[str | Path],
    untold: list[str],
) -> Record | None:
    """What happened to the row; None where that cannot be told."""
    subject = "how its texts were chosen, with which streams, and what the checks said of it"
    if output.manifest["models"] and journal is None:
        untold.append(f"{subject}: that is found out by making it again from the journal")
        return None
    record = Record(number)
    try:
        Replay(output, _recipe(output, recipe, allow), journal).chunk(name, number, record)
    except SynthgenError as error:
        reason = "; ".join([_one_line(error), *_changes(output)])
        untold.append(f"{subject}: {reason}")
        return None
    return record


def _recipe(output: Dataset, recipe: str | Path | None, allow: Sequence[str | Path]) -> Loaded:
    """The recipe that was run, read again; its files are where they were when it was made. Raises RecipeError."""
    read_folders, allowed = folders(Output(output.folder)), [*servers(Output(output.folder)), *allow]
    if recipe is not None:
        place = Path(recipe)
        folder = place if place.is_dir() else place.parent
    elif read_folders:
        folder, allowed = read_folders[0], [*read_folders[1:], *allowed]
    else:
        folder = output.folder
    written = Output(output.folder).whole / RECIPE  # the manifest's JSON has no keys that are numbers or truth values
    return load(written if written.exists() else output.recipe.data, folder=folder, allow=allowed)


def _one_line(error: SynthgenError) -> str:
    """An error in one line."""
    if isinstance(error, RecipeError):
        first, more = error.mistakes[0], len(error.mistakes) - 1
        more_note = f" (and {more} more)" if more else ""
        problem = f"{first.where}: {first.message}{more_note}"
        return f"its recipe cannot be read again: {problem}; name the file that it was made from: --recipe FILE"
    return error.message


def _changes(output: Dataset) -> Iterator[str]:
    """What is otherwise now than when it was made."""
    for change in other_versions(output.manifest):
        yield change.partition(";")[0]
