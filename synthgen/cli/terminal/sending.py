"""What was handed on, to harnesses and to the Hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import out, print_command, safe

if TYPE_CHECKING:
    from synthgen.harness import Exported
    from synthgen.hub.hub import Pushed


def print_export(done: Exported) -> None:
    """What `export` wrote, how it is run, and what is to be known of it."""
    target = f"target from the field {done.target}" if done.target else "no target"
    summary = f"{done.cases:,} cases of '{done.table}': input from the field {done.input}, {target}"
    out.print(safe(f"{summary}; graded by {', '.join(done.grades)}; labels: {', '.join(done.labels) or 'none'}"))
    for name, folder in done.folders.items():
        out.print(safe(f"  {name}: {folder}"))
        if name in done.commands:
            print_command(done.commands[name])
        if name in done.installs:
            out.print(safe(f"    which is not installed here: {done.installs[name]}"))
        if name in done.first:
            out.print(safe(f"    first: {done.first[name]}"))
    for note in done.notes:
        out.print(safe(f"  note: {note}"))


def print_push(done: Pushed) -> None:
    """What a push sent, or would send."""
    for path, size in done.sent:
        out.print(safe(f"  {path}  {size:,} bytes"))
    for path in done.removed:
        out.print(safe(f"  {path}  taken away"))
    total, would = sum(size for _, size in done.sent), "would be" if done.dry_run else "was"
    if done.sent:
        already_there = f", {done.same} are there already" if done.same else ""
        out.print(Text(f"{len(done.sent)} files ({total:,} bytes) {'would be ' if done.dry_run else ''}sent{already_there}"))
    else:
        out.print(Text(f"nothing {would} sent: all is there already"))
    if done.withheld:
        withheld = ", ".join(f"{count} of {name}" for name, count in done.withheld.items())
        out.print(safe(f"note: kept back: {withheld}; they hold a secret or say a message of your logs over again"))
    for note in done.notes:
        out.print(safe(f"note: {note}"))
    if done.dry_run and done.stays:
        out.print(safe(f"stays here: {', '.join(_by_folder(done.stays))}"))
    at = done.pr or (done.url if done.revision == "main" else f"{done.url}/tree/{done.revision}")
    out.print(safe(f"{'private' if done.private else 'public'}: {at}{f' (tag {done.tag})' if done.tag else ''}"))


def _by_folder(paths: Sequence[str]) -> Iterator[str]:
    """Files by name; those of a folder that holds several of them, such as `harness`, as one."""
    counts = Counter(path.partition("/")[0] for path in paths)
    for name, count in counts.items():
        yield f"{name}/ ({count:,} files)" if count > 1 else next(path for path in paths if path.partition("/")[0] == name)
