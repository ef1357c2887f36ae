"""synthgen makes the traffic that LLM applications really get.

The verbs are the commands, under the same names: `make(recipe)`, `look(folder)`, and so on (`slice` is called `slice_results`, after what
it reads, because Python has a `slice` of its own). Wherever they take a recipe, it may be a path, a mapping or what `load_recipe` gives.
Nothing is imported before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthgen.api import (
        Checked,
        Looked,
        MakeResult,
        Measured,
        Previews,
        Verified,
        Why,
        check,
        compare,
        critique,
        diff,
        export,
        focus,
        improve,
        load_recipe,
        look,
        make,
        measure,
        messages,
        new,
        preview,
        report,
        review,
        serve,
        slice_results,
        tune,
        verify,
        why,
    )
    from synthgen.cases import row_id, rows
    from synthgen.comparison import Comparison
    from synthgen.comparison.outputs import Difference
    from synthgen.errors import DataError, HubError, LimitError, ModelError, OutputError, RecipeError, SynthgenError
    from synthgen.focusing import Focused
    from synthgen.harness.fewshot import Fewshot, fewshot
    from synthgen.hub.hub import Pushed, push
    from synthgen.models import ScriptedModel
    from synthgen.recipe import Loaded
    from synthgen.reviewing.state import ReviewState
    from synthgen.voices import Voice

__version__ = "0.1.0"

__all__ = [
    "Checked",
    "Comparison",
    "DataError",
    "Difference",
    "Fewshot",
    "Focused",
    "HubError",
    "LimitError",
    "Loaded",
    "Looked",
    "MakeResult",
    "Measured",
    "ModelError",
    "OutputError",
    "Previews",
    "Pushed",
    "RecipeError",
    "ReviewState",
    "ScriptedModel",
    "SynthgenError",
    "Verified",
    "Voice",
    "Why",
    "check",
    "compare",
    "critique",
    "diff",
    "export",
    "fewshot",
    "focus",
    "improve",
    "load_recipe",
    "look",
    "make",
    "measure",
    "messages",
    "new",
    "preview",
    "push",
    "report",
    "review",
    "row_id",
    "rows",
    "serve",
    "slice_results",
    "tune",
    "verify",
    "why",
]

_ELSEWHERE = {
    "Comparison": "comparison", "DataError": "errors", "Difference": "comparison.outputs", "Focused": "focusing",
    "HubError": "errors", "LimitError": "errors",
    "Loaded": "recipe", "ModelError": "errors",
    "OutputError": "errors", "RecipeError": "errors", "ReviewState": "reviewing.state",
    "ScriptedModel": "models", "SynthgenError": "errors", "Voice": "voices",
    "row_id": "cases",
    "rows": "cases",
}  # fmt: skip
"""The modules of the names that are not in `api`."""


def __getattr__(name: str) -> Any:
    """A public name, found when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'synthgen' has no attribute '{name}'")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"synthgen.{_ELSEWHERE.get(name, 'api')}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
