"""`make`: from a recipe to a folder that `datasets` loads, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from builders import one_table
from pyarrow import parquet

from synthgen.api import MakeResult, look, make, preview, why
from synthgen.dataset import Dataset, Output
from synthgen.errors import LimitError, ModelError, OutputError
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

TWO_TABLES = """
name: shop
about: Customers of a shop.
seed: 3
tables:
  orders:
    rows: 40
    fields:
      order_id: {kind: fake, provider: numerify, args: {text: "%####"}, unique: true}
      price: {kind: number, between: [3, 90], decimals: 2}
      placed: {kind: date, between: [-30d, -1d]}
      urgent: {kind: choice, options: {true: 1, false: 3}}
      margin: {kind: number, between: [1, 9], hidden: true}
  messages:
    from: {table: orders, per_row: [1, 3]}
    fields:
      reason: {kind: choice, options: [late, broken]}
      thing: {kind: template, template: "order {{ order_id }} ({{ margin }})", hidden: true}
      message:
        kind: typed
        topic: "{{ reason }}"
        on_topic: false
        seeds: {late: [where is <thing>, still no parcel, when], broken: [<thing> came broken, its smashed, crack in it]}
    keep:
      - {kind: unique, field: message}
"""


def script(prompt: Prompt, stream: Random) -> str:
    return "" if stream.random() < 0.2 else f" message {stream.randrange(10**6)} about <thing>\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(dedent(TWO_TABLES), encoding="utf-8")
    return path


@pytest.fixture
def making(tmp_path: Path) -> Callable[..., tuple[MakeResult, ScriptedModel]]:
    def run(recipe: Path, **options: object) -> tuple[MakeResult, ScriptedModel]:
        model = ScriptedModel(options.pop("script", script))  # type: ignore[arg-type]
        return make(recipe, out=tmp_path / "out", models={"typist": model}, **options), model

    return run


def content(folder: Path) -> dict[str, bytes]:
    """The files that hold the rows, and the card."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".parquet", ".md")}


def test_the_folder_loads_with_typed_features_as_it_is(
    shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path
) -> None:
    import datasets

    made, _ = making(shop)
    orders = datasets.load_dataset(str(made.folder), "orders", cache_dir=str(tmp_path / "cache"))["train"]
    messages = datasets.load_dataset(str(made.folder), "messages", cache_dir=str(tmp_path / "cache"))["train"]
    assert len(orders) == 40
    types = {name: feature.dtype for name, feature in orders.features.items() if name != "provenance"}
    assert types == {"order_id": "string", "price": "float64", "placed": "date32", "urgent": "bool"}
    assert set(messages.column_names) == {"order_id", "price", "placed", "urgent", "reason", "message", "provenance"}
    assert {row["order_id"] for row in messages} <= {row["order_id"] for row in orders}
    assert all(row["message"].startswith("message ") and f"order {row['order_id']} (" in row["message"] for row in messages)
    first = messages[0]["provenance"]
    assert first["parent"] == 0
    assert first["asked"]["message"]["model"] == "scripted"
    assert len(first["asked"]["message"]["seeds"]) >= 3


