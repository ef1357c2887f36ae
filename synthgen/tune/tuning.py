"""The verb: read the logs, train, measure what the model gives away, and write a folder that a recipe can name."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import synthgen
from synthgen.errors import DataError, ModelError, OutputError
from synthgen.frames import Section
from synthgen.models import BaseModel, packed
from synthgen.originals import LEARNED, Originals
from synthgen.output import MANIFEST, Output
from synthgen.output.folder import JOURNAL
from synthgen.tune import privacy, scratch
from synthgen.tune.card import card
from synthgen.tune.documents import Typed, documents, framed, sectioned
from synthgen.tune.logs import ENOUGH, Logs, logs, split
from synthgen.tune.train import CHECKPOINT, Encoded, Settings, State, Step, encoded, train
from synthgen.versions import versions

HELD = 0.1
"""The share of the logs that is held out, to see when to stop."""
MOST_HELD = 400
"""Held-out messages that each look reads, at most."""
NAMELESS = 0.2
"""The share of documents that do not say where they are from, so that the model works under another `about` too."""
DONE = "done"


@dataclass(frozen=True)
class Tuned:
    """What `tune` did: where the model is, and its record. `already` is true when it was there and nothing had to be done."""

    folder: Path
    record: dict[str, Any]
    already: bool = False

    @property
    def notes(self) -> list[str]:
        """What the user should know."""
        record, found = self.record["tuned"], list[str]()
        if "making" in record:
            return found
        losses, learned = [loss for _, loss in record["training"]["held-out bits per byte"]], record["logs"]["learned"]
        if learned < ENOUGH:
            found.append(f"{learned:,} messages are few; from {ENOUGH:,} on a model learns more than `like: FILE` shows it")
        if min(losses) > 0.99 * losses[0]:
            found.append("it learned next to nothing: it foretells held-out messages no better than before")
        rates = {name: (one["whole"] + one["nearly"] + one["runs"]) / max(1, one["messages"]) for name, one in record["privacy"].items()}
        if rates["generated"] > rates["by chance"] + 0.01:
            found.append("it says what it learned over again more often than people coincide by chance; do not give the folder away")
        return found


Watch = Callable[[Step], None]


def tune(
    paths: Sequence[Path],
    out: Path,
    *,
    about: str = "",
    model: str = "scribbler",
    field: str | None = None,
    group: str | None = None,
    settings: Settings | None = None,
    probe: int = 400,
    device: str = "auto",
    fresh: bool = False,
    watch: Watch = lambda step: None,
) -> Tuned:
    """Fine-tune a base model on messages; see `synthgen.api.tune`."""
    settings, output = settings or Settings(), Output(out)
    door = BaseModel(model, device=device)
    said = _fingerprint(paths, [about, _content(model), field, group, asdict(settings), probe])
    with output.locked():
        if (found := _finished(output, said, fresh)) is not None:
            return Tuned(out, found, already=True)
        began = time.monotonic()
        read = logs(paths, about, Random(f"{settings.seed} masks"), field=field, group=group)
        learned, held = split(read.typed, HELD, Random(f"{settings.seed} held"))
        work = _workplace(output, said, fresh)
        network, tokenizer = door.opened()
        epochs = _epochs(learned, about, settings.seed, tokenizer)
        looked_at = _looked_at(held, about, tokenizer)
        if not any(size for _, _, size in looked_at):
            raise DataError("no messages can be held out: they belong to too few dialogues", "leave the field out that says which dialogue")
        state = _trained(network, door, epochs, looked_at, settings, work, watch)
        _copy_tokenizer(door, tokenizer, work)
        Originals(one.text for one in learned).save(work / LEARNED)
        gives = _gives_away(work, device, learned, held, about, probe, settings.seed)
        record = {
            "base": door.identity, "about": about, "settings": asdict(settings), "logs": _told(read, learned, held),
            "training": _told_training(state), "privacy": gives, "seconds": round(time.monotonic() - began, 1),
        }  # fmt: skip
        return Tuned(out, _publish(output, said, record))


def from_scratch(
    folder: Path,
    out: Path,
    making: scratch.Making,
    *,
    settings: Settings | None = None,
    fresh: bool = False,
    watch: Watch = lambda step: None,
) -> Tuned:
    """Make a base model as the embedded one was made; see `synthgen.api.tune`."""
    settings, output = settings or Settings(epochs=1, looks=12), Output(out)
    sizes = sorted((one.name, one.stat().st_size) for one in folder.glob("*.jsonl.gz"))
    said = _fingerprint([], [sizes, _content(making.source), asdict(making), asdict(settings)])
    with output.locked():
        if (found := _finished(output, said, fresh)) is not None:
            return Tuned(out, found, already=True)
        began = time.monotonic()
        work = _workplace(output, said, fresh)
        base, corpora = work / "base", scratch.gathered(folder, settings.seed)
        if not (base / DONE).exists():
            layers = scratch.cut_base(making, corpora, base)
            (base / DONE).write_text(json.dumps(layers), encoding="utf-8")
        tokenizer = BaseModel(str(base)).tokenizer
        per_source = max(2, scratch.LOOKED_AT // len(corpora.held))
        held = [encoded(tokenizer, one) for own in scratch.shown(corpora.held, settings.seed, per_source).values() for one in own]
        before = scratch.figures(str(base), corpora, settings.seed, settings.batch)
        if making.layers is not None:
            state = scratch.heal(making, base, corpora, held, settings, work, watch)
        else:
            door = BaseModel(str(base))
            network, tokenizer = door.opened()
            state = _trained(
                network, door, lambda number: scratch.epoch(tokenizer, corpora, making, settings.seed, number), held, settings, work, watch
            )
        _copy_tokenizer(BaseModel(str(base)), tokenizer, work)
        record = {
            "base": Path(making.source).name if Path(making.source).exists() else making.source, "making": _nameless(making), "settings": asdict(settings), "training": _told_training(state),
            "layers": json.loads((base / DONE).read_text(encoding="utf-8")),
            "messages": {name: len(own) for name, own in corpora.learned.items()},
            "bits per byte": {"before": before, "after": scratch.figures(str(work), corpora, settings.seed, settings.batch)},
            "seconds": round(time.monotonic() - began, 1),
        }  # fmt: skip
        shutil.rmtree(base)
        return Tuned(out, _publish(output, said, record))


def _content(model: str) -> str:
    """A model's name and what is in it, in whatever number format."""
    door = BaseModel(model)
    return door.identity.split()[0] if door.place.exists() else model


