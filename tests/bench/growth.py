"""How time and memory grow: `python tests/bench/growth.py [CASE ...] [--small]`.

Each case is run at some sizes, each in a process of its own; printed are the seconds and the peak memory, and by what they grew from one
size to the next. Messages come from a model that has them ready, so that what is measured is what synthgen does itself. `--small` leaves
the last size of each case out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WORDS = (
    "order",
    "parcel",
    "refund",
    "card",
    "late",
    "broken",
    "app",
    "login",
    "change",
    "cancel",
    "still",
    "where",
    "when",
    "please",
    "today",
    "account",
)
WRITER = f"""
from synthgen.models import ScriptedModel
def written(prompt, stream):
    topic = prompt.text.rpartition("Topic: ")[2].partition("\\n")[0] if "Topic: " in prompt.text else ""
    words = (stream.choice({WORDS}) for _ in range(stream.randrange(3, 12)))
    return f" {{topic}} {{' '.join(words)}} {{stream.randrange(10**9):x}}\\n"
models = {{"typist": ScriptedModel(written)}}
"""
MAKE = "from synthgen.api import make\nmake('recipe.yaml', out='out'{more})\n"


@dataclass(frozen=True)
class Case:
    """What is done at a size: the `files` that it needs, the programs that come `before`, and the one that is measured. Sizes count
    `things`."""

    things: str
    sizes: Sequence[int]
    files: Callable[[int], Mapping[str, str]]
    measured: str
    before: str = ""


def facts(rows: int, keep: str = "", more: str = "") -> str:
    """A recipe of facts."""
    return f"""
name: growth
seed: 1
tables:
  people:
    rows: {rows}
    fields:
      code: {{kind: id}}
      name: {{kind: fake, provider: name, locale: en_GB}}
      seats: {{kind: number, between: [1, 400]}}
      line: {{kind: template, template: "{{{{ name }}}} has {{{{ seats }}}} seats"}}
{more}{keep}
"""


def typed(rows: int, keys: str, topics: Mapping[str, int] | None = None) -> str:
    """A recipe of messages."""
    topic = f"      topic: {{kind: choice, options: [{', '.join(topics)}]}}\n" if topics else ""
    return f"""
name: growth
about: Customers of an online shop, typing into its chat.
seed: 1
tables:
  traffic:
    rows: {rows}
    fields:
{topic}      message: {{kind: typed, {keys}}}
"""


def messages(count: int, of: str = "") -> str:
    """Messages, a line each."""
    from random import Random

    stream = Random(count)
    return "".join(
        f"{of}{' '.join(stream.choice(WORDS) for _ in range(stream.randrange(3, 12)))} {stream.randrange(10**9):x}\n" for _ in range(count)
    )


def keep(check: str) -> str:
    """A table's check."""
    return f"    keep: [{check}]"


def topics(count: int) -> Mapping[str, str]:
    """A recipe of so many topics with three seeds each, and their files."""
    names = {f"topic{number}": 3 for number in range(count)}
    seeds = {f"seeds/{name}.txt": messages(3, f"{name} ") for name in names}
    listed = ", ".join(f"{name}: seeds/{name}.txt" for name in names)
    return {"recipe.yaml": typed(1_000, f'topic: "{{{{ topic }}}}", seeds: {{{listed}}}', names), **seeds}


def wide(fields: int) -> str:
    """A recipe of 2,000 rows with so many fields."""
    return facts(2_000, more="\n".join(f"      n{number}: {{kind: number, between: [1, 1000]}}" for number in range(fields - 4)) + "\n")


