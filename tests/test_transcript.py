"""Lines of chats and logs, which nobody typed."""

import json
import subprocess

import pytest

from synthgen.errors import DataError
from synthgen.text import files

SAID = [f"where is my parcel {number}" for number in range(8)]


def told(path):
    with pytest.raises(DataError) as error:
        files.messages(path)
    return error.value.message.replace(f"{path.parent}/", ""), error.value.hint


@pytest.mark.parametrize(
    "line",
    [
        "12/03/24, 09:00 Sam: {}",
        "12/03/24, 09:00 - {}",
        "[09:15] <sam> {}",
        "2024-03-12T09:00:12.123Z INFO {}",
        "2024-03-12 09:00:12 {}",
        "Mar 12, 2024 9:00 AM {}",
        "Tue, 12 March 2024 09:00 {}",
    ],
)
def test_dates_and_names_before_messages_are_not_taken_for_typing(tmp_path, line):
    (tmp_path / "a.txt").write_text("\n".join(map(line.format, SAID)), encoding="utf-8")
    assert told(tmp_path / "a.txt")[0] == "a.txt: most messages begin with a date or time, as in a chat export: nobody typed that"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["12/03/24, 09:00 Sam: {}", "12/03/24, 09:01 Support: wait: what"], "there speak Sam (8), Support (8); the messages of one: "),
        (["12/03/2024, 09:00:12 PM Sam (O'Neil): {}"], "there speak Sam (O'Neil) (8); the messages of one: "),
        (["User: {}", "Agent: soon"], "keep the user's, without the name: "),
    ],
)
def test_the_command_that_is_named_keeps_what_was_typed(tmp_path, lines, kept):
    (tmp_path / "a.txt").write_text("\n".join(line.format(text) for text in SAID for line in lines))
    hint = told(tmp_path / "a.txt")[1]
    assert hint.startswith(kept)
    subprocess.run(hint.removeprefix(kept), shell=True, check=True, cwd=tmp_path)
    assert files.messages(tmp_path / "messages.txt") == SAID


@pytest.mark.parametrize(
    "value", [json.dumps([{"role": "user", "content": "hi"}]), "[{'role': 'user', 'content': 'hi'}]", '{"text": "hi"}']
)
def test_data_in_a_cell_is_no_message(tmp_path, value):
    (tmp_path / "a.jsonl").write_text("\n".join([json.dumps({"text": value})] * 8))
    assert told(tmp_path / "a.jsonl")[0] == "a.jsonl: most messages are JSON or Python values: nobody typed that"


@pytest.mark.parametrize(
    "lines",
    [
        [*SAID, "12/03/24, 09:00 my card was charged", "User: what is this"],
        ["12/03/24, 09:00 my card was charged"],
        ["<order> is late", "{name} hi", "[order] late", "12 eggs", "9:30 works", "on 12/03/24 i paid", "1.5 kg", "10.30 am is fine"],
    ],
)
def test_a_message_may_begin_with_a_date_or_a_bracket(tmp_path, lines):
    (tmp_path / "a.txt").write_text("\n".join(lines))
    assert files.messages(tmp_path / "a.txt") == lines


def test_a_transcript_in_records_is_told_too(tmp_path):
    rows = [{"text": f"12/03/24, 09:00 - Sam: {text}", "intent": str(number % 2)} for number, text in enumerate(SAID)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert told(tmp_path / "a.jsonl")[1] == "leave the date and time out of the messages"
    with pytest.raises(DataError, match="most messages begin with a date"):
        files.grouped(tmp_path / "a.jsonl", "intent")
