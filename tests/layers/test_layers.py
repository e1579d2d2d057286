"""Every layer's four passes, and the table of activations."""

from inspect import isabstract

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.base import clone

from regan.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Beside,
    ColumnScale,
    Dense,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LabelOffsets,
    LatentMixture,
    Layer,
    LayerNorm,
    MinibatchStd,
    Residual,
    SoftmaxBlocks,
)
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.testing import check_layer
from regan.testing.batch import draw_theta

LAYERS = [
    Dense(4),
    Dense(1, gain=2.0),
    *(Activation(name) for name in ACTIVATIONS),
    Dropout(0.4),
    Dropout(0.0),
    BatchNorm(),
    BatchNorm(0.1),
    LayerNorm(),
    LayerNorm(0.1),
    GroupNorm(),
    GroupNorm(3, 0.1),
    FourierFeatures(),
    FourierFeatures([0.5, 3]),
    MinibatchStd(),
    MinibatchStd(0.1),
    LatentMixture(),
    LatentMixture(3, spread=0.5),
    LabelOffsets(1, 1),
    LabelOffsets(2, 3),
    ColumnScale(),
    ColumnScale(0.5, 2.0, levels=(2, 1, 3)),
    SoftmaxBlocks([4]),
    SoftmaxBlocks((2, 1, 3), temperature=0.7),
    Residual([Dense(5), Activation("tanh")]),
    Residual([Dense(3), BatchNorm(), Activation("silu"), Dropout(0.3)]),
    Residual((Residual([Dropout(0.5), Dense(5)]), MinibatchStd())),
    Residual([Dropout(0.5)]),
    Beside(LatentMixture(3), 1),
    Beside(Residual([BatchNorm(), Dropout(0.5), Activation("tanh")]), 2),
]


def inputs(layer, n):
    """How many inputs a layer takes that needs some beside `n`, or a multiple of a number."""
    more = {LatentMixture: 1, Beside: 2, LabelOffsets: 2}
    n += sum(getattr(layer, "levels", ())) or more.get(type(layer), 0)
    return n + -n % getattr(layer, "n_groups", 1)


def name(layer):
    return " ".join(repr(layer).split())


@pytest.mark.parametrize("n_in", [1, 2, 5])
@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_passes(layer, n_in):
    assert check_layer(layer, inputs(layer, n_in)) <= 1e-6


def kinds(cls):
    """All concrete classes below `cls` in regan."""
    for sub in cls.__subclasses__():
        if sub.__module__.startswith("regan.") and not isabstract(sub):
            yield sub
        yield from kinds(sub)


def test_every_layer_is_checked():
    assert set(kinds(Layer)) == {type(layer) for layer in LAYERS}


@pytest.mark.parametrize("n_in", [1, 33])
@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_large_batches_of_two_models_are_those_of_single_ones(layer, n_in, ops32):
    """Sums over many rows have an order, and it must not depend on the number of models."""
    n_in = inputs(layer, n_in)
    network, rng = Network([layer], n_in, ops32), np.random.default_rng(0)
    theta, x = draw_theta(network, 2, rng), rng.standard_normal((2, 300, n_in))
    gy = rng.standard_normal((2, 300, network.n_out))

    def passes(theta, x, gy):
        params, grad = ops32.asarray(theta), ops32.zeros((len(theta), network.layout.n_trained))
        params, grads = network.split(params), network.split(grad)
        draws = Draws(ops32, ops32.rng(1))
        y, caches = network.forward(params, ops32.asarray(x), train=True, draws=draws)
        results = [y, network.backward(params, ops32.asarray(gy), caches, grads)]
        if layer.has_tangent:
            results.append(network.tangent(params, ops32.asarray(x), caches))
            results.append(network.tangent_backward(params, ops32.asarray(gy), caches, grads))
        return [ops32.to_numpy(a) for a in [*results, grad]]

    together = passes(theta, x, gy)
    for k in (0, 1):
        one = slice(k, k + 1)
        for a, b in zip(together, passes(theta[one], x[one], gy[one]), strict=True):
            tolerance = 0 if ops32.bitwise else 1e-5
            np.testing.assert_allclose(a[one], b, rtol=tolerance, atol=tolerance)


