"""What many tests share: a recipe written to a folder of its own, and its tables made by a scripted model."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from builders import lines
from hypothesis import HealthCheck, settings

from synthgen.engine import Refused, TableRun, TableState, candidates
from synthgen.errors import RecipeError
from synthgen.models import Model, ScriptedModel
from synthgen.recipe import Loaded, load, plan
from synthgen.spec.rows import Prompt, Row
from synthgen.spec.streams import Streams

# A busy machine is no mistake of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# Hundreds of tests run the command: its modules are compiled once, as they are on a user's machine.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Loaded]:
    """Write a recipe, and files next to it, and load it. `options` are those of `load`."""

    def write(text: str, files: Mapping[str, str | bytes] | None = None, **options: Any) -> Loaded:
        for name, content in (files or {}).items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        path = tmp_path / "recipe.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load(path, **options)

    return write


@pytest.fixture
def mistakes(recipe: Callable[..., Loaded]) -> Callable[..., list[str]]:
    """The first lines of what is said of a recipe with such fields, a line each."""

    def told(*fields: str) -> list[str]:
        try:
            recipe(lines(*fields))
        except RecipeError as error:
            return [mistake.message for mistake in error.mistakes]
        return []

    return told


@pytest.fixture
def column_types(recipe: Callable[..., Loaded]) -> Callable[..., dict[str, str]]:
    """The types of the columns of a table with such fields, a line each."""

    def types(*fields: str, files: Mapping[str, str] | None = None) -> dict[str, str]:
        return dict(plan(recipe(lines(*fields, rows=2), files).recipe).tables[0].columns)

    return types


@dataclass
class Made:
    """A table that was made: its rows, what was refused, and how far it came."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    state: TableState = field(default_factory=TableState)

    @property
    def values(self) -> list[dict[str, Any]]:
        """The rows' values."""
        return [row.values for row in self.rows]

    def column(self, name: str) -> list[Any]:
        """One field of all rows."""
        return [row.values[name] for row in self.rows]


def message(prompt: Prompt, random: Random) -> str:
    """A message that is hardly ever the same twice and mentions what it must."""
    return f" hi {random.randrange(10**9)} {' '.join(f'<{slot}>' for slot in prompt.origin.get('mention', ()))}\n"


@pytest.fixture
def make(recipe: Callable[..., Loaded]) -> Callable[..., dict[str, Made]]:
    """Make the tables of a recipe, each with a model that says what `script` makes of a prompt and its random stream."""

    def run(
        text: str,
        script: Callable[[Prompt, Random], str] = message,
        *,
        model: Model | None = None,
        chunk: int | None = None,
        made: dict[str, Made] | None = None,
        **options: Any,
    ) -> dict[str, Made]:
        loaded = recipe(text, **options)
        whole, streams = plan(loaded.recipe), Streams(loaded.recipe.seed)
        doors = dict.fromkeys(loaded.recipe.all_models, model or ScriptedModel(script))
        made = {} if made is None else made
        for table in whole.tables:
            parents = made[table.table.from_.table].values if table.table.from_ else []
            source = candidates(table.name, table.table, _reader(parents), len(parents), streams)
            one = made[table.name] = Made()
            for finished in TableRun(table, source, streams, doors, patience=loaded.recipe.patience, chunk=chunk).chunks(one.state):
                one.rows += finished.rows
                one.refused += finished.refused
        return made

    return run


WORDS = "my card is lost pls help where order when will it come cant log in app thanks hi the refund got declined again why not"


def chatter(count: int, seed: int = 0) -> list[str]:
    """Made-up messages, no two the same."""
    stream, found = Random(seed), dict[str, None]()
    while len(found) < count:
        found[" ".join(stream.choices(WORDS.split(), k=stream.randint(3, 9))) + stream.choice(["", "?", "!!", " 🙏"])] = None
    return list(found)


def little(folder: Path, bits: int | None = None, layers: int = 2) -> Path:
    """A folder with a little Llama of random weights and a byte-level tokenizer of its own; packed in so many bits, if they are given."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from synthgen.tuning import cut, scratch

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    learnt = trainers.BpeTrainer(
        vocab_size=360, special_tokens=[cut.START, "<|other|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([f"Topic: - {text}\n" for text in chatter(200)], learnt)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in cut.tokenizer_files(json.loads(tokenizer.to_str())).items():
        (folder / name).write_text(content, encoding="utf-8")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=360,
        hidden_size=64,
        num_hidden_layers=layers,
        intermediate_size=128,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(10)
    if bits is None:
        model.save_pretrained(folder)
    else:
        scratch.save_packed(model, folder, bits)
    return folder


forked = multiprocessing.get_context("forkserver")
"""Starts processes that tests can kill, with the slow imports done."""
forked.set_forkserver_preload(
    ["synthgen.cli", "synthgen.tuning.run", "transformers.models.llama.modeling_llama", "sklearn.feature_extraction.text"]
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little base model, as transformers saves one. Nobody writes to it."""
    return little(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in four bits. Nobody writes to it."""
    return little(tmp_path_factory.mktemp("models") / "packed", 4)


def _reader(rows: list[dict[str, Any]]) -> Callable[[], Iterable[dict[str, Any]]]:
    return lambda: iter(rows)
