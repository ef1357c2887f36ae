"""The paths that are answered: OpenAI's chat completions and models, and promptfoo's task."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from synthgen.memory import lacks_memory
from synthgen.serving.chat import ChatReply, RequestError, chat_request, completion_body, events, parsed, unforeseen
from synthgen.serving.desk import TalkDesk
from synthgen.serving.dialects import UserRequest, from_chat, from_promptfoo

PATHS = "POST /v1/chat/completions, GET /v1/models; for promptfoo POST /api/v1/task"
SESSION = "x-session-id"
OVER = ("met", "given up", "over")

Handler = Callable[[Request], Awaitable[Response]]


class UserApi:
    """The requests of harnesses, answered by a desk."""

    def __init__(self, desk: TalkDesk) -> None:
        self.desk, self._numbers = desk, count(1)

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route(f"{start}/chat/completions", with_errors(self.chat), methods=["POST"]) for start in ("/v1", "")
        ] + [
            Route(f"{start}/models", with_errors(self.models), methods=["GET"]) for start in ("/v1", "")
        ] + [Route("/api/v1/task", with_errors(self.task), methods=["POST"])]  # fmt: skip
        return Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})

    async def chat(self, request: Request) -> Response:
        """The next message as a chat completion."""
        wanted = chat_request(parsed(await request.body()))
        asked = from_chat(wanted, request.headers.get(SESSION, ""))
        reply = _shaped(await self._reply(asked), asked)
        number, created = next(self._numbers), int(time.time())
        if wanted.stream:
            return StreamingResponse(_streamed(events(reply, wanted, number, created)), media_type="text/event-stream")
        return JSONResponse(completion_body(reply, wanted, number, created))

    async def task(self, request: Request) -> Response:
        """The next message as promptfoo's simulated user asks for it."""
        reply = await self._reply(from_promptfoo(parsed(await request.body())))
        usage = {"total": reply.tokens_in + reply.tokens_out, "prompt": reply.tokens_in, "completion": reply.tokens_out}
        return JSONResponse({"task": "tau", "result": reply.text, "tokenUsage": usage})

    async def models(self, request: Request) -> Response:
        """The rows as models: the name of one as `model` picks it."""
        names = ["synthgen", *self.desk.users.rows]
        return JSONResponse(
            {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "synthgen"} for name in names]}
        )

    async def _reply(self, asked: UserRequest) -> ChatReply:
        return await asyncio.wrap_future(self.desk.hand_in(asked))


def with_errors(handler: Handler) -> Handler:
    """A handler whose errors are told as the API tells them."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return JSONResponse(error.body(), error.status)
        except Exception as error:  # whoever asks gets an answer of the API's form
            if lacks_memory(error):
                raise
            return JSONResponse(unforeseen(error).body(), 500)

    return answer


async def _unknown(request: Request, _: Exception) -> Response:
    error = RequestError(f"{request.method} {request.url.path[:80]} is not answered here", PATHS, status=404, code="not_found")
    return JSONResponse(error.body(), error.status)


async def _streamed(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _shaped(reply: ChatReply, asked: UserRequest) -> ChatReply:
    """The reply in the form that was asked for."""
    if asked.verdict:
        over = reply.about["state"] in OVER
        why = str(reply.about.get("why") or ("the user has ended the talk" if over else "the user goes on"))
        return ChatReply(
            json.dumps({"is_complete": over, "reason": why}, ensure_ascii=False), reply.tokens_in, reply.tokens_out, reply.about
        )
    if asked.key:
        return ChatReply(json.dumps({asked.key: reply.text}, ensure_ascii=False), reply.tokens_in, reply.tokens_out, reply.about)
    return reply
