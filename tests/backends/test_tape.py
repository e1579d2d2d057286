"""What a tape can hold, what it refuses, and the memory that it takes."""

import operator

import numpy as np
import pytest

from regan.backends import get_backend
from regan.backends.tape import memory
from regan.backends.tape.writer import Writer
from regan.schedules.clock import Clock
from regan.training.recording import RecordedUpdate

SHAPE = 2, 6, 4


@pytest.fixture(autouse=True)
def replayed_by_numpy(monkeypatch):
    """To the bit is said of NumPy's replay."""
    monkeypatch.setenv("REGAN_TAPE", "numpy")


def in_place(function):
    """What `function` leaves of its argument."""

    def changed(ops, a, *rest):
        function(a, *rest)
        return a

    return changed


def entries(ops, a, b, index, number, rng):
    a[1:, 2] = b[1:, 2]
    a[..., index[0, :2]] = number
    a[a > 1] = 1
    a[0, 0, 0] = b[0, 0, 1]
    return a


def accumulated(ops, a, b, index, number, rng):
    out = ops.empty((2, 4, 4))
    ops.matmul(a, b, ta=True, out=out)
    ops.matmul(a, a, ta=True, out=out, accumulate=True)
    return out + ops.matmul(a[:, :, :1], a[:, :1, :]).mean(axis=1, keepdims=True)


OPERATIONS = {
    "arithmetic": lambda ops, a, b, index, number, rng: (a - 2 * b) / (1 + abs(a)) ** 2,
    "in place": in_place(lambda a, b, *_: operator.iadd(a, b)),
    "numbers": lambda ops, a, b, index, number, rng: (1 - number) * a + b / -number + number**0.5,
    "numbers of NumPy": lambda ops, a, b, index, number, rng: np.sqrt(number) * a,
    "reductions": lambda ops, a, *_: a.sum(axis=-1) + a.max(axis=-1) + a.mean() + a.std(axis=2),
    "all of it": lambda ops, a, *_: a - (a**2).sum(),
    "counts": lambda ops, a, b, *_: (a > b).sum(axis=1) + (a[:, :1] > 0).any(axis=(0, 2)),
    "running": lambda ops, a, *_: np.add.accumulate(np.cumsum(a, axis=1), axis=2),
    "transposed": lambda ops, a, b, *_: (a.swapaxes(1, 2) * b.transpose(0, 2, 1)).sum(axis=1),
    "products": accumulated,
    "order": lambda ops, a, *_: (
        np.sort(-a, axis=-1) + a.argsort(axis=1) + a.argmax(axis=1)[:, None]
    ),
    "smallest": lambda ops, a, *_: np.sort(ops.smallest(a[0], 2), axis=1) + a.dtype.type(0),
    "choice": lambda ops, a, b, *_: np.where(a > b, a, 0) + np.clip(b, -0.5, 0.5),
    "joined": lambda ops, a, b, *_: (
        np.concatenate([a, b, a], axis=1) + np.stack([a, b], 2)[:, 0, :1]
    ),
    "alike": lambda ops, a, *_: np.full_like(a, 2) + np.zeros_like(a) + ops.zeros(SHAPE) + 0 * a,
    "rows": lambda ops, a, b, index, *_: (
        a[0][index] + a[0].take(index, axis=0) + np.take(b[0], index, 0)
    ),
    "entries of an index": lambda ops, a, b, index, *_: (
        a[index % 2, index] + b[:, [0, 2], 1:2].mean()
    ),
    "entries": entries,
    "copies": lambda ops, a, *_: (
        a.copy().astype(np.float32).reshape(2, 3, 8) + a.reshape(2, 8, 3).mean()
    ),
    "dtypes": lambda ops, a, *_: (
        ops.asarray(a.astype(np.int64)) + ops.asarray(a.swapaxes(1, 2)).mean()
    ),
    "views": lambda ops, a, b, *_: np.broadcast_to(a[:, :1], SHAPE) + b[:, ::-1].squeeze(),
    "unbuffered": in_place(lambda a, b, index, *_: np.add.at(a, (0, index[0]), 1.0)),
    "ends": in_place(lambda a, *_: (a.fill(3), a[0].sort(), np.fill_diagonal(a[0], 7))),
    "several": lambda ops, a, *_: np.add(*np.modf(a)) + np.linalg.svd(a)[1].sum(),
    "halves": lambda ops, a, *_: np.add(*np.split(a, 2, axis=1)),
    "draws": lambda ops, a, b, index, number, rng: (
        rng.random(SHAPE, dtype=np.float32) + rng.normal(a) + rng.integers(0, 9, size=SHAPE)
    ),
    "given": lambda ops, a, *_: np.multiply(a, 2, out=ops.empty(SHAPE)) + np.zeros((0, 6, 4)).sum(),
    "metadata": lambda ops, a, *_: a * np.ndim(a) * len(a) * a.shape[1] * np.size(a),
    "nothing": lambda ops, a, *_: a * ops.matmul(a[:, :0], a, tb=True).sum(),
}


