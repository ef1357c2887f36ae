"""What is known of a row: its facts, the tries of its asked fields, its checks."""

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
SEED = "the row's seed"
"""Where what is given by a seed that is a row comes from."""
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
    """What a model answered to the question of a digest (`to`), word for word, with its tokens (`tokens_thinking` of those written were
    thoughts) and cost. `stream` seeded it, `opening` was
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
    tokens_thinking: int = 0


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
        taker_note = f"; {self.taker} got it" if self.taker else ""
        return f"{self.fate}{f': {self.detail}' if self.detail else ''}{taker_note}"


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
    fields = {step_record.step.name: step_record.step.field for step_record in record.steps if isinstance(step_record.step, FieldStep)}
    return [_attempt(asking, fields[asking.name], identities, table, record.number) for asking in record.askings]


def _attempt(asking: Asking, made_by: FieldShape, identities: Mapping[str, str], table: str, number: int) -> Attempt:
    row, by = f"{table}-{number}", str(getattr(made_by, "by", ""))
    owner = f"{table}-{asking.owners.get(asking.source.prompt.stream, number)}"
    prompts = {completion.prompt.digest: completion.prompt for completion in asking.answers}
    questions = [_question(prompt, identities.get(prompt.by or by, "")) for prompt in prompts.values()]
    if (lent := asking.source.prompt).text and lent.digest not in prompts:
        questions.append(_question(lent, identities.get(lent.by or by, ""), owner))
    texts = [_text(asking, considered, table, number) for considered in asking.considered]
    other_fates = Counter(text.fate for text in texts if text.fate and text.row != row)
    return Attempt(
        asking.name,
        str(getattr(made_by, "kind", "")),
        asking.attempt,
        questions,
        [_answer(completion, row) for completion in asking.answers],
        [text for text in texts if not text.fate or text.row == row],
        dict(other_fates.most_common()),
        f"{asking.refusal.reason}: {asking.refusal.detail}".rstrip(": ") if asking.refusal else "",
    )


def _text(asking: Asking, considered: Considered, table: str, number: int) -> CandidateRecord:
    stream = considered.completion.prompt.stream
    owner, taker = asking.owners.get(stream), asking.takers.get(stream)
    return CandidateRecord(
        considered.text,
        considered.fate,
        considered.detail,
        f"{table}-{taker}" if taker not in (None, number) else "",
        f"{table}-{owner}" if owner is not None else "",
        stream,
        considered.completion.text.strip() if considered.voiced else "",
        [slip._asdict() for slip in considered.slips],
        considered.score,
        considered.sense,
    )


def _question(prompt: Prompt, model: str, row: str = "") -> PromptRecord:
    brief, settings = prompt.brief, {key: value for key, value in prompt.settings.items() if key != "opening"}
    if brief:
        settings |= {"effort": brief.effort} if brief.effort else {}
        settings |= {"thinking": brief.thinking} if brief.thinking else {}
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
        completion.tokens_thinking,
    )


def checks(record: Record | None, output: Dataset, table: str) -> list[CheckResult]:
    """Every check that looked at the row, in order; without a record those of the recipe, of which it is known that a row of the table has
    passed them."""
    if record is None:
        written = output.recipe.data["tables"].get(table, {}).get("keep") or []
        return [CheckResult(str(entry.get("kind")), str(entry.get("field")), None, "", _settings(entry)) for entry in written]
    results = []
    for step_record in record.steps:
        if isinstance(step_record.step, CheckStep):
            check = step_record.step.check
            settings = _settings(check.model_dump(mode="json", exclude_defaults=True))
            reason = (step_record.refusal.detail or step_record.refusal.reason) if step_record.refusal else ""
            results.append(CheckResult(check_name(check), check.field, step_record.attempt, reason, settings))
    return results


def facts(
    output: Dataset, table: str, number: int, values: Mapping[str, Any], parent: str | None, record: Record | None
) -> list[FactRecord]:
    """The fields that no model was asked for, and those that came with the parent row; hidden ones as far as they are known."""
    steps = (
        {step_record.step.name: step_record for step_record in record.steps if isinstance(step_record.step, FieldStep)} if record else {}
    )
    known_values = plain({**(record.values if record else {}), **values})
    table_fields, fact_records = output.recipe.tables[table].fields if table in output.recipe.tables else {}, []
    by_model = set(output.manifest["models"]) and {
        name for name, recorded in table_fields.items() if not issubclass(recorded.kind, PythonField)
    }
    preset = {*record.preset} if record else {name for name in table_fields if known_values.get(f"{name}_seed") is True}
    for name, recorded in output.recipe.fields_of(table).items():
        if name in by_model - preset or (name not in known_values and not recorded.hidden):
            continue
        if name in preset:
            fact_records.append(FactRecord(name, known_values[name], str(recorded.data.get("kind")), {}, SEED))
            continue
        if name not in table_fields:
            if name in known_values:
                fact_records.append(FactRecord(name, known_values[name], str(recorded.data.get("kind")), {}, parent or "the parent row"))
            continue
        out, step_record = _is_left_out(recorded, known_values), steps.get(name)
        drew = step_record is not None and isinstance(step_record.step.field, PythonField) and step_record.step.field.draws and not out  # type: ignore[union-attr]
        stream = [output.manifest["seed"], table, name, number, step_record.attempt] if step_record and drew else None
        fact_records.append(
            FactRecord(name, known_values.get(name), str(recorded.data.get("kind")), _settings(recorded.data), "", stream, out)
        )
    return fact_records


def _is_left_out(recorded: RecordedField, values: Mapping[str, Any]) -> bool:
    try:
        return recorded.data.get("when") is not None and not render.holds(str(recorded.data["when"]), values)
    except render.TemplateMistake:
        return False


def _settings(written: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipe says of a part, but for what all parts say."""
    return {key: value for key, value in written.items() if key not in (*UNSAID, "field")}


