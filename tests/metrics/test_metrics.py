"""Two-sample measures against computations from their definitions, and what the score notices."""

import numpy as np
import pytest
from scipy import stats
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
    mmd,
    mode_report,
    prdc,
    precision_coverage,
    sliced_wasserstein,
    two_sample_score,
    wasserstein,
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
        (lambda X: prdc(X, X[:1]), ValueError, "at least 2 fake rows"),
        (lambda X: prdc(X, X, n_neighbors=0), ValueError, "n_neighbors must be"),
        (lambda X: mmd(X, X, bandwidth=0), ValueError, "bandwidth must be a finite number > 0"),
        (lambda X: mmd(X[:1], X, unbiased=True), ValueError, "at least 2 rows of each"),
        (lambda X: mmd(X, X, unbiased=1), TypeError, "unbiased must be"),
        (lambda X: classifier_test(X, X), ValueError, "5 folds need as many rows of each"),
        (lambda X: classifier_test(X, X, n_splits=1), ValueError, "n_splits must be"),
        (lambda X: closest_records(X[:1], X), ValueError, "at least 2 rows of training"),
        (lambda X: closest_records(X, X, X[:, :2]), ValueError, "equal columns, got 3 and 2"),
        (lambda X: evaluate(X, X), ValueError, "at least 20 real rows and 10 fake ones, got 3"),
        (lambda X: Scorer("accuracy"), ValueError, "'accuracy' is no metric; choose one of: two_"),
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
    twice = np.vstack([train, train])
    assert closest_records(twice, fresh).distance_ratio == 1  # both closest ones are one row
    assert closest_records(train, train, train).nearer_to_training == 0.5


# Side by side


def test_an_evaluation_of_real_rows_is_at_the_floor_and_one_of_noise_is_not():
    X = load_breast_cancer().data[:400]
    rng = np.random.default_rng(0)
    noise = X.mean(axis=0) + X.std(axis=0) * rng.normal(size=X.shape)
    good = {row.name: row for row in evaluate(X, X[rng.permutation(400)[:300]])}
    bad = {row.name: row for row in evaluate(X, noise)}
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
    row = evaluate(real, fake, holdout=holdout[:60], n_repeats=1)[-1]
    assert row.name == "nearer_to_training"
    assert 0.4 < row.value < 0.6
    assert closest_records(real, fake, holdout[:60]).nearer_to_training < 0.4


def test_an_evaluation_does_not_depend_on_units():
    X = load_iris().data
    one = evaluate(X, X[:60], n_repeats=1)
    other = evaluate(1000 * X + 5, 1000 * X[:60] + 5, n_repeats=1)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-6, atol=1e-9)
    constant = np.hstack([X, np.ones((150, 1))])
    assert all(np.isfinite([row.value, row.floor]).all() for row in evaluate(constant, constant))


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
