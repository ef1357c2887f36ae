"""What a recipe from a stranger can and cannot do, and what is promised of data: each sentence of docs/security.md, and its tests."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import re
import shutil
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from conftest import little
from pyarrow import ipc, parquet
from servers import claude
from servers.claude import ClaudeServer

import synthgen
from synthgen.errors import ModelError, SynthgenError
from synthgen.models import BaseModel, ClaudeModel, Journal, Journalled, connection
from synthgen.models.model import Batching
from synthgen.models.wire import pages
from synthgen.recipe import Loaded, load
from synthgen.spec.rows import Brief, Prompt
from synthgen.text import files
from synthgen.text.kept import StoredRecords
from synthgen.text.originals import Originals

claude_server = claude.claude_server
server = claude.named_server
PAGE = Path(synthgen.__file__).parent.parent / "docs" / "security.md"
TESTS = Path(__file__).parent
SECRET = "the password is swordfish"

SENTENCES = {
    "It reads every file in its own folder": ["test_what_is_beside_the_recipe_is_read"],
    "It reads a folder elsewhere only when you say so": ["test_an_allowed_folder_is_read"],
    "It reads an output at an address": ["test_remote.py::test_a_recipe_reads_an_output_elsewhere_only_where_that_is_allowed"],
    "It asks a server of models on this machine": [
        "test_completions.py::test_this_machine_is_asked_without_a_word",
        "test_completions.py::test_a_recipe_has_no_other_machine_asked_by_itself",
        "test_chat.py::test_a_recipe_has_no_other_machine_asked_by_itself",
        "test_completions.py::test_another_machine_may_be_asked_when_it_is_allowed",
    ],
    "It asks Claude with your key": ["test_claude_model.py::test_the_limit_is_never_passed"],
    "It decides what your application is asked": ["test_app.py::test_a_reply_is_what_the_application_answered"],
    "It names models and datasets on the Hub": ["test_load_dataset.py::test_datasets_of_the_hub_are_loaded"],
    "It reads no file outside its folder": ["test_no_key_names_a_file_elsewhere"],
    "It fetches no page": ["test_an_address_is_no_file", "test_load_dataset.py::test_a_url_is_no_dataset", "test_an_address_is_no_model"],
    "A dataset that it names": [
        "test_load_dataset.py::test_the_card_of_a_folder_names_no_file_outside",
        "test_load_dataset.py::test_the_state_names_no_file_outside",
        "test_load_dataset.py::test_a_link_leads_nowhere_else",
        "test_load_dataset.py::test_an_archive_is_not_unpacked",
        "test_load_dataset.py::test_a_value_is_not_read_from_the_file_that_a_row_names",
    ],
    "A model's folder that it names": ["test_a_model_reads_no_file_elsewhere", "test_a_model_on_the_hub_reads_no_file_of_this_machine"],
    "A name on the Hub is never taken": ["test_a_name_on_the_hub_is_no_folder_here", "test_a_gguf_file_is_the_recipes"],
    "A pattern that takes more than": [
        "test_checks.py::test_a_pattern_that_would_search_for_ever_is_stopped_in_words",
        "test_checks.py::test_a_pattern_that_would_fill_the_memory_is_told_when_the_recipe_is_read",
    ],
    "A template does": [
        "test_templates.py::test_a_template_cannot_make_something_huge_out_of_something_small",
        "test_templates.py::test_what_is_too_much_work_is_told_in_words",
    ],
    "A fact of Faker has": [
        "test_fake.py::test_a_fact_that_would_fill_the_memory_is_told_before_it_is_made",
        "test_fake.py::test_a_provider_that_never_ends_is_stopped",
    ],
    "A recipe has at most 100 tables": [
        "test_broken_recipes.py::test_too_many_tables",
        "test_broken_recipes.py::test_a_table_that_is_too_large",
        "test_broken_recipes.py::test_tables_made_from_each_other_that_grow_too_large",
    ],
    "A cell of an exported CSV": ["test_harness.py::test_a_spreadsheet_runs_no_message"],
    "An exported file holds no code": ["test_harness.py::test_no_exported_file_steers_a_terminal"],
    "A table has no name": [
        "test_broken_recipes.py::test_a_table_that_would_stand_where_the_output_has_something_of_its_own",
        "test_broken_recipes.py::test_a_name_that_windows_cannot_hold",
        "test_broken_recipes.py::test_tables_that_differ_in_capitals_only",
    ],
    "What a server answers that": [
        "test_other_answers.py::test_a_count_without_its_number_is_told_and_estimated",
        "test_other_answers.py::test_a_body_that_is_no_message_is_told",
        "test_other_answers.py::test_a_batch_that_is_none_is_told",
    ],
    "A link that is changed after": ["test_a_link_that_is_changed_later_leads_nowhere", "test_a_dataset_is_looked_at_again"],
    "It runs no code": [
        "test_a_tag_runs_nothing",
        "test_templates.py::test_a_template_cannot_leave_the_sandbox_or_change_a_value",
        "test_pickled_weights_are_not_read",
        "test_a_module_that_a_model_brings_along_is_not_run",
    ],
    "It names no application": [
        "test_app.py::test_a_mistake_in_a_recipe_is_told",
        "test_app.py::test_where_no_application_is_named_it_is_told_before_anything_is_made",
        "test_completions.py::test_a_recipe_has_no_other_machine_asked_by_itself",
    ],
    "It names an output folder": ["test_a_name_is_no_path"],
    "Only plain files are read": [
        "test_a_pipe_in_a_dataset_is_told",
        "test_a_pipe_is_told_whichever_key_names_it",
        "test_a_device_is_no_recipe",
        "test_a_pipe_in_a_model_is_told",
    ],
    "In the folder of an export": [
        "test_formats.py::test_a_link_that_leaves_the_folder_of_an_export_is_not_followed",
        "test_turns.py::test_a_recipe_reads_no_export_that_links_lead_out_of",
    ],
    "A file of records or messages has at most": ["test_a_file_without_lines_is_told", "test_a_file_of_too_many_records_is_told"],
    "A packed file may hold 100 times": [
        "test_a_packed_file_that_grows_too_far_is_told",
        "test_the_word_of_a_packed_file_for_its_size_is_not_believed",
        "test_a_parquet_file_that_grows_too_far_is_told",
        "test_a_dataset_that_grows_too_far_is_told",
        "test_what_a_model_learned_does_not_grow",
    ],
    "All documents of a field may have 30 MB": [
        "test_claude_fields.py::test_a_document_that_cannot_be_given_is_a_mistake",
        "test_a_file_that_is_too_large_for_what_it_is_is_told",
        "test_aliases_in_a_card_do_not_multiply",
    ],
    "A recipe has at most 50,000 values": [
        "test_a_recipe_does_not_multiply",
        "test_broken_recipes.py::test_a_file_with_too_many_values",
        "test_broken_recipes.py::test_a_million_brackets",
    ],
    "JSON that is nested without end": ["test_what_is_nested_too_deeply_is_told"],
    "Records that rows are made from": ["test_records_are_kept_on_the_disk"],
    "A model has at most 1,000 layers": ["test_a_model_of_too_many_layers_is_told", "test_a_config_describes_no_more_than_there_is"],
    "Each start draws a token": [
        "test_review_page.py::test_it_refuses",
        "test_review_page.py::test_a_link_that_others_may_see_leads_in_once",
    ],
    "Answered is only what asks for": ["test_review_page.py::test_it_refuses", "test_review_page.py::test_its_own_form_is_taken"],
    "Pages may load their own script": [
        "test_review_page.py::test_all_that_is_answered_has_the_headers",
        "test_review_page.py::test_the_policy_lets_nothing_in_from_elsewhere_or_inline",
        "test_review_page.py::test_hostile_rows_are_shown_as_text",
    ],
    "Without a token the server listens": [
        "test_serve.py::test_pages_in_browsers_and_other_names_are_refused",
        "test_serve.py::test_only_the_loopback_needs_no_token",
    ],
    "Another address needs a token": [
        "test_serve.py::test_other_addresses_need_a_token_that_is_long_enough",
        "test_serve.py::test_with_a_token_only_who_knows_it_is_answered",
    ],
    "No page of a browser is answered": ["test_serve.py::test_pages_in_browsers_and_other_names_are_refused"],
    "A request has at most 4 MB": ["test_serve.py::test_a_request_that_is_too_large_is_refused"],
    "What is asked goes to the server": ["test_no_redirect_is_followed", "test_no_redirect_of_a_batch_is_followed"],
    "A batch's results are taken": ["test_results_come_from_the_server_that_was_asked"],
    "How long to wait, and how old": [
        "faults/test_clock.py::test_a_date_to_wait_for_is_one_of_the_servers_clock",
        "faults/test_clock.py::test_a_batch_whose_id_was_lost_is_found_by_a_clock_that_is_wrong",
        "faults/test_clock.py::test_a_clock_that_is_set_in_mid_run_changes_nothing",
    ],
    "The key is nowhere": ["test_claude_model.py::test_the_key_is_nowhere"],
    "A server of models is asked at": ["test_completions.py::test_no_redirect_is_followed", "test_chat.py::test_no_redirect_is_followed"],
    "`check` makes no request": [
        "test_completions.py::test_check_asks_nothing",
        "test_chat.py::test_an_unknown_price_is_said_and_never_nothing",
    ],
    "`SYNTHGEN_COMPLETIONS_KEY` is": ["test_completions.py::test_the_key_is_in_the_request_alone"],
    "`SYNTHGEN_CHAT_KEY` is": [
        "test_chat.py::test_the_key_is_in_the_request_alone",
        "test_chat.py::test_a_run_stops_before_the_request_that_could_pass_the_limit",
    ],
    "OpenAI's key goes": ["test_completions.py::test_the_key_of_openai_goes_to_its_own_server_only"],
    "Of what it answers 1,000,000": [
        "test_completions.py::test_an_answer_without_end_is_not_read_to_its_end",
        "test_completions.py::test_an_answer_that_does_not_come_is_told",
    ],
    "An application gets requests at": ["test_app_model.py::test_no_redirect_is_followed"],
    "A cookie that it sets": ["test_app_model.py::test_no_cookie_leads_from_one_talk_into_another"],
    "Its key, and what": ["test_app_model.py::test_no_secret_comes_back", "test_app.py::test_no_secret_is_written_anywhere"],
    "The keys of OpenAI and Anthropic": ["test_app_model.py::test_a_key_of_others_goes_to_their_own_servers_only"],
    "Of an answer 1,000,000 bytes": [
        "test_app_model.py::test_an_answer_without_end_is_not_read_to_its_end",
        "test_app_model.py::test_what_answers_too_late_is_an_error_of_that_message",
    ],
    "A message fills its place": ["test_app_model.py::test_a_message_fills_its_place_whatever_it_holds"],
    "A push sends nothing while": [
        "test_hub.py::test_an_output_with_a_secret_in_a_row_is_not_sent",
        "test_hub.py::test_a_row_copied_from_the_logs_is_not_sent",
    ],
    "Nobody but the Hub hears": ["test_hub.py::test_nobody_but_the_hub_is_reached_and_it_is_told_nothing_of_the_machine"],
    "An answer in the journal that": ["test_journal.py::test_an_answer_that_a_disk_has_changed_is_asked_for_again"],
    "A run that may not write any more": [
        "faults/test_permissions.py::test_permission_that_is_lost_in_mid_run_ends_it_in_words",
        "faults/test_memory.py::test_what_was_finished_is_kept",
    ],
    "A review, an export, a push and the tuning": [
        "faults/test_lost_permissions.py::test_a_decision_that_cannot_be_written_is_told_and_none_is_lost",
        "faults/test_lost_permissions.py::test_an_export_that_may_not_be_written_leaves_the_one_before",
        "faults/test_lost_permissions.py::test_a_push_that_may_not_read_any_more_goes_on_when_it_may",
        "faults/test_lost_permissions.py::test_a_model_whose_work_may_not_be_written_is_made_on_when_it_may",
        "faults/test_lost_permissions.py::test_what_cannot_take_its_place_keeps_what_it_goes_on_from",
    ],
    "Every other command with too little": [
        "faults/test_memory.py::test_too_little_memory_is_told",
        "faults/test_memory.py::test_a_program_that_cannot_begin_says_why",
    ],
    "Credentials of a storage": [
        "test_remote.py::test_no_secret_is_written",
        "test_remote.py::test_a_store_that_fails_is_told_of_and_loses_nothing",
        "test_remote.py::test_what_is_wrong_with_an_address_is_told_before_anything_is_asked",
    ],
    "A manifest at an address": ["test_remote.py::test_a_manifest_that_names_files_elsewhere_is_refused"],
    "A library that is not written in Python": [
        "faults/test_memory.py::test_a_limit_from_the_start_is_told",
        "faults/test_memory.py::test_what_was_finished_is_kept",
    ],
    "A hard link is a file": ["test_a_hard_link_is_a_file_of_its_folder"],
    "The Hub's own client follows redirects": [
        "test_the_client_of_the_hub_follows_redirects",
        "test_the_client_of_the_hub_takes_the_login_along_on_the_same_host_only",
    ],
}
"""How each sentence of the page begins, and the tests that hold it."""


def test_every_sentence_has_its_test() -> None:
    said = re.findall(r"^\* (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line for line in said if not any(line.startswith(start) for start in SENTENCES)] == []
    assert [start for start in SENTENCES if not any(line.startswith(start) for line in said)] == []
    for name in (name for names in SENTENCES.values() for name in names):
        file, _, test = name.rpartition("::")
        assert f"\ndef {test}(" in (TESTS / (file or Path(__file__).name)).read_text(encoding="utf-8"), name


# Recipes that name files

RECIPE = """
name: shop
models: {%s}
tables:
  traffic:
    rows: 1
    keep: [%s]
    fields:
      m: {kind: typed, seeds: %s}
      %s
