"""What libraries warn of stays away from users; what our own code and the user's warn of does not."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import one_message

import synthgen
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt


def warn(category: type[Warning], module: str) -> None:
    warnings.warn_explicit("old", category, f"{module}.py", 1, module=module)


def shop(warns: Callable[[], None]) -> ScriptedModel:
    def script(prompt: Prompt, random: object) -> str:
        warns()
        return f" hi {prompt.stream}\n"

    return ScriptedModel(script)


def caught(verb: Callable[..., object], tmp_path: Path, warns: Callable[[], None]) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        list(verb(one_message(), out=tmp_path / "shop", models={"typist": shop(warns)}))
        assert warnings.filters == before
    return [one.category.__name__ for one in found]


def make(*arguments: object, **options: object) -> list[object]:
    return [synthgen.make(*arguments, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", [make, synthgen.preview])
@pytest.mark.parametrize(
    ("category", "module"),
    [
        (FutureWarning, "transformers.models.llama.modeling_llama"),
        (FutureWarning, "synthgen.models.batch"),
        (DeprecationWarning, "synthgen.fields.fake"),
        (RuntimeWarning, "sklearn.linear_model"),
        (UserWarning, "torch"),
    ],
)
def test_a_library_is_not_heard(verb: Callable[..., object], category: type[Warning], module: str, tmp_path: Path) -> None:
    assert caught(verb, tmp_path, lambda: warn(category, module)) == []


@pytest.mark.parametrize("verb", [make, synthgen.preview])
@pytest.mark.parametrize(
    ("category", "module"),
    [
        (RuntimeWarning, "synthgen.comparison.divergence"),
        (ResourceWarning, "synthgen.models.journal"),
        (FutureWarning, "my_test"),
        (UserWarning, "torchlight"),
    ],
)
def test_our_own_code_and_the_users_are(verb: Callable[..., object], category: type[Warning], module: str, tmp_path: Path) -> None:
    assert set(caught(verb, tmp_path, lambda: warn(category, module))) == {category.__name__}


LATE = """
import atexit, logging, sys, warnings
from synthgen.cli import main
atexit.register(lambda: (warnings.warn("old"), logging.getLogger("transformers").warning("older")))
sys.argv = ["synthgen", "schema"]
main()
"""


@pytest.mark.parametrize(("option", "heard"), [([], False), (["-W", "default"], True)])
def test_a_command_is_quiet_unless_python_is_told_otherwise(option: list[str], heard: bool) -> None:
    done = subprocess.run([sys.executable, *option, "-c", LATE], capture_output=True, text=True, check=True)
    assert ("old" in done.stderr) is ("older" in done.stderr) is heard
    assert heard or done.stderr == ""