def recorded(operation, dtype="float64"):
    """An update with the operation in it: its recording, and what plain ones give."""

    def made():
        ops, rng = get_backend("numpy", dtype), np.random.default_rng(0)
        state, b = (ops.asarray(rng.normal(size=SHAPE)) for _ in range(2))
        index = ops.asarray(rng.integers(0, 4, (3, 2)), dtype=np.int64)

        def update(clock):
            number = clock.number(lambda now: 1 + now.progress)
            watched = [ops.watched(thing) for thing in (state, b, index)]
            a = watched[0] * 1
            result = operation(ops, a, *watched[1:], number, ops.watched(rng))
            watched[0][...] = ops.asarray(0.5 * a + result.mean())
            return ("result",), result

        return ops, state, update

    ops, state, update = made()
    taped = RecordedUpdate(ops, update, Clock(0.0))
    _, other, plain = made()
    found = [taped.values]
    if taped.repeats:
        found += [taped.repeat(Clock(progress)) for progress in (0.3, 0.9)]
    expected = [plain(Clock(progress)) for progress in (0.0, 0.3, 0.9)[: len(found)]]
    for one, same in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[1], same[1], strict=True)
    np.testing.assert_array_equal(state, other)
    return taped


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_repeated_to_the_bit(name, dtype):
    assert recorded(OPERATIONS[name], dtype).repeats


class Counting:
    """An operation that is another one the first time."""

    def __init__(self):
        self.calls = 0

    def __call__(self, ops, a, *_):
        self.calls += 1
        return a * min(self.calls, 2)


REFUSED = {
    "a value": (lambda ops, a, *_: a * float(a[0, 0, 0]), r"reads the value of an array, by float"),
    "a branch": (lambda ops, a, *_: a if a.sum() > 0 else 2 * a, "by bool"),
    "a list": (lambda ops, a, *_: a * len(a.tolist()), "by tolist"),
    "an index": (lambda ops, a, b, index, *_: a[:, index[0, 0] :], "by index"),
    "one by one": (lambda ops, a, *_: a + sum(a.flat), "entry by entry, by flat"),
    "a mask": (lambda ops, a, *_: a[a > 0].sum() * a, "shapes depend on values, by a mask"),
    "where it is": (lambda ops, a, *_: a * len(np.nonzero(a)[0]), r"by nonzero\(\)"),
    "an answer": (lambda ops, a, *_: a * np.array_equal(a, a), r"values, by array_equal\(\)"),
    "a rate": (
        lambda ops, a, b, i, number, *_: a * max(number, 1),
        "a number of the clock, by (gt|lt)",
    ),
    "its root": (lambda ops, a, b, i, number, *_: a * float(number), "of the clock, by float"),
    "shuffled": (lambda ops, a, b, i, n, rng: rng.shuffle(a) or a, r"by shuffle\(\)"),
    "unseen": (lambda ops, a, *_: a + np.asarray(a) * 2, "more than its arrays, its draws and its"),
    "a count": (Counting(), "more than its arrays, its draws and its clock"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_down_is_done_all_the_same(name):
    operation, reason = REFUSED[name]
    with pytest.warns(UserWarning, match=f"cannot be written down .*{reason}.*REGAN_TAPE=0"):
        assert not recorded(operation).repeats


def test_what_is_left_of_a_writing_is_an_array():
    ops = get_backend("numpy", "float64")
    kept = []

    def work():
        kept.append(ops.watched(ops.zeros((2, 3))))
        kept.extend(ops.numbers([2.0]))
        return kept[0] + 1

    assert ops.record(work, work) is not None
    array, number = kept[:2]
    assert type(array + number) is np.ndarray
    assert float(array.sum() + number) == 2
    assert array[array == 0].shape == (6,)


def test_an_instruction_whose_result_nobody_reads_is_left_out():
    writer = Writer()
    a = writer.empty((3,), "f8")
    b = a + 1
    b[...] = 2 * a
    unread = np.exp(b)  # noqa: F841
    tape = writer.finish(b)
    assert [one.what for one in tape.instructions if one.kind == "ufunc"] == [
        np.add,
        np.multiply,
        np.exp,
    ]
    assert [one.kind for one in memory.needed(tape)] == ["ufunc", "ufunc", "copy"]


@pytest.mark.parametrize("seed", range(20))
def test_buffers_in_use_at_once_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 500, 30).tolist()
    lives = {i: tuple(sorted(rng.integers(0, 40, 2).tolist())) for i in range(0, 30, 1 + seed % 2)}
    starts, total = memory.plan(sizes, lives)
    busy = np.zeros((40, total), dtype=int)
    for buffer, (birth, death) in lives.items():
        busy[birth : death + 1, starts[buffer] : starts[buffer] + sizes[buffer]] += 1
        assert starts[buffer] % memory.ALIGNMENT == 0
    assert busy.max() <= 1
    most = max(busy.sum(axis=1))
    assert most <= total <= 2 * most + len(lives) * memory.ALIGNMENT


def test_a_subclass_is_not_recorded_without_its_asking():
    class Mine(type(get_backend("numpy"))):
        """Somebody's own backend."""

    assert get_backend("numpy").worth_recording == 100
    ops, done = Mine(), []
    assert ops.worth_recording is None
    assert ops.record(lambda: done.append(1), lambda: done.append(2)) is None
    assert done == [1]
