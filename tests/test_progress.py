"""What a run says while it goes on: how far it is, which never falls, what it waits for, and that it will end badly."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from synthgen import api
from synthgen.api import Tick
from synthgen.cli.terminal import watching
from synthgen.engine import Stage
from synthgen.errors import LimitError
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

MESSAGE = {"kind": "typed", "seeds": ["where is my parcel", "still no parcel", "it came broken"]}


RECIPE = {
    "name": "shop",
    "tables": {
        "t": {"rows": 30, "fields": {"message": MESSAGE}, "keep": [{"kind": "matches", "field": "message", "pattern": "fine"}]},
    },
}


def now_and_then(share: float) -> ScriptedModel:
    """A model whose messages pass in so many of all cases."""

    def script(prompt: Prompt, stream: Random) -> str:
        return f" message {stream.randrange(10**6)} is {'fine' if stream.random() < share else 'bad'}\n"

    return ScriptedModel(script)


def ticks(tmp_path: Path, share: float, **options: Any) -> list[Tick]:
    told: list[Tick] = []
    api.make(RECIPE, out=tmp_path / "out", models={"typist": now_and_then(share)}, watch=told.append, **options)
    return told


@pytest.mark.parametrize("chunk", [None, 7, 30])
def test_rows_never_fall_and_are_never_more_than_wanted(tmp_path: Path, chunk: int | None) -> None:
    rows = [tick.rows for tick in ticks(tmp_path, 0.4, chunk=chunk)]
    assert rows == sorted(rows)
    assert rows[-1] == 30
    assert len(set(rows)) > 3


def test_what_is_waited_for_is_said_in_words(tmp_path: Path) -> None:
    told = [tick.waiting for tick in ticks(tmp_path, 0.4)]
    assert "12 of 30 answered" in told
    again = [words for words in told if "again" in words]
    assert re.fullmatch(r"\d+ rows are asked for message again, try 2 of 8: matches", again[0])
    assert told[-1] == ""
    last = Stage(9, "message", 1, 0, 8, "off topic", tries=8)
    assert Tick("t", 9, 10, 9, stage=last).waiting == "1 row is asked for message again, try 8 of 8: off topic"


def test_a_run_that_will_end_badly_says_so_early_with_examples(tmp_path: Path) -> None:
    told: list[Tick] = []
    with pytest.raises(LimitError):
        api.make(RECIPE, out=tmp_path / "out", models={"typist": now_and_then(0.0)}, watch=told.append)
    first = next(place for place, tick in enumerate(told) if tick.trouble)
    assert first < len(told) / 4
    head, *examples = told[first].trouble.splitlines()
    assert re.fullmatch(r"only 0 of \d+ tries passed, so it will not get its rows; most are refused by matches \(message\):", head)
    assert len(examples) == 3
    assert all("is bad" in example for example in examples)
    assert not any(tick.trouble for tick in ticks(tmp_path / "well", 0.4))


def watched(monkeypatch: pytest.MonkeyPatch, told: list[Tick], *, terminal: bool, width: int = 100) -> str:
    """What is printed of these ticks, ten seconds apart."""
    screen, now = io.StringIO(), [10.0]
    monkeypatch.setattr(watching, "err", Console(file=screen, force_terminal=terminal, width=width))
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    with watching.progress(silent=False) as watch:
        for tick in told:
            now[0] += 10
            watch(tick)
    return screen.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_trouble_is_printed_once_and_as_text(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    trouble = "only 0 of 60 tries passed; most are refused by matches (message):\n  [bold]\x1b[2J is bad"
    said = watched(monkeypatch, [Tick("[red]t", 0, 30, number, trouble=trouble) for number in range(1, 60)], terminal=terminal)
    assert said.count("[bold]\\x1b[2J is bad") == 1
    assert "[red]t" in said


def test_a_plain_line_says_how_far_what_is_waited_for_and_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Tick("t", 0, 100, number, stage=Stage(0, "message", 100, number)) for number in range(1, 60)]
    lines = watched(monkeypatch, told, terminal=False).splitlines()
    assert re.fullmatch(r"t: 0 of 100 rows, \d+ of 100 answered, \d\.\d rows a minute, about \d+ \w+ left", lines[-1])


def test_how_long_it_takes_is_not_said_of_the_first_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Tick("t", 0, 2000, number, stage=Stage(0, "message", 512, number)) for number in range(1, 60)]
    lines = watched(monkeypatch, told, terminal=False).splitlines()
    assert [line.endswith("left") for line in lines] == [False] * 29 + [True] * 30
    assert "rows a" not in lines[10]


def test_answers_of_an_earlier_run_and_the_time_that_a_model_loads_say_nothing_of_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = [Tick("t", 0, 500, n, stage=Stage(0, "message", 500, n), remembered=n, preparing="loading the model") for n in range(1, 85)]
    asked = [replace(journal[-1], asked=84 + n, stage=Stage(0, "message", 500, 84 + n)) for n in range(1, 101)]
    lines = watched(monkeypatch, [*journal, *[journal[-1]] * 30, *asked], terminal=False).splitlines()
    assert lines[113] == "t: 0 of 500 rows, 84 of 500 answered, loading the model, 1,130 s so far"
    assert lines[114] == "t: 0 of 500 rows, 85 of 500 answered"
    assert lines[-1] == "t: 0 of 500 rows, 184 of 500 answered, 4.2 rows a minute, about 88 min left"


def test_time_goes_on_where_no_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Tick("t", 0, 500, number, stage=Stage(0, "message", 500, number)) for number in range(1, 100)]
    lines = watched(monkeypatch, [*told, *[told[-1]] * 60], terminal=False).splitlines()
    assert [line.rpartition(", ")[2] for line in (lines[98], lines[158])] == ["about 102 min left", "about 3 h left"]


def test_before_anything_is_answered_a_run_gets_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = watched(monkeypatch, [Tick("t", 0, 100, 0)] * 9, terminal=False).splitlines()
    assert lines[5] == "t: 0 of 100 rows, getting ready, 50 s so far"


def test_a_run_says_how_many_answers_it_remembers_and_what_it_waits_for(tmp_path: Path) -> None:
    first = ticks(tmp_path, 0.4)
    assert {tick.preparing for tick in first} == {"waiting for the first answer"}
    assert first[-1].remembered == 0
    again = ticks(tmp_path, 0.4, recheck=True)
    assert again[-1].remembered == again[-1].asked == first[-1].asked


@pytest.mark.parametrize(("width", "pace"), [(80, False), (120, True)])
def test_a_narrow_terminal_shows_the_bar_and_the_time_that_is_left_and_no_pace(
    monkeypatch: pytest.MonkeyPatch, width: int, pace: bool
) -> None:
    told = [Tick("traffic", 0, 500, number, stage=Stage(0, "message", 500, number)) for number in range(1, 400)]
    *_, last = watched(monkeypatch, told, terminal=True, width=width).split("traffic")
    assert "━" * 8 in last
    assert " left" in last
    assert ("rows a minute" in last) == pace


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(5, 6, "about 5 s"), (5, 20, "5 to 20 s"), (100, 110, "about 100 s"), (100, 300, "2 to 5 min"), (7000, 20000, "2 to 6 h")],
)
def test_a_time_is_said_as_a_range_where_the_pace_has_changed(least: float, most: float, said: str) -> None:
    assert watching._range(least, most) == said
