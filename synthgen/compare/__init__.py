"""How close generated messages come to real ones."""

from synthgen.compare.comparison import Comparison, Copied, Diversity, Feature, Figures, Word, compare
from synthgen.compare.twosample import Auc
from synthgen.compare.verdict import verdict

__all__ = ["Auc", "Comparison", "Copied", "Diversity", "Feature", "Figures", "Word", "compare", "verdict"]
