"""The message in a record: text, the user's part of a conversation, or a refusal in words."""

import json
from datetime import date

import pyarrow
import pytest
from pyarrow import parquet

from synthgen import api
from synthgen.errors import DataError
from synthgen.text import files
from synthgen.text.message import messages_in, texts_of

HI, YO = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}
PARTS = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "data:"}}]


def written(path, records):
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def told(path, read=files.messages, *more):
    with pytest.raises(DataError) as error:
        read(path, *more)
    return error.value.message.replace(f"{path.parent}/", ""), error.value.hint


@pytest.mark.parametrize(
    ("record", "messages"),
    [
        ({"messages": [{"role": "system", "content": "Help."}, HI, YO, {"role": "user", "content": "thanks"}]}, ["hi", "thanks"]),
        ({"messages": [{"role": "user", "content": PARTS}, YO]}, ["hi"]),
        ({"messages": [HI, {"role": "assistant", "tool_calls": [{"id": "1"}]}, {"role": "tool", "content": "42"}]}, ["hi"]),
        ({"messages": [HI, {"role": "user", "content": [{"type": "tool_result", "content": "42"}]}]}, ["hi"]),
        ({"messages": [YO]}, []),
        ({"messages": [HI, {"role": "supervisor", "content": "no"}]}, ["hi"]),
        ({"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yo"}]}, ["hi"]),
        ({"input": [HI, YO]}, ["hi"]),
        ({"prompt": [HI]}, ["hi"]),
        ({"message": HI}, ["hi"]),
        ({"message": YO}, []),
        ({"content": PARTS}, ["hi"]),
        ({"text": ["hi ", {"type": "bold", "text": "there"}, " you"]}, ["hi there you"]),
        ({"text": []}, []),
        (HI, ["hi"]),
        (YO, []),
        ({"role": "manager", "content": "hi"}, ["hi"]),
        ({"text": 12}, ["12"]),
        ({"text": b"caf\xc3\xa9"}, ["café"]),
        ({"ID": 1, "Text": "hi"}, ["hi"]),
        ({"text": None, "message": "hi"}, ["hi"]),
    ],
)
def test_what_the_user_typed_is_picked_out(record, messages):
    assert messages_in(record, "", "here") == messages


@pytest.mark.parametrize(
    ("record", "message", "hint"),
    [
        ({"message": {"text": "where is it", "lang": "en"}}, "'message' holds a mapping, not text", "field: message.text in a recipe"),
        ({"message": {"type": "a", "subject": "b", "body": "my parcel"}}, "'message' holds a mapping, not text", "--field message.body"),
        ({"text": ["a", "b"]}, "'text' holds a list, not text", "a record of its own"),
        ({"text": [{"type": {"a": 1}}]}, "'text' holds a list, not text", "a record of its own"),
        ({"dialog": ["hi", "yo"]}, "'dialog' holds a list, not text", "{role: user, content: …}"),
        ({"text": True}, "'text' holds true or false, not text", "name a field that holds text"),
        ({"text": date(2026, 1, 1)}, "'text' holds a date, not text", "name a field that holds text"),
        ({"text": b"\xff"}, "'text' holds bytes that are not UTF-8 text", "write it as text"),
        (
            {"messages": [{"role": "customer", "content": "hi"}, {"role": "agent", "content": "yo"}]},
            "'messages' holds turns of agent, customer: which is the user is not known",
            "call the user's turns user",
        ),
    ],
)
def test_what_is_no_text_is_refused_in_words(record, message, hint):
    with pytest.raises(DataError) as error:
        messages_in(record, "", "here")
    assert error.value.message == f"here: {message}"
    assert hint in error.value.hint


def test_a_part_of_a_field_is_named_with_a_dot(tmp_path):
    nested = written(tmp_path / "a.jsonl", [{"event": {"user": {"text": "hi"}}}, {"event": {"user": None}}, {"event": None}])
    assert files.messages(nested, "event.user.text") == ["hi"]
    assert told(nested, files.messages, "event.user.txt")[0] == "a.jsonl, record 1: no field 'event.user.txt'"
    (tmp_path / "b.csv").write_text("user.text\nhi\n")
    assert files.messages(tmp_path / "b.csv", "user.text") == ["hi"]


def test_an_event_without_a_message_is_none(tmp_path):
    events = [{"text": "hi"}, {"subtype": "channel_join"}, {"text": "yo"}]
    assert files.messages(written(tmp_path / "a.jsonl", events)) == ["hi", "yo"]


