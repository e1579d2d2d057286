"""Passes over the columns of a matrix of few columns, with several of its rows as a long one."""

from __future__ import annotations

import numpy as np

_LONG = 2**10


class LongRows:
    """Numbers for each column, to be added to rows and so on: faster than row by row.

    NumPy begins anew at each row, which costs as much as fifty numbers.

    Parameters
    ----------
    *columns : array of shape (D,)

    Examples
    --------
    >>> import numpy as np
    >>> from regan.data.numbers.long_rows import LongRows
    >>> X = np.ones((1024, 2))
    >>> wide, steps = LongRows(np.array([1.0, 2.0])).over(X)
    >>> wide += steps
    >>> X[:2]
    array([[2., 3.],
           [2., 3.]])
    """

    def __init__(self, *columns: np.ndarray) -> None:
        self._columns = columns
        # a power of 2, as are the rows of which there are many
        self._several = 2 ** max(0, (_LONG // max(1, len(columns[0]))).bit_length() - 1)
        self._repeated = tuple(np.tile(each, self._several) for each in columns)

    def over(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """A view of `X` (n, D), and the numbers to go with it."""
        n, width = X.shape
        if n % self._several or not X.flags.c_contiguous:
            return X, *self._columns
        return X.reshape(n // self._several, self._several * width), *self._repeated
