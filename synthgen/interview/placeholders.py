"""Where the variables of a prompt stand: `{{ name }}` of Jinja, Nunjucks and Mustache, `{name}` of Python and LangChain, `${name}` of
JavaScript, or `<name>` without a tag that closes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from synthgen.errors import DataError
from synthgen.recipe.shape import RESERVED
from synthgen.spec import render

DOUBLE = re.compile(r"\{\{\{?[-~]?\s*([A-Za-z_][\w.-]*(?: \w+)*)\s*((?:\|[^{}]*)?)[-~]?\s*\}?\}\}")
SINGLE = re.compile(r"\{\{|\}\}|(\$?)\{([A-Za-z_]\w*(?:\.\w+|\[\w+\])*)(?:![rsa])?(?::[^{}\s]*)?\}")
"""A variable of Python's format strings, or a brace that is written twice."""
POINTED = re.compile(r"<([A-Za-z][\w-]*(?: [\w-]+){0,4})>")
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
DROPPED = re.compile(r"\|\s*(?:tojson|safe|escape|e|round|int|float|abs|string)\b\s*(?:\([^()]*\))?")
"""Filters that a text needs none of, as what they make of a value is what stands in for it."""
LOOP = re.compile(r"\{%-?\s*for\s+(\w+)\s+in\s+([A-Za-z_]\w*)\s*(?:\|[^%]*)?-?%\}")
HANDLEBARS = re.compile(r"\{\{[#/^>&!]\s*[^}]*\}\}")
TAGS = frozenset(
    re.split(
        r"\s+",
        """a abbr article aside b blockquote body br button cite code col dd div dl dt em figure footer form h1 h2 h3 h4 h5 h6 head header
        hr html i iframe img input label li link main meta nav ol option p pre q s script section select small span strong style sub summary
        sup svg table tbody td textarea tfoot th thead title tr u ul video""",
    )
)
"""What stands in pointed brackets in HTML."""
AROUND = 60
"""Characters before a variable that say what it is."""


@dataclass(frozen=True)
class PromptTemplate:
    """A prompt as a template over fields: its `text`; for each field the words `around` the place where it first stands; and for each that
    a loop goes over, the parts of its items, which are texts where there are none. `alone` are those on lines of their own, or between
    tags."""

    text: str
    around: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()

    @property
    def variables(self) -> list[str]:
        """The fields, in the order in which they stand there."""
        return list(self.around)


def read_template(text: str, source: str) -> PromptTemplate:
    """The variables of a prompt, in the one of the three notations that it uses. Raises DataError where it cannot be a template."""
    if block := HANDLEBARS.search(text):
        raise DataError(
            f"{source}: '{block[0]}' is a block of Handlebars, which is not filled here", "write {% if %} or {% for %}, or a variable"
        )
    doubled = [match for match in DOUBLE.finditer(text) if not match[0].startswith("{{{")]
    rest = DOUBLE.sub("", text)  # three braces are one of Python's in two that stand for one, where it has others in one
    if doubled or STATEMENT.search(text) or (rest != text and not any(match[2] for match in SINGLE.finditer(rest))):
        return _double(text, source)
    if any(match[2] for match in SINGLE.finditer(text)):
        return _single(text)
    return _replaced(text, POINTED, lambda match: match[1] if _is_open(match[1], text) else None)


def _is_open(name: str, text: str) -> bool:
    """Whether a name in pointed brackets is a place to fill, and no tag."""
    return name.casefold() not in TAGS and not re.search(rf"</\s*{re.escape(name)}\s*>", text, re.IGNORECASE)


def _single(text: str) -> PromptTemplate:
    of_javascript = all(match[1] for match in SINGLE.finditer(text) if match[2])

    def kept(match: re.Match[str]) -> str:
        if match[2]:
            return "" if of_javascript else match[1]
        return match[0] if of_javascript else match[0][0]

    return _replaced(text, SINGLE, lambda match: match[2], kept)


Name = Callable[[re.Match[str]], str | None]


