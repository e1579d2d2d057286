"""Model selection: which model for which data, paths of models, and the choice among them by
cross-validation.
"""

from regan.selection.path import gan_path
from regan.selection.recommending import Recommendation, which_model
from regan.selection.search import RegularizedGANCV

__all__ = ["Recommendation", "RegularizedGANCV", "gan_path", "which_model"]
