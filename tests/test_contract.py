"""What the code promises of itself: the direction of imports, the one way to models."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import synthgen
from synthgen.quiet import LIBRARIES

ROOT = Path(synthgen.__file__).parent
ORDER = [
    "errors", "memory", "versions", "quiet", "cluster", "spec", "storage", "text", "voices", "harm", "fields", "checks", "recipe",
    "models", "engine", "dataset", "comparison", "decisions", "harness", "hub", "tuning", "reporting", "making", "provenance",
    "reviewing", "serving", "advice", "focusing", "interview", "notebook", "api", "cases", "cli", "__main__",
]  # fmt: skip
MODULES = sorted(ROOT.rglob("*.py"))
HEAVY = {"torch", "transformers", "anthropic"}
CLUSTER = ROOT / "cluster.py"


def part(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"synthgen.{alias.name}" for alias in node.names} if node.module == "synthgen" else {node.module}
    return found


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_up_the_list_only(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if own == "__init__":
        return  # see the next test
    for name in imports(path):
        if name.startswith("synthgen.") and part(name) in ORDER and part(name) != own:
            assert ORDER.index(part(name)) < ORDER.index(own), f"{own} imports {name}"


def test_the_package_imports_its_modules_for_type_checkers_only() -> None:
    body = ast.parse((ROOT / "__init__.py").read_text()).body
    (shown,) = (node for node in body if isinstance(node, ast.If))
    assert ast.unparse(shown.test) == "TYPE_CHECKING"
    assert not shown.orelse
    others = [node for node in body if node is not shown]
    wanted = {node.module for other in others for node in ast.walk(other) if isinstance(node, ast.ImportFrom)}
    assert wanted == {"typing", "importlib"}
    assert not [node for other in others for node in ast.walk(other) if isinstance(node, ast.Import)]
    assert {type(node) for node in others} <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.FunctionDef}
    assert [node.name for node in others if isinstance(node, ast.FunctionDef)] == ["__getattr__", "__dir__"]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.relative_to(ROOT).parts[0] not in ("models", "tuning")], ids=lambda path: path.stem
)
def test_nothing_else_imports_what_runs_models(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & HEAVY


@pytest.mark.parametrize("path", [path for path in MODULES if path != CLUSTER], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_else_imports_what_runs_clusters(path: Path) -> None:
    assert "ray" not in {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("folder", ["fields", "checks"])
def test_fields_and_checks_never_see_a_model(folder: str) -> None:
    for path in (ROOT / folder).glob("*.py"):
        assert not [name for name in imports(path) if name.startswith("synthgen.models")]


def test_every_library_that_is_imported_is_kept_quiet() -> None:
    called = {name.split(".")[0] for path in MODULES for name in imports(path)}
    assert called - set(sys.stdlib_module_names) - {"synthgen"} <= set(LIBRARIES)


def test_nobody_is_sent_to_the_package_of_another_that_has_our_name() -> None:
    top = ROOT.parent
    kinds = (".py", ".md", ".yaml", ".toml", ".txt", ".json")
    files = [*top.glob("*.*"), *(path for part in ("synthgen", "recipes", "tests", "docs", ".ci") for path in (top / part).rglob("*"))]
    theirs = re.compile(
        r"pypi\.org/\S*synthgen(?!-traffic)|(?:install|add|-U|--upgrade|'|\"|`)\s*synthgen(?:\[|==|>=|~=)|\binstall synthgen\b(?!-traffic)"
    )
    texts = {
        str(path): path.read_text(encoding="utf-8", errors="replace") for path in files if path.suffix in kinds or path.parent.name == ".ci"
    }
    assert len(texts) > 400
    assert [path for path, text in texts.items() if theirs.search(text)] == []


def test_a_lack_of_memory_is_taken_for_nothing_else() -> None:
    """What catches any error passes that one on; the rest keeps the error, to raise it in another thread, or asks only for more words."""
    keeping = {("exchange.py", 2), ("errors.py", 1), ("worker.py", 1), ("workers.py", 2)}
    catching = Counter[str]()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id == "Exception":
                raises = [inner for inner in ast.walk(node) if isinstance(inner, ast.Raise) and inner.exc is None]
                catching[path.name] += not raises
    assert set((+catching).items()) == keeping


def test_a_package_file_holds_nothing() -> None:
    for path in ROOT.glob("*/**/__init__.py"):
        kinds = {type(node) for node in ast.parse(path.read_text()).body}
        assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.AnnAssign}


def test_a_class_name_is_used_once() -> None:
    names = Counter(node.name for path in MODULES for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1 and not name.startswith("_")] == []


def test_every_public_thing_has_a_docstring() -> None:
    lacking = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and node in tree.body
                and not ast.get_docstring(node)
            ):
                lacking.append(f"{path.name}:{node.name}")
        if not ast.get_docstring(tree):
            lacking.append(path.name)
    assert lacking == []


def test_every_package_is_pinned_to_a_version_that_its_range_allows() -> None:
    top = ROOT.parent
    lines = [line for line in (top / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}
    assert len(pins) == len(lines), "one version of each, whatever the Python and the system"
    project = tomllib.loads((top / "pyproject.toml").read_text())["project"]
    wanted = map(Requirement, [*project["dependencies"], *chain(*project["optional-dependencies"].values())])
    for one in (one for one in wanted if one.name != project["name"]):
        (pin,) = pins[canonicalize_name(one.name)].specifier
        assert one.specifier.contains(pin.version), f"{one}, pinned to {pin.version}"


def test_no_error_advises_to_delete_anything() -> None:
    advised = []
    for path in MODULES:
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if ast.unparse(call.func).rpartition(".")[2].endswith(("Error", "PartMistake", "Failure", "Mistake", "trouble", "wrong")):
                texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
                advised += [(path.name, text) for text in texts if re.search(r"\b(delete|erase|rm|rmdir|remove)\b", text)]
    assert advised == []


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {f"synthgen.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}".removesuffix(".__init__"): path for path in MODULES}
    del modules["synthgen"]
    asked: dict[str, set[str]] = {}
    for module, path in modules.items():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                node.body = []
        named = {
            f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in modules else str(node.module)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        asked[module] = named & modules.keys() - {module}
    list(TopologicalSorter(asked).static_order())  # raises CycleError, with the circle
