"""Tuning: what is learned of a document, what training changes, that a killed run ends as an undisturbed one, and what a model gives
away."""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import pytest
import slow_tune
import torch
from builders import one_table
from conftest import chatter, forked, little
from hypothesis import given, settings
from hypothesis import strategies as some
from tokenizers import processors
from torch import nn
from typer.testing import CliRunner, Result

from synthgen import api
from synthgen.cli import terminal
from synthgen.dataset import Output
from synthgen.errors import DataError, ModelError, OutputError
from synthgen.models import BaseModel, ScriptedModel, packed
from synthgen.models.journal import Journal
from synthgen.text.frames import Section
from synthgen.text.originals import LEARNED, Originals
from synthgen.tuning import batches as together
from synthgen.tuning import losses, privacy
from synthgen.tuning import train as training
from synthgen.tuning.adapt import Adapted, adapt, merge
from synthgen.tuning.batches import Encoded, batches, encoded, padded, steps
from synthgen.tuning.documents import TrainingDocument, TrainingMessage, framed
from synthgen.tuning.losses import bits_per_byte
from synthgen.tuning.run import Tuned, model_fingerprint
from synthgen.tuning.train import CHECKPOINT, Settings, TrainingState, train

ABOUT = "People, typing to a shop."


def opened(place: Path) -> tuple[Any, Any]:
    return BaseModel(str(place), dtype="float32", device="cpu").opened()


@pytest.fixture(scope="session")
def tokenizer(tiny: Path) -> Any:
    return BaseModel(str(tiny)).tokenizer


def document(texts: Sequence[str], first: int = 1) -> TrainingDocument:
    return framed([Section("a topic", texts)], ABOUT, skip=first)


# What is learned of a document


@pytest.mark.parametrize("trims", [False, True])
@settings(max_examples=40)
@given(
    texts=some.lists(
        some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12), min_size=1, max_size=5
    ),
    first=some.integers(0, 1),
)
def test_the_tokens_of_the_messages_are_learned_and_no_others(tiny: Path, trims: bool, texts: list[str], first: int) -> None:
    tokenizer = TOKENIZERS.setdefault(trims, BaseModel(str(tiny)).tokenizer)
    if trims:  # as GPT-2's does: a token's place does not hold its space
        tokenizer.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    own = document(texts, first)
    ids, learned, size = encoded(tokenizer, own)
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.decode(ids[1:]) == own.text
    assert tokenizer.decode([one for one, wanted in zip(ids, learned, strict=True) if wanted]) == "".join(
        own.text[start:end] for start, end in own.spans
    )
    assert size == own.bytes


TOKENIZERS: dict[bool, Any] = {}


def test_a_long_document_is_read_in_part(tokenizer: Any) -> None:
    ids, learned, size = encoded(tokenizer, document(["x" * 600, "y" * 700]))
    assert len(ids) == len(learned) == together.LONGEST
    assert 0 < size < 702
    assert size == sum(learned)  # "y" is one byte a token


def test_a_tokenizer_without_a_first_token(tiny: Path, tokenizer: Any) -> None:
    with_one, other = encoded(tokenizer, document(["hi", "there"])), BaseModel(str(tiny)).tokenizer
    other.bos_token = None
    assert encoded(other, document(["hi", "there"])) == (with_one[0][1:], with_one[1][1:], with_one[2])


