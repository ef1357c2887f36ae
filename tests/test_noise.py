"""`kind: noise`: a text with human errors, labelled with its slips and its voice."""

import datetime
import json
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest
from pydantic import TypeAdapter, ValidationError

from synthgen.errors import DataError
from synthgen.fields import AnyField
from synthgen.fields.noise import Noise
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Labelled, Row
from synthgen.spec.streams import Streams
from synthgen.voices.library import shipped

SCENE = RecipeContext(Path(), voices=shipped())
TEXT = "The delivery to Acme Supermarket on 2026-03-04 was definitely damaged, and I don't understand the answer."


def noise(context: RecipeContext = SCENE, **keys: object) -> Noise:
    return TypeAdapter(AnyField).validate_python({"kind": "noise", "of": "message", **keys}, context=context)


def draws(field: Noise, count: int = 200, **values: object) -> list[Labelled]:
    streams = Streams(0)
    return [field.make(Row("t", index, values={"message": TEXT, **values}), streams.at("t", "f", index, 0)) for index in range(count)]


def test_a_rate_misspells_and_says_where():
    field = noise(rate=0.2)
    assert field.labels() == {"slips": "json"}
    assert field.column() == "string"
    for made in draws(field):
        text = made.value
        for slip in reversed(made.labels["slips"]):
            assert {*slip} == {"start", "end", "kind", "was"}
            text = text[: slip["start"]] + slip["was"] + text[slip["end"] :]
        assert text == TEXT
    assert mean(len(made.labels["slips"]) for made in draws(field)) > 2


def test_a_voice_is_put_on_and_named():
    made = draws(noise(voice="shouter"))
    assert {one.labels["voice"] for one in made} == {"shouter"}
    assert mean(one.value.isupper() for one in made) > 0.7
    assert noise(voice="shouter").labels() == {"slips": "json", "voice": "string"}


def test_voices_are_mixed_by_weight():
    counts = Counter(made.labels["voice"] for made in draws(noise(voice={"texter": 3.0, "careful": 1.0, "shouter": 0.0}), 2000))
    assert {*counts} == {"texter", "careful"}
    assert counts["texter"] / 2000 == pytest.approx(0.75, abs=0.04)


def test_the_voices_of_a_recipe_are_known():
    context = RecipeContext(
        Path(), voices={"whisper": shipped()["texter"].model_copy(update={"lower_only": 1.0, "sentence_case": 0.0, "shouting": 0.0})}
    )
    assert all(made.value.islower() for made in draws(noise(context, voice="whisper")))


def test_facts_of_the_row_stay_unless_told_otherwise():
    facts = {"shop": "Acme Supermarket", "day": datetime.date(2026, 3, 4), "yes": True, "no": None, "a": "an"}
    assert all("Acme Supermarket" in made.value for made in draws(noise(rate=0.3), **facts))
    assert any("Acme Supermarket" not in made.value for made in draws(noise(rate=0.3, touch_facts=True), **facts))


def test_ordinary_words_are_facts_where_it_is_said():
    assert any("damaged" not in made.value for made in draws(noise(rate=0.3), state="damaged"))
    assert all("damaged" in made.value for made in draws(noise(rate=0.3, facts=["state"]), state="damaged"))


def test_a_text_that_lost_a_fact_is_drawn_again():
    text = "please can you tell me whether the Acme Supermarket order for my mother will be here for her birthday because she waits"
    made = draws(noise(voice="searcher"), 300, message=text, shop="Acme Supermarket", whom="my mother")
    assert all("acme supermarket" in one.value.lower() for one in made)
    made = draws(noise(voice="searcher", facts=["whom"]), 300, message=text, shop="Acme Supermarket", whom="my mother")
    assert all("my mother" in one.value.lower() for one in made)


def test_a_level_of_mess_keeps_the_words():
    made = {level: draws(noise(level=level)) for level in range(4)}
    slips = [mean(len(one.labels["slips"]) for one in made[level]) for level in range(4)]
    assert slips == sorted(slips)
    assert slips[0] < 0.1 < 2 < slips[3]
    assert all(one.value[0].isupper() and one.value[-1] == "." for one in made[0])
    assert mean(one.value.islower() for one in draws(noise(level=3), message="The card was lost. Send a new one.")) > 0.8
    assert all(len(one.value.split()) >= 12 for level in range(4) for one in made[level])
    assert noise(level=1).labels() == {"slips": "json"}


