"""A recipe with comments, and its seed files, from the answers of an interview."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from synthgen.advice import Started, recipe_name
from synthgen.errors import OutputError
from synthgen.focusing.rewrite import data_of, set_value
from synthgen.interview.answers import TALK, Answers
from synthgen.interview.blocks import block
from synthgen.interview.facts import FACTS, amounts_between, codes_like, example_of_code
from synthgen.interview.new_files import write_new
from synthgen.interview.own_rows import FILE, lines_of
from synthgen.interview.places import PLACES
from synthgen.interview.questions import COLUMNS, ODD, harness_of, together_of, usual_rows
from synthgen.interview.second import CASE, other_key, second_request
from synthgen.interview.seeds import SAME, Seeds, seeds_of
from synthgen.interview.typed_facts import amount_of
from synthgen.recipe.seed_notes import SHOWING, enumerated, scarce_topics
from synthgen.spec.replacing import replacing
from synthgen.spec.rows import Value
from synthgen.spec.scalars import scalar
from synthgen.text.slots import slots

TABLE = "traffic"
"""The table of an interview's recipe."""
ABOUT = "People who type to an assistant."
STAND_IN = "nobody typed these: put messages of your users in their place, a dozen or more"


def write(folder: Path, answers: Answers, *, prompt: str = "", beside: Mapping[str, Iterable[str]] | None = None) -> Started:
    """Write `recipe.yaml` and `seeds/` into a folder, which has neither, and the lines of other files `beside` it. `prompt` is the
    application's own. Raises OutputError."""
    name, topics = recipe_name(folder), list(answers.get("topics", default=[]))
    if len(topics) < 2:
        raise OutputError("a recipe needs at least two topics, and the answers name fewer", "answer it: topics: [card declined, lost card]")
    files, place = files_of(topics), PLACES[answers.get("place", default="chat")]
    stand_ins = [topic for topic in topics if not answers.get("messages", topic)]
    message_seeds = seeds_of(answers)
    typed, by_claude = message_seeds.by_topic, answers.get("goals", default={}) or TALK in answers.values
    typed_rows = {} if stand_ins or by_claude else {FILE: _typed_rows(answers, topics, message_seeds)}
    seeds = {file: typed.get(topic) or [message.format(topic=topic) for message in place.stand_ins] for topic, file in files.items()}
    by_topic = dict(zip(files, seeds.values(), strict=True))
    lines = [*_lines(name, answers, by_topic, stand_ins, as_rows=bool(typed_rows)), *_harness(name, answers, prompt)]
    return Started(write_new(folder, lines, {**seeds, **typed_rows, **(beside or {})}), stand_ins=tuple(stand_ins))


def _typed_rows(answers: Answers, topics: Sequence[str], seeds: Seeds) -> Iterator[str]:
    """The messages that somebody typed, as rows."""
    return lines_of({topic: answers.get("messages", topic) for topic in topics}, seeds, partial(_as_column, answers, seeds))


def add_rows(recipe: Path, more: int, least: int = 0) -> None:
    """Let the recipe of an interview ask for so many `more` rows than it does, or than there are (`least`). Raises DataError where its file
    is written otherwise."""
    text = recipe.read_text("utf-8")
    rows = int(data_of(text)["tables"][TABLE]["rows"])
    with replacing(recipe) as place:
        place.write_text(set_value(text, ("tables", TABLE, "rows"), max(rows, least) + more), "utf-8")


def files_of(topics: Sequence[str]) -> dict[str, str]:
    """A seed file for each topic, named after it."""
    files: dict[str, str] = {}
    for topic in topics:
        stem = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:40] or "topic"
        number = 1
        while (file := f"seeds/{stem}{f'-{number}' if number > 1 else ''}.txt") in files.values():
            number += 1
        files[topic] = file
    return files


