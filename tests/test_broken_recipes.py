"""What is said of a recipe that is wrong: every mistake at once, each with its place and the way out.

Each `broken/NAME.yaml` has the exact text beside it, in `broken/NAME.txt`. They were read before they were kept: change one
only if somebody who has never seen a recipe would understand it better.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from builders import one_line

from synthgen import api, export, make
from synthgen.errors import RecipeError
from synthgen.fields.schema_values import VALUES
from synthgen.recipe import load
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.recipe.words import keys
from synthgen.spec.names import taken

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
SHIPPED = sorted((HERE.parent / "recipes").glob("*/recipe.yaml"))

RECIPE = """\
name: shop
tables:
  orders:
    rows: 10
    fields:
      order_id: {kind: id}
      colour: {kind: choice, options: {red: 1, blue: 2}}
  messages:
    from: {table: orders}
    fields:
      note: {kind: template, template: "{{ order_id }}"}
    keep:
      - {kind: length, field: note, words: [1, 3]}
"""


@pytest.fixture(autouse=True)
def _beside_the_recipes(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Paths are shown as they are given, so each test stands where its recipe is."""
    monkeypatch.chdir(request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else HERE / "broken")


def mistakes(recipe: str, **options: Any) -> str:
    with pytest.raises(RecipeError) as caught:
        load(recipe, **options)
    assert caught.value.exit_code == 1
    return str(caught.value)


def written(folder: Path, text: str) -> str:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return "recipe.yaml"


# The recipes in broken/


@pytest.mark.parametrize("recipe", BROKEN, ids=lambda path: path.stem)
def test_each_mistake_is_told_in_these_words(recipe: Path) -> None:
    assert mistakes(recipe.name) + "\n" == recipe.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("recipe", BROKEN, ids=lambda path: path.stem)
def test_each_mistake_names_its_place_and_shows_its_line(recipe: Path) -> None:
    lines = recipe.read_text(encoding="utf-8").splitlines()
    with pytest.raises(RecipeError) as caught:
        load(recipe.name)
    for mistake in caught.value.mistakes:
        if lines and any(not line.startswith("#") for line in lines):
            assert mistake.where == f"{recipe.name}:{mistake.number}:{mistake.column}"
            assert mistake.line == lines[mistake.number - 1].replace("\t", " ")
            assert 1 <= mistake.column <= len(mistake.line) + 1
        else:
            assert mistake.where == recipe.name
    places = [(mistake.number, mistake.column) for mistake in caught.value.mistakes]
    assert places == sorted(places)
    assert len(set(map(str, caught.value.mistakes))) == len(caught.value.mistakes)


@pytest.mark.parametrize("recipe", BROKEN, ids=lambda path: path.stem)
def test_no_message_speaks_of_what_the_recipe_is_read_with(recipe: Path) -> None:
    told = "\n".join(line for line in mistakes(recipe.name).splitlines() if not line.startswith("      "))
    assert not re.search(r"pydantic|ruamel|jinja|Input should|Value error|dict\b|NoneType|block end|Traceback", told)


def test_every_text_belongs_to_a_recipe() -> None:
    assert [path.stem for path in BROKEN] == [path.stem for path in sorted((HERE / "broken").glob("*.txt"))]


# What is right


@pytest.mark.parametrize("recipe", SHIPPED, ids=lambda path: path.parent.name)
def test_the_shipped_recipes_have_no_mistakes(recipe: Path) -> None:
    assert load(recipe).recipe.tables


def test_true_and_false_and_numbers_can_be_options(tmp_path: Path) -> None:
    fields = "sure: {kind: choice, options: {true: 3, false: 1}}, stars: {kind: choice, options: {1: 3, 5: 1}}"
    table = load(written(tmp_path, one_line(fields))).recipe.tables["traffic"]
    assert [field.column() for field in table.fields.values()] == ["bool", "int64"]


def test_an_alias_can_stand_for_a_value(tmp_path: Path) -> None:
    fields = "a: {kind: choice, options: &two [x, y]}, b: {kind: choice, options: *two}"
    table = load(written(tmp_path, one_line(fields))).recipe.tables["traffic"]
    assert table.fields["a"] == table.fields["b"]


