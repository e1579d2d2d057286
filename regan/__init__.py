"""Regularized generative models for people who live in scikit-learn."""

from regan._version import __version__
from regan.control.callbacks import Callback, ProgressBar
from regan.control.checkpoint import Checkpoint
from regan.control.early_stopping import EarlyStopping
from regan.control.guard import NonFiniteGuard
from regan.files.persistence import load
from regan.gan import RegularizedGAN
from regan.gaussian import RegularizedGaussian
from regan.report import write_report
from regan.selection import RegularizedGANCV, gan_path
from regan.training.trainer import DivergenceError
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
