"""What no company wants in its test data: profanity and hate, sex, violence, self-harm. The lists are synthgen's own, under its licence."""

from synthgen.harm.profanity import profane
from synthgen.harm.search import harms

__all__ = ["harms", "profane"]
