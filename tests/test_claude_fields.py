"""The fields that Claude makes: what is asked, how answers are read, which outcomes have names, and what a change asks again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen import api
from synthgen.checks.agrees import same
from synthgen.errors import RecipeError
from synthgen.fields.answer import AnswerForm, column_of, schema_of
from synthgen.models import ScriptedModel
from synthgen.recipe import Loaded, plan
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row
from synthgen.spec.streams import Streams
from tests.servers import claude as server

NOWHERE = RecipeContext(Path())


def form(output: Any = None, *, think: bool = False, out: str = "") -> AnswerForm:
    return AnswerForm(schema_of(output, NOWHERE), think, out)


def said(text: Any, finish: str = "stop") -> Completion:
    return Completion(Prompt("…", 0), text if isinstance(text, str) else json.dumps(text), finish, 10, 20)


def read(answer: Any, output: Any = None, finish: str = "stop", **keys: Any) -> Any:
    """The value that is read, or the reason of a refusal and what it says."""
    found = form(output, **keys).read(said(answer, finish))
    return (found.reason, found.detail) if isinstance(found, Refusal) else found.value


class Told:
    """A model that answers in the order it is told to; each answer a text or a (text, finish)."""

    identity = "told"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[Prompt]()

    def count(self, text: str) -> int:
        return len(text)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        for prompt in prompts:
            self.asked.append(prompt)
            text, finish = one if isinstance(one := self.answers.pop(0), tuple) else (one, "stop")
            yield Completion(prompt, text if isinstance(text, str) else json.dumps(text), finish, 10, 20)


# The form of an answer


@pytest.mark.parametrize(
    ("output", "answer", "value"),
    [
        (None, "  All good.\n", "All good."),
        ("text", "All good.", "All good."),
        ("number", {"answer": 2}, 2.0),
        ("number", {"answer": 2.5}, 2.5),
        ("integer", {"answer": 3.0}, 3),
        ("boolean", {"answer": False}, False),
        (["yes", "no"], {"answer": "no"}, "no"),
        ([1, 2], {"answer": 2}, 2),
        ([1, 2.5], {"answer": 1}, 1.0),
        ([1, 2.5], {"answer": 1.0}, 1.0),
        ({"list": "text"}, {"answer": ["a", ""]}, ["a", ""]),
        ({"reply": "text", "n": "integer"}, {"n": 1, "reply": " a "}, {"reply": " a ", "n": 1}),
        ({"a": {"b": {"list": {"c": ["x", "y"]}}}}, {"a": {"b": [{"c": "x"}]}}, {"a": {"b": [{"c": "x"}]}}),
        ({"schema": "text"}, {"schema": "a field of that name"}, {"schema": "a field of that name"}),
    ],
)
def test_an_answer_is_read_in_its_form(output, answer, value):
    found = read(answer, output)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("output", "answer", "why"),
    [
        ("number", "12", "the answer is not a mapping: 12"),
        ("number", {"answer": "12"}, "'answer' is not a number: \"12\""),
        ("number", {"answer": True}, "'answer' is not a number: true"),
        ("integer", {"answer": 2.5}, "'answer' is not a whole number: 2.5"),
        ("integer", {"answer": 2**63}, f"'answer' is not a whole number: {2**63}"),
        ("integer", '{"answer": 1e19}', "'answer' is not a whole number: 1e+19"),
        ("number", '{"answer": 1e400}', "'answer' is not a number: Infinity"),
        ("boolean", {"answer": 1}, "'answer' is not true or false: 1"),
        (["yes", "no"], {"answer": "Yes"}, "'answer' is none of its options: \"Yes\""),
        ({"schema": {"enum": [1, "a"]}}, {"answer": True}, "'answer' is none of its options: true"),
        ({"list": "text"}, {"answer": ["a", 1]}, "'answer[1]' is not text: 1"),
        ({"reply": "text", "n": "integer"}, {"reply": "a"}, "there is no 'n'"),
        ({"reply": "text"}, {"reply": "a", "m": 1}, "'m' was not asked for"),
        ({"a": {"b": "text"}}, {"a": {"b": None}}, "'a.b' is not text: null"),
        ({"a": "text"}, "Sure! {", "not JSON: Sure! {"),
        ({"a": "number"}, '{"a": NaN}', 'not JSON: {"a": NaN}'),
        ({"a": "text"}, "[" * 100_000, "not JSON: " + "[" * 120),
    ],
)
def test_an_answer_of_another_form_is_malformed(output, answer, why):
    assert read(answer, output) == ("malformed", why)


def test_json_in_a_fence_is_read():
    assert read('```json\n{"answer": true}\n```', "boolean") is True


def test_every_way_not_to_answer_has_a_name():
    assert read("cannot help with that", "boolean", "refusal") == ("declined", "cannot help with that")
    assert read('{"answ', "boolean", "length") == (
        "cut off",
        'after 20 tokens, thoughts among them; give it more tokens, or less effort: …{"answ',
    )
    assert read("", None, "length")[0] == "cut off"
    assert read("prompt is too long", None, "error") == ("not answered", "prompt is too long")
    assert form().read(said("", "error")).final
    assert read(" \n") == ("empty", "")


def test_reasons_stand_before_the_answer_and_ship_beside_it():
    whole = form(["a", "b"], think=True)
    assert list(json.loads(whole.schema)["properties"]) == ["reasons", "answer"]
    answer = whole.read(said({"reasons": " it is so ", "answer": "b"}))
    assert (answer.value, answer.reasons) == ("b", "it is so")
    assert read({"reasons": "so", "answer": " well "}, None, think=True) == "well"


def test_the_out_is_taken_with_its_reason_and_not_asked_about_again():
    whole = form({"reply": "text"}, out="unclear")
    assert list(json.loads(whole.schema)["properties"]) == ["outcome", "why", "answer"]
    found = whole.read(said({"outcome": "unclear", "why": "which card?", "answer": None}))
    assert found == Refusal("unsure", "which card?", to="unsure", final=True)
    assert whole.read(said({"outcome": "answer", "why": "", "answer": {"reply": "ok"}})).value == {"reply": "ok"}
    assert whole.read(said({"outcome": "answer", "why": "", "answer": None})).reason == "malformed"
    assert read({"outcome": "no", "why": "", "answer": None}, out="unsure")[0] == "malformed"


@pytest.mark.parametrize(
    ("output", "column"),
    [
        (None, "string"),
        ("text", "string"),
        ("number", "float64"),
        ("integer", "int64"),
        ("boolean", "bool"),
        (["a", "b"], "string"),
        ([1, 2], "int64"),
        ([1, 2.5], "float64"),
        ([True, False], "bool"),
        ({"list": "text"}, "list"),
        ({"list": "number"}, "json"),
        ({"a": "text"}, "json"),
        ({"list": ["a", "b"]}, "list"),
        ({"schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "json"),
    ],
)
def test_the_column_is_of_the_answers_type(output, column):
    assert column_of(schema_of(output, NOWHERE)) == column


SPECS = st.recursive(
    st.sampled_from(["text", "number", "integer", "boolean"])
    | st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True)
    | st.lists(st.integers(-9, 9), min_size=1, max_size=3, unique=True),
    lambda inner: (
        st.dictionaries(
            st.from_regex(r"[a-z_]{1,6}", fullmatch=True).filter(lambda name: name not in ("list", "schema")), inner, min_size=1, max_size=3
        )
        | inner.map(lambda one: {"list": one})
    ),
    max_leaves=6,
)


@given(SPECS, st.booleans(), st.sampled_from(["", "unsure"]), st.integers(0, 99))
def test_what_is_asked_for_is_what_the_api_takes_and_what_fits_is_read(output, think, out, seed):
    whole = form(output, think=think, out=out)
    if whole.plain:
        assert whole.schema == ""
        return
    schema = json.loads(whole.schema)
    server.check_schema(schema, "schema")  # raises when the API would not take it
    answer = server.fill(schema, Random(seed))
    assert server.misfit(answer, schema) is None
    found = whole.read(said(answer))
    if out and answer["outcome"] == out:
        assert found.reason == "unsure"
    elif out and answer["answer"] is None:
        assert found.reason == "malformed"
    else:
        inner = answer if not whole.wrapped and whole.of["type"] == "object" else answer["answer"]
        assert json.dumps(found.value) == json.dumps(inner) or found.value == inner or found.value == inner.strip()


def test_limits_of_a_schema_are_told_and_looked_at_but_not_sent():
    given = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 5, "description": "stars"},
            "code": {"type": "string", "pattern": "^[A-Z]+$", "maxLength": 4},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 2, "uniqueItems": True},
            "share": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
            "note": {"type": "string"},
        },
        "required": ["n", "code", "tags", "share"],
        "$defs": {"tag": {"enum": ["a", "b", None]}},
    }
    whole = form({"schema": given}, think=True, out="unsure")
    sent = json.loads(whole.schema)
    server.check_schema(sent, "schema")
    text = whole.schema
    assert '"minimum":' not in text
    assert "stars (minimum: 1, maximum: 5)" in text
    right = {"n": 5, "code": "AB", "tags": ["a", None], "share": 1.5}

    def read_with(**changed: Any) -> Any:
        return whole.read(said({"reasons": "", "outcome": "answer", "why": "", "answer": {**right, **changed}}))

    assert read_with().value == right
    assert read_with(note="x").value == {**right, "note": "x"}
    wrong = {
        "n": (6, "'answer.n' is 6, and maximum is 5"),
        "code": ("ab", "'answer.code' does not match ^[A-Z]+$: \"ab\""),
        "tags": (["a"], "'answer.tags' has 1, outside minItems 2 and maxItems any"),
        "share": (0.0, "'answer.share' is 0, and exclusiveMinimum is 0"),
    }
    for name, (value, why) in wrong.items():
        assert read_with(**{name: value}) == Refusal("malformed", why)
    assert read_with(code="ABCDE").reason == read_with(tags=["a", "a"]).reason == read_with(share=0.7).reason == "malformed"


# In a run

BANK = """
    name: bank
    about: Customers of a retail bank, typing into its support chat.
    tables:
      traffic:
        rows: 3
        fields:
          intent: {kind: choice, options: [declined]}
          secret: {kind: template, template: hush, hidden: true}
          message: {kind: template, template: "card {{ intent }}!!"}
      examples:
        from: {table: traffic}
        fields:
