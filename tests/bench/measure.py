"""Messages measured in a second, on one core: `python tests/bench/measure.py [FILE] [FIELD]`.

Without a file, messages of ten words on average are put together from words, typos, numbers and marks. Prints the time for the first
pass, in which every token is new, and the median of several passes; and the same for messages that were not seen before.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from synthgen.text import files
from synthgen.voices import lexicon
from synthgen.voices.features import features

PASSES = 7


def main() -> None:
    """Print the figures."""
    texts = given() if len(sys.argv) > 1 else generated(40_000, random.Random(1))
    words = sum(len(text.split()) for text in texts) / len(texts)
    half = len(texts) // 2
    print(f"{len(texts)} messages of {words:.1f} words")
    print(f"first {half}, with reading the lexicon: {speed(texts[:half]):,.0f} messages a second")
    print(f"the other {half}, not seen before: {speed(texts[half:]):,.0f}")
    again = [speed(texts) for _ in range(PASSES)]
    print(f"all again, median of {PASSES}: {statistics.median(again):,.0f} (from {min(again):,.0f} to {max(again):,.0f})")


def speed(texts: Sequence[str]) -> float:
    """Messages in a second of one core, whoever else is busy on the machine."""
    began = time.process_time()
    features(texts)
    return len(texts) / (time.process_time() - began)


def given() -> list[str]:
    """The messages of the file."""
    path, field = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "text"
    return [str(record[field]) for record in files.records(path)]


def generated(count: int, stream: random.Random) -> list[str]:
    """Messages of words in proportion to their counts, with one typo in thirty words, and some marks and numbers."""
    words, typos = lexicon.words(), [*lexicon.typos()]
    sizes = [stream.randint(3, 17) for _ in range(count)]
    drawn = iter(stream.choices([*words], [*words.values()], k=sum(sizes)))
    marks = ["", "", "", "?", ".", "!", " 12.50", " thx", " :)", ", please"]
    return [
        " ".join(stream.choice(typos) if stream.random() < 1 / 30 else next(drawn) for _ in range(size)) + stream.choice(marks)
        for size in sizes
    ]


if __name__ == "__main__":
    main()
