"""The model card of a tuned model, and of one that was made from scratch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synthgen.tuning.corpora import corpora

LIMITS = """It writes as the people did whose messages it learned from, mistakes, tone and opinions included. It may write what is untrue or offensive."""  # noqa: E501


def card(manifest: Mapping[str, Any]) -> str:
    """The README.md of the folder."""
    record = manifest["tuned"]
    return "\n".join([*(_of_corpora(record) if "making" in record else _of_logs(record)), ""])


def _of_logs(record: Mapping[str, Any]) -> Iterator[str]:
    logs, training, gives = record["logs"], record["training"], record["privacy"]
    first, best = training["held-out bits per byte"][0][1], min(loss for _, loss in training["held-out bits per byte"])
    masked = ", ".join(f"{count:,} `<{kind}>`" for kind, count in sorted(logs["masked"].items())) or "nothing was found to mask"
    yield from ["---", "library_name: transformers", "pipeline_tag: text-generation", "tags: [synthgen]", "---", "", "# A tuned model", ""]
    yield (
        f"Made with `synthgen tune` from {record['base'].split('@')[0]}, to type as the people in some logs do. The licence of its base "
        f"holds for it."
    )
    yield from [
        "",
        "| | |",
        "|---|---|",
        f"| messages read | {logs['messages']:,} |",
        f"| learned, held out | {logs['learned']:,}, {logs['held out']:,} |",
    ]
    yield from (f"| left out, {reason} | {count:,} |" for reason, count in logs["left out"].items())
    yield f"| masked | {masked} |"
    yield f"| bits per byte on held-out messages | {first:.3f} before, {best:.3f} after |"
    yield f"| trained | {training['steps']:,} steps, {training['tokens']:,} tokens, {training['seconds']:,.0f} s |"
    yield from ["", "## What it gives away", "", *_privacy_table(gives), ""]
    yield (
        "Before training, e-mail addresses, telephone, card and account numbers, addresses and other identifiers were masked as slots, "
        "and all numbers of three digits or more were drawn again. Names that stand in the text were not masked. `learned.npz` holds "
        "digests of the learned messages and of their runs of eight words, so that synthgen refuses to repeat them (`not_copied`); with it "
        "anybody can tell whether a message that they already have was learned."
    )
    yield from ["", "## Limits", "", LIMITS, "", "## Use", "", "```yaml", "models:", "  typist: {kind: base, name: FOLDER}", "```"]


def _privacy_table(gives: Mapping[str, Any]) -> Iterator[str]:
    columns = ("messages", "whole", "nearly", "runs", "identifiers")
    yield "| | messages of four words or more | equal a learned one | nearly | share eight words in a row | messages with an identifier |"
    yield "|---|---|---|---|---|---|"
    for name, title in (("generated", "generated"), ("by chance", "held out (by chance)")):
        yield f"| {title} | " + " | ".join(f"{gives[name][column]:,}" for column in columns) + " |"


def _of_corpora(record: Mapping[str, Any]) -> Iterator[str]:
    training = record["training"]
    yield from [
        "---",
        "license: apache-2.0",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        "tags: [synthgen]",
        "---",
        "",
        "# Scribbler",
        "",
    ]
    yield f"A base model that writes what people type, made with `synthgen tune --from-scratch` from {record['base']}."
    yield from [
        "",
        "| | |",
        "|---|---|",
        f"| layers | {len(record['layers'])} |",
        f"| trained | {training['tokens']:,} tokens, {training['seconds']:,.0f} s |",
    ]
    yield from [
        "",
        "## Bits per byte on messages of sources that it never saw",
        "",
        "| source | before training | after |",
        "|---|---|---|",
    ]
    before, after = record["bits per byte"]["before"], record["bits per byte"]["after"]
    yield from (f"| {name} | {before[name]:.3f} | {figure:.3f} |" for name, figure in after.items())
    yield from ["", "## What it learned from", "", "| source | messages | licence | by |", "|---|---|---|---|"]
    sources = corpora()
    yield from (f"| {name} | {count:,} | {sources[name].licence} | {sources[name].by} |" for name, count in record["messages"].items())
    yield from ["", "## Limits", "", "It writes English. " + LIMITS]
