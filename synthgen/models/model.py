"""What the rest of synthgen knows of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import sleep
from typing import TYPE_CHECKING, Protocol, TypeGuard

from synthgen.spec.rows import Completion, Prompt

if TYPE_CHECKING:
    from synthgen.models.costs import Expected
    from synthgen.models.ledger import BatchLedger
    from synthgen.recipe.claude_models import Retirement


class Model(Protocol):
    """Anything that completes prompts."""

    @property
    def identity(self) -> str:
        """Name, revision and parameters: two models of the same identity give the same completions."""

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """A completion for each prompt, in any order, each as soon as it is there. What it is depends on its prompt alone,
        never on the other prompts. Raises ModelError."""

    def count(self, text: str) -> int:
        """How many tokens a text has."""


@dataclass(frozen=True)
class Batching:
    """How batches are asked: at most so many requests and bytes in one, each request at most so many times; fewer than `least` wait for
    more while a batch is under way; how many seconds between two looks at first and at most, and what waits for them."""

    requests: int = 10_000
    least: int = 1_000
    bytes: int = 100_000_000
    tries: int = 4
    first_look: float = 5.0
    last_look: float = 60.0
    wait: Callable[[float], None] = sleep


class PaidModel(Model, Protocol):
    """A model that may be paid for and may need a key."""

    concurrency: int
    """Requests under way at a time, at most."""

    def check_key(self, otherwise: str = "") -> None:
        """Make sure, without a request, that there is a key. Raises ModelError, which says `otherwise` what can be done without one."""

    def expected(self, prompts: Sequence[Prompt], count: float, written: float, *, more_read: float = 0.0, batch: bool = False) -> Expected:
        """What `count` prompts cost that are like `prompts`, when an answer has `written` tokens, and each reads `more_read` tokens more;
        with `batch`, at the price of batches."""

    def retirement(self, today: date) -> Retirement | None:
        """Its end, if it is near, set or over, as far as is known without asking for it."""


class BatchedModel(PaidModel, Protocol):
    """A model that can be asked in batches at a lower price."""

    def batched(
        self, prompts: Mapping[str, Prompt], ledger: BatchLedger, how: Batching, watch: Callable[[str], None]
    ) -> Iterator[tuple[str, Completion]]:
        """The answers to prompts, each under its key, asked in batches that the `ledger` keeps account of; `watch` is called with their
        progress. Raises ModelError, LimitError, OutputError."""


def is_paid(model: Model) -> TypeGuard[PaidModel]:
    """Whether a model may be paid for. `isinstance` would also look up all that it says of itself, for which some have to be loaded."""
    return hasattr(model, "check_key")


def has_batches(model: Model) -> TypeGuard[BatchedModel]:
    """Whether a model can be asked in batches."""
    return hasattr(model, "batched")
