"""Permission that is lost in the middle of a review, an export, a push or the tuning of a model: the error is one line with the way out,
nothing that was finished is lost, and when the permission is back the same command goes on."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx2
import pytest
import torch
from conftest import chatter
from servers import hub
from servers.hub import HubServer
from servers.review import command

import synthgen
from faults.disturbed import LOST, ROUNDS, environment, every, give_back, read_only
from synthgen.decisions import Review
from synthgen.tuning.train import CHECKPOINT

hub_server = hub.hub_server
MANY = ROUNDS > 3
"""Whether all cases are tried, as they are by hand: FAULTS_ROUNDS=4."""
RECIPE = """\
name: shop
tables:
  traffic:
    rows: 40
    fields:
      intent: {kind: choice, options: [late, broken]}
      message: {kind: fake, provider: sentence}
harness: {input: message, target: intent}
"""


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Path]:
    """An output in a folder of outputs; at the end all may be taken away again."""
    (tmp_path / "shop.yaml").write_text(RECIPE)
    yield synthgen.make(tmp_path / "shop.yaml", out=tmp_path / "outputs" / "shop").folder
    give_back(tmp_path / "outputs")


def run(by: list[str], *words: str | Path, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command of somebody's; whatever it says, it is no traceback."""
    done = subprocess.run(
        [*by, sys.executable, "-m", "synthgen", *map(str, words)],
        env=environment(more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert LOST not in done.stderr, done.stderr
    return done


def is_told(words: str, place: Path) -> None:
    """An error of one line, and a second that says what to do."""
    assert words.startswith("error: "), words
    assert len(words.splitlines()) == 2, words
    assert str(place) in words
    assert "Permission denied" in words
    assert "let this user" in words


# Review


@dataclass
class Reviewer:
    """Somebody who decides on one row after the other on the page at an address."""

    client: httpx2.Client
    page: httpx2.Response

    @classmethod
    @contextmanager
    def at(cls, address: str) -> Iterator[Reviewer]:
        with httpx2.Client(follow_redirects=True, headers={"origin": "/".join(address.split("/")[:3])}) as client:
            overview = client.get(address)
            yield cls(client, client.get(f"{overview.url}rows/traffic?queue=open"))

    def reject(self) -> str:
        """Reject the row that is shown; what the page then says."""
        if not (since := re.search(r'name="since" value="([^"]*)"', self.page.text)):
            self.page = self.client.get(str(self.page.url))
            since = re.search(r'name="since" value="([^"]*)"', self.page.text)
        assert since, self.page.text
        form = {"decision": "reject", "reason": "makes no sense", "since": unescape(since[1])}
        self.page = self.client.post(str(self.page.url), data=form)
        assert self.page.status_code in (200, 422), self.page.text
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page.text)).split())


LOSSES: dict[str, Callable[[Path], object]] = {
    "the decisions": lambda file: read_only(file),
    "reading them, too": lambda file: file.chmod(0),
    "their lock": lambda file: read_only(file.with_name(f".{file.name}.lock")),
    "their folder and they": lambda file: read_only(file, file.parent),
}


@pytest.mark.parametrize("loss", [*LOSSES][: None if MANY else 2])
def test_a_decision_that_cannot_be_written_is_told_and_none_is_lost(loss: str, somebody: list[str], output: Path) -> None:
    file = output.with_name("shop.review.jsonl")
    with command(output, "--by", "ana", by=somebody) as page, Reviewer.at(page.address) as reviewer:
        reviewer.reject()
        reviewer.reject()
        assert len(Review.load(file)) == 2
        LOSSES[loss](file)
        words = reviewer.reject()
        assert "Permission denied let this user" in words or "Permission denied nothing was decided; let this user" in words, words
        assert str(file) in words
        give_back(output.parent)
        assert len(Review.load(file)) == 2
        reviewer.reject()
        assert len(Review.load(file)) == 3
        read_only(file, output.parent)
        assert "3 decisions" in page.stop()


def test_decisions_that_cannot_be_read_any_more_are_no_decisions(somebody: list[str], output: Path) -> None:
    """What honours decisions stops, as a rejected row must not slip through."""
    file = output.with_name("shop.review.jsonl")
    with command(output, "--by", "ana", by=somebody) as page, Reviewer.at(page.address) as reviewer:
        reviewer.reject()
    file.chmod(0)
    for words in (["export", output, "--to", "jsonl"], ["review", output, "--no-browser"], ["push", output, "me/shop", "--dry-run"]):
        done = run(somebody, *words)
        assert done.returncode == 1
        is_told(done.stderr, file)


# Export


@pytest.mark.parametrize("place", ["csv", "."] if MANY else ["csv"])
def test_an_export_that_may_not_be_written_leaves_the_one_before(place: str, somebody: list[str], output: Path) -> None:
    words = ("export", output, "--to", "jsonl", "--to", "csv")
    assert run(somebody, *words).returncode == 0
    folder = output / "harness"
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert len(before) > 1
    read_only(*every(folder / place))
    done = run(somebody, *words, "--input", "intent", "--target", "message")
    assert done.returncode == 1, done.stderr
    is_told(done.stderr, folder)
    give_back(output)
    kept = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert kept.keys() == before.keys()
    assert {file: content for file, content in kept.items() if "csv" in file.parts} == {
        file: content for file, content in before.items() if "csv" in file.parts
    }
    assert run(somebody, *words, "--input", "intent", "--target", "message").returncode == 0
    assert all(file.read_bytes() != content for file, content in before.items() if file.suffix in (".csv", ".jsonl"))


