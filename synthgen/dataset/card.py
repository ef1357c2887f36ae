"""The dataset card: what `datasets` and the Hub need to read the folder, and what a person wants to know of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset.label_counts import LabelCounts, in_markdown, label_lines
from synthgen.recipe import Plan, TablePlan
from synthgen.spec.digests import digest_of
from synthgen.spec.rows import steerless

if TYPE_CHECKING:
    import datasets

SAMPLES = 8
LIMITS = [
    "Labels say what a row was asked to be, not what a reader found in it: a small base model sometimes leaves its topic, or makes "
    "little sense.",
    "People, companies, numbers and addresses are invented; where one is real, it is by chance. Messages may be untrue or offensive, as "
    "people's are.",
    "Figures of style tell how near the typing comes to what was asked for, not whether people would ask such things as often.",
]


@dataclass(frozen=True)
class CardContents:
    """What a card shows of an output's rows, by table: a few typed messages, and how many rows have which labels."""

    samples: Mapping[str, Sequence[str]]
    labels: Mapping[str, LabelCounts]


def card(plan: Plan, manifest: Mapping[str, Any], contents: CardContents) -> str:
    """README.md of an output."""
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData

    total = sum(table["rows"] for table in manifest["tables"].values())
    data = DatasetCardData(
        language=["en"] if _english(plan) else None,
        pretty_name=plan.recipe.name,
        tags=["synthetic", "synthgen"],
        size_categories=[_size(total)],
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        source_datasets=["original"],
    )
    names = [*manifest["tables"], *manifest["aside"]]
    configs: dict[str, dict[str, Any]] = {
        name: {"description": _content(manifest, name), "data_files": [{"split": "train", "path": f"{name}/*.parquet"}]} for name in names
    }
    configs[next(iter(manifest["tables"]))]["default"] = True
    MetadataConfigs(configs).to_dataset_card_data(data)
    return f"---\n{data.to_yaml()}\n---\n\n{_text(plan, manifest, contents)}"


def _content(manifest: Mapping[str, Any], name: str) -> str:
    """What tells a configuration's rows from others. `load_dataset` keeps what it has read under the folder's name and the card's
    configurations, and would give the old rows of an output that was made again."""
    hashes = [file["sha256"] for path, file in sorted(manifest["files"].items()) if path.startswith(f"{name}/")]
    return f"rows {digest_of(hashes)}"


def _text(plan: Plan, manifest: Mapping[str, Any], contents: CardContents) -> str:
    seeds = sum(count for table in manifest["tables"].values() for count in table.get("seeds", {}).values())
    others = f", but for {seeds:,} that are seeds of the recipe" if seeds else ""
    lines = [
        f"# {plan.recipe.name}",
        "",
        f"{in_markdown(plan.recipe.about)} Synthetic data: nobody wrote these messages{others}, and the people in them do not "
        "exist.".strip(),
        "",
    ]
    for table in plan.tables:
        counts = manifest["tables"][table.name]
        refusals = sum(counts["refused"].values())
        lines += [
            f"## {table.name}",
            "",
            f"{counts['rows']:,} rows, {refusals:,} refusal{'' if refusals == 1 else 's'} on the way.",
            "",
            "| column | type | made by |",
            "|---|---|---|",
        ]
        for name, kind in table.columns.items():
            lines.append(f"| `{name}` | {kind} | {_maker(table, name)} |")
        lines += [
            "| `provenance` | struct | the row's place, its tries, and for asked fields the model, the prompt and the seed messages (as "
            "digests) |",
            "",
        ]
        if samples := contents.samples.get(table.name):
            fence = "`" * (3 + max((text.count("`") for text in samples), default=0))
            lines += ["The first rows:", "", f"{fence}text", *map(steerless, samples), fence, ""]
        lines += label_lines(contents.labels.get(table.name, LabelCounts()), counts.get("labels", {}))
        for name, voices in counts.get("styles", {}).items():
            lines += [f"| `{name}` is typed as | rows | figures of style met (within a fifth, or chance) | not |", "|---|---|---|---|"]
            for voice, voice_counts in voices.items():
                far = [figure.replace("_", " ") for figure, comparison in voice_counts["figures"].items() if not comparison["like"]]
                near = f"{len(voice_counts['figures']) - len(far)} of {len(voice_counts['figures'])}"
                lines.append(f"| {in_markdown(voice)} | {voice_counts['rows']:,} | {near} | {', '.join(far)} |")
            lines.append("")
        if counts["refused"]:
            lines += [
                "| refused by | rows |",
                "|---|---|",
                *(f"| {in_markdown(by)} | {count:,} |" for by, count in counts["refused"].items()),
                "",
            ]
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    models = "; ".join(f"`{name}`: {identity}" for name, identity in manifest["models"].items()) or "none"
    lines += [
        "## How it was made",
        "",
        f"By synthgen {manifest['synthgen']} from `recipe.yaml` with seed {plan.recipe.seed}. Models: {models}. With {versions}.",
        "",
        "The same recipe, seed and versions make the same rows. `manifest.json` has the counts and a hash of every file.",
        "",
        *_licences(plan, manifest),
        "## Known limits",
        "",
        *(f"* {limit}" for limit in _limits(plan)),
        "",
    ]
    return "\n".join(lines)


