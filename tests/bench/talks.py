"""Users in talks: how often they end a talk too early, make up facts, or say that a goal is met that is not: `python tests/bench/talks.py`.

200 talks with a scripted application that does what is asked at once (`right`), does something else (`wrong`), asks three questions first
(`slow`), or says the same again and again (`circles`). What it did is known, so that a talk's end can be judged without reading it.

Without more, a loopback server plays a Claude that misbehaves at known rates (`--rates`, of its answers), in ways that code can see and in
ways that it cannot, and what is printed is how much of that the checks of `synthgen.fields.user_side` let through. That says what the
checks catch, and nothing of how a real model behaves. With `--real` and a key the same talks are settled by Claude (some dollars):
premature ends and false ends are judged by what the application did; facts are looked for by the same code that refuses them, so every
message of a user is written to `--read FILE`, for somebody to read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.claude import ClaudeServer, last_text

from synthgen.api import make
from synthgen.dataset import Dataset
from synthgen.models import BaseModel, Model, ScriptedModel, open_model
from synthgen.recipe import ClaudeSpec
from synthgen.spec.rows import Completion, Prompt

RECIPE = """
name: talks
about: Customers of an online shop, typing into its support chat.
tables:
  talks:
    rows: {rows}
    fields:
      app: {{kind: choice, options: [right, wrong, slow, circles]}}
      name: {{kind: fake, provider: name, locale: en_GB}}
      postcode: {{kind: fake, provider: postcode, locale: en_GB}}
      order: {{kind: number, between: [10000, 99999]}}
      amount: {{kind: number, between: [3, 90], decimals: 2}}
      day: {{kind: date, between: [-20d, -2d]}}
      message: {{kind: choice, options: [where is my parsel, i want my money back, parcel never came, it says deliverd but no]}}
      talk:
        kind: conversation
        user: message
        assistant: "{{{{ app }}}}"
        goal: >-
          {{{{ name }}}}, postcode {{{{ postcode }}}}, wants the money back for order {{{{ order }}}}: {{{{ amount }}}} pounds, paid on
          {{{{ day }}}}. The parcel never came. They want to hear that the refund has been sent.
        turns: 6
