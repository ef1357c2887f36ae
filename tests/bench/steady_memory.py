"""What memory that stays with the process, and huge pages, are worth: `python tests/bench/steady_memory.py [ROUNDS]`.

The embedded model writes full batches by one thread, in a process each: as it is, with what is given back kept, and with huge pages, too.
Printed are the medians over the rounds: milliseconds a step, pages that were faulted in at each, and seconds that huge pages took to make.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

STEPS = 20
WAYS = "as it is", "kept", "kept, huge pages"


def measure(way: str) -> tuple[float, float, float]:
    """Milliseconds and faults of a step, and the seconds that huge pages took."""
    import torch

    from synthgen.models import BaseModel, steady_memory
    from synthgen.models.base import WIDTH, choose
    from synthgen.models.batch import Batch, Job

    torch.set_num_threads(1)
    if way != WAYS[0]:
        steady_memory.keep_freed()
    model = BaseModel("scribbler", device="cpu")
    ids = tuple(model._ids("".join(f"- where is my parcel, the order number is {number}\n" for number in range(14))))
    decoder = model._llama
    assert decoder is not None

    def steps(count: int) -> float:
        batch = Batch(decoder, WIDTH, 60)
        begun = time.perf_counter()
        with torch.inference_mode():
            jobs = [Job(number, ids, [0.5] * count, 1.0) for number in range(WIDTH)]
            assert sum(1 for _ in batch.write(iter(jobs), lambda token: False, choose)) == WIDTH
        return time.perf_counter() - begun

    steps(3)
    begun = time.perf_counter()
    if way == WAYS[2]:
        steady_memory.use_huge_pages()
    making = time.perf_counter() - begun
    few = steps(2)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    many = steps(STEPS + 2)
    return 1000 * (many - few) / STEPS, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / STEPS, making


def main() -> None:
    """Print a line for each way."""
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        print(*measure(sys.argv[1]))
        return
    figures: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        for way, measured in figures.items():
            told = subprocess.run([sys.executable, __file__, way], check=True, capture_output=True, text=True).stdout
            measured.append(tuple(map(float, told.split())))
    usual = statistics.median(step for step, *_ in figures[WAYS[0]])
    for way, measured in figures.items():
        step, faults, making = map(statistics.median, zip(*measured, strict=True))
        made = f", made in {making:.1f} s" if making > 0.01 else ""
        print(f"{way:20}{step:8.0f} ms a step ({usual / step:.2f} times as fast), {faults:.0f} pages faulted in{made}")


if __name__ == "__main__":
    main()
