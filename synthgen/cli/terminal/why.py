"""How a row came about: what was typed first, then who made what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import fields, out, safe
from synthgen.models.budget import dollars

if TYPE_CHECKING:
    from synthgen.api import Why
    from synthgen.provenance.told import AnswerRecord, Attempt, CheckResult, PromptRecord
    from synthgen.provenance.told import CandidateRecord as Considered

LONGEST = 400
"""Characters of a value in the list of facts."""


def print_why(found: Why) -> None:
    """All that is known of a row."""
    _head(f"{found.row} of {found.folder}, {_status(found)}")
    _inset(found.message, 2)
    out.print()
    if found.parent:
        out.print(safe(f"made from {found.parent}: synthgen why {found.folder} {found.parent}\n"))
    _head("facts, and who made them")
    fields({one.name: f"{_short(one.value)}   ({one.maker})" for one in found.facts})
    for attempt in found.attempts:
        _attempt(attempt, found.row)
    if found.checks:
        _head("checks")
        for check in found.checks:
            out.print(safe(f"  {_check(check)}"))
        out.print()
    for record in found.aside:
        out.print(safe(f"try {record['try']} went to {record['to']}: {record['check']} ({record['field']}): {record['reason']}"))
    for line in (*_made(found), *(f"note: cannot be told: {one}" for one in found.untold)):
        out.print(safe(line))


def _status(found: Why) -> str:
    return {"kept": "a row of its table", "not made": "not made"}.get(found.status, f"not in its table: in {found.status}")


def _attempt(one: Attempt, row: str) -> None:
    number = "" if one.attempt is None else f", try {one.attempt}"
    _head(f"{one.field}: {one.kind}{number}{f', refused: {one.refusal}' if one.refusal else ''}")
    for question in one.questions:
        _question(question)
    if one.candidates:
        out.print(Text("  what the row might have got"))
        for text in sorted(one.candidates, key=lambda text: bool(text.fate)):
            _candidate(text, row)
        others = ", ".join(f"{count:,} {fate}" for fate, count in one.others.items())
        if others:
            out.print(safe(f"    and of what was asked for rows beside it: {others}"))
    else:
        for answer in one.answers:
            _answer(answer)
    out.print()


def _question(one: PromptRecord) -> None:
    seeds = {"seeds": f"{len(one.origin['seeds'])} messages"} if one.origin.get("seeds") else {}
    told, whose = _told(one.origin | seeds | one.settings), f" for {one.row}, from whose answers it was taken" if one.row else ""
    out.print(safe(f"  asked {one.model}{whose} (prompt {one.digest}){f': {told}' if told else ''}"))
    if one.brief:
        out.print(Text("  what it read first", style="dim"))
        _inset(one.brief)
    if one.documents:
        out.print(safe(f"  documents, given whole: {', '.join(one.documents)}"))
    if one.schema:
        out.print(safe(f"  the answer must fit the JSON Schema {one.schema}"))
    if one.text:
        out.print(Text("  what it was asked" if one.brief else "  the frame that it went on from", style="dim"))
        _inset(one.text)


def _told(values: Mapping[str, object]) -> str:
    shown = {key: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value for key, value in values.items()}
    return "; ".join(f"{key} {value!r}" if key == "stop" else f"{key} {value}" for key, value in shown.items() if value not in ("", None))


def _candidate(one: Considered, row: str) -> None:
    figures = [f"topic {one.score:.2f}"] if one.score is not None else []
    figures += [f"sense {one.sense:.2f}"] if one.sense is not None else []
    whose = f", asked for {one.row}" if not one.fate and one.row not in ("", row) else ""
    line = safe(f"    {one.outcome}{whose}" + (f" ({', '.join(figures)})" if figures else ""))
    line.stylize("" if one.fate else "bold")
    out.print(line)
    _inset(one.text.strip(), 6)
    if one.wrote and not one.fate:
        out.print(Text("      which the voice typed so; the model wrote", style="dim"))
        _inset(one.wrote, 6)
        for slip in one.slips:
            out.print(safe(f"      {slip['kind'].replace('_', ' ')}: '{one.text[slip['start'] : slip['end']]}' for '{slip['was']}'"))


def _answer(one: AnswerRecord) -> None:
    read = f"{one.tokens_in:,} tokens read, {one.tokens_out:,} written" + (f", {dollars(one.cost)}" if one.cost is not None else "")
    whose = f" for {one.row}" if one.row else " for a row that shared the prompt"
    finish = "" if one.finish == "stop" else f", finish {one.finish}"
    out.print(safe(f"  answered{whose} ({read}{finish})"))
    _inset(one.text.strip())


def _check(one: CheckResult) -> str:
    settings = f" ({_told(one.written)})" if one.written else ""
    number = "" if one.attempt is None else f"try {one.attempt}: "
    return f"{number}{one.kind} {one.field}{settings}: {f'refused: {one.refusal}' if one.refusal else 'passed'}"


def _made(found: Why) -> Iterator[str]:
    for name, identity in found.models.items():
        yield f"{name}: {identity}"
    yield f"made with {', '.join(f'{name} {version}' for name, version in found.versions.items())}"
    if found.tokens_in or found.tokens_out:
        cost = f", {dollars(found.cost)}" if found.cost is not None else ""
        yield f"asked for this row: {found.tokens_in:,} tokens read, {found.tokens_out:,} written{cost}"


def _head(said: str) -> None:
    line = safe(said)
    line.stylize("bold")
    out.print(line)


def _inset(said: str, by: int = 4) -> None:
    out.print(safe("\n".join(f"{' ' * by}{line}".rstrip() for line in said.split("\n"))))


def _short(value: object) -> str:
    said = str(value)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
