"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.output.folder import JOURNAL, MANIFEST, Output, Progress, TableStore, digest

__all__ = ["JOURNAL", "MANIFEST", "Output", "Progress", "TableStore", "digest"]
