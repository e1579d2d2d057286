"""NumPy's ufuncs on floating arrays as kernels: what they do on one element, in C++."""

from __future__ import annotations

import numpy as np

from regan.backends.base import Array, Kernel


def _kernel(ufunc: np.ufunc, text: str) -> Kernel:
    def apply(*operands: Array) -> None:
        ufunc(*operands[:-1], out=operands[-1])

    ins = ", ".join(f"T {name}" for name in ("a", "b")[: ufunc.nin])
    return Kernel(f"numpy_{ufunc.__name__}", ins, "T y", text, apply)


_TEXTS = {
    np.add: "y = a + b;",
    np.subtract: "y = a - b;",
    np.multiply: "y = a * b;",
    np.divide: "y = a / b;",
    # the sum is NaN where no comparison holds
    np.maximum: "y = a >= b ? a : (a < b ? b : a + b);",
    np.minimum: "y = a <= b ? a : (a > b ? b : a + b);",
    np.sqrt: "y = sqrt(a);",
    np.negative: "y = -a;",
    np.absolute: "y = fabs(a);",
    np.fabs: "y = fabs(a);",
    np.sign: "y = a > 0 ? T(1) : (a < 0 ? T(-1) : (a >= 0 ? T(0) : a));",
    np.square: "y = a * a;",
    np.reciprocal: "y = T(1) / a;",
    np.exp: "y = exp(a);",
    np.expm1: "y = expm1(a);",
    np.log1p: "y = log1p(a);",
    np.tanh: "y = tanh(a);",
}


def _multiply_add(a: Array, b: Array, y: Array) -> None:
    y += a * b


MULTIPLY_ADD = Kernel("multiply_add", "T a, T b", "T y", "y += a * b;", _multiply_add)
"""A product of a column and a row, added to what is there."""

UFUNCS: dict[np.ufunc, Kernel] = {ufunc: _kernel(ufunc, text) for ufunc, text in _TEXTS.items()}
"""The kernel of each ufunc that has one."""

KERNELS = (*UFUNCS.values(), MULTIPLY_ADD)
"""What replays need beside the kernels of tapes."""
