"""Memory: tables of many levels take little, and what takes much is told before training."""

import tracemalloc
from unittest.mock import PropertyMock, patch

import numpy as np
import pandas as pd
import pytest

from regan import (
    Checkpoint,
    EarlyStopping,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedVAE,
)
from regan.backends.numpy_backend import NumpyBackend
from regan.training.memory import is_much

N, LEVELS, COLUMNS = 30_000, 300, 4
MATRIX = 8 * N * LEVELS * COLUMNS  # bytes of one-hot rows in float64
SMALL = {"hidden_layer_sizes": 8, "latent_dim": 2, "max_iter": 3, "random_state": 0}
FEW = {**SMALL, "frames": 10}  # instead of 100, which take most of the time of a fit


@pytest.fixture(scope="module")
def levels():
    rng = np.random.default_rng(0)
    names = [f"l{i}" for i in range(LEVELS)]
    codes = [rng.permutation(np.arange(N) % LEVELS) for _ in range(COLUMNS)]
    return pd.DataFrame({f"c{j}": pd.Categorical.from_codes(c, names) for j, c in enumerate(codes)})


def peak_of(work):
    """Bytes that `work` held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


FITS = {
    "GAN": lambda X, folder: RegularizedGAN(**SMALL).fit(X),
    "VAE": lambda X, folder: RegularizedVAE(**FEW).fit(X),
    "early stopping": lambda X, folder: RegularizedGAN(
        **FEW, early_stopping=EarlyStopping(metric="sliced_wasserstein")
    ).fit(X),
    "checkpoint": lambda X, folder: RegularizedGAN(**FEW, callbacks=[Checkpoint(folder)]).fit(X),
    "partial_fit": lambda X, folder: RegularizedVAE(**FEW, batch_size=2000).partial_fit(X),
    "warm start": lambda X, folder: RegularizedGAN(**FEW, warm_start=True).fit(X).fit(X),
    "classes": lambda X, folder: RegularizedGAN(**FEW, conditional=True).fit(X[["c0"]], X["c1"]),
    "folds": lambda X, folder: RegularizedGANCV(
        RegularizedGAN(**FEW), alphas=[0.1], cv=2, scoring="sliced_wasserstein", refit=False
    ).fit(X),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_fit_does_not_hold_one_hot_rows(levels, fit, tmp_path):
    """Not even half of them: scores, which compare 2,000 rows, take most."""
    assert peak_of(lambda: fit(levels, tmp_path)) < MATRIX / 2


def test_a_gaussian_does_not_either(levels):
    X = levels[["c0", "c1"]].map(lambda level: int(level[1:]) % 40).astype("category")
    X = pd.concat([X] * 3, axis=0, ignore_index=True)
    assert peak_of(lambda: RegularizedGaussian().fit(X)) < 8 * len(X) * 80 * 3


def test_what_is_much():
    gib = 2**30
    assert not is_much(1.9 * gib, 100 * gib)
    assert is_much(2.1 * gib, 100 * gib)
    assert is_much(0.6 * gib, gib)
    assert not is_much(0.4 * gib, gib)
    assert not is_much(gib / 5, 0)


@pytest.fixture
def scarce():
    """Nothing is free, and little is much."""
    free = patch.object(NumpyBackend, "free_memory", new_callable=PropertyMock, return_value=2**20)
    with free, patch("regan.training.memory._SMALL", 2**16):
        yield


def test_much_memory_is_told_before_training(scarce, levels):
    started = []
    X = np.random.default_rng(0).normal(size=(40, 3))
    gan = RegularizedGAN(hidden_layer_sizes=300, max_iter=1, callbacks=[started.append])
    with pytest.raises(UserWarning, match=r"training takes about .* MiB of memory .* smaller net"):
        gan.fit(X)
    assert started == []
    gan.set_params(hidden_layer_sizes=4, batch_size=2, latent_dim=2)
    gan.fit(X)
    gan.set_params(frames=10)
    with pytest.raises(UserWarning, match="or columns with fewer levels"):
        gan.fit(levels)
    with pytest.raises(UserWarning, match=r"a Gaussian of 1200 columns takes about .* MiB"):
        RegularizedGaussian().fit(levels)
