"""Questions whose answers become a recipe."""

from synthgen.interview.answers import Answers, save
from synthgen.interview.led import Said
from synthgen.interview.questions import Question, complete, next_question
from synthgen.interview.replies import checked, load, understood
from synthgen.interview.writing import write

__all__ = ["Answers", "Question", "Said", "checked", "complete", "load", "next_question", "save", "understood", "write"]
