"""The same message in another form: cut off, doubled, shouted, dictated, or with something that came along."""

from __future__ import annotations

import math
import re
from random import Random

from synthgen.fields.edges.details import drawn, fake, one_of
from synthgen.fields.edges.ramble import SENTENCES
from synthgen.fields.edges.situation import Situation, lettered, like, mentioned, nonblank, then

WORD = re.compile(r"[^\W\d_]{2,}")
STOCK = ["hi can you help me with something", "Hello, I am writing about", "i was wondering whether you could", "please can someone"]
SIGNED = [
    "Sent from my iPhone",
    "Sent from my iPad",
    "Sent from my Galaxy",
    "Sent from my Samsung Galaxy smartphone.",
    "Get Outlook for iOS",
    "Sent from Outlook for Android",
    "Sent from Yahoo Mail on Android",
    "Sent from my Huawei phone",
    "Sent from my phone, excuse typos",
    "--\n{name}\n{company}\nT: {phone}",
    "Kind regards,\n{name}\n{company} | {phone} | {email}",
    "-- \n{name}\n{street}\n{city}",
    "Best,\n{first}\n\nPlease consider the environment before printing this email.",
    "{name}\n{company}\n\nThis message is confidential and meant for the addressee. If you have it in error, please delete it.",
    "Regards\n{name}\nM {phone}\n\nSent from my iPhone",
    "Virus-free. www.example.com",
]
AUTOFILL = [
    "{name}\n{street}\n{city}\n{postcode}",
    "{name} {email} {phone}",
    "{email}",
    "{first}{email}",
    "{name}, {street}, {city} {postcode}",
    "{email}\n••••••••••",
    "Mr {name} {phone} {street} {city}",
    "{phone}{postcode}",
    "{email}{email}",
    "{name}{name}",
]
SPOKEN = {",": "comma", ".": "full stop", "?": "question mark", "!": "exclamation mark", ":": "colon", "\n": "new line", "…": "dot dot dot"}
FILLERS = ["um", "uh", "erm", "you know", "like", "okay so", "right"]
STOPS = [". ", ". ", ". ", " ", " and ", ", ", "... "]
LEADS = ["so my question is", "anyway.", "what I actually want to know:", "", "", "the short version is", "so"]
STARTS = ["okay so", "hey", "right um", "hi yeah", "so basically", "erm", "yeah hi"]
ENDS = ["okay thanks", "yeah that's it", "send", "okay send that", "um thank you", "delete that no", "thank you bye"]
ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
COUNTED = ["It was {money} in total", "The number is {number}", "I waited {small} hours", "ref {number}", "call me on 0{number}"]
MONEY = {"£": "pounds", "$": "dollars", "€": "euros"}

# One string for each keyboard, key by key: what comes out where the typist meant another keyboard.
_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,./"
KEYBOARDS = {
    "azerty": "azertyuiop^$qsdfghjklmùwxcvbn,;:!",
    "russian": "йцукенгшщзхъфывапролджэячсмитьбю.",
    "ukrainian": "йцукенгшщзхїфівапролджєячсмитьбю.",
    "hebrew": "/'קראטוןםפ][שדגכעיחלךף,זסבהנמצתץ.",
    "greek": ";ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,./",
    "arabic": "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرﻻىةوزظ",
    "dvorak": "',.pyfgcrl/=aoeuidhtns-;qjkxbmwvz",
    "one key to the right": "wertyuiop[]\\sdfghjkl;'#xcvbnm,./?",
}


def truncated(stream: Random, message: str, situation: Situation) -> str:
    """Cut off in the middle of a word."""
    words = list(WORD.finditer(message))
    if not words:
        message = stream.choice(STOCK)
        words = list(WORD.finditer(message))
    late = [word for word in words if word.end() > 0.4 * len(message)] or words[-1:]
    word = stream.choice(late)
    first = min(max(word.start() + 1, math.ceil(0.4 * len(message))), word.end() - 1)
    return message[: stream.randint(first, word.end() - 1)]


def sent_twice(stream: Random, message: str, situation: Situation) -> str:
    """The whole message twice, as after a slow connection."""
    message = nonblank(stream, message)
    suffix = stream.choice(["", "", "", "", "?", "??", " pls", "\n(sorry if this sends twice)", "\nnot sure the first one went through"])
    times = stream.choice([2, 2, 2, 2, 3])
    return stream.choice([" ", "\n", "\n", "\n\n", ""]).join([message] * times) + suffix


