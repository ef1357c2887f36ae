"""The JSON Schema of a recipe, so that editors complete and check it.

Editors that speak YAML's language server show what a schema says of each key and of each kind, and offer the values that it lists. So kinds
and voices are told in words, and what is left out in a recipe (`null`) is not offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from synthgen.recipe.shape import Recipe
from synthgen.spec.described import described
from synthgen.spec.parts import Part
from synthgen.voices.library import shipped

SCHEMA_FILE = "recipe.schema.json"
"""Where the schema lies beside a recipe, so that a copy of the folder has it too."""
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line of a recipe that tells editors so."""
PROVIDERS = [
    "name",
    "first_name",
    "last_name",
    "company",
    "job",
    "free_email",
    "phone_number",
    "street_address",
    "city",
    "country",
    "postcode",
    "url",
    "iban",
    "numerify",
    "bothify",
    "uuid4",
    "words",
]
"""What is asked of Faker most."""
Node = dict[str, Any]


def _kinds(shape: type[Part]) -> Iterator[type[Part]]:
    for kind in shape.__subclasses__():
        yield kind
        yield from _kinds(kind)


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12)."""
    for shape in _kinds(Part):
        shape.__doc__ = described(shape)
    json_schema = _without_nulls(Recipe.model_json_schema(by_alias=True))
    for definition in json_schema["$defs"].values():
        _tell_kind(definition)
    for name in ("Typed", "Noise"):
        _offer_voices(json_schema["$defs"][name]["properties"]["voice"])
    provider = json_schema["$defs"]["Fake"]["properties"]["provider"]
    provider["anyOf"] = [{"enum": PROVIDERS}, {"type": provider.pop("type")}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **json_schema, "title": "synthgen recipe"}


def schema_lines() -> list[str]:
    """The lines of the file that lies beside a recipe."""
    return json.dumps(schema(), indent=1, ensure_ascii=False).splitlines()


def _without_nulls(node: Any) -> Any:
    """A schema without the alternative that there is nothing, and without the titles that names of keys become."""
    if isinstance(node, list):
        return [_without_nulls(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _without_nulls(value) for key, value in node.items() if not (key == "default" and value is None)}
    for properties in (node.get("properties"), node.get("patternProperties")):
        for value in properties.values() if isinstance(properties, dict) else ():
            value.pop("title", None)
    alternatives = node.get("anyOf")
    if isinstance(alternatives, list) and {"type": "null"} in alternatives:
        left = [alternative for alternative in alternatives if alternative != {"type": "null"}]
        node = {**left[0], **{key: value for key, value in node.items() if key != "anyOf"}} if len(left) == 1 else {**node, "anyOf": left}
    return node


def _tell_kind(definition: Node) -> None:
    """Say of a kind, where it is chosen, what it is."""
    kind = definition.get("properties", {}).get("kind")
    if kind and "const" in kind:
        about = definition.get("description", "")
        name = kind.pop("const")
        kind |= {"enum": [name], "enumDescriptions": [about], "description": about}
        definition["title"] = name


def _offer_voices(voice: Node) -> None:
    """List the voices that there are, by name and in weights; a recipe may have its own beside them."""
    voices = {name: library_voice.about for name, library_voice in shipped().items()}
    weights = next(alternative for alternative in voice["anyOf"] if alternative.get("type") == "object")
    weights["properties"] = {name: {**weights["additionalProperties"], "description": about} for name, about in voices.items()}
    voice["anyOf"].insert(0, {"enum": list(voices), "enumDescriptions": list(voices.values())})
