"""What is known of Claude's models without asking the API: how each may think, how much it thinks if nothing is said, and when it retires.

Gathered on 2026-11-27 from the platform's pages on models, thinking and deprecations. What the Models API says of a model counts more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from synthgen.fields import Asked
from synthgen.spec.parts import PartMistake

SOON = 90
"""Days before its last one in which a model's end is told of without asking the API, which knows earlier."""
OFF = frozenset({"disabled", "between_tools"})
"""The kinds of thinking, as the API calls them, that are none before an answer."""
EFFORTS_OFF = ("low", "medium", "high")
"""How much effort can be asked for where thinking is off."""
THOUGHT = {"low": 100, "medium": 300, "high": 600, "xhigh": 1_500, "max": 3_000}
"""Tokens of thoughts that are assumed for an answer, by effort: how many they are depends on what is asked."""


@dataclass(frozen=True, slots=True)
class ClaudeModelFacts:
    """The kinds of `thinking` that a model takes; whether it `thinks` when nothing is said, and then with which `effort`; and the day that
    it retires on, if one is set."""

    thinking: frozenset[str]
    thinks: bool = True
    effort: str = "high"
    retires: date | None = None


def _facts(thinking: str, **more: object) -> ClaudeModelFacts:
    return ClaudeModelFacts(frozenset(thinking.split()), **more)  # type: ignore[arg-type]


FACTS = {
    "claude-haiku-5-5": _facts("adaptive disabled", effort="medium"),
    "claude-sonnet-5-5": _facts("adaptive between_tools"),
    "claude-opus-5-5": _facts("adaptive", effort="medium"),
    "claude-fable-5-2": _facts("adaptive"),
    "claude-mythos-5-2": _facts("adaptive"),
    "claude-fable-5-1": _facts("adaptive"),
    "claude-mythos-5-1": _facts("adaptive"),
    "claude-fable-5": _facts("adaptive"),
    "claude-mythos-5": _facts("adaptive"),
    "claude-opus-5": _facts("adaptive disabled"),
    "claude-sonnet-5": _facts("adaptive disabled"),
    "claude-opus-4-8": _facts("adaptive disabled", thinks=False),
    "claude-opus-4-7": _facts("adaptive disabled", thinks=False),
    "claude-opus-4-6": _facts("adaptive enabled disabled", thinks=False),
    "claude-sonnet-4-6": _facts("adaptive enabled disabled", thinks=False),
    "claude-opus-4-5": _facts("enabled disabled", thinks=False, retires=date(2027, 1, 22)),
    "claude-haiku-4-5": _facts("enabled disabled", thinks=False),
    "claude-sonnet-4-5": _facts("enabled disabled", thinks=False, retires=date(2026, 11, 30)),
}
"""By name, the newest first."""


def dateless(name: str) -> str:
    """The name of a model without the date of its release."""
    return re.sub(r"-20\d{6}$", "", name)


def facts_of(name: str) -> ClaudeModelFacts | None:
    """What is known of a model."""
    return FACTS.get(dateless(name))


def known_thinking(name: str) -> frozenset[str]:
    """The kinds of thinking that a model takes; none where that is not known."""
    facts = facts_of(name)
    return facts.thinking if facts else frozenset()


def thought_tokens(name: str, effort: str, thinking: str) -> float:
    """How many tokens a model is assumed to think before an answer, with the `effort` and `thinking` of a brief. Of an unknown model of
    Claude's it is assumed that it thinks, as the newest do; of others that they do not."""
    facts = facts_of(name) or ClaudeModelFacts(frozenset(), thinks=name.startswith("claude-"))
    if thinking == "off" or not (thinking or facts.thinks):
        return 0
    usual = THOUGHT[effort or facts.effort]
    return min(usual, int(thinking)) if thinking.isdigit() else usual


def thinking_mistakes(field: Asked, name: str) -> Iterator[PartMistake]:
    """What a field says of thinking that the model `name` does not allow."""
    thinking, effort, facts = getattr(field, "thinking", None), getattr(field, "effort", None), facts_of(name)
    if thinking is None or facts is None:
        return
    if thinking == "off" and not facts.thinking & OFF:
        yield PartMistake(("thinking",), f"{name} always thinks", "effort: low has it think less; claude-haiku-5-5 can do without")
    elif thinking == "off" and effort is not None and effort not in EFFORTS_OFF:
        hint = f"effort: {EFFORTS_OFF[-1]} or less, or thinking: on"
        yield PartMistake(("effort",), f"effort: {effort} needs thinking, which is off", hint)
    elif thinking == "on" and "adaptive" not in facts.thinking:
        hint = "such as thinking: 4096: so many tokens at most"
        yield PartMistake(("thinking",), f"{name} has to be told how much it may think", hint)
    elif isinstance(thinking, int) and "enabled" not in facts.thinking:
        off = ", and thinking: off not at all" if facts.thinking & OFF else ""
        hint = f"effort: low has it think less{off}"
        yield PartMistake(("thinking",), f"{name} takes no number of tokens to think: it decides by itself", hint)


@dataclass(frozen=True, slots=True)
class Retirement:
    """That a model retires on a `day` (None: it is not set yet), or that it is `gone`."""

    day: date | None = None
    gone: bool = False

    def note(self, name: str, today: date) -> str:
        """What is to be said of the model `name`."""
        when = f" on {self.day}" if self.day else ""
        if self.gone:
            what = f"retired{when}" if self.day and self.day <= today else "is retired"
        elif self.day and self.day <= today:
            what = f"was to retire{when} and may be gone any day"
        else:
            what = f"retires{when}" if self.day else "is deprecated and will be retired"
        line = name.split("-")[1:2]
        newest = next((known for known in FACTS if known.split("-")[1:2] == line and FACTS[known].retires is None), "")
        return f"{name} {what}: name another model for this recipe" + (f", such as {newest}" if newest else "")


def known_retirement(name: str, today: date) -> Retirement | None:
    """The end of a model as far as it is known without asking, if it is near or over."""
    facts = facts_of(name)
    if facts is None or facts.retires is None or (facts.retires - today).days > SOON:
        return None
    return Retirement(facts.retires, gone=facts.retires <= today)
