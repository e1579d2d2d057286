"""Updates of a population, drawn at random, as compiled code plays them: to the bit what NumPy
makes of them, as whole numbers leave nothing to round.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_tapes import native, needs_extension

from regan.backends.native import members
from regan.backends.tape.replay import Replay
from regan.backends.tape.writer import Writer
from regan.layers import ACTIVATIONS

pytestmark = needs_extension

K = 3
TURNED = np.array([[[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]])


@pytest.fixture(scope="module", autouse=True)
def every_update_is_worth_threads():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(members, "_WORTH", 1)
        yield


def product(w, a, b=TURNED):
    out = w.empty((*a.shape[:2], b.shape[2]), "f8")
    w.product(np.matmul, a, b, out, False)
    return out


def accumulated(w, a, b):
    """Products side by side, and one more on one of them."""
    out = w.zeros((K, 2, 6), "f8")
    for part, x in ((out[..., 3:], a), (out[..., :3], b), (out[..., 3:], b)):
        w.product(np.matmul, x, TURNED, part, True)
    return out[..., 1:4]


def partly_accumulated(w, a, b):
    out = w.zeros((K, 2, 6), "f8")
    w.product(np.matmul, a, TURNED, out[..., 2:5], True)
    return out[..., :3] + out[..., 3:] + b


def accumulated_twice(w, a, b):
    out = w.zeros((K, 2, 3), "f8")
    w.product(np.matmul, a, TURNED, out, True)
    first = out * 2
    out[...] = 0
    w.product(np.matmul, b, TURNED, out, True)
    return first + out


def kernel(w, a, b, read=slice(1, None)):
    outputs = [w.empty((K, 2, 3), "f8") for _ in range(2)]
    w.run(ACTIVATIONS["relu"].sloped, (a, b), outputs)
    return sum(outputs[read][1:], outputs[read][0])


def in_place(w, a, b):
    fresh = a * 1
    fresh += b
    fresh[:, 0] = b[:, 1]
    return fresh


OPERATIONS = {
    "sum": lambda w, a, b: a + b,
    "in place": in_place,
    "product": lambda w, a, b: product(w, a) - b,
    "accumulated": accumulated,
    "partly accumulated": partly_accumulated,
    "accumulated twice": accumulated_twice,
    "second output": kernel,
    "first output": lambda w, a, b: kernel(w, a, b, slice(0, 1)),
    "both outputs": lambda w, a, b: kernel(w, a, b, slice(0, 2)),
    "no output": lambda w, a, b: kernel(w, a, b) is None or a,
    "row sums": lambda w, a, b: a - b.sum(axis=1, keepdims=True) + b.sum(axis=2)[:, :, None],
    "over members": lambda w, a, b: a + b.sum(axis=0, keepdims=True),
    "of another": lambda w, a, b: a + b[::-1],
    "of the first": lambda w, a, b: a + b[:1] * 2,
    "turned": lambda w, a, b: a.reshape(K, 3, 2).swapaxes(1, 2) + b,
    "sorted": lambda w, a, b: np.sort(a, axis=0) + b,
    "joined": lambda w, a, b: np.concatenate([a, b], axis=1)[:, 1:3],
    "other dtype": lambda w, a, b: a + b.astype(np.float32).astype(np.float64),
}


def update(w, base, program):
    """An update by the writer `w` of the arrays `base`: its result."""
    made = [w.watched(array) for array in base]
    (number,) = w.numbers([2.0])
    made.append(product(w, made[0]) * number)
    for name, i, j in program:
        made.append(OPERATIONS[name](w, made[i % len(made)], made[j % len(made)]))
    result = np.stack([made[-1].max(axis=(1, 2)), made[-2].sum(axis=(1, 2))])
    w.watched(base[1])[...] = made[-1]
    return result


programs = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("name", OPERATIONS)
def test_one_operation(name):
    check([(name, 0, 3), (name, 4, 1)])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(programs)
def test_programs(program):
    check(program)


def check(program):
    base = [np.arange(6.0 * K).reshape(K, 2, 3) % (7 + i) - 3 for i in range(2)]
    writer, before = Writer(), [array.copy() for array in base]
    result = update(writer, base, program)
    tape = writer.finish(result)
    assert writer.reason is None
    replays = [Replay(tape), *(native(tape, threads) for threads in (1, 2, 3))]
    found = []
    for replay in replays:
        for array, values in zip(base, before, strict=True):
            array[...] = values
        for value in (2.0, 3.0):
            tape.numbers[0].value = value
            replay.play()
        found.append([np.array(result), *(array.copy() for array in base)])
    for one in found[1:]:
        for mine, right in zip(one, found[0], strict=True):
            np.testing.assert_array_equal(mine, right)
