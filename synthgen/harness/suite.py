"""What is exported of a table, and how the answers to it are graded."""

from __future__ import annotations

from typing import Any

from synthgen.dataset.layout import topic_of
from synthgen.dataset.table import FEW, MANY, TableRows
from synthgen.errors import OutputError
from synthgen.harness.cases import Suite, target_of
from synthgen.harness.targets import Targets, targets_of
from synthgen.recipe.harness import Harness
from synthgen.recipe.shape import ClaudeSpec
from synthgen.spec.paths import root_of

WORDS = 6
"""Words of a label, at most, where nothing else says that targets are labels."""


def suite_of(rows: TableRows, harness: Harness) -> Suite:
    """The suite of a table, read in that way. Raises OutputError."""
    recipe = rows.dataset.recipe
    name = f"{rows.manifest['name']}-{rows.table}"
    targets = targets_of(recipe, rows.columns, harness)
    labels = rows.labels([root_of(harness.input)])
    topic = topic_of(recipe.fields, labels)
    return Suite(
        name,
        recipe.about,
        rows,
        harness,
        targets,
        _grading(rows, harness, targets),
        labels,
        recipe.claudes.get("claude", ClaudeSpec()).name,
        [],
        topic,
        targets_of(recipe, rows.columns, harness.model_copy(update={"target": labels[topic]})) if topic else None,
    )


def _grading(rows: TableRows, harness: Harness, targets: Targets | None) -> dict[str, Any]:
    """How answers are graded: the kind, what that needs, and the grade from which an answer passes."""
    bounds = {"pass": 0.5, "words": harness.words, "format": harness.format, "labels": list[str]()}
    if targets is None:
        return {"kind": "none", **bounds}
    labels, sure = _labels(rows, targets, are_labels=harness.grade == "label" or _chosen(rows, targets.path))
    kind = harness.grade or ("label" if labels else "json" if sure == "json" else "text")
    if kind == "label" and not labels:
        raise OutputError(
            f"'{harness.target}' has too many values for labels, or too long ones",
            f"take grade: text; labels are {MANY} at most, of {WORDS} words at most",
        )
    return {"kind": kind, **bounds, "labels": labels if kind == "label" else []}


def _labels(rows: TableRows, targets: Targets, *, are_labels: bool) -> tuple[list[str], str]:
    """The values of the targets if they are short and few, or many where the recipe says that they `are_labels`; and `json` where they are
    objects."""
    most, values, count, json_ = MANY if are_labels else FEW, set[str](), 0, False
    for _, row in rows.read(targets.columns):
        value = targets.of(row)
        target = target_of(value)
        json_ = json_ or isinstance(value, dict)
        if target is None or json_:
            continue
        count += 1
        values.update(target if isinstance(target, list) else [target])
        if len(values) > most:
            return [], ""
    short = all(len(text.split()) <= WORDS for text in values)
    few = are_labels or len(values) <= max(2, count / 2)
    return sorted(values) if short and few and not json_ else [], "json" if json_ else ""


def _chosen(rows: TableRows, target: str) -> bool:
    """Whether the recipe itself lists the values of a target."""
    field = rows.dataset.recipe.fields.get(root_of(target))
    if field is None:
        return False
    output = field.data.get("output")
    part = output.get(target.partition(".")[2]) if isinstance(output, dict) else output
    return (field.role == "label" and "." not in target) or isinstance(part, list) or part == "boolean"