"""


def examples(fields: str, keep: str = "") -> str:
    """The recipe of a bank whose table `examples` has these fields, a line each, and these checks."""
    lines = [f"      {line.strip()}" for line in fields.strip().splitlines()]
    checks = ["    keep:", *(f"      - {line.strip()}" for line in keep.strip().splitlines())] if keep else []
    return "\n".join([dedent(BANK).rstrip(), *lines, *checks, ""])


def test_a_field_sees_what_its_row_has_from_its_parent_and_nothing_hidden(make):
    model = Told("a", "b", "c")
    made = make(examples("reply: {kind: claude, task: Write a reply.}"), model=model)["examples"]
    assert made.column("reply") == ["a", "b", "c"]
    assert "<intent>declined</intent>\n<message>card declined!!</message>" in model.asked[0].text
    assert "hush" not in model.asked[0].text
    assert [prompt.origin for prompt in model.asked] == [{"field": "examples.reply"}] * 3
    assert len({prompt.stream for prompt in model.asked}) == 3
    assert len({prompt.brief for prompt in model.asked}) == 1


def test_a_field_sees_the_fields_that_it_shows_and_parts_of_them(make):
    model = Told({"say": "hi", "n": 1}, "ok", {"say": "ho", "n": 2}, "ok", {"say": "hu", "n": 3}, "ok")
    fields = """
        first: {kind: claude, task: Say it., output: {say: text, n: integer}}
        second: {kind: claude, task: Check it., shows: [first.say, first, intent]}
        third: {kind: template, template: "{{ first.say }}{{ first.n }}"}
    """
    model.answers = [*model.answers[::2], *model.answers[1::2]]
    made = make(examples(fields), model=model)["examples"]
    assert made.column("third") == ["hi1", "ho2", "hu3"]
    shown = '<first.say>hi</first.say>\n<first>{"say": "hi", "n": 1}</first>\n<intent>declined</intent>'
    assert shown in model.asked[3].text
    assert "card declined" not in model.asked[3].text


def test_a_task_that_names_fields_stands_in_the_row_and_shows_no_more(make):
    model = Told("a", "b", "c")
    make(examples('reply: {kind: claude, task: "Reply to this: {{ message }}"}'), model=model)
    assert model.asked[0].text == "Your task:\n\nReply to this: card declined!!"
    assert "Reply to this" not in model.asked[0].brief.system
    model = Told("a", "b", "c")
    make(examples('reply: {kind: claude, task: "Reply to this: {{ message }}", shows: [intent]}'), model=model)
    assert model.asked[0].text.endswith("<intent>declined</intent>\n</row>\n\nYour task for this row:\n\nReply to this: card declined!!")


def test_each_outcome_is_told_and_only_what_may_turn_out_well_is_asked_again(make):
    model = Told(
        ("no", "refusal"),
        {"outcome": "unsure", "why": "which?", "answer": None},
        ("too long", "error"),
        ('{"out', "length"),
        "nothing",
    )
    made = make(examples("reply: {kind: claude, task: Reply., output: {say: text}, out: unsure}"), model=model)["examples"]
    assert made.rows == []
    assert len({prompt.stream for prompt in model.asked}) == 5  # another try, another stream
    told = [(one.row, one.attempt, one.by, one.to) for one in sorted(made.refused, key=lambda one: (one.row, one.attempt))]
    assert told == [
        (0, 0, "declined", "refused"),
        (0, 1, "cut off", "refused"),
        (0, 2, "malformed", "refused"),
        (1, 0, "unsure", "unsure"),
        (2, 0, "not answered", "refused"),
    ]


def test_reasons_are_a_column(make):
    model = Told(*[{"reasons": f"r{n}", "answer": n} for n in range(3)])
    made = make(examples("n: {kind: claude, task: Count., output: integer, think: true}"), model=model)["examples"]
    assert made.values[2]["n"] == 2
    assert made.column("n_reasons") == ["r0", "r1", "r2"]


# Judges


def test_a_verdict_has_a_reason_and_what_fails_is_made_again(make):
    fields = """
        reply: {kind: claude, task: Reply.}
        good: {kind: judge, of: reply, question: Is it kind?}
    """
    model = Told("a", "b", "c", *[{"reasons": f"r{n}", "answer": n != 1} for n in range(3)], "B", {"reasons": "better", "answer": True})
    made = make(examples(fields, "{kind: passed, field: good}"), model=model)["examples"]
    assert made.column("reply") == ["a", "B", "c"]
    assert made.column("good") == [True] * 3
    assert made.column("good_reason") == ["r0", "better", "r2"]
    assert [(one.by, one.reason) for one in made.refused] == [("passed", "no: r1")]
    judged = model.asked[3].text
    assert judged.endswith("<judged>\n<reply>a</reply>\n</judged>")
    assert "<message>card declined!!</message>" in judged


@pytest.mark.parametrize(("least", "kept"), [("good", 1), ("fair", 2), ("poor", 3)])
def test_grades_pass_from_the_least_up(make, least, kept):
    rubric = f"{{kind: judge, of: message, rubric: {{good: fits, fair: nearly, poor: does not}}, least: {least}}}"
    model = Told(*[{"reasons": grade, "answer": grade} for grade in ["fair", "poor", "good", *["poor"] * 9]])
    made = make(examples(f"grade: {rubric}", "{kind: passed, field: grade}"), model=model)["examples"]
    assert len(made.rows) == kept
    assert set(made.column("grade_passed")) == {True}
    brief = model.asked[0].brief.system
    assert brief.index("- good: fits") < brief.index("- fair: nearly") < brief.index("- poor: does not")


def test_the_least_grade_is_not_asked_about(recipe):
    """So that changing it asks nothing again."""
    briefs = set()
    for least in ("", ", least: good", ", least: poor"):
        loaded = recipe(examples(f"grade: {{kind: judge, of: message, rubric: {{good: fits, poor: does not}}{least}}}"))
        briefs.add(loaded.recipe.tables["examples"].fields["grade"].brief)
    assert len(briefs) == 1


def test_grades_may_be_numbers(make):
    model = Told(*[{"reasons": "", "answer": "5"}] * 3)
    made = make(
        examples("stars: {kind: judge, of: message, rubric: {5: good, 1: poor}, least: 5}", "{kind: passed, field: stars}"), model=model
    )
    assert made["examples"].column("stars") == ["5"] * 3


def test_nothing_is_not_judged_and_not_solved(make):
    fields = """
        gone: {kind: template, template: x, when: "{{ intent == 'lost' }}"}
        good: {kind: judge, of: gone, question: Is it kind?}
        solved: {kind: solve, of: gone, output: [a, b], think: true}
    """
    made = make(examples(fields, "{kind: passed, field: good}\n{kind: agrees, field: solved, with: intent}"), model=Told())["examples"]
    assert [(one["good"], one["good_reason"], one["solved"], one["solved_reasons"]) for one in made.values] == [(None,) * 4] * 3


def test_what_is_judged_is_shown_once(make):
    model = Told(*[{"reasons": "", "answer": True}] * 3)
    make(examples("good: {kind: judge, of: message, question: Is it kind?}"), model=model)
    assert model.asked[0].text.count("card declined!!") == 1


def test_a_question_may_name_fields(make):
    model = Told(*[{"reasons": "", "answer": True}] * 3)
    make(examples('good: {kind: judge, of: message, question: "Is it about {{ intent }}?", shows: [intent]}'), model=model)
    assert "Is it about declined?" in model.asked[0].text
    assert "Is it about" not in model.asked[0].brief.system


# Blind answers


def test_a_blind_answer_sees_the_input_and_nothing_else(make):
    model = Told(*[{"answer": "lost"}] * 3)
    fields = """
        nested: {kind: template, template: "{{ message }}"}
        guess: {kind: solve, of: message, output: [declined, lost]}
    """
    made = make(examples(fields, "{kind: agrees, field: guess, with: intent}"), model=model)["examples"]
    assert made.rows == []
    assert len(model.asked) == 3  # a disagreement is final
    assert [(one.by, one.to, one.reason) for one in made.refused] == [("agrees", "review", "guess says 'lost', intent says 'declined'")] * 3
    for prompt in model.asked:
        assert "<row>\n<input>card declined!!</input>\n</row>" in prompt.text
        assert "intent" not in prompt.text + prompt.brief.system


def test_a_blind_answer_may_be_compared_with_a_part_and_part_by_part(make):
    answers = [{"intent": "a", "n": 1, "why": "x"}, {"intent": "a", "n": 1, "why": "x"}, {"intent": "a", "n": 1, "why": "x"}]
    fields = """
        example: {kind: claude, task: Label it., output: {intent: [a, b], n: number, why: text}}
        one: {kind: solve, of: message, output: [A, B]}
        both: {kind: solve, of: message, output: {intent: [a, b], n: number}}
    """
    ones = [{"answer": "A"}, {"answer": "B"}, {"answer": "A"}]
    boths = [{"intent": "a", "n": 1.0}, {"intent": "b", "n": 2}]
    model = Told(*answers, *ones, *boths)
    made = make(
        examples(fields, "{kind: agrees, field: one, with: example.intent}\n{kind: agrees, field: both, with: example}"), model=model
    )
    assert len(made["examples"].rows) == 1
    assert [one.reason for one in made["examples"].refused] == [
        "one says 'B', example.intent says 'a'",
        "both.intent says 'b', example.intent says 'a'; both.n says 2.0, example.n says 1.0",
    ]


def test_where_there_is_no_label_there_is_nothing_to_agree_with(make):
    fields = """
        label: {kind: template, template: x, when: "{{ intent == 'lost' }}"}
        guess: {kind: solve, of: message, task: Which intent is it?, output: [declined, lost]}
    """
    model = Told(*[{"answer": "lost"}] * 3)
    made = make(examples(fields, "{kind: agrees, field: guess, with: label}"), model=model)
    assert len(made["examples"].rows) == 3
    assert "# Your task\n\nWhich intent is it?" in model.asked[0].brief.system


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (" Lost  card ", "lost card", True),
        ("lost", "last", False),
        (1, 1.0 + 1e-12, True),
        (1, 1.001, False),
        ("12.50", 12.5, True),
        (True, "true", True),
        (True, 1, False),
        (False, "true", False),
        (["a", "B"], ["A", "b"], True),
        (["a"], ["a", "b"], False),
        ("", "", True),
        ("00501", "501", False),
        ("00501", "00501", True),
        ("007", 7, True),
        (" 5 ", "5.0", True),
        ("0.5", ".50", True),
        ("1234567890", "1234567891", False),
        (12345678901234567890, 12345678901234567891, False),
        (10**400, 1.5, False),
        ("NaN", "nan", True),
        (float("nan"), float("nan"), True),
        ("Infinity", "inf", False),
        ("1_000", "1000", False),
    ],
)
def test_what_is_the_same(one, other, alike):
    assert same(one, other) is alike
    assert same(other, one) is alike


# What is asked again


def script(prompt: Prompt, random: Random) -> str:
    if not prompt.brief.schema:
        return f"reply {random.randrange(10**6)}\n"
    return json.dumps({"reasons": "so", "answer": "yes" if "boolean" not in prompt.brief.schema else True}) + "\n"


class Runs:
    """A recipe that is made again and again into one folder, and what each run asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, fields: str, keep: str = "", **options: Any) -> tuple[api.MakeResult, list[str]]:
        (self.folder / "recipe.yaml").write_text(examples(fields, keep), encoding="utf-8")
        model = ScriptedModel(script)
        made = api.make(self.folder / "recipe.yaml", out=self.folder / "out", models={"claude": model}, **options)
        return made, sorted(prompt.origin["field"].partition(".")[2] for prompt in model.asked)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


