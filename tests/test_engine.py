"""The making of a table: exactly its rows, each from its own stream, and what happens to the refused ones."""

from collections import Counter

import pytest
from conftest import Made, message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from synthgen.engine import Refused, TableRun, TableState, candidates
from synthgen.errors import DataError, LimitError
from synthgen.models import ScriptedModel
from synthgen.recipe import plan
from synthgen.spec.streams import Streams

MESSAGES = """
    name: shop
    about: Customers of a shop, typing into its chat.
    tables:
      traffic:
        rows: 40
        fields:
          number: {kind: number, between: [1, 9]}
          name:   {kind: fake, provider: first_name}
          message:
            kind: typed
            seeds: [where is it, its order <number> pls, hi its <name>]
            mention: {number: 0.5}
"""
FACTS = """
    name: facts
    tables:
      people:
        rows: 60
        fields:
          id:   {kind: id}
          name: {kind: fake, provider: name, locale: {en_GB: 2, de_DE: 1}}
          born: {kind: date, between: [1950-01-01, 2006-01-01]}
          code: {kind: template, template: "{{ name|upper }}-{{ born.year }}"}
          dice: {kind: number, between: [1, 6]}
          tall: {kind: number, distribution: normal, mean: 170, sd: 10}
"""
FAMILY = """
    name: family
    tables:
      orders:
        rows: 30
        fields:
          order: {kind: id, prefix: o}
          city:  {kind: fake, provider: city, hidden: true}
      lines:
        from: {table: orders, FROM}
        fields:
          line: {kind: number, between: [1, 1000000]}
          what: {kind: template, template: "{{ order }} {{ city }}"}
"""


def no_message(prompt, random):
    """A message of its own, and one in three that ends nowhere."""
    return message(prompt, random) if random.random() > 0.3 else " and then"


# Exactly the rows


@pytest.mark.parametrize("chunk", [None, 1, 7, 40, 1000])
def test_a_table_has_exactly_its_rows_in_order_of_their_places(make, chunk):
    made = make(MESSAGES, no_message, chunk=chunk)["traffic"]
    assert len(made.rows) == made.state.rows == 40
    assert [row.index for row in made.rows] == sorted({row.index for row in made.rows})
    assert all(set(row.values) == {"number", "name", "message"} for row in made.rows)


def test_the_number_of_rows_can_be_asked_for(make):
    assert len(make(MESSAGES, rows=3)["traffic"].rows) == 3
    assert make(MESSAGES, rows=3)["traffic"].values == make(MESSAGES, rows=9)["traffic"].values[:3]


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(make):
    first = make(MESSAGES, no_message)["traffic"]
    again = make(MESSAGES, no_message)["traffic"]
    other = make(MESSAGES, no_message, seed=1)["traffic"]
    assert (first.values, first.refused) == (again.values, again.refused)
    assert not {row["message"] for row in first.values} & {row["message"] for row in other.values}
    assert first.column("name") != other.column("name")


def test_the_order_of_the_fields_in_the_file_decides_nothing(make):
    lines = FACTS.rstrip().splitlines()
    backwards = "\n".join(lines[:6] + lines[:5:-1])
    assert backwards != FACTS
    assert sorted(map(str, make(backwards)["people"].rows[0].values.items())) == sorted(
        map(str, make(FACTS)["people"].rows[0].values.items())
    )


def test_another_field_does_not_move_what_is_there(make):
    more = make(FACTS + "          extra: {kind: fake, provider: company}\n")["people"]
    assert [{key: value for key, value in row.items() if key != "extra"} for row in more.values] == make(FACTS)["people"].values


# Any chunk size

KEEPS = {
    "nothing": "",
    "length": "        keep: [{kind: length, field: name, characters: [1, 14]}]\n",
    "unique": "        keep: [{kind: unique, field: dice}]\n",
    "unique and more": """
        keep:
          - {kind: unique, field: name}
          - {kind: lacks, field: code, pattern: "7$"}
          - {kind: unique, field: born}
          - {kind: matches, field: dice, pattern: "[1-5]"}
""",
}


