"""The openly licensed corpora that Scribbler learned from: which they are, and how their messages become training documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from synthgen.harm.profanity import profane
from synthgen.text import files, frames
from synthgen.text.message import messages_in
from synthgen.text.slots import slots
from synthgen.tuning.documents import TrainingDocument, TrainingMessage, by_topic, documents, framed, sectioned
from synthgen.tuning.logs import readable
from synthgen.tuning.masks import masked
from synthgen.tuning.words import DATA
from synthgen.voices.channel import add_typos, apply_voice
from synthgen.voices.library import shipped

LONGEST = 80
"""Words: a longer message is a document of its own kind, and is left out."""
VOICE_SHARE, TYPO_SHARE, SLOT_SHARE, NAMELESS_SHARE = 0.2, 0.1, 0.25, 0.1
"""Shares of sections that are put on a voice, get slips, and have slots for facts; of documents that do not say where they are from."""
FLOWERY = ("rambler", "dictated")
"""Voices that put stock phrases into a message: a model would learn these."""


class Corpus(BaseModel):
    """One source: see `data/corpora.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    share: float
    topics: Literal["words", "no"]
    about: list[str]
    licence: str
    by: str
    flattened: bool = False


@cache
def corpora() -> dict[str, Corpus]:
    """All of them by name."""
    written = YAML(typ="safe").load(DATA / "corpora.yaml")
    return {name: Corpus.model_validate(spec) for name, spec in written.items()}


def messages(folder: Path, name: str, stream: Random, *, clean: bool = True) -> list[TrainingMessage]:
    """The messages of a corpus, without copies and without those in which something had to be masked; `clean`: without profanity too.
    Raises DataError."""
    corpus, seen, typed = corpora()[name], set[tuple[str, str]](), list[TrainingMessage]()
    for record in files.records(folder / f"{name}.jsonl.gz"):
        text = " ".join(" ".join(messages_in(record, "text", name)).split())
        group = str(record.get("group") or "")
        key = (group if corpus.topics == "words" else "", frames.normalise(text))
        if not text or key in seen or len(text.split()) > LONGEST or frames.leaks_frame(text, "") or (clean and profane(text)):
            continue
        seen.add(key)
        topic = readable(group) if corpus.topics == "words" else ""
        unit = str(record.get("dialog_id") or group)
        safe = masked(text, stream).text
        if not slots(safe):  # slots come only from `slotted`, which has them in whole sections
            typed.append(TrainingMessage(safe, topic, group, unit, source=name))
    return typed


def training(typed: Mapping[str, Sequence[TrainingMessage]], stream: Random, amount: int) -> Iterator[TrainingDocument]:
    """About `amount` characters of documents, from the sources by their shares, small ones several times over."""
    total = sum(corpora()[name].share for name in typed)
    chosen: list[TrainingDocument] = []
    for name, source_messages in typed.items():
        remaining = amount * corpora()[name].share / total
        while source_messages and remaining > 0:
            before = remaining
            for document in _source(name, source_messages, stream):
                chosen.append(document)
                remaining -= len(document.text)
                if remaining <= 0:
                    break
            if remaining == before:
                break
    stream.shuffle(chosen)
    yield from chosen


def _source(name: str, typed: Sequence[TrainingMessage], stream: Random) -> Iterator[TrainingDocument]:
    corpus = corpora()[name]
    topics, handfuls = by_topic(typed), list(documents(typed, stream))
    stream.shuffle(handfuls)
    for handful in handfuls:
        if len(handful) < 2:
            continue
        sections = [
            frames.Section(section.topic, _with_style(section.messages, corpus, stream)) for section in sectioned(handful, topics, stream)
        ]
        about = "" if stream.random() < NAMELESS_SHARE else stream.choice(corpus.about)
        yield framed(sections, about)


def _with_style(texts: Sequence[str], corpus: Corpus, stream: Random) -> list[str]:
    """The messages of a section, some of them on a voice, with slips or with slots.

    It is drawn section by section: in a document of several, earlier ones may show slots and the one to learn none. The embedded model
    was trained so.
    """
    draw = stream.random()
    if draw < (0.5 if corpus.flattened else VOICE_SHARE):
        voice = stream.choice([voice for name, voice in shipped().items() if name not in FLOWERY])
        texts = [apply_voice(text, voice, stream).text or text for text in texts]
    elif draw > 1 - TYPO_SHARE:
        rate = stream.uniform(0.02, 0.15)
        texts = [add_typos(text, rate, "qwerty", stream).text for text in texts]
    return slotted(texts, stream) if stream.random() < SLOT_SHARE else list(texts)


SLOTS = {
    r"[£$€]\s?\d[\d,]*(?:\.\d+)?\b": "amount price total sum cost fee refund charge balance payment deposit limit budget",
    r"\b\d{1,2}(?::\d\d)?\s?[apAP]\.?[mM]\b\.?": "time hour when slot departure arrival start opening_time deadline alarm",
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b": "day date weekday due_date delivery_day since booked_for",
    r"(?<![\w.,:£$€])\d+\b(?![.,:]\d)": "number count order_id code size quantity reference account flight room version year age last4 "
    "ticket invoice",
    r"(?<=[a-z,] )[A-Z][a-z]{2,}\b": "merchant name city product brand place person team shop country company item street app service "
    "model title",
}
"""Facts that a document may have slots for, and what the slots may be called."""


def slotted(texts: Sequence[str], stream: Random) -> list[str]:
    """The messages with slots in place of some kinds of facts, under one name each: mostly one of the kind's own, sometimes of two words
    by chance, so that a model reads what a slot is called, and does not know it."""
    slotted_texts = list(texts)
    slot_words = " ".join(SLOTS.values()).split()
    for pattern, names in SLOTS.items():
        if stream.random() < 0.7:
            name = stream.choice(names.split()) if stream.random() < 0.5 else "_".join(stream.sample(slot_words, 2))
            slotted_texts = [re.sub(pattern, f"<{name}>", text, flags=re.IGNORECASE if "day" in pattern else 0) for text in slotted_texts]
    return slotted_texts
