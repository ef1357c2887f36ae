"""Speed and memory of facts: `python tests/bench/facts.py [ROWS ...]`.

Prints, side by side in one run, the rows a second of a bare loop over Faker's calls, of synthgen with one process and with two, and of
others that make facts, each with its files written where it writes any; then the same against Data Designer with samplers and an expression
column, and with a Faker person. Each in a process of its own, from its first call to the last file; imports come before. The order goes
round, and figures are medians of the rounds. Last come time and peak memory of whole runs of ROWS rows, where some are given.

The others are run by the interpreter that `PEERS` names, in whose environment they are installed:
`python -m venv peers && peers/bin/pip install data-designer snowfakery mimesis`. One that is not there, or fails, is said so and left out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 3
SIX, SAMPLED, PERSON = 100_000, 20_000, 10_000
"""Rows of each comparison; Snowfakery, which is slower, makes a tenth of the first."""

HEAD = """
name: facts
seed: 1
tables:
  people:
    rows: {rows}
    fields:
"""
RECIPE = """\
      name: {{kind: fake, provider: name, locale: en_GB}}
      company: {{kind: fake, provider: company, locale: en_GB}}
      plan: {{kind: choice, options: {{free: 5, team: 2, pro: 1}}}}
      seats: {{kind: number, between: [1, 400]}}
      since: {{kind: date, between: [-900d, today]}}
      line: {{kind: template, template: "{{{{ name }}}} of {{{{ company }}}}"}}
"""
SAMPLERS = """\
      plan: {{kind: choice, options: {{free: 5, team: 2, pro: 1}}}}
      seats: {{kind: number, between: [1, 400]}}
      since: {{kind: date, between: ["2024-05-15", "2026-11-01"]}}
      line: {{kind: template, template: "{{{{ plan }}}} with {{{{ seats }}}}"}}
"""
WITH_PERSON = """\
      person: {{kind: fake, provider: simple_profile, locale: en_GB}}
      line: {{kind: template, template: "{{{{ person.name }}}}, {{{{ person.mail }}}}"}}
"""
BARE = """
import datetime, random
from faker import Faker
fake, now = Faker("en_GB"), datetime.date(2026, 11, 1)
fake.seed_instance(1)
began = time.perf_counter()
for _ in range({rows}):
    name, company = fake.name(), fake.company()
    random.choices(["free", "team", "pro"], [5, 2, 1])
    random.randint(1, 400)
    now - datetime.timedelta(days=random.randint(0, 900))
    f"{{name}} of {{company}}"
"""
MAKE = """
import datasets, faker
from synthgen.api import make
recipe = pathlib.Path("facts.yaml")
recipe.write_text('''{recipe}''')
began = time.perf_counter()
make(recipe, out="out", workers={workers})
"""
MIMESIS = """
import csv, datetime
from mimesis import Generic
from mimesis.locales import Locale
made = Generic(locale=Locale.EN_GB, seed=1)
began = time.perf_counter()
with open("out.csv", "w") as file:
    rows = csv.writer(file)
    for _ in range({rows}):
        name, company = made.person.full_name(), made.finance.company()
        plan = made.random.choices(["free", "team", "pro"], [5, 2, 1])[0]
        seats = made.random.randint(1, 400)
        since = datetime.date(2026, 11, 1) - datetime.timedelta(days=made.random.randint(0, 900))
        rows.writerow([name, company, plan, seats, since, f"{{name}} of {{company}}"])
"""
SNOWFAKERY = """
import io
from snowfakery import generate_data
recipe = '''
- snowfakery_version: 3
- var: snowfakery_locale
  value: en_GB
- object: people
  fields:
    name: {{fake: Name}}
    company: {{fake: Company}}
    plan:
      random_choice: {{free: 5, team: 2, pro: 1}}
    seats:
      random_number: {{min: 1, max: 400}}
    since:
      date_between: {{start_date: -900d, end_date: today}}
    line: ${{{{name}}}} of ${{{{company}}}}
'''
began = time.perf_counter()
generate_data(io.StringIO(recipe), target_number=({rows}, "people"), output_format="json", output_file="out.json")
"""
DATA_DESIGNER = """
import data_designer.config as dd
from data_designer.interface import DataDesigner
nobody = dd.ModelProvider(name="nobody", endpoint="http://127.0.0.1:9/v1", provider_type="openai")
builder = dd.DataDesignerConfigBuilder(model_configs=[])
for name, kind, params, more in [{columns}]:
    builder.add_column(dd.SamplerColumnConfig(name=name, sampler_type=kind, params=params, **more))