@pytest.mark.parametrize("keep", KEEPS)
def test_facts_are_the_same_for_any_chunk_size(make, keep):
    text, options = FACTS + KEEPS[keep], {"rows": 6 if keep == "unique" else 60}
    whole = make(text, chunk=100, **options)["people"]
    assert len(whole.rows) == options["rows"]
    for chunk in (1, 7, None):
        made = make(text, chunk=chunk, **options)["people"]
        assert made.values == whole.values
        assert made.refused == whole.refused
        assert made.state == whole.state


def test_a_unique_fake_is_the_same_for_any_chunk_size_and_never_twice(make):
    number = "provider: random_int, args: {min: 1, max: 80}, unique: true"
    text = FACTS.replace("provider: name, locale: {en_GB: 2, de_DE: 1}", number).replace("name|upper", "name")
    made = [make(text, chunk=chunk)["people"] for chunk in (1, 7, 100)]
    assert made[0].values == made[1].values == made[2].values
    assert len(set(made[0].column("name"))) == 60
    assert made[0].state.refused["unique (name)"] > 10


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(some.integers(1, 70), some.integers(1, 40), some.integers(0, 3))
def test_facts_are_the_same_for_any_chunk_size_rows_and_seed(make, chunk, rows, seed):
    text = FACTS + KEEPS["unique and more"]
    assert make(text, chunk=chunk, rows=rows, seed=seed)["people"].values == make(text, rows=rows, seed=seed)["people"].values


VOICED = MESSAGES.replace("mention:", "voice: {texter: 2, careful: 1}\n            mention:")
CUT_OFF = {
    "messages": MESSAGES + "        keep: [{kind: unique, field: message}]\n",
    "voiced messages": VOICED.replace("mention:", "best_of: 1\n            mention:") + "        keep: [{kind: unique, field: message}]\n",
    "facts": FACTS + "        keep: [{kind: unique, field: tall}]\n",
}


def going_on(table, parents, cut):
    """The chunks of a run, those before `cut` made by one run and the others by another that was told of them."""
    streams = Streams(0)
    doors = {
        "typist": ScriptedModel(lambda prompt, random: f" is it {random.randrange(50)} {'<number>' if prompt.origin['mention'] else ''}\n")
    }
    source = candidates(table.name, table.table, lambda: iter(parents), len(parents), streams)
    first = []
    state = TableState()
    for chunk in TableRun(table, source, streams, doors, patience=20, chunk=11).chunks():
        if len(first) == cut:
            break
        first.append(chunk)
        state = TableState(chunk.state.next_index, chunk.state.rows, chunk.state.tries, dict(chunk.state.refused))
    rest = TableRun(table, source, streams, doors, patience=20, chunk=11)
    for row in (row for chunk in first for row in chunk.rows):
        rest.remember(row.values)
    chunks = [*first, *rest.chunks(state, cut)]
    return (
        [row.values for chunk in chunks for row in chunk.rows],
        [one for chunk in chunks for one in chunk.refused],
        [chunk.number for chunk in chunks],
        state,
    )


@pytest.mark.parametrize("text", CUT_OFF.values(), ids=CUT_OFF)
def test_a_run_that_goes_on_where_another_ended_makes_the_same_rows(recipe, text):
    (table,) = plan(recipe(text).recipe).tables
    whole = going_on(table, [], 0)
    assert any(one.by == "unique" for one in whole[1])
    assert going_on(table, [], 1) == whole
    assert going_on(table, [], 3) == whole


def test_children_go_on_where_another_run_ended(recipe):
    _, table = plan(
        recipe(FAMILY.replace("FROM", "per_row: [0, 3]") + '        keep: [{kind: lacks, field: line, pattern: "^[1-4]"}]\n').recipe
    ).tables
    parents = [{"order": f"o-{number}", "city": "Leeds"} for number in range(30)]
    whole = going_on(table, parents, 0)
    assert len(whole[0]) > 33
    assert going_on(table, parents, 1) == whole
    assert going_on(table, parents, 2) == whole


