"""Questions whose answers become a recipe."""

from synthgen.interview.answers import Answers, save
from synthgen.interview.led import Said
from synthgen.interview.more import chosen, recipe_of_more
from synthgen.interview.questions import Question, next_question
from synthgen.interview.replies import checked, load, understood
from synthgen.interview.writing import write

__all__ = ["Answers", "Question", "Said", "checked", "chosen", "load", "next_question", "recipe_of_more", "save", "understood", "write"]