def _nameless(making: scratch.Making) -> dict[str, Any]:
    """How it was made, without where on this machine its source lies."""
    return {name: value for name, value in asdict(making).items() if name != "source"}


def _finished(output: Output, said: str, fresh: bool) -> dict[str, Any] | None:
    found = output.manifest()
    if (found is not None and "tuned" not in found) or (output.unfinished / JOURNAL).exists():
        raise OutputError(f"{output.final} is a dataset, not a model", "choose another place: --out DIR")
    if found is None or fresh:
        return None
    return found if found["fingerprint"] == said and not output.unfinished.exists() else None


def _workplace(output: Output, said: str, fresh: bool) -> Path:
    """The folder where the run works, as its killed forerunner left it; empty when that one was told otherwise."""
    mark = output.unfinished / "fingerprint"
    output.open(fresh=fresh or not mark.exists() or mark.read_text(encoding="utf-8") != said)
    mark.write_text(said, encoding="utf-8")
    return output.unfinished


def _fingerprint(paths: Sequence[Path], told: Sequence[Any]) -> str:
    try:
        content = [sha256(path.read_bytes()).hexdigest() for path in paths]
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror or error}") from None
    return sha256(json.dumps([synthgen.__version__, content, told], default=str).encode()).hexdigest()[:16]


