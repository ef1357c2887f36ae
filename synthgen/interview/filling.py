"""A recipe that fills the variables of a prompt: for each what is usual, and now and then what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from synthgen.interview.blocks import block
from synthgen.interview.described import Described
from synthgen.interview.placeholders import PromptTemplate
from synthgen.interview.places import PLACES
from synthgen.interview.second import other_key, second_request
from synthgen.interview.variables import DOCUMENT, MESSAGE, OTHER, VariableKind, is_written, variable_kinds
from synthgen.interview.writing import ABOUT, STAND_IN, files_of, mapping
from synthgen.spec.scalars import scalar

IN_RECIPE = 120
"""Characters of a value that stands in the recipe; longer ones, and those of several lines, lie in files."""
USUAL = 4
"""Rows with usual values alone for each row with an unusual one."""
CASES = "{none: 14, empty: 1, truncated: 1, two requests: 1, very long: 1, other language: 1, prompt injection: 1}"


@dataclass(frozen=True)
class FilledPrompt:
    """The recipe `name` of a prompt from the file `source`: the kind of each of its variables, and what it says of its application."""

    name: str
    source: str
    template: PromptTemplate
    about: Described
    kinds: Mapping[str, str]

    @property
    def typed(self) -> str:
        """The variable that is a user's message; empty where there is none."""
        texts = {variable: kind for variable, kind in self.kinds.items() if variable not in self.template.lists}
        messages = [variable for variable, kind in texts.items() if kind == MESSAGE]
        return next(iter([*messages, *(variable for variable, kind in texts.items() if kind == DOCUMENT and is_written(variable))]), "")

    @property
    def drawn(self) -> list[str]:
        """The variables that have usual and unusual values."""
        return [variable for variable in self.kinds if variable != self.typed and variable not in self.template.lists]

    @property
    def topics(self) -> tuple[str, ...]:
        """What messages are about, where somebody types, and the prompt says it."""
        return self.about.topics if self.typed else ()

    @property
    def stand_ins(self) -> Sequence[str]:
        """The topics, or the variable, whose seeds are stand-ins."""
        return self.topics or ([self.typed] if self.typed else [])

    def about_of(self, variable: str) -> str:
        """What a variable is given, in words."""
        return "a list" if variable in self.template.lists else variable_kinds()[self.kinds[variable]].about

    def seeds(self) -> dict[str, list[str]]:
        """The files of seeds by name, each of its lines."""
        stand_ins = PLACES[self.about.place].stand_ins
        if self.topics:
            return {file: [message.format(topic=topic) for message in stand_ins] for topic, file in files_of(self.topics).items()}
        return {f"seeds/{self.typed}.txt": list(variable_kinds()[MESSAGE].usual)} if self.typed else {}

    def value_files(self) -> dict[str, list[str]]:
        """The files of values that are long or have several lines, and of lists, by name, each of its lines."""
        files = {_file(variable): [_json({"items": items}) for items in _lists(parts)] for variable, parts in self.template.lists.items()}
        for variable in self.drawn:
            kind = self._kind(variable)
            if _is_in_files(kind):
                files[_file(variable)] = [_json({"text": text}) for text in kind.usual]
                files[_file(f"{variable}-unusual")] = [_json({"text": text}) for text in kind.unusual]
        return files

    def _kind(self, variable: str) -> VariableKind:
        """The kind of a variable, with stand-ins for values that are not known."""
        kind = variable_kinds()[self.kinds[variable]]
        stand_ins = tuple(f"{variable} {letter}" for letter in "ABCDE")
        return replace(kind, usual=kind.usual or stand_ins, unusual=kind.unusual or variable_kinds()[OTHER].unusual)

    def lines(self) -> Iterator[str]:
        """The recipe."""
        yield f"# The prompt in {self.source}, filled with what it will really be given: synthgen preview {self.name}/recipe.yaml --watch"
        yield f"name: {scalar(self.name)}"
        yield f"about: {scalar(self.about.about or ABOUT)}"
        yield "seed: 1"
        yield ""
        yield "tables:"
        yield "  prompts:"
        yield "    rows: 200"
        yield "    fields:"
        yield f"      id: {{kind: id, prefix: {scalar(self.name)}}}"
        if self.drawn:
            weights = {"none": USUAL * len(self.drawn)} | dict.fromkeys(self.drawn, 1)
            yield ""
            yield "      # Which variable holds what comes now and then: nothing, far too much, other letters, quotes and braces."
            yield f"      unusual: {{kind: choice, options: {mapping(weights)}}}"
        for variable in self.drawn:
            yield from self._drawn_field(variable)
        for variable, parts in self.template.lists.items():
            things = f" of things with {', '.join(parts)}" if parts else ""
            yield ""
            yield f"      # {variable}: a list{things}. Put real ones into the file, one a line."
            yield f"      {variable}: {{kind: load, file: {_file(variable)}, field: items, pick: random}}"
        if self.typed:
            yield from self._typed_fields()
        yield ""
        yield "      # The prompt, word for word, with a field in each of its places."
        yield "      filled:"
        yield "        kind: template"
        yield from block("template", self.template.text, 8)
        yield ""
        yield f"# The filled prompt is the whole input: synthgen export outputs/{self.name} --to promptfoo"
        yield f"harness: {{input: filled{', target: topic, grade: label' if self.topics and self.about.sorts else ''}}}"

    def _drawn_field(self, variable: str) -> Iterator[str]:
        kind = self._kind(variable)
        usual, unusual = f"usual_{variable}", f"unusual_{variable}"
        is_known = self.kinds[variable] != OTHER
        yield ""
        yield f"      # {variable}: {kind.about if is_known else 'what is it really given? These are stand-ins'}"
        yield f"      {usual}: {_values(kind.usual, _file(variable), in_files=_is_in_files(kind))}"
        yield f"      {unusual}: {_values(kind.unusual, _file(f'{variable}-unusual'), in_files=_is_in_files(kind))}"
        yield f"      {variable}: {{kind: template, template: \"{{{{ {unusual} if unusual == '{variable}' else {usual} }}}}\"}}"

    def _typed_fields(self) -> Iterator[str]:
        """What a user types, and the unusual version of it."""
        typed = f"typed_{self.typed}"
        yield ""
        if self.topics:
            yield f"      topic: {{kind: choice, options: [{', '.join(map(scalar, self.topics))}]}}"
        yield f"      # {self.typed}: what a user types, now and then something unusual"
        yield f"      {typed}:"
        yield "        kind: typed"
        if self.topics:
            yield '        topic: "{{ topic }}"'
            yield "        seeds:"
            yield from (f"          {scalar(topic)}: {file}    # {STAND_IN}" for topic, file in files_of(self.topics).items())
        else:
            yield f"        seeds: seeds/{self.typed}.txt    # {STAND_IN}"
        yield f"        voice: {mapping(PLACES[self.about.place].voices)}    # how they type, by weight"
        yield f"      case: {{kind: choice, options: {CASES}}}"
        if len(self.topics) > 1:
            seeds = dict(zip(self.topics, self.seeds().values(), strict=True))
            yield from second_request("topic", seeds)
            yield f'      {self.typed}: {{kind: edge_case, of: {typed}, case: "{{{{ case }}}}", {other_key(seeds)}}}'
        else:
            yield f'      {self.typed}: {{kind: edge_case, of: {typed}, case: "{{{{ case }}}}"}}'


def _file(name: str) -> str:
    return f"values/{name}.jsonl"


def _json(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _is_in_files(kind: VariableKind) -> bool:
    """Whether the values of a kind lie in files."""
    return not isinstance(kind.usual, str) and any(len(text) > IN_RECIPE or "\n" in text for text in kind.usual)


def _values(values: str | Sequence[str], file: str, *, in_files: bool) -> str:
    """The field of usual or of unusual values, which is hidden."""
    if isinstance(values, str):
        return f"{values.removesuffix('}')}, hidden: true}}"
    if in_files:
        return f"{{kind: load, file: {file}, field: text, pick: random, hidden: true}}"
    return f"{{kind: choice, options: [{', '.join(map(scalar, values))}], hidden: true}}"


def _lists(parts: Sequence[str]) -> Iterator[list[object]]:
    """Lists that stand in for real ones: of a few things, of one, of none, of many, and of odd ones."""
    odd = ("", '"x"', "{{y}}", "名前", "z " * 40)
    for texts in (("first", "second", "third"), ("one",), ("a", "b"), (), tuple(f"number {number}" for number in range(1, 41)), odd):
        yield [{part: f"{text} {part}".strip() for part in parts} if parts else text for text in texts]
