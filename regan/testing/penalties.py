"""The check of a weight penalty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regan.backends import Array, Backend, get_backend
from regan.layers.layout import Layout, Parameter
from regan.penalties import Penalty
from regan.testing.arguments import Arguments
from regan.testing.differences import Point, assert_close, check_gradient
from regan.testing.models import check_apart

_K = 2
_SHAPES = (3, 4), (4, 3), (3, 2)  # wide and tall; the first matrix, the last, one between them
_LAYOUT = Layout([[Parameter("W", s, "weight"), Parameter("b", s[1:], "bias")] for s in _SHAPES])
_W = _LAYOUT.n_weights


def check_penalty(penalty: Penalty, *, backend: str | None = None, random_state: int = 0) -> float:
    """Check the gradient, proximal step and decay of a weight penalty against its value.

    The penalty is bound for an optimizer with decoupled decay and for one without. The network has
    three layers, and its weights are views into its parameters. The checks:

    - ``in_gradient`` and ``in_step`` are complete, because the trainer relies on them. Without
      ``in_gradient``, ``add_grad`` does not change the gradient and ``gradient_value`` is 0.
      Without ``in_step``, ``prox`` and ``decay`` do not change the weights and ``gradient_value``
      is the whole value. If the value is not 0, one of the two flags is true.
    - ``add_grad`` adds the derivative of ``gradient_value``, compared with differences.
    - Without decoupling, the result of ``prox`` is better than random points, near and far, for
      each model, in the objective ``value(u) - gradient_value(u) + sum((u - w)^2 / (2 step))``,
      with steps that differ between weights. ``decay`` does nothing.
    - With decoupling, one small step of all parts equals the step without decoupling.
    - ``prox`` and ``decay`` write only to weights, not to biases, and ``add_grad`` writes only to
      the gradient. A change of the weights of one model does not change other models.

    Parameters
    ----------
    penalty : Penalty
        If it has a strength for each model, it needs two.
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error of the gradient and of the decoupled step.
    """
    ops = get_backend(backend, "float64")
    rng = np.random.default_rng(random_state)
    coupled, decoupled = (
        _Probe(penalty.bind(ops, _LAYOUT, decoupled=d), ops, repr(penalty) + ", decoupled" * d)
        for d in (False, True)
    )
    errors = [0.0]
    for probe in (coupled, decoupled):
        probe.check_flags(rng)
        probe.check_models(rng)
        if probe.bound.in_gradient:
            errors.append(probe.check_gradient(rng))
    coupled.check_no_decay(rng)
    if coupled.bound.in_step:
        coupled.check_prox(rng)
    return max(*errors, _check_decoupled(coupled, decoupled, rng))


def _check_decoupled(coupled: _Probe, decoupled: _Probe, rng: np.random.Generator) -> float:
    """To first order, decoupling changes the way and not the step."""
    w, lr = rng.standard_normal((_K, _W)), 1e-7
    one, other = ((probe.trained(w, lr) - w) / lr for probe in (coupled, decoupled))
    what = f"{decoupled.name}: not the step taken without decoupling"
    return assert_close(one, other, what, 1e-6)


def _with_biases(w: np.ndarray) -> np.ndarray:
    """Parameters (K, P) whose weights are `w` (K, W)."""
    return np.concatenate([w, np.full((len(w), _LAYOUT.size - _W), 0.5)], axis=1)


class _Probe:
    """A bound penalty, from host arrays to host arrays."""

    def __init__(self, bound: Penalty, ops: Backend, name: str) -> None:
        self.bound, self.ops, self.name = bound, ops, name

    def values(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """value and gradient_value, (K,) each."""
        arguments = Arguments(self.ops, self.name)
        given = arguments.put(_with_biases(w))[:, :_W]
        values = (self.bound.value, self.bound.gradient_value, self.bound.step_value)
        whole, part, rest = (self.ops.to_numpy(value(given)) for value in values)
        arguments.check("value, gradient_value or step_value")
        self.require(whole.shape == part.shape == (len(w),), "values have another shape than (K,)")
        what = f"{self.name}: step_value is not what gradient_value leaves of value"
        assert_close(part + rest, whole, what, 1e-10)
        return whole, part

    def grad(self, w: np.ndarray) -> np.ndarray:
        """What add_grad adds to a gradient that is not 0."""
        arguments = Arguments(self.ops, self.name)
        given = arguments.put(_with_biases(w))[:, :_W]
        filling = np.tile(np.linspace(1, 2, _W), (len(w), 1))
        changed = self._changed("add_grad", filling, lambda gw: self.bound.add_grad(given, gw))
        arguments.check("add_grad")
        return changed - filling

    def prox(self, w: np.ndarray, step: np.ndarray) -> np.ndarray:
        arguments = Arguments(self.ops, self.name)
        given = arguments.put(_with_biases(step))[:, :_W]
        changed = self._changed("prox", w, lambda u: self.bound.prox(u, given))
        arguments.check("prox")
        return changed

    def decay(self, w: np.ndarray, lr: float) -> np.ndarray:
        return self._changed("decay", w, lambda u: self.bound.decay(u, lr))

    def _changed(self, what: str, a: np.ndarray, change: Callable[[Array], None]) -> np.ndarray:
        """`a` (K, W) after `change`, which leaves what lies beside it alone."""
        theta = _with_biases(a)
        device = self.ops.asarray(theta.copy())
        change(device[:, :_W])
        found = self.ops.to_numpy(device)
        beside = np.array_equal(found[:, _W:], theta[:, _W:])
        self.require(beside, f"{what} writes beside the weights")
        return found[:, :_W]

    def trained(self, w: np.ndarray, lr: float) -> np.ndarray:
        """`w` after the trainer's update by gradient descent."""
        u = w - lr * self.grad(w) if self.bound.in_gradient else w
        if self.bound.in_step:
            u = self.decay(self.prox(u, np.full(w.shape, lr)), lr)
        return u

    def require(self, condition: object, what: str) -> None:
        if not condition:
            raise AssertionError(f"{self.name}: {what}")

    def check_flags(self, rng: np.random.Generator) -> None:
        """What no flag announces does not happen, and nothing of the value is left out."""
        w, step = rng.standard_normal((_K, _W)), rng.uniform(0.1, 1.0, (_K, _W))
        whole, part = self.values(w)
        in_gradient, in_step = self.bound.in_gradient, self.bound.in_step
        self.require(
            in_gradient or in_step or not whole.any(), "acts nowhere: both flags are False"
        )
        if not in_gradient:
            why = "in_gradient is False, so the trainer never calls add_grad, but"
            self.require(not self.grad(w).any(), f"{why} it acts")
            self.require(not part.any(), f"{why} gradient_value is not 0")
        if not in_step:
            why = "in_step is False, so the trainer never calls prox or decay, but"
            same = np.array_equal(self.prox(w, step), w) and np.array_equal(self.decay(w, 0.1), w)
            self.require(same, f"{why} they act")
            assert_close(whole, part, f"{self.name}: {why} gradient_value is not the value", 1e-12)

    def check_models(self, rng: np.random.Generator) -> None:
        w, step = rng.standard_normal((_K, _W)), rng.uniform(0.1, 1.0, (_K, _W))

        def act(point: Point) -> Point:
            (u,) = point
            return [*self.values(u), self.grad(u), self.prox(u, step), self.decay(u, 0.1)]

        check_apart(self.ops, act, [w], self.name)

    def check_gradient(self, rng: np.random.Generator) -> float:
        return check_gradient(
            lambda rng: [rng.standard_normal((_K, _W))],
            lambda point: float(self.values(point[0])[1].sum()),
            lambda point: [self.grad(point[0])],
            rng=rng,
            what=f"{self.name}.add_grad",
        )

    def check_no_decay(self, rng: np.random.Generator) -> None:
        w = rng.standard_normal((_K, _W))
        self.require(np.array_equal(self.decay(w, 0.1), w), "decay acts, though not decoupled")

    def check_prox(self, rng: np.random.Generator) -> None:
        v, step = rng.standard_normal((_K, _W)), rng.uniform(0.1, 1.0, (_K, _W))
        found = self.prox(v, step)

        def cost(u: np.ndarray) -> np.ndarray:
            whole, by_gradient = self.values(u)
            total: np.ndarray = ((u - v) ** 2 / (2 * step)).sum(axis=1) + whole - by_gradient
            return total

        best = cost(found)
        for scale in (1e-4, 1e-2, 1.0):
            for _ in range(200):
                # one coordinate or several in a row; from 0 as well, as minima sit on kinks; and
                # back towards v, the only way out of 0 for some that are 0 together
                start = rng.integers(_W)
                some = np.s_[:, start : start + rng.integers(1, 5)]
                toward = v - found if rng.random() < 0.2 else rng.standard_normal(v.shape)
                other = found.copy()
                other[some] = rng.choice([0.0, 1.0]) * found[some] + scale * toward[some]
                better = (cost(other) < best - 1e-12).any()
                self.require(not better, "prox does not minimise its own objective")