# From the journal alone


def remembered(output: Dataset, journal: Journal | None, table: str, number: int, answer_records: Mapping[str, Any]) -> list[Attempt]:
    """What the journal knows of the prompts that the row's provenance (`answer_records`) names: their texts, and all answers to them. The
    row's own are told by their streams."""
    streams, fields = Streams(output.manifest["seed"]), output.recipe.fields_of(table)
    attempts = []
    for name, answer_record in answer_records.items():
        if answer_record is None:
            continue
        kind = str(fields[name].data.get("kind")) if name in fields else ""
        text = journal.prompt(answer_record["prompt"]) if journal else None
        if journal is None or text is None:
            question = PromptRecord(answer_record["prompt"], answer_record["model"], "", origin={"seeds": answer_record["seeds"]})
            attempts.append(Attempt(name, kind, answer_record["try"], [question], []))
            continue
        own_streams = {
            str(streams.number(table, name, number, answer_record["try"], *more)) for more in [(), *((draw,) for draw in range(MOST))]
        }
        rows = journal.answers(f"{table}.{name}", answer_record["prompt"])
        answers = [
            AnswerRecord(
                answer_record["prompt"],
                answer["text"],
                answer["finish"],
                int(answer["stream"]),
                "",
                f"{table}-{number}" if answer["stream"] in own_streams else "",
                answer["tokens_in"],
                answer["tokens_out"],
                answer["tokens_cached"],
                answer["cost"],
                answer["tokens_thinking"] or 0,
            )
            for answer in rows
        ]
        brief = journal.prompt(rows[0]["brief"]) if rows and rows[0]["brief"] else ""
        question = PromptRecord(
            answer_record["prompt"], answer_record["model"], text, brief or "", origin={"seeds": answer_record["seeds"]}
        )
        attempts.append(Attempt(name, kind, answer_record["try"], [question], answers))
    return attempts
