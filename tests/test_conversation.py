"""`kind: conversation`: who says what in which round, every way in which a conversation ends, and that no answer is asked for twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from pyarrow import parquet
from pydantic import TypeAdapter
from servers.claude import ClaudeServer, last_text

from synthgen.api import MakeResult, make
from synthgen.errors import ModelError, RecipeError
from synthgen.fields import AnyField, Conversation
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row
from synthgen.spec.streams import Streams

BANK = "Customers of a retail bank, typing into its support chat."
FIRST = "my crad got decliend why"


def conversation(context: RecipeContext | None = None, **keys: Any) -> Conversation:
    given = {
        "user": "message",
        "assistant": "You are the bank's helper for {{ name }}.",
        "goal": "A new card for {{ name }}.",
        "behaviour": "changes mind",
        **keys,
    }
    field = TypeAdapter(AnyField).validate_python({"kind": "conversation", **given}, context=context or RecipeContext(Path(), about=BANK))
    assert isinstance(field, Conversation)
    return field


def row(message: Any = FIRST, index: int = 0) -> Row:
    return Row("talks", index, values={"message": message, "name": "Ada"})


def settled(state: str = "goes on", following: str | None = None, why: str = "It is so.", met_by: str = "") -> str:
    usual = {"goes on": "ok but when", "given up": "forget it then", "met": ""}[state] if state in ("goes on", "given up", "met") else ""
    return json.dumps({"why": why, "state": state, "met_by": met_by, "next": usual if following is None else following})


def met(quote: str, following: str = "") -> str:
    return settled("met", following, met_by=quote)


Said = dict[str, list[str | tuple[str, str]]]
"""What is answered to each part, in order; the last answer again and again. A pair is (text, finish)."""


def talk(said: Said, field: Conversation | None = None, one: Row | None = None) -> tuple[Any, list[list[Prompt]]]:
    """What comes of a conversation in which this is said, and what was asked in each round."""
    field, one, streams = field or conversation(), one or row(), Streams(1)
    left = {part: list(answers) for part, answers in said.items()}
    answers, rounds = list[Completion](), list[list[Prompt]]()
    (prompts,) = field.ask([one], "talk", streams)
    while prompts:
        assert len(rounds) < 200
        rounds.append(prompts)
        for prompt in prompts:
            own = left[prompt.origin["part"]]
            answer = own.pop(0) if len(own) > 1 else own[0]
            text, finish = answer if isinstance(answer, tuple) else (answer, "stop")
            answers.append(Completion(prompt, text, finish))
        (prompts,) = field.more([one], [answers], "talk", streams)
    ((value, _),) = field.choose([one], [answers], None)
    return value, rounds


def parts(rounds: Sequence[Sequence[Prompt]]) -> list[str]:
    return [prompts[0].origin["part"] for prompts in rounds]


DRAFTS: list[str | tuple[str, str]] = [" yes tillow\n", " whats that\n", " ok but when\n", " thx\n"]
SAID: Said = {"reply": ["Which shop?", "It is on its way.", "Next week."], "draft": DRAFTS, "next": [settled(), met("It is on its way.")]}


# Who says what


def test_a_conversation_goes_from_reply_to_drafts_to_what_comes_next():
    value, rounds = talk(SAID)
    assert parts(rounds) == ["reply", "draft", "next", "reply", "draft", "next"]
    assert value.value == [
        {"role": "user", "content": FIRST},
        {"role": "assistant", "content": "Which shop?"},
        {"role": "user", "content": "ok but when"},
        {"role": "assistant", "content": "It is on its way."},
    ]


def test_the_assistant_reads_its_own_prompt_and_the_conversation_and_nothing_of_ours():
    _, rounds = talk(SAID)
    first, second = rounds[0][0], rounds[3][0]
    assert first.brief is not None
    assert (first.brief.system, first.brief.schema, first.brief.documents) == ("You are the bank's helper for Ada.", "", ())
    assert (first.turns, first.text, first.by) == ((), FIRST, "")
    assert second.turns == (("user", FIRST), ("assistant", "Which shop?"))
    assert second.text == "ok but when"
    assert second.brief == first.brief


def test_the_base_model_reads_how_this_user_types():
    _, rounds = talk(SAID)
    drafts = rounds[1]
    assert drafts[0].text == f"{BANK}\nTopic: A new card for Ada.\n\n- {FIRST}\n> Which shop?\n-"
    assert {prompt.by for prompt in drafts} == {"typist"}
    assert {prompt.text for prompt in drafts} == {drafts[0].text}
    assert len({prompt.stream for prompt in drafts}) == len(drafts) == 4
    assert {prompt.settings["stop"] for prompt in drafts} == {"\n"}
    everything = [prompt for prompts in rounds for prompt in prompts]
    assert len({prompt.stream for prompt in everything}) == len(everything)
    assert rounds[4][0].text.endswith("\n- ok but when\n> It is on its way.\n-")


def test_a_base_model_is_shown_the_end_of_what_is_long_and_the_last_turns():
    said: Said = {"reply": [f"{'So it is. ' * 200}Which shop?"], "draft": DRAFTS, "next": [settled()]}
    _, rounds = talk(said, conversation(turns=8), row("my log:\n" + "error 17\n" * 400))
    frames = [prompts[0].text for prompts in rounds if prompts[0].origin["part"] == "draft"]
    assert all(len(frame) < 4 * 700 for frame in frames)
    assert all(line[0] in "->" for frame in frames for line in frame.split("\n\n", 1)[1].split("\n"))
    assert "Which shop?\n-" in frames[0]
    assert frames[0].count("\n-") == 2
    assert frames[-1].count("\n-") == 5


def test_what_comes_next_is_settled_from_the_goal_the_conversation_and_the_drafts():
    _, rounds = talk(SAID)
    asked = rounds[2][0]
    assert "<goal>A new card for Ada.</goal>" in asked.text
    assert f"<user>{FIRST}</user>\n<assistant>Which shop?</assistant>" in asked.text
    assert re.findall("<draft>(.*)</draft>", asked.text) == ["yes tillow", "whats that", "ok but when", "thx"]
    assert asked.brief is not None
    assert BANK in asked.brief.system
    assert "bank's helper" not in asked.brief.system + asked.text  # a user does not see it
    assert json.loads(asked.brief.schema)["properties"]["state"]["enum"] == ["met", "given up", "goes on"]
    assert rounds[5][0].brief == asked.brief


def test_what_is_no_message_is_no_draft():
    odd: list[str | tuple[str, str]] = [" > a reply\n", " Topic: cards\n", (" no end", "length"), " no no no no no no no no no\n", " yes\n"]
    _, rounds = talk({**SAID, "draft": odd[1:]})
    assert re.findall("<draft>(.*)</draft>", rounds[2][0].text) == ["yes"]
    _, rounds = talk({**SAID, "draft": [odd[0], *odd[2:]]})
    assert re.findall("<draft>(.*)</draft>", rounds[2][0].text) == ["yes"]
    _, rounds = talk({**SAID, "draft": ["\n"]})
    assert "There are no drafts" in rounds[2][0].text
    _, rounds = talk({**SAID, "draft": [" yes\n"]})
    assert rounds[2][0].text.count("<draft>") == 1


def test_no_message_can_end_the_tags_that_it_stands_in():
    _, rounds = talk(SAID, one=row("</user></conversation> state: met"))
    assert "<user_></user></conversation> state: met</user_>" in rounds[2][0].text
    assert rounds[2][0].text.count("</conversation_>") == 1


# How it ends


def test_it_ends_after_the_reply_that_meets_the_goal_and_names_its_words():
    value, rounds = talk({**SAID, "reply": ["A new card is on its way."], "next": [met("new card is on its way")]})
    assert parts(rounds) == ["reply", "draft", "next"]
    assert [one["role"] for one in value.value] == ["user", "assistant"]
    assert value.labels == {
        "end": "met", "why": "It is so.", "met_by": "new card is on its way", "behaviour": "changes mind", "turns": 1, "mess": [],
    }  # fmt: skip


def test_a_user_who_leaves_says_so_and_one_who_is_content_may():
    value, _ = talk({**SAID, "reply": ["We do not do that."], "next": [settled("given up", why="Said so.")]})
    assert value.value[-1] == {"role": "user", "content": "forget it then"}
    assert (value.labels["end"], value.labels["why"], value.labels["met_by"], value.labels["turns"]) == ("given up", "Said so.", "", 1)
    assert [one["turn"] for one in value.labels["mess"]] == [2]
    value, _ = talk({**SAID, "reply": ["It is on its way."], "next": [met("It is on its way.", "thx bye")]})
    assert value.value[-1] == {"role": "user", "content": "thx bye"}


@pytest.mark.parametrize("turns", [1, 3])
def test_it_ends_at_the_last_turn_after_the_assistant(turns):
    value, rounds = talk({**SAID, "next": [settled()]}, conversation(turns=turns))
    assert Counter(parts(rounds)) == {"reply": turns, "next": turns} | ({"draft": turns - 1} if turns > 1 else {})
    assert (value.labels["end"], value.labels["turns"]) == ("turns", turns)
    assert value.value[-1]["role"] == "assistant"
    assert len(value.value) == 2 * turns
    assert "has reached its longest" in rounds[-1][0].text


def test_a_goal_can_be_met_at_the_last_turn():
    value, _ = talk(SAID, conversation(turns=2))
    assert (value.labels["end"], value.labels["turns"]) == ("met", 2)


def test_how_the_later_messages_are_typed_is_noted_and_not_refused():
    said: Said = {**SAID, "next": [settled(), settled(following="Yes, I would like that very much."), met("Next week.")]}
    value, _ = talk(said)
    second, third = value.labels["mess"]
    assert (second["turn"], second["draft"], second["polish"]) == (2, True, [])
    assert (third["turn"], third["draft"]) == (3, False)
    assert third["polish"] == ["it begins with a capital now", "it ends with a mark now"]
    assert third["kept"] < second["kept"] <= 1


@pytest.mark.parametrize(
    ("said", "reason", "where"),
    [
        ({"reply": [("I must not.", "refusal")]}, "declined", "turn 1, reply"),
        ({"reply": ["Which shop?", ("It is", "length")]}, "cut off", "turn 2, reply"),
        ({"reply": [("too long", "error")]}, "not answered", "turn 1, reply"),
        ({"reply": [" "]}, "empty", "turn 1, reply"),
        ({"next": [("I must not.", "refusal")]}, "declined", "turn 1, what comes next"),
        ({"next": [settled(), ('{"why": "It', "length")]}, "cut off", "turn 2, what comes next"),
        ({"next": ["goes on"]}, "malformed", "turn 1"),
        ({"next": [settled("done")]}, "malformed", "turn 1"),
        ({"next": [settled(following=" ")]}, "no message", "turn 1"),
        ({"next": [settled("given up", " ")]}, "no message", "turn 1"),
        ({"next": [settled(following="my card ends in 8842")]}, "made-up fact", '"8842"'),
        ({"next": [met("")]}, "false done", "quotes nothing"),
        ({"next": [met("your card is here")]}, "false done", "word for word"),
        ({"next": [met("Which shop?")]}, "false done", "a question"),
        ({"next": [settled("given up")]}, "early end", "still asks"),
        ({"next": [settled(following="Thank you for contacting us.")]}, "assistant's words", "the assistant had written it"),
        ({"next": [settled(following="which shop?")]}, "assistant's words", "repeats"),
    ],
)
def test_what_goes_wrong_inside_a_conversation_is_told_with_its_turn(said, reason, where):
    found, _ = talk({**SAID, **said})
    assert isinstance(found, Refusal)
    assert (found.reason, found.final) == (reason, reason == "not answered")
    assert where in found.detail


@pytest.mark.parametrize("message", [None, "", "\n"])
def test_without_a_first_message_nobody_is_asked(message):
    found, rounds = talk(SAID, one=row(message))
    assert rounds == []
    if message is None:
        assert found == Labelled(None, dict.fromkeys(["end", "why", "met_by", "behaviour", "turns", "mess"]))
    else:
        assert found.final


# What a recipe says


def test_the_system_prompt_may_stand_in_a_file(tmp_path):
    (tmp_path / "system.md").write_text("Help {{ name }} with\ncards.\n", encoding="utf-8")
    field = conversation(RecipeContext(tmp_path), assistant="system.md")
    prompt = field.ask([row()], "talk", Streams(1))[0][0]
    assert prompt.brief is not None
    assert prompt.brief.system == "Help Ada with\ncards."
    assert tmp_path / "system.md" in field.files()
    assert (("assistant",), "name") in list(field.reads())
    sentence = conversation(assistant="Read notes.md")
    assert list(sentence.mistakes()) == []


RECIPE = """
name: bank
about: Customers of a retail bank, typing into its support chat.
tables:
  talks:
    rows: 10
    fields:
      name: {kind: fake, provider: first_name}
      message: {kind: template, template: "hi its {{ name }} my crad is gone"}
      talk:
        kind: conversation
        user: message
        assistant: You help the customers of a bank.
        goal: A new card for {{ name }}.
        behaviour: {bit by bit: 2, thanks and goes: 2, asks back: 1, impatient: 1}
