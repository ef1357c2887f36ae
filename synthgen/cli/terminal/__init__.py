"""What people see: progress, tables, rows."""

from synthgen.cli.terminal.differing import print_diff
from synthgen.cli.terminal.focusing import print_focus
from synthgen.cli.terminal.making import print_made
from synthgen.cli.terminal.models import print_doctor, print_tuned
from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.previewing import previewing
from synthgen.cli.terminal.reading import print_fewshot, print_look, print_report, print_standing, print_verify
from synthgen.cli.terminal.realism import print_compare, print_measure, print_reading
from synthgen.cli.terminal.recipes import (
    print_asking,
    print_check,
    print_critique,
    print_documents_cost,
    print_found_topics,
    print_improve,
    print_recipes,
    print_started,
)
from synthgen.cli.terminal.reviewing import print_decided, print_review_end, print_review_page
from synthgen.cli.terminal.sending import print_export, print_push
from synthgen.cli.terminal.serving import print_served, print_server
from synthgen.cli.terminal.slicing import print_slices
from synthgen.cli.terminal.watching import progress, tuning
from synthgen.cli.terminal.why import print_why

__all__ = [
    "err",
    "out",
    "previewing",
    "print_asking",
    "print_check",
    "print_compare",
    "print_critique",
    "print_decided",
    "print_diff",
    "print_doctor",
    "print_documents_cost",
    "print_export",
    "print_fewshot",
    "print_focus",
    "print_found_topics",
    "print_improve",
    "print_look",
    "print_made",
    "print_measure",
    "print_push",
    "print_reading",
    "print_recipes",
    "print_report",
    "print_review_end",
    "print_review_page",
    "print_served",
    "print_server",
    "print_slices",
    "print_standing",
    "print_started",
    "print_tuned",
    "print_verify",
    "print_why",
    "progress",
    "safe",
    "tuning",
]
