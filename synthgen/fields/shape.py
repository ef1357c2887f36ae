"""The two shapes of a field: Python makes it (`PythonField`), or a model is asked for it (`Asked`).

Both are declared data, checked when the recipe is read; both sides of a question to a model are pure, so
that how an answer is read can change without asking for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, WrapValidator, field_serializer

from synthgen.errors import DataError
from synthgen.fields.considered import Listener
from synthgen.spec import numerals, render
from synthgen.spec.parts import Part, PartMistake
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams

LARGEST_INT = 2**63 - 1
"""What a column of whole numbers holds at most; at least it holds -LARGEST_INT - 1."""


def _storable(value: bool | int | float | str) -> bool | int | float | str:
    if isinstance(value, int) and not -LARGEST_INT - 1 <= value <= LARGEST_INT:
        raise ValueError("a whole number of more than 64 bits, which no column holds", "in quotes it is text")
    return value


Scalar = Annotated[StrictBool | StrictInt | StrictFloat | StrictStr, BeforeValidator(numerals.as_typed), AfterValidator(_storable)]
"""Text, a number or a truth value; a number that was typed as 00501 or 1.10 is text."""
Weight = Annotated[float, Field(ge=0)]
Passes = Callable[[Row, Value], bool]
"""Whether a row with this value would pass those checks of it that do not depend on other rows."""


def anything(row: Row, value: Value) -> bool:
    """Where there are no checks, everything passes."""
    return True


WORDS = " ".join(["something"] * 30)
"""Stands for a text that is not written yet."""
Count = Callable[[str], int | None]
"""How many different values the field of that name can have, at most."""


Chosen = tuple[Value | Labelled | Refusal, Completion]
"""A value, or why there is none, and the completion that it is from."""


def _is_template(source: str) -> str:
    render.names(source)
    return source


def _is_condition(source: str) -> str:
    if "{{" not in source:
        raise ValueError("a condition is an expression in braces", f'write it as "{{{{ {source} }}}}"')
    render.expression_of(source)
    render.names(source)
    return source


def _undecided(value: Any, check: Callable[[Any], Any]) -> Any:
    """A number that knows how it was typed stays so until the field's column is known."""
    return value if isinstance(value, numerals.Numeral) else check(value)


def _described_as_text(json_schema: dict[str, Any]) -> None:
    json_schema.setdefault("description", "text with {{ field }}")


Template = Annotated[str, AfterValidator(_is_template), Field(json_schema_extra=_described_as_text)]
Condition = Annotated[str, AfterValidator(_is_condition)]


Role = Literal["fact", "label", "text", "message", "answer", "reply", "verdict"]
"""What a field is in a dataset: a fact that was drawn, a label, a text that may hold anything, what somebody typed, what should be answered
to it, what the application under test did answer, or what was said of either."""


class Others(Protocol):
    """The fields that a row has beside one of them, as far as they could be read."""

    inherits: bool
    """Whether rows have fields of the rows that they are made from."""

    def field(self, name: str) -> FieldShape | None:
        """The field of a name, of this table or of one above it."""

    def fields(self) -> Mapping[str, FieldShape]:
        """Those without a mistake of their own, by name, those of the tables above first."""

    def named(self, template: str) -> tuple[tuple[Any, ...], FieldShape] | None:
        """The field that a template is the name of, and no more, such as `{{ intent }}`; and its keys from the top of the recipe."""


