"""Plan and models to a stream of rows."""

from synthgen.engine.parents import candidates
from synthgen.engine.run import Chunk, Refused, State, TableRun

__all__ = ["Chunk", "Refused", "State", "TableRun", "candidates"]
