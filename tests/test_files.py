"""Reading the files that a recipe names: what is in them, and what is said about the broken ones."""

import gzip
import json
import os
import re
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pyarrow import parquet

from synthgen.errors import DataError
from synthgen.spec.parts import RecipeContext, resolve_inside, unreadable_file
from synthgen.text import files
from synthgen.text.message import FIELDS, messages_in

RECORDS = [{"text": "card declined, why??", "n": 1}, {"text": "🙏🏽 شكرا e\u0301", "n": 2}]


def told(path, read=lambda path: list(files.records(path))):
    """What the error about a file says, without the folder."""
    with pytest.raises(DataError) as error:
        read(path)
    return error.value.message.replace(f"{path.parent}/", ""), error.value.hint


# Where a recipe may read


def test_a_path_is_relative_to_the_recipe(tmp_path):
    assert resolve_inside("seeds/../logs/a.txt", tmp_path) == (tmp_path / "logs/a.txt").resolve()


@pytest.mark.parametrize("path", ["../other/a.txt", "/etc/passwd", "seeds/../../a.txt", "~/a.txt", "~nobody-of-this-name/a.txt"])
def test_a_path_may_not_leave_the_recipes_folder(tmp_path, path):
    with pytest.raises(ValueError, match=re.escape(path)):
        resolve_inside(path, tmp_path)


def test_the_error_names_the_folder_to_allow(tmp_path):
    with pytest.raises(ValueError, match=r"'../logs/a.txt' leaves the recipe's folder; to allow it, add --allow .*/logs"):
        resolve_inside("../logs/a.txt", tmp_path)


def test_an_allowed_folder_may_be_read(tmp_path):
    (tmp_path / "recipes").mkdir()
    assert resolve_inside("../logs/a.txt", tmp_path / "recipes", (tmp_path / "logs",)) == (tmp_path / "logs/a.txt").resolve()


def test_a_folder_whose_name_only_begins_alike_is_another(tmp_path):
    with pytest.raises(ValueError, match="leaves the recipe's folder"):
        resolve_inside("../recipe-evil/a.txt", tmp_path / "recipe")


def test_a_link_does_not_lead_out(tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe/link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ValueError, match="leaves the recipe's folder"):
        resolve_inside("link.txt", tmp_path / "recipe")


