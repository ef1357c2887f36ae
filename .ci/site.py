"""What mkdocs cannot say in its configuration: the list of pages, links to files that are not on the site, and the pages as Markdown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

PAGE = re.compile(r"^\* \[(.+?)\]\((\S+?)\): ", re.MULTILINE)


def on_config(config: Any) -> Any:
    """The sections and pages of the first page, in its order."""
    _, *sections = Path(config.docs_dir, "README.md").read_text(encoding="utf-8").split("\n## ")
    pages = [{section.partition("\n")[0]: [{title: file} for title, file in PAGE.findall(section)]} for section in sections]
    config.nav = [{"Overview": "README.md"}, *pages]
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Files of the project that are no documents are named in place of a link."""
    return re.sub(r"\[([^\]]+)\]\(\.\./([^)#]+)[^)]*\)", r"\1 (`\2`)", markdown)


def on_post_build(config: Any) -> None:
    """The pages as Markdown, which llms.txt links to."""
    for page in Path(config.docs_dir).glob("*.md"):
        shutil.copy(page, config.site_dir)