# A refused row


def test_a_refused_row_keeps_its_facts_and_only_its_message_is_asked_again(make):
    made = make(MESSAGES, no_message, rows=100)["traffic"]
    facts = make(MESSAGES, rows=100)["traffic"]
    tried = [row for row in made.rows if row.attempt]
    assert len(tried) > 5
    for row, same in zip(made.rows, facts.rows, strict=True):
        assert (row.index, row.values["number"], row.values["name"]) == (same.index, same.values["number"], same.values["name"])
    for refused in made.refused:
        assert (refused.by, refused.field, refused.values["message"]) == ("unfinished", "message", " and then")
        assert refused.values["name"] == facts.rows[refused.row].values["name"]


def test_a_check_asks_only_for_the_field_it_looks_at_again(make):
    text = """
        name: two
        tables:
          t:
            rows: 30
            fields:
              question: {kind: typed, topic: asking, seeds: [why is it so]}
              answer:   {kind: typed, topic: telling, seeds: [just because]}
              shout:    {kind: template, template: "{{ question|upper }}"}
            keep:
              - {kind: lacks, field: shout, pattern: "[13579]$"}
        """
    model = ScriptedModel(lambda prompt, random: f" about {random.randrange(10**6)}\n")
    made = make(text, model=model)["t"]
    asked = Counter("asking" if "Topic: asking" in prompt.text.splitlines()[-4:] else "telling" for prompt in model.asked)
    assert all(row["shout"] == row["question"].upper() and row["question"][-1] in "02468" for row in made.values)
    assert made.state.refused.keys() == {"lacks (shout)"}
    assert asked["telling"] == 30
    assert asked["asking"] > 50


def test_facts_that_are_refused_are_drawn_again_with_all_that_they_are_made_from(make):
    made = make(FACTS + '        keep: [{kind: matches, field: code, pattern: "8$"}]\n')["people"]
    assert [row.index for row in made.rows] == list(range(60))
    assert all(row["code"] == f"{row['name'].upper()}-{row['born'].year}" and row["born"].year % 10 == 8 for row in made.values)
    plain = make(FACTS)["people"]
    assert made.column("dice") == plain.column("dice")
    assert made.column("name") != plain.column("name")


def test_a_row_that_is_out_of_tries_gives_its_place_to_the_next(make):
    text = (
        MESSAGES.replace("{number: 0.5}", "{number: 1.0}\n            tries: 3")
        + '        keep: [{kind: lacks, field: message, pattern: "[1-3]"}]\n'
    )
    made = make(text, lambda prompt, random: f" its <number>{' ' * random.randrange(9)}!\n")["traffic"]
    never = {refused.row for refused in made.refused}
    assert len(made.rows) == 40
    assert {row["number"] for row in made.values} == {4, 5, 6, 7, 8, 9}
    assert [row.index for row in made.rows] == [index for index in range(made.rows[-1].index + 1) if index not in never]
    for index in never:
        assert [(one.attempt, one.by, one.field) for one in made.refused if one.row == index] == [
            (number, "lacks", "message") for number in range(3)
        ]
    assert made.state.refused == {"lacks (message)": len(made.refused)}
    assert made.state.tries == 40 + len(made.refused)


def test_facts_that_are_hard_to_draw_do_not_use_up_the_tries_of_a_message(make):
    text = """
        name: hard
        patience: 100
        tables:
          t:
            rows: 20
            fields:
              number:  {kind: number, between: [1, 30]}
              message: {kind: typed, seeds: [hi], tries: 5}
            keep:
              - {kind: matches, field: number, pattern: "^7$"}
              - {kind: lacks, field: message, pattern: "[0-4]$"}
        """
    made = make(text, lambda prompt, random: f" about {random.randrange(10**6)}\n")["t"]
    assert set(made.column("number")) == {7}
    assert max(row.attempt for row in made.rows) > 20
    given_up = {one.row for one in made.refused} - {row.index for row in made.rows}
    assert len(given_up) < 5


