"""Where an application fails: its slices, the pairs of the same requests, the trend of levels, and what single slips cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table

from synthgen.cli.terminal.page import out, safe
from synthgen.spec.points import points

if TYPE_CHECKING:
    from synthgen.harness.pairing import LevelTrend, PairedSlice
    from synthgen.harness.share import Share
    from synthgen.harness.slicing import Sliced

BARS = "▁▂▃▄▅▆▇█"


def print_slices(sliced_runs: Sequence[Sliced]) -> None:
    """For each run and grade a table of its slices, the worst first; what is surely apart from the rest is marked."""
    marks = {-1: "worse than the rest", 1: "better than the rest", 0: ""}
    for sliced in sliced_runs:
        ungraded = f" ({sliced.ungraded:,} more could not be graded)" if sliced.ungraded else ""
        left_out_note = f"; {sliced.left_out:,} left out: rejected by reviewers, or with another target since" if sliced.left_out else ""
        out.print(safe(f"{sliced.run}: {sliced.grade} {_percent(sliced.whole)} of {sliced.whole.rows:,} rows{ungraded}{left_out_note}"))
        table = Table(box=None, pad_edge=False)
        for column in ("", "", sliced.grade, "95 %", "rows", ""):
            table.add_column(safe(column), justify="right" if column in (sliced.grade, "rows") else "left")
        for label, shares in sliced.slices.items():
            for number, (value, share) in enumerate(shares.items()):
                interval = f"{share.low:.0%} to {share.high:.0%}"
                table.add_row(
                    safe("" if number else label), safe(value), f"{share.mean:.0%}", interval, f"{share.rows:,}", marks[share.apart]
                )
        out.print(table)
        for line in (*_paired(sliced.paired), *_trends(sliced.trends), *_costs(sliced)):
            out.print(safe(line))
        out.print()


def _paired(paired: Sequence[PairedSlice]) -> Iterator[str]:
    """Each value beside the baseline of its field, on the same requests."""
    for (name, baseline), compared in groupby(paired, key=lambda pair: (pair.field, pair.baseline)):
        yield f"the same requests, by {name}:"
        for pair in compared:
            difference, mark = pair.difference, {-1: "; worse", 1: "; better", 0: ""}[pair.apart]
            shares = f"{baseline} {difference.baseline_mean:.0%}, {pair.value} {difference.mean:.0%}"
            interval = f"{points(difference.low)} to {points(difference.high)}"
            discordant = f"worse on {difference.worse:,}, better on {difference.better:,}"
            test = f"{_test(difference.test)} p {_p(difference.p)}{mark}"
            on = f"on the same {difference.pairs:,} requests"
            yield f"  {shares}: {points(difference.difference)} points {on} ({interval}), {discordant} ({test})"


def _trends(trends: Sequence[LevelTrend]) -> Iterator[str]:
    for trend in trends:
        bars = "".join(BARS[min(7, int(share.mean * 8))] for share in trend.levels.values())
        shares = ", ".join(f"{level} {share.mean:.0%} ({share.low:.0%} to {share.high:.0%})" for level, share in trend.levels.items())
        slope = trend.slope
        change = f"{points(slope.slope)} points a level ({points(slope.low)} to {points(slope.high)}), trend p {_p(slope.p)}"
        yield f"by {trend.field} {bars}: {shares}; {change}"


def _costs(sliced: Sliced) -> Iterator[str]:
    """What surely costs, the dearest first."""
    costs = [effect for effect in sliced.effects if effect.apart < 0]
    if sliced.effects:
        looked = f"of {len(sliced.effects)} slips, cases, voices and lengths, all else being equal"
        yield f"what costs most ({looked}):" if costs else f"nothing surely costs points ({looked})"
    for cost in costs:
        effect, name = cost.effect, f"{cost.label}: {cost.value}" if cost.value else f"each {cost.label}"
        points_lost, least, most = (round(100 * -value) for value in (effect.difference, effect.high, effect.low))
        yield f"  {name} costs {points_lost} points ({least} to {most}), in {effect.rows:,} rows"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"


def _test(name: str) -> str:
    return name.replace("McNemar exact", "McNemar's exact test,").replace("random signs", "test of random signs,")


def _percent(share: Share) -> str:
    return f"{share.mean:.0%} ({share.low:.0%} to {share.high:.0%})"
