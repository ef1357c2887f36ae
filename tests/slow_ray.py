"""A run on a Ray cluster that tests can kill: `python slow_ray.py RECIPE OUT` makes a recipe, and says when the first row is there."""

import sys

from synthgen.api import Tick, make

_, recipe, out = sys.argv
told = False


def watch(tick: Tick) -> None:
    """Once a completion has come."""
    global told
    if tick.asked and not told:
        told = True
        print("asked", flush=True)


make(recipe, out=out, engine="ray", workers=2, watch=watch)
print("done", flush=True)