def test_every_refused_try_is_kept_with_its_reason(make):
    made = make(FACTS + "        keep: [{kind: length, field: name, characters: [1, 12]}]\n")["people"]
    assert all(isinstance(one, Refused) and one.reason == f"{len(one.values['name'])} characters" for one in made.refused)
    assert made.state.refused == {"length (name)": len(made.refused)}
    kept = {row.index: row.attempt for row in made.rows}
    assert {one.row: 0 for one in made.refused if one.row in kept}.keys() == {index for index, attempt in kept.items() if attempt}


def test_a_message_that_another_row_has_is_asked_again(make):
    text = MESSAGES + "        keep: [{kind: unique, field: message}]\n"
    made = make(text, lambda prompt, random: f" number {random.randrange(50)} {'<number>' if prompt.origin['mention'] else ''}\n")[
        "traffic"
    ]
    assert len(set(made.column("message"))) == 40
    assert made.state.refused["unique (message)"] > 5


def test_a_value_that_was_refused_by_another_check_may_come_again(make):
    text = """
        name: again
        tables:
          t:
            rows: 6
            fields:
              dice:  {kind: number, between: [1, 6]}
              coin:  {kind: choice, options: [heads, tails]}
              both:  {kind: template, template: "{{ dice }} {{ coin }}"}
            keep:
              - {kind: unique, field: dice}
              - {kind: matches, field: both, pattern: heads}
        """
    made = make(text)["t"]
    assert sorted(made.column("dice")) == [1, 2, 3, 4, 5, 6]
    assert made.state.refused["matches (both)"] > 0


def test_a_check_says_nothing_of_a_value_that_is_not_there(make):
    text = (
        FACTS
        + """
          rare: {kind: choice, options: [a], when: "{{ dice == 6 }}"}
        keep:
          - {kind: matches, field: rare, pattern: a}
          - {kind: unique, field: rare}
    """
    )
    made = make(text)["people"]
    assert Counter(made.column("rare"))["a"] == 1
    assert Counter(made.column("rare"))[None] == 59


# When it cannot be done


def test_patience_ends_with_which_check_refused_how_many(make):
    made: dict[str, Made] = {}
    text = (
        MESSAGES
        + """
        keep:
          - {kind: length, field: name, characters: [1, 30]}
          - {kind: matches, field: message, pattern: never}
    """
    )
    with pytest.raises(LimitError) as error:
        make(text, no_message, made=made)
    state = made["traffic"].state
    assert state.refused.keys() == {"matches (message)", "unfinished (message)"}
    said = ", ".join(f"{by} refused {count:,}" for by, count in sorted(state.refused.items(), key=lambda item: -item[1]))
    assert (
        error.value.message == f"table 'traffic' has 0 of 40 rows: {state.tries:,} tries are more than its patience of 20 per row; {said}"
    )
    assert 800 < state.tries < 2000
    assert error.value.exit_code == 3
    assert made["traffic"].rows == []


def test_patience_is_what_the_recipe_says(make):
    tries = {}
    for patience in (5, 50):
        made: dict[str, Made] = {}
        with pytest.raises(LimitError):
            make(f"{MESSAGES}    patience: {patience}\n", lambda prompt, random: "\n", made=made)
        tries[patience] = made["traffic"].state.tries
    assert 200 < tries[5] < 600
    assert 2000 < tries[50] < 2800


def test_a_small_table_has_patience_too(make):
    text = MESSAGES.replace("tables:", "patience: 1\n    tables:")
    assert len(make(text, lambda prompt, random: message(prompt, random) if random.random() < 0.1 else "\n", rows=2)["traffic"].rows) == 2


def test_what_was_made_before_patience_ended_is_kept(make):
    made: dict[str, Made] = {}
    keep = '        keep: [{kind: unique, field: dice}, {kind: lacks, field: dice, pattern: "7"}]\n'
    with pytest.raises(LimitError, match="has 6 of 7 rows"):
        make(FACTS.replace("[1, 6]", "[1, 7]") + keep, rows=7, made=made)
    assert sorted(made["people"].column("dice")) == [1, 2, 3, 4, 5, 6]