def _epochs(learned: Sequence[Typed], about: str, seed: int, tokenizer: Any) -> Callable[[int], list[Encoded]]:
    topics: dict[str, list[str]] = {}
    for one in learned:
        if one.topic:
            topics.setdefault(one.topic, []).append(one.text)

    def epoch(number: int) -> list[Encoded]:
        stream = Random(f"{seed} epoch {number}")
        made = [
            framed(sectioned(handful, topics, stream), "" if stream.random() < NAMELESS else about, first=0)
            for handful in documents(learned, stream)
        ]
        return [one for document in made if any((one := encoded(tokenizer, document))[1])]

    return epoch


def _looked_at(held: Sequence[Typed], about: str, tokenizer: Any) -> list[Encoded]:
    made = documents(held[:MOST_HELD], Random(0))
    shown = [framed([Section(one[0].topic, [each.text for each in one])], about) for one in made if len(one) > 1]
    return [encoded(tokenizer, one) for one in shown]


def _trained(
    network: Any,
    door: BaseModel,
    epochs: Callable[[int], Sequence[Encoded]],
    held: Sequence[Encoded],
    settings: Settings,
    work: Path,
    watch: Watch,
) -> State:
    """Train, and write the weights as the base has them: packed, or as transformers saves them."""
    from synthgen.tune.adapt import adapt, merge

    layers = adapt(network)
    if not layers:
        raise ModelError(
            f"model '{door.name}' has no layers that can be tuned", "take scribbler, or a model of the Llama, Qwen, Mistral or Gemma kind"
        )
    parameters = {f"{name}.{part}": getattr(layer, part) for name, layer in layers.items() for part in ("scale", "offset")}

    def settle() -> None:
        for layer in layers.values():
            layer.settle()

    state = train(network, parameters, epochs, held, settings, work, watch, settle=settle)
    if door.is_packed:
        changes = {
            f"{name}.weight": (1 + layer.scale.detach().cpu(), (layer.offset.detach() * layer.spread).cpu())
            for name, layer in layers.items()
        }
        packed.save(packed.retuned(door.place / "model.safetensors", changes), work / "model.safetensors")
        shutil.copy(door.place / "config.json", work / "config.json")
    else:
        merge(network)
        network.save_pretrained(work)
    return state


def _copy_tokenizer(door: BaseModel, tokenizer: Any, work: Path) -> None:
    if door.is_packed:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(door.place / name, work / name)
    else:
        tokenizer.save_pretrained(work)


def _gives_away(
    work: Path, device: str, learned: Sequence[Typed], held: Sequence[Typed], about: str, probe: int, seed: int
) -> dict[str, Any]:
    texts, others = [one.text for one in learned], [one.text for one in held]
    prompts = privacy.asked(learned, about, probe, Random(f"{seed} probe"))
    made = list(privacy.written(BaseModel(str(work), device=device), prompts))
    return {"generated": privacy.copied(made, texts)._asdict(), "by chance": privacy.copied(others, texts)._asdict()}


def _told(read: Logs, learned: Sequence[Typed], held: Sequence[Typed]) -> dict[str, Any]:
    return {"messages": read.read, "learned": len(learned), "held out": len(held), "left out": read.left_out, "masked": read.masked}


def _told_training(state: State) -> dict[str, Any]:
    return {"steps": state.step, "tokens": state.tokens, "seconds": round(state.seconds, 1), "held-out bits per byte": state.losses}


def _publish(output: Output, said: str, record: dict[str, Any]) -> dict[str, Any]:
    work, own = output.unfinished, (CHECKPOINT, "fingerprint")
    manifest = {"synthgen": synthgen.__version__, "fingerprint": said, "versions": versions(), "tuned": record}
    (work / "README.md").write_text(card(manifest), encoding="utf-8")
    manifest["files"] = {one.name: {"bytes": one.stat().st_size} for one in sorted(work.iterdir()) if one.is_file() and one.name not in own}
    (work / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in own:  # last, for a run that is killed before goes on from them
        (work / name).unlink(missing_ok=True)
    output.publish()
    return manifest
