"""Calls of the compiled extension that make no sense raise."""

from importlib import import_module

import numpy as np
import pytest
from native_tapes import needs_extension
from scipy.linalg import cython_blas

pytestmark = needs_extension


@pytest.fixture
def native():
    return import_module("regan.backends.native._extension")


@pytest.mark.parametrize("given", [(-1, 0), (10_000, 0), (0, 2), (0, -1)])
def test_a_kernel_that_there_is_not(native, given):
    with pytest.raises(IndexError, match=f"no kernel {given[0]} of dtype {given[1]}"):
        native.function(*given)


@pytest.mark.parametrize("given", [(), (0,), ("adam", 0), (2**40, 0)])
def test_no_position_of_a_kernel(native, given):
    with pytest.raises((TypeError, OverflowError)):
        native.function(*given)


def test_an_instruction_set_that_is_not_here(native):
    before = native.instruction_set()
    for name, error in (("MMX", ValueError), ("", ValueError), (3, TypeError)):
        with pytest.raises(error):
            native.choose_instruction_set(name)
    assert native.instruction_set() == before
    assert native.choose_instruction_set(before) is None
    assert native.instruction_set() == before


def test_programs_are_contiguous_memory(native):
    words = np.zeros(0, np.int64)
    native.play()
    native.play(words, words)
    for none in (3, "words", [1, 2], None):
        with pytest.raises(TypeError):
            native.play(words, none)
    with pytest.raises((ValueError, BufferError)):
        native.play(words, np.zeros(8, np.int64)[::2])
    assert words.flags.owndata
    words.resize(3, refcheck=False)  # nobody holds it any more


def test_the_functions_of_blas_are_capsules(native):
    capsules = [
        cython_blas.__pyx_capi__[name]
        for name in ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")
    ]
    for i in range(6):
        with pytest.raises(ValueError, match="PyCapsule"):
            native.use_blas(*capsules[:i], None, *capsules[i + 1 :])
    with pytest.raises(TypeError):
        native.use_blas(*capsules[:5])
    native.use_blas(*capsules)
