"""Regularized generative models for people who live in scikit-learn."""

from regan._version import __version__
from regan.callbacks import Callback, ProgressBar
from regan.gan import RegularizedGAN
from regan.persistence import load
from regan.trainer import DivergenceError

__all__ = [
    "Callback",
    "DivergenceError",
    "ProgressBar",
    "RegularizedGAN",
    "__version__",
    "load",
]
