"""The checks of the four passes of a layer, and of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from regan.backends import get_backend
from regan.layers import Layer
from regan.layers.network import Network
from regan.testing.batch import Batch, draw_theta
from regan.testing.differences import Point, assert_close, check_gradient
from regan.testing.models import exactness

_K, _N = 2, 4
_PASSES = ("forward", "backward", "tangent", "tangent_backward")
_MODES = {
    "training": {"train": True, "random": True},
    "training without draws": {"train": True, "random": False},
    "evaluation": {"train": False, "random": True},
}


def check_layer(
    layer: Layer, n_in: int = 5, *, backend: str | None = None, random_state: int = 0
) -> float:
    """Check the derivatives of a layer: each pass against differences of the pass before it.

    `forward` is the definition. `backward` is compared with `forward`; `tangent` with `forward`
    and, as its adjoint, with `backward`; `tangent_backward` with `backward`, with and without
    `dgy`. The last two are checked only if `layer` declares ``has_tangent``. All checks run in
    training, with and without draws, and in evaluation, and also with some scales and shifts
    exactly 0. Further checks:

    - No pass changes its arguments, the parameters or the arguments of an earlier pass.
    - `backward` and `tangent_backward` add to `grads`, whatever it holds.
    - With ``grads=None``, `backward` returns the same input gradient, and later passes still work.
    - `backward_rows`, and `scaled_backward` if `layer` has it, agree with the passes that they
      replace.
    - `forward` of a batch equals `forward` of its halves: always in evaluation; in training without
      draws, unless `layer` declares ``couples_samples``.
    - Passes of a second batch in between, with other parameters and its own cache, change nothing:
      all that a pass needs of an earlier pass is in the cache.
    - Two models at once give the same results as each model alone, bitwise if the backend is
      bitwise reproducible.
    - Rows that all models share may have a population axis of length 1.
    - After `calibrate`, evaluation of the same batch equals training without draws, and only fixed
      parameters have changed.
    - If `layer` declares ``unitwise``, removing one column does not change the other columns.

    Fixed parameters have the values of ``layer.init``, changed by less than 1/2.

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
    ops = get_backend(backend, "float64")
    network = Network([layer], n_in, ops)
    probes = [_Probe(network, repr(layer), rng, mode) for mode in _MODES]
    errors = [probe.check() for probe in probes]
    return max(*errors, probes[-1].check_calibrated(), probes[-1].check_unitwise(layer))


def check_network(
    layers: Sequence[Layer],
    n_in: int = 5,
    *,
    n_skip: int = 0,
    skip_from: int = 0,
    backend: str | None = None,
    random_state: int = 0,
) -> float:
    """Check the derivatives of a network of layers, as `check_layer` does for a layer.

    Parameters
    ----------
    layers : sequence of Layer
    n_in : int, default=5
    n_skip, skip_from : int, default=0
        The inputs that go around all layers; see `regan.layers.Network`.
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.

    Examples
    --------
    >>> from regan.layers import Activation, Dense
    >>> from regan.testing import check_network
    >>> check_network([Dense(3), Activation("tanh"), Dense(2)], n_skip=2) < 1e-6
    True
    """
    rng = np.random.default_rng(random_state)
    network = Network(layers, n_in, get_backend(backend, "float64"), n_skip, skip_from)
    probes = [_Probe(network, network.describe(), rng, mode) for mode in _MODES]
    return max(*(probe.check() for probe in probes), probes[-1].check_calibrated())


