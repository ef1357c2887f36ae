"""The dataset card: what `datasets` and the Hub need to read the folder, and what a person wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.recipe import Plan, TablePlan

SAMPLES = 8


def card(plan: Plan, manifest: Mapping[str, Any], samples: Mapping[str, Sequence[str]]) -> str:
    """README.md of an output. `samples` are a few typed messages per table."""
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData

    total = sum(table["rows"] for table in manifest["tables"].values())
    data = DatasetCardData(
        pretty_name=plan.recipe.name, tags=["synthetic", "synthgen"], size_categories=[_size(total)], annotations_creators=["machine-generated"],
        language_creators=["machine-generated"], source_datasets=["original"],
    )  # fmt: skip
    names = [*manifest["tables"], *manifest["aside"]]
    configs: dict[str, dict[str, Any]] = {name: {"data_files": [{"split": "train", "path": f"{name}/*.parquet"}]} for name in names}
    configs[next(iter(manifest["tables"]))]["default"] = True
    MetadataConfigs(configs).to_dataset_card_data(data)
    return f"---\n{data.to_yaml()}\n---\n\n{_text(plan, manifest, samples)}"


def _text(plan: Plan, manifest: Mapping[str, Any], samples: Mapping[str, Sequence[str]]) -> str:
    lines = [
        f"# {plan.recipe.name}",
        "",
        f"{_plain(plan.recipe.about)} Synthetic data: nobody wrote these messages, and the people in them do not exist.".strip(),
        "",
    ]
    for table in plan.tables:
        counts = manifest["tables"][table.name]
        lines += [
            f"## {table.name}",
            "",
            f"{counts['rows']:,} rows, {sum(counts['refused'].values()):,} refusals on the way.",
            "",
            "| column | type | made by |",
            "|---|---|---|",
        ]
        for name, kind in table.columns.items():
            lines.append(f"| `{name}` | {kind} | {_maker(table, name)} |")
        lines += [
            "| `provenance` | struct | the row's place, its tries, and for asked fields the model, the prompt and the seed messages (as digests) |",
            "",
        ]
        if samples.get(table.name):
            fence = "`" * (3 + max((text.count("`") for text in samples[table.name]), default=0))
            lines += ["Some of it:", "", f"{fence}text", *samples[table.name], fence, ""]
        for name, voices in counts.get("styles", {}).items():
            lines += [f"| `{name}` is typed as | rows | figures of style met (within a fifth, or chance) | not |", "|---|---|---|---|"]
            for voice, told in voices.items():
                far = [figure.replace("_", " ") for figure, one in told["figures"].items() if not one["like"]]
                near = f"{len(told['figures']) - len(far)} of {len(told['figures'])}"
                lines.append(f"| {_plain(voice)} | {told['rows']:,} | {near} | {', '.join(far)} |")
            lines.append("")
        if counts["refused"]:
            lines += [
                "| refused by | rows |",
                "|---|---|",
                *(f"| {_plain(by)} | {count:,} |" for by, count in counts["refused"].items()),
                "",
            ]
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    models = "; ".join(f"`{name}`: {identity}" for name, identity in manifest["models"].items()) or "none"
    lines += [
        "## How it was made", "",
        f"By [synthgen](https://pypi.org/project/synthgen/) {manifest['synthgen']} from `recipe.yaml` with seed {plan.recipe.seed}. Models: {models}. With {versions}.", "",
        "The same recipe, seed and versions make the same rows. `manifest.json` has the counts and a hash of every file.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _maker(table: TablePlan, column: str) -> str:
    """What made a column: a kind of field, a field that labels its values, or the parent table."""
    for name, field in table.table.fields.items():
        if column == name:
            return str(getattr(field, "kind", ""))
        if column in (f"{name}_{label}" for label in field.labels()):
            return f"label of `{name}`"
    return f"carried from {table.table.from_.table}" if table.table.from_ else ""


def _plain(text: str) -> str:
    """Text that Markdown and HTML leave alone."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in " ".join(text.split()))


def _size(rows: int) -> str:
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M")]
    return next((name for bound, name in bounds if rows < bound), "10M<n<100M")
