"""A search for sexual, hateful and violent text, and for self-harm, by words: quick, and without a model.

Words of violence are looked for with whom they are done to: a process may be killed, and a shot be taken of a screen.
"""

from __future__ import annotations

import re
from functools import cache

from synthgen.harm.profanity import profanities

_WHOM = (
    r"(?:him|her|them|you|u|people|everyone|every ?body|someone|some ?body|us|my (?:\w+ "
    r")?(?:wife|husband|son|daughter|mother|father|mum|mom|dad|brother|sister|boss|neighbou?r|girlfriend|boyfriend|partner|kids?|child(?:ren)?|family))"
)
_SELF = r"(?:myself|my ?self|yourself|your ?self|himself|herself|themselves)"
PATTERNS = {
    "sexual": rf"(?:have|had|having|want|wants|for|like|likes) sex|sex "
    rf"with|sexual(?:ly)?|sext(?:s|ing)?|nudes?|naked|undress(?:ed|ing)?|orgasms?|masturbat\w*|prostitut\w*|escorts?|strip "
    rf"?clubs?|incest|molest\w*|grop(?:e|ed|ing)|rap(?:e|ed|es|ist|ists|ing) ?{_WHOM}?|(?:was|been|got|being) "
    rf"raped|rapists?|ped(?:o|ophile|ophilia)s?|child porn\w*|onlyfans",
    "hateful": r"(?:hate|kill|deport|ban|against) (?:all )?(?:the |those |these )?(?:jews?|muslims?|christians|blacks?|black "
    r"people|whites?|white people|gays?|gay people|lesbians|trans(?:gender)? "
    r"people|immigrants|foreigners|asians?|mexicans|arabs|indians|women)|white power|white suprem\w*|sieg heil|heil hitler|racial "
    r"purity|master race|holocaust",
    "violent": rf"(?:kill(?:ed|ing|s)?|murder(?:ed|ing|s)?|shoot(?:ing|s)?|shot|stab(?:bed|bing|s)?|strangl(?:e|ed|ing)|behead(?:ed|ing)?|tortur(?:e|ed|ing)|attack(?:ed|ing)?|beat(?:en|ing)? up|punch(?:ed|ing)?|slap(?:ped|ping)?|poison(?:ed|ing)?|kidnap(?:ped|ping)?|drown(?:ed|ing)?|hang(?:ed|ing)?) {_WHOM}|(?:was|were|been|got|get|being) (?:murdered|stabbed|beheaded|tortured|strangled|kidnapped|lynched|beaten to death)|murder(?:er|ers|s)?|massacres?|genocides?|terroris[mt]s?|suicide bomb\w*|bomb (?:threat|attack)s?|(?:plant|planted|build|make|made|set off) (?:a|the) bombs?|blow up (?:the|your|a) \w+|school shoot\w*|mass shoot\w*|gunm[ae]n|at gunpoint|with a (?:gun|knife|machete)|domestic (?:violence|abuse)|police (?:violence|brutality)|dead bod(?:y|ies)|corpses?|blood everywhere|violence",  # noqa: E501
    "self-harm": rf"suicid(?:e|es|al)|self[ -]?harm\w*|kms|(?:kill|hurt|harm|cut|hang|shoot|drown|starve)(?:ing|ting)? "
    rf"{_SELF}|(?:end|ending|take|taking) my (?:own )?life|want to die|wanna die|slit(?:ting)? my wrists?|overdos(?:e|ed|ing) on|better "
    rf"off dead|no reason to live",
}
"""By kind of harm an expression for what is typed, in small letters."""


def harms(text: str) -> frozenset[str]:
    """What a text has of this, as it is typed there but for capitals; nothing where it may be in anybody's test data."""
    words = {word for word in profanities(text) if not word.replace(" ", "").isdigit()}  # an order may have any number
    return frozenset(words) | {" ".join(match[0].split()) for match in _patterns().finditer(text.lower().replace("\u2019", "'"))}


@cache
def _patterns() -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in PATTERNS.values()))
