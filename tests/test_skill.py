"""The skill for coding agents: it leaves nothing out, what it shows works, and no file of a project is lost to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import WORDS
from ruamel.yaml import YAML
from typer.testing import CliRunner

from synthgen import api
from synthgen.advice import install, skill
from synthgen.cli import COMMANDS, app
from synthgen.errors import OutputError
from synthgen.harness import HARNESSES
from synthgen.models import ScriptedModel
from synthgen.recipe import load, plan
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.spec.rows import Prompt
from synthgen.voices.library import shipped

TEXT = skill()
RECIPE, *FRAGMENTS = (YAML(typ="safe").load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def line(kind: str) -> str:
    return next((line for line in TEXT.splitlines() if line.startswith(f"* {kind}: ")), "")


def with_fragment(fragment: dict[str, Any]) -> dict[str, Any]:
    """The skill's own recipe, with tables or fields that it shows besides."""
    tables = RECIPE["tables"]
    if any("fields" in part for part in fragment.values()):
        return {**RECIPE, "tables": {**tables, **fragment}}
    traffic = tables["traffic"]
    return {**RECIPE, "tables": {**tables, "traffic": {**traffic, "fields": {**traffic["fields"], **fragment}}}}


# What it says


def test_it_is_short_and_says_when_it_is_wanted() -> None:
    _, head, body = TEXT.split("---\n", 2)
    told = YAML(typ="safe").load(head)
    assert told.keys() == {"name", "description"}
    assert re.fullmatch(r"[a-z0-9-]{1,64}", told["name"])
    assert 50 < len(told["description"]) <= 1024
    assert body.startswith("\n# ")
    assert len(TEXT.encode()) < 7 * 1024


@pytest.mark.parametrize("kind", [*FIELDS, *CHECKS])
def test_every_kind_has_a_line_with_its_keys(kind: str) -> None:
    common = {"kind", "when", "otherwise", "hidden", "field"} if kind in CHECKS else {"kind", "when", "otherwise", "hidden"}
    asked = {"by", "tries", "effort", "thinking", "tokens", "documents", "out"}  # the schema tells these
    keys = [field.alias or key for key, field in {**FIELDS, **CHECKS}[kind].model_fields.items() if key not in common | asked]
    assert [key for key in keys if not re.search(rf"\b{key}\b", line(kind))] == []


@pytest.mark.parametrize("name", [*sorted({*COMMANDS} - {"skill"}), *HARNESSES, *shipped()])
def test_every_command_harness_and_voice_is_named(name: str) -> None:
    assert re.search(rf"(synthgen |`|, |# |: ){name}\b", TEXT)


# What it shows


def test_its_recipe_makes_rows_for_a_harness(tmp_path: Path) -> None:
    def typist(prompt: Prompt, stream: Random) -> str:
        slots = [f"<{slot}>" for slot in prompt.origin.get("mention", ())]
        return f" {' '.join([*stream.sample(WORDS.split(), 6), *slots])}\n"

    made = api.make(RECIPE, out=tmp_path / "out", models={"typist": ScriptedModel(typist)}, rows=12)
    assert made.manifest["tables"]["traffic"]["rows"] == 12
    cases = api.export(made.folder, "promptfoo")
    assert (cases.input, cases.target, cases.cases) == ("input", "intent", 12)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: ",".join(fragment))
def test_what_it_shows_besides_fits_into_its_recipe(fragment: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"intent": intent, "text": f"{intent} again {number}"} for intent in ("late parcel", "refund") for number in range(3)]
    (tmp_path / "logs.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    monkeypatch.chdir(tmp_path)
    assert plan(load(with_fragment(fragment)).recipe).models <= {"typist", "claude"}


# Where it goes


def test_it_is_printed_or_written_into_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["skill"]).stdout == TEXT
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "other").mkdir()
    for words, place in ((["--install"], tmp_path), (["--install", "other"], tmp_path / "other")):
        file = place / ".claude" / "skills" / "synthgen" / "SKILL.md"
        done = CliRunner().invoke(app, ["skill", *words])
        assert done.exit_code == 0
        assert done.stdout.split()[-1] == str(file.relative_to(tmp_path))
        assert file.read_text(encoding="utf-8") == TEXT


def test_a_file_that_differs_is_replaced_only_when_it_is_forced(tmp_path: Path) -> None:
    place = install(tmp_path)
    assert install(tmp_path) == place
    place.write_text("mine")
    with pytest.raises(OutputError, match="differs; nothing was written"):
        install(tmp_path)
    assert place.read_text() == "mine"
    assert install(tmp_path, force=True).read_text(encoding="utf-8") == TEXT
    assert [file.name for file in place.parent.iterdir()] == ["SKILL.md"]


def test_a_project_that_cannot_hold_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("nowhere", "file"):
        with pytest.raises(OutputError, match=f"there is no folder .*{name}"):
            install(tmp_path / name)
    (tmp_path / ".claude").write_text("x")
    with pytest.raises(OutputError, match="cannot write to"):
        install(tmp_path)
    place = tmp_path / "taken" / ".claude" / "skills" / "synthgen" / "SKILL.md"
    place.mkdir(parents=True)
    for force in (False, True):
        with pytest.raises(OutputError, match="cannot write to"):
            install(tmp_path / "taken", force=force)


@pytest.mark.parametrize("words", [["somewhere"], ["--force"]])
def test_a_folder_without_install_is_a_wrong_command_line(words: list[str]) -> None:
    done = CliRunner().invoke(app, ["skill", *words])
    assert done.exit_code == 2
    assert "need --install" in done.output
