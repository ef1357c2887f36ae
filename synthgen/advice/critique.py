"""What a stranger would have to ask: Claude reads the prompts of a recipe and says what is unclear in them, without following them.

For every field that Claude makes, it gets the whole prompt as it would be sent, with one sample row and every document. Its quotes are
looked up in the prompt and in the recipe, so that each question has its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from synthgen.advice.asking import Shape, ask, brief, cost, question
from synthgen.advice.sample import FieldQuestion, questions
from synthgen.errors import Mistake, ModelError
from synthgen.models import Model
from synthgen.recipe import Loaded, plan
from synthgen.recipe import source as sources
from synthgen.recipe.given import source_of
from synthgen.recipe.places import KeyPath, Source
from synthgen.spec.rows import Prompt

ACCOUNT = "critique"
"""What the journal books it on."""
STANDING = "synthgen's own words"
"""Where a quote is from that is in the prompt but not in the recipe."""


class Doubt(Shape):
    """One thing that a stranger would have to ask."""

    quote: str = Field(description="the words of the prompt that it is about, copied letter by letter")
    problem: Literal["unclear", "ambiguous", "missing", "contradiction"]
    question: str = Field(description="what a stranger would ask, in one sentence")
    suggestion: str = Field(description="words for the author to put into their own text")


class Doubts(Shape):
    """All that is unclear in a prompt; nothing, when a stranger could begin."""

    doubts: list[Doubt]


@dataclass(frozen=True)
class Finding:
    """One thing that is unclear in the prompt of a field, and where it was said: `where` is file:line:column of the recipe (with the
    line itself), a document, or that they are synthgen's own words. A `quote` that is not in the prompt is left out."""

    table: str
    field: str
    problem: str
    quote: str
    question: str
    suggestion: str
    where: str
    line: str = ""
    number: int = 0
    column: int = 0

    def __str__(self) -> str:
        headline = (
            f'{self.table}.{self.field}: {self.problem}: "{self.quote}"' if self.quote else f"{self.table}.{self.field}: {self.problem}"
        )
        hint = f"{self.question}\n    perhaps: {self.suggestion}" if self.suggestion.strip() else self.question
        return str(Mistake(self.where, headline, "", self.line, self.number, self.column)) + "\n    " + hint


@dataclass(frozen=True)
class Critique:
    """What was found; which fields (`table.field`) Claude read, those of them with nothing `unclear` too; why others could not be
    read; whether the sample rows were of an output; and what it cost."""

    findings: Sequence[Finding]
    fields: Sequence[str]
    failed: Mapping[str, str] = field(default_factory=dict)
    real: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None


