"""What is known of words, and what is measured in messages."""

from __future__ import annotations

import io
import math
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from ruamel.yaml import YAML

from synthgen.voices import Voice, keyboards, lexicon, pairs, tokens
from synthgen.voices.features import FEATURES, features
from synthgen.voices.measure import measure_voice, voice_yaml
from synthgen.voices.voice import COUNTS, GROUPS, RATES, FeatureBar, bars

SHARES = [name for name in FEATURES if name not in RATES | COUNTS]


def figures(text: str) -> dict[str, float]:
    return dict(zip(FEATURES, features([text])[0].tolist(), strict=True))


def count(name: str, text: str) -> int:
    """How many there are of a rate."""
    found = figures(text)
    return round(found[name] * found["words"])


# What is known of words


def test_thousands_of_words_are_known_the_frequent_ones_first():
    words = lexicon.words()
    assert 30_000 <= len(words) <= 50_000
    assert all(re.fullmatch(r"[a-z']+", word) for word in words)
    assert [*words.values()] == sorted(words.values(), reverse=True)
    assert words["the"] > words["account"] > words["refrigerator"] > 0
    assert not words.keys() & lexicon.typos().keys()


def test_the_data_is_small():
    folder = lexicon._DATA
    assert sum(path.stat().st_size for path in folder.iterdir()) < 600_000


def test_slips_are_what_people_type_with_the_kind_and_how_often():
    assert lexicon.slips()["separate"][0][:2] == ("seperate", "phonetic")
    assert lexicon.slips()["weird"][0].typo == "wierd"
    seen = [slip.seen for slip in lexicon.slips()["definitely"]]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > 10
    assert {slip.kind for some_slips in lexicon.slips().values() for slip in some_slips} == {*lexicon.KINDS}


def test_the_kind_of_a_listed_slip_is_the_one_that_its_letters_show():
    for word, own in lexicon.slips().items():
        for slip in own:
            assert slip.typo != word
            if slip.kind not in ("confused", "split_or_joined"):
                assert slip.kind == lexicon.kind_of(word, slip.typo)
                assert slip.typo not in lexicon.words()


def test_a_confusion_is_between_words():
    confused = [(word, slip.typo) for word, own in lexicon.slips().items() for slip in own if slip.kind == "confused"]
    known = lexicon.words().keys() | {"loosing", "use to", "suppose to", "used to", "supposed to"}
    assert ("you're", "your") in confused
    assert [pair for pair in confused if not {*pair} <= known] == []


@pytest.mark.parametrize(
    ("correct", "typo", "kind"),
    [
        ("help", "hlep", "swapped"),
        ("the", "teh", "swapped"),
        ("address", "adress", "dropped"),
        ("something", "somthing", "dropped"),
        ("card", "cardd", "doubled"),
        ("account", "acccount", "doubled"),
        ("card", "vard", "neighbour_key"),
        ("and", "abd", "neighbour_key"),
        ("definitely", "definately", "phonetic"),
        ("separate", "seperate", "phonetic"),
        ("because", "becuz", "phonetic"),
        ("rise", "rize", "phonetic"),
        ("a lot", "alot", "split_or_joined"),
        ("without", "with out", "split_or_joined"),
    ],
)
def test_the_kind_of_a_slip_is_what_happened_to_the_letters(correct, typo, kind):
    assert lexicon.kind_of(correct, typo) == kind


@given(some.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12), some.data())
def test_one_letter_left_out_added_or_swapped_is_told(word, data):
    at = data.draw(some.integers(0, len(word) - 1))
    letter = data.draw(some.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    assert lexicon.kind_of(word, word[:at] + word[at + 1 :]) == "dropped"
    assert lexicon.kind_of(word, word[:at] + letter + word[at:]) == "doubled"
    if at and word[at] != word[at - 1]:
        assert lexicon.kind_of(word, word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]) == "swapped"


def test_keys_are_neighbours_both_ways():
    near = {key: set(others) for key, others in keyboards.neighbours("qwerty").items()}
    assert near["g"] == set("tyfhvb")
    assert near["q"] == set("wa")
    assert all(key in near[other] for key, others in near.items() for other in others)


@pytest.mark.parametrize("word", ["recieve", "refunf", "paymnet", "transfered", "verificaton", "definately", "acount", "trasaction"])
def test_a_misspelled_word_is_found(word):
    assert lexicon.misspelling(word)


@pytest.mark.parametrize(
    "word", ["refund", "top", "cards", "rebooking", "realise", "firewall", "hmm", "grumzle", "gparted", "spat", "lice", "zorbo", "né", ""]
)
def test_a_word_is_not_called_misspelled_for_being_rare(word):
    assert lexicon.misspelling(word) is None


