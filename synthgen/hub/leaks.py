"""What must not leave the machine: secrets, the names of its own places, and messages copied from the logs that a recipe is like.

Secrets are known by the form that their makers gave them, so that an invented order number is none; and by what this machine's own
environment holds. Copies are known by digests (see `originals`), which `make` keeps beside the rows.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from synthgen.errors import OutputError
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.text.frames import normalise
from synthgen.text.originals import Originals

SECRETS: dict[str, tuple[tuple[str, ...], str]] = {
    "an Anthropic key": (("sk-ant-",), r"sk-ant-[\w-]{16,}"),
    "an OpenRouter key": (("sk-or-",), r"sk-or-v1-[0-9a-f]{32,}"),
    "an OpenAI key": (("sk-",), r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,}|sk-[A-Za-z0-9]{32,}"),
    "a Hugging Face token": (("hf_", "api_org_"), r"(?:hf|api_org)_[A-Za-z0-9]{20,}"),
    "an AWS key": (("AKIA", "ASIA", "ABIA", "ACCA"), r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    "a GitHub token": (("gh", "github_pat_"), r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}"),
    "a GitLab token": (("gl",), r"gl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{20,}"),
    "a Google key": (("AIza", "GOCSPX-", "ya29."), r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}"),
    "a Slack token": (
        ("xox", "xapp-", "hooks.slack"),
        r"xox[abeoprs]-[\w-]{10,}|xapp-\d-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+",
    ),
    "a Stripe key": (("k_live_", "k_test_", "whsec_"), r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,}"),
    "an npm token": (("npm_",), r"npm_[A-Za-z0-9]{36}"),
    "a PyPI token": (("pypi-AgE",), r"pypi-AgE[\w-]{40,}"),
    "a SendGrid key": (("SG.",), r"SG\.[\w-]{20,}\.[\w-]{30,}"),
    "a Twilio key": (("SK",), r"SK[0-9a-f]{32}"),
    "an Azure key": (("AccountKey=",), r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    "a Telegram token": ((":AA",), r"\d{8,10}:AA[\w-]{33}"),
    "a JSON web token": (("eyJ",), r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a private key": (
        ("PRIVATE KEY", "PuTTY-User", "AGE-SECRET"),
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    ),
    "a password in an address": (("://",), r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@<>{}]+:[^\s/:@<>{}]{3,}@[\w.-]+"),
}
"""The forms of secrets, by what they are called: what each of them holds (which is quick to look for), and a pattern."""
_KEPT = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)
_FORMS = [(what, parts, re.compile(rf"(?<![A-Za-z0-9])(?:{form})")) for what, (parts, form) in SECRETS.items()]
NOBODYS = ("/", "/root")
"""Home folders that say nothing of whose they are."""
SHORT_WORDS, SHORT = 3, 12
"""A whole message of fewer words and letters is written by many people, and is no copy."""
COPIES = {"not_copied", "copied seed"}
"""Why a row was refused that repeats a message, even a short one."""
MOST = 5
"""Leaks that an error names, at most."""
FACTS = ("fact", "label")
"""What fields are whose text nobody typed."""


@dataclass(frozen=True)
class Leak:
    """Something that must not leave: where it stands, what it is, and a little of it (never a whole secret)."""

    where: str
    what: str
    excerpt: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.excerpt})"


@cache
def _environment_secrets() -> dict[str, str]:
    """The secrets in this process's environment: value to name."""
    return {
        value: name for name, value in os.environ.items() if _KEPT.search(name) and len(value) >= 12 and not value.startswith(("/", "http"))
    }


