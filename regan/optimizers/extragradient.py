"""Extragradient: step with the gradient that waits where a plain step would lead."""

from __future__ import annotations

from regan.optimizers.adam import Adam
from regan.optimizers.sgd import SGD


class ExtraSGD(SGD):
    r"""Extragradient method with SGD: an extrapolation step, then the update.

    ``theta' = theta - lr g(theta)``, then ``theta -= lr g(theta')``: two gradients per update. In a
    bilinear game, plain steps spiral outwards, and these steps converge to the equilibrium. With
    momentum, both gradients enter the average. Korpelevich, 1976; for GANs Gidel et al., 2019
    (arXiv:1802.10551).

    Parameters
    ----------
    momentum : float in [0, 1), default=0.0
        See `SGD`.
    """

    extrapolates = True

    @property
    def method(self) -> str:
        return "SGD"


class ExtraAdam(Adam):
    r"""Extragradient method with Adam: an extrapolation step, then the update.

    There are two gradients per update; both enter the moments. Gidel et al., 2019
    (arXiv:1802.10551).

    Parameters
    ----------
    beta_1 : float in [0, 1), default=0.0
    beta_2 : float in [0, 1), default=0.99
    epsilon : float > 0, default=1e-8
        See `Adam`.
    """

    extrapolates = True

    @property
    def method(self) -> str:
        return "Adam"
