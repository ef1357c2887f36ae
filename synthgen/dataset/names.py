"""What the files of an output are called that are not its rows."""

JOURNAL, JOURNAL_KEPT = ".journal.sqlite", ".journal.kept"
"""The answer journal, and how the names begin of those that `fresh` set aside."""
MANIFEST = "manifest.json"
LOGS = ".logs.npz"
"""Digests of the messages that the rows are like, for a push to tell copies of them; it never leaves."""
MARK = ".synthgen.json"
"""Says that a folder beside an output is synthgen's, and which output's."""
ORIGIN = ".origin.json"
"""Which recipe file an output was made from, and the hash of its manifest; it never leaves."""
WAL, SHM = "-wal", "-shm"
"""What SQLite keeps beside a journal: answers that are not yet in it, and how to find them."""
JOURNALS = (JOURNAL, JOURNAL + WAL, JOURNAL + SHM)
