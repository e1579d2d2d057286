"""Columns of numbers: samples obey what all values of the data obey; shares, tails come back."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_tables import MODELS
from scipy.special import ndtri
from scipy.stats import ks_2samp, kstest

import regan
from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture, RegularizedVAE
from regan.data import TableEncoder
from regan.data.numbers.grids import Grid, Grids
from regan.data.numbers.long_rows import LongRows
from regan.data.numbers.patterns import are_on_one_scale
from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.data.numbers.tails import has_tails
from regan.data.scaling import ColumnScaler
from regan.metrics import two_sample_score

quick = settings(deadline=None, max_examples=25, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


# Columns of many kinds, by a seed

COLUMNS = {
    "flag": lambda r, n: (r.random(n) < r.uniform(0.01, 0.3)).astype(int),
    "counts": lambda r, n: r.poisson(r.uniform(0.3, 4), n),
    "many zeros": lambda r, n: np.where(r.random(n) < r.uniform(0.2, 0.95), 0, r.lognormal(size=n)),
    "top-coded": lambda r, n: np.minimum(r.normal(50, 20, n), 60).round(1),
    "ratings": lambda r, n: r.choice([1, 1.5, 2, 2.5, 3, 4, 5], n, p=r.dirichlet(np.ones(7))),
    "prices": lambda r, n: r.lognormal(r.uniform(0, 5), r.uniform(0.3, 1.5), n).round(2),
    "thousands": lambda r, n: 1000 * r.integers(10, 200, n),
    "ages": lambda r, n: r.integers(18, 90, n),
    "heavy": lambda r, n: r.standard_t(2, n),
    "plain": lambda r, n: r.normal(r.uniform(-9, 9), r.uniform(0.1, 9), n),
    "tiny": lambda r, n: 1e-9 * r.lognormal(0, 1, n),
    "single": lambda r, n: r.lognormal(0, 1, n).astype("float32").round(1),
}
a_column = st.sampled_from(sorted(COLUMNS))


def draw(name, seed, n):
    return pd.Series(COLUMNS[name](np.random.default_rng(seed), n))


# The empirical distribution


@quick
@given(a_column, seeds, st.integers(2, 5000))
def test_scores_lead_back(name, seed, n):
    values = draw(name, seed, n).to_numpy(dtype=float)
    own = EmpiricalDistribution.learn(values)
    for rng in (None, np.random.default_rng(0)):
        back = own.numbers(own.scores(values, rng))
        np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-12 * np.abs(values).max())


@quick
@given(a_column, seeds, st.integers(50, 5000))
def test_random_places_in_ties_make_scores_normal(name, seed, n):
    """Whatever the ties are."""
    values = draw(name, seed, n).to_numpy(dtype=float)
    own = EmpiricalDistribution.learn(values)
    scores = own.scores(values, np.random.default_rng(0))
    assert kstest(scores, "norm").statistic < (2 / n if len(own.values) < 1000 else 0.01)


@quick
@given(a_column, seeds, st.integers(20, 5000))
def test_tied_values_keep_their_shares_and_the_mean_is_that_of_the_data(name, seed, n):
    values = draw(name, seed, n).to_numpy(dtype=float)
    own = EmpiricalDistribution.learn(values)
    made = own.quantiles((np.arange(20 * n) + 0.5) / (20 * n))
    np.testing.assert_allclose(made.mean(), values.mean(), atol=2e-3 * values.std())
    for value in np.unique(values):
        share = (values == value).mean()
        if share > 1 / n:
            assert abs((made == value).mean() - share) <= 0.051 / n + (share < 1e-3) * share


@pytest.mark.parametrize("n", [3_000, 100_000])
def test_tails_keep_their_length(n):
    values = np.random.default_rng(0).lognormal(0, 2, n)
    own = EmpiricalDistribution.learn(values)
    assert len(own.values) < 4000  # which a model file holds
    made = own.quantiles((np.arange(4 * n) + 0.5) / (4 * n))
    np.testing.assert_allclose(made.mean(), values.mean(), rtol=1e-3)
    np.testing.assert_allclose(made.std(), values.std(), rtol=3e-2)
    for q in (0.9, 0.99, 0.999, 0.9999):
        np.testing.assert_allclose(np.quantile(made, q), np.quantile(values, q), rtol=0.05)


def test_scores_of_a_few_numbers_by_hand():
    own = EmpiricalDistribution.learn(np.array([3.0, 1.0, 7.0, 3.0]))
    np.testing.assert_allclose(own.probabilities(np.array([1.0, 3.0, 7.0])), [0.1875, 0.5, 0.8125])
    np.testing.assert_allclose(own.scores(np.array([3.0])), [0.0])
    np.testing.assert_array_equal(own.quantiles(np.array([0.1, 0.26, 0.74, 0.9])), [1, 3, 3, 7])
    untied = EmpiricalDistribution.learn(np.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(untied.scores(np.array([1, 2, 4.0])), ndtri([1 / 6, 0.5, 5 / 6]))
    np.testing.assert_allclose(untied.quantiles(np.array([1 / 3, 2 / 3])), [1.5, 3.0])


@quick
@given(a_column, seeds)
def test_a_wider_distribution_leads_back_too(name, seed):
    values = draw(name, seed, 200).to_numpy(dtype=float)
    low, high = values.min() - 5, values.max() + 3
    wide = EmpiricalDistribution.learn(values).widened(low, high)
    more = np.concatenate([values, [low, high, low + 1, high - 2]])
    np.testing.assert_allclose(wide.numbers(wide.scores(more)), more, rtol=1e-9, atol=1e-9)


# Grids


@quick
@given(
    st.integers(0, 6),
    st.integers(1, 50),
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=60),
)
def test_numbers_lie_on_their_grid(decimals, step, units):
    values = np.array(units) * step / 10.0**decimals
    grid = Grid.learn(values)
    assert grid is not None
    np.testing.assert_array_equal(grid.round(values), values)
    moved = values + np.random.default_rng(0).uniform(-0.4, 0.4, len(values)) / 10.0**decimals
    rounded = grid.round(moved)
    np.testing.assert_array_equal(rounded, grid.round(rounded))
    np.testing.assert_array_equal(rounded, np.round(rounded, 6))


GRIDS = {
    "whole": (np.arange(50.0), Grid(0)),
    "thousands": (1000 * np.arange(3.0, 40), Grid(0, 1000)),
    "half steps": (np.arange(1.0, 20, 0.5), Grid(1, 5)),
    "ends of .99": (np.arange(30.0) + 0.99, Grid(2, 100, 99)),
    "few even numbers are no evidence": (np.array([2.0, 8, 4]), Grid(0)),
    "cents": (np.array([0.01, 3.5, 17.25, 8.0]), Grid(2)),
    "single precision": (np.float32([0.1, 2.7, 9.9]).astype(float), Grid(1, dtype="float32")),
    "measured": (np.random.default_rng(0).normal(size=50), None),
    "large": (1e16 + np.arange(0, 20, 2.0), None),
    "two values": (np.repeat([0.0, 7.0], 10), Grid(0, 7)),
}


@pytest.mark.parametrize(("values", "expected"), GRIDS.values(), ids=GRIDS)
def test_grids(values, expected):
    dtype = "float64" if expected is None else expected.dtype
    assert Grid.learn(values, dtype) == expected


def test_a_few_values_are_all_that_there_is():
    values = np.repeat([0.0, 1.0, 4.0, 6.28318], 10)
    grid = Grid.learn(values)
    np.testing.assert_array_equal(grid.values, [0, 1, 4, 6.28318])
    np.testing.assert_array_equal(grid.round(np.array([-9, 0.6, 2.6, 99])), [0, 1, 4, 6.28318])
    assert grid.widened(np.array([0.5])) == Grid(5)
    assert Grid(0, 5).widened(np.array([7.0])) == Grid(0)
    assert Grid(0, 5).widened(np.array([15.0])) == Grid(0, 5)
    assert Grid(0).widened(np.array([np.pi])) is None


@pytest.mark.parametrize(
    "grids",
    [
        [Grid(0), None, Grid(2, 5, 1), Grid(values=np.array([0.0, 3.0, 4.0]))],
        [Grid(0), Grid(0), None],
        [Grid(0, 1, 3), Grid(3)],
        [Grid(0, 7, 2), Grid(values=np.array([0.5, 2.0]))],
        [None, None, None, Grid(1)],
    ],
    ids=str,
)
@pytest.mark.parametrize("n", [0, 3, 40, 2048])
def test_grids_of_a_matrix_are_those_of_its_columns(grids, n):
    X = 5 * np.random.default_rng(0).normal(size=(n, len(grids)))
    rounded = X.copy()
    Grids(grids).round(rounded)
    for j, grid in enumerate(grids):
        expected = X[:, j] if grid is None else grid.round(X[:, j])
        np.testing.assert_array_equal(rounded[:, j], expected)
        assert not np.signbit(rounded[rounded[:, j] == 0, j]).any()
    columns_first = np.asfortranarray(X)
    Grids(grids).round(columns_first)
    np.testing.assert_array_equal(columns_first, rounded)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (1024, 1), (1000, 3), (512, 2000)], ids=str)
def test_long_rows_are_the_rows(shape, order):
    X = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    columns = np.arange(1.0, 1 + shape[1]), np.linspace(-1, 1, shape[1])
    expected = X * columns[0] + columns[1]
    wide, factor, added = LongRows(*columns).over(X)
    wide *= factor
    wide += added
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [1, 7, 1024])
def test_numbers_are_written_where_they_go_and_keep_to_the_range(n, dtype):
    rng = np.random.default_rng(0)
    X = (3 + 5 * rng.normal(size=(200, 5))).astype(dtype).astype("float64")
    X[:, 1], X[:, 2], X[:, 3] = np.exp(X[:, 1] / 2), X[:, 2].round(), 0.25
    scaler = ColumnScaler.learn(X, dtypes=[dtype] * 5)
    Z = 2 * rng.normal(size=(n, 5)).astype("float32")
    numbers = Z.astype("float64") * scaler.scale + scaler.mean
    for j, ranks in scaler.ranks.items():
        numbers[:, j] = ranks.decode(Z[:, j])
    scaler.grids.round(numbers)
    expected = np.clip(numbers, X.min(axis=0), X.max(axis=0))
    expected[:, 3] = 0.25
    np.testing.assert_array_equal(scaler.inverse(Z), expected)
    for room in (
        np.empty((n, 5), dtype),
        np.empty((5, n), dtype).T,
        np.empty((n, 9), dtype)[:, 2:7],
    ):
        assert scaler.inverse(Z, room) is room
        np.testing.assert_array_equal(room, expected.astype(dtype))


def test_a_range_beyond_the_dtype_ends_where_that_does():
    X = np.array([[-1e39], [1e39], [0.0]])
    room = np.empty((2, 1), "float32")
    ColumnScaler.learn(X).inverse(np.array([[-9.0], [9.0]]), room)
    np.testing.assert_array_equal(room[:, 0], np.array([-1, 1]) * np.finfo("float32").max)


# Tails

TAILED = {
    "lognormal": lambda r, n: r.lognormal(7, 1, n),
    "long lognormal": lambda r, n: r.lognormal(0, 2, n),
    "Student": lambda r, n: r.standard_t(2, n),
    "Cauchy": lambda r, n: r.standard_cauchy(n),
    "an outlier": lambda r, n: np.r_[r.normal(size=n - 1), 1000],
    "a sentinel": lambda r, n: np.where(r.random(n) < 0.03, -999, r.normal(size=n)),
    "many zeros": lambda r, n: np.where(r.random(n) < 0.9, 0, r.lognormal(size=n)),
    "many zeros among counts": lambda r, n: np.where(r.random(n) < 0.6, 0, r.poisson(30, n)),
    "half zeros": lambda r, n: np.where(r.random(n) < 0.5, 0, r.random(n)),
    "scales": lambda r, n: r.normal(0, 10.0 ** r.integers(0, 3, n)),
}
UNTAILED = {
    "normal": lambda r, n: r.normal(size=n),
    "uniform": lambda r, n: r.random(n),
    "a far mode": lambda r, n: np.where(
        r.random(n) < 0.05, r.normal(5, 0.3, n), r.normal(-3, 0.5, n)
    ),
    "a very far mode": lambda r, n: np.where(
        r.random(n) < 0.05, r.normal(99, 0.3, n), r.normal(size=n)
    ),
    "three modes": lambda r, n: r.choice([0, 8, 20], n, p=[0.8, 0.15, 0.05]) + r.normal(0, 0.3, n),
    "a grid": lambda r, n: r.integers(0, 5, n) + r.normal(0, 0.02, n),
    "a flag": lambda r, n: (r.random(n) < 0.02).astype(float),
    "an arc": lambda r, n: np.cos(r.uniform(0, 2 * np.pi, n)),
    "U-shaped": lambda r, n: r.beta(0.5, 0.5, n),
}


@pytest.mark.parametrize("make", TAILED.values(), ids=TAILED)
@quick
@given(seeds, st.sampled_from([1000, 5000]))
def test_tails_are_found(make, seed, n):
    assert has_tails(make(np.random.default_rng(seed), n))


@pytest.mark.parametrize("make", UNTAILED.values(), ids=UNTAILED)
@quick
@given(seeds, st.sampled_from([1000, 5000]))
def test_clusters_are_no_tails(make, seed, n):
    assert not has_tails(make(np.random.default_rng(seed), n))


def test_few_rows_are_no_evidence():
    assert not has_tails(np.r_[np.zeros(18), 1e9])


@pytest.mark.parametrize("as_frame", [False, True])
def test_arrays_and_frames_have_one_rule(as_frame):
    usual = partial(RegularizedMixture, 1, alpha=1.0, covariance_type="diag")
    rng = np.random.default_rng(0)
    X = np.column_stack([TAILED["lognormal"](rng, 2000), UNTAILED["a grid"](rng, 2000)])
    data = pd.DataFrame(X, columns=["a", "b"]) if as_frame else X
    model = usual(random_state=0).fit(data)
    assert list(model._reader.scaler.ranks) == [0]
    sample = np.asarray(model.sample(4000))
    assert ks_2samp(sample[:, 0], X[:, 0]).statistic < 0.04
    plain = usual(standardize="standard", random_state=0).fit(data)
    assert not plain._reader.scaler.ranks
    ranked = usual(standardize="quantile", random_state=0).fit(data)
    assert list(ranked._reader.scaler.ranks) == [0, 1]
    with pytest.raises(ValueError, match="standardize='log' is not known"):
        usual(standardize="log").fit(data)
    with pytest.raises(TypeError, match="standardize must be True or False, a TableEncoder or one"):
        usual(standardize=3).fit(data)


def test_densities_of_ranked_columns():
    """Of a lognormal column, a normal distribution of its scores has about the true density."""
    rng = np.random.default_rng(0)
    X = rng.lognormal(0, 1, (20_000, 1))
    model = RegularizedGaussian(None).fit(X)
    x = np.quantile(X, [0.2, 0.5, 0.8])[:, None]
    inside = [model.score_samples(x * s).mean() for s in np.linspace(0.95, 1.05, 41)]
    z = np.log(x)
    expected = (-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - z).mean()
    assert abs(np.mean(inside) - expected) < 0.1
    assert model.score_samples(np.array([[-1.0]])) == -np.inf


# What samples obey


def assert_obeys(sample, data):
    """The range of the data, whole numbers, and decimals as far as the data have them."""
    sample, data = np.asarray(sample, dtype=float), np.asarray(data, dtype=float)
    assert data.min() <= sample.min() <= sample.max() <= data.max()
    for decimals in range(7):
        if np.array_equal(data, np.round(data, decimals)):
            np.testing.assert_allclose(sample, np.round(sample, decimals), rtol=1e-6)
            return


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@settings(deadline=None, max_examples=5, derandomize=True)
@given(st.lists(a_column, min_size=1, max_size=4), seeds, st.booleans())
def test_what_all_values_obey_samples_obey(make, names, seed, mixed):
    X = pd.DataFrame({f"{i} {name}": draw(name, seed + i, 120) for i, name in enumerate(names)})
    floats = X.astype(float)
    for data in (X.assign(k=np.arange(120) % 2 == 0) if mixed else X, floats, floats.to_numpy()):
        sample = make().fit(data).sample(200)
        if isinstance(data, pd.DataFrame):
            assert (sample.dtypes == data.dtypes).all()
            for name in X:
                assert_obeys(sample[name], data[name])
        else:
            for j in range(data.shape[1]):
                assert_obeys(sample[:, j], data[:, j])


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("dtype", ["int64", "int8", "uint16", "bool"])
def test_arrays_of_integers_come_back_as_they_are(make, dtype):
    X = np.random.default_rng(0).poisson([0.5, 5], (100, 2)).astype(dtype)
    model = make().fit(X)
    sample = model.sample(50)
    assert sample.dtype == dtype
    assert_obeys(sample, X)
    assert make(standardize=False).fit(X).sample(5).dtype == "float64"


@settings(deadline=None, max_examples=10, derandomize=True)
@given(st.lists(a_column, min_size=1, max_size=3), seeds, st.booleans())
def test_shares_and_distributions_come_back(names, seed, mixed):
    """Of a Gaussian, whose columns are right by construction: no column spoils another."""
    n = 2000
    X = pd.DataFrame({f"{i} {name}": draw(name, seed + i, n) for i, name in enumerate(names)})
    X["k"] = np.random.default_rng(seed).random(n) < 0.05
    X = X if mixed else X.astype(float)
    sample = RegularizedGaussian(random_state=0).fit(X).sample(8000)
    for name in X:
        distance = ks_2samp(sample[name].astype(float), X[name].astype(float)).statistic
        assert distance < (0.045 if mixed else 0.1)  # a uniform column is taken for normal
        for value, share in X[name].value_counts(normalize=True).head(3).items():
            assert abs((sample[name] == value).mean() - share) < 0.03


def test_shares_come_back_from_networks():
    """Flags stored as integers do not spoil a boolean beside them."""
    rng = np.random.default_rng(0)
    n = 1000
    X = pd.DataFrame({"x": rng.normal(size=n), "b": rng.random(n) < 0.1, "i": rng.random(n) < 0.06})
    X = X.assign(
        i=X["i"].astype(int), zeros=np.where(rng.random(n) < 0.8, 0, rng.lognormal(size=n))
    )
    settings = {"hidden_layer_sizes": 32, "max_iter": 800, "random_state": 0}
    sample = RegularizedVAE(**settings).fit(X).sample(4000)
    for name, real in (("b", X["b"].mean()), ("i", X["i"].mean())):
        assert 0.6 * real < sample[name].mean() < 1.6 * real
    assert abs((sample["zeros"] == 0).mean() - (X["zeros"] == 0).mean()) < 0.06


@pytest.mark.parametrize(
    ("make", "cls"),
    [(np.asarray, RegularizedGAN), (pd.DataFrame, RegularizedVAE)],
    ids=["array", "frame"],
)
def test_shares_come_back_from_arrays(make, cls):
    """Flags and counts of an array are levels, as they are in a table."""
    rng = np.random.default_rng(0)
    n = 1000
    k = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    X = np.column_stack([np.eye(3)[k], rng.random(n) < 0.06, rng.poisson(0.5, n), rng.normal(k, 1)])
    model = cls(hidden_layer_sizes=32, max_iter=800, random_state=0)
    sample = np.asarray(model.fit(make(X)).sample(4000))
    assert (sample[:, :3].sum(axis=1) == 1).all()
    np.testing.assert_allclose(sample.mean(axis=0)[:4], X.mean(axis=0)[:4], atol=0.06)
    for value in range(3):
        share = (X[:, 4] == value).mean()
        assert abs((sample[:, 4] == value).mean() - share) < 0.08
    assert model.score(make(X)) > 0.5


# Going on


def test_going_on_beyond_what_a_dtype_holds_is_refused():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 200, (300, 2)).astype("uint8")
    wild, broken = X.astype(float) * 9, X + 0.5
    for make in (MODELS["gan"], MODELS["vae"]):
        model = make().fit(X)
        with pytest.raises(ValueError, match=r"X holds .* in column.* 0, .*which uint8, the dtype"):
            model.partial_fit(wild)
        with pytest.raises(ValueError, match=r"X holds .*\.5 in column"):
            model.partial_fit(broken)
        frame = pd.DataFrame(X, columns=["a", "b"]).assign(k="x")
        model = make().fit(frame)
        with pytest.raises(ValueError, match=r"column 'a' holds \d+, which the dtype .* uint8"):
            model.partial_fit(frame.assign(a=wild[:, 0].astype(int)))
        with pytest.raises(ValueError, match=r"column 'a' held integers in the training data"):
            model.partial_fit(frame.assign(a=broken[:, 0]))


def test_going_on_keeps_grids_levels_and_dummies():
    rng = np.random.default_rng(0)
    color = pd.get_dummies(pd.Series(rng.choice(list("abc"), 300)), prefix="c")
    X = color.assign(
        price=rng.lognormal(3, 1, 300).round(2).astype("float32"), n=rng.integers(0, 5, 300)
    )
    for make in (MODELS["gan"], MODELS["vae"]):
        model = make().fit(X).partial_fit(X.assign(price=X["price"].iloc[::-1].to_numpy()))
        sample = model.sample(100)
        assert_obeys(sample["price"], X["price"])
        with pytest.raises(ValueError, match=r"exactly one of the columns 'c_a', 'c_b', 'c_c' was"):
            model.partial_fit(X.assign(c_a=False))
        with pytest.raises(ValueError, match=r"column 'n' holds 9, which was not in the training"):
            model.partial_fit(X.assign(n=9))
        array = X[["n", "price"]].to_numpy(dtype=float)
        model = make().fit(array)
        with pytest.raises(ValueError, match=r"column 0 holds 7, which was not .* 'quantile'"):
            model.partial_fit(np.where(array == 4, 7, array))
        with pytest.raises(ValueError, match="standardize='quantile' cannot take effect"):
            model.set_params(standardize="quantile").partial_fit(array)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_files_of_arrays_with_levels(make, tmp_path):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 4, 200), rng.lognormal(0, 2, 200)])
    model = make().fit(X)
    model.save(tmp_path / "model.regan")
    again = regan.load(tmp_path / "model.regan")
    np.testing.assert_array_equal(again.sample(50), model.sample(50))
    assert again.score(X) == model.score(X)


# Rules for whole tables


def test_whole_numbers_of_few_values_are_levels():
    rng = np.random.default_rng(0)
    n = 400
    X = pd.DataFrame(
        {
            "few": rng.integers(0, 20, n),
            "many": rng.integers(0, 60, n),
            "whole": rng.integers(1, 5, n).astype(float),
            "half": rng.integers(1, 5, n) / 2,
            "same": 7,
            "k": rng.choice(["a", "b"], n),
        }
    )
    encoder = TableEncoder().fit(X)
    assert [c.name for c in encoder.columns_ if c.n_levels] == ["few", "whole", "k"]
    assert encoder.inverse_transform(encoder.transform(X)).equals(X)
    assert TableEncoder(max_integer_levels=0).fit(X).levels_ == (2,)
    assert TableEncoder(max_integer_levels=60).fit(X.head(300)).levels_ == (20, 4, 2)
    assert TableEncoder().fit(X.head(150)).levels_ == (4, 2)  # ten rows each
    assert RegularizedGaussian().fit(X).table_encoder_.levels_ == (2,)
    assert MODELS["gan"]().fit(X).table_encoder_.levels_ == (20, 4, 2)
    given = TableEncoder(max_integer_levels=20)
    assert RegularizedGaussian(standardize=given).fit(X).table_encoder_.levels_ == (20, 4, 2)
    with pytest.raises(
        ValueError, match=r"column 'few' holds 99, which was not .*max_integer_levels=0"
    ):
        encoder.transform(X.assign(few=99))
    # a table with fewer values is read like the first
    np.testing.assert_array_equal(encoder.transform(X.head(9)), encoder.transform(X)[:9])


def test_columns_on_one_scale_stay_on_one():
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(6, 6, (300, 20)), 0, 16).astype(int)
    pixels[:, 3] = 5 * (pixels[:, 3] // 5)  # a pixel of the edge has fewer values
    pixels[:, 5] = rng.random(300) < 0.05  # a flag
    X = pd.DataFrame(pixels).rename(columns=str).assign(kind=rng.integers(0, 10, 300), k="a")
    encoder = TableEncoder().fit(X)
    scalings = [c.scaling for c in encoder.columns_ if c.n_numbers]
    assert scalings == ["standard"] * 19
    assert encoder.levels_ == (2, 10, 1)
    few = TableEncoder().fit(X.iloc[:, 6:15].assign(k="a"))
    assert few.n_numbers_ == 0  # seventeen values each: levels
    array = MODELS["gan"]().fit(pixels.astype(float))._reader.scaler
    assert array.levels == (2,)
    assert [c.scaling for c in array.encoder.columns_ if c.n_numbers] == ["standard"] * 19
    images = MODELS["gan"]().fit(np.delete(pixels, 5, axis=1) / 16)._reader.scaler
    assert not images.ranks


def test_scales_from_0_to_1_are_no_block():
    rng = np.random.default_rng(0)
    X = rng.lognormal(0, 1, (400, 20))
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0)
    assert len(MODELS["gan"]().fit(X)._reader.scaler.ranks) > 15


@pytest.mark.parametrize("dtype", ["bool", "int64", "uint8", "float64", "boolean"])
@pytest.mark.parametrize("order", ["together", "apart"])
def test_dummies_are_one_choice(dtype, order):
    rng = np.random.default_rng(0)
    n = 300
    color = pd.get_dummies(pd.Series(rng.choice(list("abc"), n)), prefix="color").astype(dtype)
    size = pd.get_dummies(pd.Series(rng.choice(list("xy"), n)), prefix="size").astype(dtype)
    X = pd.concat([color, size], axis=1).assign(v=rng.normal(size=n), w=rng.random(n) < 0.5)
    if order == "apart":
        X = X[["color_a", "size_x", "v", "color_c", "w", "size_y", "color_b"]]
    encoder = TableEncoder().fit(X)
    assert sorted(encoder.levels_) == [2, 2, 3]
    labels = list(encoder.get_feature_names_out())
    assert len(labels) == len(set(labels)) == 8
    assert (
        encoder.inverse_transform(encoder.transform(X))
        .drop(columns="v")
        .equals(X.drop(columns="v"))
    )
    for make in MODELS.values():
        model = make().fit(X)
        sample = model.sample(200)
        assert (sample.dtypes == X.dtypes).all()
        assert (sample.filter(like="color_").astype(int).sum(axis=1) == 1).all()
        assert (sample.filter(like="size_").astype(int).sum(axis=1) == 1).all()
        model.score(X)
        model.score(X.assign(color_a=X["color_b"]))  # two at once, or none: a level unseen


def test_flags_that_exclude_each_other_by_chance_are_no_dummies():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a_x": rng.random(90) < 0.02, "a_y": rng.random(90) < 0.02, "v": range(90)})
    assert TableEncoder(ids="keep").fit(X).dummies_ == ()


# Measures


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("as_frame", [False, True])
def test_measures_see_tails(seed, as_frame):
    rng = np.random.default_rng(seed)

    def table():
        return pd.DataFrame({"a": rng.lognormal(0, 2, 1500), "k": rng.choice(["x", "y"], 1500)})

    real, fake = table(), table()
    far = fake["a"] > real["a"].quantile(0.99)
    largest = fake["a"] > real["a"].quantile(0.95)
    spoilt = [
        fake.assign(a=fake["a"].mask(far, 10 * fake["a"])),
        fake.assign(a=fake["a"].mask(largest, rng.uniform(20, real["a"].max(), 1500))),
    ]
    if not as_frame:
        real, fake, *spoilt = (t[["a"]].to_numpy() for t in (real, fake, *spoilt))
        scaler = ColumnScaler.learn(real)
        real, fake, *spoilt = (scaler.standardize(t) for t in (real, fake, *spoilt))
    assert max(two_sample_score(real, s) for s in spoilt) < two_sample_score(real, fake)


def test_columns_on_one_scale_are_told_from_others():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 17, (300, 64)).astype(float)
    pixels[:, :20] = np.minimum(pixels[:, :20], 5)  # the margins of an image are dark
    pixels[:, 30] = 0
    assert are_on_one_scale(pixels)
    assert not are_on_one_scale(pixels[:, :32])  # too few
    assert not are_on_one_scale(rng.normal(size=(300, 64)))
    assert not are_on_one_scale(rng.integers(0, 2, (300, 64)).astype(float))  # flags
    beyond = pixels.copy()
    beyond[0, 3] = 99
    assert not are_on_one_scale(beyond)
