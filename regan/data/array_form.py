"""The form of an array that goes through an encoder: as a table in, and as an array out again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array

from regan.data.encoder import TableEncoder
from regan.data.frames.dataframes import Dtype
from regan.data.frames.libraries import library
from regan.storage.stored import Stored

_KINDS = "biufOU"
_DTYPES = re.compile(r"object|bool|u?int(8|16|32|64)|float(16|32|64)|<U[1-9][0-9]{0,4}", re.A)
_WHY = "a TableEncoder reads arrays through pandas"


@dataclass(frozen=True)
class ArrayForm:
    """The form of an array that an encoder reads as a DataFrame, whose columns are positions.

    Attributes
    ----------
    dtype : str
        Of numbers, booleans, text, or objects.
    """

    dtype: str

    @classmethod
    def of(cls, X: Any) -> Self:
        """Of an array-like that `as_table` takes."""
        return cls(str(_array(X).dtype))

    def fits(self, encoder: TableEncoder) -> bool:
        """Whether an array of this dtype may be what the encoder was fitted to."""
        word = "object" if self.dtype.startswith("<U") else self.dtype
        names = encoder.names == tuple(range(len(encoder.names)))
        return names and encoder.dtypes_ == [Dtype(word)] * len(encoder.names)

    def wrap(self, frame: Any) -> np.ndarray:
        """A DataFrame of pandas as an array of this dtype."""
        array: np.ndarray = frame.to_numpy(dtype=self.dtype)
        return array

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {"kind": "array", "dtype": self.dtype}

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        kind, dtype = stored.fields("kind", "dtype")
        kind.choice("array")
        return cls(dtype.text(_DTYPES))


def as_table(X: Any) -> Any:
    """The DataFrame of pandas of an array-like (n, C), its columns called by their positions.

    TypeError or ValueError for what is no array of two dimensions, or of dtypes without a column.
    """
    pandas, array = library("pandas", _WHY), _array(X)
    if array.dtype.kind == "U":
        array = array.astype(object)
    columns = [pandas.Series(array[:, j], dtype=array.dtype) for j in range(array.shape[1])]
    return pandas.concat(columns, axis=1, keys=range(len(columns)))


def _array(X: Any) -> np.ndarray:
    """An array-like as an array of a dtype that files name."""
    given = X if isinstance(X, np.ndarray) or hasattr(X, "toarray") else np.asarray(X)
    if given is not X and given.dtype.kind in "US":
        given = np.asarray(X, dtype=object)  # NumPy made strings of the numbers beside a string
    array: np.ndarray = check_array(given, dtype=None, ensure_all_finite=False, input_name="X")
    if array.dtype.kind not in _KINDS:
        raise TypeError(
            f"X is an array of {array.dtype}, which a TableEncoder does not read: give a DataFrame"
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    native = array.dtype.newbyteorder("=" if array.dtype.kind != "U" else "<")
    return array.astype(native, copy=False)
