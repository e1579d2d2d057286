"""Compiled kernels do what their NumPy definitions do, with every instruction set that is here."""

from dataclasses import replace

import native_kernels
import numpy as np
import pytest
from native_kernels import FUNCTIONS, INSTRUCTION_SETS

from regan.backends.native.text import argument_names, signature, source
from regan.backends.native.ufuncs import UFUNCS
from regan.testing.backends import SIGNED, kernel_arguments
from regan.testing.differences import assert_close

KERNELS = native_kernels.compiled_kernels()
TOLERANCES = {"float32": 1e-6, "float64": 1e-14}
any_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
both_dtypes = pytest.mark.parametrize("dtype", TOLERANCES)
TRANSCENDENTAL = {
    **{UFUNCS[ufunc]: ufunc for ufunc in (np.exp, np.expm1, np.log1p, np.tanh)},
    **{kernel: kernel.numpy for kernel in FUNCTIONS},
}


@pytest.fixture(scope="module", params=INSTRUCTION_SETS)
def library(request):
    if native_kernels.COMPILER is None:
        pytest.skip("running C++ text needs a compiler")
    built = native_kernels.library()
    if built.choose(request.param) is None:
        pytest.skip(f"no {request.param} in this processor or build")
    return built


def operands(kernel, n, dtype, seed=0):
    """Inputs and outputs of `n` entries."""
    drawn = kernel_arguments(kernel, np.random.default_rng(seed), (n,))
    return tuple([a.astype(dtype) for a in arrays] for arrays in drawn)


def defined(kernel, ins, outs):
    """What the definition writes."""
    results = [a.copy() for a in outs]
    with np.errstate(all="ignore"):
        kernel.numpy(*ins, *results)
    return results


# The text


def test_the_committed_text_is_that_of_the_kernels():
    assert native_kernels.TEXT.read_text() == source(KERNELS), f"run {native_kernels.COMMAND}"


def test_the_order_of_the_kernels_is_that_of_their_names():
    assert source(KERNELS[::-1]) == source(KERNELS)


def test_each_signature_is_one_line_of_its_own():
    lines = [signature(kernel) for kernel in KERNELS]
    assert len(set(lines)) == len(lines)
    assert not any("\n" in line or '"' in line or "\\" in line for line in lines)


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"ins": "T b"}, {"outs": "T x"}, {"cpp": "y = a + a;"}]
)
def test_a_kernel_that_changes_is_another_one(change):
    kernel = UFUNCS[np.negative]
    assert signature(replace(kernel, **change)) != signature(kernel)


def test_the_library_knows_each_kernel(library):
    assert sorted(library.signatures) == sorted(signature(k) for k in [*KERNELS, *FUNCTIONS])


# Instruction sets


@pytest.mark.skipif(native_kernels.COMPILER is None, reason="running C++ text needs a compiler")
def test_the_best_instruction_set_is_the_first_choice():
    built = native_kernels.Library(["-std=c++17", "-O0"])
    first = built.chosen
    here = [name for name in INSTRUCTION_SETS if built.choose(name) == name]
    assert first == here[0]
    assert here[-1] == built.chosen == "baseline"
    assert built.choose("SSE9") is None
    assert built.chosen == "baseline"


@pytest.mark.skipif(native_kernels.COMPILER is None, reason="running C++ text needs a compiler")
def test_a_build_may_have_one_set_alone():
    assert [name for name in INSTRUCTION_SETS if native_kernels.quick().choose(name)] == [
        "baseline"
    ]


# Values


@any_kernel
@both_dtypes
def test_it_agrees_with_the_numpy_definition(library, kernel, dtype):
    for n in (0, 1, 7, 64, 513):
        ins, outs = operands(kernel, n + 3, dtype)
        inputs = [a.copy() for a in ins]
        wanted = defined(kernel, [a[:n] for a in ins], [a[:n] for a in outs])
        beyond = [a[n:].copy() for a in outs]
        library.call(kernel, [a[:n] for a in ins + outs])
        for found, values, rest in zip(outs, wanted, beyond, strict=True):
            assert_close(found[:n], values, f"{kernel.name} of {n}", TOLERANCES[dtype])
            np.testing.assert_array_equal(found[n:], rest)
        for now, before in zip(ins, inputs, strict=True):
            np.testing.assert_array_equal(now, before)


@any_kernel
@both_dtypes
def test_an_entry_does_not_depend_on_where_it_lies(library, kernel, dtype):
    ins, outs = operands(kernel, 45, dtype)
    alone = [a.copy() for a in outs]
    library.call(kernel, ins + outs)
    for i in range(45):
        library.call(kernel, [a[i : i + 1] for a in ins + alone])
    for a, b in zip(outs, alone, strict=True):
        np.testing.assert_array_equal(a, b)


