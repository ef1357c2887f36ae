"""Where the commands print: readers that go away, no room, letters that cannot be shown, and Python without docstrings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from synthgen.cli.folding import folds
from synthgen.fields.edges import CASES
from synthgen.recipe.schema import schema

RECIPE = """\
name: places
tables:
  places: {rows: 30, fields: {place: {kind: choice, options: [Köln, 京都, "🙏", →]}}}
"""
SHOWN = {"ascii": "K\\u00f6ln", "latin-1": "Köln"}
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe and its output."""
    place = tmp_path_factory.mktemp("terminals")
    (place / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    assert synthgen("make", "recipe.yaml", cwd=place).returncode == 0
    return place


def synthgen(
    *words: str, cwd: Path, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE, **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "synthgen", *words],
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        timeout=240,
        env={**os.environ, **env},
        check=False,
    )


def _read(terminal: int) -> bytes:
    """What comes next; nothing at the end."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


@pytest.fixture
def gone() -> int:
    """The end of a pipe whose reader went away."""
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize(
    "words", [("check", "recipe.yaml"), ("look", "outputs/places"), ("look", "outputs/places", "--json"), ("make", "--help")], ids=" ".join
)
def test_a_reader_that_went_away_has_all_it_wants(folder: Path, gone: int, words: tuple[str, ...]) -> None:
    done = synthgen(*words, cwd=folder, stdout=gone)
    assert (done.returncode, done.stderr) == (0, b"")


def test_nobody_needs_to_read_how_far_a_run_is(folder: Path, gone: int) -> None:
    assert synthgen("make", "recipe.yaml", "--fresh", cwd=folder, stderr=gone).returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [("check", "recipe.yaml"), ("look", "outputs/places", "--json"), ("make", "--help")], ids=" ".join)
def test_no_room_for_what_is_printed_is_told(folder: Path, words: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        done = synthgen(*words, cwd=folder, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr.decode() == "error: what was to be printed could not be written: No space left on device\n"


def test_a_terminal_that_does_not_know_its_width_is_as_wide_as_most(folder: Path) -> None:
    assert b"rows 1 to 10 of 30" in synthgen("look", "outputs/places", cwd=folder, COLUMNS="0").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_at_a_terminal_a_preview_says_how_far_it_is_and_leaves_only_rows(folder: Path) -> None:
    import pty

    master, terminal = pty.openpty()
    words = [sys.executable, "-m", "synthgen", "preview", "recipe.yaml", "-o", "preview"]
    with subprocess.Popen(words, stdout=terminal, stderr=terminal, cwd=folder, env={**os.environ, "TERM": "xterm", "COLUMNS": "80"}) as run:
        os.close(terminal)
        said = b"".join(iter(partial(_read, master), b"")).decode()
    os.close(master)
    assert run.returncode == 0
    assert "reading the recipe" in said
    assert "places-0" in said
    assert said.rindex("\x1b[2K") > said.rindex("of 5 rows")  # the line is taken away
    piped = synthgen("preview", "recipe.yaml", "-o", "preview", cwd=folder, COLUMNS="80")
    assert piped.stderr == b""
    assert b"\x1b" not in piped.stdout
    assert [line.split()[0] for line in piped.stdout.decode().split("\n") if line] == [
        "places",
        "place",
        *(f"places-{n}" for n in range(5)),
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_letter_that_cannot_be_shown_is_written_as_its_number(folder: Path, encoding: str) -> None:
    shown = synthgen("look", "outputs/places", "-n", "30", cwd=folder, PYTHONIOENCODING=encoding)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert {line.split()[1] for line in shown.stdout.decode(encoding).splitlines() if line.startswith("places-")} == {
        SHOWN[encoding],
        "\\u2192",
        "\\u4eac\\u90fd",
        "\\ud83d\\ude4f",
    }
    told = synthgen("look", "outputs/places", "-n", "30", "--json", cwd=folder, PYTHONIOENCODING=encoding).stdout
    rows = told.decode("latin-1" if encoding == "latin-1" else "utf-8").splitlines()  # for ASCII, the parser takes UTF-8
    assert {json.loads(row)["place"] for row in rows} == {"Köln", "→", "京都", "🙏"}


def test_python_may_leave_docstrings_out(folder: Path) -> None:
    assert (
        b"Make the dataset. A run that was cut off goes on where it was."
        in synthgen("make", "--help", cwd=folder, PYTHONOPTIMIZE="2").stdout
    )
    made = synthgen("make", "recipe.yaml", "--fresh", "--json", cwd=folder, PYTHONOPTIMIZE="2")
    assert (made.returncode, made.stderr) == (0, b"")
    code = """if True:
        import json
        from synthgen.fields.edges import CASES
        from synthgen.recipe.schema import schema
        print(json.dumps([schema(), [one.about for one in CASES.values()]]))
    """
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, timeout=240, check=True)
    assert json.loads(done.stdout) == [schema(), [one.about for one in CASES.values()]]


def at_a_terminal(*words: str, cwd: Path, columns: int = 80, typed: bytes = b"") -> str:
    """What a terminal of so many columns gets, in the lines that the program ended itself."""
    import pty

    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "synthgen", *words]
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=cwd, env=env) as run:
        os.close(terminal)
        if typed:
            os.write(master, typed)
        said = b"".join(iter(partial(_read, master), b"")).decode()
        run.wait(240)
    os.close(master)
    return said.replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_at_a_terminal_long_lines_go_on_at_a_space(tmp_path: Path) -> None:
    fields = "".join(f"      number_{field}: {{kind: number, between: [1, 9]}}\n" for field in range(14))
    (tmp_path / "recipe.yaml").write_text(f"name: many\ntables:\n  facts:\n    rows: 3\n    fields:\n{fields}", encoding="utf-8")
    whole = synthgen("check", "recipe.yaml", cwd=tmp_path, COLUMNS="80").stdout.decode()
    folded = at_a_terminal("check", "recipe.yaml", cwd=tmp_path)
    assert max(map(len, whole.splitlines())) > 150
    assert max(map(len, folded.splitlines())) <= 80
    assert folded.split() == whole.split()
    assert folded.splitlines()[2].startswith("    number_")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("columns", [80, 120])
def test_a_caret_stands_below_its_place_however_long_the_line(tmp_path: Path, columns: int) -> None:
    options = ", ".join(f"option {number}" for number in range(40))
    line = f"    t: {{rows: 3, fields: {{f: {{kind: choice, options: [{options}], {{weighs: 3}}, also: 1, more: [{options}]}}}}}}"
    (tmp_path / "recipe.yaml").write_text(f"name: long\ntables:\n{line}\n", encoding="utf-8")
    head, shown, caret, *_ = at_a_terminal("check", "recipe.yaml", cwd=tmp_path, columns=columns).splitlines()
    column = int(head.split(":")[2])
    assert len(shown) <= columns
    assert shown.lstrip().startswith("…")
    assert shown.endswith("…")
    assert shown[caret.index("^") :][:9] == line[column - 1 :][:9]


def test_a_line_is_folded_between_words_and_a_command_stays_whole() -> None:
    line = "  then see what it does, at every save: synthgen preview my-app/recipe.yaml --watch"
    parts = [line[start:end] for start, end in folds(line, 60)]
    assert parts == ["  then see what it does, at every save:", "synthgen preview my-app/recipe.yaml --watch"]
    assert folds("京都" * 40, 60) == [(0, 80)]
    assert folds(line, 200) == [(0, len(line))]
