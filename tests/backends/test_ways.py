"""Which way updates run on the CPU, and what is said of it."""

import re
import zlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from native_tapes import needs_extension

from regan import RegularizedGAN
from regan.backends import describe_updates, get_backend, switch
from regan.backends.native import extension as extensions
from regan.backends.native import loading
from regan.backends.native.lowering import LAYOUT
from regan.backends.native.text import signature
from regan.backends.native.ufuncs import UFUNCS
from regan.control.provenance import provenance


def module(**changes):
    """An extension that does nothing."""
    every = [signature(kernel) for kernel in UFUNCS.values()]
    parts = {
        "layout": lambda: LAYOUT,
        "use_blas": lambda *capsules: None,
        "signatures": lambda: every,
        "function": lambda index, dtype: 0,
        "instruction_set": lambda: "nothing",
        "play": lambda *programs: None,
    }
    return SimpleNamespace(**parts | changes)


def not_there(name):
    raise ModuleNotFoundError(f"No module named {name!r}")


def of_another_system(name):
    raise ImportError("undefined symbol: PyNew")


EXTENSIONS = {
    "not there": (
        not_there,
        r"no compiled extension \(No module named 'regan\.backends\.native\._extension'\); "
        r"installing regan where there is a C\+\+ compiler builds it",
    ),
    "of another system": (of_another_system, r"cannot be imported \(undefined symbol: PyNew\)"),
    "of another layout": (
        lambda name: module(layout=lambda: LAYOUT + 1),
        "does not work here .it is of another version of regan",
    ),
    "older": (
        lambda name: module(signatures=lambda: ["numpy_tanh: of another time"]),
        "does not work here .it lacks what regan needs; it is of another version",
    ),
    "without functions": (
        lambda name: SimpleNamespace(layout=lambda: LAYOUT),
        "does not work here ..* has no attribute 'use_blas'",
    ),
    "wrong": (
        lambda name: module(),
        "does not work here .it computes other values than NumPy",
    ),
}


@pytest.fixture
def found(monkeypatch):
    """The search for the extension, done anew."""
    monkeypatch.setattr(loading, "_found", cache(loading._found.__wrapped__))


@pytest.fixture(params=EXTENSIONS)
def broken(request, monkeypatch, found):
    """An extension that is of no use; why, as a pattern."""
    load, reason = EXTENSIONS[request.param]
    monkeypatch.setattr(loading, "import_module", load)
    return reason


def test_without_a_word_the_way_is_that_of_numpy(broken, monkeypatch, recwarn):
    """An extension that nobody built is no news; one that does not work is."""
    monkeypatch.delenv("REGAN_TAPE", raising=False)
    assert loading.extension() is None
    assert switch.way_here() == "numpy"
    assert get_backend("numpy").worth_recording == 100
    assert provenance()["arithmetic"] == "NumPy"
    said = describe_updates()
    assert said.startswith(
        "On the CPU, updates are written down once and replayed by NumPy (the default, for the"
    )
    assert re.search(broken, said)
    told = [str(warning.message) for warning in recwarn]
    assert len(told) == loading.broken()
    if loading.broken():
        assert re.search(f"replayed by NumPy, more slowly: .*{broken}", told[0])


def test_who_asks_for_compiled_code_in_vain_hears_why(broken, monkeypatch):
    monkeypatch.setenv("REGAN_TAPE", "native")
    message = f"REGAN_TAPE=native falls back to NumPy's replay: .*{broken}"
    with pytest.warns(UserWarning, match=message) as told:
        assert [switch.way_here() for _ in range(2)] == ["numpy", "numpy"]
    assert len(told) == 1
    assert "replayed by NumPy (REGAN_TAPE=native, but the" in describe_updates()


@pytest.mark.parametrize("way", ["0", "numpy"])
def test_other_ways_do_not_ask_for_the_extension(broken, monkeypatch, recwarn, way):
    monkeypatch.setenv("REGAN_TAPE", way)
    words = {
        "0": "run as Python makes them",
        "numpy": "are written down once and replayed by NumPy",
    }
    assert describe_updates() == f"On the CPU, updates {words[way]} (REGAN_TAPE={way})."
    assert get_backend("numpy").worth_recording == (None if way == "0" else 100)
    assert provenance()["arithmetic"] == "NumPy"
    assert not recwarn


@needs_extension
@pytest.mark.parametrize("way", ["native", "", None])
def test_compiled_code_is_the_default(monkeypatch, recwarn, way):
    if way is None:
        monkeypatch.delenv("REGAN_TAPE", raising=False)
    else:
        monkeypatch.setenv("REGAN_TAPE", way)
    here = loading.extension().instruction_set
    reason = "REGAN_TAPE=native" if way else "the default"
    assert describe_updates() == (
        "On the CPU, updates are written down once and replayed by compiled code "
        f"({reason}; for {here})."
    )
    assert switch.way_here() == "native"
    assert get_backend("numpy").worth_recording == 100
    assert provenance()["arithmetic"] == f"compiled kernels ({here})"
    assert not recwarn


@needs_extension
@pytest.mark.parametrize("way", ["0", "numpy"])
def test_compiled_code_is_not_taken_where_something_else_is_asked_for(monkeypatch, way):
    monkeypatch.setenv("REGAN_TAPE", way)
    assert switch.way_here() == way
    assert provenance()["arithmetic"] == "NumPy"


@needs_extension
def test_a_blas_of_another_kind_is_not_called(monkeypatch, found):
    monkeypatch.setitem(extensions._FORTRAN, "dot", "T (long *, T *, long *, T *, long *)")
    assert loading.extension() is None
    assert "does not work here (SciPy's sdot is 'T (int *, T *" in loading.missing()


def test_no_other_way_is_known(monkeypatch):
    monkeypatch.setenv("REGAN_TAPE", "fast")
    message = "REGAN_TAPE=fast names no way to run updates; choose one of: 0, numpy, native"
    with pytest.raises(ValueError, match=message):
        RegularizedGAN(max_iter=1).fit(np.zeros((9, 2)))
    with pytest.raises(ValueError, match=message):
        describe_updates()


PROGRAM = 0xD3C7CB04
"""The checksum of program.hpp."""


def test_words_that_changed_have_another_version():
    text = Path(loading.__file__).with_name("program.hpp").read_bytes()
    assert zlib.crc32(text) == PROGRAM, (
        "if words mean something else now, raise LAYOUT in program.hpp and in lowering.py; then "
        f"write 0x{zlib.crc32(text):X} to PROGRAM"
    )
