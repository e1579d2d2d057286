"""Two-sample measures against computations from their definitions, and what the score notices."""

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits

from regan.datasets import make_grid, make_ring
from regan.metrics import (
    energy_distance,
    mode_report,
    precision_coverage,
    sliced_wasserstein,
    two_sample_score,
)


def distance(a, b):
    return float(np.sqrt(((a - b) ** 2).sum()))


def energy_by_loops(real, fake, *, with_itself=True):
    def mean(a, b):
        pairs = [(x, y) for x in a for y in b if with_itself or x is not y]
        return float(np.mean([distance(x, y) for x, y in pairs]))

    real, fake = list(real), list(fake)
    return 2 * mean(real, fake) - mean(real, real) - mean(fake, fake)


def shares_by_loops(real, fake, k):
    radius = [sorted(distance(x, other) for other in real)[k] for x in real]
    hits = np.array(
        [[distance(x, f) <= r for f in fake] for x, r in zip(real, radius, strict=True)]
    )
    return float(hits.any(axis=0).mean()), float(hits.any(axis=1).mean())


@pytest.fixture(params=[(12, 9, 1), (7, 20, 3)], ids=["1 column", "3 columns"])
def samples(request):
    n, m, d = request.param
    rng = np.random.default_rng(d)
    return rng.normal(size=(n, d)), rng.normal(0.5, 2, size=(m, d))


def test_energy_distance_is_its_definition(samples):
    np.testing.assert_allclose(energy_distance(*samples), energy_by_loops(*samples), rtol=1e-12)
    unbiased = energy_by_loops(*samples, with_itself=False)
    np.testing.assert_allclose(energy_distance(*samples, unbiased=True), unbiased, rtol=1e-12)


def test_the_unbiased_energy_distance_is_zero_on_average():
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=(2, 20, 3)) for _ in range(400)]
    drawn = np.array([energy_distance(*pair, unbiased=True) for pair in pairs])
    assert abs(drawn.mean()) < 3 * drawn.std() / 20
    assert np.mean([energy_distance(*pair) for pair in pairs]) > 0.1
    with pytest.raises(ValueError, match="needs at least 2 rows of each sample"):
        energy_distance([[0.0]], [[1.0], [2.0]], unbiased=True)


def test_energy_distance_in_one_dimension_is_the_square_of_scipys():
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    expected = stats.energy_distance(a, b[:25]) ** 2
    np.testing.assert_allclose(energy_distance(a[:, None], b[:25, None]), expected, rtol=1e-10)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_coverage_are_their_definitions(samples, k):
    found = precision_coverage(*samples, n_neighbors=k)
    assert (found.precision, found.coverage) == shares_by_loops(*samples, k)


def test_more_neighbours_than_rows_mean_all_others():
    real, fake = np.random.default_rng(0).normal(size=(2, 4, 2))
    assert precision_coverage(real, fake, n_neighbors=50) == precision_coverage(
        real, fake, n_neighbors=3
    )


def test_sliced_wasserstein_in_one_dimension_is_scipys():
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    expected = stats.wasserstein_distance(a, b)
    np.testing.assert_allclose(sliced_wasserstein(a[:, None], b[:, None]), expected, rtol=1e-12)


def test_sliced_wasserstein_averages_scipys_over_directions():
    a, b = np.random.default_rng(1).normal(size=(2, 20, 3)) * [[[1.0]], [[2.0]]]
    directions = np.random.RandomState(5).standard_normal((3, 7))  # what seed 5 draws
    directions /= np.sqrt((directions**2).sum(axis=0))
    expected = np.mean([stats.wasserstein_distance(a @ u, b @ u) for u in directions.T])
    found = sliced_wasserstein(a, b, n_projections=7, random_state=5)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_sliced_wasserstein_of_a_shift():
    """The mean of |u . c| over unit vectors u of the plane is 2 |c| / pi."""
    a = np.random.default_rng(0).normal(size=(50, 2))
    found = sliced_wasserstein(a, a + [3, 4], n_projections=20_000)
    np.testing.assert_allclose(found, 5 * 2 / np.pi, rtol=0.02)


@pytest.mark.parametrize("measure", [energy_distance, sliced_wasserstein])
def test_distances(measure):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30, 2))
    np.testing.assert_allclose(measure(a, rng.permutation(a)), 0, atol=1e-12)
    np.testing.assert_allclose(measure(a, b), measure(b, a), rtol=1e-12)
    np.testing.assert_allclose(measure(3 * a, 3 * b), 3 * measure(a, b), rtol=1e-12)
    assert measure(a, b + 5) > measure(a, b + 1) > measure(a, b) > 0


def test_two_sample_score_is_what_it_says(samples):
    precision, coverage = shares_by_loops(*samples, 5)
    expected = (precision + coverage) / 2 - energy_by_loops(*samples, with_itself=False)
    np.testing.assert_allclose(two_sample_score(*samples), expected, rtol=1e-12)


# What the score notices, without training: true rows beside true rows that were spoilt


def rows_of(X, y):
    """Halves of a table: scaled rows and their classes."""
    X = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)

    def draw(seed):
        order = np.random.default_rng(seed).permutation(len(X))
        return X[order], y[order]

    return draw


