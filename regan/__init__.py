"""Regularized generative models for people who live in scikit-learn."""

from regan._version import __version__
from regan.callbacks import Callback, ProgressBar
from regan.checkpoint import Checkpoint
from regan.early_stopping import EarlyStopping
from regan.gan import RegularizedGAN
from regan.gaussian import RegularizedGaussian
from regan.guard import NonFiniteGuard
from regan.persistence import load
from regan.report import write_report
from regan.selection import RegularizedGANCV, gan_path
from regan.trainer import DivergenceError
from regan.vae import RegularizedVAE

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
