"""The voices that ship: each is put on a hundred plain sentences, and measures there as it says."""

from itertools import combinations
from random import Random

import numpy as np
import pytest

from synthgen.voices import keyboards
from synthgen.voices.channel import apply_voice
from synthgen.voices.features import FEATURES, features
from synthgen.voices.library import shipped
from synthgen.voices.voice import Voice

VOICES = shipped()
SENTENCES = [
    "My card was declined at <merchant> yesterday, and I do not know why.",
    "How do I reset my password?",
    "I have been charged twice for the same order.",
    "Can you tell me when my parcel will arrive?",
    "I would like to cancel my subscription, please.",
    "The app crashes every time I open the settings page.",
    "Hello, I lost my credit card on the train this morning. Please block it.",
    "Why is my transfer to <payee> still pending?",
    "I want to change the delivery address of my order <order_id>.",
    "What is the baggage allowance on flights to Berlin?",
    "My refund of <amount> has not arrived yet.",
    "Is it possible to book a table for four people on Friday evening?",
    "I can't log in because the code never arrives.",
    "Where can I find my invoice for March?",
    "The shoes are too small. Can I exchange them for a bigger size?",
    "Your driver left the package in the rain and everything is ruined.",
    "Could you please send me a new PIN for my debit card?",
    "I'm trying to install the update, but it stops at 99% and says there is not enough space.",
    "Do you ship to Northern Ireland?",
    "My flight was cancelled and nobody told me. What happens to my hotel booking?",
    "I think somebody else is using my account.",
    "How long does it take to receive a replacement card?",
    "There is a payment on my statement that I don't recognise.",
    "We ordered a chicken salad, but we received a burger instead.",
    "Please help me to connect my printer to the new computer.",
    "The exchange rate was different from the one that you showed me.",
    "I've forgotten my username and my password.",
    "Does this laptop have a German keyboard?",
    "Thank you for the quick answer, it works now.",
    "I need to know which documents are necessary to open a business account.",
    "Are there any vegetarian options on the menu?",
    "My internet connection is very slow since yesterday evening.",
    "I didn't receive a confirmation email for my reservation.",
    "What should I do if my phone gets stolen?",
    "The washing machine makes a terrible noise when it is spinning.",
    "Why was I charged a fee for withdrawing cash?",
    "I'd like to upgrade my ticket to first class.",
    "It's been two weeks and I still haven't heard anything from you.",
    "Who is responsible for the damage to my suitcase?",
    "Can I pay with a gift card and a credit card at the same time?",
    "The website says that the item is available, but the shop told me that it isn't.",
    "Please remove my telephone number from your mailing list.",
    "How do I transfer money from my savings account to my current account?",
    "My grandmother would like to know whether you offer discounts for pensioners.",
    "I accidentally sent the money to the wrong person. Can you stop the transfer?",
    "The screen of my tablet is cracked, is it covered by the warranty?",
    "When does the museum close on Sundays?",
    "I was promised a call back by your manager, but nobody called.",
    "Is there a way to download all my photos at once?",
    "You're sending me the same message again and again.",
    "The chair arrived without screws.",
    "My name is spelled wrong on the boarding pass.",
    "I believe that my identity was stolen and someone opened an account in my name.",
    "What's the difference between the basic and the premium plan?",
    "Have you received the documents that I uploaded last week?",
    "I would prefer a window seat if one is available.",
    "They told me the technician would come between nine and twelve.",
    "Where is the nearest branch that is open on Saturday?",
    "My son bought a game on my phone without my permission.",
    "Can you recommend a restaurant near <hotel>?",
    "The voucher code <code> doesn't work.",
    "I want to speak to a real person.",
    "How can I verify my identity if I don't have a passport?",
    "I tried restarting the router, but the light is still red.",
    "Would it be possible to change the date of our appointment?",
    "The wrong colour was delivered; I ordered the green one.",
    "I'll be abroad next month, will my card work there?",
    "My account has been blocked for no reason.",
    "Which bus goes from the airport to the city centre?",
    "You have the worst customer service that I have ever seen!",
    "Good morning, could you check whether my salary has arrived?",
    "I am not able to upload my profile picture.",
    "Do I have to pay customs for a parcel from the United States?",
    "The blanket is lovely, but it smells of chemicals.",
    "Can somebody explain the interest on my last statement?",
    "We are travelling with a baby and need a cot in our room.",
    "My order says delivered, but there is nothing here.",
    "I want a refund.",
    "What time is breakfast?",
    "Is the pool heated?",
    "The link in your email is broken.",
    "Sorry, I entered the wrong date of birth. How do I correct it?",
    "I have a question about my mortgage.",
    "Please tell me how to delete my account and all my data.",
    "The machine swallowed my card at the <bank> in the station.",
    "Why do you need my address?",
    "Your app keeps asking me to update although I already have the latest version.",
    "I'm locked out of my account after three attempts.",
    "Can I take my dog on the train?",
    "Thanks, that solved the problem.",
    "How much does it cost to send a package of five kilos to Spain?",
    "My daughter has a nut allergy, which of your desserts are safe?",
    "I would like to complain about the behaviour of your employee <name>.",
    "When will the size 42 be available again?",
    "The sound disappears after a few minutes when I use headphones.",
    "I paid for express delivery, so where is my parcel?",
    "Does the insurance cover skiing accidents?",
    "They've changed my appointment twice without asking me.",
    "Could you confirm that my booking for two nights is correct?",
    "I don't understand the last letter that you sent me.",
]
SHARES = {
    "lower_only": 0.08,
    "sentence_case": 0.08,
    "shouting": 0.04,
    "end_mark": 0.08,
    "question_mark": 0.08,
    "exclamation": 0.06,
    "repeated_marks": 0.06,
    "emoji": 0.03,
    "greeting": 0.05,
    "polite": 0.1,
    "keywords": 0.2,
}
"""What the channel decides alone, and how far off the measured share may be."""
LASTING = (
    "lower_only",
    "sentence_case",
    "shouting",
    "exclamation",
    "repeated_marks",
    "emoji",
    "greeting",
    "polite",
    "misspelled",
    "chat_words",
)
RATES = {"commas": 0.02, "apostrophes": 0.015, "apostrophes_dropped": 0.015, "misspelled": 0.012, "chat_words": 0.02, "elongated": 0.006}


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    def texts(voice: Voice) -> list[str]:
        return [apply_voice(text, voice, Random(f"{time} {text}")).text for time in range(6) for text in SENTENCES]

    return {name: dict(zip(FEATURES, features(texts(voice)).mean(axis=0).tolist(), strict=True)) for name, voice in VOICES.items()}


