"""What pasted material has in common: the words above it, and the details that programs leave in it.

Times lie shortly before the recipe's `now`; addresses are of the ranges and names that are reserved for examples; and of
the row's facts only those appear that the message mentions.
"""

from __future__ import annotations

import datetime
from random import Random

from synthgen.fields.edges.details import recently
from synthgen.fields.edges.situation import Situation, like, then

ABOVE = [
    "this is what I get:",
    "see below",
    "here's what it says",
    "",
    "",
    "",
    "it shows this",
    "copied from the screen:",
    "no idea what this means",
    "does this help?",
    "I get this:",
    "what does this mean",
]
PARTS = [
    "auth",
    "gateway",
    "worker",
    "api",
    "sync",
    "session",
    "scheduler",
    "mailer",
    "cache",
    "upload",
    "profile",
    "notify",
    "billing",
    "search",
    "export",
]
FAULTS = [
    "connection refused",
    "timeout after {small}000 ms",
    "invalid token",
    "permission denied",
    "no such file or directory: /var/lib/app/{hex}.tmp",
    "duplicate key {number}",
    "unexpected end of input",
    "503 Service Unavailable",
    "certificate has expired",
    "disk quota exceeded",
    "cannot read property 'id' of undefined",
    "record {number} not found",
    "rate limit exceeded, retry in {small}0s",
    "checksum mismatch ({hex})",
    "host {host} unreachable",
]
STEPS = [
    "request {hex} received",
    "loading profile {number}",
    "retrying ({small}/10)",
    "cache miss for key {hex}",
    "opened connection to {ip}:443",
    "session {uuid} resumed",
    "heartbeat ok",
    "queue length {small}{small}",
    "GET /api/v{small}/status",
    "refresh token issued",
    "user agent changed",
    "config reloaded in {small}{small} ms",
    "upload of {small}{small}{small} kB finished",
    "closing idle connection",
]
CLASSES = [
    "SessionManager",
    "ReportExporter",
    "TokenFilter",
    "RequestHandler",
    "QueueConsumer",
    "FormValidator",
    "ImageLoader",
    "RetryPolicy",
    "ConfigReader",
    "UserStore",
    "PageRenderer",
    "SyncAdapter",
]
VERBS = ["load", "handle", "submit", "parse", "connect", "run", "refresh", "validate", "render", "save", "invoke", "fetch"]
THINGS = ["item", "total", "user", "row", "date", "name", "result", "data", "value", "index", "price", "label"]


def with_paste(stream: Random, message: str, paste: str, fence: float = 0.0) -> str:
    """What they typed, and what they pasted, in one order or the other."""
    if stream.random() < fence:
        paste = f"```\n{paste}\n```"
    above, gap = like(message, stream.choice(ABOVE)), stream.choice(["\n", "\n", "\n\n"])
    typed = stream.choice([then(stream, message, above), f"{message}\n{above}"]).strip() if message.strip() else above
    order = [paste, message] if stream.random() < 0.25 else [typed, paste]
    return gap.join(part for part in order if part.strip())


def moments(stream: Random, situation: Situation, count: int) -> list[datetime.datetime]:
    """Some moments, one shortly behind the other."""
    moment, pace = recently(stream, situation), stream.choice([0.05, 0.8, 20])
    times = []
    for _ in range(count):
        times.append(moment)
        moment = min(moment + datetime.timedelta(seconds=stream.expovariate(1 / pace)), max(moment, situation.now))
    return times
