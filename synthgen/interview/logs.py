"""A recipe from a file of messages that people really typed: topics by clustering, facts as slots, and messages to be like.

What identifies somebody is masked as it is for tuning; names of people are not found, so that what is written beside the recipe is still
what real people said.
"""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from synthgen.advice import Started, recipe_name
from synthgen.errors import DataError
from synthgen.interview.clusters import Cluster, clustered
from synthgen.interview.facts import FACTS, amounts_between
from synthgen.interview.new_files import refuse_taken, write_new
from synthgen.interview.oddities import odd_cases
from synthgen.interview.writing import mapping
from synthgen.spec.scalars import scalar
from synthgen.text import files
from synthgen.text.dialogues import ReadSummary, Turns
from synthgen.text.slots import SLOT, slots
from synthgen.tuning.masks import masked

FEWEST, MOST = 40, 5_000
"""Messages that a recipe is made from."""
APART = 0.35
"""The score that half of the messages have at least where topics stand apart. It was 0.44 to 0.50 for banking77 and restaurant8k, and 0.26
and 0.27 for irc_support, where the aim of likeness takes the text AUC from 0.66 to 0.58 (`like` alone: 0.60)."""
KEPT = "messages.jsonl"
COLUMNS = "topic", "message", "case", "input"
"""Fields of the recipe, which no slot can be called after; nor after `id`."""
AMOUNT = re.compile(
    r"(?<![\w.,])(?:(?<=[$£€])|(?<=[$£€]\s)|(?=[\d,.]+\s?(?:[$£€](?!\d)|(?:usd|gbp|eur|dollars|pounds|euros|quid)\b)))"
    r"\d(?:[\d,]*\d)?(?:\.\d\d?)?(?![\d.]*\d)",
    re.IGNORECASE,
)
"""The number in an amount of money: beside it is the sign of its currency, or the word for it."""
FIELDS = {
    "email": FACTS["mail"].field,
    "phone": FACTS["phone"].field,
    "url": FACTS["link"].field,
    "address": FACTS["address"].field,
    "postcode": FACTS["postcode"].field,
    "card": "{kind: fake, provider: credit_card_number}",
    "iban": "{kind: fake, provider: iban}",
    "ip": "{kind: fake, provider: ipv4}",
    "handle": "{kind: fake, provider: lexify, args: {text: '@??????', letters: aeiorstln}}",
}
"""What makes the facts in place of those that were masked, by their slots; amounts and numbers are like those that were there."""
SHAPED = re.compile(r"[\w./-]{1,20}")
"""A number of an order, an account … whose digits and letters can be drawn again."""


def from_logs(
    folder: Path,
    logs: Path,
    *,
    field: str = "",
    turns: Turns | None = None,
    topics: int | None = None,
    listen: Callable[[str], None] | None = None,
) -> Started:
    """Write `recipe.yaml` and the masked messages that it is to be like into a folder, from a file of messages: in its `field`, and of
    conversations these `turns`. `topics` says into how many they fall. `listen` is told, in a line, what was read of records. Raises
    OutputError, DataError."""
    name = recipe_name(folder)
    refuse_taken(folder, [KEPT])
    summary = ReadSummary()
    read = files.messages(logs, field, turns, summary)
    if listen and summary.fields:
        listen(f"{logs.name}: {summary}")
    stream, facts = Random(0), dict[str, list[str]]()
    odd, plain = odd_cases(read)
    different = list(dict.fromkeys(_without_facts(message, stream, facts) for message in plain))
    if len(different) < max(FEWEST, 4 * (topics or 0)):
        raise DataError(f"{logs}: {len(different)} different messages are too few to see what they are about", f"give {FEWEST} or more")
    sample = sorted(stream.sample(range(len(different)), min(MOST, len(different))))
    clusters = clustered([different[place] for place in sample], topics)
    records = [
        json.dumps({"topic": cluster.name, "text": message}, ensure_ascii=False) for cluster in clusters for message in cluster.messages
    ]
    cases = {"none": len(plain), **odd} if odd else {}
    recipe = write_new(folder, _lines(name, logs.name, clusters, cases, facts), {KEPT: records})
    shares = {case: count / len(read) for case, count in odd.items()}
    return Started(recipe, topics={cluster.name: len(cluster.messages) / len(sample) for cluster in clusters}, odd=shares)


def _without_facts(message: str, stream: Random, facts: dict[str, list[str]]) -> str:
    """A message with slots in place of amounts of money and of what identifies somebody, which are added to `facts`, by their slots."""
    facts.setdefault("amount", []).extend(AMOUNT.findall(message))
    safe = masked(AMOUNT.sub("<amount>", message), stream)
    facts.setdefault("number", []).extend(identifier for kind, identifier in safe.identifiers if kind == "id")
    return SLOT.sub(lambda slot: "<number>" if slot[1] == "id" else slot[1] if slot[1] in COLUMNS else slot[0], safe.text)


