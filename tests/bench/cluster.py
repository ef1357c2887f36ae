"""How fast recipes are made on a Ray cluster of this machine beside the local engine, in one run.

    python tests/bench/cluster.py [--rounds 3] [--workers 2] [--facts 40000] [--typed 400]

Both engines make the same recipes by turns, a round each, and the rows are compared. The cluster is started before, and that time told
apart; of typed messages, time counts from the first answer, when the model is loaded.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from synthgen.api import Tick, make
from synthgen.cluster import opened_cluster
from synthgen.making.engine import EngineName

FACTS: dict[str, object] = {
    "name": "bench",
    "tables": {
        "people": {
            "rows": 1,
            "fields": {
                "who": {"kind": "fake", "provider": "name"},
                "mail": {"kind": "fake", "provider": "email"},
                "city": {"kind": "fake", "provider": "city"},
                "age": {"kind": "number", "between": [18, 90]},
                "intent": {"kind": "choice", "options": ["card", "refund", "login"]},
                "said": {"kind": "template", "template": "{{ who }} of {{ city }} is {{ age }}"},
            },
        }
    },
}
TYPED = Path(__file__).parents[2] / "recipes" / "bank-support" / "recipe.yaml"


def made(recipe: Path | dict[str, object], engine: EngineName, folder: Path, options: dict[str, int]) -> tuple[float, dict[str, bytes]]:
    """Seconds to the end, from the start or of typed messages from the first answer; and the shards."""
    began = start = time.perf_counter()

    def watch(tick: Tick) -> None:
        nonlocal began
        if tick.asked and began == start:
            began = time.perf_counter()

    make(recipe, out=folder, fresh=True, engine=engine, watch=watch, **options)  # type: ignore[arg-type]
    return time.perf_counter() - began, {file.name: file.read_bytes() for file in folder.rglob("*.parquet")}


def compared(name: str, run: Callable[[EngineName, Path], tuple[float, dict[str, bytes]]], rounds: int, rows: int) -> None:
    """Both engines by turns; prints the medians and their ratio."""
    seconds: dict[EngineName, list[float]] = {"local": [], "ray": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            shards = []
            for engine in ("local", "ray") if number % 2 else ("ray", "local"):
                took, made_shards = run(engine, Path(folder) / f"{engine}{number}")  # type: ignore[arg-type]
                seconds[engine].append(took)  # type: ignore[index]
                shards.append(made_shards)
            assert shards[0] == shards[1], "the rows differ"
    ratios = [local / ray for local, ray in zip(seconds["local"], seconds["ray"], strict=True)]
    local, ray = (rows / statistics.median(seconds[engine]) for engine in ("local", "ray"))
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(
        f"{name}: local {local:,.1f} rows a second, ray {ray:,.1f}; ray/local {statistics.median(ratios):.2f} ({each}); same rows",
        flush=True,
    )


def main() -> None:
    """Facts, then typed messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--facts", type=int, default=40_000)
    parser.add_argument("--typed", type=int, default=400)
    options = parser.parse_args()
    began = time.perf_counter()
    with opened_cluster(options.workers) as cluster:
        print(f"{cluster.described()}: up after {time.perf_counter() - began:.1f} s", flush=True)
        for name, recipe, rows in (("facts", FACTS, options.facts), ("typed", TYPED, options.typed)):
            if rows:
                run = partial(made, recipe, options={"rows": rows, "workers": options.workers})
                compared(name, run, options.rounds, rows)


if __name__ == "__main__":
    main()
