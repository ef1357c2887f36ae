"""The unusual messages: every builder, what each promises, and the field that makes them."""

import datetime
import html
import json
import re
import unicodedata
from difflib import SequenceMatcher
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter

from synthgen.errors import DataError
from synthgen.fields import AnyField, PythonField
from synthgen.fields.edges import CASES, case_named, letters
from synthgen.fields.edges.abroad import SPOKEN, foreign
from synthgen.fields.edges.details import CITIES, COMPANIES, STREETS
from synthgen.fields.edges.elsewhere import OFF_TOPIC
from synthgen.fields.edges.form import _QWERTY, KEYBOARDS
from synthgen.fields.edges.formats import COUNTRIES
from synthgen.fields.edges.languages import LANGUAGES, SUBJECTS
from synthgen.fields.edges.situation import Situation, content_words, like, mentioned, then
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Labelled, Row

NOW = datetime.datetime.fromisoformat("2026-11-01T12:00")
BANK = "Customers of a retail bank, typing into the support chat of its phone app."
MESSAGE = "hi my card was declined at fernway twice, why"
FACTS = {"merchant": "Fernway", "intent": "card declined", "amount": 1204.5, "order_id": "48213", "placed": datetime.date(2026, 10, 12)}
FIXED = {"empty": 1}
FEW = {"white space": 12, "all capitals": 6, "inverted case": 3, "right to left": 12, "double negation": 12}
"""Different results of 60 streams, where a case has no more than these to offer; all others have at least 15."""
ALREADY = {
    ("empty", ""),
    ("one word", "HELP"),
    ("one word", "カードが使えません"),
    ("all capitals", "HELP"),
    ("dictation", "カードが使えません"),
    ("slow typist", "HELP"),
}
"""Messages that are as the case would make them."""
KEEP = [
    "very long",
    "sent twice",
    "mail signature",
    "two requests",
    "contradiction",
    "does not exist",
    "missing attachment",
    "vague time",
    "double negation",
    "sarcasm",
    "angry",
    "threat to leave",
    "legal threat",
    "for somebody else",
    "private data",
    "pasted log",
    "pasted stack trace",
    "pasted code",
    "pasted terminal",
    "pasted json",
    "pasted xml",
    "pasted html",
    "pasted sql",
    "pasted csv",
    "pasted email",
    "pasted chat",
    "pasted address bar",
    "quoted reply",
    "foreign numbers",
    "foreign dates",
    "foreign contact",
    "other units",
    "wrong reference",
]
"""The cases that only add to a message without numbers."""


def build(case: str, message: str = MESSAGE, seed: int = 0, **situation: object) -> str:
    situation = {"facts": FACTS, "about": BANK, "now": NOW} | situation
    return CASES[case].build(Random(seed), message, Situation(**situation))


def many(case: str, message: str = MESSAGE, count: int = 60, **situation: object) -> list[str]:
    return [build(case, message, seed, **situation) for seed in range(count)]


def field(context: RecipeContext | None = None, **keys: object) -> PythonField:
    return TypeAdapter(AnyField).validate_python({"kind": "edge_case", "of": "message", **keys}, context=context)


def made_of(made: PythonField, seed: int = 0, **values: object) -> Labelled:
    return made.make(Row("t", 3, values=values), Random(seed))


messages = some.one_of(
    some.text(max_size=80),
    some.sampled_from([MESSAGE, "", " ", "a", "help", "مرحبا بكم", "カードが使えません", "👍🏽", "{{x}} {0} <b>", "\n\n", "1,204.50"]),
)
facts = some.dictionaries(
    some.sampled_from(["id", "name", "amount", "day", "of"]),
    some.one_of(
        some.none(),
        some.booleans(),
        some.integers(),
        some.floats(),
        some.text(max_size=12),
        some.dates(),
        some.lists(some.integers(), max_size=2),
    ),
)


# Every case


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=25)
@given(messages, facts, some.integers(0, 2**32))
def test_any_message_can_be_built_on_and_the_same_stream_builds_the_same(case, message, known, seed):
    built = build(case, message, seed, facts=known, other=message)
    assert type(built) is str
    assert built.encode("utf-8").decode("utf-8") == built
    assert built == build(case, message, seed, facts=known, other=message)


