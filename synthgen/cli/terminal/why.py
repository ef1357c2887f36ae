"""How a row came about: what was typed first, then who made what."""

from __future__ import annotations

import sys
from collections import Counter
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
LINES = 8
"""Lines of what a model read that are shown, its last ones."""
OTHERS = 6
"""Texts that are shown of those that the row did not get."""
EVERYTHING = sys.maxsize
SCALES = "topic: 1 is surely about it; sense: 0 is best, and what is below the others is left out"


def print_why(explanation: Why, *, full: bool = False) -> None:
    """What is known of a row: what matters most, or all of it."""
    _head(f"{explanation.row} of {explanation.folder}, {_status(explanation)}")
    _inset(explanation.message, 2)
    out.print()
    if explanation.parent:
        out.print(safe(f"made from {explanation.parent}: synthgen why {explanation.folder} {explanation.parent}\n"))
    _head("facts, and who made them")
    told = [fact for fact in explanation.facts if full or fact.value is not None or fact.left_out]
    fields({fact.name: f"{_short(fact.value)}   ({fact.maker if full or fact.source or fact.left_out else fact.kind})" for fact in told})
    for attempt in explanation.attempts:
        _attempt(attempt, explanation.row, full=full)
    if explanation.checks:
        _head("checks")
        for check in explanation.checks:
            out.print(safe(f"  {_check(check)}"))
        out.print()
    for record in explanation.aside:
        out.print(safe(f"try {record['try']} went to {record['to']}: {record['check']} ({record['field']}): {record['reason']}"))
    for line in (*(_model_lines(explanation) if full else ()), *(f"note: cannot be told: {reason}" for reason in explanation.untold)):
        out.print(safe(line))
    if not full:
        out.print(Text("--all shows whole settings, frames and texts, random streams, models and versions", style="dim"))


def _status(explanation: Why) -> str:
    return {"kept": "a row of its table", "not made": "not made"}.get(explanation.status, f"not in its table: in {explanation.status}")


def _attempt(attempt: Attempt, row: str, *, full: bool) -> None:
    number = "" if attempt.attempt is None else f", try {attempt.attempt}"
    _head(f"{attempt.field}: {attempt.kind}{number}{f', refused: {attempt.refusal}' if attempt.refusal else ''}")
    for question in attempt.questions:
        _question(question, full=full)
    if attempt.candidates:
        is_scored = any(text.sense is not None for text in attempt.candidates)
        out.print(Text(f"  what the row might have got{f' ({SCALES})' if is_scored else ''}"))
        texts = sorted(attempt.candidates, key=lambda text: bool(text.fate))
        shown = sum(not text.fate for text in texts) + (EVERYTHING if full else OTHERS)
        for text in texts[:shown]:
            _candidate(text, row)
        others = Counter(text.outcome for text in texts[shown:]) + Counter(attempt.others)
        other_fates = ", ".join(f"{count:,} {fate}" for fate, count in others.items())
        if other_fates:
            out.print(safe(f"    and others, of this row and those beside it: {other_fates}"))
    else:
        for answer in attempt.answers:
            _answer(answer)
    out.print()


def _question(question: PromptRecord, *, full: bool) -> None:
    seeds = {"seeds": f"{len(question.origin['seeds'])} messages"} if question.origin.get("seeds") else {}
    parameters, whose = (
        _joined_settings(question.origin | seeds | question.settings),
        f" for {question.row}, from whose answers it was taken" if question.row else "",
    )
    out.print(safe(f"  asked {question.model}{whose} (prompt {question.digest}){f': {parameters}' if parameters else ''}"))
    if question.brief:
        out.print(Text("  what it read first", style="dim"))
        _inset(question.brief)
    if question.documents:
        out.print(safe(f"  documents, given whole: {', '.join(question.documents)}"))
    if question.schema:
        out.print(safe(f"  the answer must fit the JSON Schema {question.schema}"))
    if question.text:
        out.print(
            Text(
                "  what it was asked" if question.brief or "session" in question.settings else "  the frame that it went on from",
                style="dim",
            )
        )
        _inset(question.text if full else _end_of(question.text))


def _end_of(text: str) -> str:
    """The last lines of a text, and how many stand before them."""
    lines = text.split("\n")
    return text if len(lines) <= LINES + 1 else "\n".join([f"… {len(lines) - LINES} lines before", *lines[-LINES:]])


def _joined_settings(values: Mapping[str, object]) -> str:
    texts = {key: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value for key, value in values.items()}
    return "; ".join(f"{key} {value!r}" if key == "stop" else f"{key} {value}" for key, value in texts.items() if value not in ("", None))


def _candidate(candidate: Considered, row: str) -> None:
    figures = [f"topic {candidate.score:.2f}"] if candidate.score is not None else []
    figures += [f"sense {candidate.sense:.2f}"] if candidate.sense is not None else []
    whose = f", asked for {candidate.row}" if not candidate.fate and candidate.row not in ("", row) else ""
    line = safe(f"    {candidate.outcome}{whose}" + (f" ({', '.join(figures)})" if figures else ""))
    line.stylize("" if candidate.fate else "bold")
    out.print(line)
    _inset(candidate.text.strip(), 6)
    if candidate.wrote and not candidate.fate:
        out.print(Text("      which the voice typed so; the model wrote", style="dim"))
        _inset(candidate.wrote, 6)
        for slip in candidate.slips:
            out.print(safe(f"      {slip['kind'].replace('_', ' ')}: '{candidate.text[slip['start'] : slip['end']]}' for '{slip['was']}'"))


def _answer(answer: AnswerRecord) -> None:
    thoughts = f", {answer.tokens_thinking:,} of them thoughts" if answer.tokens_thinking else ""
    cost = f", {dollars(answer.cost)}" if answer.cost is not None else ""
    read = f"{answer.tokens_in:,} tokens read, {answer.tokens_out:,} written{thoughts}{cost}"
    whose = f" for {answer.row}" if answer.row else " for a row that shared the prompt"
    finish = "" if answer.finish == "stop" else f", finish {answer.finish}"
    out.print(safe(f"  answered{whose} ({read}{finish})"))
    _inset(answer.text.strip())


def _check(result: CheckResult) -> str:
    settings = f" ({_joined_settings(result.written)})" if result.written else ""
    number = "" if result.attempt is None else f"try {result.attempt}: "
    return f"{number}{result.kind} {result.field}{settings}: {f'refused: {result.refusal}' if result.refusal else 'passed'}"


def _model_lines(explanation: Why) -> Iterator[str]:
    for name, identity in explanation.models.items():
        yield f"{name}: {identity}"
    yield f"made with {', '.join(f'{name} {version}' for name, version in explanation.versions.items())}"
    if explanation.tokens_in or explanation.tokens_out:
        cost = f", {dollars(explanation.cost)}" if explanation.cost is not None else ""
        yield f"asked for this row: {explanation.tokens_in:,} tokens read, {explanation.tokens_out:,} written{cost}"


def _head(heading: str) -> None:
    line = safe(heading)
    line.stylize("bold")
    out.print(line)


def _inset(text: str, by: int = 4) -> None:
    out.print(safe("\n".join(f"{' ' * by}{line}".rstrip() for line in text.split("\n"))))


def _short(value: object, longest: int = LONGEST) -> str:
    text = str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
