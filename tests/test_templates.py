"""Templates: text and conditions over fields, in a sandbox that neither lets out nor blows up."""

import datetime
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen import api
from synthgen.errors import DataError
from synthgen.spec.render import TemplateMistake, expression_of, fill, holds, names

FACTS = {
    "name": "Ann Lee",
    "amount": 12.5,
    "count": 3,
    "urgent": True,
    "gone": None,
    "day": datetime.date(2026, 3, 31),
    "words": ["a", "b"],
    "ticket": {"subject": "card", "tags": [{"n": 1}, {"n": 2}], "items": 5},
}

# What a template says


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no braces at all { }", "no braces at all { }"),
        ("ORD-{{ count }}", "ORD-3"),
        ("{{ name }} paid {{ amount }}", "Ann Lee paid 12.5"),
        ("{{name|upper}}", "ANN LEE"),
        ("{{ ticket.subject }}/{{ ticket['subject'] }}", "card/card"),
        ("{{ day.year }} {{ day|date('%d %b') }} {{ day.strftime('%A') }}", "2026 31 Mar Tuesday"),
        ("{{ amount * 2 + 1 }} {{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }}", "26.0 3 1 1024"),
        ("{{ amount|round(0)|int }} {{ amount|int }}", "12 12"),
        ("{{ '{:05d}'.format(count) }} {{ (count|string).zfill(3) }} {{ '{:,.2f}'.format(1234.5) }}", "00003 003 1,234.50"),
        ("{{ name.split(' ')[0] }} {{ name.lower().replace(' ', '.') }} {{ name|replace(' ', '_') }}", "Ann ann.lee Ann_Lee"),
        ("{{ words|join(', ') }} {{ ','.join(words) }} {{ words|length }}", "a, b a,b 2"),
        ("{{ ticket.tags|sum(attribute='n') }}", "3"),
        ("{{ 'yes' if urgent else 'no' }}", "yes"),
        ("{% if amount > 10 %}much{% else %}little{% endif %}", "much"),
        ("{% for word in words %}{{ loop.index }}{{ word }};{% endfor %}", "1a;2b;"),
        ("{% for word in words %}{{ loop.length }}{{ loop.revindex }}{{ '.' if loop.last else ',' }}{% endfor %}", "22,21."),
        ("{% for key, value in ticket.tags[0].items() %}{{ key }}{{ value }}{% else %}none{% endfor %}", "n1"),
        ("{% for tag in ticket.tags if tag.n > 1 %}{{ tag.n }}{% endfor %}", "2"),
        ("{{ name[:3] ~ name[-3:] ~ count ~ words }} {{ words[::-1]|join }}", "AnnLee3['a', 'b'] ba"),
        ("{{ (words + ['a'])|unique|join }} {{ words|sort(reverse=true)|list }}", "ab ['b', 'a']"),
        ("{{ 1 < count <= 3 }} {{ 'Lee' in name }} {{ count is divisibleby(3) }} {{ nobody is defined }}", "True True True False"),
        ("{{ gone|default('nothing', true) }}", "nothing"),
        ("{{ ticket.items }} {{ ticket['items'] }} {{ ticket.get('subject') }}", "5 5 card"),
        ("{# a remark #}{{ '-' * 3 }}", "---"),
        ("{{ '{{' }} {% raw %}{{ name }}{% endraw %}", "{{ {{ name }}"),
        ("two\nlines {{ count }}\n", "two\nlines 3\n"),
    ],
)
def test_a_template_is_filled_with_the_fields(template, text):
    assert fill(template, FACTS) == text


ZONED = [
    "{{ at | date('%H:%M %z') }}",
    "{{ at.strftime('%Z') }}",
    "{{ day.strftime(pattern) }}",
    "{{ '{:%H %z}'.format(at) }}",
    "{{ at | date('%s') }}",
]


