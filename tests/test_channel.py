"""The human-error channel: what it changes, what it leaves alone, and where it says that the slips are."""

import re
from random import Random
from statistics import mean

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from synthgen.voices import keyboards, lexicon
from synthgen.voices.channel import Put, add_typos, apply_voice
from synthgen.voices.features import features
from synthgen.voices.library import shipped
from synthgen.voices.pieces import joined, split
from synthgen.voices.voice import Voice

NAMES = sorted(shipped())
PLAIN = [
    "My card was declined at the supermarket yesterday, and I do not know why.",
    "How do I reset my password?",
    "Can you tell me when my parcel will arrive?",
    "The application crashes every time I open the settings page.",
    "I would like to cancel my subscription because it is too expensive.",
    "My transfer has not arrived yet and the receiver is getting impatient.",
    "Please help me to connect my printer to the new computer.",
    "I believe that somebody else opened an account in my name.",
    "We definitely received the wrong colour, but nobody answered our messages.",
    "What is the difference between the basic package and the business package?",
]
messages = some.one_of(
    some.text(max_size=80),
    some.lists(
        some.sampled_from([*" ".join(PLAIN).split(), "don't", "u", "!!", "<order_id>", "😭", "Acme", "teh", ":)", "\n", "...", "I'm"]),
        max_size=20,
    ).map(" ".join),
)


def roughened(rate: float, keyboard: str = "qwerty", times: int = 40) -> list[tuple[str, Put]]:
    return [(text, add_typos(text, rate, keyboard, Random(f"{time} {text}"))) for time in range(times) for text in PLAIN]


def misspelled(put: Put) -> list:
    return [slip for slip in put.slips if slip.kind in lexicon.KINDS]


# Spans


@given(messages)
def test_the_pieces_of_a_text_make_up_the_text(text):
    assert joined(split(text)) == Put(text, [])


@given(messages, some.floats(0, 0.3), some.sampled_from([*keyboards.LAYOUTS]), some.integers())
def test_putting_every_slip_back_gives_the_text_back(text, rate, keyboard, seed):
    put = add_typos(text, rate, keyboard, Random(seed))
    found = put.text
    for slip in reversed(put.slips):
        assert found[slip.start : slip.end] != slip.was
        found = found[: slip.start] + slip.was + found[slip.end :]
    assert found == text


@given(messages, some.sampled_from(NAMES), some.integers())
def test_slips_lie_in_the_text_one_after_the_other_and_have_the_names_of_features(text, name, seed):
    put, at = apply_voice(text, shipped()[name], Random(seed)), 0
    for slip in put.slips:
        assert at <= slip.start < slip.end <= len(put.text)
        assert slip.kind in Voice.model_fields
        assert put.text[slip.start : slip.end].lower() != slip.was.lower()
        at = slip.end


def test_a_slip_says_what_stood_there():
    put = apply_voice("You said that I don't pay.", Voice(chat_words=1, apostrophes=0, apostrophes_dropped=0.1, lower_only=1), Random(1))
    said = {(put.text[slip.start : slip.end], slip.kind, slip.was) for slip in put.slips}
    assert said == {("u", "chat_words", "You"), ("dont", "apostrophes_dropped", "don't")}


@given(messages, some.sampled_from(NAMES), some.integers())
def test_the_same_stream_gives_the_same(text, name, seed):
    assert apply_voice(text, shipped()[name], Random(seed)) == apply_voice(text, shipped()[name], Random(seed))


# What is left alone


@given(
    some.lists(
        some.sampled_from(["my", "order", "was", "the", "<order_id>", "<merchant>", "Good", "Thanks,", "please", "and", "Is", "?"]),
        max_size=12,
    ),
    some.sampled_from(NAMES),
    some.integers(),
)
def test_slots_stay_whatever_the_voice(words, name, seed):
    text = " ".join(words)
    put = apply_voice(text, shipped()[name], Random(seed))
    assert re.findall(r"<\w+>", put.text) == re.findall(r"<\w+>", text)


@given(
    some.sampled_from(
        ["Acme Supermarket", "hello", "thank you", "the", "my", "not", "card was", "I would like to know", "don't", "and", "!"]
    ),
    some.integers(),
)
@example("thank you", 0)
def test_facts_stay_whatever_the_voice(fact, seed):
    text = f"Hello, I would like to know: {fact} my card was declined, and {fact} I do {fact} know, the rest! {fact}"
    put = apply_voice(text, shipped()[NAMES[seed % len(NAMES)]], Random(seed), protected=[fact])
    assert len(re.findall(rf"(?<!\w){re.escape(fact)}(?!\w)", put.text)) >= 4
    assert fact in add_typos(f"it was {fact}", 0.3, "qwerty", Random(seed), protected=[fact]).text


