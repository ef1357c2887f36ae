"""The reasons to refuse a row, one file each."""

from typing import Annotated

from pydantic import Discriminator

from synthgen.checks.lacks import Lacks
from synthgen.checks.length import Length
from synthgen.checks.matches import Matches
from synthgen.checks.not_copied import NotCopied
from synthgen.checks.shape import Check
from synthgen.checks.unique import Unique

AnyCheck = Annotated[Lacks | Length | Matches | NotCopied | Unique, Discriminator("kind")]

__all__ = ["AnyCheck", "Check", "Lacks", "Length", "Matches", "NotCopied", "Unique"]
