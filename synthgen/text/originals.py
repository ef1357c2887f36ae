"""What must not be repeated: messages and their runs of words, known by digests, so that they can be kept where the messages
themselves must not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile

from synthgen.errors import DataError
from synthgen.memory import lacks_memory
from synthgen.spec.digests import number_of
from synthgen.text.frames import ngrams, normalise
from synthgen.text.opened import SMALL, plain_file

RUN = 8
"""How many words in a row make a copy."""
LEARNED = "learned.npz"
"""The file in a tuned model's folder that knows which messages it learned from."""


class Originals:
    """Digests of messages, without case, punctuation and spacing, and of every `run` of words in them."""

    def __init__(self, texts: Iterable[str] = (), run: int = RUN) -> None:
        self.run = run
        self._known = {digest for text in texts for digest, _ in self._parts(text)}

    def _parts(self, text: str) -> Iterator[tuple[int, str]]:
        normalised = normalise(text)
        if normalised:
            yield number_of(f"={normalised}"), ""
        for words in ngrams(normalised.split(), self.run):
            part = " ".join(words)
            yield number_of(part), part

    def add(self, others: Originals) -> None:
        """Add the digests of others. Raises ValueError when their runs have another length."""
        if others.run != self.run:
            raise ValueError(f"it knows its messages by runs of {others.run} words; leave out run, or write run: {others.run}")
        self._known |= others._known

    def copied(self, text: str) -> str | None:
        """The run of words that is copied, an empty text when all of it is, and None when nothing is."""
        return next((part for digest, part in self._parts(text) if digest in self._known), None)

    def save(self, file: Path) -> None:
        """Write the digests."""
        import numpy

        numpy.savez_compressed(file, run=self.run, digests=numpy.array(sorted(self._known), dtype=numpy.uint64))

    @classmethod
    def load(cls, file: Path) -> Originals:
        """Those of a tuned model. Raises DataError."""
        import numpy

        originals = cls()
        try:
            with plain_file(file) as raw:
                if (
                    sum(entry.file_size for entry in ZipFile(raw).infolist()) > SMALL + 2 * file.stat().st_size
                ):  # digests can hardly be packed
                    raise DataError(f"{file}: it unpacks to far more than it is")
                with numpy.load(raw) as stored:
                    originals.run, originals._known = int(stored["run"]), set(stored["digests"].tolist())
        except Exception as error:  # whatever numpy, zip and zlib make of a broken file, in words that help nobody
            if lacks_memory(error):
                raise
            reason = f": {error.message.removeprefix(f'{file}: ')}" if isinstance(error, DataError) else ""
            raise DataError(f"{file}: does not say which messages the model learned from{reason}", "tune the model again") from None
        return originals
