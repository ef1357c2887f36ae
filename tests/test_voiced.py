"""A typed field with `voice` or `like`: seeds on the voice, and of several continuations the one that the table is in need of."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError

from synthgen.fields import AnyField, Typed
from synthgen.spec.digests import digest
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row
from synthgen.spec.streams import Streams
from synthgen.text.slots import filled
from synthgen.voices import Voice
from synthgen.voices.features import FEATURES, features
from synthgen.voices.library import shipped
from synthgen.voices.measure import measure_voice

SHOP = "Customers of a shop, typing into its chat."
SEEDS = ["Where is my parcel from <merchant>?", "I was charged <amount> twice.", "My order never came, please help."]
OWN = {
    "small": Voice(lower_only=1.0),
    "loud": Voice(shouting=1.0),
    "asking": Voice(question_mark=0.5, end_mark=0.5),
    "half": Voice(lower_only=0.5, sentence_case=0.5),
    "slips": Voice(misspelled=0.6),
}
LOGS = ["hi where is my parcel", "parcel came broken pls help", "why was i charged twice", "where r u", "no parcel here"]


def typed(folder: Path | None = None, **keys: object) -> Typed:
    context = RecipeContext(folder or Path(), about=SHOP, voices={**shipped(), **OWN})
    return TypeAdapter(AnyField).validate_python({"kind": "typed", **({} if "like" in keys else {"seeds": SEEDS}), **keys}, context=context)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs.txt").write_text("\n".join(LOGS), encoding="utf-8")
    return tmp_path


def rows(count: int, attempt: int = 0, **values: object) -> list[Row]:
    return [Row("t", index, attempt, values=dict(values)) for index in range(count)]


def ask(field: Typed, table: list[Row], seed: int = 0) -> list[list[Prompt]]:
    return field.ask(table, "message", Streams(seed))


def shown(prompt: Prompt) -> list[str]:
    return [line[2:] for line in prompt.text.splitlines() if line.startswith("- ")]


def chosen(field: Typed, table: list[Row], texts: list[list[str]], memory: object) -> list[tuple[Labelled | Refusal, Completion]]:
    """What rows get that were asked together, when these are the continuations of each one's frame."""
    prompts = ask(field, table)
    answers = [[Completion(own[0], f" {text}\n", "stop") for text in mine] for own, mine in zip(prompts, texts, strict=True)]
    return field.choose(table, answers, memory)


def read(field: Typed, row: Row, texts: list[str], memory: object) -> Labelled | Refusal:
    """What a row gets that was asked alone."""
    return chosen(field, [row], [texts], memory)[0][0]


def made(field: Typed, count: int, texts: object, **values: object) -> list[Labelled]:
    """So many rows, one after the other."""
    memory = field.memory()
    return [read(field, row, texts(row.index) if callable(texts) else texts, memory) for row in rows(count, **values)]


# The frame


def test_seeds_are_put_on_the_voice_and_remembered_as_they_were():
    ((prompt, *_),) = ask(typed(voice="small"), rows(1))
    assert sorted(shown(prompt)) == sorted(seed.lower() for seed in SEEDS)
    ((loud, *_),) = ask(typed(voice="loud"), rows(1))
    assert "Where is my parcel from <merchant>?" in shown(loud)  # what is shouted is put in capitals behind the model
    assert set(prompt.origin["seeds"]) == set(loud.origin["seeds"]) == set(map(digest, SEEDS))
    assert (prompt.origin["voice"], loud.origin["voice"]) == ("small", "loud")


def test_without_a_voice_seeds_are_shown_as_they_are():
    ((prompt,),) = ask(typed(), rows(1))
    assert sorted(shown(prompt)) == sorted(SEEDS)
    assert prompt.origin["voice"] == ""


@pytest.mark.parametrize("voice", [*shipped()])
def test_slots_stay_in_the_seeds_whatever_the_voice(voice):
    for own in ask(typed(voice=voice), rows(40)):
        text = "\n".join(shown(own[0]))
        assert text.count("<merchant>") == text.count("<amount>") == 1


