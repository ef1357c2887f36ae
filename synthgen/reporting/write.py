"""Where the page goes: into the output when that is made, and elsewhere when somebody asks for it."""

from __future__ import annotations

import html
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from synthgen.dataset import MANIFEST, REPORT, Dataset, Output
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.origin import remember_report
from synthgen.decisions import Review
from synthgen.decisions.amended import honoured
from synthgen.decisions.known import Reviewable
from synthgen.errors import OutputError, SynthgenError
from synthgen.harness.slicing import slice_results
from synthgen.reporting.against import against_logs
from synthgen.reporting.page import HOLDS_LOGS, MAKER, render
from synthgen.spec import pages
from synthgen.spec.replacing import replacing
from synthgen.storage import refuse_address
from synthgen.text.dialogues import Turns

WITH_RESULTS = "report-results.html"
"""The page that shows results of an application, too."""
WITH_LOGS = "report-against.html"
"""The page that holds real messages. No manifest names it, so that it never leaves with the output."""


class ReportPath(type(Path())):  # type: ignore[misc]  # (before Python 3.12 a subclass of Path itself has no parts)
    """Where a report is. A notebook shows the page, in a frame from which it can reach nothing, unless it holds real messages: these would
    be saved with the notebook."""

    def _repr_html_(self) -> str:
        content = self.read_text("utf-8")
        if HOLDS_LOGS in content:
            return pages.page(pages.paragraph(f"{self} holds real messages, so it is not shown here, where it would be saved: open it"))
        return f'<iframe sandbox style="width: 100%; height: 80vh; border: 0" srcdoc="{html.escape(content)}"></iframe>'


def add_report(output: Output, manifest: dict[str, Any]) -> None:
    """Write the page of an output whose files, but for the manifest, are in its unfinished folder, and name it in the manifest."""
    folder, as_read = output.unfinished, json.loads(json.dumps(manifest, default=str))
    dataset = Dataset.unpublished(folder, as_read)
    try:
        reviewed_output = honoured(dataset, Review.load(output.review, Reviewable(dataset)))
    except SynthgenError:  # make tells that the decisions cannot be read
        reviewed_output = honoured(dataset, Review(output.review))
    content = render(reviewed_output.dataset, review=reviewed_output).encode()
    (folder / REPORT).write_bytes(content)
    manifest["files"][REPORT] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def write_report(
    folder: str | Path,
    *,
    against: str | Path | None = None,
    field: str | None = None,
    turns: Turns | None = None,
    results: str | Path | None = None,
    out: str | Path | None = None,
    review: bool = True,
) -> ReportPath:
    """Write the page of a finished output, and return where: `out`, or `report.html` in the output; with the real messages of `against` (in
    their `field`, of conversations these `turns`) `report-against.html`; with the `results` of a harness on its cases
    `report-results.html`. Without `review` it shows the rows as they were made. Raises DataError, OutputError."""
    refuse_address(out)
    folder = local_copy(folder)
    as_made = Dataset.open(folder)
    reviewed_output = honoured(as_made) if review else None
    dataset = reviewed_output.dataset if reviewed_output else as_made
    place = (
        Path(out)
        if out is not None
        else dataset.folder / (WITH_LOGS if against is not None else REPORT if results is None else WITH_RESULTS)
    )
    _allowed(dataset, place, with_logs=against is not None)
    if out is None and place.is_file() and MAKER.encode() not in place.read_bytes():
        raise OutputError(f"{place} is there already and is no report", "name another file: -o FILE")
    tested = [] if results is None else slice_results(results, folder, review=review)
    against_real = None if against is None else against_logs(dataset, against, field, turns)
    content = render(dataset, against_real, reviewed_output, tested).encode()
    try:
        if not place.is_file() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place) as unfinished:
                unfinished.write_bytes(content)
            if place.resolve() == (dataset.folder / REPORT).resolve() and REPORT in dataset.manifest["files"]:
                remember_report(dataset.folder, content)
    except OSError as error:
        raise OutputError(f"{place} cannot be written: {error.strerror}", "name another file: -o FILE") from None
    return ReportPath(place)


def _allowed(dataset: Dataset, place: Path, *, with_logs: bool) -> None:
    """Raise OutputError where the page would take the place of a file of the output, or be taken for its page without real messages."""
    if place.is_dir():
        raise OutputError(f"{place} is a folder", f"name a file in it: -o {place / REPORT}")
    where, folder = place.resolve(), dataset.folder.resolve()
    if not where.is_relative_to(folder):
        return
    path = where.relative_to(folder).as_posix()
    if path == REPORT and with_logs:
        raise OutputError(
            f"{place} is the output's own page, which holds no real messages", f"name another file, or none: it is {WITH_LOGS} then"
        )
    if path != REPORT and path in (MANIFEST, *dataset.manifest["files"]):
        raise OutputError(f"{place} is a file of the output", "name another file: -o FILE")
