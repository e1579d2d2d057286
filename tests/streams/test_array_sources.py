"""Rows that are read by slices: memory maps, arrays of zarr and h5py, and whatever is like them."""

import os

import h5py
import numpy as np
import pytest
import zarr

from regan import OutOfCore, RegularizedGaussian
from regan.streams.array_source import ArraySource
from regan.streams.recognition import lies_outside
from regan.streams.source import ChangedError


def rows(n=1000, d=3, dtype="float32"):
    return np.random.default_rng(0).normal(5, 2, size=(n, d)).astype(dtype)


def mapped(X, path, mode="r"):
    X.tofile(path)
    return np.memmap(path, X.dtype, mode, shape=X.shape)


class Sliced:
    """Nothing but a shape, a dtype and slices of rows."""

    def __init__(self, X):
        self._X, self.shape, self.dtype = X, X.shape, X.dtype

    def __getitem__(self, part):
        assert isinstance(part, slice)
        return self._X[part]


def stored(kind, X, path):
    if kind == "memory map":
        return mapped(X, path / "rows")
    if kind == "part of a memory map":
        wide = mapped(np.hstack([X, X]), path / "rows")
        return wide[:, : X.shape[1]]
    if kind == "zarr":
        return zarr.create_array(path / "z", data=X, chunks=(70, X.shape[1]))
    if kind == "h5py":
        return h5py.File(path / "x.h5", "w").create_dataset("x", data=X)
    if kind == "h5py in chunks":
        return h5py.File(path / "x.h5", "w").create_dataset("x", data=X, chunks=(300, 2))
    return Sliced(X)


KINDS = ("memory map", "part of a memory map", "zarr", "h5py", "h5py in chunks", "slices")


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_are_the_rows_in_order(kind, tmp_path):
    X = rows()
    source = ArraySource(stored(kind, X, tmp_path))
    assert source.n_rows == len(X)
    assert source.shape == X.shape
    whole = np.concatenate([source.read(block) for block in range(len(source.lengths))])
    np.testing.assert_array_equal(whole, X)
    assert whole.dtype == np.float32
    pieces = np.concatenate([*source.pieces()])
    np.testing.assert_array_equal(pieces, X)


@pytest.mark.parametrize("kind", KINDS)
def test_some_rows_of_a_block_come_in_the_order_asked_for(kind, tmp_path):
    X = rows()
    source = ArraySource(stored(kind, X, tmp_path))
    for block, first in enumerate(source.starts):
        asked = np.array([7, 3, 3, int(source.lengths[block]) - 1])
        np.testing.assert_array_equal(source.read(block, asked), X[first + asked])
    assert source.read(0, np.empty(0, dtype=int)).shape == (0, 3)


class Endless:
    """Rows that are nowhere, as many as one likes."""

    dtype = np.dtype(np.float32)

    def __init__(self, n):
        self.shape = n, 2

    def __getitem__(self, rows):
        first, end, _ = rows.indices(self.shape[0])
        return np.arange(first, end)[:, None] + np.zeros(2, np.float32)


def test_there_are_not_many_blocks_whatever_the_rows_are():
    source = ArraySource(Endless(10**9))
    assert len(source.lengths) <= 2**20
    assert source.lengths.sum() == 10**9
    np.testing.assert_array_equal(source.read(1)[:2, 0], source.lengths[0] + np.arange(2))


@pytest.mark.parametrize(("chunk", "block"), [(70, 280), (256, 256), (300, 300), (1, 256)])
def test_a_block_is_whole_chunks(chunk, block, tmp_path):
    X = zarr.create_array(tmp_path / "z", data=rows(), chunks=(chunk, 2))
    assert ArraySource(X).lengths[0] == block


def test_columns_are_positions(tmp_path):
    X = rows()
    source = ArraySource(mapped(X, tmp_path / "rows"), columns=[2, 0])
    np.testing.assert_array_equal(source.read(1), X[256:512][:, [2, 0]])
    model = RegularizedGaussian(random_state=0).fit(OutOfCore(X, columns=[1]))
    assert model.n_features_in_ == 1
    with pytest.raises(ValueError, match=r"columns=\[3\]: the data do not have \[3\]"):
        ArraySource(X, columns=[3])
    with pytest.raises(TypeError, match="columns must be a list"):
        ArraySource(X, columns="a")


