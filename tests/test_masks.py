"""What is taken out of a message before a model learns it, what is left as it is, and what is not to be learned at all."""

import codecs
import itertools
import json
import re
from pathlib import Path
from random import Random

import pytest
from faker import Faker
from hypothesis import assume, example, given, settings
from hypothesis import strategies as some

from synthgen.harm import profane, profanity
from synthgen.harm.plain import PLAIN
from synthgen.text.slots import SLOT, slots
from synthgen.tuning.masks import leaks, masked
from synthgen.tuning.redraw import redraw_digits
from synthgen.tuning.words import DATA


def shown(text: str) -> str:
    return masked(text, Random(1)).text


def squashed(text: str) -> str:
    """Letters and digits alone, each as its plain self."""
    return re.sub(r"[^0-9a-z]", "", text.translate(PLAIN))


def shape(text: str) -> str:
    return re.sub(r"\d", "0", text)


# Identifiers

HIDDEN = [
    ("mail me at john.smith@gmail.com pls", "mail me at <email> pls"),
    ("JOHN_SMITH+1@EXAMPLE.CO.UK", "<email>"),
    ("john dot smith at gmail dot com", "<email>"),
    ("its john.smith @ gmail . com thanks", "its <email> thanks"),
    ("johnsmith@gmailcom and jon@gmail,com", "<email> and <email>"),
    ("john [at] example [dot] com", "<email>"),
    ("john<at>example<dot>com", "<email>"),
    ("jo at example (.) com pls", "<email> pls"),
    ("jo at example[.]com or jo at mail.example { . } co { . } uk", "<email> or <email>"),
    ("JO ARROBA EJEMPLO (PUNTO) COM", "<email>"),
    ("jo dot smith at mail dot example dot com", "<email>"),
    ("jo at mail dot example.com", "<email>"),
    ("see example (.) com or example[dot]org", "see <url> or <url>"),
    ("john_at_gmail_dot_com", "<email>"),
    ("add dale@gmail dot com to my contacts", "add <email> to my contacts"),
    ("my email is kavigmailcom", "my email is <email>"),
    ("arun 45 gmailcom", "<email>"),
    ("jsmith87 at work.com", "<email>"),
    ("see https://foo.bar/baz?x=1, or www.google.com.", "see <url>, or <url>."),
    ("bit.ly/abc12 (example.org/me)", "<url> (<url>)"),
    ("mysite dot com", "<url>"),
    ("call +44 (0)7700 900 123 or 07700 900123", "call <phone> or <phone>"),
    ("my number is (977) 625-2661!", "my number is <phone>!"),
    ("555-1234 or 784.713.6107x1116", "<phone> or <phone>"),
    ("on07700900123pls", "on<phone>pls"),
    ("card 4111 1111 1111 1111 exp 11/26", "card <card> exp 11/26"),
    ("4111-1111-1111-1112", "<card>"),
    ("card4111111111111111", "card<card>"),
    ("4 1 1 1  1 1 1 1  1 1 1 1  1 1 1 1", "<card>"),
    ("４１１１１１１１１１１１１１１１", "<card>"),
    ("411\u200b11111\u200b11111\ufeff111", "<card>"),
    ("it is 4111111111111111", "it is <card>"),
    ("٤١١١ ١١١١ ١١١١ ١١١١ و ٣ تذاكر", "<card> و ٣ تذاكر"),
    ("GB29 NWBK 6016 1331 9268 19 please send", "<iban> please send"),
    ("gb29 nwbk 6016 1331 9268 19 please send", "<iban> please send"),
    ("to de89370400440532013000", "to <iban>"),
    ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "<iban>"),
    ("192.168.1.1 and 10.0.0.1:8080", "<ip> and <ip>"),
    ("addr:fe80::1ff:fe23:4567:890a", "addr:<ip>"),
    ("00:1a:2b:3c:4d:5e", "<id>"),
    ("550e8400-e29b-41d4-a716-446655440000", "<id>"),
    ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "<id>"),
    ("sk-abcdEFGH1234ijklMNOP5678 ghp_16C7e42F292c6912E7710c838347Ae178B4a AKIAIOSFODNN7EXAMPLE", "<id> <id> <id>"),
    ("Bearer qWzXkRtYpLmNbVcDsFgHjK", "Bearer <id>"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "<id>"),
    ("SSN 123-45-6789 or 123 45 6789", "SSN <id> or <id>"),
    ("order AB-12345-X and ORD-1234", "order <id> and <id>"),
    ("ticket #4482913", "ticket #<id>"),
    ("INV2024/00017", "<id>"),
    ("order 55563 pls", "order <id> pls"),
    ("root@localhost or me@foo.museum", "<email> or <email>"),
    ("4, 1, 1, 1, 1, 1, 1, 1, 1, 1", "<phone>"),
    ("my order is XKQPLW", "my order is <id>"),
    ("john_at_example_dot_com, john(at)example.org", "<email>, <email>"),
    ("its juan arroba correo punto com", "its <email>"),
    ("u/spez said", "<handle> said"),
    ("booking ref XKQPLW", "booking ref <id>"),
    ("plate AB12 CDE or ab12cde or M-AB 1234", "plate <id> or <id> or <id>"),
    ("NI QQ 12 34 56 C", "NI <id>"),
    ("password: hunter22!", "password: <id>!"),
    ("im aphoenix939", "im <id>"),
    ("five five five one two three four", "<id>"),
    ("/var/log/foo-12345.log", "/var/log/<id>"),
    ("@johnny hello .@user u/spez99", "<handle> hello .<handle> <handle>"),
    ("221b Baker Street and 45 Elm St Apt 3, NY 10001", "<address> and <address>, NY <postcode>"),
    ("45 elm st", "<address>"),
    ("PO box 1234", "<address>"),
    ("Hauptstraße 12, 14 rue de la Paix", "<address>, <address>"),
    ("SW1A 1AA or m5v 3l9 or 90210-1234", "<postcode> or <postcode> or <postcode>"),
    ("请联系13812345678谢谢", "请联系<phone>谢谢"),
]


