"""The check of a whole training objective."""

from __future__ import annotations

import numpy as np

from regan.objective import PLAYERS, Objective, Pair
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
    ops, rng = objective.ops, np.random.default_rng(random_state)
    generator, discriminator = objective.generator, objective.discriminator
    real = ops.asarray(rng.standard_normal((1, n_samples, discriminator.n_in)))
    noise = ops.asarray(rng.standard_normal((1, n_samples, generator.n_in)))
    errors = []
    for index, player in enumerate(PLAYERS):
        fixed = [np.empty(0), np.empty(0)]

        def draw(rng: np.random.Generator, index: int = index, fixed: list[np.ndarray] = fixed) -> Point:
            for i, network in enumerate((generator, discriminator)):
                start = ops.to_numpy(network.init(rng, n_models))
                fixed[i] = start + 0.1 * rng.standard_normal(start.shape)  # biases too
            return [fixed[index]]

        def evaluate(
            point: Point, index: int = index, fixed: list[np.ndarray] = fixed, player: str = player
        ) -> tuple[float, np.ndarray]:
            thetas = [*fixed]
            thetas[index] = point[0]
            terms, grad = objective.value_and_grad(
                player,  # type: ignore[arg-type]  # one of PLAYERS
                Pair(*map(ops.asarray, thetas)),
                real,
                noise,
            )
            total = sum(float(ops.to_numpy(value).sum()) for value in terms.values())
            return total, ops.to_numpy(grad)

        errors.append(
            check_gradient(
                draw,
                lambda point, evaluate=evaluate: evaluate(point)[0],
                lambda point, evaluate=evaluate: [evaluate(point)[1]],
                rng=rng,
                what=f"the {player}'s objective",
            )
        )
    return max(errors)
