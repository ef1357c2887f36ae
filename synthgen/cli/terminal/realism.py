"""How people type, and how near generated messages come to it."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import BAR, err, grid, out, safe

if TYPE_CHECKING:
    from synthgen.comparison import Auc, Comparison
    from synthgen.voices import Voice


def print_reading(line: str) -> None:
    """What was read of a file of records, beside the result."""
    err.print(safe(line))


def print_measure(voice: Voice, count: int, name: str) -> None:
    """How messages are typed: a table with bars, and the voice to paste into a recipe."""
    from synthgen.recipe.shape import RESERVED
    from synthgen.voices.measure import voice_yaml
    from synthgen.voices.voice import bars

    out.print(Text(f"{count:,} messages", style="bold"))
    group = ""
    for bar in bars(voice):
        if bar.group != group:
            group = bar.group
            out.print(Text(f"\n{group}", style="bold"))
        share = bar.unit in ("of messages", "per word")
        figure = (f"{bar.value:>6.2%}" if bar.unit == "per word" else f"{bar.value:>6.1%}") if share else f"{bar.value:>6.3g}"
        gauge = "▒" * round(bar.value * BAR) if share else ""
        out.print(Text(f"  {bar.name.replace('_', ' '):<20} {figure} {bar.unit:<11} {gauge:<{BAR}}  {bar.says}".rstrip()))
    out.print(Text("\nto type like this, in a recipe: voice: NAME on a typed or noise field, and\n", style="bold"))
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    voice_name = word if re.match(r"[a-z]", word) and word not in RESERVED else f"my_{word}".rstrip("_")
    out.print(Text("voices:\n" + textwrap.indent(voice_yaml(voice, voice_name), "  ")))


def print_compare(comparison: Comparison) -> None:
    """How near generated messages come to real ones: the verdict, the figures, and what gives them away."""
    from synthgen.comparison import verdict

    figures, ceiling = comparison.figures, comparison.ceiling
    out.print(Text(verdict(comparison)))
    out.print(
        Text(
            f"\n{comparison.real:,} real and {comparison.generated:,} generated messages, {figures.messages:,} a side compared at a time\n"
        )
    )
    auc = "0.5 not told apart, 1 always"
    grid(
        ["", "generated", "real against real", ""],
        [
            ("style AUC", _between(figures.style), _between(ceiling.style), f"by how they are typed; {auc}"),
            ("text AUC", _between(figures.text), _between(ceiling.text), f"by what they say; {auc}"),
            ("mean KS", f"{figures.ks:.3f}", f"{ceiling.ks:.3f}", "distance of the style features: 0 the same, 1 nothing in common"),
            ("MAUVE-like", f"{figures.mauve:.2f}", f"{ceiling.mauve:.2f}", "overlap of the texts, by their words: 1 the same"),
        ],
    )
    generated, real, copied = comparison.diversity["generated"], comparison.diversity["real"], comparison.copied
    runs = zip(("one word", "two words", "three words"), generated.distinct, real.distinct, strict=True)
    grid(
        ["", "generated", "real", ""],
        [
            *(
                (f"distinct {what}", f"{generated_share:.2f}", f"{real_share:.2f}", "different ones among all runs of so many words")
                for what, generated_share, real_share in runs
            ),
            ("self-BLEU", f"{generated.self_bleu:.2f}", f"{real.self_bleu:.2f}", "how far a message can be put together from the others"),
            ("similarity", f"{generated.similarity:.3f}", f"{real.similarity:.3f}", "of two messages, on average"),
            ("copied", f"{copied.originals:.1%}", "", "say an original over again"),
            ("", f"{copied.real:.1%}", "", "say a real one over again"),
            ("", f"{copied.runs:.1%}", "", "share eight words in a row with one of these"),
        ],
    )
    grid(
        ["what differs most", "KS", "generated", "real", ""],
        [
            (
                feature.name.replace("_", " "),
                f"{feature.ks:.3f}",
                f"{feature.generated:.3g}",
                f"{feature.real:.3g}",
                "▒" * round(feature.ks * BAR),
            )
            for feature in comparison.features[:12]
        ],
    )


def _between(auc: Auc) -> str:
    return f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"