def test_no_more_is_changed_than_the_seeds_differ_from_the_voice():
    seeds = [f"{'where' if number % 2 else 'Where'} is parcel number {number}" for number in range(12)]
    field = typed(seeds=seeds, voice="half")
    ((prompt, *_),) = ask(field, rows(1))
    assert set(shown(prompt)) == set(seeds)  # half of them are so already


def test_like_shows_the_messages_of_the_file_as_they_are(logs):
    ((prompt, *_),) = ask(typed(logs, like="logs.txt"), rows(1))
    assert set(shown(prompt)) == set(LOGS)
    assert prompt.origin["voice"] == "logs.txt"


def test_seeds_beside_like_are_put_on_the_voice_of_the_file(logs):
    ((prompt, *_),) = ask(typed(logs, like="logs.txt", seeds=["WHERE IS IT", "Tell me."]), rows(1))
    text = "\n".join(shown(prompt))
    assert text == text.lower()
    assert "." not in text


def test_rows_of_one_voice_share_a_frame_and_the_others_another():
    prompts = [own[0] for own in ask(typed(voice={"small": 1, "loud": 1}), rows(30))]
    texts = {voice: {prompt.text for prompt in prompts if prompt.origin["voice"] == voice} for voice in ("small", "loud")}
    assert {len(own) for own in texts.values()} <= {1, 2}
    assert not texts["small"] & texts["loud"]
    streams = [prompt.stream for own in ask(typed(voice="small"), rows(30)) for prompt in own]
    assert len(set(streams)) == len(streams) == 60


def test_a_frame_shows_messages_that_are_near_to_each_other():
    kinds = {"parcel": "my parcel number {} has not arrived", "login": "cannot log in, wrong password {}"}
    seeds = [text.format(number) for number in range(60) for text in kinds.values()]
    frames = [shown(own[0]) for own in ask(typed(seeds=seeds, best_of=16), rows(40))]
    alike = [max(sum(kind in text for text in frame) for kind in ("parcel", "log in")) / len(frame) for frame in frames]
    assert {len(frame) for frame in frames} == {14}
    assert sum(alike) / len(alike) > 0.9
    assert 5 < sum("parcel" in frame[0] for frame in frames) < 35
    assert len({tuple(sorted(frame)) for frame in frames}) > 15


@pytest.mark.parametrize("best_of", [1, 4, 16])
def test_a_frame_is_continued_a_few_dozen_times_at_most(best_of):
    shared = Counter(
        prompt.text for own in ask(typed(seeds=[f"seed {n}" for n in range(60)], best_of=best_of), rows(200)) for prompt in own
    )
    assert max(shared.values()) == 32
    assert len(shared) == 200 * best_of / 32 or best_of == 1


# The row's voice


def voices(field: Typed, table: list[Row], seed: int = 0) -> list[str]:
    return [own[0].origin["voice"] for own in ask(field, table, seed)]


def test_voices_have_their_weights():
    found = Counter(voices(typed(voice={"small": 5, "loud": 2.5, "slips": 2.5, "asking": 0}), rows(3000)))
    assert found.keys() == {"small", "loud", "slips"}
    assert found["small"] / 3000 == pytest.approx(0.5, abs=0.03)
    assert found["loud"] / 3000 == pytest.approx(0.25, abs=0.03)


def test_a_row_keeps_its_voice_for_all_its_tries():
    field = typed(voice={"small": 1, "loud": 1})
    tries = [voices(field, rows(60, attempt)) for attempt in range(4)]
    assert tries[0] == tries[1] == tries[2] == tries[3]
    assert len(set(tries[0])) == 2
    assert tries[0] != voices(field, rows(60), seed=1)


def test_a_row_s_voice_does_not_depend_on_the_rows_beside_it():
    field = typed(voice={"small": 1, "loud": 1})
    assert [voices(field, [row])[0] for row in rows(30)] == voices(field, rows(30))


# How much is asked


