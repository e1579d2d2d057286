"""Encoded rows: levels as codes stand for the matrix with one-hot blocks, whatever is asked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.data import TableEncoder, encoded_rows
from regan.data.encoded_rows import EncodedRows, as_codes, codes_of, pieces_of
from regan.data.labels import Classes
from regan.data.table_scaler import TableScaler


def random_rows(rng, n, n_plain, sizes, sets=()):
    codes = [rng.integers(-1, size, (*sets, n)) for size in sizes]
    codes = np.stack(codes, axis=-1) if sizes else np.empty((*sets, n, 0))
    return EncodedRows(rng.normal(size=(*sets, n, n_plain)), as_codes(codes, sizes), tuple(sizes))


def one_hot(rows):
    """The matrix, number by number."""
    parts = [rows.plain]
    for j, size in enumerate(rows.sizes):
        parts.append(np.stack([rows.codes[..., j] == level for level in range(size)], axis=-1))
    return np.concatenate(parts, axis=-1)


shapes = st.tuples(
    st.integers(0, 10**6), st.integers(1, 20), st.integers(0, 3), st.lists(st.integers(1, 9))
)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(shapes, st.integers(1, 200))
def test_they_stand_for_their_matrix(shape, piece_bytes):
    seed, n, n_plain, sizes = shape
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, n, n_plain, sizes)
    matrix = one_hot(rows)
    assert rows.shape == matrix.shape
    assert len(rows) == n
    np.testing.assert_array_equal(rows.dense(), matrix)
    np.testing.assert_array_equal(np.asarray(rows), matrix)
    some, mask = rng.integers(0, n, 5), rng.random(n) < 0.5
    for index in (some, mask, slice(1, None, 2)):
        np.testing.assert_array_equal(rows[index].dense(), matrix[index])
    single = rows.astype("float32")
    assert single.dtype == single.dense().dtype == np.float32
    np.testing.assert_array_equal(single.dense(), matrix.astype("float32"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoded_rows, "_PIECE_BYTES", piece_bytes)
        if matrix.shape[1]:
            pieces = list(pieces_of(rows))
            assert all(len(piece) == 1 or piece.nbytes <= piece_bytes for piece in pieces)
            np.testing.assert_array_equal(np.concatenate(pieces), matrix)
    (whole,) = pieces_of(matrix)
    assert whole is matrix
    two = EncodedRows.stack([rows, rows[::-1]])
    np.testing.assert_array_equal(two.dense(), np.stack([matrix, matrix[::-1]]))


def test_they_refuse_to_be_an_array_without_a_copy():
    rows = random_rows(np.random.default_rng(0), 3, 1, [2])
    with pytest.raises(ValueError, match="encoded rows are no array"):
        np.array(rows, copy=False)


@pytest.mark.parametrize(("size", "dtype"), [(2, "int16"), (2**15, "int32")])
def test_codes_are_small(size, dtype):
    assert as_codes(np.array([-1, size - 1]), [size]).tolist() == [-1, size - 1]
    assert as_codes(np.array([0]), [size]).dtype == dtype


def test_classes():
    classes = Classes.learn(np.array(["a", "b", "c"]))
    codes = np.array([2, 0, 1, 2])
    np.testing.assert_array_equal(classes.encoded(codes).dense(), classes.one_hot(codes))
    for labels in (classes.encoded(codes), classes.one_hot(codes)):
        np.testing.assert_array_equal(codes_of(labels), codes)


# Tables


tables = st.fixed_dictionaries(
    {},
    optional={
        "number": st.lists(st.integers(-9, 9), min_size=8, max_size=8),
        "letter": st.lists(st.sampled_from("abc"), min_size=8, max_size=8),
        "grade": st.lists(st.sampled_from("xyz"), min_size=8, max_size=8).map(pd.Categorical),
        "flag": st.lists(st.booleans(), min_size=8, max_size=8),
        "text": st.lists(st.text(max_size=2), min_size=8, max_size=8),
    },
).filter(len)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(tables)
def test_tables_are_encoded_alike(content):
    X = pd.DataFrame(content)
    encoder = TableEncoder()
    numbers = encoder.fit_read(X)
    matrix = np.hstack(
        [c.encode(numbers[:, j])[:, : c.n_numbers] for j, c in enumerate(encoder.columns_)]
        + [c.encode(numbers[:, j])[:, c.n_numbers :] for j, c in enumerate(encoder.columns_)]
    )
    np.testing.assert_array_equal(encoder.transform(X), matrix)
    scaler = TableScaler.learn(numbers, encoder)
    rows = scaler.forward(numbers)
    assert isinstance(rows, EncodedRows) == bool(encoder.levels_)
    np.testing.assert_array_equal(np.asarray(rows), matrix)
    np.testing.assert_array_equal(scaler.constant, np.ptp(matrix, axis=0) == 0)
    np.testing.assert_array_equal(scaler.inverse(rows), scaler.inverse(matrix))
    np.testing.assert_array_equal(
        scaler.relaxed(numbers[:1]).constant, scaler.constant & (np.ptp(matrix[:1], axis=0) == 0)
    )


@pytest.mark.parametrize("dtype", [object, "category", "string"])
def test_levels_that_were_not_in_the_training_data(dtype):
    encoder = TableEncoder().fit(pd.DataFrame({"x": pd.Series(list("abab"), dtype=dtype)}))
    other = pd.DataFrame({"x": pd.Series(list("bcad"), dtype=dtype)})
    np.testing.assert_array_equal(encoder.read(other, unseen=True), [[1], [-1], [0], [-1]])
    np.testing.assert_array_equal(
        encoder.encode(encoder.read(other, unseen=True)), [[0, 1], [0, 0], [1, 0], [0, 0]]
    )
    with pytest.raises(ValueError, match="levels that were not in the training data: 'c', 'd'"):
        encoder.read(other)
