"""A base model behind a server, as a recipe names it. A recipe may come from a stranger: by itself it has this machine asked only, and of a
server no other call than the completion of a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from synthgen.checks import NotCopied
from synthgen.spec.addresses import is_loopback, origin
from synthgen.spec.parts import Part, PartMistake

ADDRESS = re.compile(r"https?://[\w.:\[\]-]+(/[\w~.-]+)*/?", re.ASCII | re.IGNORECASE)
"""An address without user, password, query or anything that is spelled as a number."""
EXAMPLE = "such as http://localhost:8000/v1"
LONGEST = 500


class CompletionsSpec(Part):
    """A base model behind a server that continues prompts as OpenAI's `/v1/completions` does: vLLM, llama.cpp, SGLang, TGI and others."""

    paid: ClassVar[bool] = False
    english: ClassVar[bool] = False
    asked_as: ClassVar[str] = "base"

    kind: Literal["completions"] = "completions"
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
        elif re.search(r"/(completions|chat)/?$", path):
            yield PartMistake(("url",), "the address ends before /completions", EXAMPLE)
        elif not is_loopback(urlsplit(self.url).hostname) and server not in self._context.servers:
            why = "no recipe may have another machine asked by itself"
            yield PartMistake(("url",), f"{why}, and {server} is one", f"to allow it, add --allow {server}")

    def guards(self, field: str) -> Iterator[NotCopied]:
        """None: it was not tuned here."""
        yield from ()

    def origin(self) -> tuple[str, str, str]:
        """Its name, no address, and under which terms it is whose."""
        return self.name, "", "behind a server of the maker's own: its licence is on its card"
