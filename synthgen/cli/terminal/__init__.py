"""What people see: progress, tables, rows."""

from synthgen.cli.terminal.differing import differed
from synthgen.cli.terminal.making import made, previewed
from synthgen.cli.terminal.models import examined, tuned
from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.reading import looked, reported, shot, verified
from synthgen.cli.terminal.realism import compared, measured
from synthgen.cli.terminal.recipes import asking, checked, criticised, improved
from synthgen.cli.terminal.sending import exported, pushed, sliced
from synthgen.cli.terminal.watching import progress, tuning
from synthgen.cli.terminal.why import explained

__all__ = [
    "asking",
    "checked",
    "compared",
    "criticised",
    "differed",
    "err",
    "examined",
    "explained",
    "exported",
    "improved",
    "looked",
    "made",
    "measured",
    "out",
    "previewed",
    "progress",
    "pushed",
    "reported",
    "safe",
    "shot",
    "sliced",
    "tuned",
    "tuning",
    "verified",
]
