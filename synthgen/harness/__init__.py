"""Eval harnesses: for each a file that writes what its users run. None of them is imported."""

from synthgen.harness.export import HARNESSES, Exported, as_dict, export

__all__ = ["HARNESSES", "Exported", "as_dict", "export"]