@pytest.mark.parametrize("case", CASES)
def test_another_stream_builds_another_message(case):
    kinds = len(set(many(case)))
    assert kinds == FIXED[case] if case in FIXED else kinds >= FEW.get(case, 15)


@pytest.mark.parametrize("case", CASES)
def test_a_message_does_not_stay_as_it_was(case):
    for message in (MESSAGE, "", "HELP", "カードが使えません", "Where is 48213?"):
        if (case, message) not in ALREADY:
            assert message not in many(case, message, 20)


@pytest.mark.parametrize("case", CASES)
def test_a_message_of_many_pages_can_be_built_on(case):
    assert isinstance(build(case, MESSAGE * 2000), str)


@pytest.mark.parametrize("case", CASES)
def test_a_recipe_may_say_any_time(case):
    for now in map(datetime.datetime.fromisoformat, ("0001-01-01", "9999-12-31")):
        assert isinstance(build(case, "since 1 May, 2/3 and 2024-02-29", now=now), str)


@pytest.mark.parametrize("case", KEEP)
def test_what_they_typed_is_in_it(case):
    assert [built for built in many(case) if MESSAGE not in built] == []


READABLE = {
    "leet": str.maketrans({digit: letter for letter, digit in letters.LEET.items()}),
    "look alike characters": str.maketrans({alike: letter for letter, alike in letters.LOOK_ALIKE.items()}),
}
"""How a reader sees what a case writes in other characters."""


def read_as(case: str, text: str) -> str:
    """The letters of a text as a reader sees them, and nothing else."""
    plain = unicodedata.normalize("NFKD", html.unescape(text).translate(READABLE.get(case, {}))).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def kept(case: str, message: str, built: str) -> float:
    """The share of a message's letters that stand in what was built, in runs of four and more."""
    texts = [built]
    if case == "wrong keyboard":  # from some word on
        texts = [f"{built} {built.lower().translate(str.maketrans(keys, _QWERTY))}" for keys in KEYBOARDS.values()]
    typed = read_as(case, message)
    matchers = [SequenceMatcher(None, typed, read_as(case, text), autojunk=False) for text in texts]
    return max(sum(run.size for run in matcher.get_matching_blocks() if run.size > 3) for matcher in matchers) / len(typed)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if not case.instead])
@pytest.mark.parametrize("message", [MESSAGE, "please cancel the order that i placed on monday", "My parcel hasn't come yet. Where is it?"])
def test_a_case_whose_label_still_holds_never_loses_the_message(case, message):
    least = 0.35 if case == "truncated" else 0.75
    assert [built for built in many(case, message, 100, other="and where is my refund") if kept(case, message, built) < least] == []


def test_each_case_has_a_name_and_a_line_of_its_own():
    assert len({case.about for case in CASES.values()}) == len(CASES) > 75
    for name, case in CASES.items():
        assert re.fullmatch(r"[a-z]+( [a-z]+)*", name)
        assert case.name == name
        assert 10 < len(case.about) < 120
        assert case.about.endswith((".", "??", '"'))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("about", [BANK, "What people type to an AI assistant."])
def test_no_detail_is_left_open(case, about):
    allowed = {"unfilled template", "injection strings", "pasted code"}
    assert case in allowed or not [built for built in many(case, about=about) if re.search(r"\{[a-z]+\}", built)]


def test_addresses_are_of_those_that_are_reserved_for_examples():
    for name in CASES:
        for built in many(name, count=30):
            if name in ("prompt injection", "wrong keyboard", "leet", "look alike characters", "spaced letters"):
                continue
            hosts = re.findall(r"(?:https?://|@)((?:[a-z0-9-]+\.)+[a-z]{2,})", built)
            assert [host for host in hosts if not re.search(r"(^|\.)example\.(com|org|net)", host)] == [], name


def test_what_a_recipe_calls_a_row_does_not_leak_into_what_is_pasted():
    for name in CASES:
        if name.startswith("pasted") or name == "unfilled template":
            assert not [built for built in many(name) if "card declined" in built or "intent" in built.lower()], name


