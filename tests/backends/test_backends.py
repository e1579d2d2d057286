"""Which backend is chosen, what is said when it cannot be, and the contract."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from threading import Barrier

import numpy as np
import pytest
import strict_cupy
from sklearn.base import clone

from regan import RegularizedGAN, RegularizedVAE
from regan.backends import (
    Backend,
    BackendUnavailableError,
    Kernel,
    backend_status,
    get_backend,
    registry,
)
from regan.backends.cupy_backend import CupyBackend
from regan.backends.numpy_backend import NumpyBackend
from regan.testing import check_backend
from regan.validation import quietly

X = np.random.default_rng(0).normal(size=(40, 3))
FAST = {"max_iter": 3, "hidden_layer_sizes": 4, "random_state": 0}


@pytest.fixture
def no_choice(monkeypatch):
    monkeypatch.delenv("REGAN_BACKEND", raising=False)


@pytest.fixture
def no_cupy(monkeypatch, no_choice):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)  # import cupy fails


@pytest.fixture
def no_gpu(monkeypatch, no_choice):
    strict_cupy.install(monkeypatch, available=False)


def test_conformance():
    assert check_backend() < 1e-5


def test_choice_argument_then_environment_then_numpy(monkeypatch, no_choice):
    assert isinstance(get_backend(), NumpyBackend)
    strict_cupy.install(monkeypatch)
    monkeypatch.setenv("REGAN_BACKEND", "cupy")
    assert isinstance(get_backend(), CupyBackend)
    assert isinstance(get_backend("numpy"), NumpyBackend)
    monkeypatch.setenv("REGAN_BACKEND", "auto")
    assert isinstance(get_backend(), CupyBackend)
    monkeypatch.setenv("REGAN_BACKEND", "")
    assert isinstance(get_backend(), NumpyBackend)


@pytest.mark.parametrize("through", ["argument", "environment"])
def test_unknown_names(monkeypatch, no_choice, through):
    if through == "environment":
        monkeypatch.setenv("REGAN_BACKEND", "torch")
        gan, asked = RegularizedGAN(**FAST), "REGAN_BACKEND=torch"
    else:
        gan, asked = RegularizedGAN(backend="torch", **FAST), "backend='torch'"
    with pytest.raises(
        ValueError, match=f"^{asked} names no backend; choose one of: numpy, cupy, .*auto$"
    ):
        gan.fit(X)


@pytest.mark.parametrize("through", ["argument", "environment"])
def test_cupy_not_installed(monkeypatch, no_cupy, through):
    if through == "environment":
        monkeypatch.setenv("REGAN_BACKEND", "cupy")
        gan, asked = RegularizedGAN(**FAST), "REGAN_BACKEND=cupy"
    else:
        gan, asked = RegularizedGAN(backend="cupy", **FAST), "backend='cupy'"
    with pytest.raises(BackendUnavailableError, match=asked) as caught:
        gan.fit(X)
    assert "CuPy cannot be imported" in str(caught.value)
    assert "pip install cupy-cuda13x" in str(caught.value)
    assert not hasattr(gan, "n_features_in_")


def test_cupy_without_a_device(no_gpu):
    with pytest.raises(
        BackendUnavailableError, match=r"backend='cupy' .* no CUDA driver or device"
    ):
        RegularizedGAN(backend="cupy", **FAST).fit(X)


@pytest.mark.parametrize("machine", ["no_cupy", "no_gpu"])
def test_auto_falls_back_with_one_warning(request, machine):
    request.getfixturevalue(machine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gan = RegularizedGAN(backend="auto", **FAST).fit(X)
    assert [str(w.message)[:40] for w in caught] == ["backend='auto' falls back to NumPy: CuPy"]
    same = RegularizedGAN(backend="numpy", **FAST).fit(X)
    np.testing.assert_array_equal(gan.generator_.theta, same.generator_.theta)


@pytest.fixture
def told(no_cupy):
    """The warnings so far."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


@pytest.mark.parametrize("through", ["argument", "environment"])
@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_a_process_is_told_once(monkeypatch, told, cls, through):
    if through == "environment":
        monkeypatch.setenv("REGAN_BACKEND", "auto")
        model, asked = cls(**FAST), "REGAN_BACKEND=auto"
    else:
        model, asked = cls(backend="auto", **FAST), "backend='auto'"
    model.fit(X).sample(3)
    model.score(X)
    model.partial_fit(X)
    clone(model).fit(X).sample(3)
    assert [str(w.message).split(":")[0] for w in told] == [f"{asked} falls back to NumPy"]
    assert told[0].filename == __file__


