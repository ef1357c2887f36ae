"""How one row of a finished output came about."""

from synthgen.provenance.why import Why, why

__all__ = ["Why", "why"]