@any_kernel
@both_dtypes
def test_an_output_may_be_an_input(library, kernel, dtype):
    ins, outs = operands(kernel, 513, dtype)
    for i in range(len(ins)):
        for j in range(len(outs)):
            apart = [a.copy() for a in ins + outs]
            apart[len(ins) + j] = ins[i].copy()
            together = [a.copy() for a in ins + outs]
            together[i] = together[len(ins) + j] = ins[i].copy()
            library.call(kernel, apart)
            library.call(kernel, together)
            for a, b in zip(apart[len(ins) :], together[len(ins) :], strict=True):
                np.testing.assert_array_equal(a, b)


def specials(dtype):
    """Zeros, denormal and huge numbers, infinities, NaN, and numbers in between."""
    info = np.finfo(dtype)
    tiny = [0, info.smallest_subnormal, info.tiny / 3, info.tiny, info.eps, 1e-3]
    ends = [0.5, 1, 1.5, 20, 87, 100, 700, 800, 1e10, info.max / 2, info.max, np.inf]
    return np.array([*tiny, *ends, *np.negative([*tiny, *ends]), np.nan], dtype=dtype)


@pytest.mark.parametrize(("ufunc", "kernel"), UFUNCS.items(), ids=lambda x: getattr(x, "name", ""))
@both_dtypes
def test_ufuncs_on_special_values(library, ufunc, kernel, dtype):
    values = specials(dtype)
    ins = [a.ravel().copy() for a in np.meshgrid(*[values] * len(argument_names(kernel.ins)))]
    found = np.empty_like(ins[0])
    library.call(kernel, [*ins, found])
    with np.errstate(all="ignore"):
        wanted = ufunc(*ins)
    if ufunc not in (np.exp, np.expm1, np.log1p, np.tanh):
        np.testing.assert_array_equal(found, wanted)
    else:
        np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
        np.testing.assert_array_max_ulp(found, wanted, 4, dtype)
    if ufunc not in (np.maximum, np.minimum):  # of 0 and -0 either will do
        numbers = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(wanted)[numbers])


@any_kernel
@both_dtypes
def test_special_values_where_the_definition_is_a_number(library, kernel, dtype):
    """Each operand that may be anything is special in turn, the others are not."""
    values = specials(dtype)
    names = argument_names(kernel.ins) + argument_names(kernel.outs)
    for i, name in enumerate(names):
        if name not in SIGNED:
            continue
        ins, outs = operands(kernel, len(values), dtype, seed=i)
        (ins + outs)[i][...] = values
        scale = np.max([np.where(np.isfinite(a), np.abs(a), 1) for a in [*ins, *outs]], axis=0)
        wanted = defined(kernel, ins, outs)
        library.call(kernel, ins + outs)
        for found, right in zip(outs, wanted, strict=True):
            finite = np.isfinite(right)
            np.testing.assert_array_equal(found[~finite], right[~finite], kernel.name)
            with np.errstate(over="ignore"):
                errors = np.abs(found[finite] - right[finite])
                allowed = TOLERANCES[dtype] * np.maximum(np.abs(right), scale)[finite]
            assert (errors <= allowed).all(), f"{kernel.name} of special {name}"


@any_kernel
def test_nan_goes_where_the_definition_has_it_go(library, kernel):
    ins, outs = operands(kernel, 3, "float32")
    for i in range(len(ins + outs)):
        given = [a.copy() for a in ins + outs]
        given[i][1] = np.nan
        wanted = defined(kernel, given[: len(ins)], given[len(ins) :])
        library.call(kernel, given)
        for found, right in zip(given[len(ins) :], wanted, strict=True):
            np.testing.assert_array_equal(np.isnan(found), np.isnan(right))


@pytest.mark.parametrize("kernel", TRANSCENDENTAL, ids=lambda kernel: kernel.name)
def test_functions_of_float_are_accurate(library, kernel):
    """Of all floats every 4099th: their errors in units in the last place."""
    x = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
    found = np.empty_like(x)
    library.call(kernel, [x, found])
    exact = np.empty(x.shape)
    with np.errstate(all="ignore"):
        TRANSCENDENTAL[kernel](x.astype(np.float64), exact)
        wanted = exact.astype(np.float32)
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(found[~finite], wanted[~finite])
    errors = np.abs(found[finite] - exact[finite]) / np.spacing(np.abs(wanted[finite]))
    assert errors.max() <= 4, x[finite][errors.argmax()]
    normal = np.abs(wanted[finite]) >= np.finfo(np.float32).tiny
    relative = np.abs(found[finite] - exact[finite])[normal] / np.abs(exact[finite])[normal]
    assert relative.max() <= 1e-6