def critique(loaded: Loaded, model: Model, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Critique:
    """Ask `model` what is unclear in the prompts of a recipe's fields that Claude makes. `rows` are rows of the recipe's tables from an
    output, to take the samples from. Raises ModelError where Claude cannot be asked at all."""
    source = sources.read(loaded.path, str(loaded.path)) if loaded.text else source_of(loaded.data)
    pairs = [(field_question, prompt) for field_question in questions(plan(loaded.recipe), rows) for prompt in field_question.prompts]
    prompts = [
        question(brief("critique", Doubts, prompt.brief.documents if prompt.brief else ()), _shown(loaded, field_question, prompt), ACCOUNT)
        for field_question, prompt in pairs
    ]
    answered = ask(model, prompts, Doubts) if prompts else []
    findings: list[Finding] = []
    fields: dict[str, None] = {}
    failed: dict[str, str] = {}
    for (field_question, prompt), (outcome, _) in zip(pairs, answered, strict=True):
        name = f"{field_question.table}.{field_question.name}"
        if isinstance(outcome, ModelError):
            failed[name] = outcome.message
        else:
            fields[name] = None
            findings += [_finding(field_question, prompt, doubt, source) for doubt in outcome.doubts]
    answers = [answer for _, answer in answered if answer is not None]
    return Critique(
        list(dict.fromkeys(findings)),
        [name for name in fields if name not in failed],
        failed,
        any(field_question.real for field_question, _ in pairs),
        sum(answer.tokens_in for answer in answers),
        sum(answer.tokens_out for answer in answers),
        cost(answers),
    )


# What is asked


def _shown(loaded: Loaded, question: FieldQuestion, prompt: Prompt) -> str:
    """The prompt, and the author's own words in it, for Claude to look at."""
    assert prompt.brief
    spec = loaded.data["tables"][question.table]["fields"][question.name]
    parts = [
        f"The prompt is for the field `{question.name}` of the table `{question.table}`.",
        _tag("about_the_data_set", loaded.recipe.about or "(the recipe does not say)"),
        _tag("author_wrote", json.dumps(spec, ensure_ascii=False, indent=1, default=str)),
    ]
    if prompt.brief.documents:
        parts.append(f"The documents above ({', '.join(document.name for document in prompt.brief.documents)}) are sent with the prompt.")
    prompt_parts = [_tag("system", prompt.brief.system)] if prompt.brief.system else []
    prompt_parts += [_tag(role, text) for role, text in (*prompt.turns, ("user", prompt.text))]
    parts.append(_tag("prompt", "\n".join(prompt_parts)))
    if prompt.brief.schema:
        parts.append(f"It is sent with this JSON Schema, which its answer will have:\n{prompt.brief.schema}")
    parts.append("What is unclear, ambiguous or missing in this prompt?")
    return "\n\n".join(parts)


def _tag(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>"


# Where it was said


def _finding(question: FieldQuestion, prompt: Prompt, doubt: Doubt, source: Source) -> Finding:
    """A doubt with its place: where in the recipe its quote stands, or else the field's key."""
    key_path = ("tables", question.table, "fields", question.name)
    quote = " ".join(doubt.quote.split())
    remarks = doubt.question.strip(), doubt.suggestion.strip()
    key = source.keys.get(key_path)
    at = (key.line, key.column) if key else None
    where = ""
    if not _is_in(prompt, quote):
        quote = ""  # what is not there cannot be shown
    elif (place := _in_field(source, key_path, quote) or _anywhere(source, quote)) is not None:
        at = place
    else:
        where, at = _in_document(prompt, quote) or STANDING, None
    if at is None:
        return Finding(question.table, question.name, doubt.problem, quote, *remarks, where or source.name)
    line, column = at
    where = f"{source.name}:{line + 1}:{column + 1}"
    return Finding(question.table, question.name, doubt.problem, quote, *remarks, where, source.lines[line], line + 1, column + 1)


def _is_in(prompt: Prompt, quote: str) -> bool:
    """Whether a quote is in what is sent, as far as that can be read: a PDF may hold anything."""
    assert prompt.brief
    papers = prompt.brief.documents
    texts = [prompt.brief.system, prompt.full_text, *(paper.content for paper in papers if paper.type.startswith("text/"))]
    return bool(quote) and (
        any(map(_pattern(quote).search, texts)) or len(papers) > sum(paper.type.startswith("text/") for paper in papers)
    )


def _pattern(quote: str) -> re.Pattern[str]:
    """A quote with whatever white space, and either kind of quotation marks, whatever YAML writes for one within its own."""
    marks = {
        "'": r"(?:''?|[‘’])",
        "’": r"(?:''?|[‘’])",
        "‘": r"(?:''?|[‘’])",
        '"': r'(?:\\?"|[“”])',
        "“": r'(?:\\?"|[“”])',
        "”": r'(?:\\?"|[“”])',
    }
    words = ["".join(marks.get(letter, re.escape(letter)) for letter in word) for word in quote.strip(" .…").split()]
    return re.compile(r"(?:\s|\\n)+".join(words) or r"(?!)", re.IGNORECASE)


def _in_field(source: Source, key_path: KeyPath, quote: str) -> tuple[int, int] | None:
    """The zero-based line and column of a quote among the lines of a field."""
    key = source.keys.get(key_path)
    inner = [place for value_path, place in source.values.items() if value_path[: len(key_path)] == key_path]
    return _between(source, key.line, max((place.last for place in inner), default=key.line), quote) if key else None


def _anywhere(source: Source, quote: str) -> tuple[int, int] | None:
    return _between(source, 0, len(source.lines) - 1, quote)


def _between(source: Source, first: int, last: int, quote: str) -> tuple[int, int] | None:
    match = _pattern(quote).search("\n".join(source.lines[first : last + 1]))
    if not match:
        return None
    before = match.string[: match.start()]
    return first + before.count("\n"), len(before) - before.rfind("\n") - 1


def _in_document(prompt: Prompt, quote: str) -> str | None:
    """The name of the document that a quote is in, with the line if it is a text; of a PDF where it is nowhere else."""
    assert prompt.brief
    for document in prompt.brief.documents:
        if document.type.startswith("text/") and (match := _pattern(quote).search(document.content)):
            return f"{document.name}:{document.content[: match.start()].count(chr(10)) + 1}"
    if any(map(_pattern(quote).search, (prompt.brief.system, prompt.full_text))):
        return None
    return next((document.name for document in prompt.brief.documents if not document.type.startswith("text/")), None)


def summary(result: Critique) -> Iterator[str]:
    """What was found, in the order of the recipe's lines, and what could not be read; a block of lines each."""
    for finding in sorted(result.findings, key=lambda finding: (finding.number == 0, finding.number, finding.column)):
        yield str(finding)
    clear = [name for name in result.fields if not any(name == f"{finding.table}.{finding.field}" for finding in result.findings)]
    if clear:
        yield f"{', '.join(clear)}: nothing unclear; a stranger could begin"
    yield from (f"{name}: {why}" for name, why in result.failed.items())
    if not result.fields and not result.failed:
        yield "Claude makes no field of this recipe, so there is no prompt to criticise"