# When and otherwise


def test_a_field_is_made_only_where_its_condition_is_true(make):
    text = (
        FACTS
        + """
          big:   {kind: choice, options: [yes], when: "{{ dice > 4 }}", otherwise: "no"}
          gone:  {kind: fake, provider: name, when: "{{ big == 'yes' }}"}
    """
    )
    for row in make(text)["people"].values:
        assert row["big"] == ("yes" if row["dice"] > 4 else "no")
        assert (row["gone"] is None) == (row["dice"] <= 4)


def test_a_model_is_asked_only_where_the_condition_is_true(make):
    text = MESSAGES + '            when: "{{ number > 5 }}"\n            otherwise: (nothing)\n'
    model = ScriptedModel(lambda prompt, random: " its <number>\n" if prompt.origin["mention"] else " hello\n")
    made = make(text, model=model)["traffic"]
    asked = [row for row in made.rows if row.values["number"] > 5]
    assert 0 < len(asked) < 40
    assert all(row.values["message"].startswith(("its", "hello")) for row in asked)
    assert all(row.values["message"] == "(nothing)" and not row.origin for row in made.rows if row not in asked)


def test_a_condition_that_cannot_be_judged_names_the_row(make):
    with pytest.raises(DataError, match=r"people, row 0, when: template '\{\{ dice.x > 1 \}\}': UndefinedError"):
        make(FACTS + '          big: {kind: choice, options: [a], when: "{{ dice.x > 1 }}"}\n')


# Provenance


def test_a_row_says_how_its_message_came_to_be(make):
    model = ScriptedModel(no_message, identity="scribbler@1")
    made = make(MESSAGES, model=model)["traffic"]
    texts = {prompt.digest for prompt in model.asked}
    for row in made.rows:
        origin = row.origin["message"]
        assert (origin["model"], origin["try"]) == ("scribbler@1", row.attempt)
        assert origin["prompt"] in texts
        assert len(origin["seeds"]) == len(set(origin["seeds"])) > 0


def test_mention_rates_are_met_in_the_rows(make):
    made = make(MESSAGES, no_message, rows=600)["traffic"]
    mentioned = sum(row["message"].endswith(f" {row['number']}") for row in made.values)
    assert mentioned / 600 == pytest.approx(0.5, abs=0.07)


class Backwards(ScriptedModel):
    """A model that gives its answers in another order than it was asked."""

    def complete(self, prompts):
        yield from reversed(list(super().complete(prompts)))


def test_the_order_in_which_answers_arrive_changes_nothing(make):
    assert make(MESSAGES, model=Backwards(no_message))["traffic"].values == make(MESSAGES, no_message)["traffic"].values


# Parents and children


def family(make, source, more="", **options):
    made = make(FAMILY.replace("FROM", source) + more, **options)
    return made["orders"], made["lines"]


def test_a_child_has_all_that_its_parent_has_hidden_fields_too(make):
    orders, lines = family(make, "per_row: 1")
    assert len(lines.rows) == 30
    for row in lines.rows:
        parent = orders.rows[row.parent].values
        assert row.values == {**parent, "line": row.values["line"], "what": f"{parent['order']} {parent['city']}"}


def test_so_many_children_per_row(make):
    _, lines = family(make, "per_row: [1, 3]")
    counts = Counter(row.parent for row in lines.rows)
    assert counts.keys() == set(range(30))
    assert set(counts.values()) == {1, 2, 3}
    assert [row.parent for row in lines.rows] == sorted(row.parent for row in lines.rows)
    assert len(set(lines.column("line"))) == len(lines.rows)


def test_some_parents_may_have_no_children(make):
    _, lines = family(make, "per_row: [0, 2]")
    counts = Counter(row.parent for row in lines.rows)
    assert set(counts.values()) == {1, 2}
    assert 0 < len(counts) < 30