def test_a_voice_or_a_level_comes_from_the_row():
    field = noise(voice="{{ voice }}")
    assert field.labels() == {"slips": "json"}
    assert ("voice",) in [at for at, _ in field.reads()]
    assert mean(made.value.isupper() for made in draws(field, voice="shouter")) > 0.7
    assert mean(made.value.isupper() for made in draws(field, voice="careful")) < 0.1
    assert draws(noise(level="{{ mess }}"), mess="2") == draws(noise(level=2))
    with pytest.raises(DataError, match=r"row 0: there is no voice 'texterr', which \{\{ voice \}\} gives"):
        draws(field, 1, voice="texterr")
    with pytest.raises(DataError, match=r"row 0: there is no level '4', which \{\{ mess \}\} gives"):
        draws(noise(level="{{ mess }}"), 1, mess=4)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_spans_move_with_the_text(name):
    entities = [{"label": "shop", "start": 16, "end": 32, "text": "Acme Supermarket"}, {"label": "state", "start": 62, "end": 69}]
    for made in draws(noise(voice=name, spans="entities"), entities=entities, shop="Acme Supermarket"):
        shop, state = made.labels["spans"]
        assert made.value[shop["start"] : shop["end"]].lower() == shop["text"].lower() == "acme supermarket"
        assert made.value[state["start"] : state["end"]].lower()[:1] == "d"
        assert len(made.value[state["start"] : state["end"]].split()) == 1
    [made] = draws(noise(voice=name, spans="entities"), 1, entities=json.dumps(entities))
    assert made.labels["spans"][0]["label"] == "shop"


def test_names_are_spelt_as_they_are():
    text = "i sent it to 12 Hill Road in Norwich, not to 21 Mill Road, and Mrs Okafor never got it"
    for made in [*draws(noise(level=3), message=text), *draws(noise(voice="shouter"), message=text), *draws(noise(rate=0.3), message=text)]:
        assert all(name in made.value.lower() for name in ("12 hill road", "norwich", "21 mill road", "okafor"))
    assert any("norwich" not in made.value.lower() for made in draws(noise(level=3, touch_facts=True), message=text))
    capitals = draws(noise(level=3), message="My Parcel Was Delivered To The Wrong House Yesterday")
    assert any("parcel" not in made.value.lower() for made in capitals)


def test_the_voice_none_leaves_a_text_as_it_is():
    [made] = draws(noise(voice="{{ voice }}", spans="at"), 1, voice="none", at=[{"start": 4, "end": 12}])
    assert (made.value, made.labels["slips"], made.labels["spans"]) == (TEXT, [], [{"start": 4, "end": 12}])
    assert [mistake.message for mistake in noise(voice="none").mistakes()] == ["there is no voice 'none'"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("[{", "is no JSON"),
        ([{"start": 3}], "holds no span"),
        ([{"start": 5, "end": 900}], "holds no span"),
        (["x"], "holds no span"),
        (7, "holds"),
    ],
)
def test_what_is_no_span_is_told(value, told):
    with pytest.raises(DataError, match=f"row 0: 'entities' {told}"):
        draws(noise(rate=0.1, spans="entities"), 1, entities=value)


def test_a_fact_is_known_as_it_is_typed():
    row = {"shop": "ACME  Supermarket", "message": "i went to acme supermarket yesterday evening"}
    assert all("acme supermarket" in made.value for made in draws(noise(rate=0.3), **row))


def test_a_copy_of_the_text_and_its_labels_are_no_facts():
    made = draws(noise(rate=0.3), copy=TEXT, message_voice="definitely", message_slips=[{"was": "delivery"}])
    assert any("definitely" not in one.value for one in made)
    assert any("delivery" not in one.value for one in made)


def test_the_keyboard_can_be_said():
    one, two = draws(noise(voice="phone", keyboard="azerty"), 400), draws(noise(voice="phone"), 400)
    assert [made.value for made in one] != [made.value for made in two]
    with pytest.raises(ValidationError):
        noise(rate=0.1, keyboard="dvorak")


def test_no_text_stays_none_and_a_list_is_told():
    assert draws(noise(rate=0.1), 1, message=None) == [Labelled(None, {"slips": None})]
    with pytest.raises(DataError, match="row 0: 'message' is no text"):
        draws(noise(rate=0.1), 1, message=["a"])


def test_it_reads_its_text():
    assert [*noise(rate=0.1).reads()] == [(("of",), "message")]


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ({}, ()),
        ({"rate": 0.1, "voice": "texter"}, ("rate",)),
        ({"voice": "textr"}, ("voice",)),
        ({"voice": {"texter": 1.0, "carful": 1.0}}, ("voice", "carful")),
        ({"voice": {"texter": 0.0}}, ("voice",)),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(keys, at):
    assert [fault.at for fault in noise(**keys).mistakes()] == [at]


def test_a_misspelled_voice_is_guessed():
    assert [fault.hint for fault in noise(voice="textr").mistakes()] == ["did you mean 'texter'?"]


@pytest.mark.parametrize("keys", [{"rate": 0.31}, {"rate": -0.1}, {"rate": 0.1, "speed": 1}, {"voice": {"texter": -1.0}}])
def test_what_cannot_be_is_refused(keys):
    with pytest.raises(ValidationError):
        noise(**keys)


def test_what_is_right_has_no_faults():
    assert not [*noise(voice={"texter": 1.0, "careful": 2.0}).mistakes()]
    assert not [*noise(rate=0.0).mistakes()]


def test_a_twin_that_is_as_its_original_is_drawn_again():
    text = "Is breakfast included?"
    own, twins = (
        sum(made.value == text for made in draws(noise(voice=voice), 60, message=text, voice="second_language"))
        for voice in ("second_language", "{{ voice }}")
    )
    assert twins < own / 4
