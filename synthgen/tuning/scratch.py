"""`synthgen tune --from-scratch`: how the model that ships inside was made, from an open base model and openly licensed messages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from synthgen.errors import DataError
from synthgen.models import BaseModel, packed
from synthgen.tuning import corpora, cut
from synthgen.tuning.batches import Encoded, encoded, learnable
from synthgen.tuning.documents import TrainingDocument, TrainingMessage, documents, framed, section
from synthgen.tuning.logs import split
from synthgen.tuning.losses import bits_per_byte, distilled
from synthgen.tuning.run import Tuned, copy_tokenizer, model_fingerprint, run
from synthgen.tuning.train import Settings, TrainingState, Watch, train

HELD = 0.03
"""The share of each source's groups that is held out of the training, to see when to stop."""
LOOKED_AT = 84
"""Held-out documents at each look."""
WHOLE = 0.1
"""What the learning rate is multiplied by where all weights are trained, and not the scales of blocks alone."""
PLACES = 40
"""Documents of each source that is held out whole."""
DONE = "done"
"""The file that says that the base is cut, and which layers it has."""


@dataclass(frozen=True)
class BuildConfig:
    """How a base model is made: its `source` (a folder, GGUF file or Hub id), the first `general` tokens of its vocabulary and those that
    the corpora have `seen` so often, how many `layers` (None: all), and how many million `characters` of documents it reads. A model of
    fewer layers is trained by distillation from the whole one. One of all layers goes `share` of the way to what it has become: there it
    knows best how strangers type, for what it learned of its own corpora fades sooner than what it learned of people (WiSE-FT, arXiv
    2109.01903)."""

    source: str
    general: int = 18_000
    seen: int = 8
    layers: int | None = None
    characters: float = 10.0
    share: float = 0.7


@dataclass(frozen=True)
class Corpora:
    """Messages by source: to learn from, held out of sources that are learned from, and of sources that never are."""

    learned: dict[str, list[TrainingMessage]]
    held_out: dict[str, list[TrainingMessage]]
    strange: dict[str, list[TrainingMessage]]


def gathered(folder: Path, seed: int) -> Corpora:
    """The corpora in a folder, cleaned and masked. Raises DataError when none are there."""
    sources = Corpora({}, {}, {})
    for name, corpus in corpora.corpora().items():
        if not (folder / f"{name}.jsonl.gz").exists():
            continue
        stream = Random(f"{seed} {name}")
        typed = corpora.messages(folder, name, stream, clean=bool(corpus.share))
        if corpus.share:
            sources.learned[name], sources.held_out[name] = split(typed, HELD, stream)
        else:
            sources.strange[name] = typed
    if not sources.learned:
        raise DataError(f"{folder}: none of the corpora is there", f"as NAME.jsonl.gz: {', '.join(corpora.corpora())}")
    return sources


def eval_documents(typed: Mapping[str, Sequence[TrainingMessage]], seed: int, most: int) -> dict[str, list[TrainingDocument]]:
    """Documents to measure on, of sixteen messages at most, as they were typed: up to `most` of each source."""
    eval_sets: dict[str, list[TrainingDocument]] = {}
    for name, source_messages in typed.items():
        stream = Random(f"{seed} shown {name}")
        handfuls = [handful[:16] for handful in documents(source_messages, stream) if len(handful) >= 5]
        about = corpora.corpora()[name].about[0]
        eval_sets[name] = [framed([section(handful)], about) for handful in stream.sample(handfuls, min(most, len(handfuls)))]
    return {name: source_documents for name, source_documents in eval_sets.items() if source_documents}


def from_scratch(
    folder: Path, out: Path, making: BuildConfig, *, settings: Settings, fresh: bool = False, watch: Watch = lambda step: None
) -> Tuned:
    """Make a base model as the embedded one was made; see `synthgen.api.tune_from_scratch`."""

    def load_data() -> Corpora:
        return gathered(folder, settings.seed)

    def make(sources: Corpora, place: Path) -> tuple[dict[str, Any], float]:
        base = place / "base"
        if not (base / DONE).exists():
            (base / DONE).write_text(json.dumps(cut_base(making, sources, base)), encoding="utf-8")
        layers = json.loads((base / DONE).read_text(encoding="utf-8"))
        before = figures(str(base), sources, settings.seed, settings.batch)
        state = _trained(making, base, sources, settings, place, watch)
        copy_tokenizer(BaseModel(str(base)), place)
        after = figures(str(place), sources, settings.seed, settings.batch)
        shutil.rmtree(base)
        record = {
            "base": Path(making.source).name if Path(making.source).exists() else making.source,
            "making": _nameless(making),
            "settings": asdict(settings),
            "training": state.record(),
            "layers": layers,
            "messages": {name: len(typed) for name, typed in sources.learned.items()},
            "bits per byte": {"before": before, "after": after},
        }
        return record, state.earlier

    sizes = sorted((file.name, file.stat().st_size) for file in folder.glob("*.jsonl.gz"))
    return run(out, [sizes, model_fingerprint(making.source), asdict(making), asdict(settings)], fresh, load_data, make)


