"""An application behind an address: any endpoint that takes JSON, or one that is asked as OpenAI's or Anthropic's is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from synthgen.models import app_wire
from synthgen.models.app_secrets import is_secret
from synthgen.models.app_settings import VARIABLE, AppSettings, form_of
from synthgen.models.app_wire import AppFailure, AppQuestion, AppReply
from synthgen.models.failures import redacted, told_to_wait
from synthgen.models.http_client import LARGEST, PROVIDER_KEYS, HttpAnswer, HttpClient, NoHttpAnswer, provider_key
from synthgen.spec.digests import digest, digest_of

KEY, MODEL = "SYNTHGEN_APP_KEY", "SYNTHGEN_APP_MODEL"
"""The variables of the environment with the application's key and model."""
CONCURRENCY = 8
SHAPE = "it was sent JSON with message, session and history; docs/application.md says how it is sent something else"
"""Of an endpoint that is asked in the plain form."""


class HttpApplication:
    """An application at an address. `name` is what errors call it, `identity` what tells it from others; neither holds a secret."""

    def __init__(self, settings: AppSettings, version: str = "") -> None:
        assert settings.url is not None
        self.settings, self.form = settings, form_of(settings.url)
        self.model = settings.model or (os.environ.get(MODEL, "") if self.form != "plain" else "")
        self.concurrency, self.timeout = settings.concurrency or CONCURRENCY, settings.timeout
        self.tries, self.rate = settings.tries, settings.rate
        self.name = settings.name or _shown(settings.url)
        self.identity = self._identity(version or settings.version)
        self.secrets = list(_secrets(settings))
        self.headers = self._headers()
        self.client = HttpClient(self._address(""), self.concurrency)

    def _identity(self, version: str) -> str:
        said = self.settings.model_dump(include={"body", "reply", "headers", "system"}, exclude_defaults=True)
        if self.settings.system:
            said["system"] = self.settings.prompt
        parts = [self.name, self.model, f"as {digest_of(said)[:6]}" if said else "", f"version {version}" if version else ""]
        return "app " + " ".join(filter(None, parts))

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "application/json", "user-agent": "synthgen"}
        key = os.environ.get(KEY, "") or provider_key(self.form, self._address(""))
        if key:
            headers["authorization"] = f"Bearer {key}"
        if self.form == "anthropic":
            headers["anthropic-version"] = app_wire.ANTHROPIC
        return headers | {name.lower(): _with_variables(value) for name, value in self.settings.headers.items()}

    def _address(self, session: str) -> str:
        return app_wire.with_session(_with_variables(self.settings.url or ""), session)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.client.close()

    async def ask(self, question: AppQuestion) -> AppReply | AppFailure:
        """What it answers, or why it does not; neither with a secret in it."""
        answer = await self._asked(question)
        if isinstance(answer, AppFailure):
            return AppFailure(redacted(answer.message, self.secrets), answer.hint, answer.what, answer.wait)
        return AppReply(redacted(answer.text, self.secrets), answer.tokens_in, answer.tokens_out, answer.tokens_cached, answer.cost)

    async def _asked(self, question: AppQuestion) -> AppReply | AppFailure:
        content = json.dumps(app_wire.body(self.settings, self.form, self.model, question), ensure_ascii=False).encode()
        headers = {name: app_wire.with_session(value, question.session) for name, value in self.headers.items()}
        headers = {"content-type": "application/json"} | headers
        response = await self.client.ask("POST", self._address(question.session), headers, content)
        if isinstance(response, NoHttpAnswer):
            return AppFailure(response.message, response.hint, "answer" if response.what == "final" else response.what)
        if response.text is None:
            if response.kind == "text/event-stream":
                return AppFailure("it streams its answer, which is not read", "have it answer with one JSON object")
            return AppFailure(f"its answer has more than {LARGEST:,} bytes")
        return self._read(response.text, response.kind) if 200 <= response.status < 300 else self._refused(response, response.text)

    def _read(self, text: str, kind: str) -> AppReply | AppFailure:
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = None
        if kind == "text/plain" and self.settings.reply is None and not isinstance(answer, dict | list):
            return AppReply(text)
        if answer is None:
            return AppFailure(f"its answer is not JSON: {app_wire.short(text) or 'it is empty'}")
        reply = app_wire.reply_of(answer, self.settings.reply)
        if reply is None:
            trouble = app_wire.trouble_of(answer["error"]) if isinstance(answer, dict) and answer.get("error") else ""
            where = f"at '{self.settings.reply}'" if self.settings.reply else "in it"
            told = f": {trouble}" if trouble else f"; {app_wire.shown_keys(answer)}"
            return AppFailure(f"its answer has no reply {where}{told}", "say where it stands: reply, in a file for --app")
        return app_wire.usage_of(answer, reply, self.model if self.form == "anthropic" else "")

    def _refused(self, response: HttpAnswer, text: str) -> AppFailure:
        status = response.status
        trouble = app_wire.trouble_in(text)
        message = f"{status} {response.phrase}".strip() + (f": {trouble}" if trouble else "")
        if 300 <= status < 400:
            where = app_wire.short(response.headers.get("location", "")) or "it does not say which"
            told = f"{status}: it sends requests on to another address ({where}), where nothing is sent"
            return AppFailure(told, "if that is the application, name that address")
        if status == 429:
            return AppFailure(message, what="throttled", wait=told_to_wait(response.headers))
        if status >= 500:
            return AppFailure(message, what="passing", wait=told_to_wait(response.headers))
        if status in (401, 407):
            return AppFailure(message, f"give it a key: {KEY}, or headers in a file for --app")
        if status in (404, 405):
            return AppFailure(message, "look at the address, its path too")
        return AppFailure(message, SHAPE if self.form == "plain" and self.settings.body is None else "")


def _with_variables(text: str) -> str:
    return VARIABLE.sub(lambda match: os.environ.get(match[1], ""), text)


def _shown(url: str) -> str:
    """An address as it is shown: a digest in place of what is behind the `?`, which may hold a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{digest(parts.query, 6)}" if parts.query else "")


def _secrets(settings: AppSettings) -> Iterator[str]:
    """What must be in no answer and no error: keys, all that stands in the environment for the address and the headers, and what they hold
    themselves that seems to be a key."""
    queries = dict(part.partition("=")[::2] for part in urlsplit(settings.url or "").query.split("&"))
    written = {**queries, **settings.headers}
    names = [KEY, *(name for name, _, _ in PROVIDER_KEYS.values()), *VARIABLE.findall(" ".join([settings.url or "", *written.values()]))]
    yield from (os.environ.get(name, "") for name in names)
    for place, text in written.items():
        yield from (word for word in re.split(r"[\s;,=]+", VARIABLE.sub("", text)) if is_secret(place, word))