"""
SEEDS = "[hi there, where is it, thanks a lot]"
KEYS = {
    "file": 'a: {kind: load, file: "PLACE.jsonl"}',
    "parquet": 'a: {kind: load, file: "PLACE.parquet"}',
    "field": 'a: {kind: load, file: "PLACE.jsonl", field: text}',
    "seeds": 'a: {kind: typed, seeds: "PLACE.txt"}',
    "topics": 'a: {kind: typed, topic: x, seeds: {x: "PLACE.txt"}}',
    "like": 'a: {kind: typed, like: "PLACE.txt"}',
    "labelled": 'a: {kind: typed, topic: x, like: "PLACE.jsonl", labelled: label}',
    "examples": 'a: {kind: claude, shows: [m], task: x, examples: "PLACE.jsonl"}',
    "documents": 'a: {kind: claude, shows: [m], task: x, documents: ["PLACE.md"]}',
    "papers": 'a: {kind: claude, shows: [m], task: x, documents: ["PLACE.pdf"]}',
    "schema": 'a: {kind: claude, shows: [m], task: x, output: {schema: "PLACE.json"}}',
    "assistant": 'a: {kind: conversation, user: m, goal: x, assistant: "PLACE.md"}',
    "not_copied": '{kind: not_copied, field: m, file: "PLACE.txt"}',
    "model": '{kind: base, name: "PLACE.gguf"}',
}
"""Each way in which a recipe names a file."""


def naming(key: str, place: str, seeds: str = SEEDS) -> str:
    """A recipe that names a file, its ending aside, under a key."""
    part = KEYS[key].replace("PLACE", place)
    parts = {"model": (f"typist: {part}", "", ""), "not_copied": ("", part, "")}
    models, keep, field = parts.get(key, ("", "", part))
    return RECIPE % (models, keep, seeds, field)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody's own files, which are none of the recipe's business."""
    place = tmp_path_factory.mktemp("home")
    row = {"text": SECRET, "label": "a", "input": SECRET, "output": SECRET}
    for name in ("a.jsonl", "a.txt", "a.md", "a.pdf", "a.json", "a.gguf"):
        (place / name).write_text(json.dumps(row) + "\n")
    parquet.write_table(pyarrow.Table.from_pylist([row]), place / "a.parquet")
    return place


