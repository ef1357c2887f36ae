"""Weights in four or eight bits a number, in safetensors, unpacked in a fraction of a second.

The blocks are those of the GGUF formats Q4_1 and Q8_0 (ggml-org/ggml, docs/gguf.md): 32 numbers along a row
share a scale, and for four bits an offset. Transformers reads GGUF too, but takes ten seconds for what takes
one here, and safetensors need no further package.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import torch

FORMAT = "synthgen packed 1"


def from_gguf_rows(raw: numpy.ndarray[Any, Any], kind: str) -> dict[str, torch.Tensor]:
    """The parts of a weight matrix from its rows of GGUF blocks, (rows, bytes) of uint8; `kind` is Q4_1 or Q8_0."""
    import numpy
    import torch

    size, heads = (20, 2) if kind == "Q4_1" else (34, 1)
    blocks = raw.reshape(raw.shape[0], -1, size)
    scales = numpy.ascontiguousarray(blocks[..., : 2 * heads]).view(numpy.float16)
    return {"scales": torch.from_numpy(scales.copy()), "blocks": torch.from_numpy(numpy.ascontiguousarray(blocks[..., 2 * heads :]))}


def unpack(scales: torch.Tensor, blocks: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The matrix, (rows, columns). `scales` is (rows, blocks, 2) for four bits, (rows, blocks, 1) for eight."""
    import torch

    if scales.shape[-1] == 1:
        numbers = blocks.view(torch.int8).to(torch.float32) * scales.to(torch.float32)
    else:
        low_high = torch.cat([blocks & 15, blocks >> 4], dim=-1).to(torch.float32)
        numbers = torch.addcmul(scales[..., 1:].to(torch.float32), low_high, scales[..., :1].to(torch.float32))
    return numbers.flatten(1).to(dtype)


def load(file: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The state dict in a file of packed and plain weights."""
    from safetensors.torch import load_file

    stored = load_file(file)
    found = {}
    for name, tensor in stored.items():
        if name.endswith(".scales"):
            matrix = name.removesuffix(".scales")
            found[matrix] = unpack(tensor, stored[f"{matrix}.blocks"], dtype)
        elif not name.endswith(".blocks"):
            found[name] = tensor.to(dtype)
    return found


def is_packed(file: Path) -> bool:
    """Whether a safetensors file was written in this format."""
    from safetensors import safe_open

    with safe_open(file, framework="pt") as stored:
        return (stored.metadata() or {}).get("format") == FORMAT
