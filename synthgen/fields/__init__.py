"""The kinds of fields, one file each."""

from typing import Annotated

from pydantic import Discriminator

from synthgen.fields.choice import Choice
from synthgen.fields.date import Date
from synthgen.fields.fake import Fake
from synthgen.fields.id import Id
from synthgen.fields.load import Load
from synthgen.fields.number import Number
from synthgen.fields.shape import Asked, FieldShape, Made
from synthgen.fields.template import Template
from synthgen.fields.typed import Typed

AnyField = Annotated[Choice | Date | Fake | Id | Load | Number | Template | Typed, Discriminator("kind")]

__all__ = [
    "AnyField", "Asked", "Choice", "Date", "Fake", "FieldShape", "Id", "Load", "Made", "Number",
    "Template", "Typed",
]  # fmt: skip
