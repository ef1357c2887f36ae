"""Message Batches: half the price, nothing lost and nothing paid twice, whatever ends the run between two steps."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import anthropic
import pytest
from servers import claude
from servers.claude import ClaudeServer

import synthgen
from synthgen.dataset import Dataset
from synthgen.errors import LimitError, ModelError
from synthgen.models import Budget, ClaudeModel, Journal, Journalled, ScriptedModel, connection
from synthgen.models.journal import key_of
from synthgen.models.ledger import BatchLedger, SentBatch
from synthgen.models.model import Batching
from synthgen.models.prices import Usage, cost, price
from synthgen.spec.rows import Brief, Completion, Prompt

server = claude.named_server
HAIKU = "claude-haiku-4-5"
BRIEF = Brief("Label each message.", tokens=300)
BATCHES = "/v1/messages/batches"


class Killed(BaseException):
    """The end of a process, as far as one can be had inside another."""


class DyingLedger(BatchLedger):
    """A ledger whose process dies when it is about to do something for the first time."""

    def __init__(self, journal: Journal, at: str) -> None:
        super().__init__(journal)
        self.at = at

    def named(self, batch: SentBatch, name: str | None) -> SentBatch:
        """Write an id."""
        self._die("named")
        return super().named(batch, name)

    def finish(self, batch: SentBatch, model: str, answers: Mapping[str, Completion]) -> None:
        """Write answers."""
        self._die("kept")
        super().finish(batch, model, answers)

    def _die(self, where: str) -> None:
        if self.at == where:
            raise Killed


def dying_journal(path: Path | None, at: str) -> Journal:
    journal = Journal(path)
    journal.batches = DyingLedger(journal, at)
    return journal


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.05)


def prompts(count: int, first: int = 0) -> list[Prompt]:
    return [Prompt(f"message {number}", number, origin={"field": "traffic.label"}, brief=BRIEF) for number in range(first, first + count)]


def remembering(journal: Journal, *, limit: float | None = None, watch: Any = None, **how: Any) -> Journalled:
    model = ClaudeModel(HAIKU, timeout=60, budget=Budget(limit))
    return Journalled(model, journal, batch=Batching(**{"wait": lambda seconds: None, **how}), watch=watch)


def answers(found: list[Completion]) -> dict[str, str]:
    return {one.prompt.text: one.text for one in found}


def echoes(count: int) -> dict[str, str]:
    return {f"message {number}": f"message {number}" for number in range(count)}


def sizes(server: ClaudeServer) -> list[int]:
    return [len(batch.requests) for batch in server.batches.values()]


def test_a_batch_has_all_answers_at_half_the_price_and_is_fetched_once(server):
    journal, server.batch_polls = Journal(None), 3
    found = list(remembering(journal).complete(prompts(50)))
    assert answers(found) == echoes(50)
    assert sizes(server) == [50]
    told = [one["result"]["message"]["usage"] for one in server.batches["msgbatch_000000000000000000000001"].results]
    paid = sum(price(HAIKU).cost(Usage(one["input_tokens"], one["output_tokens"])) for one in told)
    assert sum(one.cost for one in found) == pytest.approx(paid / 2)
    assert sum(one["cost"] for one in journal.spent()) == pytest.approx(paid / 2)
    assert len(server.asked(f"{BATCHES}/msgbatch_000000000000000000000001/results", "GET")) == 1
    assert [entry.path for entry in server.asked()] == []
    again = remembering(journal)
    assert answers(list(again.complete(prompts(50)))) == echoes(50)
    assert (again.asked, sizes(server)) == (0, [50])


def test_batches_are_of_bounded_size(server):
    list(remembering(Journal(None), requests=20).complete(prompts(50)))
    assert sizes(server) == [20, 20, 10]
    list(remembering(Journal(None), bytes=7_000).complete(prompts(12)))
    sent = server.asked(BATCHES)[3:]
    assert len(sent) > 1
    assert all(len(json.dumps(entry.body)) < 7_000 for entry in sent)


def test_one_request_that_is_larger_than_a_batch_may_be_goes_alone(server):
    list(remembering(Journal(None), bytes=100).complete(prompts(3)))
    assert sizes(server) == [1, 1, 1]


def test_the_same_prompt_twice_is_asked_once(server):
    found = list(remembering(Journal(None)).complete([*prompts(2), *prompts(2)]))
    assert Counter(one.prompt.text for one in found) == {"message 0": 2, "message 1": 2}
    assert sizes(server) == [2]


def test_another_model_is_asked_as_usual():
    model = ScriptedModel(lambda prompt, random: "hi\n")
    assert len(list(Journalled(model, Journal(None), batch=True).complete(prompts(3)))) == 3


def test_who_watches_is_told_how_far_it_is_and_that_one_may_leave(server):
    server.batch_polls, told = 2, []
    list(remembering(Journal(None), watch=told.append).complete(prompts(1200)))
    assert told[0] == "batch msgbatch_000000000000000000000001 0 of 1,200 done; you may leave: the same command comes back"
    assert "1,200 of 1,200 done" in told[-1]


def test_a_batch_is_looked_at_less_and_less_often(server):
    server.batch_polls, waits = 12, []
    list(remembering(Journal(None), wait=waits.append).complete(prompts(2)))
    assert waits[0] == 5
    assert waits == sorted(waits)
    assert waits[-1] == 60


@pytest.mark.parametrize("fault", ["expired", "canceled", "errored", "errored=overloaded_error"])
def test_what_has_no_answer_is_asked_again_in_a_new_batch(server, fault):
    seen = set[str]()
    server.batch_faults = lambda key: None if key in seen or key < "8" else seen.add(key) or fault
    found = list(remembering(Journal(None)).complete(prompts(40)))
    assert answers(found) == echoes(40)
    assert sizes(server) == [40, len(seen)]
    assert server.asked_again() == []


def test_what_has_no_answer_in_several_batches_is_asked_again_in_one(server):
    seen = set[str]()
    server.batch_faults = lambda key: None if key in seen or key < "c" else seen.add(key) or "expired"
    server.batch_polls = lambda number: 2 * number
    found = list(remembering(Journal(None), requests=20).complete(prompts(100)))
    assert answers(found) == echoes(100)
    assert sizes(server) == [20] * 5 + [20] * (len(seen) // 20) + [len(seen) % 20] * (len(seen) % 20 > 0)
    assert server.asked_again() == []


def test_what_is_enough_for_a_batch_is_asked_again_at_once(server):
    seen = set[str]()
    server.batch_faults = lambda key: None if key in seen else seen.add(key) or "expired"
    server.batch_polls = lambda number: 2 * number
    watched: list[str] = []
    found = list(remembering(Journal(None), requests=20, watch=watched.append).complete(prompts(60)))
    assert answers(found) == echoes(60)
    assert sizes(server) == [20] * 6
    assert any(told.startswith("3 batches") for told in watched[3:])  # the first was sent again while two were under way


def test_a_budget_that_frees_little_by_little_sends_no_small_batches(server):
    server.batch_polls = lambda number: number % 3
    limit = 90 * price(HAIKU).most(200, 300, batch=True)
    assert answers(list(remembering(Journal(None), limit=limit, requests=50).complete(prompts(300)))) == echoes(300)
    assert min(sizes(server)[:-1]) >= 40


def test_a_shared_brief_is_cached_for_an_hour_and_paid_as_that(server):
    shared, alone = Brief("word " * 4000, tokens=300), Brief("other " * 4000, tokens=300)
    asked = [replace(prompt, brief=shared) for prompt in prompts(10)]
    journal = Journal(None)
    list(remembering(journal).complete([*asked, Prompt("message 10", 10, brief=alone)]))
    (batch,) = server.batches.values()
    systems = [entry["params"]["system"][0] for entry in batch.requests]
    marks = {system["text"][:5]: system.get("cache_control") for system in systems}
    assert marks == {"word ": {"type": "ephemeral", "ttl": "1h"}, "other": None}
    usages = [entry["result"]["message"]["usage"] for entry in batch.results]
    written = sum(usage["cache_creation"]["ephemeral_1h_input_tokens"] for usage in usages)
    assert written > 5000
    read = sum(usage["input_tokens"] for usage in usages)
    cached = sum(usage["cache_read_input_tokens"] for usage in usages)
    output = sum(usage["output_tokens"] for usage in usages)
    paid = cost(HAIKU, Usage(read, output, hour=written, cached=cached), batch=True)
    assert sum(one["cost"] for one in journal.spent()) == pytest.approx(paid)


def test_what_never_has_an_answer_ends_the_run_and_the_rest_is_kept(server):
    server.batch_faults = lambda key: "expired" if key < "4" else None
    journal, found = Journal(None), list[Completion]()
    with pytest.raises(ModelError, match="had no answer in 4 batches") as problem:
        found.extend(remembering(journal).complete(prompts(40)))
    assert problem.value.retryable
    assert len(journal) == sizes(server)[0] - sizes(server)[1]
    assert len(sizes(server)) == 4


def test_a_request_that_is_refused_is_an_error_of_its_own(server):
    journal, long = Journal(None), Prompt("x " * 500_000, 99)
    found = list(remembering(journal).complete([*prompts(3), long]))
    assert Counter(one.finish for one in found) == {"stop": 3, "error": 1}
    assert "prompt is too long" in next(one.text for one in found if one.finish == "error")
    assert len(journal) == 3


@pytest.mark.parametrize(("fault", "finish"), [("refusal", "refusal"), ("truncated", "length")])
def test_outcomes_have_names(server, fault, finish):
    server.batch_faults = lambda key: fault
    assert [one.finish for one in remembering(Journal(None)).complete(prompts(2))] == [finish] * 2


# A run that is killed


@pytest.mark.parametrize("at", ["named", "kept"])
@pytest.mark.parametrize("polls", [0, 2])
def test_a_killed_run_finds_its_batches_and_pays_nothing_twice(server, tmp_path, at, polls):
    server.batch_polls = polls
    dying = dying_journal(tmp_path / "journal", at)
    with pytest.raises(Killed):
        list(remembering(dying, requests=15).complete(prompts(40)))
    dying.close()
    left = sum(sizes(server))
    journal = Journal(tmp_path / "journal")
    found = list(remembering(journal, requests=15).complete(prompts(40)))
    assert answers(found) == echoes(40)
    assert sum(sizes(server)) == 40
    assert left == (15 if at == "named" else 40)
    assert server.asked_again() == []
    assert journal.batches.unfinished(HAIKU) == []
    journal.close()


def test_ctrl_c_leaves_batches_running_and_the_next_run_comes_back(server, tmp_path):
    server.batch_polls = 5

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    journal = Journal(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        list(remembering(journal, wait=interrupted).complete(prompts(10)))
    journal.close()
    assert not any(entry.path.endswith("/cancel") for entry in server.log)
    journal = Journal(tmp_path / "journal")
    assert answers(list(remembering(journal).complete(prompts(10)))) == echoes(10)
    assert sizes(server) == [10]
    journal.close()


def test_a_batch_that_was_never_sent_is_sent(server):
    journal = Journal(None)
    asked = {"k": Prompt("message 0", 0)}
    journal.batches.intend(HAIKU, asked, time())
    one = prompts(4)
    remembered = remembering(journal)
    journal.batches.intend(HAIKU, {key_of(HAIKU, prompt): prompt for prompt in one}, time())
    assert answers(list(remembered.complete(one))) == echoes(4)
    assert sizes(server) == [4]
    assert [batch.keys for batch in journal.batches.unfinished(HAIKU)] == [{"k"}]  # nobody has asked for that one yet


@pytest.mark.parametrize("polls", [0, 2])
def test_a_batch_of_somebody_else_is_not_taken_for_ones_own(server, polls):
    server.batch_polls, journal, one = polls, Journal(None), prompts(4)
    requests = [
        {"custom_id": f"other-{n}", "params": {"model": HAIKU, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}}
        for n in range(4)
    ]
    with anthropic.Anthropic(**server.client) as client:
        client.messages.batches.create(requests=requests)
    journal.batches.intend(HAIKU, {key_of(HAIKU, prompt): prompt for prompt in one}, time())
    assert answers(list(remembering(journal).complete(one))) == echoes(4)
    assert sizes(server) == [4, 4]


def test_answers_to_what_is_no_longer_asked_are_kept(server, tmp_path):
    dying = dying_journal(tmp_path / "journal", "kept")
    with pytest.raises(Killed):
        list(remembering(dying).complete(prompts(10)))
    dying.close()
    journal = Journal(tmp_path / "journal")
    list(remembering(journal).complete(prompts(4, first=8)))
    assert sizes(server) == [10, 2]
    again = remembering(journal)
    assert answers(list(again.complete(prompts(12)))) == echoes(12)
    assert again.asked == 0
    journal.close()


# Every way to fail


@pytest.mark.parametrize("fault", ["429", "500", "529", "503", "504", "cut", "cut_before", "malformed", "hang=0.3"])
@pytest.mark.parametrize("path", [BATCHES, "/msgbatch", "/results"])
def test_a_fault_on_the_way_loses_nothing_and_pays_nothing_twice(server, fault, path):
    met = set[str]()

    def draw(number: int) -> str | None:
        entry = server.log[number - 1]
        kind = "/results" if entry.path.endswith("/results") else "/msgbatch" if "/msgbatch" in entry.path else entry.path
        return None if kind != path or (entry.method == "GET" and kind == BATCHES) or path in met else met.add(path) or fault

    server.faults, journal = draw, Journal(None)
    model = ClaudeModel(HAIKU, timeout=60)
    found = list(Journalled(model, journal, batch=Batching(wait=lambda seconds: None)).complete(prompts(10)))
    assert met
    assert answers(found) == echoes(10)
    assert sizes(server) == [10]


@pytest.mark.parametrize("seed", range(4))
def test_all_faults_mixed_lose_nothing(server, seed):
    server.seed, server.batch_polls = seed, 2
    server.faults = dict.fromkeys(["429", "500", "529", "cut", "malformed"], 0.04)
    server.batch_faults = {"expired": 0.05, "errored": 0.05, "refusal": 0.05, "truncated": 0.05}
    journal = Journal(None)
    found = list(remembering(journal, requests=25, tries=8).complete(prompts(100)))
    assert len(found) == len(journal) == 100
    assert server.asked_again() == []


@pytest.mark.parametrize("fault", ["400", "401", "403", "413"])
def test_what_does_not_pass_ends_the_run(server, fault):
    server.faults = lambda number: fault if server.log[number - 1].path == BATCHES else None
    journal, budget = Journal(None), Budget(5.0)
    model = ClaudeModel(HAIKU, timeout=60, budget=budget)
    with pytest.raises(ModelError, match=fault):
        list(Journalled(model, journal, batch=True).complete(prompts(3)))
    assert journal.batches.unfinished(HAIKU) == []
    assert (budget.reserved, budget.under_way) == (0, 0)


def test_a_batch_that_another_key_sent_is_not_asked_again(server):
    journal = Journal(None)
    with pytest.raises(Killed):
        list(remembering(dying_journal(None, "kept")).complete(prompts(1)))
    batch = journal.batches.intend(HAIKU, {key_of(HAIKU, prompt): prompt for prompt in prompts(2)}, time())
    journal.batches.named(batch, "msgbatch_elsewhere")
    with pytest.raises(ModelError, match="not to be found with this key"):
        list(remembering(journal).complete(prompts(2)))


# The budget


@pytest.mark.parametrize("seed", range(4))
def test_the_limit_is_never_passed(server, seed):
    server.seed, limit = seed, 0.05
    server.batch_faults = {"expired": 0.1, "errored": 0.1} if seed % 2 else None
    journal, found = Journal(None), list[Completion]()
    with pytest.raises(LimitError, match="--max-cost"):
        found.extend(remembering(journal, limit=limit, requests=30).complete(prompts(4000)))
    assert found
    assert len(found) == len(journal)
    assert 0.9 * limit < sum(one["cost"] for one in journal.spent()) <= limit


def test_a_prompt_that_another_brief_made_is_another(server):
    journal = Journal(None)
    list(remembering(journal).complete(prompts(1)))
    list(remembering(journal).complete([replace(prompts(1)[0], brief=replace(BRIEF, system="Another."))]))
    assert sizes(server) == [1, 1]
    assert claude.KEY not in json.dumps(journal.spent())


# Rows that are refused

TASTED = """
name: tasted
models: {claude: {kind: claude, name: claude-haiku-4-5}}
tables:
  dishes:
    rows: 100
    fields:
      number: {kind: id}
      note: {kind: claude, task: "Describe dish {{ number }}.", out: unsure}
      verdict: {kind: judge, of: note, question: "Is dish {{ number }} described well?"}
    keep: [{kind: lacks, field: note, pattern: awful}, {kind: passed, field: verdict}]
