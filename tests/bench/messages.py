"""Messages a second: `python tests/bench/messages.py [MESSAGES]`.

The same prompts, from the bank's recipe, continued by the embedded model in two ways, in turn: as `make` does it (frames read once, rows
side by side), and one by one with transformers' own `generate`. Prints both, and the ratio. Then how much of it is the same when other rows
are in the batch (it must be all).
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from synthgen.models import BaseModel
from synthgen.recipe import load, plan
from synthgen.spec.rows import Prompt, Row
from synthgen.spec.streams import Streams

RECIPE = Path(__file__).parents[2] / "recipes" / "bank-support" / "recipe.yaml"
ALONE = 12  # messages that are continued one by one: enough for a rate


def prompts(count: int) -> list[Prompt]:
    """The first prompts of the recipe's messages."""
    recipe = load(RECIPE).recipe
    table, streams = plan(recipe).tables[0], Streams(recipe.seed)
    rows = [Row(table.name, index) for index in range(count)]
    for name, field in table.table.fields.items():
        if name != "message":
            for row in rows:
                row.values[name] = "x" if field.when else field.make(row, streams.at(table.name, name, row.index, 0))  # type: ignore[union-attr]
    return [own[0] for own in table.asked["message"].ask(rows, "message", streams)]


def one_by_one(model: BaseModel, asked: list[Prompt]) -> float:
    """Messages a second with `generate`."""
    import torch

    torch.set_num_threads(2)
    began = time.perf_counter()
    for prompt in asked:
        ids = torch.tensor([model._ids(prompt.text)])
        model._model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=0.8,
            min_p=0.05,
            max_new_tokens=64,
            stop_strings=["\n"],
            tokenizer=model.tokenizer,
            pad_token_id=0,
        )
    return len(asked) / (time.perf_counter() - began)


def main() -> None:
    """Print the figures."""
    asked = prompts(int(sys.argv[1]) if len(sys.argv) > 1 else 240)
    peer, model = BaseModel("scribbler"), BaseModel("scribbler")
    one_by_one(peer, asked[:2])
    list(model.complete(asked[:2]))
    for _ in range(2):
        slow = one_by_one(peer, random.Random(1).sample(asked, ALONE))
        began = time.perf_counter()
        written = {one.prompt.stream: one.text for one in model.complete(asked)}
        fast = len(asked) / (time.perf_counter() - began)
        print(f"side by side {fast:.1f} messages a second, one by one {slow:.1f}: ratio {fast / slow:.1f}")
    again = {one.prompt.stream: one.text for one in model.complete(asked[::7])}
    print(f"{sum(written[stream] == text for stream, text in again.items())} of {len(again)} are the same in another batch")


if __name__ == "__main__":
    main()
