"""How long `preview --watch` takes from a save to the first row that is typed anew, and to the last: `python tests/bench/watch.py [TURNS]`.

Edits a copy of the recipe bank-support as somebody would who writes one, with the model loaded: another seed message, another name for a
label, another shop, another sentence about where people type. Prints medians and the longest, in seconds."""

from __future__ import annotations

import inspect
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from synthgen import api
from synthgen.making.watched import KeptModels, WatchedFiles

RECIPE = Path(__file__).parents[2] / "recipes" / "bank-support"
SHOWN = 5
READING = 5  # seconds between the first rows and the first save
FILES = "card-declined", "cannot-log-in", "unknown-charge", "lost-card", "refund-missing"
LABELS = "card declined", "cannot log in", "unknown charge", "lost card", "refund missing"
SHOPS = "Brightwell", "Tillow", "Fernway", "Ashbys", "Greenlow"
PLACES = "website", "tablet app", "watch app", "branch app", "car"
EDITS = {
    "a seed": [(f"seeds/{name}.txt", "", "it happend again today, can you look at <merchant> pls\n") for name in FILES],
    "a label": [("recipe.yaml", name, f"{name} again") for name in LABELS],
    "a place": [("recipe.yaml", name, f"{name} {number}") for number, name in enumerate(SHOPS)],
    "about": [("recipe.yaml", "phone app.", f"{name}.") for name in PLACES],
}
"""By what is edited: file, the words that are replaced (none: a line is added), and the new ones."""


def preview(folder: Path, models: KeptModels, files: WatchedFiles, before: dict[str, str]) -> tuple[list[float], dict[str, str], float]:
    """The moments at which rows came whose message is another than `before`, all messages, and the moment of the end."""
    loaded, moments, messages = api.load_recipe(files.recipe), list[float](), dict[str, str]()
    files.follow(loaded)

    def each(row: api.LookedRow) -> None:
        messages[row.id] = row.values["message"]
        if before.get(row.id) != messages[row.id]:
            moments.append(time.perf_counter())

    quick = {"quick": True} if "quick" in inspect.signature(api.preview).parameters else {}
    for _ in api.preview(loaded, show=SHOWN, out=folder / "out", models=models.of(loaded), each=each, **quick):
        pass
    return moments, messages, time.perf_counter()


def main() -> None:
    """Measure."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bank"
        shutil.copytree(RECIPE, folder)
        models, files = KeptModels(), WatchedFiles(folder / "recipe.yaml")
        _, usual, _ = preview(folder, models, files, {})
        models.settle()
        time.sleep(READING)
        for name, edits in EDITS.items():
            first, last = list[float](), list[float]()
            for file, old, new in edits[:turns]:
                path = folder / file
                text = path.read_text("utf-8")
                saved = time.perf_counter()
                path.write_text(text.replace(old, new) if old else text + new, "utf-8")
                files.wait()
                moments, _, end = preview(folder, models, files, usual)
                if moments:
                    first.append(moments[0] - saved)
                last.append(end - saved)
                path.write_text(text, "utf-8")
                files.wait()
            told = f"first {statistics.median(first):.2f}, at most {max(first):.2f}" if first else "no row typed anew"
            print(f"{name}: {told}; last {statistics.median(last):.2f}, at most {max(last):.2f}", flush=True)


if __name__ == "__main__":
    main()
