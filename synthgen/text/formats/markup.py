"""Text out of the little HTML that help desks wrap messages in."""

from __future__ import annotations

import html
import re

BREAKS = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>")
TAGS = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>")
OPENS = re.compile(r"(?i)\s*<(?:p|div|span|br|ul|ol|h[1-6]|a|b|i|html|table|img)\b[^<>]*>")


def without_html(text: str) -> str:
    """The text without tags and with its characters instead of entities, if it begins as HTML does; else as it is."""
    return html.unescape(TAGS.sub("", BREAKS.sub("\n", text))) if OPENS.match(text) else text
