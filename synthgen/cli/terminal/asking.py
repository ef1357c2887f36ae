"""One question of the interview at a terminal: it is asked, explained and asked again until its answer is understood."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rich.text import Text

from synthgen.cli.terminal.page import err, out, safe, verbatim
from synthgen.interview import Question, understood
from synthgen.interview.answers import Key
from synthgen.interview.explanations import explanation
from synthgen.interview.questions import NUMBERED
from synthgen.interview.replies import UnknownOption, entries_of, line_objection, replaced, takes_commas

BACK = "<"
EXPLAIN = "?"
TAKE_OUT = re.compile(r"-\s?(\d{1,3})")
"""What takes a line out of a list."""
NARROWEST = 24
"""Characters of a column in which words are still folded."""


def edit_lines() -> None:
    """Let arrows move in a line and bring back earlier ones, where Python has a library for that."""
    with suppress(ImportError):
        import readline

        readline.parse_and_bind("set enable-bracketed-paste off")  # lines that are pasted together are answers one by one


def read_reply(prompt: str = "> ") -> str:
    """A line that somebody types. Raises KeyboardInterrupt where input ends."""
    try:
        return input(prompt).strip()
    except EOFError:
        raise KeyboardInterrupt from None


def _reply_to(question: Question) -> str:
    """A line that somebody types to a question, which is explained as often as they ask."""
    while (reply := read_reply()) == EXPLAIN:
        explain(question)
    return reply


def answer_to(question: Question, before: Any = None, keep: Callable[[list[str]], None] = lambda lines: None) -> tuple[Any, bool]:
    """The answer to a question, and whether it is one: False where somebody goes back, with what they typed of a list so far. `before` is
    what they answered when they were here last. A list is given to `keep` with each of its lines."""
    if question.form == "lines":
        return _list(question, list(before or []), keep)
    if before is not None:
        question = replace(question, default=before)
    print_question(question)
    reply = _reply_to(question)
    while reply != BACK:
        try:
            answer = understood(question, [reply])
        except UnknownOption as unknown:
            reply = _mended(question, reply, unknown)
        except ValueError as error:
            err.print(safe(error), style="yellow")
            reply = _reply_to(question)
        else:
            _echo(question, reply, answer)
            return answer, True
    return before, False


def _mended(question: Question, reply: str, unknown: UnknownOption) -> str:
    """The reply with another part in place of the one that is no option; all else of it is kept."""
    err.print(safe(unknown), style="yellow")
    others = replaced(reply, unknown.part, "") if question.form != "one" else ""
    if unknown.suggestion:
        out.print(Text("  [") + safe(unknown.suggestion) + Text("]: Return takes it" + "; the others are kept" * bool(others)))
    elif others:
        out.print(Text("  type it again, or Return leaves it out; the others are kept"))
    new = _reply_to(question)
    if new == BACK:
        return BACK
    new = new or unknown.suggestion
    return replaced(reply, unknown.part, new) if question.form != "one" else new


def _list(question: Question, lines: list[str], keep: Callable[[list[str]], None]) -> tuple[Any, bool]:
    """The lines of a list, to those that are there already; see `answer_to`."""
    print_question(question)
    _print_entries(lines)
    while (line := _reply_to(question)) != BACK:
        if taken := TAKE_OUT.fullmatch(line):
            if 1 <= int(taken[1]) <= len(lines):
                del lines[int(taken[1]) - 1]
                keep(lines)
            else:
                err.print(safe(f"there are {len(lines)} in the list"), style="yellow")
            _print_entries(lines)
        elif line and (objection := line_objection(question, line)):
            err.print(safe(objection), style="yellow")
        elif line:
            entries = entries_of(question, line)
            lines += entries
            keep(lines)
            if len(entries) > 1:
                out.print(safe(f"  understood: {len(entries)} entries"), style="dim")
        elif answer := _whole(question, lines):
            if question.key[0] == "messages" and len(lines) == 1:
                out.print(Text("  of one alone near copies are made; < goes back to it, for two more", style="dim"))
            return answer[0], True
    return lines, False


def _whole(question: Question, lines: Sequence[str]) -> list[Any]:
    """The answer that a list is, alone; nothing where it is none yet, and why is said."""
    try:
        answer = understood(question, lines)
    except ValueError as error:
        err.print(safe(error), style="yellow")
        return []
    if answer is None and question.key == ("topics",):
        err.print(Text("This one is needed: without topics there is nothing to write about.", style="yellow"))
        return []
    return [answer]


def _print_entries(lines: Sequence[str]) -> None:
    """What a list has, each with its number."""
    for number, line in enumerate(lines, 1):
        out.print(safe(f"  {number:>2}  {line}"))
    if lines:
        out.print(Text(f"  these are kept: add more; -{len(lines)} takes the last one out", style="dim"))


def print_question(question: Question) -> None:
    """A question, the usual options, an example and what no answer means."""
    out.print()
    out.print(safe(question.text), style="bold")
    names = question.usual or tuple(question.options)
    if question.brief:
        out.print(safe(f"  {', '.join(names)}"))
    else:
        _print_options(question, names)
    if question.brief or question.usual:
        out.print(Text(f"  ? explains{', and lists' * bool(question.usual)} all {len(question.options)}", style="dim"))
    if question.example:
        out.print(Text("  such as: ", style="dim") + safe(question.example))
    if question.form == "lines" and (question.example or takes_commas(question)):
        commas = ", or with commas" * takes_commas(question)
        out.print(Text(f"  one a line{commas}; an empty line ends", style="dim"))
    if question.default is not None:
        out.print(Text("  [") + safe(_in_words(question.default) or "none") + Text("]"))


def explain(question: Question) -> None:
    """All options, of very many the usual ones and the names of the others, and what is to be known of a question."""
    explained = question.usual if len(question.options) > NUMBERED and question.usual else tuple(question.options)
    _print_options(question, explained)
    if others := [name for name in question.options if name not in explained]:
        out.print(safe(f"  or (docs/edge-cases.md explains them): {', '.join(others)}"))
    print_explanation(question.key)


def print_explanation(key: Key) -> None:
    """What an answer becomes, what to choose when in doubt, and an example."""
    for line in explanation(key):
        out.print(safe(f"  {line}"), style="cyan")


def _print_options(question: Question, names: Sequence[str]) -> None:
    """These options of a question, each with the number by which it may be named, where there are not too many."""
    numbers = {name: f"{number:>2}  " for number, name in enumerate(question.options, 1)} if len(question.options) <= NUMBERED else {}
    width = max(map(len, names), default=0)
    for name in names:
        head = f"  {numbers.get(name, '')}{name:<{width}}  "
        for line, part in enumerate(_column(question.options[name], len(head))):
            out.print(verbatim(head if line == 0 else " " * len(head)) + Text(part, style="dim"))


def _column(text: str, inset: int) -> Iterator[str]:
    """A text in lines that fit beside what stands before it; a pipe gets it whole."""
    room = out.width - inset
    yield from textwrap.wrap(text, room) if out.is_terminal and room >= NARROWEST and text else [text]


def _echo(question: Question, reply: str, answer: Any) -> None:
    """What was understood, where it was not typed in full."""
    if not question.options or not reply.strip():
        return
    names = [answer] if isinstance(answer, str) else answer
    if any(name.lower() not in reply.lower() for name in names):
        out.print(safe(f"  understood: {_in_words(answer)}"), style="dim")


def _in_words(default: Any) -> str:
    if isinstance(default, dict):
        return ", ".join(f"{name} {weight}" for name, weight in default.items())
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)