READERS = [["look"], ["verify"], ["export", "--to", "jsonl"], ["report"], ["fewshot"]]


@pytest.mark.parametrize("words", READERS if MANY else READERS[:2])
def test_rows_that_may_not_be_read_are_told(words: list[str], somebody: list[str], output: Path) -> None:
    for shard in output.glob("*/*.parquet"):
        shard.chmod(0)
    done = run(somebody, words[0], output, *words[1:])
    assert done.returncode == 1, (done.stdout, done.stderr)
    told = done.stdout if words == ["verify"] else done.stderr
    assert "Permission denied" in told, done
    assert "let this user read" in told, told
    assert len(done.stderr.splitlines()) <= 2


# Push


@pytest.mark.parametrize("loss", ["reading its files", "its folder"] if MANY else ["reading its files"])
def test_a_push_that_may_not_read_any_more_goes_on_when_it_may(
    loss: str, somebody: list[str], output: Path, hub_server: HubServer, tmp_path: Path
) -> None:
    more = {**hub_server.environment, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    usual_fault, lost = hub_server.fault, list[str]()

    def losing(line: str) -> object:
        """Permission is lost when the client asks how to send what it has."""
        if "preupload" in line and not lost:
            lost.append(line)
            for path in [output] if loss == "its folder" else [file for file in every(output) if file.is_file()]:
                path.chmod(0)
        return usual_fault(line)

    hub_server.fault = losing  # type: ignore[method-assign,assignment]
    done = run(somebody, "push", output, "tester/shop", more=more)
    assert lost
    assert done.returncode in (1, 4), done.stderr
    is_told(done.stderr, output)
    give_back(output)
    done = run(somebody, "push", output, "tester/shop", more=more)
    assert done.returncode == 0, done.stderr
    (shard,) = output.glob("traffic/*.parquet")
    assert hub_server.read("tester/shop", f"traffic/{shard.name}") == shard.read_bytes()


# What takes its place at the end

PUBLISH = """
import sys
from pathlib import Path
from synthgen.dataset import Output
from synthgen.errors import OutputError

output = Output(Path(sys.argv[1]))
try:
    with output.locked("make"):
        output.claim()
        (output.unfinished / "chunks").mkdir(exist_ok=True)
        output.final.parent.chmod(0o555)
        output.publish({"files": {}}, ["chunks"])
except OutputError as error:
    sys.exit(f"error: {error}")
"""


def test_what_cannot_take_its_place_keeps_what_it_goes_on_from(somebody: list[str], tmp_path: Path) -> None:
    out = tmp_path / "outputs" / "shop"
    command = [*somebody, sys.executable, "-c", PUBLISH, str(out)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    is_told(done.stderr, out)
    assert "cannot take the place" in done.stderr
    assert (tmp_path / "outputs" / "shop.unfinished" / "chunks").is_dir()


# Tune


TUNE = "import sys, slow_tune; slow_tune.run(sys.argv[2:], float(sys.argv[1]))"


@pytest.fixture(scope="module")
def words(tiny_packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[str]]:
    """The command that makes a model in a place."""
    logs = tmp_path_factory.mktemp("logs") / "logs.txt"
    logs.write_text("\n".join(chatter(240)))
    options = f"--about shop --epochs 2 --probe 2 --device cpu -q --model {tiny_packed}".split()
    return lambda place: ["tune", str(logs), "-o", str(place), *options]


@pytest.fixture(scope="module")
def whole_model(words: Callable[[Path], list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of one that nothing disturbed."""
    out = tmp_path_factory.mktemp("models") / "whole"
    assert run([], *words(out)).returncode == 0
    return out / "model.safetensors"


MODEL_LOSSES = ["all of the work", "the folder of the work", "the folder around it"]


@pytest.mark.parametrize("loss", MODEL_LOSSES if MANY else MODEL_LOSSES[:1])
def test_a_model_whose_work_may_not_be_written_is_made_on_when_it_may(
    loss: str, somebody: list[str], words: Callable[[Path], list[str]], whole_model: Path, tmp_path: Path
) -> None:
    around = tmp_path / "models"
    out, work = around / "out", around / "out.unfinished"

    process = subprocess.Popen(
        [*somebody, sys.executable, "-c", TUNE, "0.05", *words(out)], env=environment(), stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not (work / CHECKPOINT).exists():
        time.sleep(0.01)
    assert process.poll() is None
    paths = {"the folder of the work": [work], "all of the work": every(work), "the folder around it": [around]}[loss]
    read_only(*paths)
    _, told = process.communicate()
    assert LOST not in told, told
    assert process.returncode == 1, told
    is_told(told, around)
    assert (work / CHECKPOINT).exists()
    is_told(run(somebody, *words(out)).stderr, around)
    give_back(around)
    step = torch.load(work / CHECKPOINT)["state"]["step"]
    assert step > 0
    assert run(somebody, *words(out)).returncode == 0
    assert (out / "model.safetensors").read_bytes() == whole_model.read_bytes()
