"""What people ask, and how they feel about it: two things, the impossible, something else, or nothing that can be understood."""

from __future__ import annotations

import re
from random import Random

from synthgen.fields.edges.details import code, one_of
from synthgen.fields.edges.elsewhere import OFF_TOPIC
from synthgen.fields.edges.situation import Situation, around, content_words, going_on, like, mentioned, nonblank, then

SECOND = [
    "Can you change the email address on my account to {email}?",
    "How do I update my phone number?",
    "What are your opening hours on {day}?",
    "How do I close my account?",
    "Do you have a phone number I can call?",
    "Can I speak to a real person?",
    "Can you send me a receipt for last month?",
    "I'd like to make a complaint about {first}.",
    "Is there an app for this?",
    "Can you stop sending me emails?",
    "How long does it normally take?",
    "Can I add my wife to the account?",
    "I've moved to {postcode}, can you update that?",
    "Where do I find your privacy policy?",
    "Can I get a copy of everything you have on me?",
    "Do you do student discounts?",
    "What's the status of {code}?",
    "Can you resend the email from {day}?",
    "My name is spelled wrong, it's {name}.",
    "How do I change my password?",
]
CHAINS = [
    "{0}. Also, {1}",
    "{0} and also {1}",
    "{0}. Oh and {1}",
    "1. {0}\n2. {1}",
    "two things: {0}, and {1}",
    "{0}\n\nAnother thing: {1}",
    "{0}. While I'm here, {1}",
    "{0} plus {1}",
    "{0}. Second question: {1}",
    "{1} and {0}",
    "First, {1} Then, {0}",
    "{0}\n{1}",
    "a) {0} b) {1}",
    "{0}. Separately, {1}",
]
TURNS = [
    "actually no, forget that.",
    "wait no.",
    "no hang on.",
    "scrap that.",
    "actually, sorry,",
    "hmm actually",
    "oh wait never mind that,",
    "no wait",
    "sorry ignore that,",
    "*edit:",
    "actually on second thoughts",
]
BREAKS = [" - ", "... ", " ", ", ", "\n"]
INSTEAD = [
    "Leave it as it is.",
    "Don't do anything yet.",
    "Just cancel the whole thing.",
    "Can I keep it after all?",
    "I've found it.",
    "I'd rather do it the other way round.",
    "Do it on {day} instead.",
    "Let me ask my partner first.",
    "It's the other one I meant.",
    "Just tell me how to do it myself.",
    "I want to speak to someone about it instead.",
    "I'll do it tomorrow.",
]
OPPOSED = [
    ("This is the first time I've contacted you.", "I've written to you about this three times already."),
    ("It was this morning.", "It's been like this since {date}."),
    ("I have never had an account with you.", "I've been a customer for {small} years."),
    ("I was at home all day {day}.", "I was away from {day} so I wasn't in."),
    ("I paid for it myself.", "My mother paid for it, I've never paid anything."),
    ("I've tried everything.", "I haven't tried anything yet."),
    ("I got the email.", "I never got an email."),
    ("It's not urgent.", "I need this today."),
    ("I live in {city}.", "I'm in {city}, where I've always lived."),
    ("I did it on my phone.", "I don't own a phone."),
    ("Please call me.", "Please don't call, I have no phone."),
    ("It never worked.", "It worked fine yesterday."),
    ("Nobody has replied to me.", "When {first} replied she said the same."),
    ("My name is {name}.", "Yours, {name}"),
    ("I only have one.", "Both of them do it."),
]
LOST = [
    "it doesn't work",
    "it's not working",
    "it still doesn't work",
    "it's doing it again",
    "that didn't help",
    "same thing as last time",
    "did you get it",
    "why did it do that",
    "it's gone",
    "it won't let me",
    "can you change that to the other one",
    "where is it",
    "can you fix it",
    "it says no",
    "the thing is broken",
    "nothing happened",
    "how do I do that",
    "they said you could sort it",
    "is it done yet",
    "it was fine before",
    "I did what you said and now it's worse",
    "can I have it back",
    "that's not the one",
    "why is it like that",
    "I tried it and no",
    "what about the other one",
    "he told me to ask you",
    "it's wrong",
    "can you do the same as {day}",
    "it came up again at {clock}",
    "I don't want that any more",
]
LOST_BEFORE = ["", "", "", "hi ", "Hello, ", "ok so ", "still ", "so ", "sorry but ", "hey, ", "um ", "yeah ", "again, "]
LOST_BEHIND = ["", "", "", "", "?", "??", " please", " help", " 😩", "...", "!", " :(", " any ideas", " as usual", ", why"]
MADE_UP = [
    [
        "Platinum",
        "Family",
        "Midnight",
        "Forever",
        "Sunrise",
        "Double",
        "Gold Junior",
        "Weekend",
        "Infinity",
        "Heritage",
        "Solo",
        "Emerald",
        "Founders",
        "Silver Leaf",
    ],
    [
        "Plus plan",
        "Saver scheme",
        "Pass",
        "upgrade",
        "Club",
        "Guarantee",
        "Bundle",
        "button",
        "tab in the settings",
        "form",
        "Loyalty Tier",
        "desk",
        "Exchange",
        "Line",
    ],
]
NOT_THERE = [
    "How do I sign up for the {thing}?",
    "I can't find the {thing} any more, where did it go?",
    "{first} told me to ask for the {thing}.",
    "I'd like to use my {thing} for this.",
    "Please send me form {code}B by fax.",
    "It should have been there on {last}.",
    "Can you book it for {last}?",
    "My voucher {code} from the {city} Moon branch isn't accepted.",
    "I was told that you do this at {late}.",
    "Transfer me to the Department of {thing}.",
    "Your app version {version}.{small}.{small} has a {thing}, mine hasn't.",
    "As agreed with your Mr {name} on {last}.",
    "Please pay it out in {coin}.",
    "Can you ship it to {place}?",
    "It's in paragraph {small}{small}{small} of your terms.",
]
NO_DAYS = [
    "31 September",
    "30 February",
    "the 31st of November",
    "31 April",
    "29 February 2027",
    "the 32nd",
    "31/06",
    "the thirteenth month",
    "day 0 of next month",
]
NO_TIMES = ["25:30", "half past 26", "13 pm on the dot and also 13 am", "24:75", "the fifth weekend of February"]
NO_COINS = ["Galactic credits", "Zurich dollars", "Swiss pesos", "German francs", "Irish yen", "Texas euros"]
NO_PLACES = [
    "Atlantis",
    "the Republic of Ostrava-Karvinia",
    "Middle-earth",
    "Old Zealand",
    "North Portugal",
    "Lower Monaco",
    "zip code ABCDE",
    "221C Baker Street, floor -7",
]
ATTACHED = [
    "See attached.",
    "Screenshot attached.",
    "I've attached the photo.",
    "Please find attached.",
    "see pic",
    "look at the picture i sent",
    "as you can see in the attachment",
    "IMG_{number}.jpg",
    "[image]",
    "<Media omitted>",
    "[voice message 0:1{small}]",
    "Scan_{number}.pdf",
    "[attachment could not be displayed]",
    "here's the screenshot:",
    "(photo)",
    "sent you the file on {day}",
]
VAGUE = [
    "a few days ago",
    "the other week",
    "sometime after the thing in {city}",
    "last {day} or the {day} before",
    "next {day} or so",
    "this coming {day} (not tomorrow, the other one)",
    "in a bit",
    "around the start of the month, or the end",
    "not last {day} but the one before that",
    "when the clocks changed",
    "at like half {small}",
    "before the holidays",
    "by close of play",
    "tomorrow week",
    "{small} or {small} days back",
    "at {small} ish, my time",
]
BEHALF = [
    "I'm writing for my mum {first}, she can't use computers.",
    "This is for my boss, {name}.",
    "My dad asked me to ask you:",
    "Asking for a friend:",
    "My son wants to know:",
    "I'm {name}'s carer.",
    "On behalf of {company}:",
    "my gran says, quote,",
    "Hi, {first} here, it's {first}'s account but I do the typing.",
    "I translate for my husband:",
    "my flatmate {first} isn't here but",
]

