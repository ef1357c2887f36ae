"""What the files of an output are called that are not its rows."""

from synthgen.spec.names import MANIFEST as MANIFEST

JOURNAL, JOURNAL_KEPT = ".journal.sqlite", ".journal.kept"
"""The answer journal, and how the names begin of those that `fresh` set aside."""
REPORT = "report.html"
"""The page for looking at an output; it never leaves, for it shows rows that were refused."""
LOGS = ".logs.npz"
"""Digests of the messages that the rows are like, for a push to tell copies of them; it never leaves."""
MARK = ".synthgen.json"
"""Says that a folder beside an output is synthgen's, and which output's."""
ORIGIN = ".origin.json"
"""Which recipe file an output was made from, and the hash of its manifest; it never leaves."""
WAL, SHM = "-wal", "-shm"
"""What SQLite keeps beside a journal: answers that are not yet in it, and how to find them."""
JOURNALS = (JOURNAL, JOURNAL + WAL, JOURNAL + SHM)
CHUNKS, PROGRESS = "chunks", "progress.jsonl"
"""What a run has finished: the folder of its chunks, and a line for each."""
RUN = ".run.json"
"""What a run makes: its recipe, and the columns of its tables; only while it is unfinished."""
OF_RUNS = (CHUNKS, PROGRESS, RUN)
"""What only a run needs, and a finished output does not have."""
TEXTS = ("README.md", "recipe.yaml", REPORT)
"""Files that a user may change, to say more of what is in the output, or write anew."""
REVIEW = ".review.jsonl"
"""How the name of the file beside an output ends that holds what reviewers decided of its rows."""
FETCHED = ".fetched"
"""How the name of the folder beside an output ends in which the files of one at an address come together."""
