"""Addresses of outputs elsewhere, and the folder of this machine that belongs to one: there a run works, and readers keep a copy.

The folder is the user's and not the working folder's, so that whoever names the address finds the same work, answers and decisions.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from synthgen.errors import OutputError
from synthgen.spec.digests import digest
from synthgen.spec.names import unusable

HOME = "SYNTHGEN_HOME"
"""The variable that names another place for the folders of addresses."""


def is_remote(place: object) -> bool:
    """Whether a text is meant as an address of files elsewhere, and not as a path."""
    return isinstance(place, str) and "://" in place


def refuse_address(place: str | Path | None) -> None:
    """Raise OutputError for an address where a folder or file is meant, also one that was made a path and has lost a slash by that."""
    if place is not None and (is_remote(place) or re.match(r"[A-Za-z][\w+.-]+:[/\\]", str(place))):
        raise OutputError(f"{place} is no path of this machine", "name one that is; in Python an address is text, not a Path")


def checked(address: str) -> str:
    """The address without slashes at its end. Raises OutputError where it names no folder, or holds credentials."""
    parts = urlsplit(address)
    if parts.password or parts.query:
        shown = f"{parts.scheme}://…{parts.path}"
        raise OutputError(f"{shown} holds credentials", "leave them out, and give them in the environment, as the driver reads them")
    if "::" in address or not parts.scheme or not (parts.netloc or parts.path.strip("/")):
        raise OutputError(f"'{address}' is no address of an output", "such as s3://bucket/traffic")
    if ".." in parts.path.split("/"):
        raise OutputError(f"'{address}' leads up by '..'", "name the folder itself")
    return address.rstrip("/")


def name_of(address: str) -> str:
    """What an output at an address is called on this machine."""
    name = re.sub(r"[^\w.-]", "_", address.rstrip("/").rpartition("/")[2]).strip(".")
    return "output" if not name or unusable(name) else name


def local_folder(address: str) -> Path:
    """The folder of this machine that belongs to an address. It is in `SYNTHGEN_HOME`, or where the system keeps what belongs to programs
    of a user."""
    data = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_DATA_HOME")
    named = os.environ.get(HOME)
    home = Path(named) if named else Path(data or "~/.local/share").expanduser() / "synthgen"
    return home.expanduser().absolute() / f"{name_of(address)}-{digest(checked(address), 8)}"
