"""What is told of a row: its facts, the tries of its asked fields, its checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as start
from typing import Any

from synthgen.dataset import Dataset
from synthgen.fields import FieldShape, PythonField
from synthgen.fields.considered import Considered
from synthgen.models import Journal
from synthgen.provenance.record import Asking, Record
from synthgen.recipe.plan import CheckStep, FieldStep, check_name
from synthgen.recipe.recorded import RecordedField
from synthgen.spec import render
from synthgen.spec.rows import Completion, Prompt, plain
from synthgen.spec.streams import Streams

MOST = 64
"""How many continuations of a row are told apart by their numbers, at most."""
UNSAID = ("kind", "hidden", "when", "otherwise")
"""What a recipe says of a field that is no setting of its kind."""


@dataclass(frozen=True)
class FactRecord:
    """A field that Python made, or that came with the parent row (`source`): its value, its kind, and what the recipe says of it
    (`written`). `stream` is what it drew from: seed, table, field, row and try; None where nothing was drawn, or that is not known.
    `left_out` says that its `when` did not hold."""

    name: str
    value: Any
    kind: str
    written: dict[str, Any]
    source: str = ""
    stream: list[int | str] | None = None
    left_out: bool = False

    @property
    def maker(self) -> str:
        """What made it, in a line."""
        if self.source:
            return f"{self.kind}, from {self.source}"
        keys = ", ".join(f"{key}: {value}" for key, value in self.written.items())
        drawn = f"; stream {' / '.join(map(str, self.stream))}" if self.stream else ""
        return f"{self.kind}{f' ({keys})' if keys else ''}{'; left out by its when' if self.left_out else drawn}"


@dataclass(frozen=True)
class PromptRecord:
    """What a model was asked, word for word: the `brief` that it read first, with whole documents and the schema of its answer, and the
    `text`, after the turns before it. `origin` is what provenance remembers of it, such as topic, voice and what must be mentioned. `row`
    is the row that it was asked for, if that is another one."""

    digest: str
    model: str
    text: str
    brief: str = ""
    documents: list[str] = start(default_factory=list)
    schema: str = ""
    settings: dict[str, Any] = start(default_factory=dict)
    origin: dict[str, Any] = start(default_factory=dict)
    row: str = ""


@dataclass(frozen=True)
class AnswerRecord:
    """What a model answered to the question of a digest (`to`), word for word, with its tokens and cost. `stream` seeded it, `opening` was
    given to it to begin with, and `row` is the row that it was asked for ("" where that is not known)."""

    to: str
    text: str
    finish: str
    stream: int
    opening: str
    row: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost: float | None


@dataclass(frozen=True)
class CandidateRecord:
    """A text that the row might have got, from the answer to a `stream` that was asked for `row`. `fate` says why it did not ("" for the
    one that it got), and `taker` which other row got what it is from. Where it is as the voice typed it, `wrote` is what the model wrote
    and `slips` what is misspelled; `score` is how much it is about its topic, `sense` how much sense it makes."""

    text: str
    fate: str
    detail: str
    taker: str
    row: str
    stream: int
    wrote: str = ""
    slips: list[dict[str, Any]] = start(default_factory=list)
    score: float | None = None
    sense: float | None = None

    @property
    def outcome(self) -> str:
        """What became of it, in a line."""
        if not self.fate:
            return "taken"
        whose = f"; {self.taker} got it" if self.taker else ""
        return f"{self.fate}{f': {self.detail}' if self.detail else ''}{whose}"


@dataclass(frozen=True)
class Attempt:
    """One try (None: which is not known) of a field that a model was asked for: the `questions`, each once, the `answers`, the texts that
    the row might have got from its own answers or did get (`candidates`), how many others there were by what became of them (`others`),
    and why there was no value, if so."""

    field: str
    kind: str
    attempt: int | None
    questions: list[PromptRecord]
    answers: list[AnswerRecord]
    candidates: list[CandidateRecord] = start(default_factory=list)
    others: dict[str, int] = start(default_factory=dict)
    refusal: str = ""


@dataclass(frozen=True)
class CheckResult:
    """A check of a try (None: which is not known) and why it refused the row, if it did; `written` is what the recipe says of it."""

    kind: str
    field: str
    attempt: int | None
    refusal: str = ""
    written: dict[str, Any] = start(default_factory=dict)


# From the record of the row's making


def tried(record: Record, identities: Mapping[str, str], table: str) -> list[Attempt]:
    """The tries of all asked fields, in order."""
    fields = {done.step.name: done.step.field for done in record.steps if isinstance(done.step, FieldStep)}
    return [_attempt(one, fields[one.name], identities, table, record.number) for one in record.askings]


def _attempt(one: Asking, made_by: FieldShape, identities: Mapping[str, str], table: str, number: int) -> Attempt:
    row, by = f"{table}-{number}", str(getattr(made_by, "by", ""))
    owner = f"{table}-{one.owners.get(one.source.prompt.stream, number)}"
    own = {completion.prompt.digest: completion.prompt for completion in one.answers}
    questions = [_question(prompt, identities.get(prompt.by or by, "")) for prompt in own.values()]
    if (lent := one.source.prompt).text and lent.digest not in own:
        questions.append(_question(lent, identities.get(lent.by or by, ""), owner))
    texts = [_text(one, each, table, number) for each in one.considered]
    others = Counter(text.fate for text in texts if text.fate and text.row != row)
    return Attempt(
        one.name,
        str(getattr(made_by, "kind", "")),
        one.attempt,
        questions,
        [_answer(completion, row) for completion in one.answers],
        [text for text in texts if not text.fate or text.row == row],
        dict(others.most_common()),
        f"{one.refusal.reason}: {one.refusal.detail}".rstrip(": ") if one.refusal else "",
    )


def _text(one: Asking, each: Considered, table: str, number: int) -> CandidateRecord:
    stream = each.completion.prompt.stream
    owner, taker = one.owners.get(stream), one.takers.get(stream)
    return CandidateRecord(
        each.text,
        each.fate,
        each.detail,
        f"{table}-{taker}" if taker not in (None, number) else "",
        f"{table}-{owner}" if owner is not None else "",
        stream,
        each.completion.text.strip() if each.voiced else "",
        [slip._asdict() for slip in each.slips],
        each.score,
        each.sense,
    )


def _question(prompt: Prompt, model: str, row: str = "") -> PromptRecord:
    brief, settings = prompt.brief, {key: value for key, value in prompt.settings.items() if key != "opening"}
    if brief:
        settings |= {"effort": brief.effort} if brief.effort else {}
        settings |= {"tokens": brief.tokens}
    return PromptRecord(
        prompt.digest,
        model,
        prompt.full_text,
        brief.system if brief else "",
        [document.name for document in brief.documents] if brief else [],
        brief.schema if brief else "",
        settings,
        {key: value for key, value in prompt.origin.items() if key not in ("field", "opening")},
        row,
    )


def _answer(completion: Completion, row: str) -> AnswerRecord:
    prompt = completion.prompt
    return AnswerRecord(
        prompt.digest,
        completion.text,
        completion.finish,
        prompt.stream,
        str(prompt.settings.get("opening", "")),
        row,
        completion.tokens_in,
        completion.tokens_out,
        completion.tokens_cached,
        completion.cost,
    )


def checks(record: Record | None, made: Dataset, table: str) -> list[CheckResult]:
    """Every check that looked at the row, in order; without a record those of the recipe, of which it is known that a row of the table has
    passed them."""
    if record is None:
        written = made.recipe.data["tables"].get(table, {}).get("keep") or []
        return [CheckResult(str(one.get("kind")), str(one.get("field")), None, "", _settings(one)) for one in written]
    found = []
    for done in record.steps:
        if isinstance(done.step, CheckStep):
            check = done.step.check
            settings = _settings(check.model_dump(mode="json", exclude_defaults=True))
            reason = (done.refusal.detail or done.refusal.reason) if done.refusal else ""
            found.append(CheckResult(check_name(check), check.field, done.attempt, reason, settings))
    return found


def facts(made: Dataset, table: str, number: int, values: Mapping[str, Any], parent: str | None, record: Record | None) -> list[FactRecord]:
    """The fields that no model was asked for, and those that came with the parent row; hidden ones as far as they are known."""
    steps = {done.step.name: done for done in record.steps if isinstance(done.step, FieldStep)} if record else {}
    known = plain({**(record.values if record else {}), **values})
    own, found = made.recipe.tables[table].fields if table in made.recipe.tables else {}, []
    asked = set(made.manifest["models"]) and {name for name, one in own.items() if not issubclass(one.kind, PythonField)}
    for name, one in made.recipe.fields_of(table).items():
        if name in asked or (name not in known and not one.hidden):
            continue
        if name not in own:
            if name in known:
                found.append(FactRecord(name, known[name], str(one.data.get("kind")), {}, parent or "the parent row"))
            continue
        out, done = _is_left_out(one, known), steps.get(name)
        drew = done is not None and isinstance(done.step.field, PythonField) and done.step.field.draws and not out  # type: ignore[union-attr]
        stream = [made.manifest["seed"], table, name, number, done.attempt] if done and drew else None
        found.append(FactRecord(name, known.get(name), str(one.data.get("kind")), _settings(one.data), "", stream, out))
    return found


def _is_left_out(one: RecordedField, values: Mapping[str, Any]) -> bool:
    try:
        return one.data.get("when") is not None and not render.holds(str(one.data["when"]), values)
    except render.TemplateMistake:
        return False


def _settings(written: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipe says of a part, but for what all parts say."""
    return {key: value for key, value in written.items() if key not in (*UNSAID, "field")}


