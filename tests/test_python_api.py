"""The verbs from Python: found when they are used, given recipes of any kind, shown in notebooks, and used as test cases."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from builders import one_message, one_table
from hypothesis import given as given_some
from hypothesis import strategies as some
from ruamel.yaml import YAML

import synthgen
from synthgen import notebook
from synthgen.cli import COMMANDS
from synthgen.errors import DataError, LimitError, OutputError, RecipeError
from synthgen.making.runs import Tick
from synthgen.models import ScriptedModel
from synthgen.spec import pages
from synthgen.spec.rows import Prompt

ROOT = Path(synthgen.__file__).parent
ATTACK = "<img src=x onerror='alert(1)'>"
FACTS = {
    "name": "facts",
    "seed": 3,
    "tables": {
        "orders": {
            "rows": 12,
            "fields": {
                "order": {"kind": "id", "prefix": "o"},
                "reason": {"kind": "choice", "options": {"late": 3, "broken": 1}},
                "placed": {"kind": "date", "between": ["-30d", "-1d"]},
                "message": {"kind": "template", "template": "my order {{ order }} is {{ reason }}"},
            },
        },
        "replies": {
            "from": {"table": "orders"},
            "fields": {"reply": {"kind": "template", "template": "sorry that it is {{ reason }}"}},
        },
    },
}
TYPED = one_message(6, name="typed", about="Customers of a shop.")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(FACTS, file)
    return path


def mean(prompt: Prompt, stream: Random) -> str:
    return f" {ATTACK} {stream.randrange(10**6)}\n"


# Names


def test_importing_synthgen_imports_nothing_else() -> None:
    code = "import sys, synthgen; print([name for name in sys.modules if name.startswith('synthgen.')], synthgen.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[] {synthgen.__version__}"


def test_type_checkers_see_what_there_is() -> None:
    assert (ROOT / "py.typed").exists()
    (shown,) = (node for node in ast.parse((ROOT / "__init__.py").read_text()).body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in shown.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == synthgen.__all__ == sorted(synthgen.__all__)
    for name, module in seen.items():
        assert getattr(synthgen, name) is getattr(import_module(str(module)), name), name


@pytest.mark.parametrize("name", synthgen.__all__)
def test_every_public_name_is_documented_and_typed(name: str) -> None:
    found = getattr(synthgen, name)
    assert inspect.getdoc(found)
    assert name in dir(synthgen)
    if inspect.isfunction(found):
        shown = inspect.signature(found)
        assert all(one.annotation is not inspect.Parameter.empty for one in shown.parameters.values())
        assert shown.return_annotation is not inspect.Signature.empty


def test_every_command_has_a_verb_but_those_about_the_program() -> None:
    assert {"slice_results" if name == "slice" else name for name in COMMANDS} - set(synthgen.__all__) == {"schema", "skill", "doctor"}


def test_no_public_name_is_a_modules() -> None:
    """Importing the module would put it in the name's place."""
    assert {path.stem for path in ROOT.iterdir()} & set(synthgen.__all__) == set()


def test_a_name_that_is_none_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'mkae'"):
        _ = synthgen.mkae  # type: ignore[attr-defined]
    assert not hasattr(synthgen, "_private")


# Recipes


def test_a_mapping_makes_what_its_file_makes(recipe: Path) -> None:
    of_file = synthgen.make(recipe, out="a")
    of_data = synthgen.make(FACTS, out="b")
    assert of_file.manifest["fingerprint"] == of_data.manifest["fingerprint"]
    shards = {name: told["sha256"] for name, told in of_file.manifest["files"].items() if name.endswith(".parquet")}
    assert shards
    assert shards.items() <= {name: told.get("sha256") for name, told in of_data.manifest["files"].items()}.items()
    assert YAML(typ="safe").load(Path("b/recipe.yaml")) == FACTS


def test_a_recipe_is_read_once_for_many_verbs(recipe: Path) -> None:
    loaded = synthgen.load_recipe(recipe, rows=5)
    assert repr(loaded) == "Loaded(facts: orders 5 rows, replies)"
    assert synthgen.check(loaded).plan.recipe is loaded.recipe
    assert synthgen.make(loaded).manifest["tables"]["orders"]["rows"] == 5
    assert [len(one.rows) for one in synthgen.preview(loaded, show=2)] == [2, 2]
    with pytest.raises(TypeError, match="give rows to load_recipe"):
        synthgen.make(loaded, rows=3)


