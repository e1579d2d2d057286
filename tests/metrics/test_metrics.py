"""Two-sample measures against computations from their definitions, and what the score notices."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from regan import RegularizedGAN, RegularizedGaussian
from regan.datasets import make_grid, make_ring
from regan.metrics import (
    METRICS,
    Scorer,
    classifier_test,
    closest_records,
    energy_distance,
    evaluate,
    evaluation,
    mmd,
    mode_report,
    prdc,
    precision_coverage,
    sliced_wasserstein,
    two_sample_score,
    wasserstein,
)
from regan.metrics.classifier import _divisible
from regan.metrics.margins import worst_margin
from regan.metrics.pairs import Pair, distances
from regan.metrics.samples import comparable


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


# The score: precision and coverage over what real rows reach, less two distances


def score_by_loops(real, fake, k=5):
    """Of columns of numbers, from the definitions."""
    n, m = len(real), len(fake)
    precision, coverage = shares_by_loops(real, fake, k)
    rest = [np.delete(real, i, axis=0) for i in range(n)]
    alone = [shares_by_loops(others, real[i : i + 1], k)[0] for i, others in enumerate(rest)]
    precision_floor = np.mean(alone)
    empty = np.prod([(n - 1 - i) / (n - 1 + m - i) for i in range(k)])
    extra = precision / precision_floor - 1
    chance = 2 * np.sqrt((1 - precision_floor) / precision_floor * (1 / n + 1 / m))
    shares = min(1 + extra, 1) - max(extra - chance, 0) + min(coverage / (1 - empty), 1)
    columns = [(a[:, None], b[:, None]) for a, b in zip(real.T, fake.T, strict=True)]
    largest = max(
        energy_by_loops(*pair, with_itself=False) / (2 * np.abs(pair[0] - pair[1].T).mean())
        for pair in columns
    )
    x, size = np.log(len(columns)) + 2, 2 * n * m / (n + m)
    worst = max(largest - 2 * (np.sqrt(x) + x) / size, 0)
    return min(shares / 2 - energy_by_loops(real, fake, with_itself=False) - worst, 1)


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_two_sample_score_is_its_definition(samples, spread):
    real, fake = samples
    real, fake = np.vstack([real, real[::-1] + 0.25]), spread * fake
    np.testing.assert_allclose(two_sample_score(real, fake), score_by_loops(real, fake), rtol=1e-9)


POPULATIONS = {
    "1 normal": lambda rng, n: rng.normal(size=(n, 1)),
    "13 normal": lambda rng, n: rng.normal(size=(n, 13)),
    "200 normal": lambda rng, n: rng.normal(size=(n, 200)),
    "counts": lambda rng, n: rng.poisson(2.0, size=(n, 3)),
    "levels": lambda rng, n: np.eye(100)[rng.integers(100, size=n)],
    "mixed": lambda rng, n: np.hstack(
        [rng.normal(size=(n, 4)), np.eye(9)[rng.integers(9, size=n)]]
    ),
    "half zeros": lambda rng, n: rng.normal(size=(n, 2)) * rng.integers(2, size=(n, 2)),
    "constants": lambda rng, n: np.hstack([rng.normal(size=(n, 1)), np.ones((n, 2))]),
}


@pytest.mark.parametrize("sizes", [(100, 100), (60, 240), (240, 60), (300, 300)], ids=str)
@pytest.mark.parametrize("draw", POPULATIONS.values(), ids=POPULATIONS)
def test_fresh_rows_score_one_at_any_size(draw, sizes):
    rng = np.random.default_rng(0)
    scores = [two_sample_score(*(draw(rng, n) for n in sizes)) for _ in range(12)]
    assert max(scores) <= 1
    assert np.mean(scores) > (0.98 if min(sizes) == 300 else 0.94), scores


def test_wide_rows_are_measured_like_narrow_ones():
    """Distances by matrix products are those by differences, copies and near rows too."""
    rng = np.random.default_rng(0)
    a = rng.normal(100, 1, size=(60, 150))
    b = np.vstack([a[:5], a[5:9] + 1e-9, rng.normal(100, 1, size=(30, 150))])
    np.testing.assert_allclose(distances(a, b), cdist(a, b), rtol=1e-9)
    repeated = np.vstack([a[:1]] * 50)
    np.testing.assert_array_equal(distances(repeated), 0)
    padded = [np.hstack([X[:, :100], np.zeros((len(X), 50))]) for X in (a, b)]
    np.testing.assert_allclose(
        two_sample_score(*padded), two_sample_score(a[:, :100], b[:, :100]), rtol=1e-9
    )


@pytest.mark.parametrize("n", [300, 1000])
@pytest.mark.parametrize("others", [0, 10])
def test_the_score_sees_levels_that_never_occur(n, others):
    """41 of 100 equal levels, beside columns that are right."""
    rng = np.random.default_rng(0)
    good, bad = [], []
    for _ in range(4):
        real, fake = (
            np.hstack([rng.normal(size=(n, others)), np.eye(100)[rng.integers(k, size=n)]])
            for k in (100, 59)
        )
        fresh = np.hstack([rng.normal(size=(n, others)), np.eye(100)[rng.integers(100, size=n)]])
        good.append(two_sample_score(real, fresh))
        bad.append(two_sample_score(real, fake))
        # units and places of columns are of no account to what is seen of single columns
        order = rng.permutation(others + 100)
        moved = worst_margin(3 * real[:, order] + 1, 3 * fake[:, order] + 1)
        if not others:
            np.testing.assert_allclose(moved, worst_margin(real, fake), rtol=1e-9)
    assert min(good) > 0.95 > {300: 0.949, 1000: 0.85}[n] > max(bad)


def test_the_score_sees_one_column_of_many_that_is_wrong():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, 1000, 30))
    for spoil in (lambda y: y * (y > 0), lambda y: 0 * y, np.abs, lambda y: 3 * y):
        assert two_sample_score(X, np.c_[spoil(Y[:, :1]), Y[:, 1:]]) < two_sample_score(X, Y) - 0.03


def test_rows_too_near_to_the_middle_score_lower():
    """In many columns such rows lie in more balls than real ones do."""
    X, Y = np.random.default_rng(0).normal(size=(2, 600, 40))
    scores = [two_sample_score(X, shrunk * Y) for shrunk in (1.0, 0.9, 0.8, 0.6)]
    assert scores[0] > 0.97
    assert (np.diff(scores) < -0.02).all()


def test_a_row_out_of_all_proportion_hides_nothing():
    X, Y = np.random.default_rng(0).normal(size=(2, 300, 3))
    outlier = np.full((1, 3), 1e6)
    assert prdc(X, np.vstack([9 + Y, outlier])).precision == 0
    assert prdc(np.vstack([X, outlier]), 1e4 + Y).coverage < 0.01
    assert 0.9 < two_sample_score(X, np.vstack([Y, outlier])) < 1
    assert two_sample_score(X, np.vstack([9 + Y, outlier])) < 0


def test_rounding_is_no_difference():
    """As that of rows in single precision beside rows in double precision."""
    rng = np.random.default_rng(0)
    real, fake = (
        np.hstack([rng.normal(size=(200, 1)).round(1), rng.integers(3, size=(200, 2)) / 3])
        for _ in range(2)
    )
    real, fake = (np.c_[X, np.full(200, 0.1)] for X in (real, fake))
    rounded = fake.astype(np.float32)
    assert two_sample_score(real, rounded) == pytest.approx(two_sample_score(real, fake), abs=1e-3)
    assert prdc(real, rounded) == prdc(real, fake)


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
    labels, which = np.unique(y, return_inverse=True)
    means = np.array([X[y == label].mean(axis=0) for label in labels])[which]
    return means + 2 * (X - means)


def half_noise(X, _, rng):
    noise = rng.normal(X.mean(axis=0), X.std(axis=0), size=X.shape)
    return np.where(np.arange(len(X))[:, None] % 2 == 0, X, noise)


@cache
def scores_of_true_rows(name):
    tables = [DATA[name](seed)[0] for seed in range(5)]
    return [two_sample_score(X[: len(X) // 2], X[len(X) // 2 :]) for X in tables]


@pytest.mark.parametrize("spoil", [drop_mode, double_sigma, half_noise])
@pytest.mark.parametrize("name", DATA)
def test_score_falls(name, spoil):
    """On every seed by more than true rows differ between seeds."""
    good, bad = scores_of_true_rows(name), []
    for seed in range(5):
        X, y = DATA[name](seed)
        n = len(X) // 2
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
            measure,
            (good, np.eye(2)),
            "equal numbers of columns, got 3 and 2",
            id=f"{name} columns",
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
        (lambda X: prdc(X, X[:1]), ValueError, "at least 2 fake rows"),
        (lambda X: prdc(X, X, n_neighbors=0), ValueError, "n_neighbors must be"),
        (lambda X: mmd(X, X, bandwidth=0), ValueError, "bandwidth must be a finite number > 0"),
        (lambda X: mmd(X[:1], X, unbiased=True), ValueError, "at least 2 rows of each"),
        (lambda X: mmd(X, X, unbiased=1), TypeError, "unbiased must be"),
        (lambda X: classifier_test(X, X), ValueError, "n_splits=5 needs as many rows of each"),
        (lambda X: classifier_test(X, X, n_splits=1), ValueError, "n_splits must be"),
        (lambda X: closest_records(X[:1], X), ValueError, "at least 2 training rows"),
        (
            lambda X: closest_records(X, X, X[:, :2]),
            ValueError,
            "equal numbers of columns, got 3 and 2",
        ),
        (lambda X: evaluate(X, X), ValueError, "at least 20 real and 10 generated rows, got 3"),
        (lambda X: Scorer("accuracy"), ValueError, "'accuracy' is no metric; choose one of: two_"),
        (lambda X: sliced_wasserstein(X, X[:2]), ValueError, "equal length, got 3 and 2"),
        (lambda X: sliced_wasserstein(X, X, n_projections=0), ValueError, "n_projections must be"),
        (lambda X: sliced_wasserstein(X, X, random_state="a"), ValueError, "seed"),
        (lambda X: mode_report(X, X, 0), ValueError, "sigma must be a finite number > 0"),
        (lambda X: mode_report(X, X, np.nan), ValueError, "sigma must be a finite number > 0"),
        (lambda X: mode_report(X, X, "a"), TypeError, "sigma must be a real number"),
        (
            lambda X: mode_report(X, X[:, :2], 0.1),
            ValueError,
            "equal numbers of columns, got 3 and 2",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(np.eye(3))


# Against independent implementations


def prdc_by_loops(real, fake, k):
    precision, coverage = shares_by_loops(real, fake, k)
    radius = [sorted(distance(x, other) for other in fake)[k] for x in fake]
    recall = np.mean(
        [any(distance(x, f) <= r for f, r in zip(fake, radius, strict=True)) for x in real]
    )
    radius = [sorted(distance(x, other) for other in real)[k] for x in real]
    hits = sum(distance(x, f) <= r for x, r in zip(real, radius, strict=True) for f in fake)
    return precision, recall, hits / (k * len(fake)), coverage


@pytest.mark.parametrize("k", [1, 3])
def test_prdc_is_its_definition(samples, k):
    found = prdc(*samples, n_neighbors=k)
    expected = prdc_by_loops(*samples, k)
    values = found.precision, found.recall, found.density, found.coverage
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    both = precision_coverage(*samples, n_neighbors=k)
    assert (both.precision, both.coverage) == (found.precision, found.coverage)


def test_recall_and_density_see_what_precision_does_not():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, 500, 2))
    narrow = prdc(X, 0.3 * Y)
    assert narrow.precision > 0.95 > 0.5 > narrow.recall
    far = np.vstack([X, [[100.0, 100.0]]])  # its ball reaches back to the others
    spread = rng.uniform(-10, 10, (500, 2))
    before, after = prdc(X, spread), prdc(far, spread)
    assert after.precision > 0.4 > 0.2 > before.precision
    assert after.density < 0.2


@pytest.mark.parametrize("bandwidth", [None, 0.7])
def test_mmd_is_its_definition(samples, bandwidth):
    real, fake = samples
    h = bandwidth
    if h is None:
        both = list(real) + list(fake)
        h = np.median([distance(a, b) for i, a in enumerate(both) for b in both[:i]])
    gamma = 1 / (2 * h**2)
    among = rbf_kernel(real, gamma=gamma), rbf_kernel(fake, gamma=gamma)
    between = 2 * rbf_kernel(real, fake, gamma=gamma).mean()
    biased = sum(k.mean() for k in among) - between
    np.testing.assert_allclose(mmd(real, fake, bandwidth=bandwidth), biased, rtol=1e-9)
    off = sum(k[~np.eye(len(k), dtype=bool)].mean() for k in among) - between
    found = mmd(real, fake, bandwidth=bandwidth, unbiased=True)
    np.testing.assert_allclose(found, off, rtol=1e-9)


def test_mmd_of_constants():
    assert mmd(np.zeros((5, 2)), np.zeros((4, 2))) == 0
    assert mmd(np.zeros((9, 1)), np.ones((2, 1))) > 0.5


def test_wasserstein_is_that_of_scipy(samples):
    real, fake = samples
    expected = stats.wasserstein_distance_nd(real, fake)  # rows of unequal number: a program
    np.testing.assert_allclose(wasserstein(real, fake), expected, rtol=1e-7)
    n = min(len(real), len(fake))
    expected = stats.wasserstein_distance_nd(real[:n], fake[:n])  # an assignment
    np.testing.assert_allclose(wasserstein(real[:n], fake[:n]), expected, rtol=1e-7)
    assert wasserstein(real[:n], fake[:n]) >= sliced_wasserstein(real[:n], fake[:n])


def test_a_classifier_that_cannot_tell_and_one_that_can():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, 300, 2))
    blind = classifier_test(X, Y, classifier=DummyClassifier(strategy="prior"))
    assert (blind.accuracy, blind.auc) == (0.5, 0.5)
    assert blind.p_value > 0.4
    same = classifier_test(X, Y)
    assert 0.4 < same.accuracy < 0.6
    assert same.p_value > 0.01
    shifted = classifier_test(X, Y[:100] + 1, classifier=LogisticRegression())
    # of two normals at a distance of sqrt 2: Phi(1 / sqrt 2) = .76, the curve's area Phi(1) = .84
    assert abs(shifted.accuracy - 0.76) < 0.06
    assert abs(shifted.auc - 0.84) < 0.06
    assert shifted.p_value < 1e-6
    # a wider one has the same mean: trees see it, a line does not
    wide = classifier_test(X, 3 * Y)
    assert (
        wide.accuracy > 0.7 > 0.6 > classifier_test(X, 3 * Y, classifier=LogisticRegression()).auc
    )


def test_closest_records_are_their_definitions(samples):
    train, fake = samples
    near = np.sort([[distance(x, t) for t in train] for x in fake], axis=1)
    found = closest_records(train, fake)
    np.testing.assert_allclose(found.distance, np.median(near[:, 0]))
    np.testing.assert_allclose(found.distance_ratio, np.median(near[:, 0] / near[:, 1]))
    assert found.copies == 0
    assert np.isnan([found.holdout_distance, found.nearer_to_training]).all()


def test_closest_records_see_memorisation():
    rng = np.random.default_rng(1)
    train, holdout, fresh = rng.normal(size=(3, 200, 4))
    copied = closest_records(train, train[:50], holdout)
    assert (copied.copies, copied.distance, copied.distance_ratio) == (1, 0, 0)
    assert copied.nearer_to_training == 1
    honest = closest_records(train, fresh, holdout[:120])
    assert honest.copies == 0
    assert 0.4 < honest.nearer_to_training < 0.6
    assert 0.8 < honest.distance / honest.holdout_distance < 1.2


def test_records_that_occur_twice_are_no_two_records():
    train, fresh = np.random.default_rng(1).normal(size=(2, 100, 3))
    twice = np.vstack([train, train])
    for copies in (train, train + 1e-9):
        assert closest_records(twice, copies).distance_ratio < 1e-6
    one, two = (closest_records(rows, fresh) for rows in (train, twice))
    assert (one.distance, one.distance_ratio) == (two.distance, two.distance_ratio)
    single = np.ones((5, 3))
    assert closest_records(single, single).distance_ratio == 0
    assert closest_records(single, fresh).distance_ratio == 1


@pytest.mark.parametrize("sizes", [(90, 30), (30, 90), (60, 60), (40, 7)], ids=str)
@pytest.mark.parametrize("values", ["real", "few"])
def test_memorisation_is_the_mean_over_equally_many_rows(sizes, values):
    rng = np.random.default_rng(0)

    def draw(n):
        X = rng.normal(size=(n, 2))
        return X if values == "real" else X.round()

    def chosen(rows, n):
        return rows[:, rng.permutation(rows.shape[1])[:n]].min(axis=1)

    (train, holdout), n = map(draw, sizes), min(sizes)
    for fake in (draw(50), train):
        to_train, to_holdout = cdist(fake, train), cdist(fake, holdout)
        pairs = [(chosen(to_train, n), chosen(to_holdout, n)) for _ in range(1500)]
        shares = [(a < b).mean() + 0.5 * (a == b).mean() for a, b in pairs]
        found = closest_records(train, fake, holdout).nearer_to_training
        assert abs(found - np.mean(shares)) < 4 * np.std(shares) / np.sqrt(1500) + 1e-9
        ordered = [X[np.lexsort(X.T)] for X in (train, fake, holdout)]
        np.testing.assert_allclose(closest_records(*ordered).nearer_to_training, found, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(120, 24), (24, 120), (50, 50)], ids=str)
def test_fresh_rows_are_as_often_nearer_to_either(sizes):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(40):
        train, fake, holdout = (rng.normal(size=(n, 2)) for n in (sizes[0], 100, sizes[1]))
        train, holdout = (X[np.argsort(X[:, 0])] for X in (train, holdout))
        found.append(closest_records(train, fake, holdout).nearer_to_training)
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found) / np.sqrt(40)


class NearestMean(ClassifierMixin, BaseEstimator):
    """A classifier that takes no time."""

    def fit(self, X, y):
        self.means_ = np.stack([X[y == label].mean(axis=0) for label in (0, 1)])
        return self

    def predict_proba(self, X):
        one = expit(np.square(X[:, None] - self.means_).sum(axis=2) @ [1, -1])
        return np.column_stack([1 - one, one])


@pytest.mark.parametrize("sizes", [(20, 20), (30, 90)], ids=str)
def test_few_p_values_are_small_where_nothing_can_be_told(sizes):
    rng = np.random.default_rng(0)
    same, apart = [], []
    for seed in range(160):
        real, fake = (rng.normal(size=(n, 2)) for n in sizes)
        how = {"classifier": NearestMean(), "random_state": seed}
        same.append(classifier_test(real, fake, **how).p_value)
        if seed < 10:
            apart.append(classifier_test(real, fake + 3, **how).p_value)
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(same) <= level) < level + 2 * np.sqrt(level / 160)
    assert np.median(apart) < 0.02


def test_a_p_value_may_be_left_out():
    X, Y = np.random.default_rng(0).normal(size=(2, 60, 2))
    full, part = (classifier_test(X, Y, classifier=NearestMean(), p_value=p) for p in (True, False))
    assert (part.accuracy, part.auc) == (full.accuracy, full.auc)
    assert 0 < full.p_value <= 1
    assert np.isnan(part.p_value)


# Side by side


def test_an_evaluation_of_real_rows_is_at_the_floor_and_one_of_noise_is_not():
    X = load_breast_cancer().data[:400]
    rng = np.random.default_rng(0)
    noise = X.mean(axis=0) + X.std(axis=0) * rng.normal(size=X.shape)
    good = {row.name: row for row in evaluate(X, X[rng.permutation(400)[:300]], n_repeats=1)}
    bad = {row.name: row for row in evaluate(X, noise, n_repeats=1)}
    assert list(good) == list(bad) == list(METRICS)
    for name, row in bad.items():
        assert row.greater_is_better == METRICS[name].greater_is_better
        assert good[name].floor == row.floor
        sign = 1 if row.greater_is_better else -1
        if name != "distance_ratio":  # it is about copies
            assert sign * (row.floor - row.value) > 0.01, name
            assert sign * (good[name].value - row.value) > 0.01, name


def test_memorisation_does_not_depend_on_the_order_of_rows():
    real, fake, holdout = np.random.default_rng(0).normal(size=(3, 300, 2))
    real = real[np.argsort(real[:, 0])]  # the first fifth lies far from most fake rows
    rows = evaluate(real, fake, holdout=holdout[:60], n_repeats=1)
    (row,) = (row for row in rows if row.name == "nearer_to_training")
    assert 0.4 < row.value < 0.6
    assert 0.4 < closest_records(real, fake, holdout[:60]).nearer_to_training < 0.6


@pytest.mark.parametrize("name", [name for name in METRICS if name != "classifier_accuracy"])
@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    st.integers(0, 99), st.sampled_from([1, 3]), st.sampled_from([5, 9]), st.sampled_from([0, 6, 7])
)
def test_no_order_of_rows_or_columns_matters(name, seed, n_columns, n_values, n_more):
    """Exactly, but for rounding; a classifier and directions at random look at columns by place."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(2, 16, n_columns))
    if n_values == 5:  # with ties
        real, fake = real.round(), fake.round()
    if n_more and name not in ("sliced_wasserstein", "wasserstein"):
        fake = np.vstack([fake, fake[:n_more]])
    metric, order = METRICS[name], rng.permutation(n_columns)
    if name == "sliced_wasserstein":
        order = np.arange(n_columns)
    moved = [rng.permutation(X)[:, order] for X in (real, fake)]
    value = metric.of(metric.measure(real, fake))
    np.testing.assert_allclose(metric.of(metric.measure(*moved)), value, rtol=1e-9, atol=1e-12)


