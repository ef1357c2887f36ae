"""The only door to a model: nothing outside this folder (and `tune`) imports torch, transformers or anthropic."""

from synthgen.models.base import BaseModel
from synthgen.models.budget import Budget
from synthgen.models.claude import ClaudeModel
from synthgen.models.door import Model
from synthgen.models.journal import Journal, Journalled
from synthgen.models.scripted import ScriptedModel

__all__ = ["BaseModel", "Budget", "ClaudeModel", "Journal", "Journalled", "Model", "ScriptedModel"]
