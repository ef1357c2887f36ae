"""Going through the rows of an output at a terminal, those of one label at a time: which of them somebody would not keep."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from synthgen.cli.terminal.asking import BACK, EXPLAIN, read_reply
from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.rows import How
from synthgen.cli.terminal.short import behind_marks, columned, one_line
from synthgen.decisions.by_name import decide
from synthgen.reviewing.undecided import UndecidedRows, undecided, undecided_seeds
from synthgen.spec.numbers_named import numbers_named

ASKED = "which would you not keep?"
HELP = (
    "Name those that nobody would type, or whose label is wrong, such as 3 17-20; Return keeps them all; < goes back; ? explains. What a "
    "mark such as (truncated) stands before was made odd on purpose."
)
USUAL = "not kept"
"""Why rows are rejected here of which nobody says why."""
NONE, ALL = "none", "all"
"""Which rows of a screenful somebody would not keep, in a word."""
EXPLAINED = (
    "Odd input is what a careful tester tries (docs/edge-cases.md): of two requests the label is that of the first. Whether repeats are "
    "kept is up to you. Ctrl-C stops, and keeps every answer."
)


def go_through(output: str | Path, *, by: str = "", reason: str = "") -> None:
    """Have somebody say which rows of an output they would not keep, a screenful at a time."""
    if seeds := undecided_seeds(output):
        decide(output, {"accept": seeds}, by=by)
        out.print(safe(f"{len(seeds)} rows are messages that you typed, and are kept. Of the others:"))
    screens = list(undecided(output))
    unwanted = dict[int, list[int]]()
    place = 0
    if screens:
        out.print(Text(HELP, style="dim"))
    while place < len(screens):
        answer = _unwanted(screens[place], f"{place + 1} of {len(screens)}", "" if place else f": {ASKED}", unwanted.get(place, []))
        if answer is None:
            place = max(0, place - 1)
            continue
        names = {number: f"{screens[place].table}-{number}" for number in (row.number for row in screens[place].rows)}
        wanted = [name for number, name in names.items() if number not in answer]
        decide(output, {"accept": wanted, "reject": [names[number] for number in answer]}, by=by, reason=reason or USUAL)
        unwanted[place] = answer
        place += 1


def _unwanted(screen: UndecidedRows, how_far: str, asked: str, before: list[int]) -> list[int] | None:
    """Which rows of a screenful somebody would not keep, by their numbers; None where they go back. `asked` is the question, and `before`
    are those that they did not keep when they were here last."""
    out.print()
    continued = ", continued" * screen.continued
    no_topic = " (odd on purpose: no topic is left)" * screen.out
    out.print(Text.assemble((f"{how_far}  ", "dim"), (safe(screen.label or "no label").plain, "bold"), no_topic, continued, asked))
    texts = [behind_marks(row.cases, one_line(row.text, How())) for row in screen.rows]
    for line in columned([[f"{row.number:>4}"] for row in screen.rows], texts):
        out.print(line)
    if before:
        out.print(Text(f"  [{' '.join(map(str, before))}]: Return leaves it so, {NONE} keeps all of them"))
    there = {row.number for row in screen.rows}
    while (reply := read_reply()) != BACK:
        if reply == EXPLAIN:
            out.print(Text(f"{EXPLAINED}\n{HELP}", style="cyan"))
            continue
        if reply.casefold() in ("", NONE, ALL):
            return {"": before, NONE: [], ALL: sorted(there)}[reply.casefold()]
        try:
            numbers = numbers_named(reply, there)
        except ValueError as error:
            err.print(safe(f"'{error}' is no number: such as 3 17-20, or Return to keep them all"), style="yellow")
            continue
        if not (others := [number for number in numbers if number not in there]):
            return numbers
        err.print(safe(f"{others[0]} is none of these rows"), style="yellow")
    return None
