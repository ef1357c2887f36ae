"""The words that mean the same in every command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from synthgen.cli.streams import tell

INTERRUPTED = 130
"""The exit code of what was cut off by Ctrl-C or SIGTERM."""

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="the recipe, a YAML file")]
Output = Annotated[str, typer.Argument(metavar="OUTPUT", help="an output folder, or the address of one")]
Out = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--out",
        metavar="PLACE",
        help="where the output goes: a folder, or an address such as s3://bucket/traffic (default: outputs/NAME)",
    ),
]
Rows = Annotated[int | None, typer.Option("--rows", metavar="N", min=1, help="rows for every table that has no parent")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="another seed: other rows")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change the recipe, such as tables.traffic.rows=50; may be repeated")
]
Without = Annotated[list[str] | None, typer.Option("--without", metavar="TABLE", help="leave a table out; may be repeated")]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="PLACE",
        help="a folder outside the recipe's own, or an output elsewhere (s3://bucket/traffic), that it may read, or a server that it may "
        "ask, such as http://gpu.example:8000; may be repeated",
    ),
]
App = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="WHICH",
        help="your own application, where the recipe asks it: an address, module:function, or a YAML file",
    ),
]
AppVersion = Annotated[
    str, typer.Option("--app-version", metavar="NAME", help="which version of your application this is: another one is asked anew")
]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", metavar="USD", min=0, help="stop before a request that could make this run cost more")
]
Engine = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--engine",
        metavar="WHICH",
        help="where rows are made: local, or ray: on the Ray cluster of RAY_ADDRESS, or one that is started here; the rows are the same",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        help="how many processes make facts at once (default: the processors), or work on a cluster (default: as many as fit); the rows "
        "are the same",
    ),
]
All = Annotated[
    bool,
    typer.Option(
        "--all", help="all fields, whole texts, and what was measured of them: style, slips, where each row came from (provenance)"
    ),
]
NoReview = Annotated[
    bool, typer.Option("--no-review", help="take the rows as they were made, whatever reviewers decided (default: as they left them)")
]
Turns = Annotated[
    Literal["first", "all", "new"] | None,
    typer.Option(
        "--turns",
        metavar="WHICH",
        help="which turns of the user are read of conversations: first, all, or new, as requests repeat those before (default: all, of "
        "traces new)",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
Json = Annotated[bool, typer.Option("--json", help="print the result as JSON, for a program")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print nothing but errors")]


def loading(
    rows: int | None, seed: int | None, settings: list[str] | None, without: list[str] | None, allow: list[str] | None
) -> dict[str, Any]:
    """These options as `load` has them."""
    return {"rows": rows, "seed": seed, "settings": settings or [], "without": without or [], "allow": allow or []}


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Work that goes on after an interruption, because `what` it had done is kept."""
    try:
        yield
    except KeyboardInterrupt:
        tell(f"\ninterrupted; {what} is kept: the same command goes on")
        raise typer.Exit(INTERRUPTED) from None
