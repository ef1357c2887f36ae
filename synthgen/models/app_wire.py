"""A message as an application is sent it, and an answer as the reply that is in it. Nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from synthgen.models.app_settings import PLACE, AppSettings, Form
from synthgen.models.prices import Usage, cost, tokens
from synthgen.spec.rows import steerless, to_text

REPLIES = ("reply", "message", "text", "content", "answer", "response", "output", "output_text", "completion", "result", "data")
"""The keys under which a reply is looked for, in this order."""
TROUBLES = ("error", "detail", "message", "title", "reason")
"""The keys under which an error says what it is."""
DEEPEST = 6
LONGEST_TROUBLE = 300
MOST_WRITTEN = 4096
"""Tokens that an endpoint like Anthropic's may write; it wants to be told."""
ANTHROPIC = "2026-10-21"
"""The version of Anthropic's API that is asked, as its SDK names it."""


@dataclass(frozen=True, slots=True)
class AppQuestion:
    """What an application is asked: the message, the `turns` before it, (role, text) each, and the name of the talk (`session`)."""

    message: str
    turns: tuple[tuple[str, str], ...] = ()
    session: str = ""

    @property
    def history(self) -> list[dict[str, str]]:
        """The turns before the message, as chats have them."""
        return [{"role": role, "content": text} for role, text in self.turns]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The same, and the message."""
        return [*self.history, {"role": "user", "content": self.message}]

    def place(self, name: str) -> Any:
        """What fills a place of this name."""
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class AppReply:
    """What an application answered, and the tokens and US dollars that it says this took."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class AppFailure:
    """Why an application gave no reply. `what` this is: an `answer`, as far as is known to this message; `passing`, so that another try may
    help; `throttled`, with too many requests; or `unreachable`, where nobody answers."""

    message: str
    hint: str = ""
    what: Literal["answer", "passing", "throttled", "unreachable"] = "answer"
    wait: float | None = None


# What is sent


def body(settings: AppSettings, form: Form, model: str, question: AppQuestion) -> Any:
    """The JSON that asks a question."""
    if settings.body is not None:
        return filled(settings.body, question)
    named = {"model": model} if model else {}
    if form == "plain":
        return {"message": question.message, "session": question.session, "history": question.history}
    if form == "openai":
        system = [{"role": "system", "content": settings.prompt}] if settings.prompt else []
        return {**named, "messages": [*system, *question.messages]}
    system_text = {"system": settings.prompt} if settings.prompt else {}
    return {**named, "max_tokens": MOST_WRITTEN, **system_text, "messages": question.messages}


def filled(template: Any, question: AppQuestion) -> Any:
    """A body with what fills its places: where a text is one place and nothing else, the value as it is, such as a list of turns."""
    if isinstance(template, Mapping):
        return {str(key): filled(value, question) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, question) for value in template]
    if not isinstance(template, str):
        return template
    if whole := PLACE.fullmatch(template.strip()):
        return question.place(whole[1])
    return PLACE.sub(lambda match: _in_text(question.place(match[1])), template)


def _in_text(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(f"{turn['role']}: {turn['content']}" for turn in value)


def with_session(text: str, session: str) -> str:
    """An address or a header with the name of the talk in it."""
    return PLACE.sub(quote(session, safe=""), text)


# What comes back


def reply_of(answer: Any, path: str | None = None) -> str | None:
    """The reply in an answer, at a `path` such as `choices.0.message.content`, or where replies usually are; None where there is none."""
    if path is None:
        return _usual_reply(answer)
    value = answer
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            return None
    return None if value is None else _joined(value) or to_text(value)


def _usual_reply(answer: Any, deep: int = 0) -> str | None:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return _joined(answer)
    if not isinstance(answer, Mapping) or deep > DEEPEST:
        return None
    if isinstance(choices := answer.get("choices"), list) and choices and isinstance(choices[0], Mapping):
        message = choices[0].get("message")
        if isinstance(message, Mapping) and message.get("content") is None and isinstance(message.get("refusal"), str):
            return str(message["refusal"])
        return _usual_reply(message if isinstance(message, Mapping) else choices[0], deep + 1)
    for key in REPLIES:
        value = answer.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return to_text(value)
        if value is not None and (reply := _usual_reply(value, deep + 1)) is not None:
            return reply
    return None


def _joined(blocks: Any) -> str | None:
    """The texts of content in blocks; None for anything else."""
    if not isinstance(blocks, list):
        return None
    texts = [block if isinstance(block, str) else block.get("text") for block in blocks if isinstance(block, str | Mapping)]
    return "".join(text for text in texts if isinstance(text, str)) if any(isinstance(text, str) for text in texts) else None


def usage_of(answer: Any, text: str, model: str = "") -> AppReply:
    """A reply with the tokens that its answer says it took, and what they cost: what it says, or by the list of prices where the `model` is
    one of Anthropic's."""
    usage = answer.get("usage") if isinstance(answer, Mapping) else None
    if not isinstance(usage, Mapping):
        return AppReply(text)
    details = usage.get("prompt_tokens_details")
    written, hit = _count(usage, "cache_creation_input_tokens"), _count(usage, "cache_read_input_tokens")
    read = _count(usage, "prompt_tokens") or _count(usage, "input_tokens") + written + hit
    output = _count(usage, "completion_tokens") or _count(usage, "output_tokens")
    cached = _count(details, "cached_tokens") if isinstance(details, Mapping) else hit
    told = usage.get("cost")
    dollars = float(told) if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < 1e6 else None
    if dollars is None and model and "input_tokens" in usage:
        dollars = cost(model, Usage(max(0, read - written - hit), output, written, 0, hit))
    return AppReply(text, read, output, cached, dollars)


def _count(usage: Mapping[str, Any], key: str) -> int:
    value = usage.get(key)
    return tokens(value) if isinstance(value, int | float) and value == value else 0


def trouble_in(raw: str) -> str:
    """What the body of an error says, in a line; nothing of a page of HTML."""
    try:
        return trouble_of(json.loads(raw))
    except (ValueError, RecursionError):
        return "" if raw.lstrip().startswith("<") else short(raw)


def trouble_of(data: Any) -> str:
    """What an error says of itself, in a line: the message of an object, or the text as it is."""
    for _ in range(DEEPEST):
        if not isinstance(data, Mapping):
            break
        inner = next((data[key] for key in TROUBLES if data.get(key)), None)
        if inner is None:
            break
        data = inner
    return short(to_text(data))


def short(text: str) -> str:
    """A text on one line that steers no terminal, cut off where it is long."""
    line = steerless(" ".join(text.split()))
    return line if len(line) <= LONGEST_TROUBLE else f"{line[:LONGEST_TROUBLE]}…"


def shown_keys(answer: Any) -> str:
    """What an answer holds in place of a reply, for somebody who wants to name where that stands."""
    if isinstance(answer, Mapping):
        return f"its keys are {short(', '.join(map(str, answer)))}" if answer else "it is an empty object"
    return f"it is {'a list' if isinstance(answer, Sequence) else short(to_text(answer)) or 'nothing'}"
