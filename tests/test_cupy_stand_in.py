"""The CuPy backend, all the way through the estimator, on a strict stand-in without a GPU."""

import cuda_text
import numpy as np
import pytest
import strict_cupy

from regan import RegularizedGAN
from regan.backends import get_backend
from regan.layers import ACTIVATIONS, Activation, Dense
from regan.testing import (
    check_backend,
    check_layer,
    check_loss,
    check_objective,
    check_optimizer,
    check_penalty,
)
from regan.testing.__main__ import small_objective
from regan.testing.backends import all_kernels, kernel_arguments
from regan.testing.differences import assert_close


@pytest.fixture
def cupy(monkeypatch):
    strict_cupy.install(monkeypatch)
    yield
    from regan.backends import cupy_backend

    cupy_backend._compile.cache_clear()


@pytest.mark.skipif(cuda_text.COMPILER is None, reason="running CUDA text needs a C++ compiler")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", all_kernels(), ids=lambda kernel: kernel.name)
def test_cuda_text_agrees_with_the_numpy_definition(kernel, dtype):
    rng = np.random.default_rng(0)
    ins, outs = kernel_arguments(kernel, rng, (1000,))
    ins, outs = [a.astype(dtype) for a in ins], [a.astype(dtype) for a in outs]
    expected = [a.copy() for a in outs]
    kernel.numpy(*ins, *expected)
    cuda_text.run(kernel, ins, outs)
    for found, wanted in zip(outs, expected, strict=True):
        assert_close(found, wanted, kernel.name, 1e-6 if dtype == "float32" else 1e-14)


def test_conformance(cupy):
    assert check_backend("cupy") < 1e-5


def test_derivatives(cupy):
    for layer in (Dense(3), *(Activation(name) for name in ACTIVATIONS)):
        assert check_layer(layer, backend="cupy") < 1e-6
    for loss in ("relativistic", "hinge", "least_squares"):
        assert check_objective(small_objective(loss, "tanh", "cupy")) < 1e-6


def test_terms_and_optimizers(cupy):
    from regan import factory

    for cls in factory.LOSSES.values():
        assert check_loss(cls(), backend="cupy") < 1e-6
    for cls in factory.PENALTIES.values():
        assert check_penalty(cls(0.2), backend="cupy") < 1e-6
    for cls in factory.OPTIMIZERS.values():
        assert check_optimizer(cls(), backend="cupy") < 0.01


@pytest.mark.parametrize("penalty", ["l1", "l2", ("elasticnet", None)])
def test_a_fit_is_the_same_as_on_numpy(cupy, penalty):
    X = np.random.default_rng(0).normal(size=(50, 3))
    settings = {"penalty": penalty, "max_iter": 20, "dtype": "float64", "random_state": 0}
    settings |= {"hidden_layer_sizes": (8, 8), "n_discriminator_steps": 2}
    one = RegularizedGAN(backend="numpy", **settings).fit(X)
    two = RegularizedGAN(backend="cupy", **settings).fit(X)
    np.testing.assert_allclose(two.sample(20), one.sample(20), rtol=1e-8)
    assert two.score(X) == pytest.approx(one.score(X))
    assert type(two.generator_.theta) is np.ndarray
    two.partial_fit(X)
    one.partial_fit(X)
    np.testing.assert_allclose(two.sample(20), one.sample(20), rtol=1e-8)


def test_the_host_does_not_wait_inside_a_step(cupy):
    X = np.random.default_rng(0).normal(size=(50, 3))
    waits = []
    for max_iter in (40, 160):  # 40 windows of 1 and of 4 updates
        gan = RegularizedGAN(backend="cupy", max_iter=max_iter, hidden_layer_sizes=4)
        strict_cupy.WAITS.count = 0
        gan.fit(X)
        waits.append(strict_cupy.WAITS.count)
    assert waits[0] == waits[1]


def test_the_stand_in_refuses_what_cupy_refuses(cupy):
    a = get_backend("cupy").zeros((2,))
    for mistake in (lambda: np.asarray(a), lambda: a + np.ones(2), lambda: np.sqrt(a)):
        with pytest.raises(TypeError):
            mistake()
    strict_cupy.WAITS.count = 0
    float(a[0])
    assert strict_cupy.WAITS.count == 1
