"""Reading rows of an output: which ones, in which order, beside which others; and of a run that is not finished."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

import pytest
from typer.testing import CliRunner

import synthgen
from synthgen.api import LookedRow, Tick
from synthgen.cli import app
from synthgen.cli.terminal.rows import How, block
from synthgen.dataset import Dataset
from synthgen.errors import DataError, LimitError, OutputError
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

SAID = ["my card is LOST please help me", "where is my refund", "it does not work", "Straße 5, when will it come"]
SHOP: dict[str, Any] = {
    "name": "shop",
    "seed": 2,
    "tables": {
        "traffic": {
            "rows": 40,
            "fields": {
                "intent": {"kind": "choice", "options": ["late", "lost card", "refund"]},
                "amount": {"kind": "number", "between": [1, 99], "when": "{{ intent != 'late' }}"},
                "text": {"kind": "choice", "options": SAID, "hidden": True},
                "message": {"kind": "noise", "of": "text", "voice": {"texter": 1, "phone": 1}},
                "case": {"kind": "choice", "options": {"none": 3, "empty": 1}},
                "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
            },
        },
        "replies": {
            "from": {"table": "traffic", "rows": 20, "per_row": [1, 3], "carry": ["intent"]},
            "fields": {"reply": {"kind": "template", "template": "about {{ intent }}"}, "mood": {"kind": "choice", "options": ["a", "b"]}},
            "keep": [{"kind": "lacks", "field": "mood", "pattern": "b"}, {"kind": "lacks", "field": "intent", "pattern": "lost"}],
        },
        "second": {"from": {"table": "replies", "rows": 9}, "fields": {"more": {"kind": "template", "template": "and {{ reply }}"}}},
        "others": {"from": {"table": "traffic", "rows": 5}, "fields": {"other": {"kind": "template", "template": "{{ intent }}!"}}},
        "alone": {"rows": 3, "fields": {"f": {"kind": "choice", "options": ["a", "b"]}}},
    },
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished output. Nobody writes to it."""
    return synthgen.make(SHOP, out=tmp_path_factory.mktemp("shop") / "shop").folder


def every(folder: Path, table: str) -> list[dict[str, Any]]:
    return list(Dataset.open(folder).rows(table))


