"""The dataset card: how many rows have which label, and how many messages are about it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import one_table

from synthgen.api import make
from synthgen.dataset.label_counts import LabelCounts, label_lines
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

SEEDS = {
    "late": ["where is my parcel", "parcel still not here", "when does my parcel arrive", "delivery is late again"],
    "refund": ["i want my money back", "refund has not come", "when do i get the money back", "where is the refund"],
}
FIELDS = {
    "intent": {"kind": "choice", "options": {"late": 3, "refund": 1}},
    "urgent": {"kind": "choice", "options": [True, False]},
    "order": {"kind": "number", "between": [1, 9]},
    "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": SEEDS},
}


BEGINNINGS = ["my parcel number", "parcel is late again", "i want money for", "the refund of"]


def script(prompt: Prompt, stream: Random) -> str:
    return f" {stream.choice(BEGINNINGS)} {stream.randrange(10**6)}\n"


def card_of(folder: Path, recipe: dict[str, Any]) -> str:
    made = make(recipe, out=folder / "out", models={"typist": ScriptedModel(script)})
    return (made.folder / "README.md").read_text(encoding="utf-8")


def cells(card: str, first: str) -> list[list[str]]:
    """The cells of the lines of the table whose first column is called so."""
    _, _, below = card.partition(f"\n\n| {first} | rows |")
    return [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in below.partition("\n\n")[0].splitlines()[2:]]


def labels_of(counts: dict[Any, int]) -> str:
    return "\n".join(label_lines(LabelCounts(("intent",), {"intent": Counter(counts)}), {}))


def test_it_shows_how_many_rows_have_which_intent_and_how_many_messages_are_about_it(tmp_path: Path) -> None:
    card = card_of(tmp_path, one_table(FIELDS, rows=40))
    lines = cells(card, "`intent`")
    assert [name for name, *_ in lines] == ["late", "refund"]
    assert sum(int(rows) for _, rows, *_ in lines) == 40
    for _, rows, share, about in lines:
        assert share == f"{int(rows) / 40:.0%}"
        assert re.fullmatch(r"\d+%", about)
    assert re.search(r"^About \d+% of the messages in `message` are about their topic", card, re.MULTILINE)
    assert re.search(r"^(late|refund): .* \d+$", card, re.MULTILINE)


def test_other_labels_take_a_line_each_and_facts_none(tmp_path: Path) -> None:
    (line,) = cells(card_of(tmp_path, one_table(FIELDS, rows=40)), "label")
    assert line[0] == "`urgent`"
    assert re.fullmatch(r"(true|false) \d+ \(\d+%\) · (true|false) \d+ \(\d+%\)", line[1])


def test_of_very_many_values_the_commonest_are_shown_and_the_others_can_be_unfolded() -> None:
    text = labels_of({f"intent {number}": 100 + number for number in range(77)})
    shown, folded = text.split("<details>\n<summary>The other 65</summary>\n")
    assert "`intent` has 77 values: from 1.7% of the rows down to 0.9%, 1.3% in the middle. The 12 commonest:" in shown
    assert [line[0] for line in cells(shown, "`intent`")] == [f"intent {number}" for number in range(76, 64, -1)]
    assert [line[0] for line in cells(f"\n{folded}", "`intent`")] == [f"intent {number}" for number in range(64, -1, -1)]


def test_of_thousands_of_values_the_rarest_are_only_counted() -> None:
    text = labels_of({f"intent {number}": 9000 - number for number in range(2000)})
    assert len(cells(text, "`intent`")) == 12
    assert "<summary>The next 488</summary>" in text
    assert text.count("\n| intent ") == 500
    assert "1,500 more are in" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (True, "true"),
        ("a|b", "a\\|b"),
        ("<b>x", "\\<b\\>x"),
        ("a\nb", "a b"),
        ("\x1b[m", "\\\\x1b\\[m"),
        ("x" * 99, "x" * 80 + "…"),
    ],
)
def test_a_value_is_shown_as_it_is_and_breaks_no_table(value: object, shown: str) -> None:
    assert f"\n| {shown} | 3 | 100% |\n" in labels_of({value: 3})


def test_a_label_with_a_value_for_each_row_is_not_counted(tmp_path: Path) -> None:
    fields = {"intent": {"kind": "id", "prefix": "i"}, "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": ["where is it"]}}
    assert "is spread" not in card_of(tmp_path, one_table(fields, rows=30))
