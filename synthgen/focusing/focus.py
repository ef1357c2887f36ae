"""A recipe that makes more of what an application failed on, from a harness's results and the recipe that the rows were made by.

Weights of options and voices are moved towards those that fail (see `weights`), failing messages become seeds (see `seeds`), and another
seed makes other rows. The edit changes what it names and no other letter of the recipe, and is written beside it, never over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synthgen.advice.edit import unified_diff
from synthgen.dataset import Output
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.origin import recipe_file
from synthgen.errors import OutputError, RecipeError
from synthgen.focusing.failing import tested_tables
from synthgen.focusing.options import MovedOptions, move_options
from synthgen.focusing.rewrite import set_value
from synthgen.focusing.rounds import FocusRound, History, next_round
from synthgen.focusing.seeds import AddedSeeds, add_seeds, made_alone, typed_messages
from synthgen.harness.scored import scored
from synthgen.recipe import load
from synthgen.spec.replacing import replacing

SUFFIX = "-focus"
"""What is put behind the name of a recipe."""


@dataclass(frozen=True)
class Focused:
    """The recipe in the file `path`, whose text is `old`, and the one that makes more of what failed: `new`, to be written to `out`, with
    the `files` beside it (lines by path). `rounds` are this round and those before it; `moved` are the weights that were moved, `seeds` the
    failing messages that became seeds. `settled` says that rounds find nothing new any more."""

    path: Path
    out: Path
    old: str
    new: str
    rounds: Sequence[FocusRound]
    moved: Sequence[MovedOptions] = ()
    seeds: Sequence[AddedSeeds] = ()
    files: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    settled: bool = False
    allow: Sequence[str | Path] = ()

    @property
    def diff(self) -> str:
        """The changes as a unified diff."""
        return unified_diff(self.old, self.new, self.path.name, self.out.name)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what failed in each round, what was moved, and the diff."""
        moved = [
            {"place": options.place, "before": options.before, "after": options.after, "refused": options.refused} for options in self.moved
        ]
        added = [{"place": seeds.place, "added": seeds.added, "refused": seeds.refused} for seeds in self.seeds]
        rounds = [asdict(earlier) for earlier in self.rounds]
        return {"rounds": rounds, "settled": self.settled, "moved": moved, "seeds": added, "diff": self.diff}

    def write(self) -> Path:
        """Write the new recipe and the files beside it, and return where. Raises OutputError where one of them is there already, or the
        recipe has changed meanwhile, and RecipeError, with nothing written, where the new one has mistakes."""
        if self.path.read_bytes().decode("utf-8-sig") != self.old:
            raise OutputError(f"{self.path} has changed meanwhile", "ask again: synthgen focus")
        for taken in (self.out, _folder(self.out)):
            if taken.exists():
                raise OutputError(f"{taken} is there already", "name another file: -o FILE")
        try:
            _folder(self.out).mkdir(parents=True)
            for name, lines in self.files.items():
                _write(self.out.parent / name, lines)
            _write(self.out, [self.new.removesuffix("\n")])
            load(self.out, allow=self.allow)
        except OSError as error:
            self._undo()
            raise OutputError(f"cannot write to {error.filename or self.out}: {error.strerror}", "name another file: -o FILE") from None
        except RecipeError:
            self._undo()
            raise
        return self.out

    def _undo(self) -> None:
        """Take away what was written, which nobody had before."""
        with suppress(OSError):
            for path in (self.out, *(self.out.parent / name for name in self.files)):
                path.unlink(missing_ok=True)
            _folder(self.out).rmdir()


