"""The check of a constraint."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regan.backends import Backend, get_backend
from regan.constraints import Constraint
from regan.layers.layout import Layout, Parameter
from regan.testing.arguments import Arguments
from regan.testing.differences import Point, assert_close, check_gradient
from regan.testing.models import check_apart, exactness

_K = 2
_SCALES = (0.1, 1.0, 10.0)
_ROUNDING = 1e-12


def check_constraint(
    constraint: Constraint, *, backend: str | None = None, random_state: int = 0
) -> float:
    """Check the projection, or the effective weights and their gradient, of a constraint.

    The weights are random, on several scales, for a network with layers of 5, 6, 4 and 2 units.
    Some of these weights must violate the constraint. The checks:

    - The constraint acts: `project` or `effective` changes weights, and nothing else.
    - After ``project``, the weights are in the set and ``violation`` is 0. Weights that are in the
      set do not change.
    - No random point of the set, near or far, is nearer to the weights than their projection, and
      no point between the two is in the set, unless the class declares ``nearest = False``.
    - ``effective`` returns ``theta`` unless ``reparametrizes`` is true. ``pull_back`` returns the
      derivative of a random quadratic function of the effective parameters, compared with
      differences at fixed memory.
    - Several models at once give the same results as each model alone, and do not affect each
      other.
    - Other arrays do not change.

    Parameters
    ----------
    constraint : Constraint
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The relative error of the gradient in the trained parameters.
    """
    probe = _Probe(constraint, get_backend(backend, "float64"), repr(constraint))
    rng = np.random.default_rng(random_state)
    probe.check_acts(rng)
    probe.check_set(rng)
    if probe.bound.nearest:
        probe.check_nearest(rng)
    probe.check_models(rng)
    return probe.check_gradient(rng)


class _Probe:
    """A bound constraint, from host arrays to host arrays."""

    def __init__(self, constraint: Constraint, ops: Backend, name: str) -> None:
        self.ops, self.name = ops, name
        self.layout = Layout(
            [
                [Parameter("W", (i, o), "weight"), Parameter("b", (o,), "bias")]
                for i, o in ((5, 6), (6, 4), (4, 2))
            ]
            + [[Parameter("mean", (2,), "fixed")]]
        )
        self.bound = constraint.bind(ops, self.layout)

    def draw(self, rng: np.random.Generator, scale: float) -> np.ndarray:
        return scale * rng.standard_normal((_K, self.layout.size))

    def project(self, theta: np.ndarray) -> np.ndarray:
        changed = self.ops.asarray(theta.copy())
        self.bound.project(changed)
        return self.ops.to_numpy(changed)

    def violation(self, theta: np.ndarray) -> np.ndarray:
        arguments = Arguments(self.ops, self.name)
        found = self.ops.to_numpy(self.bound.violation(arguments.put(theta)))
        arguments.check("violation")
        self.require(found.shape == (len(theta),), "violation has another shape than (K,)")
        return found

    def memory(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """What is kept after the start and one update."""
        arguments = Arguments(self.ops, self.name)
        given = arguments.put(theta)
        memory = self.bound.init(given, np.random.default_rng(0))
        self.bound.advance(given, memory)
        arguments.check("init or advance")
        return {name: self.ops.to_numpy(a) for name, a in memory.items()}

    def passes(
        self, theta: np.ndarray, memory: dict[str, np.ndarray], slope: np.ndarray, gap: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The effective parameters t, and the gradient of ``sum(slope t + gap t^2 / 2)``."""
        arguments, n = Arguments(self.ops, self.name), self.layout.n_trained
        kept = {name: self.ops.asarray(a.copy()) for name, a in memory.items()}
        given = self.bound.effective(arguments.put(theta), kept)
        seen = self.ops.to_numpy(given)
        grad = self.ops.asarray((slope + gap * seen)[:, :n])
        self.bound.pull_back(grad, arguments.put(seen), kept)
        arguments.check("effective or pull_back")
        return seen, self.ops.to_numpy(grad)

    def require(self, condition: object, what: str) -> None:
        if not condition:
            raise AssertionError(f"{self.name}: {what}")

    def check_acts(self, rng: np.random.Generator) -> None:
        n, acts = self.layout.n_weights, False
        for scale in _SCALES:
            theta = self.draw(rng, scale)
            ones = np.ones(theta.shape)
            projected = self.project(theta)
            seen, _ = self.passes(theta, self.memory(theta), ones, ones)
            for what, new in (("project", projected), ("effective", seen)):
                self.require(
                    np.array_equal(new[:, n:], theta[:, n:]), f"{what} changes more than weights"
                )
            self.require(
                self.bound.reparametrizes or np.array_equal(seen, theta),
                "reparametrizes is False, but effective parameters are not the trained ones",
            )
            acts = acts or not (np.array_equal(projected, theta) and np.array_equal(seen, theta))
        self.require(acts, "acts on none of the random weights: choose settings that they violate")

    def check_set(self, rng: np.random.Generator) -> None:
        for scale in _SCALES:
            theta = self.draw(rng, scale)
            once = self.project(theta)
            limit = _ROUNDING * max(1.0, np.abs(theta).sum(axis=1).max())
            self.require((self.violation(once) <= limit).all(), "project ends outside the set")
            stays = np.abs(self.project(once) - once).max() <= limit
            self.require(stays, "project moves what is in the set")
            moved = np.abs(once - theta).max(axis=1) > limit
            inside = self.violation(theta) <= 0
            self.require(not (moved & inside).any(), "project moves what violates nothing")

    def check_nearest(self, rng: np.random.Generator) -> None:
        for scale in _SCALES:
            theta = self.draw(rng, scale)
            found = self.project(theta)
            best = np.linalg.norm(found - theta, axis=1) * (1 - _ROUNDING)
            for other in self._points(theta, found, scale, rng):
                nearer = np.linalg.norm(other - theta, axis=1) < best
                self.require(not nearer.any(), "project does not go to the nearest point")
            for share in (0.01, 0.1, 0.5):  # straight back: a set that is smaller than it says
                inside = self.violation(found + share * (theta - found)) <= 0
                self.require(not (inside & (best > 0)).any(), "project goes deeper than it must")

    def _points(
        self, theta: np.ndarray, found: np.ndarray, scale: float, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Points of the set, near `found` and far, that differ from `theta` in weights only."""
        n = self.layout.n_weights
        for noise in (1e-3, 1e-1, 1.0, 10.0):
            for _ in range(50):
                where = rng.random(theta.shape) < rng.choice([0.1, 1.0])
                other = found + noise * scale * where * rng.standard_normal(theta.shape)
                yield np.concatenate([self.project(other)[:, :n], theta[:, n:]], axis=1)

    def check_models(self, rng: np.random.Generator) -> None:
        theta, slope, gap = (self.draw(rng, 1.0) for _ in range(3))

        def act(point: Point) -> Point:
            theta, slope, gap = point
            memory = self.memory(theta)
            seen = self.passes(theta, memory, slope, gap)
            return [*memory.values(), *seen, self.project(theta), self.violation(theta)]

        check_apart(self.ops, act, [theta, slope, gap], self.name)
        together = act([theta, slope, gap])
        for k in range(_K):
            alone = act([a[k : k + 1] for a in (theta, slope, gap)])
            for a, b in zip(together, alone, strict=True):
                what = f"{self.name}: model {k} of {_K} is not what it is alone"
                assert_close(a[k : k + 1], b, what, exactness(self.ops))

    def check_gradient(self, rng: np.random.Generator) -> float:
        slope, gap = self.draw(rng, 1.0), self.draw(rng, 1.0)
        memory = self.memory(self.draw(rng, 1.0))  # of other weights: any memory has to do
        n = self.layout.n_trained
        fixed = self.draw(rng, 1.0)[:, n:]

        def whole(point: Point) -> np.ndarray:
            return np.concatenate([point[0], fixed], axis=1)

        def value(point: Point) -> float:
            seen, _ = self.passes(whole(point), memory, slope, gap)
            return float((slope * seen + gap * seen * seen / 2).sum())

        return check_gradient(
            lambda rng: [self.draw(rng, 1.0)[:, :n]],
            value,
            lambda point: [self.passes(whole(point), memory, slope, gap)[1]],
            rng=rng,
            what=f"{self.name}.pull_back",
        )
