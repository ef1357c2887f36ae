"""Speed and memory of facts: `python tests/bench/facts.py [ROWS ...]`.

Prints rows a second against a bare loop over the same Faker calls (ratios of alternating runs, and their median), then the peak memory
of whole runs of 100,000 and 1,000,000 rows (or of the ROWS given).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """
name: facts
seed: 1
tables:
  people:
    rows: {rows}
    fields:
      name: {{kind: fake, provider: name, locale: en_GB}}
      company: {{kind: fake, provider: company, locale: en_GB}}
      plan: {{kind: choice, options: {{free: 5, team: 2, pro: 1}}}}
      seats: {{kind: number, between: [1, 400]}}
      since: {{kind: date, between: [-900d, today]}}
      line: {{kind: template, template: "{{{{ name }}}} of {{{{ company }}}}"}}
"""
COUNT = 20_000


def bare(count: int) -> float:
    """Seconds of a loop over the same calls, its rows thrown away."""
    import datetime
    import random

    from faker import Faker

    fake, now = Faker("en_GB"), datetime.date(2026, 11, 1)
    fake.seed_instance(1)
    began = time.perf_counter()
    for _ in range(count):
        name, company = fake.name(), fake.company()
        random.choices(["free", "team", "pro"], [5, 2, 1])
        random.randint(1, 400)
        now - datetime.timedelta(days=random.randint(0, 900))
        f"{name} of {company}"
    return time.perf_counter() - began


def whole(rows: int) -> tuple[float, float]:
    """Seconds and peak MB of a whole `make`, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder, "facts.yaml")
        recipe.write_text(RECIPE.format(rows=rows))
        code = f"""
import resource, time
from synthgen.api import make
began = time.perf_counter()
make({str(recipe)!r}, out={str(Path(folder, "out"))!r})
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
        seconds, peak = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(peak)


def main() -> None:
    """Print the figures."""
    ratios = []
    for _ in range(3):
        loop, run = bare(COUNT), whole(COUNT)[0]
        ratios.append(loop / run)
        print(
            f"{COUNT:,} rows: bare loop {COUNT / loop:,.0f} a second; make, with Parquet, card and manifest, {COUNT / run:,.0f}; ratio "
            f"{loop / run:.2f}"
        )
    print(f"median ratio {statistics.median(ratios):.2f}")
    for rows in [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]:
        seconds, peak = whole(rows)
        print(f"{rows:,} rows: {rows / seconds:,.0f} a second, peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
