"""What is to be said of a recipe: what it asks, what is unclear in it, what should be changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import err, grid, out, print_unified_diff, safe
from synthgen.models.budget import dollars
from synthgen.models.prices import list_date

if TYPE_CHECKING:
    from synthgen.advice import Critique, Improvement, Started
    from synthgen.api import Checked
    from synthgen.making.estimate import QuestionEstimate

FAR = 3
"""How many times what is expected a run may cost before it is said why."""


def print_recipes() -> None:
    """The recipes that come with synthgen, and how one is copied."""
    from synthgen.recipe.shipped import summaries

    grid(("recipe", "makes"), list(summaries()))
    out.print(Text("copy one: synthgen new NAME --like RECIPE"))


def print_found_topics(started: Started) -> None:
    """What logs are about, and what to do next."""
    grid(("topic", "share"), [(name, f"{share:.0%}") for name, share in started.topics.items()])
    if started.odd:
        grid(("edge case", "share"), [(name, f"{share:.2%}") for name, share in started.odd.items()])
    out.print(safe(f"wrote {started.recipe}, and the messages with what identifies somebody as slots beside it"))
    out.print(Text("Give the topics better names, in both files, and say who types: about."))
    out.print(safe(f"next: synthgen preview {shlex.quote(str(started.recipe))} --watch"))


def print_started(started: Started) -> None:
    """Where a recipe was written, and what to do next."""
    out.print(safe(f"wrote {started.recipe}, and what it reads beside it"))
    out.print(safe(f"next: synthgen preview {shlex.quote(str(started.recipe))} --watch"))


def print_documents_cost(place: Path) -> None:
    """What it costs that Claude reads documents, before it does."""
    from synthgen.interview.documents import documents_cost
    from synthgen.models import ClaudeModel
    from synthgen.recipe import ClaudeSpec

    model = ClaudeModel(ClaudeSpec().name)
    cost = documents_cost(model, place)
    price = "at no known price" if cost.cost is None or cost.most is None else f"{dollars(cost.cost)}, {dollars(cost.most)} at most"
    err.print(safe(f"asks {model.name}: about {cost.read:,} tokens read; about {price}"))


def print_check(result: Checked) -> None:
    """That a recipe is right, and what it will ask."""
    out.print(Text(f"{result.loaded.path}: no mistakes"))
    for table in result.plan.tables:
        source = table.table.from_
        rows = f"{table.table.wanted:,} rows" if source is None else f"from {source.table}"
        out.print(Text(f"  {table.name}: {rows}, {len(table.columns)} columns: {', '.join(table.columns)}"))
    for line in result.readings:
        out.print(safe(f"  reads {line}"))
    for line in _question_lines(result):
        out.print(Text(f"  {line}"))
    if not result.questions:
        out.print(Text("  asks no model"))
    for note in result.notes:
        out.print(safe(f"note: {note}"))


def _question_lines(checked: Checked) -> Iterator[str]:
    """What models will be asked, and what it may cost, a line each."""
    paid = []
    for question in checked.questions:
        spec, about = checked.loaded.recipe.all_models[question.model], "" if question.exact else "about "
        request_count, price = f"{question.prompts:,} messages or more, from {question.frames:,} prompts", ", at no cost"
        thoughts = f" and {about}{question.tokens_thinking:,} thought" if question.tokens_thinking else ""
        if spec.paid:
            request_count, price = f"{question.prompts:,} requests or more", f"; {_price([question])}"
            paid.append(question)
        if spec.kind == "app":
            yield f"asks your application (--app) for {question.table}.{question.field}: {question.prompts:,} requests or more"
            continue
        yield (
            f"asks {question.model} ({spec.name}) for {question.table}.{question.field}: {request_count}; "
            f"{about}{question.tokens_read:,} tokens read, {about}{question.tokens_written:,} written{thoughts}{price}"
        )
    if len(paid) > 1:
        only_claude = all(checked.loaded.recipe.all_models[question.model].kind == "claude" for question in paid)
        yield f"Claude in all: {_price(paid)}, at the list prices of {list_date()}" if only_claude else f"in all: {_price(paid)}"
    if any(question.cost and question.cost_most and question.cost_most > FAR * question.cost for question in paid):
        yield "The most is for answers that all use up their `tokens`; lower these, or `effort`, or stop a run at a price: --max-cost USD"


def print_asking(checked: Checked) -> None:
    """What was read of files of messages, what Claude will be asked, and what is to be noted, before it is."""
    for line in checked.readings:
        err.print(safe(f"reads {line}"))
    for line in _question_lines(checked):
        err.print(Text(line))
    for note in checked.notes:
        err.print(safe(f"note: {note}"))


def _price(questions: Sequence[QuestionEstimate]) -> str:
    costs = [(question.cost, question.cost_most) for question in questions if question.cost is not None and question.cost_most is not None]
    if len(costs) < len(questions):
        return "the price is not known"
    return f"about {dollars(sum(cost for cost, _ in costs))}, {dollars(sum(most for _, most in costs))} at most"


def print_critique(critique: Critique) -> None:
    """What a stranger would have to ask about a recipe."""
    from synthgen.advice.critique import summary

    for block in summary(critique):
        out.print(safe(block))
        out.print()
    cost = f", {dollars(critique.cost)}" if critique.cost is not None else ""
    sample = "rows of the output" if critique.real else "made-up rows: make the output first, and its own rows are taken"
    if critique.fields or critique.failed:
        headline = f"{len(critique.findings)} questions about {len(critique.fields)} fields, read with {sample}"
        out.print(Text(f"{headline}; {critique.tokens_in:,} tokens read, {critique.tokens_out:,} written{cost}"))


def print_improve(improvement: Improvement) -> None:
    """What Claude would change in a recipe, and why; the diff last."""
    from synthgen.advice.improve import summary

    for block in summary(improvement):
        out.print(safe(block))
        out.print()
    print_unified_diff(improvement.diff)
    if improvement.cost is not None:
        out.print(Text(f"{improvement.tokens_in:,} tokens read, {improvement.tokens_out:,} written, {dollars(improvement.cost)}"))
