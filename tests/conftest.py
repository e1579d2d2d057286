"""Shared fixtures."""

import os

# without it scikit-learn skips its array API check; SciPy reads it when it is imported
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest

import regan.report.contents
from regan import RegularizedGAN, validation
from regan.backends import get_backend
from regan.metrics import METRICS, Row
from regan.report.html import picture


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Each test hears what a process is told once."""
    monkeypatch.setattr(validation, "_TOLD", set())


@pytest.fixture
def ops64():
    """The backend under test (REGAN_BACKEND, else NumPy), in float64."""
    return get_backend(dtype="float64")


@pytest.fixture
def ops32():
    """The backend under test, in float32."""
    return get_backend(dtype="float32")


@pytest.fixture(scope="session")
def small_gan():
    """A maker of GANs that train in milliseconds; it takes what is to differ."""

    def make(**changes):
        small = {
            "hidden_layer_sizes": (8, 8),
            "latent_dim": 4,
            "batch_size": 16,
            "max_iter": 10,
            "random_state": 0,
        }
        return RegularizedGAN(**{**small, **changes})

    return make


@pytest.fixture(scope="session")
def table():
    """Sixty rows of three correlated columns in different units; read-only, as all share it."""
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(60, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0, 9]] + [2, -30, 700]
    rows.setflags(write=False)
    return rows


@pytest.fixture
def no_scores(monkeypatch):
    """Scores take a second; where they are not the point, there are others."""
    rows = [Row(name, 0.5, 0.9, True) for name in METRICS]
    monkeypatch.setattr(regan.report.contents, "evaluate_rows", lambda *_, **__: rows)


@pytest.fixture
def undrawn(monkeypatch):
    """Reports without pictures."""
    monkeypatch.setattr(
        regan.report.contents, "_picture", lambda draw, text: picture(b"", b"", text, 1)
    )


@pytest.fixture
def no_pictures(undrawn, no_scores):
    """Neither scores nor pictures, which take seconds."""
