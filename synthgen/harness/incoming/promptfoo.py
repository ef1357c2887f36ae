"""Configurations of promptfoo and their tests, by https://www.promptfoo.dev/docs/configuration/guide and /test-cases: inline, or in YAML,
JSON, JSONL and CSV files.

Programs that make tests are not run, and nothing is fetched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, did_you_mean
from synthgen.harness.incoming.asserted import Asserted, asserted
from synthgen.harness.incoming.beside import WHOLE, beside, read_yaml
from synthgen.harness.incoming.case import MOST_CASES, IncomingCase, IncomingSuite
from synthgen.harness.incoming.names import INPUTS, TARGETS, likeliest
from synthgen.harness.incoming.prompts import Wording, first_prompt
from synthgen.harness.incoming.records import target_in
from synthgen.spec.rows import to_text
from synthgen.text import decoding, files

PROGRAMS = (".js", ".cjs", ".mjs", ".ts", ".py", ".rb")
Values = Mapping[str, Any]


def read_config(path: Path, field: str) -> IncomingSuite:
    """The suite of a YAML file: a configuration, or a list of tests. Raises DataError."""
    value = read_yaml(path)
    if isinstance(value, list):
        return tests_suite(value, path, field)
    if not isinstance(value, Mapping) or not is_config(value):
        raise DataError(f"{path} has no prompts and tests, as a configuration of promptfoo has", "such as promptfooconfig.yaml")
    return suite_of(value, path, field)


def is_config(value: Values) -> bool:
    """Whether a mapping is a configuration."""
    return "tests" in value and bool(value.keys() & {"prompts", "providers", "targets", "defaultTest", "description"})


def config_in(path: Path) -> Values | None:
    """The configuration in a JSON file, None where it is something else."""
    value = read_yaml(path) if decoding.read_text(path, WHOLE).lstrip().startswith("{") else None
    return value if isinstance(value, Mapping) and is_config(value) else None


def is_tests(items: Sequence[Values]) -> bool:
    """Whether records are tests: with their variables under `vars`, or beside columns such as `__expected`."""
    return bool(items) and all(isinstance(item.get("vars"), Mapping) or any(key.startswith("__expected") for key in item) for item in items)


def tests_suite(items: Sequence[Any], path: Path, field: str) -> IncomingSuite:
    """The suite of tests whose prompt is elsewhere."""
    return suite_of({"tests": list(items)}, path, field)


def suite_of(config: Values, path: Path, field: str) -> IncomingSuite:
    """The suite of a configuration. Raises DataError."""
    default = config.get("defaultTest")
    if isinstance(default, str):
        default = read_yaml(beside(default, path.parent))
    wording = first_prompt(config.get("prompts"), path.parent)
    tests = [_merged(_mapping(default), test) for test in _tests(config.get("tests"), path.parent, str(path))]
    rows = [(test, values) for test in tests for values in _combinations(test["vars"], path.parent)]
    if len(rows) > MOST_CASES:
        raise DataError(f"{path}: more than {MOST_CASES:,} tests", "give a part of them")
    variable = _typed_variable([values for _, values in rows], wording, path, field)
    found = [asserted(test["assert"], values) for test, values in rows]
    if all(right.target is None for right in found):
        found = _named_targets(found, [values for _, values in rows], variable)
    cases = [
        IncomingCase(
            to_text(values[variable]),
            right.target,
            _others(test, values, {variable, *(right.variables - wording.variables)}, right),
            wording.before,
        )
        for (test, values), right in zip(rows, found, strict=True)
        if values.get(variable) is not None
    ]
    targets = [right for right in found if right.target is not None]
    grade = "label" if targets and all(right.names for right in targets) else ""
    return IncomingSuite("promptfoo", cases, variable, wording.around(variable), grade, tuple(_notes(config, wording, found)))


def _named_targets(found: Sequence[Asserted], rows: Sequence[Values], variable: str) -> list[Asserted]:
    """The same, with the targets that a variable holds by its name, as where a program of the user's reads it."""
    name = likeliest([name for values in rows for name in values if name != variable], TARGETS)
    return [replace(right, target=target_in(values.get(name), "")) for right, values in zip(found, rows, strict=True)]


def _others(test: Values, values: Values, known: set[str], right: Asserted) -> dict[str, Any]:
    """What a row of the test has beside the variables that are `known` as its input and its target."""
    beside = {"description": test["description"], "rubric": right.rubric or None}
    return {
        **{name: value for name, value in test["metadata"].items() if value not in (None, "")},
        **{name: value for name, value in values.items() if name not in known},
        **{name: value for name, value in beside.items() if value},
    }


