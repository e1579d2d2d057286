"""Rows are made in pieces, blocks and threads, and none of that shows."""

import linecache
import sys
from contextlib import ExitStack, suppress
from itertools import count
from threading import Thread

import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_info, threadpool_limits

from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture, RegularizedVAE
from regan.backends import blas_threads, get_backend
from regan.backends.blas_threads import OneThreadEach
from regan.backends.numpy_backend import NumpyBackend
from regan.estimators.sampling import BLOCK_ROWS, PIECE_ROWS
from regan.estimators.view import ModelView

SIZES = {"hidden_layer_sizes": (9, 8), "latent_dim": 3, "batch_size": 16, "max_iter": 20}
MODELS = {
    "gan": RegularizedGAN(**SIZES, random_state=0),
    "conditional": RegularizedGAN(**SIZES, conditional=True, random_state=0),
    "batch norm": RegularizedGAN(**SIZES, normalization=("batch", None), random_state=0),
    "latent mixture": RegularizedGAN(
        **SIZES, architecture=("latent_mixture", None), random_state=0
    ),
    "vae": RegularizedVAE(**SIZES, random_state=0),
    "gaussian": RegularizedGaussian(random_state=0),
    "mixture": RegularizedMixture(2, alpha=1.0, covariance_type="full", random_state=0),
}
N = 3 * BLOCK_ROWS + PIECE_ROWS + 5


@pytest.fixture(scope="module", params=MODELS)
def fitted(request):
    rng = np.random.default_rng(0)
    X, y = rng.normal([5.0, -1.0, 100.0], [1.0, 0.1, 30.0], size=(80, 3)), np.arange(80) % 3
    return MODELS[request.param].fit(X, y)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_the_number_of_threads_changes_no_bit(fitted, threads, monkeypatch):
    one = fitted.sample(N, random_state=1)
    monkeypatch.setattr(NumpyBackend, "n_threads", threads)
    np.testing.assert_array_equal(one, fitted.sample(N, random_state=1))


@pytest.mark.parametrize("n", [1, PIECE_ROWS - 1, PIECE_ROWS + 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 7])
def test_the_first_rows_do_not_depend_on_how_many_follow(fitted, n):
    rows = fitted.sample(N, random_state=1)
    if isinstance(fitted, RegularizedGAN) and fitted.conditional:
        labels = fitted.sample_labels(N, random_state=1)
        np.testing.assert_array_equal(labels[:n], fitted.sample_labels(n, random_state=1))
    np.testing.assert_array_equal(rows[:n], fitted.sample(n, random_state=1))


def test_no_rows_repeat(fitted):
    rows = fitted.sample(N, random_state=1)
    inner = ((rows.min(axis=0) < rows) & (rows < rows.max(axis=0))).all(axis=1)  # of the range
    assert len(np.unique(rows[inner], axis=0)) == inner.sum() > 100


def test_an_error_in_a_thread_is_the_users_and_ends_the_others(monkeypatch):
    gan = clone(MODELS["gan"]).fit(np.random.default_rng(0).normal(size=(40, 2)))
    calls, matmul = [], NumpyBackend.matmul

    def refuse_once(self, *args, **kwargs):
        calls.append(None)
        if len(calls) == 5:
            raise MemoryError("no room for a product")
        return matmul(self, *args, **kwargs)

    monkeypatch.setattr(NumpyBackend, "n_threads", 2)
    monkeypatch.setattr(NumpyBackend, "matmul", refuse_once)
    with pytest.raises(MemoryError, match="no room for a product"):
        gan.sample(200 * BLOCK_ROWS)
    # three products a piece, four pieces a block
    assert len(calls) < 3 * 4 * 100


def test_products_get_their_threads_back():
    before = [lib["num_threads"] for lib in threadpool_info()]
    X = np.random.default_rng(0).normal(size=(40, 2))
    clone(MODELS["gan"]).fit(X).sample(2 * BLOCK_ROWS)
    assert [lib["num_threads"] for lib in threadpool_info()] == before


def blas_threads_now():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


def test_overlapping_contexts_give_the_threads_back_once_the_last_is_left():
    """Searches in threads train several models at a time, and the limit is the process's."""
    with threadpool_limits(2, "blas"):
        first, second = ExitStack(), ExitStack()
        first.enter_context(OneThreadEach())
        second.enter_context(OneThreadEach())
        first.close()
        assert blas_threads_now() == {1}
        second.close()
        assert blas_threads_now() == {2}


def test_threads_that_share_the_cores_have_fewer_each():
    with threadpool_limits(2, "blas"):
        assert blas_threads.threads_allowed() == 2
        with OneThreadEach():
            assert blas_threads.threads_allowed() == 2
            with get_backend("numpy").sharing(2), OneThreadEach():
                assert blas_threads.threads_allowed() == 1
        with OneThreadEach(3):
            assert blas_threads.threads_allowed() == 1
        assert blas_threads.threads_allowed() == 2


