"""A message is typed as its voice types."""

from random import Random

import pytest
from pydantic import TypeAdapter, ValidationError

from synthgen.checks import AnyCheck, SoundsLike
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Prompt, Row
from synthgen.voices import Voice
from synthgen.voices.library import shipped
from synthgen.voices.likeness import oddness

CALM, ANGRY = "hey where is my parcel", "WHERE IS MY PARCEL!!! I WANT MY MONEY BACK NOW!!!"


def check(**keys: object) -> SoundsLike:
    context = RecipeContext(None, voices={**shipped(), "mine": Voice(lower_only=1.0)})
    return TypeAdapter(AnyCheck).validate_python({"kind": "sounds_like", "field": "message", **keys}, context=context)


def judged(text: object, own: object = None, **keys: object) -> str | None:
    return check(**keys).refuse(Row("t", 0, values={"message": text, "message_voice": own}), None)


def test_what_the_row_s_own_voice_would_hardly_type_is_refused():
    assert judged(CALM, "texter") is None
    assert judged(ANGRY, "shouter") is None
    assert judged(ANGRY, "texter") == f"{oddness(ANGRY, shipped()['texter']):.1f} deviations from texter: {ANGRY}"
    assert judged(CALM, "shouter").endswith(f"deviations from shouter: {CALM}")


def test_a_named_voice_goes_before_the_row_s_own():
    assert judged(CALM, "shouter", voice="texter") is None
    assert " from texter: " in judged(ANGRY, "shouter", voice="texter")


def test_the_voices_of_the_recipe_are_known():
    assert judged("hello there", "mine") is None
    assert judged("Hello There", "mine") is not None


def test_how_odd_a_message_may_be_can_be_said():
    odd = oddness("ok thanks", shipped()["careful"])
    assert odd > 0.5
    assert judged("ok thanks", "careful", within=odd + 0.01) is None
    assert judged("ok thanks", "careful", within=odd - 0.01) is not None
    for bound in (0.0, -1.0):
        with pytest.raises(ValidationError):
            check(within=bound)


@pytest.mark.parametrize("voice", [None, "logs.txt"])
def test_a_row_without_a_voice_or_with_that_of_a_file_is_let_through(voice):
    assert judged(ANGRY, voice) is None


def test_it_reads_the_label_only_when_it_needs_it():
    assert [name for _, name in check().reads()] == ["message", "message_voice"]
    assert [name for _, name in check(voice="texter").reads()] == ["message"]


def test_a_voice_that_there_is_not_is_a_fault():
    (fault,) = check(voice="textr").mistakes()
    assert (fault.at, fault.hint) == (("voice",), "did you mean 'texter'?")
    assert not list(check().mistakes())
    assert not list(check(voice="mine").mistakes())


def test_no_row_is_left_that_its_voice_would_hardly_type(make):
    text = """
        name: shop
        voices: {calm: {lower_only: 0.99, exclamation: 0.01}}
        tables:
          t:
            rows: 60
            fields:
              message: {kind: typed, seeds: [where is it, its late again], voice: {calm: 1, shouter: 1}, best_of: 1}
              sure: {kind: choice, options: [yes]}
            keep: [{kind: sounds_like, field: message}]
        """

    def moods(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['where is it', 'WHERE IS IT NOW!!!', 'Where Is iT'])} {'abcdefgh'[stream.randrange(8)] * 3}\n"

    made = make(text, moods)["t"]
    voices = {"calm": Voice(lower_only=0.99, exclamation=0.01), "shouter": shipped()["shouter"]}
    assert {row["message_voice"] for row in made.values} == {"calm", "shouter"}
    assert all(oddness(row["message"], voices[row["message_voice"]]) <= 3 for row in made.values)
    assert made.state.refused["sounds_like (message)"] > 3
    assert all(one.reason.partition(" deviations from ")[2].startswith(one.values["message_voice"]) for one in made.refused)
