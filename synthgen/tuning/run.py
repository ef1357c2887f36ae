"""The verb: read the logs, train, measure what the model gives away, and write a folder that a recipe can name."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import synthgen
from synthgen.dataset import JOURNAL, Output
from synthgen.dataset.verify import refuse_damaged
from synthgen.errors import DataError, OutputError
from synthgen.models import BaseModel
from synthgen.spec.digests import digest_of, sha256_of
from synthgen.spec.remedies import system_errors
from synthgen.storage import refuse_address
from synthgen.text.dialogues import Turns
from synthgen.text.originals import LEARNED, Originals
from synthgen.text.sources import source_files
from synthgen.tuning import privacy
from synthgen.tuning.batches import Encoded, encoded, learnable
from synthgen.tuning.card import card
from synthgen.tuning.documents import TrainingMessage, by_topic, documents, framed, section, sectioned
from synthgen.tuning.logs import ENOUGH, Logs, read_logs, split
from synthgen.tuning.train import CHECKPOINT, Settings, Watch
from synthgen.versions import versions

HELD = 0.1
"""The share of the logs that is held out, to see when to stop."""
MOST_HELD = 400
"""Held-out messages that each look reads, at most."""
NAMELESS_SHARE = 0.2
"""The share of documents that do not say where they are from, so that the model works under another `about` too.

Twice as many as when the embedded model is made (`corpora.NAMELESS_SHARE`): its corpora are from many places, and here all are from one."""


@dataclass(frozen=True)
class Tuned:
    """What `tune` did: where the model is, and its record. `already` is true when it was there and nothing had to be done."""

    folder: Path
    record: dict[str, Any]
    already: bool = False

    @property
    def notes(self) -> list[str]:
        """What the user should know."""
        record, notes = self.record["tuned"], list[str]()
        if "making" in record:
            return notes
        losses, learned = [loss for _, loss in record["training"]["held-out bits per byte"]], record["logs"]["learned"]
        if learned < ENOUGH:
            notes.append(f"{learned:,} messages are few; from {ENOUGH:,} on a model learns more than `like: FILE` shows it")
        if min(losses) > 0.99 * losses[0]:
            notes.append("it learned next to nothing: its loss on held-out messages is no lower than before")
        rates = {
            name: (counts["whole"] + counts["nearly"] + counts["runs"]) / max(1, counts["messages"])
            for name, counts in record["privacy"].items()
        }
        if rates["generated"] > rates["by chance"] + 0.01:
            notes.append("it repeats what it learned more often than people coincide by chance; do not give the folder away")
        return notes


R = TypeVar("R")


def run(
    out: Path,
    inputs: Sequence[Any],
    fresh: bool,
    load_data: Callable[[], R],
    make: Callable[[R, Path], tuple[dict[str, Any], float]],
    paths: Sequence[Path] = (),
) -> Tuned:
    """Make a model in the folder `out`, or find the finished one that was made of the same `inputs` and the same content of `paths`.

    `load_data` runs before anything is written. `make` then writes the model into a folder, in which it finds what a killed run of the same
    inputs left, and returns the record and how many seconds killed runs had trained. Raises DataError, OutputError.
    """
    refuse_address(out)
    output, fingerprint = Output(out), _fingerprint(paths, inputs)
    with output.locked("tune"):
        if (finished := _finished(output, fingerprint, fresh)) is not None:
            return Tuned(out, finished, already=True)
        began = time.monotonic()
        data = load_data()
        folder = _workplace(output, fingerprint, fresh)
        with system_errors(folder):
            record, earlier = make(data, folder)
        return Tuned(out, _publish(output, fingerprint, {**record, "seconds": round(earlier + time.monotonic() - began, 1)}))


def tune(
    paths: Sequence[Path],
    out: Path,
    *,
    about: str,
    model: str,
    field: str | None,
    group: str | None,
    turns: Turns | None,
    settings: Settings,
    probe: int,
    device: str,
    fresh: bool,
    watch: Watch,
    listen: Callable[[str], None],
) -> Tuned:
    """Fine-tune a base model on messages; see `synthgen.api.tune`."""
    base_model = BaseModel(model, device=device)

    def load_data() -> tuple[Logs, list[TrainingMessage], list[TrainingMessage]]:
        logs = read_logs(paths, about, Random(f"{settings.seed} masks"), field=field, group=group, turns=turns)
        for line in logs.readings:
            listen(line)
        return logs, *split(logs.typed, HELD, Random(f"{settings.seed} held"))

    def make(data: tuple[Logs, list[TrainingMessage], list[TrainingMessage]], folder: Path) -> tuple[dict[str, Any], float]:
        from synthgen.tuning.adapt import lora_train

        logs, learned, held_out = data
        network, tokenizer = base_model.opened()
        looked_at = _looked_at(held_out, about, tokenizer)
        if not any(size for _, _, size in looked_at):
            raise DataError("no messages can be held out: they belong to too few dialogues", "leave the field out that says which dialogue")
        state = lora_train(
            base_model, network, _epoch_factory(learned, about, settings.seed, tokenizer), looked_at, settings, folder, watch
        )
        copy_tokenizer(base_model, folder)
        Originals(message.text for message in learned).save(folder / LEARNED)
        record = {
            "base": base_model.identity,
            "about": about,
            "settings": asdict(settings),
            "logs": _log_counts(logs, learned, held_out),
            "training": state.record(),
            "privacy": _memorization_report(folder, device, learned, held_out, about, probe, settings.seed),
        }
        return record, state.earlier

    inputs = [about, model_fingerprint(model), field, group, asdict(settings), probe, *([turns] if turns else [])]
    return run(out, inputs, fresh, load_data, make, [file for path in paths for file in source_files(path)])


def model_fingerprint(model: str) -> str:
    """A model's name and, for one on this machine, a digest of its files."""
    base_model = BaseModel(model)
    return f"{Path(model).name}@{base_model.content}" if base_model.content else model


