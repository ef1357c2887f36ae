"""A model that was tuned, and what the machine has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from synthgen.cli.terminal.page import grid, out

if TYPE_CHECKING:
    from synthgen.tuning.run import Tuned


def print_tuned(result: Tuned) -> None:
    """What a training did, what the model gives away, and how to use it."""
    record = result.record["tuned"]
    if result.already:
        out.print(Text(f"{result.folder} is finished already; nothing to do (--fresh tunes it again)"))
    if "making" in record:
        training = record["training"]
        out.print(
            Text(f"{result.folder}: {len(record['layers'])} layers, {training['tokens']:,} tokens learned in {training['seconds']:,.0f} s")
        )
        for name, before in record["bits per byte"]["before"].items():
            out.print(Text(f"{name:<20} {before:.3f} → {record['bits per byte']['after'][name]:.3f} bits per byte"))
        return
    logs, losses, gives = record["logs"], [loss for _, loss in record["training"]["held-out bits per byte"]], record["privacy"]
    left_out = "".join(f", {count:,} left out ({reason})" for reason, count in logs["left out"].items())
    out.print(Text(f"{result.folder}: learned from {logs['learned']:,} messages, {logs['held out']:,} held out{left_out}"))
    if logs["masked"]:
        out.print(
            Text("masked: " + ", ".join(f"{count:,} <{kind}>" for kind, count in sorted(logs["masked"].items(), key=lambda item: -item[1])))
        )
    out.print(Text(f"held-out messages: {losses[0]:.3f} → {min(losses):.3f} bits per byte ({min(losses) / losses[0] - 1:+.0%})\n"))
    grid(
        ["", "messages", "equal a learned one", "nearly", "eight words in a row", "identifiers"],
        [
            (name, *(f"{gives[name][key]:,}" for key in ("messages", "whole", "nearly", "runs", "identifiers")))
            for name in ("generated", "by chance")
        ],
    )
    out.print(Text(f"In a recipe beside it:  models: {{typist: {{kind: base, name: {result.folder.name}}}}}"))
    out.print(Text("There, what it learned is not said over again (not_copied)."))
    for note in result.notes:
        out.print(Text(f"note: {note}"))


def print_doctor(findings: Mapping[str, Any], verdict: str) -> None:
    """The findings of the doctor, and the verdict last."""
    for name, value in findings.items():
        if isinstance(value, Mapping):
            for inner, inner_value in value.items():
                out.print(
                    Text(f"{inner:<18} {inner_value if not isinstance(inner_value, bool) else 'present' if inner_value else 'not there'}")
                )
        elif value != "":
            out.print(Text(f"{name:<18} {value if not isinstance(value, bool) else 'yes' if value else 'no'}"))
    out.print(Text(verdict))
