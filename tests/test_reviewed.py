"""What reviewers decided is honoured wherever rows go; where they decided nothing, all is as it was."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, constants
from reviewable import RECIPE, Reviewer, file_of, make_reviewable, models, rows_of
from servers import hub as hubs
from servers.hub import OWNER, HubServer
from typer.testing import CliRunner

import synthgen
from synthgen import api
from synthgen.cli import app
from synthgen.dataset import Dataset
from synthgen.decisions import Decision
from synthgen.decisions.amended import honoured, reviewed
from synthgen.errors import DataError, OutputError
from synthgen.harness.fewshot import Count, summary
from synthgen.harness.human import baselines
from synthgen.hub.hub import Pushed, push

hub_server = hubs.hub_server

DECIDED = "9 of reviewers' decisions hold (shop.review.jsonl): 1 row is rejected and left out; nobody has decided on 40 rows, which stay in"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes to it."""
    return make_reviewable(tmp_path_factory.mktemp("reviewed"))


@pytest.fixture
def output(shop: Path, tmp_path: Path) -> Path:
    """An output of one's own, with its recipe."""
    shutil.copy(shop.parent / "recipe.yaml", tmp_path)
    return Path(shutil.copytree(shop, tmp_path / "shop"))


@pytest.fixture
def ana(output: Path) -> Reviewer:
    return Reviewer(output)


def left(output: Path, table: str = "traffic") -> dict[str, dict[str, Any]]:
    """The rows as reviewers left them, by id."""
    return {f"{table}-{row['provenance']['row']}": row for row in reviewed(Dataset.open(output)).rows(table)}


def other_intent(row: dict[str, Any]) -> str:
    return "refund" if row["intent"] != "refund" else "late"


# Rows


def test_rejected_rows_are_out_changes_are_in_and_the_origin_is_told(output: Path, ana: Reviewer) -> None:
    made = rows_of(output)
    ana.decides("traffic-1", "reject", reason="nobody asks so")
    ana.decides("traffic-2", "relabel", field="intent", value=other_intent(made["traffic-2"]), was=made["traffic-2"]["intent"])
    ana.decides("traffic-3", "edit", field="message", value="hello there")
    ana.decides("traffic-4", "accept")
    found = left(output)
    assert made.keys() - found.keys() == {"traffic-1"}
    assert found["traffic-2"] == {
        **made["traffic-2"],
        "intent": other_intent(made["traffic-2"]),
        "reviewed": {"status": "accepted", "changed": ["intent"]},
    }
    third = {**made["traffic-3"], "message": "hello there", "message_slips": None, "message_style": None}
    assert found["traffic-3"] == {**third, "reviewed": {"status": "accepted", "changed": ["message"]}}
    assert found["traffic-4"]["reviewed"] == {"status": "accepted", "changed": []}
    assert found["traffic-5"] == {**made["traffic-5"], "reviewed": None}


def test_what_was_made_from_a_row_follows_it(output: Path, ana: Reviewer) -> None:
    made, answers = rows_of(output), rows_of(output, "examples")
    of = {name: f"traffic-{row['provenance']['parent']}" for name, row in answers.items()}  # here a row's place is its number
    first, second = list(of)[:2]
    ana.decides(of[first], "reject", reason="no")
    ana.decides(of[second], "relabel", field="intent", value=other_intent(made[of[second]]))
    found, above = left(output, "examples"), list(left(output).values())
    assert answers.keys() - found.keys() == {first}
    assert found[second]["intent"] == other_intent(made[of[second]])
    assert found[second]["reviewed"] == {"status": None, "changed": ["intent"]}
    assert all(above[row["provenance"]["parent"]]["message"] == row["message"] for row in found.values())
    ana.decides(second, "relabel", field="intent", value="broken")
    assert left(output, "examples")[second]["intent"] == "broken"  # what is said there counts more