@given(some.lists(some.integers(1, 300), max_size=150), some.integers(64, 700), some.integers(0, 3))
def test_every_document_is_in_one_batch(lengths: list[int], size: int, seed: int) -> None:
    documents: list[Encoded] = [([number] * length, [True] * length, length) for number, length in enumerate(lengths)]
    made = batches(documents, size, Random(seed))
    assert Counter(one[0][0] for batch in made for one in batch) == Counter(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or max(len(one[0]) for one in batch) * len(batch) <= size
    assert batches(documents, size, Random(seed)) == made
    taken = steps(documents, together.PARTS * size, Random(seed))
    assert [batch for step in taken for batch in step] == made
    assert all(len(step) == together.PARTS for step in taken[:-1])


def test_batches_come_in_another_order_each_time_and_waste_little() -> None:
    documents: list[Encoded] = [([number] * (1 + number % 90), [True] * (1 + number % 90), 1) for number in range(300)]
    made = batches(documents, 512, Random(0))
    assert made != batches(documents, 512, Random(1))
    assert sum(len(one[0]) for batch in made for one in batch) > 0.85 * sum(
        len(batch) * max(len(one[0]) for one in batch) for batch in made
    )


def test_bits_per_byte_by_hand(tiny: Path) -> None:
    model, tokenizer = opened(tiny)
    made = [encoded(tokenizer, document(["hi there", "where is it", "ok 🙏"])), encoded(tokenizer, document(["a", "my card is lost"]))]
    nats, size = 0.0, 0
    for ids, learned, count in made:
        with torch.inference_mode():
            logs = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
        nats -= sum(float(logs[place - 1, token]) for place, (token, wanted) in enumerate(zip(ids, learned, strict=True)) if wanted)
        size += count
    assert size == len(" where is it\n ok 🙏\n my card is lost\n".encode())
    assert bits_per_byte(model, made, 2048) == pytest.approx(nats / math.log(2) / size, rel=1e-5)


def test_company_changes_no_loss(tiny: Path) -> None:
    model, tokenizer = opened(tiny)
    made = [encoded(tokenizer, document(chatter(4 + 3 * number, number))) for number in range(4)]
    with torch.inference_mode():
        together = losses.likelihood(model, made)[1]
        alone = torch.cat([losses.likelihood(model, [one])[1] for one in made])
    assert torch.allclose(together, alone, atol=1e-3)
    assert len(together) == sum(sum(one[1]) for one in made)
    assert bits_per_byte(model, made, 64) == pytest.approx(bits_per_byte(model, made, 1 << 20), rel=1e-4)


def test_padding_stands_behind(tokenizer: Any) -> None:
    ids, learned = padded([([5, 6, 7], [False, True, True], 2), ([8], [True], 1)])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert learned.tolist() == [[False, True, True], [True, False, False]]


def test_distilling_pulls_towards_the_teacher_everywhere_but_in_the_padding(tiny: Path, tmp_path: Path) -> None:
    teacher, tokenizer = opened(tiny)
    made = [encoded(tokenizer, document(chatter(6))), encoded(tokenizer, document(["a", "b"]))]
    same, other = opened(tiny)[0], opened(tiny)[0].double().float()
    with torch.no_grad():
        other.model.layers[0].mlp.down_proj.weight.mul_(3)
    whole = losses.distilled(teacher, 1.0)
    with torch.no_grad():
        assert float(whole(same, made)[0]) == pytest.approx(0, abs=0.5)
        assert float(whole(other, made)[0]) == pytest.approx(sum(float(whole(other, [one])[0]) for one in made), rel=0.05)
        assert float(whole(other, made)[0]) > 2 * abs(float(whole(same, made)[0]))
        none, (loss, nats) = losses.distilled(teacher, 0.0)(same, made), losses.likelihood(same, made)
    assert float(none[0]) == pytest.approx(float(loss), rel=0.02)
    assert len(none[1]) == len(nats)


# What training changes


def explicit(layer: Adapted, x: torch.Tensor) -> torch.Tensor:
    rows = layer.weight.shape[0]
    blocks = layer.weight.view(rows, -1, 32)
    changed = blocks * (1 + layer.scale[..., None]) + layer.offset[..., None] * blocks.std(-1)[..., None]
    product = x @ changed.reshape(rows, -1).T
    return product if layer.bias is None else product + layer.bias


@pytest.mark.parametrize("bias", [True, False])
def test_the_gradients_of_scales_and_offsets_are_right(bias: bool) -> None:
    torch.manual_seed(0)
    layer = Adapted(nn.Linear(96, 10, bias=bias).requires_grad_(False))
    with torch.no_grad():
        layer.scale.normal_(0, 0.1)
        layer.offset.normal_(0, 0.1)
    layer.settle()
    x = torch.randn(3, 5, 96, requires_grad=True)
    aim = torch.randn(3, 5, 10)
    wanted = torch.autograd.grad((explicit(layer, x) * aim).tanh().sum(), [layer.scale, layer.offset, x])
    found = torch.autograd.grad((layer(x) * aim).tanh().sum(), [layer.scale, layer.offset, x])
    assert torch.allclose(layer(x), explicit(layer, x), atol=1e-5)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
        assert one.abs().max() > 0.01


def logits(model: Any, tokenizer: Any) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([tokenizer("- my card is lost\n- where is it\n-")["input_ids"]])).logits  # type: ignore[no-any-return]


def test_an_adapted_model_is_the_same_until_it_is_trained_and_merges_into_what_it_became(tiny: Path) -> None:
    model, tokenizer = opened(tiny)
    before = logits(model, tokenizer)
    layers = adapt(model)
    assert len(layers) == 2 * 7
    assert torch.equal(logits(model, tokenizer), before)
    assert {name for name, one in model.named_parameters() if one.requires_grad} == {
        f"{name}.{part}" for name in layers for part in ("scale", "offset")
    }
    with torch.no_grad():
        for number, layer in enumerate(layers.values()):
            layer.scale.normal_(0, 0.1, generator=torch.Generator().manual_seed(number))
            layer.offset.normal_(0, 0.1, generator=torch.Generator().manual_seed(100 + number))
    assert torch.equal(logits(model, tokenizer), before)
    for layer in layers.values():
        layer.settle()
    after = logits(model, tokenizer)
    assert (after - before).abs().max() > 0.1
    merge(model)
    assert torch.allclose(logits(model, tokenizer), after, atol=1e-5)
    assert not [one for one in model.modules() if isinstance(one, Adapted)]
    model.eval().train()  # nothing but plain layers is left


def test_a_retuned_packed_file_is_the_adapted_model(tiny_packed: Path, tmp_path: Path) -> None:
    model, _ = opened(tiny_packed)
    layers = adapt(model)
    with torch.no_grad():
        for layer in layers.values():
            layer.scale.normal_(0, 0.1)
            layer.offset.normal_(0, 0.1)
    changes = {f"{name}.weight": (1 + layer.scale.detach(), layer.offset.detach() * layer.spread) for name, layer in layers.items()}
    packed.save(packed.retuned(tiny_packed / "model.safetensors", changes), tmp_path / "model.safetensors")
    stored = packed.PackedWeights(tmp_path / "model.safetensors", torch.float32)
    for name, layer in layers.items():
        assert torch.allclose(stored[f"{name}.weight"], layer.changed(), atol=2e-3 * float(layer.weight.abs().max()))