def test_how_many_continuations_there_are_to_choose_from(logs):
    def several(field: Typed, attempt: int = 0) -> int:
        return len(ask(field, rows(1, attempt))[0])

    assert several(typed()) == 1
    assert several(typed(voice="small")) == 2
    assert several(typed(logs, like="logs.txt")) == 4
    assert several(typed(voice="small", best_of=1)) == 1
    assert several(typed(best_of=5)) == 5
    assert [several(typed(voice="small"), attempt) for attempt in range(1, 4)] == [2, 2, 2]
    assert [several(typed(best_of=16), attempt) for attempt in (0, 1, 40)] == [16, 16, 16]


def test_messages_are_as_varied_as_real_ones_unless_told_otherwise(logs):
    def heat(field: Typed) -> object:
        return ask(field, rows(1))[0][0].settings["temperature"]

    assert heat(typed(logs, like="logs.txt")) == 1.1
    assert heat(typed(voice="small")) == heat(typed()) == 1.1
    assert heat(typed(logs, like="logs.txt", temperature=0.5)) == 0.5


@pytest.mark.parametrize(
    "keys", [{"best_of": 0}, {"best_of": 17}, {"voice": ["small"]}, {"voice": {"small": -1}}, {"voice": 5}, {"like": ["a"]}]
)
def test_keys_out_of_their_bounds_are_refused(keys):
    with pytest.raises(ValidationError):
        typed(**keys)


# What is chosen


def test_without_a_voice_there_is_no_memory_and_no_label():
    field = typed()
    assert not field.chooses
    assert field.labels() == {}
    assert read(field, Row("t", 0), ["First one", "second"], None) == "First one"


def test_a_message_comes_with_its_voice_its_style_and_its_slips():
    field = typed(voice="slips")
    assert field.labels() == {"voice": "string", "style": "json", "slips": "json"}
    one = read(field, Row("t", 0), ["when will my order come tomorrow"], field.memory())
    assert one.labels.keys() == field.labels().keys()
    assert one.labels["voice"] == "slips"
    assert [*one.labels["style"]] == [*FEATURES]
    assert [*one.labels["style"].values()] == pytest.approx(features([one.value])[0].tolist(), abs=5e-5)
    assert one.labels["slips"]
    assert all({*slip} == {"start", "end", "kind", "was"} for slip in one.labels["slips"])
    assert json.loads(json.dumps(one.labels)) == one.labels


def test_the_continuation_that_is_on_the_voice_is_taken_as_it_came():
    field = typed(voice="small")
    one = read(field, Row("t", 0), ["it came late"], field.memory())
    assert (one.value, one.labels["slips"]) == ("it came late", [])


def test_a_continuation_that_is_off_the_voice_is_typed_as_the_voice_would():
    assert read(typed(voice="loud"), Row("t", 0), ["it came late"], typed(voice="loud").memory()).value == "IT CAME LATE"
    assert read(typed(voice="small"), Row("t", 0), ["It came late"], typed(voice="small").memory()).value == "it came late"


def test_the_table_comes_nearer_to_a_share_than_chance_would():
    found = made(typed(voice="asking"), 200, lambda index: [f"is it there {index}", f"Is it there {index}?"])
    assert sum("?" in one.value for one in found) == pytest.approx(100, abs=2)


def test_what_is_no_message_is_never_chosen_however_near_to_the_voice():
    field = typed(voice="small", words=[2, 9])
    broken = ["topic: late", "- it", "one", "where is <parcel>", "where is my parcel from <merchant>"]
    one = read(field, Row("t", 0, values={"merchant": "x"}), [*broken, "IT IS LATE 5"], field.memory())
    assert one.value == "it is late 5"
    refused = read(field, Row("t", 0, values={"merchant": "x"}), broken, field.memory())
    assert refused.reason == "broken frame"


def test_each_voice_goes_its_own_way():
    field = typed(voice={"asking": 1, "small": 1})
    found = made(field, 200, ["Is it there now", "is it there now?"])
    asking = [one.value for one in found if one.labels["voice"] == "asking"]
    assert 60 < len(asking) < 140
    assert sum("?" in text for text in asking) / len(asking) == pytest.approx(0.5, abs=0.02)
    assert all(one.value == one.value.lower() for one in found if one.labels["voice"] == "small")


