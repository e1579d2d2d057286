"""Members of a population that go through a program one by one, over threads or not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_tapes import Given, laid_out, native, needs_extension, tape

from regan.backends.native import members
from regan.backends.native.members import Apart, first_two, n_members, n_threads
from regan.backends.tape.instructions import At, Instruction
from regan.backends.tape.replay import Replay

pytestmark = needs_extension

K = 3


@pytest.fixture(autouse=True)
def every_update_is_worth_threads(monkeypatch):
    monkeypatch.setattr(members, "_WORTH", 1)


def ufunc(function, *operands):
    return Instruction("ufunc", function, operands[:-1], operands[-1:])


def copy(source, target):
    return Instruction("copy", None, (source,), (target,))


def product(a, b, out):
    return Instruction("product", False, (a, b), (out,))


def of_members(seed=0):
    """What makes a tape one of a population: a product of `K` models."""
    shapes = (K, 2, 4), (K, 4, 3), (K, 2, 3)
    return product(*(laid_out(shape, "f8", seed=seed + i) for i, shape in enumerate(shapes)))


def results(instructions, memory, numbers=()):
    """What NumPy leaves in `memory`, an array, and what compiled code does with some threads."""
    before, found = memory.copy(), []
    written = tape(of_members(), *instructions, numbers=numbers)
    for replay in (Replay(written), *(native(written, threads) for threads in (1, 2, 3, 7))):
        memory[...] = before
        replay.play()
        replay.play()
        found.append(memory.copy())
    return found


def calls(*instructions):
    """How many calls a replay of the instructions makes, beside their product."""
    return len(native(tape(of_members(), *instructions), 2)._calls)


def test_what_is_apart_and_what_is_together():
    m = laid_out((8, K, 4, 5), "f8")
    a, b, y, z = m[:4]
    index = np.zeros((K, 4), np.int64)
    apart = [
        ufunc(np.add, a, b, y),
        ufunc(np.add, y, a[0], z),
        ufunc(np.multiply, z, 2.0, z),
        Instruction("reduce", np.add, (z,), (m[4][:, :, 0],), {"axis": -1}),
        Instruction("reduce", np.add, (z,), (m[5][:, 0],), {"axis": 1}),
        Instruction("take", 0, (np.ones((9, 5)), index), (m[6],)),
        copy(m[6], m[7]),
    ]
    assert calls(*apart) == 1
    over_members = Instruction("reduce", np.add, (a,), (m[4, 0],), {"axis": 0})
    assert calls(*apart, over_members, *apart) == 3
    assert calls(*apart, copy(m[7][::-1], m[6])) == 2  # it reads what others write
    assert calls(*apart, copy(m[7][::-1], m[7])) == 2  # that only NumPy does


def test_numbers_of_the_host_are_the_same_for_all():
    memory = laid_out((2, K, 5, 40), "f8")
    number = Given(0.25)
    plain, *compiled = results(
        [ufunc(np.multiply, memory[0], At(0), memory[1])], memory, numbers=[number]
    )
    for one in compiled:
        np.testing.assert_array_equal(one, plain)


def case_interleaved(m):
    flat = m.reshape(-1)
    one, other = (flat[i * 100 : i * 100 + 60].reshape(20, K).T for i in range(2))
    return [ufunc(np.add, one, 1.0, other), copy(other[:, ::-1], one)]


def case_read_of_another(m):
    return [copy(m[0], m[1]), copy(m[1][::-1], m[2]), ufunc(np.add, m[2], 1.0, m[1])]


def case_read_before_it_is_written(m):
    return [copy(m[1][::-1], m[0]), copy(m[2], m[1])]


def case_shared_is_written(m):
    return [ufunc(np.add, m[0], m[1][:1], m[2]), copy(m[2][2:], m[1][:1]), copy(m[1], m[0])]


def case_sum_over_members(m):
    return [
        copy(m[0], m[1]),
        Instruction("reduce", np.add, (m[1],), (m[2][:1],), {"axis": 0, "keepdims": True}),
        ufunc(np.add, m[1], m[2][:1], m[3]),
    ]


def case_python_between(m):
    return [
        ufunc(np.add, m[0], 1.0, m[1]),
        Instruction("write", np.ndarray.sort, (m[1],), (m[1],), {"axis": 0}),
        Instruction("call", np.split, (m[1], 1), (None,)),
        ufunc(np.add, m[1], 1.0, m[0]),
    ]


def case_member_parts_drift(m):
    """Parts of the third member meet, those of the first two do not."""
    flat = m.reshape(-1)
    far = flat[:180].reshape(K, 60)[:, :19]
    near = flat[39 : 39 + K * 40].reshape(K, 40)[:, :19]
    return [ufunc(np.add, near, 1.0, far), copy(far, near)]


def case_with_each_operation(m):
    ones, rows = np.ones((1, 8, 8)), np.array([[0, 4], [3, 3], [1, -1]])
    return [
        product(m[0], ones, m[1]),
        Instruction("product", True, (m[0], ones), (m[2],), {}, (np.empty((K, 5, 8)),)),
        Instruction("reduce", np.add, (m[1],), (m[3][:, :, 0],), {"axis": 2}),
        Instruction("take", 0, (m[0, 0], rows), (np.empty((3, 2, 8)),)),
        ufunc(np.add, m[3][:, :, :1], m[1], m[0]),
    ]


def case_of_one_and_of_all(m):
    return [ufunc(np.add, m[0][1:2], 1.0, m[1][:1]), copy(m[1][:1], m[2]), copy(m[2], m[0])]


CASES = {name[5:]: case for name, case in vars().copy().items() if name.startswith("case_")}


@pytest.mark.parametrize("name", CASES)
def test_members_that_work_on_what_others_do(name):
    memory = np.round(10 * laid_out((4, K, 5, 8), "f8"))  # sums of these are exact
    plain, *compiled = results(CASES[name](memory), memory)
    for one in compiled:
        np.testing.assert_array_equal(one, plain)


def test_rows_by_numbers_that_each_member_computes():
    data, out = laid_out((9, 4), "f8"), np.empty((K, 5, 4))
    index = np.arange(K * 5).reshape(K, 5) % 9
    one = Instruction("take", 0, (data, index), (out,))
    pair = first_two(one, K)
    assert [part.outputs[0].shape for part in pair] == [(1, 5, 4)] * 2
    native(tape(of_members(), one), 2).play()
    np.testing.assert_array_equal(out, data[index])
    assert first_two(Instruction("take", 0, (data, index[0]), (out[0],)), K) is None


def test_how_many_members_and_threads():
    few = [of_members(), ufunc(np.add, np.ones((9, 2)), 1.0, np.ones((9, 2)))]
    assert n_members(few) == K
    assert n_members(few[1:]) == 1
    assert [n_threads(few, allowed) for allowed in (1, 2, 9)] == [1, 2, K]
    assert n_threads([], 4) == 1


def test_a_second_thread_has_to_be_worth_its_start(monkeypatch):
    monkeypatch.setattr(members, "_WORTH", 40)
    assert n_threads([of_members()] * 1, 9) == 1  # 72 multiplications
    assert n_threads([of_members()] * 2, 9) == 3


def test_parts_of_one_member_may_meet():
    memory = np.zeros((K, 10))
    apart = Apart(K)
    for one in (
        copy(memory[:, :6], memory[:, 4:]),
        ufunc(np.add, memory[:, 1:3], memory[0, 0] + 1, memory[:, 2:4]),
    ):
        assert apart.admit(*first_two(one, K))
    assert not apart.admit(*first_two(copy(np.broadcast_to(memory[:1], (K, 10)), memory), K))


# Programs drawn at random

_SIZE = 120
_OUTER = [4, 8, 12, -4, -8]


@st.composite
def parts(draw, steps):
    """An array (K, 2, 2) in a memory of 120 entries."""
    inner = draw(st.sampled_from([(2, 1), (1, 2), (-2, 1)]))
    step = draw(st.sampled_from(steps))
    around = [min(0, 2 * step), 2 * max(0, step)]
    first = draw(st.integers(-around[0] // 4 + 1, (_SIZE - around[1]) // 4 - 2)) * 4
    return first, (step, *inner)


def part(memory, place):
    first, steps = place
    strides = [memory.itemsize * step for step in steps]
    return np.lib.stride_tricks.as_strided(memory[first:], (K, 2, 2), strides)


programs = st.lists(
    st.tuples(
        st.sampled_from(["add", "copy", "product", "sum"]),
        parts([*_OUTER, 0]),
        parts([*_OUTER, 0]),
        parts(_OUTER),
    ),
    min_size=2,
    max_size=7,
)


def instruction(memory, kind, *places):
    a, b, out = (part(memory, place) for place in places)
    if kind == "add":
        return ufunc(np.add, a, b, out)
    if kind == "copy":
        return copy(a, out)
    if kind == "product":
        return product(a, np.array([[[0.0, 1.0], [1.0, 0.0]]]), out)
    return Instruction("reduce", np.add, (a,), (out[:, 0],), {"axis": 1})


@settings(max_examples=150, deadline=None, derandomize=True)
@given(programs)
def test_programs_of_members(program):
    memory = np.arange(float(_SIZE))
    plain, *compiled = results([instruction(memory, *one) for one in program], memory)
    for one in compiled:
        np.testing.assert_array_equal(one, plain)
