"""The limit on what a run may cost. Before a request is sent, the most that it can cost is set aside, so that the limit holds whatever
comes back; a request whose end is unknown (cut off, timed out) may have been billed and stays set aside."""

from __future__ import annotations

from threading import Lock

from synthgen.errors import LimitError


class Budget:
    """US dollars that may be spent, shared by all models of a run; without a `limit` it only counts. `spent` is what was paid before.

    `reserved` is set aside for the `under_way` requests, `unsure` for those of which it is not known whether they were billed.
    """

    def __init__(self, limit: float | None = None, spent: float = 0.0) -> None:
        self.limit, self.spent = limit, spent
        self.reserved = self.unsure = 0.0
        self.under_way = 0
        self._lock = Lock()

    def fits(self, most: float) -> bool:
        """Whether the limit allows a request that costs `most`."""
        return self.limit is None or self.spent + self.unsure + self.reserved + most <= self.limit

    def reserve(self, most: float, *, sent: bool = False) -> bool:
        """Set `most` aside for a request, if the limit allows it, or if it was `sent` already."""
        with self._lock:
            if not sent and not self.fits(most):
                return False
            self.reserved += most
            self.under_way += 1
            return True

    def settle(self, most: float, cost: float = 0.0) -> None:
        """A request for which `most` was set aside has ended and cost so much."""
        with self._lock:
            self.spent += cost
            self._free(most)

    def mark_uncertain(self, most: float) -> None:
        """A request for which `most` was set aside has ended, and it is not known whether it was billed."""
        with self._lock:
            self.unsure += most
            self._free(most)

    def passed(self, most: float) -> LimitError:
        """The error that says that the next request, which can cost `most`, would pass the limit."""
        unsure = f" and up to {dollars(self.unsure)} more for answers that were lost" if self.unsure else ""
        return LimitError(
            f"--max-cost {dollars(self.limit or 0)}: spent {dollars(self.spent)}{unsure}; the next request can cost up to {dollars(most)}",
            "finished rows and paid answers are kept: the same command with a higher limit goes on",
        )

    def _free(self, most: float) -> None:
        self.under_way -= 1
        self.reserved = self.reserved - most if self.under_way else 0.0  # no dust of rounding


def dollars(amount: float) -> str:
    """An amount as it is shown: cents, or as many digits as a small one needs."""
    return (
        f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}".rstrip("0").ljust(5, "0") if amount >= 0.0001 else "<$0.0001"
    )
