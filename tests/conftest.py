"""Shared fixtures. SCIPY_ARRAY_API lets scikit-learn's array API check run instead of being skipped."""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest

from regan.backends import get_backend


@pytest.fixture
def ops64():
    """The backend under test (REGAN_BACKEND, else NumPy), in float64."""
    return get_backend(dtype="float64")


@pytest.fixture
def ops32():
    """The backend under test, in float32."""
    return get_backend(dtype="float32")