@pytest.mark.parametrize("template", ZONED)
def test_a_moment_without_a_zone_is_not_written_with_one(template):
    values = {"at": datetime.datetime(2026, 3, 31, 14, 30), "day": datetime.date(2026, 3, 31), "pattern": "%d %Z"}  # noqa: DTZ001
    with pytest.raises(TemplateMistake, match="moments have no zone here"):
        fill(template, values)


@pytest.mark.parametrize(
    ("template", "text"),
    [("{{ at | date('%H %z') }}", "14 +0200"), ("{{ at.strftime('%%z') }}", "%z"), ("{{ '%z {}'.format(at.year) }}", "%z 2026")],
)
def test_a_zone_that_is_known_is_written(template, text):
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert fill(template, {"at": datetime.datetime(2026, 3, 31, 14, 30, tzinfo=zone)}) == text


@pytest.mark.parametrize("value", ["{{ name }}", "{% raw %}", "<b>&amp;</b>", "\\1", "🙏🏽 e\u0301", "مرحبا", "a\nb", ""])
def test_a_value_is_put_in_as_it_is(value):
    assert fill("[{{ fact }}]", {"fact": value}) == f"[{value}]"


@given(some.text())
def test_any_text_without_an_opening_brace_is_its_own_template(text):
    plain = text.replace("{", "(")
    assert fill(plain, {}) == plain
    assert names(plain) == frozenset()


# Which fields a template reads


@pytest.mark.parametrize(
    ("template", "read"),
    [
        ("plain", set()),
        ("{{ a }} {{ b|default(c) }} {{ d.e['f'] }} {{ g if h }}", {"a", "b", "c", "d", "g", "h"}),
        ("{% for x in a %}{{ x }}{{ b }}{{ loop.index }}{% endfor %}", {"a", "b"}),
        ("{% if a %}{{ b }}{% else %}{{ c }}{% endif %}", {"a", "b", "c"}),
        ("{{ 'a' }} {# b #} {% raw %}{{ c }}{% endraw %}", set()),
        ("{{ range(3) }} {{ self }} {{ loop }}", {"range", "self", "loop"}),
    ],
)
def test_the_names_that_a_template_reads(template, read):
    assert names(template) == read


@pytest.mark.parametrize(
    "template",
    [
        "{{ a",
        "{{ }}",
        "{{ a }",
        "{% if a %}",
        "{{ a|shout }}",
        "{{ a b }}",
        "{{ a(x=1,x=2)}}",
        "{% x %}",
        "{{ 'a }}",
        "{{ a is b }}",
        "{{" + "9" * 5000 + "}}",
    ],
)
def test_what_is_no_template_is_told_when_it_is_read(template):
    with pytest.raises(TemplateMistake, match=r"^template: "):
        names(template)


# Conditions


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("{{ name == 'Ann Lee' }}", True),
        ("{{ amount > 100 }}", False),
        ("{{ urgent }}", True),
        ("{{ not urgent }}", False),
        ("{{ gone is none }}", True),
        ("{{ gone }}", False),
        ("{{ 'Lee' in name and count in [1, 3] }}", True),
        ("{{ ticket.subject == 'card' }}", True),
        ("  {{- count > 2 -}}  ", True),
        ("{{ 0 }}", False),
        ("{{ '' }}", False),
        ("{{ words }}", True),
    ],
)
def test_a_condition_is_true_or_false(condition, true):
    assert holds(condition, FACTS) is true


@pytest.mark.parametrize("text", ["urgent", "", "{{ a }} and {{ b }}", "yes {{ a }}", "{{ a }}!", "{% if a %}x{% endif %}", "{ a }"])
def test_a_condition_is_one_expression_in_braces(text):
    with pytest.raises(TemplateMistake, match="a condition is one expression in braces"):
        expression_of(text)


