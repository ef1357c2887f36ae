"""The documents as pages: a list of them that leaves none out, the same for language models, and a site that builds without a warning."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from llms_txt import PAGE as LLMS
from llms_txt import rendered

TOP = LLMS.parents[1]
INDEX = (TOP / "docs" / "README.md").read_text(encoding="utf-8")
PAGES = sorted(path.name for path in (TOP / "docs").glob("*.md") if path.name != "README.md")
built = pytest.mark.skipif(
    importlib.util.find_spec("material") is None and not os.environ.get("CI"),
    reason="mkdocs-material is not installed; pip install -e '.[dev]' does",
)


def test_the_first_page_lists_every_other_once_and_says_what_is_on_it() -> None:
    listed = re.findall(r"^\* \[[^\]]+\]\((\S+)\): \S", INDEX, re.MULTILINE)
    assert sorted(listed) == PAGES
    assert INDEX.count("\n* ") == len(listed)


def test_the_list_for_language_models_is_what_the_first_page_says() -> None:
    text = LLMS.read_text(encoding="utf-8")
    assert text == rendered(), "python tests/llms_txt.py"
    assert re.match(r"# \S+\n\n> \S.*\n\n", text)
    assert sorted(re.findall(r"^- \[[^\]]+\]\((\S+)\): \S", text, re.MULTILINE)) == PAGES


@built
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", TOP / ".ci" / "mkdocs.yml", "-d", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, timeout=240)
    assert done.returncode == 0, done.stderr
    assert [page for page in PAGES if not (tmp_path / page).exists() or not (tmp_path / page).with_suffix(".html").exists()] == []
    assert (tmp_path / "llms.txt").read_bytes() == LLMS.read_bytes()
    for page in tmp_path.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<(?:link|script|img)[^>]+(?:href|src)=\"?https?:", text)
        assert "../" not in "".join(re.findall(r"href=\"?([^\" >]+)", text)), "a link leads out of the site"
