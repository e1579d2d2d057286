"""Hot-deck imputation: missing numbers get those of similar rows."""

import numpy as np
import pandas as pd
import pytest

from regan import RegularizedGaussian
from regan.data import TableEncoder
from regan.data.donors import Donors, fill_missing
from regan.data.encoded_rows import EncodedRows
from regan.data.table_scaler import TableScaler

N = 3000


def rows_of(plain, codes=None, sizes=()):
    codes = np.empty((len(plain), 0), dtype=np.int16) if codes is None else codes
    return EncodedRows(plain.copy(), codes, sizes)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_numbers_come_from_rows_that_are_alike(rng):
    x = rng.normal(size=N)
    plain = np.column_stack([x, x + 0.1 * rng.normal(size=N)])
    missing = np.zeros(plain.shape, dtype=bool)
    missing[:, 1] = rng.random(N) < 0.4
    rows = rows_of(np.where(missing, 0.0, plain))
    fill_missing(rows, missing)
    there = ~missing[:, 1]
    np.testing.assert_array_equal(rows.plain[there], plain[there])
    assert np.isin(rows.plain[~there, 1], plain[there, 1]).all()
    assert np.corrcoef(rows.plain[~there].T)[0, 1] > 0.97


def test_numbers_come_from_rows_of_the_same_level(rng):
    codes = rng.integers(0, 2, (N, 1)).astype(np.int16)
    plain = codes + 0.1 * rng.normal(size=(N, 1))
    missing = (rng.random(N) < 0.5)[:, None]
    rows = rows_of(np.where(missing, 0.0, plain), codes, (2,))
    fill_missing(rows, missing)
    np.testing.assert_array_equal(rows.plain.round(), codes)


def test_levels_come_from_rows_that_are_alike(rng):
    known = rng.integers(0, 2, (N, 2)).astype(np.int16)
    known[:, 1] = known[:, 0] + 1
    missing = np.zeros(known.shape, dtype=bool)
    missing[:, 1] = rng.random(N) < 0.5
    plain = rng.normal(size=(N, 1)) / 9
    rows = rows_of(plain, np.where(missing, -1, known).astype(np.int16), (2, 3))
    fill_missing(rows, np.zeros(plain.shape, dtype=bool), missing)
    np.testing.assert_array_equal(rows.codes, known)


def test_columns_that_are_missing_together(rng):
    plain = rng.normal(size=(N, 3)) + 9 * rng.normal(size=(N, 1))
    codes = (plain[:, :1] > 0).astype(np.int16)
    lost = (rng.random(N) < 0.3)[:, None]
    missing = np.repeat(lost, 3, axis=1)
    rows = rows_of(np.where(missing, 0.0, plain), np.where(lost, -1, codes), (2,))
    fill_missing(rows, missing, lost)
    filled = rows.plain[lost[:, 0]]
    assert np.isin(filled[:, 0], plain[:, 0]).all()
    assert np.corrcoef(filled.T).min() > 0.97  # all three from one row, and its level
    np.testing.assert_array_equal(rows.codes, rows.plain[:, :1] > 0)
    assert filled.std() > 8  # also of those that are far from the mean


@pytest.mark.parametrize("n_there", [0, 1, 4, 5])
def test_few_numbers_that_are_there(rng, n_there):
    plain = rng.normal(size=(N, 2))
    missing = np.zeros(plain.shape, dtype=bool)
    missing[n_there:, 1] = True
    rows = rows_of(np.where(missing, 0.0, plain))
    fill_missing(rows, missing)
    known = plain[:n_there, 1] if n_there else [0.0]
    assert np.isin(rows.plain[:, 1], known).all()


def test_an_encoding_is_the_same_every_time(rng):
    X = pd.DataFrame({"x": rng.normal(size=200), "y": rng.normal(size=200)})
    X.loc[rng.random(200) < 0.3, "y"] = np.nan
    encoder = TableEncoder().fit(X)
    matrix = encoder.transform(X)
    np.testing.assert_array_equal(encoder.transform(X), matrix)
    assert np.isfinite(matrix).all()
    pd.testing.assert_frame_equal(encoder.inverse_transform(matrix), X)


def test_missing_cells_do_not_weaken_what_columns_have_in_common(rng):
    x = rng.normal(size=N)
    X = pd.DataFrame({"x": x, "y": x + 0.3 * rng.normal(size=N)})
    X.loc[rng.random(N) < 0.4, "y"] = np.nan
    made = RegularizedGaussian(random_state=0).fit(X).sample(N)
    assert made.corr().loc["x", "y"] > X.corr().loc["x", "y"] - 0.1


def test_donors_of_a_sample_fill_rows_that_are_read_a_few_at_a_time(rng):
    """Cells that all of these lack, too."""
    x = rng.normal(size=N)
    kind = np.where(x + 0.1 * rng.normal(size=N) > 0, "high", "low")
    frame = pd.DataFrame({"x": x, "gap": 3 * x + 0.1 * rng.normal(size=N), "kind": kind})
    lost = rng.random(N) < 0.3
    frame.loc[lost, "gap"] = np.nan
    frame.loc[lost, "kind"] = None
    encoder = TableEncoder()
    numbers = encoder.fit_read(frame)
    scaler = TableScaler.learn(numbers, encoder)
    whole = scaler.forward(numbers)
    donors = Donors.among(whole, scaler.absent, scaler.lacking)
    assert len(donors.rows) == 500
    np.testing.assert_array_equal(donors.missing.any(axis=1), donors.levels.any(axis=1))
    alone = scaler.forward(numbers[lost], donors)  # no row of these has a donor's cells
    assert np.corrcoef(alone.plain[:, 0], alone.plain[:, 1])[0, 1] > 0.97
    assert alone.codes.min() >= 0
    known = scaler.forward(numbers[~lost], donors)
    np.testing.assert_array_equal(known.plain, whole.plain[~lost])


def test_a_level_that_no_donor_has_is_the_first_one():
    lost = np.ones((3, 1), dtype=bool)
    rows = rows_of(np.zeros((3, 1)), np.full((3, 1), -1, dtype=np.int16), (2,))
    donors = Donors.of(rows, np.zeros((3, 1), dtype=bool), lost, np.random.default_rng(0), 500)
    donors.fill(rows, np.zeros((3, 1), dtype=bool), lost)
    assert (rows.codes == 0).all()
