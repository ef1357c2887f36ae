"""How long a reviewer of a large output waits. `python tests/bench/review.py [ROWS] [OUTPUT]`

Wanted, of 100,000 rows: the first page within a second after the server is up, and a decision, with the next row, within 50 ms.
Then the same where 100,000 decisions lie beside the output already.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from statistics import median
from urllib.parse import urlencode, urlsplit

from report import MESSAGES, WORDS, recipe

import synthgen
from synthgen.dataset import Dataset, Output
from synthgen.decisions import Decision, seen
from synthgen.decisions.known import Reviewable

QUEUES = ["queue=open", "queue=sample", "queue=odd", "queue=search&q=declined", "queue=label&label=intent&is=intent+3", "queue=second"]
DECISIONS = 200


class Reviewer:
    """Somebody who asks for pages, one after the other, over one connection."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection, self.base, self.host = HTTPConnection(parts.netloc), parts.path, parts.netloc

    def get(self, path: str) -> tuple[str, str]:
        """The page at a path, and where it is, after all that leads on."""
        self.connection.request("GET", path)
        return self._answer(path)

    def decide(self, path: str, page: str) -> tuple[str, str]:
        """Accept the row that a page shows: the next page, and where it is."""
        since = re.search(r'name="since" value="([^"]*)"', page)
        form = urlencode({"decision": "accept", "since": since[1] if since else "", "seconds": "1"})
        headers = {"Origin": f"http://{self.host}", "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, form, headers)
        return self._answer(path)

    def _answer(self, path: str) -> tuple[str, str]:
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status == 303:
            return self.get(answer.headers["location"])
        assert answer.status == 200, text
        return text, path


@contextmanager
def reviewed(output: Path) -> Iterator[tuple[str, int]]:
    """The address of the page, as the command prints it, and the number of its process."""
    command = [sys.executable, "-m", "synthgen", "review", str(output), "--no-browser", "--by", "bench"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        print(f"the server is up after {time.perf_counter() - began:.1f} s")
        try:
            yield address, process.pid
        finally:
            process.kill()


def spent(pid: int) -> float:
    """Milliseconds of processor time that a process has taken, which other programs do not lengthen; 0 where the system does not tell."""
    file = Path(f"/proc/{pid}/stat")
    if not file.exists():
        return 0.0
    user, system = file.read_text().rpartition(")")[2].split()[11:13]
    return 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(output: Path) -> None:
    """Time the first pages, and decisions in each queue."""
    with reviewed(output) as (address, pid):
        one = Reviewer(address)
        for name in ("by/bench/", "by/bench/rows/large?queue=open", "by/bench/why/large-50000"):
            began = time.perf_counter()
            one.get(f"{one.base}{name}")
            print(f"  {name}: {1000 * (time.perf_counter() - began):.0f} ms")
        for queue in QUEUES:
            began = time.perf_counter()
            page, path = one.get(f"{one.base}by/bench/rows/large?{queue}")
            first, before, times = time.perf_counter() - began, spent(pid), list[float]()
            while "/rows/" in path and len(times) < DECISIONS:
                began = time.perf_counter()
                page, path = one.decide(path, page)
                times.append(1000 * (time.perf_counter() - began))
            told = f"median {median(times):.0f} ms, slowest {max(times):.0f} ms of {len(times)}" if times else "nothing left"
            own = f"; {(spent(pid) - before) / max(1, len(times)):.0f} ms of them the server's processor time" if spent(pid) else ""
            print(f"  {queue}: opened in {1000 * first:.0f} ms; a decision {told}{own}")


def decide_all(output: Path) -> None:
    """Write a decision on every row, as if somebody had reviewed all of it before it was made again."""
    dataset = Dataset.open(output)
    known, stream = Reviewable(dataset), Random(1)
    with Output(output).review.open("wb") as file:
        for row in dataset.rows("large"):
            number = row["provenance"]["row"]
            kind = stream.choices(["accept", "unsure", "reject"], [90, 5, 5])[0]
            read = seen(row, known.fields("large"))
            made = Decision("ana", "large", f"large-{number}", kind, reason="no" if kind == "reject" else "", seen=read)
            file.write(replace(made, id=f"{number:x}", at="2026-01-01T00:00:00.000Z").line())


def make(folder: Path, rows: int) -> Path:
    """An output of so many rows."""
    stream = Random(0)
    lines = [json.dumps({"text": " ".join(stream.choices(WORDS, k=stream.randint(2, 24)))}) for _ in range(MESSAGES)]
    (folder / "messages.jsonl").write_text("\n".join(lines))
    written = recipe(rows)
    written["tables"]["large"] = written["tables"].pop("traffic")
    (folder / "recipe.yaml").write_text(json.dumps(written))
    return synthgen.make(folder / "recipe.yaml", out=folder / "out").folder


def main(rows: int, output: str) -> None:
    """Measure a new output, or one that is there (as `make` above makes it)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(output) if output else make(Path(place), rows)
        Output(folder).review.unlink(missing_ok=True)
        measure(folder)
        decide_all(folder)
        print(f"with {rows:,} decisions of an earlier version")
        measure(folder)
        Output(folder).review.unlink()


if __name__ == "__main__":
    words = sys.argv[1:]
    main(next((int(word) for word in words if word.isdigit()), 100_000), next((word for word in words if not word.isdigit()), ""))
