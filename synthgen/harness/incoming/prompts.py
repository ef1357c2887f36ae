"""The prompt of a promptfoo configuration, and where its variables stand: https://www.promptfoo.dev/docs/configuration/prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthgen.harness.incoming.beside import WHOLE, beside
from synthgen.spec import render
from synthgen.spec.rows import parsed_json
from synthgen.text import decoding
from synthgen.text.message import is_talk

TEXTS = (".txt", ".md", ".json", ".yaml", ".yml", ".j2")
PLACE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\b")


@dataclass(frozen=True)
class Wording:
    """A prompt: its `template`, empty where it cannot be filled by us; the turns `before` it that have no variables; and `notes`."""

    template: str = ""
    before: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """Names that stand in it."""
        return variables(self.template)

    def around(self, variable: str) -> str:
        """The template, with INPUT where the variable stands; empty where that is all there is."""
        text = re.sub(rf"(\{{\{{-?\s*){variable}\b", r"\1INPUT", self.template)
        return "" if re.fullmatch(r"\s*\{\{-?\s*INPUT\s*-?\}\}\s*", text) or "INPUT" not in text else text


def variables(template: str) -> frozenset[str]:
    """The names that stand in a template."""
    try:
        return render.names(template)
    except ValueError:
        return frozenset(PLACE.findall(template))


def first_prompt(prompts: Any, folder: Path) -> Wording:
    """The first of a configuration's prompts."""
    listed = prompts if isinstance(prompts, list) else [prompts]
    texts = [text for prompt in listed for text in _texts(prompt, folder)]
    if not texts:
        return Wording(notes=("its prompt is made by a program: rows hold what is typed alone",) if prompts else ())
    more = (f"of its {len(texts)} prompts the first is taken",) if len(texts) > 1 else ()
    wording = _of_talk(texts[0]) or Wording(texts[0].strip())
    if _mistake(wording.template):
        return Wording("", wording.before, (*more, f"its prompt cannot be filled here: {_mistake(wording.template)}"))
    return Wording(wording.template, wording.before, more)


def _texts(prompt: Any, folder: Path) -> Iterator[str]:
    """The texts of a prompt: its own, or those in its file, which stand between lines of three dashes."""
    if isinstance(prompt, Mapping):
        prompt = prompt.get("raw") or prompt.get("id") or prompt.get("file")
    if not isinstance(prompt, str):
        return
    name = prompt.removeprefix("file://")
    if name == prompt and ("\n" in prompt or Path(name).suffix.lower() not in TEXTS):
        yield prompt
    elif Path(name).suffix.lower() in TEXTS:
        text = decoding.read_text(beside(name, folder), WHOLE)
        yield from (part for part in (re.split(r"(?m)^---\s*$", text) if name.endswith(".txt") else [text]) if part.strip())


def _of_talk(text: str) -> Wording | None:
    """A prompt that is a list of chat messages, in JSON or YAML: what stands in the last, and those before it if they have no variable."""
    turns = _read(text)
    if not is_talk(turns) or not all(isinstance(turn.get("content"), str) for turn in turns):
        return None
    before = tuple((str(turn["role"]), turn["content"]) for turn in turns[:-1])
    if not any(variables(content) for _, content in before):
        return Wording(turns[-1]["content"].strip(), before)
    return Wording("\n".join(f"{turn['role']}: {turn['content']}" for turn in turns))


def _read(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return parsed_json(text)
    except (json.JSONDecodeError, RecursionError, ValueError):
        pass
    if not text.lstrip().startswith("- role:"):
        return None
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        return None


def _mistake(template: str) -> str:
    """Why a template cannot be filled by us, if it cannot."""
    try:
        render.names(template)
    except ValueError as error:
        return str(error)
    return ""
