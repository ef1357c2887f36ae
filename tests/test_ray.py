"""Recipes made on a Ray cluster: two workers on this machine, started once and ended with the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest

from synthgen.api import make
from synthgen.cluster import RayCluster, WorkerLost, opened_cluster
from synthgen.engine import TableRun, candidates
from synthgen.engine.apart import ChunkMaker, ChunksApart
from synthgen.engine.ray import RayWorkers
from synthgen.engine.run import MADE_PART
from synthgen.errors import DataError, ModelError
from synthgen.models import BaseModel, ScriptedModel
from synthgen.models.actors import ActorModel
from synthgen.models.typist import AskedModel, OpenedModel, Typist
from synthgen.recipe import plan
from synthgen.spec.rows import Completion, Prompt, Row
from synthgen.spec.streams import Streams

HERE = Path(__file__).parent
HANG = 300
"""Seconds after which a test gives up: it says nothing of speed."""
ADDRESS = "RAY_ADDRESS"


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ADDRESS, raising=False)
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # for this file's own classes
        with opened_cluster(2) as opened:
            yield opened


@pytest.fixture
def fresh(cluster: RayCluster) -> Iterator[RayCluster]:
    """The cluster, without the workers of other tests."""
    yield cluster
    cluster.release()


# Base models


PROMPTS = [
    Prompt(f"Messages about {topic}.\n\n- my card\n-", 100 * topic + row, {"stop": "\n", "tokens": 24, "opening": " my" if row % 3 else ""})
    for topic in range(9)
    for row in range(30)
]


def written(prompts: Sequence[Prompt], completions: Iterator[Completion]) -> list[tuple[Any, ...]]:
    """What each prompt became."""
    answers = {completion.prompt.key: completion for completion in completions}
    assert len(answers) == len(prompts)
    told = [answers[prompt.key] for prompt in prompts]
    return [(answer.text, answer.finish, answer.logprobs, answer.tokens_in, answer.tokens_out) for answer in told]


@pytest.fixture(scope="session")
def local(tiny_packed: Path) -> list[tuple[Any, ...]]:
    return written(PROMPTS, BaseModel(str(tiny_packed)).complete(PROMPTS))


def process_of(hand: Any) -> int:
    """The process of an actor."""
    import ray

    return int(ray.get(hand.actor.__ray_call__.remote(lambda typist: __import__("os").getpid())))


def test_actors_write_what_one_process_writes(fresh: RayCluster, tiny_packed: Path, local: list[tuple[Any, ...]]) -> None:
    model = ActorModel(BaseModel(str(tiny_packed)), fresh)
    assert model.identity == BaseModel(str(tiny_packed)).identity
    assert len(model.hands) == 2
    assert written(PROMPTS, model.complete(PROMPTS)) == local
    assert written(PROMPTS[:40], model.complete(PROMPTS[:40])) == local[:40]
    completions = model.complete(PROMPTS)
    next(completions)
    getattr(completions, "close")()  # noqa: B009
    assert not [hand for hand in model.hands if hand.work], "nobody waits for what it was at"


def test_what_a_killed_actor_was_at_is_written_by_others(fresh: RayCluster, tiny_packed: Path, local: list[tuple[Any, ...]]) -> None:
    model = ActorModel(BaseModel(str(tiny_packed)), fresh)
    completions = model.complete(PROMPTS)
    first = next(completions)
    busy = [hand for hand in model.hands if hand.work]
    for hand in busy:
        os.kill(process_of(hand), signal.SIGKILL)
    assert written(PROMPTS, chain([first], completions)) == local
    assert not set(busy) & set(model.hands)


def test_calls_that_overtake_each_other_lose_nothing(tiny_packed: Path, local: list[tuple[Any, ...]]) -> None:
    typist = Typist(AskedModel(str(tiny_packed), True, BaseModel(str(tiny_packed)).settings), 1)
    typist.feed(7, [], 3)
    typist.feed(7, [range(30, 60)])
    typist.feed(7, [range(60, 90)])
    answers = dict(chain.from_iterable(typist.write(7, PROMPTS, [range(30)])))
    assert [answers[number].text for number in range(90)] == [text for text, *_ in local[:90]]


def doomed() -> type[Typist]:
    """One that never lives to write. It is made here, so that the cluster gets its code with it."""

    class Doomed(Typist):
        def open(self) -> OpenedModel:
            return OpenedModel("a model", "cpu", "float32", "here")

        def write(self, *arguments: Any) -> Iterator[Any]:
            __import__("os")._exit(1)
            yield []

    return Doomed


def test_actors_that_cannot_be_kept_alive_are_an_error_in_words(fresh: RayCluster, tiny_packed: Path) -> None:
    model = ActorModel(BaseModel(str(tiny_packed)), fresh)
    model.kind = doomed()
    with pytest.raises(
        ModelError, match=r"model 'packed': its actors in the Ray cluster were lost, one after the other, before they answered"
    ) as raised:
        list(model.complete(PROMPTS[:2]))
    assert "--workers N" in raised.value.hint
    assert model.hands == []


def test_too_little_memory_is_said(fresh: RayCluster) -> None:
    def greedy(item: int) -> int:
        raise MemoryError

    with pytest.raises(WorkerLost, match="not enough memory"):
        fresh.result(fresh.task(greedy, 0).remote(1))


def test_a_machine_that_lacks_the_folder_or_has_another_version_is_named(tmp_path: Path) -> None:
    asked = AskedModel(str(tmp_path / "gone"), True, BaseModel("gone").settings)
    with pytest.raises(ModelError, match="model 'gone' is not on the machine") as raised:
        Typist(asked, 1).open()
    assert "same path on every machine" in raised.value.hint
    with pytest.raises(ModelError, match=r"has synthgen .*, and this one 0\.0"):
        Typist(AskedModel("scribbler", True, BaseModel("scribbler").settings, "0.0"), 1).open()


def test_as_many_actors_as_fit(cluster: RayCluster) -> None:
    assert cluster.fit(on_gpu=False, memory=1 << 20).workers == 2
    assert RayCluster(cluster.ray, None, started=False).fit(on_gpu=False, memory=1 << 60).workers == 1
    alone = RayCluster(cluster.ray, 1, started=False).fit(on_gpu=False, memory=1 << 20)
    assert (alone.workers, alone.cpus, alone.threads) == (1, 2, 2)
    shared = cluster.fit(on_gpu=False, memory=1 << 20, turns=2)
    assert (shared.workers, shared.cpus, shared.threads) == (2, 0.5, 1)


# Tasks


class Halved:
    """Half of a number; it cannot halve those that are odd, and ends its process over 8 the first time."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __call__(self, number: int) -> int:
        if number == 8 and not self.marker.exists():
            self.marker.touch()
            os._exit(1)
        if number % 2:
            raise DataError(f"{number} is odd", "take another")
        return number // 2