# What goes wrong while it is filled


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ name.nothing }}", "has no attribute 'nothing'"),
        ("{{ ticket.nothing }}", "has no attribute 'nothing'"),
        ("{{ amount / 0 }}", "ZeroDivisionError"),
        ("{{ name + 1 }}", "a text where a number is needed"),
        ("{{ gone + 1 }}", "TypeError"),
        ("{{ gone|date('%d') }}", "AttributeError"),
        ("{{ gone > 1 }}", "TypeError"),
        ("{{ name.title }}", "a method needs its brackets"),
        ("{{ ticket.keys }}", "a method needs its brackets"),
        ("{{ ticket.items() }}", "cannot be called"),
    ],
)
def test_a_template_that_cannot_be_filled_says_why(template, why):
    with pytest.raises(TemplateMistake, match=why):
        fill(template, FACTS)
    with pytest.raises(TemplateMistake, match=why):
        holds(template, FACTS)


@pytest.mark.parametrize(
    "template",
    [
        "{{ row.price < 2 }}",
        "{{ 2 <= row.price }}",
        "{{ row.price * 2 }}",
        "{{ 3 * row.price }}",
        "{{ row.price + 1 }}",
        "{{ 10 - row.price }}",
        "{{ row.price / 2 }}",
        "{{ -row.price }}",
        "{{ row.price ** 2 }}",
        "{{ row.price|round }}",
        "{{ row.price|abs }}",
        "{{ [1, row.price]|sum }}",
        "{{ [1, row.price]|max }}",
        "{{ 'dear' if row.price > 1 else row.price }}",
    ],
)
def test_text_that_is_calculated_with_is_told_how_it_becomes_a_number(template):
    for use in (fill, holds):
        with pytest.raises(TemplateMistake, match="a text where a number is needed") as error:
            use(template, {"row": {"price": "2.50"}})
        assert error.value.hint == "what a CSV file holds is text; | float makes a number of it: row.price | float (and ~ joins two texts)"


def test_the_way_out_of_text_is_one():
    row = {"price": "2.50"}
    template = "{{ row.price|float < 2 }} {{ row.price|float * 2 }} {{ row.price|int }} {{ row.price ~ 1 }}"
    assert fill(template, {"row": row}) == "False 5.0 2 2.501"


@pytest.mark.parametrize("text", ["n/a", "", "1,50", "£2"])
@pytest.mark.parametrize("number", ["float", "int"])
def test_a_text_that_is_no_number_does_not_become_0_without_a_word(text, number):
    with pytest.raises(TemplateMistake, match=f"'{text}' is not a number") as error:
        fill(f"{{{{ price|{number} }}}}", {"price": text})
    assert error.value.hint == f"say what it is where there is none, such as 0: | {number}(0)"
    assert fill(f"{{{{ price|{number}(7) }}}}", {"price": text}) == "7"


def test_the_way_out_is_told_where_a_row_is_made(tmp_path):
    (tmp_path / "a.csv").write_text("price\n2.50\n")
    fields = {"row": {"kind": "load", "file": "a.csv"}, "cheap": {"kind": "template", "template": "x", "when": "{{ row.price < 2 }}"}}
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "n", "tables": {"t": {"rows": "all", "fields": fields}}}))
    with pytest.raises(DataError) as error:
        api.make(tmp_path / "recipe.yaml", out=tmp_path / "out")
    assert "row.price | float" in error.value.hint


# The sandbox

ESCAPES = [
    "{{ name.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ name|attr('__class__') }}",
    "{{ '{0.__class__}'.format(name) }}",
    "{{ '{x.__class__}'.format_map({'x': name}) }}",
    "{{ name.format.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ day.replace.__self__ }}",
    "{{ cycler.__init__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ range(3) }}",
    "{{ dict(a=1) }}",
    "{{ namespace(a=1) }}",
    "{{ open('/etc/passwd') }}",
    "{{ import('os') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
    "{{ words.append('c') }}",
    "{{ words.clear() }}",
    "{{ ticket.update({'a': 1}) }}",
    "{{ ticket.pop('subject') }}",
    "{{ ticket.setdefault('a', 1) }}",
    "{{ words.__setitem__(0, 'x') }}",
    "{{ count.to_bytes(9, 'big') }}",
    "{{ name.encode('idna') }}",
    "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}",
]


