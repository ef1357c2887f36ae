"""The page for looking at an output: one file that opens from disk and asks nothing of any network."""

from synthgen.reporting.against import Against, against_logs
from synthgen.reporting.page import render
from synthgen.reporting.write import ReportPath, add_report, write_report

__all__ = ["Against", "ReportPath", "add_report", "against_logs", "render", "write_report"]