builder.add_column(dd.ExpressionColumnConfig(name="line", expr="{expression}"))
designer = DataDesigner(artifact_path="out", model_providers=[nobody])
began = time.perf_counter()
designer.create(builder, num_records={rows}, dataset_name="facts")
"""
COLUMNS = """
("plan", "category", dd.CategorySamplerParams(values=["free", "team", "pro"], weights=[5, 2, 1]), {}),
("seats", "uniform", dd.UniformSamplerParams(low=1, high=400), {"convert_to": "int"}),
("since", "datetime", dd.DatetimeSamplerParams(start="2024-05-15", end="2026-11-01"), {}),
"""
PERSON_COLUMNS = """("person", "person_from_faker", dd.PersonFromFakerSamplerParams(locale="en_GB"), {})"""
PEERS = os.environ.get("PEERS", sys.executable)


@dataclass(frozen=True)
class Contender:
    """Somebody who makes so many rows: a script that sets `began`, and the interpreter that runs it."""

    name: str
    rows: int
    script: str
    python: str = PEERS


def synthgen(name: str, recipe: str, rows: int, workers: int = 1) -> Contender:
    """synthgen, with so many processes."""
    return Contender(name, rows, MAKE.format(recipe=(HEAD + recipe).format(rows=rows), workers=workers), sys.executable)


def designer(columns: str, expression: str, rows: int) -> Contender:
    """Data Designer, which makes such columns without a model."""
    return Contender("Data Designer", rows, DATA_DESIGNER.format(columns=columns, expression=expression, rows=rows))


def both(recipe: str, rows: int) -> list[Contender]:
    """synthgen with one process and with two."""
    return [synthgen("synthgen, 1 process", recipe, rows), synthgen("synthgen, 2 processes", recipe, rows, 2)]


COMPARISONS = {
    "six facts, two of them Faker's": [
        Contender("bare Faker loop, nothing written", SIX, BARE.format(rows=SIX), sys.executable),
        *both(RECIPE, SIX),
        Contender("Snowfakery, JSON", SIX // 10, SNOWFAKERY.format(rows=SIX // 10)),
        Contender("a loop over Mimesis, CSV", SIX, MIMESIS.format(rows=SIX)),
    ],
    "three samplers and an expression": [designer(COLUMNS, "{{ plan }} with {{ seats }}", SAMPLED), *both(SAMPLERS, SAMPLED)],
    "a Faker person and an expression": [
        designer(PERSON_COLUMNS, "{{ person.first_name }} {{ person.last_name }}", PERSON),
        *both(WITH_PERSON, PERSON),
    ],
}


def seconds(contender: Contender) -> tuple[float, float]:
    """Seconds of one run, and its peak memory in MB. Raises subprocess.CalledProcessError."""
    peak = "__import__('resource').getrusage(0).ru_maxrss / 1024" if os.name == "posix" else "0"
    code = f"import pathlib, time\n{contender.script}\nprint('\\ntook', time.perf_counter() - began, {peak})"
    with tempfile.TemporaryDirectory() as folder:
        paths = os.pathsep.join(str(Path(path).resolve()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)
        own = {"PYTHONPATH": paths} if contender.python == sys.executable else {"PYTHONPATH": "", "NEMO_TELEMETRY_ENABLED": "false"}
        run = subprocess.run(
            [contender.python, "-c", code], check=True, capture_output=True, text=True, cwd=folder, env=os.environ | {"HOME": folder} | own
        )
    took, peak_memory = run.stdout.rpartition("took")[2].split()
    return float(took), float(peak_memory)


def compare(title: str, contenders: list[Contender]) -> None:
    """Print how the contenders compare with the first."""
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    failed: dict[str, str] = {}
    for turn in range(ROUNDS):
        for contender in [*contenders[turn % len(contenders) :], *contenders[: turn % len(contenders)]]:
            if contender.name not in failed:
                try:
                    rates[contender.name].append(contender.rows / seconds(contender)[0])
                except subprocess.CalledProcessError as error:
                    failed[contender.name] = (error.stderr.strip().splitlines() or ["no word"])[-1]
    print(f"\n{title}")
    first = rates[contenders[0].name]
    for contender in contenders:
        if contender.name in failed:
            print(f"  {contender.name:34} left out: {failed[contender.name][:90]}")
            continue
        ratios = [one / other for one, other in zip(rates[contender.name], first, strict=False)]
        against = f"{statistics.median(ratios):6.2f} times the first ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
        rate = statistics.median(rates[contender.name])
        print(f"  {contender.name:34}{contender.rows:8,} rows{rate:10,.0f} a second {against}", flush=True)


def main() -> None:
    """Print the figures."""
    for title, contenders in COMPARISONS.items():
        compare(title, contenders)
    for rows in map(int, sys.argv[1:]):
        for workers in (1, 2):
            took, peak = seconds(synthgen("", RECIPE, rows, workers))
            print(f"\n{rows:,} rows, {workers} processes: {rows / took:,.0f} a second, peak memory of the first {peak:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
