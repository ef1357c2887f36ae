"""From a YAML file to a plan of work."""

from synthgen.recipe.load import Loaded, load
from synthgen.recipe.plan import Plan, TablePlan, plan
from synthgen.recipe.shape import BaseModelSpec, Recipe, Table

__all__ = ["BaseModelSpec", "Loaded", "Plan", "Recipe", "Table", "TablePlan", "load", "plan"]
