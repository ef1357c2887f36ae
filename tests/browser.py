"""A headless Chromium that tests can drive, over the pipes of its DevTools protocol: no driver, no port and no network."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync", "--no-default-browser-check", "--remote-debugging-pipe",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",  # a mouse
)  # fmt: skip
TOLD = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
"""The events that a page without a fault does not cause."""
GONE = ("Inspected target navigated or closed", "Cannot find default execution context", "Execution context was destroyed.")
"""How the browser says that another page took the place of the one that was asked."""


@dataclass
class Browser:
    """One page. `events` are those that the browser has told of it so far."""

    process: subprocess.Popen[bytes]
    to: Any
    back: Any
    session: str = ""
    number: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """What the browser answers to a command of its protocol."""
        answer = self._answer(method, given)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _answer(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        asked = {"id": self.number, "method": method, "params": given, **({"sessionId": self.session} if self.session else {})}
        self.to.write(json.dumps(asked).encode() + b"\0")
        self.to.flush()
        while (told := self._next()).get("id") != self.number:
            self.events.append(told)
        return told

    def _next(self) -> dict[str, Any]:
        parts = bytearray()
        while (one := self.back.read(1)) != b"\0":
            assert one, "the browser has gone"
            parts += one
        return dict(json.loads(parts))

    def open(self, place: Path | str) -> None:
        """Open a file or an address, and wait until it is loaded."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        before = self._loads()
        self.call("Page.navigate", url=place if isinstance(place, str) else place.resolve().as_uri())
        while self._loads() == before:
            self.events.append(self._next())

    def _loads(self) -> int:
        """How often this page was loaded."""
        return sum(event.get("method") == "Page.loadEventFired" and event.get("sessionId") == self.session for event in self.events)

    def tab(self) -> str:
        """Open another page beside this one and turn to it; `session` is how to turn to either. Returns what this one was."""
        own, self.session = self.session, ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return own

    def wait(self, condition: str) -> None:
        """Wait until a condition of the page, or of the one that takes its place, is true; one that never is fails the test."""
        look = f"const look = () => ({condition}) ? done(true) : tries-- ? setTimeout(look, 10) : done(false); look();"
        script = f"new Promise((done) => {{ let tries = 3000; {look} }})"
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        while (answer := self._answer("Runtime.evaluate", asked)).get("error", {}).get("message") in GONE:
            pass
        assert "error" not in answer, answer
        assert self._value(answer["result"]), condition

    def run(self, script: str) -> Any:
        """The value of a script in the page."""
        return self._value(self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True))

    @staticmethod
    def _value(evaluated: dict[str, Any]) -> Any:
        assert "exceptionDetails" not in evaluated, evaluated
        return evaluated["result"].get("value")

    def press(self, key: str, code: str = "", text: str = "", *, control: bool = False) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            given = {"key": key, "code": code or key, "text": text if kind == "keyDown" else "", "modifiers": 2 if control else 0}
            self.call("Input.dispatchKeyEvent", type=kind, windowsVirtualKeyCode=27 if key == "Escape" else 0, **given)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def told(self) -> list[dict[str, Any]]:
        """What the page said on its console, and what it did wrong."""
        return [event for event in self.events if event.get("method") in TOLD]

    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]

    def size(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Make the window so large, and prefer dark pages or light ones."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def picture(self, file: Path, part: str = "") -> None:
        """A picture of the page, or of the part that a selector finds."""
        box = self.run(
            f"(() => {{const b = document.querySelector({json.dumps(part or 'html')}).getBoundingClientRect();"
            "return [b.x + scrollX, b.y + scrollY, b.width, b.height]})()"
        )
        clip = dict(zip(("x", "y", "width", "height"), box, strict=True), scale=1)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]))

    def window(self, file: Path) -> None:
        """A picture of what the window shows."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def pdf(self, file: Path) -> None:
        """The page as it is printed."""
        file.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a new profile in a folder."""
    assert CHROMIUM
    (read, to), (back, write) = os.pipe(), os.pipe()

    def pipes() -> None:
        ours, theirs = os.dup(read), os.dup(write)
        os.dup2(ours, 3)
        os.dup2(theirs, 4)

    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={folder}"]
    process = subprocess.Popen(
        command, pass_fds=(3, 4), preexec_fn=pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    os.close(read)
    os.close(write)
    with os.fdopen(to, "wb") as writer, os.fdopen(back, "rb") as reader:
        one = Browser(process, writer, reader)
        try:
            target = one.call("Target.createTarget", url="about:blank")["targetId"]
            one.session = one.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            yield one
        finally:
            one.session = ""
            try:
                one.call("Browser.close")
            finally:
                process.wait(30)