def test_a_file_that_changed_since_a_recipe_was_read_is_told(tmp_path: Path) -> None:
    """Or the rows would be those of the old file, and the output would count as that of the new one."""
    (tmp_path / "a.csv").write_text("text\nhi\n")
    recipe = one_table({"text": {"kind": "load", "file": "a.csv", "field": "text"}}, 1)
    loaded = synthgen.load_recipe(recipe, folder=tmp_path)
    assert synthgen.make(loaded, out=tmp_path / "out").folder.is_dir()
    (tmp_path / "a.csv").write_text("text\nho ho ho\n")
    with pytest.raises(DataError, match=r"a\.csv has changed since the recipe was read"):
        synthgen.make(loaded, out=tmp_path / "out")
    assert not synthgen.make(recipe, out=tmp_path / "out", folder=tmp_path).already


def test_a_mapping_is_not_changed_and_may_hold_what_python_has(tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("where is it\nits broken\nwhen will it come\n")
    fields = {"message": {"kind": "typed", "seeds": Path("seeds.txt")}, "n": {"kind": "number", "between": (1, 5)}}
    data = one_table(fields, 6, now=__import__("datetime").date(2026, 3, 1))
    before = repr(data)
    loaded = synthgen.load_recipe(data, rows=2, settings=["seed=9"])
    assert (loaded.recipe.tables["traffic"].rows, loaded.recipe.seed, loaded.context.now.month) == (2, 9, 3)
    assert repr(data) == before


def wrong(change: Callable[[dict[str, Any]], None]) -> list[tuple[str, str, str]]:
    import copy

    data = copy.deepcopy(FACTS)
    change(data)
    with pytest.raises(RecipeError) as told:
        synthgen.load_recipe(data)
    assert all(mistake.number == 0 and not mistake.line for mistake in told.value.mistakes)
    return [(mistake.where, mistake.message, mistake.hint) for mistake in told.value.mistakes]


def test_mistakes_in_a_mapping_are_told_with_the_way_to_the_key() -> None:
    def change(data: dict[str, Any]) -> None:
        data["tables"]["orders"]["fields"]["reason"]["kind"] = "choise"
        data["tables"]["orders"]["fields"]["message"]["tempalte"] = data["tables"]["orders"]["fields"]["message"].pop("template")
        data["tables"]["replies"]["fields"]["reply"]["template"] = "{{ raeson }}"
        data["tables"]["replies"]["fields"]["extra"] = {"kind": "choice", "options": {1, 2}}
        data["sede"] = 3

    found = {where: (message, hint) for where, message, hint in wrong(change)}
    assert found == {
        "sede": ("unknown key 'sede'", "did you mean 'seed'?"),
        "tables.orders.fields.reason.kind": ("unknown kind 'choise'", "did you mean 'choice'?"),
        "tables.orders.fields.message.tempalte": ("unknown key 'tempalte'", "did you mean 'template'?"),
        "tables.replies.fields.reply.template": ("there is no field 'raeson'", "did you mean 'reason'?"),
        "tables.replies.fields.extra.options": ("expected text, a number, true, false, a list or a mapping, not a set", ""),
    }


def test_what_stands_under_a_misspelt_key_is_told_there() -> None:
    def change(data: dict[str, Any]) -> None:
        data["tables"]["orders"]["feilds"] = data["tables"]["orders"].pop("fields")
        data["tables"]["orders"]["feilds"]["reason"]["kind"] = "choise"

    assert [where for where, _, _ in wrong(change)] == ["tables.orders.feilds", "tables.orders.feilds.reason.kind"]


def test_half_a_letter_is_no_text() -> None:
    (told,) = wrong(lambda data: data.update(about="a \ud83d"))
    assert told[0] == "about"
    assert "surrogate" in told[1]


def test_a_mapping_that_is_no_recipe_is_told() -> None:
    def itself(data: dict[str, Any]) -> None:
        data["tables"]["orders"]["fields"]["reason"]["options"] = data

    assert [(where, message) for where, message, _ in wrong(itself)] == [("tables.orders.fields.reason", "nested more than 50 deep")]
    assert wrong(dict.clear)[0][:2] == ("recipe", "an empty mapping")
    assert wrong(lambda data: data.pop("tables"))[0][:2] == ("recipe", "missing key 'tables'")


# Rows as test cases


def test_rows_are_plain_and_made_when_they_are_not_there(recipe: Path) -> None:
    rows = synthgen.rows(recipe)
    assert [row["order"][:1] for row in rows] == ["o"] * 12
    assert list(rows[0]) == ["order", "reason", "placed", "message"]
    assert type(rows[0]["placed"]) is str
    told = Path("outputs/facts/manifest.json")
    before = told.stat().st_mtime_ns
    assert synthgen.rows(recipe) == rows
    assert told.stat().st_mtime_ns == before
    assert synthgen.rows(FACTS, "replies", 2, ["reply"]) == [{"reply": f"sorry that it is {row['reason']}"} for row in rows[:2]]
    assert len(synthgen.rows(recipe, rows=3)) == 3  # another recipe, made again
    with pytest.raises(OutputError, match="no field 'massage'"):
        synthgen.rows(recipe, fields=["massage"])
    with pytest.raises(OutputError, match="no table 'order'"):
        synthgen.rows(recipe, "order")


def test_rows_that_a_model_types_come_from_the_journal_the_second_time() -> None:
    first, again = ScriptedModel(mean), ScriptedModel(mean)
    rows = synthgen.rows(TYPED, models={"typist": first})
    assert first.asked
    assert all(ATTACK in row["message"] for row in rows)
    synthgen.make({**TYPED, "publish": {"repo": "me/typed"}}, models={"typist": again})
    assert not again.asked
    other = {**TYPED, "now": "2026-01-01"}  # another recipe, the same prompts
    assert synthgen.rows(other, models={"typist": again}) == rows
    assert not again.asked


def test_rows_ask_claude_for_nothing_that_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.servers.claude import ClaudeServer

    task = "Write a reply to a customer whose parcel is {{ reason }}."
    data = one_table({"reason": {"kind": "choice", "options": ["late"]}, "reply": {"kind": "claude", "task": task}}, 1)
    with ClaudeServer(answer=lambda _: "Sorry!") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(LimitError):
            synthgen.rows(data)
        assert "/v1/messages" not in [one.path for one in server.log]
        assert synthgen.rows(data, max_cost=1) == [{"reason": "late", "reply": "Sorry!"}]
        asked = len(server.log)
        assert synthgen.rows(data) == [{"reason": "late", "reply": "Sorry!"}]
        assert len(server.log) == asked


def test_processes_that_want_the_same_rows_wait_for_each_other(recipe: Path) -> None:
    code = f"import synthgen; print([synthgen.row_id(row) for row in synthgen.rows({str(recipe)!r})])"
    workers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert len(set(said)) == 1
    assert "my-order" in said[0]


@given_some(some.dictionaries(some.sampled_from("abc"), some.one_of(some.text(), some.integers(), some.none()), max_size=3))
def test_an_id_is_short_and_safe(row: dict[str, Any]) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+-)*[0-9a-f]{6}", synthgen.row_id(row))
    assert len(synthgen.row_id(row)) <= 39