def test_only_facts_that_the_message_mentions_are_pasted():
    built = "".join(many("pasted json", "my order 48213 is late"))
    assert "48213" in built
    assert "Fernway" not in built


# Hardly anything


@pytest.mark.parametrize(
    ("case", "pattern"),
    [
        ("empty", ""),
        ("white space", r"\s+"),
        ("punctuation only", r"[^\w\s]+"),
        ("only a number", r"[#£-]?[\d.,]+"),
        ("only a link", r"(https?://)?[\w.]*example\.(com|org|net)\S*"),
        ("one word", r"\w+[?.!]*"),
        ("reference only", r"[A-Z]*-?\d+"),
    ],
)
def test_messages_that_hardly_say_anything(case, pattern):
    assert [built for built in many(case) if not re.fullmatch(pattern, built)] == []


def test_an_emoji_stands_alone():
    assert not [built for built in many("emoji only") if re.search(r"[a-z]", built, re.IGNORECASE)]


def test_one_word_is_a_word_of_the_message():
    assert {built.rstrip("?.!") for built in many("one word")} <= set(re.findall(r"\w+", MESSAGE))


def test_a_bare_number_or_reference_may_be_the_rows_own():
    assert "48213" in many("only a number")
    assert "48213" in many("reference only", "where is 48213")


# Another form


@given(some.text(max_size=60), some.integers(0, 999))
def test_a_message_is_cut_in_the_middle_of_a_word(message, seed):
    built = build("truncated", message, seed)
    whole = message if re.search(r"[^\W\d_]{2}", message) else None
    assert whole is None or (whole.startswith(built) and re.match(r"[^\W\d_]", whole[len(built) :]))
    assert re.search(r"[^\W\d_]$", built)


def test_a_cut_message_keeps_its_beginning():
    assert min(map(len, many("truncated", count=200))) > 0.3 * len(MESSAGE)


@given(some.text(min_size=1, max_size=40), some.integers(0, 99))
def test_a_message_is_sent_twice(message, seed):
    assume(message.strip())
    assert build("sent twice", message, seed).count(message) >= 2


def test_a_long_message_is_long():
    counts = sorted(len(built.split()) for built in many("very long", count=100))
    assert counts[0] >= 150
    assert counts[-1] > 800
    assert counts[-1] < 1400


@given(messages, some.integers(0, 99))
def test_capitals_only(message, seed):
    built = build("all capitals", message, seed)
    assert built == built.upper()
    assert any(letter.isupper() for letter in built)


@given(some.text("abcdefgh ABC .,?!;\n", max_size=60), some.integers(0, 99))
def test_a_dictated_message_has_no_punctuation(message, seed):
    built = build("dictation", message, seed)
    assert not re.search(r"[.,?!;\nA-Z]", built)


def test_dictated_marks_may_be_words_and_numbers_stay():
    built = many("dictation", "It was 12.50, not 1,250. Why?")
    assert any("comma" in one and "full stop" in one and "question mark" in one for one in built)
    assert any("comma" not in one for one in built)
    assert all("12.50" in one and "1,250" in one for one in built)


@pytest.mark.parametrize("keyboard", KEYBOARDS)
def test_each_key_of_a_keyboard_gives_a_sign_of_its_own(keyboard):
    assert len(set(KEYBOARDS[keyboard])) == len(KEYBOARDS[keyboard]) == len(_QWERTY)


@given(some.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=20), some.integers(0, 999))
def test_what_was_meant_on_the_right_keyboard_can_be_found(message, seed):
    built = build("wrong keyboard", message, seed)
    found = [built.translate({ord(there): ord(here) for here, there in zip(_QWERTY, keys, strict=True)}) for keys in KEYBOARDS.values()]
    assert message in found


@pytest.mark.parametrize("case", ["very many spaces", "slow typist"])
def test_only_the_spaces_change(case):
    for built in many(case):
        assert re.search(r"\s{3,}", built) if case == "very many spaces" else "\n" in built
        assert " ".join(MESSAGE.split()) in " ".join(built.split())


