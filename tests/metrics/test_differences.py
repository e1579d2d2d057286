"""Differences between two tables by column and by pair of columns."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, spearmanr
from scipy.stats.contingency import association

from regan.metrics import evaluate
from regan.metrics.differences import Tables, column_differences, pair_differences


def tables(real, fake, levels=()):
    width = real.shape[1]
    is_level = np.isin(np.arange(width), levels)
    return Tables(real, fake, is_level, [f"c{j}" for j in range(width)], tuple(range(width)))


def by_name(found):
    return {each.names: each for each in found}


def test_numbers_and_levels():
    rng = np.random.default_rng(0)
    real = np.column_stack([rng.normal(size=300), rng.integers(0, 4, 300)])
    fake = np.column_stack([rng.normal(0.5, 2, size=200), rng.integers(0, 3, 200)])
    found = by_name(column_differences(tables(real, fake, levels=[1])))
    assert found[("c0",)].distance == pytest.approx(ks_2samp(real[:, 0], fake[:, 0]).statistic)
    shares = [np.bincount(X[:, 1].astype(int), minlength=4) / len(X) for X in (real, fake)]
    assert found[("c1",)].distance == pytest.approx(0.5 * np.abs(shares[0] - shares[1]).sum())


def test_a_missing_cell_is_a_further_value():
    real = np.array([[0.0], [1.0], [2.0], [3.0]] * 10)
    fake = np.where(real == 3, np.nan, real)
    for levels in ((), (0,)):
        (found,) = column_differences(tables(real, fake, levels))
        assert found.distance == 0.25
    (same,) = column_differences(tables(fake, fake))
    assert same.distance == 0
    (none,) = column_differences(tables(fake * np.nan, fake * np.nan))
    assert none.distance == 0


def test_pairs_do_not_count_what_single_columns_explain():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 2000, 3))
    real[:, 1] += 2 * real[:, 0]
    fake[:, 1] += 2 * fake[:, 0]
    fake[:, 2] += 3  # a shift of a column, which is no association
    assert not any(each.beyond_chance for each in pair_differences(tables(real, fake)))
    fake[:, 1] *= -1
    first, *others = pair_differences(tables(real, fake))
    assert first.names == ("c0", "c1")
    assert first.beyond_chance
    assert not any(each.beyond_chance for each in others)


def test_a_pair_by_hand():
    """Of two binary columns: equal in the real rows, independent in the others."""
    real = np.array([[0.0, 0.0], [1.0, 1.0]] * 20)
    fake = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 10)
    (found,) = pair_differences(tables(real, fake, levels=[0, 1]))
    assert found.distance == pytest.approx(0.5)  # each of four cells by 1/4, and half of it
    assert found.real == pytest.approx(1.0)
    assert found.fake == pytest.approx(0.0, abs=1e-6)


def test_associations():
    rng = np.random.default_rng(0)
    real = np.column_stack([rng.normal(size=(400, 2)), rng.integers(0, 3, (400, 2))])
    real[:, 1] += real[:, 0] ** 3
    real[:, 3] = np.where(rng.random(400) < 0.5, real[:, 2], real[:, 3])
    real[:50, 0] = np.nan
    found = by_name(pair_differences(tables(real, real, levels=[2, 3])))
    expected = spearmanr(real[50:, 0], real[50:, 1]).statistic
    assert found["c0", "c1"].real == pytest.approx(expected)
    table = pd.crosstab(real[:, 2], real[:, 3]).to_numpy()
    assert found["c2", "c3"].fake == pytest.approx(association(table), rel=1e-5)
    assert all(each.distance == pytest.approx(0, abs=1e-6) for each in found.values())


def test_constants_have_no_association():
    real = np.column_stack([np.ones(30), np.arange(30.0), np.zeros(30)])
    for each in pair_differences(tables(real, real, levels=[2])):
        assert not each.beyond_chance
        assert np.isnan(each.real)


@pytest.mark.parametrize("n", [40, 150, 600])
@pytest.mark.parametrize("width", [2, 6])
def test_equal_distributions_stay_below_chance(n, width):
    """In about 99 of 100 comparisons; of 60, at most 4 by chance with a probability of .997."""
    rng, beyond = np.random.default_rng(n + width), np.zeros(2)
    for _ in range(60):
        real, fake = rng.normal(size=(2, n, width))
        for rows in (real, fake):
            rows[:, 1] += rows[:, 0]
            rows[:, 0] = np.digitize(rows[:, 0], [-1, 0, 0.5])
            rows[rng.random(rows.shape) < 0.05] = np.nan
        both = tables(real, fake, levels=[0])
        for i, found in enumerate((column_differences(both), pair_differences(both))):
            beyond[i] += found[0].beyond_chance
    assert (beyond <= 4).all(), beyond


def test_many_columns():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 50, 400))
    fake[:, -1] = 5
    both = tables(real, fake)
    assert column_differences(both)[0].names == ("c399",)
    assert len(column_differences(both)) == 400
    assert len(pair_differences(both)) == 10
    assert pair_differences(tables(real[:, :1], fake[:, :1])) == []


def test_identifiers_are_not_compared():
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {"id": np.arange(100) + start, "x": rng.normal(size=100), "t": list("ab") * 50}
        )
        for start in (0, 500)
    ]
    with pytest.warns(UserWarning, match="leaves out the column 'id'"):
        found = evaluate(*frames, n_repeats=1)
    assert {each.name: each.places for each in found.columns} == {"x": (1,), "t": (2,)}


def test_names_are_shown_in_one_line():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a\nb", "c" * 99])
    names = {each.name for each in evaluate(X, X, n_repeats=1).columns}
    assert names == {"a b", "c" * 39 + "…"}
    array = evaluate(X.to_numpy(), X.to_numpy(), n_repeats=1)
    assert {each.name for each in array.columns} == {"column 0", "column 1"}