def _lines(name: str, answers: Answers, seeds: Mapping[str, Sequence[str]], stand_ins: list[str], *, as_rows: bool) -> Iterator[str]:
    """The recipe but for its harness; with what was typed `as_rows`, too."""
    files = files_of([*seeds])
    place = PLACES[answers.get("place", default="chat")]
    yield f"# Made from the answers in answers.yaml. Look at it: synthgen preview {name}/recipe.yaml --watch"
    yield f"name: {scalar(name)}"
    yield f"about: {scalar(' '.join(answers.get('about', default=ABOUT).split()))}"
    yield "seed: 1"
    facts = list(_facts(answers))
    if any("kind: date" in line for line in facts):
        today = datetime.datetime.now().astimezone().date()
        yield f"now: {today}    # the day on which messages are typed: dates are counted from it"
    yield ""
    yield "tables:"
    yield f"  {TABLE}:"
    rows = answers.get("rows", default=usual_rows(answers))
    yield f"    rows: {rows}"
    yield f"    together: {together_of(rows)}    # with more rows the first ones stay, and so does what was decided on them"
    yield "    fields:"
    yield f"      id: {{kind: id, prefix: {scalar(name)}}}"
    yield ""
    yield "      # What a message is about, and its label. Numbers are weights."
    yield "      intent:"
    yield "        kind: choice"
    yield "        pick: evenly    # so that shares of few rows hold, too"
    yield "        options:"
    for topic in files:
        goal = answers.get("goals", topic)
        yield f"          {scalar(topic)}: 1" + (f"    # {' '.join(str(goal).split())}" if goal else "")
    yield from facts
    yield ""
    yield "      message:"
    yield "        kind: typed"
    yield '        topic: "{{ intent }}"'
    yield "        seeds:"
    for topic, file in files.items():
        yield f"          {scalar(topic)}: {file}" + (f"    # {STAND_IN}" if topic in stand_ins else "")
    yield from _mention(seeds)
    yield f"        voice: {mapping(answers.get('voices') or dict(place.voices))}    # how they type, by weight"
    yield "        aim: sense    # before variety and speed: without this line messages vary more, and fewer can be kept"
    if as_rows:
        yield f"        seeds_as_rows: {FILE}    # what you typed is in the first rows, as you typed it; the others are made"
    yield from _odd(name, answers, seeds)
    yield ""
    yield "    keep:"
    yield f"      - {{kind: length, field: message, words: [{place.words[0]}, {place.words[1]}]}}"
    if answers.get("place") != "search":  # where many people type the same two words
        yield "      - {kind: near_duplicate, field: message, as_typed: false, similarity: 0.8}    # whatever the slips and courtesies"
    yield ""


def _harness(name: str, answers: Answers, prompt: str) -> Iterator[str]:
    """What must never happen, and what an eval harness reads."""
    never = [" ".join(line.split()) for line in answers.get("never") or []]
    yield f"# What your application reads, and what is right: synthgen export outputs/{name} --to {harness_of(answers)}"
    settings = {"input": "input" if _has_odd(answers) else "message"}
    if answers.get("answers", default="label") == "label":
        settings |= {"target": "intent"} | ({"out": scalar(answers.get("out", default="unclear"))} if _has_odd(answers) else {})
    if not prompt and not never:
        yield f"harness: {{{', '.join(f'{key}: {value}' for key, value in settings.items())}}}"
        return
    yield "harness:"
    yield from (f"  {key}: {value}" for key, value in settings.items())
    if never:
        yield "  never:    # comments in the promptfoo configuration, for a model to judge; in other tests, write your own assertions"
        yield from (f"    - {scalar(act)}" for act in never)
    if prompt:
        yield from block("system", prompt, 2)


def _facts(answers: Answers) -> Iterator[str]:
    """A field for each slot that messages mention."""
    seeds = seeds_of(answers)
    names = sorted(slot for slot in {*seeds.slots} - COLUMNS if seeds.kind(slot) != SAME)
    if names:
        yield ""
        yield "      # Facts that a message may mention: where a seed says <amount>, the row's own amount is typed."
    for name in names:
        field, sign, has_comma = _fact(answers, name, seeds), _sign(answers, name, seeds), _has_comma(name, seeds)
        if not (sign or has_comma):
            yield f"      {scalar(name)}: {field}"
            continue
        plain = next(
            plain for number in range(1, len(names) + 2) if (plain := f"{name}_number{'' if number == 1 else number}") not in names
        )
        distribution, mark, comment = field.partition("}")
        yield f"      {plain}: {distribution}, hidden: true{mark}{comment}"
        as_typed = f"{plain} | replace('.', ',')" if has_comma else plain
        yield f'      {scalar(name)}: {{kind: template, template: "{sign}{{{{ {as_typed} }}}}"}}'


