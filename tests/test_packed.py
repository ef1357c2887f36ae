"""Weights in four and eight bits: how near they come, what is exact, and that a tuned model is what it was trained to be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from synthgen.models import BaseModel, packed


def matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def spans(weights: torch.Tensor) -> torch.Tensor:
    blocks = weights.view(weights.shape[0], -1, 32)
    return blocks.amax(-1) - blocks.amin(-1)


def back(weights: torch.Tensor, bits: int) -> torch.Tensor:
    return packed.unpack(**packed.quantised(weights, bits), dtype=torch.float32)


@pytest.mark.parametrize(("bits", "steps"), [(4, 15), (8, 127)])
def test_what_is_packed_is_half_a_step_off_at_most(bits: int, steps: int) -> None:
    weights = matrix(40, 96)
    far = (back(weights, bits) - weights).abs().view(40, -1, 32).amax(-1)
    step = spans(weights) / steps if bits == 4 else weights.abs().view(40, -1, 32).amax(-1) / steps
    assert (far <= 0.51 * step + 0.002 * weights.abs().max()).all()
    assert far.max() > 0.3 * step.min()


@pytest.mark.parametrize("bits", [4, 8])
def test_a_matrix_that_was_packed_before_comes_back_to_the_bit(bits: int) -> None:
    once = back(matrix(40, 96, 1), bits)
    assert torch.equal(back(once, bits), once)


@pytest.mark.parametrize("bits", [4, 8])
def test_blocks_of_one_number_alone_and_of_zeros_are_no_trouble(bits: int) -> None:
    weights = torch.cat([torch.zeros(1, 32), torch.full((1, 32), 0.75), torch.full((1, 32), 1e-9), -torch.ones(1, 32)])
    assert torch.allclose(back(weights, bits), weights, atol=1e-2)
    assert torch.isfinite(back(weights, bits)).all()


def test_four_bits_are_small() -> None:
    weights = packed.quantised(matrix(64, 64), 4)
    assert sum(part.numel() * part.element_size() for part in weights.values()) == 64 * 64 * 5 // 8


@pytest.mark.parametrize(("bits", "near"), [(4, 3e-3), (8, 2e-2)])
def test_a_retuned_file_holds_its_matrices_scaled_and_moved(tmp_path: Path, bits: int, near: float) -> None:
    weights = {f"a.weight.{part}": one for part, one in packed.quantised(matrix(6, 64), bits).items()}
    packed.save({**weights, "norm": torch.ones(4)}, tmp_path / "model.safetensors")
    factors, offsets = 1 + 0.2 * matrix(6, 2, 1), 0.1 * matrix(6, 2, 2)
    changed = packed.retuned(tmp_path / "model.safetensors", {"a.weight": (factors, offsets)})
    packed.save(changed, tmp_path / "new.safetensors")
    before, after = (packed.PackedWeights(tmp_path / name, torch.float32) for name in ("model.safetensors", "new.safetensors"))
    wanted = (before["a.weight"].view(6, 2, 32) * factors[..., None] + offsets[..., None]).flatten(1)
    assert torch.allclose(after["a.weight"], wanted, atol=near)
    assert not torch.allclose(after["a.weight"], before["a.weight"], atol=0.05)
    assert torch.equal(after["norm"], torch.ones(4))


def test_a_file_tells_its_format(tmp_path: Path, tiny: Path, tiny_packed: Path) -> None:
    assert packed.is_packed(tiny_packed / "model.safetensors")
    assert not packed.is_packed(tiny / "model.safetensors")
    assert not packed.is_packed(tmp_path / "nothing.safetensors")
    assert BaseModel(str(tiny_packed)).is_packed
    assert not BaseModel(str(tiny)).is_packed


def test_a_packed_model_answers_as_its_whole_self(tiny: Path, tiny_packed: Path) -> None:
    whole, tokenizer = BaseModel(str(tiny), dtype="float32", device="cpu").opened()
    small, _ = BaseModel(str(tiny_packed), dtype="float32", device="cpu").opened()
    ids = torch.tensor([tokenizer("- my card is lost\n- hi")["input_ids"]])
    with torch.inference_mode():
        one, other = (torch.log_softmax(model(ids).logits, -1) for model in (whole, small))
    assert float((one.exp() * (one - other)).sum(-1).mean()) < 0.01 * float(-(one.exp() * one).sum(-1).mean())
    assert not torch.equal(one, other)