def test_messages_come_to_be_like_those_of_the_file(tmp_path):
    real = [f"{'pls ' if n % 4 else ''}where is my {['parcel', 'order', 'card'][n % 3]}{' ??' if n % 5 == 0 else ''}" for n in range(60)]
    (tmp_path / "logs.txt").write_text("\n".join(real), encoding="utf-8")
    field = typed(tmp_path, like="logs.txt")

    def texts(index: int) -> list[str]:
        stream = Random(index)
        return [
            f"{stream.choice(['Where', 'where', 'pls where'])} is the {stream.choice(['parcel', 'order', 'card'])} "
            f"{stream.choice(['', '', '??', 'ok.'])}"
            for _ in range(4)
        ]

    found = [one.value for one in made(field, 200, texts)]
    means, target = features(found).mean(0).tolist(), features(real).mean(0).tolist()
    for name in ("lower_only", "chat_words", "question_mark", "polite"):
        place = FEATURES.index(name)
        assert means[place] == pytest.approx(target[place], abs=max(0.03, 0.2 * target[place])), name
    assert sum("card" in text for text in found) / 200 == pytest.approx(1 / 3, abs=0.05)


def test_like_measures_the_file_and_names_it(logs):
    field = typed(logs, like="logs.txt")
    assert field.voices == {"logs.txt": measure_voice(LOGS)}
    assert read(field, Row("t", 0), ["when is it here"], field.memory()).labels["voice"] == "logs.txt"
    assert read(field, Row("t", 0), ["Hi, where is my parcel?"], field.memory()).reason == "copied seed"


def test_the_field_of_a_file_that_holds_the_messages_can_be_named(tmp_path):
    (tmp_path / "z.csv").write_text("Ticket ID,Subject,Comment\n" + "".join(f"{number},help,{text}\n" for number, text in enumerate(LOGS)))
    (tmp_path / "n.jsonl").write_text("\n".join(json.dumps({"user": {"said": text}}) for text in LOGS))
    (tmp_path / "m.txt").write_text("one a line\nand no field\n")
    assert typed(tmp_path, like="z.csv", field="Comment").originals == LOGS
    assert typed(tmp_path, like="n.jsonl", field="user.said").logs() == [((tmp_path / "n.jsonl").resolve(), "user.said")]
    by_topic = typed(tmp_path, seeds={"a": "z.csv", "b": "m.txt", "c": ["in the recipe"]}, field="Comment")
    assert by_topic.pools == {"a": LOGS, "b": ["one a line", "and no field"], "c": ["in the recipe"]}
    assert not list(by_topic.mistakes())


@pytest.mark.parametrize(
    ("keys", "at", "told"),
    [
        ({"like": "z.csv"}, ("like",), "name it: field: Comment in a recipe"),
        ({"seeds": "z.csv"}, ("seeds",), "name it: field: Comment in a recipe"),
        ({"seeds": {"a": "z.csv", "b": ["hi"]}}, ("seeds", "a"), "name it: field: Comment in a recipe"),
        ({"like": "z.csv", "field": "Coment"}, ("like",), "did you mean 'Comment'?"),
        ({"seeds": ["hi"], "field": "Comment"}, ("field",), "give messages as records"),
        ({"seeds": "m.txt", "field": "Comment"}, ("field",), "give messages as records"),
    ],
)
def test_a_field_that_has_to_be_named_or_cannot_be_is_told(tmp_path, keys, at, told):
    (tmp_path / "z.csv").write_text("Ticket ID,Subject,Comment\n1,help,where is my parcel\n")
    (tmp_path / "m.txt").write_text("one a line\n")
    ((where, hint),) = [(fault.at, fault.hint) for fault in typed(tmp_path, **keys).mistakes()]
    assert where == at
    assert told in hint


def test_the_same_continuations_make_the_same_message():
    texts = ["When will my order come tomorrow then", "i have been waiting for my parcel"]
    assert made(typed(voice="phone"), 20, texts) == made(typed(voice="phone"), 20, texts)


# Rows that are asked together


def test_rows_choose_from_all_that_was_written_for_their_like():
    field = typed(voice="asking")
    asked = [["Is it there"], ["Is it there?"], ["was it sent"], ["was it sent?"]]
    found = chosen(field, rows(4), asked, field.memory())
    assert {one.value.rstrip("?").casefold() for one, _ in found} == {"is it there", "was it sent"}
    assert sum("?" in one.value for one, _ in found) == 2
    assert Counter(source.text for _, source in found).most_common(1)[0][1] == 1  # no continuation twice


