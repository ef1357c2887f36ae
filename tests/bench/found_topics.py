"""Whether clusters of messages are their intents: `python tests/bench/found_topics.py CORPORA`.

For each of five corpora: the adjusted Rand index of the clusters against the real intents (0: chance, 1: the same), where their number is
given and where it is found, and how many were found. CORPORA is the folder of the corpora, as *.jsonl.gz with `text` and `group`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

from sklearn.metrics import adjusted_rand_score

from synthgen.interview.clusters import clustered

SETS = {"banking77": 20, "snips": 7, "clinc150": 15, "hwu64": 12, "multidogo": 6}
"""How many intents of each."""
PER_INTENT = 100


def sample(file: Path, intents: int) -> dict[str, str]:
    """Messages and their intents: no message twice."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            by_intent[record["group"]].append(record["text"])
    stream_of = Random(1)
    names = sorted(name for name, texts in by_intent.items() if len(texts) >= 30 and name != "oos")
    chosen = stream_of.sample(names, min(intents, len(names)))
    drawn = [(text, name) for name in chosen for text in stream_of.sample(by_intent[name], min(PER_INTENT, len(by_intent[name])))]
    stream_of.shuffle(drawn)
    return dict(drawn)


def main() -> None:
    """Measure."""
    for name, intents in SETS.items():
        intent_of = sample(Path(sys.argv[1]) / f"{name}.jsonl.gz", intents)
        real = len(set(intent_of.values()))
        scores = {}
        for given in (real, None):
            clusters = clustered(list(intent_of), given)
            pairs = [(intent_of[message], cluster.name) for cluster in clusters for message in cluster.messages]
            scores[given] = adjusted_rand_score(*zip(*pairs, strict=True)), len(clusters)
        print(
            f"{name:>10}: {len(intent_of):,} messages, {real} intents: {scores[real][0]:.2f} where their number is given; "
            f"{scores[None][0]:.2f} with {scores[None][1]} found"
        )


if __name__ == "__main__":
    main()
