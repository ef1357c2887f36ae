"""Which edge cases occur among real messages, and how often: by patterns that a message of the case has and others hardly ever.

Only cases that a message shows by itself are looked for: that a second request stands in one, or that it is off the topic, is for people
to see. Empty messages are no messages in a file, so that they are not counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

LEAST = 2
"""Messages that a case is found in, at least."""
USUAL = 0.05
"""A case that more than this share of the messages are is no edge case there, but how people type."""
MUCH = 150
"""Words from which on a message is very long."""
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
LETTER = re.compile(r"[^\W\d_]")
LATIN_SHARE = 0.5
GREETING = r"(?:hi+|hello+|hey+|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings)(?: there| all| team)?"
THANKS = r"(?:ok |great |many |perfect )?(?:thanks?|thank you|thx|ty|cheers|tysm)(?: (?:so|very) much| a lot| you)?"


def _whole(pattern: str) -> Callable[[str], bool]:
    """Whether a message is this and no more, but for marks around it."""
    compiled = re.compile(rf"\W*{pattern}\W*", re.IGNORECASE)
    return lambda message: compiled.fullmatch(message) is not None


def _somewhere(pattern: str, flags: int = re.IGNORECASE) -> Callable[[str], bool]:
    compiled = re.compile(pattern, flags)
    return lambda message: compiled.search(message) is not None


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) == "So" or 0x1F000 <= ord(sign) <= 0x1FAFF


def _emoji_only(message: str) -> bool:
    return not re.search(r"\w", message) and any(map(_is_emoji, message))


def _punctuation_only(message: str) -> bool:
    return not re.search(r"\w", message) and not any(map(_is_emoji, message))


def _all_capitals(message: str) -> bool:
    letters = LETTER.findall(message)
    return len(message.split()) > 2 and len(letters) > 9 and message.isupper()


def _sent_twice(message: str) -> bool:
    words = message.casefold().split()
    half = len(words) // 2
    return half > 1 and len(words) % 2 == 0 and words[:half] == words[half:]


def _over_and_over(message: str) -> bool:
    words = message.casefold().split()
    return len(words) > 3 and len(set(words)) == 1


def _other_script(message: str) -> bool:
    """Whether most letters are of another alphabet; what is usual is for `odd_cases` to say."""
    letters = LETTER.findall(message)
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return len(letters) > 2 and latin < LATIN_SHARE * len(letters)


FOREIGN = {
    "es": "el la los las que de por para con una mi está es quiero hola gracias se en cómo dónde",
    "fr": "le la les des que de pour avec pas une mon est je suis bonjour merci vous nous dans et",
    "de": "der das ich ist nicht und ein eine mein für mit wie kann danke bitte wo wann habe auf",
    "pt": "os que de por para com não uma um meu está é quero obrigado eu em onde",
    "it": "il lo la gli che di per con una mio è voglio ciao grazie sono dove",
}
"""Function words of languages that are written in Latin letters."""
ENGLISH = {"the", "my", "it", "of", "and", "for", "not", "you", "can", "what", "how", "with", "have", "this", "that", "are", "be", "is"}
SHARE = 0.35
"""Of the words of a message of four words or more, so many are function words of its language."""


def _other_language(message: str) -> bool:
    words = re.findall(r"[^\W\d_]+", message.casefold())
    if _other_script(message):
        return True
    if len(words) < 4 or not ENGLISH.isdisjoint(words):
        return False
    counts = [[word for word in words if word in language.split()] for language in FOREIGN.values()]
    return any(len(of_language) >= SHARE * len(words) and len(set(of_language)) > 1 for of_language in counts)


DETECTORS: dict[str, Callable[[str], bool]] = {
    "emoji only": _emoji_only,
    "punctuation only": _punctuation_only,
    "only a number": _whole(r"\d[\d\s.,/-]*"),
    "only a link": lambda message: LINK.fullmatch(message.strip()) is not None,
    "only a greeting": _whole(GREETING),
    "only thanks": _whole(THANKS),
    "null text": _whole(r"(?:null|nan|undefined|\[object Object\])"),
    "test message": _whole(r"(?:test(?:ing)?(?: \d+| test)*|asdf\w*|qwert\w*)"),
    "never mind": _whole(r"(?:never ?mind|nvm|forget it)(?: .{0,30})?"),
    "pasted stack trace": _somewhere(r"Traceback \(most recent|\bat [\w.$]+\([\w.]+:\d+\)|\w+(?:Error|Exception): "),
    "pasted log": _somewhere(r"\d{2}:\d{2}:\d{2}[.,\d]*\s+\[?(?:INFO|WARN|ERROR|DEBUG|FATAL)"),
    "pasted json": _somewhere(r"\{\s*\"\w+\"\s*:"),
    "pasted html": _somewhere(r"<(?:div|p|br|a|span|table|html|body|td|li)\b[^>]*>"),
    "pasted sql": _somewhere(r"\bselect\b.+\bfrom\b.+\bwhere\b|\binsert into\b.+\bvalues\b"),
    "quoted reply": _somewhere(r"\bOn .{5,60} wrote:|-----Original Message-----|^>{1,2} "),
    "mail signature": _somewhere(r"sent from (?:my|outlook|yahoo|mail)\b|get outlook for|\b(?:kind|best) regards,? \w+"),
    "unfilled template": _somewhere(r"\{\{\s*\w+\s*\}\}|\[(?:first name|name|insert \w+)\]"),
    "html entities": _somewhere(r"&(?:amp|lt|gt|quot|nbsp|#\d{2,4});"),
    "mojibake": _somewhere(r"Ã[\x80-\xbf¡-¿©¨¤¶¼]|â€[™œ\x9d\"˜¦]", 0),
    "lost letters": _somewhere("\ufffd"),
    "zero width": _somewhere("[\u200b\u200c\u2060\ufeff\u00ad]", 0),
    "control characters": _somewhere("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", 0),
    "prompt injection": _somewhere(
        r"\b(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:your |the |my )?(?:previous|prior|above|earlier) "
    ),
    "system prompt request": _somewhere(r"\b(?:system prompt|your (?:initial |original )?instructions)\b"),
    "wants a human": _somewhere(
        r"\b(?:speak|talk|chat|connect\w*|put me through) (?:me )?(?:to|with) (?:an? |some)(?:real |live |actual )?"
        r"(?:human|person|agent|one|body|representative)"
    ),
    "sent twice": _sent_twice,
    "one word over and over": _over_and_over,
    "all capitals": _all_capitals,
    "very long": lambda message: len(message.split()) > MUCH,
    "other language": _other_language,
    "bare answer": _whole(
        r"(?:yes|yeah|yep|yup|no|nope|ok|okay|sure|correct|right|fine|both|neither|none|(?:the )?(?:first|second|last)(?: one)?)"
    ),
    "one word": lambda message: len(message.split()) == 1 and LETTER.search(message) is not None,
}
"""How a message of a case is told, those first that say more."""


def case_of(message: str) -> str:
    """The edge case that a message is; empty where it is none that can be seen."""
    return next((case for case, is_case in DETECTORS.items() if is_case(message)), "")


def odd_cases(messages: Iterable[str]) -> tuple[dict[str, int], Sequence[str]]:
    """How many messages are of each edge case that occurs, the most frequent first, and the messages that are of none of them."""
    pairs = [(case_of(message), message) for message in messages]
    counts = Counter(case for case, _ in pairs if case)
    kept = {case: count for case, count in counts.most_common() if LEAST <= count <= USUAL * len(pairs)}
    return kept, [message for case, message in pairs if case not in kept]