def test_a_long_word_is_long():
    assert all(max(map(len, built.split())) >= 80 for built in many("long word"))


def test_one_word_over_and_over_is():
    for built in many("one word over and over"):
        assert max(built.count(word) for word in re.findall(r"\w{2,}", MESSAGE)) >= 6


@given(some.text("abc 0123456789.,£", max_size=30), some.integers(0, 999))
def test_no_digit_is_left_where_numbers_are_words(message, seed):
    built = build("numbers as words", message, seed)
    assert not re.search(r"[0-9]", built)
    assert re.search(r"[a-z]", built)


def test_numbers_are_the_right_words():
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    for built in many("numbers as words", "order 48213"):
        assert built.removeprefix("order ").split() == [words[int(digit)] for digit in "48213"]
    assert set(many("numbers as words", "12.50 paid")) <= {f"twelve point {half} paid" for half in ("fifty", "five zero", "five oh")}
    assert set(many("numbers as words", "4455")) == {"double four double five", "four thousand four hundred and fifty five"}
    assert set(many("numbers as words", "£1,300 gone")) >= {"one thousand three hundred pounds gone"}
    assert set(many("numbers as words", "in 3 days")) == {"in three days"}


def test_a_template_is_left_unfilled_where_the_facts_were():
    for built in many("unfilled template", "where is 48213"):
        assert "48213" not in built
        assert re.search(r"order_id", built, re.IGNORECASE)


# What is asked


def test_the_second_request_is_the_other_message():
    assert all(MESSAGE in built and "what is my balance" in built for built in many("two requests", other="what is my balance"))


def test_a_change_of_mind_may_turn_to_the_other_message():
    assert any("what is my balance" in built for built in many("change of mind", other="what is my balance"))


def test_a_change_of_mind_or_contradiction_has_two_numbers_where_there_was_one():
    for case in ("change of mind", "contradiction"):
        built = [re.findall(r"\d{5}", one) for one in many(case, "where is 48213")]
        assert any(
            len(set(numbers)) == 2 and sorted(numbers[0]) == sorted(set(numbers).difference([numbers[0]]).pop()) for numbers in built
        )


def test_a_missing_referent_says_nothing_of_the_message():
    assert not [built for built in many("missing referent") if content_words(built) & {"card", "declined", "fernway", "decline"}]


@pytest.mark.parametrize(
    "about",
    [
        BANK,
        "Guests of a restaurant who book a table or order food.",
        "Passengers asking a railway about train tickets.",
        "Patients of a health clinic",
        "",
    ],
)
def test_what_is_off_topic_shares_no_word_with_the_topic(about):
    shown = {text: f"{text} {field}" for text, field in OFF_TOPIC.items()}
    for built in many("off topic", "hello there, can you help", about=about, facts={}):
        start = re.split(r"\d|\{", built)[0].lower().replace("'", "")
        chosen = [whole for text, whole in shown.items() if re.split(r"\d|\{", text)[0].lower().replace("'", "").startswith(start[:12])]
        assert chosen
        assert any(not content_words(about) & content_words(whole) for whole in chosen)


def test_nothing_is_off_topic_twice_too_often():
    assert len(set(many("off topic", count=200))) > 40


def test_a_question_mark_is_not_heaped_on_another():
    assert not [built for built in many("angry", "why?", 200) if re.search(r"why\?[?!]", built)]


def test_a_wrong_reference_is_not_the_right_one():
    assert all("48213" not in built.split() for built in many("wrong reference", "where is 48213"))


def test_a_card_number_is_one_made_for_tests():
    numbers = [
        re.sub(r"\D", "", found)
        for built in many("private data", count=400)
        for found in re.findall(r"card (?:number is )?([\d -]{15,19}\d|\d{15,16})", built)
    ]
    assert numbers
    assert set(numbers) <= {
        "4111111111111111",
        "4242424242424242",
        "5555555555554444",
        "378282246310005",
        "4000000000000002",
        "6011111111111117",
    }


# Pasted in