@given(some.sampled_from([word for word in [*lexicon.words()][:3000] if len(word) > 6 and word.isalpha()]), some.data())
def test_one_slip_in_a_frequent_word_is_found(word, data):
    at = data.draw(some.integers(2, len(word) - 1))
    letter = data.draw(some.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    typed = data.draw(
        some.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            ]
        )
    )
    assert lexicon.is_word(typed) or lexicon.misspelling(typed)


@pytest.mark.parametrize("word", ["pymxent", "payxmnt", "mtransfe", "wpayment"])
def test_two_slips_or_another_first_letter_are_not_guessed_at(word):
    assert not lexicon.is_word(word)
    assert lexicon.misspelling(word) is None


@pytest.mark.parametrize(
    "word", ["bookable", "worriedly", "hmmm", "jogger", "grumpier", "prebooked", "checkbooks", "categorisation", "humourless"]
)
def test_inflections_compounds_and_sounds_are_words(word):
    assert word not in lexicon.words()
    assert lexicon.is_word(word)


def test_tables_hold_what_the_features_need():
    assert lexicon.contractions()["dont"] == "don't"
    assert lexicon.chat_words()["pls"] == "please"
    assert {"the", "of", "would"} <= lexicon.table("function_words")
    assert not lexicon.chat_words().keys() & lexicon.contractions().keys()
    with pytest.raises(KeyError):
        lexicon.table("nonsense")


# What is measured in a message

FOUND = [
    ("lower_only", "my card is lost", "My card is lost"),
    ("lower_only", "go to <merchant> at 5pm", "12345"),
    ("lower_only", "see https://Bank.example/Help now", "i lost my PIN"),
    ("sentence_case", "Where is my card", "where is my card"),
    ("sentence_case", '"Where is it" they ask', "WHERE IS IT"),
    ("shouting", "WHERE IS MY CARD", "Where is my CARD"),
    ("shouting", "HELP", "OK"),
    ("end_mark", "It is lost.", "It is. lost"),
    ("end_mark", "really?!", "ok :)"),
    ("end_mark", "so…  ", "a.b"),
    ("question_mark", "is it? yes", "is it"),
    ("exclamation", "no! why", "no why"),
    ("repeated_marks", "why??", "why?"),
    ("repeated_marks", "well.. ok", "e.g. this."),
    ("emoji", "thanks 👍", "thanks (really)"),
    ("emoji", "ok :)", "at 10:30) ok"),
    ("emoji", "love it <3", "see http://a.example/x"),
    ("emoji", "haha xD", "3 :x"),
    ("digits", "card 1234", "card"),
    ("digits", "see www.a.example/1", "see www.a.example/b"),
    ("digits", "since 3rd may", "about <order_2>"),
    ("greeting", "hi, i need help", "he said hi"),
    ("greeting", "Good morning all", "good card"),
    ("polite", "pls help", "help"),
    ("polite", "many thanks", "many words"),
    ("keywords", "blue salon chair", "a blue chair"),
    ("keywords", "reset password", "thanks"),
    ("keywords", "card declined", "declined"),
    ("keywords", "lost card", "hi card"),
    ("keywords", "card declined <merchant>", "yes please"),
    ("question", "where is my card", "my card is lost"),
    ("question", "hi, can i pay abroad", "i can pay abroad"),
    ("question", "When will it arrive", "When I pay it fails"),
    ("question", "i lost it what do i do", "What a day."),
    ("question", "lost it?", "do not ask"),
    ("question", "ok thanks, is it lost", "the thing is it lost"),
    ("several_requests", "Where is my card? And why was I charged?", "Where is my card? Thanks."),
    ("several_requests", "how do i reset my pin and how long does it take", "tell me when and where it is"),
    ("several_requests", "can you block my card also can i get a new one", "Hi, how are you? Can I pay abroad?"),
    ("several_requests", "is it really lost and how long", "and how long is it"),
    ("pasted", 'it says\nTraceback (most recent call last):\n  File "a.py", line 3', "it says there is an error in line 3"),
    ("pasted", "2024-03-01 10:22:31 ERROR no such host", "on 2024-03-01 at 10:22 it failed"),
    ("pasted", 'this {"id": 3, "name": "x"} fails', "this {really} fails"),
    ("pasted", '<div class="a">hello</div>', "what of <title> and <link>"),
    ("pasted", "SELECT name FROM users WHERE id = 3;", "i select a seat from the map"),
    ("pasted", "id,name,amount,date\n1,ann,3,may\n", "eggs, milk, bread, rice\nand tea"),
    ("pasted", "From: Ann\nSubject: card\nhello", "From: London to Rome"),
    ("pasted", "see https://shop.example/items/9f8a7d6c5b4a39281706/details?ref=mail", "see https://shop.example"),
]


