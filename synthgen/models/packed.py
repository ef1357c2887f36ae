"""Weights in four or eight bits a number, in safetensors, unpacked in a fraction of a second.

The blocks are those of the GGUF formats Q4_1 and Q8_0 (ggml-org/ggml, docs/gguf.md): 32 numbers along a row
share a scale, and for four bits an offset. Transformers reads GGUF too, but takes ten seconds for what takes
one here, and safetensors need no further package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import torch

FORMAT = "synthgen packed 1"
SIZES = {1: 32, 2: 16}
"""Bytes of a block by the numbers that its scale has."""
LONGEST_HEADER = 100_000_000
"""Bytes, as the safetensors library has it."""


def from_gguf_rows(raw: numpy.ndarray[Any, Any], kind: str) -> dict[str, torch.Tensor]:
    """The parts of a weight matrix from its rows of GGUF blocks, (rows, bytes) of uint8; `kind` is Q4_1 or Q8_0."""
    import numpy
    import torch

    size, heads = (20, 2) if kind == "Q4_1" else (34, 1)
    blocks = raw.reshape(raw.shape[0], -1, size)
    scales = numpy.ascontiguousarray(blocks[..., : 2 * heads]).view(numpy.float16)
    return {"scales": torch.from_numpy(scales.copy()), "blocks": torch.from_numpy(numpy.ascontiguousarray(blocks[..., 2 * heads :]))}


def quantised(matrix: torch.Tensor, bits: int) -> dict[str, torch.Tensor]:
    """The parts of a weight matrix (rows, columns) in blocks of 4 or 8 bits, rounded as GGUF's Q4_1 and Q8_0 are."""
    import torch

    blocks = matrix.detach().to(torch.float32).view(matrix.shape[0], -1, 32)
    if bits == 8:
        scale = (blocks.abs().amax(-1, keepdim=True) / 127).to(torch.float16)
        numbers = torch.round(blocks / scale.to(torch.float32).clamp_min(1e-12)).clamp(-127, 127)
        return {"scales": scale, "blocks": numbers.to(torch.int8).view(torch.uint8)}
    low, high = blocks.amin(-1, keepdim=True), blocks.amax(-1, keepdim=True)
    scale = (high - low) / 15
    numbers = torch.round((blocks - low) / scale.clamp_min(1e-12)).clamp(0, 15).to(torch.uint8)
    return {"scales": torch.cat([scale, low], dim=-1).to(torch.float16), "blocks": numbers[..., :16] | numbers[..., 16:] << 4}


def unpack(scales: torch.Tensor, blocks: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The matrix, (rows, columns). `scales` is (rows, blocks, 2) for four bits, (rows, blocks, 1) for eight."""
    import torch

    if scales.shape[-1] == 1:
        numbers = blocks.view(torch.int8).to(torch.float32) * scales.to(torch.float32)
    else:
        low_high = torch.cat([blocks & 15, blocks >> 4], dim=-1).to(torch.float32)
        numbers = torch.addcmul(scales[..., 1:].to(torch.float32), low_high, scales[..., :1].to(torch.float32))
    return numbers.flatten(1).to(dtype)


class PackedWeights(Mapping[str, "torch.Tensor"]):
    """The weights in a file of packed and plain ones, by name, each unpacked when it is asked for: so that a model that puts them in an
    order of its own need not hold all of them twice."""

    def __init__(self, file: Path, dtype: torch.dtype, device: str = "cpu") -> None:
        from safetensors.torch import load_file

        self._stored: dict[str, torch.Tensor] = load_file(file)
        self._dtype, self._device = dtype, device
        self._names = [name.removesuffix(".scales") for name in self._stored if not name.endswith(".blocks")]

    def __getitem__(self, name: str) -> torch.Tensor:
        if name not in self._names:
            raise KeyError(name)
        if name in self._stored:
            return self._stored[name].to(self._device, self._dtype)
        scales, blocks = self._stored[f"{name}.scales"], self._stored.get(f"{name}.blocks")
        if blocks is None or scales.ndim != 3 or blocks.shape != (*scales.shape[:2], SIZES.get(scales.shape[2])):
            raise ValueError(f"the parts of '{name}' do not fit each other")
        return unpack(scales, blocks, self._dtype).to(self._device)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def retuned(file: Path, changes: Mapping[str, tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """What is stored in a packed file, with some matrices' blocks multiplied and moved: by name the factors and the offsets, (rows,
    blocks).

    Four bits are only scaled anew; eight have no offset of their own, and are rounded again.
    """
    import torch
    from safetensors.torch import load_file

    stored: dict[str, torch.Tensor] = load_file(file)
    for name, (factors, offsets) in changes.items():
        scales, blocks = stored[f"{name}.scales"], stored[f"{name}.blocks"]
        if scales.shape[-1] == 1:
            matrix = unpack(scales, blocks, torch.float32).view(*factors.shape, -1) * factors[..., None] + offsets[..., None]
            stored |= {f"{name}.{part}": tensor for part, tensor in quantised(matrix.flatten(1), 8).items()}
        else:
            changed = scales.to(torch.float32) * factors[..., None]
            changed[..., 1] += offsets
            stored[f"{name}.scales"] = changed.to(torch.float16)
    return stored


def save(weights: Mapping[str, torch.Tensor], file: Path) -> None:
    """Write packed and plain weights."""
    from safetensors.torch import save_file

    save_file(dict(weights), file, metadata={"format": FORMAT})


def is_packed(file: Path) -> bool:
    """Whether a safetensors file was written in this format. Its header is read without the library, which would import numpy."""
    if not file.is_file():
        return False
    with file.open("rb") as stored, suppress(ValueError, AttributeError):
        header = json.loads(stored.read(min(int.from_bytes(stored.read(8), "little"), LONGEST_HEADER)))
        return (header.get("__metadata__") or {}).get("format") == FORMAT
    return False
