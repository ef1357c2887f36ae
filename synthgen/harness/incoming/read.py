"""The file of a harness, told by what is in it: a promptfoo configuration or its tests, or records of inspect, OpenAI and others."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from synthgen.errors import DataError
from synthgen.harness.incoming import promptfoo, records
from synthgen.harness.incoming.case import MOST_CASES, IncomingSuite
from synthgen.text import files

YAML_FILES = (".yaml", ".yml")
READ = "a promptfoo config or its tests, an inspect dataset (input, target), OpenAI evals (input, ideal), or other records with an input"


def read_suite(path: Path, field: str = "") -> IncomingSuite:
    """The suite in a file; `field` names the variable, or the field of its records, that somebody types. Raises DataError."""
    if path.suffix.lower() in YAML_FILES:
        suite = promptfoo.read_config(path, field)
    elif not files.is_records(path):
        raise DataError(f"{path} is no file of a harness that is read", f"give {READ}")
    else:
        config = promptfoo.config_in(path) if path.suffix.lower() == ".json" else None
        if config is not None:
            suite = promptfoo.suite_of(config, path, field)
        else:
            items = list(islice(files.records(path), MOST_CASES + 1))
            suite = (promptfoo.tests_suite if promptfoo.is_tests(items) else records.suite_of)(items, path, field)
    if not suite.cases:
        raise DataError(f"{path}: no tests with an input in it", f"give {READ}")
    if len(suite.cases) > MOST_CASES:
        raise DataError(f"{path}: more than {MOST_CASES:,} tests", "give a part of them")
    return suite
