"""Rows of numbers are scaled a few at a time: the same numbers, and no second copy of them."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from regan import Checkpoint, RegularizedGAN
from regan.building import framing
from regan.data.numbers import pieces
from regan.data.numbers.spread import Spread
from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import UnscaledRows, in_pieces
from regan.mixtures import frames as mixture_frames
from regan.mixtures import local_frames

KINDS = {
    "float64": lambda X, path: X,
    "columns first": lambda X, path: np.asfortranarray(X),
    "every other row": lambda X, path: np.repeat(X, 2, axis=0)[::2],
    "float32": lambda X, path: X.astype("float32"),
    "memory map": lambda X, path: mapped(X.astype("float32"), path),
}


def mapped(X, path):
    X.tofile(path)
    return np.memmap(path, X.dtype, "r", shape=X.shape)


def of_kinds(n, d, rng):
    """Columns that are normal, ranked, constant, and shifted far."""
    X = rng.standard_normal((n, d)).astype("float32").astype("float64")
    X[:, 1] = np.exp(2 * X[:, 1]).astype("float32")
    X[:, 2] = 0.25
    X[:, 3] += 4096
    return X.astype("float32").astype("float64")


@pytest.fixture
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(pieces, "_NUMBERS", 60)


@pytest.mark.parametrize("shape", [(200, 7), (90, 1), (3, 4)], ids=str)
def test_a_spread_is_the_same_however_rows_are_cut(shape, monkeypatch):
    X = np.random.default_rng(0).lognormal(0, 2, shape)
    X[:, -1] = 0.1
    whole = Spread.of(X)
    expected = StandardScaler().fit(X)
    for name in ("mean", "scale"):
        np.testing.assert_allclose(getattr(whole, name), getattr(expected, f"{name}_"), rtol=1e-14)
    monkeypatch.setattr(pieces, "_NUMBERS", 20)
    parts = Spread.of(np.asfortranarray(X))
    for name, value in vars(whole).items():
        np.testing.assert_array_equal(getattr(parts, name), value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_rows_are_scaled_the_same_in_pieces(kind, tmp_path, few_at_a_time):
    X = of_kinds(150, 6, np.random.default_rng(0))
    scaler = ColumnScaler.learn(X, drawn=True)
    assert set(scaler.ranks) == {1}
    given = kind(X, tmp_path / "rows")
    rows = UnscaledRows(ColumnScaler.learn(given, drawn=True), given)
    expected = (X - X.mean(axis=0)) / scaler.scale
    expected[:, 1], expected[:, 2] = scaler.forward(X)[:, 1], 0
    np.testing.assert_allclose(rows.scaled(), expected, atol=1e-12)
    np.testing.assert_array_equal(rows.scaled(), scaler.forward(X))
    np.testing.assert_array_equal(rows.scaled("float32"), scaler.forward(X).astype("float32"))
    some = np.array([140, 3, 77])
    np.testing.assert_array_equal(rows[some].scaled(), scaler.forward(X)[some])
    for same in (rows, rows.scored()):
        np.testing.assert_array_equal(same.scaled(), scaler.forward(X))
        np.testing.assert_array_equal(np.vstack(list(in_pieces(same))), scaler.forward(X))
        found = np.vstack(list(in_pieces(same[some])))
        np.testing.assert_array_equal(found, scaler.forward(X)[some])
    untied = [0, 2, 3, 4, 5]
    np.testing.assert_array_equal(rows.some(some)[:, untied], scaler.forward(X)[some][:, untied])


@pytest.mark.parametrize("frames", [None, "auto"])
def test_a_model_does_not_depend_on_the_array(frames, tmp_path, few_at_a_time):
    X = of_kinds(300, 40, np.random.default_rng(0))[:, 2:]  # so many that frames are principal
    gan = RegularizedGAN(
        max_iter=2, hidden_layer_sizes=4, frames=frames, early_stopping=True, random_state=0
    )
    expected = gan.fit(X).sample(5, random_state=0)
    for name in ("columns first", "memory map"):
        found = gan.fit(KINDS[name](X, tmp_path / "rows")).sample(5, random_state=0)
        np.testing.assert_array_equal(found, expected.astype(found.dtype), err_msg=name)


def test_a_checkpoint_knows_the_data_in_any_array(tmp_path, few_at_a_time):
    X = of_kinds(100, 5, np.random.default_rng(0))

    def fit(data, n):
        run = Checkpoint(tmp_path / "run", resume=True)
        gan = RegularizedGAN(max_iter=n, hidden_layer_sizes=4, callbacks=[run], random_state=0)
        return gan.fit(data)

    fit(X, 2)
    fit(mapped(X.astype("float32"), tmp_path / "rows"), 2)
    X[5, 4] += 1
    with pytest.raises(ValueError, match="other values in"):
        fit(X, 2)


@pytest.mark.parametrize(
    ("frames", "columns", "kind", "most"),
    [
        (None, 40, "array", 1.5),
        (1, 40, "ranked", 1.7),
        (None, 40, "frame", 1.5),
        ("auto", 20, "array", 1.9),
    ],
    ids=str,
)
def test_a_fit_takes_one_copy_in_its_own_dtype(frames, columns, kind, most, monkeypatch):
    monkeypatch.setattr(pieces, "_NUMBERS", 4000)
    monkeypatch.setattr(local_frames, "LEARNT_ROWS", 2000)
    monkeypatch.setattr(framing, "LEARNT_ROWS", 2000)
    monkeypatch.setattr(mixture_frames, "PIECE", 2**14)
    X = np.random.default_rng(0).standard_normal((50_000, columns), dtype="float32")
    if kind == "ranked":
        X[:, 1] = np.exp(2 * X[:, 1])
    n_bytes = X.nbytes
    if kind == "frame":
        X = pd.DataFrame(X, columns=[f"x{j}" for j in range(columns)], copy=False)
    gan = RegularizedGAN(max_iter=1, hidden_layer_sizes=4, batch_size=8, frames=frames)
    gan.fit(X[:1000])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        gan.fit(X)
        after, peak = (amount - before for amount in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    assert peak <= most * n_bytes
    assert after < 0.05 * n_bytes