"""
DONE = "The refund has been sent today and arrives within five working days."
WRONG = [
    "I have changed your delivery address as you wished.",
    "Your newsletter is cancelled now.",
    "I added the item to your basket again.",
]
CIRCLES = "Please check the tracking page and write to us again after that."
QUESTIONS = ["What is your order number?", "And the name on the order, please?", "Which postcode was it sent to?"]

SEEN = {
    "made-up fact": [
        "order {n}", "its {n}-{n}", "paid {n}.99", "ref RX{n}", "my email is user{n}@mail.example", "on sunday 31 february",
        "ask Kowalczyk there", "my name is Xander",
    ],
    "false done": ["", "I have sent the money to your account.", "What is your order number?"],
    "early end": ["", "forget it"],
}  # fmt: skip
UNSEEN = {
    "made-up fact": ["my neighbour kowalczyk has it", "the box was open and wet", "i live above the bakery"],
    "false done": ["<latest>"],
    "early end": ["forget it"],
}
"""Ways to misbehave: the words typed, or of a false end the words quoted."""


class Scripted:
    """The application: what it says depends on its kind and on how often it has replied. All else goes to the model."""

    def __init__(self, model: Model) -> None:
        self.model, self.identity, self.count = model, f"app and {model.identity}", model.count

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Replies at once, and what the model says."""
        others = [prompt for prompt in prompts if prompt.origin["part"] != "reply"]
        for prompt in prompts:
            if prompt.origin["part"] == "reply":
                assert prompt.brief is not None
                yield Completion(prompt, reply(prompt.brief.system, len(prompt.turns) // 2), "stop")
        yield from self.model.complete(others) if others else ()


def reply(app: str, number: int) -> str:
    """What an application says after so many replies."""
    if app == "right":
        return QUESTIONS[0] if number == 0 else DONE
    if app == "slow":
        return QUESTIONS[number] if number < 3 else DONE
    return WRONG[number % len(WRONG)] if app == "wrong" else CIRCLES


class Misbehaving:
    """A Claude that settles well, but of the answers that it gives the first time, so many do what no user does; asked again, it mends
    most of them. `planted` counts what it did, by kind and whether code can see it."""

    def __init__(self, rates: dict[str, float], stubborn: float) -> None:
        self.rates, self.stubborn = rates, stubborn
        self.planted: Counter[tuple[str, bool]] = Counter()
        self.words: dict[str, tuple[str, bool]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, str]:
        """What it answers to a request."""
        text = last_text(request)
        stream = Random(text)
        again = "the answer was not taken" in text
        good = self._good(text, stream)
        if again and (stream.random() >= self.stubborn or not any(self.rates.values())):
            return good
        roll, total = stream.random(), 0.0
        for kind, rate in self.rates.items():
            total += rate if not again else 1 / len(self.rates)
            if roll < total:
                return self._bad(kind, good, text, stream)
        return good

    def _good(self, text: str, stream: Random) -> dict[str, str]:
        replies, users = re.findall("<assistant>(.*)</assistant>", text), re.findall("<user>(.*)</user>", text)
        goal = re.search("<goal>(.*), postcode (.*), wants .* order ([0-9]+): ([0-9.]+) pounds", text, re.DOTALL)
        assert goal is not None
        name, postcode, order, amount = goal.groups()
        if DONE in replies[-1]:
            return {"why": "Sent.", "state": "met", "met_by": DONE, "next": "ok thx"}
        if replies.count(replies[-1]) > 1 or (len(replies) >= 3 and not replies[-1].endswith("?")):
            return {"why": "It leads nowhere.", "state": "given up", "met_by": "", "next": "nah forget it"}
        if "all that they know" in text and len(users) == 1:
            following = f"{name.lower()} order {order} {postcode.lower()} {amount} quid"
        elif "ask back" in text and len(users) == 1:
            following = "why do u need that"
        else:
            asked = {"order": f"its {order}", "name": name.lower(), "postcode": postcode.lower()}
            following = next(
                (said for word, said in asked.items() if word in replies[-1] and replies[-1].endswith("?")), "i just want my money"
            )
        return {"why": "Not yet.", "state": "goes on", "met_by": "", "next": following}

    def _bad(self, kind: str, good: dict[str, str], text: str, stream: Random) -> dict[str, str]:
        if good["state"] != "goes on":
            return good  # it would be no fault
        latest = re.findall("<assistant>(.*)</assistant>", text)[-1]
        seen = stream.random() < 0.7
        words = stream.choice((SEEN if seen else UNSEEN)[kind]).format(n=stream.randrange(100_000, 999_999)).replace("<latest>", latest)
        if kind == "false done":
            seen = seen or latest.endswith("?")
            self.words[words] = (kind, seen)
            answer = {"state": "met", "met_by": words, "next": "thx"}
        elif kind == "early end":
            seen = not words or (latest.endswith("?") and len(re.findall("<assistant>", text)) < 2)
            words = words and ("forget this" if seen else "forget it")
            answer = {"state": "given up", "met_by": "", "next": words}
            self.words[words] = (kind, seen)
        else:
            answer = {"state": "goes on", "met_by": "", "next": words}
            self.words[words] = (kind, seen)
        self.planted[kind, seen] += 1
        return {"why": "So it is.", **answer}


def judge(rows: Sequence[dict[str, Any]], words: dict[str, tuple[str, bool]]) -> dict[str, Counter[str]]:
    """What is wrong with talks, by what the application did: the counts for each kind of application."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        count = counts.setdefault(row["app"], Counter())
        replies = [turn["content"] for turn in row["talk"] if turn["role"] == "assistant"]
        typed = [turn["content"] for turn in row["talk"] if turn["role"] == "user"][1:]
        count["talks"] += 1
        count[f"ended {row['talk_end']}"] += 1
        count["false done"] += row["talk_end"] == "met" and DONE not in replies
        leaves = row["talk_end"] == "given up" and row["talk_behaviour"] != "gives up"
        count["premature end"] += leaves and row["app"] in ("right", "slow")
        count["made-up fact"] += any(words.get(text, ("", False))[0] == "made-up fact" for text in typed)
        count["what code can see"] += any(words.get(text, ("", False))[1] for text in [*typed, row["talk_met_by"] or "-"])
    return counts


def main() -> None:
    """Hold the talks and print what is wrong with them."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--rows", type=int, default=200)
    reader.add_argument("--rates", type=float, default=0.1, help="the share of answers that misbehave in each of three ways")
    reader.add_argument("--stubborn", type=float, default=0.3, help="the share of answers that misbehave again when asked again")
    reader.add_argument("--real", action="store_true", help="settle with the Claude that the environment has a key for")
    reader.add_argument("--model", default="claude-sonnet-5-5")
    reader.add_argument("--typist", action="store_true", help="draft with the embedded model, not with a script")
    reader.add_argument("--read", type=Path, help="write every message of a user into this file")
    options = reader.parse_args()
    claude = Misbehaving(dict.fromkeys(("made-up fact", "false done", "early end"), options.rates), options.stubborn)
    drafts = ["yes", "ok and now", "where is it", "i dont know", "just sort it out"]
    typist = BaseModel("scribbler") if options.typist else ScriptedModel(lambda prompt, stream: f" {stream.choice(drafts)}\n")
    with tempfile.TemporaryDirectory() as folder, ClaudeServer(answer=claude.answer) as server:
        if not options.real:
            os.environ.update(server.environment)
        recipe = Path(folder, "talks.yaml")
        recipe.write_text(RECIPE.format(rows=options.rows), encoding="utf-8")
        models: dict[str, Model] = {"claude": Scripted(open_model(ClaudeSpec(name=options.model))), "typist": typist}
        made = make(recipe, out=Path(folder, "out"), models=models)
        dataset = Dataset.open(made.folder)
        rows = list(dataset.rows("talks"))
        refused = Counter(str(row["check"]) for row in dataset.rows("refused")) if (made.folder / "refused").exists() else Counter[str]()
    counts = judge(rows, claude.words)
    total = sum(counts.values(), Counter[str]())
    for app, count in [*sorted(counts.items()), ("all", total)]:
        ended = ", ".join(f"{name.removeprefix('ended ')} {number}" for name, number in sorted(count.items()) if name.startswith("ended "))
        faults = ", ".join(
            f"{name} {count[name]} ({count[name] / count['talks']:.1%})"
            for name in ("premature end", "false done", "made-up fact", "what code can see")
        )
        print(f"{app:>8}: {count['talks']} talks ({ended}); {faults}")
    if not options.real:
        planted = ", ".join(
            f"{kind} {'seen' if seen else 'unseen'} by code {number}" for (kind, seen), number in sorted(claude.planted.items())
        )
        print(f"planted in {len(server.asked())} answers: {planted}")
    print(f"refused: {dict(refused)}")
    if options.read:
        lines = [json.dumps({"goal": row["order"], "talk": row["talk"], "end": row["talk_end"]}, ensure_ascii=False) for row in rows]
        options.read.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
