"""bfloat16 matrices in the order that the CPU's matrix units read them.

Torch otherwise puts every weight matrix into that order again for every token, which takes as long as the
product itself. The operators are those that torch's own compiler emits for frozen weights; where a torch
has none of them, or a layer does not fit, the model stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

Linear = Callable[[torch.Tensor], torch.Tensor]
"""Multiplies states (…, columns) with a matrix (rows, columns): (…, rows)."""


class PackedLinear(nn.Module):
    """A linear layer without gradients whose weights were put in order once."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        super().__init__()
        self.weights = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), 32)
        self.bias = bias.detach() if bias is not None else None

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """What the layer it was made from gives."""
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(states, self.weights, self.bias, "none", [], "")
        return result


def pack(model: nn.Module) -> None:
    """Put the weights of a bfloat16 model on a CPU in order."""
    try:
        for module in list(model.modules()):
            for name, layer in list(module.named_children()):
                if type(layer) is nn.Linear and layer.weight.dtype is torch.bfloat16:
                    setattr(module, name, PackedLinear(layer.weight, layer.bias))
    except (AttributeError, RuntimeError):
        return  # slower, but right


def linear(weight: torch.Tensor) -> Linear:
    """The product with a matrix (rows, columns), in order where it can be."""
    if weight.device.type == "cpu" and weight.dtype is torch.bfloat16:
        try:
            return PackedLinear(weight).forward
        except (AttributeError, RuntimeError):
            pass  # slower, but right
    return partial(nn.functional.linear, weight=weight)
