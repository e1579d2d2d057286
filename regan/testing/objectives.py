"""The check of a whole training objective."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.objective import Objective
from regan.players import PLAYERS, Pair, Player
from regan.testing.differences import Point, check_gradient


def check_objective(
    objective: Objective, *, n_models: int = 1, n_samples: int = 6, random_state: int = 0
) -> float:
    """Check the gradient of both players' whole objective: losses and every penalty, together.

    Parameters
    ----------
    objective : Objective
        On a float64 backend.
    n_models : int, default=1
        K; a strength with several values needs as many.
    n_samples : int, default=6
        N.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.
    """
    rng = np.random.default_rng(random_state)
    players = [_Player(objective, player, n_models, n_samples, rng) for player in PLAYERS]
    return max(
        check_gradient(
            player.draw,
            player.value,
            player.gradient,
            rng=rng,
            what=f"the {player.name}'s objective",
        )
        for player in players
    )


class _Player:
    """One player's objective as a function of its own parameters."""

    def __init__(
        self, objective: Objective, name: Player, k: int, n: int, rng: np.random.Generator
    ) -> None:
        self.objective, self.name, self.k = objective, name, k
        self.index, self.ops = PLAYERS.index(name), objective.ops
        self.networks = objective.generator, objective.discriminator
        self.real = self.ops.asarray(rng.standard_normal((1, n, objective.discriminator.n_in)))
        self.noise = self.ops.asarray(rng.standard_normal((1, n, objective.generator.n_in)))

    def draw(self, rng: np.random.Generator) -> Point:
        starts = [self.ops.to_numpy(network.init(rng, self.k)) for network in self.networks]
        self.thetas = [a + 0.1 * rng.standard_normal(a.shape) for a in starts]  # biases too
        return [self.thetas[self.index]]

    def evaluate(self, theta: np.ndarray) -> tuple[dict[str, Any], Any]:
        thetas = [*self.thetas]
        thetas[self.index] = theta
        pair = Pair(*map(self.ops.asarray, thetas))
        return self.objective.value_and_grad(self.name, pair, self.real, self.noise)

    def value(self, point: Point) -> float:
        terms, _ = self.evaluate(point[0])
        return sum(float(self.ops.to_numpy(term).sum()) for term in terms.values())

    def gradient(self, point: Point) -> Point:
        return [self.ops.to_numpy(self.evaluate(point[0])[1])]
