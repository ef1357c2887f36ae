"""Who is talking: a model that has read help pages and chats answers its own questions, as the one side of a talk should not."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OURS = (
    r"order|parcel|package|delivery|card|account|refund|payment|top[- "
    r"]?up|transfer|membership|subscription|request|ticket|password|class|booking|reservation|direct "
    r"debit|application|claim|message|enquiry|query"
)
ANSWERS = [
    r"^(?:dear|hello|hi),? (?:valued )?(?:customer|sir|madam|guest|member|user)\b",
    r"\bthank(?:s| you) for (?:contacting|your "
    r"(?:message|patience|enquiry|order|e-?mail|call|custom|feedback|interest|purchase)|reaching out|getting in touch|letting us "
    r"know|being)\b",
    r"\b(?:we|i)(?: a|')?re? (?:very |so |really )?sorry (?:to hear|for (?:any|the|your) (?:inconvenience|delay|trouble))",
    r"\bsorry (?:to hear|for (?:any|the) inconvenience)\b",
    r"^we(?:'ve| have| are| will|'ll|'re| can|'d| would| do not| don't| cannot| can't| need| offer| accept| apologi[sz]e)\b",
    r"\b(?:our (?:team|agents?|advisors?|staff|customers?|policy|apologies|records|website|support team)|customer service will)\b",
    r"^please (?:contact|call us|visit|note|be (?:aware|advised)|allow|reply|wait|enter|provide|let us know|make "
    r"sure|ensure|click|select|log in|go to|see our|refer|bear with)\b",
    r"\b(?:how (?:can|may) (?:i|we) (?:help|assist)|is there anything else|can i help you|may i have your|could you (?:please "
    r")?(?:provide|confirm) your)\b",
    rf"^(?:yes,? |hi,? |hello,? |sorry,? )?your (?:new |next |first )?(?:{_OURS})s? "
    rf"(?:has|have|is|are|was|were|will|can|may|must|should|needs?|could)\b",
    r"^you (?:can (?:also |now |only |always "
    r")?(?:find|call|contact|check|use|go|change|do|cancel|request|see|log|reset|pay|view|update|get|apply|speak|track)|will "
    r"(?:receive|be|get|need|find)|must\b|should (?:receive|be able|contact|check|see|have received)|may (?:also|need|be)|need to "
    r"(?:contact|call|log|go|provide|enter))",
]
"""What the other side says, in small letters."""


class Side:
    """The side that `seeds` are typed on. What they say is looked up when a message first says it: logs are long."""

    def __init__(self, seeds: Sequence[str]) -> None:
        self._seeds, self._in_seeds = seeds, dict[str, bool]()

    def is_left(self, message: str) -> bool:
        """Whether a message says what the other side does, and no seed message says."""
        text = message.casefold().replace("\u2019", "'")
        return any(re.search(answer, text) and not self._is_seeded(answer) for answer in ANSWERS)

    def _is_seeded(self, answer: str) -> bool:
        if answer not in self._in_seeds:
            self._in_seeds[answer] = any(re.search(answer, seed.casefold()) for seed in self._seeds)
        return self._in_seeds[answer]
