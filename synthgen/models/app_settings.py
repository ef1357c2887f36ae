"""What is said of the application under test, in a small file that is named on the command line: where it is, what it is sent, and where
in its answer the reply stands. No recipe can say any of this: it may come from a stranger, and must not be able to make requests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError

from synthgen.errors import DataError, RecipeError, did_you_mean
from synthgen.recipe import source as sources
from synthgen.recipe.words import explained, keys
from synthgen.spec import numerals
from synthgen.spec.parts import Part, PartMistake, RecipeContext, unreadable_file
from synthgen.text import decoding

PLACE = re.compile(r"\{\{\s*(\w*)\s*\}\}")
VARIABLE = re.compile(r"\$\{(\w*)\}")
PLACES = ("message", "history", "messages", "session")
"""What can stand in a body: the message, the turns before it, these with the message, and the name of the talk."""
Form = Literal["plain", "openai", "anthropic"]
"""How an endpoint is asked."""
LARGEST_PROMPT = 1_000_000
"""Bytes of a file with a system prompt."""
Version = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class AppSettings(Part):
    """An application: its address, or a function, and how it is asked."""

    url: str | None = Field(None, min_length=1, description="its address")
    function: str | None = Field(None, min_length=1, description="a Python function, module:function")
    name: str = Field("", description="what it is called in place of its address, in the output and in the answer journal")
    version: Version = Field("", max_length=80, description="which version it is: another one is asked anew")
    body: dict[str, Any] | None = Field(None, min_length=1, description="the JSON that it is sent, with {{ message }} and others")
    reply: str | None = Field(None, min_length=1, description="where the reply stands in its answer, such as choices.0.message.content")
    headers: dict[str, str] = Field(default_factory=dict, description="headers of a request; ${NAME} is of the environment")
    model: str | None = Field(None, min_length=1, description="the model, of an endpoint that is asked as OpenAI's or Anthropic's is")
    system: str = Field("", description="the system prompt of such an endpoint, or a file that holds it (.md, .txt)")
    timeout: float = Field(60, gt=0, le=3600, description="seconds that one request may take")
    tries: int = Field(4, ge=1, le=20, description="how often a request is sent at most, where it or the server fails")
    concurrency: int | None = Field(None, ge=1, le=1000, description="requests under way at a time, at most")
    rate: float | None = Field(None, gt=0, description="requests that are begun in a second, at most")

    def mistakes(self) -> Iterator[PartMistake]:
        """No application or two of them, what an address or a function cannot have, places that nothing fills."""
        if (self.url is None) == (self.function is None):
            yield PartMistake((), "an application has either 'url' or 'function'", "such as url: http://localhost:8000/chat")
        elif self.function is not None:
            for key in ("body", "reply", "headers", "model", "system"):
                if getattr(self, key):
                    yield PartMistake((key,), f"'{key}' is for an address, and here a function is asked", at_key=True)
        elif self.url is not None:
            yield from self._address_mistakes(self.url)
        yield from _place_mistakes(self)
        for key_path, value in ((("url",), self.url or ""), *((("headers", name), value) for name, value in self.headers.items())):
            for name in VARIABLE.findall(value):
                if not os.environ.get(name):
                    yield PartMistake(key_path, f"${{{name}}} is not set in the environment", f"export {name}=…", word=f"${{{name}}}")
        for name, value in self.headers.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or any(ord(letter) < 32 or ord(letter) > 255 for letter in value):
                yield PartMistake(("headers", name), "no header can have this name or value", at_key=True)
        try:
            self.prompt  # noqa: B018 (it is read, to see whether it can be)
        except (DataError, ValueError) as error:
            yield unreadable_file(("system",), error, self._context)

    def _address_mistakes(self, url: str) -> Iterator[PartMistake]:
        if why := address_mistake(url):
            yield PartMistake(("url",), *why)
        elif self.body is not None or form_of(url) == "plain":
            for key in ("model", "system"):
                if getattr(self, key):
                    hint = f"put it into the body: {key}: …" if self.body else "that address ends in /chat/completions or /v1/messages"
                    yield PartMistake((key,), f"'{key}' is for an endpoint that is asked as OpenAI's or Anthropic's", hint, at_key=True)

    @property
    def prompt(self) -> str:
        """The system prompt. Raises DataError, ValueError."""
        name = self.system.strip()
        if name.endswith((".md", ".txt")) and len(name.split()) == 1:
            return decoding.read_text(self._context.path(name), LARGEST_PROMPT).strip()
        return name


def form_of(url: str) -> Form:
    """How an endpoint is asked, by the end of its path."""
    path = urlsplit(url).path.rstrip("/")
    return "openai" if path.endswith("/chat/completions") else "anthropic" if path.endswith("/v1/messages") else "plain"


def address_mistake(url: str) -> tuple[str, str] | None:
    """Why no request can go to an address, and the way out; None where one can."""
    try:
        parts = urlsplit(VARIABLE.sub("x", url))
        port = parts.port
    except ValueError as error:
        return f"this is no address: {error}", "such as http://localhost:8000/chat"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"\s", PLACE.sub("", url)):
        return "expected an address that begins with http:// or https://", "such as http://localhost:8000/chat"
    if parts.username is not None or parts.password is not None:
        hint = "in a file: headers: {Authorization: Basic ${NAME}}; see docs/application.md"
        return "an address with a user or password in it would stand in the list of processes", hint
    return None


def _place_mistakes(settings: AppSettings) -> Iterator[PartMistake]:
    texts = [(("body", *key_path), text) for key_path, text in _texts(settings.body)]
    asked = set[str]()
    for key_path, text in texts:
        for name in PLACE.findall(text):
            asked.add(name)
            if name not in PLACES:
                yield PartMistake(key_path, f"nothing fills '{{{{ {name} }}}}'", did_you_mean(name, PLACES, "what there is"))
    if settings.body is not None and not asked & {"message", "messages"} and asked <= {*PLACES}:
        yield PartMistake(("body",), "the message is nowhere in it", 'put "{{ message }}" where it belongs', at_key=True)
    for key, value in (("url", settings.url or ""), *(("headers", value) for value in settings.headers.values())):
        for name in PLACE.findall(value):
            if name != "session":
                yield PartMistake((key,), f"'{{{{ {name} }}}}' cannot stand here", "{{ session }} can")


def _texts(value: Any, key_path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, str):
        yield key_path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*key_path, key))


def read_settings(path: Path) -> AppSettings:
    """The settings in a YAML or JSON file. Raises RecipeError, with each mistake and its line."""
    source = sources.read(path, str(path))
    data = numerals.as_number(source.data) | _as_typed(source.data)
    for key in [key for key in data if key not in keys(AppSettings)]:
        source.tell((key,), f"unknown key '{key}'", did_you_mean(key, keys(AppSettings), "keys here"), at_key=True)
        del data[key]
    try:
        settings = AppSettings.model_validate(data, context=RecipeContext(path.resolve().parent))
    except ValidationError as error:
        for inner, message, hint, at_key in explained(error, AppSettings, data):
            source.tell(inner, message, hint, at_key=at_key)
    else:
        for mistake in settings.mistakes() if not source.mistakes else ():
            source.tell(mistake.at, mistake.message, mistake.hint, at_key=mistake.at_key, word=mistake.word)
    if source.mistakes:
        raise RecipeError(source.in_order())
    return settings


def _as_typed(data: Mapping[Any, Any]) -> dict[str, Any]:
    """What is a text, whatever it looks like: a version of 1.10 is not 1.1."""
    return {key: numerals.as_typed(data[key]) for key in ("version", "name", "model") if key in data}
