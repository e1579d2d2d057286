"""Measures of many rows, a few at a time: the values are those of all distances at once."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from regan.metrics import (
    closest_records,
    energy_distance,
    medians,
    mmd,
    pairs,
    prdc,
    precision_coverage,
    squares,
    two_sample_score,
)
from regan.metrics.medians import median_length
from regan.metrics.nearest import _smallest
from regan.metrics.pairs import Pair, distances
from regan.metrics.privacy import distance_ratio_of
from regan.metrics.squares import Squares

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(120, 4)), RNG.normal(size=(90, 4)) * 0.9
DATA = {
    "normal": (X, Y),
    "copies": (X, np.vstack([X[:50], Y[:40]])),
    "twice": (np.vstack([X[:60], X[:60]]), Y),
    "nearly copies": (X, X[:90] + 1e-9),
    "whole numbers": (X.round(), Y.round()),
    "far from zero": (X + 1e7, Y + 1e7),
    "one out of proportion": (np.vstack([X, [[1e6] * 4]]), Y),
    "constants": (np.ones((50, 2)), np.ones((40, 2))),
    "wide": (RNG.normal(size=(40, 200)), RNG.normal(size=(50, 200))),
}
MEASURES = [
    precision_coverage,
    prdc,
    two_sample_score,
    energy_distance,
    mmd,
    closest_records,
    lambda real, fake: mmd(real, fake, bandwidth=0.7, unbiased=True),
    lambda real, fake: energy_distance(real, fake, unbiased=True),
    lambda real, fake: distance_ratio_of(Pair.of(real, fake)),
]


def numbers(result):
    return [*vars(result).values()] if hasattr(result, "__dict__") else [result]


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_values_do_not_depend_on_the_blocks(data, monkeypatch):
    expected = [numbers(measure(*data)) for measure in MEASURES]
    monkeypatch.setattr(pairs, "_WHOLE", 0)
    monkeypatch.setattr(squares, "BLOCK", 5000)
    monkeypatch.setattr(squares, "TILE", 37)
    monkeypatch.setattr(squares, "_TOGETHER", 2)
    for measure, values in zip(MEASURES, expected, strict=True):
        found = numbers(measure(*data))
        np.testing.assert_allclose(found, values, rtol=1e-7, atol=1e-9, err_msg=str(measure))


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_small_squares_are_exact(data, monkeypatch):
    monkeypatch.setattr(squares, "BLOCK", 2000)
    monkeypatch.setattr(squares, "TILE", 32)
    x, y = data
    expected = cdist(x, y)
    found = np.vstack(list(Squares(x, y).each(lambda _, part: part)))
    assert ((found == 0) == (expected == 0)).all()
    np.testing.assert_allclose(np.sqrt(found), expected, rtol=1e-8)
    parts = list(Squares(x, y).parts(lambda part: part.ravel().copy(), np.concatenate))
    apart = np.sort(np.concatenate(parts))
    np.testing.assert_allclose(np.sqrt(apart), np.sort(expected.ravel()), rtol=1e-8)
    assert np.count_nonzero(apart == 0) == np.count_nonzero(expected == 0)
    behind = Squares(x).above(lambda part: part[part >= 0], np.concatenate, -1.0)
    once = np.concatenate(list(behind))
    np.testing.assert_allclose(np.sqrt(np.sort(once)), np.sort(pdist(x)), rtol=1e-8)


def test_distances_of_wide_rows_are_exact_where_they_are_small():
    x, y = DATA["wide"]
    y = np.vstack([x[:5], x[5:9] + 1e-9, y])
    np.testing.assert_allclose(distances(x, y), cdist(x, y), rtol=1e-8)


@pytest.mark.parametrize(
    ("margin", "kept", "bins"), [(0.03, 2**22, 4096), (1e-5, 20, 7), (0.4, 20, 7)]
)
@pytest.mark.parametrize("kind", ["normal", "whole numbers", "constants", "far from zero"])
def test_a_median_without_all_distances(kind, margin, kept, bins, monkeypatch):
    monkeypatch.setattr(squares, "TILE", 50)
    for name, value in {"_MARGIN": margin, "_KEPT": kept, "_BINS": bins, "_FIRST": 20}.items():
        monkeypatch.setattr(medians, name, value)
    for rows in (DATA[kind][0], DATA[kind][0][:-1]):  # an even and an odd number of pairs
        np.testing.assert_allclose(median_length(rows), np.median(pdist(rows)), rtol=1e-9)


@pytest.mark.parametrize("m", [7, 500, 1003])
def test_the_smallest_of_many_are_found_among_few(m):
    lengths = np.random.default_rng(0).integers(0, 200, (20, m)) * 1.0
    found = np.take_along_axis(lengths, _smallest(lengths, 6), axis=1)
    np.testing.assert_array_equal(np.sort(found), np.sort(lengths, axis=1)[:, :6])


def test_memory_does_not_grow_with_the_pairs(monkeypatch):
    monkeypatch.setattr(squares, "BLOCK", 2**17)
    monkeypatch.setattr(medians, "_FIRST", 300)
    real, fake = np.random.default_rng(0).normal(size=(2, 2100, 3))
    for measure in (precision_coverage, mmd):
        tracemalloc.start()
        try:
            measure(real, fake)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 0.5 * 8 * len(real) * len(fake)
