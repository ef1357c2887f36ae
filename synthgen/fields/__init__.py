"""The kinds of fields, one file each."""

from typing import Annotated

from pydantic import Discriminator

from synthgen.fields.choice import Choice
from synthgen.fields.date import Date
from synthgen.fields.edge_case import EdgeCase
from synthgen.fields.fake import Fake
from synthgen.fields.id import Id
from synthgen.fields.load import Load
from synthgen.fields.noise import Noise
from synthgen.fields.number import Number
from synthgen.fields.shape import Asked, FieldShape, Made
from synthgen.fields.template import Template
from synthgen.fields.typed import Typed

AnyField = Annotated[Choice | Date | EdgeCase | Fake | Id | Load | Noise | Number | Template | Typed, Discriminator("kind")]

__all__ = [
    "AnyField", "Asked", "Choice", "Date", "EdgeCase", "Fake", "FieldShape", "Id", "Load", "Made", "Noise", "Number",
    "Template", "Typed",
]  # fmt: skip
