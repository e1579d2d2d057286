"""Instructions of a tape as words of a program (see program.hpp)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from regan.backends.base import Kernel, copies
from regan.backends.native.extension import DTYPES, Extension
from regan.backends.native.simplified import thrown_away
from regan.backends.native.ufuncs import MULTIPLY_ADD, UFUNCS
from regan.backends.tape.instructions import At, Instruction
from regan.backends.tape.views import address_of

Words: TypeAlias = list[int]

LAYOUT = 1
"""The version of the words, as in program.hpp."""

_ELEMENTWISE, _PRODUCT, _SUM, _TAKE = range(4)
_MOST_OPERANDS, _MOST_DIMENSIONS, _MOST = 40, 8, 2**31


class NoWords(Exception):  # noqa: N818 - no error: NumPy does what programs cannot
    """An instruction that programs do not have."""


class Lowering:
    """Writes instructions as words.

    Parameters
    ----------
    extension : Extension
    n_numbers : int
        How many numbers of the host there are.

    Attributes
    ----------
    slots : list of array
        Where programs read the numbers of the host, an array per dtype.
    used : set of (int, int)
        Which of them programs read: the position of the array in `slots`, and in the array.
    kept : list
        What the addresses in the words need to stay alive.
    """

    def __init__(self, extension: Extension, n_numbers: int) -> None:
        self._extension = extension
        self.slots: list[np.ndarray] = [np.zeros(n_numbers, dtype) for dtype in DTYPES]
        self.used: set[tuple[int, int]] = set()
        self.kept: list[Any] = []
        self._constants: dict[tuple[Any, np.dtype[Any]], np.ndarray] = {}

    def words(self, one: Instruction) -> Words | None:
        """An instruction of arrays in their places; None if only NumPy does it."""
        lower = _LOWER.get(one.kind)
        if lower is None:
            return None
        try:
            words = lower(self, one)
        except NoWords:
            return None
        self.kept += [a for a in (*one.inputs, *one.outputs) if isinstance(a, np.ndarray)]
        return words

    def _kernel(self, one: Instruction) -> Words:
        return self._elementwise(one.what, one.inputs, one.outputs)

    def _ufunc(self, one: Instruction) -> Words:
        if not one.options.keys() <= {"casting"}:
            raise NoWords
        if one.what is np.matmul:
            return self._multiplied(one.inputs, one.outputs, accumulate=False)
        kernel = UFUNCS.get(one.what)
        if kernel is None or not any(isinstance(a, np.ndarray) for a in one.inputs):
            raise NoWords  # of numbers alone, NumPy computes in their own dtype
        return self._elementwise(kernel, one.inputs, one.outputs)

    def _copy(self, one: Instruction) -> Words:
        return self._elementwise(copies(1), one.inputs, one.outputs)

    def _product(self, one: Instruction) -> Words:
        return self._multiplied(one.inputs, one.outputs, accumulate=one.what)

    def _elementwise(self, kernel: Kernel, inputs: Sequence[Any], outputs: Sequence[Any]) -> Words:
        dtype, shape = _common(outputs), outputs[0].shape
        function = self._extension.address(kernel, dtype)
        if function is None or any(out.shape != shape for out in outputs):
            raise NoWords
        if 0 in shape:
            return []
        given = [self._operand(a, dtype) for a in inputs]
        if any(a.ndim > len(shape) for a in given):
            raise NoWords
        arrays = [*(np.broadcast_to(a, shape) for a in given), *outputs]
        _independent(arrays, len(outputs))
        read = [i for i, out in enumerate(outputs, len(inputs)) if not thrown_away(out)]
        if not read:
            return []
        dimensions = _collapsed(shape, [a.strides for a in arrays], read[0])
        if len(arrays) > _MOST_OPERANDS or len(dimensions) > _MOST_DIMENSIONS:
            raise NoWords
        *outer, (n, *inner) = dimensions or [(1, *(dtype.itemsize for _ in arrays))]
        words = [function, dtype.itemsize, len(arrays), len(outputs), len(outer), n]
        words += [length for length, *_ in outer]
        for j, a in enumerate(arrays):
            words += [address_of(a), inner[j], *(strides[j] for _, *strides in outer)]
        return _operation(_ELEMENTWISE, words)

    def _multiplied(self, inputs: Sequence[Any], outputs: Sequence[Any], accumulate: bool) -> Words:
        (a, b), (out,) = inputs, outputs
        dtype = _common((a, b, out))
        if out.ndim != 3 or a.ndim != 3 or b.ndim != 3:
            raise NoWords
        batch, m, n = out.shape
        k = a.shape[-1]
        if 0 in (batch, m, n, k):
            raise NoWords
        if k == 1:
            kernel = MULTIPLY_ADD if accumulate else UFUNCS[np.multiply]
            return self._elementwise(kernel, (a, b), (out,))
        if max(m, n, k) >= _MOST or any(np.may_share_memory(out, other) for other in (a, b)):
            raise NoWords
        words = [DTYPES.index(dtype), m, n, k, int(accumulate), batch]
        for array in (a, b, out):
            words += [address_of(array), array.strides[0] if array.shape[0] > 1 else 0]
            words += _matrix(array, dtype.itemsize)
        if m > 1 and n > 1 and out.strides[2] != dtype.itemsize:
            raise NoWords
        return _operation(_PRODUCT, words)

    def _reduce(self, one: Instruction) -> Words:
        (a,), (out,) = one.inputs, one.outputs
        if one.what is not np.add or not one.options.keys() <= {"axis", "keepdims"}:
            raise NoWords
        dtype = _common((a, out))
        axis = one.options.get("axis", 0)
        axes = range(a.ndim) if axis is None else np.atleast_1d(axis) % max(a.ndim, 1)
        summed = {int(i) for i in axes}
        if a.size == 0 or a.ndim == 0 or np.may_share_memory(a, out):
            raise NoWords
        target = out if one.options.get("keepdims") else np.expand_dims(out, tuple(summed))
        kept_axes, last = [i for i in range(a.ndim) if i not in summed], a.ndim - 1
        kept = _collapsed(
            [a.shape[i] for i in kept_axes],
            [[b.strides[i] for i in kept_axes] for b in (a, target)],
            0,
        )
        reduced = _collapsed(
            [a.shape[i] for i in sorted(summed)], [[a.strides[i] for i in sorted(summed)]], 0
        )
        if 0 in summed and last not in summed and a.shape[last] == 1:
            # terms (T, K) of one model: added one after the other, as those of several are
            kept.append((1, dtype.itemsize, dtype.itemsize))
        words = [DTYPES.index(dtype), len(kept), len(reduced), address_of(a), address_of(out)]
        return _operation(_SUM, words + [int(w) for row in (*kept, *reduced) for w in row])

    def _take(self, one: Instruction) -> Words:
        (a, index), (out,) = one.inputs, one.outputs
        if not isinstance(a, np.ndarray) or a.ndim == 0 or a.dtype != out.dtype:
            raise NoWords
        if one.what not in (0, -a.ndim) or not 0 < index.ndim <= 2:
            raise NoWords
        _readable(index, np.dtype(np.int64))
        if not (out.flags.c_contiguous and a[:1].flags.c_contiguous and out.size):
            raise NoWords
        if a.dtype.hasobject or any(np.may_share_memory(out, b) for b in (a, index)):
            raise NoWords
        n, m = index.shape if index.ndim == 2 else (1, *index.shape)
        strides = index.strides if index.ndim == 2 else (0, *index.strides)
        words = [a[:1].nbytes, n, m, address_of(a), len(a), a.strides[0]]
        return _operation(_TAKE, [*words, address_of(index), *strides, address_of(out)])

    def _operand(self, a: Any, dtype: np.dtype[Any]) -> np.ndarray:
        """An input as an array: a number of the host is where it will be written."""
        if isinstance(a, np.ndarray):
            return _readable(a, dtype)
        if isinstance(a, At):
            self.used.add((DTYPES.index(dtype), a.number))
            return self.slots[DTYPES.index(dtype)][a.number :][:1].reshape(())
        if not isinstance(a, (bool, int, float, np.bool_, np.integer, np.floating)):
            raise NoWords
        constant = np.array(a, dtype)
        return self._constants.setdefault((constant.tobytes(), dtype), constant)


_LOWER: dict[str, Callable[[Lowering, Instruction], Words]] = {
    "kernel": Lowering._kernel,
    "product": Lowering._product,
    "ufunc": Lowering._ufunc,
    "reduce": Lowering._reduce,
    "copy": Lowering._copy,
    "take": Lowering._take,
}


def _operation(code: int, words: Sequence[int]) -> Words:
    return [code, len(words) + 2, *map(int, words)]


def _common(arrays: Sequence[Any]) -> np.dtype[Any]:
    """The dtype of all of them, if kernels are compiled for it."""
    for dtype in DTYPES:
        if all(isinstance(a, np.ndarray) and a.dtype == dtype for a in arrays):
            for a in arrays:
                _readable(a, dtype)
            return dtype
    raise NoWords


def _readable(a: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """The array, if its entries are of this dtype and lie where the processor expects them."""
    if a.dtype != dtype or not a.flags.aligned:
        raise NoWords
    return a


def _independent(arrays: Sequence[np.ndarray], n_outputs: int) -> None:
    """Each output shares memory with the same entries of other operands, or with none."""
    for i in range(len(arrays) - n_outputs, len(arrays)):
        out = arrays[i]
        for a in arrays[:i]:
            same = address_of(a) == address_of(out) and _steps(a) == _steps(out)
            if not same and np.may_share_memory(a, out) and _overlap(a, out):
                raise NoWords


def _steps(a: np.ndarray) -> list[int]:
    """The strides that are taken: of one entry there is none."""
    return [stride for n, stride in zip(a.shape, a.strides, strict=True) if n > 1]


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return bool(np.shares_memory(a, b, 10_000))  # type: ignore[arg-type]  # the stub knows two
    except np.exceptions.TooHardError:
        return True


def _collapsed(
    shape: Sequence[int], strides: Sequence[Sequence[int]], leading: int
) -> list[tuple[int, ...]]:
    """(length, stride of each array) of the fewest dimensions that go over the same entries.

    The last one is that in which array `leading` has the smallest stride.
    """
    found = [(n, *(s[d] for s in strides)) for d, n in enumerate(shape) if n != 1]
    found.sort(key=lambda row: -abs(row[1:][leading]))
    merged: list[tuple[int, ...]] = []
    for n, *steps in found:
        if merged and all(before == n * s for before, s in zip(merged[-1][1:], steps, strict=True)):
            merged[-1] = (merged[-1][0] * n, *steps)
        else:
            merged.append((n, *steps))
    return merged


def _matrix(array: np.ndarray, itemsize: int) -> list[int]:
    """The strides of rows and columns, if BLAS can read them."""
    _, rows, columns = array.shape
    down, across = array.strides[1:]
    if any(stride < 0 or stride % itemsize or stride >= _MOST for stride in (down, across)):
        raise NoWords
    if rows > 1 and columns > 1:
        by_rows = across == itemsize and down >= columns * itemsize
        by_columns = down == itemsize and across >= rows * itemsize
        if not (by_rows or by_columns):
            raise NoWords
    elif (rows > 1 and down == 0) or (columns > 1 and across == 0):
        raise NoWords
    return [down, across]
