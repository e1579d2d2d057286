"""Surveys: what is counted of all rows, merged in any order, and rows that are its witnesses."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from regan.streams.sampling import draw_positions, sample_size
from regan.streams.survey import InfiniteCellError, Survey


def table(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D")
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3, 2, n),
            "few": rng.integers(0, 4, n),
            "many": rng.integers(0, 10**9, n),
            "word": rng.choice(["a", "b", "c"], n),
            "yes": rng.random(n) < 0.3,
            "day": day,
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "kind": pd.Categorical(rng.choice(["x", "y"], n), categories=["y", "x", "z"]),
            "hole": pd.Series(rng.choice(["p", "q"], n)).where(rng.random(n) > 0.1, None),
        }
    )


def parts_of(frame, cuts):
    ends = [0, *cuts, len(frame)]
    return [(a, frame.iloc[a:b]) for a, b in pairwise(ends)]


def same(one, other):
    assert one.names == other.names
    assert one.n_rows == other.n_rows
    for name, a, b in zip(one.names, one.columns, other.columns, strict=True):
        assert a.n_missing == b.n_missing, name
        assert a.n_numbers == b.n_numbers, name
        np.testing.assert_allclose([a.mean, a.squares], [b.mean, b.squares], rtol=1e-12)
        assert (a.low, a.high) == (b.low, b.high), name
        assert a.counts == b.counts, name


@pytest.mark.parametrize("form", ["pandas", "pyarrow"])
def test_a_survey_is_what_the_columns_are(form):
    frame = table()
    given = frame if form == "pandas" else pa.Table.from_pandas(frame, preserve_index=False)
    survey = Survey.of(given)
    found = dict(zip(survey.names, survey.columns, strict=True))
    assert survey.n_rows == len(frame)
    for name in ("amount", "few", "many", "gap"):
        column, values = found[name], frame[name].dropna()
        assert column.n_numbers == len(values)
        assert column.n_missing == frame[name].isna().sum()
        np.testing.assert_allclose(column.mean, values.mean(), rtol=1e-12)
        np.testing.assert_allclose(column.variance, values.var(ddof=0), rtol=1e-12)
        assert (column.low, column.high) == (values.min(), values.max())
    assert found["few"].counts == frame["few"].value_counts().to_dict()
    assert found["many"].counts is None
    for name in ("word", "yes", "kind", "hole"):
        expected = frame[name].value_counts()
        assert found[name].counts == expected[expected > 0].to_dict(), name
    assert found["hole"].n_missing == frame["hole"].isna().sum()


@pytest.mark.parametrize("form", ["pandas", "pyarrow"])
def test_parts_merge_to_the_whole_in_any_order(form):
    frame = table()
    whole = Survey.of(frame)
    parts = [
        (a, b if form == "pandas" else pa.Table.from_pandas(b, preserve_index=False))
        for a, b in parts_of(frame, [1, 700, 701, 2500])
    ]
    surveys = [Survey.of(part, first) for first, part in parts]
    for order in ([0, 1, 2, 3, 4], [3, 0, 4, 2, 1]):
        merged = surveys[order[0]]
        for i in order[1:]:
            merged = pickle.loads(pickle.dumps(merged)).merged(surveys[i])
        same(merged, whole)


def test_witnesses_have_all_that_the_rows_have():
    frame = table()
    frame.loc[1234, "word"] = "rare"
    parts = parts_of(frame, [500, 1000, 2000])
    merged = Survey.of(parts[0][1])
    for first, part in parts[1:]:
        merged = merged.merged(Survey.of(part, first))
    rows, witnesses = merged.witnesses()
    assert list(rows) == sorted(set(rows))
    pd.testing.assert_frame_equal(witnesses, frame.iloc[rows])
    for name in ("word", "few", "kind", "yes"):
        assert set(witnesses[name].dropna()) == set(frame[name].dropna())
    for name in ("amount", "many", "day", "gap"):
        assert witnesses[name].min() == frame[name].min()
        assert witnesses[name].max() == frame[name].max()
    assert witnesses["gap"].isna().any()
    assert witnesses["hole"].isna().any()
    assert 1234 in rows


def test_a_survey_keeps_few_rows_and_pickles_small():
    frame = table(20_000)
    merged = Survey.of(frame.iloc[:10_000]).merged(Survey.of(frame.iloc[10_000:], 10_000))
    assert sum(len(rows) for _, rows in merged.parts) < 1500  # 1,000 days, and a few
    assert len(pickle.dumps(Survey.of(frame))) < 300_000


def test_lacking_is_what_a_sample_has_not():
    frame = table()
    frame.loc[77, "word"] = "rare"
    survey = Survey.of(frame)
    sample = frame.iloc[100:2900]
    rows, witnesses = survey.lacking(Survey.of(sample))
    assert 77 in rows
    both = pd.concat([sample, witnesses])
    assert both["amount"].max() == frame["amount"].max()
    assert Survey.of(both).lacking(Survey.of(frame))[0].tolist() == []
    assert survey.lacking(survey)[0].tolist() == []


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool"])
def test_an_array_is_surveyed_in_double_precision(dtype):
    X = (np.random.default_rng(0).normal(100, 30, size=(5000, 3)) % 120).astype(dtype)
    one = Survey.of(X)
    parts = Survey.of(X[:17]).merged(Survey.of(X[17:], 17))
    same(one, parts)
    wide = X.astype(np.float64)
    np.testing.assert_allclose([c.mean for c in one.columns], wide.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose([c.variance for c in one.columns], wide.var(axis=0), rtol=1e-12)
    assert one.witnesses()[1].dtype == dtype


def test_moments_of_a_far_mean_keep_their_digits():
    X = np.random.default_rng(0).normal(size=(20_000, 1)) + 1e8
    merged = Survey.of(X[:1000])
    for first in range(1000, len(X), 1000):
        merged = merged.merged(Survey.of(X[first : first + 1000], first))
    np.testing.assert_allclose(merged.columns[0].variance, np.var(X), rtol=1e-10)


def test_a_column_of_many_values_is_not_counted():
    n = 5000
    X = pd.DataFrame({"text": [f"t{i}" for i in range(n)], "number": np.arange(n)})
    survey = Survey.of(X.iloc[:900]).merged(Survey.of(X.iloc[900:], 900))
    assert [column.counts for column in survey.columns] == [None, None]
    assert len(survey.witnesses()[0]) <= 1003


@pytest.mark.parametrize("make", [np.asarray, lambda X: pd.DataFrame(X, columns=["a", "b"])])
def test_infinite_numbers_are_told_with_row_and_column(make):
    X = np.zeros((10, 2))
    X[6, 1] = np.inf
    with pytest.raises(InfiniteCellError, match="contains inf, first in row 106") as caught:
        Survey.of(make(X), first=100)
    assert caught.value.row == 106
    assert caught.value.column in (1, "b")


def test_ticks_of_dates_have_witnesses_of_unit_and_weekday():
    days = pd.Series(pd.date_range("2001-01-01", periods=6000, freq="B"))
    days[5000] = pd.Timestamp("2010-01-02")
    days[5500] = pd.Timestamp("2010-01-04 12:30")
    frame = pd.DataFrame({"day": days})
    survey = Survey.of(frame.iloc[:3000]).merged(Survey.of(frame.iloc[3000:], 3000))
    rows, _ = survey.witnesses()
    assert {5000, 5500} <= set(rows.tolist())
    assert len(rows) < 40


def test_columns_of_other_names_do_not_merge():
    with pytest.raises(ValueError, match="surveys of the columns"):
        Survey.of(pd.DataFrame({"a": [1.0]})).merged(Survey.of(pd.DataFrame({"b": [1.0]})))


def test_a_sample_is_drawn_uniformly_and_without_replacement():
    for n, k in ((10, 3), (1000, 999), (1000, 10), (100_000, 300)):
        drawn = draw_positions(n, k, seed=1)
        assert len(drawn) == k == len(set(drawn.tolist()))
        assert (np.diff(drawn) > 0).all()
        assert 0 <= drawn[0] <= drawn[-1] < n
        np.testing.assert_array_equal(drawn, draw_positions(n, k, seed=1))
    times = np.bincount(np.concatenate([draw_positions(20, 4, s) for s in range(4000)]))
    # 800 each: 4 rows of 20, 4,000 times; a binomial with a standard deviation of 25
    assert np.abs(times - 800).max() < 4.5 * 25


def test_a_sample_of_a_wide_table_is_smaller():
    assert sample_size(2**17, 10) == 2**17
    assert sample_size(2**17, 2**10) == 2**13
    assert sample_size(2**17, 10**8) == 2
