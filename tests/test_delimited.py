"""CSV as programs write it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.errors import DataError
from synthgen.text import files


def read(tmp_path, text, name="a.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    return list(files.records(tmp_path / name))


def told(tmp_path, text):
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    return error.value.message.replace(f"{tmp_path}/", ""), error.value.hint


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_first_lines(tmp_path, name, separator):
    lines = [["id", "amount", "text"], ["1", '"1,50"', "hi"], ["2", "2", '"where; is\t| my, parcel"']]
    text = "\r\n".join(separator.join(line) for line in lines)
    assert read(tmp_path, text, name) == [
        {"id": "1", "amount": "1,50", "text": "hi"},
        {"id": "2", "amount": "2", "text": "where; is\t| my, parcel"},
    ]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (
            "id;amount;text\n1;1,50;hi\n2;2,50;yo\n",
            [{"id": "1", "amount": "1,50", "text": "hi"}, {"id": "2", "amount": "2,50", "text": "yo"}],
        ),
        ("id;text, free\n1;hi\n2;yo, you\n", [{"id": "1", "text, free": "hi"}, {"id": "2", "text, free": "yo, you"}]),
        ("text\nhi; there\n", [{"text": "hi; there"}]),
        ("sep=;\nid;text\n1;hi, you\n", [{"id": "1", "text": "hi, you"}]),
        ('id, text\n1, "hi, there"\n', [{"id": "1", "text": "hi, there"}]),
        ("id,text,\n1,hi,\n", [{"id": "1", "text": "hi", "": ""}]),
        ("id,text\n1,hi,,,\n,,,\n", [{"id": "1", "text": "hi"}, {"id": "", "text": ""}]),
        ("\n\nid,text\n\n1,hi\n   \n", [{"id": "1", "text": "hi"}]),
        ("", []),
        ("id,text\n", []),
    ],
)
def test_what_spreadsheets_write_is_read(tmp_path, text, records):
    assert read(tmp_path, text) == records


def test_a_cell_may_be_as_long_as_it_is(tmp_path):
    assert read(tmp_path, "id,text\n1,hi\n2," + "x" * 300_000) == [{"id": "1", "text": "hi"}, {"id": "2", "text": "x" * 300_000}]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("id,text\n1,hi, there\n", "a.csv:2: this line has 3 cells, and the header 2", '1,"hi, there"'),
        ("text,n\nhi, there,2\n", "a.csv:2: this line has 3 cells, and the header 2", '"hi, there",2'),
        ("id;text\n1;a\n2;hi; there; you\n", "a.csv:3: this line has 4 cells, and the header 2", '2;"hi; there; you"'),
        ("text\nhi, there\n", "a.csv:2: this line has 2 cells, and the header 1", '"hi, there"'),
        (
            "id,text\n1,hi\n2\nyo,3\n4\n",
            "a.csv:3: this line has 1 cell, and the header 2 (1 more line likewise)",
            "an empty cell still has its ','",
        ),
        ('id,text\n1,"hi\n2,yo\n', "a.csv:2: a quote opens a cell here, and nothing closes it", "doubled"),
        ('id,text\n1,"hi\n2,yo\n3,"a"\n', "a.csv:2: there is more in a cell behind its closing quote (it goes on to line 4)", "doubled"),
        ('id,text\n1,"he said \\"hi\\""\n', "a.csv:2: there is more in a cell behind its closing quote", "doubled"),
        ("text,text\nhi,1\n", "a.csv:1: two columns are named 'text'", "another name"),
        ("\nid, text,text\n1,hi,2\n", "a.csv:2: two columns are named 'text'", "another name"),
        ("id,text,,\n1,hi,,\n2,yo,x,\n", "a.csv:3: a cell stands in a column without a name", "first line"),
        ("sep=;\nid;text\n1;aa;bb\n", "a.csv:3: this line has 3 cells, and the header 2", '"aa;bb"'),
    ],
)
def test_a_line_that_does_not_fit_is_told_with_the_way_out(tmp_path, text, message, hint):
    found, way = told(tmp_path, text)
    assert found == message
    assert hint in way


def test_the_line_that_a_hint_shows_can_be_read(tmp_path):
    text = "id,text\n1,hi\n41,hi, is it there\n"
    wrong, mended = "41,hi, is it there", told(tmp_path, text)[1].rpartition(": ")[2]
    assert read(tmp_path, text.replace(wrong, mended))[1] == {"id": "41", "text": "hi, is it there"}


CELLS = some.text(some.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(some.lists(some.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), some.sampled_from(",;\t|"))
def test_what_was_written_is_read_again(tmp_path_factory, rows, separator):
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("one", "two", "three"), *rows])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(written.getvalue(), encoding="utf-8", newline="")
    assert [tuple(record.values()) for record in files.records(path)] == rows
