"""Plan and models to rows, chunk by chunk.

In a chunk, step after step: what Python makes is computed, what a model is asked for is asked in one go, and a
refused row goes back to the steps that its refusal makes again, with the next try number. A row that is out of
tries gives its place to the next candidate. Where no model is asked but rows depend on earlier ones, rows are
made one at a time, so that the size of a chunk changes nothing.

Where a field asks for its rows together (typed messages share frames, and choose from one pool), the rows that belong together are
those of `ASKED_CHUNK` candidates in a row, counted from the chunk's first. A chunk of a multiple of that, such as one for a batch,
asks the same for them; a smaller one does not, and neither do rows that take the place of others at the end of a chunk.

Where each answer may take an hour, as in a batch, rows are gathered before Claude is asked: those that have come further wait for those
that are made again, and rows that take the place of others join them at once, not in a chunk of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, Protocol

from synthgen.checks import Check
from synthgen.engine.chunk import ApartChunk, Chunk, Refused, Stage, TableState
from synthgen.engine.parents import Candidate, Candidates
from synthgen.engine.step import is_wanted, leave_out, make_all, takes_preset
from synthgen.errors import LimitError
from synthgen.fields import Asked, PythonField
from synthgen.fields.considered import Listener
from synthgen.fields.shape import Chosen
from synthgen.models import Model
from synthgen.models.routing import placed
from synthgen.recipe.plan import CheckStep, FieldStep, TablePlan, check_name
from synthgen.spec.rows import Completion, Labelled, Refusal, Row, Value
from synthgen.spec.streams import Streams

ASKED_CHUNK = 512
"""Rows that are made together where a model is asked."""
MADE_CHUNK, MADE_PART = 20_000, 5_000
"""Rows after which it is asked whether there is patience for more where no model is asked, and those that are finished together."""
PATIENCE_AT_LEAST = 200
EARLY = 40
"""Tries after which it can be seen how a table will end."""
REASONS, EXAMPLES = 2, 3
"""How many reasons are told of what is asked again, and how many examples of what is refused most."""
UNKNOWN = Refusal("not in the journal")
"""The verdict on a row of a recheck whose answer is not in the journal."""


@dataclass
class Round:
    """What came of one try of some rows, by their numbers: the steps, as bits, that those must go through again that were refused, and
    those that `postponed` ones have still ahead; who is given up; and for which reasons rows are tried again."""

    retries: dict[int, int] = field(default_factory=dict)
    postponed: dict[int, int] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)


Report = Callable[[Stage, int], None]
"""Told how far a chunk is, and how many completions arrived since."""


class Witness(Listener, Protocol):
    """An observer of each row, step by step. There is one only where `why` asks about a row."""

    def asked(self, name: str, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], chosen: Sequence[Chosen]) -> None:
        """What rows were asked for the field `name`, and what each of them got."""

    def judged(self, step: FieldStep | CheckStep, row: Row, refusal: Refusal | None) -> None:
        """A step of a row's try is done; `refusal` says why the row did not pass it."""


class Apart(Protocol):
    """Who makes the chunks of a table that need no others, ahead of the one that is next."""

    def start(self, ahead: Iterator[Candidate]) -> None:
        """Go on with these candidates."""

    def take(self, count: int, missing: int | None) -> ApartChunk | None:
        """What came of the next `count` candidates; so many rows are `missing`. None where there are no more candidates."""