# Files that are none


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path, RECIPE)
    assert mistakes("recipe.yml") == "recipe.yml: no such file\n    did you mean 'recipe.yaml'?"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert mistakes("shop") == "shop: a folder, not a recipe\n    name a YAML file"
    (tmp_path / "shop" / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    assert mistakes("shop") == "shop: a folder, not a recipe\n    the recipe in it: shop/recipe.yaml"
    (tmp_path / "shop" / "answers.yaml").write_text("name: shop\n", encoding="utf-8")
    (tmp_path / "shop" / "aa.yaml").write_text(RECIPE, encoding="utf-8")
    assert mistakes("shop") == "shop: a folder, not a recipe\n    the recipe in it: shop/recipe.yaml"


def test_only_recipes_are_proposed_for_a_name_that_is_none(tmp_path: Path) -> None:
    for name in (".recipes.yaml", "compose.yaml"):
        (tmp_path / name).write_text(RECIPE if name[0] == "." else "services: {}\n", encoding="utf-8")
    assert mistakes("recipes") == "recipes: no such file"
    assert mistakes("bank") == "bank: no such file\n    bank-support comes with synthgen: synthgen new NAME --like bank-support copies it"
    (tmp_path / "recipes" / "bank-support").mkdir(parents=True)
    (tmp_path / "recipes" / "bank-support" / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    assert mistakes("bank") == "bank: no such file\n    did you mean 'recipes/bank-support/recipe.yaml'?"
    written(tmp_path, RECIPE)
    assert mistakes("else") == "else: no such file\n    recipes there: recipe.yaml"


def test_a_file_over_a_mebibyte(tmp_path: Path) -> None:
    written(tmp_path, RECIPE + "# more\n" * 150_000)
    assert mistakes("recipe.yaml") == (
        "recipe.yaml: 1,050,306 bytes; a recipe has at most 1,048,576\n    put seed messages and data into files of their own"
    )


def test_a_file_with_too_many_values(tmp_path: Path) -> None:
    written(tmp_path, "name: shop\ntables:\n" + "- a\n" * 200_000)
    assert mistakes("recipe.yaml") == (
        "recipe.yaml:49998:3: a recipe has at most 50,000 values\n    - a\n      ^\n    put seed messages and data into files of their own"
    )


def test_a_million_brackets(tmp_path: Path) -> None:
    written(tmp_path, "name: shop\ntables: " + "[" * 1_000_000)
    assert mistakes("recipe.yaml").startswith("recipe.yaml:2:33: nested more than 50 deep\n    tables: [[[[")


def test_text_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_bytes("name: shop\nabout: Gäste eines Cafés\n".encode("latin-1"))
    assert mistakes("recipe.yaml") == (
        "recipe.yaml:2:9: not UTF-8 text: byte 0xe4\n"
        "    about: G\ufffdste eines Caf\ufffds\n"
        "            ^\n"
        "    save it as UTF-8; perhaps: iconv -f WINDOWS-1252 -t UTF-8 recipe.yaml > new.yaml"
    )


def test_text_from_a_windows_editor(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_bytes(RECIPE.encode("utf-8-sig").replace(b"\n", b"\r\n"))
    assert load("recipe.yaml").recipe.name == "shop"
    (tmp_path / "recipe.yaml").write_bytes(RECIPE.encode("utf-16"))
    assert mistakes("recipe.yaml").endswith("save it as UTF-8; perhaps: iconv -f UTF-16 -t UTF-8 recipe.yaml > new.yaml")


def test_a_letter_that_steers_the_terminal(tmp_path: Path) -> None:
    written(tmp_path, "name: shop\nabout: ring \x07 the bell\n")
    assert mistakes("recipe.yaml") == (
        "recipe.yaml:2:13: the character '\\x07' cannot stand in YAML\n"
        "    about: ring \\x07 the bell\n"
        "                ^\n"
        "    take it out; in double quotes it may be written as an escape"
    )


def test_what_a_recipe_says_cannot_steer_the_terminal(tmp_path: Path) -> None:
    written(tmp_path, RECIPE + '"\\e[31mred": 1\n')
    assert mistakes("recipe.yaml").splitlines()[0] == "recipe.yaml:14:1: unknown key '\\x1b[31mred'"


def test_a_long_line_is_shown_around_its_mistake(tmp_path: Path) -> None:
    fields = ", ".join(f"f{number}: {{kind: id}}" for number in range(40))
    written(tmp_path, one_line(f"{fields}, wrong: {{kind: idd}}, last: {{kind: id}}"))
    assert mistakes("recipe.yaml") == (
        "recipe.yaml:2:722: unknown kind 'idd'\n"
        "    …kind: id}, f36: {kind: id}, f37: {kind: id}, f38: {kind: id}, f39: {kind: id}, wrong: {kind: idd}, last: {kind: id}}}}\n"
        "                                                                                                  ^\n"
        "    did you mean 'id'?"
    )


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\ufeff", "%YAML 1.1\n---\n\u2028"])
@pytest.mark.parametrize("text", [" {k", "a: [b", "a:\n  - {b: 'c", "a: b: c", "a: b\n c: d"])
def test_what_ends_a_line_elsewhere_ends_none_in_yaml(tmp_path: Path, end: str, text: str) -> None:
    for recipe in (end + text, f"about: x{end}y\n{text}"):
        assert mistakes(written(tmp_path, recipe)).startswith("recipe.yaml:")


def test_the_bracket_that_is_open_is_shown(tmp_path: Path) -> None:
    shown = "recipe.yaml:1:5: expected a comma, or the } that closes the {\n    \\u2028 {k\n"
    assert mistakes(written(tmp_path, "\u2028 {k")).startswith(shown)


@pytest.mark.parametrize(
    "line", ["a: " + " " * 900_000 + "b: c", "a:" + "\t" * 900_000 + "{{ x", "- " * 400_000, "word " * 180_000 + ": : "]
)
def test_a_long_line_is_read_in_one_go(tmp_path: Path, line: str) -> None:
    assert mistakes(written(tmp_path, line))


# Names of folders


@pytest.mark.parametrize(
    "name", ["README.md", "readme.MD", "manifest.json", "recipe.yaml", "progress.jsonl", "license", "Chunks", "HARNESS", "review"]
)
def test_a_table_that_would_stand_where_the_output_has_something_of_its_own(name: str) -> None:
    with pytest.raises(RecipeError, match="of the output itself; name the table otherwise"):
        load({"name": "x", "tables": {name: {"rows": 1, "fields": {"f": {"kind": "id"}}}}})


def test_what_an_output_has_of_its_own_can_be_the_name_of_no_table(tmp_path: Path) -> None:
    """Every name in an output, finished or not, and what an export puts there."""
    fields = {"f": {"kind": "choice", "options": ["a", "b"]}}
    recipe = {"name": "x", "tables": {"t": {"rows": 3, "fields": fields, "keep": [{"kind": "lacks", "field": "f", "pattern": "b"}]}}}
    during = set[str]()
    make(recipe, out=tmp_path / "x", watch=lambda tick: during.update(each.name for each in (tmp_path / "x.unfinished").iterdir()))
    export(tmp_path / "x", ["csv"], input="f")
    names = {each.name for each in (tmp_path / "x").iterdir()} | during
    assert {"README.md", "chunks", "progress.jsonl", "harness", "refused"} < names
    assert [name for name in names - {"t"} if not name.startswith(".") and not taken(name)] == []


@pytest.mark.parametrize("name", ["con", "NUL.txt", "com1", "a."])
def test_a_name_that_windows_cannot_hold(name: str) -> None:
    for recipe in ({"name": name}, {"tables": {name: {"rows": 1, "fields": {"f": {"kind": "id"}}}}}):
        with pytest.raises(RecipeError, match="Windows"):
            load({"name": "x", "tables": {"t": {"rows": 1, "fields": {"f": {"kind": "id"}}}}, **recipe})


def test_tables_that_differ_in_capitals_only() -> None:
    table = {"rows": 1, "fields": {"f": {"kind": "id"}}}
    with pytest.raises(RecipeError) as caught:
        load({"name": "x", "tables": {"orders": table, "Orders": table, "order": table}})
    assert [one.where for one in caught.value.mistakes] == ["tables.Orders"]
    assert "'Orders' and 'orders' are one folder" in caught.value.mistakes[0].message


def test_a_recipe_named_as_a_run_s_own_folder() -> None:
    with pytest.raises(RecipeError, match="where a run works"):
        load({"name": "x.Unfinished", "tables": {"t": {"rows": 1, "fields": {"f": {"kind": "id"}}}}})


# More than can be looked at


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"rows": 1, "fields": {f"f{number}": {"kind": "id"} for number in range(501)}}, "501 fields in a table; 500 are the most"),
        ({"rows": 1, "fields": {"f": {"kind": "id"}}, "keep": [{"kind": "unique", "field": "f"}] * 201}, "201 checks in a table"),
        ({"rows": 10**20, "fields": {"f": {"kind": "id"}}}, "expected 1,000,000,000 or less, not 100000000000000000000"),
    ],
)
def test_a_table_that_is_too_large(table: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        load({"name": "x", "tables": {"t": table}})


def test_templates_that_would_take_long_to_read() -> None:
    fields = {f"f{number}": {"kind": "template", "template": "{{ '" + "x" * 9_990 + "' }}"} for number in range(11)}
    with pytest.raises(RecipeError, match="templates have 109,934 characters in braces; 100,000 are the most"):
        load({"name": "x", "tables": {"t": {"rows": 1, "fields": fields}}})


def test_too_many_tables() -> None:
    tables = {f"t{number}": {"rows": 1, "fields": {"f": {"kind": "id"}}} for number in range(101)}
    with pytest.raises(RecipeError, match="101 tables in a recipe; 100 are the most"):
        load({"name": "x", "tables": tables})


def test_tables_made_from_each_other_that_grow_too_large() -> None:
    tables: dict[str, Any] = {"t0": {"rows": 1000, "fields": {"f": {"kind": "id"}}}}
    for number in range(1, 4):
        tables[f"t{number}"] = {"from": {"table": f"t{number - 1}", "per_row": 1000}, "fields": {f"f{number}": {"kind": "id"}}}
    with pytest.raises(RecipeError) as caught:
        load({"name": "x", "tables": tables})
    assert [one.where for one in caught.value.mistakes] == ["tables.t3.from"]
    assert caught.value.mistakes[0].message == "up to 1,000,000,000,000 rows; a table has at most 1,000,000,000"
    tables["t3"]["from"]["rows"] = 10**6
    assert load({"name": "x", "tables": tables}).recipe


def test_a_hundred_mistakes_are_told_at_a_time() -> None:
    fields = {f"field_number_{number}": {"kind": "template", "template": f"{{{{ feild_nubmer_{number} }}}}"} for number in range(500)}
    with pytest.raises(RecipeError) as caught:
        load({"name": "x", "tables": {"t": {"rows": 1, "fields": fields}}})
    assert len(caught.value.mistakes) == 101
    assert caught.value.mistakes[-1].message == "no more than 100 mistakes are looked for at a time"


# Whole numbers that no column can hold


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "choice", "options": [1, 2**63]},
        {"kind": "choice", "options": {-(2**63) - 1: 1}},
        {"kind": "choice", "options": [0.5, 2**53 + 1]},
        {"kind": "choice", "options": ["a"], "when": "{{ f }}", "otherwise": 10**30},
        {"kind": "number", "between": [1, 10**30]},
        {"kind": "number", "between": [-1e300, 1]},
        {"kind": "number", "distribution": "normal", "mean": 1e30, "sd": 1, "decimals": 0},
        {"kind": "fake", "provider": "random_number", "args": {"digits": 40, "fix_len": True}},
        {"kind": "fake", "provider": "pyint", "args": {"min_value": 10**29, "max_value": 10**30}},
    ],
)
def test_a_whole_number_of_more_than_64_bits(field: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"64 bits|cannot stand exactly"):
        load({"name": "x", "tables": {"t": {"rows": 1, "fields": {"f": {"kind": "id"}, "g": field}}}})