def resident(file):
    """Bytes of a file that are mapped and in memory of this process."""
    found, pages = False, 0
    with open("/proc/self/smaps") as smaps:
        for line in smaps:
            if "-" in line.split()[0] and not line.split()[0].endswith(":"):
                found = line.rstrip().endswith(str(file))
            elif found and line.startswith("Rss:"):
                pages += int(line.split()[1]) * 1024
    return pages


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="Linux says what is resident")
@pytest.mark.parametrize("mode", ["r", "r+"])
def test_pages_of_a_memory_map_are_let_go(mode, tmp_path):
    X = mapped(rows(100_000, 5), tmp_path / "rows", mode)
    assert float(X.sum()) > 0
    assert resident(tmp_path / "rows") == X.nbytes // 4096 * 4096 + 4096 * (X.nbytes % 4096 > 0)
    source = ArraySource(X)
    for _ in source.pieces():
        assert resident(tmp_path / "rows") == 0


def test_changes_of_a_private_memory_map_stay(tmp_path):
    X = mapped(rows(), tmp_path / "rows", "c")
    X[3, 1] = 77
    source = ArraySource(X)
    assert source.read(0)[3, 1] == 77
    assert source.read(0)[3, 1] == 77
    assert X[3, 1] == 77


def test_a_file_that_changes_is_refused_with_file_and_block(tmp_path):
    X = mapped(rows(), tmp_path / "rows")
    source = ArraySource(X)
    source.read(1)
    os.utime(tmp_path / "rows", ns=(1, 1))
    with pytest.raises(ChangedError, match=r"rows, rows 256 to 511: the data have changed since"):
        source.read(1)


def test_an_array_that_grows_is_refused():
    X = Sliced(rows())
    source = ArraySource(X)
    X.shape = (2000, 3)
    with pytest.raises(ChangedError, match="Sliced, rows 0 to 255: the data have changed"):
        source.read(0)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros(5), ValueError, r"of the shape \(5,\): it must have two dimensions"),
        (np.zeros((5, 2, 2)), ValueError, r"of the shape \(5, 2, 2\): it must have two"),
        (np.zeros((5, 0)), ValueError, "X has no columns"),
        (np.zeros((1, 3)), ValueError, r"1 sample\(s\) while a minimum of 2"),
        (np.zeros((0, 3)), ValueError, r"0 sample\(s\) while a minimum of 2"),
        (np.full((5, 2), "a", dtype=object), TypeError, "numpy.ndarray of object"),
        (np.full((5, 2), "a"), TypeError, "must hold numbers. Save tables with"),
        (np.zeros((5, 2), dtype=complex), TypeError, "complex128"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        RegularizedGaussian().fit(OutOfCore(X))


def test_what_is_no_array_is_refused():
    pd = pytest.importorskip("pandas")
    for X in (pd.DataFrame({"a": [1.0, 2.0]}), [[1.0], [2.0]], None):
        with pytest.raises(TypeError, match="OutOfCore takes arrays with shape, dtype and slices"):
            RegularizedGaussian().fit(OutOfCore(X))
    with pytest.raises(TypeError, match="sample_rows must be an integer"):
        RegularizedGaussian().fit(OutOfCore(np.zeros((4, 2)), sample_rows="many"))
    with pytest.raises(ValueError, match="buffer_rows must be an integer >= 2"):
        RegularizedGaussian().fit(OutOfCore(np.zeros((4, 2)), buffer_rows=1))


def test_other_methods_want_the_rows_themselves():
    model = RegularizedGaussian(random_state=0).fit(rows())
    with pytest.raises(TypeError, match="only fit, partial_fit and score accept"):
        model.impute(OutOfCore(rows()))


def test_which_arrays_are_not_in_memory(tmp_path):
    X = rows()
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        assert lies_outside(stored(kind, X, tmp_path / kind)), kind
    pd = pytest.importorskip("pandas")
    for other in (X, X.tolist(), pd.DataFrame(X), pd.Series(X[:, 0]), pd.DataFrame(X)[0].array):
        assert not lies_outside(other)


def test_an_array_of_a_closed_file_is_told(tmp_path):
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        data = file.create_dataset("rows", data=rows())
        source = ArraySource(data)
    words = r"h5py.Dataset that cannot be read \(.*\): keep its file open"
    for given in (data, OutOfCore(data)):
        with pytest.raises(ValueError, match=words):
            RegularizedGaussian().fit(given)
    with pytest.raises(ValueError, match=words):
        source.read(0)
    assert repr(OutOfCore(data)).startswith("OutOfCore(<Closed HDF5 dataset")


def test_a_file_that_was_removed_is_told(tmp_path):
    source = ArraySource(mapped(rows(), tmp_path / "rows"))
    os.remove(tmp_path / "rows")
    with pytest.raises(ChangedError, match="rows 256 to 511: the file does not exist any more"):
        source.read(1)
