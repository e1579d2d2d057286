"""Training data: minibatches of codes are those of the matrix; draws by class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.backends import get_backend
from regan.data.encoded_rows import EncodedRows, as_codes
from regan.training.class_draws import ClassDraws
from regan.training.training_data import TrainingData


@pytest.fixture(scope="module")
def ops():
    return get_backend("numpy")


def random_rows(rng, sizes, shape):
    codes = np.stack([rng.integers(0, size, shape) for size in sizes], axis=-1)
    return EncodedRows(rng.normal(size=(*shape, 2)), as_codes(codes, sizes), tuple(sizes))


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=1, max_size=4))
@pytest.mark.parametrize("sets", [None, [0, 1, 0], [2]])
def test_a_minibatch_of_codes_is_that_of_the_matrix(ops, sets, seed, sizes):
    rng = np.random.default_rng(seed)
    shape = (15,) if sets is None else (3, 15)
    rows, labels = random_rows(rng, sizes, shape), random_rows(rng, [4], shape)
    coded = TrainingData(ops, rows, labels, sets)
    dense = TrainingData(ops, rows.dense(), labels.dense(), sets)
    index = rng.integers(0, 15, 8)
    assert_same(coded.take(index), dense.take(index))
    for data in (coded, dense):
        np.testing.assert_array_equal(data.draw(ops.rng(1), 8), dense.draw(ops.rng(1), 8))
    if sets is not None:
        assert_same(coded.select([0]).take(index), [a[:1] for a in dense.take(index)])
    assert_same(TrainingData(ops, rows, None, sets).take(index), [dense.take(index)[0], None])


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_every_class_is_drawn_equally_often_and_each_of_its_rows(ops, seed, n_classes):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(n_classes, 0.3))
    codes = rng.choice(n_classes, size=(2, 40), p=shares)  # classes may have no row
    draws, n = ClassDraws(ops, codes, n_classes), 20_000
    rows = draws.at(*rng.random((2, n)))
    for drawn, classes in zip(rows, codes, strict=True):
        frequency = np.bincount(drawn, minlength=40) / n
        expected = 1 / np.bincount(classes)[classes] / len(np.unique(classes))
        assert np.abs(frequency - expected).max() < 5 * np.sqrt(expected.max() / n)


def test_draws_at_the_ends(ops):
    draws = ClassDraws(ops, np.array([[1, 3, 3, 1, 1]]), 5)
    below = np.nextafter(1, 0)
    assert draws.at(np.array([0, 0, below, below]), np.array([0, below, 0, below])).tolist() == [
        [0, 4, 1, 2]
    ]


@pytest.mark.parametrize("coded", [True, False])
def test_balanced_sets_draw_what_each_draws_alone(ops, coded):
    rng = np.random.default_rng(0)
    rows = random_rows(rng, [3], (2, 200))
    codes = (rng.random((2, 200, 1)) < [[[0.05]], [[0.2]]]).astype(np.int16)
    labels = EncodedRows(np.empty((2, 200, 0)), codes, (2,))
    given = (rows, labels) if coded else (rows.dense(), labels.dense())
    both = TrainingData(ops, *given, [1, 0, 1], balanced=True)
    positions = both.draw(ops.rng(3), 500)
    assert positions.shape == (3, 500)
    looked_at = both.some(np.random.default_rng(4), 100)
    for k, i in enumerate([1, 0, 1]):
        alone = TrainingData(ops, *(a[i] for a in given), balanced=True)
        np.testing.assert_array_equal(alone.draw(ops.rng(3), 500), positions[k])
        np.testing.assert_array_equal(alone.some(np.random.default_rng(4), 100), looked_at[k])
        one = alone.take(positions[k])
        assert_same(one, [a[k : k + 1] for a in both.take(positions)])
        assert 0.4 < one[1][0, :, 1].mean() < 0.6
    assert_same(both.select([1]).take(both.select([1]).draw(ops.rng(3), 500)), [
        a[1:2] for a in both.take(positions)
    ])  # fmt: skip