class Run:
    """One layer as a network of one model, with its initial parameters but for `changes`."""

    def __init__(self, layer, x, ops, *, train=True, seed=None, **changes):
        self.network, self.ops = Network([layer], x.shape[-1], ops), ops
        self.theta = self.network.init(np.random.default_rng(0))
        self.params = self.network.split(self.theta)
        for key, value in changes.items():
            self.params[0][key][...] = ops.asarray(value)
        draws = None if seed is None else Draws(ops, ops.rng(seed))
        y, self.caches = self.network.forward(
            self.params, ops.asarray(x[None]), train=train, draws=draws
        )
        self.y = ops.to_numpy(y)[0]

    def backward(self, gy):
        """gx, and the gradient of each parameter by name."""
        grad = self.ops.zeros((1, self.network.layout.n_trained))
        grads = self.network.split(grad)
        gx = self.network.backward(self.params, self.ops.asarray(gy[None]), self.caches, grads)
        return self.ops.to_numpy(gx)[0], {
            key: self.ops.to_numpy(g)[0] for key, g in grads[0].items()
        }


@pytest.fixture
def x():
    return np.random.default_rng(5).normal(size=(40, 3)) * [1, 2, 0.5] + [0, 3, -1]


GAMMA, BETA = np.array([2.0, 0.0, -1.5]), np.array([0.5, -1.0, 0.0])


def standardised(x, axis, epsilon):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


@pytest.mark.parametrize(("layer", "axis"), [(BatchNorm(0.3), 0), (LayerNorm(0.3), 1)])
def test_norms_by_the_formula(layer, axis, x, ops64):
    run, gy = Run(layer, x, ops64, gamma=GAMMA, beta=BETA), np.cos(x)
    xh = standardised(x, axis, 0.3)
    np.testing.assert_allclose(run.y, GAMMA * xh + BETA, atol=1e-14)
    gx, grads = run.backward(gy)
    np.testing.assert_allclose(grads["gamma"], (gy * xh).sum(axis=0))
    np.testing.assert_allclose(grads["beta"], gy.sum(axis=0))
    np.testing.assert_allclose(gx.sum(axis), 0, atol=1e-13)  # shifts of x do nothing
    if axis == 0:
        np.testing.assert_array_equal(gx[:, GAMMA == 0], 0)


def test_group_norm_by_loops(ops64):
    x = np.random.default_rng(5).normal(size=(7, 6)) * [1, 2, 0.5, 1, 3, 1] + [0, 3, -1, 9, 0, 2]
    gamma, beta = np.array([2.0, 0.0, -1.5, 1.0, 0.0, 0.3]), np.arange(6.0)
    wanted = np.empty_like(x)
    for n, row in enumerate(x):
        for columns in ([0, 1], [2, 3], [4, 5]):
            mean = sum(row[i] for i in columns) / 2
            var = sum((row[i] - mean) ** 2 for i in columns) / 2
            for i in columns:
                wanted[n, i] = gamma[i] * (row[i] - mean) / np.sqrt(var + 0.3) + beta[i]
    run = Run(GroupNorm(3, 0.3), x, ops64, gamma=gamma, beta=beta)
    np.testing.assert_allclose(run.y, wanted, atol=1e-14)
    gx, grads = run.backward(np.cos(x))
    np.testing.assert_allclose(gx.reshape(7, 3, 2).sum(axis=2), 0, atol=1e-13)
    np.testing.assert_allclose(grads["beta"], np.cos(x).sum(axis=0))
    assert grads["gamma"].all()  # a scale of 0 can leave it


