"""The user's side of a talk: what a base model is asked for drafts, what Claude is asked to settle, and what code holds it to.

A model that plays a user ends a talk too early, makes up facts, and says that a goal is met that is not. So whoever settles the next
message must quote the reply that meets the goal, and a user who leaves says so. What code can check of that is checked, and what fails is
asked for again, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from synthgen.fields import known_facts
from synthgen.fields.answer import AnswerForm
from synthgen.fields.behaviours import Behaviour
from synthgen.fields.instructed import render_prompt, tagged
from synthgen.fields.sides import Side
from synthgen.spec.rows import Brief, Completion, Refusal
from synthgen.text import frames

DRAFTS = 4  # of a user's next message
LONGEST = 64  # tokens of a draft
SHOWN = 4  # turns that a base model reads, the latest ones
SHORT = 300  # characters of a message that it reads at most
AGAIN = 2  # how often a message is asked for again
QUOTED = 3  # words of a quote at least, of a reply that has them
MET, GIVEN_UP, GOES_ON = "met", "given up", "goes on"
NEXT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "why": {"type": "string"},
        "state": {"type": "string", "enum": [MET, GIVEN_UP, GOES_ON]},
        "met_by": {"type": "string"},
        "next": {"type": "string"},
    },
    "required": ["why", "state", "met_by", "next"],
    "additionalProperties": False,
}
FILES = ("conversation_next", "conversation_next_row", "purpose", "form")
Part = Literal["reply", "draft", "next"]
_ASKING = re.compile(
    r"\?|^(?:who|wh?at|wot|why|y|when|wen|where|which|how|can|could|do|does|is|are|will|would|should|have)\b", re.IGNORECASE
)
_THANKS = re.compile(
    r"\b(?:than\w*|thn?x+|tha+n?x|ty(?:sm|vm)?|tnx|cheers|ta|great|perfect|lovely|brilliant|fine|good|ok\w*|bye)\b", re.IGNORECASE
)


@dataclass(slots=True)
class Talk:
    """How far a conversation is: its `turns`, (role, text) each; the `drafts` of the user's next message, None before they are asked for;
    why what came next was not taken so far (`objections`); how it ended (`end`), `why`, and the words that met the goal (`met_by`); of each
    later message of the user whether it was a draft; or why there is no conversation. Of the application under test,
    the milliseconds of each answer, and the error that ended the talk, if one did."""

    turns: list[tuple[str, str]]
    drafts: list[str] | None = None
    objections: list[str] = field(default_factory=list)
    end: str = ""
    why: str = ""
    met_by: str = ""
    drafted: list[bool] = field(default_factory=list)
    refusal: Refusal | None = None
    milliseconds: list[int | None] = field(default_factory=list)
    error: str | None = None

    @property
    def replies(self) -> int:
        """How often the assistant has answered."""
        return sum(role == "assistant" for role, _ in self.turns)

    def said_by(self, who: str) -> list[str]:
        """The messages of a side."""
        return [text for role, text in self.turns if role == who]


class UserPrompt(NamedTuple):
    """What a model is asked on the user's side: drafts (`part` draft, several, each with its `number`) or what comes next."""

    part: Part
    text: str
    number: int
    settings: dict[str, Any]
    brief: Brief | None


class NextStep(NamedTuple):
    """What was settled: the `state` of the goal and `why`, the words of the assistant that met it (`met_by`), and what the user types
    (`message`, which may be empty at an end)."""

    state: str
    why: str
    met_by: str
    message: str


