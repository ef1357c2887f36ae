"""Datasets made with servers of the Messages API that others wrote: `python -m pytest tests/slow_other_server.py` (not collected by itself;
a minute).

Each server is asked that is installed: `pip install llmock mock-ai-api` (0.2.2 and 0.1.1), `npm install @copilotkit/aimock` (1.43.0; it
brings a command llmock too, so that the one of Python must come first in PATH). What they cannot do is not tested: llmock and aimock have
no batches that can be read, mock-ai-api takes no JSON Schema, none tells what a model can do."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from pyarrow import parquet

from synthgen.api import make
from synthgen.errors import ModelError
from synthgen.making.runs import Tick
from synthgen.models import connection

ROWS, AT_ONCE, PATIENCE = 40, 8, 60
WAIT = 30.0
"""Seconds that a server may take to start."""
USED = {"input_tokens": 200, "output_tokens": 10}
PRICES = {"input": 1.0, "output": 5.0}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.05)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-the-loopback")


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def told(url: str) -> Any:
    """What a server answers, read from JSON where it is some."""
    with urlopen(url, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


@contextmanager
def serving(log: Path, command: list[str], port: int) -> Iterator[str]:
    """A server, as long as it is needed: its address. Skips where the command is not installed."""
    found = shutil.which(command[0])
    if found is None:
        pytest.skip(f"{command[0]} is not installed")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [found, *command[1:]],
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # it may be ignored here
        )
        try:
            over = time.monotonic() + WAIT
            while process.poll() is None and time.monotonic() < over:
                with closing(socket.socket()) as one:
                    if one.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            else:
                pytest.fail(f"{command[0]} does not serve: {log.read_text(errors='replace')[-2000:]}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # mock-ai-api ends its own processes at this, and at nothing else
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def llmock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that fails often in ways that it tells, repeats what it was asked, and judges its clients."""
    port = free_port()
    faults = [part for one in ("429=0.15", "503=0.05", "529=0.05", "500=0.05") for part in ("--error-rate", one)]
    command = ["llmock", "serve", "--host", "127.0.0.1", "--port", str(port), "--response-style", "echo", *faults]
    with serving(tmp_path / "llmock.log", command, port) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{url}/anthropic")
        yield url


def mood(number: int) -> str:
    return ("calm", "angry")[number % 2]


@pytest.fixture
def aimock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that knows an answer to each row, declines the fourth, and fails often: with 500, 429, no answer and no JSON."""
    port = free_port()
    answers = [{"match": {"userMessage": "order-000003"}, "response": {"content": "", "finishReason": "refusal", "usage": USED}}]
    for number in range(2 * ROWS):
        answer = json.dumps({"mood": mood(number), "reply": f"Sorry about order-{number:06d}.", "days": number})
        answers.append({"match": {"userMessage": f"order-{number:06d}"}, "response": {"content": answer, "usage": USED}})
    chaos = {"dropRate": 0.06, "malformedRate": 0.06, "rateLimitRate": 0.06, "disconnectRate": 0.06}
    fixtures, settings = tmp_path / "answers.json", tmp_path / "aimock.json"
    fixtures.write_text(json.dumps({"fixtures": answers}), encoding="utf-8")
    settings.write_text(json.dumps({"llm": {"fixtures": str(fixtures), "chaos": chaos, "logLevel": "warn"}}), encoding="utf-8")
    command = ["aimock", "--config", str(settings), "--host", "127.0.0.1", "--port", str(port)]
    with serving(tmp_path / "aimock.log", command, port) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        yield url


@pytest.fixture
def mock_ai_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose batches can be read; each ends when its results are fetched."""
    port = free_port()
    command = ["mock-ai-api", "--anthropic-port", str(port), "--openai-port", str(free_port())]
    with serving(tmp_path / "mock-ai-api.log", command, port) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        yield url


def recipe(field: dict[str, Any], name: str = "claude-haiku-5-5") -> dict[str, Any]:
    """Orders, and for each of them what Claude makes."""
    message = {"kind": "template", "template": "where is {{ order }}??"}
    made = {"reply": {"kind": "claude", **field}}
    return {
        "name": "replies",
        "about": "Customers of a shop, typing into its support chat.",
        "models": {"claude": {"kind": "claude", "name": name, "concurrency": AT_ONCE, "timeout": PATIENCE, "prices": PRICES}},
        "tables": {
            "orders": {"rows": ROWS, "fields": {"order": {"kind": "id", "prefix": "order"}, "message": message}},
            "replies": {"from": {"table": "orders"}, "fields": made},
        },
    }


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("replies/*.parquet")) for row in parquet.read_table(path).to_pylist()]