TWO = """
    reply: {kind: claude, task: Write a reply.}
    sure: {kind: judge, of: message, question: Is it clear?}
"""


def test_a_second_run_and_a_new_check_ask_nothing(runs):
    assert runs(TWO)[1] == ["reply"] * 3 + ["sure"] * 3
    assert runs(TWO)[0].already
    made, asked = runs(TWO, "{kind: passed, field: sure}\n{kind: length, field: reply, words: [1, 5]}")
    assert asked == []
    assert made.manifest["tables"]["examples"]["rows"] == 3


def test_a_changed_task_asks_only_its_own_field_again(runs):
    runs(TWO)
    assert runs(TWO.replace("Write a reply", "Write a short reply"))[1] == ["reply"] * 3
    assert runs(TWO.replace("clear", "kind"))[1] == ["sure"] * 3


def test_a_changed_document_asks_again(runs):
    (runs.folder / "policy.md").write_text("Be kind.")
    fields = TWO.replace("a reply.}", "a reply., documents: [policy.md]}")
    assert runs(fields)[1] == ["reply"] * 3 + ["sure"] * 3
    (runs.folder / "policy.md").write_text("Be brief.")
    assert runs(fields)[1] == ["reply"] * 3


def test_what_claude_made_is_a_dataset_and_the_rest_is_set_aside(tmp_path, runs):
    import datasets

    answers = iter(
        [
            {"outcome": "unsure", "why": "which?", "answer": None},
            *[{"outcome": "answer", "why": "", "answer": {"say": "hi", "tags": ["a"]}}] * 2,
        ]
    )
    fields = "reply: {kind: claude, task: Reply., output: {say: text, tags: {list: text}}, out: unsure}"
    (tmp_path / "recipe.yaml").write_text(examples(fields), encoding="utf-8")
    model = ScriptedModel(lambda prompt, random: json.dumps(next(answers)) + "\n")
    made = api.make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"claude": model})
    rows = datasets.load_dataset(str(made.folder), "examples", split="train", cache_dir=str(tmp_path / "cache"))
    assert rows["reply"][:] == [{"say": "hi", "tags": ["a"]}] * 2
    unsure = datasets.load_dataset(str(made.folder), "unsure", split="train", cache_dir=str(tmp_path / "cache"))
    assert [(one["check"], one["field"], one["reason"]) for one in unsure] == [("unsure", "reply", "which?")]