def test_an_evaluation_does_not_depend_on_units():
    X = load_iris().data
    one = evaluate(X, X[:60], n_repeats=1)
    other = evaluate(1000 * X + 5, 1000 * X[:60] + 5, n_repeats=1)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-6, atol=1e-9)
    constant = np.hstack([X, np.ones((150, 1))])
    assert all(np.isfinite([row.value, row.floor]).all() for row in evaluate(constant, constant))


def of_mixed(n, rng):
    """Numbers with tails and without, counts, levels of every share, dummies."""
    kind = rng.integers(3, size=n)
    return pd.DataFrame(
        {
            "pay": rng.lognormal(2, 1.2, n) * (1 + kind),
            "age": rng.normal(40 + 5 * kind, 5),
            "visits": rng.poisson(2, n),
            "town": rng.choice(list("abcdefghij"), n, p=np.r_[0.55, np.full(9, 0.05)]),
            "member": rng.random(n) < 0.02,
            **{f"kind_{k}": kind == k for k in range(3)},
        }
    )


def of_numbers(n, rng):
    """The same in an array."""
    table = of_mixed(n, rng)
    return table.assign(town=table["town"].map(ord)).to_numpy(dtype=float)


@pytest.mark.parametrize("draw", [of_mixed, of_numbers])
def test_an_evaluation_and_a_score_are_one_number(draw):
    rng = np.random.default_rng(0)
    X = draw(600, rng)
    gan = RegularizedGAN(max_iter=1, hidden_layer_sizes=4, random_state=0).fit(X)
    scaler, reader = gan._reader.scaler, gan._reader
    fresh = draw(600, rng)
    middle = pd.DataFrame(fresh).iloc[:, 1].to_numpy() < 45
    for rows in (fresh, fresh[middle]):  # true ones, and such as lack a part of the data
        one, other = comparable(X, rows)
        for found, table in ((one, X), (other, rows)):
            np.testing.assert_array_equal(found, scaler.standardize(reader.read(gan, table)))
        row = evaluate(X, rows, n_repeats=1)[0]
        assert abs(row.value - two_sample_score(one, other)) < 0.04
        assert row.floor > 0.96
    assert gan.score(X) == two_sample_score(one, gan._scored_pair(X)[1])


