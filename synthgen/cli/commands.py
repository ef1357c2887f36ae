"""How the program lists its commands, and what it says of options that there are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from synthgen.errors import nearest

MEANT = {
    "--rows": ("limit", "count", "number", "num", "head", "max", "top", "size", "samples", "n-rows", "first"),
    "--out": ("output", "output-dir", "outdir", "dir", "dest", "destination", "folder", "to-dir"),
    "--where": ("filter", "only", "match", "if"),
    "--search": ("grep", "find", "query", "contains", "text"),
    "--sort": ("order", "order-by", "sort-by"),
    "--skip": ("offset", "start", "from", "page"),
    "--field": ("column", "columns", "col", "select", "key"),
    "--fresh": ("force", "overwrite", "restart", "clean", "no-cache"),
    "--max-cost": ("budget", "cost", "max-budget", "price"),
    "--workers": ("threads", "jobs", "parallel", "processes", "concurrency"),
    "--set": ("param", "override", "config", "var"),
    "--all": ("verbose", "full", "details", "long"),
    "--quiet": ("silent",),
    "--yes": ("assume-yes", "no-confirm"),
}
"""Options by what other programs call them."""
ALSO = {"--rows": ("--show", "-k")}
"""What an option is called in commands that have it under another name."""
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What the parser raises; which package it is of, differs between versions of typer."""


class SuggestingCommand(TyperCommand):
    """A command that names the option that was meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line."""
        try:
            return super().parse_args(ctx, args)
        except USAGE_ERROR as error:
            name = getattr(error, "option_name", "")
            if not isinstance(name, str) or not name.startswith("-") or type(error).__name__ != "NoSuchOption":
                raise
            known = [option for parameter in self.params for option in parameter.opts if option.startswith("--")]
            meant = _meant(name, known)
            shown = "".join(letter for letter in name if letter.isprintable())
            raise USAGE_ERROR(f"No such option '{shown}'." + (f" Did you mean '{meant}'?" if meant else ""), ctx) from None


def _meant(name: str, known: list[str]) -> str | None:
    """The option that was most likely meant, by its letters or by its meaning."""
    word = name.lstrip("-").casefold().replace("_", "-")
    for option, others in MEANT.items():
        if word in others:
            return next((possible for possible in (option, *ALSO.get(option, ())) if possible in known), None)
    begun = [option for option in known if option.startswith(f"--{word}")]
    return begun[0] if len(begun) == 1 else nearest(f"--{word}", known)


class SectionedGroup(TyperGroup):
    """The program, whose help has its commands under headings."""

    sections: Mapping[str, Mapping[str, Any]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        longest = max(map(len, self.commands))
        for heading, names in self._all_sections():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{longest}}", self.commands[name].get_short_help_str(200)) for name in names])

    def _all_sections(self) -> Iterator[tuple[str, list[str]]]:
        listed = {name for names in self.sections.values() for name in names}
        others = [name for name in self.commands if name not in listed]
        *first, (heading, names) = self.sections.items()
        yield from ((heading, list(names)) for heading, names in first)
        yield heading, [*names, *others]
