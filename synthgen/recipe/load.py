"""From a file to a Recipe: every mistake at once, each with its place, its line and the way out.

Each field, check, model and table is read by itself, so that a mistake in one hides nothing in another. A misspelt word is reported, and
read as what it most likely means, so that no second mistake follows from the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from synthgen.checks import AnyCheck, Check
from synthgen.errors import DataError, Mistake, RecipeError, did_you_mean, nearest
from synthgen.fields import AnyField, FieldShape
from synthgen.fields.date_bound import moment
from synthgen.recipe import source as sources
from synthgen.recipe.between import cross_mistakes
from synthgen.recipe.given import NAME, source_of
from synthgen.recipe.harness import Harness
from synthgen.recipe.places import KeyPath, Source
from synthgen.recipe.publish import Publish
from synthgen.recipe.shape import DEFAULT_MODELS, AnyModel, BaseModelSpec, From, Recipe, Table
from synthgen.recipe.words import as_yaml, explained, keys
from synthgen.spec import numerals
from synthgen.spec.addresses import parted
from synthgen.spec.parts import Part, PartMistake, RecipeContext
from synthgen.spec.render import in_braces
from synthgen.voices import Voice
from synthgen.voices.library import shipped

P = TypeVar("P", bound=Part)
MOST = {"tables": ("tables in a recipe", 100), "fields": ("fields in a table", 500), "keep": ("checks in a table", 200)}
"""How many there may be of each: fields are compared with fields, and tables with tables."""
MOST_MISTAKES = 100
MOST_IN_BRACES = 100_000
ALIKE = 0.75
"""How like a known word a misspelt one must be (0: not at all, 1: the same) to be read as that word."""


@dataclass(frozen=True)
class Loaded:
    """A recipe without mistakes, the context it was read in, its text, and how the files that it names were when it was `read`."""

    recipe: Recipe
    context: RecipeContext
    path: Path
    text: str
    data: dict[str, Any]
    read: Mapping[Path, tuple[int, ...]] = field(default_factory=dict)

    def refuse_changed(self) -> None:
        """Raise DataError where a file that it names is not as it was when the recipe was read, of which the rows will be made."""
        for file, state in self.read.items():
            if file_state(file) != state:
                raise DataError(f"{file} has changed since the recipe was read", "read the recipe again (load_recipe)")

    def __repr__(self) -> str:
        tables = [f"{name} {table.wanted:,} rows" if table.rows else name for name, table in self.recipe.tables.items()]
        return f"Loaded({self.recipe.name}: {', '.join(tables)})"

    def output_place(self, out: str | Path | None = None) -> str | Path:
        """Where its output goes: `out`, a folder or an address, or `outputs/NAME` here."""
        return Path("outputs") / self.recipe.name if out is None else out


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
    the recipe's own and outputs elsewhere (s3://bucket/traffic) that it may read, and servers elsewhere that it may ask, `folder` where its
    relative paths begin if that is another. Raises RecipeError with every mistake.
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
    base_folder = path.resolve().parent if folder is None else Path(folder).resolve()
    context = _context(source.data, base_folder, allow)
    reader = _Reader(source, context)
    recipe = reader.recipe()
    if source.mistakes:
        raise RecipeError(source.in_order())
    reader.settle()
    return Loaded(recipe, context, path, source.text, numerals.as_number(source.data), {file: file_state(file) for file in _files(recipe)})


def _files(recipe: Recipe) -> Iterator[Path]:
    """Every file that the parts of a recipe name."""
    for part in chain(recipe.models.values(), *((*table.fields.values(), *table.keep) for table in recipe.tables.values())):
        yield from part.files()


def file_state(file: Path) -> tuple[int, ...]:
    """What changes when a file is written; nothing where there is none."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _texts(value)


def _leave_out(source: Source, excluded: Sequence[str]) -> None:
    tables = source.data.get("tables")
    if not isinstance(tables, dict):
        return
    for name in excluded:
        option = f"--without {name}"
        if name not in tables:
            source.mistakes.append(Mistake(option, f"there is no table '{name}'", did_you_mean(name, tables, "tables")))
        elif len(tables) == 1:
            source.mistakes.append(Mistake(option, "this would leave no table"))
        else:
            del tables[name]
            source.left_out.add(name)


