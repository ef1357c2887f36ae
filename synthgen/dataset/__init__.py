"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.names import JOURNAL, MANIFEST, MARK
from synthgen.dataset.place import Output
from synthgen.dataset.progress import Progress
from synthgen.dataset.store import TableStore

__all__ = ["JOURNAL", "MANIFEST", "MARK", "Dataset", "Output", "Progress", "TableStore"]
