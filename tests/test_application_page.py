"""The page on your own application: the file and the function that it shows work, and its tables leave nothing out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from servers.application import PLAIN, Asked, app_server

from synthgen.models import opened_app
from synthgen.models.app_function import PARAMETERS
from synthgen.models.app_settings import PLACES, AppSettings
from synthgen.spec.rows import Prompt

PAGE = (Path(__file__).parents[1] / "docs" / "application.md").read_text("utf-8")


def block(language: str, beginning: str = "") -> str:
    return next(text for text in re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S) if text.startswith(beginning))


def asked(source: Any, turns: tuple[tuple[str, str], ...] = ()) -> Any:
    with opened_app(source) as models:
        (completion,) = models["app"].complete([Prompt("the blue one", 1, turns=turns)])
    return completion


def test_the_file_that_is_shown_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "abc123def456")

    def answer(request: Asked, number: int) -> Any:
        assert request.headers["authorization"] == "Bearer abc123def456"
        return {"result": {"answers": [{"text": f"{request.body['question']}: {len(request.body['past'])}"}]}}

    with app_server(answer, strict=False) as server:
        text = block("yaml", "url:").replace("http://localhost:8000/v2/ask", server.address)
        (tmp_path / "app.yaml").write_text(text, "utf-8")
        assert asked(tmp_path / "app.yaml", (("user", "hi"), ("assistant", "Yes?"))).text == "the blue one: 2"


def test_the_function_that_is_shown_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shown_bot.py").write_text(block("python"), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert asked("shown_bot:answer").text == "Which order is it?"
    later = asked("shown_bot:answer", (("user", "hi"), ("assistant", "Which order is it?")))
    assert (later.text, later.tokens_in, later.tokens_out) == ("I see to the blue one.", 31, 6)


def test_what_an_address_is_sent_is_what_is_shown() -> None:
    assert json.loads(block("json")).keys() == PLAIN.keys()


def test_every_key_place_and_parameter_is_explained() -> None:
    table = "".join(line for line in PAGE.splitlines(keepends=True) if line.startswith("| `"))
    assert [key for key in AppSettings.model_fields if f"`{key}`" not in table] == []
    assert [place for place in PLACES if f"{{{{ {place} }}}}" not in table] == []
    assert [name for names in PARAMETERS.values() for name in names if f"`{name}`" not in table] == []
