"""Logs as people have them: each format from a sample, and what only looks like one.

A sample is a file in `formats/` with invented messages; beside it, with `.read` behind its name, is what is read of it.
"""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.errors import DataError
from synthgen.text import files
from synthgen.text.dialogues import ReadSummary, known_format
from synthgen.text.formats import FORMATS

FOLDER = Path(__file__).parent / "formats"
SAMPLES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".read")
PAGE = Path(__file__).parent.parent / "docs" / "files.md"


def expected(sample: Path) -> tuple[str, list[str]]:
    summary, _, *texts = Path(f"{sample}.read").read_text("utf-8").splitlines()
    return summary, texts


def refused(path: Path, field: str = "") -> tuple[str, str]:
    with pytest.raises(DataError) as error:
        files.messages(path, field)
    return error.value.message.replace(f"{path.parent}/", ""), error.value.hint


def lines_of(path: Path, records: list[object]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_gives_what_its_users_typed(sample: Path) -> None:
    summary = ReadSummary()
    texts = files.messages(sample, summary=summary)
    assert (str(summary), texts) == expected(sample)


@pytest.mark.parametrize("sample", [path for path in SAMPLES if path.is_file()], ids=lambda path: path.name)
def test_a_packed_sample_gives_the_same(sample: Path, tmp_path: Path) -> None:
    (tmp_path / f"{sample.name}.gz").write_bytes(gzip.compress(sample.read_bytes()))
    assert files.messages(tmp_path / f"{sample.name}.gz") == expected(sample)[1]


@pytest.mark.parametrize("log_format", FORMATS, ids=lambda log_format: log_format.name)
def test_every_format_has_a_sample_and_a_row_in_the_docs(log_format) -> None:
    assert [sample for sample in SAMPLES if f"({log_format.name})" in expected(sample)[0]], (
        "a file in tests/formats, and what is read of it"
    )
    assert [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {log_format.name} |")], "a row in docs/files.md"


def test_the_docs_have_no_row_for_a_format_that_is_not_read() -> None:
    table = PAGE.read_text("utf-8").partition("| from | files |")[2].partition("\n\n")[0]
    assert {line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()[2:]} == {log_format.name for log_format in FORMATS}


# What only looks like one


@pytest.mark.parametrize(
    "record",
    [
        {"text": "hi", "ts": "1700000000.000100", "user": "U01"},
        {"text": "hi", "type": "message", "ts": "2026-01-01T00:00:00Z"},
        {"content": "hi", "author": {"name": "jo", "bot": True}, "timestamp": "1"},
        {"message": "hi", "trace_id": "a", "span_id": "b", "attributes": {"http.route": "/"}},
        {"message": "hi", "attributes": {"gen_ai.system": "openai"}},
        {"id": "1", "input": "hi", "output": "yo", "timestamp": "1", "session_id": "s", "user_id": "u"},
        {"input": "hi", "type": "chain", "trace_id": "a"},
        {"text": "hi", "inputs": {"question": "no"}, "run_id": "1"},
        {"prompt": "hi", "vars": {"question": "no"}},
        {"text": "hi", "results": {"results": [{"vars": {"a": "no"}}]}},
        {"text": "hi", "Requester": "Jo", "Subject": "no", "Assignee": "Al", "Via": "Mail"},
        {"text": "hi", "conversation_id": "1", "body": "no", "author_type": "admin"},
        {"text": "hi", "intent": "a", "Phrase": "no"},
        {"text": "hi", "messages": [{"role": "user", "content": "no"}]},
        {"text": "hi", "body": {"messages": [{"role": "user", "content": "no"}]}},
    ],
)
def test_a_plain_record_that_looks_alike_is_read_as_ever(record: dict[str, object], tmp_path: Path) -> None:
    assert known_format(record) is None
    assert files.messages(lines_of(tmp_path / "a.jsonl", [record])) == ["hi"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.txt", ["12/03/24, 09:00 - i was charged twice", *["where is it"] * 9]),
        ("a.txt", ["chat with sam", *["12/03/24, 09:00 - Sam: hi"] * 3, *["where is it"] * 9]),
        ("a.txt", ["nlu:", "- intent: greet", "  examples: |", "    - hi"]),
        ("a.log", ["12/03/24, 09:00 - Sam: hi"] * 4),
    ],
)
def test_a_text_that_looks_alike_is_a_message_a_line(name: str, lines: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text("\n".join(lines))
    assert files.messages(tmp_path / name) == [" ".join(line.split()) for line in lines]
    assert not files.is_records(tmp_path / name)


@pytest.mark.parametrize("lines", [["- nlu: great", "- intent: leave", "- examples: none"], ["nlu:", "what is nlu", "- intent: x"]])
def test_yaml_that_is_no_training_data_is_refused(lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("\n".join(lines))
    assert refused(tmp_path / "a.yml")[0] == "a.yml: its name is one of settings, which nobody typed as a message"


@given(some.recursive(some.none() | some.booleans() | some.integers() | some.text(max_size=5), lambda inner: some.lists(inner, max_size=3)))
def test_an_odd_value_under_a_key_of_a_format_is_read_or_refused_in_words(value: object) -> None:
    for record in (
        record for sample in SAMPLES if sample.suffix == ".jsonl" for record in map(json.loads, sample.read_text("utf-8").splitlines())
    ):
        for changed in ({**record, key: value} for key in record):
            if log_format := known_format(changed):
                with suppress(DataError):
                    assert isinstance(log_format.dialogue(changed, "here").field, str)


# What cannot be guessed


def test_whose_messages_of_a_chat_are_meant_has_to_be_said(tmp_path: Path) -> None:
    chat = [
        f"12/03/24, 09:0{minute} - {name}" for minute, name in enumerate(["Sam: hi", "Shop: Hello!", "Sam: open?", "Shop: Yes.", "Sam: ok"])
    ]
    (tmp_path / "a.txt").write_text("\n".join(chat))
    message, hint = refused(tmp_path / "a.txt")
    assert message == "a.txt: there speak Sam (3), Shop (2): which is the user is not known"
    assert hint == "say whose messages are meant, such as field: Sam in a recipe, --field Sam in a command"
    assert files.messages(tmp_path / "a.txt", "sam") == ["hi", "open?", "ok"]
    assert next(files.records(tmp_path / "a.txt")) == {"date": "12/03/24, 09:00", "from": "Sam", "text": "hi"}
    assert refused(tmp_path / "a.txt", "Sm") == ("a.txt: nobody called 'Sm' speaks there", "did you mean 'Sam'?")


def test_a_chat_as_ios_writes_it(tmp_path: Path) -> None:
    lines = [
        "[12.03.24, 09:00:01] Sam: \u200eMessages and calls are end-to-end encrypted.",
        *(f"\u200e[12.03.24, 09:0{minute}:01] Sam: is it {minute}" for minute in range(5)),
        "[12.03.24, 09:06:01] Sam: fixed it \u200e<This message was edited>",
        "\u200e[12.03.24, 09:07:01] Sam: \u200eimage omitted",
        "[12.03.24, 09:08:01] Sam: <order> is late",
    ]
    (tmp_path / "_chat.txt").write_text("\n".join(lines), "utf-8")
    assert files.messages(tmp_path / "_chat.txt") == [*(f"is it {minute}" for minute in range(5)), "fixed it", "<order> is late"]


def test_runs_inside_others_are_not_what_a_user_asked(tmp_path: Path) -> None:
    run = {"id": "2", "trace_id": "1", "parent_run_id": "1", "run_type": "llm", "inputs": {"question": "hi"}}
    message, hint = refused(lines_of(tmp_path / "a.jsonl", [run]))
    assert message == "a.jsonl: no messages in it"
    assert "--field inputs.question" in hint
    assert files.messages(tmp_path / "a.jsonl", "inputs.question") == ["hi"]


def test_which_of_several_variables_was_typed_has_to_be_said(tmp_path: Path) -> None:
    result = {"vars": {"first": "hi", "second": "yo"}, "prompt": {"raw": "hi yo", "label": ""}, "testIdx": 0}
    assert "--field vars.question" in refused(lines_of(tmp_path / "a.jsonl", [result]))[1]
    assert files.messages(tmp_path / "a.jsonl", "vars.second") == ["yo"]


def test_spans_without_content_say_how_it_is_recorded(tmp_path: Path) -> None:
    span = {"traceId": "a", "spanId": "b", "name": "chat", "attributes": [{"key": "gen_ai.system", "value": {"stringValue": "openai"}}]}
    assert "CAPTURE_MESSAGE_CONTENT" in refused(lines_of(tmp_path / "a.jsonl", [span]))[1]


def test_a_named_field_is_read_in_place_of_the_formats(tmp_path: Path) -> None:
    ticket = {"Requester": "Jo", "Subject": "a", "Assignee": "Al", "Via": "Mail", "Notes": "b"}
    assert files.messages(lines_of(tmp_path / "a.jsonl", [ticket]), "Notes") == ["b"]
    bot = {"type": "message", "ts": "1700000000.000100", "text": "Deployed", "bot_id": "B"}
    person = {"type": "message", "ts": "1700000001.000100", "text": "thx", "user": "U"}
    assert files.messages(lines_of(tmp_path / "b.jsonl", [bot, person]), "text") == ["thx"]


def test_a_mistake_in_training_data_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - hi\n  bad: [\n")
    assert refused(tmp_path / "nlu.yml")[0].startswith("nlu.yml:6: not YAML: ")


# The folder of an export


def test_a_link_that_leaves_the_folder_of_an_export_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('[{"text": "secret"}]')
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "2026-01-01.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(DataError, match="a link that leaves the folder is not followed"):
        files.messages(tmp_path / "export")


def test_a_folder_without_days_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text('[{"text": "hi"}]')
    assert refused(tmp_path / "logs")[0] == "logs is a folder, not a file"
