"""Llama models whose weights ship packed, such as Scribbler, read with torch alone.

Transformers knows them too, and what it computes is the same to the last bit (a test holds it). But its import takes longer than a first
message waits for everything else. Architecture: Touvron et al., arXiv 2302.13971; as transformers' `LlamaForCausalLM` has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding, scaled_dot_product_attention, silu

from synthgen.models.attention import RowsLayer
from synthgen.models.codec import token_set
from synthgen.models.cpu import Linear, linear

NEEDED = "hidden_size", "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps", "vocab_size"


def is_llama(config: Mapping[str, Any]) -> bool:
    """Whether a config describes a model that `Llama` reads: none of the variations that transformers knows."""
    return (
        config.get("model_type") == "llama"
        and config.get("hidden_act") == "silu"
        and config.get("tie_word_embeddings") is True
        and not (config.get("attention_bias") or config.get("mlp_bias") or config.get("quantization_config"))
        and config.get("rope_parameters", {}).get("rope_type") == "default"
        and all(name in config for name in NEEDED)
    )


@dataclass(frozen=True)
class Layer:
    """One layer's weights."""

    queries: Linear
    keys: Linear
    values: Linear
    mix: Linear
    gate: Linear
    up: Linear
    down: Linear
    before_attention: Tensor
    before_mlp: Tensor


class Llama:
    """A model with this `config` and these `weights` by name, on one device and in one number format."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self.embedding = weights["model.embed_tokens.weight"]
        self.device, self.dtype = self.embedding.device, self.embedding.dtype
        self.heads, self.key_heads = config["num_attention_heads"], config["num_key_value_heads"]
        self.head_size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.epsilon, self.window = config["rms_norm_eps"], config.get("max_position_embeddings")
        self.ends = token_set(config.get("eos_token_id"))
        even = torch.arange(0, self.head_size, 2, dtype=torch.float, device=self.device)
        self.frequencies = 1.0 / (config["rope_parameters"]["rope_theta"] ** (even / self.head_size))
        width, rows, key_rows = config["hidden_size"], self.heads * self.head_size, self.key_heads * self.head_size
        shapes = {"q": (rows, width), "k": (key_rows, width), "v": (key_rows, width), "o": (width, rows)}
        self.layers = [_layer(weights, f"model.layers.{number}", shapes) for number in range(config["num_hidden_layers"])]
        self.before_head, self.head = weights["model.norm.weight"], linear(self.embedding)

    def read(self, ids: Sequence[int]) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
        """What is remembered of a frame, the keys and values (1, heads, tokens, dimensions) of each layer; and the logits (1, vocabulary)
        of what comes next."""
        remembered = []
        states = embedding(torch.tensor([ids], device=self.device), self.embedding)
        turns = self._turns(torch.arange(len(ids), device=self.device)[None])
        for layer in self.layers:
            query, keys, values = self._looking(layer, states, turns)
            remembered.append((keys, values))
            seen = scaled_dot_product_attention(
                query, keys, values, is_causal=len(ids) > 1, scale=self.head_size**-0.5, enable_gqa=self.heads > self.key_heads
            )
            states = self._further(layer, states, seen.transpose(1, 2))
        return remembered, self._logits(states[:, -1:])

    def step(self, tokens: Tensor, positions: Tensor, mask: Tensor, caches: Sequence[RowsLayer]) -> Tensor:
        """The logits (rows, vocabulary) of what comes after the `tokens` (rows,) at these `positions` (rows,)."""
        states = embedding(tokens[:, None], self.embedding)
        turns = self._turns(positions[:, None])
        for layer, cache in zip(self.layers, caches, strict=True):
            query, new_keys, new_values = self._looking(layer, states, turns)
            keys, values = cache.update(new_keys, new_values)
            states = self._further(layer, states, cache.attention(query, keys, values, mask, self.head_size**-0.5))
        return self._logits(states)

    def _turns(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines (rows, 1, tokens, dimensions) of rotary position embedding (Su et al., arXiv 2104.09864)."""
        angles = positions[..., None].float() * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        return angles.cos().to(self.dtype), angles.sin().to(self.dtype)

    def _looking(self, layer: Layer, states: Tensor, turns: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Query, keys and values (rows, heads, tokens, dimensions) of a layer."""
        normed = self._normed(states, layer.before_attention)
        shape = (*states.shape[:2], -1, self.head_size)
        query, keys, values = (part(normed).view(shape).transpose(1, 2) for part in (layer.queries, layer.keys, layer.values))
        return _turned(query, turns), _turned(keys, turns), values

    def _further(self, layer: Layer, states: Tensor, seen: Tensor) -> Tensor:
        """The states after a layer, given what each token has `seen` (rows, tokens, heads, dimensions)."""
        states = states + layer.mix(seen.reshape(*states.shape[:2], -1))
        normed = self._normed(states, layer.before_mlp)
        return states + layer.down(silu(layer.gate(normed)) * layer.up(normed))

    def _normed(self, states: Tensor, weight: Tensor) -> Tensor:
        """Root mean square normalisation (Zhang and Sennrich, arXiv 1910.07467)."""
        wide = states.float()
        return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(states.dtype)

    def _logits(self, states: Tensor) -> Tensor:
        return self.head(self._normed(states, self.before_head))[:, -1]


def _layer(weights: Mapping[str, Tensor], name: str, shapes: Mapping[str, tuple[int, int]]) -> Layer:
    matrices = {part: weights[f"{name}.self_attn.{part}_proj.weight"] for part in shapes}
    if any(matrix.shape != shapes[part] for part, matrix in matrices.items()):
        raise ValueError(f"the attention of {name} has other sizes than its config says")
    queries, keys, values, mix = map(linear, matrices.values())
    gate, up, down = (linear(weights[f"{name}.mlp.{part}_proj.weight"]) for part in ("gate", "up", "down"))
    before_attention, before_mlp = (weights[f"{name}.{part}_layernorm.weight"] for part in ("input", "post_attention"))
    return Layer(queries, keys, values, mix, gate, up, down, before_attention, before_mlp)


def _turned(states: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    half = states.shape[-1] // 2
    cosines, sines = turns
    return states * cosines + torch.cat((-states[..., half:], states[..., :half]), dim=-1) * sines
