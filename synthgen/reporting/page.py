"""The page, rendered: everything in one file, which may run and load nothing but what stands in it.

It is the same, byte for byte, for the same output: `make` writes it before the manifest, `report` writes it from the finished output.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from synthgen.dataset import Dataset
from synthgen.decisions.amended import Honoured
from synthgen.harness.slicing import Sliced
from synthgen.reporting import contents, distribution, made, typing, wording
from synthgen.reporting.against import Against
from synthgen.reporting.aside import queue
from synthgen.reporting.contents import Contents
from synthgen.reporting.reviewed import reviewed
from synthgen.spec.points import points
from synthgen.text.legible import legible

TEMPLATES = Path(__file__).parent / "templates"
MAKER = '<meta name="generator" content="synthgen report">'
"""The mark by which a report is recognised."""
HOLDS_LOGS = "<strong>This file holds real messages</strong>"
"""What the template of a page says in which there are any."""


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"count": lambda value: f"{value:,}", "share": share, "points": points, "legible": legible}
    return templates


def render(dataset: Dataset, against: Against | None = None, review: Honoured | None = None, tested: Sequence[Sliced] = ()) -> str:
    """The page of an output; `against` puts real messages into it, `review` shows what reviewers came to (the dataset is as they left it
    then), `tested` are the results of an application on its rows. Raises OutputError when a shard is missing."""
    style, script = (_content(name) for name in ("report.css", "quiz.js"))
    tables = [_table(Contents(dataset, name)) for name in dataset.tables]
    queues = [side_queue for name in dataset.aside if (side_queue := queue(dataset, name)).rows]
    manifest = dataset.manifest
    holdings, typings = ({table["name"]: table[key] for table in tables} for key in ("holdings", "typings"))
    return (
        _templates()
        .get_template("page.html")
        .render(
            name=manifest["name"],
            about=legible(" ".join(dataset.recipe.about.split()), longest=400) if dataset.recipe.about.strip() else (),
            manifest=manifest,
            tables=tables,
            queues=queues,
            facts=made.facts(manifest),
            command=made.command(dataset),
            recipe=dataset.texts.get("recipe.yaml", b"").decode("utf-8", "replace"),
            spent=made.spent(manifest),
            cost=made.cost(manifest),
            time=made.duration(manifest["seconds"]),
            hints=list(made.hints(manifest, queues, holdings, typings)),
            against=against,
            tested=tested,
            reviewed=reviewed(review),
            style=style,
            script=script if against else "",
            policy=_policy(style, script if against else ""),
            limits={"compared": contents.COMPARED, "read": contents.READ},
        )
    )


def _table(table: Contents) -> dict[str, Any]:
    """What the page shows of a table."""
    holdings = distribution.holdings(table.dataset.manifest, table.name)
    voices = list(typing.against_voices(table.dataset.manifest, table.name))
    first, most, least = table.shown()
    return {
        "name": table.name,
        "rows": table.rows,
        "told": table.dataset.manifest["tables"][table.name],
        "message": table.message,
        "spoken": table.spoken,
        "unselected": first,
        "most": most,
        "least": least,
        "spreads": distribution.spreads(table),
        "crossings": distribution.crossings(table),
        "holdings": holdings,
        "typings": voices or [measured for measured in [typing.measured(table)] if measured],
        "lengths": wording.lengths(table),
        "varied": wording.varied(table),
    }


def _policy(style: str, script: str) -> str:
    """What the page may do: have its own style, run its own script, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'" if script else "script-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


@cache
def _content(name: str) -> str:
    return "\n" + (TEMPLATES / name).read_text(encoding="utf-8")


def share(value: float) -> str:
    """A share in words: no row is 0 %, and all but one are not 100 %."""
    if 0 < value < 0.005:
        return "<1 %"
    return f"{min(value, 0.99) if value < 1 else 1:.0%}".replace("%", " %")
