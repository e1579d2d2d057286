"""The study of known maps, `benchmarks/studies/two_domains.py`: what it measures."""

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import two_domains as study  # noqa: E402 - studies are programs beside one another, and no package

sys.path.remove(str(FOLDER))


def test_rows_land_on_their_own_partner():
    partners = np.array([[0.0, 0.0], [10.0, 1.0], [20.0, 2.0]])
    made = partners + [[1, 0.1], [-1, 0.1], [-12, -1.2]]
    assert study.landed(made, partners, partners) == pytest.approx(2 / 3)


def test_the_detector_saturates():
    ends = study.second_laboratory(np.array([[-9.0, 0.0], [9.0, 2.0]]))
    np.testing.assert_allclose(ends, [[80, 3], [120, 4]], atol=1e-5)


def test_moons_are_turned():
    """Before any training the distance is that of standardized columns; training makes it less."""
    start = study.moons(0, max_iter=1, learning_rate_init=1e-9)
    assert 0.3 < start < 0.6
    assert study.moons(0, max_iter=800) < 0.3 * start


def test_figures_have_their_standard_errors():
    assert study.in_words([[1.0, 0.0], [3.0, 0.0]]) == "2.00 (1.00), 0.00 (0.00)"