def checked_and_filled(template):
    names(template)
    return fill(template, {**FACTS, "page": "a" * 900_000})


@pytest.mark.parametrize("template", ESCAPES)
def test_a_template_cannot_leave_the_sandbox_or_change_a_value(template):
    before = repr(FACTS)
    with pytest.raises(TemplateMistake):
        checked_and_filled(template)
    assert repr(FACTS) == before


HUGE = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ 'a' * 1e300 }}",
    "{{ ['a'] * 10**9 }}",
    "{{ [[1] * 9999] * 9999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 2 ** 99999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 'a'.ljust(10**9) }}",
    "{{ 'a'.rjust(10**9) }}",
    "{{ 'a'.center(10**9) }}",
    "{{ 'a'.zfill(10**9) }}",
    "{{ 'a\t'.expandtabs(10**9) }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ '{:{}}'.format(1, 10**9) }}",
    "{{ '{x:{w}}'.format(x=1, w=10**9) }}",
    "{{ '{:.99999999f}'.format(1.5) }}",
    "{{ 1|round(10**9, 'floor') }}",
    "{{ 1|round(-10**9, 'ceil') }}",
    "{{ ('a' * 9999).replace('a', 'b' * 9999) }}",
    "{{ ('a' * 9999)|replace('a', 'b' * 9999) }}",
    "{{ ('a' * 9999).replace('', 'b' * 9999) }}",
    "{{ ('a' * 9999).join('b' * 9999) }}",
    "{{ ('b' * 9999)|join('a' * 9999) }}",
    "{{ ('b' * 9999)|list|join('a' * 9999) }}",
    "{{ [[1, 2], [3]]|sum(start=[]) }}",
    "{{ " + " * ".join(["(9**64)"] * 30) + " }}",
    "{% for a in 'x' * 9999 %}{{ 'y' * 9999 }}{% endfor %}",
    "{% for a in 'x' * 9999 %}{% for b in 'x' * 9999 %}{% for c in 'x' * 9999 %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in 'x' * 9999 %}{% if a %}{% for b in 'x' * 9999 %}{% endfor %}{% endif %}{% endfor %}",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% set a = 'x' * 9999 %}" + "{% set a = a ~ a %}" * 30 + "{{ a }}",
    "{% set a = 7 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% with a = 'x' * 9999 %}{% with b = a ~ a %}{{ b }}{% endwith %}{% endwith %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "-" * 50_000 + "1 }}",
    "{{ " + "1 + " * 20_000 + "1 }}",
    "{{ " + "[" * 500 + "]" * 500 + " }}",
    "{% if a %}" * 300 + "{% endif %}" * 300,
    "{{ name }}" * 20_000,
    "{{ name }}" * 4_000,
    "{{ " * 30_000,
    "{{ page ~ " * 1 + " ~ ".join(["page"] * 2_000) + " }}",
    "{{ (" + " + ".join(["page"] * 800) + ")|length }}",
    "{{ [" + ", ".join(["page"] * 2_000) + "] }}",
    "{{ [" + ", ".join(["page"] * 2_000) + "]|join|length }}",
    "{{ ''.join([" + ", ".join(["page"] * 2_000) + "])|length }}",
    "{{ ([" + ", ".join(["page"] * 2_000) + "]|string)|length }}",
    "{{ [" + ", ".join(["page[1:]"] * 1_500) + "]|length }}",
    "{{ [" + ", ".join(["page|upper"] * 1_500) + "]|length }}",
    "{{ [" + ", ".join(["page.split()"] * 1_500) + "]|length }}",
    "{{ '" + "{0}" * 5_000 + "'.format(page)|length }}",
    "{{ '" + "{a}" * 5_000 + "'.format(a=page)|length }}",
    "{% for letter in page %}{% if page|sort %}{% endif %}{% endfor %}",
    "{% for letter in page %}{% if 'b' in page %}{% endif %}{% endfor %}",
    "{% for letter in page %}{% if 'b' is in(page) %}{% endif %}{% endfor %}",
    "{% for letter in page if letter ~ 'b' in page %}{% endfor %}",
    "{% for letter in page %}{% if page == page ~ '' %}{% endif %}{% endfor %}",
    "{% for letter in page %}{% if page[1:] %}{% endif %}{% endfor %}",
    "{% for letter in page %}{% if [" + "1," * 9_000 + "] %}{% endif %}{% endfor %}",
    "{% for letter in page %}{% if page.count('a') %}{% endif %}{% endfor %}",
    "{{ page.strip('" + "b" * 15_000 + "a') }}",
    "{{ page|trim('" + "b" * 15_000 + "a') }}",
    "{{ (page ~ 'b').rsplit('" + "a" * 15_000 + "') }}",
    "{{ page|list|sort(attribute='" + "0." * 9_000 + "0') }}",
]