@pytest.mark.parametrize("n_groups", [1, 2, 3])
def test_group_norm_is_a_layer_norm_of_each_group(n_groups, ops64):
    """All four passes."""
    rng = np.random.default_rng(3)
    x, gy, dx, dgy = rng.normal(size=(4, 5, 6))
    gamma, beta = rng.normal(size=(2, 6))
    gamma[::3] = 0

    def passes(layer, some):
        run = Run(layer, x[:, some], ops64, gamma=gamma[some], beta=beta[some])
        arrays = [ops64.asarray(a[None, :, some]) for a in (gy, dx, dgy)]
        grad = ops64.zeros((1, run.network.layout.n_trained))
        grads = run.network.split(grad)
        results = [
            run.network.backward(run.params, arrays[0], run.caches, grads),
            run.network.tangent(run.params, arrays[1], run.caches),
            run.network.tangent_backward(run.params, arrays[2], run.caches, grads),
            grads[0]["gamma"][:, None],
            grads[0]["beta"][:, None],
        ]
        return [run.y, *(ops64.to_numpy(a)[0] for a in results)]

    groups = np.split(np.arange(6), n_groups)
    apart = [passes(LayerNorm(0.1), slice(g[0], g[-1] + 1)) for g in groups]
    whole = passes(GroupNorm(n_groups, 0.1), slice(0, 6))
    for a, parts in zip(whole, zip(*apart, strict=True), strict=True):
        np.testing.assert_allclose(a, np.concatenate(parts, axis=1), rtol=1e-13, atol=1e-14)


def test_group_norm_of_no_rows(ops64):
    assert Run(GroupNorm(), np.zeros((0, 4)), ops64).y.shape == (0, 4)


def test_batch_norm_in_evaluation_uses_what_is_fixed(x, ops64):
    fixed = {"mean": [1.0, 2.0, 3.0], "var": [4.0, 0.5, 1.0]}
    run = Run(BatchNorm(0.3), x, ops64, train=False, gamma=GAMMA, beta=BETA, **fixed)
    scale = GAMMA / np.sqrt(np.array(fixed["var"]) + 0.3)
    np.testing.assert_allclose(run.y, scale * (x - fixed["mean"]) + BETA)
    np.testing.assert_allclose(run.backward(np.cos(x))[0], scale * np.cos(x))
    untouched = Run(BatchNorm(0.3), x, ops64, train=False)
    np.testing.assert_allclose(untouched.y, x / np.sqrt(1.3))


def test_calibrate_keeps_the_statistics_of_a_batch(x, ops64):
    network = Network([BatchNorm(), Residual([Dense(2), MinibatchStd(1e-3)])], 3, ops64)
    theta = network.init(np.random.default_rng(0), 2)
    network.calibrate(theta, ops64.asarray(x[None]))
    batch_norm, residual = network.split(theta)
    np.testing.assert_allclose(ops64.to_numpy(batch_norm["mean"]), [x.mean(axis=0)] * 2)
    np.testing.assert_allclose(ops64.to_numpy(batch_norm["var"]), [x.var(axis=0)] * 2)
    weights = ops64.to_numpy(residual["0.W"])[0]
    inner = standardised(x, 0, 1e-5) @ weights
    wanted = np.sqrt(inner.var(axis=0) + 1e-3).mean()
    np.testing.assert_allclose(ops64.to_numpy(residual["1.std"]), [[wanted]] * 2)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.7])
def test_dropout_keeps_the_mean(rate, ops32):
    ones = np.ones((2000, 50))
    y = Run(Dropout(rate), ones, ops32, seed=0).y
    assert set(np.unique(y)) <= {0, np.float32(1 / np.float32(1 - rate))}
    assert (y == 0).mean() == pytest.approx(rate, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.02)
    for other in (Run(Dropout(rate), ones, ops32), Run(Dropout(rate), ones, ops32, train=False)):
        np.testing.assert_array_equal(other.y, ones)


def test_models_share_the_mask_and_layers_do_not(ops64):
    network = Network([Dropout(0.5), Residual([Dropout(0.5)])], 20, ops64)
    params, draws = (
        network.split(network.init(np.random.default_rng(0), 2)),
        Draws(ops64, ops64.rng(0)),
    )
    ones = ops64.asarray(np.ones((2, 30, 20)))
    y, _ = network.forward(params, ones, train=True, draws=draws)
    y = ops64.to_numpy(y)
    np.testing.assert_array_equal(y[0], y[1])
    assert set(np.unique(y)) == {0, 2, 6}  # with masks of 0 and 2: u + u v
    again, _ = network.forward(params, ones, train=True, draws=draws)
    np.testing.assert_array_equal(ops64.to_numpy(again), y)


