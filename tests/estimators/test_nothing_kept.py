"""What a fit leaves in memory is the model: no copy of the data, without the collector's help."""

import gc
import tracemalloc
import weakref
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from regan import (
    Checkpoint,
    DivergenceError,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
    gan_path,
)
from regan.backends import numpy_backend
from regan.training.training_data import TrainingData

SMALL = {"hidden_layer_sizes": 8, "max_iter": 4, "random_state": 0}


class StoppedError(Exception):
    """What a callback raises."""


def stop(run):
    raise StoppedError


def gan(**changes):
    return RegularizedGAN(**{**SMALL, **changes})


def mixed(X, y):
    return pd.DataFrame(X, columns=list("abcdefgh")).assign(level=y.astype(str))


def search(X, y):
    return RegularizedGANCV(gan(), alphas=[0.0, 0.1], cv=2).fit(X)


FITS = {
    "gan": lambda X, y: gan().fit(X),
    "early": lambda X, y: gan(early_stopping=True).fit(X),
    "classes": lambda X, y: gan(conditional=True).fit(X, y),
    "one pass": lambda X, y: gan(batch_size=1000).partial_fit(X),
    "going on": lambda X, y: gan(warm_start=True).fit(X).fit(X),
    "table": lambda X, y: gan(standardize="standard", frames=8).fit(
        pd.DataFrame(X, columns=list("abcdefgh")).assign(level=y.astype(str))
    ),
    "vae": lambda X, y: RegularizedVAE(**SMALL).fit(X),
    "gaussian": lambda X, y: RegularizedGaussian().fit(X),
    "mixture": lambda X, y: RegularizedMixture(2, alpha=1.0, max_iter=3).fit(X),
    "search": search,
    "path": lambda X, y: gan_path(X, estimator=gan(), alphas=[0.0, 0.1]),
    "an error": lambda X, y: gan(callbacks=[stop]).fit(X),
    "divergence": lambda X, y: gan(optimizer="sgd", learning_rate_init=1e6).fit(X),
}


@pytest.fixture
def data(tmp_path):
    """A memory map of single precision, as whoever has much data has it, and classes."""
    rows = np.random.default_rng(0).normal(size=(12_000, 8)).astype("float32")
    rows.tofile(tmp_path / "rows")
    return np.memmap(tmp_path / "rows", "float32", "r", shape=rows.shape), np.arange(12_000) % 3


@pytest.fixture
def uncollected():
    """Without the collector of cycles."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(params=[numpy_backend.WORTH, 1], ids=["plain", "taped"])
def worth(request, monkeypatch):
    """From how many updates on a run is taped: short ones are not, and then all are."""
    monkeypatch.setattr(numpy_backend, "WORTH", request.param)


@pytest.mark.usefixtures("worth")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_model_holds_nothing_of_the_data(fit, data, uncollected, monkeypatch):
    X, y = data
    with suppress(StoppedError, DivergenceError):
        fit(X[:200], y[:200])  # imports, and what is read once
    copies, init = [], TrainingData.__init__

    def note(self, ops, rows, *args, **options):
        init(self, ops, rows, *args, **options)
        copies.append(weakref.ref(self))
        if isinstance(rows, np.ndarray):
            copies.append(weakref.ref(rows))

    monkeypatch.setattr(TrainingData, "__init__", note)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        with suppress(StoppedError, DivergenceError):
            model = fit(X, y)
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 0.6 * X.nbytes
    assert not [copy for copy in copies if copy() is not None]
    assert fit in (FITS["an error"], FITS["divergence"]) or model is not None


def test_a_fit_with_a_checkpoint_holds_nothing_either(data, uncollected, tmp_path):
    X, _ = data
    model = gan(callbacks=[Checkpoint(tmp_path / "run")])
    model.fit(X[:200])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        model.fit(X)
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 0.6 * X.nbytes
