"""Asking Claude about a recipe: one question, one answer in a known shape, or an error that says why there is none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from json import JSONDecodeError
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from synthgen.errors import ModelError
from synthgen.models import Model
from synthgen.models.routing import placed
from synthgen.spec.rows import Brief, Completion, Document, Prompt, parsed_json

TOKENS = 16_000
"""Tokens of an answer at most, thoughts among them."""


class Shape(BaseModel):
    """A part of an answer: every key is there, and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True)


A = TypeVar("A", bound=Shape)


def brief(name: str, shape: type[Shape], documents: Sequence[Document] = ()) -> Brief:
    """What Claude reads first: the prompt file of that name, and the documents; it answers in that shape."""
    system = files("synthgen.advice").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8").strip()
    return Brief(system, tuple(documents), json.dumps(shape.model_json_schema()), tokens=TOKENS)


def ask(model: Model, prompts: Sequence[Prompt], shape: type[A]) -> list[tuple[A | ModelError, Completion | None]]:
    """What `model` answers to each of the prompts, asked at the same time, or why it gives none; and the completion that it is from.
    Raises ModelError where none can be asked."""
    completions = dict(placed(model, prompts))
    return [(_read(completions.get(place), shape), completions.get(place)) for place in range(len(prompts))]


def question(brief: Brief, text: str, account: str) -> Prompt:
    """The prompt that asks `text`; `account` is what the journal books it on."""
    return Prompt(text, 0, origin={"field": account}, brief=brief)


def _read(completion: Completion | None, shape: type[A]) -> A | ModelError:
    if completion is None:
        return ModelError("Claude gave no answer", "try again", retryable=True)
    if completion.finish == "refusal":
        return ModelError(f"Claude declined to answer: {completion.text.strip() or 'it gave no reason'}")
    if completion.finish == "error":
        return ModelError(f"Claude could not be asked: {completion.text.strip()}")
    try:
        return shape.model_validate(parsed_json(completion.text))
    except (JSONDecodeError, RecursionError, ValidationError) as error:
        if completion.finish == "length":
            return ModelError(f"Claude's answer was cut off after {completion.tokens_out:,} tokens", "ask about less at a time")
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": f"not JSON: {error}"}
        where = ".".join(map(str, first["loc"])) or "the answer"
        return ModelError(f"Claude's answer does not have the form that was asked for: {where}: {first['msg']}", "try again")


def cost(answers: Sequence[Completion]) -> float | None:
    """What answers cost in US dollars, as far as that is known."""
    costs = [answer.cost for answer in answers if answer.cost is not None]
    return sum(costs) if costs else None