@dataclass(frozen=True)
class TalkUser:
    """A made-up user: where they type (`about`), the `goal`, with all that they know, and how they behave; and messages that show how they
    type (`earlier`), where they begin a talk about something else."""

    about: str
    goal: str
    behaviour: Behaviour
    earlier: tuple[str, ...] = ()

    # What is asked

    def prompts(self, talk: Talk, *, last: bool) -> list[UserPrompt]:
        """What to ask after the assistant's reply, or for the first message: drafts first, then what comes next; with `last`, only how the
        goal stands."""
        if talk.drafts is None and not last:
            settings: dict[str, Any] = {"temperature": 1.0, "tokens": LONGEST, "stop": frames.END}
            text = self.frame(talk)
            return [UserPrompt("draft", text, number, settings, None) for number in range(DRAFTS)]
        return [UserPrompt("next", self._question(talk, last=last), len(talk.objections), {}, next_brief(self.about))]

    def frame(self, talk: Talk) -> str:
        """The conversation as a base model reads it: the user's messages as those of a frame, each with the reply under it."""
        texts, goal = [_shortened(text) for _, text in talk.turns], " ".join(self.goal.split())[:SHORT]
        pairs = [f"{texts[at]}{frames.END}> {texts[at + 1]}" for at in range(0, len(texts), 2)]
        return frames.frame(self.about, [frames.Section(goal, pairs[-SHOWN:] or [_shortened(text) for text in self.earlier])])

    def _question(self, talk: Talk, *, last: bool) -> str:
        conversation = "\n".join(tagged({role: text}) for role, text in talk.turns)
        drafts = "\n".join(tagged({"draft": draft}) for draft in talk.drafts or [])
        return render_prompt(
            "conversation_next_row",
            goal=tagged({"goal": self.goal}),
            behaviour=self.behaviour.line,
            conversation=tagged({"conversation": f"\n{conversation}\n"}),
            drafts=tagged({"drafts": f"\n{drafts}\n"}) if drafts else "",
            last=last,
            objections=talk.objections,
            earlier=tagged({"earlier": self.earlier[0]}) if self.earlier and not talk.turns else "",
        )

    # How answers are read

    def draft(self, completion: Completion, talk: Talk) -> list[str]:
        """The draft that a base model wrote, if it is a message."""
        draft = frames.first_complete_message(completion.text)
        odd = (
            not draft
            or draft.startswith(">")
            or frames.leaks_frame(draft, self.about)
            or frames.loops(draft)
            or draft in (talk.drafts or [])
        )
        return [] if odd or draft is None else [draft]

    def take(self, completion: Completion, talk: Talk, *, last: bool) -> None:
        """Bring a talk on by what was settled: the next message, an end, an objection (then it is asked for again), or a refusal."""
        read = next_form().read(completion)
        if isinstance(read, Refusal):
            talk.refusal = read
            return
        value = {key: text.strip() for key, text in read.value.items()}
        step = NextStep(value["state"], value["why"], value["met_by"], value["next"])
        if objection := self.objection(step, talk, last=last):
            reason, detail = objection
            talk.objections.append(detail)
            if len(talk.objections) > AGAIN:
                talk.refusal = Refusal(reason, f"{detail} (asked {len(talk.objections)} times)")
            return
        talk.why, talk.end, talk.met_by = step.why, _end(step, last=last), step.met_by if step.state == MET else ""
        if step.message and (step.state != GOES_ON or not last):
            talk.turns.append(("user", step.message))
            talk.drafted.append(step.message in (talk.drafts or []))
        talk.drafts, talk.objections = None, []

    # What code holds it to

    def objection(self, step: NextStep, talk: Talk, *, last: bool) -> tuple[str, str] | None:
        """Why what was settled cannot be, if it cannot: a short name that can be counted, and a sentence for whoever settles it again."""
        if step.state == GOES_ON and last:
            return None
        return (
            self._state_objection(step, talk)
            or (self.message_objection(step.message, talk) if step.message else None)
            or (self._behaviour_objection(step, talk))
        )

    def _state_objection(self, step: NextStep, talk: Talk) -> tuple[str, str] | None:
        if not talk.turns and step.state != GOES_ON:
            return "early end", "Nobody has written anything yet, so the talk goes on."
        if step.state == MET:
            return _false_done(step.met_by, talk)
        if not step.message:
            way = "says so in their own words before they leave" if step.state == GIVEN_UP else "types something"
            return "no message", f'"next" is empty; a user whose goal is not met {way}.'
        if step.state == GIVEN_UP and talk.replies < self.behaviour.patience and _still_asks(talk):
            return "early end", "The assistant still asks something that it has not asked before; this user answers before they give up."
        return None

    def message_objection(self, message: str, talk: Talk) -> tuple[str, str] | None:
        """Why a message is none of this user's, wherever it is from: it tells what they cannot know, or is the assistant's."""
        sources = "\n".join([self.about, self.goal, *(text for _, text in talk.turns)])
        if unknown := known_facts.made_up(message, sources):
            listed = ", ".join(f'"{fact}"' for fact in unknown)
            return "made-up fact", f"{listed} stands neither in the goal nor in the conversation, so the user cannot say it."
        if Side([self.goal, *talk.said_by("user")]).is_left(message):
            return "assistant's words", "The message reads as if the assistant had written it, not the user."
        if any(message.casefold() == reply.casefold() for reply in talk.said_by("assistant")):
            return "assistant's words", "The message repeats what the assistant wrote."
        return None

    def _behaviour_objection(self, step: NextStep, talk: Talk) -> tuple[str, str] | None:
        """Where the message is not as this user behaves."""
        how, first = self.behaviour, len(talk.said_by("user")) == 1
        if how.words and len(step.message.split()) > how.words:
            return "behaviour", f"This user is impatient: {how.words} words at most, not {len(step.message.split())}."
        if how.thanks and step.state == MET and not _THANKS.search(step.message):
            return "behaviour", 'The goal is met, so this user thanks, or says that it is fine, under "next".'
        if step.state != GOES_ON:
            return None
        if how.most and talk.replies >= how.most:
            return "behaviour", f"This user does not go on after {how.most} replies: the goal is met, or they give up."
        if first and how.asks and not _ASKING.search(step.message):
            return "behaviour", "This user asks back first: the message has to be a question."
        untold = [fact for fact in known_facts.facts(self.goal) if not any(known_facts.tells(text, fact) for text in talk.said_by("user"))]
        told = sum(known_facts.tells(step.message, fact) for fact in untold)
        if how.facts and told > how.facts:
            return "behaviour", f"This user tells what they know bit by bit: {how.facts} facts in a message at most, not {told}."
        if first and told < (least := min(how.first_facts, len(untold))):
            return "behaviour", f"This user tells all at once what they know, at least {least} of the facts in the goal, not {told}."
        return None


