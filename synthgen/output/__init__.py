"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.output.dataset import Dataset
from synthgen.output.place import JOURNAL, MANIFEST, MARK, Output
from synthgen.output.store import Progress, TableStore, digest

__all__ = ["JOURNAL", "MANIFEST", "MARK", "Dataset", "Output", "Progress", "TableStore", "digest"]
