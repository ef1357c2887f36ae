"""How the embedded model was made: the corpora it learned from, a smaller vocabulary, fewer layers, and the command that does it all."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import slow_tune
import torch
from conftest import chatter, forked, little
from hypothesis import given, settings
from hypothesis import strategies as some
from typer.testing import CliRunner

from synthgen import api
from synthgen.errors import DataError, ModelError
from synthgen.models import BaseModel, packed
from synthgen.tuning import corpora, cut, scratch
from synthgen.tuning.batches import encoded
from synthgen.tuning.documents import TrainingMessage
from synthgen.tuning.run import Tuned
from synthgen.tuning.scratch import BuildConfig
from synthgen.tuning.train import CHECKPOINT, Settings

SOURCES = ["snips", "clinc150", "irc_support", "webquestions", "banking77", "casino"]
"""Two that are not learned from are among them: the last."""


# The list


def test_the_list_of_corpora_is_whole() -> None:
    known = corpora.corpora()
    assert all(one.licence and one.by and one.about for one in known.values())
    assert sum(one.share > 0 for one in known.values()) >= 8
    assert sum(one.share == 0 for one in known.values()) >= 5
    assert {one.topics for one in known.values()} == {"words", "no"}
    assert not [name for name, one in known.items() if any(word in one.licence for word in ("NC", "SA", "GPL", "ODbL"))]


def put(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little corpora under the names of real ones."""
    place = tmp_path_factory.mktemp("scratch") / "corpora"
    for number, name in enumerate(SOURCES):
        put(
            place,
            name,
            [
                {"text": text if n % 5 else f"{text} on monday", "group": f"{name}/group_{n // 5}", "source": name}
                for n, text in enumerate(chatter(160, number))
            ],
        )
    return place


def test_messages_are_cleaned_and_told_what_they_are_about(tmp_path: Path) -> None:
    rude = codecs.decode("shpx lbh", "rot13")
    texts = [
        "play some music",
        "Play  some music!",
        "mail a@example.org now",
        rude,
        "w " * 81,
        "- a dash",
        "",
        "my pin is 12345 ok",
        "two\nlines",
    ]
    for name in ("snips", "banking77", "irc_support"):
        put(
            tmp_path,
            name,
            [{"text": text, "group": f"{name}/PlayMusic"} for text in texts] + [{"text": "play some music", "group": "b/other"}],
        )
    found = {name: corpora.messages(tmp_path, name, Random(0), clean=name == "snips") for name in ("snips", "banking77", "irc_support")}
    said = {name: [one.text for one in own] for name, own in found.items()}
    assert said["snips"][0] == "play some music"
    assert said["snips"][-2:] == ["two lines", "play some music"]  # in another group it is another message
    assert said["irc_support"][-1] == "two lines"  # where groups say nothing it is not
    assert [rude in own for own in said.values()] == [False, True, True]
    assert not [text for own in said.values() for text in own if "@" in text or "<" in text or "w w" in text or "12345" in text]
    assert {one.topic for one in found["snips"]} == {"play music", "other"}
    assert {one.topic for one in found["irc_support"]} == {""}
    assert {(one.source, one.unit) for one in found["snips"]} == {("snips", "snips/PlayMusic"), ("snips", "b/other")}
    put(tmp_path, "snips", [{"txet": "x"}])
    with pytest.raises(DataError, match="did you mean 'txet'"):
        corpora.messages(tmp_path, "snips", Random(0))


def test_what_is_held_out_is_never_learned(folder: Path) -> None:
    found = scratch.gathered(folder, 0)
    assert set(found.learned) == set(found.held_out) == set(SOURCES[:4])
    assert set(found.strange) == set(SOURCES[4:])
    for name, own in found.learned.items():
        held = found.held_out[name]
        assert not {one.unit for one in own} & {one.unit for one in held}
        assert 0 < len(held) < 0.2 * len(own)
        assert not {one.text for one in own} & {one.text for one in held}
        assert {one.source for one in own + held} == {name}
    assert scratch.gathered(folder, 0) == found
    assert scratch.gathered(folder, 1).held_out != found.held_out


def test_only_what_is_learned_from_is_cleaned(tmp_path: Path) -> None:
    rude = codecs.decode("shpx lbh", "rot13")
    for name in ("snips", "banking77"):
        put(tmp_path, name, [{"text": text, "group": str(n)} for n, text in enumerate([rude, *chatter(50)])])
    found = scratch.gathered(tmp_path, 0)
    assert rude not in {one.text for one in found.learned["snips"] + found.held_out["snips"]}
    assert rude in {one.text for one in found.strange["banking77"]}