def very_long(stream: Random, message: str, situation: Situation) -> str:
    """The message inside a story of 150 to 1,200 words."""
    words, sentences, count = int(150 * 8 ** stream.random()), list[str](), 0
    while count < words:
        for sentence in stream.sample(SENTENCES, k=len(SENTENCES)):
            sentences.append(like(message, drawn(stream, situation, sentence)).removesuffix("."))
            count += len(sentence.split())
            if count >= words:
                break
    if message.strip():
        sentences.insert(stream.randrange(len(sentences) + 1), f"{like(message, stream.choice(LEADS))} {message}".strip())
    stop, breaks = stream.choice(STOPS), stream.choice([0, 0, 0.1, 0.2])
    gaps = ["\n\n" if stream.random() < breaks else " " if sentence[-1] in ".!?…" else stop for sentence in sentences]
    return "".join(map(str.__add__, sentences, [*gaps[:-1], ""]))


def all_capitals(stream: Random, message: str, situation: Situation) -> str:
    """SHOUTED FROM BEGINNING TO END."""
    shouted = lettered(stream, message).upper()
    return shouted.rstrip(".") + stream.choice(
        ["", "", "", "!", "!!!", "?!", " PLEASE", " NOW", " ASAP", " HELLO?", " SORRY CAPS LOCK STUCK"]
    )


def dictation(stream: Random, message: str, situation: Situation) -> str:
    """Spoken to a phone: no punctuation, or all of it in words."""
    message = nonblank(stream, message).lower()
    spelled = stream.random() < 0.4
    for mark, word in SPOKEN.items():
        pattern = rf"{re.escape(mark)}(?=\s|$)" if mark != "\n" else r"\n+"
        message = re.sub(pattern, f" {word} " if spelled else " ", message)
    words = re.sub(r"(?<!\d)[^\w\s'’£$€@%&-]|[^\w\s'’£$€@%&-](?!\d)", " ", message).split()
    spoken = []
    for word in words:
        spoken += [stream.choice(FILLERS), word] if stream.random() < 0.06 else [word]
    start, end = stream.choice(["", "", stream.choice(STARTS)]), stream.choice(["", "", stream.choice(ENDS)])
    return " ".join(part for part in (start, *spoken, end) if part)


def wrong_keyboard(stream: Random, message: str, situation: Situation) -> str:
    """Typed on another keyboard than the typist thought: French, Russian, Hebrew, or one key to the right."""
    message = lettered(stream, message)
    words = message.split(" ")
    first = stream.randrange(len(words)) if len(words) > 3 and stream.random() < 0.25 else 0  # it begins half-way
    wrong = " ".join(words[first:])
    if not re.search("[A-Za-z]{2}", wrong):
        first, wrong = 0, message
    typed = {wrong.translate(_keys(layout)): None for layout in KEYBOARDS.values()}
    return " ".join([*words[:first], stream.choice([text for text in typed if text != wrong])])


def _keys(layout: str) -> dict[int, str]:
    keys = dict(zip(_QWERTY, layout, strict=True))
    return {ord(key): character for key, character in keys.items()} | {
        ord(key.upper()): character.upper() for key, character in keys.items() if key.isalpha()
    }


