"""What ranks ask one another by sums."""

import numpy as np
import pytest
from thread_ranks import ThreadRanks

from regan.distributed import SingleCommunicator
from regan.distributed.agreement import any_rank, largest, texts
from regan.layers.draws import WHOLE, Draws, Part


@pytest.mark.parametrize("size", [2, 3])
def test_the_protocol_of_the_stand_in(size):
    def work(communicator):
        array = np.full(3, communicator.rank + 1.0, np.float32)
        communicator.all_reduce(array)
        return array, communicator.broadcast({"from": communicator.rank}), communicator.size

    for array, heard, n in ThreadRanks(size).run(work):
        np.testing.assert_array_equal(array, np.full(3, size * (size + 1) / 2, np.float32))
        assert (heard, n) == ({"from": 0}, size)


@pytest.mark.parametrize(("flags", "expected"), [([0, 0], False), ([0, 1], True), ([1, 1], True)])
def test_any(flags, expected):
    assert ThreadRanks(2).run(lambda c: any_rank(c, bool(flags[c.rank]))) == [expected] * 2
    assert any_rank(SingleCommunicator(), bool(flags[1])) == bool(flags[1])


def test_the_largest():
    assert ThreadRanks(3).run(lambda c: largest(c, [4, 15, 0][c.rank])) == [15] * 3
    assert largest(SingleCommunicator(), 7) == 7


def test_texts_of_all_ranks():
    said = ["", "naïve ☃", "x" * 1000]
    expected = ["", "naïve ☃", "x" * 600]
    assert ThreadRanks(3).run(lambda c: texts(c, said[c.rank])) == [expected] * 3
    assert texts(SingleCommunicator(), "alone") == ["alone"]


@pytest.mark.parametrize("n_blocks", [1, 3])
@pytest.mark.parametrize("size", [2, 3])
def test_ranks_draw_parts_of_what_one_process_draws(ops64, size, n_blocks):
    """Of every block of rows its part; what all rows share is the same on all ranks."""

    def drawn(part, n):
        draws = Draws(ops64, ops64.rng(3), part).within("net", n_blocks).within("layer")
        shapes = (1, n_blocks * n, 4), (2, n_blocks * n), (1, 1, 5)
        return [ops64.to_numpy(draws.normal(f"{i}", shape)) for i, shape in enumerate(shapes)]

    whole = drawn(WHOLE, 6 * size)
    for rank in range(size):
        for found, all_ in zip(drawn(Part(rank, size), 6)[:2], whole[:2], strict=True):
            blocks = all_.reshape(len(all_), n_blocks, size, 6, *all_.shape[2:])
            np.testing.assert_array_equal(found, blocks[:, :, rank].reshape(found.shape))
        np.testing.assert_array_equal(drawn(Part(rank, size), 6)[2], whole[2])


def test_positions_of_a_part():
    rows = np.arange(12).reshape(2, 6)
    np.testing.assert_array_equal(Part(1, 3).of(rows), rows[:, 2:4])
    np.testing.assert_array_equal(WHOLE.of(rows), rows)