def test_scorers_choose_a_model():
    X = load_iris().data
    grid = {"alpha": [0.01, 100.0]}
    cv = KFold(3, shuffle=True, random_state=0)
    for name in ("two_sample_score", "coverage", "mmd"):
        search = GridSearchCV(RegularizedGaussian(), grid, scoring=Scorer(name), cv=cv).fit(X)
        assert search.best_params_ == {"alpha": 0.01}, name
        assert repr(search.scoring) == f"Scorer({name!r})"


def test_a_scorer_compares_what_score_compares():
    X, y = load_iris(return_X_y=True)
    gan = RegularizedGAN(max_iter=30, hidden_layer_sizes=8, conditional=True, random_state=0)
    gan.fit(X, y)
    assert Scorer("two_sample_score")(gan, X, y) == gan.score(X, y)
    assert Scorer("wasserstein")(gan, X, y) < 0
    pipeline = make_pipeline(StandardScaler(), RegularizedGaussian()).fit(X)
    with pytest.raises(TypeError, match="scores the generative models of regan, not a Pipeline"):
        Scorer("coverage")(pipeline, X)


def test_measures_of_a_pair_are_those_of_its_samples():
    rng = np.random.default_rng(0)
    for real, fake in (rng.normal(size=(2, 30, 3)), rng.integers(0, 2, size=(2, 30, 4)) * 1.0):
        pair = Pair.of(real, fake)
        for name, measure in evaluation._OF_PAIRS.items():
            metric = METRICS[name]
            expected = metric.of(metric.measure(real, fake))
            np.testing.assert_allclose(measure(pair), expected, rtol=1e-9, atol=1e-12)


def test_columns_that_no_tree_splits_are_left_out():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, 60, 3))
    rare = np.zeros((60, 1))
    rare[:9] = 1
    with_rare = classifier_test(np.hstack([X, rare]), np.hstack([Y + 1, rare]))
    assert with_rare == classifier_test(X, Y + 1)
    assert list(_divisible(np.hstack([rare, X]), 10)) == [1, 2, 3]
    assert list(_divisible(np.hstack([rare, X]), 9)) == [0, 1, 2, 3]
    assert list(_divisible(rare, 40)) == [0]
