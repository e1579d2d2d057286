"""Rows of the Gaussian and of the mixture given cells: closed forms, and samples that fulfil it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm, truncnorm

from regan import RegularizedGaussian, RegularizedMixture
from regan.data.conditions.evidence import Evidence
from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import blocks_of

INF = np.inf
N = 20_000


def evidence_of(model, X):
    """All cells of a table are known."""
    reader = model._reader
    rows = reader.scaler.forward(reader.read(model, X))
    if not isinstance(rows, EncodedRows):
        own = Evidence.none(len(rows), rows.shape[1], ())
        own.low[:] = own.high[:] = rows
        return own, rows
    own = Evidence.none(len(rows), rows.plain.shape[1], rows.sizes)
    own.low[:] = own.high[:] = rows.plain
    for block, codes in zip(blocks_of(rows.sizes), rows.codes.T, strict=True):
        own.allowed[:, block] = codes[:, None] == np.arange(block.stop - block.start)
    return own, rows.dense()


def asked_of(model, n=N, numbers=None, levels=None):
    """`numbers` are intervals by column, or one number; `levels` those that a block may have."""
    scaler = model._reader.scaler
    own = Evidence.none(n, scaler.n_columns - sum(scaler.levels), scaler.levels)
    for j, ends in (numbers or {}).items():
        own.low[:, j], own.high[:, j] = np.broadcast_to(ends, 2)
    for b, codes in (levels or {}).items():
        block = blocks_of(scaler.levels)[b]
        own.allowed[:, block] = np.isin(np.arange(block.stop - block.start), codes)
    return own


def completed(model, evidence, codes=None, seed=0):
    with model._completing(len(evidence)) as complete:
        return complete(np.random.default_rng(seed), evidence, codes)


def made(model, n, codes=None):
    """Unconditional rows, levels one-hot."""
    with model._making(n) as make:
        rows = make(np.random.default_rng(1), codes)
    scaler = model._reader.scaler
    for block in blocks_of(scaler.levels, scaler.n_columns - sum(scaler.levels)):
        rows[:, block] = rows[:, block].argmax(axis=1)[:, None] == np.arange(
            block.stop - block.start
        )
    return rows


def fulfilling(rows, asked):
    """Those of the rows that are as the first row of evidence asks."""
    p = asked.low.shape[1]
    keep = ((asked.low[0] <= rows[:, :p]) & (rows[:, :p] <= asked.high[0])).all(axis=1)
    for block in blocks_of(asked.sizes):
        keep &= (rows[:, p:][:, block] <= asked.allowed[0, block]).all(axis=1)
    return rows[keep]


def assert_alike(own, real, columns=slice(None)):
    """Means within four standard errors, and nearly the same deviations and correlations."""
    own, real = own[:, columns], real[:, columns]
    few = 1 / len(own) + 1 / len(real)
    spread = real.std(axis=0)
    assert (np.abs(own.mean(axis=0) - real.mean(axis=0)) <= 4 * spread * np.sqrt(few) + 1e-9).all()
    off = np.cov(own.T) - np.cov(real.T)
    assert (np.abs(off) <= 8 * np.sqrt(few) * np.maximum(np.outer(spread, spread), 0.1)).all()


def assert_kept(own, asked):
    np.testing.assert_array_equal(len(fulfilling(own, asked)), len(own))


def table(seed=0, n=600):
    rng = np.random.default_rng(seed)
    which = rng.random(n) < 0.4
    X = pd.DataFrame(
        {
            "size": rng.normal(170 + 20 * which, 5),
            "paid": np.where(rng.random(n) < 0.4, 0.0, rng.gamma(2.0 + 3 * which).round(2)),
            "weight": rng.normal(70 + 10 * which, 8),
            "kind": pd.Categorical(np.where(which, "a", rng.choice(["b", "c"], n))),
        }
    )
    X["size"] = X["size"].mask(rng.random(n) < 0.2)
    return X, which.astype(int)


MIXTURES = {"n_components": 4, "alpha": 1.0, "random_state": 0}
MODELS = {
    "diag": RegularizedMixture(covariance_type="diag", **MIXTURES),
    "full": RegularizedMixture(covariance_type="full", **MIXTURES),
    "gaussian": RegularizedGaussian(random_state=0),
    "diag by class": RegularizedMixture(covariance_type="diag", conditional=True, **MIXTURES),
    "gaussian by class": RegularizedGaussian(conditional=True, random_state=0),
}


@pytest.fixture(scope="module")
def fitted():
    return {name: model.fit(*table()) for name, model in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_known_comes_back_as_it_is(fitted, name):
    model, (X, _) = fitted[name], table()
    asked, rows = evidence_of(model, X)
    np.testing.assert_array_equal(completed(model, asked), rows)
    rng = np.random.default_rng(3)
    known = rng.random(asked.low.shape) < 0.5
    asked.low[~known], asked.high[~known] = -INF, INF
    asked.allowed[::2] = True
    own = completed(model, asked)
    np.testing.assert_array_equal(own[:, :3][known], rows[:, :3][known])
    np.testing.assert_array_equal(own[1::2, 3:], rows[1::2, 3:])
    assert np.isfinite(own).all()
    for block in blocks_of(asked.sizes, 3):
        np.testing.assert_array_equal(np.sort(own[:, block])[:, -1], 1)
        np.testing.assert_array_equal(own[:, block].sum(axis=1), 1)
    assert completed(model, asked[:0]).shape == (0, rows.shape[1])


# Blocks: 0 says whether the size is missing (level 1), 1 is the kind; column 1 is what was paid.
CONDITIONS = [
    ({2: (0.2, 1.5)}, {}),
    ({1: (0.0, 1.0)}, {}),
    ({}, {1: [0, 2]}),
    ({0: (0.3, INF), 2: (-INF, 0.4)}, {0: [0]}),
    ({2: (-0.5, 0.5)}, {0: [1], 1: [1]}),
]


@pytest.mark.parametrize(("numbers", "levels"), CONDITIONS)
@pytest.mark.parametrize("name", ["diag", "full", "diag by class"])
def test_rows_of_a_mixture_are_like_samples_that_fulfil_it(fitted, name, numbers, levels):
    model = fitted[name]
    asked = asked_of(model, N, numbers, levels)
    own = completed(model, asked)
    assert_kept(own, asked)
    real = fulfilling(made(model, 400_000), asked)
    missing = levels.get(0) == [1]
    assert_alike(own, real, np.arange(1 if missing else 0, own.shape[1]))


@pytest.mark.parametrize("name", ["gaussian", "gaussian by class"])
@pytest.mark.parametrize(
    "numbers", [{2: (0.2, 1.5)}, {1: (0.0, 1.0)}, {1: (0.5, INF), 2: (-INF, 0.4)}]
)
def test_rows_of_a_gaussian_are_like_samples_that_fulfil_it(fitted, name, numbers):
    model = fitted[name]
    classes = model._classes
    asked = asked_of(model, N, numbers)
    codes = None if classes is None else classes.draw(400_000, np.random.default_rng(2))
    real = fulfilling(made(model, 400_000, codes), asked)
    own = completed(model, asked)
    assert_kept(own, asked)
    assert_alike(own, real)


# Atoms


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_an_atom_at_the_end_of_an_interval_is_in_it(kind):
    rng = np.random.default_rng(0)
    X = np.c_[
        np.where(rng.random(2000) < 0.4, 0.0, rng.gamma(2.0, size=2000)), rng.normal(size=2000)
    ]
    X[:, 1] += X[:, 0]
    model = RegularizedMixture(**{**MIXTURES, "covariance_type": kind}, standardize=False).fit(X)
    real = made(model, 400_000)
    for low, high in ((-INF, 0.0), (0.0, 1.0), (-1.0, 2.0), (1e-9, 1.0), (2.0, INF)):
        asked = asked_of(model, N, {0: (low, high)})
        own = completed(model, asked)
        assert_kept(own, asked)
        assert_alike(own, fulfilling(real, asked))
        atom = [(rows[:, 0] == 0).mean() for rows in (own, fulfilling(real, asked))]
        assert abs(atom[0] - atom[1]) < 0.02
    both = asked_of(model, N, {0: (0.0, 1.0), 1: (0.5, 1.5)})
    own = completed(model, both)
    assert_kept(own, both)
    assert_alike(own, fulfilling(real, both))


def test_an_interval_between_all_atoms_is_not_kept():
    X = np.random.default_rng(0).integers(0, 3, (300, 2)).astype(float)
    model = RegularizedMixture(**MIXTURES, standardize=False).fit(X)
    own = completed(model, asked_of(model, 50, {0: (0.2, 0.8), 1: (0.2, 1.8)}))
    assert set(own[:, 0]) <= {0, 1, 2}
    np.testing.assert_array_equal(own[:, 1], 1)


# Cells that are missing


@pytest.mark.parametrize("name", MODELS)
def test_the_number_of_a_missing_cell_tells_nothing(fitted, name):
    model = fitted[name]
    with_number = asked_of(model, N, {0: 1e5}, {0: [1]})
    without = asked_of(model, N, {}, {0: [1]})
    own, real = completed(model, with_number), completed(model, without, seed=1)
    assert_alike(own, real, np.arange(1, own.shape[1]))


# Closed forms


@pytest.mark.parametrize("penalty", ["l2", "l1", None])
def test_a_gaussian_of_numbers_is_scipys(penalty):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4))
    model = RegularizedGaussian(penalty, standardize="standard").fit(X)
    m, S = model._normals.mean[0], model._normals.covariance[0]
    o, u = [0, 2], [1, 3]
    gain = S[np.ix_(u, o)] @ np.linalg.inv(S[np.ix_(o, o)])
    x = np.array([0.7, -0.4])
    mean, left = m[u] + gain @ (x - m[o]), S[np.ix_(u, u)] - gain @ S[np.ix_(o, u)]
    own = completed(model, asked_of(model, N, {0: x[0], 2: x[1]}))
    np.testing.assert_array_equal(own[:, o], np.tile(x, (N, 1)))
    spread = np.sqrt(np.diag(left))
    assert (np.abs(own[:, u].mean(axis=0) - mean) < 4 * spread / np.sqrt(N)).all()
    np.testing.assert_allclose(np.cov(own[:, u].T), left, atol=0.04 * spread.max() ** 2)
    # and with an interval, of which the moments are those of a truncated normal distribution
    ends = mean[0] + spread[0] * np.array([0.5, 2.0])
    own = completed(model, asked_of(model, N, {0: x[0], 2: x[1], 1: tuple(ends)}))
    inner, variance = truncnorm(0.5, 2.0).stats()
    off = (own[:, 1].mean() - mean[0]) / spread[0] - inner
    assert abs(off) < 4 * np.sqrt(variance / N)
    slope = left[1, 0] / left[0, 0]
    expected = mean[1] + slope * (own[:, 1].mean() - mean[0])
    assert abs(own[:, 3].mean() - expected) < 4 * spread[1] / np.sqrt(N)


def test_a_level_of_a_set_is_drawn_by_its_share_and_the_density_of_the_rest(fitted):
    model = fitted["gaussian"]
    m, S = model._normals.mean[0], model._normals.covariance[0]
    shares = model._reader.scaler.shares[2:]
    own = completed(model, asked_of(model, N, {}, {1: [0, 2]}))[:, 5:]
    wanted = shares[[0, 2]] / shares[[0, 2]].sum()
    np.testing.assert_allclose(own.mean(axis=0)[[0, 2]], wanted, atol=0.015)
    x, block = 0.3, np.arange(5, 5 + len(shares))
    density = []
    for level in (0, 2):
        gain = S[2, block] @ np.linalg.inv(S[np.ix_(block, block)])
        mean = m[2] + gain @ (np.eye(len(shares))[level] - m[block])
        density.append(norm(mean, np.sqrt(S[2, 2] - gain @ S[block, 2])).pdf(x))
    wanted = shares[[0, 2]] * density
    own = completed(model, asked_of(model, N, {2: x}, {1: [0, 2]}))[:, 5:]
    np.testing.assert_allclose(own.mean(axis=0)[[0, 2]], wanted / wanted.sum(), atol=0.015)


def test_a_set_of_levels_beside_an_interval(fitted):
    """As rows of each level that are in the interval, by how many there are."""
    model = fitted["gaussian"]
    levels, ends = [0, 1], (0.5, INF)
    asked = asked_of(model, N // 4, {2: ends}, {1: levels})
    own = completed(model, asked)
    assert_kept(own, asked)
    rows = completed(model, asked_of(model, 5 * N, {}, {1: levels}))
    assert_alike(own, fulfilling(rows, asked_of(model, 1, {2: ends})))


# Classes


@pytest.mark.parametrize("name", ["diag by class", "gaussian by class"])
@pytest.mark.parametrize("numbers", [{}, {2: (0.5, 2.0)}, {1: (0.0, 1.0), 2: (-1.0, 0.0)}])
def test_classes_given_intervals(fitted, name, numbers):
    model = fitted[name]
    asked = asked_of(model, N, numbers)
    drawn = model._codes_given(asked, np.random.default_rng(0)).mean()
    codes = model._classes.draw(400_000, np.random.default_rng(2))
    rows = np.c_[made(model, 400_000, codes), codes]
    real = fulfilling(rows[:, :-1], asked)
    share = fulfilling(rows, asked)[:, -1].mean()
    assert len(real) > 1000
    assert abs(drawn - share) < 0.02


def test_classes_given_levels(fitted):
    """Kind a is the second class, whatever else is."""
    for name in ("diag by class", "gaussian by class"):
        model = fitted[name]
        for levels, least in (([0], 0.9), ([1], 0.0), ([2], 0.0)):
            share = model._codes_given(
                asked_of(model, 2000, {}, {1: levels}), np.random.default_rng(0)
            ).mean()
            assert least <= share <= least + 0.1
        either = asked_of(model, N, {}, {1: [0, 1]})
        X, y = table()
        share = (y == 1).sum() / X["kind"].isin(["a", "b"]).sum()
        assert abs(model._codes_given(either, np.random.default_rng(0)).mean() - share) < 0.03
    assert fitted["diag"]._codes_given(asked_of(fitted["diag"], 3), None) is None
    assert fitted["gaussian"]._codes_given(asked_of(fitted["gaussian"], 3), None) is None


def test_classes_of_numbers_have_their_posterior():
    rng = np.random.default_rng(0)
    y = rng.random(500) < 0.3
    X = rng.normal(size=(500, 3)) + y[:, None] * [1.0, 0.5, 0.0]
    model = RegularizedGaussian(conditional=True, standardize="standard").fit(X, y)
    x = np.array([0.8, -0.2])
    weights = [
        share * multivariate_normal(m[:2], S[:2, :2]).pdf(x)
        for share, m, S in zip(
            model._classes.shares, model._normals.mean, model._normals.covariance, strict=True
        )
    ]
    drawn = model._codes_given(asked_of(model, N, {0: x[0], 1: x[1]}), rng)
    assert abs(drawn.mean() - weights[1] / sum(weights)) < 0.015


def test_a_class_in_which_a_column_never_varies():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = np.c_[np.where(y, rng.normal(size=200), 0.0), rng.normal(size=(200, 2))]
    model = RegularizedGaussian(None, conditional=True, pooling=0.0, standardize=False)
    model.fit(X, y)
    off = model._codes_given(asked_of(model, 100, {0: 0.5}), rng)
    np.testing.assert_array_equal(off, 1)
    own = completed(model, asked_of(model, 100, {1: 0.5}), np.zeros(100, dtype=np.int64))
    np.testing.assert_array_equal(own[:, 0], 0.0)


# Made ranks


def test_ranks_are_undone(fitted):
    ranks = fitted["gaussian by class"]._ranks
    assert ranks.columns
    rows = np.random.default_rng(0).normal(size=(1000, 3)) * 2
    np.testing.assert_allclose(ranks.applied(ranks.undone(rows)), rows, atol=1e-9)
    ends = np.array([[-INF, INF, -INF]])
    np.testing.assert_array_equal(ranks.undone(ends), ends)


# Far out, singular, and wide


@pytest.mark.parametrize("name", MODELS)
def test_conditions_that_no_row_has(fitted, name):
    model = fitted[name]
    for numbers in ({2: 1e6}, {2: (1e6, INF)}, {0: (50.0, 51.0), 2: (-INF, -80.0)}):
        own = completed(model, asked_of(model, 40, numbers, {0: [0], 1: [0, 1]}))
        assert np.isfinite(own).all()
        np.testing.assert_array_equal(own[:, 3], 1)


@pytest.mark.parametrize("model", [MODELS["full"], MODELS["gaussian"]], ids=["full", "gaussian"])
def test_columns_that_determine_each_other(model):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    X = np.c_[X, X[:, :1] + X[:, 1:2], np.full(100, 4.0)]
    model = type(model)(**model.get_params()).fit(X)
    asked, rows = evidence_of(model, X)
    asked.low[:, 3], asked.high[:, 3] = -INF, INF
    own = completed(model, asked)
    assert np.abs(own[:, 3] - rows[:, 3]).mean() < 0.3
    np.testing.assert_array_equal(own[:, 4], 0)


def test_fewer_rows_than_columns_without_a_penalty():
    X = np.random.default_rng(0).normal(size=(8, 20))
    model = RegularizedGaussian(None, standardize="standard").fit(X)
    asked, rows = evidence_of(model, X)
    asked.low[:, 10:], asked.high[:, 10:] = -INF, INF
    np.testing.assert_allclose(completed(model, asked), rows, atol=1e-6)