def _fact(answers: Answers, name: str, seeds: Seeds) -> str:
    """The field that makes a fact, in YAML."""
    kind = seeds.kind(name)
    if name in seeds.typed and name not in seeds.answered:
        return seeds.typed[name].field
    if kind == "code":
        return codes_like(answers.get("codes", name) or example_of_code(name, seeds.messages))
    if kind == "money" and (bounds := answers.get("ranges", name)):
        return amounts_between(bounds)
    values = answers.get("values", name) or [f"{name} {letter}" for letter in "ABCDE"]
    return FACTS[kind].field or f"{{kind: choice, label: false, options: [{', '.join(map(scalar, values))}]}}"


def _as_column(answers: Answers, seeds: Seeds, name: str, typed: str) -> Value:
    """A fact that somebody typed as its field has it: an amount with neither sign nor comma is a number, and so is a count."""
    if seeds.kind(name) == "money" and not (_sign(answers, name, seeds) or _has_comma(name, seeds)):
        whole = name in seeds.typed and name not in seeds.answered and not seeds.typed[name].has_places
        return round(amount_of(typed)) if whole else amount_of(typed)
    return int(typed) if seeds.kind(name) == "count" and typed.isdecimal() else typed


def _has_comma(name: str, seeds: Seeds) -> bool:
    """Whether amounts are typed as 12,50 is."""
    return name in seeds.typed and name not in seeds.answered and seeds.typed[name].has_comma


def _sign(answers: Answers, name: str, seeds: Seeds) -> str:
    """The sign of the currency that stands before an amount of money; empty where there is none."""
    if seeds.kind(name) != "money":
        return ""
    typed = seeds.typed[name].sign if name in seeds.typed else ""
    sign = answers.get("signs", name, default=typed)
    return "" if sign == "none" else str(sign)


def _mention(seeds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Comments: how many of the messages mention each fact that messages can be made to mention, and what the others lack for that."""
    messages = [message for texts in seeds.values() for message in texts]
    counts = {slot: sum(slot in slots(message) for message in messages) for slot in sorted(set().union(*map(slots, messages)) - COLUMNS)}
    scarce = {slot: scarce_topics(slot, seeds) for slot in counts}
    shares = {slot: max(0.1, round(count / len(messages), 1)) for slot, count in counts.items() if not scarce[slot]}
    if shares:
        in_words = "three in ten messages name it" if [*shares.values()] == [0.3] else "so many messages name it, as yours do"
        yield f"        # mention: {mapping(shares)}    # {in_words}: take the first # away where it matters"
    if some := [f"<{slot}>" for slot, shown in scarce.items() if shown]:
        yield f"        # {enumerated(some)}: named now and then. `mention` can ask for what {SHOWING} seeds of every topic name."


def _has_odd(answers: Answers) -> bool:
    return bool(ODD[answers.get("odd", default="none")] and answers.get("cases"))


def _odd(name: str, answers: Answers, seeds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The edge cases: of a hundred messages as many as was answered."""
    if not _has_odd(answers):
        return
    cases, share = answers.get("cases"), ODD[answers.get("odd")]
    none = round(len(cases) * (1 - share) / share)
    yield ""
    yield f"      # {share:.0%} of the messages are what a careful tester tries: synthgen look outputs/{name} --field case --field input"
    yield f"      case:  {{kind: choice, pick: evenly, options: {mapping({'none': none} | dict.fromkeys(cases, 1))}}}"
    if CASE in cases:
        yield from second_request("intent", seeds)
        yield f'      input: {{kind: edge_case, of: message, case: "{{{{ case }}}}", {other_key(seeds)}}}'
    else:
        yield '      input: {kind: edge_case, of: message, case: "{{ case }}"}'


def mapping(values: Mapping[str, Any]) -> str:
    """Values by name, in a line of YAML."""
    return f"{{{', '.join(f'{scalar(key)}: {value}' for key, value in values.items())}}}"