def next_form() -> AnswerForm:
    """How the goal stands, and what the user types next."""
    return AnswerForm(NEXT)


def next_brief(about: str) -> Brief:
    """What Claude reads before it settles the user's next message."""
    form = next_form()
    return Brief(render_prompt("conversation_next", about=about.strip(), form=form), schema=form.schema)


def _end(step: NextStep, *, last: bool) -> str:
    return step.state if step.state != GOES_ON else "turns" if last else ""


def _false_done(quote: str, talk: Talk) -> tuple[str, str] | None:
    """Why a goal is not met by words that are quoted: the latest reply does not have them, they had been said before, or they ask."""
    replies = [_plain(text) for text in talk.said_by("assistant")]
    words = _plain(quote)
    if not words:
        return "false done", 'The state is "met", but "met_by" quotes nothing that the assistant wrote.'
    if words not in replies[-1]:
        return "false done", 'What "met_by" quotes does not stand in the assistant\'s latest message, word for word.'
    if len(words.split()) < min(QUOTED, len(replies[-1].split())):
        return "false done", f'"met_by" quotes too little to show that the goal is met: {QUOTED} words at least.'
    if any(words in reply for reply in replies[:-1]):
        return "false done", 'The assistant said what "met_by" quotes before, and the user went on after it, so it did not meet the goal.'
    if quote.rstrip(" \"'”’)").endswith("?"):
        return "false done", 'What "met_by" quotes is a question, and a question meets no goal.'
    return None


def _still_asks(talk: Talk) -> bool:
    """Whether the latest reply asks something, and is none that was given before."""
    *before, latest = talk.said_by("assistant")
    return "?" in latest and _plain(latest) not in map(_plain, before)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _shortened(text: str) -> str:
    """A message on one line, its beginning left out where it is long: what is asked stands at the end."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"… {line[-SHORT:].partition(' ')[2]}"
