"""Files that hold no messages: subtitles, pages, settings, programs. Read a line at a time they would be taken for typing without a word.

A file is looked at as a whole: people do paste such things, so that a log in which some did stays a log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from synthgen.errors import DataError
from synthgen.text.sources import suffix_of

NAME_A_FILE = "name a file of messages, one a line (.txt) or in records (.jsonl, .csv)"
CODE = {
    ".py", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".java", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs", ".rb", ".php", ".swift",
    ".kt", ".scala", ".sh", ".bash", ".ps1", ".sql", ".css", ".scss", ".lua", ".r", ".ipynb", ".tex",
}  # fmt: skip
SETTINGS = {".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env", ".properties", ".xml", ".plist", ".lock"}
TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
CUE = re.compile(rf"^{TIME} --> {TIME}\b|^Dialogue: \d+,\d+:\d{{2}}:\d{{2}}\.\d{{2}},")
"""The time of a subtitle in SubRip and WebVTT (https://www.w3.org/TR/webvtt1/), or in SubStation Alpha."""
TAG = re.compile(r"^<(?:!|/|\?xml|[a-zA-Z][\w-]*[\s/>])")
PAGE = re.compile(r"(?i)<!doctype html|<html[\s>]|<\?xml ")
STATEMENT = re.compile(
    r"""[;{}]$ | [)\]]:$ | => | \"\"\"
    | ^(?:if|elif|else|for|while|with|try|except|finally|def|class)\b.*:$
    | ^(?:import\ \w | from\ [\w.]+\ import\  | \#include | \#!/ | \# | // | /\* | \*\  | return\b | raise\ \w | assert\ \w | @\w+)
    | ^[\w.\[\]"']+(?::\ [\w.\[\],\ |]+)?\ (?:[-+*/|]?=|:=)\ \S
    | ^(?:self|this|await\ \w+)\. | ^[\w.]+\(.*\)$ | ^[)\]}]+,?$""",
    re.VERBOSE,
)
"""What ends, begins or makes a line of a program, and hardly one of a message."""
CUES, TAGGED, STATEMENTS = (3, 0.2), (10, 0.5), (20, 0.55)
"""How many lines, and which share of all, make a file subtitles, a page or a program. Of programs nine in ten have more such lines; of
prompts that people typed to models, some with whole programs in them, a third were the most."""
FEWEST = 3
"""Lines of a JSON value that could each be a message."""


def refuse(lines: Sequence[str], path: Path) -> None:
    """Raise DataError when the lines of a file, without those that are empty, are no messages."""
    suffix = suffix_of(path)
    if kind := "source code" if suffix in CODE else "settings" if suffix in SETTINGS else "":
        hint = f"{NAME_A_FILE}; if it holds messages, name it .txt"
        raise DataError(f"{path}: its name is one of {kind}, which nobody typed as a message", hint)
    if not lines:
        return
    if lines[0].startswith(("WEBVTT", "[Script Info]")) or _are(CUE, lines, *CUES):
        raise DataError(f"{path}: subtitles, which nobody typed as messages", NAME_A_FILE)
    if PAGE.match(lines[0]) or _are(TAG, lines, *TAGGED):
        hint = "of a chat's export, take the one in JSON (Telegram: machine-readable JSON; DiscordChatExporter: JSON); else copy its text"
        raise DataError(f"{path}: a page of HTML or XML, not messages", hint)
    if _is_json(lines):
        raise DataError(f"{path}: one JSON value, not a message a line", "name the file .json if it is a list of records")
    if _are(STATEMENT, lines, *STATEMENTS):
        raise DataError(f"{path}: most lines are those of a program, which nobody typed as messages", NAME_A_FILE)


def _are(pattern: re.Pattern[str], lines: Sequence[str], fewest: int, share: float) -> bool:
    """Whether a pattern is found in so many of the lines."""
    return len(lines) >= fewest and sum(bool(pattern.search(line)) for line in lines) >= max(fewest, share * len(lines))


def _is_json(lines: Sequence[str]) -> bool:
    """Whether several lines are one object or list."""
    if len(lines) < FEWEST or lines[0][0] not in "{[" or lines[-1][-1] not in "}]":
        return False
    try:
        return isinstance(json.loads("\n".join(lines)), dict | list)
    except (ValueError, RecursionError):
        return False