# What a recipe gives


def field(loaded: Loaded, name: str = "reply") -> Any:
    return plan(loaded.recipe).tables[-1].asked[name]


def test_documents_are_given_whole(recipe):
    pdf = b"%PDF-1.4\n\xff\x00binary"
    files = {"docs/a.md": "\ufeff# Policy\n{{ not a template }}", "b.pdf": pdf}
    brief = field(recipe(examples("reply: {kind: claude, task: Reply., documents: [docs/a.md, b.pdf]}"), files)).brief
    assert [(one.name, one.type) for one in brief.documents] == [("a.md", "text/plain"), ("b.pdf", "application/pdf")]
    assert brief.documents[0].content == "# Policy\n{{ not a template }}"
    import base64

    assert base64.b64decode(brief.documents[1].content) == pdf
    assert "a.md, b.pdf" in brief.system


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"not one", "a.pdf: not a PDF"),
        ("a.md", b"a\nb\xff", "a.md:2: not UTF-8 text"),
        ("big.txt", b"x" * 30_000_001, "the documents have 30 MB as they are sent; 30 MB is the most"),
        ("../a.md", b"x", "leaves the recipe's folder"),
    ],
)
def test_a_document_that_cannot_be_given_is_a_mistake(recipe, name, content, told):
    with pytest.raises(RecipeError, match=told):
        recipe(examples(f"reply: {{kind: claude, task: Reply., documents: [{name}]}}"), {name: content})


