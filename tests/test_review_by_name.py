"""Decisions on rows by their names, at a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import one_table
from typer.testing import CliRunner

import synthgen
from synthgen.cli import app

FIELDS = {"intent": {"kind": "choice", "options": ["refund", "parcel"]}, "message": {"kind": "template", "template": "about {{ intent }}"}}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    synthgen.make(one_table(FIELDS, 12), out=tmp_path / "out")
    return tmp_path / "out"


def told(*words: object) -> str:
    done = CliRunner().invoke(app, ["review", *map(str, words)])
    return f"{done.exit_code}\n{done.output}"


def test_rows_are_rejected_and_accepted_by_name(output: Path) -> None:
    answer = told(
        output, "--reject", "traffic-3,7", "--reject", "traffic-9", "--reason", "no sense", "--accept", "traffic-0", "--by", "ana"
    )
    assert answer.startswith("0\n")
    assert "traffic: 4 of 12 rows decided (1 accepted, 3 rejected)" in answer
    assert len(list(synthgen.rows(output / "recipe.yaml", out=output))) == 9
    state = synthgen.review(output)
    assert state.reviewers == ("ana",)
    assert '"no sense"' in state.file.read_text("utf-8")


def test_python_decides_as_the_command_does(output: Path) -> None:
    state = synthgen.review(output, reject=[3, "traffic-7"], accept=["0"], by="agent")
    assert state.reviewers == ("agent",)
    assert state.file.read_text("utf-8").count('"not good enough"') == 2
    with pytest.raises(synthgen.DataError, match="4 is to be rejected and accepted"):
        synthgen.review(output, reject=[4], accept=[4])


def test_all_others_are_accepted_at_once(output: Path) -> None:
    told(output, "--accept", "0", "--by", "ana")
    assert "12 of 12 rows decided (9 accepted, 3 rejected)" in told(output, "--reject", "3-5", "--accept", "rest", "--by", "ana")
    assert len(list(synthgen.rows(output / "recipe.yaml", out=output))) == 9
    assert synthgen.review(output).file.read_text("utf-8").count('"accept"') == 9


def test_rows_that_were_rejected_are_marked_where_they_are_read(output: Path) -> None:
    told(output, "--reject", "3", "--reason", "no sense")
    short = CliRunner().invoke(app, ["look", str(output), "--short", "-n", "5"]).output.splitlines()
    assert [number for number, line in enumerate(short) if "(rejected) about" in line] == [3]
    assert "rejected: no sense" in CliRunner().invoke(app, ["look", str(output), "--row", "traffic-3"]).output


def test_a_later_decision_takes_the_place_of_an_earlier_one(output: Path) -> None:
    told(output, "--reject", "3", "--by", "ana")
    assert "(1 accepted)" in told(output, "--accept", "3", "--by", "ana")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--reject", "3,traffic-40"], "has no row traffic-40"),
        (["--reject", "3,traffic-x"], "'traffic-x' names no row"),
        (["--reject", "9-14"], "has no row traffic-12"),
        (["--reject", "people-3"], "'people-3' names no row"),
        (["--reject", "3", "--accept", "4,3"], "3 is to be rejected and accepted"),
        (["--reason", "why"], "give --reject too"),
        (["--accept", "3", "--json"], "open no page"),
    ],
)
def test_what_names_no_row_is_an_error_and_nothing_is_written(output: Path, words: list[str], error: str) -> None:
    answer = told(output, *words)
    assert not answer.startswith("0\n")
    assert error in " ".join(answer.replace("│", " ").split())
    assert not synthgen.review(output).file.exists()
