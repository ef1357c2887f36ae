"""`kind: conversation`: several turns between a made-up user and the application under test.

The assistant's side is the application itself, which the command line names, or Claude under its system prompt, with nothing of ours in
it. An error of the application ends the talk, and is kept. What the user types next is
drafted by the base model, which knows how people type but hardly what the talk is about, and settled by Claude in a brief of its own,
which also says whether the user's goal is met: a model that was taught to help makes a user who is too clear, too patient and too neat.

All rows of a chunk are asked in the same round: the assistant's replies, the drafts, what comes next. Where a conversation stands is
read from its answers alone, so that a killed run goes on in the middle of a talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.errors import DataError
from synthgen.fields.answer import AnswerForm
from synthgen.fields.considered import Listener
from synthgen.fields.instructed import MOST_TOKENS, Thinking, document, part_mistakes, prompt_files, render_prompt, room_mistakes, tagged
from synthgen.fields.reply import APP, answered, service_figures, session_of
from synthgen.fields.shape import WORDS, Asked, Chosen, Others, Passes, Role, Template, anything, fill
from synthgen.spec import render
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams
from synthgen.text import frames

DRAFTS = 4  # of a user's next message
LONGEST = 64  # tokens of a draft
SHOWN = 4  # turns that a base model reads, the latest ones
SHORT = 300  # characters of a message that it reads at most
MET, GIVEN_UP, GOES_ON = "met", "given up", "goes on"
BROKEN = "error"
"""How a talk ends in which the application gave an error."""
NEXT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "why": {"type": "string"},
        "state": {"type": "string", "enum": [MET, GIVEN_UP, GOES_ON]},
        "next": {"type": "string"},
    },
    "required": ["why", "state", "next"],
    "additionalProperties": False,
}
Part = Literal["reply", "draft", "next"]
Needed = Annotated[Template, AfterValidator(lambda text: _needed(text))]


def _needed(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


@dataclass(slots=True)
class Talk:
    """How far a conversation is: its `turns`, (role, text) each; the `drafts` of the user's next message, None before they are asked for;
    how it ended (`end`) and `why`; of each later message of the user whether it was a draft; or why there is no conversation. Of the
    application under test, the milliseconds of each answer, and the error that ended the talk, if one did."""

    turns: list[tuple[str, str]]
    drafts: list[str] | None = None
    end: str = ""
    why: str = ""
    drafted: list[bool] = field(default_factory=list)
    refusal: Refusal | None = None
    milliseconds: list[int | None] = field(default_factory=list)
    error: str | None = None

    @property
    def replies(self) -> int:
        """How often the assistant has answered."""
        return sum(role == "assistant" for role, _ in self.turns)


class Conversation(Asked):
    """A conversation that begins with the message in `user`, with your application (`--app`), or with Claude under its system prompt
    (`assistant`)."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("end",)

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

    def files(self) -> list[Path]:
        """The file of the system prompt, and those of our own."""
        built_in = prompt_files("conversation_next", "conversation_next_row", "purpose", "form")
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
        """A reply and what comes next to each turn."""
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
        """How it ended (met, given up or turns) and why; how often the assistant replied; and how each later message of the user was typed
        beside the first one. Of the application, the error that ended the talk, if one did, and how many milliseconds each of its answers
        took."""
        return {"end": "string", "why": "string", "turns": "int64", "mess": "json"} | (
            {"error": "string", "ms": "json"} if self.tests_app else {}
        )

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """How the application did."""
        if not self.tests_app:
            return {}
        kept = [(row[f"{name}_ms"] or [], row[f"{name}_error"]) for row in rows([f"{name}_ms", f"{name}_error"])]
        return {"application": service_figures([call for calls, _ in kept for call in calls], [error for _, error in kept])}

    # What is asked

    @cached_property
    def form(self) -> AnswerForm:
        """How the goal stands, and what the user types next."""
        return AnswerForm(NEXT)

    @cached_property
    def brief(self) -> Brief:
        """What Claude reads before it settles the user's next message."""
        system = render_prompt("conversation_next", about=self._context.about.strip(), form=self.form)
        return Brief(system, schema=self.form.schema)

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """The assistant's first reply; nothing for a row without a message."""
        return [self._asked(row, self._talk(row, []), name, streams) if self._first(row).strip() else [] for row in rows]

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
        if talk.drafts is None and talk.replies < self.turns:
            settings: dict[str, Any] = {"temperature": 1.0, "tokens": LONGEST, "stop": frames.END}
            text = self._frame(row, talk)
            return [
                self._prompt(row, talk, name, streams, "draft", text, number, settings=settings, by=self.typist) for number in range(DRAFTS)
            ]
        return [self._prompt(row, talk, name, streams, "next", self._question(row, talk), brief=self.brief)]

    def _prompt(self, row: Row, talk: Talk, name: str, streams: Streams, part: Part, text: str, number: int = 0, **more: Any) -> Prompt:
        stream = streams.number(row.table, name, row.index, row.attempt, part, talk.replies, number)
        return Prompt(text, stream, origin={"field": f"{row.table}.{name}", "part": part}, **more)

    def _goal(self, row: Row) -> str:
        return fill(self.goal, row.values, f"{row.table}, row {row.index}, goal").strip()

    def _frame(self, row: Row, talk: Talk) -> str:
        """The conversation as a base model reads it: the user's messages as those of a frame, each with the reply under it."""
        texts, goal = [_shortened(text) for _, text in talk.turns], " ".join(self._goal(row).split())[:SHORT]
        pairs = [f"{texts[at]}{frames.END}> {texts[at + 1]}" for at in range(0, len(texts), 2)]
        return frames.frame(self._context.about, [frames.Section(goal, pairs[-SHOWN:])])

    def _question(self, row: Row, talk: Talk) -> str:
        conversation = "\n".join(tagged({role: text}) for role, text in talk.turns)
        drafts = "\n".join(tagged({"draft": draft}) for draft in talk.drafts or [])
        return render_prompt(
            "conversation_next_row",
            goal=tagged({"goal": self._goal(row)}),
            conversation=tagged({"conversation": f"\n{conversation}\n"}),
            drafts=tagged({"drafts": f"\n{drafts}\n"}) if drafts else "",
            last=talk.replies >= self.turns,
        )

    def foreseen(self, rows: Sequence[Row], name: str, streams: Streams) -> list[tuple[Prompt, int]]:
        """Claude's replies and what it settles are alike; the application's are asked beside what Claude settles."""
        if not self.tests_app:
            return super().foreseen(rows, name, streams)
        replies = [prompt for row_prompts in self.ask(rows, name, streams) for prompt in row_prompts]
        talks = [(row, Talk([("user", self._first(row)), ("assistant", WORDS)], drafts=[])) for row in rows if self._first(row).strip()]
        settled = [self._prompt(row, talk, name, streams, "next", self._question(row, talk), brief=self.brief) for row, talk in talks]
        return [(prompt, self.turns) for prompt in (*replies, *settled)]

    # How the answers are read

    def _first(self, row: Row) -> str:
        message = get_path(row.values, self.user)
        if message is not None and not isinstance(message, str):
            raise DataError(
                f"{row.table}, row {row.index}: '{self.user}' is no text: {str(message)[:80]}", "make it a text with kind: template"
            )
        return message or ""

    def _talk(self, row: Row, completions: Sequence[Completion]) -> Talk:
        """How far the answers so far have brought the conversation."""
        talk = Talk([("user", self._first(row).strip())])
        for completion in completions:
            part = completion.prompt.origin["part"]
            if part == "draft":
                talk.drafts = [*(talk.drafts or []), *self._drafted(completion, talk)]
            elif part == "reply":
                self._reply(completion, talk)
            else:
                self._next(completion, talk)
        return talk

    def _drafted(self, completion: Completion, talk: Talk) -> list[str]:
        """The draft that a base model wrote, if it is a message."""
        draft = frames.first_complete_message(completion.text)
        odd = (
            not draft
            or draft.startswith(">")
            or frames.leaks_frame(draft, self._context.about)
            or frames.loops(draft)
            or draft in (talk.drafts or [])
        )
        return [] if odd or draft is None else [draft]

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

    def _next(self, completion: Completion, talk: Talk) -> None:
        read = self.form.read(completion)
        if isinstance(read, Refusal):
            talk.refusal = _in_turn(read, talk, "what comes next")
            return
        state, following, talk.why = read.value["state"], read.value["next"].strip(), read.value["why"].strip()
        if state != GOES_ON:
            talk.end = state
        elif talk.replies >= self.turns:
            talk.end = "turns"
        elif not following:
            talk.refusal = Refusal("malformed", f"turn {talk.replies}: the conversation goes on, but there is no next message")
        else:
            talk.turns.append(("user", following))
            talk.drafted.append(following in (talk.drafts or []))
            talk.drafts = None

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
        labels = {"end": talk.end, "why": talk.why, "turns": talk.replies, "mess": mess}
        if self.tests_app:
            labels |= {"error": talk.error, "ms": talk.milliseconds}
        return Labelled([{"role": role, "content": text} for role, text in talk.turns], labels)

    def choose(
        self,
        rows: Sequence[Row],
        answers: Sequence[Sequence[Completion]],
        memory: Any,
        passes: Passes = anything,
        listener: Listener | None = None,
    ) -> list[Chosen]:
        """What each row reads in its answers; a row without a message was not asked about."""
        no_completion = Completion(Prompt("", 0), "", "stop")
        return [
            (self.read(row, completions), completions[0] if completions else no_completion)
            for row, completions in zip(rows, answers, strict=True)
        ]


def _in_turn(refusal: Refusal, talk: Talk, part: str) -> Refusal:
    """A refusal that says where in the conversation it was."""
    return Refusal(refusal.reason, f"turn {max(1, talk.replies + (part == 'reply'))}, {part}: {refusal.detail}", refusal.to, refusal.final)


def _shortened(text: str) -> str:
    """A message on one line, its beginning left out where it is long: what is asked stands at the end."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"… {line[-SHORT:].partition(' ')[2]}"