@pytest.mark.parametrize(("text", "clean"), HIDDEN)
def test_what_identifies_somebody_becomes_a_slot(text, clean):
    found = masked(text, Random(1))
    assert shape(found.text) == shape(clean)
    assert sum(found.counts.values()) == len(re.findall(SLOT, clean))
    assert leaks(text)
    assert not leaks(found.text)


def test_what_was_found_is_counted_by_kind():
    assert masked("a@b.com c@d.org 07700900123", Random(1)).counts == {"email": 2, "phone": 1}
    assert masked("hello there", Random(1)).counts == {}


def test_leaks_are_told_as_they_are_typed_and_in_order():
    assert leaks("Ring 07700 900123 or Mail John@Example.com") == ["07700 900123", "John@Example.com"]
    assert leaks("2 tickets for 8:30pm please <order_id>") == []


FAKER = [
    Faker(place) for place in ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "en_IN", "ja_JP", "tr_TR")
]
MAKE = {
    "email": lambda fake: fake.email(),
    "card": lambda fake: fake.credit_card_number(),
    "phone": lambda fake: fake.phone_number(),
    "iban": lambda fake: fake.iban(),
    "id": lambda fake: fake.bothify(
        fake.random_element(["??-#####-?", "???####/#####", "#%######", "#?#?#?#?#?", "ORD-####-####", "?????#####"])
    ),
    "digest": lambda fake: fake.sha1(),
    "uuid": lambda fake: fake.uuid4(),
    "ip": lambda fake: fake.ipv4(),
    "long_ip": lambda fake: fake.ipv6(),
    "mac": lambda fake: fake.mac_address(),
    "key": lambda fake: fake.password(24, special_chars=False),
}
AROUND = [
    "hi my order hasnt arrived {} pls help",
    "{}",
    "contact: {}",
    "its {}, thanks",
    "({})",
    "ref:{}",
    "{} is wrong!!",
    "paid $45.99 twice\n{}\nwhy",
]
TYPED = {
    "as is": lambda text, stream: text,
    "capitals": lambda text, stream: text.upper(),
    "small": lambda text, stream: text.lower(),
    "wide": lambda text, stream: re.sub(r"[0-9]", lambda digit: chr(0xFF10 + int(digit[0])), text),
    "unseen": lambda text, stream: "\u200b".join(text),
    "rejoined": lambda text, stream: re.sub(r"[ -]", stream.choice([" ", "-", ".", "", "  ", " - ", "_"]), text),
    "apart": lambda text, stream: re.sub(r"(\d)", lambda digit: digit[1] + " " * stream.randrange(3), text),
}


