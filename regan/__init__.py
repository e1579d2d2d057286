"""Regularized generative models for people who live in scikit-learn."""

from regan import _aliases
from regan._version import __version__
from regan.control.checkpoint import Checkpoint
from regan.control.early_stopping import EarlyStopping
from regan.control.guard import NonFiniteGuard
from regan.estimators import RegularizedGAN, RegularizedGaussian, RegularizedVAE, load
from regan.report import write_report
from regan.selection import RegularizedGANCV, gan_path
from regan.training.callbacks import Callback, ProgressBar
from regan.training.divergence import DivergenceError

_aliases.install()

__all__ = [
    "Callback",
    "Checkpoint",
    "DivergenceError",
    "EarlyStopping",
    "NonFiniteGuard",
    "ProgressBar",
    "RegularizedGAN",
    "RegularizedGANCV",
    "RegularizedGaussian",
    "RegularizedVAE",
    "__version__",
    "gan_path",
    "load",
    "write_report",
]
