"""Messages that are about their topic: the score that tells, the openings that lead there, and the choice among continuations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from builders import one_table
from pydantic import TypeAdapter, ValidationError
from scipy import sparse

from synthgen.errors import RecipeError
from synthgen.fields import AnyField, Typed
from synthgen.models import BaseModel
from synthgen.recipe import load
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row
from synthgen.spec.streams import Streams
from synthgen.text.topics import Topics
from synthgen.voices.library import shipped

SEEDS = {
    "card declined": [
        "my card got declined at the shop",
        "card not working pls help",
        "why was my card refused at <merchant>",
        "declined again??",
        "the card machine says declined",
        "payment declined at <merchant>",
        "card wont work at the till",
        "tried to pay but card declined",
    ],
    "lost card": [
        "lost my card",
        "i think my card was stolen",
        "cant find my card anywhere",
        "left my card on the bus",
        "please block my stolen card",
        "my wallet is gone with the card in it",
        "card lost pls block it",
        "somebody stole my purse",
    ],
    "refund": [
        "where is my refund",
        "refund from <merchant> still not here",
        "they said refund in 5 days its been 10",
        "when will i get my money back",
        "no refund yet",
        "returned the shoes but no money back",
        "refund missing",
        "waiting for a refund of <amount>",
    ],
}


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Topics(SEEDS)


def typed(**keys: object) -> Typed:
    field = {"kind": "typed", "topic": "{{ intent }}", "seeds": SEEDS, **keys}
    found: Typed = TypeAdapter(AnyField).validate_python(field, context=RecipeContext(None, about="Customers of a bank."))  # type: ignore[arg-type]
    return found


def rows(count: int, **values: object) -> list[Row]:
    return [Row("t", index, values={"intent": "lost card", "merchant": "Tillow", "amount": 12, **values}) for index in range(count)]


def ask(field: Typed, given: list[Row]) -> list[list[Prompt]]:
    return field.ask(given, "message", Streams(7))


def chosen(field: Typed, texts: list[str], count: int = 1) -> list[Any]:
    """What rows get that all have these continuations."""
    prompt = Prompt("…\n-", 0, {}, {"topic": "lost card", "mention": [], "voice": ""})
    answers = [[Completion(prompt, f" {text}\n", "stop") for text in texts]] * count
    values = [value.value if isinstance(value, Labelled) else value for value, _ in field.choose(rows(count), answers, None)]
    return [value.reason if isinstance(value, Refusal) else value for value in values]


# The score


def test_a_message_is_most_about_the_topic_whose_words_it_has(topics: Topics) -> None:
    for text, topic in (
        ("my crad got declned", "card declined"),
        ("somone stole my card", "lost card"),
        ("want my money back now", "refund"),
    ):
        scores = {name: topics.score(text, name) for name in SEEDS}
        assert max(scores, key=lambda name: scores[name]) == topic
        assert scores[topic] >= topics.threshold


def test_what_is_about_nothing_is_below_the_threshold_of_all(topics: Topics) -> None:
    for text in ("zzz", "", "🙏", "do you like jazz", "hello good morning"):
        assert all(topics.score(text, name) < topics.threshold for name in SEEDS)


def test_a_seed_is_held_out_of_its_own_topic(topics: Topics) -> None:
    """Scored as the others would score it, not as itself: by a topic that is made without it, but with the same weights of letters."""
    names = list(SEEDS)
    for place, text in enumerate(SEEDS["refund"]):
        others = [seed for seed in SEEDS["refund"] if seed != text]
        directions = sparse.csr_array(np.vstack([topics._near.direction(others if name == "refund" else SEEDS[name]) for name in names]))
        near = topics._near.many([text], directions)[0]
        found = 2 * near[2] - max(near[:2])
        assert topics._held_out("refund")[place] == pytest.approx(found, abs=1e-5)
        assert found < topics.score(text, "refund")


def test_the_threshold_lets_nine_of_ten_held_out_seeds_through(topics: Topics) -> None:
    assert np.mean(topics.held_out >= topics.threshold) == pytest.approx(0.9, abs=0.05)
    assert topics.sure > topics.threshold


@pytest.mark.parametrize("seeds", [{"a": ["one"], "b": ["two"]}, {"a": ["same words"], "b": ["same words"]}, {"a": ["x", "x"], "b": ["y"]}])
def test_topics_of_hardly_any_seeds_are_no_trap(seeds: dict[str, list[str]]) -> None:
    found = Topics(seeds)
    assert np.isfinite([found.threshold, found.sure]).all()
    assert found.score("one x", "a") <= 2


def test_topics_that_say_the_same_are_told_from_others_but_not_from_each_other() -> None:
    found = Topics({"lost": SEEDS["lost card"], "stolen": SEEDS["lost card"], "refund": SEEDS["refund"]})
    for topic in ("lost", "stolen"):
        assert found.score("somone stole my card", topic) >= found.threshold > found.score("no refund yet", topic)
    assert Topics({"a": SEEDS["refund"], "b": SEEDS["refund"]}).score("no refund came", "a") > 0.5


def test_many_topics_take_a_moment() -> None:
    found = Topics({f"topic {number}": [f"word{number} {stem}{number}" for stem in ("help", "where", "why")] for number in range(500)})
    assert found.score("word77 please help77", "topic 77") > found.threshold


# Openings


def test_most_messages_begin_as_a_seed_of_their_topic_all_seeds_in_turn() -> None:
    prompts = [prompt for own in ask(typed(), rows(60)) for prompt in own]
    openings = [str(prompt.settings.get("opening", "")) for prompt in prompts]
    begun = [opening for opening in openings if opening]
    assert 0.8 < len(begun) / len(openings) < 0.97
    for opening in begun:
        assert opening.startswith(" ")
        assert 1 <= len(opening.split()) <= 4
        assert any(seed.startswith(opening.strip()) and len(seed) > len(opening.strip()) for seed in SEEDS["lost card"])
    firsts = Counter(opening.split()[0] for opening in begun)
    assert len(firsts) == len({seed.split()[0] for seed in SEEDS["lost card"]})
    assert all(prompt.origin["opening"] == str(prompt.settings.get("opening", "")).strip() for prompt in prompts)


def test_an_opening_mentions_nothing_that_the_row_must_not_or_cannot() -> None:
    field = typed(mention={"merchant": 0.5}, openings=1.0)
    for own in ask(field, rows(80, intent="card declined")):
        for prompt in own:
            assert "<merchant>" not in str(prompt.settings.get("opening", "")) or "merchant" in prompt.origin["mention"]
    for own in ask(typed(openings=1.0), rows(80, intent="refund", amount=None, merchant=None)):
        assert not any("<" in str(prompt.settings.get("opening", "")) for prompt in own)


def test_rows_of_one_frame_have_openings_of_their_own() -> None:
    prompts = [prompt for own in ask(typed(), rows(6)) for prompt in own]
    assert len({prompt.text for prompt in prompts}) == 1
    assert len({prompt.settings.get("opening") for prompt in prompts}) > 8


@pytest.mark.parametrize("keys", [{"on_topic": False}, {"seeds": SEEDS["refund"]}, {"seeds": {"lost card": SEEDS["lost card"]}}])
def test_without_topics_all_is_as_free_as_it_was(keys: dict[str, object]) -> None:
    ((prompt,),) = ask(typed(**keys), rows(1))
    assert (prompt.settings["temperature"], prompt.settings.get("opening")) == (1.1, None)
    assert chosen(typed(**keys), ["nice weather in june"]) == ["nice weather in june"]


def test_what_is_said_takes_the_place_of_the_defaults() -> None:
    (own,) = ask(typed(temperature=0.5, best_of=3, openings=0.0), rows(1))
    assert [(prompt.settings["temperature"], prompt.settings.get("opening")) for prompt in own] == [(0.5, None)] * 3


def test_a_row_of_a_topic_without_seeds_is_as_free_too() -> None:
    (own,) = ask(typed(seeds={**SEEDS, "": ["hi there"]}), rows(1, intent="something else"))
    assert {(prompt.settings["temperature"], prompt.settings.get("opening")) for prompt in own} == {(1.1, None)}


def test_a_voice_types_the_openings_too() -> None:
    seeds = {"lost card": ["I Have LOST My Card Today", "My Purse Is Gone Again"], "refund": ["Where Is My Money Then"]}
    field = {"kind": "typed", "topic": "{{ intent }}", "seeds": seeds, "voice": "texter", "openings": 1.0}
    texter = TypeAdapter(AnyField).validate_python(field, context=RecipeContext(None, voices=shipped()))  # type: ignore[arg-type]
    openings = {str(prompt.settings["opening"]) for own in ask(texter, rows(40)) for prompt in own}
    assert any(opening.islower() for opening in openings)


# The choice


def test_of_several_the_one_that_is_about_the_topic_is_taken() -> None:
    assert chosen(typed(), ["nice weather in june", "where is my refund now", "my card was stolen today"]) == ["my card was stolen today"]


def test_what_is_about_another_topic_or_nothing_is_refused() -> None:
    assert chosen(typed(), ["nice weather in june"]) == ["off topic"]
    assert chosen(typed(), ["when is my refund here"]) == ["off topic"]


def test_of_those_that_are_sure_rows_take_what_is_worded_otherwise() -> None:
    given = ["my card was stolen today", "i lost my card somewhere", "somebody stole my card and purse"]
    assert sorted(chosen(typed(), given, 3)) == sorted(given)


def test_of_those_that_are_sure_the_ones_that_make_the_least_sense_are_not_taken() -> None:
    told = {"my card was stolen today": -1.0, "i lost my card somewhere": -1.5, "somebody stole my card and purse": -7.0}
    prompt = Prompt("…\n-", 0, {}, {"topic": "lost card", "mention": [], "voice": ""})
    answers = [Completion(prompt, f" {text}\n", "stop", logprobs=(-0.1, logprob)) for text, logprob in told.items()]
    taken = [value.value for value, _ in typed().choose(rows(2), [answers] * 2, None)]
    assert sorted(taken) == ["i lost my card somewhere", "my card was stolen today"]


def test_a_seed_with_a_slip_is_the_seed() -> None:
    messages = ["my walet is gone with the crad in it", "my wallet is gone and all the cards", "please blok my stolen card"]
    assert [chosen(typed(), [message])[0] for message in messages] == ["copied seed", *messages[1:]]  # short ones everybody types
    assert chosen(typed(aim="likeness", on_topic=True), messages[:1]) == messages[:1]


def test_the_beginning_of_a_seed_is_half_a_thought_where_it_was_given_or_ends_within_a_word() -> None:
    begun = "left my card on the"
    assert f"{begun} bus" in SEEDS["lost card"]
    assert chosen(typed(), [f"{begun} bu"]) == ["cut off"]
    assert chosen(typed(), [begun]) == [begun]
    prompt = Prompt("…\n-", 0, {}, {"topic": "lost card", "mention": [], "voice": "", "opening": begun})
    ((value, _),) = typed().choose(rows(1), [[Completion(prompt, f" {begun}\n", "stop")]], None)
    assert value.reason == "cut off"


# What it is for


def test_one_word_says_what_is_wanted() -> None:
    (labels,), (sense,), (likeness,) = (ask(typed(aim=aim), rows(1)) for aim in ("labels", "sense", "likeness"))
    assert (len(sense), sense[0].settings["temperature"]) == (16, 0.7)
    assert all(prompt.settings.get("opening") for prompt in sense)
    assert (len(labels), labels[0].settings["temperature"]) == (7, 0.9)
    assert [(prompt.settings["temperature"], prompt.settings.get("opening")) for prompt in likeness] == [(1.1, None)]
    assert chosen(typed(aim="likeness"), ["nice weather in june"]) == ["nice weather in june"]
    assert chosen(typed(aim="likeness", on_topic=True), ["nice weather in june"]) == ["off topic"]
    assert (typed().labels(), typed(aim="likeness").labels()) == ({"on_topic": "float64"}, {})


def test_labels_need_seeds_for_each_topic() -> None:
    assert [fault.at for fault in typed(aim="labels", seeds=["hi there", "hello"]).mistakes()] == [("aim",)]


def test_a_row_says_how_likely_its_label_holds() -> None:
    topics = typed().topics
    assert topics
    held_out = sorted(topics.held_out)
    assert topics.holds(held_out[0] - 1) < 0.5 < topics.holds(held_out[-1] + 1)
    assert topics.holds(held_out[1]) <= topics.holds(held_out[-2])
    prompt = Prompt("…\n-", 0, {}, {"topic": "lost card", "mention": [], "voice": ""})
    ((value, _),) = typed().choose(rows(1), [[Completion(prompt, " my card was stolen today\n", "stop")]], None)
    assert 0.5 < value.labels["on_topic"] < 1


def test_a_label_can_be_asked_to_be_nearly_sure() -> None:
    topics = typed().topics
    assert topics
    held_out = sorted(topics.held_out)
    messages = ["i have lost my purse and the card", "my card is gone", "is my card on the bus"]
    by_likely = {topics.holds(topics.score(message, "lost card")): message for message in messages}
    least, most = min(by_likely), max(by_likely)
    assert least < most <= 0.93
    assert topics.holds(held_out[-1] + 1) <= 0.93
    asked = typed(on_topic=(least + most) / 2)
    assert asked.has_topics
    assert chosen(typed(aim="sense"), [by_likely[least]]) == ["off topic"]
    assert chosen(typed(aim="sense", on_topic=True), [by_likely[least]]) == [by_likely[least]]
    assert chosen(asked, [by_likely[least]]) == ["off topic"]
    assert chosen(asked, [by_likely[most]]) == [by_likely[most]]
    assert chosen(typed(on_topic=True), [by_likely[least]]) == [by_likely[least]]


@pytest.mark.parametrize("asked", [0, 0.95, 1, 2])
def test_nobody_can_be_surer_of_a_label_than_scores_are(asked: float) -> None:
    with pytest.raises(ValidationError, match="on_topic"):
        typed(on_topic=asked)


def test_logs_with_labels_are_seeds_of_their_topics(tmp_path: Path) -> None:
    lines = [{"text": seed, "intent": topic} for topic, seeds in SEEDS.items() for seed in seeds]
    (tmp_path / "logs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    fields = {
        "merchant": {"kind": "choice", "options": ["Tillow"]},
        "amount": {"kind": "number", "between": [1, 9]},
        "intent": {"kind": "load", "file": "logs.jsonl", "pick": "random", "field": "intent"},
        "message": {"kind": "typed", "topic": "{{ intent }}", "like": "logs.jsonl", "labelled": "intent"},
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(one_table(fields)), encoding="utf-8")
    field = load(tmp_path / "recipe.yaml").recipe.tables["traffic"].fields["message"]
    assert isinstance(field, Typed)
    assert field.pools == SEEDS
    assert (field.for_labels, field.chooses, field.has_topics) == (True, True, True)
    nested = [{"said": line["text"], "meta": {"intent": line["intent"]}} for line in lines]
    (tmp_path / "nested.jsonl").write_text("\n".join(map(json.dumps, nested)), encoding="utf-8")
    parts = {"like": "nested.jsonl", "labelled": "meta.intent", "field": "said"}
    assert Typed.model_validate({**fields["message"], **parts}, context=RecipeContext(tmp_path)).pools == SEEDS
    text = (tmp_path / "recipe.yaml").read_text(encoding="utf-8").replace('"labelled": "intent"', '"labelled": "intend"')
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match="no field 'intend'"):
        load(tmp_path / "wrong.yaml")
    (tmp_path / "wrong.yaml").write_text(
        (tmp_path / "recipe.yaml").read_text(encoding="utf-8").replace('"merchant"', '"shop"'), encoding="utf-8"
    )
    with pytest.raises(RecipeError, match="merchant"):
        load(tmp_path / "wrong.yaml")


def test_six_words_of_a_seed_in_a_row_are_a_copy() -> None:
    seed = "my wallet is gone with the card in it"
    assert chosen(typed(), [f"hello {' '.join(seed.split()[:6])} again"]) == ["copied seed"]
    assert chosen(typed(), ["my wallet is gone with my lost card"]) == ["my wallet is gone with my lost card"]


def test_a_table_holds_its_labels(make: Callable[..., Any]) -> None:
    def strays(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['i lost my stolen card', 'where is that refund of mine', 'nice weather'])} {stream.randrange(10**6)}\n"

    recipe = f"""
        name: bank
        tables:
          traffic:
            rows: 60
            fields:
              intent: {{kind: choice, options: [lost card, refund]}}
              merchant: {{kind: choice, options: [Tillow]}}
              amount: {{kind: number, between: [1, 9]}}
              message: {{kind: typed, topic: "{{{{ intent }}}}", seeds: {{lost card: {SEEDS["lost card"]}, refund: {SEEDS["refund"]}}}}}
    """
    made = make(recipe, strays)["traffic"]
    assert len(made.rows) == 60
    assert all(("refund" in row["message"]) == (row["intent"] == "refund") and "weather" not in row["message"] for row in made.values)


# The model begins as it is told


@pytest.fixture(scope="module")
def scribbler() -> BaseModel:
    return BaseModel("scribbler", dtype="float32")


@pytest.mark.parametrize(
    "text", ["where is it", "", "  a  b\n", "Ünïcode 🙏🏽 мир", "<|endoftext|>", "<|endoftext|> x", "x" * 5000, "\x00\x01", "- a\n- b\n"]
)
def test_tokens_are_counted_as_the_model_reads_them(scribbler: BaseModel, text: str) -> None:
    assert scribbler.count(text) == len(scribbler._ids(text))


def test_a_message_begins_with_its_opening_and_does_not_depend_on_its_company(scribbler: BaseModel) -> None:
    frame = "Customers of a bank.\nTopic: lost card\n\n- lost my card\n- card gone pls block\n-"
    prompts = [
        Prompt(frame, number, {"tokens": 24, "stop": "\n", "temperature": 0.9, "opening": opening})
        for number, opening in enumerate(["", " i lost", " My Cärd was stolen at", "", " pls"])
    ]
    together = {one.prompt.stream: one.text for one in scribbler.complete(prompts)}
    for prompt in prompts:
        assert together[prompt.stream].startswith(str(prompt.settings["opening"]))
        (alone,) = scribbler.complete([prompt])
        assert alone.text == together[prompt.stream]