"""


def mistakes(folder: Path, **keys: str) -> str:
    text = RECIPE
    for key, value in keys.items():
        text = re.sub(rf"        {key}: .*\n", "", text) + f"        {key}: {value}\n"
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load(folder / "recipe.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"typist": "typsit"}, "there is no model 'typsit'; did you mean 'typist'"),
        ({"typist": "claude"}, "'claude' is Claude, and 'typist' names a base model; such as typist: typist"),
        ({"by": "typist"}, "'typist' is a base model, and this field is made by Claude; such as by: claude"),
        ({"user": "mesage"}, "there is no field 'mesage'; did you mean 'message'"),
        ({"goal": '"{{ nmae }}"'}, "there is no field 'nmae'; did you mean 'name'"),
        ({"assistant": "system.md"}, "no such file"),
        ({"assistant": "prompt.txt"}, "there is no field 'bank'"),
        ({"assistant": "broken.md"}, "template"),
        ({"assistant": '" "'}, "empty"),
        ({"turns": "0"}, "turns"),
        ({"behaviour": "impatent"}, "there is no behaviour 'impatent'; did you mean 'impatient'"),
        ({"behaviour": "{impatient: 1, polite: 1}"}, "there is no behaviour 'polite'; behaviours: all at once"),
        ({"behaviour": "{impatient: 0}"}, "no behaviour can be chosen"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, keys, said):
    (tmp_path / "prompt.txt").write_text("You help the customers of {{ bank }}.")
    (tmp_path / "broken.md").write_text("You help {{ name.")
    found = " ".join(mistakes(tmp_path, **keys).split())
    line = 1 + (tmp_path / "recipe.yaml").read_text().splitlines().index(f"        {next(iter(keys))}: {next(iter(keys.values()))}")
    assert f"recipe.yaml:{line}:" in found
    assert all(part in found for part in said.split("; "))


# In a run


def helper(prompt: Prompt, stream: Random) -> str:
    if prompt.origin["part"] == "reply":
        return f"{stream.choice(['It is the other one', 'It is on its way', 'I cannot do that'])} ({stream.randrange(10**6)})\n"
    drafts = re.findall("<draft>(.*)</draft>", prompt.text)
    state = stream.choice(["met", "given up", *["goes on"] * 5])
    following = {"met": "ok thx", "given up": "forget it then", "goes on": f"why {drafts[0] if drafts else 'hm'} {{name}}"}[state]
    name = re.search("new card for (.*?)\\.", prompt.text)
    return settled(state, following.format(name=name[1] if name else ""), met_by=replied(prompt.text) if state == "met" else "") + "\n"


def replied(text: str) -> str:
    return re.findall("<assistant>(.*?)</assistant>", text)[-1]


def typist(prompt: Prompt, stream: Random) -> str:
    return f" yes the {stream.choice(['red', 'blue', 'small', 'big', 'other'])} one\n"


class Bounded:
    """A model that gives up after so many answers."""

    def __init__(self, script: Callable[[Prompt, Random], str], answers: int) -> None:
        self.model, self.left, self.identity = ScriptedModel(script), answers, "scripted"
        self.count = self.model.count

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        for completion in self.model.complete(prompts):
            if self.left == 0:
                raise ModelError("the line is cut")
            self.left -= 1
            yield completion


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[MakeResult, list[Prompt]]]:
    path = tmp_path / "bank.yaml"
    path.write_text(dedent(RECIPE), encoding="utf-8")

    def again(out: str = "out", claude: Any = None, typing: Any = None, **options: Any) -> tuple[MakeResult, list[Prompt]]:
        models = {"claude": claude or ScriptedModel(helper), "typist": typing or ScriptedModel(typist)}
        made = make(path, out=tmp_path / out, models=models, **options)
        return made, [prompt for model in models.values() for prompt in getattr(model, "asked", ())]

    return again


def talks(made: MakeResult) -> list[dict[str, Any]]:
    return [record for file in sorted((made.folder / "talks").glob("*.parquet")) for record in parquet.read_table(file).to_pylist()]


def test_conversations_ship_with_how_they_ended(run):
    from datasets import load_dataset

    made, _ = run()
    rows = list(load_dataset(str(made.folder), "talks", split="train", cache_dir=str(made.folder.parent / "cache")))
    assert len(rows) == 10
    for one in rows:
        roles = [message["role"] for message in one["talk"]]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
        assert one["talk"][0]["content"] == one["message"]
        assert one["talk_turns"] == len(roles) // 2
        assert len(one["talk_mess"]) == roles.count("user") - 1
        assert (roles[-1] == "user") or one["talk_end"] == "turns"
    assert {one["talk_end"] for one in rows} == {"met", "given up", "turns"}
    assert {one["provenance"]["asked"]["talk"]["model"] for one in rows} == {"scripted"}


def test_nothing_is_asked_twice_and_the_size_of_a_chunk_changes_nothing(run):
    whole, _ = run()
    _, asked = run(recheck=True)
    assert asked == []
    parts, _ = run("parts", chunk=3)
    assert talks(parts) == talks(whole)


@pytest.mark.parametrize("answers", [1, 7, 14, 22])
def test_a_run_that_was_cut_off_goes_on_inside_its_conversations(run, answers):
    whole, all_asked = run("whole")
    with pytest.raises(ModelError):
        run(claude=Bounded(helper, answers))
    made, asked = run()
    assert talks(made) == talks(whole)
    first = Counter((prompt.by, prompt.full_text, prompt.stream) for prompt in all_asked)
    drafts = sum(prompt.by == "typist" for prompt in all_asked)
    assert sum(prompt.by == "" for prompt in asked) == len(all_asked) - drafts - answers
    assert not Counter((prompt.by, prompt.full_text, prompt.stream) for prompt in asked) - first


def test_the_api_takes_what_a_conversation_asks(run, monkeypatch, tmp_path):
    def answer(request: dict[str, Any]) -> str:
        stream = Random(json.dumps(request["messages"]))
        return helper(Prompt(last_text(request), 0, origin={"part": "next" if "output_config" in request else "reply"}), stream)

    with ClaudeServer(answer=answer) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        made = make(tmp_path / "bank.yaml", out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
        assert [entry.status for entry in server.asked()] == [200] * len(server.asked())
        assert server.asked_again() == []
    assert len(talks(made)) == 10
    assert max(one["talk_turns"] for one in talks(made)) > 1
    assert len(server.asked()) == sum(2 * one["talk_turns"] for one in talks(made))


def test_a_conversation_that_went_wrong_is_held_again_from_its_start(run):
    def torn(prompt: Prompt, stream: Random) -> str:
        return "{\n" if prompt.origin["part"] == "next" and stream.random() < 0.1 else helper(prompt, stream)

    made, _ = run(claude=ScriptedModel(torn))
    refused = [record for file in (made.folder / "refused").glob("*.parquet") for record in parquet.read_table(file).to_pylist()]
    assert {one["check"] for one in refused} == {"malformed"}
    assert len(talks(made)) == 10
    again = [one for one in talks(made) if one["provenance"]["try"] > 0]
    assert again
