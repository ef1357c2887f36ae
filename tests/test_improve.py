"""`improve`: from rows that were put aside to an edit of the instructions, and nothing else of the recipe changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from servers.claude import ClaudeServer

from synthgen.advice import Improvement, improve, write
from synthgen.advice.edit import replace_value, value_at
from synthgen.advice.improve import Aside, blamed, pick, summary
from synthgen.api import make
from synthgen.errors import DataError, ModelError, OutputError
from synthgen.models import ClaudeModel, ScriptedModel
from synthgen.spec.rows import Prompt

RECIPE = """\
# A shop, and what it answers.
name:   shop         # with odd spaces
about: Customers of a shop, in its chat.
tables:
  traffic:
    rows: 12
    fields:
      intent:  {kind: choice, options: [late, broken]}
      message: {kind: typed, topic: "{{ intent }}", on_topic: false, seeds: {late: [where is it], broken: [it broke]}}
  examples:
    from: {table: traffic, rows: 10}
    fields:
      example:
        kind: claude      # the reply
        task: >-
          Write the reply to the message, as our
          policy says it.
        documents: [policy.md]
        output: {reply: text, escalate: boolean}
        out: unsure
        tries: 2
      verdict: {kind: judge, of: example, question: "Is the reply short?", tries: 2}   # a judge
      solved: {kind: solve, of: message, output: [late, broken]}
    keep:
      - {kind: passed, field: verdict}
      - {kind: agrees, field: solved, with: intent}