@pytest.mark.parametrize(("name", "hit", "miss"), FOUND)
def test_a_share_holds_in_one_message_and_not_in_the_other(name, hit, miss):
    assert figures(hit)[name] == 1
    assert figures(miss)[name] == 0


def test_every_share_has_an_example():
    assert {name for name, *_ in FOUND} == {*SHARES}


COUNTED = [
    ("commas", "well, ok, fine", 2),
    ("apostrophes", "don't say it’s john's", 2),
    ("apostrophes_dropped", "dont say thats johns", 2),
    ("apostrophes_dropped", "its a mess and its own fault", 1),
    ("apostrophes_dropped", "i feel ill, ill try again", 1),
    ("unknown_words", "the grumzle of Frobozz at <shop> 12ab foo_bar http://qwzx.example", 1),
    ("unknown_words", "THE GRUE", 0),
    ("misspelled", "i definately recieved teh card", 3),
    ("misspelled", "dont say i didnt see u in london or Carr street", 0),
    ("misspelled", "Definately not", 1),
    ("swapped", "hlep me wiht it", 2),
    ("dropped", "my adress and acount", 2),
    ("doubled", "untill the carrd comes", 1),
    ("neighbour_key", "cash abd carf", 1),
    ("phonetic", "definately seperate", 2),
    ("split_or_joined", "alot of any thing", 2),
    ("confused", "your welcome", 1),
    ("confused", "your card is welcome", 0),
    ("confused", "i could of paid to much", 2),
    ("confused", "could, of course", 0),
    ("confused", "we could of course pay", 0),
    ("confused", "is their any fee higher then that", 2),
    ("confused", "it has lost it's own way", 1),
    ("chat_words", "pls help asap thx u", 4),
    ("chat_words", "please help, I was in R&B", 0),
    ("chat_words", "hahaha", 1),
    ("chat_words", "gr8 l8r 12", 2),
    ("elongated", "sooo goood www.aaa.com", 2),
    ("elongated", "book iii", 0),
    ("first_person", "i think my card is ours, im sure", 4),
    ("function_words", "the card is in the shop", 4),
    ("function_words", "card shop", 0),
    ("articles", "the card of a man", 2),
]


@pytest.mark.parametrize(("name", "text", "many"), COUNTED)
def test_a_rate_counts(name, text, many):
    assert count(name, text) == many


def test_every_rate_has_an_example():
    assert {name for name, *_ in COUNTED} == {*RATES}


def test_what_is_drawn_out_is_read_as_the_word_it_is():
    assert figures("heyyyyy")["greeting"] == 1
    assert figures("pleaseee")["polite"] == 1
    assert count("unknown_words", "pleaseee") == 0


@pytest.mark.parametrize(
    ("text", "words", "sentences"),
    [
        ("", 0, 0),
        ("   \n ", 0, 0),
        ("?!", 0, 0),
        ("👍", 0, 0),
        ("one", 1, 1),
        ("one. two", 2, 2),
        ("one\ntwo\n\nthree", 3, 3),
        ("One... two?!", 2, 2),
        ("Mr. Smith came, e.g. today.", 5, 1),
        ("I paid $5.20 at <shop>.", 5, 1),
        ("don't e-mail me at a.b@c.example", 5, 1),
        ("see /etc/apt/sources.list. ok", 3, 2),
        ("\n.\none", 1, 1),
        ("it is. (lost)", 3, 2),
        ("one!)\n\n", 1, 1),
    ],
)
def test_words_and_sentences_are_counted(text, words, sentences):
    found = figures(text)
    assert (found["words"], found["sentences"]) == (words, sentences)
    assert found["characters"] == len(text)


def test_word_length_is_of_words_with_letters():
    assert figures("abc de 12345 <a_long_slot>")["word_length"] == 2.5


def test_a_slot_counts_as_an_ordinary_word():
    with_slot, with_word = figures("my card at <merchant> fails"), figures("my card at home fails")
    different = {name for name in FEATURES if with_slot[name] != with_word[name]}
    assert different == {"characters", "word_length"}


def test_an_empty_text_has_nothing_of_anything():
    assert not features([""]).any()
    assert features([]).shape == (0, len(FEATURES))


def test_the_columns_are_the_features_of_a_voice():
    assert {*Voice.model_fields} - {"about", "keyboard"} == {*FEATURES} - {"characters"}
    assert features(["hi"]).dtype == np.float32


ODD = some.one_of(
    some.text(max_size=60),
    some.text(".,!?'’:;)(<>/@#-_ \n", max_size=30),
    some.lists(
        some.sampled_from(
            ["hi", "teh", "<slot>", "could", "of", "course", "u", ":)", "\n", "?!", "its", "a", "É", "🙂", "5pm", "www.", "I"]
        ),
        max_size=12,
    ).map(" ".join),
)


