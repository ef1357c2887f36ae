"""Whether `focus` makes more of what fails: `python tests/bench/focus.py [ROWS] [ROUNDS]` (default: 150 rows, 3 rounds).

An application that knows a request by its keyword, and only where that is spelled right, reads messages of the embedded model; each round
is made by the recipe that `focus` made of the one before. Wanted: the failing share of the second round is at least three times that of the
first. It goes on until nothing new is found, or for so many rounds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import synthgen
from synthgen.dataset import Dataset
from synthgen.focusing import summary

KEYWORDS = {"money": "refund", "parcel": "delivery", "login": "password"}
RECIPE = """\
name: shop
about: Customers of a shop, typing into the chat of its site.
seed: 3
tables:
  traffic:
    rows: ROWS
    fields:
      intent: {kind: choice, options: [money, parcel, login]}
      order: {kind: number, between: [1000, 9999], decimals: 0}
      message:
        kind: typed
        topic: "{{ intent }}"
        seeds:
          money:
            - i want a refund for order <order>
            - where is my refund
            - can i get a refund please, it broke
            - refund not arrived yet
            - how long does a refund take
            - hello, i sent it back and need my refund
          parcel:
            - where is my delivery
            - delivery of <order> is late
            - when will my delivery come
            - the delivery was left outside
            - i missed the delivery today
            - can you change my delivery date
          login:
            - cannot log in, password wrong
            - my password does not work
            - how do i reset my password
            - forgot the password again
            - password link never comes
            - hi i need a new password
        voice: {careful: 8, texter: 1, phone: 1}
    keep:
      - {kind: length, field: message, words: [2, 30]}
harness: {input: message, target: intent}
"""


def answer(message: str) -> str:
    """What the application takes a message for."""
    return next((intent for intent, keyword in KEYWORDS.items() if keyword in message.lower()), "none")


def graded(output: Path) -> Path:
    """Its answers to the rows of an output, graded as promptfoo writes it."""
    results = [
        {
            "testCase": {"metadata": {"id": f"traffic-{row['provenance']['row']}"}},
            "provider": {"id": "keywords"},
            "namedScores": {"correct": float(answer(row["message"]) == row["intent"])},
        }
        for row in Dataset.open(output).rows("traffic")
    ]
    place = output.with_suffix(".json")
    place.write_text(json.dumps({"results": {"version": 3, "results": results}}), encoding="utf-8")
    return place


def main() -> None:
    """Measure."""
    rows, rounds = (int(word) if word else usual for word, usual in zip([*sys.argv[1:], "", ""], (150, 3), strict=False))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "recipe.yaml"
        place.write_text(RECIPE.replace("ROWS", str(rows)), encoding="utf-8")
        for number in range(1, rounds + 1):
            output = synthgen.make(place, out=Path(folder) / f"round-{number}").folder
            found = synthgen.focus(graded(output), output, place)
            print(f"round {number}: " + "\n  ".join(summary(found)), flush=True)
            if found.settled or not found.rounds[-1].failed:
                break
            place = found.write()
        print(f"the failing share is {found.rounds[1].share / found.rounds[0].share:.1f} times that of the first round in the second")


if __name__ == "__main__":
    main()
