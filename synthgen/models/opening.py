"""The models that a recipe describes, opened; they load when they are first asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthgen.models.actors import ActorModel
from synthgen.models.app_opening import UnnamedApp
from synthgen.models.base import BaseModel
from synthgen.models.budget import Budget
from synthgen.models.chat import ChatModel
from synthgen.models.claude import ClaudeModel
from synthgen.models.completions import CompletionsModel
from synthgen.models.model import Model
from synthgen.recipe.server_model import ChatSpec, CompletionsSpec
from synthgen.recipe.shape import AnySpec, AppSpec, BaseModelSpec, ClaudeSpec


def _base(spec: BaseModelSpec, budget: Budget | None) -> Model:
    return BaseModel(spec.place, revision=spec.revision, dtype=spec.dtype, device=spec.device, fence=spec.fence)


def _claude(spec: ClaudeSpec, budget: Budget | None) -> Model:
    return ClaudeModel(spec.name, concurrency=spec.concurrency, timeout=spec.timeout, prices=spec.prices, budget=budget)


def _completions(spec: CompletionsSpec, budget: Budget | None) -> Model:
    return CompletionsModel(spec.url, spec.name, concurrency=spec.concurrency, timeout=spec.timeout)


def _chat(spec: ChatSpec, budget: Budget | None) -> Model:
    return ChatModel(spec.url, spec.name, concurrency=spec.concurrency, timeout=spec.timeout, prices=spec.prices, budget=budget)


def _app(spec: AppSpec, budget: Budget | None) -> Model:
    return UnnamedApp()


OPENERS: dict[str, Callable[[Any, Budget | None], Model]] = {
    "app": _app,
    "base": _base,
    "chat": _chat,
    "claude": _claude,
    "completions": _completions,
}
"""By kind."""


def is_loaded(model: Model) -> bool:
    """Whether a model is one whose weights are read before its first answer."""
    return isinstance(model, BaseModel | ActorModel)


def for_few(model: Model) -> Model:
    """The model as it writes a handful of messages soonest."""
    return model.narrowed() if isinstance(model, BaseModel) else model


def open_model(spec: AnySpec, budget: Budget | None = None) -> Model:
    """The model that a recipe describes; one that is paid for costs no more than the `budget`."""
    return OPENERS[spec.kind](spec, budget)
