"""What was made: by `make`, by `preview`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from synthgen.cli.terminal.page import out, safe, verbatim
from synthgen.cli.terminal.rows import How, print_rows
from synthgen.dataset import REPORT
from synthgen.fields import Asked
from synthgen.fields.typed import Typed
from synthgen.models.budget import dollars
from synthgen.recipe.recorded import RecordedRecipe

if TYPE_CHECKING:
    from synthgen.api import MakeResult, Previewed

PROMPTS = 2
"""Prompts of each field that are shown whole."""
BELOW = 0.05
"""How far the share of labels that hold must lie below that of the whole table for a topic to be named."""

SENSE = "whether messages make sense is not measured: read twenty before you use them"


def print_made(result: MakeResult) -> None:
    """What make did and where it is."""
    manifest = result.manifest
    if result.already:
        out.print(Text(f"{result.named} is finished already; nothing to do (--fresh makes it again)"))
    for name, table in manifest["tables"].items():
        refused = sum(table["refused"].values())
        refusals = f", {refused:,} refusal{'' if refused == 1 else 's'} on the way" if refused else ""
        seeds = sum(table.get("seeds", {}).values())
        of_seeds = f", {seeds:,} of them seeds" if seeds else ""
        out.print(Text(f"{name}: {table['rows']:,} rows{of_seeds}{refusals}"))
        if not result.already:
            for by, count in list(table["refused"].items())[:6]:
                out.print(Text(f"    {count:>6,}  {by}"))
        for line in (*_labels(table), *facts_without_message(table), *_voices(table), *_application(table)):
            out.print(Text(line))
    if not result.already:
        out.print(Text(_effort(manifest)))
        for line in _cost_lines(manifest["spent"]):
            out.print(Text(line))
    for note in result.notes:
        out.print(Text(f"note: {note}"))
    table = RecordedRecipe(manifest["recipe"]).main_table(list(manifest["tables"]))
    if REPORT in manifest["files"] and (result.folder / REPORT).exists():
        out.print(Text(f"report: {result.folder / REPORT}"))
    loads = f'"parquet", data_files="{result.address}/{table}/*.parquet"' if result.address else f'"{result.folder}", "{table}"'
    out.print(Text(f"look: synthgen look {result.named}\nsort out: synthgen review {result.named} --terminal"))
    out.print(Text(f"load: datasets.load_dataset({loads})"))


def _effort(manifest: Mapping[str, Any]) -> str:
    """What was asked for the rows, and how long it took."""
    recorded, answers, took = RecordedRecipe(manifest["recipe"]), manifest["answers"], duration(manifest["seconds"])
    before, count = answers.get("remembered") or 0, (answers.get("remembered") or 0) + (answers.get("asked") or 0)
    if not count:
        return took
    asked = {name: [field for field in table.fields.values() if issubclass(field.kind, Asked)] for name, table in recorded.tables.items()}
    rows = sum(table["rows"] for name, table in manifest["tables"].items() if asked.get(name))
    what = f"{count:,} answers"
    if all(issubclass(field.kind, Typed) for fields in asked.values() for field in fields):
        what = f"{count:,} messages typed to choose {rows:,} from"
    earlier = f", {before:,} of them before" if before else ""
    return f"{what}{earlier}, in {took}"


def duration(seconds: float) -> str:
    """A time in words."""
    size, unit = (1, "s") if seconds < 120 else (60, "min") if seconds < 7200 else (3600, "h")
    return f"{seconds / size:.1f} {unit}"


def _labels(table: Mapping[str, Any]) -> Iterator[str]:
    """How many messages are about their topic."""
    for name, labels in table.get("labels", {}).items():
        worst = sorted(labels["topics"].items(), key=lambda item: item[1]["hold"])[:3]
        least = ", ".join(f"'{topic}': {figures['hold']:.0%}" for topic, figures in worst if figures["hold"] <= labels["hold"] - BELOW)
        yield f"    {SENSE}"
        yield f"    {name}: about {labels['hold']:.0%} of the labels hold" + (f"; fewest for {least}" if least else "")


def facts_without_message(table: Mapping[str, Any]) -> Iterator[str]:
    """The facts of seeds that no message mentions."""
    for name, slots in table.get("unmentioned", {}).items():
        yield f"    {name}: none mentions {', '.join(f'<{slot}>' for slot in slots)}; more seeds that do, for each topic, would help"


def _application(table: Mapping[str, Any]) -> Iterator[str]:
    """How the application under test did."""
    for name, figures in table.get("application", {}).items():
        times = f"; half took up to {figures['median_ms']:,} ms, 95 % up to {figures['p95_ms']:,} ms" if figures["calls"] else ""
        yield f"    {name}: the application was asked {figures['calls']:,} times, {figures['errors']:,} errors{times}"


def _voices(table: Mapping[str, Any]) -> Iterator[str]:
    """How near the table came to the voices it was to be typed in; which measures are missed, the report and the card say."""
    for name, styles in table.get("styles", {}).items():
        if not styles:
            continue
        figures = [measured["like"] for style in styles.values() for measured in style["figures"].values()]
        rows, others = sum(style["rows"] for style in styles.values()), "" if all(figures) else "; the report shows the others"
        whose = f"the voice {next(iter(styles))}" if len(styles) == 1 else f"the {len(styles)} voices"
        yield f"    {name}, {rows:,} rows: {sum(figures)} of {len(figures)} measures of how people type fit {whose}{others}"


def print_preview(preview: Previewed, printed: Collection[str], show: int, *, full: bool) -> None:
    """The rows of a table that were not printed when they came, and how many there are where these are fewer than asked for."""
    rows = [row for row in preview.shown if row.id not in printed]
    if not printed:
        print_heading(preview.table.name)
    print_rows(rows, How(full))
    expected = min(show, preview.table.table.wanted or show)
    if len(preview.rows) < expected:
        out.print(Text(f"{preview.table.name}: {len(preview.rows)} of {expected} rows; the others were refused, or have no answer\n"))
    for note in preview.notes:
        out.print(safe(f"note: {note}\n"), style="yellow")


def print_heading(table: str) -> None:
    """The name of a table, above its rows."""
    out.print(Text(table, style="bold underline"))
    out.print()


def print_prompts(preview: Previewed) -> None:
    """What was asked for the rows of a table, each prompt as the model reads it."""
    for name, prompts in preview.prompts.items():
        briefs = {prompt.brief.digest: prompt.brief for prompt in prompts if prompt.brief}
        for brief in briefs.values():
            out.print(Text(f"{preview.table.name}.{name}: what is read first, the same for all rows", style="bold"))
            out.print(verbatim(brief.system))
            for document in brief.documents:
                out.print(
                    Text(f"[document {document.name}, {document.type}, {len(document.content):,} characters, given whole]", style="dim")
                )
            if brief.schema:
                out.print(Text(f"[the answer must fit the JSON Schema {brief.schema}]", style="dim"))
        by_digest = {prompt.digest: prompt for prompt in prompts}
        for prompt in list(by_digest.values())[:PROMPTS]:
            out.print(Text(f"{preview.table.name}.{name}: what is asked", style="bold"))
            out.print(verbatim(prompt.full_text))
    out.print()


def _cost_lines(costs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was paid for, a line for each field and model, and in all."""
    paid = [entry for entry in costs if entry["cost"] is not None or entry.get("price_unknown")]
    for entry in paid:
        cached = f", {entry['tokens_cached'] / entry['tokens_in']:.0%} of them from the cache" if entry["tokens_cached"] else ""
        thoughts = f", {thought:,} of them thoughts" if (thought := entry.get("tokens_thinking")) else ""
        yield (
            f"    {entry['field']} by {entry['model']}: {entry['answers']:,} answers, {entry['tokens_in']:,} tokens read{cached}, "
            f"{entry['tokens_out']:,} written{thoughts}, {'price not known' if entry['cost'] is None else dollars(entry['cost'])}"
        )
    priced = [entry["cost"] for entry in paid if entry["cost"] is not None]
    if len(priced) > 1:
        yield f"    in all {dollars(sum(priced))}{', and what has no known price' if len(priced) < len(paid) else ''}"
