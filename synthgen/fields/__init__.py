"""The kinds of fields, one file each."""

from typing import Annotated

from pydantic import Discriminator

from synthgen.fields.choice import Choice
from synthgen.fields.claude import Claude
from synthgen.fields.conversation import Conversation
from synthgen.fields.date import Date
from synthgen.fields.edge_case import EdgeCase
from synthgen.fields.fake import Fake
from synthgen.fields.id import Id
from synthgen.fields.judge import Judge
from synthgen.fields.load import Load
from synthgen.fields.noise import Noise
from synthgen.fields.number import Number
from synthgen.fields.reply import Reply
from synthgen.fields.revise import Revise
from synthgen.fields.shape import Asked, FieldShape, PythonField
from synthgen.fields.solve import Solve
from synthgen.fields.template import Template
from synthgen.fields.typed import Typed

AnyField = Annotated[
    Choice
    | Claude
    | Conversation
    | Date
    | EdgeCase
    | Fake
    | Id
    | Judge
    | Load
    | Noise
    | Number
    | Reply
    | Revise
    | Solve
    | Template
    | Typed,
    Discriminator("kind"),
]

__all__ = [
    "AnyField",
    "Asked",
    "Choice",
    "Claude",
    "Conversation",
    "Date",
    "EdgeCase",
    "Fake",
    "FieldShape",
    "Id",
    "Judge",
    "Load",
    "Noise",
    "Number",
    "PythonField",
    "Reply",
    "Revise",
    "Solve",
    "Template",
    "Typed",
]
