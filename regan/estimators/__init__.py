"""The estimators: GAN, cycle GAN, VAE, Gaussian and mixture."""

from regan.estimators.base import GenerativeModel
from regan.estimators.cycle.gan import RegularizedCycleGAN
from regan.estimators.gan import RegularizedGAN
from regan.estimators.gaussian import RegularizedGaussian
from regan.estimators.imputer import GenerativeImputer
from regan.estimators.loading import load
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.neural import NeuralModel
from regan.estimators.timing import updates_within
from regan.estimators.vae import RegularizedVAE

__all__ = [
    "GenerativeImputer",
    "GenerativeModel",
    "NeuralModel",
    "RegularizedCycleGAN",
    "RegularizedGAN",
    "RegularizedGaussian",
    "RegularizedMixture",
    "RegularizedVAE",
    "load",
    "updates_within",
]
