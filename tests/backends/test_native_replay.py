"""Each instruction of a tape, done by compiled code, is what NumPy's replay does.

Up to roundings; whatever lies in the memory between and around the operands stays what it is.
"""

from itertools import product as product_of

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native_tapes import (
    Given,
    arrays,
    assert_alike,
    both_replays,
    broadcasting,
    is_compiled,
    laid_out,
    native,
    needs_extension,
    tape,
)

from regan.backends import Kernel, copies
from regan.backends.native.ufuncs import MULTIPLY_ADD, UFUNCS
from regan.backends.tape.instructions import At, Derived, Instruction, Place
from regan.layers import ACTIVATIONS
from regan.testing.backends import all_kernels, kernel_arguments

pytestmark = needs_extension

DTYPES = ["float32", "float64"]
both_dtypes = pytest.mark.parametrize("dtype", DTYPES)
examples = settings(max_examples=150, deadline=None, derandomize=True)
TANH = ACTIVATIONS["tanh"]
(ADAM,) = (kernel for kernel in all_kernels() if kernel.name == "adam")


def ufunc(function, *operands, **options):
    return Instruction("ufunc", function, operands[:-1], operands[-1:], options)


def kernel(what, inputs, *outputs):
    scratch = tuple(np.empty_like(outputs[0]) for _ in range(what.n_scratch))
    return Instruction("kernel", what, tuple(inputs), outputs, {}, scratch)


# Elementwise operations

LAYOUTS = {
    "contiguous": {},
    "with room": {"room": 1},
    "transposed": {"order": [1, 0]},
    "backwards": {"steps": [-1, -1]},
    "rows backwards": {"steps": [-1, 1]},
    "every third": {"steps": [1, 3]},
    "every other row": {"steps": [2, 1]},
    "transposed, every other": {"order": [1, 0], "steps": [2, -2], "room": 1},
}
WIDTHS = [1, 2, 3, 31, 32, 33, 511, 512, 513, 1030]


