"""The application that the command line names, or Python gives; and the one that nobody has named yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, ModelError
from synthgen.models.app import AppModel
from synthgen.models.app_function import FunctionApplication, function_named
from synthgen.models.app_http import HttpApplication
from synthgen.models.app_settings import AppSettings, address_mistake, read_settings
from synthgen.spec.rows import Completion, Prompt

AppSource = str | Path | Callable[..., Any]
"""What stands for an application: its address, a function or its name (module:function), or a file that describes one."""
FORMS = "--app http://localhost:8000/chat, --app module:function, or --app app.yaml; app= in Python"
FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class UnnamedApp:
    """The application of a recipe, where nobody has said which it is."""

    identity = "app"

    def count(self, text: str) -> int:
        """Not known."""
        return 0

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Nothing. Raises ModelError where something is asked."""
        if prompts:
            raise unnamed(str(prompts[0].origin.get("field", "a field")))
        return iter(())


def unnamed(field: str) -> ModelError:
    """The error that a field asks the application, and none is named."""
    return ModelError(f"{field} is made by your application, and it is not said which that is", f"name it: {FORMS}")


@contextmanager
def opened_app(source: AppSource | None, version: str = "") -> Iterator[dict[str, AppModel]]:
    """The application as a model, under the name that it has among the models of a recipe, until it is closed; nothing where there is no
    source. Raises DataError, RecipeError."""
    if source is None:
        yield {}
        return
    model = AppModel(_application(source, version))
    try:
        yield {"app": model}
    finally:
        model.close()


def _application(source: AppSource, version: str) -> HttpApplication | FunctionApplication:
    if not isinstance(source, str | Path):
        if not callable(source):
            raise DataError(f"app: a {type(source).__name__} is no application", f"name one: {FORMS}")
        name = f"{getattr(source, '__module__', '')}:{getattr(source, '__qualname__', type(source).__qualname__)}".lstrip(":")
        return FunctionApplication(source, name, AppSettings(), version)
    text = str(source)
    if text.startswith(("http://", "https://")):
        if why := address_mistake(text):
            raise DataError(f"--app {re.sub(r'//[^/]*@', '//', text)}: {why[0]}", why[1])
        return HttpApplication(AppSettings(url=text), version)
    if text.lower().endswith((".yaml", ".yml", ".json")):
        settings = read_settings(Path(source))
        if settings.function is None:
            return HttpApplication(settings, version)
        return FunctionApplication(_function(settings.function), settings.function, settings, version)
    return FunctionApplication(_function(text), text, AppSettings(), version)


def _function(name: str) -> Callable[..., Any]:
    if not FUNCTION.fullmatch(name):
        near = f"did you mean http://{name}?" if re.match(r"[\w.-]+(:\d+)?(/|$)", name) and re.search(r"[:/]", name) else ""
        raise DataError(f"--app {name}: neither an address, nor module:function, nor a .yaml file", near or FORMS)
    return function_named(name)