def test_fourier_features_by_the_formula(x, ops64):
    y = Run(FourierFeatures([1, 2.5]), x, ops64).y
    waves = [f(np.pi / 2 * k * x) for k in (1, 2.5) for f in (np.sin, np.cos)]
    np.testing.assert_allclose(y, np.concatenate([x, *waves], axis=1), atol=1e-14)


def test_minibatch_std_by_the_formula(x, ops64):
    y = Run(MinibatchStd(1e-3), x, ops64).y
    np.testing.assert_array_equal(y[:, :3], x)
    np.testing.assert_allclose(y[:, 3], np.sqrt(x.var(axis=0) + 1e-3).mean())
    alone = Run(MinibatchStd(1e-3), x[:1], ops64, train=False, std=[0.7]).y
    np.testing.assert_allclose(alone, [[*x[0], 0.7]])


@pytest.mark.parametrize("width", [3, 2])
def test_residual_is_the_sum(width, x, ops64):
    run = Run(Residual([Dense(width), Activation("tanh")]), x, ops64)
    params = {key: ops64.to_numpy(a)[0] for key, a in run.params[0].items()}
    assert set(params) == {"0.W", "0.b"} | ({"P"} if width != 3 else set())
    around = x @ params["P"] if width != 3 else x
    np.testing.assert_allclose(run.y, around + np.tanh(x @ params["0.W"]))
    assert all(a.std() > 0 for key, a in params.items() if key != "0.b")


def test_residual_is_what_its_layers_are():
    plain, coupled = [Dense(3), Activation("relu")], [BatchNorm(), Activation("tanh")]
    assert not Residual(plain).couples_samples
    assert Residual(plain).piecewise_linear
    assert Residual([Dense(3), Residual(coupled)]).couples_samples
    assert not Residual(coupled).piecewise_linear
    assert not Residual([_NoTangent("tanh")]).has_tangent
    copy = clone(Residual(plain))
    assert copy.layers[0] is not plain[0]
    assert copy.layers[0].n_units == 3


def test_latent_mixture_is_a_mixture(ops64):
    rng = np.random.default_rng(0)
    z = np.concatenate([[[-40.0, 0, 0], [40.0, 0, 0]], rng.normal(size=(4000, 3))])
    run = Run(LatentMixture(4, spread=0.2), z, ops64)
    centres = ops64.to_numpy(run.params[0]["centres"])[0]
    np.testing.assert_allclose(run.y[:2], centres[[0, -1]])
    quarter = np.searchsorted(norm.ppf([0.25, 0.5, 0.75]), z[:, 0])
    np.testing.assert_allclose(run.y, centres[quarter] + 0.2 * z[:, 1:])
    shares = np.bincount(quarter) / len(z)
    np.testing.assert_allclose(shares, 0.25, atol=0.02)
    assert len(np.unique(centres)) == 8


