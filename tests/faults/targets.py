"""What is fed with anything: each target takes bytes, and raises nothing but what its callers are told to expect.

`test_fuzz.py` feeds them with mutated seeds and with what Hypothesis thinks of, `fuzz.py` by the coverage that a case adds.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from synthgen.dataset import Dataset
from synthgen.errors import SynthgenError
from synthgen.fields.answer import AnswerForm, schema_of
from synthgen.harness.results import read as read_results
from synthgen.models import Journal
from synthgen.recipe import load, plan
from synthgen.spec import render
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Prompt
from synthgen.text import files

SUFFIXES = (".txt", ".csv", ".jsonl", ".json", ".jsonl.gz", ".parquet", ".tsv", "")
VALUES = {"name": "Ann", "amount": 12.5, "count": 3, "list": ["a", "b"], "none": None, "text": "a <b> {{ c }}", "parts": {"a": {"b": 1}}}
FORMS = (None, "number", ["yes", "no"], {"list": "text"}, {"reply": "text", "n": "integer", "tags": {"list": ["a", "b"]}})


def recipe(data: bytes) -> None:
    """A recipe's file, and what it plans."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "recipe.yaml"
        place.write_bytes(data)
        (Path(folder) / "seeds.txt").write_text("where is my order\nit has not come\n")
        with suppress(SynthgenError):
            plan(load(place).recipe)


def setting(data: bytes) -> None:
    """A `--set` on the command line."""
    text = data.decode("utf-8", "replace")
    with suppress(SynthgenError):
        load({"name": "a", "tables": {"t": {"rows": 1, "fields": {"n": {"kind": "number", "between": [1, 2]}}}}}, settings=[text])


def template(data: bytes) -> None:
    """A template: read, filled, and asked as a condition."""
    text = data.decode("utf-8", "replace")
    for use in (render.names, lambda source: render.fill(source, VALUES), lambda source: render.holds(source, VALUES)):
        with suppress(render.TemplateMistake):
            use(text)


def messages(data: bytes) -> None:
    """A file of messages of any kind; the first byte says which."""
    suffix = SUFFIXES[data[0] % len(SUFFIXES)] if data else ""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"logs{suffix}"
        place.write_bytes(data[1:])
        for read in (files.messages, lambda file: list(files.records(file))):
            with suppress(SynthgenError):
                read(place)


def answer(data: bytes) -> None:
    """What Claude wrote, read in every form."""
    text = data.decode("utf-8", "replace")
    for output in FORMS:
        for reasons in (False, True):
            AnswerForm(schema_of(output, RecipeContext(Path())), reasons, "unsure").read(Completion(Prompt("", 0), text, "stop"))


def journal(data: bytes) -> None:
    """A journal's file."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "journal.sqlite"
        place.write_bytes(data)
        with suppress(SynthgenError):
            opened = Journal(place)
            try:
                opened.find("key", Prompt("a", 1))
                opened.spent()
                opened.batches.unfinished("model")
            finally:
                opened.close()


def manifest(data: bytes) -> None:
    """The manifest of an output."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "manifest.json").write_bytes(data)
        with suppress(SynthgenError):
            made = Dataset.open(folder)
            made.recipe.fields, made.recipe.claudes, made.recipe.harness  # noqa: B018 (they are read, to see whether they can be)
            for table in [*made.tables, *made.aside]:
                with suppress(SynthgenError):
                    list(made.rows(table))


def results(data: bytes) -> None:
    """What a harness wrote; the first byte says under which name."""
    name = ("results.json", "log.eval", "samples.jsonl", "results.jsonl")[data[0] % 4] if data else "results.json"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.write_bytes(data[1:])
        with suppress(SynthgenError):
            list(read_results(place))


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (recipe, setting, template, messages, answer, journal, manifest, results)
}


def seeds(name: str, folder: Path) -> list[bytes]:
    """Inputs to begin with: those kept in the corpus, and ones that are right."""
    kept = [file.read_bytes() for file in sorted((Path(__file__).parent / "corpus").glob(f"{name}-*"))]
    return kept + [file.read_bytes() for file in sorted(folder.glob(f"{name}-*"))]


def right(folder: Path) -> None:
    """Write inputs that are right into a folder, `TARGET-NUMBER` each."""
    top = Path(__file__).parents[2]
    for number, file in enumerate(sorted((top / "recipes").glob("*.yaml")) + sorted((top / "tests" / "broken").glob("*.yaml"))):
        shutil.copy(file, folder / f"recipe-{number}")
    sources = ["{{ name }} has {{ amount | round }} {% if count > 2 %}x{% endif %}", "{{ parts.a.b ** 3 }}", "{{ amount > 3 }}"]
    texts = {
        "setting": ["tables.t.rows=50", "tables.t.fields.n.between=[1, 5]", "seed=3"],
        "template": sources,
        "answer": [
            '{"answer": "yes"}',
            '{"reasons": "r", "outcome": "answered", "answer": {"reply": "a", "n": 1, "tags": ["a"]}}',
            "12",
            "yes",
        ],
    }
    for name, own in texts.items():
        for number, text in enumerate(own):
            (folder / f"{name}-{number}").write_text(text)
    records = '{"text": "hi there", "intent": "a"}\n{"text": "where is it", "intent": "b"}\n'
    for number, content in enumerate(
        (b"\x00hi there\nwhere is it\n", b"\x01text,intent\nhi,a\n", b"\x02" + records.encode(), b"\x03[" + b"]")
    ):
        (folder / f"messages-{number}").write_bytes(content)
    kept = Journal(folder / "journal-0")
    kept.keep("key", "model", Completion(Prompt("a", 1), "b", "stop", cost=1.0))
    kept.close()
    (folder / "manifest-0").write_text(
        '{"synthgen": "1", "name": "a", "files": {"t/00000.parquet": {"sha256": "0"}}, "tables": {"t": {"rows": 1}}, "aside": {},'
        ' "recipe": {"tables": {"t": {"fields": {"n": {"kind": "number"}}}}, "models": {"claude": {"kind": "claude", "name": "x"}}}}'
    )
    (folder / "results-0").write_text('\x00{"results": {"results": [{"success": true, "vars": {"id": "t-1"}, "testCase": {}}]}}')
    (folder / "results-1").write_text('\x02{"doc": {"id": "t-1"}, "acc": 1.0}\n')