def test_links_in_a_circle_are_told(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises((ValueError, DataError)):
        list(files.records(resolve_inside("a/x.jsonl", tmp_path)))


# Records


def test_every_format_gives_the_same_records(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    (tmp_path / "a.ndjson").write_text("\n\n".join(json.dumps(one, ensure_ascii=False) for one in RECORDS), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(RECORDS))
    parquet.write_table(pyarrow.Table.from_pylist(RECORDS), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.ndjson", "a.json", "a.parquet"):
        assert list(files.records(tmp_path / name)) == RECORDS, name
    as_text = [{key: str(value) for key, value in record.items()} for record in RECORDS]
    (tmp_path / "a.csv").write_text('text,n\n"card declined, why??",1\n🙏🏽 شكرا e\u0301,2\n', encoding="utf-8")
    (tmp_path / "A.TSV").write_text("text\tn\ncard declined, why??\t1\n🙏🏽 شكرا e\u0301\t2\n", encoding="utf-8")
    assert list(files.records(tmp_path / "a.csv")) == as_text
    assert list(files.records(tmp_path / "A.TSV")) == as_text


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.ndjson.gz", "A.JSONL.GZ", "a.json.gz", "a.csv.gz", "a.tsv.gz", "a.txt.gz"])
def test_a_packed_file_is_read_as_what_is_in_it(tmp_path, name):
    texts = [record["text"] for record in RECORDS]
    content = {
        "jsonl": "\n".join(map(json.dumps, RECORDS)),
        "ndjson": "\n".join(map(json.dumps, RECORDS)),
        "json": json.dumps(RECORDS),
        "csv": f'text\n"{texts[0]}"\n{texts[1]}\n',
        "tsv": f"text\n{texts[0]}\n{texts[1]}\n",
        "txt": "\n".join(texts),
    }[name.lower().split(".")[1]]
    (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    assert files.messages(tmp_path / name) == texts
    if files.is_records(tmp_path / name):
        assert [record["text"] for record in files.records(tmp_path / name)] == texts


def test_a_name_says_whether_a_file_holds_records(tmp_path):
    assert all(files.is_records(tmp_path / f"a{kind}{packed}") for kind in files.FORMATS for packed in ("", ".gz", ".GZ"))
    assert not any(files.is_records(tmp_path / name) for name in ("a.txt", "a.txt.gz", "a.gz", "a", "jsonl"))


@pytest.mark.parametrize(
    "broken", [b"no gzip", gzip.compress(b'{"text": "x"}\n' * 50, mtime=0)[:-12], gzip.compress(b"x" * 99, mtime=0)[:20] + b"zz"]
)
def test_a_packed_file_that_is_broken_is_told(tmp_path, broken):
    (tmp_path / "a.jsonl.gz").write_bytes(broken)
    assert told(tmp_path / "a.jsonl.gz")[0].startswith("a.jsonl.gz: cannot be unpacked: ")


def test_mistakes_in_a_packed_file_are_told_with_their_line(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "x"}\n{"text": }\n'))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"text\ncaf\xe9\n"))
    assert told(tmp_path / "a.jsonl.gz")[0] == "a.jsonl.gz:2: not JSON: Expecting value at column 10"
    assert told(tmp_path / "b.csv.gz")[0] == "b.csv.gz:2: not UTF-8 text"


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_the_records(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbftext,n\r\n"two\r\nlines",1\r\n')
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "x"}\r\n\r\n{"text": "y"}\r\n')
    assert list(files.records(tmp_path / "a.csv")) == [{"text": "two\nlines", "n": "1"}]
    assert list(files.records(tmp_path / "a.jsonl")) == [{"text": "x"}, {"text": "y"}]


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_a_line_end_ends_a_line(tmp_path, odd):
    (tmp_path / "a.csv").write_text(f"text,n\none{odd}two,1\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": f"one{odd}two"}, ensure_ascii=ord(odd) < 32) + "\n", encoding="utf-8")
    assert list(files.records(tmp_path / "a.csv")) == [{"text": f"one{odd}two", "n": "1"}]
    assert list(files.records(tmp_path / "a.jsonl")) == [{"text": f"one{odd}two"}]


def test_half_a_character_becomes_a_question_mark(tmp_path):
    """A log that was cut in the middle of an emoji: no prompt and no column could hold it."""
    (tmp_path / "a.jsonl").write_text('{"text": "thanks \\ud83d", "deep": [{"\\uDE00": "\\ud83d\\ude00"}]}')
    (tmp_path / "a.json").write_text('[{"text": "thanks \\ud83d"}]')
    assert list(files.records(tmp_path / "a.jsonl")) == [{"text": "thanks ?", "deep": [{"?": "😀"}]}]
    assert files.messages(tmp_path / "a.json") == ["thanks ?"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"a": 1}\n\n{"a": }\n', "a.jsonl:3: not JSON: Expecting value at column 7"),
        ("a.jsonl", "[1]\n", "a.jsonl:1: a record is a JSON object in braces, not list"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: cannot be read: maximum recursion depth exceeded"),
        ("a.jsonl", '{"n": ' + "9" * 5000 + "}", "a.jsonl:1: cannot be read: Exceeds the limit"),
        ("a.json", '[{"a": 1},\n {"a" 2}]', "a.json:2:7: not JSON: Expecting ':' delimiter"),
        ("a.json", '{"a": 1}', "a.json: expected a JSON list of objects"),
        ("a.json", "[1, 2]", "a.json: expected a JSON list of objects"),
        ("a.json", "[" * 100_000, "a.json: cannot be read: maximum recursion depth exceeded"),
        ("a.jsonl", '{"text": "a", "text": "b"}', "a.jsonl:1: cannot be read: an object has two values named 'text'"),
        ("a.parquet", "not parquet", "a.parquet: cannot be read as Parquet"),
        ("a.xlsx", "", "a.xlsx: unknown format '.xlsx'"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    assert told(tmp_path / name)[0].startswith(message)


def test_one_object_a_line_in_a_json_file_is_told_to_be_jsonl(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}\n')
    assert told(tmp_path / "a.json") == ("a.json:2:1: not JSON: Extra data", "one object a line? then name the file .jsonl")


def test_another_encoding_is_told_with_its_line_and_the_way_out(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "fine"}\n{"text": "caf\xe9"}\n')
    message, hint = told(tmp_path / "a.jsonl")
    assert message == "a.jsonl:2: not UTF-8 text"
    assert "“" + '{"text": "café"}' + "”" in hint
    assert hint.endswith("iconv -f WINDOWS-1252 -t UTF-8 a.jsonl > a-utf8.jsonl")


def test_a_missing_file_is_told_with_the_one_that_was_meant(tmp_path):
    (tmp_path / "messages.jsonl").write_text("")
    assert told(tmp_path / "mesages.jsonl") == ("mesages.jsonl: no such file", "did you mean 'messages.jsonl'?")
    assert told(tmp_path / "nowhere" / "a.txt", files.messages)[0] == "a.txt: no such file"


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    assert told(tmp_path / "a.txt", files.messages)[0] == "a.txt is a folder, not a file"


# Parquet


def test_parquet_text_that_is_not_utf_8_is_told_with_its_record_and_field(tmp_path):
    texts = pyarrow.array([b"fine"] * 1_500 + [b"G\xe4ste"], pyarrow.binary())
    broken = pyarrow.StringArray.from_buffers(len(texts), *texts.buffers()[1:])
    parquet.write_table(pyarrow.table({"number": range(1_501), "text": broken}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet, record 1501: its 'text' is not UTF-8 text"):
        list(files.records(tmp_path / "a.parquet"))


# Messages


def test_a_text_file_holds_a_message_a_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfcard declined \r\n\r\n   \r\n  lost\tmy   card\r\nlast line")
    assert files.messages(tmp_path / "a.txt") == ["card declined", "lost my card", "last line"]


@pytest.mark.parametrize(
    "message",
    [
        "🙏🏽 pls",
        "e\u0301te\u0301",
        "مرحبا hello",
        "\u202eright to left",
        "family 👨\u200d👩\u200d👧",
        "x" * 300_000,
        "- a dash",
        "<slot>",
        '"quoted"',
        "#tag",
    ],
)
def test_a_message_stays_as_it_was_typed(tmp_path, message):
    (tmp_path / "a.txt").write_text(message, encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": message}))
    assert files.messages(tmp_path / "a.txt") == [message]
    assert files.messages(tmp_path / "a.jsonl") == [message]


def test_a_message_of_several_lines_becomes_one(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "hello\n\nmy card\u2028is gone\r\n"}))
    assert files.messages(tmp_path / "a.jsonl") == ["hello my card is gone"]


@pytest.mark.parametrize("name", FIELDS)
def test_records_hold_messages_under_the_usual_names(tmp_path, name):
    (tmp_path / "a.jsonl").write_text(f'{{"id": 1, "{name}": "hi"}}\n{{"{name}": null}}\n{{"{name}": "  "}}')
    assert files.messages(tmp_path / "a.jsonl") == ["hi"]


def test_records_hold_messages_under_the_name_that_is_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text("text,body\nno,yes\n")
    assert files.messages(tmp_path / "a.csv", "body") == ["yes"]


def test_the_message_of_a_record():
    assert messages_in({"id": 1, "query": "q", "message": "m"}, "", "here") == ["m"]
    assert messages_in({"text": "t", "body": 7}, "body", "here") == ["7"]
    assert messages_in({"text": None}, "", "here") == []
    with pytest.raises(DataError) as error:
        messages_in({"a": 1, "b": 2}, "text", "logs.csv, record 3")
    assert (error.value.message, error.value.hint) == ("logs.csv, record 3: no field 'text'", "its fields: a, b")


def test_records_without_messages_are_told_with_their_fields(tmp_path):
    (tmp_path / "a.csv").write_text("id,body\n1,hi\n")
    message, hint = told(tmp_path / "a.csv", files.messages)
    assert message.startswith("a.csv, record 1: no field named text, message")
    assert hint == "its fields: id, body; name it: field: body in a recipe, --field body in a command; the first line names the fields"


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", ""), ("a.txt", " \n\t\r\n"), ("a.jsonl", ""), ("a.csv", "text\n"), ("a.json", "[]")]
)
def test_a_file_without_messages_is_an_error(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert told(tmp_path / name, files.messages)[0] == f"{name}: no messages in it"


@given(some.lists(some.text(some.characters(codec="utf-8", exclude_characters="\n\r\0")), min_size=1))
def test_any_text_becomes_messages_of_one_line_each(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    kept = [" ".join(line.split()) for line in lines]
    if any(kept) and not lines[0].startswith("\ufeff"):
        assert files.messages(path) == [line for line in kept if line]


@pytest.mark.skipif(os.name == "nt", reason="paths of Linux and macOS")
@pytest.mark.parametrize(
    ("folder", "message", "seen"),
    [
        ("/work/bank", "there is no /work/bank/seeds/a.txt", "there is no seeds/a.txt"),
        ("/work/bank", "'/work/bank' is a folder; see https://example.org/work/bank/x.", None),
        ("/work/bank", "/work/bank is a folder.", "the recipe's own folder is a folder."),
        ("/work/bank", "there is no /work/bank-old/a.txt nor /work/bank2 nor /work/bank.old", None),
        ("/work/bank", "there is no /mnt/work/bank/a.txt", None),
        ("/", "/seeds/a.txt: line 1/2 is no JSON", None),
        ("", "seeds/a.txt: 1.5 is no text. It is ./a number", None),
    ],
)
def test_paths_in_a_mistake_are_as_seen_from_the_recipe(folder: str, message: str, seen: str | None) -> None:
    seen = message.replace("'/work/bank' is", "'the recipe's own folder' is") if seen is None else seen
    mistake = unreadable_file(("file",), DataError(message, "a way out"), RecipeContext(Path(folder)))
    assert (mistake.message, mistake.hint) == (seen, "a way out")


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", '{"n": 1e308}\n{"n": -1e400}\n'), ("a.json", '[{"n": 1e308}, {"n": -1e400}]')])
def test_a_number_that_would_be_infinite_is_told(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(DataError, match="cannot be read: -1e400 is larger than a number can be here"):
        list(files.records(tmp_path / name))
