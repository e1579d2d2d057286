"""Model selection: paths of models, and the choice among them by cross-validation."""

from regan.selection.path import gan_path
from regan.selection.search import RegularizedGANCV

__all__ = ["RegularizedGANCV", "gan_path"]
