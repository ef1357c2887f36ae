"""The datasets that a recipe names, opened so that nothing is read but the recipe's folder, the allowed ones, or the Hub repository.

A dataset names its own files: in its card, in its `state.json`, by links, inside archives, in the cells of its rows. Whoever wrote
them may be a stranger, and the rows go to models and to the Hub. So the files that `datasets` found are checked before it reads
them, formats and columns that name further files are refused, and a folder is never looked up in the cache that all datasets share.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from os.path import normpath, relpath
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from synthgen.errors import DataError, OutputError, did_you_mean
from synthgen.fields import dataset_files
from synthgen.memory import lacks_memory
from synthgen.spec.parts import RecipeContext, exists
from synthgen.spec.paths import paths_in
from synthgen.storage import Snapshot, Storage, is_remote, latest
from synthgen.text import decoding

FORMATS = ("arrow", "csv", "json", "parquet", "text")
"""The formats of `datasets` whose files hold all of their rows and name no other file."""
TYPES = {"Value", "ClassLabel", "Json", "Translation", "TranslationVariableLanguages", "Array2D", "Array3D", "Array4D", "Array5D"}
"""The types of columns whose values are in the rows themselves; an Image, an Audio and others may be in a file that the row names."""
CARDS = ("README.md", ".huggingface.yaml")
STATE, INFO, LEGACY, SPLITS = "state.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json"
HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
TEXTS = "synthgen"
"""The folder, among those of the datasets that were loaded before, of datasets of the Hub whose CSV files were read as text."""
PATIENCE = 10.0
"""Seconds that the Hub may take to say which commit is the newest, where that is only to be noted."""


@dataclass(frozen=True)
class Named:
    """A dataset as a recipe names it."""

    name: str
    config: str | None
    split: str
    revision: str | None
    context: RecipeContext

    def wrong(self, problem: str, hint: str = "") -> DataError:
        """The error that something is wrong with this dataset."""
        return DataError(f"dataset '{self.name}': {problem}", hint)

    def inside(self, path: str, referrer: str = "") -> Path:
        """The file of that path, to which `referrer` leads (default: the recipe). Raises DataError outside the recipe's folder."""
        try:
            place = self.context.path(path)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            raise (self.wrong(f"{referrer} out of the recipe's folder", hint) if referrer else DataError(message, hint)) from None
        if any(mark in f"{path} {place}" for mark in ("::", "://")):  # to `datasets`, a file inside another one, or a page
            raise self.wrong(f"'{path}' is no plain path", "rename it, without '::' and '://'")
        return place


class ReadRows(NamedTuple):
    """Rows as `datasets` has them, and where they are from the Hub the commit that they are of."""

    rows: Any
    commit: str | None = None


