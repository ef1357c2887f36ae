"""Questions whose answers become a recipe."""

from synthgen.interview.answers import Answers, save
from synthgen.interview.led import Said
from synthgen.interview.questions import Question, complete, next_question
from synthgen.interview.replies import checked, load, understood
from synthgen.interview.writing import TABLE, add_rows, write

__all__ = [
    "TABLE",
    "Answers",
    "Question",
    "Said",
    "add_rows",
    "checked",
    "complete",
    "load",
    "next_question",
    "save",
    "understood",
    "write",
]