DATA = {
    "ring": rows_of(*make_ring(2000, random_state=0)[:2]),
    "grid": rows_of(*make_grid(4000, random_state=0)[:2]),
    "digits": rows_of(*load_digits(return_X_y=True)),
    "breast_cancer": rows_of(*load_breast_cancer(return_X_y=True)),
}


def drop_mode(X, y, rng):
    kept = X[y != y[0]]
    return kept[rng.integers(0, len(kept), size=len(X))]


def double_sigma(X, y, _):
    means = np.array([X[y == label].mean(axis=0) for label in y])
    return means + 2 * (X - means)


def half_noise(X, _, rng):
    noise = rng.normal(X.mean(axis=0), X.std(axis=0), size=X.shape)
    return np.where(np.arange(len(X))[:, None] % 2 == 0, X, noise)


@pytest.mark.parametrize("spoil", [drop_mode, double_sigma, half_noise])
@pytest.mark.parametrize("name", DATA)
def test_score_falls(name, spoil):
    """On every seed by more than true rows differ between seeds."""
    good, bad = [], []
    for seed in range(5):
        X, y = DATA[name](seed)
        n = len(X) // 2
        good.append(two_sample_score(X[:n], X[n:]))
        spoilt = spoil(X[n:], y[n:], np.random.default_rng(seed))
        bad.append(two_sample_score(X[:n], spoilt))
    assert max(bad) < min(good), (good, bad)


def test_score_of_equal_distributions_and_of_strangers():
    for draw in DATA.values():
        X, _ = draw(0)
        n = len(X) // 2
        assert 0.9 < two_sample_score(X[:n], X[n:]) <= 1
        assert two_sample_score(X[:n], X[n:] + 20) < 0


# Modes


def test_mode_report_by_hand():
    """Two good rows at the first centre, one at the second, none at the third, one stray."""
    X = np.array([[0.1, 0.0], [-0.1, 0.0], [10.0, 0.0], [5.0, 5.0]])
    report = mode_report(X, [[0, 0], [10, 0], [0, 10]], sigma=0.1)
    assert (report.n_modes, report.high_quality) == (2, 0.75)
    np.testing.assert_allclose(report.reverse_kl, np.log(3) - stats.entropy([2, 1]), rtol=1e-12)
    np.testing.assert_allclose(report.relative_std, np.sqrt(0.02 / 6) / 0.1, rtol=1e-12)


@pytest.mark.parametrize("make", [make_ring, make_grid])
def test_mode_report_of_the_true_mixture(make):
    """Within three sigma of the plane lie 1 - exp(-9/2) = 98.9 % of a Gaussian."""
    sigma = 0.01
    X, _, centers = make(20_000, sigma=sigma, random_state=0)
    report = mode_report(X, centers, sigma)
    assert report.n_modes == len(centers)
    assert abs(report.high_quality - (1 - np.exp(-4.5))) < 0.003
    assert report.reverse_kl < 0.002
    assert abs(report.relative_std - 1) < 0.03  # cut off at three sigma


def test_mode_report_without_a_good_row():
    report = mode_report([[100.0, 100.0]], [[0, 0], [1, 1]], sigma=0.1)
    assert (report.n_modes, report.high_quality) == (0, 0.0)
    assert report.reverse_kl == np.log(2)
    assert np.isnan(report.relative_std)


def bad_calls():
    good = np.eye(3)
    for measure in (precision_coverage, energy_distance, sliced_wasserstein, two_sample_score):
        name = measure.__name__
        yield pytest.param(
            measure, (good, np.eye(2)), "equal columns, got 3 and 2", id=f"{name} columns"
        )
        yield pytest.param(
            measure, (good, good * np.nan), "second sample contains NaN", id=f"{name} NaN"
        )
        yield pytest.param(
            measure, (good + np.inf, good), "first sample contains", id=f"{name} inf"
        )
        yield pytest.param(measure, (good[:0], good), "0 sample", id=f"{name} empty")
        yield pytest.param(measure, (good[0], good), "2D array", id=f"{name} 1-d")


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("measure", "args", "message"), list(bad_calls()))
def test_bad_samples(measure, args, message):
    with pytest.raises(ValueError, match=message):
        measure(*args)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda X: precision_coverage(X[:1], X), ValueError, "at least 2 real rows"),
        (lambda X: precision_coverage(X, X, n_neighbors=0), ValueError, "n_neighbors must be"),
        (lambda X: precision_coverage(X, X, n_neighbors=2.0), TypeError, "n_neighbors must be"),
        (lambda X: sliced_wasserstein(X, X[:2]), ValueError, "equal length, got 3 and 2"),
        (lambda X: sliced_wasserstein(X, X, n_projections=0), ValueError, "n_projections must be"),
        (lambda X: sliced_wasserstein(X, X, random_state="a"), ValueError, "seed"),
        (lambda X: mode_report(X, X, 0), ValueError, "sigma must be a finite number > 0"),
        (lambda X: mode_report(X, X, np.nan), ValueError, "sigma must be a finite number > 0"),
        (lambda X: mode_report(X, X, "a"), TypeError, "sigma must be a real number"),
        (lambda X: mode_report(X, X[:, :2], 0.1), ValueError, "equal columns, got 3 and 2"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(np.eye(3))