def test_a_fact_inside_another_word_is_none():
    puts = [add_typos("I started", 0.3, "qwerty", Random(seed), protected=["art"]).text for seed in range(200)]
    assert any("art" not in text for text in puts)


def test_facts_are_known_in_any_case():
    assert all(
        "ACME SUPERMARKET" in add_typos("at ACME SUPERMARKET", 0.3, "qwerty", Random(seed), protected=["Acme Supermarket"]).text
        for seed in range(100)
    )


@pytest.mark.parametrize(
    "token",
    [
        "https://example.com/definitely",
        "jane.doe@example.com",
        "#refund",
        "@support",
        "4929-1111",
        "3.50",
        "KX7-99A",
        "foo_bar()",
        "getAccount()",
        "C:\\temp",
        "a/b",
        "index.html",
    ],
)
def test_numbers_links_and_code_stay_as_they_are(token):
    for seed in range(60):
        assert token in add_typos(f"please receive {token} tomorrow", 0.3, "qwerty", Random(seed)).text
        assert token in apply_voice(f"please receive {token}, tomorrow.", shipped()[NAMES[seed % len(NAMES)]], Random(seed)).text


@pytest.mark.parametrize("text", ["", " ", "\n", "😭", "???", "<order_id>", "مرحبا كيف الحال", "4711", "\u200b"])
@pytest.mark.parametrize("name", NAMES)
def test_a_message_without_words_stays_as_it_is(text, name):
    for seed in range(20):
        assert apply_voice(text, shipped()[name], Random(seed)) == Put(text, [])
        assert add_typos(text, 0.3, "qwerty", Random(seed)) == Put(text, [])


@given(messages, some.integers())
def test_a_voice_that_names_nothing_and_no_amount_of_a_voice_change_nothing(text, seed):
    assert apply_voice(text, Voice(), Random(seed)) == Put(text, [])
    assert apply_voice(text, shipped()[NAMES[seed % len(NAMES)]], Random(seed), amount=0) == Put(text, [])


@given(messages, some.sampled_from(NAMES), some.integers())
def test_texts_that_are_on_the_voice_already_stay_as_they_are(text, name, seed):
    voice = shipped()[name]
    assert apply_voice(text, voice, Random(seed), source=voice) == Put(text, [])


def test_half_an_amount_changes_half_as_many():
    voice = Voice(lower_only=1)
    assert mean(apply_voice("Hello There", voice, Random(seed), amount=0.5).text.islower() for seed in range(2000)) == pytest.approx(
        0.5, abs=0.05
    )


# The dial


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.2])
def test_the_rate_is_met(rate):
    rates = [len(misspelled(put)) / len(text.split()) for text, put in roughened(rate)]
    assert mean(rates) == pytest.approx(rate, abs=0.01 + 0.15 * rate)