def very_many_spaces(stream: Random, message: str, situation: Situation) -> str:
    """Spaces and empty lines between the words, far more than anybody needs."""
    words = nonblank(stream, message).split()
    gap = stream.choice([" ", "\n", " \n", "\t", "\u00a0", "  "])
    most = stream.choice([3, 8, 30, 120])
    spaced = "".join(word + gap * stream.choice([1, 1, stream.randint(2, most)]) for word in words)
    return gap * stream.randint(0, most) + spaced.rstrip() + gap * stream.randint(most // 2 + 1, most + 2)


def long_word(stream: Random, message: str, situation: Situation) -> str:
    """Hundreds of characters without a space."""
    message = nonblank(stream, message)
    length = stream.choice([80, 200, 500, 2000])
    kind = stream.randrange(4)
    if kind == 0:
        joined = "".join(message.split())
        return (joined * (length // len(joined) + 1))[: max(length, len(joined))]
    words = message.split()
    place = stream.randrange(len(words))
    noise = "".join(stream.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))
    run = [stream.choice("aehoms!?.") * length, noise, words[place] + words[place][-1] * length][kind - 1]
    return " ".join([*words[: place + 1], run, *words[place + 1 :]])


def one_word_over_and_over(stream: Random, message: str, situation: Situation) -> str:
    """One word of it, dozens of times."""
    words = re.findall(r"\w{2,}", nonblank(stream, message)) or ["hello"]
    repeated = stream.choice([" ", " ", ", ", "\n", "! "]).join([stream.choice(words)] * stream.choice([6, 15, 40, 150]))
    return then(stream, message, repeated)


def numbers_as_words(stream: Random, message: str, situation: Situation) -> str:
    """Each number in words: "four eight two", "forty-eight"."""
    message = nonblank(stream, message)
    if not re.search("[0-9]", message):
        message = then(stream, message, like(message, one_of(stream, situation, COUNTED)))
    message = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", message)
    message = re.sub(r"([£$€]) ?([0-9]+(?:[.][0-9]+)?)", lambda match: f"{match[2]} {MONEY[match[1]]}", message)
    message = re.sub(r"(?<=[0-9])[.](?=[0-9])", " point ", message)
    message = re.sub(r"(?<=[^\W\d_])(?=[0-9])|(?<=[0-9])(?=[^\W\d_])", " ", message)
    return re.sub("[0-9]+", lambda match: _in_words(stream, match[0]), message)


def _in_words(stream: Random, digits: str) -> str:
    value = int(digits) if len(digits) < 5 else 0
    if 0 < value < 10_000 and digits[0] != "0" and (value < 100 or stream.random() < 0.4):
        return _whole(value)
    runs = [match[0] for match in re.finditer(r"([1-9])\1(?!\1)|.", digits)]
    return " ".join("double " * (len(run) - 1) + (ONES[int(run[0])] if run != "0" else stream.choice(["oh", "zero"])) for run in runs)


def _whole(value: int) -> str:
    if value < 20:
        return ONES[value]
    if value < 100:
        return TENS[value // 10] + (f" {ONES[value % 10]}" if value % 10 else "")
    size, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    remainder = value % size
    return f"{_whole(value // size)} {name}" + (f" {'and ' if remainder < 100 else ''}{_whole(remainder)}" if remainder else "")


def mail_signature(stream: Random, message: str, situation: Situation) -> str:
    """With the signature of a mail program or a company below."""
    return f"{message}\n\n{one_of(stream, situation, SIGNED)}".lstrip()


def autofill_junk(stream: Random, message: str, situation: Situation) -> str:
    """The browser has filled in names, addresses and phone numbers around it."""
    junk = one_of(stream, situation, AUTOFILL)
    if stream.random() < 0.2 and message.strip():
        words = message.split(" ")
        place = stream.randrange(len(words) + 1)
        return " ".join([*words[:place], junk, *words[place:]])
    return stream.choice(
        [f"{junk}{message}", f"{junk} {message}", f"{message}{junk}", f"{message} {junk}", f"{message}\n{junk}", f"{junk}\n{message}"]
    ).strip()


def unfilled_template(stream: Random, message: str, situation: Situation) -> str:
    """Another tool's template that was sent before its places were filled: Dear {{first_name}}."""
    shape = stream.choice(["{{{{{}}}}}", "{{{{ {} }}}}", "<{}>", "[{}]", "%{}%", "${{{}}}", "__{}__", "{{{}}}", "*|{}|*"])

    def place(name: str) -> str:
        return shape.format(name.upper() if shape[0] in "[%*_" else name)

    for name, fact in mentioned(message, situation.facts).items():
        message = message.replace(fact, place(name))
    greeted = stream.choice(["Dear {},", "Hi {},", "Hello {}", "hey {}"]).format(
        place(stream.choice(["first_name", "customer_name", "name", "username", "FNAME"]))
    )
    ended = stream.choice(["Regards, {}", "Ref: {}", "(ticket {})", "{}", "sent on {}"]).format(
        place(stream.choice(["ticket_id", "agent_name", "date", "signature", "order_number", "company"]))
    )
    form = stream.randrange(4)
    return "\n".join(part for part in (greeted if form != 1 else "", message, ended if form in (1, 2) else "") if part)


def inverted_case(stream: Random, message: str, situation: Situation) -> str:
    """tYPED WITH CAPS LOCK ON, or oNe LeTtEr UP, oNe DoWn."""
    message = lettered(stream, message)
    if stream.random() < 0.6:
        return (message[:1].upper() + message[1:]).swapcase()
    turn = stream.randrange(2)
    return "".join(letter.upper() if (place + turn) % 2 else letter.lower() for place, letter in enumerate(message))


def slow_typist(stream: Random, message: str, situation: Situation) -> str:
    """One message sent in several lines, in the rhythm of a chat."""
    words = nonblank(stream, message).split()
    lines: list[str] = [stream.choice(["hi", "hello", "hey", "Hi"])] if stream.random() < 0.5 else []
    while words:
        size = stream.randint(1, 6)
        lines.append(" ".join(words[:size]))
        words = words[size:]
    lines += (
        [stream.choice(["?", "??", "hello?", "u there", fake(stream, "first_name", "en_GB")])]
        if stream.random() < 0.4 or len(lines) == 1
        else []
    )
    return "\n".join(lines)