def refusal(load: Callable[..., Any], *given: Any, **options: Any) -> str:
    with pytest.raises(SynthgenError) as refused:
        load(*given, **options)
    return str(refused.value)


@pytest.mark.parametrize("key", KEYS)
def test_no_key_names_a_file_elsewhere(recipe: Callable[..., Loaded], tmp_path: Path, home: Path, monkeypatch: Any, key: str) -> None:
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "up").symlink_to(home)
    for name in home.iterdir():
        (tmp_path / f"link{name.suffix}").symlink_to(name)
    for place in (f"{home}/a", os.path.relpath(home / "a", tmp_path), "~/a", "link", "up/a", f"x/../{os.path.relpath(home, tmp_path)}/a"):
        told = refusal(recipe, naming(key, place))
        assert SECRET not in told
        assert "leaves the recipe's folder" in told, (place, told)
        assert f"--allow {home}" in told


@pytest.mark.parametrize("key", KEYS)
def test_an_address_is_no_file(recipe: Callable[..., Loaded], home: Path, key: str) -> None:
    for start in ("file://", "file:", "http://127.0.0.1:9", "hf://datasets/x/y", "s3://x", "zip://a.txt::", "local://", "memory://"):
        told = refusal(recipe, naming(key, f"{start}{home}/a"))
        assert SECRET not in told
        assert "recipe.yaml:" in told


