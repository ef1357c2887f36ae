"""What `?` says of each question: what its answer becomes in the recipe, what to choose when in doubt, and an example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from synthgen.interview.answers import Key


class Explanation(NamedTuple):
    """What an answer becomes, what to choose when in doubt, and an example."""

    becomes: str
    doubt: str
    example: str


FOLDER: Key = ("folder",)
"""The key of the question before all others."""
EXPLANATIONS: dict[str, Explanation] = {
    "folder": Explanation(
        "A new folder of this name is made here: it gets recipe.yaml, seeds/ and your answers; the dataset is called after it.",
        "Press Return; a folder can be renamed later.",
        "claims-bot (letters, digits, '.', '_' and '-')",
    ),
    "about": Explanation(
        "It becomes `about:`, the first line that the model reads before it types.",
        "Say who your users are and where they type, in one sentence; a rough one is better than none.",
        "Employees of a company, typing into the payroll assistant of its intranet.",
    ),
    "place": Explanation(
        "It proposes who types (`voice:`) and which odd input comes (`case:`), and sets how long a message may be (`keep:`). Nothing else.",
        "Take what people SEE, not what answers them: a help assistant with a chat window is chat. Take assistant where people hand over "
        "work to be done: write this, sum that up, here is a log. With assistant more people type in full sentences, dictate or paste logs "
        "and JSON; with chat more type fast, on telephones.",
        "chat, or its number, 1",
    ),
    "topics": Explanation(
        "Each line becomes a label of the field `intent`, with a file of messages of its own in seeds/, and is the right answer in tests.",
        "Take the labels, queues or help pages that your application tells apart; five to ten are plenty to begin with.",
        "card declined",
    ),
    "messages": Explanation(
        "They become the seeds: they are the first rows, and new messages are typed in their manner. Days, times, dates, amounts of money, "
        "codes, numbers of orders, addresses and links in them become columns, as does a name in brackets, such as <merchant>.",
        "Copy real ones from logs or tickets, slips and all; a dozen are better than three. With none, stand-ins are written.",
        "why was £12.50 declined at <merchant>??",
    ),
    "misguessed": Explanation(
        "New messages have other dates, amounts and numbers than yours, and what a fact is decides which. What you name here by its number "
        "is asked about, one after the other; the rest stays as described.",
        "Press Return: they are right. A kind that nearly fits can be changed in the recipe later.",
        "2 (a date to come was taken for one gone by)",
    ),
    "facts": Explanation(
        "The kind makes the column's values: each row has its own, and messages mention it.",
        "Take list, and name some values yourself: that always fits. What you typed as it is, and shall stay so, is the same.",
        "code for EXP-12345; soon for the day of a booking; money for a price",
    ),
    "values": Explanation(
        "They become the options of the column, all as often, until you give weights in the recipe.",
        "Eight or more real ones; two or three will do for a first look. With none, stand-ins are written.",
        "Brightwell",
    ),
    "codes": Explanation(
        "Every row gets a code of this look: each digit becomes any digit, and letters and marks stay.",
        "Copy one from your system, or press Return.",
        "EXP-12345 becomes EXP-80311, EXP-26974 …",
    ),
    "ranges": Explanation(
        "Nine in ten amounts lie between the two, most near the lower one, as people's do; a few are larger.",
        "Take what is usual, not what is possible; Return takes amounts of which most are under 150.",
        "5 to 150",
    ),
    "signs": Explanation(
        "The sign becomes a part of the value, so that messages say £12.50. With none they say 12.5, as your messages do.",
        "Press Return: none. Where a message has a sign beside the name (£<amount>), it is not asked.",
        "£",
    ),
    "change": Explanation(
        "What you name is asked, one after the other; the rest is written into the recipe as it stands here. docs/voices.md explains ways "
        "of typing, docs/edge-cases.md odd input.",
        "Press Return; all of it can be changed in the recipe later.",
        "odd, never (or their numbers, 3 4)",
    ),
    "voices": Explanation(
        "They become `voice:`: how people type (slips, capitals, length), drawn for each message by weight.",
        "Press Return: it fits the place that you named. `synthgen measure` finds the voice of your own users in logs.",
        "texter 3, careful 1: three in four type fast",
    ),
    "odd": Explanation(
        "It becomes the share of rows with a `case:` other than none. The column `input` has the odd message, `message` the plain one.",
        "some: enough to see what breaks. none, if you only want everyday messages.",
        "much, for a test of robustness",
    ),
    "cases": Explanation(
        "Each becomes an option of `case:`, all as often, and a label by which results can be compared.",
        "Press Return: these are the usual ones where your users type.",
        "empty, two requests",
    ),
    "out": Explanation(
        "It becomes `out:`, the right answer where odd input (an empty message, say) has no topic any more.",
        "The label by which your application says that it did not understand.",
        "unclear",
    ),
    "answers": Explanation(
        "With label, `harness:` names the label as the `target`, and only an answer that names it is right. With prose there is no target, "
        "and results can still be compared by label.",
        "label, if your application sorts messages; prose, if it chats.",
        "prose",
    ),
    "never": Explanation(
        "Each line becomes a comment in the promptfoo configuration, a rule for a model to judge answers by. Messages stay as they are.",
        "Press Return: there is none. It can be added under `harness:` later.",
        "Promise a refund.",
    ),
    "tested": Explanation(
        "It only decides which command the recipe's last comment names: every format can be exported at any time.",
        "none.",
        "promptfoo",
    ),
    "rows": Explanation(
        "It becomes `rows:`, how many messages there are, yours among them; --rows changes it for one run.",
        "70: so many are read in a few minutes, and --rows makes more of the same.",
        "500",
    ),
}
"""By the first part of a question's key."""


def explanation(key: Key) -> Iterator[str]:
    """What is to be known of a question, in lines."""
    about = EXPLANATIONS[key[0]]
    yield f"In the recipe: {about.becomes}"
    yield f"In doubt: {about.doubt}"
    yield f"Example: {about.example}"
