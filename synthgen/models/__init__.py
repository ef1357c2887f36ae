"""The only way to a model: nothing outside this folder (and `tune`) imports torch, transformers or anthropic."""

from synthgen.models.actors import in_actors
from synthgen.models.app import AppModel
from synthgen.models.app_opening import AppSource, UnnamedApp, opened_app, unnamed
from synthgen.models.base import BaseModel
from synthgen.models.budget import Budget
from synthgen.models.chat import ChatModel
from synthgen.models.claude import ClaudeModel
from synthgen.models.completions import CompletionsModel
from synthgen.models.journal import Journal
from synthgen.models.journalled import Journalled
from synthgen.models.model import Model, PaidModel, has_batches, is_paid
from synthgen.models.opening import for_few, is_loaded, open_model
from synthgen.models.scripted import ScriptedModel
from synthgen.models.steady_memory import use_huge_pages

__all__ = [
    "AppModel",
    "AppSource",
    "BaseModel",
    "Budget",
    "ChatModel",
    "ClaudeModel",
    "CompletionsModel",
    "Journal",
    "Journalled",
    "Model",
    "PaidModel",
    "ScriptedModel",
    "UnnamedApp",
    "for_few",
    "has_batches",
    "in_actors",
    "is_loaded",
    "is_paid",
    "open_model",
    "opened_app",
    "unnamed",
    "use_huge_pages",
]