JOURNAL = WRITER + MAKE.format(more=", models=models")
CASES = {
    "facts": Case("rows", (10_000, 100_000, 1_000_000), lambda rows: {"recipe.yaml": facts(rows)}, MAKE.format(more="")),
    "a finished run again": Case(
        "rows", (10_000, 100_000, 1_000_000), lambda rows: {"recipe.yaml": facts(rows)}, MAKE.format(more=""), MAKE.format(more="")
    ),
    "unique": Case(
        "rows", (100_000, 1_000_000), lambda rows: {"recipe.yaml": facts(rows, keep("{kind: unique, field: code}"))}, MAKE.format(more="")
    ),
    "near_duplicate": Case(
        "rows",
        (10_000, 100_000, 1_000_000),
        lambda rows: {
            "recipe.yaml": facts(rows, keep("{kind: near_duplicate, field: text}"), "      text: {kind: fake, provider: sentence}\n")
        },
        MAKE.format(more=""),
    ),
    "messages": Case(
        "rows", (1_000, 10_000, 100_000), lambda rows: {"recipe.yaml": typed(rows, "seeds: seeds.txt"), "seeds.txt": messages(60)}, JOURNAL
    ),
    "messages from the journal": Case(
        "rows",
        (1_000, 10_000, 100_000),
        lambda rows: {"recipe.yaml": typed(rows, "seeds: seeds.txt"), "seeds.txt": messages(60)},
        WRITER + MAKE.format(more=", models=models, recheck=True"),
        JOURNAL,
    ),
    "messages in a voice": Case(
        "rows",
        (1_000, 10_000, 100_000),
        lambda rows: {"recipe.yaml": typed(rows, "seeds: seeds.txt, voice: texter"), "seeds.txt": messages(60)},
        JOURNAL,
    ),
    "logs to be like": Case(
        "messages",
        (1_000, 10_000, 100_000),
        lambda logs: {"recipe.yaml": typed(100, "like: logs.txt"), "logs.txt": messages(logs)},
        JOURNAL,
    ),
    "topics": Case("topics", (20, 200, 2_000), topics, JOURNAL),
    "fields": Case("fields", (20, 200), lambda fields: {"recipe.yaml": wide(fields)}, MAKE.format(more="")),
    "look": Case(
        "rows skipped",
        (3_000, 30_000, 300_000),
        lambda rows: {"recipe.yaml": facts(rows + 10)},
        "import sys\nfrom synthgen.__main__ import main\nsys.argv = ['synthgen', 'look', 'out', '--skip', '{size}']\nmain()\n",
        MAKE.format(more=""),
    ),
    "compare": Case(
        "messages on either side",
        (2_000, 20_000),
        lambda count: {"one.txt": messages(count), "other.txt": messages(count + 1)},
        "import sys\nfrom synthgen.__main__ import main\nsys.argv = ['synthgen', 'compare', 'one.txt', 'other.txt']\nmain()\n",
    ),
}


def run(program: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a Python program. Raises RuntimeError, with what it printed last, where it fails."""
    began = time.perf_counter()
    with (folder / "printed").open("w+") as printed:
        process = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise RuntimeError(printed.read()[-500:])
    return time.perf_counter() - began, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def main() -> None:
    """Print a line for each case and size."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("cases", nargs="*", help=f"of: {', '.join(CASES)} (default: all)")
    asked.add_argument("--small", action="store_true")
    options = asked.parse_args()
    for name in options.cases or CASES:
        case, before = CASES[name], None
        for size in case.sizes[:-1] if options.small else case.sizes:
            with tempfile.TemporaryDirectory() as folder:
                for file, text in case.files(size).items():
                    place = Path(folder, file)
                    place.parent.mkdir(exist_ok=True)
                    place.write_text(text, encoding="utf-8")
                if case.before:
                    run(case.before, Path(folder))
                seconds, peak = run(case.measured.replace("{size}", str(size)), Path(folder))
            grown = f"  ×{seconds / before[0]:.1f} and ×{peak / before[1]:.1f}" if before else ""
            print(f"{name:28}{size:>10,} {case.things:24}{seconds:9.1f} s{peak:8,.0f} MB{grown}", flush=True)
            before = seconds, peak


if __name__ == "__main__":
    main()