def test_tasks_give_results_in_order_and_are_done_again(fresh: RayCluster, tmp_path: Path) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(0, 40, 2):
            taken.append(number)
            yield number

    results = RayWorkers(fresh).map(Halved(tmp_path / "died"), items())
    assert next(results) == 0
    assert len(taken) <= 4
    assert list(results) == list(range(1, 20))
    assert (tmp_path / "died").exists()


def test_an_error_of_a_task_is_raised_in_its_place(fresh: RayCluster, tmp_path: Path) -> None:
    results = RayWorkers(fresh).map(Halved(tmp_path / "died"), [2, 4, 5, 6])
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(DataError, match="5 is odd") as raised:
        next(results)
    assert raised.value.hint == "take another"


def pack(rows: list[Row], refused: list[Any]) -> tuple[list[Row], list[Any]]:
    return rows, refused


def test_chunks_that_need_no_others_are_tasks(fresh: RayCluster, recipe: Callable[..., Any]) -> None:
    loaded = recipe(FACTS.replace("rows: 300", f"rows: {3 * MADE_PART}"))
    (table,) = plan(loaded.recipe).tables
    streams = Streams(loaded.recipe.seed)

    def made(apart: ChunksApart | None) -> list[Row]:
        source = candidates(table.name, table.table, lambda: iter(()), 0, streams)
        chunks = TableRun(table, source, streams, {}, patience=loaded.recipe.patience, apart=apart).chunks()
        return [row for chunk in chunks for row in (chunk.packed[0] if chunk.packed else chunk.rows)]

    assert made(ChunksApart(ChunkMaker(table, streams, pack), RayWorkers(fresh), 0.0)) == made(None)


# Recipes


FACTS = """
    name: people
    tables:
      people:
        rows: 300
        fields:
          who: {kind: fake, provider: first_name}
          age: {kind: number, between: [18, 90]}
          said: {kind: template, template: "{{ who }} is {{ age }}"}
        keep:
          - {kind: matches, field: said, pattern: ".*[1-8]"}
"""
TYPED = """
    name: bank
    about: Customers of a bank, typing into the support chat of its phone app.
    tables:
      traffic:
        rows: 24
        fields:
          message:
            kind: typed
            seeds:
              - my card got declined why
              - where is my refund
              - hi card not working
              - wheres my mony
              - card lost pls block it
              - refund not here yet
              - cant log in to the app
              - when do i get my refund
              - app says error every time i pay
              - how do i change my adress
              - whats the fee for a transfer abroad
              - i want to close my account
      people:
        from: {table: traffic, rows: 6}
        fields:
          who: {kind: fake, provider: first_name}
"""


