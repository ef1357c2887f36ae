"""What Claude says of a recipe when it is asked about it, a recipe to begin with, and what coding agents read."""

from synthgen.advice.critique import Critique, Finding, critique
from synthgen.advice.improve import Improvement, ProposedEdit, improve, write
from synthgen.advice.sample import rows_of
from synthgen.advice.skill import install, skill
from synthgen.advice.starter import Started, recipe_name, start

__all__ = [
    "Critique",
    "Finding",
    "Improvement",
    "ProposedEdit",
    "Started",
    "critique",
    "improve",
    "install",
    "recipe_name",
    "rows_of",
    "skill",
    "start",
    "write",
]
