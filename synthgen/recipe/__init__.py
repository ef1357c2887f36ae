"""From a YAML file to a plan of work."""

from synthgen.recipe.load import Loaded, load
from synthgen.recipe.plan import Plan, TablePlan, plan
from synthgen.recipe.shape import AnyModel, BaseModelSpec, ClaudeSpec, Recipe, Table

__all__ = ["AnyModel", "BaseModelSpec", "ClaudeSpec", "Loaded", "Plan", "Recipe", "Table", "TablePlan", "load", "plan"]