def test_what_a_row_gets_says_where_it_is_from():
    field = typed(voice={"small": 1, "loud": 1})
    table = rows(8)
    found = chosen(field, table, [[f"is it in there {row.index}"] for row in table], field.memory())
    for one, source in found:
        assert one.value.casefold() == source.text.strip().casefold()
        assert one.labels["voice"] == source.prompt.origin["voice"]


@pytest.mark.parametrize("keys", [{"topic": "{{ t }}"}, {"voice": {"small": 1, "loud": 1}}, {"mention": {"merchant": 0.5}}])
def test_rows_of_another_topic_voice_or_mention_have_a_pool_of_their_own(keys):
    field = typed(**{"voice": "asking", **keys})
    table = [Row("t", index, values={"t": "ab"[index % 2], "merchant": "x"}) for index in range(24)]
    likes = [tuple(str(own[0].origin[key]) for key in ("topic", "voice", "mention")) for own in ask(field, table)]
    assert len(set(likes)) == 2
    slot = " <merchant>" if "merchant" in likes[0][2] else ""
    texts = [
        [f"is it {row.index}{slot}", f"was it {row.index}{slot}"] if mine == likes[0] else ["- none"]
        for row, mine in zip(table, likes, strict=True)
    ]
    found = chosen(field, table, texts, field.memory())
    assert [isinstance(one, Labelled) for one, _ in found] == [mine == likes[0] for mine in likes]


def test_a_row_gets_no_slot_that_it_cannot_fill():
    field = typed(voice="asking")
    table = [Row("t", 0, values={"merchant": None}), Row("t", 1, values={"merchant": "Tillow"})]
    (one, _), (other, _) = chosen(field, table, [["- none"], ["is it from <merchant>?", "from <merchant>"]], field.memory())
    assert one.reason == "broken frame"
    assert "tillow" in other.value.casefold()
    (one, _), (other, _) = chosen(field, table, [["- none"], ["is it from <merchant>?", "it is from here"]], field.memory())
    assert "here" in one.value
    assert "tillow" in other.value.casefold()


def test_a_row_whose_continuations_are_no_messages_takes_one_that_is_left_over():
    field = typed(voice="small")
    (one, source), (other, _) = chosen(field, rows(2), [["topic: x"], ["it is here", "was it sent"]], field.memory())
    assert {one.value, other.value} == {"it is here", "was it sent"}
    assert source.text.strip() == one.value
    (one, _), (other, source) = chosen(field, rows(2), [["it is here"], ["topic: x"]], field.memory())
    assert one.value == "it is here"
    assert (other.reason, source.text) == ("broken frame", " topic: x\n")
    (one, _), (other, source) = chosen(field, rows(2), [["topic: x"], ["it is here"]], field.memory())
    assert (one.value, other.reason, source.text) == ("it is here", "taken", " it is here\n")


def test_the_memory_is_told_of_each_choice_as_it_is_told_of_a_finished_row():
    field, other = typed(voice={"small": 1, "slips": 1}), typed(voice={"small": 1, "slips": 1})
    table, memory, told = rows(12, merchant="Nook AND 7th!"), field.memory(), other.memory()
    texts = [[f"I was waiting for <merchant> yesterday, {row.index}"] if row.index else ["- no message"] for row in table]
    for row, (one, _) in zip(table, chosen(field, table, texts, memory), strict=True):
        if isinstance(one, Labelled):
            row.values |= {"message": one.value, "message_voice": one.labels["voice"]}
            other.remember(row, "message", told)
    assert state(memory) == state(told)
    assert sum(tally.texts for tally in memory.values()) == 11


