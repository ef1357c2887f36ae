"""The typed field: which frames it asks for, and how it reads what a model wrote."""

from collections import Counter
from statistics import mean

import pytest
from pydantic import TypeAdapter, ValidationError

from synthgen.errors import DataError
from synthgen.fields import AnyField, Typed
from synthgen.fields.typed import FRAMES_READ
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Prompt, Refusal, Row
from synthgen.spec.streams import Streams

BANK = "Customers of a retail bank, typing into its support chat."
SEEDS = [
    "my card got decliend at <merchant> why",
    "charged <amount> twice??",
    "hi card not working pls help",
    "at <merchant> for <amount>, declined",
]


def typed(context: RecipeContext | None = None, **keys: object) -> Typed:
    return TypeAdapter(AnyField).validate_python(
        {"kind": "typed", "seeds": SEEDS, **keys}, context=context or RecipeContext(None, about=BANK)
    )


def rows(count: int, **values: object) -> list[Row]:
    return [Row("t", index, values=dict(values)) for index in range(count)]


def read(text: str, field: Typed | None = None, mention: tuple[str, ...] = (), **values: object) -> object:
    """What the field makes of a completion; for a refusal, its reason."""
    prompt = Prompt("…\n-", 0, {}, {"mention": list(mention)})
    answer = (field or typed()).read(Row("t", 0, values=values), [Completion(prompt, text, "stop")])
    return answer.reason if isinstance(answer, Refusal) else answer


# How an answer is read