class Scratch:
    """A folder that is taken away when nobody needs it any more."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="synthgen-")
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class Opened:
    """A dataset whose files may be read: those on this machine, how to get its rows, and where `datasets` works on them."""

    named: Named
    files: list[Path]
    read: Callable[[], ReadRows]
    scratch: Scratch | None = None

    def rows(self, field: str | None) -> LoadedRows:
        """The rows, or their one field. Raises DataError when they cannot be read, or when reading a value would open a file."""
        with _in_words(self.named):
            rows, commit = self.read()
            rows.reset_format()
            if field is not None:
                column = field if field in rows.column_names else field.partition(".")[0]
                if column not in rows.column_names or not _has(rows.features, field):
                    raise self.named.wrong(f"its rows have no field '{field}'", did_you_mean(field, paths_in(rows.features), "fields"))
                rows = rows.select_columns([column])
            for column, feature in rows.features.items():
                if not _is_in_row(feature):
                    hint = "" if field else "name the field to read: field: NAME"
                    raise self.named.wrong(f"its field '{column}' may be kept in files that its rows name", hint)
            return LoadedRows(self.named, rows, commit)


class LoadedRows(Sequence[dict[str, Any]]):
    """The rows of a dataset, and of one on the Hub the commit. What is wrong with one of them is told when it is read, as a DataError."""

    def __init__(self, named: Named, rows: Any, commit: str | None) -> None:
        self.named, self.rows, self.features, self.commit = named, rows, rows.features, commit

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        with _in_words(self.named):
            return self.rows[place]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[place] for place in range(len(self)))


def _has(features: Mapping[str, Any], field: str) -> bool:
    """Whether there is such a field, as far as the features tell: what is in JSON they do not."""
    name, dot, inner_path = field.partition(".")
    feature = features.get(field, features.get(name))
    if field in features or not isinstance(feature, dict):
        return field in features or type(feature).__name__ == "Json"
    return bool(dot) and _has(feature, inner_path)


def opened(named: Named) -> Opened:
    """The dataset, found and checked; one on the Hub is asked for only when its rows are read. Raises DataError."""
    with _in_words(named):
        if named.context.may_fetch(named.name):
            scratch = _fetched(named)
            context = replace(named.context, allow=(*named.context.allow, Path(scratch.path)))
            return _plain(replace(named, context=context), Path(scratch.path))
        folder = _folder(named)
        if folder is None:
            return Opened(named, [], lambda: _from_hub(named))
        saved = (folder / STATE).exists() or (folder / SPLITS).exists()
        return _saved(named, folder) if saved else _plain(named, folder)


@contextmanager
def _in_words(named: Named) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except UnicodeDecodeError:
        raise named.wrong("it holds text that is not UTF-8", "write its texts as UTF-8") from None
    except Exception as error:  # the loader has dozens of error classes; each means that there are no rows
        if lacks_memory(error):
            raise
        raise DataError(
            f"dataset '{named.name}' cannot be loaded: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            "check its name (a folder is named by its path from the recipe), its config, its split and your login (hf auth login); "
            "without a connection, HF_HUB_OFFLINE=1 takes the copy that was loaded before",
        ) from None


def _folder(named: Named) -> Path | None:
    """The folder of that name, or nothing when it is the id of a dataset on the Hub."""
    name, context = named.name, named.context
    if name.startswith((".", "/", "~")) or exists(context.folder / name):
        place = named.inside(name)
        if place.is_dir():
            return place
        if place.exists():
            raise DataError(f"'{name}' is a file, not a folder", f"to read it: file: {name}")
        near = [entry.name for entry in place.parent.iterdir()] if place.parent.is_dir() else []
        raise DataError(f"'{name}' is not there", did_you_mean(place.name, near, "there are"))
    if not HUB_ID.fullmatch(name) or ".." in name:
        raise DataError(
            f"'{name}' is neither a folder nor the id of a dataset on the Hub",
            f"an output elsewhere is read where you allow it: --allow {name}"
            if is_remote(name)
            else "a folder is named by its path from the recipe, a dataset on the Hub by OWNER/NAME",
        )
    if _is_format(name):
        raise DataError(
            f"'{name}' is the name of a file format, not of a dataset", "for a file: file: NAME; for a folder: its path from the recipe"
        )
    return None


def _fetched(named: Named) -> Scratch:
    """The files of an output at an address that may be read."""
    try:
        snapshot = latest(Storage(named.name))
        if snapshot is None:
            raise named.wrong("there is no output of synthgen")
        return _fetched_files(snapshot)
    except OutputError as error:
        raise named.wrong(error.message, error.hint) from None
    except FileNotFoundError:
        raise named.wrong("files of it are missing", "it may be made anew right now: run the same command again") from None


COPIES: dict[tuple[str, bytes], Scratch] = {}
"""The outputs that this process has fetched, by address and manifest: a recipe is checked and made of the same one."""


def _fetched_files(snapshot: Snapshot) -> Scratch:
    key = snapshot.storage.address, snapshot.content
    if key not in COPIES:
        scratch = Scratch()
        snapshot.fetch(Path(scratch.path))
        if (path := snapshot.damaged(Path(scratch.path))) is not None:
            raise OutputError(f"{snapshot.storage.address}/{path} is not as it was made", "make that output again")
        COPIES[key] = scratch
    return COPIES[key]


def _is_format(name: str) -> bool:
    package = find_spec("datasets")  # finds it without importing it
    return package is not None and (Path(str(package.origin)).parent / "packaged_modules" / name).is_dir()


def _is_in_row(feature: Any) -> bool:
    if isinstance(feature, dict):
        return all(map(_is_in_row, feature.values()))
    if type(feature).__name__ in ("List", "LargeList"):
        return _is_in_row(feature.feature)
    return type(feature).__name__ in TYPES


def _own(named: Named, folder: Path, name: str) -> Path:
    return named.inside(str(folder / name), f"its {name} leads")


def _saved(named: Named, folder: Path) -> Opened:
    """A folder that `save_to_disk` wrote, of one split or of several."""
    import datasets

    if not (folder / STATE).exists():
        splits = json.loads(decoding.read_text(_own(named, folder, SPLITS)))["splits"]
        if named.split not in splits:
            raise named.wrong(f"it has no split '{named.split}'", did_you_mean(named.split, splits, "splits"))
        folder = named.inside(str(folder / named.split), f"its split '{named.split}' leads")
    metadata_files = [_own(named, folder, name) for name in (STATE, INFO)]
    for file in metadata_files:
        dataset_files.check_plain(file, dataset_files.CARD)
    shards = [file["filename"] for file in json.loads(decoding.read_text(metadata_files[0]))["_data_files"]]

    def data() -> list[Path]:
        files = [named.inside(str(folder / shard), f"its {STATE} names '{shard}', which leads") for shard in shards]
        for file in files:
            dataset_files.check_plain(file)
        return files

    def read() -> ReadRows:
        for file in data():  # since it was opened, one may have become a link
            dataset_files.check_growth(file, "arrow")
        return ReadRows(datasets.Dataset.load_from_disk(str(folder)))

    return Opened(named, [*metadata_files, *data()], read)


def _plain(named: Named, folder: Path) -> Opened:
    """A folder of data files, and perhaps a card that says which they are."""
    import datasets

    card_files = [_own(named, folder, name) for name in (*CARDS, LEGACY) if (folder / name).exists()]
    for card in (name for name in CARDS if (folder / name).exists()):
        for path in _data_paths(named, folder / card):
            if urlsplit(path).scheme or "::" in path:
                raise named.wrong(f"its {card} names '{path}', which is no file of that folder", "download it into the folder")
            named.inside(str(folder / path), f"its {card} names '{path}', which leads")
    for file in card_files:
        dataset_files.check_plain(file, dataset_files.CARD)
    scratch = Scratch()  # the shared cache tells folders apart by their names and cards only
    build = partial(datasets.load_dataset_builder, str(folder), named.config, cache_dir=scratch.path)
    builder = build()

    def data() -> list[Path]:
        files = [named.inside(file, f"its file '{relpath(file, folder)}' leads") for file in _data_files(named, builder)]
        for file in files:
            _refuse_archive(named, file)
        return files

    def read() -> ReadRows:
        data_files = data()
        return ReadRows(_prepared(named, build(**_all_text(builder, data_files)) if builder.name == "csv" else builder, data_files))

    return Opened(named, [*card_files, *data()], read, scratch)


def _all_text(builder: Any, files: Sequence[Path]) -> dict[str, Any]:
    """Options by which the columns of CSV `files` are text, as those of one file are, unless the card gives their types: a guess would
    make 501 of 00501, and nothing of NA."""
    import datasets
    import pandas  # type: ignore[import-untyped]

    if (features := builder.config.features or builder.info.features) is not None:
        return {"features": features}
    options = {**builder.config.pd_read_csv_kwargs, "chunksize": None, "nrows": 0}
    columns = list[str]()
    if files:
        with dataset_files.unpacked(files[0]) as stream:
            columns = [str(name) for name in pandas.read_csv(stream, **options).columns]
    return {"features": datasets.Features(dict.fromkeys(columns, datasets.Value("string"))), "keep_default_na": False}


def _data_paths(named: Named, card: Path) -> Iterator[str]:
    """The paths and patterns that a card gives to its configurations."""
    for config in _configurations(card):
        version = config.get("version")
        if version is not None and not re.fullmatch(r"\d+(\.\d+)*", str(version)):  # it names a folder of the cache
            raise named.wrong(f"its {card.name} gives the version '{version}'", "a version is numbers, such as 1.0.0")
        folder, patterns = config.get("data_dir"), list(_strings(config.get("data_files")))
        yield from patterns
        if isinstance(folder, str):
            yield from (folder, *(f"{folder}/{pattern}" for pattern in patterns))


def _configurations(card: Path) -> list[dict[str, Any]]:
    data = dataset_files.card(card)
    configs = data.get("configs") if isinstance(data, dict) else None
    return [config for config in configs if isinstance(config, dict)] if isinstance(configs, list) else []


def _strings(patterns: Any) -> Iterator[str]:
    """The patterns in any of the shapes that they may have: one, a list, or a list for each split."""
    if isinstance(patterns, str):
        yield patterns
    elif isinstance(patterns, dict):
        yield from _strings(patterns.get("path"))
    elif isinstance(patterns, list):
        for pattern in patterns:
            yield from _strings(pattern)


def _data_files(named: Named, builder: Any) -> list[str]:
    """The files that a builder is going to read."""
    if builder.name not in FORMATS:
        raise named.wrong(f"it is read as '{builder.name}', whose files may name further files", f"what is read: {', '.join(FORMATS)}")
    return [str(file) for split in (builder.config.data_files or {}).values() for file in split]


def _prepared(named: Named, builder: Any, files: Sequence[Path]) -> Any:
    """The rows of a builder whose data files were checked, of which none unpacks to far more than it is."""
    for file in files:
        dataset_files.check_growth(file, builder.name)
    builder.download_and_prepare()
    return builder.as_dataset(split=named.split)


def _refuse_archive(named: Named, file: Path) -> None:
    """Raise DataError when a file is an archive: its members may be links, or have names that lead elsewhere."""
    if dataset_files.is_archive(file):
        raise named.wrong(f"its file '{file.name}' is an archive, whose members may lead anywhere", "unpack it and name the folder")


def _from_hub(named: Named) -> ReadRows:
    import datasets

    if datasets.config.HF_HUB_OFFLINE:
        return _loaded_before(named)
    revision = _checked_revision(named)
    build = partial(datasets.load_dataset_builder, f"hf://datasets/{named.name}", named.config, revision=revision)
    builder = build()
    if builder.name == "cache":
        raise named.wrong("it cannot be reached on the Hub", "a folder is named by its path from the recipe")
    start = f"hf://datasets/{named.name}@"
    for file in _data_files(named, builder):
        if not file.startswith(start) or "::" in file or ".." in file.split("/"):
            raise named.wrong(f"it names '{file}', which is no file of that repository", "download it and name the folder")
    files = [Path(file) for split in datasets.DownloadManager().download(builder.config.data_files).values() for file in split]
    for place in files:
        _refuse_archive(named, place)
    if builder.name == "csv":
        builder = build(cache_dir=_text_cache(), **_all_text(builder, files))
    return ReadRows(_prepared(named, builder, files), revision)


def _text_cache() -> str:
    import datasets

    return str(Path(datasets.config.HF_DATASETS_CACHE) / TEXTS)


def _loaded_before(named: Named) -> ReadRows:
    """The rows of a dataset that was loaded before from the Hub, which cannot be asked now; each folder of such rows is named by its
    commit."""
    import datasets

    if "/" not in named.name:
        raise named.wrong("it cannot be reached on the Hub", "a folder is named by its path from the recipe")
    texts = _texts_loaded_before(named)
    if texts is not None:
        return ReadRows(texts.as_dataset(split=named.split), texts.hash)
    builder = datasets.load_dataset_builder(f"hf://datasets/{named.name}", named.config, revision=named.revision)
    if builder.info.builder_name == "csv":
        raise named.wrong("its columns were guessed when it was loaded before", "load it once with a connection: they are read as text")
    if COMMIT.fullmatch(named.revision or "") and builder.hash != named.revision:
        raise named.wrong(f"its commit {named.revision} was not loaded before", "load it once with a connection")
    return ReadRows(builder.as_dataset(split=named.split), builder.hash)


def _texts_loaded_before(named: Named) -> Any:
    """What reads the CSV files of a dataset that was loaded before, last of all unless its commit is named; None where it was not. It lies
    in FOLDER/CONFIG-DIGEST/VERSION/COMMIT."""
    from datasets.naming import camelcase_to_snakecase
    from datasets.packaged_modules.cache.cache import Cache

    owner, _, name = named.name.partition("/")
    folder = Path(_text_cache()) / f"{owner}___{camelcase_to_snakecase(name)}"
    written = sorted((place for place in folder.glob("*-*/*/*") if place.is_dir()), key=lambda place: place.stat().st_mtime)
    if COMMIT.fullmatch(named.revision or ""):
        written = [place for place in written if place.name == named.revision]
    configs = {place.parts[-3].rpartition("-")[0] for place in written}
    wanted = named.config or (min(configs) if len(configs) == 1 else "default")
    for place in reversed(written):
        config, version, commit = place.parts[-3:]
        if config.rpartition("-")[0] == wanted:
            return Cache(_text_cache(), repo_id=named.name, dataset_name=name, config_name=config, version=version, hash=commit)
    return None


def newest_commit(named: Named) -> str | None:
    """The commit of a dataset on the Hub that would be read now; None where the Hub does not say."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import OfflineModeIsEnabled

    try:
        return HfApi().dataset_info(named.name, revision=named.revision, timeout=PATIENCE).sha
    except (httpx2.HTTPError, OfflineModeIsEnabled, OSError):
        return None


def _checked_revision(named: Named) -> str | None:
    """The newest commit of the revision, whose cards name no file outside the repository."""
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    commit = HfApi().dataset_info(named.name, revision=named.revision).sha
    for card in CARDS:
        try:
            place = Path(hf_hub_download(named.name, card, repo_type="dataset", revision=commit))
        except EntryNotFoundError:
            continue
        for path in _data_paths(named, place):
            if urlsplit(path).scheme or "::" in path or path.startswith(("/", "~")) or normpath(path).split("/")[0] == "..":
                raise named.wrong(f"its {card} names '{path}', which is no file of that repository", "download it: file: NAME")
    return commit
