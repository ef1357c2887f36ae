"""A recipe from a prompt: with variables, one that fills each with what it will really be given; without, one of what people type to the
application that the prompt describes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synthgen.advice import Started, recipe_name
from synthgen.errors import DataError
from synthgen.interview.answers import ANSWERS_FILE, Answers, as_yaml
from synthgen.interview.described import Described, described
from synthgen.interview.filling import FilledPrompt
from synthgen.interview.new_files import refuse_taken, write_new
from synthgen.interview.placeholders import PromptTemplate, read_template
from synthgen.interview.places import PLACES
from synthgen.interview.variables import OTHER, kind_of
from synthgen.interview.writing import write
from synthgen.text import decoding

LONGEST_PROMPT = 100_000
"""Bytes of a prompt."""
GENERAL_TOPICS = {
    "question": ("hi, i have a question", "how does this work", "where can i find it", "what do i need for it", "can it be done online"),
    "problem": ("it does not work", "tried it twice, same thing", "still broken, what now", "there is an error", "why is it so slow"),
    "request": (
        "can you do it for me",
        "please send it again",
        "i want to change it",
        "cancel it please",
        "need it by friday",
    ),
}
"""Topics of an application whose prompt names none, and what people type about them."""


def from_prompt(folder: Path, file: Path, *, listen: Callable[[str], None] | None = None) -> Started:
    """Write `recipe.yaml`, and what it reads, into a folder, from the file of a prompt. `listen` is told, in lines, what was found in it.
    Raises OutputError, DataError."""
    name = recipe_name(folder)
    text = decoding.read_text(file, LONGEST_PROMPT)
    if not text.strip():
        raise DataError(f"{file} is empty", "give the prompt of your application")
    template, about = read_template(text, str(file)), described(text)
    say = listen or (lambda line: None)
    if not template.variables:
        return _from_description(folder, text.strip(), about, say)
    filled = FilledPrompt(name, file.name, template, about, {variable: _kind(variable, template) for variable in template.variables})
    for variable, kind in filled.kinds.items():
        is_known = kind != OTHER or variable in template.lists
        say(f"{variable}: {filled.about_of(variable) if is_known else 'not known from its name; say what it is given'}")
    recipe = write_new(folder, filled.lines(), {**filled.seeds(), **filled.value_files()})
    return Started(recipe, stand_ins=tuple(filled.stand_ins))


def _kind(variable: str, template: PromptTemplate) -> str:
    return kind_of(variable, template.around[variable], alone=variable in template.alone)


def _from_description(folder: Path, prompt: str, about: Described, say: Callable[[str], None]) -> Started:
    """The recipe of an interview whose answers are what a system prompt says, and these answers beside it."""
    values: dict[str, object] = {"about": about.about or None, "place": about.place, "topics": list(about.topics or GENERAL_TOPICS)}
    if not about.topics:
        values["messages"] = {topic: list(messages) for topic, messages in GENERAL_TOPICS.items()}
    values |= {"odd": "some", "cases": list(PLACES[about.place].cases), "never": list(about.never) or None}
    values["answers"] = "label" if about.sorts else "prose"
    topics = f"about {', '.join(about.topics)}" if about.topics else "which names no topics: general ones stand in"
    say(f"no variables: a system prompt, {topics}")
    refuse_taken(folder, [ANSWERS_FILE])
    answers = Answers(values)
    started = write(folder, answers, prompt=prompt, beside={ANSWERS_FILE: as_yaml(answers).splitlines()})
    return Started(started.recipe, stand_ins=started.stand_ins or tuple(GENERAL_TOPICS))