def test_at_most_a_quarter_of_the_words_is_misspelled():
    for text, put in roughened(0.3):
        assert len(misspelled(put)) <= -(-len(text.split()) // 4)
    assert mean(len(misspelled(put)) / len(text.split()) for text, put in roughened(0.3)) > 0.2


def test_no_two_slips_are_side_by_side_where_a_word_is_short():
    for _, put in roughened(0.3):
        for one, two in zip(misspelled(put), misspelled(put)[1:], strict=False):
            if put.text[one.end : two.start] == " ":
                assert min(len(one.was), len(two.was)) > 4, put.text


def test_a_message_stays_readable():
    """Where nlpaug writes "I would oime a defJnd": no capitals or digits inside words, first letters stay, and each word is one or two
    letters off."""
    slips = [slip for _, put in roughened(0.3) for slip in misspelled(put)]
    typed = [(put.text[slip.start : slip.end], slip) for _, put in roughened(0.3) for slip in misspelled(put)]
    assert all(re.fullmatch(r"[A-Z]?[a-z' ]+", text) for text, slip in typed if slip.kind != "split_or_joined")
    firsts = [text[0].lower() == slip.was[0].lower() for text, slip in typed]
    assert mean(firsts) > 0.95
    assert mean(abs(len(text) - len(slip.was)) <= 1 for text, slip in typed) > 0.97
    assert len({slip.kind for slip in slips}) == len(lexicon.KINDS)


def test_long_and_hard_words_are_misspelled_more_than_short_ones():
    hits = {"definitely": 0, "received": 0, "them": 0, "from": 0}
    for seed in range(600):
        for slip in add_typos("they definitely received them from", 0.1, "qwerty", Random(seed)).slips:
            hits[slip.was] = hits.get(slip.was, 0) + 1
    assert hits["definitely"] > 3 * hits["from"]
    assert hits["received"] > 3 * hits["them"]


def test_unheard_of_words_are_misspelled_by_their_length():
    slips = [slip.was for seed in range(800) for slip in add_typos("blorps vantarimodeques", 0.2, "qwerty", Random(seed)).slips]
    assert slips.count("vantarimodeques") > 2 * slips.count("blorps") > 0


def test_the_key_beside_the_first_is_seldom_struck():
    voice = Voice(misspelled=0.3, neighbour_key=0.3)
    puts = [apply_voice("blorps vantarimodeques", voice, Random(seed)) for seed in range(600)]
    firsts = [put.text[slip.start] != slip.was[0] for put in puts for slip in put.slips]
    assert len(firsts) > 100
    assert mean(firsts) < 0.06


def test_contractions_lose_their_apostrophe_three_times_as_often():
    dropped = [bool(add_typos("don't", 0.1, "qwerty", Random(seed)).text == "dont") for seed in range(1000)]
    assert mean(dropped) == pytest.approx(0.3, abs=0.06)


def test_people_misspell_as_people_do():
    puts = [add_typos("definitely", 0.3, "qwerty", Random(seed)).text for seed in range(1500)]
    wrong = [text for text in puts if text != "definitely"]
    known = {slip.typo for slip in lexicon.slips()["definitely"]}
    assert mean(text in known for text in wrong) > 0.6
    assert wrong.count("definately") > len(wrong) * 0.1


def test_a_phone_makes_another_word_of_one_that_looks_like_it():
    voice = Voice(misspelled=0.3, confused=0.3)
    texts = {apply_voice("good luck with the uniforms and the order", voice, Random(seed)).text for seed in range(300)}
    assert {"luck", "duck", "order", "other", "uniforms"} <= {word for text in texts for word in text.split()}
    assert not [text for text in texts if "the duck" in text]


def test_what_comes_out_is_never_rude():
    texts = [
        add_typos(word, 0.3, "qwerty", Random(seed)).text
        for word in ("shift", "count", "public", "assist", "shut", "duck", "country")
        for seed in range(1500)
    ]
    assert not {"shit", "cunt", "pubic", "ass", "fuck", "cuntry"} & {*texts}
    assert len({*texts}) > 40


@pytest.mark.parametrize("layout", [*keyboards.LAYOUTS])
def test_neighbours_are_mutual_and_known_keys(layout):
    near = keyboards.neighbours(layout)
    assert sorted(near) == sorted("abcdefghijklmnopqrstuvwxyz")
    assert all(key in near[other] for key in near for other in near[key])
    assert all(key not in near[key] for key in near)


def test_the_keyboard_decides_which_key_is_beside():
    assert "y" in keyboards.neighbours("qwerty")["t"]
    assert "z" in keyboards.neighbours("qwertz")["t"]
    assert "z" in keyboards.neighbours("azerty")["a"]
    voice = Voice(misspelled=0.2, neighbour_key=0.2)
    for layout in keyboards.LAYOUTS:
        layout_voice = voice.model_copy(update={"keyboard": layout})
        for seed in range(300):
            for slip in (put := apply_voice("my transactions disappeared", layout_voice, Random(seed))).slips:
                typed = put.text[slip.start : slip.end]
                off = [(a, b) for a, b in zip(slip.was, typed, strict=False) if a != b]
                if (
                    len(slip.was) == len(typed)
                    and len(off) == 1
                    and typed not in {known.typo for known in lexicon.slips().get(slip.was, ())}
                ):
                    assert off[0][1] in keyboards.neighbours(layout)[off[0][0]]


def test_a_slip_of_the_finger_makes_no_other_word():
    for _, put in roughened(0.3):
        for slip in misspelled(put):
            if slip.kind in {"swapped", "dropped", "doubled", "neighbour_key"}:
                typed = put.text[slip.start : slip.end].lower()
                assert typed not in lexicon.words() or typed in {known.typo for known in lexicon.slips()[slip.was.lower()]}


# Each feature, in both directions


def share(texts: list[str], voice: Voice, fits) -> float:
    return mean(fits(apply_voice(text, voice, Random(f"{time} {text}")).text) for time in range(60) for text in texts)


NEAT, MESSY = PLAIN, [text.lower().rstrip(".?").replace(",", "") for text in PLAIN]
END = re.compile(r"[.?!]$")


@pytest.mark.parametrize("texts", [NEAT, MESSY], ids=["neat", "messy"])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    ("voice", "fits"),
    [
        (lambda share: Voice(lower_only=share, sentence_case=1 - share), str.islower),
        (lambda share: Voice(sentence_case=share, lower_only=1 - share), lambda text: text[0].isupper()),
        (lambda share: Voice(shouting=share), str.isupper),
        (lambda share: Voice(end_mark=share), lambda text: bool(END.search(text))),
        (lambda share: Voice(emoji=share), lambda text: not text.isascii() or bool(re.search(r"[:=;][()/]", text))),
        (lambda share: Voice(greeting=share), lambda text: bool(re.match(r"hi|hello|hey|good morning", text.lower()))),
        (lambda share: Voice(polite=share), lambda text: bool(re.search(r"please|thank", text.lower()))),
    ],
    ids=["lower", "sentence", "shouting", "end", "emoji", "greeting", "polite"],
)
def test_a_share_is_met_whatever_the_text_was(texts, target, voice, fits):
    assert share(texts, voice(target), fits) == pytest.approx(target, abs=0.08)