def _trained(making: BuildConfig, base: Path, sources: Corpora, settings: Settings, place: Path, watch: Watch) -> TrainingState:
    """Train a cut base on the corpora: all its weights when it lost layers, or else its scales."""
    from synthgen.tuning.adapt import lora_train

    base_model = BaseModel(str(base))
    per_source = max(2, LOOKED_AT // len(sources.held_out))
    held_out = [
        encoded(base_model.tokenizer, document)
        for source_documents in eval_documents(sources.held_out, settings.seed, per_source).values()
        for document in source_documents
    ]
    if making.layers is not None:
        return distill(making, base, sources, held_out, settings, place, watch)
    network, tokenizer = base_model.opened()
    return lora_train(
        base_model,
        network,
        lambda number: epoch(tokenizer, sources, making, settings.seed, number),
        held_out,
        settings,
        place,
        watch,
        making.share,
    )


def _nameless(making: BuildConfig) -> dict[str, Any]:
    """How it was made, without where on this machine its source lies."""
    return {name: value for name, value in asdict(making).items() if name != "source"}


def cut_base(making: BuildConfig, sources: Corpora, folder: Path) -> list[int]:
    """Write the base model before any training, packed, with its smaller vocabulary; returns the layers that were kept."""
    import torch

    model, tokenizer = BaseModel(making.source, dtype="float32", device="cpu").opened()
    counts = cut.token_frequencies(tokenizer, (message.text for typed in sources.learned.values() for message in typed))
    written, kept = cut.vocabulary(json.loads(tokenizer.backend_tokenizer.to_str()), counts, making.general, making.seen)
    cut.take_tokens(model, kept)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in cut.tokenizer_files(written).items():
        (folder / name).write_text(text, encoding="utf-8")
    layers = list(range(model.config.num_hidden_layers))
    if making.layers is not None and making.layers < len(layers):
        tokenizer = BaseModel(str(folder)).tokenizer
        sample = [
            torch.tensor([encoded(tokenizer, document)[0]])
            for source_documents in eval_documents(sources.held_out, 0, 4).values()
            for document in source_documents
        ]
        change = cut.influence(model, sample)
        layers = sorted(sorted(layers, key=lambda place: -change[place])[: making.layers])
        cut.take_layers(model, layers)
    save_packed(model, folder, 4 if making.layers is None else 8)
    return layers


def save_packed(model: Any, folder: Path, bits: int) -> None:
    """Write a model's config and its weights: matrices in blocks of `bits` (the embedding of 8), the rest in float32."""
    weights: dict[str, Any] = {}
    for name, tensor in model.state_dict().items():
        if name.startswith("lm_head") and model.config.tie_word_embeddings:
            continue
        if tensor.dim() == 2:
            weights |= {
                f"{name}.{part}": packed_part for part, packed_part in packed.quantised(tensor, 8 if "embed" in name else bits).items()
            }
        else:
            weights[name] = tensor.float().contiguous()
    packed.save(weights, folder / "model.safetensors")
    config = model.config.to_diff_dict()
    for key in ("quantization_config", "_name_or_path", "_model_name_or_path", "transformers_version"):
        config.pop(key, None)
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}, indent=2, default=str), encoding="utf-8")


def epoch(tokenizer: Any, sources: Corpora, making: BuildConfig, seed: int, number: int) -> list[Encoded]:
    """The documents of an epoch."""
    epoch_documents = corpora.training(sources.learned, Random(f"{seed} epoch {number}"), int(making.characters * 1e6))
    return learnable(tokenizer, epoch_documents)


def distill(
    making: BuildConfig, base: Path, sources: Corpora, held_out: Sequence[Encoded], settings: Settings, folder: Path, watch: Watch
) -> TrainingState:
    """Train all weights of a model that lost layers, towards the whole one's distributions, and write it to the folder."""
    model, tokenizer = BaseModel(str(base), dtype="float32").opened()
    model.requires_grad_(True)
    teacher, old = BaseModel(making.source).opened()
    tokens = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    numbers = old.get_vocab()
    cut.take_tokens(teacher, [numbers[token] for token in sorted(tokens, key=tokens.__getitem__)])
    training_set = epoch(tokenizer, sources, making, settings.seed, 0)
    settings = replace(settings, rate=WHOLE * settings.rate)
    state = train(
        model, dict(model.named_parameters()), lambda _: training_set, held_out, settings, folder, watch, distilled(teacher.eval())
    )
    save_packed(model, folder, 8)
    return state


def figures(place: str, sources: Corpora, seed: int, batch: int) -> dict[str, float]:
    """Bits per byte of a model on each source that is held out whole."""
    model, tokenizer = BaseModel(place).opened()
    eval_sets = {
        name: [encoded(tokenizer, document) for document in source_documents]
        for name, source_documents in eval_documents(sources.strange, seed, PLACES).items()
    }
    return {name: round(bits_per_byte(model, encodings, batch), 4) for name, encodings in eval_sets.items()}
