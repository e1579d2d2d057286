"""The conformance check of a backend: everything in its contract against the NumPy reference."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np

from regan.backends import MAX_COPIES, Backend, Kernel, copies, get_backend
from regan.backends.native.text import argument_names
from regan.layers import ACTIVATIONS
from regan.testing.differences import assert_close

_TOLERANCES = {"float32": 2e-6, "float64": 1e-14}

SIGNED = {"z", "dz", "gy", "t", "w", "grad", "theta", "m", "d", "first", "second", "sign"}
"""Arguments of kernels that may have either sign."""


def all_kernels() -> list[Kernel]:
    """Every fused operation in regan."""
    found = [k for module in _modules() for k in vars(module).values()]
    for row in ACTIVATIONS.values():
        found += [row.value, row.slope, row.biased, row.sloped] + (
            [] if row.piecewise_linear else [row.curvature]
        )
    found += [copies(n) for n in range(1, MAX_COPIES + 1)]
    # once each, though one module may import it from another
    return list(dict.fromkeys(k for k in found if isinstance(k, Kernel)))


def _modules() -> list[ModuleType]:
    """The modules of regan that are loaded, in alphabetical order."""
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("regan.")]


def kernel_arguments(
    kernel: Kernel, rng: np.random.Generator, shape: tuple[int, ...] = (2, 3, 5)
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Random inputs and outputs for `kernel`, in float64.

    Values of either sign for what may have one; for strengths, moments and rates, which may not,
    values between 0.1 and 0.9.
    """

    def draw(declared: str) -> list[np.ndarray]:
        return [
            2 * rng.standard_normal(shape) if name in SIGNED else rng.uniform(0.1, 0.9, shape)
            for name in argument_names(declared)
        ]

    return draw(kernel.ins), draw(kernel.outs)


def check_backend(name: str | None = None, *, random_state: int = 0) -> float:
    """Check a backend against the NumPy reference.

    It checks transfers, allocation, all combinations of the flags of `matmul` on contiguous and
    strided arrays, with matrices shared or separate for each model, all kernels of regan, and the
    random generator, in both dtypes. The tolerance depends on the dtype.

    Parameters
    ----------
    name : str, optional
        The name of the backend; see `regan.backends.get_backend`.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error of any value.
    """
    errors = [0.0]
    for dtype in ("float32", "float64"):
        ops, rng = get_backend(name, dtype), np.random.default_rng(random_state)
        _check_memory(ops, rng)
        _check_random(ops)
        errors += _check_products(ops, rng)
        errors += [_check_kernel(ops, kernel, rng) for kernel in all_kernels()]
    return max(errors)


def _require(condition: Any, ops: Backend, what: str) -> None:
    if not condition:
        raise AssertionError(f"{ops!r}: {what}")


def _check_memory(ops: Backend, rng: np.random.Generator) -> None:
    a = rng.standard_normal((3, 4))
    for source in (a, a.T, a[::2], a.astype("float32"), a.tolist()):
        moved = ops.asarray(source)
        _require(moved.dtype == ops.dtype, ops, "asarray gives another dtype")
        _require(moved.flags.c_contiguous, ops, "asarray gives an array that is not contiguous")
        same = np.array_equal(ops.to_numpy(moved), np.asarray(source, dtype=ops.dtype))
        _require(same, ops, "a value changes on its way to the device and back")
    _require(ops.asarray([1, 2], dtype=np.int64).dtype == np.int64, ops, "asarray ignores dtype")
    host = ops.to_numpy(ops.zeros((2, 3)))
    _require(isinstance(host, np.ndarray) and not host.any(), ops, "zeros are not zero")
    _require(ops.empty((2, 3)).shape == (2, 3), ops, "empty has another shape")
    _require(
        ops.empty((2, 3)).dtype == ops.dtype == host.dtype, ops, "allocation ignores the dtype"
    )
    source = ops.zeros((2,))
    copy = ops.to_numpy(source)
    source += 1
    _require(not copy.any(), ops, "to_numpy gives a view, not a copy")
    _require(ops.free_memory > 0, ops, "free_memory is no number of bytes")
    for n_bytes in (0, 2**20, 2**40):
        least, most = ops.models_at_once(n_bytes)
        _require(1 <= least <= most, ops, "models_at_once gives no range")
    ops.synchronize()