def _finished(output: Output, fingerprint: str, fresh: bool) -> dict[str, Any] | None:
    manifest = output.manifest(again=fresh)
    if (manifest is not None and "tuned" not in manifest) or (output.unfinished / JOURNAL).exists():
        raise OutputError(f"{output.final} is a dataset, not a model", "choose another place: --out DIR")
    if manifest is None or fresh:
        return None
    if manifest["fingerprint"] != fingerprint or output.unfinished.exists():
        return None
    refuse_damaged(output, manifest)
    return manifest


def _workplace(output: Output, fingerprint: str, fresh: bool) -> Path:
    """The folder where the run works, as its killed forerunner left it; empty when that one had other inputs."""
    mark = output.unfinished / "fingerprint"
    output.open(fresh=fresh or not mark.exists() or mark.read_bytes() != fingerprint.encode())
    mark.write_text(fingerprint, encoding="utf-8")
    return output.unfinished


def _fingerprint(paths: Sequence[Path], inputs: Sequence[Any]) -> str:
    try:
        digests = [sha256_of(path) for path in paths]
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror or error}") from None
    return digest_of([synthgen.__version__, digests, inputs])


def _epoch_factory(learned: Sequence[TrainingMessage], about: str, seed: int, tokenizer: Any) -> Callable[[int], list[Encoded]]:
    topics = by_topic(learned)

    def epoch(number: int) -> list[Encoded]:
        stream = Random(f"{seed} epoch {number}")
        training_documents = [
            framed(sectioned(handful, topics, stream), "" if stream.random() < NAMELESS_SHARE else about, skip=0)
            for handful in documents(learned, stream)
        ]
        return learnable(tokenizer, training_documents)

    return epoch


def _looked_at(held_out: Sequence[TrainingMessage], about: str, tokenizer: Any) -> list[Encoded]:
    handfuls = documents(held_out[:MOST_HELD], Random(0))
    eval_frames = [framed([section(handful)], about) for handful in handfuls if len(handful) > 1]
    return [encoded(tokenizer, frame) for frame in eval_frames]


def copy_tokenizer(base_model: BaseModel, folder: Path) -> None:
    """Give a tuned model its base's tokenizer."""
    if base_model.is_packed:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base_model.place / name, folder / name)
    else:
        base_model.tokenizer.save_pretrained(folder)


def _memorization_report(
    model_folder: Path,
    device: str,
    learned: Sequence[TrainingMessage],
    held_out: Sequence[TrainingMessage],
    about: str,
    probe: int,
    seed: int,
) -> dict[str, Any]:
    texts, held_out_texts = [message.text for message in learned], [message.text for message in held_out]
    prompts = privacy.extraction_prompts(learned, about, probe, Random(f"{seed} probe"))
    generated = list(privacy.extracted_messages(BaseModel(str(model_folder), device=device), prompts))
    return {
        "generated": privacy.count_copied(generated, texts)._asdict(),
        "by chance": privacy.count_copied(held_out_texts, texts)._asdict(),
    }


def _log_counts(logs: Logs, learned: Sequence[TrainingMessage], held_out: Sequence[TrainingMessage]) -> dict[str, Any]:
    return {"messages": logs.read, "learned": len(learned), "held out": len(held_out), "left out": logs.left_out, "masked": logs.masked}


def _publish(output: Output, fingerprint: str, record: dict[str, Any]) -> dict[str, Any]:
    folder, unpublished = output.unfinished, (CHECKPOINT, "fingerprint")
    manifest = {"synthgen": synthgen.__version__, "fingerprint": fingerprint, "versions": versions(), "tuned": record}
    (folder / "README.md").write_text(card(manifest), encoding="utf-8")
    manifest["files"] = {
        file.name: {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name not in unpublished and not file.name.startswith(".")
    }
    output.publish(manifest, unpublished)
    return manifest
