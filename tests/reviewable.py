"""A small output for people to review: a table of messages, one of answers made from it, and rows that Claude was unsure of."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

from synthgen import api
from synthgen.dataset import Dataset, Output
from synthgen.decisions import Decision, Review, seen
from synthgen.decisions.known import Reviewable, review_of
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

RECIPE = """
name: shop
about: Customers of a shop, in its chat.
seed: 3
tables:
  traffic:
    rows: 24
    fields:
      order:   {kind: fake, provider: numerify, args: {text: "%####"}}
      intent:  {kind: choice, options: [late, broken, refund]}
      message: {kind: typed, topic: "{{ intent }}", voice: {texter: 1}, best_of: 1, on_topic: false, seeds: {late: [where is it], broken: [it broke], refund: [money back]}}
  examples:
    from: {table: traffic}
    fields:
      example: {kind: claude, task: Answer the message., output: {reply: text, escalate: boolean}, out: unsure, tries: 1}
harness: {input: message, target: intent}
"""  # noqa: E501
WORDS = ["lorem", "ipsum", "dolor", "sit", "amet", "elit", "sed", "do", "tempor", "labore", "magna", "aliqua", "enim", "minim", "veniam"]


def typist(prompt: Prompt, stream: Random) -> str:
    return " " + " ".join(stream.sample(WORDS, 5)) + "\n"


def claude(prompt: Prompt, stream: Random) -> str:
    if stream.random() < 0.2:
        return json.dumps({"outcome": "unsure", "why": "which order?", "answer": None}) + "\n"
    answer = {"reply": f"Sorry {stream.randrange(10**6)}", "escalate": stream.random() < 0.2}
    return json.dumps({"outcome": "answer", "why": "", "answer": answer}) + "\n"


def models() -> dict[str, ScriptedModel]:
    return {"typist": ScriptedModel(typist), "claude": ScriptedModel(claude)}


def make_reviewable(folder: Path, recipe: str = RECIPE, **options: Any) -> Path:
    """Make it in the folder `shop` there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(dedent(recipe), encoding="utf-8")
    return api.make(folder / "recipe.yaml", out=folder / "shop", models=models(), **options).folder


def rows_of(output: Path, table: str = "traffic") -> dict[str, dict[str, Any]]:
    """The rows of a table as they were made, by id."""
    return {f"{table}-{row['provenance']['row']}": row for row in Dataset.open(output).rows(table)}


class Reviewer:
    """Somebody who decides, having read what there is to read of a row."""

    def __init__(self, output: Path, name: str = "ana") -> None:
        self.dataset = Dataset.open(output)
        self.name, self.known = name, Reviewable(self.dataset)

    @property
    def review(self) -> Review:
        """All decisions as they are in the file now."""
        return review_of(self.dataset)

    def decides(self, row: str, decision: Any, by: str = "", **what: Any) -> Decision:
        """Decide on a row of a table, or one that waits."""
        table = row.rpartition("-")[0]
        found = rows_of(self.dataset.folder, table).get(row, {})
        read = seen(found, self.known.fields(table))
        return self.review.append(Decision(by or self.name, table, row, decision, seen=read, **what))


def file_of(output: Path) -> Path:
    """Where the decisions are."""
    return Output(output).review
