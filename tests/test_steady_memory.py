"""Memory that stays with the process, and huge pages: what is written is the same with both, and neither is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from synthgen.models import BaseModel, steady_memory
from synthgen.spec.rows import Prompt

PROMPTS = [Prompt("- where is it\n- where is my parcel\n-", number, {"tokens": 8}) for number in range(6)]


def written(model: BaseModel) -> list[str]:
    return sorted(completion.text for completion in model.complete(PROMPTS))


def test_what_is_written_is_the_same(tiny_packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = written(BaseModel(str(tiny_packed), device="cpu"))
    calls = list[str]()
    monkeypatch.setattr("synthgen.models.base.MANY", 3)
    monkeypatch.setattr(steady_memory, "use_huge_pages", lambda make=steady_memory.use_huge_pages: calls.append("made") or make())
    model = BaseModel(str(tiny_packed), device="cpu")
    assert written(model) == usual
    assert written(model) == usual
    assert calls == ["made"]  # once, while the others were being written


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_only_memory_in_use_is_put_into_huge_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = list[tuple[int, int, int]]()

    class Library:
        @staticmethod
        def madvise(place, size, advice) -> None:
            asked.append((place.value, size.value, advice))

    smaps = tmp_path / "smaps"
    region = "{:x}-{:x} {} 00000000 00:00 0 {}\nSize: 1 kB\nKernelPageSize: 4 kB\nRss: {} kB\nPss: 1 kB\n"
    full, sparse, small, read_only, heap = 1 << 30, 2 << 30, 3 << 30, 4 << 30, 5 << 30
    smaps.write_text(
        region.format(full + 4096, full + (8 << 20), "rw-p", "", 8 << 10)
        + region.format(sparse, sparse + (8 << 20), "rw-p", "", 100)
        + region.format(small, small + (1 << 20), "rw-p", "", 1 << 10)
        + region.format(read_only, read_only + (8 << 20), "r--p", "", 8 << 10)
        + region.format(heap, heap + (4 << 20), "rw-p", "                      [heap]", 4 << 10)
    )
    monkeypatch.setattr(steady_memory, "_library", Library)
    monkeypatch.setattr(steady_memory, "Path", lambda path: smaps)
    steady_memory.use_huge_pages()
    assert asked == [
        (full + (2 << 20), 6 << 20, steady_memory.MADV_HUGEPAGE),
        (full + (2 << 20), 6 << 20, steady_memory.MADV_COLLAPSE),
        (heap, 4 << 20, steady_memory.MADV_HUGEPAGE),
        (heap, 4 << 20, steady_memory.MADV_COLLAPSE),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_the_memory_of_this_process_is_found() -> None:
    assert steady_memory.REGION.search(Path("/proc/self/smaps").read_text())


@pytest.mark.parametrize("library", [None, object()])
def test_without_such_a_library_nothing_happens(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    monkeypatch.setattr(steady_memory, "_library", lambda: library)
    steady_memory.keep_freed.__wrapped__()
    steady_memory.use_huge_pages()
