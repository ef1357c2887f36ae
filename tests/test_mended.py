"""Mistakes that were made once, around voices, labels and `like`."""

from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from builders import one_line
from pydantic import TypeAdapter

from synthgen.api import check
from synthgen.errors import RecipeError
from synthgen.fields import AnyField
from synthgen.recipe import load
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Labelled, Prompt, Row
from synthgen.spec.streams import Streams
from synthgen.text import frames
from synthgen.voices import Voice
from synthgen.voices.library import shipped
from synthgen.voices.steer import StylePool, StyleTotals, target_from_texts


def mistakes(folder: Path, text: str) -> str:
    (folder / "r.yaml").write_text(dedent(text), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load(folder / "r.yaml")
    return str(caught.value)


@pytest.mark.parametrize("file", ["gone.txt", "../gone.txt", "empty.txt"])
def test_a_file_to_be_like_that_cannot_be_read_is_a_mistake(tmp_path, file):
    (tmp_path / "empty.txt").write_text("\n")
    told = mistakes(tmp_path, one_line(f"m: {{kind: typed, like: {file}}}"))
    assert told.count("r.yaml:2:") == 1


@pytest.mark.parametrize(
    "fields",
    [
        "m: {kind: typed, seeds: [a], voice: texter}, v: {kind: template, template: '{{ m_voice }}'}",
        "f: {kind: fake, provider: name}, e: {kind: edge_case, of: f, case: empty}, m: {kind: typed, seeds: [a], topic: '{{ e_case }}'}",
        "f: {kind: fake, provider: name}, e: {kind: noise, of: f, rate: 0.1}, g: {kind: noise, of: e, rate: 0.1}, m: {kind: typed, "
        "seeds: [a]}",
        "f: {kind: fake, provider: name}, e: {kind: noise, of: f, rate: 0.1}, m: {kind: typed, seeds: [a], topic: '{{ e|length }}'}",
    ],
)
def test_check_of_a_recipe_whose_fields_read_labels(tmp_path, fields):
    (tmp_path / "r.yaml").write_text(one_line(fields), encoding="utf-8")
    assert check(tmp_path / "r.yaml").questions


def test_a_label_of_a_hidden_field_is_not_carried_on(tmp_path):
    told = mistakes(
        tmp_path,
        """
        name: x
        tables:
          a: {rows: 2, fields: {m: {kind: typed, seeds: [a], voice: texter, hidden: true}, i: {kind: id}}}
          b: {from: {table: a}, fields: {j: {kind: id}}}
          c: {from: {table: b}, fields: {k: {kind: template, template: "{{ m_voice }}"}}}
        """,
    )
    assert "there is no field 'm_voice'" in told


@pytest.mark.parametrize(
    "fields",
    [
        "m: {kind: typed, seeds: [a], voice: texter, topic: '{{ m_voice }}'}",
        "a: {kind: template, template: '{{ m_voice }}'}, m: {kind: typed, seeds: [a], voice: texter, topic: '{{ a }}'}",
    ],
)
def test_a_circle_through_a_label_is_told(tmp_path, fields):
    assert "made from" in mistakes(tmp_path, one_line(fields))


@pytest.mark.parametrize("name", ["Größe 2", "日本", "true"])
def test_the_voice_that_measure_prints_has_a_name_that_a_recipe_takes(tmp_path, name):
    from test_cli import synthgen

    (tmp_path / f"{name}.txt").write_text("where is it\n", encoding="utf-8")
    said = synthgen("measure", tmp_path / f"{name}.txt").stdout
    recipe = said[said.index("\nvoices:") :] + one_line("i: {kind: id}")
    (tmp_path / "r.yaml").write_text(recipe, encoding="utf-8")
    assert load(tmp_path / "r.yaml").recipe.voices


def chosen(text: str, count: int = 60, facts: dict | None = None, **keys: object) -> list[str]:
    context = RecipeContext(Path(), voices={**shipped(), "mine": Voice()})
    field = TypeAdapter(AnyField).validate_python({"kind": "typed", "seeds": ["where is my parcel", "hm"], **keys}, context=context)
    found = []
    for index in range(count):
        row = Row("t", index, values=facts or {})
        ((prompt, *_),) = field.ask([row], "m", Streams(0))
        ((one, _),) = field.choose([row], [[Completion(prompt, f" {text}\n", "stop")]], field.memory())
        assert isinstance(one, Labelled)
        found.append(one.value)
    return found


@pytest.mark.parametrize("voice", ["rambler", "searcher", "dictated", "texter"])
def test_a_message_on_a_voice_has_as_many_words_as_it_may(voice):
    found = chosen("I would like to know where the parcel is, please", voice=voice, words=[6, 12])
    assert [text for text in found if not 6 <= len(text.split()) <= 12] == []


@pytest.mark.parametrize("voice", ["searcher", "second_language", "texter"])
def test_a_message_on_a_voice_is_no_copy_of_a_seed(voice):
    found = chosen("hi where is my parcel please", voice=voice)
    assert [text for text in found if frames.normalise(text) == "where is my parcel"] == []


def test_a_message_that_was_written_for_another_row_has_as_many_words_as_it_may():
    field = TypeAdapter(AnyField).validate_python(
        {"kind": "typed", "seeds": ["from <shop>"], "voice": "mine", "words": [2, 4]},
        context=RecipeContext(Path(), voices={"mine": Voice()}),
    )
    table = [Row("t", 0, values={"shop": "Nook and Pine of Leeds"}), Row("t", 1, values={"shop": "Tillow"})]
    prompts = [own[0] for own in field.ask(table, "m", Streams(0))]
    texts = [" topic: x\n", " is it from <shop>\n"]
    answers = [[Completion(prompt, text, "stop")] for prompt, text in zip(prompts, texts, strict=True)]
    for one, _ in field.choose(table, answers, field.memory()):
        assert not isinstance(one, Labelled) or len(one.value.split()) <= 4


@pytest.mark.parametrize(
    ("logs", "texts", "wanted"),
    [
        ("what is {}?", ["what is on", "what is on?"], 1),  # all ask
        ("hi what is {}", ["what is on", "hi what is on"], 1),  # all greet
        ("is {} number 5", ["is on number", "is on number 5"], 1),  # all hold a digit
        ("what is {}", ["what Is on", "what is on"], 1),  # all in small letters
    ],
)
def test_what_all_messages_of_the_file_have_is_wanted(logs, texts, wanted):
    course = target_from_texts([logs.format(word) for word in ["this", "that", "it", "here", "there", "now", "up"]])
    assert StylePool(course, texts).best(StyleTotals.empty(course), [0, 1]) == wanted


def test_a_refused_try_has_no_labels_of_an_earlier_one(make):
    text = """
        name: x
        patience: 100
        tables:
          t:
            rows: 20
            fields: {m: {kind: typed, seeds: [hi], voice: texter}}
            keep: [{kind: lacks, field: m, pattern: "[0-7]$"}]
        """

    def script(prompt: Prompt, random: Random) -> str:
        return f" is it number {random.randrange(10**6)}\n" if random.random() < 0.12 else " and then"

    refused = make(text, script)["t"].refused
    assert any(one.by == "unfinished" and one.attempt for one in refused)
    assert [one.attempt for one in refused if one.by == "unfinished" and one.values.get("m_style")] == []


def test_voices_that_are_a_list_are_told_once(tmp_path):
    told = mistakes(tmp_path, "voices: [mine]\n" + one_line("m: {kind: typed, seeds: [a], voice: mine}"))
    assert "there is no voice" not in told


def test_the_hint_for_lengths_shows_five(tmp_path):
    told = mistakes(tmp_path, "voices: {mine: {words: [1, 2, 3]}}\n" + one_line("i: {kind: id}"))
    assert "such as [1, 60]" not in told


def test_a_slot_in_the_file_to_be_like_is_told_at_like(tmp_path):
    (tmp_path / "logs.txt").write_text("where is <parcel>\n")
    text = one_line("m: {kind: typed, like: logs.txt}")
    assert f"r.yaml:2:{text.splitlines()[1].index('logs.txt') + 1}: slot <parcel>" in mistakes(tmp_path, text)


def test_a_message_of_the_file_to_be_like_is_not_said_over_again(tmp_path):
    (tmp_path / "logs.txt").write_text("where is my parcel\nwhen\nis it here\n")
    field = TypeAdapter(AnyField).validate_python({"kind": "typed", "like": "logs.txt", "seeds": ["hm"]}, context=RecipeContext(tmp_path))
    row = Row("t", 0)
    ((prompt, *_),) = field.ask([row], "m", Streams(0))
    ((one, _),) = field.choose([row], [[Completion(prompt, " where is my parcel\n", "stop")]], field.memory())
    assert not isinstance(one, Labelled)
