"""What people see: progress, tables, rows. Text from models and files is never read as markup or control codes."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from synthgen.api import Checked, Made, Tick
    from synthgen.compare import Auc, Comparison
    from synthgen.recipe import TablePlan
    from synthgen.rows import Row
    from synthgen.tune.train import Step
    from synthgen.tune.tuning import Tuned
    from synthgen.voices import Voice

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
PLAIN_EVERY = 10.0  # seconds between plain lines when nobody watches


def safe(value: object) -> Text:
    """Text as it is, but for control codes, which are shown as what they are."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in str(value))
    return Text(shown)


@contextmanager
def progress(*, silent: bool) -> Iterator[Callable[[Tick], None]]:
    """A watcher for a run: a live line at a terminal, else a plain line now and then, or nothing."""
    if silent:
        yield lambda tick: None
    elif err.is_terminal:
        yield from _live()
    else:
        yield _plainly()


def _live() -> Iterator[Callable[[Tick], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=err, transient=True) as shown:
        tasks: dict[str, Any] = {}
        began: dict[str, tuple[float, int]] = {}

        def watch(tick: Tick) -> None:
            if tick.table not in tasks:
                tasks[tick.table] = shown.add_task(tick.table, total=tick.wanted, speed="")
                began[tick.table] = (time.monotonic(), tick.rows)
            shown.update(tasks[tick.table], completed=tick.rows, speed=_speed(tick, *began[tick.table]))

        yield watch


def _plainly() -> Callable[[Tick], None]:
    began: dict[str, tuple[float, int]] = {}
    said = [time.monotonic()]

    def watch(tick: Tick) -> None:
        began.setdefault(tick.table, (time.monotonic(), tick.rows))
        if time.monotonic() - said[0] >= PLAIN_EVERY:
            said[0] = time.monotonic()
            of = f" of {tick.wanted:,}" if tick.wanted else ""
            left = _left(tick, *began[tick.table])
            err.print(Text(f"{tick.table}: {tick.rows:,}{of} rows, {_speed(tick, *began[tick.table])}{left}"))

    return watch


def _speed(tick: Tick, start: float, first: int) -> str:
    seconds = max(time.monotonic() - start, 1e-3)
    if tick.asked:
        return f"{tick.asked:,} messages, {tick.asked / seconds:.1f} a second"
    return f"{(tick.rows - first) / seconds:,.0f} rows a second"


def _left(tick: Tick, start: float, first: int) -> str:
    made = tick.rows - first
    if not tick.wanted or made <= 0:
        return ""
    seconds = (time.monotonic() - start) / made * (tick.wanted - tick.rows)
    return f", about {seconds:.0f} s left"


@contextmanager
def tuning(*, silent: bool) -> Iterator[Callable[[Step], None]]:
    """A watcher for a training: a line that changes at a terminal, else a plain line now and then, or nothing."""
    held, said = [""], [time.monotonic()]

    def told(step: Step) -> str:
        left = f", about {step.seconds * (1 - step.done) / step.done:,.0f} s left" if step.done > 0.02 else ""
        return f"tuning: {step.done:.0%}, {step.loss:.2f} bits per byte{held[0]}, {step.tokens / max(step.seconds, 1e-3):,.0f} tokens a second{left}"

    def watch(step: Step) -> None:
        if step.held is not None:
            held[0] = f" (held out: {step.held:.3f})"
        elif live:
            live.update(told(step))
        elif time.monotonic() - said[0] >= PLAIN_EVERY:
            said[0] = time.monotonic()
            err.print(Text(told(step)))

    if silent:
        yield lambda step: None
    elif err.is_terminal:
        with err.status("reading") as live:
            yield watch
    else:
        live = None
        yield watch


def tuned(result: Tuned) -> None:
    """What a training did, what the model gives away, and how to use it."""
    record = result.record["tuned"]
    if result.already:
        out.print(Text(f"{result.folder} is finished already; nothing to do (--fresh tunes it again)"))
    if "making" in record:
        training = record["training"]
        out.print(
            Text(f"{result.folder}: {len(record['layers'])} layers, {training['tokens']:,} tokens learned in {training['seconds']:,.0f} s")
        )
        for name, before in record["bits per byte"]["before"].items():
            out.print(Text(f"{name:<20} {before:.3f} → {record['bits per byte']['after'][name]:.3f} bits per byte"))
        return
    told, losses, gives = record["logs"], [loss for _, loss in record["training"]["held-out bits per byte"]], record["privacy"]
    left = "".join(f", {count:,} left out ({reason})" for reason, count in told["left out"].items())
    out.print(Text(f"{result.folder}: learned from {told['learned']:,} messages, {told['held out']:,} held out{left}"))
    if told["masked"]:
        out.print(
            Text("masked: " + ", ".join(f"{count:,} <{kind}>" for kind, count in sorted(told["masked"].items(), key=lambda one: -one[1])))
        )
    out.print(Text(f"held-out messages: {losses[0]:.3f} → {min(losses):.3f} bits per byte ({min(losses) / losses[0] - 1:+.0%})\n"))
    _grid(["", "messages", "equal a learned one", "nearly", "eight words in a row", "identifiers"], [
        (name, *(f"{gives[name][key]:,}" for key in ("messages", "whole", "nearly", "runs", "identifiers"))) for name in ("generated", "by chance")
    ])  # fmt: skip
    out.print(Text(f"In a recipe beside it:  models: {{typist: {{kind: base, name: {result.folder.name}}}}}"))
    out.print(Text("There, what it learned is not said over again (not_copied)."))
    for note in result.notes:
        out.print(Text(f"note: {note}"))


def made(result: Made) -> None:
    """What make did and where it is."""
    manifest = result.manifest
    if result.already:
        out.print(Text(f"{result.folder} is finished already; nothing to do (--fresh makes it again)"))
    for name, table in manifest["tables"].items():
        refused = sum(table["refused"].values())
        out.print(Text(f"{name}: {table['rows']:,} rows" + (f", {refused:,} refusals on the way" if refused else "")))
        if not result.already:
            for by, count in list(table["refused"].items())[:6]:
                out.print(Text(f"    {count:>6,}  {by}"))
        for line in _voices(table):
            out.print(Text(line))
    if not result.already:
        answers = manifest["answers"]
        asked = (
            f"{answers['asked']:,} messages asked, {answers['remembered']:,} from the journal, "
            if answers.get("asked") or answers.get("remembered")
            else ""
        )
        out.print(Text(f"{asked}{manifest['seconds']:.1f} s"))
    for note in result.notes:
        out.print(Text(f"note: {note}"))
    first = next(iter(manifest["tables"]))
    out.print(Text(f'look: synthgen look {result.folder}\nload: datasets.load_dataset("{result.folder}", "{first}")'))


def _voices(table: Mapping[str, Any]) -> Iterator[str]:
    """How near the table came to the voices it was to be typed in."""
    for name, styles in table.get("styles", {}).items():
        for voice, style in styles.items():
            far = [figure for figure, told in style["figures"].items() if not told["like"]]
            near = len(style["figures"]) - len(far)
            missed = f"; not {', '.join(far[:6]).replace('_', ' ')}{', …' if len(far) > 6 else ''}" if far else ""
            yield f"    {name}, typed as {voice} ({style['rows']:,} rows): {near} of {near + len(far)} figures met{missed}"


def previewed(table: TablePlan, rows: Sequence[Row], *, prompts: bool) -> None:
    """Rows in a readable layout, one below the other."""
    out.print(Text(f"{table.name}, {len(rows)} rows", style="bold"))
    for row in rows:
        _fields({name: row.values.get(name) for name in table.columns})
        if prompts:
            for name in table.asked:
                out.print(
                    Text(
                        f"  {name} was asked of {row.origin[name]['model']}, prompt {row.origin[name]['prompt']}"
                        if name in row.origin
                        else ""
                    )
                )
    out.print()


def _fields(values: Mapping[str, Any]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        grid.add_row(Text(name), safe("" if value is None else value))
    out.print(grid)
    out.print()


def looked(name: str, rows: Sequence[Mapping[str, Any]], fitting: int, skip: int) -> None:
    """Rows of an output."""
    for row in rows:
        _fields({key: value for key, value in row.items() if key != "provenance"})
    first, last = skip + 1 if rows else skip, skip + len(rows)
    out.print(Text(f"{name}: rows {first:,} to {last:,} of {fitting:,}" + (f"; more: --skip {last}" if last < fitting else "")))


def checked(result: Checked) -> None:
    """That a recipe is right, and what it will ask."""
    recipe = result.loaded.recipe
    out.print(Text(f"{result.loaded.path}: no mistakes"))
    for table in result.plan.tables:
        source = table.table.from_
        rows = f"{table.table.rows:,} rows" if source is None else f"from {source.table}"
        out.print(Text(f"  {table.name}: {rows}, {len(table.columns)} columns: {', '.join(table.columns)}"))
    for question in result.questions:
        spec = recipe.all_models[question.model]
        about = "" if question.exact else "about "
        out.print(Text(
            f"  asks {question.model} ({spec.name}) for {question.table}.{question.field}: {question.prompts:,} messages or more in {question.frames:,} "
            f"frames; {about}{question.tokens_read:,} tokens read, {about}{question.tokens_written:,} written"
        ))  # fmt: skip
    if not result.questions:
        out.print(Text("  asks no model"))


BAR = 24  # characters of a full bar


def measured(voice: Voice, count: int, name: str) -> None:
    """How messages are typed: a table with bars, and the voice to paste into a recipe."""
    from synthgen.recipe.shape import RESERVED
    from synthgen.voices.measure import bars, described

    out.print(Text(f"{count:,} messages", style="bold"))
    group = ""
    for bar in bars(voice):
        if bar.group != group:
            group = bar.group
            out.print(Text(f"\n{group}", style="bold"))
        share = bar.unit in ("of messages", "per word")
        figure = (f"{bar.value:>6.2%}" if bar.unit == "per word" else f"{bar.value:>6.1%}") if share else f"{bar.value:>6.3g}"
        shown = "▒" * round(bar.value * BAR) if share else ""
        out.print(Text(f"  {bar.name.replace('_', ' '):<20} {figure} {bar.unit:<11} {shown:<{BAR}}  {bar.says}".rstrip()))
    out.print(Text("\nto type like this, in a recipe: voice: NAME on a typed or noise field, and\n", style="bold"))
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    said = word if re.match(r"[a-z]", word) and word not in RESERVED else f"my_{word}".rstrip("_")
    out.print(Text("voices:\n" + textwrap.indent(described(voice, said), "  ")))


def compared(found: Comparison) -> None:
    """How near generated messages come to real ones: the verdict, the figures, and what gives them away."""
    from synthgen.compare import verdict

    figures, ceiling = found.figures, found.ceiling
    out.print(Text(verdict(found)))
    out.print(Text(f"\n{found.real:,} real and {found.generated:,} generated messages, {figures.messages:,} a side compared at a time\n"))
    auc = "0.5 not told apart, 1 always"
    _grid(["", "generated", "real against real", ""], [
        ("style AUC", _between(figures.style), _between(ceiling.style), f"by how they are typed; {auc}"),
        ("text AUC", _between(figures.text), _between(ceiling.text), f"by what they say; {auc}"),
        ("mean KS", f"{figures.ks:.3f}", f"{ceiling.ks:.3f}", "distance of the style features: 0 the same, 1 nothing in common"),
        ("MAUVE-like", f"{figures.mauve:.2f}", f"{ceiling.mauve:.2f}", "overlap of the texts, by their words: 1 the same"),
    ])  # fmt: skip
    made, real, copied = found.diversity["generated"], found.diversity["real"], found.copied
    runs = zip(("one word", "two words", "three words"), made.distinct, real.distinct, strict=True)
    _grid(["", "generated", "real", ""], [
        *((f"distinct {what}", f"{ours:.2f}", f"{theirs:.2f}", "different ones among all runs of so many words") for what, ours, theirs in runs),
        ("self-BLEU", f"{made.self_bleu:.2f}", f"{real.self_bleu:.2f}", "how far a message can be put together from the others"),
        ("similarity", f"{made.similarity:.3f}", f"{real.similarity:.3f}", "of two messages, on average"),
        ("copied", f"{copied.originals:.1%}", "", "say an original over again"),
        ("", f"{copied.real:.1%}", "", "say a real one over again"),
        ("", f"{copied.runs:.1%}", "", "share eight words in a row with one of these"),
    ])  # fmt: skip
    _grid(["what differs most", "KS", "generated", "real", ""], [
        (one.name.replace("_", " "), f"{one.ks:.3f}", f"{one.generated:.3g}", f"{one.real:.3g}", "▒" * round(one.ks * BAR)) for one in found.features[:12]
    ])  # fmt: skip


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    grid = Table(*head, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*row)
    out.print(grid)
    out.print()


def _between(auc: Auc) -> str:
    return f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"


def examined(found: Mapping[str, Any]) -> None:
    """The findings of the doctor."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            for inner, held in value.items():
                out.print(Text(f"{inner:<18} {held if not isinstance(held, bool) else 'present' if held else 'not there'}"))
        elif value != "":
            out.print(Text(f"{name:<18} {value if not isinstance(value, bool) else 'yes' if value else 'no'}"))
