"""Base models through transformers: the embedded one, and others that differ in what they are made of."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from synthgen.errors import ModelError
from synthgen.models import BaseModel, ClaudeModel, is_paid
from synthgen.models.base import SCRIBBLER
from synthgen.spec.rows import Completion, Prompt

FRAMES = [
    "Customers of a bank.\nTopic: lost card\n\n- lost my card pls block it\n- i think my card was stolen\n- card gone, what now\n-",
    "People at a help desk.\n\n- cant log in\n- printer is jammed again\n- need a new mouse\n-",
    "Short questions.\n\n- how r u\n-",
]
SETTINGS = {"temperature": 0.8, "tokens": 24, "stop": "\n"}


def prompts(count: int) -> list[Prompt]:
    return [Prompt(FRAMES[number % len(FRAMES)], 1000 + number, SETTINGS) for number in range(count)]


def answers(model: BaseModel, asked: list[Prompt]) -> dict[int, tuple[str, str, int]]:
    return {one.prompt.stream: (one.text, one.finish, one.tokens_out) for one in model.complete(asked)}


@pytest.fixture(scope="module")
def scribbler() -> BaseModel:
    return BaseModel("scribbler")


@pytest.fixture(scope="module")
def written(scribbler: BaseModel) -> dict[int, tuple[str, str, int]]:
    return answers(scribbler, prompts(30))


def test_every_message_ends_at_its_line_or_at_the_limit(written: dict[int, tuple[str, str, int]]) -> None:
    assert len(written) == 30
    for text, finish, tokens in written.values():
        assert (finish == "stop") == text.endswith("\n")
        assert text.count("\n") <= 1
        assert 1 <= tokens <= 24
        assert finish == "stop" or tokens == 24
    assert sum(finish == "stop" for _, finish, _ in written.values()) > 15
    assert len({text for text, *_ in written.values()}) > 20


def test_a_message_does_not_depend_on_its_company(scribbler: BaseModel, written: dict[int, tuple[str, str, int]]) -> None:
    for some in (prompts(30)[4:25:5], prompts(30)[7:8], prompts(30)[1::3]):
        assert answers(scribbler, list(reversed(some))) == {prompt.stream: written[prompt.stream] for prompt in some}


def test_a_message_does_not_depend_on_how_long_others_may_be(scribbler: BaseModel, written: dict[int, tuple[str, str, int]]) -> None:
    longer = {**SETTINGS, "tokens": 70}
    mixed = [replace(one, settings=longer) if number % 2 else one for number, one in enumerate(prompts(30))]
    found = answers(scribbler, mixed)
    assert {number: found[number] for number in list(written)[::2]} == {number: written[number] for number in list(written)[::2]}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_other_devices_find_what_the_cpu_finds(dtype: str) -> None:
    """A frame looked up by plain operations, as on a GPU, gives what the CPU's own operation gives, and the weight too."""
    import torch

    from synthgen.models import attention

    torch.manual_seed(1)
    query, key, value = (torch.randn(5, 3, size, 16).to(getattr(torch, dtype)) for size in (4, 37, 37))
    mask = torch.zeros(5, 3, 4, 37, dtype=query.dtype)
    mask[..., 30:] = float("-inf")
    for hidden in (None, mask):
        found, weight = attention.looked_up(query, key, value, 0.25, hidden)
        other, expected = attention.by_hand(query, key, value, 0.25, hidden)
        near = {"atol": 1e-5 if dtype == "float32" else 2e-2, "rtol": 1e-2}
        assert torch.allclose(found.float(), other.float(), **near)
        assert torch.allclose(weight, expected, **near)


def test_a_caller_that_has_enough_stops_the_writing(scribbler: BaseModel) -> None:
    running = scribbler.complete(prompts(30))
    assert isinstance(next(running), Completion)
    running.close()


def test_its_identity_names_its_weights_and_its_arithmetic(scribbler: BaseModel) -> None:
    assert scribbler.identity.startswith("scribbler@")
    assert scribbler.identity.split()[1] in ("bfloat16", "float32")
    assert BaseModel("scribbler", dtype="float32").identity != BaseModel("scribbler", dtype="bfloat16").identity


def test_whether_a_model_is_paid_for_is_known_without_loading_it() -> None:
    model = BaseModel("scribbler")
    assert not is_paid(model)
    assert not {"identity", "device"} & vars(model).keys()
    assert is_paid(ClaudeModel("claude-haiku-5-5"))


def tiny(folder: Path, kind: str) -> Path:
    """A folder with a little model of random weights that has the embedded one's tokenizer."""
    import torch
    import transformers

    torch.manual_seed(0)
    size = {"vocab_size": 27563, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 256}
    small = {**size, "intermediate_size": 64, "num_key_value_heads": 2, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    config = {
        "llama": lambda: transformers.LlamaConfig(**small),
        "gpt2": lambda: transformers.GPT2Config(
            vocab_size=27563, n_embd=32, n_layer=2, n_head=4, n_positions=256, bos_token_id=0, eos_token_id=0
        ),
        "mistral": lambda: transformers.MistralConfig(**small, sliding_window=8),
        "mamba": lambda: transformers.MambaConfig(
            vocab_size=27563, hidden_size=32, num_hidden_layers=2, state_size=4, bos_token_id=0, eos_token_id=0, pad_token_id=0
        ),
    }[kind]()
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(SCRIBBLER / name, folder / name)
    return folder


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral", "mamba"])
def test_any_causal_model_in_a_folder_works(tmp_path: Path, kind: str) -> None:
    model = BaseModel(str(tiny(tmp_path, kind)), dtype="float32")
    together = answers(model, prompts(9))
    assert len(together) == 9
    alone = prompts(9)[5:6]
    assert answers(model, alone) == {alone[0].stream: together[alone[0].stream]}


def test_a_frame_longer_than_the_model_reads(tmp_path: Path) -> None:
    model = BaseModel(str(tiny(tmp_path, "llama")), dtype="float32")
    long = Prompt("A place.\n\n" + "- hello there my friend\n" * 80 + "-", 1, SETTINGS)
    with pytest.raises(ModelError, match="reads 256 tokens, but a frame has"):
        list(model.complete([long]))


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        list(BaseModel(str(tmp_path)).complete(prompts(1)))
    assert "config.json" in str(caught.value)


def test_a_model_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the variable is read only once
    with pytest.raises(ModelError, match="model 'nobody/nothing' is not") as caught:
        list(BaseModel("nobody/nothing").complete(prompts(1)))
    assert "leave `models` out to use scribbler" in str(caught.value)