def test_a_folder_without_corpora_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the corpora is there") as error:
        scratch.gathered(tmp_path / "nowhere", 0)
    assert "as NAME.jsonl.gz: abcd_sample" in error.value.hint


def test_documents_come_from_the_sources_by_their_shares(folder: Path) -> None:
    found = scratch.gathered(folder, 0)
    made = list(corpora.training(found.learned, Random(0), 200_000))
    about = {line: name for name, one in corpora.corpora().items() for line in one.about}
    sizes = Counter[str]()
    for one in made:
        sizes[about.get(one.text.split("\n")[0], "nameless")] += len(one.text)
    assert 190_000 < sizes.total() < 230_000
    named = {name: size / (sizes.total() - sizes["nameless"]) for name, size in sizes.items() if name != "nameless"}
    shares = {name: corpora.corpora()[name].share for name in SOURCES[:4]}
    for name, share in shares.items():
        assert named[name] == pytest.approx(share / sum(shares.values()), abs=0.05)
    assert 0.04 < sizes["nameless"] / sizes.total() < 0.18
    first = {about.get(one.text.split("\n")[0], "nameless") for one in made[:40]}
    assert first >= {"irc_support", "snips", "clinc150"}  # mixed, not one source after the other
    assert list(corpora.training(found.learned, Random(0), 200_000)) == made
    assert any("<" in one.text for one in made)
    assert all(one.spans and one.text.endswith("\n") for one in made)


def test_too_little_to_make_a_document_of_ends(folder: Path) -> None:
    assert list(corpora.training({"snips": [TrainingMessage("alone", source="snips")], "clinc150": []}, Random(0), 10_000)) == []


def test_facts_become_slots_of_one_name_each() -> None:
    texts = ["it was $12.50 on monday", "at 5 pm i paid $3", "7 of them on friday, covid19"]
    found = ["\n".join(corpora.slotted(texts, Random(seed))) for seed in range(400)]
    assert len(set(found)) > 100
    for own in found:
        assert all(re.fullmatch("[a-z_0-9]+", name) for name in re.findall(r"<(.*?)>", own))  # none inside another
        assert own.count("<") == own.count(">")
        assert re.sub(r"<\w+>", "X", own).count("covid19") == 1
        assert len(set(re.findall(r"(?:was|paid) (<\w+>)", own))) <= 1
        assert ("$" in own) == (own.count("$") == 2)
    shares = [sum(fact in own for own in found) / 400 for fact in ("$3", "monday", "7 of")]
    assert all(0.2 < share < 0.42 for share in shares)


# A smaller vocabulary


@pytest.fixture(scope="module")
def whole(tiny: Path) -> dict[str, Any]:
    return json.loads((tiny / "tokenizer.json").read_text())  # type: ignore[no-any-return]


def reader(written: dict[str, Any], place: Path) -> Any:
    place.mkdir(exist_ok=True)
    for name, content in cut.tokenizer_files(written).items():
        (place / name).write_text(content, encoding="utf-8")
    (place / "config.json").write_text(json.dumps({"model_type": "llama"}))
    return BaseModel(str(place)).tokenizer


@pytest.fixture(scope="module")
def smaller(tiny: Path, whole: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, list[int]]:
    """The whole tokenizer, one that keeps what is seen in ten messages, and which tokens these are."""
    tokenizer = BaseModel(str(tiny)).tokenizer
    written, old = cut.vocabulary(whole, cut.token_frequencies(tokenizer, chatter(10)), 0, 1)
    return tokenizer, reader(written, tmp_path_factory.mktemp("cut") / "smaller"), old


def test_a_cut_tokenizer_says_the_same_with_what_it_kept(smaller: tuple[Any, Any, list[int]]) -> None:
    tokenizer, small, old = smaller
    assert 257 < len(old) < 345
    for text in chatter(10):
        ids = small(text)["input_ids"]
        assert small.convert_ids_to_tokens(ids) == tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])
        assert [old[one] for one in ids] == tokenizer(text)["input_ids"]
    assert any(small.tokenize(text) != tokenizer.tokenize(text) for text in chatter(60))


@given(some.text())
def test_any_text_survives_a_cut_tokenizer(smaller: tuple[Any, Any, list[int]], text: str) -> None:
    _, small, _ = smaller
    assert (
        small.decode(small(text, add_special_tokens=False)["input_ids"], clean_up_tokenization_spaces=False)
        == text.encode("utf-8", "replace").decode()
    )