class FieldShape(Part):
    """What every field may say."""

    can_be_label: ClassVar[bool] = True
    """Whether a column with few values may be taken for a label."""
    role: ClassVar[Role] = "text"
    sliced: ClassVar[tuple[str, ...]] = ()
    """Those of its labels by which results are sliced, whatever their values."""

    zoneless: ClassVar[bool] = False
    """Whether the moments that it makes are known to have no time zone."""

    drafts: ClassVar[bool] = False
    """Whether a model types more for it than is taken, and rows choose when all is there."""

    when: Condition | None = Field(None, description="made only where this is true, such as {{ intent == 'lost card' }}")
    otherwise: Annotated[Scalar | None, WrapValidator(_undecided)] = Field(
        None, description="the value where `when` is not true (default: nothing)"
    )
    hidden: bool = Field(False, description="needed for other fields, but not shipped")

    @property
    def places(self) -> int:
        """How many places after the point its numbers have in text; 0 where that is not set."""
        return 0

    @field_serializer("otherwise")
    def _decided(self, value: Value) -> Value:
        return self.fallback

    @property
    def fallback(self) -> Value:
        """What `otherwise` says, as a value of this field's column: 1.10 is a number among numbers, and as it was typed among texts."""
        among_numbers = isinstance(self.otherwise, numerals.Numeral) and self.column() in ("int64", "float64")
        return numerals.as_number(self.otherwise) if among_numbers else numerals.as_typed(self.otherwise)

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The names of the fields that this one reads, each with the key that names it."""
        if self.when is not None:
            yield from ((("when",), name) for name in sorted(render.names(self.when)))

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """What is wrong between it and the fields that it names; `at` of each mistake from its own keys, or where another field is to blame
        from the top of the recipe, `absolute`."""
        yield from ()

    def unknown(self, at: tuple[str | int, ...], name: str) -> PartMistake | None:
        """The mistake that there is no field of a `name` that it `reads` at a key; None where another mistake says so."""
        return PartMistake(at, f"there is no field '{name}'", word=name)

    def literals(self) -> list[Any]:
        """The texts in it that stay as they are, for no template can stand there."""
        return [self.otherwise]

    def form_of(self) -> Mapping[str, Any] | None:
        """The JSON Schema of its values; None where it is not known before."""
        return None

    @property
    def copies(self) -> int:
        """How many rows there are for it of each row of the table above."""
        return 1

    def combine(self, step: int) -> None:
        """Told how many rows in a row have the same of its `copies`, for other fields have copies, too."""

    @property
    def pools(self) -> dict[str, list[str]]:
        """The seed messages per topic that it is made in the manner of."""
        return {}

    @property
    def more_seeds(self) -> tuple[str, str] | None:
        """The key under which more messages can be given that it is made in the manner of, and the template of a row's topic; None where
        there is none."""
        return None

    @property
    def drawn_by_weight(self) -> dict[str, str]:
        """The keys that hold weights by which something is drawn for each row, each with the label that says what ("": the value)."""
        return {}

    @property
    def mentioned(self) -> Mapping[str, float]:
        """The slots of its seed messages that its values have to mention, each with the share that must."""
        return {}

    @property
    def source_of_topics(self) -> str:
        """The template of what each of its values is about; "" where that does not matter."""
        return ""

    @property
    def originals(self) -> list[str]:
        """Messages that it must not repeat."""
        return []

    def first_rows(self, name: str) -> Sequence[Mapping[str, Value]]:
        """What it gives of the first rows of its table, where it is called `name`: of each the values of some fields."""
        return ()

    def beside(self, preset: Mapping[str, Value]) -> Mapping[str, Value]:
        """What other fields have in a row in which these are `preset`, as far as it says so."""
        return {}

    def preset(self, row: Row, value: Value) -> Value | Labelled | None:
        """A value that a row has before it is made, as it has it; None where it cannot have it, and one is made."""
        return Labelled(value, dict.fromkeys(self.labels())) if self.labels() else value

    def column(self) -> str:
        """The type of its column: string, bool, int64, float64, date32, timestamp[us], list or json."""
        return "string"

    def column_among(self, columns: Mapping[str, str]) -> str:
        """The same, where the types of the `columns` that it may read say more."""
        return self.column()

    def distinct(self, of: Count) -> int | None:
        """How many different values it can have, at most, where it is made; None where nobody knows. `of` says so of another field."""
        return 2 if self.column() == "bool" else None

    def known_values(self) -> list[tuple[Value, bool]] | None:
        """All values that are written for it, what it has where its `when` is not true among them, each with whether a row can have it;
        None where nobody knows them all."""
        return None

    def labels(self) -> dict[str, str]:
        """The labels that come with each value, and the types of their columns: `message` with a label `voice` ships as
        `message` and `message_voice`. A field that has labels makes `Labelled` values."""
        return {}

    def implied(self) -> Iterator[dict[str, Any]]:
        """Checks of its values that go without saying, as a recipe would write them, without the field."""
        yield from ()

    def notes(self) -> Iterator[str]:
        """What is to be noted of it, though it is no mistake."""
        yield from ()

    def logs(self) -> list[tuple[Path, str]]:
        """The files of messages that real people typed, of which no copy may leave this machine, each with the field that holds the
        messages ("": one of the usual names)."""
        return []

    def readings(self) -> Iterator[str]:
        """What was read of its files of messages, a line each. Raises DataError, ValueError."""
        yield from ()

    def commit(self, *, newest: bool = False) -> str | None:
        """The commit of a dataset on the Hub that its values are of, or the `newest` that there is now; None where it reads none. Raises
        DataError."""
        return None

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """What a manifest tells of the finished field, by section; `rows` gives columns of the table's rows."""
        return {}