def test_ids_tell_rows_apart_and_stay_with_them() -> None:
    one, other = {"case": "x", "message": "wheres my card??\n"}, {"case": "y", "message": "wheres my card??\n"}
    assert synthgen.row_id(one).startswith("wheres-my-card-")
    assert synthgen.row_id(one) != synthgen.row_id(other)
    assert synthgen.row_id(one) == synthgen.row_id(dict(reversed(one.items())))


# Notebooks


class Tags(HTMLParser):
    """The tags and the attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


HARMLESS = {"div", "p", "table", "thead", "tbody", "tr", "th", "td", "progress"}


def shown(result: Any) -> Tags:
    """What a notebook shows of a result, which must be harmless."""
    page = result._repr_html_()
    assert page.startswith('<div class="tex2jax_ignore mathjax_ignore">')  # or prices between two dollar signs become formulas
    found = Tags(page)
    assert found.tags <= HARMLESS
    assert found.attributes <= {"class", "style", "value", "max"}
    return found


@given_some(some.text(max_size=80), some.text(max_size=17))
def test_text_stays_text(value: str, name: str) -> None:
    found = Tags(pages.page(pages.records([{name: value, "longer than a name": {"deep": [value]}}])))
    assert found.tags <= HARMLESS
    printable = "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in value)
    assert printable in found.text


def test_of_many_rows_and_columns_some_are_shown() -> None:
    rows = [{f"c{number}": f"v{place}" for number in range(15)} | {"provenance": "p"} for place in range(33)]
    found = Tags(pages.records(rows))
    assert "13 more rows; more columns: c12, c13, c14" in found.text
    assert "v19" in found.text
    assert "v20" not in found.text
    assert "no rows" in pages.records([])
    assert Tags(pages.text("x" * 1000)).text == "x" * 299 + "…"


def test_results_show_themselves_and_what_was_typed_is_only_text() -> None:
    models = {"typist": ScriptedModel(mean)}
    tables = synthgen.preview(TYPED, show=2, models=models)
    assert shown(tables).text.count("<img ") == 2
    assert [repr(one) for one in tables] == ["Previewed(traffic, 2 rows)"]  # and can be read again
    made = synthgen.make(TYPED, models=models)
    assert repr(made) == "MakeResult(outputs/typed: traffic 6 rows)"
    assert "outputs/typed" in shown(made).text
    assert "was finished already" in shown(synthgen.make(TYPED)).text
    looked = synthgen.look(made.folder, rows=3)
    assert "traffic: 3 of 6 rows" in shown(looked).text
    assert "<img " in shown(looked).text
    assert "provenance" not in shown(looked).text
    assert "<img " in shown(synthgen.rows(TYPED)).text
    assert repr(synthgen.check(TYPED)).startswith("Checked(typed: no mistakes; traffic.message asks ")


def test_a_voice_and_a_comparison_show_themselves(tmp_path: Path) -> None:
    words = ["my", "card", "is", "lost", "pls", "help", "where", "order", "when", "will", "it", "come", "cant", "log", "in"]
    for name, seed in (("a.txt", 1), ("b.txt", 2)):
        stream = Random(seed)
        (tmp_path / name).write_text("\n".join(" ".join(stream.choices(words, k=6)) for _ in range(60)))
    measured = synthgen.measure("a.txt")
    voice, count = measured
    assert count == 60
    assert "60 messages" in shown(measured).text
    assert "lower only" in shown(voice).text
    found = synthgen.compare("a.txt", "b.txt")
    assert "style AUC" in shown(found).text
    assert repr(found).startswith("Comparison(")
    assert "classifier" in repr(found)


def test_one_text_where_a_list_may_be(recipe: Path) -> None:
    folder = synthgen.make(recipe).folder
    assert list(synthgen.export(folder, "jsonl", table="orders", input="message", target="reason").folders) == ["jsonl"]
    with pytest.raises(DataError, match="nowhere"):
        synthgen.tune("nowhere.txt", "tuned")


def test_a_run_shows_its_progress_in_a_notebook_and_nowhere_else(recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    bundles: list[dict[str, str]] = []

    def display(bundle: dict[str, str], *, raw: bool, display_id: bool = False) -> SimpleNamespace:
        bundles.append(bundle)
        return SimpleNamespace(update=display)

    python, page = ModuleType("IPython"), ModuleType("IPython.display")
    python.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    page.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", python)
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    synthgen.make(recipe, rows=3, watch=lambda tick: None)
    assert not bundles
    synthgen.make(recipe)
    said = [bundle["text/plain"] for bundle in bundles]
    assert said[0] == "orders: 0 of 12 rows"
    assert said[-1] == "replies: 12 rows"
    assert all(Tags(bundle["text/html"]).tags <= HARMLESS for bundle in bundles)
    python.get_ipython = lambda: SimpleNamespace()  # type: ignore[attr-defined]  # in a terminal
    bundles.clear()
    synthgen.make(recipe, rows=3)
    assert not bundles
    assert capsys.readouterr() == ("", "")


def test_progress_is_told_in_words() -> None:
    assert notebook.progress_text(Tick("t", 3, None, 0)) == "t: 3 rows"
    assert notebook.progress_text(Tick("t", 3, 1200, 7, cost=0.5)) == "t: 3 of 1,200 rows, 7 answers, $0.50"
    assert notebook.progress_text(Tick("t", 3, 9, 7, batch="batch 1 of 2")) == "t: 3 of 9 rows, batch 1 of 2"


# The page


def examples() -> list[str]:
    text = (ROOT.parent / "docs" / "python.md").read_text()
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readmes_example_runs(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(examples()[0])
    done = subprocess.run([sys.executable, "example.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "outputs/shop/manifest.json").exists()
    assert (tmp_path / "outputs/shop/harness/inspect/task.py").exists()


def test_the_readmes_test_runs_in_pytest(tmp_path: Path, recipe: Path) -> None:
    (tmp_path / "application.py").write_text("def answer(text):\n    return 'late' if 'late' in text else 'late, or not?'\n")
    (tmp_path / "test_example.py").write_text(examples()[1])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_example.py"], capture_output=True, text=True, check=False
    )
    broken = sum(row["reason"] == "broken" for row in synthgen.rows(recipe))
    assert f"{broken} failed, {12 - broken} passed" in done.stdout
    assert re.search(r"test_\w+\[my-order-o-\w+-is-[a-z]+-[0-9a-f]{6}\] PASSED", done.stdout), done.stdout