@settings(max_examples=30)
@given(general=some.integers(0, 400), seen=some.integers(1, 60), counted=some.integers(0, 60))
def test_what_a_merge_needs_is_kept(whole: dict[str, Any], tiny: Path, general: int, seen: int, counted: int) -> None:
    counts = {token: (token * 7) % 61 for token in range(0, 360, 1 + counted)}
    written, old = cut.vocabulary(whole, counts, general, seen)
    vocabulary, names = written["model"]["vocab"], {number: token for token, number in whole["model"]["vocab"].items()}
    assert sorted(vocabulary.values()) == list(range(len(old)))
    assert {token: old[number] for token, number in vocabulary.items()} == {names[one]: one for one in old}
    special = {"<|other|>"}
    assert not special & set(vocabulary)
    assert {
        token for token, number in whole["model"]["vocab"].items() if number < general or counts.get(number, 0) >= seen
    } - special <= set(vocabulary)
    merged = set()
    for left, right in written["model"]["merges"]:
        assert {left, right, left + right} <= set(vocabulary)
        merged.add(left + right)
    assert all(len(token) == 1 or token in merged or token == cut.START for token in vocabulary)
    assert {token for token in names.values() if len(token) == 1} <= set(vocabulary)
    assert old[0] == 0
    assert [(one["id"], one["content"]) for one in written["added_tokens"]] == [(0, cut.START)]


def test_the_start_comes_first_wherever_it_was(whole: dict[str, Any]) -> None:
    last, number = max(whole["model"]["vocab"].items(), key=lambda one: one[1])
    moved = {**whole, "model": {**whole["model"], "vocab": {**whole["model"]["vocab"], last: 0, cut.START: number}}}
    written, old = cut.vocabulary(moved, {}, 0, 1)
    assert (old[0], written["model"]["vocab"][cut.START], written["added_tokens"][0]["id"]) == (number, 0, 0)
    assert old[1:] == sorted(old[1:])


def test_a_tokenizer_of_another_kind_is_told(whole: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="its tokenizer is Unigram, not BPE"):
        cut.vocabulary({**whole, "model": {"type": "Unigram", "vocab": [["a", 0.0]]}}, {}, 10, 1)
    without = {token: number for token, number in whole["model"]["vocab"].items() if token != cut.START}
    with pytest.raises(ModelError, match="its vocabulary has no <|endoftext|>".replace("|", r"\|")):
        cut.vocabulary({**whole, "model": {**whole["model"], "vocab": without}}, {}, 10, 1)


# A smaller model


def opened(place: Path) -> tuple[Any, Any]:
    return BaseModel(str(place), dtype="float32", device="cpu").opened()