def test_a_row_that_was_set_aside_is_let_in_with_an_answer_and_let_go_when_rejected(output: Path, ana: Reviewer) -> None:
    first, second, third = sorted(ana.known.waiting["examples"])[:3]
    ana.decides(f"examples-{first}", "edit", field="example", value={"reply": "Which order?", "escalate": False})
    ana.decides(f"examples-{second}", "reject", reason="no answer is right")
    ana.decides(f"examples-{third}", "accept")  # there is no answer to accept
    found = reviewed(Dataset.open(output))
    *_, last = found.rows("examples")
    assert (last["provenance"]["row"], last["example"]) == (first, {"reply": "Which order?", "escalate": False})
    assert list(found.rows("traffic"))[last["provenance"]["parent"]]["message"] == last["message"]
    assert {row["row"] for row in found.rows("unsure")} == ana.known.waiting["examples"].keys() - {first, second}
    assert found.manifest["aside"]["unsure"] == len(list(found.rows("unsure")))
    assert found.manifest["tables"]["examples"]["rows"] == len(list(found.rows("examples"))) == len(rows_of(output, "examples")) + 1


def test_a_row_whose_answer_and_label_differ_is_let_in_when_it_is_accepted_or_relabelled(tmp_path: Path) -> None:
    fields = {name: {"kind": "choice", "options": ["late", "broken"]} for name in ("intent", "guess")}
    table = {"rows": 8, "fields": fields, "keep": [{"kind": "agrees", "field": "guess", "with": "intent"}]}
    output = api.make({"name": "t", "tables": {"traffic": table}}, out=tmp_path / "out").folder
    ana = Reviewer(output)
    waiting = {f"traffic-{row['row']}": row["values"] for row in Dataset.open(output).rows("review")}
    first, second, third, *_ = waiting
    ana.decides(first, "accept")
    ana.decides(second, "relabel", field="intent", value=waiting[second]["guess"])
    ana.decides(third, "accept")
    ana.decides(third, "unsure", by="ben")
    found = left(output)
    assert found.keys() - rows_of(output).keys() == {first, second}
    assert {name: found[first][name] for name in fields} == waiting[first]
    assert found[second]["intent"] == found[second]["guess"]
    assert found[second]["reviewed"] == {"status": "accepted", "changed": ["intent"]}
    assert len(list(reviewed(Dataset.open(output)).rows("review"))) == len(waiting) - 2


def test_what_is_not_asked_for_is_not_read_and_what_is_comes_changed(output: Path, ana: Reviewer) -> None:
    ana.decides("traffic-3", "edit", field="message", value="hello there")
    ana.decides("traffic-1", "reject", reason="no")
    found = reviewed(Dataset.open(output))
    assert [row["message"] for row in found.rows("traffic", ["message"])][2] == "hello there"
    assert [*next(found.rows("traffic", ["message"]))] == ["message"]
    assert {*next(found.rows("traffic", ["provenance.row", "intent"]))} == {"intent", "provenance"}
    assert [row["reviewed"] for row in found.rows("traffic", ["reviewed"])].count(None) == 22
    with pytest.raises(OutputError, match="no field 'reviewed'"):
        list(Dataset.open(output).rows("traffic", ["reviewed"]))


def test_a_column_of_any_type_can_be_edited_and_keeps_it(tmp_path: Path) -> None:
    fields = {
        "day": {"kind": "date", "between": ["2026-01-01", "2026-02-01"]},
        "time": {"kind": "date", "between": ["2026-01-01T10:00", "2026-02-01T10:00"]},
        "price": {"kind": "number", "between": [1, 9], "decimals": 2},
        "count": {"kind": "number", "between": [1, 9], "decimals": 0},
        "paid": {"kind": "choice", "options": [True, False]},
        "grade": {"kind": "choice", "options": [1, 2]},
        "name": {"kind": "fake", "provider": "name"},
    }
    output = api.make({"name": "t", "tables": {"traffic": {"rows": 5, "fields": fields}}}, out=tmp_path / "out").folder
    ana, made = Reviewer(output), rows_of(output)
    value = {"price": 2, "count": 3, "paid": not made["traffic-1"]["paid"], "grade": 2, "name": "ß\u200b"}
    for name in fields:
        ana.decides("traffic-1", "edit", field=name, value=value.get(name, str(made["traffic-2"][name])))
        ana.decides("traffic-3", "edit", field=name, value=None)
    found = left(output)
    assert {name: found["traffic-1"][name] for name in fields} == {**{name: made["traffic-2"][name] for name in fields}, **value}
    assert [found["traffic-3"][name] for name in fields] == [None] * len(fields)
    assert found["traffic-4"] == {**made["traffic-4"], "reviewed": None}
    schema = Dataset.open(output).schema("traffic")
    assert [*reviewed(Dataset.open(output)).schema("traffic")][:-1] == [*schema]
    for name, wrong in {"day": "soon", "price": "two", "count": 2.5, "paid": "yes", "grade": True, "name": 3}.items():
        with pytest.raises(DataError):
            ana.decides("traffic-1", "edit", field=name, value=wrong)


