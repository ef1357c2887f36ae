"""Plan and models to a stream of rows."""

from synthgen.engine.chunk import Chunk, Refused, Stage, TableState
from synthgen.engine.parents import candidates
from synthgen.engine.run import TableRun

__all__ = ["Chunk", "Refused", "Stage", "TableRun", "TableState", "candidates"]