def logits(model: Any, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([ids]), use_cache=False).logits[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("tied", [True, False])
def test_tokens_that_are_kept_keep_their_logits(tiny: Path, tied: bool) -> None:
    model, _ = opened(tiny)
    if not tied:
        head = torch.nn.Linear(64, 360, bias=False)
        model.set_output_embeddings(head)
    kept = [0, *range(40, 200, 3)]
    before = logits(model, [0, 40, 43, 46, 100])[:, kept]
    cut.take_tokens(model, kept)
    assert torch.allclose(logits(model, [0, 1, 2, 3, 21]), before, atol=1e-5)
    assert (model.get_output_embeddings().weight is model.get_input_embeddings().weight) is tied
    assert (model.config.vocab_size, model.config.bos_token_id, model.config.eos_token_id) == (len(kept), 0, 0)


def test_a_model_that_keeps_everything_is_the_same(tiny: Path) -> None:
    model, _ = opened(tiny)
    before = logits(model, [0, 50, 60, 70])
    cut.take_tokens(model, list(range(360)))
    cut.take_layers(model, [0, 1])
    assert torch.equal(logits(model, [0, 50, 60, 70]), before)


def test_layers_that_are_kept_work_on_in_their_order(tmp_path: Path) -> None:
    model, _ = opened(little(tmp_path / "three", layers=3))
    layers, ids = list(model.model.layers), [0, 50, 60, 70]
    before = logits(model, ids)
    cut.take_layers(model, [2, 0])
    assert list(model.model.layers) == [layers[0], layers[2]]
    assert [one.self_attn.layer_idx for one in model.model.layers] == [0, 1]
    assert model.config.num_hidden_layers == 2
    after = logits(model, ids)
    assert not torch.allclose(after, before, atol=1e-3)
    with torch.no_grad():
        layers[1].self_attn.o_proj.weight.zero_()
        layers[1].mlp.down_proj.weight.zero_()
    model.model.layers = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = 3
    assert torch.allclose(logits(model, ids), after, atol=1e-5)  # a layer that adds nothing is as good as none


def cut_base_of(model: Any, place: Path) -> list[int]:
    """The two layers that are kept of a model."""
    model.save_pretrained(place / "three")
    learnt = {"snips": [TrainingMessage(text, unit=str(number), source="snips") for number, text in enumerate(chatter(60))]}
    return scratch.cut_base(BuildConfig(str(place / "three"), layers=2), scratch.Corpora(learnt, learnt, {}), place / "base")


def test_influence_is_how_much_a_layer_changes(tmp_path: Path) -> None:
    model, _ = opened(little(tmp_path / "three", layers=3))
    with torch.no_grad():
        model.model.layers[1].self_attn.o_proj.weight.zero_()
        model.model.layers[1].mlp.down_proj.weight.zero_()
        model.model.layers[2].mlp.down_proj.weight.mul_(20)
    batches = [torch.randint(0, 360, (1, 20), generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    found = cut.influence(model, batches)
    assert found[1] == pytest.approx(0, abs=1e-5)
    assert found[2] > found[0] > 1e-6
    kept = cut_base_of(model, tmp_path)
    assert kept == [0, 2]
    assert found == pytest.approx([sum(each) / 3 for each in zip(*(cut.influence(model, [one]) for one in batches), strict=True)], abs=1e-6)


# The whole


def made(folder: Path, out: Path, source: Path, layers: int | None, **options: Any) -> Tuned:
    making = BuildConfig(str(source), general=150, seen=8, layers=layers, characters=0.03)
    return scratch.from_scratch(folder, out, making, settings=Settings(epochs=1, looks=4, patience=6), **options)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three layers. Nobody writes to it."""
    return little(tmp_path_factory.mktemp("source") / "tiny", layers=3)


@pytest.fixture(scope="module", params=[None, 2], ids=["whole", "fewer-layers"])
def done(request: pytest.FixtureRequest, folder: Path, source: Path) -> tuple[int | None, Tuned]:
    """A model that was made without disturbance, of all layers or fewer. Nobody writes to it."""
    return request.param, made(folder, folder.parent / f"made-{request.param}", source, request.param)


def test_a_model_from_scratch_is_small_and_tells_how_it_was_made(done: tuple[int | None, Tuned], source: Path) -> None:
    layers, result = done
    place, record = result.folder, result.record["tuned"]
    assert {one.name for one in place.iterdir()} == {
        "README.md",
        "config.json",
        "manifest.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert not [one for one in place.parent.iterdir() if one.name.startswith(f"{place.name}.")]
    model, tokenizer = opened(place)
    assert packed.is_packed(place / "model.safetensors")
    assert model.config.num_hidden_layers == len(model.model.layers) == len(record["layers"]) == (layers or 3)
    assert model.config.vocab_size == len(tokenizer) == model.get_input_embeddings().weight.shape[0] < 345
    assert tokenizer.bos_token_id == tokenizer.eos_token_id == model.config.bos_token_id == 0
    text = "hi my card is lost 🙏"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert record["training"]["steps"] > 5
    assert set(record["bits per byte"]["before"]) == set(record["bits per byte"]["after"]) == set(SOURCES[4:])
    assert record["bits per byte"]["before"] != record["bits per byte"]["after"]
    assert record["messages"] == {name: len(own) for name, own in scratch.gathered(place.parent / "corpora", 0).learned.items()}
    card = (place / "README.md").read_text()
    for name, before in record["bits per byte"]["before"].items():
        assert f"| {name} | {before:.3f} | {record['bits per byte']['after'][name]:.3f} |" in card
    for name, count in record["messages"].items():
        assert f"| {name} | {count} | {corpora.corpora()[name].licence} | {corpora.corpora()[name].by} |" in card
    assert result.notes == []


def test_no_part_of_the_way_leaves_a_model_as_it_was(folder: Path, source: Path, tmp_path: Path) -> None:
    figures = {}
    for share in (0.0, 0.5, 1.0):
        making = BuildConfig(str(source), general=150, characters=0.03, share=share)
        result = scratch.from_scratch(folder, tmp_path / f"out-{share}", making, settings=Settings(epochs=1, looks=1))
        figures[share] = result.record["tuned"]["bits per byte"]
    assert figures[0.0]["after"] == figures[0.0]["before"]
    assert len({str(one["after"]) for one in figures.values()}) == 3


def test_healing_brings_a_model_nearer_to_its_whole_self(folder: Path, source: Path, tmp_path: Path) -> None:
    """By distillation, measured as what is left of the distance after training."""
    found = scratch.gathered(folder, 0)
    making = replace(BuildConfig(str(source), general=150, layers=2, characters=0.05))
    scratch.cut_base(making, found, tmp_path / "base")
    tokenizer = BaseModel(str(tmp_path / "base")).tokenizer
    held = [encoded(tokenizer, one) for own in scratch.eval_documents(found.held_out, 0, 4).values() for one in own]
    before = (tmp_path / "base" / "model.safetensors").read_bytes()
    state = scratch.distill(making, tmp_path / "base", found, held, Settings(epochs=1, looks=4, rate=0.02), tmp_path, lambda step: None)
    assert state.best < 0.95 * state.losses[0][1]
    assert (tmp_path / "base" / "model.safetensors").read_bytes() == before
    assert packed.is_packed(tmp_path / "model.safetensors")
    stored = packed.PackedWeights(tmp_path / "model.safetensors", torch.float32)
    assert stored["model.layers.1.mlp.down_proj.weight"].shape == (64, 128)


def test_killed_it_ends_with_the_same_model(done: tuple[int | None, Tuned], folder: Path, source: Path, tmp_path: Path) -> None:
    layers, result = done
    out, checkpoint, seen = tmp_path / "out", tmp_path / "out.unfinished" / CHECKPOINT, 0
    for _ in range(2):
        process = forked.Process(target=slow_tune.scratch, args=(made, 0.05, folder, out, source, layers))
        process.start()
        while process.is_alive() and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == seen):
            time.sleep(0.01)
        time.sleep(0.1)
        process.kill()
        process.join()
        assert process.exitcode == -9
        seen = checkpoint.stat().st_mtime_ns
    assert torch.load(checkpoint)["state"]["step"] < result.record["tuned"]["training"]["steps"]
    again = made(folder, out, source, layers)
    assert (out / "model.safetensors").read_bytes() == (result.folder / "model.safetensors").read_bytes()
    assert again.record["tuned"]["bits per byte"] == result.record["tuned"]["bits per byte"]
    assert {one.name for one in out.iterdir()} == {one.name for one in result.folder.iterdir()}
    assert made(folder, out, source, layers).already


def test_cut_off_after_the_training_it_tells_the_same_figures(
    done: tuple[int | None, Tuned], folder: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, result = done
    with monkeypatch.context() as patch:
        measured, calls = scratch.figures, iter(range(9))

        def figures(*given: Any) -> dict[str, float]:
            if next(calls) == 1:
                raise KeyboardInterrupt
            return measured(*given)

        patch.setattr(scratch, "figures", figures)
        with pytest.raises(KeyboardInterrupt):
            made(folder, tmp_path / "out", source, layers)
    again = made(folder, tmp_path / "out", source, layers)
    assert again.record["tuned"]["bits per byte"] == result.record["tuned"]["bits per byte"]
    assert (again.folder / "model.safetensors").read_bytes() == (result.folder / "model.safetensors").read_bytes()


def test_a_model_from_scratch_can_be_tuned_and_is_not_checked_for_copies(done: tuple[int | None, Tuned], tmp_path: Path) -> None:
    _, result = done
    (tmp_path / "logs.txt").write_text("\n".join(chatter(220, 9)))
    tuned = api.tune([tmp_path / "logs.txt"], tmp_path / "tuned", model=str(result.folder), epochs=1, probe=2, device="cpu")
    assert packed.is_packed(tuned.folder / "model.safetensors")
    assert (tuned.folder / "learned.npz").exists()
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"name: r\nmodels: {{typist: {{kind: base, name: {result.folder}}}}}\ntables: "
        f"{{t: {{rows: 2, fields: {{m: {{kind: typed, seeds: [a b, c d]}}}}}}}}\n"
    )
    (table,) = api.check(recipe, allow=[result.folder]).plan.tables
    assert len(table.steps) == 1


def test_the_command_makes_it(folder: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synthgen.cli import app

    monkeypatch.setattr(scratch, "BuildConfig", partial(BuildConfig, general=150, characters=0.01))
    words = ["tune", str(folder), "--from-scratch", "--model", str(source), "-o", str(tmp_path / "out"), "--layers", "2"]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 0, ran.output
    assert f"{tmp_path / 'out'}: 2 layers, " in ran.stdout
    assert "banking77" in ran.stdout
    assert "bits per byte" in ran.stdout
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (told["already"], told["tuned"]["making"]["layers"], told["tuned"]["base"]) == (True, 2, source.name)
    assert str(source.parent) not in json.dumps(told["tuned"])
    none = CliRunner().invoke(app, ["tune", str(tmp_path), "--from-scratch", "--model", str(source), "-o", str(tmp_path / "other")])
    assert (none.exit_code, "none of the corpora is there" in none.stderr) == (1, True)