def test_a_message_is_the_first_line_with_its_slots_filled():
    assert read(" card declined at <merchant>??\n", merchant="Tillow") == "card declined at tillow??"
    assert read(" Charged <amount> at <merchant>\n- next one\n", merchant="Tillow", amount=12.0) == "Charged 12 at Tillow"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" and so it goes on", "unfinished"),
        ("", "unfinished"),
        ("\n", "empty"),
        ("  \t \r\n", "empty"),
        (" - a second dash\n", "broken frame"),
        ("- a second dash\n", "broken frame"),
        (" Topic: lost card\n", "broken frame"),
        (f" {BANK}\n", "broken frame"),
        (" half a byte \ufffd\n", "broken frame"),
        (" where is <parcel>\n", "unknown slot"),
        (" used my <coupon>\n", "unknown slot"),
        (" declined at <merchant\n", "broken slot"),
        (" declined at <merchant name>\n", "broken slot"),
        (" declined at < merchant >\n", "broken slot"),
        (" DECLINED AT <MERCHANT>\n", "broken slot"),
        (" declined at merchant>\n", "broken slot"),
        (" at <merchant> and <amount\n", "broken slot"),
        (" declined, maybe <2 months>\n", "broken slot"),
        (" declined at <The Shop>\n", "broken slot"),
        (" Hi, card not working, pls HELP!!\n", "copied seed"),
        (" charged <amount> twice\n", "copied seed"),
        (" no no no no no no no no no\n", "going in circles"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(text, reason):
    assert read(text, merchant="Tillow", amount=5, coupon=None) == reason


@pytest.mark.parametrize(
    "text",
    [
        "i <3 this app",
        "5 < 6 > 4",
        "ALL CAPS AND ANGRY",
        "🙏🏽🙏🏽",
        "مرحبا لماذا",
        "e\u0301te\u0301",
        "???",
        "a\ttab",
        "why " + "🙃" * 40,
        "the merchant said no",
    ],
)
def test_whatever_people_type_is_a_message(text):
    assert read(f" {text}\n") == text


@pytest.mark.parametrize("fact", ["<amount>", r"\1", "(.*)", "a<b", "{{ amount }}", "🙏🏽", "ש", "- dash"])
def test_a_fact_is_never_read_as_part_of_the_message(fact):
    assert read(" It was <merchant>\n", merchant=fact, amount=5) == f"It was {fact}"


def test_a_message_that_was_to_mention_something_must():
    field = typed(mention={"merchant": 0.5, "amount": 0.5})
    facts = {"merchant": "Tillow", "amount": 5}
    assert read(" declined again\n", field, ("merchant",), **facts) == "missing mention"
    assert read(" declined at <merchant> again\n", field, ("merchant",), **facts) == "declined at tillow again"
    assert read(" declined at <merchant> again\n", field, ("amount", "merchant"), **facts) == "missing mention"
    assert read(" <amount> gone at <merchant>\n", field, ("amount", "merchant"), **facts) == "5 gone at tillow"


def test_a_message_that_was_not_to_mention_something_must_not():
    field = typed(mention={"merchant": 0.5})
    assert read(" declined at <merchant> again\n", field, merchant="Tillow") == "unwanted mention"
    assert read(" lost <amount>\n", field, merchant="Tillow", amount=5) == "lost 5"


def test_words_are_counted_with_the_facts_in_place():
    field = typed(words=[2, 4])
    assert read(" at <merchant>\n", field, merchant="Nook and Pine") == "at nook and pine"
    assert read(" at the <merchant>\n", field, merchant="Nook and Pine") == "length"
    assert read(" why\n", field) == "length"


def test_of_several_continuations_the_first_message_is_taken():
    prompt = Prompt("…\n-", 0)
    answers = [Completion(prompt, text, "stop") for text in ["\n", " first\n", " second\n"]]
    assert typed().read(Row("t", 0), answers) == "first"
    assert typed().read(Row("t", 0), [answers[0], Completion(prompt, " - x\n", "stop")]).reason == "empty"


# What is asked


def ask(field: Typed, table: list[Row], seed: int = 0) -> list[list[Prompt]]:
    return field.ask(table, "message", Streams(seed))


def test_a_prompt_is_the_frame_of_the_rows_topic():
    field = typed(topic="{{ intent }}", seeds={"declined": SEEDS[:3], "lost": ["lost it", "stolen!!"]})
    ((prompt, *_),) = ask(field, rows(1, intent="lost"))
    assert prompt.text.startswith(BANK + "\nTopic: ")
    assert prompt.text.endswith("\n-")
    last = prompt.text[prompt.text.index("Topic: lost") :]
    assert sorted(last.splitlines()) == sorted(["Topic: lost", "", "- lost it", "- stolen!!", "-"])
    assert "Topic: declined" in prompt.text  # two seeds are few, so another topic shows more


def test_a_topic_of_several_lines_stays_on_its_line():
    ((prompt,),) = ask(typed(topic="{{ x }}"), rows(1, x=" lost\n\n- card\n"))
    assert "\nTopic: lost  - card\n\n- " in prompt.text


def test_a_topic_that_cannot_be_filled_names_the_row():
    with pytest.raises(DataError, match="t, row 0, topic: "):
        ask(typed(topic="{{ x.y }}"), rows(1, x="a"))


def test_rows_with_a_topic_share_a_frame_and_none_its_stream():
    table = [Row("t", index, values={"intent": "ab"[index % 2]}) for index in range(40)]
    prompts = ask(typed(topic="{{ intent }}"), table)
    texts = {
        intent: {prompt.text for row, own in zip(table, prompts, strict=True) for prompt in own if row.values["intent"] == intent}
        for intent in "ab"
    }
    assert len(texts["a"]) == len(texts["b"]) == 1
    assert texts["a"] != texts["b"]
    streams = [prompt.stream for own in prompts for prompt in own]
    assert len(set(streams)) == len(streams) >= 40


def test_many_rows_of_a_topic_get_several_frames():
    seeds = [f"seed number {number}" for number in range(60)]
    prompts = ask(typed(seeds=seeds), rows(200))
    shared = Counter(prompt.text for own in prompts for prompt in own)
    assert len(shared) > 2
    assert max(shared.values()) < 100


@pytest.mark.parametrize("count", [3, 2_000])
def test_the_workload_is_what_is_asked(count):
    seeds = {topic: [f"seed number {number} about {topic}" for number in range(60)] for topic in ("late", "refund")}
    field = typed(topic="{{ intent }}", seeds=seeds)
    asked_rows = [*rows(count, intent="late"), *rows(count, intent="refund")]
    prompts = [prompt for row_prompts in field.ask(asked_rows, "message", Streams(1)) for prompt in row_prompts]
    workload = field.workload(asked_rows, "message", Streams(1))
    assert (workload.prompts, workload.frames) == (len(prompts), len({prompt.text for prompt in prompts}))
    frames = {prompt.text for prompt in prompts}
    assert mean(map(len, workload.texts)) == pytest.approx(mean(map(len, frames)), rel=0.05)
    assert len(workload.texts) < 2 * FRAMES_READ


def test_a_refused_row_is_asked_with_other_numbers():
    first = ask(typed(), [Row("t", 3)])
    again = ask(typed(), [Row("t", 3, attempt=1)])
    assert not {prompt.stream for prompt in first[0]} & {prompt.stream for prompt in again[0]}


def test_the_same_seed_asks_the_same_and_another_seed_otherwise():
    field = typed(seeds=[f"seed number {number}" for number in range(60)], mention={})
    assert ask(field, rows(30)) == ask(field, rows(30))
    one, other = ask(field, rows(30)), ask(field, rows(30), seed=1)
    assert {own[0].text for own in one} != {own[0].text for own in other}
    assert not {own[0].stream for own in one} & {own[0].stream for own in other}


# Mentions


def wanted(field: Typed, table: list[Row]) -> list[frozenset[str]]:
    return [frozenset(own[0].origin["mention"]) for own in ask(field, table)]


def test_mention_rates_are_met_and_messages_mention_no_more_at_once_than_they_must():
    field = typed(mention={"merchant": 0.4, "amount": 0.25, "day": 0.0, "name": 1.0}, seeds=["<merchant> <amount> <day> <name>"])
    found = wanted(field, rows(4000, merchant="Tillow", amount=5, day="Monday", name="Ann"))
    rate = {slot: sum(slot in one for one in found) / 4000 for slot in ("merchant", "amount", "day", "name")}
    assert rate["merchant"] == pytest.approx(0.4, abs=0.03)
    assert rate["amount"] == pytest.approx(0.25, abs=0.03)
    assert (rate["day"], rate["name"]) == (0, 1)
    assert not any({"merchant", "amount"} <= one for one in found)  # there is room for both apart


def test_mentions_that_must_overlap_do_so_by_no_more_than_that():
    field = typed(mention={"merchant": 0.7, "amount": 0.5}, seeds=["<merchant> <amount>"])
    found = wanted(field, rows(4000, merchant="Tillow", amount=5))
    assert sum("merchant" in one for one in found) / 4000 == pytest.approx(0.7, abs=0.03)
    assert sum("amount" in one for one in found) / 4000 == pytest.approx(0.5, abs=0.03)
    assert sum({"merchant", "amount"} <= one for one in found) / 4000 == pytest.approx(0.2, abs=0.03)


def test_a_fact_that_is_not_there_is_not_mentioned():
    assert set(wanted(typed(mention={"merchant": 1.0}), rows(20, merchant=None))) == {frozenset()}


def test_what_a_row_mentions_holds_for_all_its_tries():
    field = typed(mention={"merchant": 0.5})
    tries = [wanted(field, [Row("t", index, attempt, {"merchant": "x"}) for index in range(60)]) for attempt in range(4)]
    assert tries[0] == tries[1] == tries[2] == tries[3]
    assert len(set(tries[0])) == 2


def test_a_frame_shows_seeds_that_mention_just_what_is_wanted():
    field = typed(mention={"merchant": 0.5, "amount": 0.5})
    for own in ask(field, rows(200, merchant="x", amount=1)):
        shown = [line for line in own[0].text.splitlines() if line.startswith("- ")]
        mention = set(own[0].origin["mention"])
        assert shown
        assert all({slot for slot in ("merchant", "amount") if f"<{slot}>" in line} == mention for line in shown)


def test_where_no_seed_mentions_all_that_is_wanted_those_that_mention_a_part_are_shown():
    field = typed(mention={"merchant": 1.0, "amount": 1.0}, seeds=["at <merchant> why", "lost <amount>", "hm"])
    ((first, *_),) = ask(field, rows(1, merchant="x", amount=1))
    assert set(first.text.splitlines()[2:]) == {"- at <merchant> why", "- lost <amount>", "-"}
    field = typed(mention={"merchant": 1.0, "amount": 0.0}, seeds=["<amount> at <merchant>??", "lost <amount>", "hm"])
    ((first, *_),) = ask(field, rows(1, merchant="x", amount=1))
    assert first.text.splitlines()[2:] == ["- <amount> at <merchant>??", "-"]


def test_a_mention_that_only_another_topic_shows_is_learned_from_there():
    seeds = {"a": ["at <merchant> why", "hm"], "b": ["ok", "well"]}
    ((first, *_),) = ask(typed(topic="{{ t }}", mention={"merchant": 1.0}, seeds=seeds), rows(1, t="b", merchant="x"))
    assert first.text == f"{BANK}\nTopic: a\n\n- at <merchant> why\n\nTopic: b\n\n-"
    both = {"a": ["at <merchant> why", "<amount> gone"], "b": ["ok", "well"]}
    ((first, *_),) = ask(
        typed(topic="{{ t }}", mention={"merchant": 1.0, "amount": 1.0}, seeds=both), rows(1, t="b", merchant="x", amount=1)
    )
    assert set(first.text.splitlines()) == {BANK, "Topic: b", "", "- at <merchant> why", "- <amount> gone", "-"}


# Seeds


def test_seeds_come_from_a_list_a_file_or_either_per_topic(tmp_path):
    (tmp_path / "lost.txt").write_bytes("\ufefflost it \r\n\r\nstolen 🙏🏽\r\n".encode())
    context = RecipeContext(tmp_path)
    assert typed(context, seeds=[" a  b ", "", "c\nd"]).pools == {"": ["a b", "c d"]}
    assert typed(context, seeds="lost.txt").pools == {"": ["lost it", "stolen 🙏🏽"]}
    both = typed(context, topic="{{ x }}", seeds={"lost": "lost.txt", "": ["any"]})
    assert both.pools == {"lost": ["lost it", "stolen 🙏🏽"], "": ["any"]}
    assert both.answers() == ["lost it", "stolen 🙏🏽", "any"]
    assert both.files() == [(tmp_path / "lost.txt").resolve()]


def test_the_fields_it_reads_are_those_of_topic_mentions_and_slots():
    field = typed(topic="{{ intent }}", mention={"day": 0.1}, when="{{ urgent }}")
    assert {name for _, name in field.reads()} == {"urgent", "intent", "day", "merchant", "amount"}


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ({"seeds": []}, ("seeds",)),
        ({"seeds": [" ", ""]}, ("seeds",)),
        ({"seeds": {"a": []}}, ("seeds", "a")),
        ({"seeds": "gone.txt"}, ("seeds",)),
        ({"seeds": {"a": "../x.txt"}}, ("seeds", "a")),
        ({"mention": {"payee": 0.1}}, ("mention", "payee")),
    ],
)
def test_seeds_that_cannot_show_how_people_type_are_a_fault(tmp_path, keys, at):
    assert at in [fault.at for fault in typed(RecipeContext(tmp_path), **keys).mistakes()]


@pytest.mark.parametrize(
    "keys", [{"mention": {"a": 1.5}}, {"words": [5, 1]}, {"temperature": 0.0}, {"tries": 0}, {"seeds": 5}, {"topic": "{{ a"}]
)
def test_keys_out_of_their_bounds_are_refused(keys):
    with pytest.raises(ValidationError):
        typed(**keys)
