"""From a harness's results to a recipe that makes more of what failed."""

from synthgen.focusing.focus import Focused, focus, summary

__all__ = ["Focused", "focus", "summary"]