def test_the_voices_that_people_ask_for_are_there():
    assert {*VOICES} >= {"texter", "searcher", "careful", "phone", "second_language", "shouter", "rambler", "dictated"}


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_says_who_types_so_and_fits_together(name):
    voice = VOICES[name]
    assert voice.about
    assert voice.keyboard in keyboards.LAYOUTS
    assert (voice.lower_only or 0) + (voice.sentence_case or 0) + (voice.shouting or 0) <= 1
    assert (voice.question_mark or 0) <= (voice.end_mark or 0)
    assert voice.words == sorted(voice.words or [])
    assert len(set(SHARES | RATES) & voice.model_fields_set) == len(SHARES | RATES)


@pytest.mark.parametrize("name", VOICES)
def test_what_is_put_on_measures_as_the_voice_says(name, measured):
    off = {}
    for feature, tolerance in (SHARES | RATES).items():
        target, found = getattr(VOICES[name], feature), measured[name][feature]
        if abs(found - target) > tolerance:
            off[feature] = (target, round(found, 3))
    assert not off


@pytest.mark.parametrize(("one", "two"), [*combinations(VOICES, 2)])
def test_two_voices_differ_in_several_features(one, two, measured):
    differing = [
        feature for feature, tolerance in SHARES.items() if abs(measured[one][feature] - measured[two][feature]) > max(0.1, tolerance)
    ]
    differing += [feature for feature in RATES if abs(measured[one][feature] - measured[two][feature]) > 0.008]
    assert len(differing) >= 3, differing


def test_ramblers_are_longer_and_searchers_shorter(measured):
    plain = features(SENTENCES)[:, FEATURES.index("words")].mean()
    assert measured["rambler"]["words"] > 1.7 * plain
    assert measured["searcher"]["words"] < 0.7 * plain


def test_neat_sentences_hardly_change_for_a_careful_writer():
    kept = [apply_voice(text, VOICES["careful"], Random(f"{time} {text}")).text == text for time in range(6) for text in SENTENCES]
    assert np.mean(kept) > 0.5


@pytest.mark.parametrize("name", VOICES)
def test_put_on_twice_is_much_the_same_as_put_on_once(name):
    once = [apply_voice(text, VOICES[name], Random(f"one {time} {text}")).text for time in range(4) for text in SENTENCES]
    twice = [apply_voice(text, VOICES[name], Random(f"two {time} {text}")).text for time, text in enumerate(once)]
    first, second = (dict(zip(FEATURES, features(texts).mean(axis=0).tolist(), strict=True)) for texts in (once, twice))
    far = {feature: (first[feature], second[feature]) for feature in LASTING if abs(first[feature] - second[feature]) > 0.1}
    assert not far
    assert second["words"] == pytest.approx(first["words"], rel=0.35)
