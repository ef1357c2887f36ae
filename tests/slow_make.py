"""A run that tests can kill: `python slow_make.py RECIPE OUT SECONDS` makes a recipe with a scripted model that takes its time."""

import sys
import time
from random import Random

from synthgen.api import make
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

_, recipe, out, pause = sys.argv


def script(prompt: Prompt, stream: Random) -> str:
    """Half of the messages are refused at first, so that retries are cut off too."""
    time.sleep(float(pause))
    return "" if stream.random() < 0.3 else f" message {stream.randrange(400)} about <thing>\n"


make(recipe, out=out, models={"typist": ScriptedModel(script)}, chunk=16)