def test_a_row_that_carries_nothing_gives_claude_nothing_to_see(recipe):
    carried = examples("reply: {kind: claude, task: Reply.}").replace("{table: traffic}", "{table: traffic, carry: []}")
    with pytest.raises(RecipeError, match="Claude would see nothing of the row"):
        recipe(carried)


def test_effort_and_tokens_and_the_schema_are_part_of_the_brief(recipe):
    brief = field(recipe(examples("reply: {kind: claude, task: Reply., effort: low, tokens: 500, output: boolean}"))).brief
    assert (brief.effort, brief.tokens) == ("low", 500)
    assert json.loads(brief.schema)["properties"]["answer"] == {"type": "boolean"}


def test_examples_come_from_the_recipe_or_from_a_file(recipe):
    here = (
        "reply: {kind: claude, task: Reply., output: {say: text}, examples: [{input: gone!!, output: {say: Blocked.}}, {input: {a: 1}, "
        "output: {say: x}}]}"
    )
    brief = field(recipe(examples(here))).brief.system
    assert '<example>\n<input>\ngone!!\n</input>\n<output>\n{"say": "Blocked."}\n</output>\n</example>' in brief
    assert '<input>\n{"a": 1}\n</input>' in brief
    files = {"ex.csv": 'input,output\ngone!!,"{""say"": ""Blocked.""}"\n'}
    filed = recipe(examples("reply: {kind: claude, task: Reply., output: {say: text}, examples: ex.csv}"), files)
    assert '{"say": "Blocked."}\n</output>' in field(filed).brief.system
    assert filed.path.parent / "ex.csv" in field(filed).files()