def test_the_times_of_a_log_go_forward_and_lie_shortly_before_now():
    spread = 0
    for built in many("pasted log", count=200):
        times = [
            datetime.datetime.fromisoformat(found.replace("T", " ")) for found in re.findall(r"2026-\d\d-\d\d[ T]\d\d:\d\d:\d\d", built)
        ]
        assert times == sorted(times)
        spread += len(set(times)) > 1
        assert all(NOW - datetime.timedelta(days=4) <= time <= NOW for time in times)
    assert spread > 40


def test_pasted_json_is_json_unless_it_is_cut_off():
    read = 0
    for built in many("pasted json", "where is 48213"):
        pasted = max(re.findall(r"(?:\{|\[).*(?:\}|\])", built, re.DOTALL), key=len, default="")
        try:
            read += "48213" in json.dumps(json.loads(pasted))
        except ValueError:
            continue
    assert read > 40


def test_pasted_rows_have_as_many_cells_as_each_other():
    for built in many("pasted csv", "where is 48213", count=100):
        rows = [line for line in built.split("\n") if line.count("\t") > 1]
        assert len({line.count("\t") for line in rows}) <= 1


# From elsewhere

SCRIPTS = {
    "ru": "CYRILLIC",
    "uk": "CYRILLIC",
    "el": "GREEK",
    "ar": "ARABIC",
    "fa": "ARABIC",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
    "ja": "HIRAGANA",
    "zh": "CJK",
    "ko": "HANGUL",
}


