"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.place import JOURNAL, MANIFEST, MARK, Output
from synthgen.dataset.store import Progress, TableStore

__all__ = ["JOURNAL", "MANIFEST", "MARK", "Dataset", "Output", "Progress", "TableStore"]