def test_an_allowed_folder_is_read(recipe: Callable[..., Loaded], home: Path) -> None:
    assert recipe(naming("file", f"{home}/a"), allow=[home])


def test_what_is_beside_the_recipe_is_read(make: Callable[..., dict[str, Any]]) -> None:
    text = "name: x\ntables: {t: {rows: 1, fields: {a: {kind: load, file: sub/own.jsonl}}}}"
    assert make(text, files={"sub/own.jsonl": '{"text": "mine"}'})["t"].column("a") == [{"text": "mine"}]


def test_a_hard_link_is_a_file_of_its_folder(make: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jsonl").write_text('{"text": "x"}')
    (tmp_path / "own.jsonl").hardlink_to(tmp_path / "elsewhere" / "a.jsonl")
    text = "name: x\ntables: {t: {rows: 1, fields: {a: {kind: load, file: own.jsonl}}}}"
    assert make(text)["t"].column("a") == [{"text": "x"}]


def test_a_link_that_is_changed_later_leads_nowhere(recipe: Callable[..., Loaded], tmp_path: Path, home: Path) -> None:
    """What is read when a recipe is checked is read no second time; what is read later is looked at then."""
    (tmp_path / "own.txt").write_text("hi there\nwhere is it\n")
    (tmp_path / "own.md").write_text("# Guide")
    link = {name: tmp_path / f"link{name}" for name in (".txt", ".md")}
    for name, place in link.items():
        place.symlink_to(f"own{name}")
    fields = recipe(naming("documents", "link", "link.txt")).recipe.tables["traffic"].fields
    for name, place in link.items():
        place.unlink()
        place.symlink_to(home / f"a{name}")
    read: list[Callable[[], Any]] = [lambda: getattr(fields["a"], "papers"), lambda: fields["a"].files(), lambda: fields["m"].files()]  # noqa: B009
    for one in read:
        with pytest.raises((SynthgenError, ValueError), match="leaves the recipe's folder"):
            one()


def test_a_name_is_no_path(recipe: Callable[..., Loaded]) -> None:
    for name in ("../out", "/tmp/out", "a/b", "..", "~", "a\\b", ".hidden", "a\n"):
        for text in (
            "name: %s\ntables: {t: {rows: 1, fields: {a: {kind: id}}}}",
            "name: x\ntables: {%s: {rows: 1, fields: {a: {kind: id}}}}",
        ):
            assert "cannot be a name here" in refusal(recipe, text % json.dumps(name))


def test_a_tag_runs_nothing(recipe: Callable[..., Loaded], tmp_path: Path) -> None:
    told = refusal(recipe, f"name: !!python/object/apply:os.mkdir [{tmp_path}/made]\n")
    assert "unknown tag" in told or "expected text" in told
    assert not (tmp_path / "made").exists()


def test_a_name_that_can_be_none_is_told(recipe: Callable[..., Loaded]) -> None:
    for key in KEYS:
        assert "too long for a path" in refusal(recipe, naming(key, "./" + "a" * 5000))
        assert "is no path" in refusal(recipe, naming(key, "./a\\0b"))


# Files that are no plain files

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def pipe(path: Path) -> None:
    """A named pipe, whose reader would get nothing and not wait for ever."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(FileNotFoundError):  # the test is over, and its folder gone
            path.open("w").close()

    threading.Thread(target=write, daemon=True).start()


@pipes
@pytest.mark.parametrize("key", KEYS)
def test_a_pipe_is_told_whichever_key_names_it(recipe: Callable[..., Loaded], tmp_path: Path, key: str) -> None:
    for suffix in (".jsonl", ".parquet", ".txt", ".md", ".pdf", ".json", ".gguf"):
        pipe(tmp_path / f"own{suffix}")
    assert " is a named pipe, not a file\n" in refusal(recipe, naming(key, "own"))


@pipes
@pytest.mark.parametrize("name", ["README.md", ".huggingface.yaml", "dataset_infos.json", "state.json"])
def test_a_pipe_in_a_dataset_is_told(recipe: Callable[..., Loaded], tmp_path: Path, name: str) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jsonl").write_text('{"text": "x"}')
    (tmp_path / "set" / "dataset_info.json").write_text("{}")
    pipe(tmp_path / "set" / name)
    text = "name: x\ntables: {t: {rows: 1, fields: {a: {kind: load, dataset: ./set}}}}"
    assert f"set/{name} is a named pipe, not a file" in refusal(recipe, text)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_is_no_recipe() -> None:
    assert refusal(load, "/dev/zero") == "/dev/zero: a device, not a file\n    only plain files are read: save its content to one"


@pipes
def test_a_pipe_is_no_recipe(tmp_path: Path) -> None:
    pipe(tmp_path / "a.yaml")
    assert ": a named pipe, not a file\n" in refusal(load, tmp_path / "a.yaml")


# Files that are more than they seem


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def packed(path: Path, piece: bytes, size: int) -> Path:
    with pyarrow.CompressedOutputStream(str(path), "zstd") if path.suffix == ".zst" else gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(size // len(piece)):
            file.write(piece)
    return path


@pytest.mark.parametrize(("name", "start"), [("a.jsonl", '{"text": "'), ("a.json", '[{"text": "'), ("a.csv", "text\n"), ("a.txt", "hi\n")])
def test_a_file_without_lines_is_told(tmp_path: Path, name: str, start: str) -> None:
    (tmp_path / name).write_text(start + "x" * 34_000_000)
    assert re.search(r"a\.\w+:[12]: (a line|an object) of more than 32,000,000 characters", refusal(files.messages, tmp_path / name))
    assert "zero bytes, which no text has" in refusal(files.messages, sparse(tmp_path / name, 400_000_000))


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("a.jsonl.gz", b'{"text": "hi there"}\n' * 1000),
        ("a.json.gz", b'[{"text": "hi there"},' * 1000),
        ("a.csv.gz", b"text\n" * 1000),
        ("a.txt.gz", b"hi there\n" * 1000),
        ("b.txt.gz", bytes(1000)),
        ("a.txt.zst", b"hi there\n" * 1000),
    ],
)
def test_a_packed_file_that_grows_too_far_is_told(tmp_path: Path, name: str, piece: bytes) -> None:
    file = packed(tmp_path / name, piece, 25_000_000)
    assert f"{name}: it unpacks to more than 100 times its size" in refusal(files.messages, file)


def test_the_word_of_a_packed_file_for_its_size_is_not_believed(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.txt.gz", b"hi there\n" * 1000, 25_000_000)
    file.write_bytes(file.read_bytes()[:-4] + (1000).to_bytes(4, "little"))
    assert "a.txt.gz: it unpacks to more than 100 times its size" in refusal(files.messages, file)


def test_a_packed_file_that_grows_as_logs_do_is_read(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.txt.gz", b"hi there\n" * 1000, 5_000_000)
    assert file.stat().st_size < 50_000
    assert len(files.messages(file)) > 500_000


def test_a_parquet_file_that_grows_too_far_is_told(tmp_path: Path) -> None:
    shared = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 2000, pyarrow.int32()), pyarrow.array(["x" * 100_000]))
    parquet.write_table(pyarrow.table({"text": shared}), tmp_path / "shared.parquet", store_schema=False)
    parquet.write_table(pyarrow.table({"text": ["x" * 40_000_000]}), tmp_path / "page.parquet", compression="zstd", use_dictionary=False)
    parquet.write_table(pyarrow.table({"text": [["x" * 1_000_000] * 100]}), tmp_path / "list.parquet")
    for name in ("shared", "page", "list"):
        file = tmp_path / f"{name}.parquet"
        assert "it unpacks to more than 100 times its size" in refusal(lambda file=file: list(files.records(file)))  # type: ignore[misc]


def test_a_file_of_too_many_records_is_told(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": pyarrow.nulls(10_000_001, pyarrow.int8())}), tmp_path / "a.parquet")
    assert "there are more than 10,000,000 records in it" in refusal(files.messages, tmp_path / "a.parquet")


def test_a_file_that_is_too_large_for_what_it_is_is_told(recipe: Callable[..., Loaded], tmp_path: Path) -> None:
    for suffix, size, most in ((".jsonl", 2_000_000_001, "2 GB"), (".md", 60_000_001, "60 MB"), (".json", 1_000_001, "1 MB")):
        sparse(tmp_path / f"own{suffix}", size)
        key = {".jsonl": "file", ".md": "documents", ".json": "schema"}[suffix]
        assert f"own{suffix}: it has {most}; at most {most} are read" in refusal(recipe, naming(key, "own"))
    sparse(tmp_path / "own.yaml", 1_100_000)
    assert "a recipe has at most 1,048,576" in refusal(load, tmp_path / "own.yaml")


TEXT = "name: x\ntables: {t: {rows: 1, fields: {a: {kind: load, dataset: ./set}}}}"


def compressed_arrow(path: Path, kind: str) -> None:
    table = pyarrow.table({"text": ["x" * 1000] * 1000})
    with getattr(ipc, f"new_{kind}")(str(path), table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as file:
        file.write_table(table)


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        ("a.jsonl.gz", lambda path: packed(path, b'{"text": "x"}\n' * 1000, 25_000_000), "more than 100 times"),
        ("a.jsonl", lambda path: packed(path, b'{"text": "x"}\n' * 1000, 25_000_000), "more than 100 times"),
        ("a.jsonl.zst", lambda path: packed(path, b'{"text": "x"}\n' * 1000, 25_000_000), "more than 100 times"),
        ("a.jsonl", lambda path: path.write_bytes(b"{" + b" " * 40_000_000), "a line of more than 32,000,000 bytes"),
        ("a.jsonl", lambda path: path.write_text('{"a": ' + "[" * 50_000 + "]" * 50_000 + "}"), "nested more than 200 deep"),
        ("a.txt", lambda path: sparse(path, 5_000_000), "it begins with 4,000,000 zeros"),
        ("a.arrow", lambda path: compressed_arrow(path, "stream"), "it is compressed"),
        ("b.arrow", lambda path: compressed_arrow(path, "file"), "it is compressed"),
    ],
)
def test_a_dataset_that_grows_too_far_is_told(make: Callable[..., Any], tmp_path: Path, name: str, write: Any, told: str) -> None:
    (tmp_path / "set").mkdir()
    write(tmp_path / "set" / name)
    assert told in refusal(make, TEXT)


def test_a_dataset_of_arrow_files_is_read(make: Callable[..., Any], tmp_path: Path) -> None:
    for kind in ("stream", "file"):
        shutil.rmtree(tmp_path / "set", ignore_errors=True)
        (tmp_path / "set").mkdir()
        table = pyarrow.table({"text": ["mine"], "kind": pyarrow.array([kind]).dictionary_encode()})
        with getattr(ipc, f"new_{kind}")(str(tmp_path / "set" / "a.arrow"), table.schema) as file:
            file.write_table(table)
        assert make(TEXT.replace("./set", "./set, field: text"))["t"].column("a") == ["mine"]


def test_aliases_in_a_card_do_not_multiply(recipe: Callable[..., Loaded]) -> None:
    names = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)]
    said = "\n".join(["a0: &a0 [x.jsonl]", *names, "configs: [{config_name: default, data_files: *a9}]\n"])
    for name, text in (("README.md", f"---\n{said}---\n"), (".huggingface.yaml", said)):
        told = refusal(recipe, TEXT, files={"set/x.jsonl": '{"text": "x"}', f"set/{name}": text})
        assert "more than 50,000 things, its aliases (*name) written out" in told


def test_a_recipe_does_not_multiply(recipe: Callable[..., Loaded]) -> None:
    names = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    assert "aliases of aliases multiply" in refusal(recipe, "\n".join(["a0: &a0 [x]", *names]))


@pytest.mark.parametrize("brackets", [900, 100_000])
def test_what_is_nested_too_deeply_is_told(recipe: Callable[..., Loaded], brackets: int) -> None:
    deep = '{"a": ' + "[" * brackets + "]" * brackets + "}"
    for key, name, text in (("file", "own.jsonl", deep), ("schema", "own.json", deep), ("schema", "own.json", "[" * brackets)):
        assert f"{name}" in refusal(recipe, naming(key, "own"), files={name: text})
    schema = '{"type": "array", "items": ' * 120 + '{"type": "string"}' + "}" * 120
    assert "a schema as deep as this cannot be asked for" in refusal(recipe, naming("schema", "own"), files={"own.json": schema})
    assert "cannot be read" in refusal(recipe, naming("file", "own"), files={"own.jsonl": '{"a": ' + "9" * 5000 + "}"})


def test_records_are_kept_on_the_disk(tmp_path: Path) -> None:
    def records() -> Iterator[dict[str, Any]]:
        yield from ({"number": number, "text": f"{number} " * 400} for number in range(20_000))

    tracemalloc.start()
    kept = StoredRecords(records(), "a.jsonl", in_memory=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert list(kept) == list(records())
    assert [kept[-1], *kept[3:5]] == [list(records())[place] for place in (-1, 3, 4)]


def test_a_long_list_is_read_as_a_short_one(tmp_path: Path) -> None:
    records = [{"text": f"{number} é 🙏 \\u00e9", "n": [number, {"a": "]}"}]} for number in range(25_000)]
    for indent in (None, 1):
        (tmp_path / "a.json").write_text(json.dumps(records, indent=indent, ensure_ascii=False))
        assert list(files.records(tmp_path / "a.json")) == records


def test_a_paper_does_not_unpack_without_end() -> None:
    import base64
    import zlib

    part = b"1 0 obj << /Type /ObjStm >> stream\n" + zlib.compress(b"/Type /Page " + bytes(30_000_000))
    assert pages(base64.b64encode(b"%PDF-1.4 " + part).decode()) == 1
    assert pages(base64.b64encode(b"%PDF-1.4 " + part * 5).decode()) == 0


# Models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is looked at of a model's folder, beside the recipe."""
    place = tmp_path / "model"
    place.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (place / name).write_text("{}")
    (place / "model.safetensors").write_bytes(b"weights")
    return place


MODEL = "name: x\nmodels: {typist: {kind: base, name: ./model}}\ntables: {t: {rows: 1, fields: {a: {kind: typed, seeds: [hi, ho, he]}}}}"


def test_a_model_reads_no_file_elsewhere(recipe: Callable[..., Loaded], folder: Path, home: Path) -> None:
    def told(name: str, content: Any) -> str:
        before = (folder / name).read_bytes() if (folder / name).exists() else None
        (folder / name).unlink(missing_ok=True)
        if isinstance(content, Path):
            (folder / name).symlink_to(content)
        else:
            (folder / name).write_text(json.dumps(content))
        found = refusal(recipe, MODEL)
        (folder / name).unlink()
        if before is not None:
            (folder / name).write_bytes(before)
        return found

    assert recipe(MODEL)
    for name in ("config.json", "tokenizer.json", "model.safetensors", "learned.npz", "chat_template.jinja"):
        assert f"model './model': its file '{name}' leads out of the recipe's folder\n" in told(name, home / "a.json")
    secret = str(home / "a.txt")
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        for said in ({"vocab_file": secret}, {"vocab": secret}, {"init_inputs": [secret]}, {"a": {"b": os.path.relpath(secret)}}):
            assert f"its {name} names a file elsewhere" in told(name, said)
    for shard in (secret, f"../{secret}", "a/b.safetensors", "a.bin", 3):
        assert f"names '{shard}', which is no .safetensors file" in told("model.safetensors.index.json", {"weight_map": {"x": shard}})
    assert "it is an adapter" in told("adapter_config.json", {"base_model_name_or_path": str(home)})
    assert "asks for code from the Hub" in told("config.json", {"attn_implementation": "stranger/kernel"})


def test_a_model_that_is_allowed_may_lie_in_links(recipe: Callable[..., Loaded], folder: Path, home: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").symlink_to(home / "a.json")
    assert recipe(MODEL, allow=[home])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", {"num_hidden_layers": 1_000_000}),
        ("config.json", {"text_config": {"n_layer": 10**12}}),
        ("config.json", {"num_layers": 100, "num_local_experts": 100_000}),
    ],
)
def test_a_model_of_too_many_layers_is_told(recipe: Callable[..., Loaded], folder: Path, name: str, said: Any) -> None:
    (folder / name).write_text(json.dumps(said))
    assert "; a model has at most " in refusal(recipe, MODEL) or "a model has at most 100,000 of them" in refusal(recipe, MODEL)