def test_a_json_schema_comes_from_a_file(recipe):
    files = {"answer.json": json.dumps({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]})}
    one = field(recipe(examples("reply: {kind: claude, task: Reply., output: {schema: answer.json}}"), files))
    assert one.column() == "json"
    assert one.read(Row("t", 0), [said({"n": 0})]) == Refusal("malformed", "'n' is 0, and minimum is 1")
    assert one.read(Row("t", 0), [said({"n": 2})]) == {"n": 2}


def test_the_files_of_the_prompts_decide_the_output_too(recipe):
    names = {file.name for file in field(recipe(examples("reply: {kind: claude, task: Reply.}"))).files()}
    assert {"claude.md", "purpose.md", "form.md", "row.md", "documents.md"} <= names


def test_a_recheck_reads_a_judges_answers_under_the_new_grade(runs):
    judge = "grade: {kind: judge, of: message, rubric: {good: fits, poor: does not}%s}"

    def grade(prompt: Prompt, random: Random) -> str:
        return json.dumps({"reasons": "so", "answer": random.choice(["good", "poor"])}) + "\n"

    path = runs.folder / "recipe.yaml"
    path.write_text(examples(judge % ""), encoding="utf-8")
    model = ScriptedModel(grade)
    api.make(path, out=runs.folder / "out", models={"claude": model})
    grades = [json.loads(grade(prompt, Random(prompt.stream)))["answer"] for prompt in model.asked]
    path.write_text(examples(judge % ", least: good", "{kind: passed, field: grade}"), encoding="utf-8")
    silent = ScriptedModel(grade)
    made = api.make(path, out=runs.folder / "out", models={"claude": silent}, recheck=True)
    assert made.manifest["tables"]["examples"]["rows"] == grades.count("good")
    assert silent.asked == []


