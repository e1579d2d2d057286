"""Regularized generative models for people who live in scikit-learn."""

from regan.gan import RegularizedGAN

__all__ = ["RegularizedGAN"]
__version__ = "0.1.0"