def _replaced(text: str, pattern: re.Pattern[str], name_of: Name, kept: Callable[[re.Match[str]], str] = lambda _: "") -> PromptTemplate:
    """A text with a place of a template wherever a pattern finds a variable, behind what is `kept` of it; of other matches only that."""
    literal, template, end, around, alone = "", "", 0, dict[str, str](), set[str]()
    for match in pattern.finditer(text):
        name = name_of(match)
        literal += text[end : match.start()] + (kept(match) if name else kept(match) or match[0])
        end = match.end()
        if name:
            variable = field_name(name)
            template += f"{_literal(literal, before_place=True)}{{{{ {variable} }}}}"
            literal = ""
            _note(text, match, variable, around, alone)
    return PromptTemplate(template + _literal(literal + text[end:]), around, {}, frozenset(alone))


def _literal(text: str, *, before_place: bool = False) -> str:
    """A text that a template leaves as it is; a brace at its end opens nothing before a place."""
    return re.sub(r"\{(?=[{%#]|$)" if before_place else r"\{(?=[{%#])", "{{ '{' }}", text)


def _double(text: str, source: str) -> PromptTemplate:
    """A template of Jinja's kind: parts such as `user.name` become fields `user_name`, but for the parts of a loop's items."""
    loops = {match[1]: match[2] for match in LOOP.finditer(text)}
    parts = {items: dict.fromkeys(re.findall(rf"\b{item}\.(\w+)", text)) for item, items in loops.items()}
    around, alone = dict[str, str](), set[str]()

    def place(match: re.Match[str]) -> str:
        name, filters = match[1], DROPPED.sub("", match[2]).strip()
        if name.partition(".")[0] in loops or name == "loop" or name.startswith("loop."):
            return match[0]
        variable = field_name(name)
        _note(text, match, variable, around, alone)
        return f"{{{{ {variable}{f' {filters}' if filters else ''} }}}}"

    template = DOUBLE.sub(place, text)
    template = STATEMENT.sub(lambda statement: _renamed(statement[0], set(loops)), template)
    try:
        names = render.names(template)
    except ValueError as error:
        raise DataError(
            f"{source}: {error}", "it may use {{ variables }}, {% if %} and {% for %}; put variables in place of all else"
        ) from None
    for name in sorted(names - around.keys()):
        match = re.search(rf"\b{name}\b", text)
        around[name] = text[max(0, match.start() - AROUND) : match.start()] if match else ""
    joined: dict[str, tuple[str, ...]] = {field_name(match[1]): () for match in DOUBLE.finditer(text) if re.match(r"\|\s*join\b", match[2])}
    lists = {**joined, **{field_name(items): tuple(parts[items]) for items in loops.values()}}
    return PromptTemplate(template, {name: words for name, words in around.items() if name in names}, lists, frozenset(alone))


def _renamed(statement: str, items: set[str]) -> str:
    """A statement with fields in place of parts such as `user.name`."""
    return re.sub(
        r"(?<![\w.'\"])([A-Za-z_]\w*)((?:\.\w+)*)(?![\w('\"])",
        lambda path: path[0] if path[1] in items or path[1].casefold() in WORDS else field_name(path[0]),
        statement,
    )


WORDS = {"if", "elif", "else", "endif", "for", "endfor", "in", "is", "not", "and", "or", "defined", "none", "true", "false", "loop"}
"""Words of templates, which are no fields."""


def field_name(name: str) -> str:
    """What a variable is called as a field of a recipe."""
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "value"
    return f"{word}_text" if word.casefold() in RESERVED or word.casefold() in TAKEN else word


TAKEN = {"id", "unusual", "case", "topic", "filled", "provenance"}
"""Fields that the recipe has itself."""


def _note(text: str, match: re.Match[str], variable: str, around: dict[str, str], alone: set[str]) -> None:
    """Remember what stands before a variable, and whether nothing else stands in its line."""
    around.setdefault(variable, re.split(r"[}>]", text[max(0, match.start() - AROUND) : match.start()])[-1])
    line_start, line_end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    before, after = text[line_start : match.start()], text[match.end() : line_end if line_end >= 0 else len(text)]
    if re.fullmatch(r"\s*(<[^<>]+>|\"{3}|`{3}|[-*]?)?\s*", before) and re.fullmatch(r"\s*(</[^<>]+>|\"{3}|`{3})?\s*", after):
        alone.add(variable)
