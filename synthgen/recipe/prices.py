"""What a recipe says of the price of a model."""

from __future__ import annotations

from pydantic import Field

from synthgen.spec.parts import Part


class Prices(Part):
    """What a model costs, in US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_write: float | None = Field(None, ge=0, description="writing the prompt cache (default: 1.25 times input)")
    cache_read: float | None = Field(None, ge=0, description="reading the prompt cache (default: 0.1 times input)")
    batch: float = Field(0.5, ge=0, le=1, description="what a request in a batch costs of the price")
