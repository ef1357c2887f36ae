"""What databases and pages hold, copied out of them: JSON, XML, HTML, SQL, rows of a table."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from synthgen.fields.edges.details import code, drawn, hexes, one_of
from synthgen.fields.edges.pasted import FAULTS, PARTS, THINGS, with_paste
from synthgen.fields.edges.situation import Situation, mentioned
from synthgen.spec.rows import Value

QUERIES = [
    "SELECT * FROM {table} WHERE {column} = {value};",
    "select {column}, count(*) from {table}\ngroup by {column}\nhaving count(*) > {small}\norder by 2 desc limit {small}0",
    "UPDATE {table} SET {column} = {value}, updated_at = '{stamp}' WHERE id = {number};",
    "INSERT INTO {table} (id, {column}, {part}_id)\nVALUES ({number}, {value}, {small}{small});",
    "SELECT t.id, t.{column}, o.name\n  FROM {table} t\n  JOIN {part}s o ON o.id = t.{part}_id\n WHERE t.{column} LIKE {value}",
    "DELETE FROM {table} WHERE {column} = {value} AND created_at < '{stamp}';",
]
ANSWERS = [
    "",
    "",
    "\n(0 rows)",
    '\nERROR:  relation "{table}" does not exist',
    '\nORA-00904: "{column}": invalid identifier',
    "\n({small} rows)",
    "\nERROR 1064 (42000): You have an error in your SQL syntax near '{column}' at line {small}",
]

STATUSES = ["502 Bad Gateway", "503 Service Temporarily Unavailable", "504 Gateway Time-out"]
PAGES = [
    '<div class="alert alert-danger" role="alert">\n  <strong>Error {small}0{small}</strong> {fault}\n</div>',
    '<form action="/{thing}" method="post">\n  <label for="{thing}">Your {thing}</label>\n'
    '  <input type="text" id="{thing}" name="{thing}" value="" required>\n  <button disabled>Send</button>\n</form>',
    '<p style="font-family:Arial;font-size:14px">Dear {first},<br><br>your request <b>{code}</b> of {date} is being processed.&nbsp;</p>'
    '<img src="https://{host}/px.gif?u={hex}" width="1" height="1">',
    '<table border="0" cellpadding="{small}"><tr><td>Ref</td><td>{code}</td></tr><tr><td>Date</td><td>{date}</td></tr>'
    "<tr><td>Total</td><td>&pound;{money}</td></tr></table>",
    '<a href="https://{host}/{hex}" target="_blank" rel="noopener"><span class="btn btn-primary">Continue</span></a>',
    "<html>\n<head><title>{status}</title></head>\n<body>\n<center><h1>{status}</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>",
    '<li class="{thing}-item" data-id="{number}"><h3>{thing} {small}</h3><p class="hint">{fault}</p></li>',
    '<span data-testid="{thing}-error" style="color:#c00">{fault}</span><br/><small>ref {hex}</small>',
]


def _plain(fact: Value) -> str | int | float:
    return fact if isinstance(fact, str | int | float) else str(fact)


def _in_xml(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _record(stream: Random, message: str, situation: Situation) -> dict[str, Any]:
    """A record with the facts that the message mentions, and others that programs keep."""
    record: dict[str, Any] = {
        "id": stream.choice([hexes(stream, 24), stream.randint(1000, 999999), drawn(stream, situation, "{uuid}")]),
        **{name: _plain(situation.facts[name]) for name in mentioned(message, situation.facts)},
    }
    extra: dict[str, Any] = {
        "status": stream.choice(["error", "pending", "FAILED", "ok", "unknown"]),
        "createdAt": drawn(stream, situation, "{stamp}"),
        "code": stream.choice([400, 401, 403, 404, 409, 422, 500, 503]),
        "retry": stream.choice([True, False]),
        "error": one_of(stream, situation, FAULTS),
        "version": drawn(stream, situation, "{version}"),
        "traceId": hexes(stream, 16),
        "next": None,
        "tags": stream.sample(THINGS, k=stream.randint(0, 3)),
        "client": {"ip": drawn(stream, situation, "{ip}"), "os": stream.choice(["iOS 19.1", "Android 16", "Windows 11", "macOS 26"])},
    }
    return record | {key: extra[key] for key in stream.sample(sorted(extra), k=stream.randint(2, 6))}


def pasted_json(stream: Random, message: str, situation: Situation) -> str:
    """A response or a record in JSON, pretty or on one line, now and then cut off."""
    record = _record(stream, message, situation)
    content: Any = stream.choice([record, record, {"errors": [record]}, [record, _record(stream, message, situation)]])
    text = json.dumps(content, indent=stream.choice([None, None, 2, 4]), ensure_ascii=False)
    return with_paste(stream, message, text if stream.random() < 0.85 else text[: int(len(text) * stream.uniform(0.5, 0.95))], fence=0.2)


def pasted_xml(stream: Random, message: str, situation: Situation) -> str:
    """A record in XML."""
    elements = "\n".join(f"  <{key}>{_in_xml(value)}</{key}>" for key, value in _record(stream, message, situation).items())
    name = stream.choice(["response", "Envelope", "record", "fault", "item"])
    return with_paste(
        stream, message, stream.choice(["", '<?xml version="1.0" encoding="UTF-8"?>\n']) + f"<{name}>\n{elements}\n</{name}>", fence=0.1
    )


def pasted_html(stream: Random, message: str, situation: Situation) -> str:
    """A piece of a page, with its tags."""
    thing, fault, status = stream.choice(THINGS), one_of(stream, situation, FAULTS), stream.choice(STATUSES)
    return with_paste(stream, message, one_of(stream, situation, PAGES, thing=thing, fault=fault, status=status), fence=0.15)


def pasted_sql(stream: Random, message: str, situation: Situation) -> str:
    """A query, with or without the answer of the database."""
    facts = ["'" + fact.replace("'", "''") + "'" for fact in mentioned(message, situation.facts).values()]
    value = stream.choice(facts or [str(stream.randint(1, 99999)), f"'{code(stream)}'"])
    query = stream.choice(QUERIES) + stream.choice(ANSWERS)
    paste = drawn(
        stream, situation, query, table=f"{stream.choice(THINGS)}s", column=stream.choice(THINGS), part=stream.choice(PARTS), value=value
    )
    return with_paste(stream, message, paste, fence=0.3)


def pasted_csv(stream: Random, message: str, situation: Situation) -> str:
    """Rows of a spreadsheet or a statement."""
    mark, facts = stream.choice([",", ",", ";", "\t", "\t", " | "]), mentioned(message, situation.facts)
    columns = {
        "Date": "{stamp}",
        "Reference": "{code}",
        "Name": "{name}",
        "Amount": "{money}",
        "Qty": "{small}",
        "City": "{city}",
        "Email": "{email}",
        "Balance": "{money}",
        "Type": "",
        "Id": "{number}",
        "Phone": "{phone}",
    }
    chosen = stream.sample(list(columns), k=stream.randint(3, 5))
    rows = []
    for _ in range(stream.randint(2, 14)):
        cells = [
            stream.choice(["DD", "card", "refund", "POS", "transfer", "fee"]) if name == "Type" else drawn(stream, situation, columns[name])
            for name in chosen
        ]
        rows.append(
            [f'"{cell}"' if mark in cell else cell[:10] if name == "Date" else cell for name, cell in zip(chosen, cells, strict=True)]
        )
    place = stream.randrange(len(rows))
    for fact in facts.values():  # one row is the one that the message is about
        decoys = [
            re.sub(r"\d", lambda _: str(stream.randint(0, 9)), fact) if re.search(r"\d", fact) else drawn(stream, situation, "{company}")
            for _ in rows
        ]
        for number, (row, decoy) in enumerate(zip(rows, decoys, strict=True)):
            cell = fact if number == place else decoy
            row.append(f'"{cell}"' if mark in cell else cell)
    chosen += [name.replace("_", " ").title() for name in facts]
    header = [mark.join(chosen)] if stream.random() < 0.75 else []
    return with_paste(stream, message, "\n".join([*header, *map(mark.join, rows)]), fence=0.05)
