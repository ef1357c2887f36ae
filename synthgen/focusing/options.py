"""Which options of a recipe are drawn more often: those of choices, and voices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from synthgen.advice.edit import KeyPath, value_at
from synthgen.errors import DataError, SynthgenError
from synthgen.fields.options import key_text
from synthgen.focusing.failing import TestedTable
from synthgen.focusing.rewrite import data_of, set_value
from synthgen.focusing.weights import Failures, focused


@dataclass(frozen=True)
class MovedOptions:
    """The options of a field whose weights are moved: the way to them in the recipe, their shares before and after, and how many rows of
    each there were and failed. `refused` says why they could not be put into the recipe, if so."""

    key_path: KeyPath
    before: Mapping[str, float]
    after: Mapping[str, float]
    failures: Mapping[str, Failures]
    weights: Mapping[str, int]
    refused: str = ""

    @property
    def place(self) -> str:
        """Its table, field and key."""
        return ".".join(map(str, (self.key_path[1], *self.key_path[3:])))


@dataclass
class _Weighted:
    """Options that rows draw from: where they stand in the recipe, and what is in the rows of it."""

    key_path: KeyPath
    failures: dict[str, Failures] = field(default_factory=dict)


def move_options(text: str, tables: Sequence[TestedTable]) -> tuple[str, list[MovedOptions]]:
    """The recipe `text` with weights moved towards the options that failed, and what was moved."""
    moved = list[MovedOptions]()
    for weighted in _weighted(tables):
        written = value_at(data_of(text), weighted.key_path)
        options = dict.fromkeys(written, 1.0) if isinstance(written, list) else written
        if not isinstance(options, dict) or len(options) < 2:
            continue
        weights = {key_text(option): float(weight) for option, weight in options.items()}
        new_weights = focused(weights, weighted.failures)
        if new_weights is None:
            continue
        refused = ""
        try:
            _as_it_was_made(tables[0], weighted.key_path, weights)
            text = set_value(text, weighted.key_path, {option: new_weights[key_text(option)] for option in options})
        except SynthgenError as error:
            refused = f"{error.message}; {error.hint}" if error.hint else error.message
        moved.append(MovedOptions(weighted.key_path, _shares(weights), _shares(new_weights), weighted.failures, new_weights, refused))
    return text, moved


def _weighted(tables: Sequence[TestedTable]) -> Iterator[_Weighted]:
    """The options that the rows' values are drawn from, with the failures in all tables."""
    by_path: dict[KeyPath, _Weighted] = {}
    for tested in tables:
        for owner, name, shape in tested.fields():
            for key, label in shape.drawn_by_weight.items():
                column = f"{name}_{label}" if label else name
                if column not in tested.rows.columns:
                    continue
                weighted = by_path.setdefault(("tables", owner, "fields", name, key), _Weighted(("tables", owner, "fields", name, key)))
                for value, count in tested.failures(column).items():
                    before = weighted.failures.get(value, Failures(0, 0))
                    weighted.failures[value] = Failures(before.rows + count.rows, before.failed + count.failed)
    yield from by_path.values()


def _as_it_was_made(tested: TestedTable, key_path: KeyPath, weights: Mapping[str, float]) -> None:
    """The options in the recipe must be those that the rows were drawn from. Raises DataError."""
    recorded = value_at(tested.dataset.recipe.data, key_path)
    made_with = dict.fromkeys(recorded, 1.0) if isinstance(recorded, list) else recorded
    if not isinstance(made_with, Mapping) or {key_text(option): float(weight) for option, weight in made_with.items()} != weights:
        raise DataError(
            f"{'.'.join(map(str, key_path))} in the recipe is not what the output was made with",
            "name the recipe that it was made from",
        )


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {option: weight / total for option, weight in weights.items()}
