"""The limit on what a run may cost. Before a request is sent, the most that it can cost is set aside, so that the limit holds whatever
comes back; a request whose end is unknown (cut off, timed out) may have been billed and stays set aside."""

from __future__ import annotations

from threading import Lock

from synthgen.errors import LimitError


class Budget:
    """US dollars that may be spent, shared by all models of a run; without a `limit` it only counts. `spent` is what was paid before.

    `reserved` is set aside for the `under_way` requests, `uncertain` for those of which it is not known whether they were billed.
    """

    def __init__(self, limit: float | None = None, spent: float = 0.0) -> None:
        self.limit, self.spent = limit, spent
        self.reserved = self.uncertain = 0.0
        self.under_way = 0
        self._lock = Lock()

    def fits(self, max_cost: float) -> bool:
        """Whether the limit allows a request that costs `max_cost`."""
        return self.limit is None or self.spent + self.uncertain + self.reserved + max_cost <= self.limit

    def reserve(self, max_cost: float, *, sent: bool = False) -> bool:
        """Set `max_cost` aside for a request, if the limit allows it, or if it was `sent` already."""
        with self._lock:
            if not sent and not self.fits(max_cost):
                return False
            self.reserved += max_cost
            self.under_way += 1
            return True

    def settle(self, max_cost: float, cost: float = 0.0) -> None:
        """A request for which `max_cost` was set aside has ended and cost so much."""
        with self._lock:
            self.spent += cost
            self._free(max_cost)

    def mark_uncertain(self, max_cost: float) -> None:
        """A request for which `max_cost` was set aside has ended, and it is not known whether it was billed."""
        with self._lock:
            self.uncertain += max_cost
            self._free(max_cost)

    def limit_error(self, max_cost: float) -> LimitError:
        """The error that says that the next request, which can cost `max_cost`, would pass the limit."""
        lost = f" and up to {dollars(self.uncertain)} more for answers that were lost" if self.uncertain else ""
        limit, spent, next_cost = dollars(self.limit or 0), dollars(self.spent), dollars(max_cost)
        return LimitError(
            f"--max-cost {limit}: spent {spent}{lost}; the next request can cost up to {next_cost}",
            "finished rows and paid answers are kept: the same command with a higher limit goes on",
        )

    def _free(self, max_cost: float) -> None:
        self.under_way -= 1
        self.reserved = self.reserved - max_cost if self.under_way else 0.0  # no dust of rounding


def dollars(amount: float) -> str:
    """An amount as it is shown: cents, or as many digits as a small one needs."""
    return (
        f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}".rstrip("0").ljust(5, "0") if amount >= 0.0001 else "<$0.0001"
    )
