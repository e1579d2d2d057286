"""The check of a layer's four passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from regan.backends import Backend, get_backend
from regan.layers import Layer
from regan.network import Network
from regan.testing.batch import Batch
from regan.testing.differences import Point, assert_close, check_gradient
from regan.testing.models import exactness

_K, _N = 2, 4
_PASSES = ("forward", "backward", "tangent", "tangent_backward")


def check_layer(
    layer: Layer, n_in: int = 5, *, backend: str | None = None, random_state: int = 0
) -> float:
    """Check every pass of `layer` against differences of the pass before it.

    Forward against nothing (it is the definition), backward against forward, tangent against
    forward and, as its adjoint, against backward, tangent_backward against backward, with `dgy`
    and without; the last two only if `layer` declares ``has_tangent``. Also:

    - no pass changes its arguments, the parameters or an earlier pass's arguments;
    - backward and tangent_backward add to `grads`, whatever was there;
    - with ``grads=None`` backward gives the same input gradient and serves the passes after it;
    - unless `layer` declares ``couples_samples``, forward maps a batch as it maps its halves;
    - a second batch that takes each pass in between, with other parameters and its own cache,
      changes nothing: what a pass needs of an earlier one is in the cache;
    - two models at once give in every pass what each gives alone, bitwise if the backend is.

    Parameters
    ----------
    layer : Layer
    n_in : int, default=5
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.

    Examples
    --------
    >>> from regan.layers import Dense
    >>> from regan.testing import check_layer
    >>> check_layer(Dense(3)) < 1e-6
    True
    """
    rng = np.random.default_rng(random_state)
    probe = _Probe(layer, n_in, get_backend(backend, "float64"), rng)
    errors = [probe.check_backward(), probe.check_inputs_only(), probe.check_samples()]
    errors += [probe.check_caches(), probe.check_members()]
    if layer.has_tangent:
        errors += [probe.check_tangent(), probe.check_adjoint()]
        errors += [probe.check_tangent_backward(with_dgy) for with_dgy in (True, False)]
    return max(errors)


class _Probe:
    """One layer as a network, with random inputs."""

    def __init__(self, layer: Layer, n_in: int, ops: Backend, rng: np.random.Generator) -> None:
        self.name, self.has_tangent = repr(layer), layer.has_tangent
        self.network = Network([layer], n_in, ops)
        self.ops, self.rng = ops, rng
        self.x_shape, self.y_shape = (_K, _N, n_in), (_K, _N, self.network.n_out)
        self.gy, self.dgy = rng.standard_normal((2, *self.y_shape))

    def draw(self, rng: np.random.Generator) -> Point:
        """Random x and theta."""
        return rng.standard_normal(self.x_shape), rng.standard_normal(
            (_K, self.network.layout.size)
        )

    def inputs(self) -> Point:
        """Random arguments of all passes: x, theta, gy, dx, dgy."""
        shapes = self.y_shape, self.x_shape, self.y_shape
        return [*self.draw(self.rng), *(self.rng.standard_normal(shape) for shape in shapes)]

    def after_forward(self, x: np.ndarray, theta: np.ndarray) -> tuple[Batch, np.ndarray]:
        batch = Batch(self.network, theta, self.name)
        return batch, batch.forward(x)

    def passes(self, inputs: Point, *, inputs_only: bool = False) -> Iterator[Point]:
        """The results of each pass in turn; without backward's gradient if `inputs_only`."""
        x, theta, gy, dx, dgy = inputs
        batch, y = self.after_forward(x, theta)
        yield [y]
        yield [batch.input_gradient(gy)] if inputs_only else batch.backward(gy)
        if self.has_tangent:
            yield [batch.tangent(dx)]
            yield batch.tangent_backward(dgy)

    def compare(self, one: Iterable[Point], other: Iterable[Point], what: str) -> float:
        """The largest error between the results of all passes, in what both have."""
        return max(
            assert_close(a, b, f"{self.name}.{name}: {what}", exactness(self.ops))
            for name, left, right in zip(_PASSES, one, other, strict=False)
            for a, b in zip(left, right, strict=False)
        )

    def check_inputs_only(self) -> float:
        inputs = self.inputs()
        other = self.passes(inputs, inputs_only=True)
        return self.compare(self.passes(inputs), other, "grads=None in backward changes results")

    def check_samples(self) -> float:
        """A batch and its halves."""
        if self.network.couples_samples:
            return 0.0
        x, theta = self.draw(self.rng)
        halves = [self.after_forward(half, theta)[1] for half in np.split(x, 2, axis=1)]
        what = f"{self.name}: samples act on one another, but couples_samples is False"
        return assert_close(self.after_forward(x, theta)[1], np.concatenate(halves, 1), what, 1e-12)

    def check_caches(self) -> float:
        """Two batches taking turns, pass by pass."""
        one, two = self.inputs(), self.inputs()
        beside = (result for result, _ in zip(self.passes(one), self.passes(two), strict=True))
        return self.compare(list(self.passes(one)), beside, "another batch changes results")

    def check_members(self) -> float:
        """Two models at once are two single ones."""
        inputs = self.inputs()
        together = list(self.passes(inputs))
        errors = []
        for k in range(_K):
            one = slice(k, k + 1)
            alone = self.passes([a[one] for a in inputs])
            mine = [[a[one] for a in results] for results in together]
            errors.append(self.compare(mine, alone, f"model {k} of two is not as it is alone"))
        return max(errors)

    def check_backward(self) -> float:
        return check_gradient(
            self.draw,
            lambda point: float(np.vdot(self.gy, self.after_forward(*point)[1])),
            lambda point: self.after_forward(*point)[0].backward(self.gy),
            rng=self.rng,
            what=f"{self.name}.backward",
        )

    def check_tangent(self) -> float:
        """<gy, f(x + t dx)> as a function of t alone."""
        dx = self.rng.standard_normal(self.x_shape)

        def value(x: np.ndarray, theta: np.ndarray, t: np.ndarray) -> float:
            return float(np.vdot(self.gy, self.after_forward(x + t * dx, theta)[1]))

        def derivative(x: np.ndarray, theta: np.ndarray, t: np.ndarray) -> float:
            return float(np.vdot(self.gy, self.after_forward(x + t * dx, theta)[0].tangent(dx)))

        return self._along(value, derivative, "tangent")

    def check_adjoint(self) -> float:
        _, _, gy, dx, _ = inputs = self.inputs()
        _, (gx, _), (dy,), _ = self.passes(inputs)
        what = f"{self.name}: tangent is not backward's adjoint"
        return assert_close(np.vdot(gy, dy), np.vdot(gx, dx), what)

    def check_tangent_backward(self, with_dgy: bool) -> float:
        """The derivative of backward's results along (dx, dgy)."""
        dx, c = self.rng.standard_normal((2, *self.x_shape))
        weights = self.rng.standard_normal((_K, self.network.layout.size))
        dgy = self.dgy if with_dgy else np.zeros_like(self.dgy)

        def project(gx: np.ndarray, grad: np.ndarray) -> float:
            return float(np.vdot(c, gx) + np.vdot(weights, grad))

        def value(x: np.ndarray, theta: np.ndarray, t: np.ndarray) -> float:
            return project(*self.after_forward(x + t * dx, theta)[0].backward(self.gy + t * dgy))

        def derivative(x: np.ndarray, theta: np.ndarray, t: np.ndarray) -> float:
            batch, _ = self.after_forward(x + t * dx, theta)
            batch.backward(self.gy + t * dgy)
            batch.tangent(dx)
            return project(*batch.tangent_backward(dgy if with_dgy else None))

        return self._along(value, derivative, f"tangent_backward(dgy={with_dgy})")

    def _along(
        self, value: Callable[..., float], derivative: Callable[..., float], what: str
    ) -> float:
        """Differences in the scalar t only, at fresh x and theta."""
        fixed: list[np.ndarray] = []

        def draw(rng: np.random.Generator) -> Point:
            fixed[:] = self.draw(rng)
            return [np.zeros(())]

        return check_gradient(
            draw,
            lambda point: value(*fixed, point[0]),
            lambda point: [np.asarray(derivative(*fixed, point[0]))],
            rng=self.rng,
            what=f"{self.name}.{what}",
        )