def test_an_output_may_be_named_by_a_dot(output: Path, ana: Reviewer, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.decides("traffic-1", "reject", reason="no")
    monkeypatch.chdir(output)
    assert len(left(Path())) == len(left(output / "traffic" / "..")) == 23


def test_a_column_of_the_recipe_keeps_its_name(tmp_path: Path) -> None:
    recipe = RECIPE.replace("order:   {", "reviewed: {kind: choice, options: [a, b]}\n      order:   {")
    output = make_reviewable(tmp_path, recipe)
    Reviewer(output).decides("traffic-1", "accept")
    row = left(output)["traffic-1"]
    assert row["reviewed"] in ("a", "b")
    assert row["reviewed_"] == {"status": "accepted", "changed": []}


@pytest.mark.parametrize(
    ("row", "what", "told"),
    [
        ("traffic-01", {"decision": "accept"}, "there is no row traffic-01 in table 'traffic'"),
        ("traffic-99", {"decision": "accept"}, "there is no row traffic-99 in table 'traffic'"),
        (
            "traffic-1",
            {"decision": "relabel", "field": "intent", "value": "refnd"},
            "'refnd' is no value of 'intent': did you mean 'refund'?",
        ),
        ("traffic-1", {"decision": "answer", "field": "intent", "value": "x"}, "'x' is no value of 'intent'"),
        ("traffic-1", {"decision": "edit", "field": "mesage", "value": "x"}, "no field 'mesage': did you mean 'message'?"),
        ("traffic-1", {"decision": "edit", "field": "provenance.row", "value": 3}, "no field 'provenance'"),
        ("traffic-1", {"decision": "edit", "field": "message", "value": 3}, "'message' is a column of string, and '3' is not"),
        ("traffic-1", {"decision": "edit", "field": "message.x", "value": "y"}, "'message' is a column of string and has no parts"),
        ("examples-0", {"decision": "edit", "field": "example.escalate", "value": "no"}, "'no' is no value of 'example.escalate'"),
        ("examples-0", {"decision": "edit", "field": "example.reply", "value": 7}, "'example.reply' is not text: 7"),
        ("examples-0", {"decision": "edit", "field": "example", "value": {"reply": "x"}}, "there is no 'escalate' in 'example'"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_in_a_file_it_is_told_and_counts_for_nothing(
    output: Path, ana: Reviewer, row: str, what: dict[str, Any], told: str
) -> None:
    with pytest.raises(DataError) as error:
        ana.decides(row, **what)
    assert told in error.value.message
    assert not file_of(output).exists()
    table = row.rpartition("-")[0]
    first = {"id": "1", "at": "2026-11-28T00:40:12.345Z", "by": "eve", "table": table, "row": row}
    file_of(output).write_text(json.dumps({**first, **what}) + "\n")
    assert left(output, table) == rows_of(output, table)
    assert told in " ".join(api.review(output).notes)


# Where they go


@pytest.fixture(autouse=True)
def _plain_uploads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))


@pytest.fixture
def send(hub_server: HubServer) -> Callable[..., Pushed]:
    def run(folder: Path, repo: str = "tester/shop", **options: Any) -> Pushed:
        return push(folder, repo, hub=HfApi(endpoint=hub_server.endpoint, token=OWNER), **options)

    return run


@pytest.fixture
def fetched(hub_server: HubServer, tmp_path: Path) -> Callable[..., Path]:
    def run(repo: str = "tester/shop") -> Path:
        place = HfApi(endpoint=hub_server.endpoint, token=OWNER).snapshot_download(
            repo, repo_type="dataset", local_dir=tmp_path / repo.replace("/", "-")
        )
        shutil.rmtree(Path(place) / ".cache", ignore_errors=True)
        return Path(place)

    return run


def decide_all(ana: Reviewer, output: Path) -> None:
    """A decision of each sort."""
    made, waiting = rows_of(output), sorted(ana.known.waiting["examples"])
    ana.decides("traffic-1", "reject", reason="my private reason")
    ana.decides("traffic-2", "relabel", field="intent", value=other_intent(made["traffic-2"]))
    ana.decides("traffic-4", "accept")
    ana.decides("traffic-4", "unsure", by="ben")
    ana.decides(f"examples-{waiting[0]}", "edit", field="example", value={"reply": "Which order?", "escalate": False})
    for number in (5, 6, 7, 8):
        ana.decides(f"traffic-{number}", "answer", field="intent", value=made[f"traffic-{number}"]["intent"], seconds=3)


def test_push_sends_rows_as_they_were_left_and_what_is_fetched_verifies(
    output: Path, ana: Reviewer, send: Callable[..., Pushed], fetched: Callable[..., Path]
) -> None:
    decide_all(ana, output)
    before = sorted((path, path.stat().st_mtime_ns) for path in output.rglob("*"))
    assert send(output).notes == (DECIDED,)
    there = fetched()
    assert synthgen.verify(there).damaged == ()
    for table in ("traffic", "examples"):
        assert {f"{table}-{row['provenance']['row']}": row for row in Dataset.open(there).rows(table)} == left(output, table)
    assert Dataset.open(there).manifest["tables"]["traffic"]["rows"] == 23
    assert sorted((path, path.stat().st_mtime_ns) for path in output.rglob("*")) == before
    everything = b"".join(path.read_bytes() for path in there.rglob("*") if path.is_file())
    assert not [secret for secret in (b"ana", b"ben", b"my private reason") if secret in everything.replace(b"banana", b"")]


def test_the_datasets_library_reads_what_was_sent(
    output: Path, ana: Reviewer, send: Callable[..., Pushed], fetched: Callable[..., Path], tmp_path: Path
) -> None:
    import datasets

    decide_all(ana, output)
    send(output, test=0.4)
    there = datasets.load_dataset(str(fetched()), "examples", cache_dir=str(tmp_path / "cache"))
    rows = [row for split in there.values() for row in split]
    assert {row["provenance"]["row"] for row in rows} == {row["provenance"]["row"] for row in left(output, "examples").values()}
    assert [row["reviewed"] for row in rows if row["reviewed"]] != []
    above = datasets.load_dataset(str(tmp_path / "tester-shop"), "traffic", cache_dir=str(tmp_path / "cache"))
    for split, own in there.items():  # an example is on the side of its message
        assert {row["message"] for row in own} <= {row["message"] for row in above[split]}


def test_the_card_tells_of_the_review(output: Path, ana: Reviewer, send: Callable[..., Pushed], fetched: Callable[..., Path]) -> None:
    decide_all(ana, output)
    send(output)
    told = (fetched() / "README.md").read_text()
    assert "* `traffic`: people decided on 3 of 24 rows: 1 accepted, 1 rejected, 1 disputed." in told
    assert "Two reviewers agree on 0% of the 1 rows that both read, Cohen's kappa 0.00." in told
    assert (
        "* `intent` of `traffic`, answered by a person who did not see it, in 3 seconds each: correct in 100% (51% to 100%) of 4 rows."
        in told
    )
    assert "The column `reviewed` says" in told
    assert "Reviewed by people" not in (output / "README.md").read_text()


def test_without_review_push_sends_rows_as_they_were_made(
    output: Path, ana: Reviewer, send: Callable[..., Pushed], fetched: Callable[..., Path]
) -> None:
    send(output)
    before = {path.name: path.read_bytes() for path in fetched().rglob("*.parquet")}
    decide_all(ana, output)
    assert send(output, review=False).sent == ()
    assert {path for path, _ in send(output).sent} >= {"traffic/00000.parquet", "examples/00000.parquet", "manifest.json", "README.md"}
    assert {path.name: path.read_bytes() for path in fetched().rglob("*.parquet")} != before


def cases(output: Path, **options: Any) -> dict[str, dict[str, Any]]:
    folder = api.export(output, "jsonl", table="traffic", **options).folders["jsonl"]
    (file,) = folder.glob("*.jsonl")
    return {one["id"]: one for one in map(json.loads, file.read_text().splitlines())}


def test_export_writes_cases_as_reviewers_left_them(output: Path, ana: Reviewer) -> None:
    made = rows_of(output)
    before = cases(output)
    decide_all(ana, output)
    now = cases(output)
    assert before.keys() - now.keys() == {"traffic-1"}
    assert now["traffic-2"]["target"] == other_intent(made["traffic-2"])
    assert cases(output, review=False) == before
    assert api.export(output, "jsonl").notes[-1] == DECIDED
    done = CliRunner().invoke(app, ["export", str(output), "--to", "csv", "--target", "intent", "--no-review"])
    assert done.exit_code == 0
    (file,) = (output / "harness" / "csv").glob("*.csv")
    assert len(list(csv.reader(io.StringIO(file.read_text())))) == 1 + len(rows_of(output, "examples"))


def test_fewshot_takes_answers_that_a_person_edited_first_and_says_so(output: Path, ana: Reviewer) -> None:
    plain = api.fewshot(output, 6, target="example")
    assert {one.reviewed for one in plain.examples} == {""}
    chosen = {one.row for one in plain.examples}
    names = [name for place, name in enumerate(rows_of(output, "examples")) if place not in chosen][:2]
    for name in names:
        ana.decides(name, "edit", field="example.reply", value=f"Better {name}")
    ana.decides(next(name for place, name in enumerate(rows_of(output, "examples")) if place in chosen), "accept")
    made = api.fewshot(output, 6, target="example")
    assert {json.loads(one.target)["reply"] for one in made.examples[:2]} == {f"Better {name}" for name in names}
    assert [one.reviewed for one in made.examples[:2]] == ["edited", "edited"]
    told = list(summary(made, Count(1, "nobody", False)))
    assert (
        told[1]
        == f"  2 with an answer that a person edited, {[one.reviewed for one in made.examples].count('accepted')} that a person accepted"
    )
    assert api.fewshot(output, 6, target="example", review=False) == plain


def test_fewshot_shows_no_rejected_row(output: Path, ana: Reviewer) -> None:
    for name in rows_of(output, "examples"):
        if name != "examples-0":
            ana.decides(name, "reject", reason="no")
    assert len(api.fewshot(output, 6, target="example").examples) == 1


def results(folder: Path, cases: dict[str, dict[str, Any]], wrong: set[str]) -> Path:
    """What lm-eval writes, of an application that is right but for some rows."""
    folder.mkdir()
    lines = [json.dumps({"doc": one, "metrics": ["correct"], "correct": float(name not in wrong)}) for name, one in cases.items()]
    (folder / "samples_shop.jsonl").write_text("\n".join(lines))
    return folder


def test_slice_leaves_out_what_was_rejected_or_has_another_target_since(output: Path, ana: Reviewer, tmp_path: Path) -> None:
    wrote = results(tmp_path / "results", cases(output), {"traffic-1", "traffic-2", "traffic-3"})
    (before,) = api.slice_results(wrote, output)
    assert (before.whole.rows, before.left_out, round(before.whole.mean * 24)) == (24, 0, 21)
    decide_all(ana, output)
    found = {one.run: one for one in api.slice_results(wrote, output)}
    app_ = found.pop("results")
    assert (app_.whole.rows, app_.left_out, round(app_.whole.mean * 22)) == (22, 2, 21)
    (human,) = found.values()
    assert (human.run, human.grade, human.whole.rows, human.whole.mean) == ("human", "correct", 4, 1.0)
    assert api.slice_results(wrote, output, review=False) == [before]
    again = results(tmp_path / "again", cases(output), {"traffic-3"})  # exported since
    assert next(one for one in api.slice_results(again, output) if one.run == "again").left_out == 0


def test_slice_says_so_in_the_terminal_and_in_json_only_where_it_is_so(output: Path, ana: Reviewer, tmp_path: Path) -> None:
    wrote = results(tmp_path / "results", cases(output), set())
    before = json.loads(CliRunner().invoke(app, ["slice", str(wrote), str(output), "--json"]).stdout)
    assert "left_out" not in before[0]
    decide_all(ana, output)
    shown = CliRunner().invoke(app, ["slice", str(wrote), str(output)]).stdout
    assert "2 left out: rejected by reviewers, or with another target since" in " ".join(shown.split())
    assert "human: correct 100% (51% to 100%) of 4 rows" in shown
    assert json.loads(CliRunner().invoke(app, ["slice", str(wrote), str(output), "--json", "--no-review"]).stdout) == before


def test_report_shows_the_review_without_names(output: Path, ana: Reviewer) -> None:
    decide_all(ana, output)
    ana.decides("traffic-9", "answer", field="intent", value=other_intent(rows_of(output)["traffic-9"]))
    page = api.report(output).read_text()
    assert 'id="reviewed"' in page
    assert '<bdi dir="auto">my private reason</bdi>' in page
    assert "80 % of 5 answers (38 % to 96 %)" in page
    assert "traffic-9" in page.partition("Where they differ")[2]
    assert not [name for name in ("ana", "ben") if f">{name}<" in page or f" {name} " in page]
    assert rows_of(output)["traffic-1"]["message"] not in page
    assert synthgen.verify(output).damaged == ()  # a page that was written anew is no damage
    assert 'id="reviewed"' not in api.report(output, review=False, out=output.parent / "made.html").read_text()


def test_hostile_reasons_and_answers_are_text_in_the_report(output: Path, ana: Reviewer) -> None:
    ana.decides("traffic-1", "reject", reason="<script>alert(1)</script>\u202e")
    page = api.report(output).read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_a_review_that_is_gone_leaves_no_trace_in_the_report(output: Path, ana: Reviewer) -> None:
    before = (output / "report.html").read_bytes()
    decide_all(ana, output)
    assert api.report(output).read_bytes() != before
    file_of(output).unlink()
    assert api.report(output).read_bytes() == before


# make


def test_make_keeps_decisions_and_says_which_hold(output: Path, ana: Reviewer) -> None:
    decide_all(ana, output)
    api.report(output)
    written = file_of(output).read_bytes()
    again = api.make(output.parent / "recipe.yaml", out=output, models=models())
    assert again.already
    assert again.notes[-1] == DECIDED
    changed = (output.parent / "recipe.yaml").read_text().replace("seed: 3", "seed: 4")
    (output.parent / "recipe.yaml").write_text(changed)
    made = api.make(output.parent / "recipe.yaml", out=output, models=models())
    assert file_of(output).read_bytes() == written
    told = [note for note in made.notes if "decisions" in note]
    assert told[0].endswith("of reviewers' decisions holds (shop.review.jsonl); nobody has decided on 40 rows, which stay in")
    assert "are outdated, for these say something else now: " in told[1]
    assert not list(output.glob("*.kept*"))  # the page that was written anew is nobody's own
    back = (output.parent / "recipe.yaml").read_text().replace("seed: 4", "seed: 3")
    (output.parent / "recipe.yaml").write_text(back)
    assert DECIDED in api.make(output.parent / "recipe.yaml", out=output, models=models()).notes


def test_a_file_of_decisions_that_cannot_be_read_costs_make_nothing(output: Path) -> None:
    file_of(output).write_text("<<<<<<< HEAD\n")
    made = api.make(output.parent / "recipe.yaml", out=output, models=models(), fresh=True)
    assert made.manifest["tables"]["traffic"]["rows"] == 24
    assert [note for note in made.notes if "decisions could" in note] == [
        f"reviewers' decisions could not be read: {file_of(output)}, line 1: Invalid JSON: expected value at line 1 column 1; "
        "mend that line or delete it; after a merge keep the lines of both sides (docs/review.md, The file)"
    ]
    assert (output / "report.html").exists()
    for ask in (
        lambda: api.export(output, "jsonl"),
        lambda: api.fewshot(output, 2),
        lambda: api.report(output),
        lambda: api.review(output),
    ):
        with pytest.raises(DataError, match="line 1: Invalid JSON"):
            ask()


def test_rows_for_pytest_are_as_reviewers_left_them(output: Path, ana: Reviewer) -> None:
    decide_all(ana, output)
    found = synthgen.rows(output.parent / "recipe.yaml", "traffic", out=output, models=models())
    assert len(found) == 23
    assert "reviewed" not in found[0]


# Where nobody decided anything


def test_without_decisions_it_is_the_very_same_dataset(output: Path, ana: Reviewer) -> None:
    made = Dataset.open(output)
    assert reviewed(made) is made
    ana.decides("traffic-1", "answer", field="intent", value="late")  # which changes no row
    assert reviewed(made) is made
    undone = ana.decides("traffic-1", "reject", reason="no")
    ana.review.append(Decision("ana", "", "", "undo", undoes=undone.id))
    assert reviewed(made) is made


# People who take the test, and how far it is


def test_people_are_graded_as_applications_are(output: Path, ana: Reviewer) -> None:
    made = rows_of(output)
    for name in list(made)[:10]:
        ana.decides(name, "answer", field="intent", value=made[name]["intent"], seconds=4)
        ana.decides(name, "answer", by="ben", field="intent", value=other_intent(made[name]), seconds=2)
        ana.decides(name, "answer", by="ben", field="intent", value=made[name]["intent"])  # after the target was shown
    ana.decides("traffic-0", "reject", reason="no test")
    ana.decides("traffic-1", "relabel", field="intent", value=other_intent(made["traffic-1"]))
    (found,) = baselines(honoured(Dataset.open(output)))
    assert (found.people, len(found.answers), found.score, found.seconds) == (("ana", "ben"), 18, 0.5, 3)
    assert (found.of("ana").score, found.of("ben").score) == (8 / 9, 1 / 9)
    assert [(one.row, one.answered, one.target) for one in found.of("ana").differing] == [
        ("traffic-1", made["traffic-1"]["intent"], other_intent(made["traffic-1"]))
    ]
    assert str(found) == "human: 50% of 18, ± 21%, 3 s each"


def test_where_an_edge_case_leaves_nothing_of_a_label_a_person_may_say_so(tmp_path: Path) -> None:
    recipe = RECIPE.replace("  examples:", "      input: {kind: edge_case, of: message, case: off topic}\n  examples:")
    recipe = recipe.replace("{input: message, target: intent}", "{table: traffic, input: input, target: intent, out: unclear}")
    output = make_reviewable(tmp_path, recipe)
    ana = Reviewer(output)
    ana.decides("traffic-1", "answer", field="intent", value="unclear")
    ana.decides("traffic-2", "answer", field="intent", value=rows_of(output)["traffic-2"]["intent"])
    with pytest.raises(DataError, match="'unclear' is no value of 'intent'"):
        ana.decides("traffic-1", "relabel", field="intent", value="unclear")
    (found,) = baselines(honoured(Dataset.open(output)))
    assert [(one.row, one.target, one.score) for one in found.answers] == [("traffic-1", "unclear", 1.0), ("traffic-2", "unclear", 0.0)]


def test_how_far_it_is(output: Path, ana: Reviewer) -> None:
    decide_all(ana, output)
    found = api.review(output)
    traffic, examples = found.tables
    assert str(traffic) == "traffic: 3 of 24 rows decided (1 accepted, 1 rejected, 1 disputed)"
    assert found.queues(traffic) == {"unsure": 0, "disputed": 1, "set aside": 0, "outdated": 0, "unreviewed": 21}
    assert (examples.rows, examples.waiting, examples.let_in) == (24, 4, 1)
    assert (found.hold, found.reviewers, found.file) == (9, ("ana", "ben"), file_of(output))
    told = json.loads(json.dumps(found.as_dict()))
    assert told["tables"]["traffic"]["agreement"] == [{"one": "ana", "other": "ben", "rows": 1, "share": 0.0, "kappa": 0.0}]
    assert told["people"][0]["answers"] == 4
    assert "1 accepted, 1 rejected, 1 disputed" in repr(found)
    assert "Cohen" in found._repr_html_()
