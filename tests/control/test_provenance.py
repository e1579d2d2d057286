"""A checkpoint knows what its bits depend on, and says what has changed."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from interrupted import rows
from threadpoolctl import threadpool_limits

from regan import Checkpoint
from regan.control.provenance import differences, provenance
from regan.storage.tensor_file import CHECKPOINT
from tests.support.opened_files import contents


def test_it_says_what_this_process_computes_with():
    now = provenance()
    assert now["numpy"] == np.__version__
    assert {type(value) for value in now.values()} <= {str, int}
    assert now == provenance()
    assert not differences(now, now)


@pytest.mark.parametrize(("way", "version"), [("0", "2"), ("numpy", "2"), ("native", "1")])
def test_blas_is_the_one_that_updates_multiply_with(monkeypatch, way, version):
    """NumPy and SciPy may have brought one each."""
    folders = {"1": "lib/scipy.libs/libscipy_openblas.so", "2": "lib/numpy.libs/libscipy_blas.so"}
    found = [{"filepath": f"/{path}", "version": key} for key, path in folders.items()]
    monkeypatch.setattr(
        "regan.control.provenance.blas", lambda: SimpleNamespace(info=lambda: found)
    )
    monkeypatch.setattr("regan.control.provenance.way_here", lambda: way)
    assert provenance()["blas"] == f"unknown {version}"


CHANGES = {
    "numpy": ("1.99", r"NumPy was '1\.99' and is now '2"),
    "scipy": ("0.1", r"SciPy was '0\.1' and is now"),
    "simd": ("AVX9", r"the instruction set was 'AVX9' and is now"),
    "blas": ("slow 1", r"BLAS was 'slow 1' and is now"),
    "blas_kernel": ("Z80", r"the kernel of BLAS was 'Z80' and is now"),
    "blas_threads": (99, r"the number of threads of BLAS was 99 and is now \d"),
    "arithmetic": (
        "compiled code",
        r"what updates run on was 'compiled code' and is now",
    ),
}


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_a_run_that_goes_on_elsewhere_is_told_once(tmp_path, small_gan, name, change, monkeypatch):
    value, message = change
    with monkeypatch.context() as patch:
        patch.setattr("regan.control.checkpoint.provenance", lambda: {**provenance(), name: value})
        small_gan(callbacks=[Checkpoint(tmp_path)]).fit(rows())
    assert contents(tmp_path / "checkpoint.regan", CHECKPOINT)[0]["machine"][name] == value
    gan = small_gan(callbacks=[Checkpoint(tmp_path, resume=True)])
    with pytest.warns(UserWarning, match=rf"may not equal .* bit for bit: {message}") as told:
        gan.fit(rows())
    assert [warning.filename for warning in told] == [__file__]


def test_threads_are_those_outside_of_training(tmp_path, small_gan):
    """While it trains a small model takes one, whatever there are."""
    with threadpool_limits(2, "blas"):
        n_threads = provenance()["blas_threads"]
        small_gan(callbacks=[Checkpoint(tmp_path)]).fit(rows())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            small_gan(callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    machine = contents(tmp_path / "checkpoint.regan", CHECKPOINT)[0]["machine"]
    assert machine["blas_threads"] == n_threads