def test_column_scale_appends_what_it_learns(x, ops64):
    run = Run(ColumnScale(), x, ops64, s=[1.0, 2.0, 3.0])
    np.testing.assert_array_equal(run.y, np.concatenate([x, [[1, 2, 3]] * 40], axis=1))
    assert [s.parameter.kind for s in run.network.layout.slots] == ["bias"]
    np.testing.assert_array_equal(Run(ColumnScale(), x, ops64).y[:, 3:], 0)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        (Dropout(1.0), ValueError, "rate must be a finite number >= 0 and < 1, got 1.0"),
        (Dropout(-0.1), ValueError, "rate must be a finite number >= 0 and < 1"),
        (Dropout("0.1"), TypeError, "rate must be a real number"),
        (BatchNorm(0), ValueError, "epsilon must be a finite number > 0, got 0"),
        (LayerNorm(float("nan")), ValueError, "epsilon must be a finite number > 0"),
        (GroupNorm(0), ValueError, "n_groups must be an integer >= 1, got 0"),
        (GroupNorm(-3), ValueError, "n_groups must be an integer >= 1, got -3"),
        (GroupNorm(1.0), TypeError, "n_groups must be an integer, got 1.0"),
        (GroupNorm(True), TypeError, "n_groups must be an integer, got True"),
        (GroupNorm("3"), TypeError, "n_groups must be an integer, got '3'"),
        (GroupNorm(3, 0), ValueError, "epsilon must be a finite number > 0, got 0"),
        (MinibatchStd(None), TypeError, "epsilon must be a real number"),
        (FourierFeatures([]), ValueError, "frequencies must hold at least one number"),
        (FourierFeatures(3), TypeError, "frequencies must be a sequence of numbers, got 3"),
        (FourierFeatures([1, 0]), ValueError, "frequencies must be a finite number > 0, got 0"),
        (FourierFeatures("12"), TypeError, "frequencies must be a real number, got '1'"),
        (LatentMixture(0), ValueError, "n_components must be an integer >= 1, got 0"),
        (LatentMixture(2.0), TypeError, "n_components must be an integer"),
        (LatentMixture(spread=0), ValueError, "spread must be a finite number > 0, got 0"),
        (Residual([]), TypeError, "layers must be a sequence of at least one Layer, got"),
        (Residual(["dense"]), TypeError, "layers must be a sequence of at least one Layer, got"),
        (Residual([Dropout(2)]), ValueError, "rate must be"),
    ],
    ids=name,
)
def test_bad_settings_are_refused(layer, error, message, ops64):
    with pytest.raises(error, match=message):
        Network([layer], 6, ops64)


@pytest.mark.parametrize(("n_groups", "n_in"), [(2, 3), (4, 10), (6, 3), (3, 1)])
def test_groups_have_to_be_of_equal_size(n_groups, n_in, ops64):
    message = f"number of columns, got n_groups={n_groups} and {n_in} columns$"
    with pytest.raises(ValueError, match=message):
        Network([GroupNorm(n_groups)], n_in, ops64)


def test_a_latent_mixture_needs_a_number_to_pick_by(ops64):
    with pytest.raises(ValueError, match=r"rows of at least 2 numbers.*got 1"):
        Network([LatentMixture()], 1, ops64)


@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_binding_leaves_the_configuration_alone(layer, ops64):
    before = dict(vars(layer))
    Network([layer], inputs(layer, 3), ops64)
    assert vars(layer) == before


def test_the_kind_of_every_parameter(ops64):
    layers = [BatchNorm(), Residual([Dense(2), BatchNorm()]), MinibatchStd()]
    network = Network(layers, 3, ops64)
    kind = {f"{s.layer}.{s.parameter.name}": s.parameter.kind for s in network.layout.slots}
    weights = {"1.0.W", "1.P"}
    biases = {"0.gamma", "0.beta", "1.0.b", "1.1.gamma", "1.1.beta"}
    fixed = {"0.mean", "0.var", "1.1.mean", "1.1.var", "2.std"}
    wanted = dict.fromkeys(weights, "weight") | dict.fromkeys(biases, "bias")
    assert kind == wanted | dict.fromkeys(fixed, "fixed")


def test_random_parameters_hold_zeros_among_the_scales(ops64):
    network = Network([BatchNorm(), Residual([LayerNorm()])], 3, ops64)
    params = network.split(ops64.asarray(draw_theta(network, 2, np.random.default_rng(0))))
    for gamma in (params[0]["gamma"], params[1]["0.gamma"]):
        np.testing.assert_array_equal(ops64.to_numpy(gamma)[:, 0], 0)
        assert ops64.to_numpy(gamma)[:, 1:].all()
    assert (ops64.to_numpy(params[0]["var"]) > 0.5).all()


class _NoTangent(Activation):
    has_tangent = False

    def tangent(self, params, dx, cache):
        raise AssertionError("has_tangent is False")

    tangent_backward = tangent


def test_passes_that_a_layer_lacks_are_not_called():
    assert check_layer(_NoTangent("tanh")) <= 1e-6
    assert check_layer(Residual([_NoTangent("tanh")])) <= 1e-6