@given(some.lists(ODD, max_size=6))
@settings(deadline=None)
def test_any_text_is_measured_and_each_by_itself(texts):
    together = features(texts)
    assert np.isfinite(together).all()
    assert (together >= 0).all()
    for name in SHARES:
        assert set(together[:, FEATURES.index(name)].tolist()) <= {0.0, 1.0}
    for name in RATES:
        assert (together[:, FEATURES.index(name)] <= 1).all()
    alone = [features([text])[0] for text in texts]
    assert all(np.array_equal(row, own) for row, own in zip(together, alone, strict=True))


def test_a_pair_of_words_is_in_one_message():
    assert not features(["could", "of", "your", "welcome", "do", "you"])[
        :, [FEATURES.index("misspelled"), FEATURES.index("question")]
    ].any()


@given(ODD)
@settings(deadline=None)
def test_misspelled_is_the_sum_of_its_kinds(text):
    found = figures(text)
    assert math.isclose(found["misspelled"], min(sum(found[kind] for kind in lexicon.KINDS), 1), abs_tol=1e-5)


def test_many_messages_are_measured_in_parts(monkeypatch):
    texts = [f"message {number} is teh one" for number in range(50)]
    whole = features(texts)
    monkeypatch.setattr("synthgen.voices.features._AT_ONCE", 7)
    monkeypatch.setattr("synthgen.voices.features._REMEMBERED", 10)
    assert np.array_equal(features(texts), whole)


@pytest.mark.parametrize(
    "text",
    [
        "a." * 30_000,
        "a-" * 30_000,
        "((((" * 9_000,
        "x" * 60_000,
        "|" * 60_000,
        ";\n" * 9_000,
        "a@" * 30_000,
        "<" * 60_000,
        "/a" * 30_000,
        " ," * 9_000,
    ],
)
def test_no_text_takes_long(text):
    features(["warm"])
    began = time.process_time()
    features([text])
    assert time.process_time() - began < 3


def test_a_pair_means_one_thing():
    table, ranks = pairs.meanings(), pairs.ranks()
    assert not table[0].any()
    assert not table[:, 0].any()
    for left, right, meaning in [
        ("your", "welcome", "confused"),
        ("good", "morning", "greeting"),
        ("do", "you", "turned"),
        ("any", "thing", "split_or_joined"),
    ]:
        assert pairs.MEANINGS[table[ranks[left], ranks[right]]] == meaning


def test_all_that_is_told_of_a_token_has_a_column():
    for token in [
        "<a>",
        "hi",
        "pleaseee",
        "Definately",
        "?!",
        ",",
        "{",
        ":)",
        "👍",
        "\n",
        "a@b.example",
        "5pm",
        "e.g.",
        "don’t",
        "e-mail",
        "_",
        "xD",
        "É",
    ]:
        assert tokens.token_features(token).keys() <= {*tokens.SAYS}


# A voice from messages


MESSAGES = ["my card got lost", "My card is lost!", "hi, where is it", "PLEASE HELP ME NOW pls"]


def test_a_voice_is_the_means_of_its_messages():
    voice = measure_voice(MESSAGES)
    assert voice.lower_only == 0.5
    assert voice.shouting == 0
    assert voice.end_mark == 0.25
    assert voice.words == [4, 4, 4, 4.25, 4.85]
    found = features(MESSAGES)
    assert voice.function_words == pytest.approx(found[:, FEATURES.index("function_words")].mean(), rel=0.01)
    with pytest.raises(ValueError, match="no messages"):
        measure_voice([])


def test_a_voice_is_written_as_yaml_that_reads_back_the_same():
    voice = measure_voice(MESSAGES).model_copy(update={"about": 'says "so": #1', "keyboard": "qwertz"})
    text = voice_yaml(voice, "mine")
    read = YAML(typ="safe").load(io.StringIO(text))
    assert Voice.model_validate(read["mine"]) == voice
    assert all(len(line) <= 140 for line in text.splitlines())
    assert voice_yaml(Voice(lower_only=0.5)) == "NAME:\n  # case\n  lower_only: 0.5\n"


def test_every_feature_is_shown_once_with_what_it_says():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(name for name in FEATURES if name != "characters")
    rows = [*bars(measure_voice(MESSAGES))]
    assert rows[0] == FeatureBar("case", "lower_only", 0.5, "of messages", "letters, and no capital among them")
    assert [row.value for row in rows if row.unit == "words"] == [4, 4, 4, 4.25, 4.85]
    assert {row.unit for row in rows} == {"of messages", "per word", "a message", "words", "letters"}
    assert [row.name for row in bars(Voice(commas=0.1))] == ["commas"]
