"""Gradient clipping: bounds, directions, models."""

import numpy as np
import pytest

from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, ClipValue
from regan.layers.layout import Layout, Parameter

LAYOUT = Layout(
    [
        [Parameter("W", (3, 4), "weight"), Parameter("b", (4,), "bias")],
        [Parameter("mean", (4,), "fixed")],
        [Parameter("W", (4, 2), "weight"), Parameter("b", (2,), "bias")],
        [Parameter("scale", (2,), "bias")],
    ]
)
LAYERS = [[*range(12), *range(20, 24)], [*range(12, 20), 24, 25], [26, 27]]
CLASSES = [ClipValue, ClipNorm, ClipGlobalNorm]


def blocks(clipping):
    """The columns that `clipping` takes together."""
    layers = LAYERS if isinstance(clipping, ClipNorm) else [list(range(LAYOUT.n_trained))]
    return [[j] for j in range(LAYOUT.n_trained)] if isinstance(clipping, ClipValue) else layers


def clip(clipping, ops, grad):
    device = ops.asarray(grad.copy())
    assert clipping.bind(ops, LAYOUT).clip(device) is None
    assert device.dtype == ops.dtype
    return ops.to_numpy(device)


def draw(scale, n_models=2):
    return scale * np.random.default_rng(0).uniform(0.5, 1.5, (n_models, LAYOUT.n_trained))


@pytest.mark.parametrize("cls", CLASSES)
def test_norms_and_directions(cls, ops64):
    clipping, grad = cls(0.3), draw([[1.0], [-5.0]])
    clipped = clip(clipping, ops64, grad)
    for columns in blocks(clipping):
        before, after = grad[:, columns], clipped[:, columns]
        norm = np.linalg.norm(before, axis=1, keepdims=True)
        assert (norm > 0.3).all()
        np.testing.assert_allclose(np.linalg.norm(after, axis=1), 0.3, rtol=1e-14)
        np.testing.assert_allclose(after * norm, 0.3 * before, rtol=1e-13)


def test_the_columns_of_a_layer():
    trained = Layout([[p for p in layer if p.kind != "fixed"] for layer in parameters()])
    assert trained.n_trained == LAYOUT.n_trained == 28
    for layer, columns in zip((0, 2, 3), LAYERS, strict=True):
        views = LAYOUT.split(np.arange(28)[None])[layer].values()
        assert sorted(np.concatenate([v.ravel() for v in views])) == columns


def parameters():
    return [[s.parameter for s in LAYOUT.slots if s.layer == i] for i in range(LAYOUT.n_layers)]


@pytest.mark.parametrize("cls", CLASSES)
def test_within_the_limit_nothing_changes(cls, ops32):
    grad = draw(1.0).astype(np.float32)
    np.testing.assert_array_equal(clip(cls(100.0), ops32, grad), grad)


@pytest.mark.parametrize("cls", CLASSES)
def test_only_what_exceeds_the_limit_changes(cls, ops64):
    clipping, grad = cls(1.0), draw(1e-3)
    columns = blocks(clipping)[-1]
    grad[1, columns] += 7
    clipped = clip(clipping, ops64, grad)
    assert (clipped[1, columns] < 2).all()
    expected = grad.copy()
    expected[1, columns] = clipped[1, columns]
    np.testing.assert_array_equal(clipped, expected)


@pytest.mark.parametrize("cls", CLASSES)
def test_zero_gradients_stay(cls, ops64):
    grad = np.zeros((2, LAYOUT.n_trained))
    np.testing.assert_array_equal(clip(cls(), ops64, grad), grad)


@pytest.mark.parametrize("cls", CLASSES)
def test_what_is_not_finite_is_not_hidden(cls, ops64):
    grad = draw(1.0)
    grad[0, 0] = np.nan
    clipped = clip(cls(0.3), ops64, grad)
    assert np.isnan(clipped[0, 0])
    assert np.isfinite(clipped[1]).all()


@pytest.mark.parametrize("cls", CLASSES)
def test_models_are_clipped_as_single_ones(cls, ops64):
    grad = draw(np.array([[0.01], [1.0], [30.0]]), n_models=3)
    together = clip(cls(0.7), ops64, grad)
    for k in range(3):
        np.testing.assert_array_equal(together[k], clip(cls(0.7), ops64, grad[k : k + 1])[0])


@pytest.mark.parametrize("bad", [0, -1.0, float("nan"), float("inf"), "1", None, True])
@pytest.mark.parametrize("cls", CLASSES)
def test_bad_limits_are_refused(cls, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="limit must be a"):
        cls(bad).bind(ops64, LAYOUT)
