"""The interview, at a terminal: one question at a time, and what is written at its end."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from synthgen import interview
from synthgen.advice import Started, recipe_name
from synthgen.cli.terminal.page import err, out, safe
from synthgen.errors import ModelError, OutputError
from synthgen.interview import Answers, Question
from synthgen.interview.answers import ANSWERS_FILE, TALK
from synthgen.interview.led import MOST_QUESTIONS, LedInterview, LedTurn, expected_cost
from synthgen.interview.questions import NUMBERED
from synthgen.models import ClaudeModel, Model
from synthgen.models.budget import dollars
from synthgen.recipe import ClaudeSpec
from synthgen.recipe.shipped import RECIPE

BACK = "<"
EXPLAIN = "?"
SHOWN = 10
HELP = (
    "Return skips a question, or takes what stands in brackets; < goes back; ? explains. Every answer is kept, so Ctrl-C loses nothing.\n"
    "You can change all of it later: what comes out is a recipe to edit."
)
NOT_THEM = (
    "They are too neat, or too wild: change the weights under `voice`, or give `like: a file of real messages` in its place.",
    "They all look alike: put more messages into the files in seeds/, from more people.",
    "They are not about their label: see that each seed file is about one thing; write a dozen messages in each.",
    "They make no sense: more and longer seeds in seeds/, a dozen or more of each topic, as people really typed them.",
    "Facts are missing: write <name> of a fact into more seeds, and `mention: {name: 0.3}` beside `voice`.",
    "They say too much, or too little: `words: [2, 20]` beside `voice`.",
)


def folder() -> Path:
    """The folder that somebody names for the recipe: one without a recipe in it."""
    err.print(Text(HELP, style="dim"))
    proposed = "my-app"
    while True:
        out.print()
        out.print(Text("What shall the folder of your recipe be called?", style="bold"))
        out.print(safe(f"  [{proposed}]"))
        place = Path(_line("> ").strip() or proposed)
        try:
            recipe_name(place)
        except OutputError as error:
            err.print(safe(f"{error.message}: {error.hint}"), style="yellow")
            proposed = re.sub(r"[^A-Za-z0-9._-]+", "-", place.name).strip("-._") or proposed
            continue
        if not (place / RECIPE).exists():
            return place
        err.print(safe(f"{place / RECIPE} is there already; choose another name"), style="yellow")


def hold(folder: Path) -> None:
    """Ask what the answers in a folder do not say yet, and keep each new answer there."""
    file = folder / ANSWERS_FILE
    answers = interview.load(file) if file.exists() else Answers()
    answered = list(answers.keys())
    if answered:
        out.print(_going_on(len(answered), file))
    while question := interview.next_question(answers):
        answer = _asked(question, _line)
        if answer is BACK:
            if answered:
                answers.take_back(answered.pop())
            continue
        answers.give(question.key, answer)
        answered.append(question.key)
        interview.save(answers, file)


def _going_on(count: int, file: Path) -> Text:
    return safe(f"going on with the {'answer' if count == 1 else f'{count} answers'} in {file}")


def lead(folder: Path, model: Model) -> None:
    """Let Claude ask, and keep each answer, until it knows enough. Raises ModelError."""
    file = folder / ANSWERS_FILE
    answers = interview.load(file) if file.exists() else Answers()
    held = LedInterview(model, answers)
    if held.talk:
        out.print(_going_on(len(held.talk), file))
    while turn := held.next_turn():
        _print_turn(turn)
        lines = [_line("> ")]
        while lines[-1].strip() not in ("", BACK):
            lines.append(_line("> "))
        if lines[-1].strip() == BACK:
            held.take_back()
        else:
            held.reply(turn, "\n".join(lines))
        interview.save(answers, file)
    interview.save(answers, file)


def _print_turn(turn: LedTurn) -> None:
    out.print()
    if turn.noticed.strip():
        out.print(safe(turn.noticed), style="cyan")
    out.print(safe(turn.question), style="bold")
    if turn.example.strip():
        out.print(Text("  such as: ", style="dim") + safe(turn.example))
    out.print(Text("  an empty line ends", style="dim"))


def claude_may_lead(folder: Path) -> ClaudeModel | None:
    """The Claude that leads the interview, if there is a key, the answers were not begun by themselves, and the user wants it."""
    answers = interview.load(folder / ANSWERS_FILE) if (folder / ANSWERS_FILE).exists() else Answers()
    model = ClaudeModel(ClaudeSpec().name)
    try:
        model.check_key()
    except ModelError:
        return None
    if TALK in answers.values:
        return model
    if answers.values:
        return None
    try:
        cost = expected_cost(model)
    except ModelError as error:
        err.print(safe(f"Claude cannot be asked: {error.message}; these are the fixed questions"), style="yellow")
        return None
    has_price = cost.cost is not None and cost.most is not None
    price = f"about {dollars(cost.cost or 0)}, {dollars(cost.most or 0)} at most" if has_price else "at no known price"
    out.print()
    lead_in = f"Claude ({model.name}) can lead: it follows up and thinks of edge cases, {MOST_QUESTIONS} questions at most, {price}."
    out.print(safe(lead_in))
    return model if typer.confirm("Shall it? If not, there are fixed questions, at no cost.", default=True) else None


def _asked(question: Question, line: Callable[[str], str]) -> Any:
    """The answer to a question; BACK to be asked the one before again."""
    _print_question(question)
    while True:
        lines = [line("> ")]
        while question.form == "lines" and lines[-1].strip() not in ("", BACK):
            lines.append(line("> "))
        if lines[-1].strip() == BACK:
            return BACK
        if lines[-1].strip() == EXPLAIN and question.form != "lines":
            _explain(question)
            continue
        try:
            answer = interview.understood(question, lines)
        except ValueError as error:
            err.print(safe(f"{error}"), style="yellow")
            continue
        if answer is None and question.key == ("topics",):
            err.print(Text("This one is needed: without topics there is nothing to write about.", style="yellow"))
            continue
        _echo(question, " ".join(lines), answer)
        return answer


def _explain(question: Question) -> None:
    """All options with a few words each, or how the questions go."""
    if question.options:
        _print_options(question.options, numbered=len(question.options) <= NUMBERED)
    else:
        out.print(Text(HELP, style="dim"))


def _echo(question: Question, reply: str, answer: Any) -> None:
    """What was understood, where it was not typed in full."""
    if not question.options or not reply.strip():
        return
    names = [answer] if isinstance(answer, str) else answer
    if any(name.lower() not in reply.lower() for name in names):
        out.print(safe(f"  understood: {_in_words(answer)}"), style="dim")


def _print_options(options: Mapping[str, str], *, numbered: bool) -> None:
    width = max(map(len, options), default=0)
    for number, (name, about) in enumerate(options.items(), 1):
        mark = f"{number:>2}  " if numbered else ""
        out.print(safe(f"  {mark}{name:<{width}}  ") + Text(about, style="dim"))


def _print_question(question: Question) -> None:
    out.print()
    out.print(safe(question.text), style="bold")
    shown = {name: question.options[name] for name in question.usual} or question.options
    _print_options(shown, numbered=len(question.options) <= NUMBERED)
    if len(shown) < len(question.options):
        out.print(Text(f"  ? shows all {len(question.options)}", style="dim"))
    if question.example:
        out.print(Text("  such as: ", style="dim") + safe(question.example))
    if question.form == "lines":
        out.print(Text("  an empty line ends", style="dim"))
    if question.default is not None:
        out.print(Text("  [") + safe(_in_words(question.default) or "nothing") + Text("]"))


def _in_words(default: Any) -> str:
    if isinstance(default, dict):
        return ", ".join(f"{name} {weight}" for name, weight in default.items())
    return ", ".join(default) if isinstance(default, list) else str(default)


def _line(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        raise KeyboardInterrupt from None


def print_written(written: Started) -> None:
    """What was written, and what is still to be done."""
    out.print(safe(f"wrote {written.recipe}, and seeds beside it"))
    if written.stand_ins:
        out.print(
            safe(
                f"Nobody gave messages about {', '.join(written.stand_ins)}: what stands in their seed files are stand-ins. Put "
                f"messages of your users there, a dozen or more of each; until then what is made about them is poor."
            ),
            style="yellow",
        )


def show_and_ask(recipe: Path, preview: Callable[[Path], None]) -> None:
    """Ten messages, whether these are the user's users, and what to change if not."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or not typer.confirm("Make ten messages now, to look at?", default=True):
        out.print(safe(f"next: synthgen preview {shlex.quote(str(recipe))}"))
        return
    preview(recipe)
    if typer.confirm("Are these your users?", default=True):
        out.print(safe(f"next: synthgen make {shlex.quote(str(recipe))}"))
        return
    for advice in NOT_THEM:
        out.print(safe(f"* {advice}"))
    out.print(safe(f"then see what it does, at every save: synthgen preview {shlex.quote(str(recipe))} --watch"))
