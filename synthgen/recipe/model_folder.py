"""What a model's folder or GGUF file says, looked through before transformers reads it.

Whoever made it may be a stranger. Its files may be links, and name further files: shards, a vocabulary, another model. Pickled weights hold
code. A line in its config asks for a million layers.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from synthgen.errors import DataError
from synthgen.spec.parts import exists
from synthgen.text import decoding, opened

Fence = Callable[[str], Path]
"""Gives the file of a path. Raises ValueError when it must not be read."""
SAYS = "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "adapter_config.json"
"""The files that say what a model is, by which others can be named."""
CONFIG, INDEX = 10_000_000, 100_000_000
"""Bytes of one of these, and of the index of shards."""
MOST_FILES = 10_000
LAYERS, PARTS = 1_000, 100_000
"""Layers of a model, and layers times experts: the largest of today have some hundred, and some ten thousand."""
COUNTS = re.compile(r"(layer|layers|blocks|experts)$")
BLOCKS = re.compile(rb"\.block_count([\x00-\xff]{4})([\x00-\xff]{8})")
INTEGERS = {4: 4, 5: 4, 10: 8, 11: 8}
"""The bytes of GGUF's types of integers that can be large (ggml-org/ggml, docs/gguf.md)."""
PICKLES = ".bin", ".pt", ".pth", ".pkl", ".ckpt"
WHOLE = "name the folder of a whole model, as save_pretrained writes it"
MERGE = "merge it into its base model (merge_and_unload), and save that with save_pretrained"


def check(place: Path, fence: Fence | None = None) -> None:
    """Raise DataError when something in a model's folder, or in a .gguf file, must not be read; without a `fence`, links may lead
    anywhere."""
    if not place.is_dir():
        _check_gguf(place)
        return
    for number, file in enumerate(place.rglob("*")):
        if number == MOST_FILES:
            raise DataError(f"it has more than {MOST_FILES:,} files", "name the folder of the model alone")
        _check_file(file, place, fence)
    weights = [file.name for file in place.iterdir()]
    if not any(name.endswith(".safetensors") for name in weights) and any(name.endswith(PICKLES) for name in weights):
        raise DataError(
            "its weights are in a pickle, which can hold any program and was not run",
            "ask for the same weights as safetensors (model.safetensors): they hold numbers only",
        )
    check_words({file.name: file for file in place.glob("*.json")}, fence)


def weights(place: Path) -> list[Path]:
    """The files that hold a model's numbers."""
    if not place.is_dir():
        return [place]
    single_file = place / "model.safetensors"
    return [single_file] if single_file.is_file() else sorted(place.glob("*.safetensors"))


def _check_file(file: Path, place: Path, fence: Fence | None) -> None:
    name = file.relative_to(place).as_posix()
    try:
        real = fence(str(file)) if fence else file
    except ValueError as error:
        raise DataError(f"its file '{name}' leads out of the recipe's folder", str(error).partition("; ")[2]) from None
    if not real.is_dir():
        _within(name, real, real.stat().st_size)


def _within(name: str, file: Path, most: int) -> None:
    try:
        with opened.plain_file(file, most):
            pass
    except DataError as error:
        raise DataError(error.message.replace(str(file), f"its file '{name}'", 1), error.hint) from None


def check_words(files: dict[str, Path], fence: Fence | None = None) -> None:
    """Raise DataError when what a model says of itself names other files or asks for too much. `files` are its JSON files by name."""
    if "adapter_config.json" in files:
        raise DataError("it is an adapter, which names another model", MERGE)
    for name, file in files.items():
        if name.endswith(".index.json"):
            _check_index(name, _read(name, file, INDEX))
        elif name in SAYS:
            config = _read(name, file, CONFIG)
            _check_counts(name, config)
            if name in ("tokenizer_config.json", "special_tokens_map.json"):
                _check_named(name, config, fence)


def _read(name: str, file: Path, most: int) -> Any:
    _within(name, file, most)
    try:
        return json.loads(decoding.read_text(file, most))
    except (ValueError, RecursionError) as error:
        raise DataError(f"its {name} is not JSON: {error}", WHOLE) from None


def _values(config: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """All values in a config, each with the nearest key above it."""
    if isinstance(config, dict):
        for name, value in config.items():
            yield from _values(value, name)
    elif isinstance(config, list):
        for value in config:
            yield from _values(value, key)
    else:
        yield key, config


def _check_index(name: str, index: Any) -> None:
    shards = index.get("weight_map") if isinstance(index, dict) else None
    for shard in set(shards.values()) if isinstance(shards, dict) else ():
        if not isinstance(shard, str) or not re.fullmatch(r"[\w-][\w.-]*\.safetensors", shard):
            raise DataError(f"its {name} names '{shard}', which is no .safetensors file beside it", WHOLE)


def _check_counts(name: str, config: Any) -> None:
    layers = experts = 1
    for key, value in _values(config):
        if isinstance(value, int) and COUNTS.search(key):
            if key.endswith("experts"):
                experts = max(experts, value)
            elif value > LAYERS:
                raise DataError(f"its {name} says {key}: {value:,}; a model has at most {LAYERS:,} layers", WHOLE)
            else:
                layers = max(layers, value)
        if key.lstrip("_") == "attn_implementation" and isinstance(value, str) and "/" in value:
            raise DataError(f"its {name} asks for code from the Hub ({key}: {value})", "take that line out")
    if layers * experts > PARTS:
        raise DataError(f"its {name} says {layers:,} layers of {experts:,} experts; a model has at most {PARTS:,} of them in all", WHOLE)


def _check_named(name: str, config: Any, fence: Fence | None) -> None:
    """Raise DataError for a file that the recipe may not read: tokenizer classes open any file that their config names."""
    for key, value in _values(config):
        if not isinstance(value, str) or key in ("name_or_path", "_name_or_path", "chat_template") or not exists(value):
            continue
        try:
            if fence is None:
                raise ValueError
            fence(str(Path(value).absolute()))
        except ValueError:
            raise DataError(f"its {name} names a file elsewhere ({key}: {value})", "take that line out") from None


def _check_gguf(file: Path) -> None:
    with opened.plain_file(file, max(opened.LARGEST, file.stat().st_size)) as raw:
        if os.fstat(raw.fileno()).st_size < 8:
            raise DataError("it is not a GGUF file", "name a .gguf file, or a folder that save_pretrained wrote")
        with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for match in BLOCKS.finditer(content):
                size = INTEGERS.get(int.from_bytes(match[1], "little"), 0)
                layers = int.from_bytes(match[2][:size], "little")
                if layers > LAYERS:
                    raise DataError(f"it says block_count: {layers:,}; a model has at most {LAYERS:,} layers", WHOLE)