def test_a_head_and_what_has_no_blocks_stand_still(tiny: Path) -> None:
    model, _ = opened(tiny)
    head = model.get_output_embeddings()
    adapt(model)
    assert model.get_output_embeddings() is head
    odd = nn.Sequential(nn.Linear(33, 8), nn.Linear(64, 8))
    assert list(adapt(odd)) == ["1"]
    assert type(odd[0]) is nn.Linear


# The loop


class Job:
    """A small training, always the same: how it is begun, over and over."""

    def __init__(self, place: Path, folder: Path, **options: Any) -> None:
        self.place, self.folder = place, folder
        self.settings = Settings(**{"epochs": 2, "rate": 0.02, "batch": 512, "looks": 3, **options})
        _, tokenizer = opened(place)
        texts = chatter(90)
        self.learned = [encoded(tokenizer, document(texts[start : start + 8], 0)) for start in range(0, 72, 8)]
        self.held = [encoded(tokenizer, document(texts[72:]))]
        folder.mkdir(exist_ok=True)

    def run(self, watch: Callable[[training.Step], None] = lambda step: None) -> tuple[TrainingState, dict[str, torch.Tensor]]:
        model, _ = opened(self.place)
        layers = adapt(model)
        parameters = {f"{name}.{part}": getattr(layer, part) for name, layer in layers.items() for part in ("scale", "offset")}

        def settle() -> None:
            for layer in layers.values():
                layer.settle()

        def epoch(number: int) -> list[Encoded]:
            return Random(number).sample(self.learned, len(self.learned))

        state = train(model, parameters, epoch, self.held, self.settings, self.folder, watch, settle=settle)
        assert all(torch.equal(layer.settled, layer.changed()) for layer in layers.values())
        self.after = bits_per_byte(model, self.held, 512)
        return state, {name: one.detach() for name, one in parameters.items()}


def alike(one: tuple[TrainingState, dict[str, torch.Tensor]], other: tuple[TrainingState, dict[str, torch.Tensor]]) -> bool:
    states = [{**asdict(state), "seconds": 0, "earlier": 0} for state, _ in (one, other)]
    return states[0] == states[1] and all(torch.equal(one[1][name], other[1][name]) for name in one[1])


@pytest.fixture(scope="module")
def undisturbed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingState, dict[str, torch.Tensor]]:
    return Job(tiny, tmp_path_factory.mktemp("undisturbed")).run()


def test_training_lowers_the_loss_of_messages_that_it_did_not_see(tiny: Path, tmp_path: Path) -> None:
    told: list[training.Step] = []
    job = Job(tiny, tmp_path, epochs=12, rate=0.1, patience=100)
    state, _ = job.run(told.append)
    held = [loss for _, loss in state.losses]
    assert min(held) < 0.93 * held[0]
    assert job.after == pytest.approx(min(held), rel=1e-6)
    made = [step for step in told if step.held is None]
    assert sum(step.loss for step in made[-3:]) < 0.95 * sum(step.loss for step in made[:3])
    assert len(made) == state.step
    assert [step.done for step in made] == sorted(step.done for step in made)
    assert 0.9 < made[-1].done < 1
    assert state.tokens == made[-1].tokens == 12 * sum(sum(learned) for _, learned, _ in job.learned)