def test_the_first_parents_are_picked(make):
    _, lines = family(make, "rows: 5, per_row: 2")
    assert [row.parent for row in lines.rows] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_parents_are_picked_at_random_each_once(make):
    _, lines = family(make, "rows: 8, pick: random, per_row: 2")
    parents = [row.parent for row in lines.rows]
    assert len(parents) == 16
    assert len(set(parents)) == 8
    assert set(parents) != set(range(8))
    _, again = family(make, "rows: 8, pick: random, per_row: 2")
    _, other = family(make, "rows: 8, pick: random, per_row: 2", seed=5)
    assert parents == [row.parent for row in again.rows] != [row.parent for row in other.rows]


def test_no_more_parents_than_there_are(make):
    _, lines = family(make, "rows: 500")
    assert len(lines.rows) == 30


def test_another_parent_steps_in_where_a_child_cannot_be_made(make):
    keep = '        keep: [{kind: lacks, field: order, pattern: "[02]$"}]\n'
    orders, lines = family(make, "rows: 10", keep)
    assert [row.values["order"][-1] for row in lines.rows] == list("1345678913")
    assert [row.parent for row in lines.rows] == [1, 3, 4, 5, 6, 7, 8, 9, 11, 13]
    assert {one.attempt for one in lines.refused} == {0}
    assert len(orders.rows) == 30


def test_without_a_number_of_rows_the_children_that_cannot_be_made_are_left_out(make):
    _, lines = family(make, "per_row: 1", '        keep: [{kind: lacks, field: order, pattern: "[02]$"}]\n')
    assert len(lines.rows) == 24
    assert lines.state.refused == {"lacks (order)": 6}


def test_when_the_parents_run_out_it_says_so(make):
    with pytest.raises(LimitError) as error:
        family(make, "rows: 25", '        keep: [{kind: lacks, field: order, pattern: "[02]$"}]\n')
    assert (
        error.value.message
        == "table 'lines' has 24 of 25 rows: there are no more rows in 'orders' to make it from; lacks (order) refused 6"
    )


@pytest.mark.parametrize("source", ["per_row: [0, 3]", "rows: 8, pick: random, per_row: [1, 3]", "rows: 20"])
def test_children_are_the_same_for_any_chunk_size(make, source):
    keep = '        keep: [{kind: lacks, field: line, pattern: "^[1-4]"}, {kind: unique, field: line}]\n'
    made = [family(make, source, keep, chunk=chunk)[1] for chunk in (1, 7, 100)]
    assert made[0].values == made[1].values == made[2].values
    assert made[0].refused == made[1].refused == made[2].refused


def test_children_of_children(make):
    text = (
        FAMILY.replace("FROM", "per_row: 2")
        + """
      parts:
        from: {table: lines, rows: 10}
        fields:
          part: {kind: template, template: "{{ what }} {{ line }}"}
    """
    )
    made = make(text)
    assert [row.values["part"] for row in made["parts"].rows] == [f"{row['what']} {row['line']}" for row in made["lines"].values[:10]]


def test_a_step_behind_a_refusal_that_was_done_before_is_neither_done_again_nor_left_in_a_memory(make) -> None:
    made = make("""
        name: leak
        patience: 1000
        tables:
          t:
            rows: 6
            fields:
              a: {kind: number, between: [1, 4]}
              dice: {kind: number, between: [1, 6]}
              tag:  {kind: template, template: "t{{ a }}"}
            keep:
              - {kind: matches, field: a, pattern: "[12]"}
              - {kind: unique, field: dice}
              - {kind: matches, field: tag, pattern: "1"}
        """)["t"]
    assert sorted(made.column("dice")) == [1, 2, 3, 4, 5, 6]


# Labels

