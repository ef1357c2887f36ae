"""A run that a test disturbs: `python work.py RECIPE OUT [--batch]` makes a recipe with a scripted typist; Claude is as the environment
says. An error that is told ends it with 1; whatever else is a fault, and shows itself as a traceback."""

from __future__ import annotations

import os
import sys
from random import Random

from synthgen.api import make
from synthgen.errors import SynthgenError
from synthgen.making.runs import Tick
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

FACTS = """\
name: facts
tables:
  people:
    rows: 300
    fields:
      id: {kind: id, prefix: P-}
      name: {kind: fake, provider: name}
      n: {kind: number, between: [1, 100]}
      plan: {kind: choice, options: {free: 3, paid: 1}}
    keep: [{kind: unique, field: id}]
  orders:
    from: {table: people, per_row: [0, 2]}
    fields:
      item: {kind: choice, options: [lamp, chair, desk]}
"""
TYPED = """\
name: typed
tables:
  traffic:
    rows: 120
    fields:
      thing: {kind: choice, options: [lamp, chair]}
      message: {kind: typed, seeds: [where is my <thing>, the <thing> is late, no <thing> yet], mention: {thing: 0.5}}
    keep: [{kind: unique, field: message}]
"""
CLAUDE = (
    TYPED.replace("name: typed", "name: claude").replace("rows: 120", "rows: 60")
    + """\
  replies:
    from: {table: traffic}
    fields:
      reply: {kind: claude, task: Reply to the message., tokens: 64}
"""
)
RECIPES = {"facts": FACTS, "typed": TYPED, "claude": CLAUDE, "batch": CLAUDE.replace("name: claude", "name: batch")}


def script(prompt: Prompt, stream: Random) -> str:
    """Some messages are refused at first, so that later tries are cut off too."""
    mention = " ".join(f"<{slot}>" for slot in prompt.origin.get("mention", ()))
    return "" if stream.random() < 0.2 else f" message {stream.randrange(10**6)} {mention}\n"


stops = [int(os.environ["STOP_AT"])] if "STOP_AT" in os.environ else []


def told(tick: Tick) -> None:
    """Print how far it is. Once a table has STOP_AT rows, wait for a line on standard input, once."""
    print(tick.table, tick.rows, flush=True)
    if stops and tick.rows >= stops[0]:
        stops.clear()
        sys.stdin.readline()


if __name__ == "__main__":
    try:
        make(sys.argv[1], out=sys.argv[2], models={"typist": ScriptedModel(script)}, chunk=12, watch=told, batch="--batch" in sys.argv)
    except SynthgenError as error:
        sys.exit(f"error: {error}")
