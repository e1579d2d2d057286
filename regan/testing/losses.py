"""The check of a loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regan.backends import Backend, get_backend
from regan.losses import Loss
from regan.testing.arguments import Arguments
from regan.testing.differences import Point, check_gradient
from regan.testing.models import check_apart

_K, _N = 2, 5


def check_loss(loss: Loss, *, backend: str | None = None, random_state: int = 0) -> float:
    """Check the gradients of a loss with respect to the scores against differences.

    For discriminator and generator, it also checks that values have the shape (K,) and gradients
    (K, N), that the scores are not changed, and that the scores of one model do not affect values
    and gradients of other models. The generator gets real scores only if `loss` declares
    ``pairs_samples``.

    Parameters
    ----------
    loss : Loss
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.
    """
    probe = _Probe(loss, get_backend(backend, "float64"))
    rng = np.random.default_rng(random_state)
    scores = list(rng.standard_normal((2, _K, _N)))
    for player in (probe.discriminator, probe.generator):
        check_apart(probe.ops, player, scores, f"{probe.name}.{player.__name__}")
    return max(
        _check_gradient(probe.discriminator, 2, rng, f"{probe.name}.discriminator"),
        _check_gradient(
            lambda p: probe.generator([scores[0], *p]), 1, rng, f"{probe.name}.generator"
        ),
    )


def _check_gradient(
    act: Callable[[Point], Point], size: int, rng: np.random.Generator, what: str
) -> float:
    """``act(point)`` is the value (K,) and its gradients with respect to the `size` arrays."""
    return check_gradient(
        lambda rng: list(rng.standard_normal((size, _K, _N))),
        lambda point: float(act(point)[0].sum()),
        lambda point: act(point)[1:],
        rng=rng,
        what=what,
    )


class _Probe:
    """Both players' values and gradients on the host, from ``[real, fake]``."""

    def __init__(self, loss: Loss, ops: Backend) -> None:
        self.loss, self.ops, self.name = loss, ops, type(loss).__name__

    def discriminator(self, scores: Point) -> Point:
        arguments = Arguments(self.ops, self.name)
        results = self.loss.discriminator(self.ops, *map(arguments.put, scores))
        return self._results(arguments, results, "discriminator")

    def generator(self, scores: Point) -> Point:
        arguments = Arguments(self.ops, self.name)
        real, fake = map(arguments.put, scores)
        results = self.loss.generator(self.ops, real if self.loss.pairs_samples else None, fake)
        return self._results(arguments, results, "generator")

    def _results(self, arguments: Arguments, results: Point, player: str) -> Point:
        arguments.check(player)
        host = [self.ops.to_numpy(a) for a in results]
        shapes = [a.shape for a in host]
        if shapes != [(_K,)] + [(_K, _N)] * (len(host) - 1):
            raise AssertionError(f"{self.name}.{player}: shapes {shapes}, not (K,), (K, N), ...")
        return host