@both_dtypes
@pytest.mark.parametrize("n", WIDTHS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_any_width_in_any_layout(layout, n, dtype):
    shape = 5, n
    a, b, y = (laid_out(shape, dtype, **LAYOUTS[layout], seed=i) for i in range(3))
    plain = laid_out(shape, dtype, seed=3)
    written = tape(
        ufunc(np.add, a, plain, y),
        ufunc(np.multiply, y, b, plain),
        kernel(TANH.sloped, (a, b), plain[:, ::-1], b),
        kernel(TANH.biased, (a[:1],), plain, y),
    )
    assert all(is_compiled(one) for one in written.instructions)
    assert_alike(written, 20)


@both_dtypes
@pytest.mark.parametrize("n", WIDTHS)
def test_rows_columns_and_numbers_are_broadcast(n, dtype):
    a, y, z = (laid_out((6, n), dtype, seed=i) for i in range(3))
    row, column = laid_out((n,), dtype, steps=[2], seed=3), laid_out((6, 1), dtype, seed=4)
    one = laid_out((), dtype, seed=5)
    written = tape(
        ufunc(np.subtract, a, row, y),
        ufunc(np.divide, column, y, z),
        ufunc(np.add, z, At(0), z),
        kernel(MULTIPLY_ADD, (one, At(1)), z),
        ufunc(np.multiply, 0.1, np.broadcast_to(row, (6, n)), y[::-1]),
        ufunc(np.add, column[:, 0], np.float32(2), y[:, 0]),
        ufunc(np.maximum, row[None, ::-1], True, a),
        kernel(copies(1), [3], y[:, ::2]),
        numbers=[Given(0.3), Given(-2)],
    )
    assert all(is_compiled(one, 2) for one in written.instructions)
    assert_alike(written, 10)


@st.composite
def elementwise(draw):
    """Kernels, ufuncs and copies of a random shape, whose operands lie anyhow."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 7, 33]), max_size=5)))
    while np.prod(shape) > 3000:
        shape = shape[1:]
    what = draw(
        st.sampled_from([np.add, np.negative, TANH.sloped, TANH.biased, MULTIPLY_ADD, copies(5)])
    )
    n_in, n_out = (
        (what.nin, what.nout)
        if isinstance(what, np.ufunc)
        else (len(what.ins.split(",")), len(what.outs.split(",")))
    )
    outputs = [draw(arrays(shape, dtype)) for _ in range(n_out)]
    operands = [draw(broadcasting(shape, dtype)) for _ in range(n_in)]
    kind = "ufunc" if isinstance(what, np.ufunc) else "kernel"
    if kind == "ufunc" and draw(st.booleans()):
        operands[0] = outputs[0]
    return Instruction(kind, what, tuple(operands), tuple(outputs))


@examples
@given(elementwise())
def test_operands_that_lie_anyhow(one):
    assert is_compiled(one)
    assert_alike(tape(one), 10)


@both_dtypes
def test_in_place(dtype):
    a = laid_out((4, 40), dtype, room=1)
    strided = a[:, ::3]
    written = tape(
        ufunc(np.add, a, a, a),
        ufunc(np.multiply, strided, strided, strided),
        ufunc(np.subtract, a[1:2], a[0], a[1:2]),
        ufunc(np.negative, a[:, :3].T, a[:, :3].T),
        Instruction("copy", None, (a[:2],), (a[2:],)),
    )
    assert all(is_compiled(one) for one in written.instructions)
    assert_alike(written, 10)


def views(shape):
    """Arrays of this shape in one memory of 24 entries, which may meet anyhow."""
    reach = st.tuples(st.integers(0, 23), *(st.integers(-4, 8) for _ in shape))
    return reach.filter(
        lambda r: all(0 <= r[0] + sum(corner) < 24 for corner in corners(r[1:], shape))
    )


def corners(steps, shape):
    return product_of(*((0, step * (n - 1)) for step, n in zip(steps, shape, strict=True)))


def placed(memory, shape, reach):
    first, *steps = reach
    strides = [memory.itemsize * step for step in steps]
    return np.lib.stride_tricks.as_strided(memory[first:], shape, strides)


@settings(examples, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.data(),
    st.sampled_from(["copy", "ufunc", "reduce", "product"]),
)
def test_operands_that_meet(data, kind):
    """NumPy computes as if they did not; compiled code too, or it leaves that to NumPy."""
    flat = [(2, 3), (3, 2), (1, 4), (5,)]
    shape = data.draw(st.sampled_from([(2, 2, 2), *([] if kind == "product" else flat)]))
    memory = np.arange(24.0)
    inputs = [placed(memory, shape, data.draw(views(shape))) for _ in range(2)]
    distinct = views(shape).filter(
        lambda r: len(np.unique(placed(np.arange(24), shape, r))) == np.prod(shape)
    )
    out = placed(memory, shape, data.draw(distinct))
    one = {
        "copy": Instruction("copy", None, tuple(inputs[:1]), (out,)),
        "ufunc": ufunc(np.subtract, *inputs, out),
        "reduce": reduced(inputs[0], -1, False, out[..., 0]),
        "product": Instruction("product", False, tuple(inputs), (out,)),
    }[kind]
    for right, found in both_replays(tape(one)):
        np.testing.assert_array_equal(found, right)


@both_dtypes
def test_sixteen_copies_at_once(dtype):
    sources = [laid_out((2, 33 + 500 * (i % 2)), dtype, seed=i)[:, :33] for i in range(16)]
    targets = [laid_out((2, 33), dtype, steps=[1, 1 + i % 3], seed=i) for i in range(16)]
    one = kernel(copies(16), sources, *targets)
    assert is_compiled(one)
    for right, found in both_replays(tape(one)):
        np.testing.assert_array_equal(found, right)


@both_dtypes
def test_all_operands_of_an_optimizer(dtype):
    """Arrays, a rate of each model, and numbers of the moment."""
    drawn = kernel_arguments(ADAM, np.random.default_rng(0), (3, 700))
    (grad, rates, *others), outputs = ([a.astype(dtype) for a in arrays] for arrays in drawn)
    numbers = [Given(float(a[0, 0])) for a in others]
    operands = [grad, rates[:, :1], *(At(i) for i in range(len(numbers)))]
    one = kernel(ADAM, operands, *outputs)
    assert is_compiled(one, len(numbers))
    assert_alike(tape(one, numbers=numbers))


@both_dtypes
def test_of_nothing_there_is_nothing_to_do(dtype):
    nothing, one = np.empty((3, 0), dtype), np.ones((3, 1), dtype)
    written = tape(ufunc(np.add, nothing, one, nothing), ufunc(np.add, one, one, one))
    assert_alike(written)
    assert is_compiled(written.instructions[0])


@pytest.mark.parametrize("function", UFUNCS, ids=lambda function: function.__name__)
@both_dtypes
def test_every_ufunc(function, dtype):
    a = [np.abs(laid_out((5, 70), dtype, seed=i)) for i in range(function.nin)]
    one = ufunc(function, *a, laid_out((5, 70), dtype, seed=3), casting="same_kind")
    assert is_compiled(one)
    assert_alike(tape(one))


# Numbers


def test_numbers_are_those_of_the_moment():
    number, a = Given(2.0), np.ones((3, 4))
    y, z = np.empty((3, 4)), np.empty((3, 4), np.float32)
    double = Derived(lambda x: 2 * x, (At(0),))
    instructions = (
        ufunc(np.multiply, a, At(0), y),
        ufunc(np.add, y, At(1), y),
        ufunc(np.multiply, z - z + 1, At(1), z),
    )
    replay = native(tape(*instructions, numbers=[number, double]))
    for value in (2.0, 3, np.float64(-1.5), True):
        number.value = value
        replay.play()
        np.testing.assert_array_equal(y, np.full((3, 4), 3.0 * value))
        np.testing.assert_array_equal(z, np.full((3, 4), 2.0 * value))


def test_a_number_too_large_for_what_does_not_read_it_is_no_matter():
    y = np.ones(3)
    native(tape(ufunc(np.multiply, y, At(0), y), numbers=[Given(1e300)])).play()
    np.testing.assert_array_equal(y, 1e300)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -0.0, 1e-45, 2**24 + 1])
@both_dtypes
def test_constants_are_what_they_are_for_numpy(value, dtype):
    y = np.empty((2, 5), dtype)
    written = tape(Instruction("copy", None, (value,), (y,)), ufunc(np.add, y, value, y))
    assert all(is_compiled(one) for one in written.instructions)
    for right, found in both_replays(written):
        np.testing.assert_array_equal(found, right)
    first = tape(written.instructions[0])
    for right, found in both_replays(first):
        assert found.tobytes() == right.tobytes()


def test_constants_beyond_float32_are_infinite():
    y = np.empty((2, 5), np.float32)
    with np.errstate(over="ignore"):
        for right, found in both_replays(tape(Instruction("copy", None, (-1e300,), (y,)))):
            np.testing.assert_array_equal(found, right)


# Products

PRODUCTS = {
    "matrices": ((3, 4, 5), (3, 5, 6)),
    "a row": ((3, 1, 5), (3, 5, 6)),
    "a column": ((3, 4, 5), (3, 5, 1)),
    "dot": ((3, 1, 5), (3, 5, 1)),
    "outer": ((3, 4, 1), (3, 1, 6)),
    "number": ((3, 1, 1), (3, 1, 1)),
    "times a number": ((3, 4, 1), (3, 1, 1)),
    "first for all": ((1, 4, 5), (3, 5, 6)),
    "second for all": ((3, 4, 5), (1, 5, 6)),
    "ones": ((1, 1, 5), (3, 5, 6)),
    "one": ((1, 70, 40), (1, 40, 90)),
}


def product(a, b, out, accumulate):
    scratch = (Place(0, 0, out.shape, (*np.empty(out.shape, out.dtype).strides,), out.dtype),)
    one = Instruction("product", accumulate, (a, b), (out,), {}, scratch if accumulate else ())
    return tape(one, buffers=[out.nbytes])


@both_dtypes
@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name, ta, tb, accumulate, dtype):
    first, second = PRODUCTS[name]
    a = laid_out(first, dtype, [0, 2, 1] if ta else None)
    b = laid_out(second, dtype, [0, 2, 1] if tb else None, seed=1)
    shape = max(len(a), len(b)), a.shape[1], b.shape[2]
    out = laid_out(shape, dtype, room=1, seed=2)
    if not accumulate:
        out[...] = np.nan  # what was there is not read
    written = product(a, b, out, accumulate)
    assert is_compiled(written.instructions[0])
    assert_alike(written, 40)


@pytest.mark.parametrize("accumulate", [False, True])
@both_dtypes
def test_products_in_flat_parameters(accumulate, dtype):
    flat, gradient = (laid_out((3, 100), dtype, seed=i) for i in range(2))
    W, gW = (a[:, 7 : 7 + 30].reshape(3, 5, 6) for a in (flat, gradient))
    assert np.shares_memory(W, flat)
    x, gy = laid_out((3, 8, 5), dtype, seed=2), laid_out((3, 8, 6), dtype, seed=3)
    b, y = gradient[:, None, 40:46], laid_out((3, 8, 6), dtype, seed=4)
    for operands in (
        (x, W, y),
        (gy, W.swapaxes(1, 2), x),
        (x.swapaxes(1, 2), gy, gW),
        (np.ones((1, 1, 8), dtype), gy, b),
    ):
        written = product(*operands, accumulate)
        assert is_compiled(written.instructions[0])
        assert_alike(written, 40)


@st.composite
def products(draw):
    """Products of matrices that lie as BLAS can read them, and as it cannot."""
    dtype = draw(st.sampled_from(DTYPES))
    batch, m, n, k = (draw(st.sampled_from([1, 2, 3, 5, 17])) for _ in range(4))
    steps = draw(st.sampled_from([(1,), (1, 1, 1, 2), (1, 1, -1)]))
    first, second = draw(st.sampled_from([(batch, batch), (1, batch), (batch, 1)]))
    a, b = draw(arrays((first, m, k), dtype, steps)), draw(arrays((second, k, n), dtype, steps))
    return product(a, b, draw(arrays((batch, m, n), dtype, steps)), draw(st.booleans()))


@examples
@given(products())
def test_products_of_matrices_that_lie_anyhow(written):
    assert_alike(written, 100)


@both_dtypes
def test_products_as_a_ufunc(dtype):
    a, b, out = (laid_out(s, dtype) for s in ((3, 4, 5), (3, 5, 6), (3, 4, 6)))
    assert is_compiled(ufunc(np.matmul, a, b, out))
    assert_alike(tape(ufunc(np.matmul, a, b, out)), 40)
    assert not is_compiled(ufunc(np.matmul, a, b[0], out))
    assert not is_compiled(ufunc(np.matmul, a[0], b[0], out[0]))


# Sums


def reduced(a, axis, keepdims, out):
    options = {"axis": axis, **({"keepdims": True} if keepdims else {})}
    return Instruction("reduce", np.add, (a,), (out,), options)


@st.composite
def sums(draw):
    """Sums over any axes of arrays that lie anyhow."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 16, 33]), min_size=1, max_size=5)))
    while np.prod(shape) > 5000:
        shape = shape[1:]
    n = len(shape)
    axes = draw(st.lists(st.integers(-n, n - 1), max_size=n, unique_by=lambda i: i % n))
    axis = draw(st.sampled_from([tuple(axes), axes[0] if axes else None, None]))
    keepdims = draw(st.booleans())
    a = draw(arrays(shape, dtype))
    target = np.add.reduce(a, axis=axis, keepdims=keepdims)
    return reduced(a, axis, keepdims, draw(arrays(np.shape(target), dtype)))


@examples
@given(sums())
def test_sums_of_what_lies_anyhow(one):
    assert is_compiled(one)
    assert_alike(tape(one), 100)


@both_dtypes
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (1, 2), (0, 1), ()])
def test_sums_of_many(axis, dtype):
    """As exact as those of NumPy, which adds by halves."""
    a = 1000 + laid_out((3, 600, 1100), dtype)
    out = np.empty_like(np.add.reduce(a, axis=axis))
    assert is_compiled(reduced(a, axis, False, out))
    ((_, _), (_, found)) = both_replays(tape(reduced(a, axis, False, out)))
    exact = np.add.reduce(a.astype(np.longdouble), axis=axis)
    along = 600 if axis in (0, 1, (0, 1)) else 8  # rows are added one after the other
    assert np.max(np.abs(found - exact) / exact) < along * np.finfo(dtype).eps