def test_an_end_is_a_question_mark_after_a_question():
    ends = {apply_voice("where is my card", Voice(end_mark=1), Random(seed)).text[-1] for seed in range(30)}
    assert ends == {"?"}
    assert {apply_voice("my card is lost", Voice(end_mark=1), Random(seed)).text[-1] for seed in range(30)} == {"."}


def test_sentences_run_into_each_other_where_marks_are_left_out():
    text = "The card is lost. What now? I need it."
    assert apply_voice(text, Voice(end_mark=0, sentences=1), Random(1)).text == "The card is lost what now I need it"
    assert apply_voice(text, Voice(end_mark=0, sentences=3), Random(1)).text == "The card is lost. What now? I need it"
    assert apply_voice("The card is lost. What now", Voice(end_mark=0, sentences=1), Random(1)).text == "The card is lost. What now"


def test_repeated_marks_come_and_go():
    assert all(re.search(r"[!?.]{2}$", apply_voice(text, Voice(repeated_marks=1), Random(1)).text) for text in NEAT)
    assert apply_voice("where is it???", Voice(repeated_marks=0), Random(1)).text == "where is it?"


def test_apostrophes_go_and_come():
    assert apply_voice("I don't know, it's late", Voice(apostrophes=0, apostrophes_dropped=0.1), Random(1)).text == "I dont know, its late"
    assert apply_voice("i dont know", Voice(apostrophes=0.05, apostrophes_dropped=0), Random(1)).text == "i don't know"


def test_misspellings_are_put_right_in_a_voice_that_makes_none():
    put = apply_voice("i definately recieved teh wrong adress", Voice(misspelled=0), Random(1))
    assert put == Put("i definitely received the wrong address", [])


def test_chat_words_are_written_out_in_a_voice_that_has_none():
    assert apply_voice("pls tell u msg", Voice(chat_words=0), Random(1)).text == "please tell you message"
    assert apply_voice("lol hehe", Voice(chat_words=0), Random(1)).text == "lol hehe"


@pytest.mark.parametrize(
    "text", ["I was at an ATM when it was denied.", "I was at an atm when it was denied.", "My atm withdrawal failed.", "ATM took it."]
)
def test_a_thing_is_not_written_out_as_a_phrase(text):
    assert apply_voice(text, Voice(chat_words=0.0), Random(1)).text == text


def test_a_comma_at_the_end_gives_way_to_an_end_mark():
    assert apply_voice("I fear that my card was stolen,", Voice(end_mark=1.0, question_mark=0.0), Random(1)).text[-2:] == "n."


def test_what_is_abbreviated_is_no_fact():
    texts = {apply_voice("i want to pay", Voice(chat_words=1), Random(seed)).text for seed in range(20)}
    assert any("wanna" in text for text in texts)
    assert all("to" in apply_voice("i want to pay", Voice(chat_words=1), Random(seed), protected=["to"]).text.split() for seed in range(20))


