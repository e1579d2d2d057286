"""Minibatches of two domains: every row of both, and none that belongs to another."""

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.training.unpaired_data import UnpairedData


def test_rows_of_both_domains_are_drawn_apart(ops64):
    X, Y = np.arange(3.0)[:, None], 10 + np.arange(5.0)[:, None]
    data = UnpairedData(ops64, X, Y)
    rows, labels = data.take(data.draw(ops64.rng(0), 3000))
    assert labels is None
    assert rows.shape == (1, 3000, 2)
    pairs = ops64.to_numpy(rows)[0].astype(int)
    counts = np.zeros((3, 5))
    np.add.at(counts, (pairs[:, 0], pairs[:, 1] - 10), 1)
    # 15 pairs, each 200 times: five standard deviations
    assert np.abs(counts - 200).max() < 5 * np.sqrt(200)


def test_levels_are_one_hot_beside_numbers_of_the_other_domain(ops64):
    X = EncodedRows(np.array([[0.5], [2.0]]), np.array([[1], [0]]), (3,))
    data = UnpairedData(ops64, X, np.array([[7.0], [8.0], [9.0]]))
    positions = ops64.asarray(np.array([[1, 0], [2, 0]]), dtype=np.int64)
    rows, _ = data.take(positions)
    np.testing.assert_array_equal(ops64.to_numpy(rows)[0], [[2, 1, 0, 0, 9], [0.5, 0, 1, 0, 7]])


def test_a_look_has_every_row_of_both(ops64):
    data = UnpairedData(ops64, np.arange(4.0)[:, None], np.arange(7.0)[:, None])
    rows, _ = data.look(np.random.default_rng(0), 100)
    seen = ops64.to_numpy(rows)[0]
    assert data.n == len(seen) == 7
    assert {*seen[:, 0]} == {*range(4)}
    assert {*seen[:, 1]} == {*range(7)}