# A value of every wrong kind under every key

WRONG: list[Any] = [None, 5, -1, 10**400, True, "", "{{ x }}", "(", "\x00", [], [None], [["a"]], {}, {"a": None}, {None: 1}]
LEAST: dict[str, dict[str, Any]] = {
    "choice": {"options": ["a"]},
    "fake": {"provider": "name"},
    "number": {"between": [1, 2]},
    "template": {"template": "x"},
    "typed": {"seeds": ["a b c", "d e f"]},
    "claude": {"task": "do"},
    "matches": {"pattern": "x"},
    "lacks": {"pattern": "x"},
    "length": {"words": [1, 2]},
}


@pytest.mark.parametrize("kind", [*FIELDS, *CHECKS])
def test_a_value_of_the_wrong_kind_is_told_in_words_whatever_the_key(kind: str) -> None:
    shape = {**FIELDS, **CHECKS}[kind]
    for key in keys(shape):
        for value, others in product(WRONG, [{}, LEAST[kind]] if kind in LEAST else [{}]):
            part = {"kind": kind, **others, **({"field": "m"} if kind in CHECKS else {}), key: value}
            table: dict[str, Any] = {"rows": 1, "fields": {"m": {"kind": "choice", "options": ["a"]}}}
            table["keep" if kind in CHECKS else "fields"] = [part] if kind in CHECKS else {**table["fields"], "f": part}
            with suppress(RecipeError):
                api.check({"name": "x", "tables": {"t": table}})


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    {"type": "array", "items": {"type": "string"}},
    {"type": "string"},
    {"type": "number"},
    {"enum": ["a"]},
    {"$ref": "#/$defs/q", "$defs": {"q": {"type": "string"}}},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_a_value_of_the_wrong_kind_is_told_in_words_whatever_the_keyword(schema: dict[str, Any]) -> None:
    for word in {"$ref", "$defs", "anyOf", "items", "properties", *VALUES, *(word for one in SCHEMAS for word in one)}:
        for value in (None, 5, -1, True, "", "x", "(", [], [None], [["a"]], {}, {"a": None}, {1: {"type": "string"}}):
            output = {"schema": {**schema, word: value}}
            claude = {"kind": "claude", "task": "x {{ m }}", "output": output, "examples": [{"input": "a", "output": "b"}]}
            fields = {"m": {"kind": "choice", "options": ["a"]}, "c": claude}
            with suppress(RecipeError):
                load({"name": "x", "tables": {"t": {"rows": 1, "fields": fields}}})


