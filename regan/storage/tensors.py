"""Arrays of a file, taken by name, shape, dtype and range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from regan.storage.stored import FileError, short


class Tensors:
    """The arrays of a file by name, each of which somebody has to take.

    Parameters
    ----------
    arrays : mapping of str to array
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._left = dict(arrays)

    def take(
        self,
        name: str,
        shape: Sequence[int | None] | None,
        dtypes: Sequence[str] = ("float64",),
        low: float = -math.inf,
        high: float = math.inf,
        *,
        finite: bool = True,
    ) -> np.ndarray:
        """The array `name`, of finite values unless not `finite`.

        FileError for another shape than `shape`, where None is any length (or any shape), another
        dtype, or values beyond `low` and `high`.
        """
        if name not in self._left:
            raise FileError(f"the array {name} is missing")
        array = self._left.pop(name)
        if str(array.dtype) not in dtypes:
            raise FileError(f"the array {name} must be of {' or '.join(dtypes)}, not {array.dtype}")
        if shape is not None and not _same_shape(shape, array.shape):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise FileError(f"the array {name} must be of the shape ({wanted}), not {array.shape}")
        if finite and not (np.isfinite(array) & (low <= array) & (array <= high)).all():
            raise FileError(f"the array {name} holds values that are not finite or out of range")
        return array

    def group(self, prefix: str) -> Tensors:
        """All arrays whose names begin so, by the rest of their names."""
        front = f"{prefix}."
        names = [name for name in self._left if name.startswith(front)]
        return Tensors({name.removeprefix(front): self._left.pop(name) for name in names})

    @property
    def names(self) -> list[str]:
        """What nobody has taken yet."""
        return list(self._left)

    def end(self) -> None:
        """FileError if an array is left that nobody has taken."""
        if self._left:
            raise FileError(f"the array {short(min(self._left))} belongs to nothing")


def _same_shape(wanted: Sequence[int | None], shape: Sequence[int]) -> bool:
    both = zip(wanted, shape, strict=False)
    return len(wanted) == len(shape) and all(n is None or n == m for n, m in both)
