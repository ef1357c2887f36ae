"""A base model behind a server: prompts of one frame are sent one after the other, so that a server that keeps what it has read reads the
frame once.

Whether the same seed gives the same text depends on the server; the answer journal is what makes a run repeatable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

from synthgen.errors import ModelError
from synthgen.models import completions_wire
from synthgen.models.base import MIN_P
from synthgen.models.completions_wire import KEY
from synthgen.models.failures import Failure
from synthgen.models.http_client import HttpAnswer
from synthgen.models.server_requests import FIRST_PAUSE, ModelServer, Post, ServerRequests, tokens_written
from synthgen.spec.rows import Completion, Prompt


class CompletionsModel:
    """The model `name` at `url`, to which `/completions` is added: `concurrency` requests at a time at most, each for `timeout` seconds.
    Its identity is the name alone, so that a server may move. `seeded` says whether the same seed gave the same text; None before two
    requests were compared."""

    def __init__(self, url: str, name: str, *, concurrency: int = 64, timeout: float = 300, first_pause: float = FIRST_PAUSE) -> None:
        self.name = name
        self.seeded: bool | None = None
        self.server = ModelServer(url, name, "/completions", KEY, concurrency, timeout, first_pause)

    @property
    def identity(self) -> str:
        """The model's name, and how it samples."""
        return f"{self.name} behind a server min_p={MIN_P}"

    def count(self, text: str) -> int:
        """Not known without asking: raises ModelError."""
        raise ModelError(f"{self.name}: only its server knows how many tokens a text has")

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions in the order in which they arrive; settings as those of a base model. The first of all prompts is asked twice, to see
        whether seeds hold. Raises ModelError, after all that was answered until then is given out."""
        frames: dict[str, list[Prompt]] = {}
        for prompt in prompts:
            frames.setdefault(prompt.text, []).append(prompt)
        if not frames:
            return
        ahead = deque(chain.from_iterable(frames.values()))
        with ServerRequests(self.server, self._once, completions_wire.missing) as requests:
            if self.seeded is None:
                yield from self._asked_twice(requests, ahead.popleft())
            yield from requests.answers(ahead)

    def _asked_twice(self, requests: ServerRequests, prompt: Prompt) -> Iterator[Completion]:
        """The completion of the first prompt, and what comes of the same request again: whether that is the same, and how fast."""
        first, seconds = requests.alone(prompt)
        if first is None:
            return
        yield first
        again, seconds_again = requests.alone(prompt)
        if again is not None:
            self.server.tempo.usual = max(seconds, seconds_again) / tokens_written(again)
            self.seeded = again.text == first.text

    async def _once(self, prompt: Prompt, post: Post) -> Completion | Failure:
        """What the server makes of a prompt, asked without what it does not take."""
        while True:
            body = completions_wire.body(self.name, prompt, self.server.without)
            answer = await post(body)
            if isinstance(answer, HttpAnswer) and (refused := completions_wire.refused_key(answer, body)):
                self.server.without.add(refused)
            elif isinstance(answer, Failure):
                return answer
            else:
                return completions_wire.outcome(prompt, answer, answered_before=self.server.answers_there)
