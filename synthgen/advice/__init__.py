"""What Claude says of a recipe when it is asked about it, and a recipe to begin with."""

from synthgen.advice.critique import Critique, Finding, critique
from synthgen.advice.improve import Change, Improvement, improve, write
from synthgen.advice.sample import rows_of
from synthgen.advice.starter import Started, start

__all__ = ["Change", "Critique", "Finding", "Improvement", "Started", "critique", "improve", "rows_of", "start", "write"]
