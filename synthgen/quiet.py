"""Keeps the warnings of libraries from users, who did not make the calls that they are about.

A library lays a deprecation at the door of its caller, which is a module of ours: those are hidden too. What else Python warns of in
our own code (an unclosed file, a division by zero) and all that the user's code warns of is left alone.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

LIBRARIES = (
    "accelerate", "aiobotocore", "anthropic", "botocore", "datasets", "dateutil", "dill", "faker", "filelock", "fsspec", "gguf",
    "httpcore2", "httpx2", "huggingface_hub", "IPython", "jinja2", "joblib", "multiprocess", "numpy", "pandas", "pyarrow", "pydantic",
    "ray", "regex", "rich", "ruamel", "s3fs", "safetensors", "scipy", "sklearn", "starlette", "threadpoolctl", "tokenizers", "torch",
    "tqdm", "transformers", "typer", "uvicorn", "yaml",
)  # fmt: skip
"""The packages that synthgen calls, and those that they call."""
FOR_CALLERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning)
"""What libraries tell their callers."""

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def quiet() -> Iterator[None]:
    """Hide what libraries warn of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=rf"({'|'.join(LIBRARIES)})(\.|$)")
        for category in FOR_CALLERS:
            warnings.filterwarnings("ignore", category=category, module=r"synthgen(\.|$)")
        yield


def quietly(verb: Callable[P, T]) -> Callable[P, T]:
    """The verb, without what libraries warn of."""

    @wraps(verb)
    def called(*arguments: P.args, **options: P.kwargs) -> T:
        with quiet():
            return verb(*arguments, **options)

    return called


def each_quietly(source: Iterator[T]) -> Iterator[T]:
    """What an iterator yields, each made without what libraries warn of."""
    end = object()
    while True:
        with quiet():
            one = next(source, end)
        if one is end:
            return
        yield one  # type: ignore[misc]


def quiet_program() -> None:
    """Hide warnings and what libraries log for the rest of the program, unless Python was told to show them (-W, PYTHONWARNINGS)."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