def run(*words: object) -> str:
    done = CliRunner().invoke(app, ["look", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def number(row: dict[str, Any]) -> int:
    return int(row["provenance"]["row"])


# Which rows, and in which order


def test_it_unpacks_into_table_rows_and_how_many_fit(shop: Path) -> None:
    table, rows, fitting = synthgen.look(shop, rows=3, skip=4)
    assert (table, rows, fitting) == ("traffic", every(shop, "traffic")[4:7], 40)
    assert synthgen.look(shop, rows=3, skip=4)[1] == rows
    assert repr(synthgen.look(shop, rows=3)) == "Looked(traffic: 3 of 40 rows)"


@pytest.mark.parametrize("search", ["REFUND", "strasse", "lost CARD", "99", "empty"])
def test_a_text_is_searched_in_all_that_is_shown_whatever_the_case(shop: Path, search: str) -> None:
    _, rows, fitting = synthgen.look(shop, search=search, rows=100)
    shown = ("intent", "amount", "message", "input", "case", "message_voice")
    fit = [row for row in every(shop, "traffic") if any(search.casefold() in str(row[name]).casefold() for name in shown)]
    assert rows == fit
    assert fitting == len(fit) > 0


def test_what_was_measured_is_not_searched(shop: Path) -> None:
    assert any(row["message_slips"] for row in every(shop, "traffic"))
    assert synthgen.look(shop, search="neighbour_key").fitting == 0
    assert synthgen.look(shop, "refused", search="values").fitting == 0


def test_rows_are_sorted_by_a_field_and_what_has_no_value_comes_last(shop: Path) -> None:
    rising, falling = ([row["amount"] for row in synthgen.look(shop, sort=sort, rows=100).rows] for sort in ("amount", "-amount"))
    known = sorted(row["amount"] for row in every(shop, "traffic") if row["amount"] is not None)
    nothing = [None] * (40 - len(known))
    assert nothing
    assert rising == known + nothing
    assert falling == known[::-1] + nothing
    by_voice = synthgen.look(shop, sort="voice", rows=100).rows
    assert by_voice == sorted(every(shop, "traffic"), key=lambda row: row["message_voice"])  # equal ones stay as they were


def test_the_page_is_of_what_fits_in_its_order(shop: Path) -> None:
    how: dict[str, Any] = {"where": ["intent=refund"], "search": "a", "sort": "-message"}
    whole = synthgen.look(shop, rows=100, **how)
    assert [row["intent"] for row in whole.rows] == ["refund"] * whole.fitting
    parts = [synthgen.look(shop, rows=2, skip=skip, **how).rows for skip in range(0, whole.fitting, 2)]
    assert [row for part in parts for row in part] == whole.rows


def test_a_label_goes_by_the_name_that_is_shown(shop: Path) -> None:
    others = [row["intent"] for row in synthgen.look(shop, where=["intent!=refund"], rows=100).rows]
    assert "refund" not in others
    assert len(others) + synthgen.look(shop, where=["intent=refund"]).fitting == synthgen.look(shop).fitting
    assert synthgen.look(shop, where=["voice=phone"]).rows == synthgen.look(shop, where=["message_voice=phone"]).rows != []
    assert synthgen.look(shop, "refused", where=["intent=late"]).rows == synthgen.look(shop, "refused", where=["values.intent=late"]).rows
    (first, *_) = synthgen.look(shop, fields=["voice", "provenance.row"], rows=1).rows
    assert first == {"voice": every(shop, "traffic")[0]["message_voice"], "provenance.row": 0}


def test_a_row_goes_by_its_id(shop: Path) -> None:
    own = every(shop, "replies")[7]
    found = synthgen.look(shop, row=f"replies-{number(own)}")
    assert (found.table, found.rows, found.fitting) == ("replies", [own], 1)
    (refused, *_) = every(shop, "refused")
    assert refused["table"] == "replies"
    tries = synthgen.look(shop, "refused", row=f"replies-{refused['row']}")
    assert {(row["table"], row["row"]) for row in tries.rows} == {("replies", refused["row"])}


def test_what_is_not_there_is_told_with_a_way_out(shop: Path) -> None:
    kept = {number(row) for row in every(shop, "replies")}
    gone = next(row["row"] for row in every(shop, "refused") if row["row"] not in kept)
    elsewhere, related = f"refused --row replies-{gone} shows it", "name tables of which one is made from the other"
    for how, message, hint in (
        ({"sort": "amuont"}, "table 'traffic' has no field 'amuont'", "did you mean 'amount'?"),
        ({"where": ["vioce=phone"]}, "table 'traffic' has no field 'vioce'", "did you mean 'voice'?"),
        ({"fields": ["intnet"]}, "table 'traffic' has no field 'intnet'", "did you mean 'intent'?"),
        ({"table": "refused", "where": ["intnt=x"]}, "table 'refused' has no field 'intnt'", "did you mean 'intent'?"),
        ({"row": "traffic-4000"}, f"'traffic' of {shop} has no row traffic-4000", "the last one is traffic-39"),
        ({"row": f"replies-{gone}"}, f"'replies' of {shop} has no row replies-{gone}", f"synthgen look {shop} {elsewhere}"),
        ({"table": ["traffic", "alone"]}, "'alone' has no rows that belong to those of 'traffic'", related),
        ({"table": ["traffic", "replis"]}, f"{shop} has no table 'replis'", "did you mean 'replies'?"),
    ):  # fmt: skip
        with pytest.raises(OutputError) as told:
            synthgen.look(shop, **how)  # type: ignore[arg-type]
        assert (told.value.message, told.value.hint) == (message, hint)
    for how in ({"table": ["traffic", "traffic"]}, {"table": ["traffic", "replies"], "fields": ["intent"]}, {"where": ["intent"]}):
        with pytest.raises(DataError):
            synthgen.look(shop, **how)  # type: ignore[arg-type]


def test_the_first_page_is_read_without_the_rest(tmp_path: Path) -> None:
    fields = {"n": {"kind": "number", "between": [0, 10**9]}, "plan": {"kind": "choice", "options": ["free", "paid"]}}
    folder = synthgen.make({"name": "many", "tables": {"rows": {"rows": 30_000, "fields": fields}}}, out=tmp_path / "many").folder
    shard = folder / "rows" / "00000.parquet"
    with shard.open("r+b") as file:
        file.seek(shard.stat().st_size // 2)
        file.write(b"\xff" * 2000)
    found = synthgen.look(folder)
    assert (len(found.rows), found.fitting) == (10, 30_000)
    assert found.shown[0].layout.labels == {"plan": "plan"}
    with pytest.raises(OutputError, match="is damaged"):
        synthgen.look(folder, where=["n=1"])


# Beside each other


def test_rows_stand_beside_those_that_were_made_from_them_and_that_they_were_made_from(shop: Path) -> None:
    replies, traffic = every(shop, "replies"), every(shop, "traffic")
    down = synthgen.look(shop, ["traffic", "replies"], rows=40)
    for place, others in enumerate(down.beside):
        assert [one.values for one in others["replies"]] == [row for row in replies if row["provenance"]["parent"] == place]
    up = synthgen.look(shop, ["replies", "traffic"], rows=100)
    assert [others["traffic"][0].values for others in up.beside] == [traffic[row["provenance"]["parent"]] for row in replies]


def test_tables_may_be_further_apart(shop: Path) -> None:
    found = synthgen.look(shop, ["second", "traffic", "others"], rows=100)
    replies, traffic, others = every(shop, "replies"), every(shop, "traffic"), every(shop, "others")
    for row, beside in zip(found.rows, found.beside, strict=True):
        parent = replies[row["provenance"]["parent"]]["provenance"]["parent"]
        assert [one.values for one in beside["traffic"]] == [traffic[parent]]
        assert [one.values for one in beside["others"]] == [one for one in others if one["provenance"]["parent"] == parent]


def test_rows_stand_beside_their_refused_tries(shop: Path) -> None:
    found = synthgen.look(shop, ["replies", "refused"], rows=100)
    tries = [[one.whole["row"] for one in others["refused"]] for others in found.beside]
    assert any(tries)
    assert all(each == number(row) for row, own in zip(found.rows, tries, strict=True) for each in own)


def test_as_json_the_tables_are_told_apart(shop: Path) -> None:
    plain = [json.loads(line) for line in run(shop, "--json", "-n", 3).splitlines()]
    assert plain == synthgen.look(shop, rows=3).rows
    told = [json.loads(line) for line in run(shop, "traffic", "replies", "--json", "-n", 3).splitlines()]
    assert [one["traffic"] for one in told] == plain
    assert [one["replies"] for one in told] == [
        [each.values for each in others["replies"]] for others in synthgen.look(shop, ["traffic", "replies"], rows=3).beside
    ]
    (row,) = [json.loads(line) for line in run(shop, "--json", "--row", "traffic-5").splitlines()]
    assert number(row) == 5
    assert [json.loads(line)["amount"] for line in run(shop, "--json", "--sort", "-amount", "-n", 1).splitlines()] == [
        max(row["amount"] or 0 for row in every(shop, "traffic"))
    ]


# Runs that are not finished


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def given_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place of an output whose run gave up in its second table. Nobody writes to it."""
    out = tmp_path_factory.mktemp("given up") / "shop"
    tables = {name: SHOP["tables"][name] for name in ("traffic", "replies")}
    fields = {**tables["replies"]["fields"], "code": {"kind": "fake", "provider": "numerify", "args": {"text": "%"}}}
    source = {"table": "traffic", "rows": 40, "carry": ["intent"]}
    tables["replies"] = {"from": source, "fields": fields, "keep": [{"kind": "unique", "field": "code"}]}
    with pytest.raises(LimitError, match="synthgen look OUTPUT shows it"):
        synthgen.make({**SHOP, "tables": {**tables, "second": SHOP["tables"]["second"]}}, out=out)
    return out


def test_a_run_that_gave_up_is_read_without_a_change(given_up: Path) -> None:
    before = files(given_up.parent)
    traffic, replies, refused = (synthgen.look(given_up, table, rows=100) for table in ("traffic", "replies", "refused"))
    assert (traffic.fitting, replies.fitting) == (40, 9)
    assert [str(one).partition(";")[0] for one in traffic.so_far] == [
        "traffic: 40 of 40 rows done",
        "replies: 9 of 40 rows so far",
        "second: 0 of 9 rows so far",
    ]
    assert traffic.so_far[1].refused == {"unique (code)": refused.fitting}
    assert {row["check"] for row in refused.rows} == {"unique"}
    assert "text" not in traffic.rows[0]  # a hidden field, which is kept in the chunk
    assert list(replies.rows[0]) == ["intent", "reply", "mood", "code", "provenance"]
    assert traffic.shown[0].layout.texts == ("input", "message")
    beside = synthgen.look(given_up, ["replies", "traffic"]).beside[0]["traffic"]
    assert [one.values["intent"] for one in beside] == [replies.rows[0]["intent"]]
    assert "so far" in traffic._repr_html_()
    assert files(given_up.parent) == before


def test_how_far_a_run_is_stands_below_the_rows_and_not_among_json(given_up: Path) -> None:
    shown = run(given_up, "replies")
    assert "replies: rows 1 to 9 of 9 so far" in shown
    assert "this run is not finished" in shown
    assert "replies: 9 of 40 rows so far; unique (code) refused" in shown
    assert run(f"{given_up}.unfinished", "replies") == shown
    assert [json.loads(line)["mood"] for line in run(given_up, "replies", "--json").splitlines()] != []


def test_other_commands_say_that_look_reads_it(given_up: Path) -> None:
    with pytest.raises(OutputError) as told:
        synthgen.report(given_up)
    assert told.value.hint == "it is unfinished: run make again to go on; synthgen look shows what is done so far"


def test_a_table_that_is_not_begun_is_told(given_up: Path) -> None:
    with pytest.raises(OutputError, match="table 'second' has no rows yet") as told:
        synthgen.look(given_up, "second")
    assert "replies: 9 of 40 rows so far" in told.value.hint


def test_a_run_is_read_while_it_works(tmp_path: Path) -> None:
    out, counts = tmp_path / "shop", list[tuple[str, int, int]]()

    def watch(tick: Tick) -> None:
        if tick.table == "traffic" and tick.rows == 0:
            with pytest.raises(OutputError, match="no row is finished yet") as told:
                synthgen.look(out)
            assert told.value.hint.startswith(f"make, process {os.getpid()}, since ")
        elif tick.table in ("traffic", "replies") and tick.rows:
            found = synthgen.look(out, tick.table)
            assert found.working.startswith(f"make, process {os.getpid()}, since ")
            counts.append((tick.table, tick.rows, found.fitting))

    made = synthgen.make(SHOP, out=out, chunk=15, watch=watch)
    assert len(counts) > 4
    assert [rows for _, rows, _ in counts] == [fitting for *_, fitting in counts]
    assert made.manifest["tables"]["traffic"]["rows"] == 40
    assert synthgen.look(out).so_far == ()
    assert not (out / ".run.json").exists()


def test_a_run_beside_a_finished_output_is_named(tmp_path: Path) -> None:
    out = tmp_path / "shop"
    synthgen.make(SHOP, out=out)

    def stop(tick: Tick) -> None:
        if tick.table == "replies":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthgen.make(SHOP, out=out, seed=3, watch=stop)
    assert synthgen.look(out).again == Path(f"{out}.unfinished")
    assert synthgen.look(out).fitting == 40
    assert f"its rows so far: synthgen look {out}.unfinished" in run(out)
    assert synthgen.look(f"{out}.unfinished").so_far[0].rows == 40


def test_a_value_that_no_row_has_is_told_with_those_that_there_are(shop: Path) -> None:
    assert synthgen.look(shop, where=["intent=refunds"]).unmatched == ("no row has intent=refunds; did you mean 'refund'?",)
    assert synthgen.look(shop, where=["intent=xyz"]).unmatched == ("no row has intent=xyz; values: late, lost card, refund",)
    assert synthgen.look(shop, where=["intent=refund"]).unmatched == ()
    assert synthgen.look(shop, where=["intent=~xyz"]).unmatched == ()
    assert "traffic: no rows\nno row has intent=xyz; values: late, lost card, refund" in run(shop, "--where", "intent=xyz")


def test_an_output_of_nearly_this_name_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = {"name": "food-bot", "tables": {"t": {"rows": 2, "fields": {"n": {"kind": "number", "between": [1, 2]}}}}}
    synthgen.make(recipe, out="outputs/food-bot")
    (tmp_path / "food-bot").mkdir()
    for named in ("food-bot", "outputs/food-bots", "outputs/food", "foodbot"):
        with pytest.raises(OutputError, match=f"there is no output at {named}") as told:
            synthgen.look(named)
        assert told.value.hint == f"did you mean {Path('outputs/food-bot')}?"
    with pytest.raises(OutputError) as told:
        synthgen.look("outputs/else")
    assert told.value.hint == "make it first: synthgen make RECIPE"


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few messages, each typed in several ways, with a harness that reads these."""
    typed = {"kind": "typed", "seeds": ["where is my parcel", "still no parcel"]}
    voices = {"kind": "choice", "pick": "each", "options": ["careful", "phone", "texter", "dictated", "second_language"]}
    recipe = {
        "name": "twins",
        "tables": {
            "requests": {"rows": 3, "fields": {"message": typed}},
            "twins": {
                "from": {"table": "requests"},
                "fields": {"v": voices, "twin": {"kind": "noise", "of": "message", "voice": "{{ v }}"}},
            },
        },
        "harness": {"table": "twins", "input": "twin"},
    }
    long = "and I have been waiting for it since the beginning of last week, so please tell me where it is now"
    writer = ScriptedModel(lambda prompt, stream: f" my parcel {stream.randrange(10**6)} is lost {long}\n")
    return synthgen.make(recipe, out=tmp_path_factory.mktemp("twins") / "twins", models={"typist": writer}).folder


def test_the_table_of_the_harness_is_read_where_nobody_names_one(twins: Path) -> None:
    assert synthgen.look(twins).table == "twins"
    assert synthgen.look(twins, row=4).rows[0]["v"] == "second_language"
    assert synthgen.look(twins, row="requests-1").table == "requests"
    assert run(twins, "requests").count("requests-") == 3


def test_a_message_that_another_was_made_of_is_whole_below_and_dim(twins: Path) -> None:
    found = synthgen.look(twins)
    assert found.shown[0].layout.texts == ("twin", "message")
    assert list(found.shown[0].layout.labels) == ["v"]
    shown = block(found.shown[2], How(), 200)
    (earlier,) = [line for line in shown if line.plain.startswith("  message: ")]
    assert earlier.plain == f"  message: {found.rows[2]['message']}"
    assert [str(span.style) for span in earlier.spans if earlier.plain[span.start : span.end].startswith("my parcel")] == ["dim"]
    assert "more characters" not in run(twins)


def test_a_run_that_has_finished_nothing_says_so(tmp_path: Path) -> None:
    (preview,) = synthgen.preview({"name": "shop", "tables": {"alone": SHOP["tables"]["alone"]}}, out=tmp_path / "shop")
    assert len(preview.rows) == 3
    with pytest.raises(OutputError, match=r"no row is finished yet in .*shop\.unfinished"):
        synthgen.look(tmp_path / "shop.unfinished")
    with pytest.raises(OutputError, match="there is no output at"):
        synthgen.look(tmp_path / "shop")


@pytest.fixture
def typing(tmp_path: Path) -> Path:
    """An output of which 25 messages are typed, and no row is finished. The run reads it while it works, then it is killed."""
    typed = {"kind": "typed", "seeds": ["where is my parcel", "still no parcel"], "topic": "{{ intent }}"}
    fields = {"intent": {"kind": "choice", "options": ["late", "lost"]}, "message": typed}
    recipe = {"name": "shop", "about": "Customers of a shop.", "tables": {"traffic": {"rows": 30, "fields": fields}}}
    numbers = iter(range(1, 100))
    answers = ScriptedModel(lambda prompt, stream: f" parcel {next(numbers)} is \x1b[2J lost\nand more")

    def stop(tick: Tick) -> None:
        if tick.asked == 25:
            working = synthgen.look(tmp_path / "shop")
            assert working.answered is not None
            assert working.answered.count == 25
            assert working.working.startswith(f"make, process {os.getpid()}, since ")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthgen.make(recipe, out=tmp_path / "shop", models={"typist": answers}, watch=stop)
    lock = tmp_path / ".shop.synthgen.lock"
    lock.write_text(json.dumps({"command": "make", "process": 2**22 + 1, "since": "12:00:00"}))  # as a run leaves it that was killed
    return tmp_path / "shop"


def test_messages_that_are_typed_are_shown_while_no_row_is_finished(typing: Path) -> None:
    before = files(typing.parent)
    head, *messages, standing, table = run(typing).splitlines()
    assert head == "nothing is chosen yet: 25 messages typed, from which 30 rows are chosen when all are there; the last 20:"
    assert [re.fullmatch(r"(?:late|lost)  parcel (\d+) is \[ESC\]\[2J lost", line)[1] for line in messages] == [
        str(n) for n in range(6, 26)
    ]
    assert standing == "this run is not finished; the same synthgen make goes on with it"
    assert table == "  traffic: 0 of 30 rows so far"
    assert "parcel 25" in synthgen.look(typing)._repr_html_()
    assert files(typing.parent) == before


def test_those_messages_are_as_many_as_one_wants_and_searched(typing: Path) -> None:
    few = synthgen.look(typing, rows=2).answered
    assert few is not None
    assert [message.text for message in few.messages] == [f"parcel {number} is \x1b[2J lost" for number in (24, 25)]
    searched = synthgen.look(f"{typing}.unfinished", search="PARCEL 1 ").answered
    assert searched is not None
    assert (searched.count, searched.heading[-12:]) == (1, "all of them:")
    assert run(typing, "--json") == ""


def test_what_needs_rows_says_that_none_is_finished(typing: Path) -> None:
    with pytest.raises(OutputError, match=r"no row is finished yet in \S+shop\.unfinished, but 25 answers are kept: ") as told:
        synthgen.look(typing, sort="intent")
    assert told.value.hint.startswith(
        "the same synthgen make goes on with it; rows can be searched when all rows of a chunk, up to 512, are"
    )


def test_a_journal_that_does_not_tell_the_order_or_is_damaged_is_read_as_far_as_it_goes(typing: Path) -> None:
    journal = Path(f"{typing}.unfinished", ".journal.sqlite")
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("DROP TABLE seals")  # as of a version that had none
    assert len(run(typing, "-n", "5").splitlines()) == 8
    journal.write_bytes(b"no journal" * 1000)
    with pytest.raises(OutputError, match="no row is finished yet"):
        synthgen.look(typing)


def test_an_output_that_takes_its_place_is_waited_for(given_up: Path, shop: Path, tmp_path: Path) -> None:
    shutil.copytree(f"{given_up}.unfinished", tmp_path / "shop.unfinished")
    for name in ("progress.jsonl", "chunks/traffic/00000.parquet"):  # as when it takes away what only the run needed
        (tmp_path / "shop.unfinished" / name).unlink()
    shutil.copy(shop / "manifest.json", tmp_path / "shop.unfinished")
    shutil.copytree(shop, tmp_path / "ready")
    timer = Timer(0.3, os.replace, (tmp_path / "ready", tmp_path / "shop"))
    timer.start()
    found = synthgen.look(tmp_path / "shop")
    timer.join()
    assert (found.fitting, found.so_far) == (40, ())


def test_a_damaged_chunk_is_told(given_up: Path, tmp_path: Path) -> None:
    shutil.copytree(given_up.parent, tmp_path, dirs_exist_ok=True)
    chunk = tmp_path / "shop.unfinished" / "chunks" / "replies" / "00000.parquet"
    chunk.write_bytes(chunk.read_bytes()[:50])
    with pytest.raises(OutputError, match=r"shop\.unfinished/chunks/replies/00000\.parquet is damaged") as told:
        synthgen.look(tmp_path / "shop", "replies")
    assert told.value.hint == "run the same make again: it makes anew what is damaged"
    chunk.unlink()
    assert [one.rows for one in synthgen.look(tmp_path / "shop").so_far] == [40, 0, 0]
    shutil.rmtree(chunk.parents[1])
    with pytest.raises(OutputError, match="no row is finished yet"):
        synthgen.look(tmp_path / "shop")


@pytest.mark.parametrize(
    "said",
    [
        "",
        '{"tables": [], "recipe": 5}',
        '{"recipe": {"tables": {"traffic": 5}}, "tables": {"traffic": {"columns": ["intent"], "wanted": "x"}}}',
    ],
)
def test_a_run_that_does_not_say_what_it_makes_is_read_all_the_same(said: str, given_up: Path, tmp_path: Path) -> None:
    shutil.copytree(given_up.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / "shop.unfinished" / ".run.json").write_text(said)
    found = synthgen.look(tmp_path / "shop")
    assert (found.fitting, found.so_far[0].wanted) == (40, None)


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data[::-1]], ids=["cut", "empty", "garbled"]
)
def test_whatever_is_damaged_rows_are_read_or_it_is_told(damage: Callable[[bytes], bytes], given_up: Path, tmp_path: Path) -> None:
    for number, name in enumerate(files(given_up.parent)):
        folder = tmp_path / str(number)
        shutil.copytree(given_up.parent, folder)
        file = folder / Path(name).relative_to(given_up.parent)
        file.write_bytes(damage(file.read_bytes()))
        for table in ("traffic", "replies", "refused"):
            problem = trouble(folder / "shop", table)
            assert problem is None or problem.hint


def trouble(folder: Path, table: str) -> OutputError | None:
    """The error that reading rows ends in; None where there are some."""
    try:
        assert synthgen.look(folder, table).rows
    except OutputError as error:
        return error
    return None


# A preview, row by row


def test_each_row_of_a_preview_is_told_as_soon_as_it_is_made(tmp_path: Path) -> None:
    came, told = list[tuple[str, int]](), list[tuple[str, int, int]]()

    def answer(prompt: Prompt, random: Random) -> str:
        first = len(model.asked) <= 4
        return " and then" if first and len(model.asked) % 2 else f" hello {random.randrange(10**6)}\n"

    def each(row: LookedRow) -> None:
        came.append((row.id, len(model.asked)))

    model = ScriptedModel(answer)
    recipe = {
        "name": "p",
        "tables": {
            "traffic": {"rows": 9, "fields": {"id": {"kind": "id"}, "message": {"kind": "typed", "seeds": ["hi there", "where is it"]}}},
            "second": {"from": {"table": "traffic"}, "fields": {"f": {"kind": "template", "template": "{{ id }}"}}},
        },
    }

    def watch(tick: Tick) -> None:
        told.append((tick.table, tick.rows, tick.asked))

    first, second = synthgen.preview(recipe, show=4, out=tmp_path / "p", models={"typist": model}, each=each, watch=watch)
    ids = [one.id for one in first.shown]
    assert ids == [f"traffic-{index}" for index in range(4)]
    assert sorted(name for name, _ in came[:4]) == ids
    assert came[0][1] < came[3][1]  # before the others were asked for again
    assert [name for name, _ in came[4:]] == [one.id for one in second.shown]
    assert told[0] == ("traffic", 0, 0)
    assert ("traffic", 4, len(model.asked)) in told
    assert first.layout.texts == ("message",)