def test_chat_words_come_by_their_rate():
    texts = ["can you please tell me because people want to know", "are you sure about your account and the password"]
    rates = features([apply_voice(text, Voice(chat_words=0.1), Random(seed)).text for seed in range(300) for text in texts])
    chat = rates[:, [*Voice.model_fields].index("chat_words") - 1]
    assert chat.mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Please block my card.", "Block my card."),
        ("Block my card, please.", "Block my card."),
        ("It is stuck on, please help.", "It is stuck on, help."),
        ("My card is lost. Thank you very much for your help!", "My card is lost."),
        ("my card is lost, thanks", "my card is lost"),
        ("Sorry, I lost my card.", "I lost my card."),
        ("Thanks!", "Thanks!"),
    ],
)
def test_courtesies_are_taken_out_with_what_goes_with_them(text, left):
    assert apply_voice(text, Voice(polite=0, sentence_case=float(text[0].isupper())), Random(1)).text == left


@pytest.mark.parametrize(
    "text", ["Good morning, my card is lost.", "Hi there! My card is lost.", "hello my card is lost.", "Hi team, my card is lost."]
)
def test_greetings_are_taken_out_with_what_goes_with_them(text):
    assert apply_voice(text, Voice(greeting=0, sentence_case=1), Random(1)).text == "My card is lost."


def test_letters_are_drawn_out_and_not():
    assert apply_voice("please help", Voice(elongated=1), Random(1)).text != "please help"
    assert apply_voice("pleaseeee helpppp", Voice(elongated=0), Random(1)).text == "please help"


def test_commas_go_and_come():
    assert "," not in apply_voice("well, my card, the new one, is lost", Voice(commas=0), Random(1)).text
    texts = [apply_voice("i paid for the parcel but it never came", Voice(commas=0.1), Random(seed)).text for seed in range(200)]
    assert mean("parcel, but" in text for text in texts) > 0.3


def test_keywords_are_what_is_left_of_a_question():
    voice = Voice(keywords=1)
    assert {apply_voice("How do I reset my password?", voice, Random(seed)).text.lower() for seed in range(30)} == {
        "reset password",
        "how reset password",
    }
    assert apply_voice("I can't log in because the code never arrives.", voice, Random(1)).text == "Cant log in code never arrives"
    assert apply_voice("Does the <merchant> voucher expire in May?", voice, Random(1)).text == "<merchant> voucher expire"
    assert apply_voice("I can.", voice, Random(1)).text == "I can."


def test_keywords_ask_how_much_and_greet_nobody():
    texts = {apply_voice("hi ther, how much notice do i have to give", Voice(keywords=1.0), Random(seed)).text for seed in range(20)}
    assert texts == {"how much notice give"}


def test_a_greeting_with_a_slip_goes_whole():
    texts = {apply_voice("hi ther, where is my parcel", Voice(greeting=0.0), Random(seed)).text for seed in range(20)}
    assert not any("ther," in text.lower() for text in texts), texts
    assert apply_voice("hi three parcels came", Voice(greeting=0.0), Random(1)).text.lower() == "three parcels came"


def test_whole_keywords_ask_all_that_was_asked():
    text = "Why do you need to top up my card before somebody in the US can pay, and when is the transfer to my savings account back?"
    kept = [apply_voice(text, Voice(keywords=1.0), Random(seed), whole=True).text for seed in range(9)]
    assert set(kept) == {"Why top up card somebody US pay when transfer savings account back"}


def test_articles_are_left_out():
    assert apply_voice("The card is in the machine.", Voice(articles=0), Random(1)).text == "Card is in machine."


def test_openers_are_left_out():
    assert apply_voice("I have lost my card.", Voice(first_person=0, lower_only=1), Random(1)).text == "have lost my card."


def test_a_voice_of_long_messages_says_more_than_is_needed():
    lengths = [len(apply_voice("my card is lost", shipped()["rambler"], Random(seed)).text.split()) for seed in range(100)]
    assert mean(lengths) > 15


def test_kinds_of_misspelling_are_those_of_the_voice():
    voice = Voice(misspelled=0.1, swapped=0.08, dropped=0.02)
    kinds = [slip.kind for seed in range(60) for text in PLAIN for slip in apply_voice(text, voice, Random(f"{seed} {text}")).slips]
    assert {*kinds} == {"swapped", "dropped"}
    assert kinds.count("swapped") / len(kinds) == pytest.approx(0.8, abs=0.08)


@given(messages, some.sampled_from(NAMES), some.integers())
def test_a_word_has_one_slip_at_most(text, name, seed):
    put = apply_voice(text, shipped()[name], Random(seed))
    assert len({slip.start for slip in put.slips}) == len(put.slips)
