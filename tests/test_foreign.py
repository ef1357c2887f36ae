"""Files that hold no messages are refused in words, whoever reads them; what people paste into their messages is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import chatter

import synthgen
from synthgen.errors import DataError, RecipeError
from synthgen.text import files

TOP = Path(synthgen.__file__).parent
SRT = "".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},500\nwell, that is line {n}\n\n" for n in range(1, 9))
VTT = "WEBVTT\n\n00:01.000 --> 00:04.000\nNever drink liquid nitrogen.\n"
ASS = "[Script Info]\nTitle: x\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,hello\n"
PAGE = "<!DOCTYPE html>\n<html>\n<body>\n<p>hello</p>\n</body>\n</html>\n"
CHAT = "<div class='message default'>\n" + "".join(f"<div class='text'>message {n}</div>\n</div>\n" for n in range(9))
CONFIG = json.dumps({"name": "shop", "scripts": {"test": "jest"}, "files": ["a", "b"]}, indent=2)
PROGRAM = (TOP / "text" / "foreign.py").read_text("utf-8")
SCRIPT = "".join(f"const a{n} = require('x');\nfunction f{n}(a) {{\n  return a + {n};\n}}\n" for n in range(8))
FOREIGN = {
    "talk.srt": (SRT, "subtitles"),
    "talk.txt": (SRT, "subtitles"),
    "talk.vtt": (VTT, "subtitles"),
    "talk.ass": (ASS, "subtitles"),
    "page.html": (PAGE, "a page of HTML or XML"),
    "page.txt": (PAGE, "a page of HTML or XML"),
    "messages.html": (CHAT, "a page of HTML or XML"),
    "feed.txt": ("<?xml version='1.0'?>\n<feed/>\n", "a page of HTML or XML"),
    "package.txt": (CONFIG, "one JSON value"),
    "foreign.py": (PROGRAM, "its name is one of source code"),
    "foreign.txt": (PROGRAM, "most lines are those of a program"),
    "script.txt": (SCRIPT, "most lines are those of a program"),
    "app.yaml": ("name: shop\nport: 80\n", "its name is one of settings"),
    "app.toml": ("[tool]\nname = 'shop'\n", "its name is one of settings"),
}


def refused(path: Path) -> DataError:
    with pytest.raises(DataError) as error:
        files.messages(path)
    return error.value


@pytest.mark.parametrize("name", FOREIGN)
def test_what_holds_no_messages_is_refused_in_words(name: str, tmp_path: Path) -> None:
    content, what = FOREIGN[name]
    (tmp_path / name).write_text(content, "utf-8")
    error = refused(tmp_path / name)
    assert error.message.startswith(f"{tmp_path / name}: {what}")
    assert error.hint


@pytest.mark.parametrize("key", ["seeds", "like"])
def test_a_recipe_that_names_it_is_told(key: str, tmp_path: Path) -> None:
    (tmp_path / "talk.srt").write_text(SRT)
    (tmp_path / "r.yaml").write_text(f"name: a\ntables: {{t: {{rows: 1, fields: {{m: {{kind: typed, {key}: talk.srt}}}}}}}}\n")
    with pytest.raises(RecipeError) as error:
        synthgen.check(tmp_path / "r.yaml")
    assert "subtitles, which nobody typed as messages" in str(error.value)


def test_measure_tells_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    with pytest.raises(DataError, match="a page of HTML or XML"):
        synthgen.measure(tmp_path / "page.html")


@pytest.mark.parametrize("content", [SRT, PAGE, CHAT, CONFIG, SCRIPT, PROGRAM[:1500]])
def test_what_people_pasted_stays(content: str, tmp_path: Path) -> None:
    pasted = [line for line in content.splitlines() if line.strip()]
    texts = chatter(3 * len(pasted))
    (tmp_path / "logs.txt").write_text("\n".join(["why does this fail??", *pasted, *texts]), "utf-8")
    assert len(files.messages(tmp_path / "logs.txt")) == len(pasted) + len(texts) + 1


@pytest.mark.parametrize(
    "texts", [["{{ name }} is shown", "what is {{ name }}"], ["<3 <3 <3", "<3"], ["1:30 --> 2:30 works for me"], ["#1", "#2"]]
)
def test_short_files_of_odd_messages_are_read(texts: list[str], tmp_path: Path) -> None:
    (tmp_path / "logs.txt").write_text("\n".join(texts))
    assert files.messages(tmp_path / "logs.txt") == texts


def mail(**headers: str) -> str:
    return "".join(
        f"{name.replace('_', '-')}: {value}\n" for name, value in {"From": "a@b.c", "To": "d@e.f", "Subject": "x", **headers}.items()
    )


def test_of_one_mail_the_typed_body_is_read(tmp_path: Path) -> None:
    body = "hi,\nwhere is it\n\n-----Original Message-----\nFrom: us\nsorry\n"
    (tmp_path / "a.eml").write_text(f"{mail()}\n{body}")
    assert files.messages(tmp_path / "a.eml") == ["hi, where is it"]


def test_a_mail_that_is_only_a_page_has_no_message(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(mail(Content_Type="text/html") + "\n<p>hi</p>\n")
    error = refused(tmp_path / "a.eml")
    assert "no messages in it" in error.message
    assert "plain text" in error.hint


@pytest.mark.parametrize("charset", ["nonsense", "utf-8", "ascii"])
def test_a_mail_with_a_wrong_charset_is_read_as_far_as_it_goes(charset: str, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(mail(Content_Type=f"text/plain; charset={charset}") + "\nwhere is it\n")
    assert files.messages(tmp_path / "a.eml") == ["where is it"]


def test_messages_about_mails_are_no_mails(tmp_path: Path) -> None:
    texts = ["From: the shop, To: me", "Subject: your parcel", "Date: never, it seems", "why do i get this"]
    (tmp_path / "logs.txt").write_text("\n".join(texts))
    assert files.messages(tmp_path / "logs.txt") == texts