def test_a_gguf_file_of_too_many_layers_is_told(recipe: Callable[..., Loaded], tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF....llama.block_count" + (4).to_bytes(4, "little") + (10**6).to_bytes(4, "little") + bytes(9))
    assert "it says block_count: 1,000,000" in refusal(recipe, naming("model", "own"))


@pipes
def test_a_pipe_in_a_model_is_told(recipe: Callable[..., Loaded], folder: Path) -> None:
    pipe(folder / "vocab.txt")
    assert "model './model': its file 'vocab.txt' is a named pipe, not a file" in refusal(recipe, MODEL)


def test_pickled_weights_are_not_read(recipe: Callable[..., Loaded], folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    assert "its weights are in a pickle, which can hold any program and was not run\n" in refusal(recipe, MODEL)


def test_what_a_model_learned_does_not_grow(tmp_path: Path) -> None:
    import numpy

    numpy.savez_compressed(tmp_path / "learned.npz", run=8, digests=numpy.zeros(3_000_000, dtype=numpy.uint64))
    assert "it unpacks to far more than it is" in refusal(Originals.load, tmp_path / "learned.npz")


def test_an_address_is_no_model(recipe: Callable[..., Loaded]) -> None:
    for name in ("http://127.0.0.1:9/x", "hf://x/y", "a/b/c", "a/..b", "file:x", "x" * 5000):
        assert "is neither a folder, nor a .gguf file, nor the id of a model on the Hub" in refusal(
            recipe, MODEL.replace("./model", json.dumps(name))
        )
    for revision in ("../../home", "/etc", "a/../../b", "-x", ".."):
        assert "is no branch, tag or commit" in refusal(recipe, MODEL.replace("./model", f"owner/name, revision: {json.dumps(revision)}"))


def test_a_name_on_the_hub_is_no_folder_here(recipe: Callable[..., Loaded], home: Path, monkeypatch: Any) -> None:
    text = MODEL.replace("./model", "owner/name")
    loaded = recipe(text)
    (home / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(home)
    assert "where this command runs there is one that is none of the recipe's" in refusal(recipe, text)
    spec = loaded.recipe.models["typist"]
    model = BaseModel(getattr(spec, "place"), fence=getattr(spec, "fence"))  # noqa: B009
    assert "where this command runs there is a folder of that name" in refusal(lambda: model.identity)


def changed(place: Path, name: str, **said: Any) -> None:
    known = json.loads((place / name).read_text()) if (place / name).exists() else {}
    (place / name).write_text(json.dumps(known | said))


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """A whole little model that can be changed."""
    return Path(shutil.copytree(tiny, tmp_path / "own"))


def test_a_module_that_a_model_brings_along_is_not_run(own: Path, tmp_path: Path) -> None:
    (own / "evil.py").write_text(f"open({str(tmp_path / 'made')!r}, 'w').close()\n")
    (own / "custom_generate").mkdir()
    (own / "custom_generate" / "generate.py").write_text((own / "evil.py").read_text())
    changed(own, "config.json", model_type="evil", auto_map={"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"})
    assert "brings a program of its own, which was not run" in refusal(BaseModel(str(own)).opened)
    assert not (tmp_path / "made").exists()


def test_a_config_describes_no_more_than_there_is(own: Path) -> None:
    changed(own, "config.json", vocab_size=10**7, tie_word_embeddings=False)
    assert "numbers, and its weights have only " in refusal(BaseModel(str(own), device="cpu").opened)


def test_a_vocabulary_that_is_none_is_told(own: Path) -> None:
    (own / "tokenizer.json").unlink()
    (own / "vocab.txt").write_text("a\nb\n")
    changed(own, "tokenizer_config.json", tokenizer_class="BertTokenizer")
    with pytest.raises(ModelError):
        BaseModel(str(own), device="cpu").count("hello there")


def test_packed_weights_fit_each_other(tiny_packed: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    own = Path(shutil.copytree(tiny_packed, tmp_path / "own"))
    parts = load_file(own / "model.safetensors")
    parts["x.scales"], parts["x.blocks"] = torch.zeros(5000, 50, 1, dtype=torch.float16), torch.zeros(1, 1, 9, dtype=torch.uint8)
    save_file(parts, own / "model.safetensors", metadata={"format": "synthgen packed 1"})
    assert "the parts of 'x' do not fit each other" in refusal(BaseModel(str(own), device="cpu").opened)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: Any) -> Path:
    """What was fetched of the model owner/name of the Hub, which cannot be reached."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit = "a" * 40
    place = tmp_path / "cache" / "models--owner--name"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    return little(place / "snapshots" / commit)


def test_a_model_on_the_hub_reads_no_file_of_this_machine(hub_cache: Path, home: Path) -> None:
    def model() -> BaseModel:
        return BaseModel("owner/name", device="cpu", fence=lambda path: Path(path))

    assert model().count("hello") > 0
    assert model().identity.startswith(f"owner/name@{'a' * 40} ")
    changed(hub_cache, "special_tokens_map.json", vocab_file=str(home / "a.txt"))
    fenced = BaseModel("owner/name", fence=load({"name": "x", "tables": {"t": {"rows": 1, "fields": {"a": {"kind": "id"}}}}}).context.path)
    assert "its special_tokens_map.json names a file elsewhere" in refusal(lambda: fenced.tokenizer)
    (hub_cache / "special_tokens_map.json").unlink()
    changed(hub_cache, "config.json", num_hidden_layers=10**6)
    assert "a model has at most 1,000 layers" in refusal(lambda: model().identity)
    changed(hub_cache, "config.json", num_hidden_layers=2)
    changed(hub_cache, "model.safetensors.index.json", weight_map={"x": "../../../../home/a.safetensors"})
    assert "which is no .safetensors file" in refusal(model().opened)


def gguf(path: Path, source: Path, scale: float) -> Path:
    """The little model as a GGUF file, its numbers multiplied."""
    writer = pytest.importorskip("gguf").GGUFWriter(str(path), "llama")
    from safetensors.torch import load_file

    stored, words = load_file(source / "model.safetensors"), json.loads((source / "tokenizer.json").read_text())["model"]
    for add, value in (
        ("context_length", 2048), ("embedding_length", 64), ("block_count", 2), ("feed_forward_length", 128), ("head_count", 4),
        ("head_count_kv", 2), ("layer_norm_rms_eps", 1e-6), ("rope_freq_base", 10000.0), ("vocab_size", 360), ("file_type", 0),
        ("tokenizer_model", "gpt2"), ("tokenizer_pre", "default"), ("bos_token_id", 0), ("eos_token_id", 0),
    ):  # fmt: skip
        getattr(writer, f"add_{add}")(value)
    writer.add_token_list(sorted(words["vocab"], key=words["vocab"].__getitem__))
    writer.add_token_merges([" ".join(pair) for pair in words["merges"]])
    parts = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output"}
    parts |= {"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    parts |= {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm"}
    names |= {f"model.layers.{layer}.{part}": f"blk.{layer}.{name}" for layer in range(2) for part, name in parts.items()}
    for part, name in names.items():
        writer.add_tensor(f"{name}.weight", stored[f"{part}.weight"].float().numpy() * scale)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_gguf_file_is_the_recipes(tiny: Path, tmp_path: Path, home: Path, monkeypatch: Any) -> None:
    pytest.importorskip("accelerate")
    file = gguf(tmp_path / "a.gguf", tiny, 1.0)
    gguf(home / "a.gguf", tiny, 0.5)
    monkeypatch.chdir(home)
    model, _ = BaseModel(str(file), dtype="float32", device="cpu", fence=lambda path: Path(path)).opened()
    plain, _ = BaseModel(str(tiny), dtype="float32", device="cpu").opened()
    assert model.get_input_embeddings().weight.equal(plain.get_input_embeddings().weight)


def test_a_dataset_is_looked_at_again(recipe: Callable[..., Loaded], tmp_path: Path, home: Path) -> None:
    field: Any = recipe(TEXT, files={"set/a.jsonl": '{"text": "mine"}'}).recipe.tables["t"].fields["a"]
    assert field.files()
    (tmp_path / "set" / "a.jsonl").unlink()
    (tmp_path / "set" / "a.jsonl").symlink_to(home / "a.jsonl")
    assert "its file 'a.jsonl' leads out of the recipe's folder" in refusal(lambda: field._records)


# Servers

HAIKU = "claude-haiku-4-5"
PROMPT = Prompt("what only Claude may read", 0, brief=Brief("Label it.", tokens=300))


@pytest.fixture
def other() -> Iterator[ClaudeServer]:
    """A server that would answer as Claude does."""
    with ClaudeServer(answer=lambda request: "not Claude's") as running:
        yield running


def led_away(server: ClaudeServer, other: ClaudeServer, status: int, path: str) -> None:
    """Let requests for a path be sent on to another server."""

    def draw(number: int) -> str | None:
        entry = server.log[number - 1]
        return f"{status} location={other.url}{entry.path}" if re.fullmatch(path, entry.path) else None

    server.faults = draw


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/models/.*"])
def test_no_redirect_is_followed(server: ClaudeServer, other: ClaudeServer, status: int, path: str) -> None:
    led_away(server, other, status, path)
    told = refusal(lambda: list(ClaudeModel(HAIKU, timeout=2).complete([PROMPT] * 40)))
    assert "the server sends requests on to another address (http://127.0.0.1:" in told
    assert "where nothing is sent\n" in told
    assert other.log == ()


def test_no_redirect_of_counting_is_followed(server: ClaudeServer, other: ClaudeServer) -> None:
    led_away(server, other, 307, "/v1/messages/count_tokens")
    assert "sends requests on to another address" in refusal(ClaudeModel(HAIKU, timeout=2).tokens, [PROMPT])
    assert other.log == ()


def batched(journal: Journal) -> list[str]:
    door = Journalled(ClaudeModel(HAIKU, timeout=2), journal, batch=Batching(wait=lambda seconds: None))
    return [one.text for one in door.complete([PROMPT])]


@pytest.mark.parametrize("path", ["/v1/messages/batches", "/v1/messages/batches/[^/]+", "/v1/messages/batches/[^/]+/results"])
def test_no_redirect_of_a_batch_is_followed(server: ClaudeServer, other: ClaudeServer, monkeypatch: Any, path: str) -> None:
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.01)
    led_away(server, other, 307, path)
    journal = Journal(None)
    assert "sends requests on to another address" in refusal(batched, journal)
    assert other.log == ()
    server.faults = None
    assert batched(journal) == [PROMPT.text]


def test_results_come_from_the_server_that_was_asked(server: ClaudeServer, other: ClaudeServer) -> None:
    server.results_at = other.url
    assert batched(Journal(None)) == [PROMPT.text]
    assert other.log == ()


@contextmanager
def redirecting() -> Iterator[tuple[str, list[tuple[str, str | None]], dict[str, str]]]:
    """A server that sends requests for some files on to other places: its address, the path and login of every request, and the places."""
    requests, places = list[tuple[str, str | None]](), dict[str, str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            requests.append((path, self.headers.get("authorization")))
            place = places.get(path.rpartition("/")[2])
            self.send_response(302 if place else 200)
            for name, value in {
                **({"location": place} if place else {}),
                "x-repo-commit": "a" * 40,
                "etag": '"b"',
                "x-linked-etag": '"b"',
                "x-linked-size": "2",
                "content-length": "0" if place else "2",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET" and not place:
                self.wfile.write(b"hi")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests, places
        server.shutdown()


def test_the_client_of_the_hub_follows_redirects() -> None:
    from huggingface_hub import get_session

    assert get_session().follow_redirects


def test_the_client_of_the_hub_takes_the_login_along_on_the_same_host_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download

    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    with redirecting() as (elsewhere, logins_elsewhere, _), redirecting() as (here, logins, places):
        places["near.txt"], places["far.txt"] = f"{here}/moved", f"{elsewhere}/moved"
        for name in places:
            hf_hub_download("me/shop", name, repo_type="dataset", token="hf_login", endpoint=here, cache_dir=tmp_path / name)
    assert {login for path, login in logins if path == "/moved"} == {"Bearer hf_login"}
    assert {path for path, _ in logins_elsewhere} == {"/moved"}
    assert {login for _, login in logins_elsewhere} == {None}