CORRECTED = ["Sorry, I meant {right} not {wrong}", "no wait, {right}", "*{right}", "Actually it's {right}, {wrong} is the old one"]
DENIED = [
    "As I said, {other}.",
    "No, {other}, and no other.",
    "I have it here in black and white: {other}.",
    "It says {other} on the paper and {given} on the screen.",
]
WHEN = ["this was {when}", "it was {when}", "I need it {when}", "{when}", "happened {when}", "can you do it {when}"]


def two_requests(stream: Random, message: str, situation: Situation) -> str:
    """Two requests in one message; the second is `other`, where the recipe gives one."""
    first = nonblank(stream, message)
    pool = list(OFF_TOPIC) if "assistant" in situation.about.lower() else SECOND  # an assistant may be asked anything
    second = situation.other.strip() or like(first, one_of(stream, situation, pool))
    chain = stream.choice(CHAINS)
    if chain.startswith("{0}.") and first.rstrip()[-1:] in ".!?…":
        chain = chain.replace("{0}.", "{0}")
    if not re.search(r"(^|\n|\. |\) |First, )\{1\}", chain):
        second = going_on(second)
    return like(first, chain.replace("{0}", "\0").replace("{1}", "\1")).replace("\0", first).replace("\1", second)


def change_of_mind(stream: Random, message: str, situation: Situation) -> str:
    """In the middle of the message, or right behind it, something else is wanted."""
    message = nonblank(stream, message)
    words = message.split(" ")
    cut = len(words) if len(words) < 4 or stream.random() < 0.5 else stream.randint(len(words) // 2, len(words) - 1)
    begun = " ".join(words[:cut]).rstrip(" ,")
    numbers = [fact for fact in mentioned(message, situation.facts).values() if re.fullmatch(r"\d{3,}", fact)]
    if numbers and cut == len(words) and stream.random() < 0.4:
        wrong = stream.choice(numbers)
        return then(stream, message, like(message, one_of(stream, situation, CORRECTED, wrong=wrong, right=_mistyped(stream, wrong))))
    replacement = like(message, going_on(one_of(stream, situation, INSTEAD)))
    if situation.other.strip() and stream.random() < 0.5:
        replacement = situation.other.strip()
    return f"{begun}{stream.choice(BREAKS)}{like(message, stream.choice(TURNS))} {replacement}"


def _mistyped(stream: Random, number: str) -> str:
    """The number with two digits changed about, or one replaced."""
    swaps = [place for place in range(len(number) - 1) if number[place] != number[place + 1]]
    if not swaps:
        return number[:-1] + str((int(number[-1]) + stream.randint(1, 9)) % 10)
    place = stream.choice(swaps)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def contradiction(stream: Random, message: str, situation: Situation) -> str:
    """Two facts that cannot both be true, before and behind the message."""
    numbers = [fact for fact in mentioned(message, situation.facts).values() if re.fullmatch(r"\d{2,}(\.\d+)?", fact)]
    if numbers and stream.random() < 0.5:
        number = stream.choice(numbers)
        wrong_number = _mistyped(stream, number.split(".")[0]) + "".join(re.findall(r"\.\d+", number))
        return then(stream, message, like(message, one_of(stream, situation, DENIED, other=wrong_number, given=number)))
    first, second = stream.choice(OPPOSED)
    if stream.random() < 0.5:
        first, second = second, first
    opened = then(stream, like(message, one_of(stream, situation, [first])), message)
    return then(stream, opened, like(message, one_of(stream, situation, [second])))


def missing_referent(stream: Random, message: str, situation: Situation) -> str:
    """Nobody can know what is meant: "it doesn't work"."""
    return like(message, stream.choice(LOST_BEFORE) + one_of(stream, situation, LOST) + stream.choice(LOST_BEHIND))


def does_not_exist(stream: Random, message: str, situation: Situation) -> str:
    """Asks for a plan, a form, a day or a place that there is not."""
    choices = {"last": NO_DAYS, "late": NO_TIMES, "coin": NO_COINS, "place": NO_PLACES}
    details = {name: stream.choice(options) for name, options in choices.items()} | {"thing": " ".join(map(stream.choice, MADE_UP))}
    return around(stream, message, one_of(stream, situation, NOT_THERE, **details), before=0.2)


def off_topic(stream: Random, message: str, situation: Situation) -> str:
    """Meant for quite another application: none that has a word in common with what the recipe is about."""
    topic_words = content_words(" ".join([situation.about, message, *(fact for fact in situation.facts.values() if isinstance(fact, str))]))
    shared = {text: len(topic_words & content_words(f"{text} {field}")) for text, field in OFF_TOPIC.items()}
    fewest = min(shared.values())
    chosen = stream.choice([text for text, count in shared.items() if count == fewest])
    return like(message, one_of(stream, situation, [chosen]))


def missing_attachment(stream: Random, message: str, situation: Situation) -> str:
    """Speaks of a picture or file that did not come with it."""
    return around(stream, message, one_of(stream, situation, ATTACHED), before=0.2)


def vague_time(stream: Random, message: str, situation: Situation) -> str:
    """A time that could be any: next Friday or so."""
    when = one_of(stream, situation, WHEN, when=one_of(stream, situation, VAGUE))
    return around(stream, message, when, before=0.3)


def for_somebody_else(stream: Random, message: str, situation: Situation) -> str:
    """Typed by one person about another's affairs."""
    return then(stream, like(message, one_of(stream, situation, BEHALF)), message)


def wrong_reference(stream: Random, message: str, situation: Situation) -> str:
    """A reference in another company's format, or one digit short."""
    numbers = [fact for fact in mentioned(message, situation.facts).values() if re.fullmatch(r"[A-Za-z]*-?\d{4,}", fact)]
    if numbers:
        number = stream.choice(numbers)
        return message.replace(
            number,
            stream.choice(
                [number[:-1], f"{number}{stream.randint(0, 9)}", code(stream), number.replace("0", "O") if "0" in number else number[1:]]
            ),
        )
    return around(
        stream,
        message,
        one_of(
            stream,
            situation,
            [
                "ref {code}",
                "The number is {hex}{hex}",
                "my reference is {uuid}",
                "No. {small}",
                "it's {code}/{code}",
                "tracking 1Z{number}",
            ],
        ),
        before=0.2,
    )
