"""The check of a whole training objective."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from regan.layers.draws import Draws, Part
from regan.objectives import Objective
from regan.objectives.batch import Batch
from regan.objectives.masked import Masked
from regan.schedules.clock import Clock
from regan.testing.differences import Point, assert_close, check_gradient
from regan.training.shared_rows import coupling


def check_objective(
    objective: Objective,
    *,
    n_models: int = 1,
    n_samples: int = 6,
    progress: float = 0.25,
    step: int = 0,
    n_oblique: int = 0,
    random_state: int = 0,
) -> float:
    """Check the gradients of a whole training objective: losses and all penalties together.

    The draws and the memory of constraints are held constant; for example, the singular vectors of
    a spectral norm are constants of the objective.

    It also checks that terms and gradients of a minibatch are the means over its halves, as
    training on several ranks requires (`regan.distributed`), unless a layer, a loss or a penalty
    declares ``couples_samples``.

    Parameters
    ----------
    objective : Objective
        The objective, on a float64 backend.
    n_models : int, default=1
        K; a strength with several values needs as many models.
    n_samples : int, default=6
        N.
    progress : float, default=0.25
        The share of updates done.
    step : int, default=0
        The number of the update, for terms that act in some updates only.
    n_oblique : int, default=0
        If the objective completes rows, the number of first columns that are coordinates of frames
        with axes.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.
    """
    rng = np.random.default_rng(random_state)
    when = Clock(progress), step
    game = _Game(objective, n_models, n_samples, when, n_oblique)
    if next(coupling(objective), None) is None:
        four_packs = _Game(objective, n_models, 4 * objective.pac, when, n_oblique)
        for name in objective.names:
            four_packs.check_halves(name, np.random.default_rng(random_state))
    return max(
        check_gradient(
            partial(game.draw, name),
            partial(game.value, name),
            partial(game.gradient, name),
            rng=rng,
            what=f"the {name}'s objective",
        )
        for name in objective.names
    )


class _Game:
    """The players' objectives, each as a function of its own trained parameters."""

    def __init__(
        self,
        objective: Objective,
        k: int,
        n: int,
        when: tuple[Clock, int],
        n_oblique: int,
    ) -> None:
        self.objective, self.ops, self.k = objective, objective.ops, k
        self.n, self.when, self.n_oblique = n, when, n_oblique

    def draw(self, name: str, rng: np.random.Generator) -> Point:
        """Random parameters, rows and draws; the trained parameters of `name`.

        The first scale of every norm is exactly 0.
        """
        ops, players = self.ops, self.objective.players
        self.thetas = {}
        for key, player in players.items():
            theta = player.network.init(rng, self.k)
            shift = 0.1 * rng.standard_normal(player.trained(theta).shape)  # biases too
            trained = player.trained(theta)
            trained += ops.asarray(shift)
            for slot in player.network.layout.slots:
                if slot.parameter.name.endswith("gamma"):
                    theta[:, slot.start] = 0
            self.thetas[key] = theta
        self.memories = {
            key: player.constraints.init(self.thetas[key], rng) for key, player in players.items()
        }
        labels = None
        if self.objective.n_labels:
            codes = rng.integers(self.objective.n_labels, size=self.n)
            labels = ops.asarray(np.eye(self.objective.n_labels)[codes][None])
        real = rng.standard_normal((1, self.n, self.objective.n_features))
        self.seed = int(rng.integers(2**31))
        draws = Draws(ops, ops.rng(self.seed))
        masked = self._masked(rng) if self.objective.n_cells else None
        self.batch = Batch(ops.asarray(real), draws, labels, *self.when, masked)
        return [ops.to_numpy(players[name].trained(self.thetas[name]))]

    def _masked(self, rng: np.random.Generator) -> Masked:
        """A mask of random cells; in frames with axes, any map of the first columns."""
        d, r, asarray = self.objective.n_features, self.n_oblique, self.ops.asarray
        shown = rng.random((1, self.n, self.objective.n_cells)) < 0.5
        columns = rng.random((1, self.n, d)) < 0.5
        columns[..., :r] = False
        kept = asarray(0.3 * rng.standard_normal((1, self.n, r, r))) if r else None
        return Masked(asarray(shown), asarray(columns), kept)

    def evaluate(self, name: str, trained: np.ndarray) -> tuple[dict[str, Any], Any]:
        player = self.objective.players[name]
        theta = self.thetas[name].copy()
        player.trained(theta)[...] = self.ops.asarray(trained)
        thetas = {**self.thetas, name: theta}
        terms, grads = self.objective.value_and_grad((name,), thetas, self.batch, self.memories)
        return terms, grads[name]

    def check_halves(self, name: str, rng: np.random.Generator) -> None:
        """Whether the objective of `name` is the mean of that of the two halves of a minibatch."""
        trained = self.draw(name, rng)[0]
        wholes, batch = self._on_host(name, trained), self.batch
        halves = []
        for rank in range(2):
            self.batch = self._half(batch, Part(rank, 2))
            halves.append(self._on_host(name, trained))
        for (what, whole), one, other in zip(
            wholes.items(), *(half.values() for half in halves), strict=True
        ):
            said = (
                f"{what} of the {name} is not the mean of those of the halves of a minibatch, but "
                "nothing declares couples_samples"
            )
            assert_close((one + other) / 2, whole, said, 1e-8)

    def _half(self, batch: Batch, part: Part) -> Batch:
        n = self.n // 2
        rows = slice(part.rank * n, (part.rank + 1) * n)
        masked = batch.masked
        if masked is not None:
            kept = None if masked.kept is None else masked.kept[:, rows]
            masked = Masked(masked.shown[:, rows], masked.columns[:, rows], kept)
        draws = Draws(self.ops, self.ops.rng(self.seed), part)
        labels = None if batch.labels is None else batch.labels[:, rows]
        return Batch(batch.real[:, rows], draws, labels, *self.when, masked)

    def _on_host(self, name: str, trained: np.ndarray) -> dict[str, np.ndarray]:
        terms, grad = self.evaluate(name, trained)
        return {n: self.ops.to_numpy(a) for n, a in {**terms, "the gradient": grad}.items()}

    def value(self, name: str, point: Point) -> float:
        terms, _ = self.evaluate(name, point[0])
        return sum(float(self.ops.to_numpy(term).sum()) for term in terms.values())

    def gradient(self, name: str, point: Point) -> Point:
        return [self.ops.to_numpy(self.evaluate(name, point[0])[1])]
