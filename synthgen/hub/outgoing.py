"""What a push sends: an output's files as they will stand on the Hub, looked through for what must not leave.

Only files that the manifest names go, and the manifest itself; whatever else lies in the folder (the answer journal first of all) stays.
Rows go as reviewers left them (see `decisions.amended`): where they changed a table, its shards are written anew. A split is drawn by a
digest of the row's place in its first ancestor's table, so that a row never changes side, whatever else is made later, and an example is
on the side of the message that it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset.card import Split, hub_card
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.dataset.manifest import AGAIN
from synthgen.dataset.names import LOGS, MANIFEST, REPORT
from synthgen.dataset.place import Output
from synthgen.dataset.shards import write_parquet, write_shards
from synthgen.decisions.amended import honoured
from synthgen.errors import OutputError, did_you_mean
from synthgen.hub.leaks import Guard
from synthgen.hub.reviewed import reviewed_section
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec.digests import number_of, sha256_of
from synthgen.text.files import messages
from synthgen.text.originals import Originals

if TYPE_CHECKING:
    import pyarrow

TRAIN, TEST = "train", "test"
CARD, RECIPE = "README.md", "recipe.yaml"


@dataclass(frozen=True)
class Sent:
    """A file that goes to the Hub, and its content: bytes, or where they are."""

    path: str
    content: bytes | Path
    size: int
    sha256: str

    @property
    def git_id(self) -> str:
        """The name that git gives to the content."""
        data = self.content if isinstance(self.content, bytes) else self.content.read_bytes()
        return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Wishes:
    """How it goes: the share of rows in the split `test`, the licence and the languages that the card names, configurations that stay,
    files of messages that no row may copy, besides those that the recipe is like, the `field` of their records that holds them, and
    whether what reviewers decided is honoured."""

    test: float = 0.0
    license: str | None = None
    language: Sequence[str] = ()
    without: Sequence[str] = ()
    logs: Sequence[str | Path] = ()
    field: str | None = None
    review: bool = True


@dataclass
class Outgoing:
    """All that goes, and what it is in a line; `withheld` counts refused rows that stay because of what they hold, `stays` names what else
    is in the folder, and `notes` are on reviewers' decisions."""

    summary: str
    files: list[Sent] = field(default_factory=list)
    withheld: dict[str, int] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def outgoing(output: Output, repo: str, workplace: Path, wishes: Wishes) -> Outgoing:
    """Make ready what goes to `repo`, in `workplace` where a file is not sent as it is.

    Raises OutputError when there is no such output, a file of it is not what was made, or something in it must not leave.
    """
    reviewed_output = honoured(Dataset.open(output.final)) if wishes.review else None
    dataset = reviewed_output.dataset if reviewed_output else Dataset.open(output.final)
    manifest, tables, aside = dataset.manifest, dataset.tables, dataset.aside
    for name in wishes.without:
        if name not in (*tables, *aside):
            raise OutputError(f"the output has no table '{name}'", did_you_mean(name, [*tables, *aside], "tables"))
    if not set(tables) - set(wishes.without):
        raise OutputError("this would leave no table to send")
    guard = Guard(dataset.recipe, _originals(output, dataset.recipe, wishes))
    sides = _sides(dataset, wishes.test) if wishes.test else {}
    files, configs = list[Sent](), dict[str, list[Split]]()
    for name in (name for name in (*tables, *aside) if name not in wishes.without):
        splits = (
            {side_name: Split(side_name, f"{name}/{side_name}-*.parquet") for side_name in (TRAIN, TEST)}
            if name in sides
            else {TRAIN: Split(TRAIN, f"{name}/*.parquet")}
        )
        side = iter(sides.get(name, ()))
        for path, source in _shards(dataset, name, workplace):
            for side_name, sent_as, mask in _parts(source, path, side if name in sides else None, guard, name in aside):
                if mask is None or any(mask):
                    shard = source if mask is None else _picked(source, mask, workplace / sent_as)
                    files.append(_sent(sent_as, shard))
                    splits[side_name].count(shard)
        if filled_splits := [split for split in splits.values() if split.features is not None]:
            configs[name] = filled_splits
    files += _texts(output.final, manifest, repo, configs, wishes, files, reviewed_section(reviewed_output) if reviewed_output else [])
    for file in files:
        if isinstance(file.content, bytes):
            guard.read(file.path, file.content.decode("utf-8", "replace"))
    guard.refuse()
    manifest_paths = {MANIFEST, *manifest["files"]} - {REPORT}  # which shows rows that were refused
    names = (path.relative_to(output.final).as_posix() for path in output.final.rglob("*") if path.is_file())
    stays = sorted(name for name in names if name not in manifest_paths or name.split("/")[0] in wishes.without)
    counts = ", ".join(f"{sum(split.rows for split in splits):,} rows of {name}" for name, splits in configs.items())
    return Outgoing(
        f"{manifest['name']}: {counts} (seed {manifest['seed']})",
        files,
        dict(+guard.withheld),
        stays,
        list(reviewed_output.notes()) if reviewed_output else [],
    )


def _originals(output: Output, recipe: RecordedRecipe, wishes: Wishes) -> Originals | None:
    """The messages that no row may copy; None when the recipe is like no logs. Raises OutputError when they are not known."""
    originals = Originals(text for log in wishes.logs for text in messages(Path(log), wishes.field or ""))
    if (output.final / LOGS).exists():
        originals.add(Originals.load(output.final / LOGS))
        return originals
    if wishes.logs:
        return originals
    if any(field.data.get("like") for field in recipe.fields.values()):
        message = f"{output.final} was made to be like some logs, but {LOGS}, which tells whether a row copies one, is not there"
        raise OutputError(message, "make it again, or name the logs: --logs FILE")
    return None


