"""What asking Claude through synthgen costs: `python tests/bench/claude.py [--prompts 1000] [--latency 0.05] [--at-once 64] [--runs 3]`.

The same prompts are asked through synthgen, with a journal on disk, and by a bare asyncio loop over the same SDK that keeps nothing, by
turns in one run. The server is a process of its own. Told are the medians of the runs and their ratio; the goal is 1.10 at most.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import anthropic

from synthgen.models import ClaudeModel, Journal, Journalled
from synthgen.spec.rows import Prompt

NAME = "claude-haiku-5-5"
SERVER = Path(__file__).parents[1] / "servers" / "claude.py"


def bare(prompts: list[Prompt], at_once: int) -> int:
    """The loop that anybody would write."""

    async def run() -> int:
        slots = asyncio.Semaphore(at_once)
        async with anthropic.AsyncAnthropic() as client:

            async def ask(prompt: Prompt) -> str:
                async with slots:
                    message = await client.messages.create(model=NAME, max_tokens=8192, messages=[{"role": "user", "content": prompt.text}])
                    return "".join(block.text for block in message.content if block.type == "text")

            return len(await asyncio.gather(*map(ask, prompts)))

    return asyncio.run(run())


def ours(prompts: list[Prompt], at_once: int) -> int:
    """Ours, every answer kept in a new journal before the next one is taken."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        count = sum(1 for _ in Journalled(ClaudeModel(NAME, concurrency=at_once), journal).complete(prompts))
        journal.close()
    return count


def seconds(ask: Callable[[list[Prompt], int], int], prompts: list[Prompt], at_once: int) -> tuple[float, float]:
    """How long it took to ask all of them, on the clock and of the processor."""
    began, worked = time.perf_counter(), time.process_time()
    assert ask(prompts, at_once) == len(prompts)
    return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--prompts", type=int, default=1000)
    reader.add_argument("--latency", type=float, default=0.05)
    reader.add_argument("--at-once", type=int, default=64)
    reader.add_argument("--runs", type=int, default=3)
    told = reader.parse_args()
    prompts = [Prompt(f"Where is my order {number}?", number) for number in range(told.prompts)]
    server = subprocess.Popen([sys.executable, SERVER, "--latency", str(told.latency)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        for _ in range(2):
            name, _, value = server.stdout.readline().strip().partition("=")
            os.environ[name] = value
        found: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
        for ask in (bare, ours):  # imports and caches
            ask(prompts[:64], told.at_once)
        for _ in range(told.runs):
            found["bare"].append(seconds(bare, prompts, told.at_once))
            found["ours"].append(seconds(ours, prompts, told.at_once))
    finally:
        server.terminate()
        server.wait()
    best = told.prompts * told.latency / told.at_once
    print(f"{told.prompts:,} prompts at {told.latency * 1000:.0f} ms, {told.at_once} at once (at least {best:.2f} s)")
    for name, runs in found.items():
        clock, cpu = (median(values) for values in zip(*runs, strict=True))
        print(
            f"{name:<5} {clock:6.2f} s, {told.prompts / clock:5.0f} a second, {cpu:5.2f} s of the processor  "
            f"({', '.join(f'{one:.2f}' for one, _ in runs)})"
        )
    print(f"ratio {median(one for one, _ in found['ours']) / median(one for one, _ in found['bare']):.3f}")


if __name__ == "__main__":
    main()