def test_threads_are_told_once(told):
    gan = RegularizedGAN(**FAST).fit(X).set_params(backend="auto")
    start = Barrier(4)

    def work(i):
        start.wait()
        gan.sample(3)
        clone(gan).fit(X)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(told) == 1


def test_another_reason_is_told(monkeypatch, told):
    for reason in ("one", "one", "another"):
        monkeypatch.setattr(CupyBackend, "missing", classmethod(lambda cls, r=reason: r))
        get_backend("auto")
    assert [str(w.message).split(": ")[1] for w in told] == ["one", "another"]


def test_what_nobody_heard_is_told_later(told):
    with quietly():
        get_backend("auto")
    assert told == []
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="falls back to NumPy"):
                get_backend("auto")
    get_backend("auto")
    get_backend("auto")
    assert len(told) == 1


@pytest.mark.parametrize(
    "act", [lambda g: g.sample(3), lambda g: g.score(X)], ids=["sample", "score"]
)
def test_a_fitted_model_works_everywhere(no_cupy, act):
    gan = RegularizedGAN(backend="numpy", **FAST).fit(X)
    expected = act(gan)
    gan.set_params(backend="cupy")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.testing.assert_array_equal(act(gan), expected)
    assert len(caught) == 1
    assert "uses NumPy instead: backend='cupy' cannot be used here" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_status_lists_what_is_missing(no_cupy):
    rows = {row.name: row.missing for row in backend_status()}
    assert rows["numpy"] is None
    assert "pip install" in rows["cupy"]


class Recording(NumpyBackend):
    """A third party's backend."""

    name = "recording"
    kernels: list[str] = []  # noqa: RUF012 - shared on purpose

    def run(self, kernel, *ins, outs):
        self.kernels.append(kernel.name)
        super().run(kernel, *ins, outs=outs)


def announce(monkeypatch, value):
    entry = EntryPoint("recording", value, registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])


def test_third_party_backends(monkeypatch, no_choice):
    announce(monkeypatch, f"{__name__}:Recording")
    RegularizedGAN(backend="recording", **FAST).fit(X)
    assert {"adam_of_now", "leaky_relu_biased"} <= set(Recording.kernels)
    assert check_backend("recording") < 1e-5
    assert ("recording", None) in [(row.name, row.missing) for row in backend_status()]


class Sulking(NumpyBackend):
    @classmethod
    def missing(cls):
        raise OSError("the driver is asleep")


class Half(Backend):
    name = "half"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:Backend", "loading .* failed"),
        ("json:dumps", "no subclass of Backend"),
        (f"{__name__}:Sulking", "missing\\(\\) failed: OSError\\('the driver is asleep'\\)"),
        (f"{__name__}:Half", "does not implement asarray, empty"),
    ],
)
def test_broken_third_party_backends_are_explained(monkeypatch, no_choice, value, reason):
    announce(monkeypatch, value)
    with pytest.raises(BackendUnavailableError, match=f"backend='recording'.*{reason}"):
        RegularizedGAN(backend="recording", **FAST).fit(X)
    assert [row.missing is None for row in backend_status() if row.name == "recording"] == [False]


def test_dtypes():
    with pytest.raises(ValueError, match="dtype must be 'float32' or 'float64', got 'float16'"):
        get_backend(dtype="float16")


@pytest.mark.parametrize(
    "wrong",
    [
        {"matmul": lambda self, a, b, **kw: NumpyBackend.matmul(self, a, b, **{**kw, "ta": False})},
        {"to_numpy": lambda self, a: a},
        {"asarray": lambda self, a, dtype=None: np.asarray(a, dtype=self.dtype)},
        {"zeros": lambda self, shape: np.zeros(shape)},
        {"rng": lambda self, seed: np.random.default_rng(0)},
        {"run": lambda self, kernel, *ins, outs: None},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_backend_is_found(monkeypatch, no_choice, wrong):
    monkeypatch.setitem(registry._BUILT_IN, "wrong", type("Wrong", (NumpyBackend,), wrong))
    with pytest.raises((AssertionError, ValueError)):
        check_backend("wrong")


def test_kernels_are_data():
    kernel = Kernel("double", "T x", "T y", "y = T(2) * x;", lambda x, y: np.multiply(2, x, out=y))
    ops = get_backend("numpy")
    y = ops.empty((1, 3))
    ops.run(kernel, ops.asarray([[1, 2, 3]]), outs=(y,))
    assert y.tolist() == [[2, 4, 6]]


def test_a_second_import_path_is_refused():
    with pytest.raises(ImportError, match=r"import regan\.backends, not backends"):
        __import__("backends")
