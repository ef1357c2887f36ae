"""Message Batches: the same requests at half the price, answered within a day.

That a batch will be sent is written down before it is, and its id after, so that a run that is killed finds all of them again: a batch
whose id was lost is known among the latest ones by its size, and by the keys in its results. What has no answer in the end is asked
again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from synthgen.errors import LimitError, ModelError, OutputError
from synthgen.models import wire
from synthgen.models.connection import PATIENCE, TRIES, Connection
from synthgen.models.failures import KEPT, NO_ANSWER, Failure, redacted
from synthgen.spec.rows import Completion, Prompt, storable

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from synthgen.models.claude import ClaudeModel
    from synthgen.models.ledger import BatchLedger, SentBatch
    from synthgen.models.model import Batching

EARLIER = 600.0
"""Seconds that the clocks of the API and of this machine may differ by."""
OLDEST = 29 * 24 * 3600.0
"""Seconds for which the API keeps results."""
STATES = ("in_progress", "canceling", "ended")
"""What a batch can be."""
OWN_FAULT = {"invalid_request_error", "request_too_large"}
PASSING = {"api_error", "overloaded_error", "rate_limit_error", "timeout_error"}
AROUND = 600
"""More bytes than a request has beside its texts."""


class Batches:
    """The asking of some prompts in batches, each under its key in the journal."""

    def __init__(
        self,
        model: ClaudeModel,
        ledger: BatchLedger,
        line: Connection,
        prompts: Mapping[str, Prompt],
        how: Batching,
        watch: Callable[[str], None],
    ) -> None:
        self.model, self.ledger, self.line, self.how, self.watch = model, ledger, line, how, watch
        self.unanswered, self.tries, self.strangers = dict(prompts), Counter[str](), set[str]()
        self.under_way: dict[int, tuple[SentBatch, float]] = {}  # by number: the batch, and the most that it can cost
        self.abilities = model.abilities(line)
        self.sizes: dict[str, int] = {}

    def answers(self) -> Iterator[tuple[str, Completion]]:
        """The answers, each with its key, when they are in the journal. Raises ModelError and LimitError; then batches that are under way
        stay so, and the next run finds them."""
        for batch in self.ledger.unfinished(self.model.identity):
            if batch.keys & self.unanswered.keys():
                most = sum(self._most(self.unanswered[key]) for key in batch.keys & self.unanswered.keys())
                self.model.budget.reserve(most, sent=True)
                self._take_up(batch, most)
        problem = self._send(self._ready())
        while any(self.tries[key] < self.how.tries for key in self.unanswered):
            if not self.under_way:
                raise problem or RuntimeError("nothing was sent")
            yield from self._next_end()
            if len(ready := self._ready()) >= self._least or not self.under_way:
                problem = self._send(ready)
        if self.unanswered:
            raise ModelError(
                f"{self.model.name}: {len(self.unanswered):,} requests had no answer in {self.how.tries} batches: "
                "expired, canceled or failed",
                KEPT,
                retryable=True,
            )

    # Send

    @property
    def _least(self) -> int:
        """So many requests are worth a batch while others are under way, each of which may take an hour."""
        return min(self.how.least, self.how.requests)

    def _ready(self) -> list[str]:
        """What is neither answered nor under way."""
        pending = frozenset[str]().union(*(batch.keys for batch, _ in self.under_way.values()))
        return [key for key in self.unanswered if key not in pending and self.tries[key] < self.how.tries]

    def _send(self, ready: list[str]) -> LimitError | None:
        """Send what is ready; what the budget does not allow stays, with the error that says so."""
        while ready:
            file, size, most, problem = dict[str, Prompt](), 0, 0.0, None
            for key in ready[: self.how.requests]:
                prompt = self.unanswered[key]
                size += self._bytes(prompt)
                if file and size > self.how.bytes:
                    break
                if not self.model.budget.fits(most + self._most(prompt)):
                    problem = self.model.budget.limit_error(self._most(prompt))
                    break
                file[key], most = prompt, most + self._most(prompt)
            if not file or (problem is not None and self.under_way and len(file) < self._least):
                return problem
            self.model.budget.reserve(most, sent=True)
            batch = self.ledger.intend(self.model.identity, file, self.line.clock.now())
            self._take_up(self.ledger.named(batch, self._post(batch, file, most)), most)
            ready = ready[len(file) :]
        return None

    def _post(self, batch: SentBatch, file: Mapping[str, Prompt], most: float) -> str:
        """The id of a new batch."""
        briefs = Counter(prompt.brief.digest for prompt in file.values() if prompt.brief)
        requests: Any = [
            {"custom_id": key, "params": wire.request(self.model.name, prompt, self.abilities, _kept(prompt, briefs))}
            for key, prompt in file.items()
        ]
        for number in range(TRIES):
            created = self.line.start(self.line.once(self.line.client.messages.batches.create(requests=requests))).result()
            if isinstance(name := getattr(created, "id", None), str) and name:
                return name
            created = created if isinstance(created, Failure) else NO_ANSWER
            if created.billed and (name := self._search(batch)):
                return name
            if not created.retryable or (created.wait or 0) > PATIENCE:
                break
            self.how.wait(self.line.pause(number, created.wait))
        assert isinstance(created, Failure)
        if not created.billed:
            self._drop(batch, most)
        raise created.error(self.model.name, number + 1)

    def _search(self, batch: SentBatch) -> str | None:
        """The id of a batch whose id was lost: of those that were made at that time and are as large, the next one."""
        known_ids = self.strangers | self.ledger.ids()

        async def recent(client: AsyncAnthropic) -> list[tuple[float, str]]:
            nearby = []
            try:
                async for card in client.messages.batches.list(limit=100):
                    since = card.created_at.timestamp() - batch.began
                    if since < -EARLIER:
                        break
                    if sum(_counts(card)) == len(batch.keys) and str(card.id) not in known_ids:
                        nearby.append((abs(since), str(card.id)))
            except (AttributeError, TypeError):
                raise ValueError("no list of batches") from None
            return nearby

        for look in (0.0, self.how.first_look):  # the list may lag behind
            self.how.wait(look)
            if candidates := self.line.call(recent):
                return min(candidates)[1]
        return None

    def _take_up(self, batch: SentBatch, most: float) -> None:
        """Wait for a batch that was sent, or may have been."""
        if batch.id is None:
            batch = self.ledger.named(batch, self._search(batch))
        if batch.id is None:
            self._drop(batch, most)
        else:
            self.under_way[batch.number] = (batch, most)
            self.look = self.how.first_look

    def _drop(self, batch: SentBatch, most: float) -> None:
        """Forget a batch that does not exist."""
        self.ledger.finish(batch, self.model.identity, {})
        self.model.budget.settle(most)

    # Receive

    def _next_end(self) -> Iterator[tuple[str, Completion]]:
        """Wait until a batch has ended; its answers."""
        while True:
            ended, counts = [], Counter[str]()
            for batch, most in self.under_way.values():
                card = self._card(batch)
                if card is None or card.processing_status == "ended":
                    ended.append((batch, most, card))
                if card is not None:
                    waiting, *over = _counts(card)
                    counts.update(done=sum(over), all=waiting + sum(over))
            names = [str(batch.id) for batch, _ in self.under_way.values()]
            subject = f"batch {names[0]}" if len(names) == 1 else f"{len(names)} batches"
            self.watch(f"{subject} {counts['done']:,} of {counts['all']:,} done; you may leave: the same command comes back")
            for batch, most, card in ended:
                yield from self._end(batch, most, expired=card is None or getattr(card, "results_url", None) is None)
            if ended:
                return
            self.how.wait(self.look)
            self.look = min(self.how.last_look, self.look * 1.5)

    def _card(self, batch: SentBatch) -> Any:
        """What the API says of a batch; None if it is too old to be known."""
        name = str(batch.id)
        card = self.line.start(self.line.patient(lambda client: client.messages.batches.retrieve(name))).result()
        if not isinstance(card, Failure) and getattr(card, "processing_status", None) in STATES:
            return card
        card = card if isinstance(card, Failure) else NO_ANSWER
        if card.status != 404:
            raise card.error(self.model.name, TRIES if card.retryable else 1)
        if self.line.clock.now() - batch.began > OLDEST:
            return None
        raise ModelError(
            f"{self.model.name}: the batch {name} is not to be found with this key ({card.message})",
            "take the key (the workspace) that it was sent with; without --batch its requests are asked again, and paid again",
        )

    def _end(self, batch: SentBatch, most: float, *, expired: bool) -> Iterator[tuple[str, Completion]]:
        """The answers of a batch that has ended, in the journal."""
        import httpx2

        name = str(batch.id)

        async def fetch(client: AsyncAnthropic) -> list[Any]:
            return wire.results(await client.get(f"/v1/messages/batches/{quote(name, safe='')}/results", cast_to=httpx2.Response))

        results = [] if expired else self.line.call(fetch)
        del self.under_way[batch.number]
        if results and not any(result.custom_id in batch.keys for result in results):  # somebody else's
            self.strangers.add(name)
            return self._take_up(self.ledger.named(batch, None), most)
        outcomes = {result.custom_id: self._read(result) for result in results}
        answers = {key: answer for key, answer in outcomes.items() if isinstance(answer, Completion)}
        kept = {key: answer for key, answer in answers.items() if answer.finish != "error"}
        try:
            self.ledger.finish(batch, self.model.identity, kept)
        except OutputError as error:
            raise OutputError(
                f"{error.message}; the batch's answers stay with the API, and the same command fetches them", error.hint
            ) from None
        self.model.budget.settle(most, sum(answer.cost or 0.0 for answer in kept.values()))
        self.tries.update(batch.keys - answers.keys())
        for key in answers.keys() & self.unanswered.keys():
            del self.unanswered[key]
            yield key, answers[key]
        if problem := next((outcome for outcome in outcomes.values() if isinstance(outcome, ModelError)), None):
            raise problem

    def _read(self, entry: Any) -> Completion | ModelError | None:
        """What came of a request: an answer, an error that ends the run, or nothing, so that it is asked again."""
        try:
            return self._result(entry)
        except (AttributeError, TypeError):  # it is not what the API answers with
            return None

    def _result(self, entry: Any) -> Completion | ModelError | None:
        prompt, result = self.unanswered.get(entry.custom_id, NO_PROMPT), entry.result
        if result.type == "succeeded":
            return wire.completion(prompt, result.message, self.model.price, batch=True)
        if result.type != "errored" or result.error.error.type in PASSING:
            return None
        reason = storable(redacted(f"{result.error.error.type}: {result.error.error.message}", self.line.secrets))
        return (
            Completion(prompt, reason, "error")
            if result.error.error.type in OWN_FAULT
            else ModelError(f"{self.model.name}: {reason}", KEPT)
        )

    # Sizes

    def _most(self, prompt: Prompt) -> float:
        if self.model.price is None:
            return 0.0
        request = wire.request(self.model.name, prompt, self.abilities, "1h")
        return wire.most_cost(self.model.price, request, self.abilities, batch=True)

    def _bytes(self, prompt: Prompt) -> int:
        """More bytes than a request has."""
        brief = prompt.brief
        if brief and brief.digest not in self.sizes:
            parts = [brief.system, brief.schema, brief.schema, *(document.name + document.content for document in brief.documents)]
            self.sizes[brief.digest] = len(json.dumps(parts)) + AROUND * len(parts)
        return AROUND + len(json.dumps([prompt.text, *prompt.turns])) + (self.sizes[brief.digest] if brief else 0)


NO_PROMPT = Prompt("", 0)


def _kept(prompt: Prompt, briefs: Mapping[str, int]) -> wire.Kept:
    """For how long the brief of a request is to be cached: a batch takes longer than five minutes. One that no other request of the batch
    has is not: to write it costs twice as much as to read it."""
    return "1h" if prompt.brief and briefs[prompt.brief.digest] > 1 else ""


def _counts(card: Any) -> tuple[int, ...]:
    """Requests of a batch: those that wait, and those that have ended, in every way."""
    counts = getattr(card, "request_counts", None)
    return tuple(wire.token_count(counts, name) or 0 for name in ("processing", "succeeded", "errored", "canceled", "expired"))