# From the journal alone


def remembered(made: Dataset, journal: Journal | None, table: str, number: int, asked: Mapping[str, Any]) -> list[Attempt]:
    """What the journal knows of the prompts that the row's provenance (`asked`) names: their texts, and all answers to them, of which those
    of the row are told by their streams."""
    streams, fields = Streams(made.manifest["seed"]), made.recipe.fields_of(table)
    found = []
    for name, given in asked.items():
        if given is None:
            continue
        kind = str(fields[name].data.get("kind")) if name in fields else ""
        text = journal.prompt(given["prompt"]) if journal else None
        if journal is None or text is None:
            question = PromptRecord(given["prompt"], given["model"], "", origin={"seeds": given["seeds"]})
            found.append(Attempt(name, kind, given["try"], [question], []))
            continue
        own = {str(streams.number(table, name, number, given["try"], *more)) for more in [(), *((one,) for one in range(MOST))]}
        rows = journal.answers(f"{table}.{name}", given["prompt"])
        answers = [
            AnswerRecord(
                given["prompt"],
                one["text"],
                one["finish"],
                int(one["stream"]),
                "",
                f"{table}-{number}" if one["stream"] in own else "",
                *(one[key] for key in ("tokens_in", "tokens_out", "tokens_cached", "cost")),
            )
            for one in rows
        ]
        brief = journal.prompt(rows[0]["brief"]) if rows and rows[0]["brief"] else ""
        question = PromptRecord(given["prompt"], given["model"], text, brief or "", origin={"seeds": given["seeds"]})
        found.append(Attempt(name, kind, given["try"], [question], answers))
    return found
