"""A smaller model out of a larger one: fewer tokens, fewer layers, fewer bits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from synthgen.errors import ModelError

START = "<|endoftext|>"
"""The one special token that is kept: it begins and ends a document."""


def vocabulary(tokenizer: Mapping[str, Any], counts: Mapping[int, int], general: int, seen: int) -> tuple[dict[str, Any], list[int]]:
    """A byte-level BPE tokenizer with fewer tokens, as its JSON, and which tokens of the old one they are, in order, `START` first.

    Kept are the first `general` ones (a BPE learns the most frequent first), those counted `seen` times or more, all bytes, and
    whatever their merges need. Raises ModelError for a tokenizer of another kind.
    """
    model = tokenizer["model"]
    if model["type"] != "BPE":
        raise ModelError(f"its tokenizer is {model['type']}, not BPE", "start from a model of the SmolLM or GPT-2 kind")
    names = {number: token for token, number in model["vocab"].items()}
    special = {entry["content"] for entry in tokenizer["added_tokens"]} - {START}
    halves: dict[str, tuple[str, str]] = {}
    for merge in model["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        halves.setdefault(left + right, (left, right))
    if START not in model["vocab"]:
        raise ModelError(f"its vocabulary has no {START}", "start from a model of the SmolLM or GPT-2 kind")
    ahead = [token for number, token in names.items() if number < general or counts.get(number, 0) >= seen or len(token) == 1]
    ahead.append(START)
    kept = set[str]()
    while ahead:
        token = ahead.pop()
        if token not in kept and token not in special:
            kept.add(token)
            ahead += halves.get(token, ())
    old = sorted((number for number, token in names.items() if token in kept), key=lambda number: (names[number] != START, number))
    numbers = {names[number]: place for place, number in enumerate(old)}
    merges = [merge for merge in model["merges"] if _all_in(merge if isinstance(merge, list) else merge.split(" "), kept)]
    added = [{**entry, "id": numbers[entry["content"]]} for entry in tokenizer["added_tokens"] if entry["content"] in kept]
    return {**tokenizer, "added_tokens": added, "model": {**model, "vocab": numbers, "merges": merges}}, old


def _all_in(halves: Sequence[str], kept: set[str]) -> bool:
    return {*halves, "".join(halves)} <= kept


def token_frequencies(tokenizer: Any, texts: Iterable[str]) -> Counter[int]:
    """How often a tokenizer's tokens are seen."""
    counts = Counter[int]()
    for text in texts:
        counts.update(tokenizer(text, add_special_tokens=False)["input_ids"])
    return counts


def take_tokens(model: Any, kept: Sequence[int]) -> None:
    """Keep these rows of a model's embedding (and of its head, which shares it or not)."""
    places = torch.tensor(kept, device=model.device)
    shared = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    inner = nn.Embedding(len(kept), 1, device="meta")
    inner.weight = nn.Parameter(model.get_input_embeddings().weight.detach()[places].clone())
    head = nn.Linear(1, len(kept), bias=False, device="meta")
    head.weight = inner.weight if shared else nn.Parameter(model.get_output_embeddings().weight.detach()[places].clone())
    model.set_input_embeddings(inner)
    model.set_output_embeddings(head)
    model.config.vocab_size = len(kept)
    start = 0
    model.config.bos_token_id = model.config.eos_token_id = start
    model.config.pad_token_id = None
    if model.generation_config is not None:
        model.generation_config.bos_token_id = model.generation_config.eos_token_id = start
        model.generation_config.pad_token_id = None


def influence(model: Any, batches: Iterable[torch.Tensor]) -> list[float]:
    """How much each layer changes what it is given: 1 - the cosine of its output and its input, on average (block influence,
    ShortGPT, arXiv 2403.03853)."""
    totals, count = [0.0] * len(model.model.layers), 0
    with torch.inference_mode():
        for ids in batches:
            states = model.model(ids.to(model.device), output_hidden_states=True, use_cache=False).hidden_states
            for place, (before, after) in enumerate(pairwise(states)):
                totals[place] += 1 - float(torch.cosine_similarity(before.float(), after.float(), dim=-1).mean())
            count += 1
    return [total / max(1, count) for total in totals]


def take_layers(model: Any, kept: Sequence[int]) -> None:
    """Keep these layers."""
    model.model.layers = nn.ModuleList(model.model.layers[place] for place in sorted(kept))
    for place, layer in enumerate(model.model.layers):
        layer.self_attn.layer_idx = place
    model.config.num_hidden_layers = len(kept)
    if getattr(model.config, "layer_types", None):
        model.config.layer_types = [model.config.layer_types[place] for place in sorted(kept)]


def tokenizer_files(tokenizer: Mapping[str, Any]) -> dict[str, str]:
    """The files of a cut tokenizer, by name."""
    settings = {
        "backend": "tokenizers",
        "bos_token": START,
        "eos_token": START,
        "model_max_length": 8192,
        "padding_side": "left",
        "tokenizer_class": "TokenizersBackend",
    }
    return {"tokenizer.json": json.dumps(tokenizer, ensure_ascii=False), "tokenizer_config.json": json.dumps(settings, indent=2)}