@pytest.mark.parametrize("locale", SPOKEN)
def test_a_message_in_another_language_is_in_its_letters_and_names_the_number(locale):
    script = SCRIPTS.get(locale[:2], "LATIN")
    for built in many("other language", "where is order 48213", locales=(locale,)):
        assert "48213" in built
        found = [unicodedata.name(letter).split()[0] for letter in built if letter.isalpha()]
        assert any(name.startswith(script) for name in found)
        assert sum(name.startswith(("LATIN", "FULLWIDTH")) for name in found) <= (len(found) if script == "LATIN" else 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_can_say_everything(language):
    said = LANGUAGES[language]
    assert len(said.things) == len(SUBJECTS)
    assert len(set(said.things)) == len(said.things)
    assert all(trouble.count("{}") == 1 for trouble in [*said.trouble, said.number])
    for texts in (said.hello, said.trouble, said.plain, said.ask):
        assert len(set(texts)) == len(texts) >= 3
        assert all(text == text.strip() and unicodedata.is_normalized("NFC", text) for text in texts)


@pytest.mark.parametrize(
    ("message", "thing"), [(MESSAGE, 0), ("where is my parcel", 1), ("refund??", 3), ("printer jammed again", 5), ("CANCEL MY BOOKING", 7)]
)
def test_a_message_in_another_language_is_about_the_same_thing(message, thing):
    things = LANGUAGES["de"].things
    built = many("other language", message, locales=("de_DE",))
    assert any(things[thing] in one for one in built)
    assert not any(other in one for other in things if other != things[thing] for one in built)


def test_every_language_occurs():
    found = {letter for built in many("other language", count=300) for letter in map(unicodedata.name, re.findall(r"[^\W\d_]", built))}
    assert {name.split()[0] for name in found} >= {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "HIRAGANA", "HANGUL"}


@pytest.mark.parametrize(("fact", "named"), [("B204", True), ("48213", True), ("12.50", False), ("£12.50", False), ("3 December", False)])
def test_in_another_language_references_are_named_and_amounts_and_dates_are_not(fact, named):
    built = many("other language", f"it is about {fact} again", facts={"fact": fact})
    assert any(fact.lower() in text.lower() for text in built) == named


def test_english_is_no_other_language():
    assert foreign(("en_US", "de_DE", "th_TH")) == ["de_DE"]
    assert set(foreign(())) == set(SPOKEN)


def test_mixed_language_has_some_of_both():
    for built in many("mixed language", locales=("ru_RU",)):
        assert re.search("[а-я]", built)
        assert re.search("[a-z]", built)


@pytest.mark.parametrize("locale", COUNTRIES)
@given(some.integers(0, 10**9), some.integers(0, 99), some.booleans(), some.integers(0, 99))
@settings(max_examples=20)
def test_a_number_of_another_country_has_the_same_value(locale, whole, cents, grouped, seed):
    number = f"{whole:,}.{cents:02}" if grouped else f"{whole}.{cents:02}"
    built = build("foreign numbers", f"£{number} was taken", seed, locales=(locale,), facts={})
    digits = built.translate({ord(there): here for here, there in zip("0123456789", COUNTRIES[locale].digits, strict=True)})
    for one in (COUNTRIES[locale], COUNTRIES["de_DE"]):  # where nothing would change, Germany is taken
        plain = digits.replace(one.group, "").replace(one.mark, ".")
        if re.search(rf"(?<!\d){whole}\.{cents:02}(?!\d)", plain):
            return
    pytest.fail(built)


def test_only_amounts_are_written_otherwise():
    for built in many("foreign numbers", "order 48213 on 12/10/2026 cost £1,250.00"):
        assert "order 48213 on 12/10/2026 cost" in built
        assert "£1,250.00" not in built


@pytest.mark.parametrize(
    ("locale", "number"),
    [
        ("de_DE", "1.250,00 £"),
        ("fr_FR", "1 250,00 £"),
        ("de_CH", "£1'250.00"),
        ("hi_IN", "£१,२५०.००"),
        ("ar_SA", "١٬٢٥٠٫٠٠ £"),
        ("nl_NL", "£ 1.250,00"),
    ],
)
def test_how_countries_write_money(locale, number):
    assert build("foreign numbers", "it cost £1,250.00", locales=(locale,)) == f"it cost {number}"


def test_lakhs():
    assert build("foreign numbers", "£1234567.50", locales=("en_IN",)) == "£12,34,567.50"


@pytest.mark.parametrize(
    "written", ["2026-03-09", "9/3/2026", "9 March 2026", "March 9th, 2026", "9th of march 2026", "09/03/26", "9 Mar 2026"]
)
def test_how_countries_write_a_day(written):
    assert set(many("foreign dates", f"since {written}", locales=("de_DE",))) == {"since 09.03.2026", "since 9.3.26", "since 9. März 2026"}
    assert "since 2026年3月9日" in many("foreign dates", f"since {written}", locales=("ja_JP",))
    assert "since 9/3/2569" in many("foreign dates", f"since {written}", locales=("th_TH",))
    assert "since 3/9/26" in many("foreign dates", f"since {written}", locales=("en_US",))


@pytest.mark.parametrize(
    ("written", "day"),
    [("12 oct", "12.10.2026"), ("3 december", "03.12.2025"), ("10/25", "25.10.2026"), ("25/10", "25.10.2026"), ("10/13", "13.10.2026")],
)
def test_a_day_without_a_year_is_of_the_last_twelve_months(written, day):
    assert f"it broke {day}" in many("foreign dates", f"it broke {written}", locales=("de_DE",))


@pytest.mark.parametrize("message", ["31 february", "call 0800/123/45", "v 1.2.2026", "12/2026"])
def test_what_is_no_day_stays(message):
    assert all(message in built for built in many("foreign dates", message))


def test_the_rows_day_is_told_where_the_message_has_none():
    assert any("12.10.2026" in built for built in many("foreign dates", locales=("de_DE",)))


@pytest.mark.parametrize("locale", SPOKEN)
def test_people_have_names_and_addresses_where_they_live(locale):
    assert len(set(many("foreign contact", locales=(locale,), count=20))) > 15


# Other characters


@given(some.text(max_size=60), some.integers(0, 999))
def test_what_cannot_be_seen_can_be_taken_out(message, seed):
    for case, unseen in (
        ("zero width", set(letters.UNSEEN)),
        ("right to left", {mark for pair in letters.TURNS for mark in pair}),
        ("control characters", set(letters.CONTROLS)),
    ):
        built = build(case, message, seed)
        assert len(built) > len(message)
        if message.strip():
            assert [one for one in built if one not in unseen] == [one for one in message if one not in unseen]


@given(some.text("abcxyzABC 0189", max_size=40), some.integers(0, 999))
def test_accents_can_be_taken_off(message, seed):
    built = build("combining", message, seed)
    plain = "".join(letter for letter in built if not unicodedata.combining(letter))
    assert plain.startswith(message.rstrip() if message.strip() else "")
    assert len(built) > len(plain)


@given(some.text(max_size=40), some.integers(0, 999))
def test_letters_that_look_alike_can_be_turned_back(message, seed):
    back = {ord(there): here for here, there in letters.LOOK_ALIKE.items()}
    built = build("look alike characters", message, seed)
    assert built.translate(back).startswith(message.translate(back).rstrip() if message.strip() else "")
    assert built != message


def test_letters_that_look_alike_are_not_latin():
    for here, there in letters.LOOK_ALIKE.items():
        assert unicodedata.name(here).startswith("LATIN")
        assert here != there
        assert unicodedata.normalize("NFKC", there) == there or unicodedata.name(there).startswith("LATIN")


@pytest.mark.parametrize("case", ["full width", "fancy letters"])
@given(some.text("abcxyzABCXYZ 0189,.!", max_size=40), some.integers(0, 999))
def test_wide_and_fancy_letters_mean_the_same(case, message, seed):
    built = build(case, message, seed)
    assert not built.isascii()
    assert unicodedata.normalize("NFKC", built).startswith(message.rstrip() if re.search("[A-Za-z]{2}", message) else "")


def test_leet_can_be_read():
    for built in many("leet"):
        assert re.search(r"\d", built)
        assert built.translate(str.maketrans("431057", "aeiost")) == MESSAGE


@given(some.text(max_size=40), some.integers(0, 999))
def test_entities_can_be_unescaped(message, seed):
    built = build("html entities", message, seed)
    assert re.search(r"&(amp|lt|gt|quot|apos|#39|#x27);", built)
    assert not re.search(r"[<>'\"]", built)


def test_mojibake_is_utf_8_read_as_windows_1252():
    assert "Hi â€“ " in "".join(many("mojibake"))
    for built in many("mojibake", "don't charge £5"):
        assert "â€™" in built or "Ã¢â‚¬â„¢" in built
        assert "£" not in built.replace("Â£", "").replace("Ã‚Â£", "")


def test_lost_letters_leave_plain_ones():
    for built in many("lost letters", "don’t charge £5"):
        assert "£" not in built
        assert "’" not in built
        assert "charge" in built


# Attempts


def test_an_injection_keeps_the_message_and_stands_alone_where_there_is_none():
    assert all(MESSAGE in built and built != MESSAGE for built in many("prompt injection", count=200))
    assert all(many("prompt injection", " ", count=200))


def test_a_wrapper_holds_the_message():
    assert all(MESSAGE in built for built in many("in a wrapper"))


# The manner


@pytest.mark.parametrize(
    ("message", "typed"),
    [
        ("card declined", "i dont know"),
        ("it's declined", "i don't know"),
        ("CARD DECLINED", "I DON'T KNOW"),
        ("Card declined.", "I don't know."),
        ("Card declined", "I don't know"),
        ("", "I don't know."),
        ("カード", "i dont know"),
    ],
)
def test_what_is_added_is_typed_like_the_message(message, typed):
    assert like(message, "I don't know.") == typed


def test_two_texts_are_joined_without_a_second_stop():
    assert {then(Random(seed), "Hi.", "You") for seed in range(50)} == {"Hi. You", "Hi.\nYou", "Hi.\n\nYou"}
    assert then(Random(0), "", "You") == "You"
    assert then(Random(0), "Hi ", " ") == "Hi "


def test_the_facts_that_a_message_mentions():
    assert mentioned("my card was declined at fernway, 48213", FACTS) == {"merchant": "fernway", "order_id": "48213"}
    assert mentioned("card declined for 1204.5 on 2026-10-12", FACTS) == {"amount": "1204.5", "placed": "2026-10-12"}
    assert mentioned("True, and a B", {"yes": True, "letter": "B"}) == {}
    assert mentioned("48213", FACTS) == {}
    assert mentioned("148213 fernways", FACTS) == {}
    assert mentioned("card declined for £12.50", {"number": 12.5, "plain": "12.50", "amount": "£12.50"}) == {"amount": "£12.50"}


def test_people_places_and_companies_are_many():
    assert min(len(set(names)) for names in (CITIES, STREETS, COMPANIES)) >= 12


# The field


def test_none_leaves_a_message_as_it_is():
    for case in ("none", "None", "", " ", "NONE"):
        assert made_of(field(case=case or "{{ nothing }}"), message=MESSAGE, nothing="") == Labelled(MESSAGE, {"case": "none"})
    assert made_of(field(case="{{ case }}"), message=None, case=None) == Labelled(None, {"case": "none"})


@pytest.mark.parametrize("name", ["pasted log", "pasted_log", "Pasted-Log", "PASTED  LOG", "pastedlog"])
def test_a_case_is_known_however_its_words_are_joined(name):
    made = made_of(field(case="{{ case }}"), case=name, message=MESSAGE)
    assert made.labels == {"case": "pasted log"}
    assert MESSAGE in made.value


@pytest.mark.parametrize("name", ["white space", "whitespace", "look-alike characters", "lookalike characters"])
def test_names_that_are_also_written_otherwise(name):
    assert case_named(name, CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_message_that_is_not_there_is_built_on_as_if_it_were_empty(case):
    made = made_of(field(case=case), message=None)
    assert made.labels == {"case": case}
    assert "None" not in made.value or case == "null text"


def test_a_case_that_is_none_is_an_error_that_names_the_row():
    with pytest.raises(DataError) as caught:
        made_of(field(case="{{ kind }}"), kind="pasted lgo", message="hi")
    assert caught.value.message == "t, row 3: there is no edge case 'pasted lgo', which {{ kind }} gives"
    assert caught.value.hint == "did you mean 'pasted log'?"


def test_a_case_is_built_from_what_the_recipe_says(tmp_path):
    context = RecipeContext(tmp_path, about="Guests of a restaurant", now=datetime.datetime.fromisoformat("2031-05-05"))
    logs = [made_of(field(context, case="pasted log"), seed, message="hi").value for seed in range(40)]
    assert any("2031-05-0" in built for built in logs)
    assert not any("2026-" in built for built in logs)
    assert not any("table for" in made_of(field(context, case="off topic"), seed, message="hi").value for seed in range(200))
    german = field(case="foreign numbers", locales=["de_DE"])
    assert {made_of(german, seed, message="1,212.50 gone").value for seed in range(20)} == {"1.212,50 gone"}
    assert "balance?" in made_of(field(case="two requests", other="{{ second }}"), message="hi", second="balance?").value
    assert "None" not in made_of(field(case="two requests", other="{{ second }}"), message="hi", second=None).value


def test_what_a_field_reads():
    assert [name for _, name in field(case="{{ a if b else 'empty' }}", other="{{ c }}").reads()] == ["message", "a", "b", "c"]
    assert field(case="empty").labels() == {"case": "string"}


@pytest.mark.parametrize(
    ("keys", "at"),
    [({"case": "pasted lgo"}, ("case",)), ({"case": "empty", "locales": ["de_DE", "de"]}, ("locales", 1)), ({"case": "{{ x }}"}, None)],
)
def test_faults(keys, at):
    assert [fault.at for fault in field(**keys).mistakes()] == ([at] if at else [])


def test_cases_go_through_a_run(make):
    rows = make(
        """
        name: shop
        tables:
          traffic:
            rows: 60
            fields:
              message: {kind: typed, seeds: [hi there, where is it]}
              case: {kind: choice, options: {none: 6, empty: 1, sent twice: 1, pasted_log: 1}}
              input: {kind: edge_case, of: message, case: "{{ case }}"}
        """
    )["traffic"].values
    assert {row["input_case"] for row in rows} == {"none", "empty", "sent twice", "pasted log"}
    for row in rows:
        assert row["input_case"] == row["case"].replace("_", " ")
        assert (row["input"] == row["message"]) == (row["case"] == "none")
