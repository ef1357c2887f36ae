"""What reviewers decided is on the disk before it is told, whoever else writes, and a file that somebody else wrote is read with care."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.decisions import Decision, Review, Standing, apply, seen
from synthgen.decisions.agreement import _interval, enough, kappa
from synthgen.decisions.standing import standing
from synthgen.errors import DataError, OutputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.review.jsonl"


def said(decision: Any = "accept", row: str = "traffic-1", by: str = "ana", **more: Any) -> Decision:
    return Decision(by, "traffic", row, decision, **more)


def line(number: int, **more: Any) -> str:
    first = {"id": f"{number:016x}", "at": f"2026-11-28T00:40:{number:02d}.000Z", "by": "ana", "table": "traffic", "row": "traffic-1"}
    return json.dumps({**first, "decision": "accept", **more})


def deep(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


# The file


def test_a_decision_is_a_line_and_comes_back_as_it_was(file: Path) -> None:
    review = Review.load(file)
    written = review.append(said("relabel", field="intent", value="refund", was="late parcel", seconds=4.2, seen={"message": "1f2e"}))
    assert json.loads(file.read_text()) == {
        "id": written.id,
        "at": written.at,
        "by": "ana",
        "table": "traffic",
        "row": "traffic-1",
        "decision": "relabel",
        "field": "intent",
        "value": "refund",
        "was": "late parcel",
        "seconds": 4.2,
        "seen": {"message": "1f2e"},
    }
    assert [*Review.load(file)] == [*review] == [written]


@given(
    st.text(),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists),
)
def test_any_text_and_any_value_come_back(tmp_path_factory: pytest.TempPathFactory, reason: str, value: Any) -> None:
    file = tmp_path_factory.mktemp("any") / "shop.review.jsonl"
    written = Review.load(file).append(said("edit", field="message", value=value, reason=reason))
    assert file.read_bytes().count(b"\n") == 1
    (again,) = Review.load(file)
    assert again == written
    assert again.value == value


def test_without_a_file_nothing_is_decided(file: Path) -> None:
    review = Review.load(file)
    assert (len(review), dict(review.standing("traffic")), review.reload()) == (0, {}, False)
    assert not file.exists()


@pytest.mark.parametrize("cut", range(1, 150, 7))
def test_a_line_that_was_cut_off_is_passed_over_and_the_next_goes_on(file: Path, cut: int) -> None:
    whole = line(1, seen={"message": 'a}"b{'}, reason="ü{") + "\n"
    file.write_bytes((line(0) + "\n").encode() + whole.encode()[:cut])
    review = Review.load(file)
    assert len(review) == 1
    assert review.notes == [f"{file}, line 2: its writing was cut off, and it is passed over"]
    review.append(said(row="traffic-2"))
    again = Review.load(file)
    assert [one.row for one in again] == ["traffic-1", "traffic-2"]
    assert again.notes == review.notes  # told once


def test_a_last_line_without_its_end_counts(file: Path) -> None:
    file.write_text(line(0))
    review = Review.load(file)
    assert len(review) == 1
    review.append(said())
    assert len(file.read_text().splitlines()) == len(review) == len(Review.load(file)) == 2
    assert review.notes == []


def test_zeros_that_a_power_cut_left_are_passed_over(file: Path) -> None:
    file.write_bytes(f"{line(0)}\n".encode() + b"\0" * 300)
    review = Review.load(file)
    review.append(said())
    assert len(Review.load(file)) == 2


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("<<<<<<< HEAD", "Invalid JSON"),
        ("[1, 2]", "Input should be an object"),
        (line(1, by=3), "'by': Input should be a valid string"),
        (line(1, decision="acept"), "there is no decision 'acept': did you mean 'accept'?"),
        (line(1, decision="reject"), "'reject' needs 'reason'"),
        (line(1, decision="undo"), "'undo' needs 'undoes'"),
        (line(1, decision="relabel", value="x"), "'relabel' needs 'field'"),
        (line(1, seen=["message"]), "'seen': Input should be an object"),
        (line(1, seconds=-1), "'seconds'"),
        (line(1, at="yesterday"), "'at' is no moment such as 2"),
        ('{"id": "1"}', "'by' is missing"),
        ("\ufeff" + line(1), "Invalid JSON"),
        (line(1) + line(2), "Invalid JSON"),
    ],
)
def test_a_line_that_is_no_decision_is_told_with_its_number_and_the_way_out(file: Path, written: str, told: str) -> None:
    file.write_text(f"{line(0)}\n\n{written}\n{line(5)}\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        Review.load(file)
    assert error.value.message.startswith(f"{file}, line 3: ")
    assert told in error.value.message
    assert "mend that line or delete it" in error.value.hint


def test_two_decisions_of_one_id_are_told(file: Path) -> None:
    file.write_text(f"{line(0)}\n{line(0, decision='reject', reason='no')}\n{line(0)}\n")
    review = Review.load(file)
    assert review.notes == [f"{file}, line 2: another decision has its id, {0:016x}, and counts in its place"]


def test_what_windows_programs_make_of_the_file_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + f"{line(0)}\r\n{line(1)}\r\n".encode())
    assert len(Review.load(file)) == 2


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999Z", "9999-99-99T99:99:99Z"])
def test_a_moment_that_there_is_not_stops_nobody(file: Path, at: str) -> None:
    file.write_text(line(0, at=at) + "\n")
    review = Review.load(file)
    review.append(said("reject", reason="no"))
    assert review.standing("traffic")["traffic-1"].status == "rejected"


def test_what_a_later_version_writes_besides_is_no_fault(file: Path) -> None:
    file.write_text(line(0, mood="glad") + "\n")
    assert len(Review.load(file)) == 1


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (said("acept"), "there is no decision 'acept': did you mean 'accept'?"),
        (said("reject"), "'reject' needs 'reason': why"),
        (said("reject", reason=" "), "'reject' needs 'reason': why"),
        (said("undo", undoes="f"), "there is no decision 'f' to undo"),
        (said(by=""), "'by'"),
        (said("edit", value="x"), "'edit' needs 'field'"),
        (said("edit", field="n", value=float("nan")), "cannot be written"),
        (said("edit", field="n", value={1, 2}), "cannot be written"),
        (said(seen={"message": 3}), "'seen.message'"),
        (said("edit", field="n", value=deep(10**5)), "cannot be written"),
    ],
)
def test_what_is_no_decision_is_refused_in_words_and_not_written(file: Path, decision: Decision, told: str) -> None:
    with pytest.raises(DataError, match=told.replace("?", r"\?")):
        Review.load(file).append(decision)
    assert not file.exists()


def test_a_folder_that_cannot_be_written_and_a_file_that_is_none_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.write_text("a file")
    with pytest.raises(OutputError, match="cannot be read: Not a directory"):
        Review.load(folder / "shop.review.jsonl").append(said())
    (tmp_path / "shop.review.jsonl").mkdir()
    with pytest.raises(OutputError, match="is no file"):
        Review.load(tmp_path / "shop.review.jsonl")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written: Permission denied"):
            Review.load(tmp_path / "shop.review.jsonl").append(said())
    finally:
        tmp_path.chmod(0o700)


FULL = """
import resource, signal, sys
from synthgen.decisions import Decision, Review
from synthgen.errors import OutputError
review = Review.load(sys.argv[1])
review.append(Decision("ana", "traffic", "traffic-1", "accept"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        review.append(Decision("ana", "traffic", "traffic-2", "reject", reason="x" * 100))
    except OutputError as error:
        print(error.message.removeprefix(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
review.append(Decision("ana", "traffic", "traffic-3", "accept"))
print([one.row for one in review])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit can be set")
def test_where_there_is_no_room_it_is_told_and_what_was_decided_stays(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(file)], capture_output=True, text=True, check=True)
    told = [" cannot be written: there is no room", " cannot be written: File too large", "['traffic-1', 'traffic-3']"]
    assert done.stdout.splitlines() == told
    assert [one.row for one in Review.load(file)] == ["traffic-1", "traffic-3"]


# Others who write


def test_what_others_append_is_read_and_nothing_twice(file: Path) -> None:
    one, other = Review.load(file), Review.load(file)
    one.append(said())
    assert other.reload() is True
    assert other.reload() is False
    other.append(said("reject", by="ben", reason="no"))
    one.append(said("unsure", row="traffic-2"))
    assert one.standing("traffic")["traffic-1"].status == "disputed"
    assert [*one] == [*Review.load(file)]


def test_a_file_that_was_replaced_is_read_anew(file: Path) -> None:
    review = Review.load(file)
    review.append(said())
    file.with_name("other").write_text("".join(f"{line(number, row=f'traffic-{number}')}\n" for number in range(9)))
    file.with_name("other").replace(file)
    assert review.reload() is True
    assert [*review.standing("traffic")] == [f"traffic-{number}" for number in range(9)]
    for number in (11, 12):  # in place, the second time as many bytes as before
        file.write_text(line(number) + "\n")
        os.utime(file, ns=(number, number))
        review.reload()
        assert [one.id for one in review] == [f"{number:016x}"]
    file.unlink()
    review.reload()
    assert len(review) == 0


WRITER = """
import sys
from synthgen.decisions import Decision, Review
review = Review.load(sys.argv[1])
for number in range(int(sys.argv[3])):
    review.append(Decision(sys.argv[2], "traffic", f"traffic-{number}", "accept", reason="x" * 3000))
    print(number, flush=True)
"""


@pytest.fixture
def writer(file: Path) -> Callable[[str, int], subprocess.Popen[str]]:
    def run(name: str, count: int) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", WRITER, str(file), name, str(count)], stdout=subprocess.PIPE, text=True)

    return run


def test_processes_that_append_at_once_lose_nothing(file: Path, writer: Callable[[str, int], subprocess.Popen[str]]) -> None:
    several = [writer(name, 60) for name in ("ana", "ben", "cleo")]
    assert all(one.communicate()[0].count("\n") == 60 for one in several)
    review = Review.load(file)
    assert (len(review), review.notes, len(file.read_text().splitlines())) == (180, [], 180)
    assert all(len(one.by) == 3 for one in review.standing("traffic").values())


def test_a_process_that_is_killed_loses_nothing_that_it_was_told_is_written(
    file: Path, writer: Callable[[str, int], subprocess.Popen[str]]
) -> None:
    doomed = writer("ana", 10**6)
    assert doomed.stdout is not None
    for _ in range(40):
        last = doomed.stdout.readline()
    doomed.send_signal(signal.SIGKILL)
    told = int([last, *doomed.communicate()[0].splitlines()][-1])
    review = Review.load(file)
    assert len(review) >= told + 1
    review.append(said(row="traffic-x"))  # the lock went with it
    assert len(Review.load(file)) == len(review)


# What they come to


def test_the_last_decision_of_each_reviewer_counts(file: Path) -> None:
    review = Review.load(file)
    for decision in ("accept", "unsure"):
        review.append(said(decision))
    assert review.standing("traffic")["traffic-1"].status == "unsure"
    review.append(said("edit", field="message", value="hello"))
    assert review.standing("traffic")["traffic-1"].status == "accepted"
    review.append(said("unsure", by="ben"))
    held = review.standing("traffic")["traffic-1"]
    assert (held.status, held.out, {by: one.decision for by, one in held.by.items()}) == (
        "disputed",
        False,
        {"ana": "edit", "ben": "unsure"},
    )
    review.append(said("reject", by="ben", reason="rude"))
    held = review.standing("traffic")["traffic-1"]
    assert (held.status, held.out, held.reasons) == ("disputed", True, ("rude",))
    assert review.standing("traffic").count() == {"disputed": 1}


def test_what_is_undone_does_not_count_and_an_undo_can_be_undone(file: Path) -> None:
    review = Review.load(file)
    review.append(said("accept"))
    second = review.append(said("reject", reason="no"))
    undo = review.append(Decision("ana", "", "", "undo", undoes=second.id))
    assert (undo.table, undo.row) == ("traffic", "traffic-1")
    assert review.standing("traffic")["traffic-1"].status == "accepted"
    review.append(Decision("ana", "", "", "undo", undoes=undo.id))
    assert review.standing("traffic")["traffic-1"].status == "rejected"
    with pytest.raises(DataError, match="that decision is ana's, and ben cannot undo it"):
        review.append(Decision("ben", "", "", "undo", undoes=second.id))


def test_in_a_file_nobody_undoes_anothers_decision(file: Path) -> None:
    file.write_text(line(0) + "\n" + line(1, decision="undo", by="eve", undoes=f"{0:016x}") + "\n")
    assert Review.load(file).standing("traffic")["traffic-1"].status == "accepted"


def test_of_a_field_the_last_value_counts_and_reviewers_who_differ_in_it_dispute(file: Path) -> None:
    review = Review.load(file)
    review.append(said("relabel", field="intent", value="late"))
    review.append(said("relabel", field="intent", value="refund"))
    assert review.standing("traffic")["traffic-1"].status == "accepted"
    review.append(said("relabel", field="intent", value="refund", by="ben"))
    assert review.standing("traffic")["traffic-1"].status == "accepted"
    review.append(said("relabel", field="intent", value="broken", by="cleo"))
    held = review.standing("traffic")["traffic-1"]
    assert (held.status, held.changes) == ("disputed", {"intent": "broken"})


@given(st.permutations(range(6)))
def test_merged_in_any_order_and_with_lines_twice_it_comes_to_the_same(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    lines = [
        line(0),
        line(1, decision="edit", field="message", value="one"),
        line(2, decision="reject", reason="no"),
        line(3, decision="undo", undoes=f"{2:016x}"),
        line(4, decision="edit", field="message", value="two", by="ben"),
        line(5, decision="unsure"),
    ]
    file = tmp_path_factory.mktemp("merged") / "shop.review.jsonl"
    file.write_text("\n".join(lines[number] for number in [*order, *order]) + "\n")
    held = Review.load(file).standing("traffic")["traffic-1"]
    assert [one.id[-1] for one in held.decisions] == ["0", "1", "4", "5"]
    assert (held.status, held.changes) == ("disputed", {"message": "two"})


def test_a_decision_comes_after_those_before_it_whatever_the_clock_says(file: Path) -> None:
    file.write_text(line(0, at="2999-01-01T00:00:00.000Z") + "\n")
    review = Review.load(file)
    written = review.append(said("reject", reason="no"))
    assert written.at == "2999-01-01T00:00:00.001Z"
    assert review.standing("traffic")["traffic-1"].status == "rejected"


# Rows


ROW = {"message": "where is it", "intent": "late", "example": {"reply": "Sorry", "tags": ["a", "b"]}}


def decided(*decisions: Decision) -> Standing:
    return Standing("traffic-1", standing([_at(one, number) for number, one in enumerate(decisions)]))


def _at(one: Decision, number: int) -> Decision:
    keys = ("by", "table", "row", "decision", "field", "value", "was", "reason", "seconds", "undoes", "seen")
    return Decision(**{key: getattr(one, key) for key in keys}, id=str(number), at=f"2026-11-28T00:40:{number:02d}.000Z")


def test_a_row_is_changed_and_the_one_that_was_given_stays() -> None:
    held = decided(
        said("edit", field="example.reply", value="Hello"),
        said("edit", field="example.tags.1", value="c"),
        said("relabel", field="intent", value="x"),
    )
    assert apply(ROW, held) == {"message": "where is it", "intent": "x", "example": {"reply": "Hello", "tags": ["a", "c"]}}
    assert ROW["example"] == {"reply": "Sorry", "tags": ["a", "b"]}
    assert apply(ROW, decided(said("accept"))) == ROW
    assert apply(ROW, decided(said("accept"), said("reject", by="ben", reason="no"))) is None


def test_a_decision_on_a_text_that_is_another_now_is_outdated() -> None:
    read = seen(ROW, ["message", "intent", "gone"])
    assert read.keys() == {"message", "intent"}
    held = decided(said("reject", reason="no", seen=read))
    assert held.of(ROW).out
    for other in ({**ROW, "message": "hi"}, {**ROW, "intent": "x"}):
        now = held.of(other)
        assert (now.out, now.status, [one.decision for one in now.outdated]) == (False, None, ["reject"])
        assert apply(other, held) == other
    fewer = {key: value for key, value in ROW.items() if key != "intent"}
    assert held.of(fewer).out  # what is still there says the same
    assert not held.of({"example": 1}).out  # nothing of what was read is there


def test_who_read_what_another_had_made_of_the_row_decided_on_that() -> None:
    edited = {**ROW, "message": "where is my parcel"}
    edit = said("edit", field="message", value="where is my parcel", seen=seen(ROW, ["message"]))
    accept = said("accept", by="ben", seen=seen(edited, ["message"]))
    held = decided(edit, accept).of(ROW)
    assert (held.status, held.outdated) == ("accepted", ())
    alone = decided(accept).of(ROW)  # ana has undone her edit: ben never read this row
    assert (alone.status, len(alone.outdated)) == (None, 1)


def test_a_change_of_what_the_row_has_no_more_is_outdated() -> None:
    for field in ("gone", "message.part", "example.tags.7", "example.tags.x.y", "example.reply.more"):
        assert len(decided(said("edit", field=field, value="x")).of(ROW).outdated) == 1


# Agreement


def standings(*pairs: tuple[str, str]) -> list[Standing]:
    reason = {"reject": "no"}
    return [decided(said(one, reason=reason.get(one, "")), said(other, by="ben", reason=reason.get(other, ""))) for one, other in pairs]


def test_kappa_is_what_a_textbook_says() -> None:
    """J. Cohen's measure on the 2 x 2 table 20, 5, 10, 15: (0.70 - 0.50) / (1 - 0.50)."""
    pairs = [("accept", "accept")] * 20 + [("accept", "reject")] * 5 + [("reject", "accept")] * 10 + [("reject", "reject")] * 15
    (found,) = kappa(standings(*pairs))
    assert (found.one, found.other, found.rows, found.share) == ("ana", "ben", 50, 0.7)
    assert found.kappa == pytest.approx(0.4)


def test_kappa_is_not_defined_where_both_always_say_the_same() -> None:
    assert kappa(standings(("accept", "accept"), ("accept", "accept")))[0].kappa is None
    assert kappa([decided(said())]) == []


def test_who_puts_another_label_in_does_not_agree() -> None:
    one = decided(said("relabel", field="intent", value="a"), said("relabel", by="ben", field="intent", value="b"))
    same = decided(said("relabel", field="intent", value="a"), said("relabel", by="ben", field="intent", value="a"))
    assert [found.share for found in kappa([one, same])] == [0.5]


def test_how_many_rows_are_enough() -> None:
    assert enough(0, 0, 10**9).more == 381  # the textbook's 385 for ±5 points, less what Wilson's interval saves
    assert enough(0, 0, 100).more < 100
    some = enough(80, 100, 10**6)
    assert (round(some.low, 3), round(some.high, 3)) == (0.711, 0.867)
    assert str(some) == f"80% of 100 rows accepted (71% to 87%); {some.more} more for ±5 points"
    assert enough(10, 10, 10).more == 0
    assert (enough(7, 10, 10).low, enough(7, 10, 10).high) == (0.7, 0.7)  # all are known


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 5000))
def test_with_so_many_more_it_is_known_to_five_points_and_with_one_less_it_is_not(accepted: int, rejected: int, others: int) -> None:
    read, of = accepted + rejected, accepted + rejected + others
    found = enough(accepted, read, of)
    assert 0 <= found.low <= found.share <= found.high <= 1 or not read
    assert 0 <= found.more <= others

    def width(count: int) -> float:
        low, high = _interval((accepted + 2) / (read + 4), count, of)
        return high - low

    assert width(read + found.more) <= 0.1
    assert found.more == 0 or width(read + found.more - 1) > 0.1