def _check_random(ops: Backend) -> None:
    def draw(seed: Any) -> list[np.ndarray]:
        rng = ops.rng(seed)
        drawn = (
            rng.standard_normal((4000,), dtype=ops.dtype),
            rng.random((4000,), dtype=ops.dtype),
            rng.integers(0, 7, size=4000),
        )
        ops.reseed(rng, seed)
        same = ops.to_numpy(rng.standard_normal((4000,), dtype=ops.dtype))
        _require(np.array_equal(same, ops.to_numpy(drawn[0])), ops, "reseed does not start again")
        _require(all(a.dtype == ops.dtype for a in drawn[:2]), ops, "the generator ignores dtype")
        return [ops.to_numpy(a) for a in drawn]

    first, again, other = draw(3), draw(3), draw(np.random.SeedSequence([3, 1]))
    for a, b, c in zip(first, again, other, strict=True):
        _require(np.array_equal(a, b), ops, "one seed gives two streams")
        _require(not np.array_equal(a, c), ops, "two seeds give one stream")
    normal, uniform, integers = first
    _require(abs(normal.mean()) < 0.1 and abs(normal.std() - 1) < 0.1, ops, "normals are not")
    _require(uniform.min() >= 0 and uniform.max() < 1, ops, "uniforms leave [0, 1)")
    _require(set(integers) == set(range(7)), ops, "integers leave their range or miss some of it")


def _operands(ops: Backend, a: np.ndarray) -> Iterator[Any]:
    """`a` (K, ., .) on the device: contiguous, inside a buffer, transposed, every other row."""
    yield ops.asarray(a)
    k, rows, columns = a.shape
    buffer = ops.zeros((k, 3 + rows * columns))
    buffer[:, 3:] = ops.asarray(a.reshape(k, -1))
    yield buffer[:, 3:].reshape(a.shape)
    yield ops.asarray(a.swapaxes(1, 2)).swapaxes(1, 2)
    spread = ops.zeros((k, 2 * rows, columns))
    spread[:, ::2] = ops.asarray(a)
    yield spread[:, ::2]


def _check_products(ops: Backend, rng: np.random.Generator) -> list[float]:
    errors, tolerance = [], _TOLERANCES[ops.dtype.name]
    sizes = [(4, 3, 5), (1, 3, 1), (2, 1, 3)]
    flags, members = (False, True), (1, 3)
    for (n, i, o), ta, tb, ka, kb in product(sizes, flags, flags, members, members):
        a = rng.standard_normal((ka, i, n) if ta else (ka, n, i)).astype(ops.dtype)
        b = rng.standard_normal((kb, o, i) if tb else (kb, i, o)).astype(ops.dtype)
        expected = np.matmul(a.swapaxes(1, 2) if ta else a, b.swapaxes(1, 2) if tb else b)
        start = rng.standard_normal(expected.shape).astype(ops.dtype)
        for x, y in product(_operands(ops, a), _operands(ops, b)):
            what = f"{ops!r}.matmul(ta={ta}, tb={tb}) of {a.shape} and {b.shape}"
            result = ops.matmul(x, y, ta=ta, tb=tb)
            errors.append(assert_close(ops.to_numpy(result), expected, what, tolerance))
            buffer = ops.asarray(np.zeros((len(start), 2 + start[0].size)))
            out = buffer[:, 1:-1].reshape(start.shape)
            for accumulate in (False, True):
                out[...] = ops.asarray(start)
                given = ops.matmul(x, y, ta=ta, tb=tb, out=out, accumulate=accumulate)
                _require(given is None, ops, "matmul returns something beside out")
                total = expected + start if accumulate else expected
                errors.append(assert_close(ops.to_numpy(out), total, f"{what} to out", tolerance))
            edges = ops.to_numpy(buffer)[:, [0, -1]]
            _require(not edges.any(), ops, "matmul writes beside out")
            _require(np.array_equal(ops.to_numpy(x), a), ops, "matmul changes an operand")
    return errors


def _check_kernel(ops: Backend, kernel: Kernel, rng: np.random.Generator) -> float:
    ins, outs = kernel_arguments(kernel, rng)
    ins = [a.astype(ops.dtype) for a in ins]
    outs = [a.astype(ops.dtype) for a in outs]
    if len(ins) > 1:  # strengths come as Python numbers or with one value a model
        ins[-1] = np.full((2, 1, 1), 0.375, dtype=ops.dtype)
    expected = [a.copy() for a in outs]
    kernel.numpy(*ins, *expected)
    errors = []
    for last in ([ins[-1]], [0.375]) if len(ins) > 1 else ([ins[-1]],):
        found = tuple(ops.asarray(a.copy()) for a in outs)
        given = [ops.asarray(a) if isinstance(a, np.ndarray) else a for a in [*ins[:-1], *last]]
        ops.run(kernel, *given, outs=found)
        for a, b in zip(found, expected, strict=True):
            _require(a.dtype == ops.dtype, ops, f"kernel {kernel.name} changes the dtype")
            tolerance = 10 * _TOLERANCES[ops.dtype.name]
            errors.append(assert_close(ops.to_numpy(a), b, f"kernel {kernel.name}", tolerance))
    return max(errors)
