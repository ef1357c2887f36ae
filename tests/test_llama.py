"""Packed Llama models without transformers: the same to the last bit, and no import of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from synthgen.errors import ModelError
from synthgen.models import BaseModel
from synthgen.models.base import choose
from synthgen.models.batch import Batch, Decoder, Job
from synthgen.models.llama import Llama, is_llama
from synthgen.spec.rows import Prompt

PROMPT = Prompt("People at a help desk.\n\n- cant log in\n- printer is jammed again\n-", 1, {"tokens": 12, "stop": "\n"})


def config(folder: Path) -> dict[str, Any]:
    values = json.loads((folder / "config.json").read_text("utf-8"))
    assert isinstance(values, dict)
    return values


def changed(folder: Path, **values: object) -> BaseModel:
    """The model in a folder, with a config that says otherwise."""
    (folder / "config.json").write_text(json.dumps(config(folder) | values), "utf-8")
    return BaseModel(str(folder), device="cpu", dtype="float32")


@pytest.fixture
def own(tiny_packed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_packed, tmp_path / "own"))


def written(decoder: Decoder) -> tuple[list[list[int]], list[torch.Tensor]]:
    """What rows of two frames become, and all logits on the way."""
    seen: list[torch.Tensor] = []

    def keep(logits: torch.Tensor, *rest: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(logits.clone())
        return choose(logits, *rest)

    frames = tuple(range(5, 70)), tuple(range(100, 190))
    jobs = [Job(row, frames[row % 2], [(row + place) % 7 / 7 for place in range(3 + row)], 1.0) for row in range(8)]
    with torch.inference_mode():
        done = {job.number: job.written for job in Batch(decoder, 6, 16).write(iter(jobs), lambda token: False, choose=keep)}
    return [done[number] for number in sorted(done)], seen


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_it_computes_what_transformers_computes_to_the_last_bit(tiny_packed: Path, dtype: str) -> None:
    from synthgen.models.cpu import pack
    from synthgen.models.through_transformers import Transformer, fits

    model, _ = BaseModel(str(tiny_packed), device="cpu", dtype=dtype).opened()
    with torch.inference_mode():
        llama = Llama(config(tiny_packed), model.state_dict())
        pack(model)
        assert fits(model, 100)
        (ours, our_logits), (theirs, their_logits) = written(llama), written(Transformer(model))
    assert ours == theirs
    assert len(our_logits) == len(their_logits) > 10
    assert all(torch.equal(one, other) for one, other in zip(our_logits, their_logits, strict=True))


def test_the_embedded_model_writes_without_transformers() -> None:
    program = """
import sys
from synthgen.models import BaseModel
from synthgen.spec.rows import Prompt
(answer,) = BaseModel("scribbler").complete([Prompt("Short questions.\\n\\n- how r u\\n-", 1, {"tokens": 12, "stop": "\\n"})])
assert answer.text, answer
print(sorted({"transformers", "scipy", "sklearn", "pandas"} & sys.modules.keys()))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "variation",
    [
        {"model_type": "mistral"},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"tie_word_embeddings": False},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}},
        {"quantization_config": {"bits": 4}},
    ],
)
def test_variations_are_left_to_transformers(tiny_packed: Path, variation: dict[str, object]) -> None:
    assert is_llama(config(tiny_packed))
    assert not is_llama(config(tiny_packed) | variation)


def test_a_packed_model_of_another_kind_still_works(own: Path) -> None:
    other = changed(own, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0})
    assert len(list(other.complete([PROMPT]))) == 1


@pytest.mark.parametrize("values", [{"num_hidden_layers": 3}, {"hidden_size": 48}, {"num_key_value_heads": 3}, {"rms_norm_eps": "x"}])
def test_a_config_that_does_not_fit_its_weights_is_a_mistake_in_a_line(own: Path, values: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        list(changed(own, **values).complete([PROMPT]))


def test_weights_that_do_not_fit_each_other_are_a_mistake_in_a_line(own: Path) -> None:
    parts = load_file(own / "model.safetensors")
    parts["model.norm.weight"] = torch.ones(7)
    save_file(parts, own / "model.safetensors", metadata={"format": "synthgen packed 1"})
    with pytest.raises(ModelError, match="cannot be loaded"):
        list(BaseModel(str(own), device="cpu").complete([PROMPT]))
