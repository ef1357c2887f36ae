"""Models from strangers: what they bring besides numbers is not run, and nobody is told how to run it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from synthgen.errors import ModelError
from synthgen.models import BaseModel
from synthgen.models.base import SCRIBBLER


class Program:
    """When it is read, it makes a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.place),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of one layer, without its weights."""
    from transformers import GPT2Config

    GPT2Config(n_layer=1, n_head=2, n_embd=16, vocab_size=300, n_positions=64, bos_token_id=0, eos_token_id=0).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(SCRIBBLER / name, tmp_path / name)
    return tmp_path


def refused(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        BaseModel(str(folder), device="cpu").opened()
    assert not (folder / "ran").exists()
    assert not any(word in str(caught.value) for word in ("weights_only", "trust", "PyTorch", "torch.load"))
    return caught.value


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_not_run_and_no_library_s_advice_is_passed_on(folder: Path, zipped: bool) -> None:
    import torch

    if zipped:
        torch.save({"weight": Program(folder / "ran")}, folder / "pytorch_model.bin")
    else:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Program(folder / "ran")))
    error = refused(folder)
    assert error.message == f"model '{folder}': its weights are in a pickle, which can hold any program and was not run"
    assert "safetensors" in error.hint


def test_a_pickle_in_parts_is_not_run(folder: Path) -> None:
    import torch

    torch.save({"weight": Program(folder / "ran")}, folder / "part.bin")
    index = {"metadata": {}, "weight_map": {"transformer.wte.weight": "part.bin"}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert "in a pickle" in refused(folder).message


def test_a_program_beside_the_weights_is_not_run(folder: Path) -> None:
    (folder / "own.py").write_text(f"import os; os.mkdir({str(folder / 'ran')!r})")
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "own", "auto_map": own}))
    assert refused(folder).message == f"model '{folder}' brings a program of its own, which was not run"


def test_a_file_that_is_named_safetensors_and_is_none_is_told(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Program(folder / "ran")))
    assert "cannot be loaded" in refused(folder).message