LABELLED = """
    name: labelled
    voices: {calm: {lower_only: 1.0}}
    tables:
      traffic:
        rows: 20
        fields:
          upper: {kind: template, template: "{{ message_voice|upper }} {{ input_case }}"}
          input: {kind: edge_case, of: message, case: "{{ case }}"}
          message: {kind: typed, seeds: [Where is it, Its late], voice: {calm: 1, shouter: 1}, when: "{{ case != 'empty' }}", otherwise: (none)}
          case: {kind: choice, options: [none, empty, all capitals]}
          draft: {kind: noise, of: message, rate: 0.1, hidden: true}
"""  # noqa: E501
LABELS = ["upper", "input", "input_case", "message", "message_voice", "message_style", "message_slips", "case", "draft", "draft_slips"]


def test_labels_are_columns_behind_their_field_and_hidden_with_it(recipe):
    (table,) = plan(recipe(LABELLED).recipe).tables
    assert list(table.columns.items()) == [
        ("upper", "string"),
        ("input", "string"),
        ("input_case", "string"),
        ("message", "string"),
        ("message_voice", "string"),
        ("message_style", "json"),
        ("message_slips", "json"),
        ("case", "string"),
    ]
    assert table.kept.keys() - table.columns.keys() == {"draft", "draft_slips"}
    assert table.kept["draft_slips"] == "json"
    assert table.remembered == ["message", "message_slips", "message_style", "message_voice"]


def test_a_field_may_read_the_label_of_another(make):
    made = make(LABELLED)["traffic"]
    for row in made.values:
        assert row.keys() == {*LABELS}
        assert row["upper"] == f"{str(row['message_voice']).upper()} {row['input_case']}"
        assert row["input_case"] == row["case"]
        assert row["message_voice"] in ("calm", "shouter", None)
    assert {row["message_voice"] for row in made.values} == {"calm", "shouter", None}


def test_where_a_labelled_field_is_not_made_its_labels_are_nothing(make):
    for row in make(LABELLED)["traffic"].values:
        labels = [row[f"message_{label}"] for label in ("voice", "style", "slips")]
        assert labels == [None] * 3 if row["case"] == "empty" else None not in labels
        assert (row["message"] == "(none)") == (row["case"] == "empty")


def test_a_check_of_a_label_has_the_message_typed_again(make):
    keep = "        keep: [{kind: matches, field: message_slips, pattern: was}]\n"  # something is spelled wrong
    text = VOICED.replace("{texter: 2, careful: 1}", "texter").replace("rows: 40", "rows: 10") + keep
    made = make(
        text,
        lambda prompt, random: (
            f" i was waiting for the parcel {random.randrange(10**6)} because of <number>\n"
            if prompt.origin["mention"]
            else f" i am still waiting for the parcel {random.randrange(10**6)}\n"
        ),
    )["traffic"]
    assert len(made.rows) == 10
    assert all(row["message_slips"] for row in made.values)
    assert made.state.refused["matches (message_slips)"] > 3
    assert {one.field for one in made.refused} == {"message_slips"}
    assert any(row.attempt for row in made.rows)


def test_labels_go_to_the_rows_that_are_made_from_a_row(make, recipe):
    text = (
        LABELLED
        + """
      all:  {from: {table: traffic}, fields: {note: {kind: template, template: "{{ message_voice }} {{ draft_slips }}"}}}
      some: {from: {table: traffic, carry: [message_voice]}, fields: {n: {kind: id}}}
      own:  {from: {table: traffic}, fields: {message_voice: {kind: id}}}
    """
    )
    columns = {table.name: set(table.columns) for table in plan(recipe(text).recipe).tables}
    assert {"message_voice", "message_style", "input_case", "note"} <= columns["all"]
    assert columns["some"] == {"message_voice", "n"}
    assert "message_voice" in columns["own"]
    made = make(text)
    for row in made["all"].rows:
        parent = made["traffic"].rows[row.parent].values
        assert row.values["note"] == f"{parent['message_voice']} {parent['draft_slips']}"
    assert made["own"].rows[3].values["message_voice"] == "own-000003"


# What a field remembers


def doors(script):
    return {"typist": ScriptedModel(script)}