def test_refused_rows_are_kept_with_their_reasons(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    made, _ = making(shop)
    name, rows, count = look(made.folder, "refused", rows=1000)
    assert name == "refused"
    assert count == sum(sum(table["refused"].values()) for table in made.manifest["tables"].values())
    assert {row["check"] for row in rows} <= {"unique", "unfinished"}
    assert rows[0]["values"]["reason"] in ("late", "broken")


def test_the_manifest_names_every_file_with_its_hash(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    from hashlib import sha256

    made, _ = making(shop)
    named = made.manifest["files"]
    assert set(named) == {
        "orders/00000.parquet",
        "messages/00000.parquet",
        "refused/00000.parquet",
        "README.md",
        "recipe.yaml",
        "report.html",
    }
    assert all(sha256((made.folder / name).read_bytes()).hexdigest() == file["sha256"] for name, file in named.items())
    assert made.manifest["versions"]["faker"]


def test_a_finished_output_is_left_alone(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    made, _ = making(shop)
    before = content(made.folder)
    again, model = making(shop)
    assert again.already
    assert not model.asked
    assert content(made.folder) == before


def test_fresh_asks_everything_again_and_makes_the_same(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    made, model = making(shop)
    before = content(made.folder)
    again, second = making(shop, fresh=True)
    assert not again.already
    assert len(second.asked) == len(model.asked)
    assert content(made.folder) == before


def test_only_what_a_change_concerns_is_asked_again(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    making(shop)
    shop.write_text(shop.read_text().replace("its smashed", "its in bits"), encoding="utf-8")
    _, model = making(shop)
    assert model.asked
    assert all("Topic: broken" in prompt.text for prompt in model.asked)


def test_a_new_check_asks_only_for_the_rows_that_it_refuses(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    first, all_asked = making(shop)
    shop.write_text(shop.read_text() + "      - {kind: lacks, field: message, pattern: 'message 1'}\n", encoding="utf-8")
    made, model = making(shop)
    assert 0 < len(model.asked) < len(all_asked.asked) / 2
    assert made.manifest["tables"]["messages"]["rows"] == first.manifest["tables"]["messages"]["rows"]
    assert not any("message 1" in row["message"] for row in look(made.folder, "messages", rows=1000)[1])


def test_recheck_reads_the_answers_again_and_asks_nothing(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    first, _ = making(shop)
    shop.write_text(shop.read_text() + "      - {kind: lacks, field: message, pattern: 'message 1'}\n", encoding="utf-8")
    made, model = making(shop, recheck=True)
    assert not model.asked
    assert 0 < made.manifest["tables"]["messages"]["rows"] < first.manifest["tables"]["messages"]["rows"]
    assert made.manifest["tables"]["messages"]["refused"]["lacks (message)"] > 0


def test_the_old_output_stays_until_the_new_one_is_whole(
    shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path
) -> None:
    made, _ = making(shop)
    (made.folder / "notes.txt").write_text("mine")
    before = content(made.folder)
    shop.write_text(shop.read_text().replace("Customers of a shop", "People"), encoding="utf-8")

    def fails(prompt: Prompt, stream: Random) -> str:
        raise ModelError("the model went away")

    with pytest.raises(ModelError):
        making(shop, script=fails)
    assert content(made.folder) == before
    making(shop)
    assert content(made.folder) != before
    assert (made.folder / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.synthgen.lock", "out", "shop.yaml"]


def test_a_folder_of_somebody_else_is_not_touched(
    shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="was not made by synthgen"):
        making(shop)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_two_runs_on_one_folder(shop: Path, tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, Path(__file__).with_name("slow_make.py"), shop, tmp_path / "out", "0.2"])
    try:
        while not (tmp_path / "out.unfinished").exists():
            time.sleep(0.02)
        with pytest.raises(OutputError, match=rf"another run is working on \S+: make, process {first.pid}, since \d\d:\d\d:\d\d"):
            make(shop, out=tmp_path / "out", models={"typist": ScriptedModel(script)})
    finally:
        first.kill()
        first.wait()


@pytest.mark.parametrize("command", ["preview", "check --critique"])
def test_a_short_command_is_waited_for(shop: Path, tmp_path: Path, command: str) -> None:
    held, told = threading.Event(), list[str]()

    def hold() -> None:
        with Output(tmp_path / "out").locked(command):
            held.set()
            while not told:
                time.sleep(0.01)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    made = make(shop, out=tmp_path / "out", models={"typist": ScriptedModel(script)}, before=lambda checked: told.extend(checked.notes))
    holder.join()
    assert made.folder.exists()
    assert f"waits for `synthgen {command}`, which is working on {tmp_path / 'out'} (process {os.getpid()}, since " in told[0]
    assert sum("waits for" in note for note in told) == 1
    assert (tmp_path / ".out.synthgen.lock").read_bytes() == b""


def test_a_lock_with_anything_in_it_is_a_lock(shop: Path, tmp_path: Path) -> None:
    for content in (b"", b"{", b"[1]", b'{"command": "\\u001b[2J"}', b"\xff"):
        with Output(tmp_path / "out").locked("make"):
            (tmp_path / ".out.synthgen.lock").write_bytes(content)
            with pytest.raises(OutputError, match="another run is working on"):
                make(shop, out=tmp_path / "out", models={"typist": ScriptedModel(script)})


def test_killed_at_random_moments_and_restarted_it_ends_as_if_undisturbed(shop: Path, tmp_path: Path) -> None:
    command = [sys.executable, Path(__file__).with_name("slow_make.py"), shop]
    subprocess.run([*command, tmp_path / "calm", "0"], check=True)
    moments = random.Random(5)
    killed = 0
    for _ in range(10):
        run = subprocess.Popen([*command, tmp_path / "stormy", "0.03"])
        try:
            run.wait(moments.uniform(1.0, 2.2))
            break
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            killed += 1
            if (tmp_path / "stormy").exists():  # killed between the last step and the end of the process
                break
    subprocess.run([*command, tmp_path / "stormy", "0"], check=True)
    assert killed >= 2
    assert content(tmp_path / "stormy") == content(tmp_path / "calm")


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_size_of_a_chunk_changes_no_byte_where_no_model_is_asked(shop: Path, tmp_path: Path, chunk: int) -> None:
    plain = make(shop, out=tmp_path / "plain", without=["messages"])
    other = make(shop, out=tmp_path / "other", without=["messages"], chunk=chunk)
    assert content(other.folder) == content(plain.folder)


def test_out_of_patience_says_which_check_refused_and_keeps_the_work(
    shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path
) -> None:
    shop.write_text(shop.read_text() + "      - {kind: matches, field: message, pattern: '^never'}\n", encoding="utf-8")
    text = shop.read_text().replace("from: {table: orders, per_row: [1, 3]}", "from: {table: orders, rows: 20, per_row: [1, 3]}")
    shop.write_text(text, encoding="utf-8")
    with pytest.raises(LimitError, match=r"table 'messages' has 0 of \d+ rows: .*matches \(message\) refused \d+"):
        making(shop)
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.unfinished" / ".journal.sqlite").exists()


def test_preview_and_make_share_their_answers(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path) -> None:
    model = ScriptedModel(script)
    shown = {one.table.name: one.rows for one in preview(shop, show=3, out=tmp_path / "out", models={"typist": model})}
    assert {name: len(rows) for name, rows in shown.items()} == {"orders": 3, "messages": 3}
    asked = len(model.asked)
    again = ScriptedModel(script)
    list(preview(shop, show=3, out=tmp_path / "out", models={"typist": again}))
    assert asked
    assert not again.asked


def test_shards_hold_at_most_a_hundred_thousand_rows(tmp_path: Path) -> None:
    made = make(one_table({"n": {"kind": "number", "between": [1, 9]}}, 100_001), out=tmp_path / "out")
    assert [parquet.read_metadata(file).num_rows for file in sorted((made.folder / "traffic").iterdir())] == [100_000, 1]


def test_text_in_the_card_cannot_become_markup(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        'name: odd\nabout: "<script>alert(1)</script> | `x`"\ntables: {t: {rows: 3, fields: {m: {kind: typed, seeds: [hey]}}}}\n'
    )
    made = make(path, out=tmp_path / "out", models={"typist": ScriptedModel(lambda prompt, stream: f" ```\n # <b>{stream.random()}\n")})
    card = (made.folder / "README.md").read_text()
    assert "<script>" not in card
    assert "````text\n```\n" in card


# Voices

LIKE = {"voice": "voice: {texter: 2, shouter: 1, our_own: 1}", "like": "like: logs.txt"}


@pytest.fixture(params=LIKE)
def voiced(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The shop, with messages on voices or like those of a file."""
    text = dedent(TWO_TABLES).replace("seeds: {late", f"{LIKE[request.param]}\n        seeds: {{late")
    path = tmp_path / "voiced.yaml"
    path.write_text(text + "voices: {our_own: {lower_only: 1.0, question_mark: 0.5}}\n", encoding="utf-8")
    (tmp_path / "logs.txt").write_text("".join(f"pls where is my {thing}??\nhi its late\n" for thing in "abcdef"), encoding="utf-8")
    return path


def spoken(prompt: Prompt, stream: Random) -> str:
    if stream.random() < 0.2:
        return ""
    opening = stream.choice(["Where is", "where is", "I have been waiting so long for", "WHEN will it come, this is about"])
    return f" {opening} <thing> {stream.choice(['please?', 'then', 'really', 'because'])} {stream.randrange(10**3)}\n"


def test_the_manifest_says_how_near_each_voice_came(voiced: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    made, _ = making(voiced, script=spoken)
    rows = look(made.folder, "messages", rows=1000)[1]
    assert "styles" not in made.manifest["tables"]["orders"]
    styles = made.manifest["tables"]["messages"]["styles"]
    assert styles.keys() == {"message"}
    assert {voice: told["rows"] for voice, told in styles["message"].items()} == Counter(row["message_voice"] for row in rows)
    assert styles["message"].keys() in ({"logs.txt"}, {"texter", "shouter", "our_own"})
    for voice, told in styles["message"].items():
        measures = told["figures"]["lower_only"]
        assert measures.keys() == {"target", "made", "like", "within"}
        shares = [row["message_style"]["lower_only"] for row in rows if row["message_voice"] == voice]
        assert measures["made"] == pytest.approx(sum(shares) / len(shares), abs=1e-4)
        if voice == "our_own":
            assert told["figures"].keys() == {"lower_only", "question_mark"}
            assert measures == {"target": 1.0, "made": 1.0, "like": True, "within": 0.2}
    assert json.loads((made.folder / "manifest.json").read_text())["tables"]["messages"]["styles"] == styles
    card = (made.folder / "README.md").read_text()
    assert all(f"| {voice.replace('_', chr(92) + '_')} | {told['rows']:,} | " in card for voice, told in styles["message"].items())
    assert "| `message_voice` | string | label of `message` |" in card


def test_labels_load_as_columns(voiced: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]], tmp_path: Path) -> None:
    import datasets

    made, _ = making(voiced, script=spoken)
    messages = datasets.load_dataset(str(made.folder), "messages", cache_dir=str(tmp_path / "cache"))["train"]
    assert {"message", "message_voice", "message_style", "message_slips"} <= set(messages.column_names)
    for row in messages:
        slips = row["message_slips"]
        assert all(row["message"][slip["start"] : slip["end"]] != slip["was"] for slip in slips)
        assert f"order {row['order_id']}".casefold() in row["message"].casefold()


def test_a_run_that_was_cut_off_goes_on_to_the_same_messages(voiced: Path, tmp_path: Path) -> None:
    calm = content(make(voiced, out=tmp_path / "calm", models={"typist": ScriptedModel(spoken)}, chunk=12).folder)
    for answers in (1, 40, 80):
        left = [answers]

        def fails(prompt: Prompt, stream: Random, left: list[int] = left) -> str:
            left[0] -= 1
            if left[0] < 0:
                raise ModelError("the model went away")
            return spoken(prompt, stream)

        with pytest.raises(ModelError):
            make(voiced, out=tmp_path / "stormy", models={"typist": ScriptedModel(fails)}, chunk=12)
    assert (tmp_path / "stormy.unfinished" / "progress.jsonl").read_text().count('"table": "messages"') > 0
    model = ScriptedModel(spoken)
    made = make(voiced, out=tmp_path / "stormy", models={"typist": model}, chunk=12)
    assert content(made.folder) == calm
    assert made.manifest["answers"]["asked"] == len(model.asked) > 0


def test_killed_while_it_chooses_and_restarted_it_ends_as_if_undisturbed(voiced: Path, tmp_path: Path) -> None:
    command = [sys.executable, Path(__file__).with_name("slow_make.py"), voiced]
    subprocess.run([*command, tmp_path / "calm", "0"], check=True)
    run = subprocess.Popen([*command, tmp_path / "stormy", "0.03"])
    try:
        while run.poll() is None and '"table": "messages"' not in _read(tmp_path / "stormy.unfinished" / "progress.jsonl"):
            time.sleep(0.02)
        assert run.poll() is None  # in the midst of the messages
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    subprocess.run([*command, tmp_path / "stormy", "0"], check=True)
    assert content(tmp_path / "stormy") == content(tmp_path / "calm")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_another_chunk_size_starts_a_table_over_and_asks_for_little_again(voiced: Path, tmp_path: Path) -> None:
    """Who is asked together shares a frame and chooses from one pool, so that the size of a chunk is part of what decides the rows."""

    def fails(prompt: Prompt, stream: Random) -> str:
        if (tmp_path / "out.unfinished" / "chunks" / "messages" / "00001.parquet").exists():
            raise ModelError("the model went away")
        return spoken(prompt, stream)

    with pytest.raises(ModelError):
        make(voiced, out=tmp_path / "out", models={"typist": ScriptedModel(fails)}, chunk=12)
    made = make(voiced, out=tmp_path / "out", models={"typist": ScriptedModel(spoken)}, chunk=30)
    other = make(voiced, out=tmp_path / "other", models={"typist": ScriptedModel(spoken)}, chunk=30)
    assert content(made.folder) == content(other.folder)


@pytest.mark.parametrize("seed", range(4))
def test_of_rows_made_together_those_of_whole_steps_stay_when_more_are_made(tmp_path: Path, seed: int) -> None:
    """Rows that are given up give their place to others: which these are must not depend on how many rows come behind them."""

    def typist(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['too long ' * 9, 'x y'])} {stream.randint(1, 60)}\n"

    message = {"kind": "typed", "seeds": ["where is it", "its broken", "no idea"], "voice": "texter", "tries": 2}
    keep = [{"kind": "length", "field": "message", "words": [1, 9]}, {"kind": "unique", "field": "message"}]
    table = {"together": 8, "fields": {"message": message}, "keep": keep}
    rows = dict[int, list[tuple[int, str]]]()
    for count in (8, 16, 20, 24, 40):
        recipe = {"name": "grown", "seed": seed, "patience": 60, "tables": {"traffic": {"rows": count, **table}}}
        made = make(recipe, out=tmp_path / f"{count}", models={"typist": ScriptedModel(typist)})
        rows[count] = [(row["provenance"]["row"], row["message"]) for row in Dataset.open(made.folder).rows("traffic")]
    assert rows[40][-1][0] > 39, "no row was given up"
    assert all(rows[count][: count // 8 * 8] == rows[40][: count // 8 * 8] for count in rows)
    for count in (20, 40):
        assert not why(tmp_path / f"{count}", f"traffic-{rows[count][-1][0]}").untold


def test_a_recheck_reads_what_was_chosen_from_again(voiced: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    first, _ = making(voiced, script=spoken)
    before = content(first.folder)
    made, model = making(voiced, script=spoken, recheck=True)
    assert not model.asked
    assert made.manifest["tables"]["messages"]["rows"] == first.manifest["tables"]["messages"]["rows"]
    assert content(made.folder) == before


def test_another_file_to_be_like_and_another_voice_make_it_again(
    voiced: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]
) -> None:
    making(voiced, script=spoken)
    assert making(voiced, script=spoken)[0].already
    logs = voiced.with_name("logs.txt")
    if "like: logs.txt" in voiced.read_text():
        logs.write_text(logs.read_text().upper(), encoding="utf-8")
        made, _ = making(voiced, script=spoken)
        figures = made.manifest["tables"]["messages"]["styles"]["message"]["logs.txt"]["figures"]
        assert figures["lower_only"]["target"] == 0
    else:
        voiced.write_text(voiced.read_text().replace("question_mark: 0.5", "question_mark: 0.1"), encoding="utf-8")
        made, _ = making(voiced, script=spoken)
        figures = made.manifest["tables"]["messages"]["styles"]["message"]["our_own"]["figures"]
        assert figures["question_mark"]["target"] == 0.1
    assert not made.already


def test_noise_on_a_voice_is_the_same_for_any_chunk_size(tmp_path: Path) -> None:
    path = tmp_path / "noise.yaml"
    path.write_text(
        dedent("""
        name: noise
        tables:
          t:
            rows: 50
            fields:
              name: {kind: fake, provider: name}
              said: {kind: template, template: "I am waiting for the parcel of {{ name }}, because it was late"}
              message: {kind: noise, of: said, voice: {texter: 1, phone: 1}}
            keep: [{kind: length, field: message, words: [1, 12]}]
        """)
    )
    whole = make(path, out=tmp_path / "whole")
    assert whole.manifest["tables"]["t"]["refused"]
    assert "styles" not in whole.manifest["tables"]["t"]
    for chunk in (1, 7):
        assert content(make(path, out=tmp_path / f"by-{chunk}", chunk=chunk).folder) == content(whole.folder)


def test_the_card_shows_what_its_samples_are_about(shop: Path, making: Callable[..., tuple[MakeResult, ScriptedModel]]) -> None:
    made, _ = making(shop)
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    samples = card.partition("The first rows:")[2].partition("```text\n")[2].partition("\n```")[0].splitlines()
    messages = look(made.folder, "messages", rows=len(samples)).rows
    assert samples == [f"{row['reason']}: {row['message']}" for row in messages]


def test_rows_that_were_made_again_are_not_read_from_the_cache_of_datasets(tmp_path: Path) -> None:
    import datasets

    recipe, out = one_table({"n": {"kind": "number", "between": [1, 1000], "decimals": 0}}), tmp_path / "out"
    for seed in (1, 2):
        make(recipe, out=out, seed=seed)
        loaded = datasets.load_dataset(str(out), "traffic", split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded["n"][:] == [row["n"] for row in look(out).rows]
