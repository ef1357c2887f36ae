"""Where the rows go: Parquet shards, a dataset card, a manifest."""

from synthgen.output.card import card
from synthgen.output.folder import JOURNAL, MANIFEST, Output, Progress, TableStore, refused_shards

__all__ = ["JOURNAL", "MANIFEST", "Output", "Progress", "TableStore", "card", "refused_shards"]
