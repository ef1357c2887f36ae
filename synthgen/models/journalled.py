"""A model that remembers: what the journal knows is not asked again, and what is asked is kept before it is given out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from synthgen.errors import OutputError
from synthgen.models.journal import Journal, key_of
from synthgen.models.model import Batching, Model, has_batches, is_paid
from synthgen.models.routing import placed
from synthgen.spec.rows import Completion, Prompt


class Journalled:
    """A model whose answers are remembered. When `closed`, it asks the model for nothing and leaves out what is not there. As a `batch`,
    Claude is asked in Message Batches; `watch` is called with their progress, in words. `seconds` is how long each field waited for it."""

    def __init__(
        self,
        model: Model,
        journal: Journal,
        *,
        closed: bool = False,
        batch: bool | Batching = False,
        watch: Callable[[str], None] | None = None,
    ) -> None:
        self.model, self.journal, self.closed, self.watch = model, journal, closed, watch or (lambda message: None)
        self.batch = Batching() if batch is True else batch or None
        self.asked = self.remembered = self.tokens_in = self.tokens_out = 0
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @property
    def in_batches(self) -> bool:
        """Whether it is asked in batches, each of which may take an hour."""
        return self.batch is not None and not self.closed

    @property
    def identity(self) -> str:
        """The model's."""
        return self.model.identity

    def count(self, text: str) -> int:
        """The model's."""
        return self.model.count(text)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions from the journal first, then from the model, each kept before it is given out."""
        identity = self.model.identity
        unknown: dict[int, str] = {}
        for place, prompt in enumerate(prompts):
            key = key_of(identity, prompt)
            if stored := self.journal.find(key, prompt):
                self.remembered += 1
                yield stored
            else:
                unknown[place] = key
        if self.closed or not unknown:
            return
        ask = self._batched if self.batch and has_batches(self.model) else self._one_by_one
        began = monotonic()
        for completion in ask(prompts, unknown):
            self.asked += 1
            self.tokens_in += completion.tokens_in
            self.tokens_out += completion.tokens_out
            self.seconds[completion.prompt.origin.get("field", "")] += monotonic() - began
            yield completion
            began = monotonic()

    def _one_by_one(self, prompts: Sequence[Prompt], unknown: Mapping[int, str]) -> Iterator[Completion]:
        keys = list(unknown.values())
        answers = placed(self.model, [prompts[place] for place in unknown])
        for number, (place, completion) in enumerate(answers, 1):
            if completion.finish != "error":
                self._keep(keys[place], completion, len(unknown) - number)
            yield completion

    def _keep(self, key: str, completion: Completion, pending: int) -> None:
        """Keep an answer; where that fails, say what is lost when so many prompts are `pending`."""
        try:
            self.journal.keep(key, self.model.identity, completion)
        except OutputError as error:
            more = min(pending, self.model.concurrency - 1) if is_paid(self.model) else 0
            bill = ", and was paid for" if is_paid(self.model) or completion.cost else ""
            others_lost = f", as are up to {more:,} that were under way" if more else ""
            raise OutputError(f"{error.message}; the answer that had just arrived is lost{bill}{others_lost}", error.hint) from None

    def _batched(self, prompts: Sequence[Prompt], unknown: Mapping[int, str]) -> Iterator[Completion]:
        assert has_batches(self.model)
        assert self.batch is not None
        twins: dict[str, list[Prompt]] = {}
        for place, key in unknown.items():
            twins.setdefault(key, []).append(prompts[place])
        first = {key: duplicates[0] for key, duplicates in twins.items()}
        for key, completion in self.model.batched(first, self.journal.batches, self.batch, self.watch):
            yield from (replace(completion, prompt=prompt) for prompt in twins[key])
