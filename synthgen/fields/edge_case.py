"""`kind: edge_case`: the unusual version of a message: empty, cut off, in another language, with a log pasted in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthgen.errors import DataError, did_you_mean
from synthgen.fields.choice import Choice
from synthgen.fields.edges import CASES, NONE, case_named
from synthgen.fields.edges.formats import COUNTRIES
from synthgen.fields.edges.situation import Situation
from synthgen.fields.options import each_option
from synthgen.fields.shape import Others, PythonField, Role, Template, fill
from synthgen.spec import render
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Labelled, Row, Value

KNOWN = [NONE, *CASES]


def _list_cases(json_schema: dict[str, Any]) -> None:
    abouts = ["The message as it is.", *(case.about for case in CASES.values())]
    json_schema["description"] = 'a case, or "{{ field }}" for a choice of cases'
    json_schema["anyOf"] = [{"enum": KNOWN, "enumDescriptions": abouts}, {"examples": ["{{ case }}"]}]


class EdgeCase(PythonField):
    """The message `of` another field, made unusual as `case` says. `none` leaves it as it is."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("case",)

    kind: Literal["edge_case"] = "edge_case"
    of: str = Field(description="the field that holds the message")
    case: Template = Field(
        description=f"a case, or {{{{ field }}}} for a choice of cases: {', '.join(KNOWN)}",
        json_schema_extra=_list_cases,
    )
    other: Template = Field("", description="another message, such as {{ second }}, for two requests and a change of mind")
    locales: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="the languages and countries of those cases that come from elsewhere, such as [de_DE, ar_SA] (default: many)"
    )

    def mistakes(self) -> Iterator[PartMistake]:
        """A case or a locale that there is not."""
        if "{" not in self.case and (mistake := case_mistake(("case",), self.case)):
            yield mistake
        for number, locale in enumerate(self.locales or []):
            if locale not in COUNTRIES:
                yield PartMistake(("locales", number), f"unknown locale '{locale}'", did_you_mean(locale, COUNTRIES, "known here"))

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The message, and the fields that name its case and the other message."""
        yield from super().reads()
        yield ("of",), self.of
        for key, template in (("case", self.case), ("other", self.other)):
            yield from (((key,), name) for name in sorted(render.names(template)))

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Cases, where they are the options of a choice."""
        keys, source = others.named(self.case) or ((), None)
        options = list(each_option(getattr(source, "options", None)))  # not there if they are wrong
        if not isinstance(source, Choice) or not options:
            return
        mistakes = [case_mistake(("options", *option.at), option.value, at_key=option.at_key) for option in options]
        mistakes.append(case_mistake(("otherwise",), source.fallback))
        yield from (replace(mistake, at=(*keys, *mistake.at), absolute=True) for mistake in mistakes if mistake)

    def make(self, row: Row, stream: Random) -> Value:
        """The message in its case, labelled with that. Raises DataError where there is no such case."""
        where = f"{row.table}, row {row.index}"
        named = fill(self.case, row.values, f"{where}, case").strip()
        case = case_named(named or NONE, KNOWN)
        if case is None:
            raise DataError(f"{where}: there is no edge case '{named}', which {self.case} gives", _hint(named))
        message = row.values.get(self.of)
        if case == NONE:
            return Labelled(message, {"case": NONE})
        second_message = fill(self.other, row.values, f"{where}, other")
        second_message = "" if second_message == "None" else second_message  # what a field without a value is in a template
        situation = Situation(row.values, self._context.about, self._context.now, tuple(self.locales or ()), second_message)
        return Labelled(CASES[case].build(stream, "" if message is None else str(message), situation), {"case": case})

    def beside(self, preset: Mapping[str, Value]) -> Mapping[str, Value]:
        """No case, where the message is preset, and one field says which."""
        named = render.alone(self.case) if self.of in preset else ""
        return {named: NONE} if named else {}

    def labels(self) -> dict[str, str]:
        """Which case it is."""
        return {"case": "string"}


def case_mistake(at: tuple[str | int, ...], name: object, *, at_key: bool = False) -> PartMistake | None:
    """The mistake of a case that there is not."""
    if name is None or not str(name).strip() or case_named(str(name), KNOWN):
        return None
    return PartMistake(at, f"there is no edge case '{name}'", _hint(str(name)), at_key=at_key)


def _hint(name: str) -> str:
    return did_you_mean(" ".join(name.replace("_", " ").replace("-", " ").split()), KNOWN, "docs/edge-cases.md has all cases; some")