def test_a_field_that_few_records_have_is_not_the_one(tmp_path):
    records = written(tmp_path / "a.jsonl", [{"text": "a stray one"}, *[{"comment": "hi", "id": "0000"}] * 3])
    message, hint = told(records)
    assert message.startswith("a.jsonl, record 2: no field named text, ")
    assert hint == "its fields: comment, id; name it: field: comment in a recipe, --field comment in a command"
    assert files.messages(records, "comment") == ["hi"] * 3


def test_the_field_is_named_as_a_shell_and_a_recipe_take_it(tmp_path):
    assert (
        "field: Ticket text in a recipe, --field 'Ticket text' in a command"
        in told(written(tmp_path / "a.jsonl", [{"Ticket text": "hi"}]))[1]
    )
    assert 'field: "a: b" in a recipe' in told(written(tmp_path / "a.jsonl", [{"a: b": "hi"}]))[1]


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (["hi", "yo"], ["hi", "yo"]),
        ([{"text": "hi"}, "yo"], ["hi", "yo"]),
        ({"guild": {"id": "1"}, "messages": [{"content": "hi"}, {"content": "yo"}]}, ["hi", "yo"]),
        ({"data": [{"text": "hi"}], "errors": []}, ["hi"]),
        ({"messages": [HI, YO]}, ["hi"]),
        ({"conversations": [{"messages": [HI, YO]}]}, ["hi"]),
        ([HI, YO], ["hi"]),
    ],
)
def test_a_json_file_is_read_as_exports_have_it(tmp_path, content, messages):
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert files.messages(tmp_path / "a.json") == messages


def test_a_text_a_line_is_a_record(tmp_path):
    assert list(files.records(written(tmp_path / "a.jsonl", ["hi", "yo"]))) == [{"text": "hi"}, {"text": "yo"}]


def test_which_list_of_a_json_file_is_meant_has_to_be_said(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"users": [{"n": 1}], "posts": [{"text": "hi"}, {"text": "yo"}]}))
    message, hint = told(tmp_path / "a.json")
    assert message == "a.json: it holds several lists of objects: users, posts"
    assert hint.endswith("""jq '."posts"' a.json > records.json""")
    (tmp_path / "a.json").write_text(json.dumps({"data": {"items": [{"text": "hi"}]}}))
    assert told(tmp_path / "a.json")[1].startswith("a list deeper inside is taken out so: jq ")


def test_parquet_holds_the_same(tmp_path):
    parquet.write_table(pyarrow.table({"messages": [[HI, YO]]}), tmp_path / "a.parquet")
    parquet.write_table(pyarrow.table({"text": pyarrow.array([b"hi"], pyarrow.binary())}), tmp_path / "b.parquet")
    assert files.messages(tmp_path / "a.parquet") == files.messages(tmp_path / "b.parquet") == ["hi"]
    twice = pyarrow.Table.from_arrays([pyarrow.array(["a"]), pyarrow.array(["b"])], names=["text", "text"])
    parquet.write_table(twice, tmp_path / "c.parquet")
    assert told(tmp_path / "c.parquet")[0] == "c.parquet: two columns are named 'text'"


def test_messages_are_grouped_by_a_part_of_a_record(tmp_path):
    records = [{"messages": [HI, YO], "meta": {"intent": "a"}}, {"messages": [{"role": "user", "content": "bye"}], "meta": {"intent": "b"}}]
    assert files.grouped(written(tmp_path / "a.jsonl", records), "meta.intent") == {"a": ["hi"], "b": ["bye"]}
    assert told(tmp_path / "a.jsonl", files.grouped, "meta")[0] == "a.jsonl, record 1: 'meta' is a mapping, and no label"


def test_a_conversation_in_an_output_is_measured_by_what_the_user_said(tmp_path):
    talks = written(tmp_path / "a.jsonl", [{"talk": [{"role": "user", "content": f"where is it {number}"}, YO]} for number in range(3)])
    recipe = {"name": "talks", "tables": {"t": {"rows": 3, "fields": {"talk": {"kind": "load", "file": str(talks), "field": "talk"}}}}}
    folder = api.make(recipe, out=tmp_path / "out", allow=[tmp_path]).folder
    assert api.measure(folder, field="talk").messages == 3
    assert texts_of(api.look(folder).rows[0]["talk"], "here") == ["where is it 0"]
