"""Plan and models to a stream of rows."""

from synthgen.engine.parents import candidates
from synthgen.engine.run import Chunk, Refused, Stage, TableRun, TableState

__all__ = ["Chunk", "Refused", "Stage", "TableRun", "TableState", "candidates"]