@both_dtypes
@pytest.mark.parametrize("n", [2, 4, 5, 40])
def test_terms_of_one_model_are_added_as_those_of_several(n, dtype):
    terms, sums = laid_out((n, 3), dtype), np.empty(3, dtype)
    native(tape(reduced(terms, 0, False, sums))).play()
    for k in range(3):
        alone, total = terms[:, k : k + 1].copy(), np.empty(1, dtype)
        native(tape(reduced(alone, 0, False, total))).play()
        assert total[0] == sums[k]


# Rows by their numbers


@pytest.mark.parametrize("dtype", [*DTYPES, "int64", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(7,), (7, 3), (7, 2, 3)])
def test_rows_by_their_numbers(shape, dtype):
    a = np.abs(10 * laid_out(shape, "float64", steps=[-2, *([1] * (len(shape) - 1))])).astype(dtype)
    index = np.array([[0, 6, -1], [-7, 3, 3]])
    for numbers in (index, index[0], index[:, ::-2], index.T, index[1, ::-1]):
        out = np.empty((*numbers.shape, *shape[1:]), dtype)
        for axis in (0, -len(shape)):
            one = Instruction("take", axis, (a, numbers), (out,))
            assert is_compiled(one)
            for right, found in both_replays(tape(one)):
                np.testing.assert_array_equal(found, right)