def test_the_library_of_one_package_alone_may_be_held():
    import scipy.linalg.cython_blas  # noqa: F401 - its library is loaded

    def threads():
        return {
            owner: {lib["num_threads"] for lib in blas_threads.blas().info() if is_of(lib, owner)}
            for owner in ("numpy", "scipy")
        }

    def is_of(lib, owner):
        return blas_threads.is_of(lib["filepath"], owner)

    with threadpool_limits(2, "blas"):
        both = threads()
        if both != {"numpy": {2}, "scipy": {2}}:
            pytest.skip("NumPy and SciPy share a library here")
        with OneThreadEach(owner="numpy"):
            assert threads() == {"numpy": {1}, "scipy": {2}}
            with OneThreadEach():
                assert threads() == {"numpy": {1}, "scipy": {1}}
            assert threads() == {"numpy": {1}, "scipy": {2}}
        assert threads() == both


def test_the_last_to_leave_may_be_another_thread():
    with threadpool_limits(2, "blas"):
        last = ExitStack()
        last.enter_context(OneThreadEach())
        assert blas_threads_now() == {1}
        leaving = Thread(target=last.close)
        leaving.start()
        leaving.join()
        assert blas_threads_now() == {2}


@pytest.mark.parametrize("n", [1, BLOCK_ROWS, N])
def test_parts_are_what_sample_gives(fitted, n, monkeypatch):
    monkeypatch.setattr("regan.estimators.base._PART_CELLS", 2 * 3 * BLOCK_ROWS)
    parts, n_parts = ModelView(fitted).sample_parts(n, 1)
    parts = list(parts)
    np.testing.assert_array_equal(np.concatenate(parts), fitted.sample(n, random_state=1))
    assert len(parts) == np.ceil(n_parts) == np.ceil(n / (2 * BLOCK_ROWS))


def test_a_part_takes_no_more_memory_however_many_there_are():
    gaussian = RegularizedGaussian(random_state=0).fit(np.eye(5))
    parts, n_parts = ModelView(gaussian).sample_parts(10**30, None)
    assert next(parts).size <= 2**18 < next(parts).size * n_parts


def source(frame):
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()


def interrupt_at(number):
    """A trace function that raises at one of the steps of `blas_threads`."""
    left = count(number, -1)

    def trace(frame, event, arg):
        if frame.f_code.co_filename != blas_threads.__file__:
            return None
        # an interruption never comes between the body of a lock's block and its end
        step = event == "call" or (event == "line" and not source(frame).startswith("with "))
        if step and next(left) == 0:
            raise KeyboardInterrupt
        return trace

    return trace


@pytest.mark.parametrize("where", ["entering", "leaving"])
def test_an_interruption_at_any_step_gives_the_threads_back(where):
    before, inside = sys.gettrace(), set()
    with threadpool_limits(2, "blas"):
        for number in range(200):
            interrupted, context = True, OneThreadEach()
            with suppress(KeyboardInterrupt):
                try:
                    sys.settrace(interrupt_at(number) if where == "entering" else before)
                    with context:
                        sys.settrace(before)
                        inside = blas_threads_now()
                        sys.settrace(interrupt_at(number) if where == "leaving" else before)
                    interrupted = False
                finally:
                    sys.settrace(before)
            del context
            assert blas_threads_now() == {2}, number
            if not interrupted:
                break
        assert 10 < number < 199
        assert inside == {1}


def test_an_interruption_of_sample_waits_for_its_threads(monkeypatch):
    """Also for the thread that the pool does not know, for it came while that was started."""
    gan = clone(MODELS["gan"]).fit(np.random.default_rng(0).normal(size=(40, 2)))
    start = Thread.start

    def interrupted(self):
        start(self)
        raise KeyboardInterrupt

    with threadpool_limits(2, "blas"):
        monkeypatch.setattr(Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gan.sample(20 * BLOCK_ROWS)
        assert blas_threads_now() == {2}


@pytest.mark.parametrize("options", [{}, {"y": 1}, {"conditions": {0: 5.0}}], ids=str)
@pytest.mark.parametrize("name", ["gan", "conditional", "gaussian", "mixture"])
def test_more_rows_than_memory_holds(name, options):
    rng = np.random.default_rng(0)
    model = clone(MODELS[name])
    if "conditions" in options and name in ("gan", "conditional"):
        model.set_params(masked=True)
    if "y" in options and name != "conditional":
        model.set_params(conditional=True)
    model.fit(rng.normal([5.0, -1.0], 1.0, size=(80, 2)), np.arange(80) % 3)
    helps = "" if "conditions" in options else ", or write them to a folder with sample_to"
    for n in (10**13, 10**30):
        message = f"{n:,} rows of 2 columns do not fit into memory: sample fewer rows at a time"
        with pytest.raises(MemoryError) as error:
            model.sample(n, **options)
        assert str(error.value) == message + helps
