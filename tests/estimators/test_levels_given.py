"""Levels of the Gaussian given other cells: chances of discriminant analysis, and draws by them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from regan import Range, RegularizedGaussian

EXACT = {"penalty": None, "standardize": "standard", "random_state": 0}
NUMBERS = ["a", "b"]


def table(n=2000, seed=0):
    """Numbers that are normal given a kind, and a place that goes with the kind."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    X += np.array([[0.0, 0.0], [1.5, 0.0], [0.5, -1.5]])[codes]
    place = np.where(rng.random(n) < 0.7, codes, rng.choice(3, n))
    named = pd.DataFrame(X, columns=NUMBERS)
    return named.assign(
        kind=pd.Categorical(np.array(["k", "l", "m"])[codes]),
        place=pd.Categorical(np.array(["x", "y", "z"])[place]),
    )


def by_discriminant(X, column):
    """Chances by linear discriminant analysis of the numbers."""
    discriminant = LinearDiscriminantAnalysis(solver="lsqr")  # the variances of all n rows
    return discriminant.fit(X[NUMBERS], X[column].astype(str)).predict_proba(X[NUMBERS])


def frequencies(drawn):
    """Of pairs of kind and place."""
    return pd.crosstab(drawn["kind"], drawn["place"], normalize=True).to_numpy()


@pytest.fixture(scope="module")
def both():
    X = table()
    return X, RegularizedGaussian(**EXACT).fit(X)


@pytest.mark.parametrize("column", ["kind", "place"])
def test_chances_given_numbers_are_those_of_discriminant_analysis(both, column):
    X, model = both
    proba = model.conditional_proba(X[NUMBERS].reindex(columns=X.columns), column)
    np.testing.assert_allclose(proba, by_discriminant(X, column), atol=1e-6)


def test_chances_given_a_level_are_its_frequencies(both):
    X, model = both
    given = X[["place"]].reindex(columns=X.columns)
    proba = model.conditional_proba(given, "kind").to_numpy()
    table = pd.crosstab(X["place"], X["kind"], normalize="index").to_numpy()
    np.testing.assert_allclose(proba, table[X["place"].cat.codes], atol=1e-6)


def test_chances_given_numbers_and_a_level_are_those_of_the_location_model(both):
    """Means of numbers are sums of effects of kind and place; their covariance is common."""
    X, model = both
    kinds, places = (pd.get_dummies(X[each], dtype=float).to_numpy() for each in ("kind", "place"))
    design = np.hstack([kinds, places[:, 1:]])
    effects, *_ = np.linalg.lstsq(design, X[NUMBERS].to_numpy(), rcond=None)
    off = X[NUMBERS].to_numpy() - design @ effects
    precision = np.linalg.inv(off.T @ off / len(X))
    shares = pd.crosstab(X["place"], X["kind"], normalize="index").to_numpy()
    own = X[NUMBERS].to_numpy() - places[:, 1:] @ effects[3:]
    square = [(((own - mean) @ precision) * (own - mean)).sum(axis=1) for mean in effects[:3]]
    expected = shares[X["place"].cat.codes] * np.exp(-0.5 * np.transpose(square))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.conditional_proba(X, "kind"), expected, atol=1e-6)


def test_where_nothing_is_known_rows_are_as_samples(both):
    X, model = both
    n = 20_000
    nothing = X.iloc[np.zeros(n, dtype=int)].reset_index(drop=True)
    nothing.loc[:, :] = np.nan
    shares = X["kind"].value_counts(normalize=True, sort=False)
    proba = model.conditional_proba(nothing[:3], "kind")
    np.testing.assert_allclose(proba, np.tile(shares, (3, 1)), atol=1e-6)
    found = frequencies(model.impute(nothing, random_state=1))
    np.testing.assert_allclose(found, frequencies(model.sample(n, random_state=2)), atol=0.015)


def test_levels_are_drawn_one_given_the_other(both):
    X, model = both
    gaps = X.iloc[np.full(20_000, 7)].reset_index(drop=True)
    gaps.loc[:, ["kind", "place"]] = np.nan
    found = frequencies(model.impute(gaps, random_state=1))
    rows = X.iloc[[7] * 3].assign(kind=pd.Categorical(["k", "l", "m"]))
    first = by_discriminant(X, "kind")[7]
    expected = first[:, None] * model.conditional_proba(rows, "place").to_numpy()
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_levels_given_an_interval_beside_a_number(both):
    """As those of rows with the number whose other number is in the interval."""
    _, model = both
    n, ends = 10_000, (0.5, 2.0)
    own = model.sample(n, conditions={"a": 1.0, "b": Range(*ends)}, random_state=0)
    all_rows = model.sample(10 * n, conditions={"a": 1.0}, random_state=1)
    real = all_rows[all_rows["b"].between(*ends)]
    assert own["b"].between(*ends).all()
    np.testing.assert_allclose(frequencies(own), frequencies(real), atol=0.02)


@pytest.mark.parametrize("conditional", [False, True])
def test_chances_are_the_frequencies_of_draws(conditional, monkeypatch):
    X = table(600)
    y = np.random.default_rng(0).random(600) < 0.3
    X.loc[y, "a"] += 1
    model = RegularizedGaussian(conditional=conditional, random_state=0)
    model.fit(X, y if conditional else None)
    rows = X.iloc[:20]
    givens = [None, True] if conditional else [None]
    exact = [model.conditional_proba(rows, "kind", y=given) for given in givens]
    monkeypatch.setattr(RegularizedGaussian, "_level_chances", lambda *_: None)
    for given, proba in zip(givens, exact, strict=True):
        drawn = model.conditional_proba(rows, "kind", y=given, n_draws=4000)
        assert np.abs(drawn - proba).to_numpy().max() < 0.04


def test_iris_as_by_discriminant_analysis():
    iris = load_iris(as_frame=True)
    X = iris.data.assign(species=pd.Categorical(iris.target_names[iris.target]))
    model = RegularizedGaussian(random_state=0).fit(X.iloc[::2])
    told = model.predict_column(X.iloc[1::2].drop(columns="species"), "species")
    assert (np.asarray(told) == np.asarray(X["species"].iloc[1::2])).mean() > 0.95
