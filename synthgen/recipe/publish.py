"""`publish:` in a recipe: where `make --push` sends the dataset, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from synthgen.spec.parts import Part, PartMistake

REPO = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]{0,95}")


def _is_repo(name: str) -> str:
    if not REPO.fullmatch(name) or "--" in name or ".." in name or name.endswith((".git", ".", "-")):
        raise ValueError(f"'{name}' cannot name a dataset on the Hub: expected OWNER/NAME in letters, digits, '-', '_' and '.'")
    return name


class Publish(Part):
    """Where the dataset goes on the Hub."""

    repo: Annotated[str, AfterValidator(_is_repo)] = Field(description="the dataset on the Hub, OWNER/NAME")
    private: bool = Field(True, description="whether only you (or your organisation) can see it")
    revision: str | None = Field(None, description="the branch (default: main)")
    tag: str | None = Field(None, description="a name for this version, such as v1")
    test: float = Field(0.0, ge=0, lt=1, description="the share of rows that go to the split test; a row never changes side")
    license: str | None = Field(None, description="the licence under which you give the rows away, as the Hub names it: cc-by-4.0, …")
    language: list[str] | None = Field(None, description="the languages of the messages, such as [en] (default: as the models have them)")

    def mistakes(self) -> Iterator[PartMistake]:
        """Words that the Hub does not take."""
        if self.license is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", self.license):
            yield PartMistake(
                ("license",), f"'{self.license}' is not how the Hub names a licence", "such as cc-by-4.0, apache-2.0, mit or other"
            )
        for number, code in enumerate(self.language or []):
            if not re.fullmatch(r"[a-z]{2,3}", code):
                yield PartMistake(("language", number), f"'{code}' is no language code", "such as en, de or pl")
