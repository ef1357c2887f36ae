"""How harnesses ask for a user's next message, each in its own way: what was said so far, and in which form the answer is wanted.

* A chat. tau2-bench and most others take the user for a model: what the assistant said comes as `user`, what the user typed as `assistant`.
  Such a chat ends with the assistant's words as `user`; one that ends with `assistant` has its roles as they are.
* deepeval's ConversationSimulator sends one message with everything in it, the talk as JSON, and wants JSON with `simulated_input`; or with
  `is_complete`, when it asks whether the talk is over (deepeval 4.3, `deepeval/simulator`).
* promptfoo's simulated user asks a service of promptfoo's for a task `tau`, whose address can be set (promptfoo 0.121,
  `src/providers/promptfoo.ts`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.serving.chat import ChatRequest, RequestError
from synthgen.spec.rows import storable

_HISTORY = re.compile(r"^[ \t]*(?:Previous Conversation|Conversation History):[ \t]*\n", re.MULTILINE)
_SIMULATED = "single key `simulated_input`"
_COMPLETE = "`is_complete` (a boolean)"


@dataclass(frozen=True)
class UserRequest:
    """What a harness wants: the `turns` of the talk so far, (user or assistant, text) each; `scene`, what it says of the user and the
    scenario, the same all through a talk, and what of that is the user's `goal`; what else may `name` the session, or a row; and the key
    of JSON that the text is wanted under ("" plain text), or a verdict on whether the talk is over (`verdict`)."""

    turns: tuple[tuple[str, str], ...]
    scene: str = ""
    goal: str = ""
    name: str = ""
    key: str = ""
    verdict: bool = False


def from_chat(request: ChatRequest, session: str = "") -> UserRequest:
    """What a chat wants. Raises RequestError."""
    spoken = [(role, text) for role, text in request.messages if role in ("user", "assistant") and text.strip()]
    name = "\n".join(filter(None, [session, request.user, request.model]))
    if len(spoken) == 1 and (_SIMULATED in spoken[0][1] or _COMPLETE in spoken[0][1]):
        return _from_deepeval(spoken[0][1], name)
    flipped = not spoken or spoken[-1][0] == "user"
    roles = {"user": "assistant", "assistant": "user"} if flipped else {"user": "user", "assistant": "assistant"}
    texts = [key for key, part in request.schema.get("properties", {}).items() if isinstance(part, dict) and part.get("type") == "string"]
    if request.schema and len(texts) != 1:
        raise RequestError("the answer is wanted as JSON with other parts than one text", "ask for text, or for one string")
    scene = "\n".join([request.instructions, *_greeting(spoken, flipped=flipped)])
    scenario = re.search(r"<scenario>(.*)</scenario>", request.instructions, re.DOTALL)
    goal = (scenario[1] if scenario else request.instructions).strip()
    return UserRequest(joined([(roles[role], text) for role, text in spoken]), scene, goal, name, texts[0] if texts else "")


def _greeting(spoken: Sequence[tuple[str, str]], *, flipped: bool) -> list[str]:
    """What the assistant says before the user has typed anything."""
    theirs = "user" if flipped else "assistant"
    return [spoken[0][1]] if spoken and spoken[0][0] == theirs else []


def _from_deepeval(text: str, name: str) -> UserRequest:
    verdict = _COMPLETE in text
    turns: tuple[tuple[str, str], ...] = ()
    match = _HISTORY.search(text)
    if match:
        try:
            history, _ = json.JSONDecoder().raw_decode(text[match.end() :].lstrip())
        except (ValueError, RecursionError) as error:
            raise RequestError(f"the conversation in the prompt is not JSON: {str(error)[:120]}") from None
        turns = history_turns(history)
    scene = _scenario(text[: match.start()] if match else text)
    return UserRequest(turns, scene, scene.strip(), name, "" if verdict else "simulated_input", verdict)


def _scenario(text: str) -> str:
    """What a prompt of deepeval's says of the user, behind its examples."""
    persona = re.findall(r"^[ \t]*<persona>\n(.*?)</persona>", text, re.MULTILINE | re.DOTALL)
    scenario = re.search(r'^[ \t]*Scenario: "(.*)"', text, re.MULTILINE | re.DOTALL)
    return "\n".join([*persona[1:], scenario[1] if scenario else ""])


def from_promptfoo(value: Mapping[str, Any]) -> UserRequest:
    """What a task of promptfoo's wants. Raises RequestError."""
    if value.get("task") != "tau":
        raise RequestError(f"the task {str(value.get('task'))[:40]!r} is not known here", "only 'tau', that of promptfoo:simulated-user")
    scene = value["instructions"] if isinstance(value.get("instructions"), str) else ""
    roles = {"user": "assistant", "assistant": "user"}
    turns = history_turns(value.get("history") or [])
    return UserRequest(joined([(roles[role], text) for role, text in turns]), scene, scene.strip())


def history_turns(history: Any) -> tuple[tuple[str, str], ...]:
    """The turns in a list of messages, those of the user and of the assistant. Raises RequestError."""
    if not isinstance(history, list):
        raise RequestError("the conversation is no list of messages")
    turns = []
    for message in history:
        role, text = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if role in ("user", "assistant") and isinstance(text, str) and text.strip():
            turns.append((role, storable(text)))
    return tuple(turns)


def joined(turns: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The turns of a talk that begins with the user, those of one side in a row as one: what the assistant says first greets."""
    together = list[tuple[str, str]]()
    for role, text in turns:
        if together and together[-1][0] == role:
            together[-1] = (role, f"{together[-1][1]}\n{text}")
        elif together or role == "user":
            together.append((role, text.strip()))
    return tuple(together)
