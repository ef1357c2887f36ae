"""Rows of an output as they are read, with what the answer to each should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from synthgen.dataset import Dataset
from synthgen.dataset.layout import topic_of
from synthgen.dataset.look import Looked, LookedRow
from synthgen.errors import SynthgenError
from synthgen.harness.cases import harness_of
from synthgen.harness.targets import targets_of
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import to_text

NONE = "no label"
"""What is right where nothing is."""


def with_targets(folder: str | Path, looked: Looked) -> Looked:
    """Rows of the table that a harness reads, each with its target where that is another than its label: an edge case may put another
    message in place of the row's. Where there are no targets, its topic is none then. Other rows, and those of a run that is not finished,
    stay as they are."""
    try:
        rows, harness = harness_of(Dataset.open(folder))
    except SynthgenError:
        return looked
    recipe, labels = rows.dataset.recipe, rows.labels([root_of(harness.input)])
    if harness.target is None and (topic := topic_of(recipe.fields, labels)):
        harness = harness.model_copy(update={"target": labels[topic], "out": None})
    targets = targets_of(recipe, rows.columns, harness)
    if rows.table != looked.table or targets is None or not targets.cases:
        return looked
    shown = list[LookedRow]()
    for row in looked.shown:
        label, target = get_path(row.whole, targets.path), targets.of(row.whole)
        shown.append(row if target == label else replace(row, right=to_text(target) if target is not None else NONE))
    return replace(looked, shown=shown)
