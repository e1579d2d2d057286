"""Missing cells in samples: each is one more level of its column, and no row is left out."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.data import TableEncoder
from regan.metrics import (
    closest_records,
    energy_distance,
    evaluate,
    mmd,
    prdc,
    sliced_wasserstein,
    two_sample_score,
    wasserstein,
)
from regan.metrics.missing import missing_patterns, missing_shares
from regan.metrics.pairs import distances
from regan.metrics.samples import comparable


def holed(frame, share, seed=0, columns=None):
    """A table in which cells are missing at random."""
    rng, frame = np.random.default_rng(seed), frame.copy()
    for name in frame if columns is None else columns:
        frame[name] = frame[name].mask(rng.random(len(frame)) < share)
    return frame


@pytest.fixture(scope="module")
def floats():
    return pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])


@pytest.fixture(scope="module")
def mixed(floats):
    rng = np.random.default_rng(1)
    town = rng.choice(["Lima", "Oslo", "Rome"], 60)
    return floats.assign(town=town, n=pd.array(rng.integers(0, 900, 60), dtype="Int64"))


def test_a_missing_cell_is_as_far_from_others_as_levels_are():
    X = pd.DataFrame({"k": ["u", "v", None, None]})
    (rows, _) = comparable(X, X)
    far = distances(rows)
    assert far[2, 3] == 0
    np.testing.assert_allclose(far[[0, 0, 1], [1, 2, 2]], np.sqrt(2))


def test_a_missing_number_is_no_number():
    X = pd.DataFrame({"v": [-1.0, 0.0, 1.0, np.nan, np.nan]})
    (rows, _) = comparable(X, X)
    far = distances(rows)
    assert far[3, 4] == 0
    assert (far[:3, 3] >= np.sqrt(2) - 1e-12).all()


@pytest.mark.parametrize("which", ["floats", "mixed"])
def test_either_sample_may_have_them(which, request):
    whole = request.getfixturevalue(which)
    lost = holed(whole, 0.3)
    floor = energy_distance(whole, whole, unbiased=True)
    for real, fake in ((whole, lost), (lost, whole), (lost, whole.assign(a=np.nan))):
        assert energy_distance(real, fake, unbiased=True) > floor + 0.02
        assert wasserstein(real, fake) > 0.2
        for measure in (mmd, sliced_wasserstein, two_sample_score, prdc):
            measure(real, fake)
    assert energy_distance(lost, lost) == pytest.approx(0)
    assert closest_records(lost, lost, whole).copies == 1
    assert closest_records(whole, lost).copies == lost.notna().all(axis=1).mean()


def test_text_of_very_many_levels_is_compared_as_models_pool_it():
    names = [f"n{i}" for i in [*range(600), *range(100)]]
    real = pd.DataFrame({"name": names, "v": np.arange(700.0)})
    encoder = TableEncoder(pool="other", ids="keep")
    pooled = encoder.inverse_transform(encoder.fit_transform(real))
    assert (pooled["name"] == "other").sum() == 101
    assert energy_distance(real, pooled) == pytest.approx(0, abs=1e-9)
    assert energy_distance(real, real.assign(name="n0")) > 0.5


def test_libraries_agree(floats):
    whole, lost = floats, holed(floats, 0.3)
    expected = energy_distance(whole, lost)
    assert energy_distance(pl.from_pandas(whole), pl.from_pandas(lost)) == expected
    arrow = pa.Table.from_pandas(lost, preserve_index=False)
    assert energy_distance(whole, arrow) == expected
    assert energy_distance(whole, lost.convert_dtypes()) == pytest.approx(expected)


def test_columns_without_any_values(mixed):
    empty = mixed.assign(town=None, a=np.nan)
    for real, fake in ((mixed, empty), (empty, mixed)):
        far = energy_distance(real, fake)
        assert far > 1
    assert energy_distance(empty, empty) == pytest.approx(0)
    # which values they are is of no account beside a column that has none
    assert closest_records(empty, mixed).distance >= 2


def test_arrays_are_refused_with_what_helps(floats):
    lost = holed(floats, 0.3)
    for real, fake, which in (
        (lost.to_numpy(), floats, "first"),
        (floats, lost.to_numpy(), "second"),
        (floats.to_numpy(), lost, "second"),
    ):
        with pytest.raises(ValueError, match=rf"the {which} sample contains NaN .*as DataFrames"):
            two_sample_score(real, fake)
    with pytest.raises(
        TypeError, match="floating-point numbers: give a DataFrame with the columns"
    ):
        two_sample_score(lost, floats.to_numpy())


def test_evaluate_compares_shares_and_patterns(floats):
    lost = holed(floats, 0.3, columns=["b"])
    rows = {row.name: row for row in evaluate(lost, floats, n_repeats=2)}
    shares, patterns = rows["missing_shares"], rows["missing_patterns"]
    assert shares.value == pytest.approx(patterns.value)
    assert shares.value == pytest.approx(lost["b"].isna().mean(), abs=0.15)
    assert shares.floor < 0.25
    assert not shares.greater_is_better
    names = [row.name for row in evaluate(floats, floats, n_repeats=1)]
    assert not any(name.startswith("missing") for name in names)
    parts = floats[:30], lost[30:45], lost[45:]
    assert evaluate(*parts[:2], holdout=parts[2], n_repeats=1)[-1].name == "nearly_repeated"


masks = st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(masks, masks)
def test_measures_of_masks(one, other):
    a, b = np.array(one), np.array(other)
    kinds = {tuple(row) for row in one + other}
    shares = [{k: rows.count(list(k)) / len(rows) for k in kinds} for rows in (one, other)]
    expected = 0.5 * sum(abs(shares[0][k] - shares[1][k]) for k in kinds)
    assert missing_patterns(a, b) == pytest.approx(expected)
    assert missing_shares(a, b) <= missing_patterns(a, b) + 1e-12
    assert missing_patterns(a, a) == missing_shares(a, a) == 0


@st.composite
def pairs_of_tables(draw):
    kinds = {
        "float": st.floats(-9, 9, width=16),
        "int": st.integers(0, 5),
        "str": st.sampled_from("ab"),
        "bool": st.booleans(),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=3))
    nullable = {"float": "Float64", "int": "Int64", "str": "str", "bool": "boolean"}
    parts = {}
    for j, kind in enumerate(chosen):
        cells = st.one_of(kinds[kind], st.none()) if draw(st.booleans()) else kinds[kind]
        values = draw(st.lists(cells, min_size=12, max_size=12))
        parts[f"c{j}"] = pd.Series(values, dtype=nullable[kind])
    frame = pd.DataFrame(parts)
    return frame[:6], frame[6:].reset_index(drop=True)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(pairs_of_tables())
def test_any_two_tables_are_compared_with_all_their_rows(pair):
    real, fake = pair
    rows, others = comparable(real, fake)
    assert (len(rows), len(others)) == (6, 6)
    assert np.isfinite(rows).all()
    assert np.isfinite(others).all()
    keys = real.astype(object).where(real.notna(), None).apply(tuple, axis=1)
    for i, j in ((0, 1), (2, 3)):
        assert (distances(rows)[i, j] == 0) == (keys[i] == keys[j])
