"""Refills: which rows they hold, how often each is drawn, and how large a buffer is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.training.buffer_size import DRAWS, REFILLS, BufferSize
from regan.training.refills import Refills

NONE = np.empty(0, dtype=np.int64)


def rows_of(parts, lengths):
    """Their positions among all rows."""
    starts = np.cumsum(lengths) - lengths
    return np.concatenate([starts[block] + rows for block, rows in parts])


def held_of(draw, n):
    return np.array(sorted(draw(st.sets(st.integers(0, n - 1), max_size=n - 1))), dtype=np.int64)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.data())
def test_no_held_row_is_drawn_and_blocks_keep_to_their_rows(data):
    lengths = np.array(data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=8)) + [2])
    held = held_of(data.draw, int(lengths.sum()))
    refills = Refills(lengths, held, 3)
    np.testing.assert_array_equal(
        rows_of(refills.all(), lengths), np.setdiff1d(np.arange(lengths.sum()), held)
    )
    n = data.draw(st.integers(1, 2000))
    parts = refills.drawn(data.draw(st.integers(0, 99)), n)
    drawn = rows_of(parts, lengths)
    assert len(drawn) == n
    assert not np.isin(drawn, held).any()
    for block, rows in parts:
        assert (np.diff(rows) >= 0).all()
        assert rows.min() >= 0
        assert rows.max() < lengths[block]


def test_a_refill_follows_from_seed_and_update_alone():
    lengths = np.full(40, 100)
    one, other = Refills(lengths, NONE, 0), Refills(lengths, NONE, 0)
    other.drawn(7, 300)  # in another order
    for step in (50, 25):
        for a, b in zip(one.drawn(step, 900), other.drawn(step, 900), strict=True):
            assert a[0] == b[0]
            np.testing.assert_array_equal(a[1], b[1])
    drawn = [rows_of(Refills(lengths, NONE, s).drawn(t, 900), lengths) for s, t in ((0, 1), (1, 0))]
    assert not np.array_equal(*drawn)


@pytest.mark.parametrize(
    "lengths",
    [[300] * 12, [7, 2000, 40, 900, 1, 652], [3600]],
    ids=["equal", "various", "one"],
)
def test_every_row_is_drawn_equally_often_whatever_the_lengths_of_blocks(lengths):
    lengths, n_refills, n = np.array(lengths), 2000, 700
    held = np.arange(0, 3600, 90)
    refills, counts = Refills(lengths, held, 1), np.zeros(3600)
    for step in range(n_refills):
        np.add.at(counts, rows_of(refills.drawn(step, n), lengths), 1)
    expected = n_refills * n / (3600 - len(held))
    assert counts[held].sum() == 0
    counts = np.delete(counts, held)
    assert abs(counts.mean() / expected - 1) < 1e-12
    # rows of a block come together, from 2 places or more in each refill
    assert np.abs(counts / expected - 1).max() < 6 * np.sqrt(1 / expected)
    edges = [0, 600, 1200, 1800, 2400, 3000, 3520]
    blocks = np.add.reduceat(counts, edges[:-1]) / np.diff([*edges[:-1], 3560])
    np.testing.assert_allclose(blocks / expected, 1, atol=4 * np.sqrt(2 / n_refills))


@pytest.mark.parametrize("length", [3, 50, 256, 300])
def test_places_have_hundreds_of_rows(length):
    """Rows of short blocks come beside those of their neighbours, and about all of them once."""
    lengths = np.full(60_000 // length, length)
    for step in range(20):
        parts = Refills(lengths, NONE, 0).drawn(step, 4096)
        drawn = rows_of(parts, lengths)
        assert len(np.unique(drawn)) > 0.8 * 4096
        assert 12 * 256 / 2 / length < len(parts) <= 4096
        assert len(np.unique(drawn // 3000)) > 8  # from everywhere


def test_few_long_blocks_are_read():
    lengths = np.full(20, 10**6)
    assert len(Refills(lengths, NONE, 0).drawn(0, 20_000)) == 2


def size(n_rows, **changes):
    given = {"row_bytes": 200, "block_rows": 256, "drawn": 6400, "n_windows": 40}
    return BufferSize.fitting(n_rows, **{**given, **changes})


def test_rows_are_drawn_four_times_while_they_are_in_the_buffer():
    for drawn in (100, 6400, 16_000, 200_000):
        buffer = size(10**9, drawn=drawn, n_windows=1000)
        assert buffer.n_rows == REFILLS * buffer.refill
        assert 2**14 <= buffer.refill == buffer.every * drawn / DRAWS
        assert buffer.n_refills == 1000 // buffer.every


def test_the_buffer_is_bounded():
    for row_bytes in (4, 200, 4000, 10**6, 10**9):
        buffer = size(10**9, row_bytes=row_bytes, drawn=250 * 4096)
        assert buffer.n_rows * row_bytes <= max(96 * 2**20, REFILLS * row_bytes)
    assert size(10**9, most_rows=1000).n_rows == 1000
    assert size(10**9, most_rows=2).n_rows == REFILLS


def test_long_blocks_are_not_passed_over():
    buffer = size(10**9, block_rows=10**6, row_bytes=20)
    assert buffer.refill >= 10**6 * 2 / 4
    assert buffer.every * 6400 == DRAWS * buffer.refill


def test_few_rows_are_held_as_a_whole():
    assert size(1000).is_whole
    assert size(100_000).is_whole
    assert size(130_000).is_whole
    assert not size(300_000).is_whole  # a run that reads fewer
    assert size(300_000, n_windows=240).is_whole
    assert not size(10**6, n_windows=4000).is_whole  # more than 96 MiB
    assert not size(1000, most_rows=800).is_whole
    assert size(1000).n_refills == 1
