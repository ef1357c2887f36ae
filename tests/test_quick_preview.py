"""Rows that somebody waits for, as `preview --watch` shows them: the first alone, the others side by side, each from few continuations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from synthgen.api import load_recipe, make, preview
from synthgen.fields.typed import SOON
from synthgen.making.preview import sooner
from synthgen.models import ScriptedModel
from synthgen.recipe import plan
from synthgen.spec.rows import Completion, Prompt

RECIPE = """
name: shop
seed: 5
tables:
  traffic:
    rows: 40
    fields:
      intent: {kind: choice, options: [refund, delivery]}
      message:
        kind: typed
        topic: "{{ intent }}"
        seeds:
          refund: [i want my money back, can i get a refund for the shoes, refund pls, when do i get my money back, no refund yet]
          delivery: [where is my parcel, when will it come, my order has not arrived, is it delivered tomorrow, parcel is late again]
"""


class Typist:
    """A model that writes as it is told, and knows how it was asked."""

    identity = "a typist"

    def __init__(self, *, silent: bool = False) -> None:
        self.script = ScriptedModel(lambda prompt, stream: _message(prompt, stream, silent))
        self.calls: list[list[Prompt]] = []
        self.open = 0

    def count(self, text: str) -> int:
        return self.script.count(text)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        self.calls.append(list(prompts))
        self.open += 1
        try:
            yield from self.script.complete(prompts)
        finally:
            self.open -= 1


def _message(prompt: Prompt, stream: Random, silent: bool) -> str:
    opening = str(prompt.settings.get("opening", ""))
    if silent:
        return f"{opening}\n\n"
    about = "refund" if prompt.origin["topic"] == "refund" else "parcel"
    return f"{opening} my {about} is {stream.choice(['late', 'not here', 'missing', 'gone'])} since {stream.randrange(10**6)}\n"


def recipe(folder: Path, text: str = RECIPE) -> Path:
    file = folder / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def messages(folder: Path, typist: Typist, text: str = RECIPE, *, quick: bool = True, show: int = 5) -> list[str]:
    (table,) = preview(recipe(folder, text), show=show, out=folder / "out", models={"typist": typist}, quick=quick)
    return [row.values["message"] for row in table.rows]


def test_the_first_row_is_written_alone_and_all_others_together(tmp_path):
    typist = Typist()
    assert len(messages(tmp_path, typist)) == 5
    assert [len(call) for call in typist.calls[:2]] == [SOON, 4 * SOON]


def test_what_is_written_is_not_asked_for_again_and_gives_the_same_rows(tmp_path):
    first, again = Typist(), Typist()
    assert messages(tmp_path, first) == messages(tmp_path, again)
    assert again.calls == []


def test_only_rows_that_a_change_touches_are_asked_for(tmp_path):
    before, after = Typist(), Typist()
    messages(tmp_path, before)
    messages(tmp_path, after, RECIPE.replace("refund pls", "my money pls"))
    assert {prompt.origin["topic"] for call in before.calls for prompt in call} == {"refund", "delivery"}
    assert {prompt.origin["topic"] for call in after.calls for prompt in call} == {"refund"}


def test_each_row_comes_as_soon_as_it_is_made(tmp_path):
    typist, calls_by_row = Typist(), dict[str, int]()
    for _ in preview(
        recipe(tmp_path),
        show=3,
        out=tmp_path / "out",
        models={"typist": typist},
        quick=True,
        each=lambda row: calls_by_row.setdefault(row.id, len(typist.calls)),
    ):
        pass
    assert calls_by_row == {"traffic-0": 1, "traffic-1": 2, "traffic-2": 2}


def test_a_row_that_was_refused_is_tried_again_with_more(tmp_path):
    typist = Typist(silent=True)
    assert messages(tmp_path, typist, show=2) == []
    assert [len(call) for call in typist.calls[:2]] == [SOON, 3 * SOON]
    assert typist.open == 0


def test_a_preview_that_ends_early_leaves_nothing_under_way(tmp_path):
    typist = Typist()

    def stop_at_the_second(row: object) -> None:
        if len(typist.calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        for _ in preview(recipe(tmp_path), out=tmp_path / "out", models={"typist": typist}, quick=True, each=stop_at_the_second):
            pass
    assert len(typist.calls) == 2
    assert typist.open == 0


def test_no_row_of_make_depends_on_a_quick_preview(tmp_path):
    alone, after = tmp_path / "alone", tmp_path / "after"
    made = []
    for folder in (alone, after):
        folder.mkdir()
        if folder is after:
            messages(folder, Typist())
        done = make(recipe(folder), out=folder / "out", models={"typist": Typist()})
        made.append([file.read_bytes() for file in sorted((done.folder / "traffic").glob("*.parquet"))])
    assert made[0] == made[1]


def test_a_field_that_asks_for_less_stays_as_it_is(tmp_path):
    few = load_recipe(recipe(tmp_path, RECIPE.replace("kind: typed\n", "kind: typed\n        best_of: 2\n"))).recipe
    assert plan(sooner(few)).tables[0].asked["message"] is few.tables["traffic"].fields["message"]
