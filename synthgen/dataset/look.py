"""Reading rows of an output, some of them, as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from synthgen.dataset import Dataset
from synthgen.errors import DataError, OutputError
from synthgen.spec import pages
from synthgen.spec.paths import get_path
from synthgen.spec.rows import to_text
from synthgen.text import files
from synthgen.text.message import texts_of


class Looked(NamedTuple):
    """What `look` found: the table's name, some of its rows, and how many fit in all."""

    table: str
    rows: list[dict[str, Any]]
    fitting: int

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(f"{self.table}: {len(self.rows):,} of {self.fitting:,} rows"), pages.records(self.rows))


def look(folder: str | Path, table: str | None = None, *, where: Sequence[str] = (), rows: int = 10, skip: int = 0) -> Looked:
    """Rows of an output: the table's name, some of its rows that fit all of `where` (FIELD=VALUE), and how many fit in all.

    `table` is a name in the output, or one of rows set aside (refused, unsure, review); by default the first. Raises OutputError when there
    is no such output.
    """
    made = Dataset.open(folder)
    name, tests = made.named(table), [_test(text) for text in where]
    made.has(name, [key for key, _ in tests])
    found: list[dict[str, Any]] = []
    fitting = 0
    for row in made.rows(name):
        if all(_is(row, key, value) for key, value in tests):
            fitting += 1
            if skip < fitting <= skip + rows:
                found.append(row)
    return Looked(name, found, fitting)


def messages(place: str | Path, table: str | None = None, field: str | None = None) -> list[str]:
    """The messages in an output folder, or in a file as `files.messages` reads it.

    Of an output those of `field` in `table`; by default the first table's first typed field. Raises OutputError, DataError.
    """
    if not Path(place).is_dir():
        return files.messages(Path(place), field or "")
    made = Dataset.open(place)
    name = made.named(table)
    fields = made.recipe.tables[name].fields.values() if name in made.recipe.tables else ()
    typed = [one.name for one in fields if one.role == "message" and not one.made_from and not one.hidden]
    if field is None and not typed:
        raise OutputError(f"table '{name}' has no typed field", "name the one to read with --field")
    wanted = field or typed[0]
    return [text for row in made.rows(name, [wanted]) for text in texts_of(row[wanted], f"table '{name}': '{wanted}'", wanted)]


def _test(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise DataError(
            f"--where {text}: expected FIELD=VALUE", "such as --where intent='lost card', or --where message=~refund for a part of it"
        )
    return key.strip(), value.strip()


def _is(row: Mapping[str, Any], key: str, value: str) -> bool:
    found = get_path(row, key)
    shown = "None" if found is None else to_text(found)
    return value[1:].casefold() in shown.casefold() if value.startswith("~") else shown == value
