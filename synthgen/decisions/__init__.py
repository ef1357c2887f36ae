"""What reviewers decided of the rows of an output: kept beside it, and the rows with that applied."""

from synthgen.decisions.decision import Decision, seen
from synthgen.decisions.review import Review
from synthgen.decisions.standing import Standing, apply

__all__ = ["Decision", "Review", "Standing", "apply", "seen"]
