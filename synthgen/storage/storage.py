"""The files under one address, by whatever driver fsspec has for it. No scheme is treated unlike another.

Drivers keep lists of what they have seen, and would go on from a list that is old: each look at what is there begins without them. They
raise errors of their own, in which an address may hold what signs it: what is told of them is a line, without that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from synthgen.errors import OutputError, StorageError, SynthgenError, did_you_mean
from synthgen.memory import lacks_memory
from synthgen.storage.address import checked

SECRET = re.compile(r"key|token|secret|password|auth|credential|signature|connection_string", re.IGNORECASE)
"""What the names of variables hold whose values are secret."""
LEAST = 8
"""Letters of a secret."""
MAY = "give credentials in the environment, as the driver reads them, by which files may be listed, read, written and taken away there"
AGAIN = "run the same command again: all that was finished is kept"


class Storage:
    """The files under an address. Their paths are relative to it. Raises OutputError where that cannot be reached by any driver."""

    def __init__(self, address: str) -> None:
        self.address, self.root = checked(address), ""
        self.files, self.root = self._driver()

    def _driver(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs
        from fsspec.registry import known_implementations

        scheme = self.address.partition("://")[0]
        with self._in_words("reached"):
            try:
                files, root = url_to_fs(self.address)
            except ImportError as error:
                if lacks_memory(error):
                    raise
                package = str(known_implementations[scheme]["class"]).partition(".")[0]
                hint = f"pip install {package}" if package != "fsspec" else "install it where synthgen is"
                raise OutputError(f"{self.address} needs a package that is not installed: {_line(error)}", hint) from None
            except ValueError as error:
                if scheme in known_implementations:
                    raise OutputError(f"{self.address} is no address of an output: {_line(error)}", "such as s3://bucket/traffic") from None
                known = did_you_mean(scheme, known_implementations, "known")
                raise OutputError(f"{self.address}: there is no driver for {scheme}://", known) from None
        return files, str(root).rstrip("/")

    def read(self, path: str) -> bytes | None:
        """What is in a file; None where there is none. Raises OutputError."""
        with self._in_words("read"):
            self.files.invalidate_cache()
            try:
                return bytes(self.files.cat_file(self._at(path)))
            except FileNotFoundError:
                return None

    def sizes(self, folder: str = "") -> dict[str, int | None]:
        """The files and folders in a folder, by their names; of files how many bytes they have. Raises OutputError."""
        with self._in_words("read"):
            self.files.invalidate_cache()
            place = self._at(folder) if folder else self.root
            try:
                entries = self.files.ls(place, detail=True)
            except (FileNotFoundError, NotADirectoryError):
                return {}
        names = {entry["name"].rstrip("/").rpartition("/")[2]: entry for entry in entries if _under(entry["name"], place)}
        return {name: entry["size"] if entry["type"] == "file" else None for name, entry in names.items()}

    def write(self, path: str, content: bytes, *, new: bool = False) -> None:
        """Write a small file; a `new` one takes the place of none. Raises FileExistsError where there is one, OutputError."""
        if new and self.read(path) is not None:  # not every driver keeps from writing over it
            raise FileExistsError(path)
        with self._in_words("written"):
            place = self._at(path)
            if new:
                with suppress(NotImplementedError, TypeError, ValueError):  # a driver that cannot tell a new file from an old one
                    self._with_folders([place], lambda: self.files.pipe_file(place, content, mode="create"))
                    return
            self._with_folders([place], lambda: self.files.pipe_file(place, content))

    def put(self, file: Path, path: str) -> None:
        """Send a file. Raises OutputError."""
        with self._in_words("written"):
            place = self._at(path)
            self._with_folders([place], lambda: self.files.put_file(str(file), place))

    def get(self, sources: Mapping[Path, str]) -> None:
        """Fetch a file for each of these places, whose folders are there. Raises FileNotFoundError, OutputError."""
        with self._in_words("read"):
            if sources:
                self.files.invalidate_cache()
                self.files.get([self._at(path) for path in sources.values()], [str(file) for file in sources])

    def copy(self, sources: Mapping[str, str]) -> None:
        """Copy a file to each of these paths, without fetching it where the driver can do that. Raises OutputError."""
        with self._in_words("written"):
            new, old = [[self._at(path) for path in side] for side in (sources.keys(), sources.values())]
            if new:
                self._with_folders(new, lambda: self.files.copy(old, new))

    def remove(self, paths: Sequence[str]) -> None:
        """Take files away; one that is not there is no mistake. Raises OutputError."""
        with self._in_words("changed"):
            self.files.invalidate_cache()
            for path in paths:
                try:
                    self.files.rm_file(self._at(path))
                except FileNotFoundError:
                    continue

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """A file, to be read from its beginning. Raises FileNotFoundError, OutputError."""
        with self._in_words("read"), self.files.open(self._at(path), "rb") as stream:
            yield stream

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _with_folders(self, places: Sequence[str], write: Any) -> None:
        """Write files; where there are folders that have to be made before, make them. A bucket is never made: who mistypes the name of one
        wants no other."""
        try:
            write()
        except FileNotFoundError:
            if not self.files.exists(_first(self.root)):
                raise
            for folder in {place.rpartition("/")[0] for place in places}:
                self.files.makedirs(folder, exist_ok=True)
            write()

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except (SynthgenError, FileExistsError):
            raise
        except FileNotFoundError as error:
            if done == "read":
                raise
            raise OutputError(f"{self.address} cannot be {done}: {_line(error)}", f"is {_first(self.root)} there? it is not made") from None
        except Exception as error:  # each driver has errors of its own
            if lacks_memory(error):
                raise
            raise self._failed(error, done) from None

    def _failed(self, error: Exception, done: str) -> OutputError:
        """What is told of a driver's error."""
        message = f"{self.address} cannot be {done}: {_line(error)}"
        if isinstance(error, PermissionError) or "credential" in f"{type(error).__name__} {error}".casefold():
            return OutputError(message, MAY)
        if isinstance(error, NotImplementedError):
            return OutputError(message, "its driver cannot do that: choose another place")
        return StorageError(message, AGAIN, retryable=True)


def _line(error: Exception) -> str:
    """The first line of an error, without anything that is secret."""
    line = next(iter(str(error).strip().splitlines()), "")
    for name, value in os.environ.items():
        if len(value) >= LEAST and SECRET.search(name):
            line = line.replace(value, "…")
    line = re.sub(r"\?\S+", "?…", re.sub(r"//[^/\s]*@", "//…@", line))
    return line if isinstance(error, ImportError) or not line else f"{type(error).__name__}: {line}"


def _first(place: str) -> str:
    """The first part of a place: a bucket, or the folder below the root."""
    name = place.lstrip("/").partition("/")[0]
    return place[: len(place) - len(place.lstrip("/"))] + name


def _under(name: str, folder: str) -> bool:
    """Whether an entry is in a folder, and not the folder itself, which some stores list."""
    return name.rstrip("/") != folder.rstrip("/")