class TableRun:
    """The making of one table."""

    def __init__(
        self,
        plan: TablePlan,
        candidates: Candidates,
        streams: Streams,
        models: Mapping[str, Model],
        *,
        patience: int,
        report: Report | None = None,
        chunk: int | None = None,
        lenient: bool = False,
        gathers: bool = False,
        witness: Witness | None = None,
        apart: Apart | None = None,
    ) -> None:
        self.witness, self.apart = witness, apart
        self.plan, self.candidates, self.streams, self.models = plan, candidates, streams, models
        self.patience, self.report, self.lenient = patience, report or (lambda stage, completions: None), lenient
        self.gathers = gathers
        self.size = chunk or (ASKED_CHUNK if plan.asks else MADE_CHUNK)
        self.memories = {place: _memory(step) for place, step in enumerate(plan.steps)}
        self.all_steps = (1 << len(plan.steps)) - 1
        self.state = TableState()
        self.stage = Stage()
        self.examples: dict[str, list[str]] = {}  # what was refused first, by whom
        self.first = 0  # the index of the chunk's first candidate

    def remember(self, values: Mapping[str, Any]) -> None:
        """Tell the checks and fields that remember of a row that was finished in an earlier run."""
        row = Row(self.plan.name, -1, values=dict(values))
        for place, step in enumerate(self.plan.steps):
            if isinstance(step, CheckStep):
                if step.check.remembers and row.values.get(step.check.field) is not None:
                    step.check.refuse(row, self.memories[place])
            elif self.memories[place] is not None:
                assert isinstance(step.field, Asked)
                step.field.remember(row, step.name, self.memories[place])

    def chunks(self, state: TableState | None = None, first_chunk: int = 0) -> Iterator[Chunk]:
        """Chunks until the table has its rows. Raises LimitError when it cannot get them."""
        state = self.state = state or TableState()
        target = self.candidates.wanted
        ahead = self.candidates.start(state.next_index)
        if self.apart:
            self.apart.start(ahead)
        number, together, before = first_chunk, 0, state.rows
        while target is None or state.rows < target:
            goal = goal_of(self.plan, target, state.rows)
            missing = None if goal is None else goal - state.rows
            if not together:
                before, together = state.rows, self.size if missing is None else min(self.size, missing)
            count = together if self.plan.asks else min(MADE_PART, together)
            chunk = self._apart_chunk(number, count, missing) if self.apart else self._next_chunk(number, count, ahead, missing)
            if chunk is None:
                if target is None or self.candidates.enough or self.lenient or state.rows + sum(state.aside.values()) >= target:
                    return
                raise self._too_few(
                    f"there are no more rows in '{self.plan.table.from_.table}' to make it from" if self.plan.table.from_ else ""
                )
            yield chunk
            number, together = number + 1, together - count
            if together:
                continue
            if target is not None and not self.candidates.enough and state.rows < target and not self._patient:
                raise self._too_few(f"{state.tries:,} tries are more than its patience of {self.patience} per row")
            if self.lenient and state.rows == before and number > first_chunk + 1:
                return

    @property
    def _patient(self) -> bool:
        """Whether the table may be tried for more often."""
        return self.state.tries <= max(PATIENCE_AT_LEAST, self.patience * (self.candidates.wanted or self.state.next_index))

    def _trouble(self, passed: int) -> str:
        """That the table, of which so many rows have passed, will not get its rows if it goes on as it does, and what refuses most; nothing
        while that cannot be seen."""
        target, tries = self.candidates.wanted, self.state.tries
        if target is None or self.candidates.enough or tries < EARLY or passed * self.patience >= tries or not self.state.refused:
            return ""
        who = max(self.state.refused, key=self.state.refused.__getitem__)
        examples = "".join(f"\n  {example}" for example in self.examples.get(who, []))
        seldom = f"only {passed:,} of {tries:,} tries passed, so it will not get its rows"
        return f"{seldom}; most are refused by {who}{':' if examples else ''}{examples}"

    def _too_few(self, why: str) -> LimitError:
        counts = ", ".join(f"{by} refused {count:,}" for by, count in sorted(self.state.refused.items(), key=lambda item: -item[1]))
        return LimitError(
            f"table '{self.plan.name}' has {self.state.rows:,} of {self.candidates.wanted:,} rows: {why}; "
            f"{counts or 'nothing was refused'}",
            "loosen what refuses most, give more or other seeds or options, ask for fewer rows, or raise patience; what was made is kept: "
            "synthgen look OUTPUT shows it",
        )

    # One chunk

    def _next_chunk(self, number: int, count: int, ahead: Iterator[Candidate], missing: int | None) -> Chunk | None:
        """A chunk of the candidates that are next; None where there are no more."""
        some = list(islice(ahead, count))
        if not some:
            return None
        last = self.gathers and missing is not None and missing <= self.size
        rows, refused = self.make(some, ahead if last else iter(()))
        return Chunk(number, rows, refused, self.state.copy())

    def _apart_chunk(self, number: int, count: int, missing: int | None) -> Chunk | None:
        """The same where another makes it."""
        made = self.apart.take(count, missing) if self.apart else None
        if made is None:
            return None
        self.state.advance(made.state)
        for who, examples in made.examples.items():
            known = self.examples.setdefault(who, [])
            known += examples[: EXAMPLES - len(known)]
        return Chunk(number, [], [], self.state.copy(), made.packed)

    def make(self, some: list[Candidate], ahead: Iterator[Candidate]) -> tuple[list[Row], list[Refused]]:
        """The rows of some candidates, and all that was refused; the state knows of them. Those of `ahead` that took the place of others
        are added to `some`."""
        self.first = some[0].index
        together = self.plan.asks or not self.plan.remembers
        rows: list[Row] = []
        refused: list[Refused] = []

        def joining(count: int) -> list[Row]:
            joined = list(islice(ahead, count)) if self._patient else []
            some.extend(joined)
            return [candidate.row(self.plan) for candidate in joined]

        for block in [list(some)] if together else [[candidate] for candidate in some]:
            rows += self._finish([candidate.row(self.plan) for candidate in block], refused, joining)
        self.state.next_index = some[-1].index + 1
        self.state.rows += len(rows)
        return rows, sorted(refused, key=lambda entry: (entry.row, entry.attempt))

    def _finish(self, rows: list[Row], refused: list[Refused], joining: Callable[[int], list[Row]]) -> list[Row]:
        """Those of `rows`, and of as many as are `joining` them in place of those that are given up, that pass, in order; the others are
        added to `refused`, every try of them."""
        wanted, todo = len(rows), dict.fromkeys(range(len(rows)), self.all_steps)
        postponed, given_up = dict[int, int](), set[int]()
        spent = Counter[tuple[int, frozenset[str]]]()
        self.stage = Stage()
        while todo:
            self.state.tries += len(todo) - len(postponed)
            outcome = self._round(rows, todo, spent, refused)
            retries, postponed, given_up = outcome.retries, outcome.postponed, given_up | outcome.given_up
            most = ", ".join(reason for reason, _ in outcome.reasons.most_common(REASONS))
            alive = len(rows) - len(retries) - len(given_up)
            trouble = self._trouble(self.state.rows + alive)
            self.stage = Stage(alive - len(postponed), round=self.stage.round + 1, refused_for=most, trouble=trouble)
            if self.plan.asks:
                self.report(self.stage, 0)
            more = joining(wanted - alive - len(retries))
            joined = dict.fromkeys(range(len(rows), len(rows) + len(more)), self.all_steps)
            rows += more
            todo = dict(sorted((retries | postponed | joined).items()))
        return [row for number, row in enumerate(rows) if number not in given_up]

    def _round(
        self, rows: Sequence[Row], todo: dict[int, int], spent: Counter[tuple[int, frozenset[str]]], refused: list[Refused]
    ) -> Round:
        """One try of the steps `todo` of each row, as bits, by its number in `rows`."""
        outcome = Round()
        for place, step in enumerate(self.plan.steps):
            numbers = [number for number, steps in todo.items() if steps >> place & 1]
            if not numbers:
                continue
            if self.gathers and _asks_claude(step) and (outcome.retries or outcome.given_up):
                outcome.postponed |= {number: todo.pop(number) & -1 << place for number in numbers}
                continue
            for number, refusal in zip(numbers, self._do(place, step, [rows[number] for number in numbers]), strict=True):
                if self.witness:
                    self.witness.judged(step, rows[number], refusal)
                if refusal is not None:
                    ahead = todo.pop(number) & -1 << place
                    if refusal is not UNKNOWN:
                        refused.append(self._refused(rows[number], place, refusal))
                    if steps := self._retry(rows[number], place, ahead, spent, final=refusal.final):
                        outcome.retries[number] = steps
                        in_words = step.check.in_words if isinstance(step, CheckStep) else ""
                        outcome.reasons[in_words or refusal.reason] += 1
                    else:
                        outcome.given_up.add(number)
        return outcome

    def _do(self, place: int, step: FieldStep | CheckStep, rows: list[Row]) -> list[Refusal | None]:
        if isinstance(step, CheckStep):
            return self._check(place, step, rows)
        if isinstance(step.field, Asked):
            return self._ask(place, step.name, step.field, rows)
        assert isinstance(step.field, PythonField)
        make_all(rows, step.name, step.field, self.streams)
        return [None] * len(rows)

    def _check(self, place: int, step: CheckStep, rows: list[Row]) -> list[Refusal | None]:
        check, memory = step.check, self.memories[place]
        reasons = [None if row.values.get(check.field) is None else check.refuse(row, memory) for row in rows]
        return [
            None if reason is None or check.field in row.preset else Refusal(check_name(check), reason, check.to, check.final)
            for row, reason in zip(rows, reasons, strict=True)
        ]

    def _ask(self, step: int, name: str, field: Asked, rows: list[Row]) -> list[Refusal | None]:
        memory, working = self.memories[step], []
        for number, row in enumerate(rows):
            if not is_wanted(field, row):
                leave_out(row, name, field)
            elif not takes_preset(row, name, field):
                working.append(number)
        row_answers = self._answers(name, field, [rows[number] for number in working])
        answered_numbers = [number for number, completions in zip(working, row_answers, strict=True) if completions is not None]
        verdicts = [UNKNOWN if number in working and number not in answered_numbers else None for number in range(len(rows))]
        passes = partial(self._passes, name, self._vetting(name))
        answered_rows, answers = (
            [rows[number] for number in answered_numbers],
            [completions for completions in row_answers if completions is not None],
        )
        chosen = [
            choice
            for block in self._together(answered_rows)
            for choice in field.choose(
                [answered_rows[place] for place in block], [answers[place] for place in block], memory, passes, self.witness
            )
        ]
        if self.witness:
            self.witness.asked(name, answered_rows, answers, chosen)
        for number, (value, source) in zip(answered_numbers, chosen, strict=True):
            row = rows[number]
            row.origin[name] = {
                "model": self.models[source.prompt.by or field.by].identity,
                "prompt": source.prompt.digest,
                "try": row.attempt,
                "seeds": list(source.prompt.origin.get("seeds", ())),
            }
            if isinstance(value, Refusal):
                verdicts[number] = value
                row.give(name, Labelled(source.text, dict.fromkeys(field.labels())))
            else:
                row.give(name, value)
        return verdicts

    def _answers(self, name: str, field: Asked, rows: Sequence[Row]) -> list[list[Completion] | None]:
        """All answers to what a field asks for each row, in the order of asking; None where one is not to be had."""
        answers: list[list[Completion] | None] = [[] for _ in rows]
        prompts = [
            row_prompts for block in self._together(rows) for row_prompts in field.ask([rows[place] for place in block], name, self.streams)
        ]
        answered, stage = 0, self.stage if all(row.attempt for row in rows) else replace(self.stage, round=1)
        while any(prompts):
            came: list[dict[int, Completion]] = [{} for _ in rows]
            owners_by_model: dict[str, list[tuple[int, int]]] = {}
            for number, row_prompts in enumerate(prompts):
                for place, prompt in enumerate(row_prompts):
                    owners_by_model.setdefault(prompt.by or field.by, []).append((number, place))
            for model, owners in owners_by_model.items():
                for which, completion in placed(self.models[model], [prompts[number][place] for number, place in owners]):
                    number, place = owners[which]
                    came[number][place] = completion  # they come in any order
                    answered += len(came[number]) == len(prompts[number])
                    count = min(answered, len(rows))
                    self.report(replace(stage, asking=name, asked=len(rows), answered=count, tries=field.tries, typed=field.drafts), 1)
            for number, row_prompts in enumerate(prompts):
                so_far = answers[number]
                complete = so_far is not None and len(came[number]) == len(row_prompts)
                answers[number] = (
                    [*so_far, *(came[number][place] for place in range(len(row_prompts)))] if complete and so_far is not None else None
                )
            ready = [number for number, row_answers in enumerate(answers) if row_answers is not None]
            following = field.more([rows[number] for number in ready], [answers[number] or [] for number in ready], name, self.streams)
            prompts = [[] for _ in rows]
            for number, row_prompts in zip(ready, following, strict=True):
                prompts[number] = row_prompts
        return answers

    def _together(self, rows: Sequence[Row]) -> Iterator[Sequence[int]]:
        """The places of the rows that are asked for together, block by block."""
        blocks: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            blocks.setdefault((row.index - self.first) // ASKED_CHUNK, []).append(place)
        yield from blocks.values()

    def _vetting(self, name: str) -> list[tuple[Check, Any]]:
        """The checks of a field that do not depend on other rows, each with what it knows."""
        checks = [(step.check, self.memories[place]) for place, step in enumerate(self.plan.steps) if isinstance(step, CheckStep)]
        return [(check, memory) for check, memory in checks if check.field == name and not check.remembers]

    def _passes(self, name: str, checks: Sequence[tuple[Check, Any]], row: Row, value: Value) -> bool:
        """Whether the row would pass, with this value of a field, those of the checks for which all is made."""
        tried = Row(row.table, row.index, row.attempt, {**row.values, name: value})
        ready = ((check, memory) for check, memory in checks if all(read in tried.values for _, read in check.reads()))
        return all(check.refuse(tried, memory) is None for check, memory in ready)

    def _refused(self, row: Row, place: int, refusal: Refusal) -> Refused:
        step = self.plan.steps[place]
        name = step.name if isinstance(step, FieldStep) else step.check.field
        who = f"{refusal.reason} ({name})"
        self.state.refused[who] = self.state.refused.get(who, 0) + 1
        if len(examples := self.examples.setdefault(who, [])) < EXAMPLES and refusal.detail:
            examples.append(refusal.detail)
        if refusal.final and refusal.to != "refused":
            self.state.aside[refusal.to] = self.state.aside.get(refusal.to, 0) + 1
        return Refused(row.index, row.attempt, refusal.reason, name, refusal.detail, dict(row.values), refusal.to)

    def _retry(self, row: Row, place: int, ahead: int, spent: Counter[tuple[int, frozenset[str]]], *, final: bool) -> int:
        """The steps that the row must go through again, as bits; 0 when it is out of tries or its refusal `final`. `spent` counts the tries
        per row and what they made again: facts that are hard to draw must not use up a message's tries."""
        retry = self.plan.retries[place]
        row.attempt += 1
        spent[row.index, retry.fields] += 1
        over = final or spent[row.index, retry.fields] >= retry.tries
        done = [number for number in range(len(self.plan.steps)) if not ahead >> number & 1]
        undone = done if over else [number for number in retry.steps if number in done]
        for number in undone:
            step = self.plan.steps[number]
            if isinstance(step, CheckStep):
                if row.values.get(step.check.field) is not None:
                    step.check.forget(row, self.memories[number])
            elif isinstance(step.field, Asked) and self.memories[number] is not None:
                step.field.forget(row, step.name, self.memories[number])
        return 0 if over else ahead | sum(1 << number for number in undone)


def goal_of(plan: TablePlan, target: int | None, rows: int) -> int | None:
    """How many rows a table of so many `rows` has to have before it goes on: its `target`, or first a multiple of those that it makes
    `together`. So what takes the place of what was refused among the first rows is the same, however many come behind them."""
    together = plan.table.together if plan.asks else None
    return target if target is None or together is None else min(target, (rows // together + 1) * together)


def _asks_claude(step: FieldStep | CheckStep) -> bool:
    return isinstance(step, FieldStep) and isinstance(step.field, Asked) and step.field.asks == "claude"


def _memory(step: FieldStep | CheckStep) -> Any:
    if isinstance(step, CheckStep):
        return step.check.memory(step.sources)
    return step.field.memory() if isinstance(step.field, Asked) and step.field.chooses else None
