"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.names import JOURNAL, MANIFEST, MARK, REPORT
from synthgen.dataset.place import Output
from synthgen.dataset.progress import Progress
from synthgen.dataset.remote import RemoteOutput, output_at
from synthgen.dataset.store import TableStore

__all__ = ["JOURNAL", "MANIFEST", "MARK", "REPORT", "Dataset", "Output", "Progress", "RemoteOutput", "TableStore", "output_at"]
