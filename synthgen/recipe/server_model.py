"""Models behind a server, as a recipe names them. A recipe may come from a stranger: by itself it has this machine asked only, and of a
server no other call than the completion of a prompt, or the answer to one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from synthgen.checks import NotCopied
from synthgen.fields import Asked
from synthgen.recipe.prices import Prices
from synthgen.spec.addresses import is_loopback, origin
from synthgen.spec.parts import Part, PartMistake

ADDRESS = re.compile(r"https?://[\w.:\[\]-]+(/[\w~.-]+)*/?", re.ASCII | re.IGNORECASE)
"""An address without user, password, query or anything that is spelled as a number."""
EXAMPLE = "such as http://localhost:8000/v1"
LONGEST = 500


class ModelSpec(Part):
    """A model that a recipe names."""

    no_typist: ClassVar[str] = ""
    """Why no typed field can ask it, where more is to be said than what it is."""

    def cannot(self, field: Asked) -> Iterator[PartMistake]:
        """What a field asks for that this model cannot be asked."""
        return iter(())


class ServerSpec(ModelSpec):
    """A model behind a server."""

    english: ClassVar[bool] = False
    call: ClassVar[str]
    """The path that is added to the address."""

    url: str = Field(description="the server's address, which ends in /v1 with most: http://localhost:8000/v1")
    name: str = Field(min_length=1, max_length=LONGEST, description="the model, as the server calls it")
    concurrency: int = Field(64, ge=1, le=1000, description="requests under way at a time, at most")
    timeout: float = Field(300, gt=0, le=3600, description="seconds that one request may take")

    def mistakes(self) -> Iterator[PartMistake]:
        """An address that is none, or that is not of this machine and was not allowed."""
        try:
            server = origin(self.url)
        except ValueError as error:  # a port that is none, too
            yield PartMistake(("url",), str(error), EXAMPLE)
            return
        path = urlsplit(self.url).path
        if len(self.url) > LONGEST or not ADDRESS.fullmatch(self.url) or ".." in path:
            yield PartMistake(("url",), "an address here has a host, a port and a plain path", f"{EXAMPLE}; a key is in the environment")
        elif re.search(r"/messages/?$", path):
            hint = "ask it as Claude: kind: claude, without url; ANTHROPIC_BASE_URL names the server, without /v1"
            yield PartMistake(("url",), "this is the call of a server that is asked as Anthropic's", hint)
        elif re.search(r"/(completions|chat)/?$", path):
            yield PartMistake(("url",), f"the address ends before {self.call}", EXAMPLE)
        elif not is_loopback(urlsplit(self.url).hostname) and server not in self._context.servers:
            why = "no recipe may have another machine asked by itself"
            yield PartMistake(("url",), f"{why}, and {server} is one", f"to allow it, add --allow {server}")

    def guards(self, field: str) -> Iterator[NotCopied]:
        """None: it was not tuned here."""
        yield from ()

    def files(self) -> list[Path]:
        """None."""
        return []

    def origin(self) -> tuple[str, str, str]:
        """Its name, no address, and under which terms it is whose."""
        return self.name, "", "behind a server of the maker's own: its licence is on its card"


class CompletionsSpec(ServerSpec):
    """A base model behind a server that continues prompts as OpenAI's `/v1/completions` does: vLLM, llama.cpp, SGLang, TGI and others."""

    paid: ClassVar[bool] = False
    asked_as: ClassVar[str] = "base"
    called: ClassVar[str] = "a base model"
    call: ClassVar[str] = "/completions"

    kind: Literal["completions"] = "completions"


class ChatSpec(ServerSpec):
    """A chat model behind a server that answers as OpenAI's `/v1/chat/completions` does: it is asked what Claude is asked, and types
    nothing."""

    paid: ClassVar[bool] = True
    asked_as: ClassVar[str] = "claude"
    called: ClassVar[str] = "a chat model"
    call: ClassVar[str] = "/chat/completions"
    no_typist: ClassVar[str] = "a chat model answers what people typed, and does not go on typing"

    kind: Literal["chat"] = "chat"
    prices: Prices | None = Field(None, description="US dollars per million tokens; {input: 0, output: 0} where it costs nothing")

    def cannot(self, field: Asked) -> Iterator[PartMistake]:
        """A number of tokens to think, and documents that are no text."""
        if isinstance(getattr(field, "thinking", None), int):
            hint = "thinking: off or on; tokens limits thoughts and answer together"
            yield PartMistake(("thinking",), "a chat server takes no number of tokens to think", hint)
        for number, name in enumerate(getattr(field, "documents", ())):
            if name.lower().endswith(".pdf"):
                hint = "give its text: pdftotext -layout FILE.pdf FILE.txt"
                yield PartMistake(("documents", number), "a chat server takes no PDF", hint)
