"""How people type in a table, feature by feature: against the voice that was asked for, against the real logs, or for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthgen.reporting.contents import Contents, spread_over
from synthgen.text.legible import plainly
from synthgen.voices.likeness import LIKE
from synthgen.voices.voice import COUNTS, GROUPS, RATES, Voice

if TYPE_CHECKING:
    from synthgen.comparison import Comparison

MEASURED = 2_000
"""Messages that are measured where there is no target."""
ROOM = 1.15
"""How much of its scale a figure that is no share leaves free."""
AT = ("5th", "25th", "50th", "75th", "95th")
MIDDLE = "50th"
"""Where it is said whether the words of a message are met, which is one figure, judged by the three in the middle."""


@dataclass(frozen=True)
class Dot:
    """A feature: its name and unit, what it means, the figures in words, and where they lie on a scale from 0 to 100. Without a target
    there is no `band` (from, to, where the target lies); `like` says whether the figure is met (None: there is nothing to meet)."""

    name: str
    unit: str
    says: str
    actual: str
    at: float
    target: str = ""
    band: tuple[float, float, float] | None = None
    like: bool | None = None


@dataclass(frozen=True)
class Typing:
    """How the messages of a field are typed: against what, in how many rows, how many figures are met, and the dots by group."""

    field: str
    against: str
    rows: int
    groups: dict[str, list[Dot]]

    @property
    def dots(self) -> list[Dot]:
        """All of them."""
        return [dot for group in self.groups.values() for dot in group]

    @property
    def met(self) -> int:
        """How many figures are like those that were asked for."""
        return sum(bool(dot.like) for dot in self.dots)

    @property
    def judged(self) -> int:
        """How many there are to meet."""
        return sum(dot.like is not None for dot in self.dots)

    @property
    def missed(self) -> list[str]:
        """The names of the others."""
        return [dot.name.partition(",")[0] for dot in self.dots if dot.like is False]


def against_voices(manifest: Mapping[str, Any], table: str) -> Iterator[Typing]:
    """How near each voice of a table (or the logs that it is like) came to what was asked, as the manifest tells it."""
    for field, voices in manifest["tables"][table].get("styles", {}).items():
        for voice, style in voices.items():
            dots = {name: list(_target_dots(name, figure)) for name, figure in style["figures"].items()}
            yield Typing(field, plainly(voice), style["rows"], _grouped(dots))


def _target_dots(name: str, figure: Mapping[str, Any]) -> Iterator[Dot]:
    if name == "words":
        tolerances = figure.get("within", [max(1.0, LIKE * target) for target in figure["target"]])  # an older output does not say
        for at, target, actual, near in zip(AT, figure["target"], figure["made"], tolerances, strict=True):
            judged = {"like": figure["like"]} if at == MIDDLE else {}
            yield dot(name, actual, target, near, label=f"words, {at} in 100", **judged)
    else:
        yield dot(name, figure["made"], figure["target"], figure.get("within", LIKE * figure["target"]), figure["like"])


def against_real(comparison: Comparison) -> dict[str, list[Dot]]:
    """The features of generated messages against those of real ones. One is unlike where it differs by more than chance and more than
    real messages differ among themselves."""
    chance = 1.95 * (2 / comparison.figures.messages) ** 0.5  # as in the comparison's verdict
    dots = {
        feature.name: [dot(feature.name, feature.generated, feature.real, like=feature.ks <= max(chance, feature.ceiling))]
        for feature in comparison.features
    }
    return _grouped(dots)


def measured(table: Contents) -> Typing | None:
    """How a table's messages are typed where nobody said how they should be; None where nobody typed."""
    from synthgen.voices.features import FEATURES, features

    texts = [text for text in table.texts(table.message) if text] if table.message else []
    if not texts or table.message is None:
        return None
    some = [texts[place] for place in spread_over(len(texts), MEASURED)]
    means = features(some).mean(axis=0).tolist()
    return Typing(table.message, "", len(some), _grouped({name: [dot(name, mean)] for name, mean in zip(FEATURES, means, strict=True)}))


def dot(name: str, actual: float, target: float | None = None, tolerance: float = 0.0, like: bool | None = None, *, label: str = "") -> Dot:
    """A feature's dot. A share lies on a scale from 0 to 1, any other figure on one that just holds it. `tolerance` is how far
    from the target it is still met."""
    aim = 0.0 if target is None else target
    top = 1.0 if name not in RATES and name not in COUNTS else ROOM * max(actual, aim + tolerance) or 1.0
    at, low, high, aimed = (100 * min(1.0, max(0.0, value / top)) for value in (actual, aim - tolerance, aim + tolerance, aim))
    says = (Voice.model_fields[name].description or "") if name in Voice.model_fields else ""
    return Dot(
        (label or name).replace("_", " "),
        "per 100 words" if name in RATES else "",
        says,
        figure(name, actual),
        at,
        "" if target is None else figure(name, target),
        None if target is None else (low, high, aimed),
        like,
    )


def figure(name: str, value: float) -> str:
    """A figure in words: a percentage, a rate per 100 words, or a number."""
    if name in COUNTS:
        return f"{value:.3g}"
    return f"{100 * value:.2g}" if name in RATES else f"{100 * value:.0f} %"


def _grouped(dots: Mapping[str, Sequence[Dot]]) -> dict[str, list[Dot]]:
    groups = {group: [feature_dot for name in names for feature_dot in dots.get(name, ())] for group, names in GROUPS.items()}
    groups["length"] += dots.get("characters", ())
    return {group: group_dots for group, group_dots in groups.items() if group_dots}
