"""What was made, how to make it again, and what it took."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.dataset import Dataset
from synthgen.models.budget import dollars
from synthgen.reporting.aside import Queue
from synthgen.reporting.distribution import Holding
from synthgen.reporting.typing import Typing
from synthgen.text.legible import plainly

NAMED = 3
"""Topics, or figures, that are named where something is not as it should be."""
LOW, MANY = 0.8, 0.5
"""A hint is given where a smaller share of labels holds than this, and where there are more refusals for each row."""


@dataclass(frozen=True)
class ListedFact:
    """A line of a list: what, and what it is."""

    name: str
    value: str


@dataclass(frozen=True)
class Hint:
    """Something to look at first, and the section that shows it."""

    text: str
    section: str


@dataclass(frozen=True)
class Spent:
    """What a field asked of a model: answers, tokens read and written, how many of those read came from a cache and of those written were
    thoughts, what it cost in words, and how long it took ("": not known)."""

    field: str
    model: str
    answers: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_thinking: int
    cost: str
    seconds: str


def facts(manifest: Mapping[str, Any]) -> list[ListedFact]:
    """What decides the rows: seed, clock, versions, models."""
    models = "; ".join(f"{name}: {plainly(str(identity))}" for name, identity in manifest["models"].items())
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    return [
        ListedFact("seed", str(manifest["seed"])),
        ListedFact("clock", str(manifest["now"])),
        ListedFact("synthgen", str(manifest["synthgen"])),
        ListedFact("with", versions),
        ListedFact("models", models or "none was asked"),
        ListedFact("fingerprint", str(manifest["fingerprint"])),
    ]


def command(dataset: Dataset) -> str:
    """The command that makes the output again from its `recipe.yaml`."""
    manifest = dataset.manifest
    clock = [] if dataset.recipe.data.get("now") else ["--set", f"now={manifest['now']}"]
    words = ["synthgen", "make", "recipe.yaml", "--seed", str(manifest["seed"]), *clock, "-o", f"outputs/{manifest['name']}-again"]
    return shlex.join(words)


def spent(manifest: Mapping[str, Any]) -> list[Spent]:
    """What each field took, as the manifest tells it."""
    return [
        Spent(
            entry["field"],
            plainly(entry["model"]),
            entry["answers"],
            entry["tokens_in"],
            entry["tokens_out"],
            entry["tokens_cached"],
            entry.get("tokens_thinking", 0),
            _in_dollars(entry),
            "" if entry.get("seconds") is None else duration(entry["seconds"]),
        )
        for entry in manifest.get("spent", ())
    ]


def cost(manifest: Mapping[str, Any]) -> str:
    """What all of it cost, in words."""
    spent = manifest.get("spent", ())
    paid = [entry["cost"] for entry in spent if entry["cost"] is not None]
    if any(entry.get("price_unknown") for entry in spent):
        return f"{dollars(sum(paid))}, and what has no known price" if paid else "no known price"
    return dollars(sum(paid)) if paid else "nothing"


def _in_dollars(entry: Mapping[str, Any]) -> str:
    if entry.get("price_unknown"):
        return "not known"
    return "nothing" if entry["cost"] is None else dollars(entry["cost"])


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def hints(
    manifest: Mapping[str, Any],
    queues: Sequence[Queue],
    holdings: Mapping[str, Sequence[Holding]],
    typings: Mapping[str, Sequence[Typing]],
) -> Iterator[Hint]:
    """What to look at first, table by table."""
    for table, table_record in manifest["tables"].items():
        for holding in holdings[table]:
            least = ", ".join(f"{plainly(str(topic))} {share:.0%}" for topic, share in holding.least(NAMED))
            if holding.hold < LOW or any(share < LOW for _, share in holding.least(1)):
                yield Hint(f"{table}: about {holding.hold:.0%} of the labels of {holding.field} hold; least {least}", "labels")
        for typing in typings[table]:
            if typing.missed:
                more = ", …" if len(typing.missed) > NAMED else ""
                named = ", ".join(typing.missed[:NAMED])
                yield Hint(f"{table}: {typing.field} typed as {typing.against} misses {named}{more}", "typing")
        for queue in queues:
            table_reasons = [reason for reason in queue.reasons if reason.table == table]
            count = sum(reason.count for reason in table_reasons)
            if queue.name != "refused" and table_reasons:
                yield Hint(f"{table}: {count:,} rows wait in {queue.name} for somebody to decide", queue.name)
            elif count > MANY * max(1, table_record["rows"]):
                first = f"{table_reasons[0].check} ({table_reasons[0].field})"
                yield Hint(f"{table}: {count:,} refusals for {table_record['rows']:,} rows, most by {first}", queue.name)