class _Probe:
    """A network in one mode, with random inputs."""

    def __init__(self, network: Network, name: str, rng: np.random.Generator, mode: str) -> None:
        self.name, self.mode = f"{name} in {mode}", _MODES[mode]
        self.has_tangent = all(layer.has_tangent for layer in network.layers)
        self.network, self.ops, self.rng = network, network.ops, rng
        n_in = network.n_in
        self.x_shape, self.y_shape = (_K, _N, n_in), (_K, _N, self.network.n_out)
        self.gy, self.dgy = rng.standard_normal((2, *self.y_shape))

    def check(self) -> float:
        errors = [self.check_backward(), self.check_inputs_only(), self.check_samples()]
        errors += [self.check_caches(), self.check_members(), self.check_shared()]
        if self.has_tangent:
            errors += [self.check_tangent(), self.check_adjoint()]
            errors += [self.check_tangent_backward(with_dgy) for with_dgy in (True, False)]
        return max(*errors, self.check_rows(), self.check_scaled_backward())

    def draw(self, rng: np.random.Generator) -> Point:
        """Random x and theta."""
        return rng.standard_normal(self.x_shape), draw_theta(self.network, _K, rng)

    def direction(self) -> np.ndarray:
        """A random dx, short enough for differences to follow fast waves."""
        return 0.25 * self.rng.standard_normal(self.x_shape)

    def inputs(self) -> Point:
        """Random arguments of all passes: x, theta, gy, dx, dgy."""
        shapes = self.y_shape, self.x_shape, self.y_shape
        return [*self.draw(self.rng), *(self.rng.standard_normal(shape) for shape in shapes)]

    def after_forward(self, x: np.ndarray, theta: np.ndarray) -> tuple[Batch, np.ndarray]:
        batch = Batch(self.network, theta, self.name, **self.mode)
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

    def compare(
        self,
        one: Iterable[Point],
        other: Iterable[Point],
        what: str,
        tolerance: float | None = None,
    ) -> float:
        """The largest error between the results of all passes, in what both have."""
        allowed = exactness(self.ops) if tolerance is None else tolerance
        return max(
            assert_close(a, b, f"{self.name}.{name}: {what}", allowed)
            for name, left, right in zip(_PASSES, one, other, strict=False)
            for a, b in zip(left, right, strict=False)
        )

    def check_inputs_only(self) -> float:
        inputs = self.inputs()
        other = self.passes(inputs, inputs_only=True)
        return self.compare(self.passes(inputs), other, "grads=None in backward changes results")

    def check_rows(self) -> float:
        """The input gradients of some rows are those of all."""
        x, theta, gy, *_ = self.inputs()
        rows = slice(1, _N - 1)
        full, some = (self.after_forward(x, theta)[0] for _ in range(2))
        gx, grad = full.backward(gy)
        what = f"{self.name}: backward_rows is not as backward"
        one, other = (gx[:, rows], grad), some.backward(gy, rows)
        return max(assert_close(a, b, what, 1e-12) for a, b in zip(one, other, strict=True))

    def check_scaled_backward(self) -> float:
        """It adds what tangent_backward does, with a tangent before it and without."""
        scaled = all(layer.has_scaled_backward for layer in self.network.layers)
        if not (self.has_tangent and scaled):
            return 0.0
        x, theta, gy, dx, _ = self.inputs()
        weights = self.rng.standard_normal((_K, _N, 1))
        errors = []
        for tangent in (dx, None):
            one, other = (self.after_forward(x, theta)[0] for _ in range(2))
            for batch in (one, other):
                batch.backward(gy)
            one.tangent(np.zeros_like(dx) if tangent is None else tangent)
            if tangent is not None:
                other.tangent(tangent)
            _, grad = one.tangent_backward(weights * gy)
            what = f"{self.name}: scaled_backward is not as tangent_backward"
            errors.append(assert_close(grad, other.scaled_backward(weights), what, 1e-12))
        return max(errors)

    def check_samples(self) -> float:
        """A batch and its halves."""
        train = self.mode["train"]
        if train and (self.mode["random"] or self.network.couples_samples):
            return 0.0
        x, theta = self.draw(self.rng)
        halves = [self.after_forward(half, theta)[1] for half in np.split(x, 2, axis=1)]
        excuse = ", but couples_samples is False" if train else ""
        what = f"{self.name}: samples act on one another{excuse}"
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

    def check_shared(self) -> float:
        """Rows that all models share, given once and given to each."""
        x, *rest = self.inputs()
        once, each = self.passes([x[:1], *rest]), self.passes([np.repeat(x[:1], _K, axis=0), *rest])
        full = ([np.broadcast_to(a, (_K, *a.shape[1:])) for a in results] for results in once)
        return self.compare(full, each, "shared rows change results", 1e-12)

    def check_calibrated(self) -> float:
        """Evaluation after `calibrate`, and training."""
        x, theta = self.draw(self.rng)
        device, n = self.ops.asarray(theta.copy()), self.network.layout.n_trained
        self.network.calibrate(device, self.ops.asarray(x))
        calibrated = self.ops.to_numpy(device)
        assert_close(calibrated[:, :n], theta[:, :n], f"{self.name}: calibrate changes more", 0.0)
        training = Batch(self.network, calibrated, self.name, train=True, random=False)
        what = f"{self.name}: calibrated, it differs from training without draws"
        return assert_close(self.after_forward(x, calibrated)[1], training.forward(x), what, 1e-12)

    def check_unitwise(self, layer: Layer) -> float:
        """Evaluation of the one layer with one column less."""
        if not layer.unitwise or self.network.n_in == 1:
            return 0.0
        x, theta = self.draw(self.rng)
        narrow = Network([layer], self.network.n_in - 1, self.ops)
        less = np.zeros((_K, narrow.layout.size))
        slots = zip(narrow.layout.slots, self.network.layout.slots, strict=True)
        for slot, wide in slots:
            left = self.network.layout.view(theta, wide)[..., 1:]
            narrow.layout.view(less, slot)[...] = left
        found = Batch(narrow, less, self.name, **self.mode).forward(x[..., 1:])
        what = f"{self.name}: unitwise, but columns act on one another"
        return assert_close(found, self.after_forward(x, theta)[1][..., 1:], what, 1e-12)

    def check_backward(self) -> float:
        n, fixed = self.network.layout.n_trained, [np.zeros((_K, 0))]

        def draw(rng: np.random.Generator) -> Point:
            x, theta = self.draw(rng)
            fixed[0] = theta[:, n:]
            return x, theta[:, :n]

        def after(x: np.ndarray, trained: np.ndarray) -> tuple[Batch, np.ndarray]:
            return self.after_forward(x, np.concatenate([trained, fixed[0]], axis=1))

        return check_gradient(
            draw,
            lambda point: float(np.vdot(self.gy, after(*point)[1])),
            lambda point: after(*point)[0].backward(self.gy),
            rng=self.rng,
            what=f"{self.name}.backward",
        )

    def check_tangent(self) -> float:
        """<gy, f(x + t dx)> as a function of t alone."""
        dx = self.direction()

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
        dx, c = self.direction(), self.rng.standard_normal(self.x_shape)
        weights = self.rng.standard_normal((_K, self.network.layout.n_trained))
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