def _checked(dataset: Dataset, path: str) -> Path:
    """A shard that is what was made. Raises OutputError."""
    dataset.shard(path)  # raises OutputError when it is missing
    file = dataset.folder / path
    if sha256_of(file) != dataset.manifest["files"][path]["sha256"]:
        raise OutputError(f"{file} is not what was made: its content has changed since", AGAIN)
    return file


def _shards(dataset: Dataset, name: str, workplace: Path) -> list[tuple[str, Path]]:
    """The shards of a configuration, by their paths there: as they were made, or written anew where reviewers changed rows."""
    sources = [(path, _checked(dataset, path)) for path in dataset.paths(name)]
    if not sources or dataset.amended is None or not dataset.amended.concerns(name):
        return sources
    import pyarrow
    from datasets import Features

    folder, schema = workplace / "reviewed", dataset.schema(name)
    folder.mkdir(exist_ok=True)
    merged_file = folder / f"{name}.whole.parquet"
    rows = (pyarrow.Table.from_batches([batch], schema) for batch in dataset.batches(name))
    write_parquet(merged_file, chain([schema.empty_table()], rows))
    written = write_shards(folder, name, [merged_file], Features.from_arrow_schema(schema))
    merged_file.unlink()
    return [(shard["path"], folder / shard["path"]) for shard in written]


def _sent(path: str, content: bytes | Path) -> Sent:
    if isinstance(content, bytes):
        return Sent(path, content, len(content), sha256(content).hexdigest())
    return Sent(path, content, content.stat().st_size, sha256_of(content))


# Splits


def in_test(table: str, row: int, share: float) -> bool:
    """Whether a row of a table without parent is in the split `test`, by its index among the table's candidates."""
    return number_of(f"{table}/{row}") < share * 2**64


def _sides(dataset: Dataset, share: float) -> dict[str, list[bool]]:
    """For each row of each table whether it is in the split `test`. Tables stand after those that they are made from."""
    sides: dict[str, list[bool]] = {}
    for name in dataset.tables:
        for path in dataset.paths(name):
            _checked(dataset, path)
        parent = dataset.recipe.tables[name].parent
        columns = [f"{PROVENANCE}.row", *([f"{PROVENANCE}.parent"] if parent else [])]
        origins = (row[PROVENANCE] for row in dataset.rows(name, columns) if row) if dataset.paths(name) else ()
        sides[name] = [_side(name, origin["row"], sides[parent] if parent else (), origin.get("parent"), share) for origin in origins]
    return sides


def _side(table: str, row: int, parents: Sequence[bool], parent: int | None, share: float) -> bool:
    """The side of a row: that of the row that it was made from, where that is known."""
    return in_test(table, row, share) if parent is None else parents[parent]


def _parts(source: Path, path: str, side: Iterator[bool] | None, guard: Guard, aside: bool) -> Iterator[tuple[str, str, list[bool] | None]]:
    """The splits that a shard's rows go to, the file's name there, and which rows go (None: all). `side` goes on from shard to shard."""
    from pyarrow import parquet

    if aside:
        passing = guard.passing(source, path)
        yield TRAIN, path, None if all(passing) else passing
        return
    guard.look(source, path)
    if side is None:
        yield TRAIN, path, None
        return
    test_mask = list(islice(side, parquet.read_metadata(source).num_rows))
    folder, name = path.split("/")
    yield TRAIN, f"{folder}/{TRAIN}-{name}", [not is_test for is_test in test_mask]
    yield TEST, f"{folder}/{TEST}-{name}", test_mask


def _picked(source: Path, mask: Sequence[bool], target: Path) -> Path:
    """Write the rows of a shard that are picked."""
    import pyarrow
    from pyarrow import parquet

    def groups() -> Iterator[pyarrow.Table]:
        first = 0
        with parquet.ParquetFile(source) as stored:
            for number in range(stored.num_row_groups):
                group = stored.read_row_group(number, use_threads=False)
                yield group.filter(pyarrow.array(mask[first : first + group.num_rows]))
                first += group.num_rows

    target.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(target, groups())
    return target


# Card, recipe and manifest


def _texts(
    folder: Path,
    manifest: Mapping[str, Any],
    repo: str,
    configs: Mapping[str, list[Split]],
    wishes: Wishes,
    shards: Sequence[Sent],
    reviewed: Sequence[str],
) -> list[Sent]:
    """The other files that synthgen made (the card as it stands on the Hub), and the manifest of what goes."""
    sent, recipe = [], (folder / RECIPE).read_text(encoding="utf-8")
    for path in manifest["files"]:
        if path == REPORT or path.endswith(".parquet") or not (folder / path).is_file():
            continue
        content = (folder / path).read_bytes()
        if path == CARD:
            card = hub_card(
                content.decode(),
                repo,
                configs,
                recipe,
                license=wishes.license,
                language=wishes.language,
                test=wishes.test,
                reviewed=reviewed,
            )
            content = card.encode()
        sent.append(_sent(path, content))
    files = {file.path: {**_rows(file), "bytes": file.size, "sha256": file.sha256} for file in (*shards, *sent)}
    sent_manifest = {**manifest, "files": files, "published": {"test": wishes.test, "without": sorted(wishes.without)}}
    return [*sent, _sent(MANIFEST, (json.dumps(sent_manifest, indent=2, ensure_ascii=False, default=str) + "\n").encode())]


def _rows(file: Sent) -> dict[str, int]:
    from pyarrow import parquet

    return {"rows": parquet.read_metadata(file.content).num_rows} if isinstance(file.content, Path) else {}
