"""OpenTelemetry spans and log events of calls to models.

By the semantic conventions for generative AI, https://github.com/open-telemetry/semantic-conventions/tree/main/docs/gen-ai: the attribute
`gen_ai.input.messages` (a JSON text or a value, see gen-ai-input-messages.json), and what came before it: events named
`gen_ai.user.message` (up to v1.36), and OpenLLMetry's `gen_ai.prompt.0.content`. Files are OTLP JSON as the collector's file exporter
writes it (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), or a span or log record a line as SDKs' exporters have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synthgen.text.formats.asked import turns_asked, value_of
from synthgen.text.formats.shape import Dialogue, LogFormat, Record
from synthgen.text.message import usual_field

INPUT = "gen_ai.input.messages"
USER = "gen_ai.user.message"
ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
"""The events of a request, and whose turn each is."""


def _parts(value: Record) -> Iterator[Record] | None:
    """The spans and log records of OTLP JSON, whole or from the list of a resource's."""
    for resources, scopes, items in (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords")):
        groups = value.get(resources) if resources in value else [value] if scopes in value else None
        if isinstance(groups, list):
            return _of_groups(groups, scopes, items)
    return None


def _of_groups(groups: list[Any], scopes: str, items: str) -> Iterator[Record]:
    for group in groups:
        for scope in _objects(group, scopes):
            yield from _objects(scope, items)


def _objects(holder: Any, name: str) -> list[Record]:
    """The objects in a list of this name."""
    listed = holder.get(name) if isinstance(holder, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _attributes(record: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes by name, whether OTLP spells them as a list or an exporter as a mapping, or beside the record's own keys."""
    stored = record.get("attributes")
    if isinstance(stored, list):
        return {str(item.get("key")): _value(item.get("value")) for item in stored if isinstance(item, Mapping)}
    return dict(stored) if isinstance(stored, Mapping) else {key: value for key, value in record.items() if key.startswith("gen_ai.")}


def _value(any_value: Any) -> Any:
    """OTLP's AnyValue as a plain one."""
    if not isinstance(any_value, Mapping):
        return any_value
    if "arrayValue" in any_value:
        return [_value(item) for item in _values(any_value["arrayValue"])]
    if "kvlistValue" in any_value:
        return {str(item.get("key")): _value(item.get("value")) for item in _values(any_value["kvlistValue"]) if isinstance(item, Mapping)}
    return next((value for key, value in any_value.items() if key.endswith("Value")), any_value or None)


def _values(listed: Any) -> list[Any]:
    values = listed.get("values") if isinstance(listed, Mapping) else None
    return values if isinstance(values, list) else []


def _trace(record: Record) -> str:
    context = record.get("context") or record.get("spanContext") or {}
    context = context if isinstance(context, Mapping) else {}
    ids = (place.get(name) for place in (record, context) for name in ("traceId", "trace_id"))
    return next((value for value in ids if isinstance(value, str) and value), "")


def _recognise(record: Record) -> bool:
    """A span or log record: it holds a model's input, or has a trace and attributes and nothing else that may be a message."""
    attributes = _attributes(record)
    if INPUT in attributes or "gen_ai.prompt.0.role" in attributes or _event_name(record, attributes) in ROLES:
        return True
    if any(_event_name(event, {}) in ROLES for event in _objects(record, "events")):
        return True
    is_span = "attributes" in record and bool(record.keys() & {"spanId", "span_id", "context", "spanContext"})
    return is_span and bool(_trace(record)) and not usual_field(record)


def _event_name(record: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    names = (attributes.get("event.name"), *(record.get(key) for key in ("eventName", "event_name", "name")))
    return next((name for name in names if isinstance(name, str)), "")


def _dialogue(record: Record, where: str) -> Dialogue:
    attributes = _attributes(record)
    conversation = attributes.get("gen_ai.conversation.id") or attributes.get("session.id") or ""
    for field, turns in _candidates(record, attributes):
        if turns:
            return Dialogue(turns, field, str(conversation), _trace(record))
    return Dialogue(field=INPUT, request=_trace(record))


def _candidates(record: Record, attributes: Mapping[str, Any]) -> Iterator[tuple[str, list[str | None]]]:
    """What was said, wherever the versions of the conventions keep it."""
    yield INPUT, turns_asked(attributes.get(INPUT)) if attributes.get(INPUT) else []
    if (name := _event_name(record, attributes)) in ROLES:
        yield name, _of_event(name, attributes, value_of(_value(record.get("body"))))
    events = _objects(record, "events") or _objects({"events": value_of(attributes.get("events"))}, "events")
    yield USER, [turn for event in events for turn in _of_span_event(event)]
    yield "gen_ai.prompt", _indexed(attributes)


def _of_span_event(event: Mapping[str, Any]) -> list[str | None]:
    attributes = _attributes(event)
    name = _event_name(event, attributes)
    if INPUT in attributes:
        return turns_asked(attributes[INPUT])
    return _of_event(name, attributes, event if "content" in event else {}) if name in ROLES else []


def _of_event(name: str, attributes: Mapping[str, Any], body: Any) -> list[str | None]:
    kept = body if isinstance(body, Mapping) and "content" in body else value_of(attributes.get("gen_ai.event.content"))
    content = kept.get("content") if isinstance(kept, Mapping) else attributes.get("content", attributes.get("gen_ai.prompt"))
    return turns_asked([{"role": ROLES[name], "content": content}])


def _indexed(attributes: Mapping[str, Any]) -> list[str | None]:
    turns, number = list[str | None](), 0
    while f"gen_ai.prompt.{number}.role" in attributes:
        role, content = (attributes.get(f"gen_ai.prompt.{number}.{part}") for part in ("role", "content"))
        turns += turns_asked([{"role": str(role), "content": value_of(content)}])
        number += 1
    return turns


FORMAT = LogFormat(
    "OpenTelemetry",
    frozenset(
        {"attributes", "resourceSpans", "scopeSpans", "resourceLogs", "scopeLogs", "event_name", "eventName", INPUT, "gen_ai.prompt.0.role"}
    ),
    _recognise,
    _dialogue,
    unpack=_parts,
    talks=True,
    repeats=True,
    absent="its spans hold no messages: instrumentations record them only when they are told to, such as with "
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true; or name the field that holds them, such as --field body",
)