# Facts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(some.text("aB 1é🙏<>", min_size=1, max_size=12).filter(lambda fact: fact.split()), some.integers(0, 10**6), some.integers(0, 200))
def test_slips_stand_where_they_are_once_the_facts_are_in(merchant, amount, index):
    """The voice does nothing but misspell: with every slip undone, the message is the one that the model wrote."""
    text = "because <merchant> charged <amount> twice yesterday i received the wrong address from somebody again"
    facts = {"merchant": merchant, "amount": amount}
    field = typed(voice="slips")
    one = read(field, Row("t", index, values=facts), [text], field.memory())
    undone = one.value
    for slip in reversed(one.labels["slips"]):
        assert undone[slip["start"] : slip["end"]] != slip["was"]
        undone = undone[: slip["start"]] + slip["was"] + undone[slip["end"] :]
    assert one.labels["slips"]
    assert undone == filled(text, facts)


@pytest.mark.parametrize("voice", [*shipped()])
def test_facts_stay_whatever_the_voice(voice):
    field = typed(voice=voice, mention={"merchant": 1.0})
    found = made(field, 30, ["I have ordered something from <merchant> and it did not come"], merchant="Nook & 7th", amount=5)
    assert all("nook & 7th" in one.value.lower() for one in found)


# The memory


def state(memory: dict) -> dict:
    return {voice: (tally.texts, tally.sums.tolist()) for voice, tally in memory.items()}


TEXTS = some.lists(some.tuples(some.text("aB ?!😀", min_size=1, max_size=12), some.sampled_from(["small", "asking", None])), max_size=8)


@given(TEXTS, some.randoms())
def test_what_is_forgotten_in_any_order_was_never_there(texts, random):
    field = typed(voice={"small": 1, "asking": 1})
    memory, table = field.memory(), [Row("t", 0, values={"message": text, "message_voice": voice}) for text, voice in texts]
    before = state(memory)
    for row in table:
        field.remember(row, "message", memory)
    assert sum(tally.texts for tally in memory.values()) == sum(voice is not None for _, voice in texts)
    random.shuffle(table)
    for row in table:
        field.forget(row, "message", memory)
    assert state(memory) == before


def test_a_row_without_its_label_is_none_of_the_voice_s():
    field = typed(voice="small")
    memory = field.memory()
    field.remember(Row("t", 0, values={"message": "(nothing)"}), "message", memory)
    assert state(memory) == state(field.memory())


def test_a_memory_is_the_table_s_and_not_the_field_s():
    field = typed(voice="small")
    one, other = field.memory(), field.memory()
    field.remember(Row("t", 0, values={"message": "hi", "message_voice": "small"}), "message", one)
    assert state(one) != state(other) == state(field.memory())
    assert one["small"].sums.dtype == np.int64


# What is wrong


def test_the_files_it_reads_are_part_of_it(logs):
    (logs / "seeds.txt").write_text("hey", encoding="utf-8")
    assert typed(logs, like="logs.txt").files() == [(logs / "logs.txt").resolve()]
    assert typed(logs, like="logs.txt", seeds="seeds.txt").files() == [(logs / name).resolve() for name in ("seeds.txt", "logs.txt")]


@pytest.mark.parametrize(
    ("keys", "at", "hint"),
    [
        ({"voice": "texer"}, ("voice",), "did you mean 'texter'?"),
        ({"voice": {"texter": 1, "carefull": 1}}, ("voice", "carefull"), "did you mean 'careful'?"),
        ({"voice": {}}, ("voice",), ""),
        ({"voice": {"texter": 0}}, ("voice",), ""),
        ({"voice": "texter", "like": "logs.txt"}, ("voice",), "take out 'like' or 'voice'"),
        (
            {"seeds": None},
            (),
            "seeds: messages that show how people type, a list or a file, or either per topic; like: a file of real ones",
        ),
        ({"like": "logs.txt", "seeds": []}, ("seeds",), "give a few that show how people type; a dozen per topic is good"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(logs, keys, at, hint):
    faults = list(typed(logs, **keys).mistakes())
    assert [(fault.at, fault.hint) for fault in faults] == [(at, hint)]


def test_what_is_right_has_no_faults(logs):
    for keys in ({"voice": "small"}, {"voice": {"texter": 1, "careful": 0}}, {"like": "logs.txt"}, {"like": "logs.txt", "seeds": ["hi"]}):
        assert not list(typed(logs, **keys).mistakes())
