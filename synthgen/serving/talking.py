"""What the user of a row types next, from the first message to the last, and in the words of which model.

Where a talk stands is read from the request alone, so that a repeated request asks the same and the journal answers it. Without a model
that settles messages a user can say little that is honest: the first message, and reactions (ok, thanks, hm) that a base model drafted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from synthgen.fields.user_side import Talk
from synthgen.serving.chat import ChatReply, RequestError
from synthgen.serving.users import Users
from synthgen.spec.rows import Completion, Prompt, Refusal
from synthgen.voices import lexicon

REACTIONS = 2
"""How often a user without a settling model reacts before it says that it cannot go on."""
SHORTEST = 3
"""Words of a reaction at most."""
TRIES = 8
"""Drafts of a reaction are asked for so often."""
KEYLESS = "only Claude can settle what this user types next, and there is no key"
_REACTING = re.compile(
    r"o?k+(?:ay|ie|i)?|okk+|h+m+|huh|o+h+|a+h+|u+[hm]+|well|right|fine|great|good|cool|nice|wow|really|wh?at|wot|why|wait|sorry|soz|sry|"
    r"(?:than(?:k|x)|thn?x|tnx|ty|cheers|ta)\w*|you|u|pls|plz|please|then"
)
"""Words that answer nothing and claim nothing: no yes and no no."""


@dataclass(frozen=True)
class TalkEnd:
    """How a talk is ended on the wire: the text behind the user's last words."""

    stop: str = "###STOP###"

    def without(self, text: str) -> str:
        """A message without it."""
        return text.replace(self.stop, "").strip() if self.stop else text

    def over(self, turns: Sequence[tuple[str, str]]) -> bool:
        """Whether the user has ended the talk."""
        return bool(self.stop) and any(role == "user" and self.stop in text for role, text in turns)


class NextMessage:
    """The finding of the next message of a row's user: what to ask a model for it, until there is a `reply`. With `settled`, Claude settles
    it; the user's `goal` is that of the harness, or "" that of the row."""

    def __init__(self, users: Users, row: str, turns: Sequence[tuple[str, str]], end: TalkEnd, *, settled: bool, goal: str = "") -> None:
        self.users, self.name, self.turns, self.end, self.settled, self.goal = users, row, list(turns), end, settled, goal
        self.field, self.row, self.user = users.talks.field, users.rows[row], users.person(row, goal)
        self.behaviour = self.field.behaviour_of(self.row, users.talks.name, users.streams)
        self.tokens_in = self.tokens_out = self.attempt = 0
        self.reply: ChatReply | None = None
        self.state = "goes on"
        if not self.turns and not goal:
            self._say(users.first(row))
        elif end.over(self.turns):
            self.state = "over"
            self._say("", over=True)
        elif self.turns and self.turns[-1][0] == "user":
            raise RequestError("the assistant has not answered the user's last message", "send the assistant's reply behind it")
        self.talk = self._begun()

    def _begun(self) -> Talk:
        return Talk([(role, self.end.without(text)) for role, text in self.turns])

    def prompts(self) -> list[Prompt]:
        """What to ask now; nothing when there is a reply. Raises RequestError where there will be none."""
        if self.reply is not None:
            return []
        row, talks = replace(self.row, attempt=self.attempt), self.users.talks
        if not self.settled and not self.turns:
            raise RequestError(f"{KEYLESS}: the goal is the harness's, so that no message of the row fits it", _KEY, code="no_key")
        if not self.settled and self.talk.replies > REACTIONS:
            raise RequestError(f"{KEYLESS}: without one it types the first message and {REACTIONS} reactions", _KEY, code="no_key")
        return self.field.user_prompts(self.user, row, self.talk, talks.name, self.users.streams)

    def answered(self, completions: Sequence[Completion]) -> None:
        """Take what was answered to the prompts. Raises RequestError where there is no message for this user."""
        for completion in completions:
            self.tokens_in += completion.tokens_in
            self.tokens_out += completion.tokens_out
            self.field.take_answer(self.user, completion, self.talk)
        if not self.settled:
            self._react()
        elif self.talk.refusal is not None:
            self._again(self.talk.refusal)
        elif self.talk.end:
            last = self.talk.turns[-1][1] if self.talk.turns[-1][0] == "user" else ""
            self.state = self.talk.end
            self._say(last, over=True, why=self.talk.why, met_by=self.talk.met_by)
        elif self.talk.turns and self.talk.turns[-1][0] == "user":
            self._say(self.talk.turns[-1][1], why=self.talk.why)

    def _again(self, refusal: Refusal) -> None:
        self.attempt += 1
        if refusal.final or self.attempt >= self.field.tries:
            raise RequestError(
                f"{self.name}: no message could be settled: {refusal.reason}, {refusal.detail}",
                "take another row",
                status=422,
                code="unsettled",
            )
        self.talk = self._begun()

    def _react(self) -> None:
        drafts = self.talk.drafts or []
        fitting = [draft for draft in drafts if is_reaction(draft) and self.user.message_objection(draft, self.talk) is None]
        if fitting:
            self._say(fitting[0])
        elif self.attempt + 1 >= TRIES:
            raise RequestError(f"{KEYLESS}: no draft of the base model is a mere reaction here", _KEY, code="no_key")
        else:
            self.attempt += 1
            self.talk = self._begun()

    def _say(self, text: str, *, over: bool = False, **known: Any) -> None:
        if not self.turns:
            self.users.began(self.name, text, self.goal)
        whole = "\n".join(filter(None, [text, self.end.stop if over else ""]))
        about = {
            "row": self.name,
            "behaviour": self.behaviour,
            "state": self.state,
            **{key: value for key, value in known.items() if value},
        }
        self.reply = ChatReply(whole, self.tokens_in, self.tokens_out, about)


_KEY = "set ANTHROPIC_API_KEY and start synthgen serve again"


def is_reaction(draft: str) -> bool:
    """Whether a message says nothing but that somebody has read what was written."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", draft.lower())
    return 0 < len(words) <= SHORTEST and all(_REACTING.fullmatch(word) or lexicon.is_laughter(word) for word in words)
