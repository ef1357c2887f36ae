"""synthgen makes the traffic that LLM applications really get.

The verbs are the commands, under the same names: `make(recipe)`, `look(folder)`, and so on (`slice` is called `slice_results`, after what
it reads, because Python has a `slice` of its own). Wherever they take a recipe, it may be a path, a mapping or what `load_recipe` gives.
Nothing is imported before it is asked for.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthgen.api import (
        Checked,
        Looked,
        Made,
        Measured,
        Previews,
        check,
        compare,
        critique,
        export,
        improve,
        load_recipe,
        look,
        make,
        measure,
        messages,
        new,
        preview,
        slice_results,
        tune,
    )
    from synthgen.cases import row_id, rows
    from synthgen.compare import Comparison
    from synthgen.errors import DataError, HubError, LimitError, ModelError, OutputError, RecipeError, SynthgenError
    from synthgen.fewshot import Fewshot, fewshot
    from synthgen.models import ScriptedModel
    from synthgen.output.hub import Pushed, push
    from synthgen.recipe import Loaded
    from synthgen.voices import Voice

__version__ = "0.1.0"

__all__ = [
    "Checked",
    "Comparison",
    "DataError",
    "Fewshot",
    "HubError",
    "LimitError",
    "Loaded",
    "Looked",
    "Made",
    "Measured",
    "ModelError",
    "OutputError",
    "Previews",
    "Pushed",
    "RecipeError",
    "ScriptedModel",
    "SynthgenError",
    "Voice",
    "check",
    "compare",
    "critique",
    "export",
    "fewshot",
    "improve",
    "load_recipe",
    "look",
    "make",
    "measure",
    "messages",
    "new",
    "preview",
    "push",
    "row_id",
    "rows",
    "slice_results",
    "tune",
]

_ELSEWHERE = {
    "Comparison": "compare", "DataError": "errors", "HubError": "errors", "LimitError": "errors", "Loaded": "recipe", "ModelError": "errors",
    "OutputError": "errors", "RecipeError": "errors", "ScriptedModel": "models", "SynthgenError": "errors", "Voice": "voices", "row_id": "cases",
    "rows": "cases",
}  # fmt: skip
"""The modules of the names that are not in `api`."""


class _Package(ModuleType):
    """Finds the public names when they are first used, and keeps them when a module of the same name (`look`, `rows`) is imported."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'synthgen' has no attribute '{name}'")
        from importlib import import_module

        found = getattr(import_module(f"synthgen.{_ELSEWHERE.get(name, 'api')}"), name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