@pytest.mark.parametrize("template", HUGE, ids=lambda template: template[:60])
def test_a_template_cannot_make_something_huge_out_of_something_small(template):
    began = time.perf_counter()
    with pytest.raises(TemplateMistake):
        checked_and_filled(template)
    assert time.perf_counter() - began < 60


def test_what_is_too_much_work_is_told_in_words():
    with pytest.raises(TemplateMistake, match="this is more than 4,000,000 steps of work for one template"):
        fill("{% for letter in page %}{{ page|sort|first }}{% endfor %}", {"page": "a" * 100_000})


def test_each_template_has_all_its_steps():
    page = "a b " * 100_000
    for _ in range(20):
        assert fill("{{ page.split()|length }}", {"page": page}) == "200000"
        assert holds("{{ 'c' not in page }}", {"page": page})


def test_a_list_of_many_records_may_be_gone_through():
    tickets = [{"n": number, "text": f"ticket {number}"} for number in range(20_000)]
    told = fill(
        "{% for one in tickets %}{{ loop.index }}. {{ one.text|upper }}{% if not loop.last %}, {% endif %}{% endfor %}",
        {"tickets": tickets},
    )
    assert told.endswith(", 20000. TICKET 19999")


def test_a_long_value_may_be_used_as_often_as_its_text_fits():
    page = "x" * 400_000
    assert len(fill("{{ page }} {{ page|upper }}", {"page": page})) == 800_001
    with pytest.raises(TemplateMistake, match="this long"):
        fill("{{ page }}{{ page }}{{ page }}", {"page": page})


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("{{ a }}", {"a": "{{ b }}", "b": "x"}, "{{ b }}"),
        ("{{ a }} {{ b }}\n", {"a": 1.5, "b": True}, "1.5 True\n"),
        ("{{ a }}{{a}}{{- b }} .", {"a": "x ", "b": 10**30}, f"x x {10**30} ."),
        ("{{ a }} of {{ b }}", {"a": None, "b": ["c", 1]}, "None of ['c', 1]"),
        ("{{ a }}" * 40, {"a": "y" * 9}, "y" * 360),
        ("{{ a }}" * 40, {"a": "y" * 10_001}, "y" * 400_040),
        ("{% if a %}{{ a }}{% endif %}b", {"a": 3}, "3b"),
        ("{# no #}{{ a }}{% raw %}{{ a }}{% endraw %}", {"a": 3}, "3{{ a }}"),
        ("{{ a }}\r\n{{ 'c' }}", {"a": "d"}, "d\nc"),
    ],
)
def test_names_in_a_text_are_filled_in_alike_whatever_they_hold(template, values, text):
    assert fill(template, values) == text


@pytest.mark.parametrize("template", ["{{ a }} {{ missing }}", "{{ a }} {{ b.c }}"])
def test_a_plain_template_with_a_name_that_holds_nothing_fails(template):
    with pytest.raises(TemplateMistake):
        fill(template, {"a": "x", "b": {}})