def shards(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.parquet"))}


@pytest.fixture
def same(tmp_path: Path) -> Callable[..., Path]:
    """Makes a recipe here and on the cluster; the rows must be the same. Returns the folder of the second."""

    def made(text: str, **options: Callable[[], Any]) -> Path:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(dedent(text), encoding="utf-8")
        for engine in ("local", "ray"):
            make(recipe, out=tmp_path / engine, engine=engine, **{name: option() for name, option in options.items()})  # type: ignore[arg-type]
        assert shards(tmp_path / "local")
        assert shards(tmp_path / "local") == shards(tmp_path / "ray")
        return tmp_path / "ray"

    return made


def test_facts_are_the_same(fresh: RayCluster, same: Callable[..., Path]) -> None:
    same(FACTS)


def test_a_scripted_model_stays_in_this_process(fresh: RayCluster, same: Callable[..., Path]) -> None:
    asked: list[ScriptedModel] = []

    def typist() -> dict[str, ScriptedModel]:
        asked.append(ScriptedModel(lambda prompt, stream: f" hi {stream.randrange(10**9)}\n"))
        return {"typist": asked[-1]}

    same(TYPED, models=typist)
    assert len(asked[0].asked) == len(asked[1].asked) > 0


def test_typed_messages_are_the_same_also_after_the_driver_was_killed(fresh: RayCluster, same: Callable[..., Path], tmp_path: Path) -> None:
    plain = same(TYPED)
    out = tmp_path / "killed"
    environment = os.environ | {ADDRESS: fresh.ray.get_runtime_context().gcs_address, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(HERE / "slow_ray.py"), str(tmp_path / "recipe.yaml"), str(out)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    assert run.stdout
    assert run.stdout.readline() == "asked\n"
    run.kill()
    run.wait(HANG)
    run.stdout.close()
    assert not (out / "manifest.json").exists()
    again = make(tmp_path / "recipe.yaml", out=out, engine="ray", workers=1)
    assert again.manifest["answers"]["remembered"] > 0
    assert shards(out) == shards(plain)


# A cluster of one's own


def ours(marker: str) -> list[int]:
    """The processes that inherited a mark, but for those that only wait to be taken leave of."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and marker.encode() in (place / "environ").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def started(tmp_path: Path, text: str, *options: str, warnings: int = subprocess.PIPE) -> tuple[subprocess.Popen[str], str]:
    marker = f"SYNTHGEN_TEST={tmp_path.name}-{Random().random()}"
    name, _, value = marker.partition("=")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dedent(text), encoding="utf-8")
    left_out = (ADDRESS, "RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
    environment = {key: kept for key, kept in os.environ.items() if key not in left_out}
    environment |= {name: value, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "synthgen", "make", str(recipe), "-o", str(tmp_path / "out"), "--engine", "ray", *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=warnings, env=environment, text=True, cwd=tmp_path, preexec_fn=heard
    ), marker


def heard() -> None:
    """A job in the background of a shell is deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(marker: str) -> bool:
    deadline = time.monotonic() + HANG
    while ours(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not ours(marker)


def test_a_cluster_that_is_started_for_a_run_ends_with_it_and_is_silent(tmp_path: Path) -> None:
    run, marker = started(tmp_path, FACTS, "--workers", "2", "--json")
    printed, warned = run.communicate(timeout=HANG)
    assert json.loads(printed)["tables"]["people"]["rows"] == 300
    assert (run.returncode, warned) == (0, "")
    assert not (tmp_path / ".ray").exists()
    assert ended(marker)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_nothing_that_a_run_started_outlives_it(tmp_path: Path, sent: signal.Signals) -> None:
    run, marker = started(tmp_path, TYPED.replace("rows: 24", "rows: 5000"), "--workers", "2", warnings=subprocess.STDOUT)
    assert run.stdout
    lines = iter(run.stdout.readline, "")
    assert any("Ray cluster started on this machine, 2 CPUs: scribbler in 2 actors of 1 CPU" in line for line in lines)
    run.send_signal(sent)
    rest = run.communicate(timeout=HANG)[0]
    if sent == signal.SIGINT:
        assert run.returncode == 130
        assert "interrupted; what was finished is kept" in rest
    assert "Traceback" not in rest
    assert ended(marker)


def test_without_ray_the_way_out_is_said(recipe: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelError, match="--engine ray needs a package that is not installed: ray") as raised:
        make(recipe(FACTS), out=tmp_path / "out", engine="ray")
    assert raised.value.hint == "pip install '.[ray]' -c constraints.txt"


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "http://127.0.0.1:8265"])
def test_a_cluster_is_not_asked_from_outside(address: str, tmp_path: Path) -> None:
    code = "from synthgen.cluster import opened_cluster\nwith opened_cluster(): pass"
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {ADDRESS: address}, capture_output=True, text=True, timeout=HANG)
    assert f"ModelError: RAY_ADDRESS is {address}, where a program outside the cluster asks it" in run.stderr
