"""What tuning changes: of each weight matrix a scale and an offset for every 32 numbers of a row.

These are the blocks in which Scribbler's weights are packed (see `synthgen.models.packed`), so that a tuned Scribbler is as small as
it was, and nothing is lost by packing it again. It is a sixteenth of the numbers (after PEQA, arXiv 2305.14152, which tunes the
scales of a quantised model), needs little memory, and forgets less than training all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from synthgen.errors import ModelError
from synthgen.models import BaseModel, packed
from synthgen.tuning.batches import Encoded
from synthgen.tuning.train import Settings, TrainingState, Watch, train

BLOCK = 32


class _Product(torch.autograd.Function):
    """x · W'ᵀ. W' is W with each block multiplied by 1 + scale and moved by offset times its own spread; only these two are learned."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, changed: torch.Tensor, weight: torch.Tensor, spread: torch.Tensor, *_: torch.Tensor) -> Any:
        ctx.save_for_backward(x, changed, weight, spread)
        return x @ changed.T

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> Any:
        (x, changed, weight, spread), slope = ctx.saved_tensors, slopes[0]
        block_slopes = _blocks(slope.flatten(0, -2).T @ x.flatten(0, -2))
        scale = (block_slopes * _blocks(weight)).sum(-1, dtype=torch.float32)
        return slope @ changed, None, None, None, scale, block_slopes.sum(-1, dtype=torch.float32) * spread


def _blocks(weight: torch.Tensor) -> torch.Tensor:
    return weight.view(weight.shape[0], -1, BLOCK)


class Adapted(nn.Module):
    """A linear layer of which only scales and offsets are trained. It works with the weights that `settle` found last."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight.detach(), layer.bias
        self.spread = _blocks(self.weight.float()).std(-1)
        self.scale = nn.Parameter(torch.zeros_like(self.spread))
        self.offset = nn.Parameter(torch.zeros_like(self.spread))
        self.settled = self.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the layer gives, changed."""
        product: torch.Tensor = _Product.apply(x, self.settled, self.weight, self.spread, self.scale, self.offset)  # type: ignore[no-untyped-call]
        return product if self.bias is None else product + self.bias

    @torch.no_grad()
    def settle(self) -> None:
        """Work out the new weights, once for all batches of a step."""
        self.settled = self.changed().to(self.weight.dtype)

    def changed(self) -> torch.Tensor:
        """The layer's new weights, in float32."""
        blocks = _blocks(self.weight.float())
        return torch.addcmul((self.offset * self.spread)[..., None], blocks, 1 + self.scale[..., None]).detach().flatten(1)


def adapt(model: nn.Module) -> dict[str, Adapted]:
    """Put an adapted layer in the place of every linear layer of a model but its head; all else stands still. Returns them by name."""
    model.requires_grad_(False)
    head = model.get_output_embeddings() if isinstance(model, PreTrainedModel) else None
    for module in list(model.modules()):
        for inner, layer in list(module.named_children()):
            if type(layer) is nn.Linear and layer is not head and layer.in_features % BLOCK == 0:
                setattr(module, inner, Adapted(layer))
    return {name: module for name, module in model.named_modules() if isinstance(module, Adapted)}


def merge(model: nn.Module) -> None:
    """Make plain linear layers of the adapted ones again, with their new weights."""
    for module in list(model.modules()):
        for inner, layer in list(module.named_children()):
            if isinstance(layer, Adapted):
                plain = nn.Linear(layer.weight.shape[1], layer.weight.shape[0], bias=layer.bias is not None, device="meta")
                plain.weight = nn.Parameter(layer.changed().to(layer.weight.dtype), requires_grad=False)
                plain.bias = layer.bias
                setattr(module, inner, plain)


def lora_train(
    base_model: BaseModel,
    network: Any,
    epochs: Callable[[int], Sequence[Encoded]],
    held_out: Sequence[Encoded],
    settings: Settings,
    work: Path,
    watch: Watch,
    share: float = 1.0,
) -> TrainingState:
    """Train a base model's network, go `share` of the way from what it was to what it has become, and write it as the base has it: packed,
    or as transformers saves it. Raises ModelError."""
    layers = adapt(network)
    if not layers:
        raise ModelError(
            f"model '{base_model.name}' has no layers that can be tuned",
            "take scribbler, or a model of the Llama, Qwen, Mistral or Gemma kind",
        )
    parameters = {f"{name}.{part}": getattr(layer, part) for name, layer in layers.items() for part in ("scale", "offset")}

    def settle() -> None:
        for layer in layers.values():
            layer.settle()

    state = train(network, parameters, epochs, held_out, settings, work, watch, settle=settle)
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.mul_(share)
    if base_model.is_packed:
        changes = {
            f"{name}.weight": (1 + layer.scale.detach().cpu(), (layer.offset.detach() * layer.spread).cpu())
            for name, layer in layers.items()
        }
        packed.save(packed.retuned(base_model.place / "model.safetensors", changes), work / "model.safetensors")
        shutil.copy(base_model.place / "config.json", work / "config.json")
    else:
        merge(network)
        network.save_pretrained(work)
    return state
