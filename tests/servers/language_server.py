"""A client of YAML's language server (npm `yaml-language-server`), which runs as a process of this machine and speaks over its pipes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

COMMAND = "yaml-language-server"
MARKUP = {"contentFormat": ["markdown"]}
ABILITIES = {
    "textDocument": {
        "hover": MARKUP,
        "completion": {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True}},
        "publishDiagnostics": {},
    }
}
SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}


def is_installed() -> bool:
    return shutil.which(COMMAND) is not None


class LanguageServer:
    """The server, with one file open at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.diagnostics = folder, 0, dict[str, list[dict[str, Any]]]()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen([COMMAND, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.request("initialize", {"processId": None, "rootUri": self.folder.as_uri(), "capabilities": ABILITIES})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:  # it asks for settings, which it was told
            items = message.get("params", {}).get("items", [])
            self._send({"id": message["id"], "result": [None for _ in items] if items else None})
        return message

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """What the server answers."""
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def open(self, file: Path, text: str) -> None:
        """Open a file with this text, saved or not."""
        self.uri, self.text = file.as_uri(), text
        self.notify("textDocument/didOpen", {"textDocument": {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}})

    def _behind(self, mark: str) -> dict[str, Any]:
        end = self.text.index(mark) + len(mark)
        line = self.text[:end].count("\n")
        return {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": end - self.text.rfind("\n", 0, end) - 1}}

    def completions(self, mark: str) -> dict[str, str]:
        """What may stand behind a mark in the text, each with what is said of it."""
        items = self.request("textDocument/completion", self._behind(mark))["items"]
        said = {item["label"]: item.get("documentation") or "" for item in items}
        return {label: text if isinstance(text, str) else text["value"] for label, text in said.items()}

    def hover(self, mark: str) -> str:
        """What is said of the word that a mark ends in."""
        answer = self.request("textDocument/hover", self._behind(mark))
        return str(answer["contents"]["value"]) if answer else ""

    def mistakes(self) -> list[str]:
        """What the server finds wrong in the file, when it has looked."""
        while self.uri not in self.diagnostics:
            self._receive()
        return [str(diagnostic["message"]) for diagnostic in self.diagnostics[self.uri]]