# Paths that lead out of the recipe's folder


@pytest.mark.parametrize("field", ["kind: typed, seeds: {}", "kind: load, file: {}"])
def test_a_path_that_leaves_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    monkeypatch.setattr("synthgen.errors.WIDEST", 400)  # the folder of a test may have a long name
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    monkeypatch.chdir(inside)
    (outside / "seeds.jsonl").write_text('{"text": "hi"}\n', encoding="utf-8")
    (inside / "link.jsonl").symlink_to(outside / "seeds.jsonl")
    for path in ("../outside/seeds.jsonl", "link.jsonl", str(outside / "seeds.jsonl")):
        line = f"      message: {{{field.format(path)}}}"
        written(inside, f"name: shop\ntables:\n  traffic:\n    rows: 1\n    fields:\n{line}\n")
        assert mistakes("recipe.yaml") == (
            f"recipe.yaml:6:{line.index(path) + 1}: '{path}' leaves the recipe's folder\n"
            f"    {line}\n"
            f"    {' ' * line.index(path)}^\n"
            f"    to allow it, add --allow {outside}"
        )
        assert load("recipe.yaml", allow=[outside]).recipe.name == "shop"


# What the command line changes

SETTINGS = {
    "rows": "--set rows: expected KEY=VALUE\n    such as --set tables.traffic.rows=50",
    "=5": "--set =5: expected KEY=VALUE\n    such as --set tables.traffic.rows=50",
    "tables.order.rows=5": "--set tables.order.rows=5: there is no 'order' in tables\n    did you mean 'orders'?",
    "tables.orders.row=5": "--set tables.orders.row=5: unknown key 'row'\n    did you mean 'rows'?",
    "tables.orders.rows=many": "--set tables.orders.rows=many: expected a whole number or 'all', not 'many'\n    such as rows: 100",
    "name=": "--set name=: expected text, not nothing\n    name: names the output folder, such as my-data",
    "tables.orders.rows.most=5": "--set tables.orders.rows.most=5: tables.orders.rows holds no keys, only 10",
    "tables.orders=null": "--set tables.orders=null: expected a mapping (key: value), not nothing\n    such as {rows: 100, fields: {…}}",
    "tables.orders.fields.size.kind=id": "--set tables.orders.fields.size.kind=id: there is no 'size' in tables.orders.fields\n    it "
    "has: colour, order_id",
    "tables.orders.fields.colour.options.green=-2": "--set tables.orders.fields.colour.options.green=-2: expected 0 or more, not -2\n"
    "    options: a list, or weights such as {card declined: 4, lost card: 2}",
    "tables.messages.keep.3.words=[1, 2]": "--set tables.messages.keep.3.words=[1, 2]: tables.messages.keep is a list without a '3'\n"
    "    it has 1 item, counted from 0",
    "tables.messages.keep.0.words=[5, 2]": "--set tables.messages.keep.0.words=[5, 2]: the least, 5, is more than the most, 2",
    "tables.messages.keep.0.words=[5": "--set tables.messages.keep.0.words=[5: expected a comma, or the ] that closes the [\n"
    "    text that contains one of : , # [ ] { } needs quotes",
    "tables.messages.fields.note.template={{ nme }}": "--set tables.messages.fields.note.template={{ nme }}: there is no field 'nme'\n"
    "    fields: colour, order_id",
    "about=note: this": "--set about=note: this: expected text, not a mapping\n    text that contains ': ' needs quotes",
    "models.typist.nam=gpt2": "--set models.typist.nam=gpt2: unknown key 'nam'\n    did you mean 'name'?",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_mistake_in_a_setting_names_the_option(tmp_path: Path, setting: str) -> None:
    assert mistakes(written(tmp_path, RECIPE), settings=[setting]) == SETTINGS[setting]


def test_a_setting_reaches_the_default_model(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, RECIPE), settings=["models.typist.name=gpt2"])
    assert loaded.recipe.all_models["typist"].name == "gpt2"