def test_a_server_that_judges_its_clients_finds_no_fault_in_ours(llmock: str, tmp_path: Path) -> None:
    said = recipe({"task": "Reply to this: {{ message }}"})
    made = make(said, out=tmp_path / "out")
    found = rows(made.folder)
    assert len(found) == ROWS
    assert all(row["message"] in row["reply"] for row in found)  # each its own
    verdict = told(f"{llmock}/_llmock/verdict")
    print(f"llmock: {verdict}")
    assert verdict["faults_injected"] > 0
    # What an estimate counts is not tried again, and a pause that is drawn may be shorter than the last.
    assert [one for one in verdict["findings"] if one["path"].endswith("/messages") and one["code"] != "no_backoff"] == []
    log = [one for one in told(f"{llmock}/_llmock/requests")["requests"] if one["path"].endswith("/messages")]
    assert sum(one["status"] == 200 for one in log) == ROWS  # nothing is asked twice
    (spent,) = made.manifest["spent"]
    assert spent["answers"] == ROWS
    assert spent["cost"] == pytest.approx((spent["tokens_in"] * PRICES["input"] + spent["tokens_out"] * PRICES["output"]) / 1e6)

    make(said, out=tmp_path / "out", recheck=True)
    assert len(rows(made.folder)) == ROWS
    assert sum(one["path"].endswith("/messages") for one in told(f"{llmock}/_llmock/requests")["requests"]) == len(log)


def test_structured_answers_arrive_whole_through_chaos_and_are_paid_once(aimock: str, tmp_path: Path) -> None:
    form = {"mood": ["calm", "angry"], "reply": "text", "days": "integer"}
    made = make(recipe({"task": "Reply.", "output": form, "tries": 2}), out=tmp_path / "out")
    log = [one for one in told(f"{aimock}/__aimock/journal") if one["path"].endswith("/messages")]
    faults = Counter(one["response"].get("chaosAction") for one in log)
    print(f"aimock: {dict(faults)}")
    assert faults.keys() - {None}
    assert all(one["response"]["status"] in (200, 429, 500, 0) for one in log)  # 0: the connection was cut

    found = {row["order"]: json.loads(row["reply"]) for row in rows(made.folder)}
    assert "order-000003" not in found
    assert len(found) == ROWS - 1
    assert made.manifest["tables"]["replies"]["refused"] == {"declined (reply)": 2}
    for order, reply in found.items():
        number = int(order.removeprefix("order-"))
        assert reply == {"mood": mood(number), "reply": f"Sorry about {order}.", "days": number}

    answered = sum(one["response"]["status"] == 200 and not one["response"].get("chaosAction") for one in log)
    (spent,) = made.manifest["spent"]
    assert answered == spent["answers"] == ROWS + 1  # the one that is declined is asked twice
    assert (spent["tokens_in"], spent["tokens_out"]) == (answered * USED["input_tokens"], answered * USED["output_tokens"])
    each = (USED["input_tokens"] * PRICES["input"] + USED["output_tokens"] * PRICES["output"]) / 1e6
    assert spent["cost"] == pytest.approx(answered * each)
    unsure = faults["malformed"] + faults["disconnect"]
    assert any("lost on the way" in note for note in made.notes) == (unsure > 0)


def test_a_server_without_batches_is_told_of(aimock: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="404"):
        make(recipe({"task": "Reply."}), out=tmp_path / "out", batch=True)


class Left(Exception):
    """Somebody left while a batch was under way."""


def test_a_batch_that_was_left_is_found_again_and_read_at_half_the_price(mock_ai_api: str, tmp_path: Path) -> None:
    said, ticks = recipe({"task": "Reply to this: {{ message }}"}, "claude-opus-4-6"), list[str]()
    batches = f"{mock_ai_api}/v1/messages/batches"

    def leave(tick: Tick) -> None:
        if tick.batch:
            raise Left

    def look(tick: Tick) -> None:
        """The batch ends when its results are asked for."""
        if tick.batch:
            ticks.append(tick.batch)
            for one in told(batches)["data"]:
                with urlopen(f"{batches}/{one['id']}/results", timeout=60) as answer:
                    answer.read()

    with pytest.raises(Left):
        make(said, out=tmp_path / "out", batch=True, watch=leave)
    made = make(said, out=tmp_path / "out", batch=True, watch=look)
    (batch,) = told(batches)["data"]
    assert batch["request_counts"]["succeeded"] == ROWS
    assert f"{batch['id']} 0 of {ROWS} done" in ticks[0]
    assert [row["reply"] for row in rows(made.folder)] == ["A unified model API gateway."] * ROWS
    (spent,) = made.manifest["spent"]
    assert spent["answers"] == ROWS
    assert spent["cost"] == pytest.approx((spent["tokens_in"] * PRICES["input"] + spent["tokens_out"] * PRICES["output"]) / 2e6)


@pytest.mark.parametrize(("status", "hint"), [("400", "preview --prompts"), ("401", "ANTHROPIC_API_KEY")])
def test_an_error_that_no_other_try_mends_ends_the_run_and_says_why(mock_ai_api: str, tmp_path: Path, status: str, hint: str) -> None:
    with pytest.raises(ModelError, match=status) as raised:
        make(recipe({"task": "Reply."}, f"claude-sonnet-4-20250514:mock-{status}"), out=tmp_path / "out")
    assert hint in raised.value.hint
    log = (tmp_path / "mock-ai-api.log").read_text()
    assert 1 <= log.count("POST /v1/messages HTTP") <= AT_ONCE
    assert log.count("GET /v1/models/") == 1  # what a model can do is asked once
