"""What people see: progress, tables, rows."""

from synthgen.terminal.making import made, previewed
from synthgen.terminal.models import examined, tuned
from synthgen.terminal.page import err, out, safe
from synthgen.terminal.reading import looked, shot
from synthgen.terminal.realism import compared, measured
from synthgen.terminal.recipes import asking, checked, criticised, improved
from synthgen.terminal.sending import exported, pushed, sliced
from synthgen.terminal.watching import progress, tuning

__all__ = [
    "asking",
    "checked",
    "compared",
    "criticised",
    "err",
    "examined",
    "exported",
    "improved",
    "looked",
    "made",
    "measured",
    "out",
    "previewed",
    "progress",
    "pushed",
    "safe",
    "shot",
    "sliced",
    "tuned",
    "tuning",
]
