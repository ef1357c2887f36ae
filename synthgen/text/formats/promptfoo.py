"""Results of promptfoo: what `promptfoo eval -o results.json` (or `.jsonl`) writes, by
https://www.promptfoo.dev/docs/configuration/outputs and the type `EvaluateResult` of its source.

What was typed is a variable; the prompt around it was written by the application. A test that several prompts and providers took counts
once.
"""

from __future__ import annotations

from synthgen.spec.paths import get_path
from synthgen.text.formats.asked import turns_asked
from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value


def _recognise(record: Record) -> bool:
    prompt = record.get("prompt")
    return isinstance(record.get("vars"), dict) and isinstance(prompt, dict) and isinstance(prompt.get("raw"), str)


def _parts(value: Record) -> list[Record] | None:
    results = get_path(value, "results.results")
    are_results = isinstance(results, list) and results and all(isinstance(result, dict) and _recognise(result) for result in results)
    return results if are_results else None


def _dialogue(record: Record, where: str) -> Dialogue:
    test = short_value(record, ("testIdx",))
    return Dialogue(turns_asked(record["vars"]), "vars", request=f"test {test}" if test else "")


FORMAT = LogFormat(
    "promptfoo results",
    frozenset({"vars", "results"}),
    _recognise,
    _dialogue,
    unpack=_parts,
    repeats=True,
    absent="it cannot be told which variable was typed: name it, such as --field vars.question",
)
