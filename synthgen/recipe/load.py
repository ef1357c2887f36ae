"""From a file to a Recipe: every mistake at once, each with its place, its line and the way out.

Each field, check, model and table is read by itself, so that a mistake in one hides nothing in another. What
is misspelt is told, and read as what it most likely means, so that no second mistake follows from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from synthgen.checks import AnyCheck, Check
from synthgen.errors import Mistake, RecipeError, did_you_mean, nearest
from synthgen.fields import AnyField, FieldShape
from synthgen.fields.date import moment
from synthgen.recipe import source as sources
from synthgen.recipe.between import cross_mistakes
from synthgen.recipe.given import NAME, source_of
from synthgen.recipe.harness import Harness
from synthgen.recipe.places import KeyPath, Source
from synthgen.recipe.publish import Publish
from synthgen.recipe.shape import DEFAULT_MODELS, AnyModel, BaseModelSpec, From, Recipe, Table
from synthgen.recipe.words import as_yaml, explained, keys
from synthgen.spec import numerals
from synthgen.spec.parts import Part, PartMistake, RecipeContext
from synthgen.spec.render import in_braces
from synthgen.voices import Voice
from synthgen.voices.library import shipped

P = TypeVar("P", bound=Part)
MOST = {"tables": ("tables in a recipe", 100), "fields": ("fields in a table", 500), "keep": ("checks in a table", 200)}
"""Of what there may be how many: fields are compared with fields, and tables with tables."""
MOST_MISTAKES = 100
MOST_IN_BRACES = 100_000
ALIKE = 0.75
"""How like a known word a misspelt one must be (0: not at all, 1: the same) to be read as that word."""


@dataclass(frozen=True)
class Loaded:
    """A recipe without mistakes, the context it was read in, and its text."""

    recipe: Recipe
    context: RecipeContext
    path: Path
    text: str
    data: dict[str, Any]

    def __repr__(self) -> str:
        tables = [f"{name} {table.wanted:,} rows" if table.rows else name for name, table in self.recipe.tables.items()]
        return f"Loaded({self.recipe.name}: {', '.join(tables)})"

    def output_folder(self, out: str | Path | None = None) -> Path:
        """Where its output goes: `out`, or `outputs/NAME` here."""
        return Path("outputs") / self.recipe.name if out is None else Path(out)


def load(
    path: str | Path | Mapping[str, Any],
    *,
    settings: Sequence[str] = (),
    rows: int | None = None,
    seed: int | None = None,
    without: Sequence[str] = (),
    allow: Sequence[str | Path] = (),
    folder: str | Path | None = None,
) -> Loaded:
    """Read a recipe: a YAML file, or a mapping with the same keys, whose relative paths begin in the working folder.

    `settings` are overrides such as `tables.traffic.rows=50`, `rows` and `seed` the short forms of the usual ones
    (`rows` goes to every table that has no parent), `without` the tables to leave out, `allow` folders outside
    the recipe's own that it may read, `folder` where its relative paths begin if that is another. Raises RecipeError with every mistake.
    """
    source = source_of(path) if isinstance(path, Mapping) else sources.read(Path(path), str(path))
    path = Path(NAME if isinstance(path, Mapping) else path)
    for setting in settings:
        for name, spec in DEFAULT_MODELS.items():
            if setting.startswith(f"models.{name}."):
                models = source.data.setdefault("models", {})
                if isinstance(models, dict):
                    models.setdefault(name, {"kind": spec.model_fields["kind"].default})
        sources.override(source, setting)
    if rows is not None:
        for name, table in _items(source.data.get("tables")):
            if isinstance(table, dict) and "from" not in table:
                sources.override(source, f"tables.{name}.rows={rows}", f"--rows {rows}")
    if seed is not None:
        sources.override(source, f"seed={seed}", f"--seed {seed}")
    _leave_out(source, without)
    own = path.resolve().parent if folder is None else Path(folder).resolve()
    context = _context(source.data, own, tuple(map(Path, allow)))
    reader = _Reader(source, context)
    recipe = reader.recipe()
    if source.mistakes:
        raise RecipeError(source.in_order())
    reader.settle()
    return Loaded(recipe, context, path, source.text, numerals.as_number(source.data))


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _texts(value)


def _leave_out(source: Source, without: Sequence[str]) -> None:
    tables = source.data.get("tables")
    if not isinstance(tables, dict):
        return
    for name in without:
        option = f"--without {name}"
        if name not in tables:
            source.mistakes.append(Mistake(option, f"there is no table '{name}'", did_you_mean(name, tables, "tables")))
        elif len(tables) == 1:
            source.mistakes.append(Mistake(option, "this would leave no table"))
        else:
            del tables[name]
            source.left_out.add(name)


def _context(data: dict[str, Any], folder: Path, allow: tuple[Path, ...]) -> RecipeContext:
    context = RecipeContext(folder, allow=allow)
    about, now = data.get("about"), data.get("now")
    try:
        clock = moment(now, context.now)[0] if isinstance(now, str) else context.now
    except ValueError:
        clock = context.now  # told as a mistake of its type
    return RecipeContext(context.folder, about if isinstance(about, str) else "", clock, allow)


def _kinds(union: Any) -> dict[str, type[Part]]:
    parts = get_args(get_args(union)[0]) if get_args(union) else (union,)
    return {part.model_fields["kind"].default: part for part in parts}


FIELDS, CHECKS, MODELS = _kinds(AnyField), _kinds(AnyCheck), _kinds(AnyModel)
FORMS = {
    "tables": "such as {rows: 100, fields: {…}}",
    "models": "such as {kind: base, name: scribbler}",
    "from": "such as {table: traffic}",
    "voices": "such as {lower_only: 0.8, end_mark: 0.1}",
    "fields": "such as {kind: choice, options: [a, b]}",
    "keep": "such as {kind: unique, field: message}",
    "harness": "such as {input: message, target: intent}",
    "publish": "such as {repo: OWNER/NAME}",
}


class _Reader:
    """Reads each part of a recipe. `sound` are the parts whose keys are as they should be; `left` is what there is of other fields and
    checks without their wrong keys, and the keys that are right; and `parts` are all of these."""

    def __init__(self, source: Source, context: RecipeContext) -> None:
        self.source, self.context = source, context
        self.parts: dict[KeyPath, Part] = {}
        self.sound: dict[KeyPath, Part] = {}
        self.left: dict[KeyPath, tuple[Part, Set[Any]]] = {}

    def recipe(self) -> Recipe:
        """The recipe; it is to be used only if the source has no mistakes in the end."""
        data = self.spelled(self.source.data, keys(Recipe), ())
        self.sizes(data)
        given = self.each(data, (), "voices", dict, self.voice)
        own = given.get("voices") if isinstance(given, dict) else None
        named = own if isinstance(own, dict) else dict.fromkeys(map(str, own), Voice()) if isinstance(own, list) else {}
        self.context = replace(self.context, voices={**shipped(), **named})
        given = self.each(self.each(given, (), "models", dict, self.model), (), "tables", dict, self.table)
        recipe = self.part(Recipe, self.single(self.single(given, (), "harness", Harness), (), "publish", Publish), ())
        for mistake in chain(self.mistakes(), cross_mistakes(self.parts, self.source)):
            if len(self.source.mistakes) >= MOST_MISTAKES:
                self.source.whole(f"no more than {MOST_MISTAKES} mistakes are looked for at a time", "mend these, and check again")
                break
            self.tell(mistake)
        return recipe

    def settle(self) -> None:
        """Let the data say what the parts made of numbers that were typed like 00501 or 1.10."""
        for way, part in self.sound.items():
            data: Any = self.source.data
            for step in way:
                data = data[step]
            for key in [key for key in data if numerals.has_numerals(data[key])] if isinstance(part, FieldShape | Check) else ():
                data[key] = part.fallback if key == "otherwise" and isinstance(part, FieldShape) else getattr(part, key)

    def mistakes(self) -> Iterator[PartMistake]:
        """What is wrong in each part by itself."""
        for way, part in self.sound.items():
            for mistake in part.mistakes():
                yield replace(mistake, at=(*way, *mistake.at), at_key=mistake.at_key or not mistake.at)
                if len(way) == 4:
                    self.source.unsure.add(way)
        for way, (left, right_keys) in self.left.items():
            with suppress(AttributeError, KeyError, TypeError, ValueError):  # it may lack what it needs to tell more
                for mistake in left.mistakes():
                    if (
                        mistake.at and mistake.at[0] in right_keys and not mistake.message.startswith("missing")
                    ):  # what is missing may be what is wrong
                        yield replace(mistake, at=(*way, *mistake.at))

    def sizes(self, data: Any) -> None:
        """Raise RecipeError where there is more of something than can be looked at in seconds."""
        if (size := sum(map(in_braces, _texts(data)))) > MOST_IN_BRACES:
            self.source.whole(f"its templates have {size:,} characters in braces; {MOST_IN_BRACES:,} are the most")
            raise RecipeError(self.source.in_order())
        held: dict[KeyPath, Any] = {("tables",): data.get("tables") if isinstance(data, dict) else None}
        for name, table in _items(held[("tables",)]):
            held |= {("tables", name, key): table[key] for key in ("fields", "keep") if isinstance(table, dict) and key in table}
        for way, values in held.items():
            what, most = MOST[way[-1]]
            if isinstance(values, dict | list) and len(values) > most:
                self.source.tell(way, f"{len(values):,} {what}; {most} are the most", at_key=True)
                raise RecipeError(self.source.in_order())

    def tell(self, mistake: PartMistake) -> None:
        self.source.tell(mistake.at, mistake.message, mistake.hint, at_key=mistake.at_key, word=mistake.word)

    def voice(self, data: Any, way: KeyPath) -> Voice:
        return self.part(Voice, self.spelled(data, keys(Voice), way), way)

    def model(self, data: Any, way: KeyPath) -> Part:
        """A model that does not say its kind is a base model, but for one that takes the place of a default one."""
        usual = DEFAULT_MODELS.get(way[-1], BaseModelSpec).model_fields["kind"].default
        meant = (
            {"kind": usual}
            if isinstance(data, dict) and "kind" not in data and not any(nearest(key, ["kind"], ALIKE) for key in data)
            else {}
        )
        return self.one_of(MODELS)(meant | data if meant else data, way)

    def table(self, data: Any, way: KeyPath) -> Table:
        data = self.spelled(data, keys(Table), way)
        given = self.each(self.each(data, way, "fields", dict, self.one_of(FIELDS)), way, "keep", list, self.one_of(CHECKS))
        return self.part(Table, self.single(given, way, "from", From), way)

    def single(self, data: Any, way: KeyPath, key: str, shape: type[Part]) -> Any:
        """`data` in which the part under `key` has been read, if it is there."""
        if not isinstance(data, dict) or data.get(key) is None:
            return data
        inner = (*way, key)
        return data | {key: self.part(shape, self.spelled(data[key], keys(shape), inner), inner)}

    def each(self, data: Any, way: KeyPath, key: str, kind: type, read: Callable[[Any, KeyPath], Part]) -> Any:
        """`data` in which the parts under `key` have been read, if there are any."""
        found = data.get(key) if isinstance(data, dict) else None
        if isinstance(found, dict) and kind is dict:
            return data | {key: {name: read(value, (*way, key, name)) for name, value in found.items()}}
        if isinstance(found, list) and kind is list:
            return data | {key: [read(value, (*way, key, number)) for number, value in enumerate(found)]}
        return data

    def one_of(self, kinds: Mapping[str, type[Part]]) -> Callable[[Any, KeyPath], Part]:
        """How a part is read whose `kind` says what it is."""
        first = next(iter(kinds.values()))

        def read(data: Any, way: KeyPath) -> Part:
            if any(unsure[: len(way)] == way for unsure in self.source.unsure):
                return first.model_construct()
            shape = self.kind(data, kinds, way) if isinstance(data, dict) else first
            return self.part(shape, self.spelled(data, keys(shape), way), way) if shape else first.model_construct()

        return read

    def kind(self, data: dict[Any, Any], kinds: Mapping[str, type[Part]], way: KeyPath) -> type[Part] | None:
        """The class of a part's `kind`; when there is none, that is told."""
        known = {key for shape in kinds.values() for key in keys(shape)}
        strange = [key for key in data if key not in known]
        if "kind" not in data and len(kinds) > 1:
            meant = [key for key in strange if nearest(key, ["kind"], ALIKE) or data[key] in list(kinds)]  # such as `type: choice`
            if not meant:
                fitting = [kind for kind, shape in kinds.items() if data.keys() <= set(keys(shape)) and _required(shape) <= data.keys()]
                hint = f"did you mean kind: {fitting[0]}?" if len(fitting) == 1 else f"kinds: {', '.join(sorted(kinds))}"
                self.source.tell(way, "missing key 'kind'", hint, at_key=True)
                return None
            self.misspelt(data, way, meant[0], "kind", "did you mean 'kind'?")
        given = data.get("kind", next(iter(kinds)))
        if not isinstance(given, str) or given not in kinds:
            message = f"unknown kind {given!r}" if isinstance(given, str) else f"expected a kind, not {as_yaml(given)}"
            self.source.tell((*way, "kind"), message, did_you_mean(given, kinds, "kinds"))
            given = data["kind"] = nearest(given, kinds, ALIKE)
        return kinds[given] if given else None

    def spelled(self, data: Any, known: Sequence[str], way: KeyPath) -> Any:
        """The data without its unknown keys, which are told; one that is like a known key is read as that one."""
        for key in [key for key in data if key not in known] if isinstance(data, dict) else []:
            meant = nearest(key, [each for each in known if each not in data], ALIKE)
            self.misspelt(data, way, key, meant, did_you_mean(key, known, "keys here"))
        return data

    def misspelt(self, data: dict[Any, Any], way: KeyPath, key: Any, meant: str | None, hint: str) -> None:
        self.source.tell((*way, key), "a key without a name" if key is None else f"unknown key {as_yaml(key)}", hint, at_key=True)
        value = data.pop(key)
        if meant:
            data[meant] = value
            self.source.rename((*way, key), (*way, meant))

    def part(self, shape: type[P], data: Any, way: KeyPath) -> P:
        """The part in the data, or when it has mistakes, which are told, an empty one in its place."""
        try:
            part = shape.model_validate(data, context=self.context)
        except ValidationError as error:
            mistakes = list(explained(error, shape, data))
            for inner, message, hint, at_key in mistakes:
                self.source.tell((*way, *inner), message, hint if inner else hint or _form(way), at_key=at_key)
            self.rest(shape, data, way, {mistake.way[0] for mistake in mistakes if mistake.way})
            return shape.model_construct()  # type: ignore[return-value]
        self.parts[way] = self.sound[way] = part
        return part

    def rest(self, shape: type[Part], data: Any, way: KeyPath, wrong: set[Any]) -> None:
        """Keep what is left of a field or check without its wrong keys."""
        if wrong and len(way) == 4:
            self.source.unsure.add(way)
            left = shape.model_construct({*data}, **{key: value for key, value in data.items() if key not in wrong})
            left._context = self.context
            self.parts[way] = left
            if not any(_is_word(shape, key) for key in wrong):
                self.left[way] = left, data.keys() - wrong


def _form(way: KeyPath) -> str:
    """How a part looks that should be at `way`: under the name of a table, field or model, the number of a check, or `from`."""
    return FORMS.get(way[-2] if len(way) % 2 == 0 else way[-1], "") if way else ""


def _is_word(shape: type[Part], key: Any) -> bool:
    """Whether the value of a key is one of a few words, which say what other keys mean."""
    return key in shape.model_fields and "Literal" in str(shape.model_fields[key].annotation)


def _required(shape: type[Part]) -> set[str]:
    return {info.alias or name for name, info in shape.model_fields.items() if info.is_required()}
