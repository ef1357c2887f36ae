"""The interview, at a terminal: one question at a time, and what is written at its end."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer
from rich.text import Text

from synthgen import interview
from synthgen.advice import Started, recipe_name
from synthgen.cli.options import INTERRUPTED
from synthgen.cli.terminal.asking import BACK, EXPLAIN, answer_to, edit_lines, print_explanation, read_reply
from synthgen.cli.terminal.deciding import go_through
from synthgen.cli.terminal.page import err, out, safe, verbatim
from synthgen.errors import ModelError, OutputError
from synthgen.interview import Answers
from synthgen.interview.answers import ANSWERS_FILE, TALK, Key
from synthgen.interview.explanations import FOLDER
from synthgen.interview.led import MOST_QUESTIONS, LedInterview, LedTurn, expected_cost
from synthgen.interview.questions import harness_of, more_of, usual_rows
from synthgen.models import ClaudeModel, Model
from synthgen.models.budget import dollars
from synthgen.recipe import ClaudeSpec
from synthgen.recipe.shipped import RECIPE
from synthgen.reviewing.state import review_state
from synthgen.reviewing.undecided import kept

A_MINUTE = 40
"""Messages that two processor cores make in a minute."""
ENOUGH = 0.7
"""The share of rows that somebody keeps below which they are told what to change."""
GOOD = 50
"""Rows from which on a test set says something: with fewer kept, Return makes more."""
LED_HELP = (
    "Claude asks until it knows what the recipe needs: who types, what about, in which words, which facts, what goes wrong. Answer in your "
    "own words, in as many lines as you like; in doubt say that you do not know, and it goes on. Example: mostly parcels that are late."
)
HELP = "Return skips a question, or takes what stands in brackets; < goes back; ? explains. Every answer is kept."


def folder() -> Path:
    """The folder that somebody names for the recipe: one without a recipe in it."""
    edit_lines()
    err.print(Text(HELP, style="dim"))
    answers = sorted(Path().glob(f"*/{ANSWERS_FILE}"), key=lambda file: file.stat().st_mtime)
    unfinished = [file.parent for file in answers if not (file.parent / RECIPE).exists()]
    proposed = unfinished[-1].name if unfinished else "my-app"
    while True:
        out.print()
        out.print(Text("What shall the folder for it be called?", style="bold"))
        out.print(safe(f"  [{proposed}]{', which has the answers of an interview that was broken off' * (Path(proposed) in unfinished)}"))
        reply = read_reply()
        if reply == EXPLAIN:
            print_explanation(FOLDER)
            continue
        place = Path(reply or proposed)
        try:
            recipe_name(place)
        except OutputError as error:
            err.print(safe(f"{error.message}: {error.hint}"), style="yellow")
            proposed = re.sub(r"[^A-Za-z0-9._-]+", "-", place.name).strip("-._") or proposed
            continue
        if not (place / RECIPE).exists():
            return place
        err.print(safe(f"{place / RECIPE} is there already; choose another name, or take that file away to answer again"), style="yellow")


def hold(folder: Path) -> None:
    """Ask what the answers in a folder do not say yet, and keep each new answer there."""
    file = folder / ANSWERS_FILE
    answers = interview.load(file) if file.exists() else Answers()
    answered, before = list(answers.keys()), answers.begun
    if answered:
        out.print(_going_on(file))

    def keep(key: Key, lines: list[str]) -> None:
        answers.begin(key, lines)
        interview.save(answers, file)

    while question := interview.next_question(answers):
        answer, is_answer = answer_to(question, before.get(question.key), partial(keep, question.key))
        if not is_answer:
            before[question.key] = answer
            if answered:
                before[answered[-1]] = answers.get(*answered[-1])
                answers.take_back(answered.pop())
            continue
        answers.begin(question.key, [])
        answers.give(question.key, answer)
        answered.append(question.key)
        interview.save(answers, file)
    interview.complete(answers)
    interview.save(answers, file)


def _going_on(file: Path) -> Text:
    return safe(f"going on with the answers in {file}")


def lead(folder: Path, model: Model) -> None:
    """Let Claude ask, and keep each answer, until it knows enough. Raises ModelError."""
    file = folder / ANSWERS_FILE
    answers = interview.load(file) if file.exists() else Answers()
    held = LedInterview(model, answers)
    if held.talk:
        out.print(_going_on(file))
    while turn := held.next_turn():
        _print_turn(turn)
        lines = [read_reply()]
        while lines[-1] not in ("", BACK):
            if lines[-1] == EXPLAIN:
                out.print(safe(f"  {LED_HELP}"), style="cyan")
                lines.pop()
            lines.append(read_reply())
        if lines[-1] == BACK:
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


def make_and_choose(recipe: Path, answers_file: Path, make: Callable[[Path, int], Path], *, sure: bool = False) -> None:
    """Have the rows of a recipe made, and so many more as somebody asks for, into the folder that `make` returns, and somebody say which of
    them they would not keep; unless they are `sure`, they are asked whether they want that."""
    answers = interview.load(answers_file)
    rows, command = answers.get("rows", default=usual_rows(answers)), f"synthgen make {shlex.quote(str(recipe))}"
    minutes = "a minute" if rows <= A_MINUTE else f"{-(-rows // A_MINUTE):,} minutes"
    wanted = f"Make {rows:,} messages now (about {minutes}), and choose which to keep?"
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()) or not (sure or typer.confirm(wanted, default=True)):
            out.print(safe(f"next: {command}"))
            return
        output = make(recipe, 0)
        go_through(output)
        while typer.confirm(f"Make {more_of(rows)} more, and choose among them?", default=_tell_kept(output, recipe) < GOOD):
            output = make(recipe, more_of(rows))
            go_through(output)
    except (KeyboardInterrupt, typer.Abort):
        err.print(safe(f"\nstopped; what is finished is kept; to go on: synthgen new {shlex.quote(str(recipe.parent))}"))
        raise typer.Exit(INTERRUPTED) from None
    place = shlex.quote(str(output))
    out.print(Text("To test your application with them:"))
    out.print(verbatim(f"  synthgen export {place} --to {harness_of(answers)}"))
    out.print(Text("For more, added to these:"))
    out.print(verbatim(f"  synthgen new {shlex.quote(str(recipe.parent))}"))


def _tell_kept(output: Path, recipe: Path) -> int:
    """Say how many rows are kept, of which labels; return it."""
    by_label, tables = kept(output), review_state(output).tables
    accepted, decided = sum(table.accepted for table in tables), sum(table.decided for table in tables)
    labels = ", ".join(f"{label or 'no label'} {count}" for label, count in by_label.items())
    out.print()
    out.print(safe(f"{accepted} of {decided} messages are kept ({labels}); the others stay out of exports."))
    if accepted < ENOUGH * decided:
        out.print(safe(f"Where too few can be kept, more messages of your own help most, a dozen a topic, in {recipe.parent}/seeds."))
    return accepted
