"""The reasons to refuse a row, one file each."""

from typing import Annotated

from pydantic import Discriminator

from synthgen.checks.agrees import Agrees
from synthgen.checks.balance import Balance
from synthgen.checks.harmless import Harmless
from synthgen.checks.lacks import Lacks
from synthgen.checks.length import Length
from synthgen.checks.matches import Matches
from synthgen.checks.near_duplicate import NearDuplicate
from synthgen.checks.not_copied import NotCopied
from synthgen.checks.on_topic import OnTopic
from synthgen.checks.passed import Passed
from synthgen.checks.shape import Check
from synthgen.checks.sounds_like import SoundsLike
from synthgen.checks.unique import Unique

AnyCheck = Annotated[
    Agrees | Balance | Harmless | Lacks | Length | Matches | NearDuplicate | NotCopied | OnTopic | Passed | SoundsLike | Unique,
    Discriminator("kind"),
]

__all__ = [
    "Agrees",
    "AnyCheck",
    "Balance",
    "Check",
    "Harmless",
    "Lacks",
    "Length",
    "Matches",
    "NearDuplicate",
    "NotCopied",
    "OnTopic",
    "Passed",
    "SoundsLike",
    "Unique",
]
