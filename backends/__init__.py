"""Backends, the array libraries for the arithmetic: NumPy (CPU) and CuPy (CUDA GPUs).

The folder lies beside the package and is installed as ``regan.backends``.
"""

if __name__ != "regan.backends":
    raise ImportError(
        "import regan.backends, not backends: a second import path would make a second copy "
        "of every class"
    )

from regan.backends.base import (
    MAX_COPIES,
    Array,
    Backend,
    BackendUnavailableError,
    Kernel,
    add_row_sums,
    copies,
    joined_rows,
    squared_norm,
    write,
)
from regan.backends.registry import BackendStatus, backend_status, get_backend
from regan.backends.switch import describe_updates

__all__ = [
    "MAX_COPIES",
    "Array",
    "Backend",
    "BackendStatus",
    "BackendUnavailableError",
    "Kernel",
    "add_row_sums",
    "backend_status",
    "copies",
    "describe_updates",
    "get_backend",
    "joined_rows",
    "squared_norm",
    "write",
]
