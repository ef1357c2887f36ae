"""Whether a finished output is as it was made: each file against its size and its hash in the manifest, the manifest and the journal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from synthgen.dataset.manifest import AGAIN, read_manifest
from synthgen.dataset.names import JOURNAL, LOGS, MANIFEST, ORIGIN, REPORT, TEXTS
from synthgen.dataset.nearby import meant_output
from synthgen.dataset.origin import manifest_hash, report_hash
from synthgen.dataset.place import PAUSE, TRIES, Output
from synthgen.dataset.remote import RemoteOutput
from synthgen.dataset.small import content_of
from synthgen.errors import DataError, OutputError
from synthgen.models.journal import count_damaged, mistake
from synthgen.models.trouble import trouble
from synthgen.spec import pages
from synthgen.spec.digests import sha256_of
from synthgen.spec.remedies import FORBIDDEN
from synthgen.storage import Storage, is_remote, latest, local_folder
from synthgen.text.originals import Originals

CHEAP = 64_000_000
"""Bytes that are hashed in a moment, so that each `make` does it."""


@dataclass(frozen=True)
class Damage:
    """A file that is not as it was made, or `forbidden` to read, and what is wrong with it."""

    path: str
    what: str
    forbidden: bool = False

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


@dataclass(frozen=True)
class Verified:
    """What `verify` found in a folder, or at an address: how many files it read, how many bytes, and which are not as they were made;
    `hint` is the way out."""

    folder: Path | str
    files: int
    bytes: int
    damaged: tuple[Damage, ...] = ()
    hint: str = ""

    def __repr__(self) -> str:
        findings = "; ".join(map(str, self.damaged)) or "all as they were made"
        return f"Verified({self.folder}: {self.files:,} files, {self.bytes:,} bytes; {findings})"

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(repr(self)))


def verify(folder: str | Path) -> Verified:
    """Read every file of an output, a dataset's or a tuned model's, and say which is not as it was made. Raises OutputError when there is
    no output, or its manifest cannot be read."""
    if is_remote(folder):
        return _verified_there(str(folder))
    output = Output(Path(folder))
    for _ in range(TRIES):  # as long as others take its place
        output_folder = output.whole
        content = content_of(output_folder / MANIFEST)
        if content is None and not (output_folder / JOURNAL).exists():
            raise OutputError(f"there is no output at {folder}", meant_output(folder) or "name the folder of an output")
        manifest = read_manifest(output_folder, content, folder)
        damaged = [*_of_manifest(output_folder, content), *damage(output_folder, manifest["files"]), *_of_logs(output_folder)]
        wrong = mistake(output_folder / JOURNAL)
        lost = count_damaged(output_folder / JOURNAL) if (output_folder / JOURNAL).exists() and not wrong else 0
        if content_of(output.whole / MANIFEST) == content:
            break
        time.sleep(PAUSE)
    sizes = [file.stat().st_size for path in manifest["files"] if (file := output_folder / path).is_file()]
    hints = [_way_out(manifest, damaged)] if damaged else []
    if wrong:
        damaged.append(Damage(JOURNAL, f"is damaged ({wrong})"))
        hints.insert(0, trouble(output_folder / JOURNAL, "SQLITE_CORRUPT", wrong).hint)
    if lost:
        damaged.append(Damage(JOURNAL, f"holds {lost:,} answers that are not as they were written"))
        hints.insert(0, "make asks for them again where it needs them")
    return Verified(Path(folder), len(sizes), sum(sizes), tuple(damaged), "; then ".join(hints))


def _verified_there(address: str) -> Verified:
    """The same of an output at an address: each file is read there, and nothing is kept. The answer journal is on the machine that made
    it."""
    storage = Storage(address)
    for _ in range(TRIES):
        snapshot = latest(storage)
        if snapshot is None:
            raise OutputError(f"there is no output at {address}", "name the address of an output")
        manifest = read_manifest(local_folder(address), snapshot.content, address)
        damaged, sizes = list[Damage](), list[int]()
        for path, record in snapshot.files.items():
            try:
                size, digest = snapshot.size_and_hash(path)
            except FileNotFoundError:
                damaged.append(Damage(path, "is missing"))
                continue
            sizes.append(size)
            if record.get("bytes", size) != size:
                damaged.append(_of_size(path, size, record["bytes"]))
            elif digest != record.get("sha256"):
                damaged.append(Damage(path, "has another content"))
        if latest(storage) == snapshot:
            break
        time.sleep(PAUSE)
    return Verified(address, len(sizes), sum(sizes), tuple(damaged), _way_out(manifest, damaged) if damaged else "")


def _cut_off(output: RemoteOutput) -> Iterator[Damage]:
    """The files of an output at an address whose sizes are not as its manifest says."""
    snapshot = latest(output.storage)
    if snapshot is None:
        return
    sizes_in = cache(output.storage.sizes)  # a folder there is listed once
    for path, record in snapshot.files.items():
        if path in TEXTS:
            continue
        folder, _, name = snapshot.place(path).rpartition("/")
        size = sizes_in(folder).get(name)
        if size is None:
            yield Damage(path, "is missing")
        elif record.get("bytes", size) != size:
            yield _of_size(path, size, record["bytes"])


def _of_size(path: str, size: int, recorded_size: int) -> Damage:
    return Damage(path, f"has {size:,} bytes in place of {recorded_size:,}")


def refuse_damaged(output: Output, manifest: Mapping[str, Any]) -> None:
    """Raise OutputError when a finished output is not as it was made: by the sizes of its files, and where there is little by their hashes.
    The card and the recipe may have been changed. At an address it goes by sizes alone."""
    files = {path: record for path, record in manifest["files"].items() if path not in TEXTS}
    cheap = sum(record.get("bytes") or 0 for record in files.values()) <= CHEAP
    if isinstance(output, RemoteOutput):
        damaged = list(_cut_off(output))
    else:
        damaged = [*_of_manifest(output.whole, content_of(output.whole / MANIFEST)), *damage(output.whole, files, hashes=cheap)]
    if damaged:
        more = f", and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        raise OutputError(f"{output.named} is not as it was made: {'; '.join(map(str, damaged[:3]))}{more}", _way_out(manifest, damaged))


def damage(output_folder: Path, files: Mapping[str, Mapping[str, Any]], *, hashes: bool = True) -> Iterator[Damage]:
    """The files that are not as the manifest says; without `hashes`, by their sizes only."""
    for path, record in files.items():
        file, size, digest = output_folder / path, record.get("bytes"), record.get("sha256")
        if path == REPORT and (new_digest := report_hash(output_folder)):
            size, digest = None, new_digest
        if not file.resolve().is_relative_to(output_folder.resolve()):
            yield Damage(path, "leads out of the output")
            continue
        try:
            actual_size = file.stat().st_size
            if size is not None and actual_size != size:
                yield _of_size(path, actual_size, size)
            elif hashes and digest is not None and sha256_of(file) != digest:
                yield Damage(path, "has another content")
        except FileNotFoundError:
            yield Damage(path, "is missing")
        except OSError as error:
            yield Damage(path, f"cannot be read ({error.strerror})", error.errno in FORBIDDEN)


def _of_manifest(output_folder: Path, content: bytes | None) -> Iterator[Damage]:
    digest = manifest_hash(output_folder)
    if digest is not None and sha256(content or b"").hexdigest() != digest:
        yield Damage(MANIFEST, "has another content")
    if (output_folder / ORIGIN).exists() and digest is None:
        yield Damage(ORIGIN, "cannot be read")


def _of_logs(output_folder: Path) -> Iterator[Damage]:
    try:
        if (output_folder / LOGS).exists():
            Originals.load(output_folder / LOGS)
    except DataError:
        yield Damage(LOGS, "cannot be read")


def _way_out(manifest: Mapping[str, Any], damaged: Sequence[Damage]) -> str:
    if any(finding.forbidden for finding in damaged):
        return "let this user read the output and all in it"
    return AGAIN if "tables" in manifest else "tune the model again: tune --fresh"