def focus(
    results: str | Path,
    output: str | Path,
    recipe: str | Path | None = None,
    out: str | Path | None = None,
    *,
    allow: Sequence[str | Path] = (),
    review: bool = True,
) -> Focused:
    """A recipe that makes more of what failed in the `results` of a harness on the cases of an `output`. It is not written yet.

    `recipe` is the file that the output was made from (default: as it was noted when it was made), `out` where the new one shall be
    (default: NAME-focus.yaml beside it). Raises DataError, OutputError, RecipeError.
    """
    output_folder = local_copy(output)
    scored_rows = scored(results, output_folder, review=review)
    path = Path(recipe) if recipe is not None else recipe_file(Output(output_folder))
    if path is None:
        raise OutputError(f"the recipe that {output} was made from is not where it was", "name it: synthgen focus RESULTS OUTPUT RECIPE")
    loaded = load(path, allow=allow)
    place = Path(out) if out is not None else path.with_name(f"{_numbered(path.stem)}.yaml")
    if loaded.read and place.resolve().parent != path.resolve().parent:
        raise OutputError(
            f"{place} is not beside {path}, which names files from its folder", f"write it there: -o {path.parent / place.name}"
        )
    tables = tested_tables(scored_rows, loaded.recipe)
    if not tables:
        raise OutputError(f"{path} has none of the tables in the results", "name the recipe that the output was made from")
    history = next_round(History.beside(_folder(path)), tables, output_folder.resolve().name, typed_messages(tables))
    rounds, old = history.rounds, path.read_bytes().decode("utf-8-sig")
    if not rounds[-1].failed:
        return Focused(path, place, old, old, rounds)
    settled = len(rounds) > 1 and rounds[-1].finds_no_more(rounds[-2])
    text, moved = move_options(old, tables)
    text, seeds = add_seeds(made_alone(text, tables), tables, _folder(place).name)
    text = set_value(text, ("seed",), int(scored_rows.dataset.manifest["seed"]) + 1)
    text = set_value(text, ("name",), _numbered(loaded.recipe.name))
    files = {file: list(added.pools[topic]) for added in seeds if not added.refused for topic, file in added.files.items()}
    files |= {f"{_folder(place).name}/{name}": lines for name, lines in history.files().items()}
    return Focused(path, place, old, text, rounds, moved, seeds, files, settled, allow)


def _write(path: Path, lines: Iterable[str]) -> None:
    with replacing(path) as unfinished:
        unfinished.write_bytes("".join(f"{line}\n" for line in lines).encode())


def _folder(recipe: Path) -> Path:
    """Where the files of a recipe that was focused lie."""
    return recipe.with_name(f"{recipe.stem}-seeds")


def _numbered(name: str) -> str:
    """The name of the next round."""
    match = re.fullmatch(rf"(.*{SUFFIX})(?:-(\d+))?", name)
    return f"{match[1]}-{int(match[2] or 1) + 1}" if match else f"{name}{SUFFIX}"


# What is said of it


def summary(focused: Focused) -> Iterator[str]:
    """What failed, what was moved, and whether rounds find anything new, a line each; the diff is not among them."""
    *before, this = focused.rounds
    low, high = this.interval
    line = f"{this.share:.0%} of {this.rows:,} rows failed ({low:.0%} to {high:.0%})"
    if before:
        line += f", {before[-1].share:.0%} of {before[-1].rows:,} in the round before"
        line += f"; {this.new:,} of {this.failing:,} failing messages are new"
    yield line
    if not this.failed:
        yield "nothing failed, so there is nothing to make more of"
    for options in focused.moved:
        yield f"{options.place}: " + ", ".join(_moved(options)) + (f"; not written: {options.refused}" if options.refused else "")
    for seeds in focused.seeds:
        count, topics = sum(seeds.added.values()), ", ".join(f"{topic or 'all'} {count}" for topic, count in seeds.added.items())
        yield f"{seeds.place}: {count:,} failing messages ({topics})" + (f"; not written: {seeds.refused}" if seeds.refused else "")
    if this.failed and not focused.moved and not focused.seeds:
        yield "no option fails more than others, and no failing message is new: only other rows will be made"
    if focused.settled:
        yield (
            f"nothing new is found: the share does not rise any more, and {this.failing - this.new:,} of {this.failing:,} failing messages "
            "are nearly the same as known ones. Mend the application, or widen the recipe"
        )


def _moved(options: MovedOptions) -> Iterator[str]:
    """The options that are drawn more or less often, those that fail most first."""
    shown = sorted(options.after, key=lambda option: options.before[option] - options.after[option])
    for option in shown:
        if count := options.failures.get(option):
            yield f"{option} {options.before[option]:.0%} → {options.after[option]:.0%} ({count.rate:.0%} of {count.rows:,.0f} failed)"
