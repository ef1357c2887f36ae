"""Requests that wait for a user's next message, and the one thread that asks models for all of them.

The journal is read and written by one thread. So that talks do not wait for each other, all that wait are asked in the same round: what
each needs next is put together, asked by model, and given back.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from synthgen.errors import ModelError, SynthgenError
from synthgen.memory import lacks_memory
from synthgen.models import Model
from synthgen.models.routing import placed
from synthgen.serving.chat import ChatReply, RequestError, unforeseen
from synthgen.serving.dialects import UserRequest
from synthgen.serving.talking import NextMessage, TalkEnd
from synthgen.serving.users import Users
from synthgen.spec.rows import Completion, Prompt

TOGETHER = 256
"""Requests that are worked on together at most; more wait for the next round."""
STOPPED = RequestError("the server is being stopped", "start it again, and send the request again", status=503, code="stopping")


@dataclass(eq=False)
class WaitingTalk:
    """A request that waits, and what becomes of it."""

    request: UserRequest
    future: Future[ChatReply] = field(default_factory=Future)
    message: NextMessage | None = None

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that there is no reply."""
        if not self.future.done():
            self.future.set_exception(error)


class TalkDesk:
    """Where requests are handed in, by any thread, and answered, by the thread that calls `work`. `served` counts messages by row; with
    `given_goals`, users want what the harness says, and not what their rows say."""

    def __init__(self, users: Users, models: Mapping[str, Model], end: TalkEnd, *, settled: bool, given_goals: bool = False) -> None:
        self.users, self.models, self.end, self.settled, self.given_goals = users, models, end, settled, given_goals
        self.served: dict[str, int] = {}
        self._waiting: queue.SimpleQueue[WaitingTalk] = queue.SimpleQueue()

    def hand_in(self, request: UserRequest) -> Future[ChatReply]:
        """The reply to a request, when there is one; its error is a SynthgenError."""
        talk = WaitingTalk(request)
        self._waiting.put(talk)
        return talk.future

    def work(self, stopped: Callable[[], bool]) -> None:
        """Answer requests until `stopped`; then nobody is left waiting."""
        active: list[WaitingTalk] = []
        try:
            while not stopped():
                active += self._taken(TOGETHER - len(active), wait=not active)
                active = self._round(active)
        finally:
            for talk in [*active, *self._taken(0, wait=False, every=True)]:
                talk.fail(STOPPED)

    def _taken(self, most: int, *, wait: bool, every: bool = False) -> list[WaitingTalk]:
        """Requests that wait; with `wait`, the first of them may be a while in coming."""
        taken = list[WaitingTalk]()
        while every or len(taken) < most:
            try:
                talk = self._waiting.get(timeout=0.2) if wait and not taken else self._waiting.get_nowait()
            except queue.Empty:
                break
            if talk.future.set_running_or_notify_cancel():  # else whoever asked is gone
                taken.append(talk)
        return taken

    def _round(self, talks: Sequence[WaitingTalk]) -> list[WaitingTalk]:
        """One question for each talk; those that have no reply yet are left."""
        prompts = {talk: asked for talk in talks if (asked := self._prompts(talk))}
        by_model: dict[str, list[tuple[WaitingTalk, Prompt]]] = {}
        for talk, asked in prompts.items():
            for prompt in asked:
                by_model.setdefault(prompt.by or self.users.talks.field.by, []).append((talk, prompt))
        answers: dict[WaitingTalk, list[tuple[int, Completion]]] = {talk: [] for talk in prompts}
        for name, pairs in by_model.items():
            try:
                for place, completion in placed(self.models[name], [prompt for _, prompt in pairs]):
                    answers[pairs[place][0]].append((place, completion))
            except SynthgenError as error:
                _fail_all([talk for talk, _ in pairs], _on_the_wire(error))
            except Exception as error:  # a model's fault is not the server's end
                if lacks_memory(error):
                    raise
                _fail_all([talk for talk, _ in pairs], unforeseen(error))
        for talk, completions in answers.items():
            self._answered(talk, prompts[talk], [completion for _, completion in sorted(completions, key=lambda pair: pair[0])])
        return [talk for talk in talks if not talk.future.done()]

    def _prompts(self, talk: WaitingTalk) -> list[Prompt]:
        """What a talk asks next; nothing for one that has its reply or its error now."""
        try:
            if talk.message is None:
                talk.message = self._begun(talk.request)
            asked = talk.message.prompts()
        except SynthgenError as error:
            talk.fail(_on_the_wire(error))
            return []
        except Exception as error:  # one talk's trouble is not that of the others
            if lacks_memory(error):
                raise
            talk.fail(unforeseen(error))
            return []
        if not asked:
            self._reply(talk)
        return asked

    def _begun(self, request: UserRequest) -> NextMessage:
        turns = [(role, self.end.without(text)) for role, text in request.turns]
        row = self.users.find(request.name, request.scene, turns)
        goal = (request.goal or self.users.goal_of(turns)) if self.given_goals else ""
        if self.given_goals and not goal:
            raise RequestError("the request says nothing of what the user wants", "with --goal harness its system prompt has to say it")
        if turns and request.scene:
            self.users.began(row, turns[0][1], goal)
        return NextMessage(self.users, row, request.turns, self.end, settled=self.settled, goal=goal)

    def _answered(self, talk: WaitingTalk, asked: Sequence[Prompt], completions: Sequence[Completion]) -> None:
        if talk.future.done() or talk.message is None:
            return
        try:
            if len(completions) < len(asked):
                raise ModelError("the model has not answered", "send the request again", retryable=True)
            talk.message.answered(completions)
        except SynthgenError as error:
            talk.fail(_on_the_wire(error))
        except Exception as error:
            if lacks_memory(error):
                raise
            talk.fail(unforeseen(error))
        else:
            if talk.message.reply is not None:
                self._reply(talk)

    def _reply(self, talk: WaitingTalk) -> None:
        assert talk.message is not None
        assert talk.message.reply is not None
        self.served[talk.message.name] = self.served.get(talk.message.name, 0) + 1
        if not talk.future.done():
            talk.future.set_result(talk.message.reply)


def _fail_all(talks: Sequence[WaitingTalk], error: RequestError) -> None:
    for talk in talks:
        talk.fail(error)


def _on_the_wire(error: SynthgenError) -> RequestError:
    """An error of a model's, or of the recipe's, as a client is told."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, ModelError):
        return RequestError(error.message, error.hint, status=503 if error.retryable else 502, code="model_failed")
    return RequestError(error.message, error.hint, status=402 if error.exit_code == 3 else 400, code=type(error).__name__)
