"""How rows are shown in a terminal: the message first, at any width, nothing hidden, nothing that steers the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import one_table
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len
from rich.text import Text
from typer.testing import CliRunner

import synthgen
from synthgen.cli import app
from synthgen.cli.terminal.marked import spans
from synthgen.cli.terminal.page import out
from synthgen.cli.terminal.rows import How, block, table, together
from synthgen.cli.terminal.short import field_table, short_lines
from synthgen.dataset.layout import Layout
from synthgen.dataset.look import LookedRow
from synthgen.models import ScriptedModel

LONG = "word " * 500 + "and the end"
HOSTILE = "a\u202eb\u200bc\x1b[31mred\x07\n" + "x" * 300 + " مرحبا 👩‍👧 日本語 \t z\u0301\n  end "
TYPED = Layout(("input", "message", "reply"), {"intent": "intent", "voice": "message_voice"}, ("id", "amount"), ("message_style",))
VALUES = {
    "id": "t-0", "intent": "late", "amount": 5.5, "message": "wher is it", "message_voice": "texter", "message_style": {"words": 3.0},
    "message_slips": [{"start": 0, "end": 4, "kind": "dropped", "was": "where"}], "input": "wher is it",
    "reply": {"say": "It comes.", "sure": True}, "provenance": {"row": 0},
}  # fmt: skip


def row(layout: Layout = TYPED, id: str = "traffic-0", **values: Any) -> LookedRow:  # noqa: A002
    return LookedRow(id, {**(VALUES if layout is TYPED else {}), **values}, layout)


def lines(shown: LookedRow, how: How | None = None, width: int = 80) -> list[str]:
    return [line.plain for line in block(shown, how or How(), width)]


def styled(text: Text) -> list[tuple[str, str]]:
    return [(text.plain[span.start : span.end], str(span.style)) for span in text.spans if str(span.style)]


def test_the_message_is_first_and_bright_then_labels_in_one_line_then_the_rest() -> None:
    assert lines(row()) == [
        "wher is it",
        "  traffic-0   intent: late   voice: texter",
        "  reply.say: It comes.",
        "  reply.sure: true",
    ]
    first, labels, *_ = block(row(), How(), 80)
    assert ("wher is it", "bold") in styled(first)
    assert not [style for _, style in styled(first) if "dim" in style]
    assert ("intent: ", "dim") in styled(labels)


def test_of_facts_those_are_shown_that_the_message_says_or_that_are_searched() -> None:
    layout = Layout(("message",), {"intent": "intent"}, ("order", "amount"))
    said = VALUES | {"message": "paid 5.5 for AB-12", "order": "ab-12"}
    assert lines(LookedRow("t-1", said, layout))[1:] == ["  t-1   intent: late", "  order: ab-12   amount: 5.5"]
    assert lines(LookedRow("t-1", said | {"order": "ab-1", "amount": 5}, layout))[1:] == ["  t-1   intent: late"]
    assert lines(row(), How(search="T-0"))[-1] == "  id: t-0"
    assert "amount  5.5" in re.sub(" +", "  ", "\n".join(lines(row(), How(full=True))))


def test_labels_take_one_line_but_for_those_that_were_said() -> None:
    labels = {"intent": "intent", "voice": "message_voice", "shop": "shop", "day": "day"}
    values = VALUES | {"message": "late on Monday", "shop": "x" * 40, "day": "Monday"}
    shown = lines(LookedRow("t-1", values, Layout(("message",), labels)), width=60)
    assert shown == ["late on Monday", "  t-1   intent: late   voice: texter   day: Monday"]


def test_a_row_in_one_line_is_its_label_and_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(), row(id="traffic-1", intent="lost card", input=HOSTILE)]
    first, second = (line.plain for line in short_lines(rows, How()))
    assert first == "traffic-0  late       wher is it"
    assert second.startswith("traffic-1  lost card  a[RLO]b[ZWSP]c[ESC][31mred[BEL]↵x")
    assert "\n" not in second


def test_fields_are_a_table_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 30)
    shown = field_table([{"intent": "late", "amount": 5}, {"intent": "lost card", "amount": None}], How())
    assert shown is not None
    assert [line.plain for line in shown] == ["intent     amount", "late       5", "lost card"]
    assert field_table([{"message": LONG}], How()) is None


def test_what_was_measured_is_shown_when_asked_for() -> None:
    shown = "\n".join(lines(row(), How(full=True)))
    for name in ("message_style", "message_slips", "provenance", "message_voice", '{"words": 3.0}', "input, message: wher is it"):
        assert name in shown
        assert name not in "\n".join(lines(row()))


def test_an_earlier_message_that_says_something_else_stands_below() -> None:
    assert lines(row(input=""))[:3] == ["[empty]", "  traffic-0   intent: late   voice: texter", "  message: wher is it"]


def test_slips_are_in_colour() -> None:
    assert ("wher", "yellow underline") in styled(block(row(), How(), 80)[0])
    assert "wher is it" in lines(row(message_slips=None))


def test_long_texts_and_cells_are_folded_and_whole_when_asked_for() -> None:
    shown = lines(row(message=LONG, input=LONG, intent="x" * 100))
    assert f"… {len(LONG) - 800:,} more characters" in " ".join(shown)
    assert " … 40 more characters" in " ".join(lines(row(intent="x" * 100), width=200))
    whole = " ".join(lines(row(message=LONG, input=LONG), How(full=True)))
    assert "and the end" in whole
    assert "more characters" not in whole


def test_what_is_searched_is_marked_and_not_folded_away() -> None:
    shown = block(row(message=LONG, input=LONG), How(search="THE END"), 80)
    assert ("the end", "reverse") in [one for line in shown for one in styled(line)]


@given(some.text(some.sampled_from("aßSİıi̇ſK "), max_size=12), some.text(some.sampled_from("aßsiſk̇ "), min_size=1, max_size=3))
def test_what_is_found_is_marked_whatever_folding_does_to_the_letters(text: str, search: str) -> None:
    found = list(spans(text, search))
    assert bool(found) == (search.casefold() in text.casefold())
    assert all(search.casefold() in text[start:end].casefold() for start, end in found)


@pytest.mark.parametrize("width", [40, 57, 80, 120, 240])
@pytest.mark.parametrize("whole", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", width)
    talk = [{"role": "user", "content": HOSTILE}]
    hostile = row(message=HOSTILE, input=HOSTILE[:-1], intent=HOSTILE, reply=talk, a_name_of_thirty_characters="v")
    facts = row(Layout(facts=("f", "a_long_name_of_some_thirty_letters")), f=HOSTILE, a_long_name_of_some_thirty_letters=HOSTILE)
    shown = [*block(hostile, How(whole), width), *block(facts, How(whole), width)]
    shown += together(hostile, {"second": [facts, hostile], "third": []}, How(whole))
    assert max(cell_len(line.plain) for line in shown) <= width
    assert all(line.plain == line.plain.rstrip() for line in shown)


def test_what_cannot_be_seen_is_spelled_out_and_steers_nothing() -> None:
    shown = "\n".join(lines(row(message=HOSTILE, input=HOSTILE, intent="\x1b]0;title\x07", reply={"\x1b[2Jkey": "v"}), width=400))
    assert all(letter.isprintable() or letter == "\n" for letter in shown.replace("👩‍👧", ""))
    for sign in ("a[RLO]b[ZWSP]c[ESC][31mred[BEL]↵\n", "[TAB]", "👩‍👧", "  end·", "[ESC]]0;title[BEL]", "reply.[ESC][2Jkey: v"):
        assert sign in shown


def test_facts_are_a_table_where_it_fits_and_else_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout((), {"plan": "plan"}, ("name", "left"))
    rows = [row(layout, f"people-{number}", name=f"Ann {number}", plan="free", left=None) for number in range(2)]
    monkeypatch.setattr(out, "width", 40)
    shown = table(rows, How())
    assert shown is not None
    assert [line.plain for line in shown] == [
        "          name   plan  left",
        "people-0  Ann 0  free",
        "people-1  Ann 1  free",
    ]
    monkeypatch.setattr(out, "width", 20)
    assert table(rows, How()) is None
    assert lines(rows[0], width=20) == ["people-0", "name  Ann 0", "plan  free"]


def test_tables_stand_beside_each_other_without_what_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    child = row(Layout((), {"mood": "mood", "intent": "intent"}, ("more",)), "replies-3", intent="late", mood="a", more="m")
    monkeypatch.setattr(out, "width", 90)
    wide = [line.plain for line in together(row(), {"replies": [child]}, How())]
    assert wide[0] == f"{'wher is it':<42}  |  replies-3"
    assert wide[1] == f"{'  traffic-0   intent: late   voice: texter':<42}  |  mood  a"
    assert wide[2] == f"{'  reply.say: It comes.':<42}  |  more  m"
    monkeypatch.setattr(out, "width", 60)
    narrow = [line.plain for line in together(row(), {"replies": [child], "others": []}, How())]
    assert narrow == [*lines(row(), width=60), "    replies-3", "    mood  a", "    more  m", "    none in others"]


# The commands


@pytest.fixture
def typed(tmp_path: Path) -> tuple[Mapping[str, Any], Path]:
    """A recipe with a voice, and a place for its output."""
    message = {"kind": "typed", "seeds": ["where is it", "its broken", "no idea what to do"], "voice": "texter"}
    return one_table({"id": {"kind": "id"}, "message": message, "about": {"kind": "choice", "options": ["a", "b"]}}, 6), tmp_path / "out"


def test_five_rows_of_a_preview_and_of_an_output_are_twenty_lines(typed: tuple[Mapping[str, Any], Path]) -> None:
    recipe, folder = typed
    model = ScriptedModel(lambda prompt, random: f" hello this is {random.randrange(10**6)} and a bit more\n")
    (shown,) = synthgen.preview(recipe, out=folder, models={"typist": model})
    assert "message_style" in shown.rows[0].values
    assert [len(block(one, How(), 80)) for one in shown.shown] == [2] * 5
    assert "message_style" not in shown._repr_html_()
    synthgen.make(recipe, out=folder, models={"typist": model})
    said = CliRunner().invoke(app, ["look", str(folder), "-n", "5"]).stdout
    assert len(said.splitlines()) <= 5 * 4 + 1
    assert "style" not in said
    assert "\x1b" not in said
    assert "message_style" in CliRunner().invoke(app, ["look", str(folder), "-n", "1", "--all"]).stdout
    assert "message_style" not in synthgen.look(folder)._repr_html_()
    only = CliRunner().invoke(app, ["look", str(folder), "-n", "1", "--field", "about", "--field", "id"]).stdout
    assert only.splitlines()[0].split() == ["about", "id"]


def test_a_row_that_was_refused_says_why(tmp_path: Path) -> None:
    message = {"kind": "typed", "seeds": ["hi there", "where is it"], "tries": 3}
    recipe = one_table({"reason": {"kind": "choice", "options": ["a", "b"]}, "message": message}, 2)
    recipe["tables"]["traffic"]["keep"] = [{"kind": "lacks", "field": "message", "pattern": "no"}]
    model = ScriptedModel(lambda prompt, random: f" {random.choice(['no', 'yes'])} {random.randrange(10**6)}\n")
    synthgen.make(recipe, out=tmp_path / "out", models={"typist": model})
    (first, *_) = synthgen.look(tmp_path / "out", "refused").shown
    assert first.aside.startswith("try 0: lacks (message): ")
    shown = lines(first)
    assert shown[0] == first.values["message"]
    assert shown[1] == f"  {first.aside}"
    assert shown[2].split()[:2] == [first.id, "reason:"]