class PythonField(FieldShape):
    """A field that Python makes. Where nothing is drawn, `draws` is false and the stream is any."""

    draws: ClassVar[bool] = True

    @property
    def evenly(self) -> bool:
        """Whether its first draws lie evenly from row to row."""
        return False

    def supply(self) -> int | None:
        """How many values it has to give, one to each row in order; None where there is no end of them."""
        return None

    def make(self, row: Row, stream: Random) -> Value | Labelled:
        """This row's value, drawn from its own stream."""
        raise NotImplementedError


class Workload(NamedTuple):
    """How much a model will be asked: `prompts`, which read so many `frames` (texts that prompts share), and some of these frames."""

    prompts: int
    frames: int
    texts: Sequence[str]


NOT_ASKED = Completion(Prompt("", 0), "", "stop")
"""Stands for the completion of a row that there was nothing to ask about."""


class Asked(FieldShape):
    """A field that a model is asked for."""

    asks: ClassVar[str] = "base"
    """The kind of model that can make it."""

    by: str = Field("typist", description="the model's name in `models`")
    tries: int = Field(8, ge=1, le=1000, description="how often a row is asked for before the next one takes its place")

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """What to ask for each of `rows` to make the field `name`. All rows of a chunk come at once, because
        rows that share a frame share most of the work."""
        raise NotImplementedError

    def workload(self, rows: Sequence[Row], name: str, streams: Streams) -> Workload:
        """How much `ask` would ask for these rows."""
        prompts = [prompt for row_prompts in self.ask(rows, name, streams) for prompt in row_prompts]
        frames = {prompt.text for prompt in prompts}
        return Workload(len(prompts), len(frames), sorted(frames))

    def more(self, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], name: str, streams: Streams) -> list[list[Prompt]]:
        """What to ask next for each of `rows` whose answers so far are these, in the order of asking: nothing, unless the field
        asks in several rounds. When no row asks for more, the rows are read."""
        return [[] for _ in rows]

    def makers(self) -> dict[str, str]:
        """The keys that name a model, each with the kind of model that it needs."""
        return {"by": self.asks}

    def models(self) -> set[str]:
        """The names of all models that are asked."""
        return {self.by}

    def sooner(self) -> Self:
        """The same field for somebody who waits for a row: it asks less, where that makes its values worse and no others."""
        return self

    def rounds(self) -> int:
        """How often a row is asked for in one try, at most."""
        return 1

    def foreseen(self, rows: Sequence[Row], name: str, streams: Streams) -> list[tuple[Prompt, int]]:
        """Prompts that are like those that these rows will ask, each with how many of them there may be in one try, at most."""
        return [(prompt, self.rounds()) for row_prompts in self.ask(rows, name, streams) for prompt in row_prompts]

    def stand_in(self, row: Row) -> Value:
        """What stands for a value that is not made yet, where only its length matters. Raises DataError."""
        return WORDS

    def answers(self) -> list[str]:
        """Texts that are as long as its answers will be; none where nothing is known."""
        return []

    @property
    def chooses(self) -> bool:
        """Whether it has a memory: whether what is chosen for a row depends on other rows."""
        return False

    def memory(self) -> Any:
        """What a field knows of the table's values before the first row, if its choice among completions depends on them."""
        return None

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The value that the completions hold, or why there is none."""
        raise NotImplementedError

    def choose(
        self,
        rows: Sequence[Row],
        answers: Sequence[Sequence[Completion]],
        memory: Any,
        passes: Passes = anything,
        listener: Listener | None = None,
    ) -> list[Chosen]:
        """What each of the rows that were asked together gets: what it reads in its own answers (there are none where there was nothing
        to ask), unless the field `chooses`.
        Then the memory is told of each choice, and what `passes` the table's checks is preferred. Where there was a choice, the `listener`
        hears of it."""
        return [
            (self.read(row, completions), completions[0] if completions else NOT_ASKED)
            for row, completions in zip(rows, answers, strict=True)
        ]

    def remember(self, row: Row, name: str, memory: Any) -> None:
        """Tell the memory of the value that the row has for this field, `name`."""

    def forget(self, row: Row, name: str, memory: Any) -> None:
        """Undo the remembering: a check has refused the row."""


def fill(source: str, values: Mapping[str, Value], where: str) -> str:
    """A template's text; a template that cannot be filled is an error that says where it stands."""
    try:
        return render.fill(source, values)
    except render.TemplateMistake as error:
        raise DataError(f"{where}: {error}", error.hint or "mend the template, or give it what it reads") from None
