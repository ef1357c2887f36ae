"""The API's clock, by which its moments are judged: the clock of this machine may be wrong, or be set while a run is under way."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import monotonic, time


def date_of(headers: Mapping[str, str]) -> float | None:
    """When an answer was sent (seconds of the epoch), as its server says; None where it does not."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


class ServerClock:
    """What a server's clock shows: by its last answer, counted on by a clock that nobody sets; until then, what this machine's shows."""

    def __init__(self) -> None:
        self._ahead: float | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """An answer came, with these headers."""
        date = date_of(headers)
        if date is not None:
            self._ahead = date - monotonic()

    def now(self) -> float:
        """This moment, in seconds of the epoch."""
        return time() if self._ahead is None else self._ahead + monotonic()