def _amounts(amounts: Sequence[str]) -> str:
    """The field of amounts like those that were there: as large, and whole if most were."""
    values = sorted(float(amount.replace(",", "")) for amount in amounts)
    if not values:
        return FACTS["money"].field
    least, most = (float(f"{values[round(part * (len(values) - 1))]:.2g}") for part in (0.05, 0.95))
    return amounts_between((least, most), 2 if 2 * sum("." in amount for amount in amounts) > len(amounts) else 0)


def _numbers(numbers: Sequence[str]) -> str:
    """The field of numbers that have the most frequent shape of those that were there: other digits and letters in their places."""
    shapes = Counter(re.sub(r"[^\W\d_]", "?", re.sub(r"\d", "#", number)) for number in numbers if SHAPED.fullmatch(number))
    shape = next((shape for shape, _ in shapes.most_common() if "#" in shape), "")
    if not shape:
        return FACTS["number"].field
    text = f"%{shape[1:]}" if shape.startswith("#") else shape
    letters = ", letters: ABCDEFGHJKLMNPRSTUVWXYZ" if "?" in shape else ""
    return f"{{kind: fake, provider: bothify, args: {{text: {scalar(text)}{letters}}}}}"


def _lines(
    name: str, logs: str, clusters: Sequence[Cluster], cases: Mapping[str, int], facts: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    yield f"# Made from the messages in {logs}. What identifies somebody is a slot; but people said it: keep {KEPT} to yourself."
    yield f"name: {scalar(name)}"
    yield "about: People who write to us.    # who types, and into what? It is the first line that the base model reads"
    yield "seed: 1"
    yield ""
    yield "tables:"
    yield "  traffic:"
    yield "    rows: 200"
    yield "    fields:"
    yield f"      id: {{kind: id, prefix: {scalar(name)}}}"
    yield ""
    yield f"      # Found by clustering, and named after their most telling words: give them better names, here and in {KEPT}."
    yield "      # Numbers are weights: how many of the messages were about it."
    yield "      topic:"
    yield "        kind: choice"
    yield "        options:"
    for cluster in clusters:
        yield f"          {scalar(cluster.name)}: {len(cluster.messages)}    # such as: {_comment(cluster.messages[0])}"
    slot_counts = Counter(slot for cluster in clusters for message in cluster.messages for slot in slots(message))
    if slot_counts:
        yield ""
        yield "      # Facts that messages mention, in place of the real ones."
    for slot, _ in slot_counts.most_common():
        made = _amounts(facts["amount"]) if slot == "amount" else FIELDS.get(slot) or _numbers(facts["number"])
        yield f"      {scalar(slot)}: {made}"
    yield ""
    yield "      # As those people type: their voice is measured, and none of their messages is repeated. With best_of: 4 messages are more"
    yield "      # often about their topic, and easier to tell from theirs; with aim: likeness it is the other way round."
    aim = "" if stand_apart(clusters) else ", aim: likeness"
    if aim:
        yield "      # Few of them say what they are about, so that no topic would hold; take the aim out for one that does."
    yield f'      message: {{kind: typed, topic: "{{{{ topic }}}}", like: {KEPT}, labelled: topic, best_of: 7{aim}}}'
    if cases:
        yield ""
        yield f"      # Edge cases that were found in {logs}, as often as they were: those that a pattern can tell."
        yield f"      case:  {{kind: choice, options: {mapping(cases)}}}"
        yield '      input: {kind: edge_case, of: message, case: "{{ case }}"}'
    yield ""
    yield "    keep:"
    yield "      - {kind: near_duplicate, field: message}"
    yield ""
    yield f"# What your application reads, and what is right: synthgen export outputs/{name} --to promptfoo"
    yield f"harness: {{input: {'input' if cases else 'message'}, target: topic{', out: unclear' if cases else ''}}}"


def stand_apart(clusters: Sequence[Cluster]) -> bool:
    """Whether most messages are clearly about their topic, by a score that does not know them."""
    from synthgen.text.topics import Topics

    scores = Topics({cluster.name: cluster.messages for cluster in clusters}).held_out if len(clusters) > 1 else [APART]
    return statistics.median(map(float, scores)) >= APART


def _comment(message: str) -> str:
    """The beginning of a message, for a line's end."""
    return message if len(message) <= 60 else f"{message[:59]}…"
