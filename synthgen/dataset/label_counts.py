"""How a table's labels are spread, as its card shows it: the topic with all its values, the other labels in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from synthgen.dataset.layout import INTENT, planned_layout
from synthgen.recipe import TablePlan
from synthgen.recipe.recorded import RecordedField
from synthgen.spec.rows import steerless, to_text

Counts = Mapping[Any, int]
OPEN, FOLDED = 24, 500
"""Values of the topic that are listed as they are; of more, the commonest 12 are and the others can be unfolded, up to so many."""
FEW = 12
"""Values of any other label that are named."""
LONGEST = 80
"""Characters of a value that are shown."""
SCALARS = ("string", "bool", "int64", "float64")
"""The types of columns that can be labels."""


@dataclass(frozen=True)
class LabelCounts:
    """How many rows of a table have which value of each label, by column; `topics` are those columns that say what messages are about."""

    topics: tuple[str, ...] = ()
    counts: Mapping[str, Counts] = field(default_factory=dict)


def count_labels(
    table: TablePlan, makers: Mapping[str, RecordedField], read: Callable[[Sequence[str]], Iterable[Mapping[str, Any]]]
) -> LabelCounts:
    """How the labels of a finished table are spread; `read` gives columns of its rows. A topic that is no label by its kind is none either
    where hardly any of its values comes twice."""
    named = [name for asked in table.asked.values() for at, name in asked.reads() if at == ("topic",)]
    labels = list(planned_layout(makers, table.columns).labels.values())
    topics = dict.fromkeys(named or [name for name in labels if name == INTENT])
    columns = [name for name in dict.fromkeys([*topics, *labels]) if table.columns.get(name) in SCALARS]
    counts = {column: Counter[Any]() for column in columns}
    for row in read(columns) if columns else ():
        for column in columns:
            counts[column][row[column]] += 1
    shown = {column: values for column, values in counts.items() if column in labels or len(values) <= max(FEW, values.total() / 2)}
    return LabelCounts(tuple(topic for topic in topics if topic in shown), shown)


def label_lines(labels: LabelCounts, holding: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Markdown that shows how labels are spread, and how many messages of each field are about their topic, as the manifest says it in its
    `labels` (`holding`)."""
    shown = set[str]()
    for name, record in holding.items():
        hold = {topic: topic_record["hold"] for topic, topic_record in record["topics"].items()}
        column = next((topic for topic in labels.topics if hold.keys() <= set(map(str, labels.counts[topic]))), "")
        counts = labels.counts[column] if column else {topic: topic_record["rows"] for topic, topic_record in record["topics"].items()}
        yield (
            f"About {record['hold']:.0%} of the messages in `{name}` are about their topic, by a score made from the seed messages; "
            "whether they make sense is not measured."
        )
        yield ""
        yield from _topic_lines(column or "topic", counts, hold)
        shown.add(column)
    for topic in labels.topics:
        if topic not in shown:
            yield from _topic_lines(topic, labels.counts[topic], {})
    if others := {column: counts for column, counts in labels.counts.items() if column not in labels.topics}:
        yield from ["The other labels:" if shown or labels.topics else "The labels:", "", *_other_lines(others)]


def _topic_lines(column: str, counts: Counts, hold: Mapping[str, float]) -> Iterator[str]:
    """Markdown that shows how the topic is spread, the commonest first, beside the share of messages that are about it (`hold`)."""
    ordered, rows = _commonest(counts), sum(counts.values())
    if len(ordered) <= OPEN:
        yield from [f"How `{column}` is spread:", "", *_table(column, ordered, rows, hold)]
        return
    most, middle, least = (_share(count, rows) for count in (ordered[0][1], median(counts.values()), ordered[-1][1]))
    yield f"`{column}` has {len(ordered):,} values: from {most} of the rows down to {least}, {middle} in the middle. The {FEW} commonest:"
    yield from ["", *_table(column, ordered[:FEW], rows, hold)]
    folded, further = ordered[FEW:FOLDED], ordered[FOLDED:]
    yield from ["<details>", f"<summary>The {'next' if further else 'other'} {len(folded):,}</summary>", ""]
    yield from [*_table(column, folded, rows, hold), "</details>", ""]
    if further:
        yield from [f"{len(further):,} more are in {sum(count for _, count in further):,} rows.", ""]


def _other_lines(labels: Mapping[str, Counts]) -> Iterator[str]:
    """Markdown that shows how further labels are spread, one a line."""
    yield from ["| label | rows |", "|---|---|"]
    for column, counts in labels.items():
        ordered, rows = _commonest(counts), sum(counts.values())
        values = [f"{_value(value)} {count:,} ({_share(count, rows)})" for value, count in ordered[:FEW]]
        further = [f"and {len(ordered) - FEW:,} more"] if len(ordered) > FEW else []
        yield f"| `{column}` | {' · '.join([*values, *further])} |"
    yield ""


def _table(column: str, ordered: Sequence[tuple[Any, int]], rows: int, hold: Mapping[str, float]) -> Iterator[str]:
    yield f"| `{column}` | rows | share |{' about it |' if hold else ''}"
    yield f"|---|--:|--:|{'--:|' if hold else ''}"
    for value, count in ordered:
        about = f" {hold[str(value)]:.0%} |" if str(value) in hold else " |" if hold else ""
        yield f"| {_value(value)} | {count:,} | {_share(count, rows)} |{about}"
    yield ""


def _commonest(counts: Counts) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def _share(count: float, rows: int) -> str:
    share = count / max(1, rows)
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _value(value: Any) -> str:
    text = steerless(to_text(value)).strip()
    return in_markdown(text if len(text) <= LONGEST else f"{text[:LONGEST]}…") or "–"


def in_markdown(text: str) -> str:
    """A text on one line that Markdown and HTML leave alone."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in " ".join(text.split()))
