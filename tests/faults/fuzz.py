"""Coverage-guided fuzzing of one target, for as long as it is let: `pip install atheris`, then
`python tests/faults/fuzz.py recipe [-max_total_time=600 -rss_limit_mb=1000 -timeout=5]`.

What it finds is written beside where it runs (crash-…); put it into corpus/ as TARGET-NAME, where the tests feed it again."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["synthgen", "jinja2", "ruamel"]):
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from faults.targets import TARGETS, right, seeds


def main() -> None:
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as folder:
        right(Path(folder))
        for number, data in enumerate(seeds(name, Path(folder))):
            Path(corpus, str(number)).write_bytes(data)
        atheris.Setup([sys.argv[0], *sys.argv[2:], corpus], TARGETS[name])
        atheris.Fuzz()


main()