def memories(table, script=no_message, **options):
    """A table that was made, the memory that its typed field ended with, and one that is told of the finished rows only."""
    source = candidates(table.name, table.table, lambda: iter(()), 0, Streams(0))
    run = TableRun(table, source, Streams(0), doors(script), patience=50, **options)
    rows, refused = [], []
    for chunk in run.chunks():
        rows += chunk.rows
        refused += chunk.refused
    field = table.asked["message"]
    place = next(place for place, step in enumerate(table.steps) if getattr(step, "name", "") == "message")
    told = field.memory()
    for row in rows:
        field.remember(row, "message", told)
    return rows, refused, run.memories[place], told


def tallies(memory):
    return {voice: (tally.texts, tally.sums.tolist()) for voice, tally in memory.items()}


VOICED_KEEPS = {
    "nothing is refused": "",
    "the message": '        keep: [{kind: lacks, field: message, pattern: "[1-8]$"}]\n',
    "a label": '        keep: [{kind: matches, field: message_voice, pattern: "texter"}]\n',
    "a fact behind it": '          after: {kind: template, template: "{{ message|length }}"}\n'
    '        keep: [{kind: lacks, field: after, pattern: "[02468]$"}, {kind: unique, field: message}]\n',
}


@pytest.mark.parametrize("chunk", [3, 1000])
@pytest.mark.parametrize("keep", VOICED_KEEPS.values(), ids=VOICED_KEEPS)
def test_a_field_remembers_the_finished_rows_and_no_refused_ones(recipe, keep, chunk):
    text = VOICED.replace("mention: {number: 0.5}", "tries: 4") + keep
    (table,) = plan(recipe(text).recipe).tables
    rows, refused, memory, told = memories(table, chunk=chunk)
    assert len(rows) == 40
    assert any(one.by != "unfinished" for one in refused) == bool(keep)
    assert tallies(memory) == tallies(told)
    assert sum(tally.texts for tally in memory.values()) == 40


def test_a_field_that_goes_on_remembers_what_it_made_before(recipe):
    (table,) = plan(recipe(VOICED).recipe).tables
    rows, _, memory, _ = memories(table)
    source = candidates(table.name, table.table, lambda: iter(()), 0, Streams(0))
    rest = TableRun(table, source, Streams(0), doors(no_message), patience=20)
    for row in rows:
        rest.remember({name: row.values[name] for name in table.remembered})
    place = next(place for place, step in enumerate(table.steps) if getattr(step, "name", "") == "message")
    assert tallies(rest.memories[place]) == tallies(memory) != tallies(table.asked["message"].memory())


@pytest.mark.parametrize("rows", [700, 1030])
def test_rows_for_a_batch_are_asked_for_in_the_same_frames(make, rows):
    """A chunk of twenty times as many rows asks the same, refusals and all."""
    told = {}
    for chunk in (None, 10_000):
        model = ScriptedModel(no_message)
        made = make(MESSAGES, model=model, chunk=chunk, rows=rows)["traffic"]
        told[chunk] = sorted(prompt.key for prompt in model.asked), made.values, made.refused
    assert len(told[None][2]) > 20
    assert told[None] == told[10_000]


def test_a_table_is_steered_from_chunk_to_chunk(make):
    def moods(prompt, random):
        return f" {random.choice(['is it late', 'Is It Late'])} {random.randrange(10**6)}\n"

    text = """
        name: steered
        voices: {half: {digits: 1.0, lower_only: 0.5}}
        tables: {t: {rows: 200, fields: {message: {kind: typed, seeds: [hi], voice: half}}}}
        """
    for chunk in (1, 50):
        made = make(text, moods, chunk=chunk)["t"]
        assert sum(row["message"] == row["message"].lower() for row in made.values) == pytest.approx(100, abs=2)


def test_the_order_in_which_answers_arrive_changes_no_choice(make):
    assert make(VOICED, model=Backwards(no_message))["traffic"].values == make(VOICED, no_message)["traffic"].values
