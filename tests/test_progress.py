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
from synthgen.cli.terminal.pace import ProcessorShare, TablePace, time_range
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
    assert "12 of 30 typed" in told
    again = [words for words in told if "again" in words]
    assert re.fullmatch(r"\d+ rows are typed again, try 2 of 8: matches", again[0])
    assert told[-1] == ""
    last = Stage(9, "reply", 1, 0, 8, "off topic", tries=8)
    assert Tick("t", 9, 10, 9, stage=last).waiting == "1 row is asked for reply again, try 8 of 8: off topic"
    assert Tick("t", 0, 10, 3, stage=Stage(0, "reply", 10, 3)).waiting == "3 of 10 asked"


def test_a_run_that_goes_on_says_first_what_is_typed_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(tick: Tick) -> None:
        if tick.asked == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.make(RECIPE, out=tmp_path / "out", models={"typist": now_and_then(0.4)}, watch=stop)
    told = ticks(tmp_path, 0.4)
    assert told[0].asked == 0
    assert told[0].going_on == "going on: 12 messages are typed already, and taken where they still fit"
    first, *more = watched(monkeypatch, told, terminal=False).splitlines()
    assert first == f"t: {told[0].going_on}"
    assert not any("going on" in line for line in more)
    assert {tick.going_on for tick in ticks(tmp_path / "new", 0.4)} == {""}


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
    told = [Tick("t", 0, 100, number, stage=Stage(0, "message", 100, number, typed=True)) for number in range(1, 60)]
    lines = watched(monkeypatch, told, terminal=False).splitlines()
    assert re.fullmatch(r"t: \d+ of 100 typed, rows are chosen when all are, \d\.\d rows a minute, about \d+ \w+ left", lines[-1])
    done = [Tick("t", 0, 100, 100, stage=Stage(0, "message", 100, 100, typed=True))]
    assert watched(monkeypatch, done, terminal=False) == "t: 100 of 100 typed, rows are chosen now\n"


def test_how_long_it_takes_is_not_said_of_the_first_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Tick("t", 0, 2000, number, stage=Stage(0, "message", 512, number)) for number in range(1, 60)]
    lines = watched(monkeypatch, told, terminal=False).splitlines()
    assert [line.endswith("left") for line in lines] == [False] * 29 + [True] * 30
    assert "rows a" not in lines[10]


def test_answers_of_an_earlier_run_and_the_time_that_a_model_loads_say_nothing_of_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = [Tick("t", 0, 500, n, stage=Stage(0, "message", 500, n), remembered=n, preparing="loading the model") for n in range(1, 85)]
    asked = [replace(journal[-1], asked=84 + n, stage=Stage(0, "message", 500, 84 + n)) for n in range(1, 101)]
    lines = watched(monkeypatch, [*journal, *[journal[-1]] * 30, *asked], terminal=False).splitlines()
    assert lines[113] == "t: 84 of 500 asked, loading the model, 1,130 s so far"
    assert lines[114] == "t: 85 of 500 asked"
    assert lines[-1] == "t: 184 of 500 asked, 4.2 rows a minute, about 88 min left"


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


@pytest.mark.parametrize(
    ("width", "said"), [(45, "399 of 500 typed"), (80, " left"), (100, "rows are chosen when all are"), (120, "rows a minute")]
)
def test_a_narrow_terminal_leaves_out_what_matters_least_and_breaks_no_line(monkeypatch: pytest.MonkeyPatch, width: int, said: str) -> None:
    every = ["399 of 500 typed", " left", "rows are chosen when all are", "rows a minute"]
    told = [Tick("traffic", 0, 500, number, stage=Stage(0, "message", 500, number, typed=True)) for number in range(1, 400)]
    *_, last = watched(monkeypatch, told, terminal=True, width=width).split("traffic")
    line, _, rest = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last).partition("\n")
    assert "━" * 8 in line
    assert [words for words in every if words in line] == every[: every.index(said) + 1]
    assert not rest.strip()
    assert len("traffic" + line.rstrip()) <= width


def test_a_line_of_a_model_that_loads_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Tick("traffic", 0, 500, 0, preparing="loading the model", here=True, stage=Stage(0, "message", 500, 0, typed=True))] * 9
    *_, last = watched(monkeypatch, told, terminal=True, width=60).split("traffic")
    line, _, rest = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last).partition("\n")
    assert line.strip("━ ") == "0 of 500 typed, loading the model"
    assert not rest.strip()


def shares(monkeypatch: pytest.MonkeyPatch, used: float, load: float, seconds: int = 30) -> ProcessorShare:
    """What is seen of a process that uses so much of a processor, beside others."""
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    share = ProcessorShare(lambda: used * now[0], lambda: load)
    for _ in range(seconds):
        now[0] += 1
        share.note()
    return share


def test_a_process_that_hardly_gets_the_processor_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shares(monkeypatch, 0.1, 10.0).is_scarce
    assert not shares(monkeypatch, 0.9, 10.0).is_scarce
    assert not shares(monkeypatch, 0.1, 0.3).is_scarce  # it waits for something else
    assert not shares(monkeypatch, 0.1, 10.0, seconds=5).is_scarce


def test_it_is_said_where_a_model_works_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Tick("t", 0, 500, 0, preparing="loading the model", here=True)
    for here in (True, False):
        share = shares(monkeypatch, 0.1, 10.0)
        pace = TablePace(replace(tick, here=here), share)
        assert ("waiting for the processor: this computer is busy" in watching._doing(pace)) == here


def test_a_time_that_may_be_anything_is_said_as_one_that_a_busy_computer_makes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    said = []
    for load in (0.5, 9.0):
        pace = TablePace(Tick("t", 0, 500, 0, here=True), ProcessorShare(lambda: 0.0, lambda load=load: load))
        for number in range(200):
            now[0] += 1 if number < 150 else 30
            pace.add(Tick("t", 0, 500, number, here=True, stage=Stage(0, "message", 500, number, typed=True)))
        said.append(pace.remaining_time)
    assert said[0] == ("", "")
    assert re.fullmatch(r"about \d+ min left", said[1][0])
    assert said[1][1] == "more while this computer is busy"


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(5, 6, "about 5 s"), (5, 20, "5 to 20 s"), (100, 110, "about 100 s"), (100, 300, "2 to 5 min"), (7000, 20000, "2 to 6 h")],
)
def test_a_time_is_said_as_a_range_where_the_pace_has_changed(least: float, most: float, said: str) -> None:
    assert time_range(least, most) == said