"""
Change = dict[str, Any]


def change(
    place: str = "example.task", text: str = "Write the reply to the message, as policy.md says it.", rows: Sequence[int] = (1,)
) -> Change:
    return {"place": place, "rows": list(rows), "explanation": "It leaves open which policy.", "text": text}


def maker(prompt: Prompt, stream: Random) -> str:
    """Some answers are unsure, some verdicts bad, some blind answers wrong."""
    field = str(prompt.origin["field"])
    if prompt.brief is None:
        return f" {stream.choice(['where is it', 'it broke'])} {stream.randrange(999)}\n"
    if field.endswith("example"):
        unsure = {"outcome": "unsure", "why": "Which policy?", "answer": None}
        return (
            json.dumps(unsure if stream.random() < 0.3 else {"outcome": "answer", "why": "", "answer": {"reply": "ok", "escalate": False}})
            + "\n"
        )
    if field.endswith("verdict"):
        return json.dumps({"reasons": "It is long.", "answer": stream.random() < 0.6}) + "\n"
    return json.dumps({"answer": stream.choice(["late", "broken"])}) + "\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and its output, with rows put aside for each reason. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("improve")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "policy.md").write_text("# Policy\nSecret of the policy.\n", encoding="utf-8")
    made = make(folder / "recipe.yaml", out=folder / "out", models=dict.fromkeys(("typist", "claude"), ScriptedModel(maker)))
    assert all(made.manifest["aside"][to] for to in ("refused", "unsure", "review"))
    return folder


def adviser(*changes: Change, left: str = "") -> ScriptedModel:
    return ScriptedModel(lambda prompt, stream: json.dumps({"reading": "They ask which policy.", "changes": changes, "left": left}) + "\n")


def improved(shop: Path, *changes: Change, recipe: bool = True, **more: Any) -> Improvement:
    return improve(shop / "out", adviser(*changes, **more), shop / "recipe.yaml" if recipe else None)


# What Claude sees


def test_it_sees_the_instructions_the_rows_and_the_documents(shop: Path) -> None:
    model = adviser()
    improve(shop / "out", model, shop / "recipe.yaml")
    (prompt,) = model.asked
    assert prompt.brief
    assert [one.name for one in prompt.brief.documents] == ["policy.md"]
    fields = json.loads(prompt.text.split("<fields>")[1].split("</fields>")[0])
    assert set(fields) == {"example", "verdict", "solved"}
    rows = [json.loads(line) for line in prompt.text.split("<rows>\n")[1].split("\n</rows>")[0].splitlines()]
    assert {(row["to"], row["by"], row["field"]) for row in rows} == {
        ("refused", "passed", "verdict"),
        ("unsure", "unsure", "example"),
        ("review", "agrees", "solved"),
    }
    assert all(isinstance(row["values"], dict) and row["values"]["message"] for row in rows)
    for place in ("- example.task\n", "- verdict.question\n", "- solved.task (not written yet"):
        assert place in prompt.text


def test_without_the_recipe_the_documents_are_named(shop: Path) -> None:
    model = adviser()
    improve(shop / "out", model)
    assert model.asked[0].brief
    assert not model.asked[0].brief.documents
    assert "documents that you do not see here: policy.md" in model.asked[0].text


@given(st.lists(st.tuples(st.sampled_from(["refused", "unsure", "review"]), st.integers(0, 50)), max_size=80), st.integers(1, 20))
def test_of_many_rows_each_reason_shows_as_many(rows: list[tuple[str, int]], most: int) -> None:
    found = pick([Aside(to, "t", row, 0, to, "f", "", {}) for to, row in rows], most)
    assert len(found) == min(most, len(rows))
    shown = {to: sum(one.to == to for one in found) for to, _ in rows}
    for to, count in shown.items():  # none has two more than another that still has rows
        if count < sum(one == to for one, _ in rows):
            assert count >= max(shown.values()) - 1


@pytest.mark.parametrize(
    ("by", "field", "fields"),
    [
        ("passed", "verdict", {"verdict", "example", "revised"}),
        ("agrees", "solved", {"solved", "revised", "label"}),
        ("declined", "example", {"example", "revised"}),
        ("unique", "example_reasons", {"example", "revised"}),
        ("length", "message", set()),
    ],
)
def test_what_a_row_was_put_aside_for_and_all_that_it_is_made_from_is_to_blame(by: str, field: str, fields: set[str]) -> None:
    own = {
        "message": {"kind": "typed"},
        "revised": {"kind": "revise", "of": "message"},
        "label": {"kind": "claude", "task": "Label {{ message }}."},
        "example": {"kind": "claude", "task": "x", "shows": ["revised"]},
        "verdict": {"kind": "judge", "of": "example.reply"},
        "solved": {"kind": "solve", "of": "revised"},
    }
    run = {"tables": {"t": {"fields": own, "keep": [{"kind": "agrees", "field": "solved", "with": "label.intent"}]}}}
    assert blamed(run, "t", Aside("refused", "t", 0, 0, by, field, "", {})) == fields


def test_a_long_value_is_cut(shop: Path, tmp_path: Path) -> None:
    def long(prompt: Prompt, stream: Random) -> str:
        return " " + " ".join(map(str, range(2000))) + "\n" if prompt.brief is None else maker(prompt, stream)

    made = make(shop / "recipe.yaml", out=tmp_path / "out", models=dict.fromkeys(("typist", "claude"), ScriptedModel(long)))
    model = adviser()
    improve(made.folder, model)
    assert " […]" in model.asked[0].text
    assert " 100 " in model.asked[0].text
    assert " 1500 " not in model.asked[0].text


# What is proposed


def test_the_diff_changes_the_text_and_nothing_else(shop: Path) -> None:
    made = improved(shop, change())
    old, new = made.old.splitlines(), made.new.splitlines()
    assert [line for line in old if line not in new] == ["          Write the reply to the message, as our", "          policy says it."]
    assert [line for line in new if line not in old] == ["          Write the reply to the message, as policy.md says it."]
    assert made.diff.splitlines()[:2] == ["--- recipe.yaml", "+++ recipe.yaml (proposed)"]
    assert "+          Write the reply to the message, as policy.md says it." in made.diff


def test_several_changes_go_into_one_recipe(shop: Path) -> None:
    made = improved(shop, change(), change("verdict.question", 'Is it "short"?'), change("solved.task", "Which is it, late or broken?"))
    fields = YAML(typ="safe").load(made.new)["tables"]["examples"]["fields"]
    assert fields["example"]["task"] == "Write the reply to the message, as policy.md says it."
    assert fields["verdict"]["question"] == 'Is it "short"?'
    assert fields["solved"] == {"kind": "solve", "task": "Which is it, late or broken?", "of": "message", "output": ["late", "broken"]}
    assert made.new.count("# a judge") == 1
    assert not [one for one in made.changes if one.failed]


def test_rows_that_it_did_not_see_are_left_out(shop: Path) -> None:
    seen = {row for one in [improved(shop, change(rows=range(-5, 500)))] for row in one.changes[0].rows}
    assert seen
    assert seen <= set(range(12))
    assert f"(row{'s' if len(seen) > 1 else ''} {', '.join(map(str, sorted(seen)))})" in "\n".join(
        summary(improved(shop, change(rows=sorted(seen))))
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (change("exmple.task"), "no such text"),
        (change("example.output"), "no such text"),
        (change("name"), "no such text"),
        (change(text="As {{ polcy }} says."), "names a field that is not there: polcy"),
        (change(text="As {{ policy says."), "no template"),
        (change(text=" \n"), "empty"),
        (change("example.task", "As {{ verdict }} says."), "in a circle"),
        (change(text="Write the reply to the message, as our policy says it."), "is the old one"),
    ],
)
def test_a_change_that_does_not_fit_is_told_and_not_made(shop: Path, wrong: Change, why: str) -> None:
    made = improved(shop, wrong)
    assert made.new == made.old
    assert made.diff == ""
    assert why in made.changes[0].failed
    assert any(why in line for line in summary(made))


def test_one_that_does_not_fit_keeps_no_other_back(shop: Path) -> None:
    made = improved(shop, change("nowhere"), change())
    assert [bool(one.failed) for one in made.changes] == [True, False]
    assert "policy.md says it" in made.new


def test_it_says_what_no_text_would_mend(shop: Path) -> None:
    made = improved(shop, left="Two facts contradict each other.")
    said = list(summary(made))
    assert "What no change of the text would mend: Two facts contradict each other." in said
    assert said[-1] == "nothing to improve: the instructions are not to blame"
    assert made.diff == ""


def test_nothing_is_asked_where_no_row_was_put_aside_for_what_claude_made(shop: Path, tmp_path: Path) -> None:
    plain = RECIPE.split("  examples:")[0] + "    keep:\n      - {kind: lacks, field: message, pattern: broke}\n"
    (tmp_path / "recipe.yaml").write_text(plain, encoding="utf-8")
    folder = make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"typist": ScriptedModel(maker)}).folder
    model = adviser(change())
    made = improve(folder, model)
    assert model.asked == []
    assert list(summary(made)) == ["nothing to improve: no row was put aside for a field that Claude made"]


def test_another_recipe_than_the_one_that_was_run_is_refused(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text("x")
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("as our", "as the"), encoding="utf-8")
    with pytest.raises(DataError, match=r"examples\.fields\.example\.task in .* is not what the output was made with"):
        improve(shop / "out", adviser(change()), tmp_path / "recipe.yaml")


def test_what_else_was_changed_in_the_recipe_stays(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text("x")
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("rows: 12", "rows: 24  # more"), encoding="utf-8")
    made = improve(shop / "out", adviser(change()), tmp_path / "recipe.yaml")
    assert "rows: 24  # more" in made.new


def test_no_output_and_no_answer_are_told(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no output"):
        improve(tmp_path / "out", adviser())
    with pytest.raises(ModelError, match="does not have the form"):
        improve(shop / "out", ScriptedModel(lambda prompt, stream: "no\n"))


def test_the_api_takes_the_question_and_its_schema(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.dumps({"reading": "r", "changes": [change()], "left": ""})
    with ClaudeServer(answer=lambda request: said) as server:
        for name, setting in server.environment.items():
            monkeypatch.setenv(name, setting)
        made = improve(shop / "out", ClaudeModel("claude-haiku-5-5"), shop / "recipe.yaml")
    assert made.changes[0].failed == ""
    assert made.cost


# Writing it


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """The recipe in a folder that may be written to."""
    (tmp_path / "policy.md").write_text("x")
    (tmp_path / "recipe.yaml").write_bytes((shop / "recipe.yaml").read_bytes())
    return tmp_path / "recipe.yaml"


def test_nothing_is_written_until_it_is_accepted(shop: Path, own: Path) -> None:
    made = improve(shop / "out", adviser(change()), own)
    assert own.read_text() == RECIPE
    write(made, own)
    assert own.read_text() == made.new
    assert sorted(one.name for one in own.parent.iterdir()) == ["policy.md", "recipe.yaml"]


def test_the_copy_in_the_output_is_left_alone(shop: Path, tmp_path: Path) -> None:
    made = improved(shop, change(), recipe=False)
    before = (shop / "out" / "recipe.yaml").read_bytes()
    write(made, tmp_path / "better.yaml")
    assert "policy.md says it" in (tmp_path / "better.yaml").read_text()
    assert (shop / "out" / "recipe.yaml").read_bytes() == before


def test_what_changed_meanwhile_or_is_another_file_is_not_overwritten(shop: Path, own: Path) -> None:
    made = improve(shop / "out", adviser(change()), own)
    other = own.with_name("other.yaml")
    other.write_text("name: other\n")
    with pytest.raises(OutputError, match="is another recipe"):
        write(made, other)
    own.write_text(RECIPE + "# edited\n")
    with pytest.raises(OutputError, match="changed meanwhile"):
        write(made, own)
    assert own.read_text() == RECIPE + "# edited\n"


@pytest.mark.parametrize(("mark", "end"), [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n")])
def test_line_ends_and_the_mark_at_the_start_stay(shop: Path, own: Path, mark: bytes, end: bytes) -> None:
    own.write_bytes(mark + RECIPE.encode().replace(b"\n", end))
    made = improve(shop / "out", adviser(change(text="Line one.\nLine two.\n\nLine three.")), own)
    write(made, own)
    raw = own.read_bytes()
    assert raw.startswith(mark + b"# A shop")
    assert raw.count(b"\n") == raw.count(end)
    assert (
        YAML(typ="safe").load(raw.decode("utf-8-sig"))["tables"]["examples"]["fields"]["example"]["task"]
        == "Line one.\nLine two.\n\nLine three."
    )


# Editing YAML

STYLES = {
    "plain": "task: some words of a task   # why",
    "plain over lines": "task: some words\n    of a task",
    "single": "task: 'some words of a task' # why",
    "double": 'task: "some words of\\x20a task"',
    "literal": "task: |\n      some words\n        of a\n\n      task\n",
    "literal, stripped": "task: |-\n    some words\n    of a task\n  # a comment",
    "folded": "task: >   # why\n    some words\n    of a task\n\n    and more",
    "kept": "task: |+\n    some words\n\n",
    "indented": "task: |2-\n      some\n    words",
}
TASKS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n"), min_size=1, max_size=200) | st.lists(
    st.sampled_from(
        [
            "word",
            "a: b",
            "# x",
            "- item",
            "{{ field }}",
            "'",
            '"',
            "\n",
            "\n\n",
            "  in",
            "long" * 9,
            "yes",
            "1",
            "|",
            "%",
            "&a",
            "*a",
            "é",
            "\u2028",
        ]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)


def _yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("last", [False, True])
@given(TASKS)
@example("x")
def test_only_the_text_changes_in_whatever_way_it_is_written(style: str, last: bool, new: str) -> None:
    after = "" if last else "\n  out: [a,   b]   # odd\n# the end\n"
    text = f"# top\nfirst: {{a:   1}}\nfield:\n  kind: claude # x\n  {STYLES[style]}{after}"
    made = replace_value(text, ("field", "task"), new)
    wanted = copy.deepcopy(_yaml(text))
    end = wanted["field"]["task"][len(wanted["field"]["task"].rstrip("\n")) :]
    wanted["field"]["task"] = new.rstrip("\n") + end
    assert _yaml(made) == wanted
    assert made.startswith(text[: text.index("task:")])
    assert made.endswith(after)
    assert made.count("# why") >= text.count("# why")


@given(TASKS)
def test_inside_braces_too(new: str) -> None:
    text = "a: {b: {task: old words, k: 1}, c: [2,   3]}  # x\n"
    made = replace_value(text, ("a", "b", "task"), new)
    assert made.startswith("a: {b: {task: ")
    assert made.endswith(", k: 1}, c: [2,   3]}  # x\n")
    assert value_at(_yaml(made), ("a", "b", "task")) == new.rstrip("\n")


@given(TASKS)
def test_a_text_that_is_not_there_yet_is_added_behind_the_kind(new: str) -> None:
    for text in ("f: {kind: solve, of: x}  # y\n", "f:\n  kind: solve   # y\n  of: x\n"):
        made = replace_value(text, ("f", "task"), new)
        assert _yaml(made) == {"f": {"kind": "solve", "task": new.rstrip("\n"), "of": "x"}}
        assert [*_yaml(made)["f"]] == ["kind", "task", "of"]
        assert "# y\n" in made
    made = replace_value("f:\r\n  kind: solve\r\n  of: x\r\n", ("f", "task"), "a b")
    assert made == "f:\r\n  kind: solve\r\n  task: a b\r\n  of: x\r\n"


def test_lines_of_a_folded_text_that_still_hold_the_same_words_stay() -> None:
    text = "task: >\n  one two three\n  four five six\n  seven eight nine\n\n  another paragraph\n  of the text\nk: 1\n"
    made = replace_value(text, ("task",), "one two three four five SIX seven eight nine\nanother paragraph of the text")
    assert made.splitlines()[0] == "task: >"
    assert made.splitlines()[-5:] == ["  seven eight nine", "", "  another paragraph", "  of the text", "k: 1"]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("a: {task: &t shared}\nb: {task: *t}\n", ("a", "task")),
        ("a: {task: &t shared}\nb: {task: *t}\n", ("b", "task")),
        ("x: &x {kind: y, task: z}\na:\n  <<: *x\n", ("a", "task")),
        ("a: {task: [1]}\n", ("a", "task")),
        ("a: 1\n", ("a", "task")),
    ],
)
def test_what_cannot_be_changed_by_itself_is_left_alone(text: str, way: tuple[str, ...]) -> None:
    with pytest.raises(DataError):
        replace_value(text, way, "new")


def test_every_way_of_writing_is_tried(recipe: Callable[..., Any]) -> None:
    """All text keys of the starting recipes' kinds can be edited in place and still load."""
    loaded = recipe(RECIPE, {"policy.md": "x"})
    data: Mapping[str, Any] = loaded.data
    for name, key in (("example", "task"), ("verdict", "question")):
        way = ("tables", "examples", "fields", name, key)
        assert value_at(_yaml(replace_value(loaded.text, way, "Say {{ message }}: or #not?")), way) == "Say {{ message }}: or #not?"
        assert value_at(data, way) != "Say {{ message }}: or #not?"
