"""How close generated messages come to real ones."""

from synthgen.comparison.comparison import Comparison, CopiedShares, Diversity, Feature, Figures, Word, compare
from synthgen.comparison.twosample import Auc
from synthgen.comparison.verdict import verdict

__all__ = ["Auc", "Comparison", "CopiedShares", "Diversity", "Feature", "Figures", "Word", "compare", "verdict"]