def test_a_labelled_answer_is_what_the_engine_takes():
    from synthgen.fields import Claude

    one = Claude(task="x", think=True, shows=["a"])
    assert one.read(Row("t", 0), [said({"reasons": "r", "answer": "v"})]) == Labelled("v", {"reasons": "r"})
    assert one.labels() == {"reasons": "string"}
    assert one.ask([Row("t", 0, values={"a": ""})], "f", Streams(0))[0][0].text.endswith("<row>\n<a></a>\n</row>")


# Against a strict server


def test_all_of_it_is_taken_by_the_messages_api(tmp_path, monkeypatch):
    from synthgen.models import ClaudeModel

    files = {
        "policy.md": b"Be kind.",
        "paper.pdf": b"%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF",
        "answer.json": b'{"type": "object", "properties": {"n": {"enum": [1, 2]}, "tags": {"type": "array", "items": {"type": '
        b'"string"}, "minItems": 2}}}',
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    fields = """
        plain: {kind: claude, task: Write a reply., effort: low}
        full: {kind: claude, task: "Reply to {{ message }}", documents: [policy.md, paper.pdf], output: {reply: text, n: number, tags: {list: text}}, think: true, out: unsure, examples: [{input: a, output: {reply: b, n: 1, tags: []}}]}
        schema: {kind: claude, task: Count., output: {schema: answer.json}, out: unsure}
        good: {kind: judge, of: full.reply, question: Is it kind?, documents: [policy.md]}
        grade: {kind: judge, of: full, rubric: {good: fits, poor: does not}, least: poor}
        solved: {kind: solve, of: message, output: [declined, lost]}
    """  # noqa: E501
    (tmp_path / "recipe.yaml").write_text(examples(fields, "{kind: passed, field: grade}"), encoding="utf-8")
    with server.ClaudeServer(seed=3) as answering:
        for name, value in answering.environment.items():
            monkeypatch.setenv(name, value)
        made = api.make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"claude": ClaudeModel("claude-sonnet-5-5")})
        assert {one.status for one in answering.log} == {200}
    refused = made.manifest["tables"]["examples"]["refused"]
    assert made.manifest["tables"]["examples"]["rows"] > 0 or refused
    assert all(name.split(" (")[0] in ("unsure", "malformed") for name in refused)
