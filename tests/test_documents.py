"""What a model learns from: a user's logs read and masked, and put together in frames as a typed field builds them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from conftest import chatter
from hypothesis import given
from hypothesis import strategies as some

from synthgen.errors import DataError
from synthgen.text import frames
from synthgen.text.frames import Section
from synthgen.tuning import documents as told
from synthgen.tuning.documents import TrainingDocument, TrainingMessage, documents, framed, sectioned
from synthgen.tuning.logs import LEAST, read_logs, readable, split
from synthgen.tuning.masks import leaks

BANK = "Customers of a retail bank, typing into its support chat."


def groups(sizes: dict[tuple[str, str, str], int]) -> list[TrainingMessage]:
    """So many messages of each source, about and group, in turns."""
    made = [
        TrainingMessage(f"{source} {about} {group} says {n}", group, group, "", about, source)
        for (source, about, group), size in sizes.items()
        for n in range(size)
    ]
    return Random(1).sample(made, len(made))


names = some.tuples(some.sampled_from(["s", "t"]), some.sampled_from(["", "A shop."]), some.sampled_from(["", "lost", "fee", "pin", "app"]))


@given(some.dictionaries(names, some.integers(0, 70), max_size=8), some.integers(0, 9))
def test_every_message_is_in_one_handful_that_belongs_together(sizes: dict[tuple[str, str, str], int], seed: int) -> None:
    typed = groups(sizes)
    made = list(documents(typed, Random(seed)))
    assert Counter(one.text for handful in made for one in handful) == Counter(one.text for one in typed)
    assert all(1 <= len(handful) <= 21 for handful in made)
    for handful in made:
        assert len({(one.source, one.about, one.topic) for one in handful}) == 1
        if handful[0].topic:
            assert {one.group for one in handful} == {handful[0].topic}


def test_what_is_left_of_small_groups_is_put_together_without_a_topic() -> None:
    typed = groups({("s", "A shop.", group): 3 for group in "abcdefg"} | {("s", "A bank.", "h"): 2, ("s", "A shop.", "large"): 4})
    made = list(documents(typed, Random(0)))
    large = [one for one in made if one[0].topic]
    assert [sorted(one.text for one in handful) for handful in large] == [[f"s A shop. large says {n}" for n in range(4)]]
    small = [one for one in made if not one[0].topic]
    assert sorted(Counter(one.about for handful in small for one in handful).items()) == [("A bank.", 2), ("A shop.", 21)]
    assert all(len({one.about for one in handful}) == 1 for handful in small)
    assert any(len({one.group for one in handful}) > 1 for handful in small)


def test_handfuls_are_as_large_as_a_typed_field_shows_on_average() -> None:
    sizes = [len(one) for one in documents(groups({("s", "", "g"): 900}), Random(0))]
    assert {min(sizes[:-1]), max(sizes)} <= set(range(7, 22))
    assert 12.5 < sum(sizes) / len(sizes) < 15.5
    assert len(set(sizes)) > 6


KINDS = [
    "i lost my card in the taxi on {}",
    "how do i raise my limit to {} euros",
    "the app crashes when i open page {}",
    "what is the fee for {} transfers",
]


def mixed(handfuls: list[list[TrainingMessage]]) -> float:
    """The share of messages that are not of the kind that most of their handful are."""
    kinds = [Counter(one.unit for one in handful) for handful in handfuls]
    return 1 - sum(max(kind.values()) for kind in kinds) / sum(kind.total() for kind in kinds)


def test_messages_near_to_each_other_stand_together_in_a_large_group_only() -> None:
    def many(count: int) -> list[TrainingMessage]:
        return [TrainingMessage(kind.format(number), "", "", kind) for number in range(count // 4) for kind in KINDS]

    large, small = (list(documents(many(count), Random(0))) for count in (240, 56))
    assert mixed(large) < 0.3
    assert mixed(small) > 0.4


def test_blocks_of_a_very_large_group_are_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "SIMILARITY_BLOCK", 100)
    typed = [TrainingMessage(text, "", "g") for text in chatter(270)]
    made = list(documents(typed, Random(0)))
    assert Counter(one.text for handful in made for one in handful) == Counter(one.text for one in typed)


def test_the_same_seed_makes_the_same_documents() -> None:
    typed = [TrainingMessage(text, "", str(number % 2)) for number, text in enumerate(chatter(200))]
    one, same, other = (list(documents(typed, Random(seed))) for seed in (1, 1, 2))
    assert one == same
    assert one != other


# Frames

words = (
    some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
sections = some.builds(Section, some.sampled_from(["", "lost card", "fees"]), some.lists(words, min_size=1, max_size=6))


@given(some.sampled_from(["", BANK]), some.lists(sections, max_size=2), sections, some.integers(0, 2))
def test_a_document_is_the_frame_that_a_typed_field_builds_and_goes_on(about: str, before: list[Section], own: Section, first: int) -> None:
    document = framed([*before, own], about, skip=first)
    for count in range(1, len(own.messages) + 1):
        assert (document.text + "-").startswith(frames.frame(about, [*before, Section(own.topic, own.messages[:count])]))
    assert document.text + "-" == frames.frame(about, [*before, own])
    assert document.text.startswith(frames.frame(about, [*before, Section(own.topic, [])]))
    assert [document.text[start:end] for start, end in document.spans] == [f" {message}\n" for message in own.messages[first:]]
    assert [document.text[start - 1] for start, _ in document.spans] == ["-"] * len(document.spans)
    assert document.bytes == sum(len(message.encode()) + 2 for message in own.messages[first:])


def test_a_document_as_it_is_read() -> None:
    document = framed([Section("fees", ["why 3 eur"]), Section("lost card", ["its gone", "help 🙏"])], BANK)
    start = document.text.index(" help")
    whole = f"{BANK}\nTopic: fees\n\n- why 3 eur\n\nTopic: lost card\n\n- its gone\n- help 🙏\n"
    assert document == TrainingDocument(whole, ((start, start + 8),))
    assert document.bytes == 11


def test_some_documents_begin_with_other_topics() -> None:
    others = {name: [f"{name} {number}" for number in range(8)] for name in "abcdef"}
    handful, stream = [TrainingMessage("mine", "a"), TrainingMessage("mine too", "a")], Random(0)
    made = [sectioned(handful, others, stream) for _ in range(400)]
    assert all(one[-1] == Section("a", ["mine", "mine too"]) for one in made)
    assert 0.14 < sum(len(one) > 1 for one in made) / 400 < 0.26
    before = [section for one in made for section in one[:-1]]
    assert {section.topic for section in before} == set("bcdef")
    assert {len(section.messages) for section in before} == {5}
    assert all(len({section.topic for section in one}) == len(one) <= 4 for one in made)
    assert sectioned([TrainingMessage("mine")], others, stream) == [Section("", ["mine"])]
    assert len(sectioned(handful, {"a": ["x"]}, stream)) == 1


# Logs


def records(texts: list[str], **fields: object) -> list[dict[str, object]]:
    return [
        {"text": text, **{name: value(n) if callable(value) else value for name, value in fields.items()}} for n, text in enumerate(texts)
    ]


def written(folder: Path, name: str, rows: list[dict[str, object]]) -> Path:
    """The records in the format that the name says."""
    if ".csv" in name:
        sheet = io.StringIO()
        lines = csv.DictWriter(sheet, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
        content = sheet.getvalue()
    else:
        content = "\n".join(str(row["text"]) if ".txt" in name else json.dumps(row) for row in rows) + "\n"
    (folder / name).write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return folder / name


@pytest.mark.parametrize("name", ["logs.txt", "logs.txt.gz", "logs.csv", "logs.csv.gz", "logs.jsonl", "logs.jsonl.gz"])
def test_logs_are_read_from_any_file(tmp_path: Path, name: str) -> None:
    texts = chatter(220)
    found = read_logs([written(tmp_path, name, records(texts))], BANK, Random(0))
    assert [one.text for one in found.typed] == texts
    assert {(one.topic, one.group, one.about, one.source) for one in found.typed} == {("", "", BANK, name)}
    assert len({one.unit for one in found.typed}) == 220
    assert (found.read, found.left_out, found.masked) == (220, {}, {})


@pytest.mark.parametrize("name", ["group", "intent", "label", "topic", "category"])
def test_a_field_says_what_a_message_is_about(tmp_path: Path, name: str) -> None:
    rows = records(chatter(220), **{name: lambda n: "banking/card_arrival" if n % 2 else ""})
    found = read_logs([written(tmp_path, "logs.csv", rows)], "", Random(0))
    assert {(one.topic, one.group) for one in found.typed} == {("card arrival", "banking/card_arrival"), ("", "")}


def test_the_field_that_is_asked_for_is_taken(tmp_path: Path) -> None:
    rows = records(chatter(220), group="no", why="BookFlight", body=lambda n: f"a message {n}")
    found = read_logs([written(tmp_path, "logs.jsonl", rows)], "", Random(0), field="body", group="why")
    assert {one.topic for one in found.typed} == {"book flight"}
    assert found.typed[7].text == "a message 7"


def test_a_field_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = written(tmp_path, "logs.jsonl", records(chatter(220), intent="x"))
    with pytest.raises(DataError, match=r"record 1: no field 'body'") as error:
        read_logs([path], "", Random(0), field="body")
    assert error.value.hint == "its fields: intent, text"
    with pytest.raises(DataError, match=r"record 1: no field 'intnet'") as error:
        read_logs([path], "", Random(0), group="intnet")
    assert error.value.hint == "did you mean 'intent'?"
    with pytest.raises(DataError, match="a text file has no field 'intent'"):
        read_logs([written(tmp_path, "logs.txt", records(chatter(220)))], "", Random(0), group="intent")


@pytest.mark.parametrize(
    ("group", "topic"),
    [
        ("banking/card_arrival", "card arrival"),
        ("AddToPlaylist", "add to playlist"),
        ("book_flight_intent", "book flight"),
        ("OrderIntent", "order"),
        ("faq:opening+hours", "faq opening hours"),
        ("Lost\n\tcard ", "lost card"),
        ("intentional", "intentional"),
        ("", ""),
    ],
)
def test_the_name_of_a_group_is_read_as_words(group: str, topic: str) -> None:
    assert readable(group) == topic


def test_what_cannot_be_learned_is_left_out_and_counted(tmp_path: Path) -> None:
    texts = chatter(210)
    odd = [texts[3].upper() + "!", texts[4], "", " \n ", "w " * 121, "- a dash in front", "Topic: fees", "w " * 120]
    found = read_logs([written(tmp_path, "logs.jsonl", records(texts + odd))], "", Random(0))
    assert found.left_out == {"repeated": 2, "empty": 2, "long": 1, "like a frame": 2}
    assert found.read == 218
    assert [one.text for one in found.typed] == [*texts, ("w " * 120).strip()]


def test_a_message_counts_once_for_each_group(tmp_path: Path) -> None:
    rows = records([*chatter(210), "thanks", "thanks", "Thanks!"], group=lambda n: "a" if n < 211 else "b")
    found = read_logs([written(tmp_path, "logs.jsonl", rows)], "", Random(0))
    assert found.left_out == {"repeated": 1}


def test_several_files_are_read_together(tmp_path: Path) -> None:
    texts = chatter(240)
    paths = [written(tmp_path, "a.txt", records(texts[:120])), written(tmp_path, "b.csv", records(texts[100:]))]
    found = read_logs(paths, "", Random(0))
    assert Counter(one.source for one in found.typed) == {"a.txt": 120, "b.csv": 120}
    assert found.left_out == {"repeated": 20}


def test_too_few_are_told_with_the_way_out(tmp_path: Path) -> None:
    path = written(tmp_path, "logs.txt", records([*chatter(LEAST - 1), "w " * 121]))
    with pytest.raises(
        DataError, match=r"199 messages are too few to tune on \(200 at least, better 2,000\); 1 long were left out"
    ) as error:
        read_logs([path], "", Random(0))
    assert "like: FILE" in error.value.hint
    assert len(read_logs([written(tmp_path, "logs.txt", records(chatter(LEAST)))], "", Random(0)).typed) == LEAST


SECRETS = ["anna.schmidt@example.org", "4111 1111 1111 1111", "+44 7700 900123", "DE89 3704 0044 0532 0130 00"]


def test_identifiers_become_slots_and_are_counted(tmp_path: Path) -> None:
    texts = [f"{text} it is {SECRETS[n % 4]}" if n < 8 else text for n, text in enumerate(chatter(220))]
    found = read_logs([written(tmp_path, "logs.jsonl", records(texts))], "", Random(0))
    whole = "\n".join(one.text for one in found.typed)
    assert not [secret for secret in SECRETS if secret in whole]
    assert not leaks(whole)
    assert (sum(found.masked.values()), found.masked["email"], found.masked["card"]) == (8, 2, 2)
    assert whole.count("<email>") == 2


# Held out


@given(some.lists(some.integers(1, 40), min_size=2, max_size=30), some.floats(0.05, 0.3), some.integers(0, 5))
def test_a_dialogue_is_held_out_or_learned_from_as_a_whole(sizes: list[int], share: float, seed: int) -> None:
    typed = [TrainingMessage(f"{unit} {n}", unit=str(unit)) for unit, size in enumerate(sizes) for n in range(size)]
    learned, held = split(typed, share, Random(seed))
    assert Counter(learned + held) == Counter(typed)
    assert not {one.unit for one in learned} & {one.unit for one in held}
    assert learned
    assert bool(held) == (min(sizes) <= 2 * share * len(typed))
    assert len(held) <= max(share * len(typed), min(sizes))


def test_about_the_share_is_held_out_by_chance() -> None:
    typed = [TrainingMessage(str(n), unit=str(n // 3)) for n in range(900)]
    halves = [split(typed, 0.1, Random(seed)) for seed in (0, 0, 1)]
    assert halves[0] == halves[1] != halves[2]
    assert len(halves[0][1]) == 90
    assert max(int(one.text) for one in halves[0][1]) > 700 > 200 > min(int(one.text) for one in halves[0][1])


def test_units_of_two_sources_are_two() -> None:
    typed = [TrainingMessage(f"{source} {n}", unit="1", source=source) for source in "ab" for n in range(10)]
    learned, held = split(typed, 0.5, Random(0))
    assert len({one.source for one in held}) == len({one.source for one in learned}) == 1


@pytest.mark.parametrize("name", ["dialog_id", "conversation_id", "thread_id", "session", "dialogue"])
def test_a_field_says_which_messages_are_of_one_dialogue(tmp_path: Path, name: str) -> None:
    rows = records(chatter(220), **{name: lambda n: f"d{n // 4}" if n < 200 else ""})
    found = read_logs([written(tmp_path, "logs.jsonl", rows)], "", Random(0))
    assert Counter(Counter(one.unit for one in found.typed).values()) == {4: 50, 1: 20}