def _licences(plan: Plan, manifest: Mapping[str, Any]) -> list[str]:
    """Whose models made it, and what else is somebody's."""
    models = []
    for name in manifest["models"]:
        called, address, terms = plan.recipe.all_models[name].origin()
        models.append(f"* `{name}`: {f'[{in_markdown(called)}]({address})' if address else in_markdown(called)}, {terms}")
    counts = (
        "* synthgen's tables of how people type are counts over openly licensed messages (CC BY 3.0 and 4.0, CC0; "
        "`synthgen/voices/data/README.md`)"
    )
    return ["## Models, licences and attributions", "", *models, counts, ""]


def _english(plan: Plan) -> bool:
    return any(plan.recipe.all_models[name].english for name in plan.models)


def _limits(plan: Plan) -> list[str]:
    return [*LIMITS, *(["Scribbler writes English; other languages are in the edge cases only."] if _english(plan) else [])]


def _maker(table: TablePlan, column: str) -> str:
    """What made a column: a kind of field, a field that labels its values, or the parent table."""
    for name, field in table.table.fields.items():
        if column == name:
            return str(getattr(field, "kind", ""))
        if column in (f"{name}_{label}" for label in field.labels()):
            return f"label of `{name}`"
    return f"carried from {table.table.from_.table}" if table.table.from_ else ""


def _size(rows: int) -> str:
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M")]
    return next((name for bound, name in bounds if rows < bound), "10M<n<100M")


# The card on the Hub


@dataclass
class Split:
    """One split of a configuration: the pattern of its files, its rows, their size in memory and on disk, and their features."""

    name: str
    pattern: str
    rows: int = 0
    bytes: int = 0
    disk: int = 0
    features: datasets.Features | None = None

    def count(self, shard: Path) -> None:
        """Count a shard of it."""
        from datasets import Features
        from pyarrow import parquet

        with parquet.ParquetFile(shard) as stored:
            self.features = self.features or Features.from_arrow_schema(stored.schema_arrow)
            self.rows += stored.metadata.num_rows
            self.bytes += sum(batch.nbytes for batch in stored.iter_batches(use_threads=False))
        self.disk += shard.stat().st_size


def hub_card(
    content: str,
    repo: str,
    configs: Mapping[str, Sequence[Split]],
    recipe: str,
    *,
    license: str | None,  # noqa: A002
    language: Sequence[str],
    test: float,
    reviewed: Sequence[str] = (),
) -> str:
    """The card as it stands on the Hub: with features and sizes of what is sent, what a review came to (the lines of `reviewed`), and
    how to read it. What else its maker wrote stays."""
    from datasets import DatasetInfo, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCard

    dataset_card = DatasetCard(content, ignore_metadata_errors=True)
    data, infos = dataset_card.data, DatasetInfosDict()
    first = next(iter(configs))
    config_data: dict[str, dict[str, Any]] = {}
    for name, splits in configs.items():
        config_data[name] = {"data_files": [{"split": split.name, "path": split.pattern} for split in splits]}
        split_infos = SplitDict()
        for split in splits:
            split_infos.add(SplitInfo(split.name, num_bytes=split.bytes, num_examples=split.rows))
        infos[name] = DatasetInfo(
            config_name=name,
            features=splits[0].features,
            splits=split_infos,
            download_size=sum(split.disk for split in splits),
            dataset_size=sum(split.bytes for split in splits),
        )
    config_data[first]["default"] = True
    for key in ("configs", "dataset_info"):
        data.pop(key, None)
    infos.to_dataset_card_data(data)
    MetadataConfigs(config_data).to_dataset_card_data(data)
    if license:
        data["license"] = license
    if language:
        data["language"] = list(language)
    licence_note = (
        "What is synthetic here is under the licence above."
        if data.get("license")
        else "Its maker has not said under which licence the rows are."
    )
    share = [
        f"The share of `test` is {test:g}, by a digest of the row's place, so that no row changes side; rows made from another are on "
        f"its side.",
        "",
    ]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", recipe)), default=0))
    parts = [
        dataset_card.text.strip(),
        "",
        *reviewed,
        "## Reading it",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        *(f'{name_of(name)} = load_dataset("{repo}", "{name}")' for name in configs),
        "```",
        "",
        *(share if test else []),
        licence_note,
        "",
        "## The recipe",
        "",
        f"{fence}yaml",
        recipe.strip(),
        fence,
        "",
    ]
    return f"---\n{data.to_yaml()}\n---\n\n" + "\n".join(parts)


def name_of(config: str) -> str:
    """A name that Python takes for a configuration."""
    plain = re.sub(r"\W", "_", config)
    return plain if plain.isidentifier() else f"_{plain}"
