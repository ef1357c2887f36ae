"""A preview that follows the editor: again at every save, with the models that are loaded, and with mistakes in place of rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from synthgen.api import load_recipe
from synthgen.making.runs import open_models
from synthgen.making.watched import KeptModels, WatchedFiles

RECIPE = """
name: shop
seed: 1
tables:
  orders:
    rows: 3
    fields:
      city: {kind: choice, options: [Bonn, Ulm]}
"""
TYPED = """
name: shop
models: {typist: {name: scribbler, dtype: DTYPE}}
tables: {t: {rows: 2, fields: {message: {kind: typed, seeds: seeds.txt}}}}
"""


class Editor:
    """A preview that watches a recipe in a folder, and what it has printed since the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "synthgen", "preview", "recipe.yaml", "--watch"]
        environment = {**os.environ, "COLUMNS": "100"}
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1, env=environment
        )
        self.lines: Queue[str] = Queue()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)

    def until(self, words: str) -> str:
        """What it prints until a line has these words."""
        printed = ""
        while words not in printed:
            printed += self.lines.get(timeout=60)
        return printed

    def save(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    editor = Editor(tmp_path)
    yield editor
    editor.process.kill()
    editor.process.wait()
    editor.reader.join()
    if editor.process.stdout:
        editor.process.stdout.close()


def test_rows_are_shown_again_at_every_save(editor: Editor) -> None:
    first = editor.until("Ctrl-C ends")
    assert first.count("city") >= 1
    assert "watching recipe.yaml; " in first
    text = (editor.folder / "recipe.yaml").read_text("utf-8")
    editor.save("recipe.yaml", text.replace("[Bonn, Ulm]", "[Kiel]"))
    again = editor.until("Ctrl-C ends")
    assert "recipe.yaml: 1 line added, 1 removed" in again
    assert "+ city: {kind: choice, options: [Kiel]}" in again
    assert again.count("Kiel") == 4
    assert "other than before: orders-0, orders-1, orders-2" in again
    editor.save("recipe.yaml", text.replace("[Bonn, Ulm]", "[Kiel]") + "# a remark\n")
    assert "all rows as before" in editor.until("Ctrl-C ends")


def test_mistakes_stand_in_place_of_rows_until_they_are_mended(editor: Editor) -> None:
    editor.until("Ctrl-C ends")
    text = (editor.folder / "recipe.yaml").read_text("utf-8")
    editor.save("recipe.yaml", text.replace("kind: choice", "kind: choise"))
    broken = editor.until("Ctrl-C ends")
    assert "unknown kind 'choise'" in broken
    assert "did you mean 'choice'?" in broken
    editor.save("recipe.yaml", text)
    assert "all rows as before" in editor.until("Ctrl-C ends")


def test_an_interruption_is_how_it_ends(editor: Editor) -> None:
    editor.until("Ctrl-C ends")
    editor.process.send_signal(signal.SIGTERM)
    assert editor.process.wait(60) == 0


# Files


def test_files_that_a_recipe_reads_are_watched_too(tmp_path: Path) -> None:
    recipe, seeds = tmp_path / "recipe.yaml", tmp_path / "seeds.txt"
    recipe.write_text(TYPED.replace("DTYPE", "auto"), "utf-8")
    seeds.write_text("where is it\nstill not here\n", "utf-8")
    files = WatchedFiles(recipe)
    files.follow(load_recipe(recipe))
    assert not files.changed()
    seeds.write_text("where is it\nit never came\n", "utf-8")
    assert files.changed()
    (change,) = files.wait()
    assert (change.file.name, change.added, change.removed) == ("seeds.txt", ["it never came"], ["still not here"])
    assert not files.changed()
    seeds.unlink()
    (change,) = files.wait()
    assert (change.added, change.removed) == ([], ["where is it", "it never came"])


def test_a_save_while_a_recipe_is_read_is_not_lost(tmp_path: Path) -> None:
    recipe, seeds = tmp_path / "recipe.yaml", tmp_path / "seeds.txt"
    recipe.write_text(TYPED.replace("DTYPE", "auto"), "utf-8")
    seeds.write_text("where is it\nstill not here\n", "utf-8")
    files = WatchedFiles(recipe)
    loaded = load_recipe(recipe)
    files.follow(loaded)
    recipe.write_text("name: shop\n", "utf-8")
    files.follow(loaded)
    assert files.changed()


def test_a_file_that_is_no_text_is_watched_without_its_lines(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_bytes(b"\xff\xfe\x00")
    files = WatchedFiles(recipe)
    time.sleep(0.01)
    recipe.write_bytes(b"\xff\xfe\x00\x00")
    (change,) = files.wait()
    assert (change.added, change.removed) == ([], [])


# Models


def test_a_model_stays_until_it_is_described_otherwise(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    (tmp_path / "seeds.txt").write_text("where is it\nstill not here\n", "utf-8")
    recipe.write_text(TYPED.replace("DTYPE", "float32"), "utf-8")
    models = KeptModels()
    first = models.of(load_recipe(recipe))
    recipe.write_text(TYPED.replace("DTYPE", "float32").replace("rows: 2", "rows: 3"), "utf-8")
    assert models.of(load_recipe(recipe))["typist"] is first["typist"]
    recipe.write_text(TYPED.replace("DTYPE", "bfloat16"), "utf-8")
    assert models.of(load_recipe(recipe))["typist"] is not first["typist"]
    assert len(models.models) == 1


def test_what_a_watched_model_writes_is_not_taken_for_what_make_asks(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    (tmp_path / "seeds.txt").write_text("where is it\nstill not here\n", "utf-8")
    recipe.write_text(TYPED.replace("DTYPE", "float32"), "utf-8")
    loaded = load_recipe(recipe)
    watched, made = KeptModels().of(loaded)["typist"], open_models(loaded, ["typist"])["typist"]
    assert watched.identity.replace("width=16", "width=48") == made.identity != watched.identity
