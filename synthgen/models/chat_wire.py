"""A prompt as `/v1/chat/completions` takes it, and what comes back as an answer, or as a failure in words. Nothing is sent here.

As vLLM and SGLang have it in their sources (`vllm/entrypoints/openai/chat_completion/protocol.py`,
`sglang/srt/entrypoints/openai/protocol.py`), llama.cpp's server in its answers, and OpenAI in its API reference. A server may take a JSON
Schema and not hold the model to it: the form of an answer is said in words, too, and looked at when it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from synthgen.models import server_trouble
from synthgen.models.app_wire import short, trouble_in
from synthgen.models.failures import KEPT, Failure
from synthgen.models.http_client import HttpAnswer, NoHttpAnswer
from synthgen.models.prices import Price, Usage
from synthgen.models.server_trouble import SEEDS, refusal, token_count, unanswered, unread
from synthgen.spec.digests import digest
from synthgen.spec.rows import Brief, Completion, Document, Prompt

Body = dict[str, Any]
KEY = "SYNTHGEN_CHAT_KEY"
"""The variable of the environment with the key of a server."""
PLAIN_TOKENS = 8192
"""What a prompt without a brief may be answered with."""
AROUND = 4_096
"""More tokens than a chat template and a server put around a request."""
OPTIONAL = ("seed", "reasoning_effort", "chat_template_kwargs")
"""What a request does without where a server does not take it."""
NO_SCHEMA = re.compile(r"response.?format|json.?schema|\bschema\b|grammar|guided|structured.?output", re.I)
NO_SYSTEM = re.compile(r"system.{0,20}(role|message)|(role|message).{0,20}system", re.I)
NEWER_LIMIT = re.compile(r"(?=.*max_completion_tokens)(?=.*(not supported|unsupported|instead))", re.I | re.DOTALL)
TOO_MANY = re.compile(r"at most \d+ completion tokens|max_(completion_)?tokens\W.{0,30}too (large|many|high)", re.I)
CANNOT_PAY = re.compile(r"insufficient_quota|exceeded your current quota|insufficient (credit|balance|funds)", re.I)
SHORTER = "give the field shorter documents or less to see, or start the server with more context (llama-server -c, vllm --max-model-len)"


def body(name: str, prompt: Prompt, without: Collection[str] = (), *, endless: bool = False) -> Body:
    """The JSON that asks the model `name`, `without` what its server does not take; `endless`: without a limit of its own."""
    brief = prompt.brief or Brief("", tokens=PLAIN_TOKENS)
    asked: Body = {"model": name, "messages": _messages(prompt, brief, "system" not in without)}
    if not endless:
        asked["max_completion_tokens" if "max_tokens" in without else "max_tokens"] = brief.tokens
    asked["seed"] = prompt.stream % SEEDS
    if brief.effort:
        asked["reasoning_effort"] = brief.effort
    if brief.thinking in ("off", "on"):  # each family of models has a name of its own for it
        asked["chat_template_kwargs"] = dict.fromkeys(("enable_thinking", "thinking"), brief.thinking == "on")
    schema = json.loads(brief.schema or "null")
    if schema and _schema_part(schema) not in without:
        asked["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": _is_strict(schema), "schema": schema},
        }
    return {key: value for key, value in asked.items() if key not in without}


def _messages(prompt: Prompt, brief: Brief, takes_system: bool) -> list[dict[str, str]]:
    """The messages by turns: what is the same for many prompts first, so that a server that keeps what it has read reads it once."""
    turns: list[tuple[str, str]] = [(role, text) for role, text in [*prompt.turns, ("user", prompt.text)]]
    first = next(number for number, (role, _) in enumerate(turns) if role == "user")
    shared = [_enclosed(document) for document in brief.documents if document.content.strip()]
    system = brief.system.strip()
    if system and not takes_system:
        shared.insert(0, system)
    turns[first] = ("user", "\n\n".join([*shared, turns[first][1]]))
    messages: list[dict[str, str]] = [{"role": "system", "content": system}] if system and takes_system else []
    for role, text in turns:
        if messages and messages[-1]["role"] == role:  # templates want them by turns
            messages[-1]["content"] += f"\n\n{text}"
        else:
            messages.append({"role": role, "content": text})
    return messages


def _enclosed(document: Document) -> str:
    """A document between tags that nothing in it closes."""
    tag = "document"
    while f"</{tag}" in document.content:
        tag += "_"
    return f"<{tag} name={json.dumps(document.name, ensure_ascii=False)}>\n{document.content}\n</{tag}>"


def _schema_part(schema: Any) -> str:
    """What stands for a JSON Schema among the parts that a server does not take: it may take another one."""
    return f"response_format {digest(json.dumps(schema))}"


def _is_strict(part: Any) -> bool:
    """Whether a schema is one that OpenAI holds a model to: in each object every property is required."""
    if isinstance(part, list):
        return all(map(_is_strict, part))
    if not isinstance(part, dict):
        return True
    if part.get("type") == "object" and set(part.get("required", ())) != set(part.get("properties", ())):
        return False
    return all(map(_is_strict, part.values()))


def unsendable(prompt: Prompt) -> Failure | None:
    """Why a prompt cannot be sent to any server."""
    papers = [document.name for document in prompt.brief.documents if document.type == "application/pdf"] if prompt.brief else []
    return Failure(f"a chat server takes no PDF: {short(papers[0])}", of_prompt=True) if papers else None


def refused_part(answer: HttpAnswer, sent: Mapping[str, Any]) -> str:
    """What a request can do without that a server refuses it for; empty where there is no such thing."""
    if answer.status not in (400, 422, 500, 501):
        return ""
    trouble = trouble_in(answer.text or "")
    if "response_format" in sent and NO_SCHEMA.search(trouble):
        return _schema_part(sent["response_format"]["json_schema"]["schema"])
    if answer.status >= 500:  # llama.cpp says so of a response_format that it does not know, and of a template's own errors
        return "system" if _has_system(sent) and NO_SYSTEM.search(trouble) else ""
    if "max_tokens" in sent and NEWER_LIMIT.search(trouble) and not wants_fewer(answer):
        return "max_tokens"
    if _has_system(sent) and NO_SYSTEM.search(trouble):
        return "system"
    return next((key for key in OPTIONAL if key in sent and re.search(rf"\b{key}\b", trouble)), "")


def wants_fewer(answer: HttpAnswer) -> bool:
    """Whether a request was refused for the tokens that it has, or that it may be answered with."""
    return server_trouble.is_too_long(answer) or (answer.status in (400, 422) and bool(TOO_MANY.search(trouble_in(answer.text or ""))))


def _has_system(sent: Mapping[str, Any]) -> bool:
    return any(message["role"] == "system" for message in sent["messages"])


def most_cost(price: Price, prompt: Prompt, sent: Mapping[str, Any]) -> float:
    """The most that a request can cost, in US dollars: a token is a byte at least."""
    written = prompt.brief.tokens if prompt.brief else PLAIN_TOKENS
    return price.most(AROUND + len(json.dumps(sent, ensure_ascii=False).encode()), written)


def outcome(prompt: Prompt, answer: HttpAnswer | NoHttpAnswer, price: Price | None, *, answered_before: bool) -> Completion | Failure:
    """The answer of a server as one to a prompt, or why there is none. A server that has `answered_before` may be back in a moment."""
    if isinstance(answer, NoHttpAnswer):
        return unanswered(answer, answered_before=answered_before)
    if answer.text is None:
        return unread()
    if 200 <= answer.status < 300:
        return _completion(prompt, answer.text, price, answered_before)
    trouble = trouble_in(answer.text)
    if answer.status == 402 or CANNOT_PAY.search(answer.text):
        return Failure(f"the account cannot pay ({answer.status}: {trouble})", f"add credit there; {KEPT}", status=answer.status)
    if answered_before and server_trouble.is_too_long(answer):
        return Failure(f"{answer.status}: {trouble or answer.phrase}", SHORTER, of_prompt=True, status=answer.status)
    return refusal(answer, KEY, SHORTER)


def _completion(prompt: Prompt, text: str, price: Price | None, answered_before: bool) -> Completion | Failure:
    """The completion in the text of an answer."""
    try:
        answer = json.loads(text)
        choices = answer["choices"]
        choice = choices[0] if choices else None
        message = {} if choice is None else choice["message"]
        content, refused, calls = message.get("content"), message.get("refusal"), message.get("tool_calls") or []
        finish = None if choice is None else choice.get("finish_reason")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return Failure(f"its answer is no chat completion: {short(text) or 'it is empty'}", retryable=True, billed=True)
    if choice is None:
        return Failure("its answer has no choice in it", retryable=True, billed=True, of_prompt=answered_before)
    if finish == "abort":
        return Failure("it broke its answer off", retryable=True, billed=True)
    written, ended = _written(content), "length" if finish == "length" else "stop"
    if finish == "content_filter" or (refused and not written):
        written, ended = str(refused or "a content filter stopped it"), "refusal"
    elif calls and not written:
        written, ended = f"it called a tool in place of an answer: {_tool(calls)}", "refusal"
    usage = _usage(answer.get("usage"))
    cost = _told_cost(answer.get("usage")) if price is None else price.cost(usage) if usage else None
    usage = usage or Usage()
    return Completion(
        prompt, written, ended, usage.prompt, usage.output, usage.cached, cost, tokens_thinking=min(usage.thinking, usage.output)
    )


def _written(content: Any) -> str:
    """What was written, without the thoughts that a server leaves in front of it."""
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    text = content if isinstance(content, str) else ""
    if text.lstrip().startswith("<think>"):
        return text.partition("</think>")[2].strip()
    before, closed, after = text.partition("</think>")
    return after.strip() if closed and "<think>" not in before else text


def _tool(calls: Any) -> str:
    first = calls[0] if isinstance(calls, list) else None
    function = first.get("function") if isinstance(first, Mapping) else None
    return short(str(function.get("name"))) if isinstance(function, Mapping) else "it does not say which"


def _usage(told: Any) -> Usage | None:
    """The tokens that a server says it took; None where it does not say."""
    if not isinstance(told, Mapping) or "prompt_tokens" not in told:
        return None
    read, output = token_count(told, "prompt_tokens"), token_count(told, "completion_tokens")
    cached = min(read, token_count(told.get("prompt_tokens_details"), "cached_tokens"))
    return Usage(read - cached, output, cached=cached, thinking=token_count(told.get("completion_tokens_details"), "reasoning_tokens"))


def _told_cost(told: Any) -> float | None:
    """The US dollars that some servers say an answer cost."""
    cost = told.get("cost") if isinstance(told, Mapping) else None
    return float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 < cost < 1e6 else None


def missing(failure: Failure, name: str, served: Sequence[str] | None) -> Failure:
    """What it means that a server has no such call or model, by the names of the models that it says to have (None: it does not say)."""
    no_chat = Failure(
        f"the server has the model, but no /chat/completions: it does not chat ({failure.message})",
        "look at how it was started; a base model is named by kind: completions, and types",
    )
    return server_trouble.missing(failure, name, served, no_chat)