def secret(text: str, known_secrets: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """What secret a text holds: what it is, and its first letters; None when it holds none. `known_secrets` are values that are secret
    here, each with its name (default: those of the environment)."""
    for value, name in (_environment_secrets() if known_secrets is None else known_secrets).items():
        if value in text:
            return f"the value of {name} on this machine", f"{value[:4]}…"
    for what, parts, form in _FORMS:
        if any(part in text for part in parts) and (match := form.search(text)):
            return what, f"{match[0][:7]}…"
    return None


def in_text(name: str, text: str) -> Iterator[Leak]:
    """The leaks of a file of text: secrets, and this user's own folder, by line."""
    home = str(Path.home())
    for number, line in enumerate(text.splitlines(), 1):
        if match := secret(line):
            yield Leak(f"{name}, line {number}", *match)
        if home not in NOBODYS and re.search(re.escape(home) + r"(?![\w-])", line):
            yield Leak(f"{name}, line {number}", "a place on this machine", home)


def in_row(values: Mapping[str, Any], originals: Originals | None, facts: Iterable[str] = ()) -> tuple[str, str, str] | None:
    """The first leak of a row: the field, what it is, and a little of it. `facts` are fields that are no copies whatever they say."""
    texts = [(field, text) for field, value in values.items() for text in _texts(value)]
    if secret("\n".join(text for _, text in texts)):  # rare, and quicker to rule out for all at once
        for field, text in texts:
            if match := secret(text):
                return field, *match
    if originals is None:
        return None
    for field, text in ((field, text) for field, text in texts if field not in facts):
        for message in _unpacked(text):
            copied = originals.copied(message)
            if copied or (copied is not None and not _everybodys(message)):
                return field, "a message of the logs", " ".join((copied or message).split())[:40]
    return None


def _texts(value: Any) -> Iterator[str]:
    """All text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _unpacked(text: str) -> Iterator[str]:
    """The text; of a column of JSON each text in it."""
    if text[:1] in ("{", "["):
        try:
            yield from _texts(json.loads(text))
            return
        except (ValueError, RecursionError):
            pass
    yield text


def _everybodys(text: str) -> bool:
    plain = normalise(text)
    return len(plain.split()) < SHORT_WORDS and len(plain) < SHORT


class Guard:
    """Looks at all that is to leave, and remembers what must not. `originals` are the messages that no row may copy."""

    def __init__(self, recipe: RecordedRecipe, originals: Originals | None) -> None:
        self.originals, self.count, self.leaks = originals, 0, dict[str, Leak]()
        self.withheld = Counter[str]()
        roles = {(field.name, field.role) for table in recipe.tables.values() for field in table.fields.values()}
        self.facts = {name for name, role in roles if role in FACTS} - {name for name, role in roles if role not in FACTS}

    def look(self, file: Path, path: str) -> None:
        """Look at the rows of a table."""
        for number, row in enumerate(_rows(file)):
            if leak := in_row(row, self.originals, self.facts):
                self._tell(f"{path} {leak[:2]}", Leak(f"{path}, row {number}, {leak[0]}", *leak[1:]))

    def passing(self, file: Path, path: str) -> list[bool]:
        """Which of the rows that were set aside may leave: the others are counted as withheld."""
        passing = [not self.withholds(row.pop("check"), json.loads(row.pop("values") or "{}"), row) for row in _rows(file)]
        self.withheld[path.split("/")[0]] += passing.count(False)
        return passing

    def withholds(self, check: str, values: Mapping[str, Any], why: Mapping[str, Any]) -> bool:
        """Whether a row that was set aside by a check, with these values and the rest of `why`, must not leave."""
        if self.originals is not None and check in COPIES:
            return True
        return in_row(values, self.originals, self.facts) is not None or in_row(why, self.originals) is not None

    def read(self, path: str, text: str) -> None:
        """Look at a file of text."""
        for leak in in_text(path, text):
            self._tell(leak.where, leak)

    def _tell(self, kind: str, leak: Leak) -> None:
        """Count a leak, and show the first of its kind."""
        self.count += 1
        if kind not in self.leaks and len(self.leaks) < MOST:
            self.leaks[kind] = leak

    def refuse(self) -> None:
        """Raise OutputError when something must not leave."""
        if self.leaks:
            more = self.count - len(self.leaks)
            listing = "; ".join(map(str, self.leaks.values())) + (f"; and {more} more" if more else "")
            hint = "take it out of the recipe or of what it reads, or let a check refuse such rows (lacks, not_copied), and make it again"
            raise OutputError(f"nothing was sent, for it holds what should not leave: {listing}", hint)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    with parquet.ParquetFile(file) as stored:
        for batch in stored.iter_batches(batch_size=1000, use_threads=False):
            yield from batch.to_pylist()