class _Broken(Activation):
    """tanh with one pass wrong."""

    def __init__(self, wrong):
        super().__init__("tanh")
        self.wrong = wrong

    def forward(self, params, x, cache, **mode):
        y = super().forward(params, x, cache, **mode)
        if self.wrong == "writes to x":
            x *= 2
        return y

    def backward(self, params, gy, cache, grads):
        gx = super().backward(params, gy, cache, grads)
        if self.wrong == "writes to gy":
            gy *= 2
        if self.wrong == "writes to x in backward":
            cache["z"] *= 2
        return 1.001 * gx if self.wrong == "backward" else gx

    def tangent(self, params, dx, cache):
        dy = super().tangent(params, dx, cache)
        if self.wrong == "writes to dx":
            dx *= 2
        return 1.001 * dy if self.wrong == "tangent" else dy

    def tangent_backward(self, params, dgy, cache, grads):
        if self.wrong == "no curvature":  # what a test with ReLU alone would not see
            return None if dgy is None else self._slope(cache) * dgy
        return super().tangent_backward(params, dgy, cache, grads)


class _Forgets(Dense):
    """A Dense layer that discards what one of its passes finds in grads."""

    def __init__(self, wrong):
        super().__init__(4)
        self.wrong = wrong

    def backward(self, params, gy, cache, grads):
        if self.wrong == "backward" and grads is not None:
            grads["W"][...] = 0
        if self.wrong == "inputs only" and grads is None:
            gy = 0.5 * gy
        return super().backward(params, gy, cache, grads)

    def tangent_backward(self, params, dgy, cache, grads):
        if self.wrong == "tangent_backward":
            grads["b"][...] = 0
        return super().tangent_backward(params, dgy, cache, grads)


class _HalfOfSomeRows(Dense):
    """Its own entry for some rows differs."""

    def backward(self, params, gy, cache, grads):
        return super().backward_rows(params, gy, cache, grads, slice(None))

    def backward_rows(self, params, gy, cache, grads, rows):
        return 0.5 * super().backward_rows(params, gy, cache, grads, rows)


class _ScalesTwice(Dense):
    def scaled_backward(self, params, weights, cache, grads):
        super().scaled_backward(params, 2 * weights, cache, grads)


class _Keeps(Dense):
    """A Dense layer that keeps one array on itself instead of in the cache."""

    def __init__(self, wrong):
        super().__init__(4)
        self.wrong = wrong
        self.kept = None

    def _pass(self, name, params, a, cache, *grads, **mode):
        if self.kept is not None:
            cache[self.wrong] = self.kept
        result = getattr(Dense, name)(self, params, a, cache, *grads, **mode)
        self.kept = cache.pop(self.wrong, None)
        return result

    def forward(self, *arguments, **mode):
        return self._pass("forward", *arguments, **mode)

    def backward(self, *arguments):
        return self._pass("backward", *arguments)

    def tangent(self, *arguments):
        return self._pass("tangent", *arguments)

    def tangent_backward(self, *arguments):
        return self._pass("tangent_backward", *arguments)


class _MixesModels(Activation):
    def forward(self, params, x, cache, **mode):
        return super().forward(params, x, cache, **mode) + x.shape[0]  # no derivative shows it


class _OneModelOnly(Activation):
    def backward(self, params, gy, cache, grads):
        gx = self.ops.empty(cache["z"].shape)
        gx[...] = super().backward(params, gy, cache, grads)[: len(gx)]
        return gx


class _SaysUncoupled(BatchNorm):
    couples_samples = False


class _AlwaysTrains(BatchNorm):
    def constants(self, params, train):
        return None


class _ForgetsToCalibrate(BatchNorm):
    def calibrate(self, params, cache):
        pass


class _CalibratesMore(BatchNorm):
    def calibrate(self, params, cache):
        super().calibrate(params, cache)
        params["beta"][...] += 1


class _AlwaysDrops(Dropout):
    def forward(self, params, x, cache, *, train=False, draws=None):
        return super().forward(params, x, cache, train=True, draws=draws)


