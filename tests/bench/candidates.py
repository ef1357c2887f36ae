"""Base models side by side: `python tests/bench/candidates.py CORPORA MODEL... [--messages 200]`.

CORPORA is the folder that `synthgen tune --from-scratch` learns from, each MODEL `scribbler`, a folder, a .gguf file or a Hub id. Of each
are told its size, how long it takes to be ready, bits per byte on the sources that are held out whole (the same documents for all), and
messages a second, in turns: the same frames, of held-out messages, side by side as `make` does it. With `--generate` also those that
transformers' own `generate` gives in a batch of 32.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from synthgen.models import BaseModel
from synthgen.models.base import cores
from synthgen.spec.rows import Prompt
from synthgen.tuning import privacy, scratch
from synthgen.tuning.documents import TrainingMessage

AT_A_TIME = 32
WHERE = "Guests typing to a restaurant's booking assistant."


def asked(corpora: scratch.Corpora, count: int, rows: int = 32) -> list[Prompt]:
    """Frames of held-out messages, so many `rows` each."""
    typed = [TrainingMessage(one.text) for one in corpora.strange["restaurant8k"]]
    shown = [prompt for prompt in privacy.extraction_prompts(typed, WHERE, 4 * count // rows, random.Random(3)) if "\n- " in prompt.text]
    stream = random.Random(4)
    return [Prompt(one.text, stream.getrandbits(63), one.settings) for one in shown for _ in range(rows)][:count]


def side_by_side(model: BaseModel, prompts: Sequence[Prompt]) -> int:
    """How many messages synthgen writes."""
    return len(list(model.complete(prompts)))


def in_a_batch(model: BaseModel, prompts: Sequence[Prompt]) -> int:
    """How many messages transformers' `generate` writes, 32 rows at a time."""
    import torch

    network, tokenizer = model.opened()
    torch.set_num_threads(cores())
    for start in range(0, len(prompts), AT_A_TIME):
        rows = [tokenizer(one.text)["input_ids"] for one in prompts[start : start + AT_A_TIME]]
        width = max(map(len, rows))
        ids = torch.tensor([[0] * (width - len(row)) + row for row in rows], device=network.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=network.device)
        network.generate(ids, attention_mask=mask, **sampling(tokenizer))
    return len(prompts)


def sampling(tokenizer: Any) -> dict[str, Any]:
    """How transformers is to sample, as synthgen does."""
    end = tokenizer("\n", add_special_tokens=False)["input_ids"][-1]
    return {"do_sample": True, "temperature": 1.0, "min_p": 0.05, "max_new_tokens": 80, "eos_token_id": end, "pad_token_id": 0}


def rate(way: Callable[[Sequence[Prompt]], int], prompts: Sequence[Prompt]) -> float:
    """Messages a second."""
    began = time.perf_counter()
    return way(prompts) / (time.perf_counter() - began)


def main() -> None:
    """Print a line for each model."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("corpora", type=Path)
    options.add_argument("models", nargs="+")
    options.add_argument("--messages", type=int, default=320)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--generate", action="store_true")
    given = options.parse_args()
    corpora = scratch.gathered(given.corpora, 0)
    prompts = asked(corpora, given.messages)
    base_models, speeds = {}, {name: list[float]() for name in given.models}
    for name in given.models:
        began = time.perf_counter()
        base_model = base_models[name] = BaseModel(name)
        list(base_model.complete(prompts[:1]))
        ready = time.perf_counter() - began
        place = base_model.place
        parameters = base_model.opened()[0].num_parameters() / 1e6
        size = sum(file.stat().st_size for file in (place.iterdir() if place.is_dir() else [place])) / 1e6
        figures = scratch.figures(name, corpora, 0, 2048)
        told = " ".join(f"{source} {figure:.3f}" for source, figure in figures.items())
        print(
            f"{name}: {parameters:.0f} M parameters, {size:.0f} MB, ready in {ready:.1f} s; bits per byte"
            f" {statistics.mean(figures.values()):.3f} ({told})",
            flush=True,
        )
    for _ in range(given.rounds):
        for name, base_model in base_models.items():
            speeds[name].append(rate(partial(side_by_side, base_model), prompts))
    first = statistics.median(speeds[given.models[0]])
    for name, own in speeds.items():
        print(
            f"{name}: {statistics.median(own):.1f} messages a second ({', '.join(f'{one:.1f}' for one in own)}), "
            f"{statistics.median(own) / first:.2f} of the first"
        )
    if given.generate:
        for name in given.models:
            speed = rate(partial(in_a_batch, BaseModel(name)), prompts)
            print(
                f"{name} with generate, batch of 32: {speed:.1f} messages a second; the first model here is {first / speed:.1f} times "
                f"as fast",
                flush=True,
            )


if __name__ == "__main__":
    main()