def test_it_looks_at_the_held_out_messages_so_often_an_epoch(undisturbed: tuple[TrainingState, dict[str, torch.Tensor]]) -> None:
    state, _ = undisturbed
    each = state.step // 2
    assert each >= 3
    assert [step for step, _ in state.losses] == sorted(
        {min(each, part) + each * epoch for epoch in range(2) for part in range(0, each + 1, each // 3)}
    )


def test_the_best_weights_are_kept_and_it_stops_when_nothing_better_comes(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, seen = iter([3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 1.55, 0.1, 0.1]), list[dict[str, torch.Tensor]]()

    def look(model: Any, *_: object) -> float:
        seen.append({name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad})
        return next(script)

    monkeypatch.setattr(training, "bits_per_byte", look)
    state, found = Job(tiny, tmp_path, epochs=50).run()
    assert [loss for _, loss in state.losses] == [3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 1.55]
    assert state.best == 1.5
    assert all(torch.equal(found[name], seen[3][name]) for name in found)
    assert not all(torch.equal(found[name], seen[6][name]) for name in found)


def test_the_learning_rate_rises_and_falls(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, rates = torch.optim.AdamW.step, list[float]()

    def step(self: Any, *given: Any) -> None:
        rates.append(self.param_groups[0]["lr"])
        whole(self, *given)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    monkeypatch.setattr(training, "WARM", 4)
    Job(tiny, tmp_path, epochs=5, patience=100).run()
    top = rates.index(max(rates))
    assert 2 <= top <= 4
    assert rates == sorted(rates[: top + 1]) + sorted(rates[top + 1 :], reverse=True)
    assert rates[0] == pytest.approx(0.02 / 4)
    assert rates[-1] < 0.3 * rates[top]
    assert 0.02 * 0.7 < rates[top] < 0.02


def test_minutes_are_a_limit(tiny: Path, tmp_path: Path) -> None:
    rates: list[float] = []
    began = time.monotonic()
    state, _ = Job(tiny, tmp_path, epochs=5000, minutes=0.02, patience=10**6).run(lambda step: rates.append(step.done))
    assert 1.2 <= state.seconds < 1.2 + 2 + (time.monotonic() - began) / 2
    assert max(rates) > 0.9  # the learning rate falls with the time that is left


@pytest.mark.parametrize("period", [2, 3, 7])
def test_an_interrupted_training_ends_as_if_nothing_had_happened(tiny: Path, tmp_path: Path, undisturbed: Any, period: int) -> None:
    cut = 0
    while cut < 60:
        calls = iter(range(10**6))

        def watch(step: training.Step, calls: Any = calls) -> None:
            if next(calls) == period - 1:
                raise KeyboardInterrupt

        try:
            found = Job(tiny, tmp_path).run(watch)
            break
        except KeyboardInterrupt:
            cut += 1
    assert cut >= 1
    assert alike(found, undisturbed)


def test_an_interrupt_in_the_middle_of_a_step_leaves_no_half_step(
    tiny: Path, tmp_path: Path, undisturbed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVED_EVERY", 0.0)
    with monkeypatch.context() as patch:
        whole, calls = torch.optim.AdamW.step, iter(range(10**6))

        def step(self: Any, *given: Any) -> None:
            whole(self, *given)
            if next(calls) == 3:
                raise KeyboardInterrupt

        patch.setattr(torch.optim.AdamW, "step", step)
        with pytest.raises(KeyboardInterrupt):
            Job(tiny, tmp_path).run()
    assert torch.load(tmp_path / CHECKPOINT)["state"]["step"] == 3
    assert alike(Job(tiny, tmp_path).run(), undisturbed)


@pytest.mark.parametrize("how", ["cut", "empty", "zeros", "other weights", "garbage"])
def test_a_checkpoint_that_is_damaged_counts_for_nothing(
    how: str, tiny: Path, tmp_path: Path, undisturbed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVED_EVERY", 0.0)

    told: list[training.Step] = []

    def stop(step: training.Step) -> None:
        told.append(step)
        if len(told) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Job(tiny, tmp_path).run(stop)
    file = tmp_path / CHECKPOINT
    content, middle = file.read_bytes(), file.stat().st_size // 2
    damaged = {"cut": content[:middle], "empty": b"", "zeros": bytes(len(content)), "garbage": b"x" * 1000}
    file.write_bytes(
        damaged.get(how, content[:middle] + bytes(each ^ 1 for each in content[middle : middle + 100]) + content[middle + 100 :])
    )
    steps: list[training.Step] = []
    assert alike(Job(tiny, tmp_path).run(steps.append), undisturbed)
    assert len(steps) > len(told)


def test_a_finished_training_is_not_done_again(tiny: Path, tmp_path: Path, undisturbed: Any) -> None:
    Job(tiny, tmp_path).run()
    again: list[training.Step] = []
    assert alike(Job(tiny, tmp_path).run(again.append), undisturbed)
    assert again == []


# The verb

SECRETS = ["anna.schmidt@example.org", "4111111111111111", "07700900123", "DE89370400440532013000", "anna"]


def logged(folder: Path, count: int = 240) -> Path:
    """Made-up logs with topics and dialogues, and identifiers in some."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"text": text, "intent": f"about/topic_{number % 3}", "dialog_id": f"d{number // 2}"} for number, text in enumerate(chatter(count))
    ]
    for number, row in enumerate(rows[:40]):
        row["text"] = f"{row['text']}, reach me at {SECRETS[number % 4]}"
    path = folder / "logs.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in [*rows, rows[-1], {"text": ""}]), encoding="utf-8")
    return path


def tune(logs: Path, out: Path, model: Path, **options: Any) -> Tuned:
    return api.tune([logs], out, **{"about": ABOUT, "model": str(model), "epochs": 2, "probe": 6, "device": "cpu", **options})


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuning")
    logged(folder)
    return folder


@pytest.fixture(scope="module")
def tuned(workplace: Path, tiny_packed: Path) -> Tuned:
    """A model that was tuned without disturbance. Nobody writes to it."""
    return tune(logged(workplace), workplace / "tuned", tiny_packed)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def left(folder: Path) -> list[str]:
    """What a run leaves beside its result."""
    return [
        one.name
        for one in folder.parent.iterdir()
        if one.name.startswith((f"{folder.name}.", f".{folder.name}.")) and not one.name.endswith(".lock")
    ]


def test_a_tuned_folder_is_a_model_and_tells_how_it_was_made(tuned: Tuned, tiny_packed: Path) -> None:
    assert not tuned.already
    assert {one.name for one in tuned.folder.iterdir()} == {
        "README.md",
        "config.json",
        "learned.npz",
        "manifest.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert left(tuned.folder) == []
    manifest = json.loads((tuned.folder / "manifest.json").read_text())
    assert manifest == json.loads(json.dumps(tuned.record))
    assert {name: one["bytes"] for name, one in manifest["files"].items()} == {
        one.name: one.stat().st_size for one in tuned.folder.iterdir() if one.name != "manifest.json"
    }
    record = manifest["tuned"]
    assert record["base"].startswith("packed@")
    told = record["logs"]
    assert (told["messages"], told["left out"]) == (242, {"repeated": 1, "empty": 1})
    assert told["learned"] + told["held out"] == 240
    assert told["held out"] == 24
    assert sum(told["masked"].values()) == 40
    assert told["masked"]["email"] == 10
    assert record["privacy"]["generated"]["messages"] <= 6
    assert 12 < record["privacy"]["by chance"]["messages"] <= 24
    assert record["privacy"]["by chance"]["whole"] == record["privacy"]["by chance"]["identifiers"] == 0
    assert record["training"]["steps"] > 2
    assert record["training"]["held-out bits per byte"][0][0] == 0
    assert BaseModel(str(tuned.folder)).is_packed
    assert weights(tuned.folder) != weights(tiny_packed)
    assert len(weights(tuned.folder)) == len(weights(tiny_packed))


def test_the_card_tells_the_figures(tuned: Tuned) -> None:
    card, record = (tuned.folder / "README.md").read_text(), tuned.record["tuned"]
    assert card.startswith("---\nlibrary_name: transformers\n")
    assert "| messages read | 242 |" in card
    assert f"| learned, held out | {record['logs']['learned']}, {record['logs']['held out']} |" in card
    assert "| left out, repeated | 1 |" in card
    for kind, count in record["logs"]["masked"].items():
        assert f"{count} `<{kind}>`" in card
    losses = [loss for _, loss in record["training"]["held-out bits per byte"]]
    assert f"| {losses[0]:.3f} before, {min(losses):.3f} after |" in card
    for name, what in (("generated", "generated"), ("by chance", "held out (by chance)")):
        assert f"| {what} | {' | '.join(str(one) for one in record['privacy'][name].values())} |" in card


def test_what_it_learned_is_known_and_what_was_held_out_is_not(tuned: Tuned) -> None:
    known = Originals.load(tuned.folder / LEARNED)
    copies = sum(known.copied(text) == "" for text in chatter(240)[40:])
    assert 0.8 * 200 < copies < 200
    assert sum(known.copied(f"{text}, reach me at <email>") == "" for text in chatter(40)[::4]) >= 6


def places(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


def test_no_identifier_is_in_any_file_while_it_runs_or_after(tuned: Tuned, workplace: Path, tmp_path: Path, tiny: Path) -> None:
    def watch(step: training.Step) -> None:
        if step.held is None:
            raise KeyboardInterrupt

    logs = workplace / "logs.jsonl"
    with pytest.raises(KeyboardInterrupt):
        tune(logs, tmp_path / "cut", tiny, watch=watch)
    assert (tmp_path / "cut.unfinished" / CHECKPOINT).exists()
    found = [*places(tuned.folder), *places(tmp_path)]
    assert len(found) >= 9
    for file in found:
        content = file.read_bytes()
        for secret in [*SECRETS, "4111", str(workplace), "reach me"]:
            assert secret.encode() not in content, f"{secret} in {file}"


def test_a_finished_model_is_left_as_it_is(tuned: Tuned, workplace: Path, tiny_packed: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in places(tuned.folder)}
    again = tune(workplace / "logs.jsonl", tuned.folder, tiny_packed)
    assert again.already
    assert again.record == json.loads(json.dumps(tuned.record))
    assert {file: file.stat().st_mtime_ns for file in places(tuned.folder)} == before


def test_the_same_tuning_makes_the_same_model(tuned: Tuned, workplace: Path, tmp_path: Path, tiny_packed: Path) -> None:
    other = tune(workplace / "logs.jsonl", tmp_path / "again", tiny_packed, seed=1)
    assert weights(other.folder) != weights(tuned.folder)
    again = tune(workplace / "logs.jsonl", tmp_path / "again", tiny_packed)
    assert not again.already
    assert weights(again.folder) == weights(tuned.folder)
    assert again.record["tuned"]["privacy"] == tuned.record["tuned"]["privacy"]

    def watch(step: training.Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # it is finished, but begun again
        tune(workplace / "logs.jsonl", again.folder, tiny_packed, fresh=True, watch=watch)
    assert weights(again.folder) == weights(tuned.folder)


def test_an_interrupted_run_goes_on_but_not_under_other_settings(tuned: Tuned, workplace: Path, tmp_path: Path, tiny_packed: Path) -> None:
    logs, out = workplace / "logs.jsonl", tmp_path / "out"

    def cut_off(after: int, **options: Any) -> int:
        """Steps that were made before the interrupt."""
        told: list[training.Step] = []

        def watch(step: training.Step) -> None:
            told.append(step)
            if len(told) == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tune(logs, out, tiny_packed, watch=watch, **options)
        return int(torch.load(out.with_name("out.unfinished") / CHECKPOINT)["state"]["step"])

    first = cut_off(4)
    assert cut_off(3) > first
    assert cut_off(3, about="Another place.") < first + 2  # over again
    assert cut_off(2, fresh=True) == 1
    many = cut_off(4)
    logs.write_text(logs.read_text() + "\n")
    try:
        assert cut_off(2) == 1 < many
    finally:
        logs.write_text(logs.read_text().removesuffix("\n"))
    cut_off(5)
    trained = torch.load(out.with_name("out.unfinished") / CHECKPOINT)["state"]
    trained["seconds"] += 1000
    _change_state(out.with_name("out.unfinished") / CHECKPOINT, trained)
    done = tune(logs, out, tiny_packed)
    assert done.record["tuned"]["seconds"] > done.record["tuned"]["training"]["seconds"] > 1000
    assert weights(done.folder) == weights(tuned.folder)
    assert done.record["tuned"]["training"]["held-out bits per byte"] == tuned.record["tuned"]["training"]["held-out bits per byte"]
    assert left(out) == []


def _change_state(checkpoint: Path, state: dict[str, Any]) -> None:
    torch.save({**torch.load(checkpoint), "state": state}, checkpoint)


@pytest.mark.parametrize("name", ["base", "my base", " a b  c "])
def test_the_fingerprint_of_a_model_changes_with_its_files(name: str, tmp_path: Path) -> None:
    base = little(tmp_path / name, 8)
    before = model_fingerprint(str(base))
    assert before == model_fingerprint(str(base))
    assert before.startswith(f"{name}@")
    little(base, 4)
    assert model_fingerprint(str(base)) != before


def test_a_model_that_is_on_the_hub_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert model_fingerprint("someone/a-model") == "someone/a-model"
    assert model_fingerprint("scribbler").startswith("scribbler@")


def test_another_base_under_the_same_name_is_another_model(workplace: Path, tmp_path: Path) -> None:
    base = little(tmp_path / "base", 8)
    first = tune(workplace / "logs.jsonl", tmp_path / "out", base, epochs=1, probe=1)
    assert BaseModel(str(first.folder)).is_packed
    little(base, 4)
    assert not tune(workplace / "logs.jsonl", tmp_path / "out", base, epochs=1, probe=1).already


def test_a_plain_model_is_saved_as_transformers_does(workplace: Path, tmp_path: Path, tiny: Path) -> None:
    done = tune(workplace / "logs.jsonl", tmp_path / "out", tiny, epochs=1, about="")
    model, tokenizer = opened(done.folder)
    assert (done.folder / "config.json").exists()
    assert not packed.is_packed(done.folder / "model.safetensors")
    assert not torch.equal(logits(model, tokenizer), logits(opened(tiny)[0], tokenizer))
    assert "one.settled" not in str(model.state_dict().keys())


@pytest.mark.parametrize("fresh", [False, True])
def test_a_dataset_is_never_written_over(workplace: Path, tmp_path: Path, tiny: Path, fresh: bool) -> None:
    out = tmp_path / "data"
    api.make(one_table({"n": {"kind": "number", "between": [1, 9]}}), out=out)
    before = {file: file.read_bytes() for file in places(out)}
    with pytest.raises(OutputError, match="data is a dataset, not a model"):
        tune(workplace / "logs.jsonl", out, tiny, fresh=fresh)
    assert {file: file.read_bytes() for file in places(out)} == before
    unfinished = Output(tmp_path / "begun")
    unfinished.open()
    Journal(unfinished.journal).close()
    with pytest.raises(OutputError, match="begun is a dataset, not a model"):
        tune(workplace / "logs.jsonl", tmp_path / "begun", tiny, fresh=fresh)
    assert unfinished.journal.exists()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="was not made by synthgen"):
        tune(workplace / "logs.jsonl", tmp_path / "foreign", tiny, fresh=fresh)


def test_one_run_at_a_time(workplace: Path, tmp_path: Path, tiny: Path) -> None:
    with Output(tmp_path / "out").locked("make"), pytest.raises(OutputError, match="another run is working on"):
        tune(workplace / "logs.jsonl", tmp_path / "out", tiny)
    assert left(tmp_path / "out") == []


def test_logs_that_cannot_be_tuned_on_are_told_before_anything_is_made(tmp_path: Path, tiny: Path) -> None:
    few = logged(tmp_path / "few", 50)
    with pytest.raises(DataError, match="too few to tune on"):
        tune(few, tmp_path / "out", tiny)
    with pytest.raises(DataError, match="No such file"):
        tune(tmp_path / "none.jsonl", tmp_path / "out", tiny)
    one = tmp_path / "one.jsonl"
    one.write_text("\n".join(json.dumps({"text": text, "session": "prod"}) for text in chatter(220)))
    with pytest.raises(DataError, match="no messages can be held out"):
        tune(one, tmp_path / "out", tiny)
    with pytest.raises(ModelError, match="cannot be loaded"):
        tune(logged(tmp_path / "logs"), tmp_path / "out", tmp_path / "few")
    assert not (tmp_path / "out").exists()


def test_a_model_without_linear_layers_is_told(tmp_path: Path, workplace: Path, tiny: Path) -> None:
    import shutil

    import transformers

    config = transformers.GPT2Config(vocab_size=360, n_embd=32, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "gpt")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny / name, tmp_path / "gpt" / name)
    with pytest.raises(ModelError, match="has no layers that can be tuned"):
        tune(workplace / "logs.jsonl", tmp_path / "out", tmp_path / "gpt")


def test_notes_tell_what_the_user_should_know() -> None:
    def notes(before: float, after: float, learned: int, **generated: int) -> list[str]:
        counts = {"messages": 100, "whole": 0, "nearly": 0, "runs": 0, "identifiers": 0}
        record = {
            "logs": {"learned": learned},
            "training": {"held-out bits per byte": [[0, before], [9, after]]},
            "privacy": {"generated": counts | generated, "by chance": counts | {"whole": 2}},
        }
        return Tuned(Path("x"), {"tuned": record}).notes

    assert notes(2.0, 1.8, 5000) == notes(2.0, 1.8, 5000, whole=2, runs=1) == []
    assert ["few" in note for note in notes(2.0, 1.8, 1999)] == [True]
    assert ["learned next to nothing" in note for note in notes(2.0, 1.99, 5000)] == [True]
    assert ["do not give the folder away" in note for note in notes(2.0, 1.8, 5000, whole=2, runs=2)] == [True]


def test_a_tuned_model_types_in_a_recipe_beside_it(tuned: Tuned) -> None:
    recipe = tuned.folder.parent / "recipe.yaml"
    recipe.write_text(
        "name: use\nmodels: {typist: {kind: base, name: tuned}}\ntables: {t: {rows: 2, fields: {m: {kind: typed, seeds: [hi you, ho "
        "there]}}}}\n"
    )
    checked = api.check(recipe)
    assert [one.model for one in checked.questions] == ["typist"]
    known = Originals.load(tuned.folder / LEARNED)
    one = next(text for text in chatter(240)[40:] if known.copied(text) == "")
    said = iter([one.upper(), "first new thing", f"{one}!", *(f"new thing {number}" for number in range(30))])
    made = api.make(recipe, out=recipe.parent / "used", models={"typist": ScriptedModel(lambda prompt, stream: f" {next(said)}\n")})
    rows = {row["m"] for row in api.look(made.folder)[1]}
    assert len(rows) == 2
    assert not [text for text in rows if known.copied(text) is not None]


# Killed, and begun again


def command(logs: Path, out: Path, model: Path) -> list[str]:
    return [
        "tune",
        str(logs),
        "-o",
        str(out),
        "--model",
        str(model),
        "--about",
        ABOUT,
        "--epochs",
        "2",
        "--probe",
        "6",
        "--device",
        "cpu",
        "-q",
    ]


def begun(words: list[str], pause: float = 0.05) -> Any:
    process = forked.Process(target=slow_tune.run, args=(words, pause))
    process.start()
    return process


def test_killed_again_and_again_it_ends_with_the_same_model(tuned: Tuned, workplace: Path, tmp_path: Path, tiny_packed: Path) -> None:
    out, stream, reached = tmp_path / "out", Random(os.environ.get("SEED", "3")), list[int]()
    words = command(workplace / "logs.jsonl", out, tiny_packed)
    checkpoint = tmp_path / "out.unfinished" / CHECKPOINT
    for _ in range(3):
        process, seen = begun(words), checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while process.is_alive() and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == seen):
            time.sleep(0.01)
        time.sleep(stream.uniform(0, 0.25))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        reached.append(torch.load(checkpoint)["state"]["step"])
    assert reached == sorted(set(reached))
    process = begun(words, 0)
    process.join()
    assert process.exitcode == 0
    assert weights(out) == weights(tuned.folder)
    assert {one.name for one in out.iterdir()} == {one.name for one in tuned.folder.iterdir()}
    assert left(out) == []


def test_ctrl_c_is_exit_code_130_and_the_same_command_goes_on(tuned: Tuned, workplace: Path, tmp_path: Path, tiny_packed: Path) -> None:
    out = tmp_path / "out"
    words = command(workplace / "logs.jsonl", out, tiny_packed)
    process, checkpoint = begun(words, 1), tmp_path / "out.unfinished" / CHECKPOINT
    while process.is_alive() and not checkpoint.exists():
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 130
    assert run(*words).exit_code == 0
    assert weights(out) == weights(tuned.folder)


# The command


def run(*words: object) -> Result:
    from synthgen.cli import app

    return CliRunner(env={"COLUMNS": "160"}).invoke(app, [str(word) for word in words])


def test_the_command_says_what_was_learned_and_given_away(tuned: Tuned, workplace: Path, tiny_packed: Path) -> None:
    words = command(workplace / "logs.jsonl", tuned.folder, tiny_packed)[:-1]
    done = run(*words)
    assert done.exit_code == 0
    said, record = done.stdout, tuned.record["tuned"]
    assert "finished already; nothing to do (--fresh tunes it again)" in said
    assert f"learned from {record['logs']['learned']} messages, 24 held out, 1 left out (repeated), 1 left out (empty)" in said
    assert "10 <email>" in said
    assert "by chance" in said
    assert f"models: {{typist: {{kind: base, name: {tuned.folder.name}}}}}" in said
    assert f"note: {record['logs']['learned']} messages are few" in said
    told = json.loads(run(*words, "--json").stdout)
    assert (told["folder"], told["already"], told["tuned"]["privacy"]) == (str(tuned.folder), True, record["privacy"])
    quiet = run(*words, "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logs.txt"], "Missing option"),
        (["-o", "x"], "Missing argument"),
        (["logs.txt", "-o", "x", "--from-scratch"], "--from-scratch needs the folder of corpora, and --model SOURCE"),
        (["a", "b", "-o", "x", "--from-scratch", "--model", "m"], "--from-scratch needs the folder of corpora"),
        (["logs.txt", "-o", "x", "--layers", "4"], "--layers needs --from-scratch"),
        (["logs.txt", "-o", "x", "--epochs", "0"], "Invalid value for '--epochs'"),
        (["logs.txt", "-o", "x", "--minutes", "soon"], "Invalid value for '--minutes'"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(words: list[str], said: str) -> None:
    done = run("tune", *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_mistakes_are_one_line_with_their_exit_code(tmp_path: Path, tiny: Path) -> None:
    few = run("tune", logged(tmp_path, 50), "-o", tmp_path / "out", "--model", tiny)
    assert (few.exit_code, few.stdout) == (1, "")
    assert few.stderr.startswith("error: 50 messages are too few to tune on")
    assert "like: FILE" in few.stderr
    wrong = run("tune", logged(tmp_path), "-o", tmp_path / "out", "--field", "txt", "--model", tiny)
    assert (wrong.exit_code, "did you mean 'text'?" in wrong.stderr) == (1, True)
    none = run("tune", logged(tmp_path), "-o", tmp_path / "out", "--model", tmp_path)
    assert (none.exit_code, "cannot be loaded" in none.stderr) == (4, True)


def test_an_interrupt_is_one_line(tmp_path: Path, workplace: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "tune", interrupted)
    done = run("tune", workplace / "logs.jsonl", "-o", tmp_path / "out", "--model", tiny)
    assert (done.exit_code, done.stderr) == (130, "\ninterrupted; what was learned is kept: the same command goes on\n")


def test_progress_is_told_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.cli.terminal.watching.PLAIN_EVERY", 0.0)
    with terminal.tuning(silent=False) as watch:
        watch(training.Step(0, 0, 2.5, 0, 0))
        watch(training.Step(0.25, 2.125, None, 5000, 10))
    assert capsys.readouterr().err == "tuning: 25%, 2.12 bits per byte (held out: 2.500), 500 tokens a second, about 30 s left\n"
    with terminal.tuning(silent=True) as watch:
        watch(training.Step(0.5, 2, None, 5000, 10))
    assert capsys.readouterr().err == ""


# What a model gives away

LEARNT = ["my card got declined at the big shop today", "hi, where is my order? it should have come on monday, pls look", "thanks"]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("My card got declined at the big shop today!!", (1, 1, 0, 0, 0)),
        ("my card got declind at the big shop today", (1, 0, 1, 0, 0)),
        ("so: where is my order, it should have come in june", (1, 0, 0, 1, 0)),
        ("how do i close an account", (1, 0, 0, 0, 0)),
        ("thanks", (0, 0, 0, 0, 0)),
        ("write to bob@example.org", (0, 0, 0, 0, 1)),
        ("please write to bob@example.org", (1, 0, 0, 0, 1)),
    ],
)
def test_copies_are_counted_by_how_near_they_are(text: str, counts: tuple[int, ...]) -> None:
    assert privacy.count_copied([text], LEARNT) == privacy.CopiedCounts(*counts)
    assert privacy.count_copied([text] * 3, LEARNT) == privacy.CopiedCounts(*(3 * count for count in counts))


def test_a_near_copy_of_another_generated_message_is_no_copy() -> None:
    assert privacy.count_copied(["how do i close my account", "how do i close my accounts"], LEARNT) == privacy.CopiedCounts(2, 0, 0, 0, 0)


def learnt(count: int, topics: int = 4) -> list[TrainingMessage]:
    return [
        TrainingMessage(text, f"topic {number % topics}", str(number % topics), str(number), ABOUT)
        for number, text in enumerate(chatter(count))
    ]


def test_half_of_the_frames_show_what_was_learned_and_half_do_not() -> None:
    prompts = privacy.extraction_prompts(learnt(300), ABOUT, 100, Random(0))
    texts = {one.text for one in learnt(300)}
    shown = [[line[2:] for line in prompt.text.split("\n") if line.startswith("- ")] for prompt in prompts]
    assert len(prompts) == 100 == len({prompt.stream for prompt in prompts})
    assert all(bool(lines) == (number % 2 == 0) for number, lines in enumerate(shown))
    assert {line for lines in shown for line in lines} <= texts
    assert all(prompt.text.startswith(f"{ABOUT}\nTopic: topic ") and prompt.text.endswith("\n-") for prompt in prompts)
    assert len({prompt.text.split("\n")[1] for prompt in prompts}) == 4
    assert privacy.extraction_prompts(learnt(300), ABOUT, 100, Random(0)) == prompts


def test_a_few_frames_are_from_all_over_the_logs() -> None:
    many = learnt(3000, topics=40)
    assert len({prompt.text.split("\n")[1] for prompt in privacy.extraction_prompts(many, ABOUT, 40, Random(0))}) > 10


def test_without_about_and_topics_every_frame_shows_messages() -> None:
    plain = [TrainingMessage(text, unit=str(number)) for number, text in enumerate(chatter(100))]
    assert all(prompt.text.count("\n- ") >= 1 for prompt in privacy.extraction_prompts(plain, "", 20, Random(0)))


def test_frames_are_no_longer_than_what_was_read_in_training() -> None:
    long = [TrainingMessage("word " * 119 + str(number), unit=str(number)) for number in range(60)]
    sizes = [len(prompt.text.split()) for prompt in privacy.extraction_prompts(long, ABOUT, 20, Random(0))]
    assert max(sizes) < 700
    assert max(sizes) > 400


def test_only_messages_that_end_are_read_in_the_order_of_the_frames() -> None:
    answers = iter([" one\n", " never ends", " two\n", "\n"])
    prompts = privacy.extraction_prompts(learnt(60), ABOUT, 4, Random(0))
    assert list(privacy.extracted_messages(ScriptedModel(lambda prompt, stream: next(answers)), prompts)) == ["one", "two"]
