"""What a tuned model gives away of the messages that it learned from: measured, against what coincides by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from synthgen.models import Model
from synthgen.models.routing import placed
from synthgen.spec.rows import Prompt
from synthgen.text import frames
from synthgen.text.originals import Originals
from synthgen.text.similarity import SimilarityIndex
from synthgen.tuning.documents import MEAN_SIZE, TrainingMessage, documents, framed, section
from synthgen.tuning.masks import leaks

TOKENS = 80
SHORT = 4
"""Words. What people say in fewer ("thank you", "talk to a human") is nobody's own."""
NEAR = 0.85
READ = 600
"""Words that a frame shows, at most: about as much as training reads of a document."""


class CopiedCounts(NamedTuple):
    """Of so many `messages` how many repeat a learned one: all of it, all but a few letters, or eight words in a row; and how many hold
    what looks like an identifier. Copies are only looked for among messages of `SHORT` words or more."""

    messages: int
    whole: int
    nearly: int
    runs: int
    identifiers: int


def extraction_prompts(learned: Sequence[TrainingMessage], about: str, count: int, stream: Random) -> list[Prompt]:
    """Frames that a model might answer with what it learned: half show learned messages, half only say where and about what."""
    settings: dict[str, float | int | str | bool] = {"temperature": 1.0, "tokens": TOKENS, "stop": frames.END}
    prompts: list[Prompt] = []
    while len(prompts) < count:
        handfuls = list(documents(stream.sample(learned, min(len(learned), MEAN_SIZE * count)), stream))
        for handful in stream.sample(handfuls, len(handfuls)):
            document = framed([section(list(_short(handful)))], about)
            bare = frames.frame(about, [frames.Section(handful[0].topic, [])]) if about or handful[0].topic else document.text + "-"
            prompts += [Prompt(text, stream.getrandbits(63), settings) for text in (document.text + "-", bare)]
    return prompts[:count]


def _short(handful: Sequence[TrainingMessage]) -> Iterator[TrainingMessage]:
    """Messages of `READ` words together at most, and one at least."""
    words = 0
    for message in handful:
        words += len(message.text.split())
        if words <= READ or message is handful[0]:
            yield message


def extracted_messages(model: Model, prompts: Sequence[Prompt]) -> Iterator[str]:
    """The messages that a model writes, in the order of the prompts; a message that never ends is left out."""
    texts = {place: frames.first_complete_message(completion.text) for place, completion in placed(model, prompts)}
    return (text for place in sorted(texts) if (text := texts[place]))


def count_copied(texts: Sequence[str], learned: Sequence[str]) -> CopiedCounts:
    """How many of the texts repeat a learned message."""
    originals, index = Originals(learned), SimilarityIndex(NEAR)
    for text in learned:
        index.like(text, keep=True)
    equal = nearly = runs = identifiers = count = 0
    for text in texts:
        identifiers += bool(leaks(text))
        if len(text.split()) < SHORT:
            continue
        count += 1
        part = originals.copied(text)
        equal += part == ""
        runs += bool(part)
        nearly += part != "" and index.like(text) is not None
    return CopiedCounts(count, equal, nearly, runs, identifiers)