def _notes(config: Values, wording: Wording, found: Sequence[Asserted]) -> Iterator[str]:
    yield from wording.notes
    kinds = sorted({kind for right in found for kind in right.others})
    if kinds:
        yield f"assertions that stay in your own file, as they say nothing of what is right: {', '.join(kinds)}"
    if config.get("scenarios"):
        yield "its scenarios are not read, only its tests"


def _merged(default: Values, test: Any) -> dict[str, Any]:
    """A test with what holds for all. A row of a CSV file has its variables in columns of their own."""
    test = _mapping(test)
    if "vars" not in test and any(key.startswith("__") for key in test):
        test = _of_columns(test)
    return {
        "vars": {**_mapping(default.get("vars")), **_mapping(test.get("vars"))},
        "assert": [*_listed(test.get("assert")), *_listed(default.get("assert"))],
        "metadata": {**_mapping(default.get("metadata")), **_mapping(test.get("metadata"))},
        "description": test.get("description"),
    }


def _mapping(value: Any) -> dict[str, Any]:
    """A mapping by names; nothing of another value."""
    return {str(name): inner for name, inner in value.items()} if isinstance(value, Mapping) else {}


def _of_columns(row: Values) -> dict[str, Any]:
    """A test of the columns of a CSV file: https://www.promptfoo.dev/docs/configuration/test-cases/#csv-format."""
    expected = [value for key, value in row.items() if re.fullmatch(r"__expected\d*", key) and value]
    return {
        "vars": {key: value for key, value in row.items() if not key.startswith("__")},
        "assert": list(expected),
        "metadata": {key.removeprefix("__metadata:").removesuffix("[]"): value for key, value in row.items() if key.startswith("__meta")},
        "description": row.get("__description"),
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _tests(tests: Any, folder: Path, where: str) -> Iterator[Any]:
    """The tests, inline and of files. Raises DataError."""
    for test in _listed(tests):
        if isinstance(test, str):
            yield from _tests_of_file(test, folder, where)
        elif isinstance(test, Mapping) and isinstance(test.get("path"), str):
            yield from _tests_of_file(test["path"], folder, where)
        elif isinstance(test, Mapping) and isinstance(test.get("vars"), str):
            yield {**test, "vars": read_yaml(beside(test["vars"], folder))}
        else:
            yield test


def _tests_of_file(name: str, folder: Path, where: str) -> Iterator[Any]:
    local = name.removeprefix("file://")
    if "://" in local or Path(local).suffix.partition(":")[0].lower() in PROGRAMS:
        raise DataError(f"{where}: its tests come from {name}", "write them to a file, JSONL or CSV, and name that")
    path = beside(name, folder)
    found = sorted(path.parent.glob(path.name)) if "*" in path.name else [path]
    for file in found:
        if file.suffix.lower() in (".yaml", ".yml"):
            yield from _tests(read_yaml(file), file.parent, str(file))
        else:
            for record in files.records(file):
                yield record if "vars" in record or any(key.startswith("__") for key in record) else {"vars": record}


def _combinations(values: Values, folder: Path) -> Iterator[dict[str, Any]]:
    """The variables of a test: one that is a list of texts stands for as many tests, one that names a text file for its text."""
    read = {name: _text_of(value, folder) for name, value in values.items()}
    lists = {name: value for name, value in read.items() if isinstance(value, list) and value and all(isinstance(v, str) for v in value)}
    if len(read) == 1 and isinstance(only := next(iter(read.values())), Mapping):  # as our own export has it
        read = _mapping(only)
    for combination in itertools.islice(itertools.product(*lists.values()), MOST_CASES + 1):
        yield {**read, **dict(zip(lists, combination, strict=True))}


def _text_of(value: Any, folder: Path) -> Any:
    named = isinstance(value, str) and value.startswith("file://") and Path(value).suffix.lower() in (".txt", ".md", ".json", ".html")
    return decoding.read_text(beside(value, folder), WHOLE).strip() if named else value


def _typed_variable(rows: Sequence[Values], wording: Wording, path: Path, field: str) -> str:
    """The variable that somebody types: the one named, the only one of the prompt, or that of a usual name. Raises DataError."""
    names = list(dict.fromkeys(name for values in rows for name in values))
    field = field.removeprefix("vars.")
    if field and field not in names:
        raise DataError(f"{path}: no test has a variable '{field}'", did_you_mean(field, names, "variables"))
    shown = [name for name in names if name in wording.variables] or names
    texts = [name for name in shown if all(isinstance(values.get(name), str | int | float | None) for values in rows)]
    variable = field or (texts[0] if len(texts) == 1 else likeliest(texts, INPUTS))
    if rows and not variable:
        raise DataError(f"{path}: it cannot be told which variable somebody types: {', '.join(names)}", "name it: --field VARIABLE")
    return variable
