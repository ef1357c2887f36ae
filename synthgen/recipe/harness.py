"""`harness:` in a recipe: what an eval harness reads of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from synthgen.errors import did_you_mean
from synthgen.fields.edges import CASES
from synthgen.spec.parts import Part, PartMistake
from synthgen.spec.paths import root_of

Path = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[^.\s]+)*$")]


class Harness(Part):
    """Which field is the input, and which the target, if there is one; and how answers are graded.

    A field may be a part of one, such as `example.reply`. Without a target answers are graded by what needs none: that there is one,
    that it is no refusal, its `format` and its `words`.
    """

    table: str | None = Field(None, description="the table (default: the last one that has the input and the target)")
    input: Path = Field(description="the field that the application reads: a message, or a conversation")
    target: Path | None = Field(None, description="the field that the answer should be, such as intent or example.reply")
    out: str | dict[str, str] | None = Field(
        None,
        description="the target where an edge case such as empty or off topic puts another message in place of the row's, so that a "
        "label does not "
        "hold: one such as unclear, or one for each case (default: none, and the row is left out)",
    )
    system: str = Field("", description="the system prompt that comes before every input")
    grade: Literal["label", "text", "json"] | None = Field(
        None, description="how answers are compared with the target (default: labels where the targets are few and short, else text)"
    )
    words: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] = Field(
        [1, 300], description="without a target: the least and the most words of an answer"
    )
    format: Literal["text", "json"] = Field("text", description="without a target: what an answer must be")
    never: list[str] = Field(
        default_factory=list,
        exclude_if=lambda never: not never,
        description="what an answer must never do, such as Promise a refund: comments in promptfoo's configuration, for a model to judge",
    )

    def mistakes(self) -> Iterator[PartMistake]:
        """Bounds the wrong way round, a way of comparing with nothing, and an edge case that there is not."""
        if self.words[0] > self.words[1]:
            yield PartMistake(("words",), f"expected [least, most], not {self.words}")
        for key in ("grade", "out"):
            if getattr(self, key) and self.target is None:
                yield PartMistake(
                    (key,), "there is no target to compare answers with", f"name it: target: FIELD, or take {key} out", at_key=True
                )
        for case in self.out if isinstance(self.out, dict) else ():
            if case not in CASES:
                yield PartMistake(("out", case), f"there is no edge case '{case}'", did_you_mean(case, CASES, "cases"), at_key=True)


def table_of(harness: Harness, shipped: Mapping[str, set[str]]) -> str | None:
    """The table that a harness reads: the one named, or the last that has all its fields. `shipped` are each table's columns."""
    needed = {root_of(path) for path in (harness.input, harness.target) if path}
    fitting = [name for name, columns in shipped.items() if needed <= columns]
    return harness.table if harness.table is not None else fitting[-1] if fitting else None


def harness_mistakes(harness: Harness, shipped: Mapping[str, set[str]]) -> Iterator[PartMistake]:
    """A table or a field that is not there, or does not ship. `shipped` are the columns of each table, in the order of the file."""
    name = table_of(harness, shipped)
    if name is not None and name not in shipped:
        yield PartMistake(("table",), f"there is no table '{name}'", did_you_mean(name, shipped, "tables"))
        return
    columns, where = (shipped[name], f"table '{name}' ships no") if name else (set[str]().union(*shipped.values()), "no table ships a")
    paths = [(key, path) for key, path in (("input", harness.input), ("target", harness.target)) if path]
    lacking = [(key, root_of(path)) for key, path in paths if root_of(path) not in columns]
    for key, field in lacking:
        yield PartMistake((key,), f"{where} field '{field}'", did_you_mean(field, columns, "fields"), field)
    if name is None and not lacking:
        field_names = " and ".join(f"'{root_of(path)}'" for _, path in paths)
        yield PartMistake((paths[-1][0],), f"no table ships both {field_names}", "carry the one on into the table that has the other")