def test_a_setting_mends_a_mistake(tmp_path: Path) -> None:
    written(tmp_path, RECIPE.replace("rows: 10", "rows: ten"))
    assert mistakes("recipe.yaml").startswith("recipe.yaml:4:11: expected a whole number or 'all', not 'ten'")
    assert load("recipe.yaml", settings=["tables.orders.rows=10"]).recipe.tables["orders"].rows == 10


def test_mistakes_of_the_command_line_come_before_those_of_the_file(tmp_path: Path) -> None:
    written(tmp_path, RECIPE.replace("kind: id", "kind: idd"))
    assert mistakes("recipe.yaml", settings=["sead=3"], without=["order"], rows=0) == (
        "--without order: there is no table 'order'\n    did you mean 'orders'?\n\n"
        "--set sead=3: unknown key 'sead'\n    did you mean 'seed'?\n\n"
        "--rows 0: expected 1 or more, not 0\n    such as rows: 100\n\n"
        "recipe.yaml:6:24: unknown kind 'idd'\n          order_id: {kind: idd}\n                           ^\n    did you mean 'id'?\n\n"
        "4 mistakes in the recipe"
    )


def test_leaving_out_a_table_that_another_is_made_from(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, RECIPE), without=["orders"]) == (
        "recipe.yaml:9:19: table 'orders' is left out, and 'messages' is made from it\n"
        "        from: {table: orders}\n"
        "                      ^\n"
        "    leave out both: --without orders --without messages"
    )


def test_leaving_out_every_table(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, RECIPE), without=["messages", "orders"]) == "--without orders: this would leave no table"


# The command


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "synthgen", "check", *arguments], capture_output=True, encoding="utf-8", timeout=120, check=False
    )


@pytest.mark.parametrize("name", ["several-mistakes", "tab", "wide-letters"])
def test_check_prints_the_mistakes_and_ends_with_1(name: str) -> None:
    done = check(f"{name}.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (HERE / "broken" / f"{name}.txt").read_text(encoding="utf-8")


def test_check_names_the_option_that_is_wrong(tmp_path: Path) -> None:
    done = check(written(tmp_path, RECIPE), "--set", "tables.orders.rows=many")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", SETTINGS["tables.orders.rows=many"] + "\n")


def test_check_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = check("nothing.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "nothing.yaml: no such file\n")
