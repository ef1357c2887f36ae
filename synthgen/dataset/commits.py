"""Which commits of datasets on the Hub the rows of an output are of: noted in its manifest, and told where another is read than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synthgen.dataset.names import RUN
from synthgen.dataset.place import Output
from synthgen.dataset.progress import recorded
from synthgen.dataset.small import content_of, object_in
from synthgen.recipe import Loaded

Commits = dict[str, dict[str, list[str]]]
"""By table and field, in the order in which they were read: of a run that was cut off, the rows may be of several."""
SHOWN = 12
"""Letters of a commit that tell it apart."""


def follow_commits(output: Output, existing: Mapping[str, Any] | None, loaded: Loaded) -> tuple[Commits, list[str]]:
    """The commits that the rows of an output will be of when a run has finished it, and notes where the run reads others than the output
    before it (`existing` is its manifest), or than the rows that an earlier run left. Raises DataError."""
    unfinished, now = _unfinished(output), _read(loaded)
    notes = [
        *_moved(_finished(existing), now, "this output was made; revision: {old} reads it as it was"),
        *_moved(unfinished, now, "this run began; rows that were finished are of the old one: --fresh makes all of the new one"),
    ]
    joined = {
        table: {name: _joined(unfinished.get(table, {}).get(name, []), shas) for name, shas in fields.items()}
        for table, fields in now.items()
    }
    return joined, notes


def _joined(before: list[str], now: list[str]) -> list[str]:
    return [*(sha for sha in before if sha not in now), *now]


def moved_since(existing: Mapping[str, Any], loaded: Loaded) -> Iterator[str]:
    """Notes on the datasets that have changed since an output was made. The Hub is asked, if there are any."""
    before = _finished(existing)
    yield from _moved(before, _read(loaded, newest=True), "this output was made; --fresh makes it of the new one") if before else ()


def _unfinished(output: Output) -> Commits:
    """Those of the tables that have finished rows in an unfinished output."""
    commits, tables = object_in(content_of(output.unfinished / RUN)).get("commits"), {line["table"] for line in recorded(output.unfinished)}
    return {table: fields for table, fields in _sound(commits).items() if table in tables}


def _finished(manifest: Mapping[str, Any] | None) -> Commits:
    """Those in a manifest."""
    return _sound({name: table.get("commits") for name, table in manifest["tables"].items()}) if manifest else {}


def _read(loaded: Loaded, *, newest: bool = False) -> Commits:
    """Those that a recipe's fields read, or the `newest` that they would read now. Raises DataError."""
    fields = {name: table.fields.items() for name, table in loaded.recipe.tables.items()}
    read = {table: {name: [sha] for name, field in named if (sha := field.commit(newest=newest))} for table, named in fields.items()}
    return {table: commits for table, commits in read.items() if commits}


def _moved(before: Commits, now: Commits, since: str) -> Iterator[str]:
    """Notes on the datasets that are at another commit than they were when; that and what to do is said in `since`, which may name the
    {old} one."""
    for table, fields in now.items():
        for name, shas in fields.items():
            earlier = before.get(table, {}).get(name)
            if earlier and earlier[-1] != shas[-1]:
                change = f"from commit {earlier[-1][:SHOWN]} to {shas[-1][:SHOWN]}"
                yield f"{table}.{name}: its dataset on the Hub has changed, {change}, since {since.format(old=earlier[-1])}"


def note_commits(manifest: dict[str, Any], commits: Commits) -> None:
    """Write them into a manifest."""
    for table, fields in commits.items():
        manifest["tables"][table]["commits"] = fields


def _sound(value: Any) -> Commits:
    tables = value if isinstance(value, dict) else {}
    return {
        table: {name: shas for name, shas in fields.items() if isinstance(shas, list) and all(isinstance(sha, str) for sha in shas)}
        for table, fields in tables.items()
        if isinstance(fields, dict)
    }