def _context(data: dict[str, Any], folder: Path, allow: Sequence[str | Path]) -> RecipeContext:
    try:
        paths, servers, outputs = parted(allow)
    except ValueError as error:
        raise RecipeError([Mistake("--allow", str(error), "such as --allow http://gpu.example:8000")]) from None
    context = RecipeContext(folder, allow=tuple(map(Path, paths)), servers=tuple(servers), outputs=tuple(outputs))
    about, now = data.get("about"), data.get("now")
    try:
        clock = moment(now, context.now)[0] if isinstance(now, str) else context.now
    except ValueError:
        clock = context.now  # reported as a mistake of its type
    return replace(context, about=about if isinstance(about, str) else "", now=clock)


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
    """Reads each part of a recipe. `sound` are the parts whose keys are as they should be; `remaining` is what there is of other fields and
    checks without their wrong keys, and the keys that are right; and `parts` are all of these."""

    def __init__(self, source: Source, context: RecipeContext) -> None:
        self.source, self.context = source, context
        self.parts: dict[KeyPath, Part] = {}
        self.sound: dict[KeyPath, Part] = {}
        self.remaining: dict[KeyPath, tuple[Part, Set[Any]]] = {}

    def recipe(self) -> Recipe:
        """The recipe; it is to be used only if the source has no mistakes in the end."""
        data = self.spelled(self.source.data, keys(Recipe), ())
        self.sizes(data)
        parsed = self.parse_each(data, (), "voices", dict, self.voice)
        voices = parsed.get("voices") if isinstance(parsed, dict) else None
        named = voices if isinstance(voices, dict) else dict.fromkeys(map(str, voices), Voice()) if isinstance(voices, list) else {}
        self.context = replace(self.context, voices={**shipped(), **named})
        parsed = self.parse_each(self.parse_each(parsed, (), "models", dict, self.model), (), "tables", dict, self.table)
        recipe = self.part(Recipe, self.single(self.single(parsed, (), "harness", Harness), (), "publish", Publish), ())
        for mistake in chain(self.mistakes(), cross_mistakes(self.parts, self.source)):
            if len(self.source.mistakes) >= MOST_MISTAKES:
                self.source.at_file(f"no more than {MOST_MISTAKES} mistakes are looked for at a time", "mend these, and check again")
                break
            self.tell(mistake)
        return recipe

    def settle(self) -> None:
        """Let the data say what the parts made of numbers that were typed like 00501 or 1.10."""
        for key_path, part in self.sound.items():
            data: Any = self.source.data
            for step in key_path:
                data = data[step]
            for key in [key for key in data if numerals.has_numerals(data[key])] if isinstance(part, FieldShape | Check) else ():
                data[key] = part.fallback if key == "otherwise" and isinstance(part, FieldShape) else getattr(part, key)

    def mistakes(self) -> Iterator[PartMistake]:
        """What is wrong in each part by itself."""
        for key_path, part in self.sound.items():
            for mistake in part.mistakes():
                yield replace(mistake, at=(*key_path, *mistake.at), at_key=mistake.at_key or not mistake.at)
                if len(key_path) == 4:
                    self.source.unsure.add(key_path)
        for key_path, (remaining, sound_keys) in self.remaining.items():
            with suppress(AttributeError, KeyError, TypeError, ValueError):  # it may lack what it needs to tell more
                for mistake in remaining.mistakes():
                    if (
                        mistake.at and mistake.at[0] in sound_keys and not mistake.message.startswith("missing")
                    ):  # what is missing may be what is wrong
                        yield replace(mistake, at=(*key_path, *mistake.at))

    def sizes(self, data: Any) -> None:
        """Raise RecipeError where there is more of something than can be looked at in seconds."""
        if (size := sum(map(in_braces, _texts(data)))) > MOST_IN_BRACES:
            self.source.at_file(f"its templates have {size:,} characters in braces; {MOST_IN_BRACES:,} are the most")
            raise RecipeError(self.source.in_order())
        sections: dict[KeyPath, Any] = {("tables",): data.get("tables") if isinstance(data, dict) else None}
        for name, table in _items(sections[("tables",)]):
            sections |= {("tables", name, key): table[key] for key in ("fields", "keep") if isinstance(table, dict) and key in table}
        for key_path, values in sections.items():
            plural, most = MOST[key_path[-1]]
            if isinstance(values, dict | list) and len(values) > most:
                self.source.tell(key_path, f"{len(values):,} {plural}; {most} are the most", at_key=True)
                raise RecipeError(self.source.in_order())

    def tell(self, mistake: PartMistake) -> None:
        hint = mistake.hint + (self.source.on_line(mistake.beside) if mistake.beside else "")
        self.source.tell(mistake.at, mistake.message, hint, at_key=mistake.at_key, word=mistake.word)

    def voice(self, data: Any, key_path: KeyPath) -> Voice:
        return self.part(Voice, self.spelled(data, keys(Voice), key_path), key_path)

    def model(self, data: Any, key_path: KeyPath) -> Part:
        """A model that does not say its kind is a base model, but for one that takes the place of a default one."""
        usual = DEFAULT_MODELS.get(key_path[-1], BaseModelSpec).model_fields["kind"].default
        default_kind = (
            {"kind": usual}
            if isinstance(data, dict) and "kind" not in data and not any(nearest(key, ["kind"], ALIKE) for key in data)
            else {}
        )
        return self.by_kind(MODELS)(default_kind | data if default_kind else data, key_path)

    def table(self, data: Any, key_path: KeyPath) -> Table:
        data = self.spelled(data, keys(Table), key_path)
        parsed = self.parse_each(
            self.parse_each(data, key_path, "fields", dict, self.by_kind(FIELDS)), key_path, "keep", list, self.by_kind(CHECKS)
        )
        return self.part(Table, self.single(parsed, key_path, "from", From), key_path)

    def single(self, data: Any, key_path: KeyPath, key: str, shape: type[Part]) -> Any:
        """`data` in which the part under `key` has been read, if it is there."""
        if not isinstance(data, dict) or data.get(key) is None:
            return data
        inner = (*key_path, key)
        return data | {key: self.part(shape, self.spelled(data[key], keys(shape), inner), inner)}

    def parse_each(self, data: Any, key_path: KeyPath, key: str, kind: type, read: Callable[[Any, KeyPath], Part]) -> Any:
        """`data` in which the parts under `key` have been read, if there are any."""
        parts = data.get(key) if isinstance(data, dict) else None
        if isinstance(parts, dict) and kind is dict:
            return data | {key: {name: read(value, (*key_path, key, name)) for name, value in parts.items()}}
        if isinstance(parts, list) and kind is list:
            return data | {key: [read(value, (*key_path, key, number)) for number, value in enumerate(parts)]}
        return data

    def by_kind(self, kinds: Mapping[str, type[Part]]) -> Callable[[Any, KeyPath], Part]:
        """How a part is read whose `kind` says what it is."""
        first = next(iter(kinds.values()))

        def read(data: Any, key_path: KeyPath) -> Part:
            if any(unsure[: len(key_path)] == key_path for unsure in self.source.unsure):
                return first.model_construct()
            shape = self.kind(data, kinds, key_path) if isinstance(data, dict) else first
            return self.part(shape, self.spelled(data, keys(shape), key_path), key_path) if shape else first.model_construct()

        return read

    def kind(self, data: dict[Any, Any], kinds: Mapping[str, type[Part]], key_path: KeyPath) -> type[Part] | None:
        """The class of a part's `kind`; a missing or unknown kind is a mistake."""
        known_keys = {key for shape in kinds.values() for key in keys(shape)}
        strange = [key for key in data if key not in known_keys]
        if "kind" not in data and len(kinds) > 1:
            misspelt_keys = [key for key in strange if nearest(key, ["kind"], ALIKE) or data[key] in list(kinds)]  # such as `type: choice`
            if not misspelt_keys:
                fitting = [kind for kind, shape in kinds.items() if data.keys() <= set(keys(shape)) and _required(shape) <= data.keys()]
                hint = f"did you mean kind: {fitting[0]}?" if len(fitting) == 1 else f"kinds: {', '.join(sorted(kinds))}"
                self.source.tell(key_path, "missing key 'kind'", hint, at_key=True)
                return None
            self.misspelt(data, key_path, misspelt_keys[0], "kind", "did you mean 'kind'?")
        kind = data.get("kind", next(iter(kinds)))
        if not isinstance(kind, str) or kind not in kinds:
            message = f"unknown kind {kind!r}" if isinstance(kind, str) else f"expected a kind, not {as_yaml(kind)}"
            self.source.tell((*key_path, "kind"), message, did_you_mean(kind, kinds, "kinds"))
            kind = data["kind"] = nearest(kind, kinds, ALIKE)
        return kinds[kind] if kind else None

    def spelled(self, data: Any, known_keys: Sequence[str], key_path: KeyPath) -> Any:
        """The data without its unknown keys, which are mistakes; a key that is like a known one is read as that one."""
        for key in [key for key in data if key not in known_keys] if isinstance(data, dict) else []:
            likely_key = nearest(key, [known_key for known_key in known_keys if known_key not in data], ALIKE)
            self.misspelt(data, key_path, key, likely_key, did_you_mean(key, known_keys, "keys here"))
        return data

    def misspelt(self, data: dict[Any, Any], key_path: KeyPath, key: Any, likely_key: str | None, hint: str) -> None:
        self.source.tell((*key_path, key), "a key without a name" if key is None else f"unknown key {as_yaml(key)}", hint, at_key=True)
        value = data.pop(key)
        if likely_key:
            data[likely_key] = value
            self.source.rename((*key_path, key), (*key_path, likely_key))

    def part(self, shape: type[P], data: Any, key_path: KeyPath) -> P:
        """The part in the data, or an empty part when it has mistakes, which are reported."""
        try:
            part = shape.model_validate(data, context=self.context)
        except ValidationError as error:
            mistakes = list(explained(error, shape, data))
            for inner, message, hint, at_key in mistakes:
                self.source.tell((*key_path, *inner), message, hint if inner else hint or _form(key_path), at_key=at_key)
            self.keep_sound_keys(shape, data, key_path, {mistake.key_path[0] for mistake in mistakes if mistake.key_path})
            return shape.model_construct()  # type: ignore[return-value]
        self.parts[key_path] = self.sound[key_path] = part
        return part

    def keep_sound_keys(self, shape: type[Part], data: Any, key_path: KeyPath, wrong: set[Any]) -> None:
        """Keep what is left of a field or check without its wrong keys."""
        if wrong and len(key_path) == 4:
            wrong = {key for key in wrong if not (key in shape.names_apart and isinstance(data.get(key), dict))}
            self.source.unsure.add(key_path)
            remaining = shape.model_construct({*data}, **{key: value for key, value in data.items() if key not in wrong})
            remaining._context = self.context
            self.parts[key_path] = remaining
            if not any(_is_word(shape, key) for key in wrong):
                self.remaining[key_path] = remaining, data.keys() - wrong


def _form(key_path: KeyPath) -> str:
    """How a part looks that should be at `key_path`: under the name of a table, field or model, the number of a check, or `from`."""
    return FORMS.get(key_path[-2] if len(key_path) % 2 == 0 else key_path[-1], "") if key_path else ""


def _is_word(shape: type[Part], key: Any) -> bool:
    """Whether the value of a key is one of a few words, which say what other keys mean."""
    return key in shape.model_fields and "Literal" in str(shape.model_fields[key].annotation)


def _required(shape: type[Part]) -> set[str]:
    return {info.alias or name for name, info in shape.model_fields.items() if info.is_required()}
