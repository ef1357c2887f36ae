"""Rows that somebody waits for: the first that has to be written is written alone, and so comes soonest; what all later ones will ask is
asked with the second, side by side, though they are made and shown one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from synthgen.engine.step import is_wanted, make
from synthgen.fields import Asked, PythonField
from synthgen.making.runs import RecordingModel
from synthgen.recipe import TablePlan
from synthgen.recipe.plan import FieldStep, own_columns
from synthgen.spec.rows import Completion, Prompt, Row
from synthgen.spec.streams import Streams


class AheadModel:
    """A model that is asked row by row; from the second row on that it has to write, it is asked `ahead`: for the prompts, in the order of
    rows, that are known before. To be closed."""

    def __init__(self, model: RecordingModel, ahead: Sequence[Prompt]) -> None:
        self.model, self.identity, self.count, self.ahead = model, model.identity, model.count, ahead
        self.has_written = False
        self.coming: Iterator[Completion] = iter(())
        self.expected, self.arrived = dict[str, Prompt](), dict[str, Completion]()

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """The completions of a row's prompts."""
        if not self.has_written:
            asked_before = self.model.asked
            yield from self.model.complete(prompts)
            self.has_written = self.model.asked > asked_before
            return
        self._look_ahead(prompts)
        others = dict[str, Prompt]()  # such as those of another try
        for prompt in prompts:
            while prompt.key in self.expected:
                completion = next(self.coming)
                self.arrived[completion.prompt.key] = completion
                self.expected.pop(completion.prompt.key, None)
            if prompt.key in self.arrived:
                yield self.arrived.pop(prompt.key)
            else:
                others[prompt.key] = prompt
        if others:
            yield from self.model.complete([*others.values()])

    def _look_ahead(self, prompts: Sequence[Prompt]) -> None:
        """Ask these prompts and all that come after them, if they are among those that are known before."""
        keys = [prompt.key for prompt in self.ahead]
        if prompts[0].key in keys:
            later, self.ahead = self.ahead[keys.index(prompts[0].key) :], ()
            self.expected = {prompt.key: prompt for prompt in later}
            self.coming = self.model.complete(later)

    def close(self) -> None:
        """Let go of what is under way."""
        if isinstance(self.coming, Generator):
            self.coming.close()


def first_prompts(table: TablePlan, rows: Sequence[Row], streams: Streams) -> dict[str, list[Prompt]]:
    """What the first try of each of these rows, which are used up, asks of each model, as far as that depends on no answer."""
    prompts: dict[str, list[Prompt]] = {}
    unknown: set[str] = set()
    for step in table.steps:
        if not isinstance(step, FieldStep):
            continue
        known = not unknown & {name for _, name in step.field.reads()}
        if isinstance(step.field, PythonField) and known:
            for row in rows:
                make(row, step.name, step.field, streams)
            continue
        if isinstance(step.field, Asked) and known:
            for row in rows:
                if is_wanted(step.field, row):
                    prompts.setdefault(step.field.by, []).extend(step.field.ask([row], step.name, streams)[0])
        unknown |= own_columns(step.name, step.field).keys()
    return prompts
