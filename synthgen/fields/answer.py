"""The form of an answer: what a recipe's `output` says, the JSON Schema that it stands for, and how an answer is read.

    output: number                                   one of text, number, integer, boolean
    output: [declined, lost]                         one of some options
    output: {list: text}                             a list
    output: {reply: text, intent: [a, b]}            a mapping, as deep as needed
    output: {schema: answer.json}                    a JSON Schema, from a file or written out

All parts of an answer are required: what may be missing is said by an option such as `none`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, did_you_mean
from synthgen.fields import schemas
from synthgen.fields.schemas import KeyPath, Schema
from synthgen.spec.parts import PartMistake, RecipeContext, unreadable_file
from synthgen.spec.rows import Completion, Refusal, Value, parsed_json
from synthgen.text import decoding

WORDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
}
MEANT = {
    "string": "'text'",
    "str": "'text'",
    "float": "'number'",
    "int": "'integer'",
    "bool": "'boolean'",
    "array": "{list: text}",
    "list": "{list: text}",
}
OF_SCHEMA = {"string": "string", "number": "float64", "integer": "int64", "boolean": "bool"}
TEXT: Schema = WORDS["text"]
ANSWERED = "answer"
LARGEST = 1_000_000
"""Bytes of a JSON Schema."""


# What a recipe's `output` says


def schema_file(spec: Any) -> str:
    """The name of the file that holds the JSON Schema, if one does."""
    return spec["schema"] if isinstance(spec, dict) and [*spec] == ["schema"] and str(spec["schema"]).endswith(".json") else ""


def _json_schema(spec: Any, context: RecipeContext) -> Any:
    """The JSON Schema that a spec gives as it is; None when it is said in words. Raises DataError, ValueError."""
    if name := schema_file(spec):
        path = context.path(name)
        try:
            return json.loads(decoding.read_text(path, LARGEST))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}: not a JSON Schema: {error}") from None
    return spec["schema"] if isinstance(spec, dict) and [*spec] == ["schema"] and isinstance(spec["schema"], dict) else None


def schema_of(spec: Any, context: RecipeContext) -> Schema | None:
    """The JSON Schema of an `output`; None where it is plain text. Raises DataError or ValueError when it has mistakes."""
    if spec is None or spec == "text":
        return None
    if mistake := next(output_mistakes(spec, context), None):
        raise ValueError(mistake.message)
    json_schema = _json_schema(spec, context)
    return _schema(spec) if json_schema is None else json_schema


def _schema(spec: Any) -> dict[str, Any]:
    if isinstance(spec, str):
        return WORDS[spec]
    if isinstance(spec, list):
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
        types = {kinds[type(option)] for option in spec}
        return {"type": "number" if types == {"integer", "number"} else types.pop(), "enum": list(spec)}
    if [*spec] == ["list"]:
        return {"type": "array", "items": _schema(spec["list"])}
    return {
        "type": "object",
        "properties": {name: _schema(part) for name, part in spec.items()},
        "required": list(spec),
        "additionalProperties": False,
    }


def output_mistakes(spec: Any, context: RecipeContext) -> Iterator[PartMistake]:
    """What is wrong in an `output`."""
    at: KeyPath = ("output",)
    try:
        json_schema = None if spec is None else _json_schema(spec, context)
    except (DataError, ValueError) as error:
        yield unreadable_file((*at, "schema"), error, context)
        return
    if json_schema is None:
        yield from _mistakes(spec, at) if spec is not None else ()
        return
    for mistake in schemas.mistakes(json_schema):
        if schema_file(spec):
            place = ".".join(map(str, mistake.at))
            yield PartMistake((*at, "schema"), f"{mistake.message}{f' (in {place})' if place else ''}", mistake.hint)
        else:
            yield PartMistake((*at, "schema", *mistake.at), mistake.message, mistake.hint, at_key=mistake.at_key)


def _mistakes(spec: Any, at: KeyPath) -> Iterator[PartMistake]:
    if isinstance(spec, str):
        if spec not in WORDS:
            suggestion = f"did you mean {MEANT[spec]}?" if spec in MEANT else did_you_mean(spec, WORDS, "one of")
            yield PartMistake(
                at,
                f"output: '{spec}' is no kind of answer",
                f"{suggestion} (options stand in a list: [{spec}, other])" if "did" not in suggestion else suggestion,
            )
    elif isinstance(spec, list):
        yield from _option_mistakes(spec, at)
    elif not isinstance(spec, dict):
        actual = "nothing" if spec is None else repr(spec)
        yield PartMistake(at, f"output: expected {', '.join(WORDS)}, a list of options or a mapping, not {actual}")
    elif [*spec] == ["list"]:
        yield from _mistakes(spec["list"], (*at, "list"))
    elif not spec:
        yield PartMistake(at, "output: an empty mapping asks for nothing", "such as {reply: text, escalate: boolean}")
    else:
        for name, part in spec.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", str(name)):
                hint = "letters (a to z), digits and _, so that templates can name it; 64 at most"
                yield PartMistake((*at, name), f"'{name}' cannot be the name of a part of an answer", hint, at_key=True)
            yield from _mistakes(part, (*at, name))


def _option_mistakes(options: list[Any], at: KeyPath) -> Iterator[PartMistake]:
    kinds = {type(option) for option in options}
    if not options:
        yield PartMistake(at, "output: no options to choose from")
    elif not kinds <= {str, bool, int, float}:
        yield PartMistake(at, "output: an option is text, a number, true or false", "for a list of answers: {list: text}")
    elif len(kinds - {int}) > 1 or (int in kinds and kinds - {int, float}):
        yield PartMistake(at, "output: the options are of several types", "put quotes around each that is meant as text")
    elif len(set(options)) < len(options):
        duplicate = next(option for option in options if options.count(option) > 1)
        yield PartMistake((*at, options.index(duplicate)), f"output: the option {duplicate!r} stands here twice")


def column_of(schema: Schema | None) -> str:
    """The type of the column that holds such answers."""
    if schema is None:
        return "string"
    if schema.get("type") == "array" and schema["items"].get("type") == "string":
        return "list"
    return OF_SCHEMA.get(str(schema.get("type")), "json")


# How it is asked for and read


@dataclass(frozen=True)
class Answer:
    """What a model answered, and the reasons that it wrote down first, if they were asked for."""

    value: Value
    reasons: str = ""


@dataclass(frozen=True)
class AnswerForm:
    """The form of an answer: `of` is the JSON Schema of what is asked for (None: text); with `reasons` the model writes these down
    first; `out` is what it may say in place of an answer. Plain text without either is asked for as it is."""

    of: Schema | None = None
    reasons: bool = False
    out: str = ""

    @property
    def plain(self) -> bool:
        """Whether the answer is text and nothing else."""
        return self.of is None and not self.wrapped

    @property
    def wrapped(self) -> bool:
        """Whether something stands beside the answer."""
        return self.reasons or bool(self.out)

    @property
    def enclosed(self) -> bool:
        """Whether the answer stands under a key of its own: beside others, or because what the model writes is a mapping."""
        return self.wrapped or (self.of is not None and self.of.get("type") != "object")

    @cached_property
    def full_schema(self) -> Schema:
        """The JSON Schema of all that the model writes: an object."""
        inner = dict(self.of or TEXT)
        if not self.enclosed and self.of is not None:
            return inner
        definitions = inner.pop("$defs", None)
        parts: dict[str, Any] = {"reasons": TEXT} if self.reasons else {}
        if self.out:
            parts |= {"outcome": {"type": "string", "enum": [ANSWERED, self.out]}, "why": TEXT}
            inner = {"anyOf": [inner, {"type": "null"}]}
        parts |= {ANSWERED: inner}
        schema = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
        return schema | ({"$defs": definitions} if definitions else {})

    @cached_property
    def schema(self) -> str:
        """The JSON Schema as it is sent; empty for plain text."""
        return "" if self.plain else json.dumps(schemas.sent(self.full_schema), ensure_ascii=False)

    @cached_property
    def outline(self) -> str:
        """The form of what the model writes, for its eyes; empty for plain text."""
        return "" if self.plain else _outline(self._seen, self._seen)

    @property
    def _seen(self) -> Schema:
        """The whole, with what stands for the answer where there is an out, without the null."""
        schema = json.loads(json.dumps(self.full_schema))
        if self.out:
            schema["properties"][ANSWERED] = schema["properties"][ANSWERED]["anyOf"][0]
        return schema  # type: ignore[no-any-return]

    def misfit(self, value: Any) -> str | None:
        """Why a value does not have this form, if it does not; reasons and an out are not looked at."""
        return schemas.misfit(value, self.of or TEXT)

    def read(self, completion: Completion) -> Answer | Refusal:
        """What was answered, or why there is no answer."""
        text = completion.text.strip()
        if completion.finish == "refusal":
            return Refusal("declined", text)
        if completion.finish == "error":
            return Refusal("not answered", text, final=True)
        if completion.finish == "length":
            spent = f"after {completion.tokens_out:,} tokens, thoughts among them; give it more tokens, or less effort"
            return Refusal("cut off", f"{spent}: …{text[-60:]}" if text else spent)
        if not text:
            return Refusal("empty")
        if self.plain:
            return Answer(text)
        try:
            answer = parsed_json(_unfenced(text), STRICT)
        except (ValueError, RecursionError):
            return Refusal("malformed", f"not JSON: {text[:120]}")
        if why := schemas.misfit(answer, self.full_schema):
            return Refusal("malformed", why)
        return self._answer(answer)

    def _answer(self, answer: Mapping[str, Any]) -> Answer | Refusal:
        of = self.of or TEXT
        if not self.enclosed:
            return Answer(schemas.settled(answer, of))
        reasons = str(answer.get("reasons", "")).strip()
        if self.out and answer["outcome"] == self.out:
            return Refusal("unsure", answer["why"].strip() or reasons, to="unsure", final=True)
        if why := schemas.misfit(answer[ANSWERED], of):
            return Refusal("malformed", why)
        value = schemas.settled(answer[ANSWERED], of)
        return Answer(value.strip() if isinstance(value, str) and "enum" not in of else value, reasons)


def _unfenced(text: str) -> str:
    """JSON without the fence that a server without structured output may let a model put around it."""
    match = re.fullmatch(r"```(?:json)?\n(.*)\n```", text, re.DOTALL)
    return match[1] if match else text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


STRICT = json.JSONDecoder(parse_constant=_no_constant)


def _outline(part: Schema, root: Schema, indent: str = "") -> str:
    """A schema as somebody would sketch it."""
    if "$ref" in part:
        return _outline(root["$defs"][part["$ref"].removeprefix("#/$defs/")], root, indent)
    note = f"  # {part['description']}" if part.get("description") else ""
    if "anyOf" in part:
        return " or ".join(_outline(branch, root, indent) for branch in part["anyOf"]) + note
    if "enum" in part or "const" in part:
        return "one of " + ", ".join(json.dumps(option, ensure_ascii=False) for option in part.get("enum", [part.get("const")])) + note
    if part["type"] == "object":
        inner = "".join(
            f"\n{indent}  {json.dumps(name)}: {_outline(child, root, indent + '  ')}" for name, child in part["properties"].items()
        )
        return f"{{{inner}\n{indent}}}{note}"
    if part["type"] == "array":
        return f"a list of: {_outline(part['items'], root, indent)}{note}"
    limits = [f"{word} {json.dumps(part[word])}" for word in sorted(schemas.LIMITS.get(part["type"], set()) & part.keys())]
    return schemas.SAID[part["type"]] + (f" ({', '.join(limits)})" if limits else "") + note


def files_of(spec: Any, context: RecipeContext) -> list[Path]:
    """The file of a JSON Schema, if there is one."""
    return [context.path(schema_file(spec))] if schema_file(spec) else []