"""


class Cook:
    """Answers by the dish: how often its note is awful at first, whether it cannot tell, and how often its note is judged badly."""

    def __init__(self, awful: Callable[[int], int], *, unsure: Callable[[int], bool] = bool, bad: Callable[[int], int] = int) -> None:
        self.awful, self.unsure, self.bad = awful, unsure, bad
        self.tries = Counter[tuple[int, bool]]()

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        text = claude.last_text(request)
        number, judging = int(re.search(r"dish [a-z]+-(\d+)", text)[1]), "described well" in text
        self.tries[number, judging] += 1
        tried = self.tries[number, judging]
        if judging:
            return {"reasons": "I tasted it.", "answer": tried > self.bad(number)}
        if self.unsure(number):
            return {"outcome": "unsure", "why": "There is no such dish.", "answer": None}
        return {"outcome": "answer", "why": "", "answer": f"awful {tried}" if tried <= self.awful(number) else "good"}


def never(number: int) -> int:
    return 0


COOKS: dict[str, tuple[Callable[[], Cook], list[int]]] = {
    "30 notes are refused twice": (lambda: Cook(lambda number: 2 * (number < 30), unsure=never, bad=never), [100, 30, 30, 100]),
    "30 notes are judged badly once": (lambda: Cook(never, unsure=never, bad=lambda number: number < 30), [100, 100, 30, 30]),
    "of ten dishes one is unknown and takes no try, and three are refused twice": (
        lambda: Cook(lambda number: 2 * (number % 10 < 3), unsure=lambda number: number % 10 == 9, bad=never),
        [100, 40, 34, 4, 1, 100],
    ),
    "five are refused to the end": (
        lambda: Cook(lambda number: 9 * (number < 5), unsure=never, bad=never),
        [100, 5, 5, 5, 100],
    ),
}


COUNTS = ("rows", "candidates", "tries", "refused", "aside")


@pytest.mark.parametrize("case", COOKS)
def test_rows_are_gathered_before_claude_is_asked(server, tmp_path, case):
    (tmp_path / "recipe.yaml").write_text(TASTED)
    cook, expected = COOKS[case]
    server.answer = cook()
    made = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "batched", batch=True)
    assert sizes(server) == expected
    server.answer = cook()
    plain = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "plain")
    assert len(server.asked()) == sum(expected)
    batched, one_by_one = (list(Dataset.open(folder).rows("dishes")) for folder in (made.folder, plain.folder))
    assert batched == one_by_one
    counts = [[result.manifest["tables"]["dishes"][key] for key in COUNTS] for result in (made, plain)]
    assert counts[0] == counts[1]


def test_a_row_that_took_the_place_of_another_in_a_batch_is_explained(server, tmp_path):
    typed = "      number: {kind: id}\n      order: {kind: typed, seeds: [one soup please, a fish and chips, no onions for me]}\n"
    (tmp_path / "recipe.yaml").write_text(TASTED.replace("      number: {kind: id}\n", typed))
    server.answer = Cook(lambda number: 9 * (number % 20 == 3), unsure=lambda number: number % 10 == 9, bad=never)
    typist = ScriptedModel(lambda prompt, random: f" can i have {random.choice(['rice', 'soup', 'bread'])} for {random.randrange(999)}\n")
    made = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out", batch=True, models={"typist": typist})
    for number in (50, made.manifest["tables"]["dishes"]["candidates"] - 1):
        told = synthgen.why(made.folder, f"dishes-{number}")
        assert (told.status, told.untold) == ("kept", [])
        assert {attempt.field for attempt in told.attempts} == {"order", "note", "verdict"}


def test_patience_ends_a_batch_that_gets_no_rows(server, tmp_path):
    (tmp_path / "recipe.yaml").write_text(TASTED.replace("rows: 100", "rows: 20"))
    server.answer = Cook(never, unsure=lambda number: True, bad=never)
    with pytest.raises(LimitError, match=r"'dishes' has 0 of 20 rows: 42\d tries are more than its patience of 20 per row"):
        synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out", batch=True)
    assert set(sizes(server)) == {20}