def test_numbers_of_rows_go_around_as_those_of_numpy_do():
    a, out = np.arange(10.0).reshape(5, 2), np.empty((4, 2))
    one = Instruction("take", 0, (a, np.array([5, -6, 12, -11])), (out,))
    assert is_compiled(one)
    for right, found in both_replays(tape(one)):
        np.testing.assert_array_equal(found, right)


# What NumPy does within the tape

MINE = Kernel("mine", "T a", "T y", "y = a * a * a;", lambda a, y: np.power(a, 3, out=y))


def refused():
    a, b, y = (laid_out((3, 4, 4), "float64", seed=i) for i in range(3))
    f = a.astype(np.float32)
    whole, true = np.arange(4), np.ones((3, 4, 4), bool)
    packed = np.zeros((3, 4), np.dtype([("flag", "i1"), ("value", "f8")]))
    flat = np.zeros(8 * 16 + 1, np.uint8)[1:].view(np.float64)
    index, two = np.array([0, 2]), np.empty((1, 1, 2))
    still = np.broadcast_to(a[:, :1], a.shape)
    return {
        "integers": ufunc(np.add, whole, whole, whole),
        "an integer operand": ufunc(np.add, a, whole, y),
        "a mask": ufunc(np.multiply, a, true, y),
        "another dtype": ufunc(np.add, f, a, y),
        "a cast": Instruction("copy", None, (f,), (y,)),
        "a list": Instruction("copy", None, ([1, 2, 3, 4],), (y,)),
        "half precision": ufunc(np.add, f.astype("f2"), 1, np.ones((3, 4, 4), "f2")),
        "the other end": ufunc(np.add, a.astype(">f8"), 1, y),
        "numbers alone": ufunc(np.add, True, True, y),
        "whole numbers alone": ufunc(np.reciprocal, 2, y),
        "complex": ufunc(np.add, a.astype(complex), 1, a.astype(complex)),
        "another ufunc": ufunc(np.arctan2, a, b, y),
        "where": ufunc(np.add, a, b, y, where=true),
        "shifted": ufunc(np.add, a[:, 1:], 1, a[:, :-1]),
        "backwards onto itself": Instruction("copy", None, (a[:, ::-1],), (a,)),
        "one row onto all": ufunc(np.add, a[:, :1], a, a),
        "not aligned": ufunc(np.add, flat, 1, flat),
        "in records": ufunc(np.add, packed["value"], 1, packed["value"]),
        "a kernel of one's own": kernel(MINE, (a,), y),
        "leading axes": Instruction("copy", None, (a[None],), (y,)),
        "product in place": Instruction("product", False, (a, b), (a,)),
        "product of records": ufunc(np.matmul, packed["value"][:, None], b, y[:, :1]),
        "rows that stand still": Instruction("product", False, (still, b), (y,)),
        "every other column": Instruction("product", False, (a[:, :, ::2], b[:, ::2]), (y,)),
        "backwards": Instruction("product", False, (a[:, ::-1], b), (y,)),
        "into columns": Instruction("product", False, (a, b), (y.swapaxes(1, 2),)),
        "of integers": ufunc(np.matmul, true + 1, true + 1, true + 1),
        "of nothing": Instruction("product", False, (a[:, :0], b), (y[:, :0],)),
        "largest": Instruction("reduce", np.maximum, (a,), (y[0],), {"axis": 0}),
        "counts": Instruction("reduce", np.add, (true,), (np.empty((4, 4), int),)),
        "sum as": Instruction("reduce", np.add, (a,), (y[0],), {"axis": 0, "initial": 3.0}),
        "sum onto itself": Instruction("reduce", np.add, (a,), (a[0],), {"axis": 0}),
        "sum of nothing": Instruction("reduce", np.add, (a[:0],), (y[0],), {"axis": 0}),
        "columns": Instruction("take", 1, (a, index), (np.empty((3, 2, 4)),)),
        "of a number": Instruction("take", 0, (np.array(3.0), index * 0), (np.empty(2),)),
        "short numbers": Instruction("take", 0, (a, index.astype("i4")), (np.empty((2, 4, 4)),)),
        "many numbers": Instruction("take", 0, (a[:, 0, 0], index[None, None]), (two,)),
        "rows in pieces": Instruction("take", 0, (a[:, ::2], index), (np.empty((2, 2, 4)),)),
        "rows to pieces": Instruction("take", 0, (a, index), (y[::2],)),
        "objects": Instruction("take", 0, (whole.astype(object), index), (np.empty(2, object),)),
        "a call": Instruction("call", np.sort, (a,), (y,), {"axis": 1}),
        "a write": Instruction("write", np.fill_diagonal, (y[0], 7.0), (y[0],)),
    }


@pytest.mark.parametrize("name", refused())
def test_what_compiled_code_does_not_do(name):
    """NumPy does it, between what compiled code does before and after."""
    one = refused()[name]
    assert not is_compiled(one)
    y = one.outputs[0]
    if y.dtype != np.float64:
        written = tape(one)
    else:
        first = np.ones(y.shape)
        written = tape(ufunc(np.add, first, 1, first), one, ufunc(np.multiply, y, first, first))
    for right, found in both_replays(written):
        np.testing.assert_array_equal(found, right)
