"""What defaults promise of modes, in small: `benchmarks/studies/modes.py` has the whole of it."""

import numpy as np
import pytest

from regan import RegularizedGAN
from regan.datasets import make_checkerboard, make_ring
from regan.metrics import mode_report

SMALL = {"max_iter": 300, "random_state": 0}


@pytest.fixture(scope="module")
def on_ring():
    """A short fit on a ring, its rows, and the centres."""
    X, _, centers = make_ring(2_000, random_state=0)
    return RegularizedGAN(**SMALL).fit(X), centers


def test_every_mode_of_the_ring_as_narrow_as_it_is(on_ring):
    gan, centers = on_ring
    report = mode_report(gan.sample(10_000, random_state=1), centers, 0.01)
    assert report.n_modes == 8
    assert report.high_quality > 0.97  # real rows: .989
    assert report.reverse_kl < 0.01
    assert 0.85 < report.relative_std < 1.05  # real rows: .97


def test_frames_of_the_ring_are_its_modes(on_ring):
    gan, centers = on_ring
    report = mode_report(gan.frames_.sample(10_000, random_state=1), centers, 0.01)
    assert report.n_modes == 8
    assert report.high_quality > 0.97
    assert gan.frames_.n_components < 16


def test_cells_of_a_checkerboard():
    """No bridges and no smear: most rows are inside dark cells, about as many in each."""
    X, _, centers = make_checkerboard(2_000, random_state=0)
    rows = RegularizedGAN(**SMALL).fit(X).sample(10_000, random_state=1)
    away = np.abs(rows[:, None] - centers).max(axis=2)
    inside = away.min(axis=1) <= 0.5
    assert inside.mean() > 0.82
    counts = np.bincount(away.argmin(axis=1)[inside], minlength=len(centers))
    assert counts.min() > 0.75 * counts.mean()
