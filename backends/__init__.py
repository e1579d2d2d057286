"""Array backends of regan: NumPy (the reference) and CuPy (CUDA).

The folder lies beside the package and is installed as ``regan.backends``.
"""

if __name__ != "regan.backends":
    raise ImportError(
        "import regan.backends, not backends: a second import path would make a second copy "
        "of every class"
    )

from regan.backends.base import Array, Backend, BackendUnavailableError, Kernel, squared_norm
from regan.backends.registry import BackendStatus, backend_status, get_backend

__all__ = [
    "Array",
    "Backend",
    "BackendStatus",
    "BackendUnavailableError",
    "Kernel",
    "backend_status",
    "get_backend",
    "squared_norm",
]
