"""`kind: conversation`: several turns between a made-up user and the application under test.

The assistant's side is the application itself, which the command line names, or Claude under its system prompt, with nothing of ours in
it. An error of the application ends the talk, and is kept. What the user types next is drafted by the base model, which knows how people
type but hardly what the talk is about, and settled by Claude in a brief of its own, which also says whether the user's goal is met: a model
that was taught to help makes a user who is too clear, too patient and too neat. What code can check of the user is in `user_side`.

All rows of a chunk are asked in the same round: the assistant's replies, the drafts, what comes next. Where a conversation stands is
read from its answers alone, so that a killed run goes on in the middle of a talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.errors import DataError
from synthgen.fields.answer import AnswerForm
from synthgen.fields.behaviours import BEHAVIOURS, MIX, behaviour_mistakes
from synthgen.fields.instructed import MOST_TOKENS, Thinking, document, part_mistakes, prompt_files, room_mistakes
from synthgen.fields.reply import APP, answered, service_figures, session_of
from synthgen.fields.shape import WORDS, Asked, FieldShape, Others, Role, Template, Weight, fill
from synthgen.fields.user_side import FILES, Part, Talk, TalkUser
from synthgen.fields.voiced import draw_voice
from synthgen.spec import render
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams

BROKEN = "error"
"""How a talk ends in which the application gave an error."""
Needed = Annotated[Template, AfterValidator(lambda text: _needed(text))]


def _needed(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


class Conversation(Asked):
    """A conversation that begins with the message in `user`, with your application (`--app`), or with Claude under its system prompt
    (`assistant`)."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("end", "behaviour")

    asks: ClassVar[str] = "claude"
    kind: Literal["conversation"] = "conversation"
    by: str = Field("claude", description="the model that settles the user's messages, and replies under `assistant`: its name in `models`")
    typist: str = Field("typist", description="the base model that drafts the user's messages: its name in `models`")
    user: str = Field(min_length=1, description="the field that holds the user's first message, or a part of one")
    assistant: Needed | None = Field(
        None,
        description="the application's system prompt, or a file that holds it (.md, .txt); it may name fields (default: the application "
        "itself answers, which the command line names: --app)",
    )
    goal: Needed = Field(description="what the user wants, and every fact that they know: it is all that they can say")
    behaviour: str | dict[str, Weight] = Field(
        default_factory=lambda: dict(MIX),
        description="how the user behaves, or weights such as {bit by bit: 3, impatient: 1}: " + ", ".join(BEHAVIOURS),
    )
    turns: int = Field(4, ge=1, le=50, description="how often the assistant replies at most")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="how much work the assistant puts into a reply: low, medium, high, xhigh or max (default: the model's own way)"
    )
    tokens: int = Field(
        8192, ge=64, le=MOST_TOKENS, description="how many tokens a reply may have at most, the model's thoughts among them"
    )
    thinking: Thinking = None
    tries: int = Field(2, ge=1, le=1000, description="how often a row is asked for before the next one takes its place")

    # What the recipe gives

    @property
    def tests_app(self) -> bool:
        """Whether the application itself answers."""
        return self.assistant is None

    @property
    def _file(self) -> str:
        """The name of the file that holds the system prompt, if one does."""
        name = (self.assistant or "").strip()
        return name if name.endswith((".md", ".txt")) and len(name.split()) == 1 else ""

    @cached_property
    def system(self) -> str:
        """The system prompt of the application, as a template. Raises DataError, ValueError."""
        text = document(self._context.path(self._file)).content if self._file else self.assistant or ""
        render.names(text)
        return text

    def mistakes(self) -> Iterator[PartMistake]:
        """A system prompt that cannot be read, thoughts that leave no room for a reply, and keys that are not for an application."""
        try:
            self.system  # noqa: B018 (it is read, to see whether it can be)
        except (DataError, ValueError) as error:
            yield unreadable_file(("assistant",), error, self._context)
        yield from room_mistakes(self.thinking, self.tokens)
        for key in ("effort", "tokens", "thinking") if self.tests_app else ():
            if key in self.model_fields_set:
                why = f"'{key}' is of Claude's replies, and without 'assistant' your application replies"
                yield PartMistake((key,), why, "give assistant, its system prompt, or take this out", at_key=True)
        yield from behaviour_mistakes(self.behaviour)

    def files(self) -> list[Path]:
        """The file of the system prompt, and those of our own."""
        built_in = prompt_files(*FILES)
        return [*([self._context.path(self._file)] if self._file else []), *built_in]

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The first message, and the fields that the system prompt and the goal name."""
        yield from super().reads()
        yield ("user",), root_of(self.user)
        yield from ((("goal",), name) for name in sorted(render.names(self.goal)))
        yield from ((("assistant",), name) for name in sorted(render.names(self.system)))

    def makers(self) -> dict[str, str]:
        """Who settles and replies, and who drafts; the application has its name from nobody."""
        return {"by": "claude", "typist": "base"}

    def rounds(self) -> int:
        """A reply and what comes next to each turn, without what is asked for again."""
        return 2 * self.turns

    def stand_in(self, row: Row) -> Value:
        """A short conversation."""
        return [{"role": "user", "content": WORDS}, {"role": "assistant", "content": WORDS}]

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """A first message that is a part of another field, where that has none."""
        yield from part_mistakes(("user",), self.user, others)

    def models(self) -> set[str]:
        """Who settles, who replies, and who drafts if anybody does."""
        return {self.by, *([APP] if self.tests_app else []), *([self.typist] if self.turns > 1 else [])}

    def column(self) -> str:
        """A list of messages, {role, content} each."""
        return "json"

    def labels(self) -> dict[str, str]:
        """How it ended (met, given up or turns), why, and the assistant's words that met the goal; how the user behaves; how often the
        assistant replied; and how each later message of the user was typed beside the first one. Of the application, the error that ended
        the talk, if one did, and how many milliseconds each of its answers took."""
        of_talk = {"end": "string", "why": "string", "met_by": "string", "behaviour": "string", "turns": "int64", "mess": "json"}
        return of_talk | ({"error": "string", "ms": "json"} if self.tests_app else {})

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """How the application did."""
        if not self.tests_app:
            return {}
        kept = [(row[f"{name}_ms"] or [], row[f"{name}_error"]) for row in rows([f"{name}_ms", f"{name}_error"])]
        return {"application": service_figures([call for calls, _ in kept for call in calls], [error for _, error in kept])}

    # What is asked

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """The assistant's first reply; nothing for a row without a message."""
        return [self._asked(row, self._talk(row, []), name, streams) if self.first_message(row) else [] for row in rows]

    def more(self, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], name: str, streams: Streams) -> list[list[Prompt]]:
        """What each conversation needs next: a reply, drafts, or what comes next."""
        return [
            self._asked(row, self._talk(row, completions), name, streams) if completions else []
            for row, completions in zip(rows, answers, strict=True)
        ]

    def _asked(self, row: Row, talk: Talk, name: str, streams: Streams) -> list[Prompt]:
        if talk.end or talk.refusal:
            return []
        if talk.turns[-1][0] == "user":
            if self.tests_app:
                session = {"session": session_of(row, name, talk.turns[0][1], streams)}
                text, before = talk.turns[-1][1], tuple(talk.turns[:-1])
                return [self._prompt(row, talk, name, streams, "reply", text, turns=before, settings=session, by=APP)]
            system = fill(self.system, row.values, f"{row.table}, row {row.index}, assistant").strip()
            brief = Brief(system, effort=self.effort or "", tokens=self.tokens, thinking=str(self.thinking or ""))
            return [self._prompt(row, talk, name, streams, "reply", talk.turns[-1][1], brief=brief, turns=tuple(talk.turns[:-1]))]
        user = self.person(row, self.behaviour_of(row, name, streams))
        return self.user_prompts(user, row, talk, name, streams, last=talk.replies >= self.turns)

    def user_prompts(self, user: TalkUser, row: Row, talk: Talk, name: str, streams: Streams, *, last: bool = False) -> list[Prompt]:
        """What is asked for the next message of a row's user after the assistant's reply, which is the `last` one where a talk ends with
        it."""
        return [
            self._prompt(
                row, talk, name, streams, part, text, number, settings=settings, brief=brief, by=self.typist if part == "draft" else ""
            )
            for part, text, number, settings, brief in user.prompts(talk, last=last)
        ]

    def _prompt(self, row: Row, talk: Talk, name: str, streams: Streams, part: Part, text: str, number: int = 0, **more: Any) -> Prompt:
        stream = streams.number(row.table, name, row.index, row.attempt, part, talk.replies, number)
        origin = {"field": f"{row.table}.{name}", "part": part, "behaviour": self.behaviour_of(row, name, streams)}
        return Prompt(text, stream, origin=origin, **more)

    def behaviour_of(self, row: Row, name: str, streams: Streams) -> str:
        """How the user of a row behaves, drawn by weight."""
        return draw_voice(self.behaviour, streams.at(row.table, name, row.index, "behaviour"))

    def person(self, row: Row, behaviour: str) -> TalkUser:
        """The user of a row."""
        goal = fill(self.goal, row.values, f"{row.table}, row {row.index}, goal").strip()
        return TalkUser(self._context.about, goal, BEHAVIOURS[behaviour])

    def foreseen(self, rows: Sequence[Row], name: str, streams: Streams) -> list[tuple[Prompt, int]]:
        """Claude's replies and what it settles are alike; the application's are asked beside what Claude settles."""
        if not self.tests_app:
            return super().foreseen(rows, name, streams)
        replies = [prompt for row_prompts in self.ask(rows, name, streams) for prompt in row_prompts]
        talks = [(row, Talk([("user", first), ("assistant", WORDS)], drafts=[])) for row in rows if (first := self.first_message(row))]
        settled = [
            prompt
            for row, talk in talks
            for prompt in self.user_prompts(self.person(row, self.behaviour_of(row, name, streams)), row, talk, name, streams)
        ]
        return [(prompt, self.turns) for prompt in (*replies, *settled)]

    # How the answers are read

    def first_message(self, row: Row) -> str:
        """What the user types first; nothing where the row has no message. Raises DataError."""
        message = get_path(row.values, self.user)
        if message is not None and not isinstance(message, str):
            raise DataError(
                f"{row.table}, row {row.index}: '{self.user}' is no text: {str(message)[:80]}", "make it a text with kind: template"
            )
        return (message or "").strip()

    def _talk(self, row: Row, completions: Sequence[Completion]) -> Talk:
        """How far the answers so far have brought the conversation."""
        talk = Talk([("user", self.first_message(row))])
        for completion in completions:
            if completion.prompt.origin["part"] == "reply":
                self._reply(completion, talk)
            else:
                user = self.person(row, completion.prompt.origin["behaviour"])
                self.take_answer(user, completion, talk, last=talk.replies >= self.turns)
        return talk

    def take_answer(self, user: TalkUser, completion: Completion, talk: Talk, *, last: bool = False) -> None:
        """Bring a user's talk on by an answer to one of the `user_prompts`."""
        if completion.prompt.origin["part"] == "draft":
            talk.drafts = [*(talk.drafts or []), *user.draft(completion, talk)]
            return
        user.take(completion, talk, last=last)
        if talk.refusal:
            talk.refusal = _in_turn(talk.refusal, talk, "what comes next")

    def _reply(self, completion: Completion, talk: Talk) -> None:
        if self.tests_app:
            talk.milliseconds.append(completion.milliseconds)
            if answered(completion):
                talk.turns.append(("assistant", completion.text))
            else:
                talk.end, talk.error, talk.why = BROKEN, completion.text, ""
            return
        read = AnswerForm().read(completion)
        if isinstance(read, Refusal):
            talk.refusal = _in_turn(read, talk, "reply")
        else:
            talk.turns.append(("assistant", read.value))

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The conversation and how it ended, or why there is none."""
        from synthgen.voices.mess import kept_mess

        if not completions:
            empty = Labelled(None, dict.fromkeys(self.labels()))
            return empty if get_path(row.values, self.user) is None else Refusal("empty", "the user types nothing", final=True)
        talk = self._talk(row, completions)
        if talk.refusal:
            return talk.refusal
        later = [text for role, text in talk.turns if role == "user"][1:]
        mess = []
        for turn, (text, drafted) in enumerate(zip(later, talk.drafted, strict=True), 2):
            share, polish = kept_mess(talk.turns[0][1], text)
            mess.append({"turn": turn, "draft": drafted, "kept": round(share, 3), "polish": polish})
        labels = {"end": talk.end, "why": talk.why, "met_by": talk.met_by, "turns": talk.replies, "mess": mess}
        labels["behaviour"] = completions[0].prompt.origin["behaviour"]
        if self.tests_app:
            labels |= {"error": talk.error, "ms": talk.milliseconds}
        return Labelled([{"role": role, "content": text} for role, text in talk.turns], labels)


def conversation_of(field: FieldShape) -> Conversation | None:
    """A field as a conversation, if it is one."""
    return field if isinstance(field, Conversation) else None


def _in_turn(refusal: Refusal, talk: Talk, part: str) -> Refusal:
    """A refusal that says where in the conversation it was."""
    return Refusal(refusal.reason, f"turn {max(1, talk.replies + (part == 'reply'))}, {part}: {refusal.detail}", refusal.to, refusal.final)
