"""From an output to the files of a harness."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.fetched import local_copy
from synthgen.decisions.amended import honoured
from synthgen.errors import OutputError, did_you_mean
from synthgen.harness import deepeval, graders, inspect_ai, lm_eval, messages_api, openai, plain, promptfoo, pytest, ragas
from synthgen.harness.cases import Suite, harness_of
from synthgen.harness.suite import suite_of
from synthgen.spec.remedies import FORBIDDEN, FULL, remedy
from synthgen.storage import refuse_address

HARNESSES = {
    exporter.name: exporter
    for exporter in (
        inspect_ai.EXPORTER,
        lm_eval.EXPORTER,
        promptfoo.EXPORTER,
        deepeval.EXPORTER,
        ragas.EXPORTER,
        openai.EXPORTER,
        pytest.EXPORTER,
        messages_api.EXPORTER,
        plain.JSONL,
        plain.CSV,
    )
}
"""The harnesses, by name."""
TRIES = 4
"""How often files are written into an output that others take the place of."""


@dataclass(frozen=True)
class Exported:
    """What `export` did: for each harness its folder, the command that runs it, and what installs the program for that where it is not
    here, and what is to be put in `first`; how many cases there are and how many rows have none; the grades that answers get; and notes."""

    folders: dict[str, Path]
    commands: dict[str, str]
    table: str
    input: str
    target: str | None
    cases: int
    left_out: int
    grades: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...]
    installs: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)


def export(
    folder: str | Path,
    to: Sequence[str],
    *,
    out: str | Path | None = None,
    table: str | None = None,
    input: str | None = None,  # noqa: A002 (what the recipe calls it)
    target: str | None = None,
    system: str | None = None,
    review: bool = True,
) -> Exported:
    """Write the cases of an output for each of the harnesses `to` (`all`: every one), into a folder of its own under `out`
    (default: the output's `harness`).

    `table`, `input`, `target` and `system` take the place of what the recipe says under `harness`. Rows are as reviewers left them, without
    `review` as they were made. Raises DataError, OutputError.
    """
    names = list(HARNESSES) if "all" in to else list(dict.fromkeys(to))
    for name in names:
        if name not in HARNESSES:
            raise OutputError(f"there is no harness '{name}'", did_you_mean(name, HARNESSES, "harnesses"))
    refuse_address(out)
    folder = local_copy(folder)
    reviewed_output = honoured(Dataset.open(folder)) if review else None
    rows, harness = harness_of(
        reviewed_output.dataset if reviewed_output else Dataset.open(folder), table=table, input=input, target=target, system=system
    )
    suite = suite_of(rows, harness)
    cases = sum(1 for _ in suite.cases())
    total = rows.manifest["tables"][rows.table]["rows"]
    if not cases:
        raise OutputError(
            f"no row of table '{rows.table}' has a '{harness.input}'" + (f" and a '{harness.target}'" if harness.target else "")
        )
    place = Path(out) if out is not None else folder / "harness"
    folders = {name: place / name for name in names}
    try:
        for name, harness_folder in folders.items():
            _write(HARNESSES[name].write, suite, harness_folder)
    except OSError as error:
        first = f"{remedy(error.errno, 'there')}, or " if error.errno in (*FULL, *FORBIDDEN) else ""
        hint = f"{first}choose another place: --out DIR"
        raise OutputError(f"cannot write to {error.filename or place}: {error.strerror}", hint) from None
    commands = {
        name: HARNESSES[name].command.format(folder=shlex.quote(str(harness_folder)), name=suite.slug)
        for name, harness_folder in folders.items()
        if HARNESSES[name].command
    }
    return Exported(
        folders,
        commands,
        rows.table,
        harness.input,
        harness.target,
        cases,
        total - cases,
        tuple(graders.grades(suite.settings())),
        tuple(suite.labels),
        (*suite.notes, *_notes(suite, total - cases), *(reviewed_output.notes() if reviewed_output else ())),
        {name: HARNESSES[name].program[1] for name in folders if HARNESSES[name].is_missing},
        {name: HARNESSES[name].first for name in folders if HARNESSES[name].first},
    )


def _write(write: Callable[[Suite, Path], int], suite: Suite, folder: Path) -> None:
    """Write the files of a harness, again if the output that they lie in was replaced meanwhile."""
    for _ in range(TRIES):
        with suppress(FileNotFoundError, FileExistsError):  # a folder that vanishes while it is made raises FileExistsError
            write(suite, folder)
            return
    write(suite, folder)


def _notes(suite: Suite, left_out: int) -> Iterable[str]:
    harness = suite.harness
    if left_out:
        lacking = f"'{harness.input}' that can be answered" + (f", or no '{harness.target}'" if harness.target else "")
        yield f"{left_out:,} {'row is' if left_out == 1 else 'rows are'} left out, with no {lacking}"
        if suite.targets and suite.targets.cases and harness.out is None:
            yield (
                "an edge case such as empty or off topic leaves nothing of a label; harness: {out: unclear} in the recipe gives it a target"
            )
    if harness.target is None:
        yield (
            f"no target: answers are graded by what needs none: {', '.join(graders.UNAIDED)} ({harness.words[0]} to {harness.words[1]} "
            f"words, "
            f"{harness.format}). Name a target with --target, or under harness: in the recipe"
        )
        if any("injection" in str(value) or value == "off topic" for value in _cases(suite)):
            yield "to some cases, such as prompt injection, a refusal is the right answer: see not_refused by case, with synthgen slice"
    elif suite.grading["kind"] == "text":
        yield (
            f"'{harness.target}' is free text: answers are graded by the words that they share with it (overlap, F1), which is a rough "
            f"measure"
        )
    if not suite.labels:
        yield "no column is a label, so results can be sliced by none"


def _cases(suite: Suite) -> set[Any]:
    column = suite.labels.get("case")
    return {row[column] for _, row in suite.rows.read([column])} if column else set()


def as_dict(exported: Exported) -> dict[str, Any]:
    """What was exported, as JSON can hold it."""
    data = {name: value for name, value in vars(exported).items() if name not in ("folders",)}
    return dict(json.loads(json.dumps({"folders": {name: str(folder) for name, folder in exported.folders.items()}, **data})))
