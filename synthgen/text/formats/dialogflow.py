"""Training phrases of Dialogflow: the CSV of CX (columns Intent Display Name, Language, Phrase; what the console exports, and
https://docs.cloud.google.com/dialogflow/cx/docs/reference/rest/v3/projects.locations.agents.intents/export with the data format CSV), and
the files `INTENT_usersays_LANGUAGE.json` of an ES agent (https://cloud.google.com/dialogflow/es/docs/agents-settings#export).

An empty cell of the CSV stands for the intent above it.
"""

from __future__ import annotations

from synthgen.text.formats.shape import Dialogue, LogFormat, Record

INTENT, PHRASE = "Intent Display Name", "Phrase"


def _is_phrase(record: Record) -> bool:
    return INTENT in record and PHRASE in record


def _is_said(record: Record) -> bool:
    parts = record.get("data")
    return "isTemplate" in record and isinstance(parts, list) and all(isinstance(part, dict) and "text" in part for part in parts)


def _recognise(record: Record) -> bool:
    return _is_phrase(record) or _is_said(record)


def _dialogue(record: Record, where: str) -> Dialogue:
    if _is_phrase(record):
        return Dialogue([str(record[PHRASE] or "")], PHRASE, intent=str(record[INTENT] or ""))
    return Dialogue(["".join(str(part["text"]) for part in record["data"])], "data")


FORMAT = LogFormat("Dialogflow", frozenset({INTENT, "isTemplate"}), _recognise, _dialogue)