class _MaskOfItsOwn(Dropout):
    """Each pass has another mask."""

    def backward(self, params, gy, cache, grads):
        cache["mask"] = None if cache["mask"] is None else cache["mask"][:, ::-1]
        return super().backward(params, gy, cache, grads)


class _SaysUnitwise(LayerNorm):
    unitwise = True


class _NoBatchTerm(BatchNorm):
    """Mean and variance held constant in the second-order pass."""

    def _second(self, params, dgy, cache):
        g = params["gamma"][:, None, :] * cache["gy"]
        return cache["inv"] * (0 * g if dgy is None else params["gamma"][:, None, :] * dgy)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (_Broken("backward"), "backward: relative error"),
        (_Broken("tangent"), "tangent: relative error"),
        (_Broken("no curvature"), r"tangent_backward\(dgy=True\): relative error"),
        (_Broken("writes to x"), "forward writes to its arguments"),
        (_Broken("writes to x in backward"), "backward writes to its arguments"),
        (_Broken("writes to gy"), "backward writes to its arguments"),
        (_Broken("writes to dx"), "tangent writes to its arguments"),
        (_Forgets("backward"), "backward: relative error"),
        (_Forgets("tangent_backward"), r"tangent_backward\(dgy=True\): relative error"),
        (_Forgets("inputs only"), "backward: grads=None in backward changes results"),
        (_Keeps("x"), "backward: another batch changes results"),
        (_Keeps("gy"), "tangent_backward: another batch changes results"),
        (_Keeps("dx"), "tangent_backward: another batch changes results"),
        (_MixesModels("tanh"), "forward: model 0 of two"),
        (_OneModelOnly("tanh"), "in training.backward: shared rows change results"),
        (_SaysUncoupled(), "without draws: samples act on one another, but couples_samples"),
        (_AlwaysTrains(), "in evaluation: samples act on one another"),
        (_ForgetsToCalibrate(), "calibrated, it differs from training"),
        (_CalibratesMore(), "calibrate changes more"),
        (_AlwaysDrops(0.5), "in evaluation: samples act|calibrated, it differs from training"),
        (_MaskOfItsOwn(0.5), "in training.backward: relative error"),
        (_SaysUnitwise(), "unitwise, but columns act on one another"),
        (_HalfOfSomeRows(4), "backward_rows is not as backward"),
        (_ScalesTwice(4), "scaled_backward is not as tangent_backward"),
        (_NoBatchTerm(), r"in training.tangent_backward\(dgy=True\): relative error"),
    ],
    ids=name,
)
def test_a_wrong_pass_is_found(layer, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(layer)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_gain_keeps_the_scale(row):
    def squared(z):
        out = np.empty(1)
        row.f(np.array([z]), out)
        return out[0] ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    second_moment = quad(squared, -12, 0)[0] + quad(squared, 0, 12)[0]
    assert row.gain == pytest.approx(second_moment**-0.5, rel=1e-6)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_activations_are_finite_far_out(row, ops32):
    z = ops32.asarray([[[-1e4, -90.0, 0.0, 90.0, 1e4]]])
    with np.errstate(over="ignore", under="ignore", invalid="raise"):
        for kernel in (row.value, row.slope):
            out = ops32.empty(z.shape)
            ops32.run(kernel, z, outs=(out,))
            assert np.isfinite(ops32.to_numpy(out)).all()
        if not row.piecewise_linear:
            out = ops32.zeros(z.shape)
            ops32.run(row.curvature, z, ops32.xp.ones_like(z), ops32.xp.ones_like(z), outs=(out,))
            assert np.isfinite(ops32.to_numpy(out)).all()


def test_an_unknown_activation_names_the_known_ones():
    with pytest.raises(
        ValueError, match=r"activation='selu' is not known; choose one of: leaky_relu"
    ):
        Network([Activation("selu")], 3, None).layers[0].row  # noqa: B018 - the access raises


def test_layers_serve_in_several_networks(ops64):
    layer = Dense(3)
    one, two = Network([layer], 2, ops64), Network([layer], 5, ops64)
    assert (one.layout.size, two.layout.size) == (2 * 3 + 3, 5 * 3 + 3)
    assert not hasattr(layer, "n_in")
