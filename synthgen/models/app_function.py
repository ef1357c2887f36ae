"""An application that is a Python function: of a message, of the turns before it, or of both, as its parameters are named."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from synthgen.errors import DataError
from synthgen.models import app_wire
from synthgen.models.app_secrets import environment_secrets
from synthgen.models.app_settings import AppSettings
from synthgen.models.app_wire import AppFailure, AppQuestion, AppReply
from synthgen.models.failures import redacted

PARAMETERS = {
    "message": ("message", "text", "prompt", "question", "query", "input"),
    "history": ("history",),
    "messages": ("messages", "turns", "chat", "conversation"),
    "session": ("session", "session_id", "conversation_id", "thread_id"),
}
"""What a parameter is given, by its name."""
GIVEN = {name: what for what, names in PARAMETERS.items() for name in names}
TOGETHER = 8
"""Calls of an async function that are under way at a time; any other is called alone, for it may not be made for more."""


class FunctionApplication:
    """A function as an application. `identity` is its name; what it does inside is not looked at. Raises DataError for one that cannot be
    called with a message."""

    def __init__(self, function: Callable[..., Any], name: str, settings: AppSettings, version: str = "") -> None:
        self.function, self.name = function, settings.name or name
        version = version or settings.version
        self.identity = f"app {self.name}{f' version {version}' if version else ''}"
        self.waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
        self.concurrency = settings.concurrency or (TOGETHER if self.waits else 1)
        self.timeout, self.tries, self.rate = settings.timeout, settings.tries, settings.rate
        self.parameters = _parameters(function, self.name)

    async def close(self) -> None:
        """Nothing is held."""

    async def ask(self, question: AppQuestion) -> AppReply | AppFailure:
        """What it returns, or what it raises."""
        values = [(name, question.place(what)) for name, what in self.parameters]
        arguments, named = [value for name, value in values if not name], {name: value for name, value in values if name}
        try:
            if self.waits:
                answer = await self.function(*arguments, **named)
            else:
                answer = await _in_thread(lambda: self.function(*arguments, **named))
                answer = await answer if inspect.isawaitable(answer) else answer
        except (Exception, SystemExit) as error:  # noqa: BLE001 (it is of the application, and what the row is to say)
            return AppFailure(self._told(error))
        return self._read(answer)

    def _read(self, answer: Any) -> AppReply | AppFailure:
        if answer is None:
            return AppFailure("it returned nothing")
        content = next((value for key in ("content", "text") if isinstance(value := getattr(answer, key, None), str | list)), None)
        if content is None and hasattr(answer, "model_dump"):  # such as an answer of the SDKs of OpenAI and Anthropic
            answer = answer.model_dump()
        elif content is not None:
            answer = {"content": content}
        reply = app_wire.reply_of(answer)
        if reply is None:
            return AppFailure(f"it returned a {type(answer).__name__}, and no text or mapping with a reply")
        reply = redacted(reply, environment_secrets())
        return app_wire.usage_of(answer, reply)

    def _told(self, error: BaseException) -> str:
        return redacted(app_wire.short(f"{type(error).__name__}: {error}".removesuffix(": ")), environment_secrets())


def _parameters(function: Callable[..., Any], name: str) -> list[tuple[str, str]]:
    """What a function is called with: the name of each parameter ("": by its place), and what it is given."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):  # one that is not written in Python
        return [("", "message")]
    usable = [parameter for parameter in parameters if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)]
    strange = [parameter.name for parameter in usable if parameter.name not in GIVEN and parameter.default is parameter.empty]
    named = {GIVEN.get(parameter.name) for parameter in usable} & {"message", "messages"}
    if len(strange) > 1 or (strange and named):
        hint = "name its parameters message, history, messages or session; others need defaults: docs/application.md"
        raise DataError(f"{name}: it is not known what to give it for {', '.join(strange)}", hint)
    if not strange and not named:
        if len(usable) < len(parameters) and any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
            return [("", "message")]
        raise DataError(f"{name}: it takes no message", "give it a parameter message, or messages for the whole talk")
    called = [(parameter, GIVEN.get(parameter.name) or ("message" if parameter.name in strange else "")) for parameter in usable]
    return [
        ("" if parameter.kind is parameter.POSITIONAL_ONLY else parameter.name, what)
        for parameter, what in called
        if what and (parameter.kind is not parameter.POSITIONAL_ONLY or parameter.default is parameter.empty)
    ]


async def _in_thread(call: Callable[[], Any]) -> Any:
    """The result of a call in a thread of its own, which nobody waits for when it never ends."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_result(result) if error is None else future.set_exception(error)

    def work() -> None:
        result: Any = None
        problem: BaseException | None = None
        try:
            result = call()
        except StopIteration as error:  # which no future can hold
            problem = RuntimeError(f"StopIteration: {error}")
        except BaseException as error:  # noqa: BLE001 (told to the one who waits)
            problem = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, problem)

    Thread(target=work, name="application", daemon=True).start()
    return await future


def function_named(name: str) -> Callable[..., Any]:
    """The function that `module:function` names, of a module that lies where the command runs, or is installed. Raises DataError."""
    module_name, _, path = name.partition(":")
    if os.getcwd() not in sys.path:  # noqa: PTH109 (as Python has it)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name == module_name or module_name.startswith(f"{error.name}.")
        hint = f"run the command in the folder that holds {module_name.partition('.')[0]}.py" if missing else "install it beside synthgen"
        raise DataError(f"{name}: there is no module '{error.name}'", hint) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 (of a module that is the user's)
        trouble = redacted(app_wire.short(f"{type(error).__name__}: {error}"), environment_secrets())
        raise DataError(f"{name}: its module cannot be imported: {trouble}", "mend it, or import it by itself to see more") from None
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise DataError(f"{name}: there is no function '{path}' in {module_name}", "module:function, such as shop.bot:answer")
    return found  # type: ignore[no-any-return]
