"""How long a command keeps you waiting: `python tests/bench/start.py [RECIPE]`.

Prints, as the median of five runs, seconds of CPU for `--version`, `--help` and `check`, and seconds until `preview`, each time in an empty
folder, shows its first row and its last; each beside what it should take at most, and beside the import of torch alone.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
LIMITS = {"--version": 0.15, "--help": 0.15, "check": 1.0, "first row": 6.0}
RECIPE = Path(__file__).parents[2] / "recipes" / "bank-support" / "recipe.yaml"


def cpu(*arguments: str) -> float:
    """Seconds of CPU that a program takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows_shown(recipe: Path) -> tuple[float, float]:
    """Seconds until a preview shows the first of its rows, and until it ends."""
    with tempfile.TemporaryDirectory() as folder:
        began, first = time.perf_counter(), 0.0
        arguments = [sys.executable, "-m", "synthgen", "preview", str(recipe), "-o", f"{folder}/out"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            for _ in running.stdout or ():
                first = first or time.perf_counter() - began
        assert running.returncode == 0
        return first, time.perf_counter() - began


def main() -> None:
    """Measure, with the modules compiled already, as they are after a first command."""
    recipe = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else RECIPE
    os.environ["COLUMNS"] = "100"
    program = [sys.executable, "-m", "synthgen"]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as compiled:
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        cpu(*program, "check", str(recipe))
        rows_shown(recipe)
        _measure(program, recipe)


def _measure(program: list[str], recipe: Path) -> None:
    told = {
        "import torch": [cpu(sys.executable, "-c", "import torch") for _ in range(RUNS)],
        "--version": [cpu(*program, "--version") for _ in range(RUNS)],
        "--help": [cpu(*program, "--help") for _ in range(RUNS)],
        "check": [cpu(*program, "check", str(recipe)) for _ in range(RUNS)],
    }
    shown = [rows_shown(recipe) for _ in range(RUNS)]
    told |= {"first row": [first for first, _ in shown], "five rows": [last for _, last in shown]}
    torch = statistics.median(told["import torch"])
    for name, runs in told.items():
        median = statistics.median(runs)
        limit = f", at most {LIMITS[name]:.2f}" if name in LIMITS else ""
        print(f"{name:>12}: {median:5.2f} s ({min(runs):.2f} to {max(runs):.2f}){limit}; {median / torch:.2f} of torch's import")


if __name__ == "__main__":
    main()