@given(some.sampled_from(sorted(MAKE)), some.integers(0, 2**32), some.sampled_from(AROUND), some.sampled_from(sorted(TYPED)))
@settings(max_examples=600, deadline=None)
def test_a_planted_identifier_never_survives(kind, seed, around, typed):
    stream = Random(seed)
    fake = stream.choice(FAKER)
    fake.seed_instance(seed)
    planted = MAKE[kind](fake)
    digits = re.sub(r"\D", "", planted.translate(PLAIN))
    if typed == "apart" and kind not in ("card", "phone"):
        return
    text = masked(around.format(TYPED[typed](planted, stream)), stream).text
    assert not leaks(text)
    left = squashed(text)
    assert squashed(planted) not in left or len(squashed(planted)) < 5
    assert len(digits) < 7 or digits not in re.sub(r"\D", "", left)


@given(some.integers(7, 24), some.randoms(use_true_random=False), some.sampled_from(["", " ", "-", ".", "  ", " - ", "/", "_", ") ("]))
@settings(max_examples=300, deadline=None)
def test_seven_digits_in_any_grouping_are_gone(count, stream, between):
    digits = "".join(str(stream.randint(0, 9)) for _ in range(count))
    assume(sum(digit != "0" for digit in digits) > 3)  # what has hardly any other digit may be drawn again as it was
    cuts = sorted({0, count, *(stream.randint(1, count - 1) for _ in range(count // 3))})
    text = between.join(digits[start:end] for start, end in itertools.pairwise(cuts))
    assert digits not in re.sub(r"\D", "", shown(f"it is {text} ok"))


# What is ordinary

KEPT = """
hi can i get 2 tickets for tonight
my order hasnt arrived yet, its been 3 weeks!!
at 7pm on the 3rd of may pls
100% sure, 24/7, 7/11 and 9/11
a mocha with 2% milk and 12 eggs
it costs £45 or $20, max 50 quid
iphone 12 and ps5 and win10 and mp3 and x11
b4 gr8 2nite l8r 4ever some1 2moro n00b
b2b p2p web3 utf-8 x86_64 i386 amd64 covid19 covid-19
wifi 6 and usb3 and python3 and html5 and firefox3
10x better, 2x, 4k, 5kg, 10gb, 2nd hand, 1st, 80s
/etc/apt/sources.list and /dev/sdb1 and /usr/lib/python3/dist-packages
node.js and foo.txt and main.py and e.g. this... ok?
20 minutes drive, 2 miles down the road, 3 blocks down the street
lets meet @ the mall at 5
lunch at work, sign in at gmail please
and/or he/she w/o u/s?
1, 2, 3 go
3, 7, 12, 18, 22, 35 came up
between 5-6 or 10-12 people, 3/4 done, 9/10
😀👨‍👩‍👧 1️⃣ ❤️‍🔥
where is <order_id>? i paid <amount2>
password is wrong and my pin doesnt work
the file is main-menu_bar.txt, not read_me.md
Max Falkenberg-mcgillivray in Sehlabathebe-Nationalpark
Subbbbbbbbbbbbbscribed!
what a d@mn mess
我有2张票 and 3枚 и 5 штук
one two three four
u were at this point in may, at some dot or other
2 cars 5 minutes apart, a flat tyre
co0ffee please
u know what i mean? it's 50/50
look at this [.] then come home (...) and wait at the dot
""".strip().splitlines()


@pytest.mark.parametrize("text", KEPT)
def test_an_ordinary_message_stays_as_it_is(text):
    assert masked(text, Random(1)) == (text, [])
    assert leaks(text) == []


REDRAWN = [
    "8:30pm or 20:15 or 6:30ish",
    "on 21/11/2026 and 2024-05-06T10:11:12Z",
    "£45.99 and $1,200 and 10.000 eur and 1500 dollars",
    "120 GB, 500gb, 1920x1080, 3000mah, 250ml",
    "ubuntu 22.04 and v1.2.3 and python3.11",
    "linux-image-2.6.32-21-generic",
    "in 1999, 2010-2015, the 1990s",
    "10000 or 45000 or 2500000 people",
    "EECS 281, room 404b",
    "last digits 4125",
    "٣٤٥ تذاكر",
    "１２３ 円",
    "12,345,678.90 in total",
    "h264 and dl123, 1024*768",
]


@pytest.mark.parametrize("text", REDRAWN)
def test_other_numbers_keep_their_shape_and_no_more(text):
    drawn = [masked(text, Random(seed)) for seed in range(20)]
    assert all(found == [] for _, found in drawn)
    assert {shape(other) for other, _ in drawn} == {shape(text)}
    assert len({other for other, _ in drawn}) > 3
    assert not any(leaks(other) for other, _ in drawn)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-05T10:75",
        "2024-01-05T10:30:61Z",
        "2024-01-05T25:99:99",
        "2024-01-05T11:31:15.123456Z",
        "2024-01-05T11:31:15,123+0531",
        "2024-01-05 11:31:99",
        "2024-01-05T11",
        "ref 2019-44-8812345",
        "2019/44/8812345",
        "2023.11.1234b",
        "2023.01.12.1234b",
        "２０２４-01-05T11:75",
    ],
)
def test_every_digit_of_what_looks_like_a_date_is_drawn_again(text: str) -> None:
    drawn = [redraw_digits(text, Random(seed)) for seed in range(60)]
    assert {shape(other) for other in drawn} == {shape(text)}
    for place, old in enumerate(text):
        if old.isdecimal() and int(old):
            assert len({other[place] for other in drawn}) > 1
    assert masked(text, Random(1)).text


def test_an_offset_stays_a_time():
    minutes = {int(redraw_digits("2024-01-05T11:31-0531", Random(seed))[-2:]) for seed in range(60)}
    assert max(minutes) < 60


@pytest.mark.parametrize("text", ["12.50 a month", "12.50 p each", "it is 12.50 apiece", "12.50 a mug"])
def test_a_price_is_no_clock_time(text: str) -> None:
    drawn = {re.findall(r"\d+", redraw_digits(text, Random(seed)))[1] for seed in range(60)}
    assert max(map(int, drawn)) > 59


@pytest.mark.parametrize("text", ["11.45 pm", "11.45 a.m.", "11.45 P.M", "11.45pm", "11.45  am"])
def test_a_clock_time_with_a_point_stays_one(text: str) -> None:
    drawn = [[int(part) for part in re.findall(r"\d+", redraw_digits(text, Random(seed)))] for seed in range(60)]
    assert all(hour <= 12 and minute <= 59 for hour, minute in drawn)


@pytest.mark.parametrize("seed", range(50))
def test_times_dates_years_and_round_numbers_stay_what_they_are(seed):
    stream = Random(seed)
    hour, minute = map(int, re.findall(r"\d+", masked("20:15", stream).text))
    assert 10 <= hour < 24
    assert 1 <= minute < 60
    assert int(masked("11:45 pm", stream).text[:2]) <= 12
    assert masked("8:00pm", stream).text[1:] == ":00pm"
    assert masked("7:30", stream).text[3] == "0"
    day, month, year = map(int, masked("25/11/2019", stream).text.split("/"))
    assert day <= 28
    assert 1 <= month <= 12
    assert 1980 <= year <= 2030
    month, day, _ = map(int, masked("11/25/2019", stream).text.split("/"))
    assert month <= 12
    assert day <= 28
    assert 1980 <= int(masked("in 1957", stream).text[3:]) <= 2030
    assert re.fullmatch(r"\$[1-9],[1-9]00", masked("$1,200", stream).text)
    assert re.fullmatch(r"[1-9]0000", masked("10000", stream).text)
    assert re.fullmatch(r"[1-9]\d[1-9]", masked("345", stream).text)
    assert re.fullmatch(r"00[1-9]", masked("007", stream).text)


def test_the_same_stream_draws_the_same():
    text = "order 4482913 of 21/11/2026 for £45.99"
    assert masked(text, Random(3)) == masked(text, Random(3))
    assert len({masked(text, Random(seed)).text for seed in range(9)}) == 9


# Whatever the text

MARKS = (
    ". , - _ / # : ( ) + $ % @ a x at dot com gmail AB ab12 is st elm street www http :// GB29 1 12 345 2024 4821 55563 1000 8:30 pm k gb"
)
PIECES = some.sampled_from([*MARKS.split(), " ", "  ", "\n", "\u200b", "é", "中", "٣", "４", "👍", "<id>", "<order_id>"])


@given(some.lists(PIECES, max_size=14).map("".join) | some.text(max_size=40), some.integers(0, 9))
@example("AB" + "1" * 30, 1)
@example("<at>", 1)
@settings(max_examples=1500, deadline=None)
def test_a_masked_text_has_nothing_left_to_mask(text, seed):
    once = masked(text, Random(seed))
    again = masked(once.text, Random(seed + 1))
    assert leaks(once.text) == []
    assert again.counts == {}
    assert shape(again.text) == shape(once.text)


@given(
    some.lists(some.from_regex(r"<[a-z][a-z0-9_]{0,9}>", fullmatch=True), min_size=1, max_size=4),
    some.sampled_from([" ", ", ", " at ", " 12 ", "\n"]),
)
def test_slots_survive(names, between):
    text = between.join(names)
    assert slots(masked(text, Random(1)).text) == slots(text)
    assert masked(text, Random(1)).counts == {}


UNITS = [
    "a.",
    "@",
    "1 1 1",
    "http://",
    "1",
    "a1",
    "1-",
    "a@a.",
    "a dot ",
    "a at ",
    "45 elm ",
    "gb29 ",
    "00:",
    "::",
    "/a1/",
    "one ",
    "x gmail ",
    "1 a ",
    "中1",
    "f*",
    "\u200b",
    "aB1",
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_as_the_length(unit):
    """A pattern that tries again from every place would take minutes, not the blink that this takes."""
    text = unit * 20_000
    assert not leaks(masked(text, Random(1)).text)
    assert profane(text) in (True, False)


# Profanity


def rot(text: str) -> str:
    return codecs.decode(text, "rot13")


@pytest.mark.parametrize(
    "text",
    [
        "shpx",
        "fu1g",
        "s*px guvf",
        "shhhpx",
        "s h p x",
        "fuvg!!",
        "SHPXVAT",
        "n$$ubyr",
        "f***",
        "avtt3e",
        "ergneqrq",
        "cbea",
        "o!gpu",
        "_shpx_",
        "xvyy lbhefrys",
    ],
)
def test_profanity_is_seen_through_its_disguises(text):
    assert profane(rot(text))


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe class assess cocktail Dickens",
        "Essex, Sussex, analysis, therapist, document, cucumber, peacock, grape, titanic",
        "wtf omg damn this sucks, what the hell, crap, im pissed",
        "raccoon, cumin, circumstances, Matsushita, flame retardant, homogeneous, Arsenal",
        "rapping, woops, puzzles, titles, fold out, hoe do i pay",
        "455 and 2**3 and **bold** and *",
        "bus pass",
        "",
    ],
)
def test_ordinary_words_are_not_profane(text):
    assert not profane(text)


def test_the_list_does_not_shout():
    first, *lines = (Path(profanity.__file__).with_name("profanity.rot13.txt")).read_text().splitlines()
    assert "rot13" in first
    assert len(lines) == len(set(lines)) > 500
    assert not profane(first)
    assert sum(map(profane, lines)) < len(lines) / 50
    assert all(profane(rot(line.rstrip("*"))) for line in lines)


def test_the_word_lists_are_in_small_letters_without_copies():
    for name, lines in json.loads((DATA / "words.json").read_text()).items():
        words = " ".join(lines).split()
        assert words == [*dict.fromkeys(word.lower() for word in words)], name
