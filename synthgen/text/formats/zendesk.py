"""Tickets out of Zendesk: CSV and JSON, as https://support.zendesk.com/hc/en-us/articles/4408886165402 exports them; the API's tickets with
their comments, https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/.

The CSV export holds no comments, only the subject; exports of Explore and of others may have a column for the first one. In JSON a comment
is the user's if the ticket's requester wrote it, and it is public.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synthgen.text.formats.markup import without_html
from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value
from synthgen.text.message import usual_field

COLUMNS = ("ticket description", "description", "first comment", "comment", "comments", "subject", "ticket subject")
"""The columns that hold what the requester wrote, the fullest first."""
REQUESTERS = ("Requester", "Requester id", "Requester ID", "requester")
OF_TICKETS = {"requester id", "requester email", "requester external id", "ticket type", "assignee", "assignee id", "ticket form", "via"}


def _keys(record: Record) -> dict[str, str]:
    return {str(key).casefold(): key for key in reversed(list(record))}


def _is_row(record: Record) -> bool:
    if record.keys().isdisjoint(REQUESTERS):
        return False
    keys = _keys(record)
    of_csv = {"requester", "subject"} <= keys.keys() or {"requester id", "ticket subject"} <= keys.keys()
    return of_csv and len(OF_TICKETS & keys.keys()) > 1 and not usual_field(record)


def _is_ticket(record: Record) -> bool:
    requester = record.get("requester")
    has_requester = "requester_id" in record or (isinstance(requester, dict) and "id" in requester)
    is_ticket = has_requester and {"subject", "description"} <= record.keys() and bool(record.keys() & {"submitter_id", "submitter", "via"})
    return is_ticket and not usual_field(record)


def _recognise(record: Record) -> bool:
    return _is_ticket(record) or _is_row(record)


def _parts(value: Record) -> list[Record] | None:
    """The tickets of a page of the API, or of an incremental export."""
    tickets = value.get("tickets")
    are_tickets = isinstance(tickets, list) and all(isinstance(item, dict) and _is_ticket(item) for item in tickets)
    return tickets if are_tickets and tickets else None


def _dialogue(record: Record, where: str) -> Dialogue:
    if not _is_ticket(record):
        keys = _keys(record)
        field = next(keys[name] for name in COLUMNS if name in keys)
        ticket = short_value(record, [keys[key] for key in ("id", "ticket id") if key in keys])
        return Dialogue([without_html(str(record[field] or ""))], field, ticket)
    if isinstance(comments := record.get("comments"), list) and comments:
        return Dialogue(list(_of_comments(comments, _id_of(record, "requester"))), "comments", short_value(record, ("id",)))
    return Dialogue([without_html(str(record.get("description") or ""))], "description", short_value(record, ("id",)))


def _id_of(record: Record, person: str) -> Any:
    """The id of a person of a ticket or comment, beside it or in it."""
    named_person = record.get(person)
    return record.get(f"{person}_id", named_person.get("id") if isinstance(named_person, dict) else None)


def _of_comments(comments: list[Any], requester: Any) -> Iterator[str | None]:
    for comment in comments:
        author = _id_of(comment, "author") if isinstance(comment, dict) else None
        if author is None or author != requester or comment.get("public") is False:
            yield None
            continue
        texts = (comment.get(key) for key in ("plain_body", "body", "html_body"))
        yield without_html(next((text for text in texts if isinstance(text, str)), ""))


FORMAT = LogFormat("Zendesk tickets", frozenset({*REQUESTERS, "requester_id", "tickets"}), _recognise, _dialogue, unpack=_parts, talks=True)
