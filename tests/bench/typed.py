"""Typed messages beside other ways to have them: `python tests/bench/typed.py CORPORA [--gguf FILE] [--device cuda]`.

In one run, the same model and the same frames of held-out messages: synthgen; transformers' `generate` and its `pipeline`, 32 rows at a
time; transformers' continuous batching; llama.cpp by the package `xllamacpp`, when it first sees the frames and when it has them cached
(`--gguf` names the model as a GGUF file); and the limit, which is the same number of tokens in steps of a full batch of rows that all
read one frame, with nothing else: no frame is read, no row comes or goes, no token is made text. What cannot run here says why. Printed
are messages a second by the median of the rounds, and how many times as many synthgen makes. Continuous batching has one round, the last:
on processors it takes many minutes.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from candidates import AT_A_TIME, asked, in_a_batch, rate, sampling, side_by_side
from realism import Missing

from synthgen.models import BaseModel
from synthgen.models.base import WIDTH, WORKERS, choose, cores
from synthgen.models.batch import Job
from synthgen.spec.rows import Prompt
from synthgen.tuning import scratch


def with_pipeline(model: BaseModel, prompts: Sequence[Prompt]) -> int:
    """Messages of transformers' `pipeline`."""
    from transformers import pipeline

    network, tokenizer = model.opened()
    tokenizer.pad_token_id, tokenizer.padding_side = 0, "left"
    torch.set_num_threads(cores())
    made = pipeline("text-generation", model=network, tokenizer=tokenizer, batch_size=AT_A_TIME)
    return len(made([prompt.text for prompt in prompts], return_full_text=False, **sampling(tokenizer)))


def with_continuous_batching(model: BaseModel, prompts: Sequence[Prompt]) -> int:
    """Messages of transformers' continuous batching. Raises Missing."""
    from transformers import GenerationConfig

    network, tokenizer = model.opened()
    if not hasattr(network, "generate_batch"):
        raise Missing("this version of transformers has none")
    ids = [tokenizer(prompt.text)["input_ids"] for prompt in prompts]
    return len(network.generate_batch(inputs=ids, generation_config=GenerationConfig(**sampling(tokenizer)), progress_bar=False))


class LlamaCpp:
    """llama.cpp's server in this process, with so many slots as synthgen has rows side by side. Raises Missing."""

    def __init__(self, file: Path | None) -> None:
        if file is None:
            raise Missing("name the model as a GGUF file: --gguf FILE")
        try:
            from xllamacpp import CommonParams, Server
        except ImportError:
            raise Missing("pip install xllamacpp") from None
        params = CommonParams()
        params.model.path = str(file)
        params.n_parallel, params.n_ctx = WIDTH, 512 * WIDTH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cores()
        params.cpuparams.poll = params.cpuparams_batch.poll = 0
        params.verbosity = -1
        self.server = Server(params)

    def __call__(self, prompts: Sequence[Prompt]) -> int:
        """Messages, as many asked at once as there are slots."""
        with ThreadPoolExecutor(WIDTH) as threads:
            return len(list(threads.map(self._ask, prompts)))

    def _ask(self, prompt: Prompt) -> Any:
        body = {
            "prompt": prompt.text,
            "max_tokens": prompt.settings["tokens"],
            "temperature": 1.0,
            "min_p": 0.05,
            "stop": ["\n"],
            "seed": prompt.stream % 2**31,
        }
        answer = self.server.handle_completions(body)
        if not answer.get("choices"):
            raise Missing(f"it answered {answer}")
        return answer


def the_limit(model: BaseModel, prompts: Sequence[Prompt], tokens: int) -> int:
    """As many `tokens` in steps of full batches, by as many workers as synthgen has."""
    workers = 1 if model.device != "cpu" else min(WORKERS, cores())
    steps = -(-tokens // (WIDTH * workers))
    ids = tuple(model._ids(prompts[0].text))

    def work(_: int) -> None:
        torch.set_num_threads(1)
        left = max(steps, 1)
        with torch.inference_mode():
            while left > 0:
                some = min(left, int(prompts[0].settings["tokens"]) - 1)
                jobs = [Job(number, ids, [0.5] * (some + 1), 1.0) for number in range(WIDTH)]
                for _ in model._writer(len(ids), some + 1)(iter(jobs), lambda token: False, choose):
                    pass
                left -= some

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(work, range(workers)))
    return len(prompts)


def main() -> None:
    """Print a line for each way."""
    asked_for = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked_for.add_argument("corpora", type=Path)
    asked_for.add_argument("--model", default="scribbler")
    asked_for.add_argument("--device", default="auto")
    asked_for.add_argument("--gguf", type=Path)
    asked_for.add_argument("--frames", type=int, default=20)
    asked_for.add_argument("--rows", type=int, default=12)
    asked_for.add_argument("--rounds", type=int, default=3)
    options = asked_for.parse_args()
    prompts = asked(scratch.gathered(options.corpora, 0), options.frames * options.rows, options.rows)
    model = BaseModel(options.model, device=options.device)
    completions = list(model.complete(prompts))
    tokens = sum(completion.tokens_out for completion in completions)
    frames = [len(model._ids(text)) for text, _ in groupby(prompt.text for prompt in prompts)]
    print(
        f"{options.model} on {model.device} in {model.dtype}: {len(frames)} frames of {statistics.mean(frames):.0f} tokens, "
        f"{len(prompts)} messages of {tokens / len(prompts):.1f}"
    )
    ways: dict[str, Callable[[Sequence[Prompt]], int]] = {
        "synthgen": partial(side_by_side, model),
        "the limit": lambda some: the_limit(model, some, tokens),
        "generate, 32 rows": partial(in_a_batch, model),
        "pipeline, 32 rows": partial(with_pipeline, model),
    }
    try:
        server = LlamaCpp(options.gguf)
        list(map(server._ask, prompts[:1]))
        first = rate(server, prompts)
        print(f"{'llama.cpp, new frames':24}{first:8.1f} messages a second, once", flush=True)
        ways["llama.cpp, cached frames"] = server
    except Missing as error:
        print(f"{'llama.cpp':24}left out: {error}")
    slow = {"continuous batching": partial(with_continuous_batching, model)}
    rates: dict[str, list[float]] = {}
    for some in [ways] * options.rounds + [slow]:
        for name, way in list(some.items()):
            try:
                rates.setdefault(name, []).append(rate(way, prompts))
                print(f"{name:24}{rates[name][-1]:8.1f} messages a second", flush=True)
            except Exception as error:  # what one way cannot do must not hide the others
                print(f"{name:24}left out: {type(error).__name__}: {str(error)[:200]}", flush=True)
                del some[name], rates[name]
    print()
    ours = statistics.median(rates["synthgen"])
    for name, measured in rates.items():
        middle = statistics.median(measured)
        every = ", ".join(f"{each:.1f}" for each in measured)
        print(f"{name:24}{middle:8.1f} messages a second ({every}); synthgen {ours / middle:.2f} times that")


if __name__ == "__main__":
    main()
