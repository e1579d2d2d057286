"""NCCL: ranks with a GPU each, whose arrays are summed up from device to device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from time import sleep
from typing import Any

import numpy as np

from regan.backends import Array
from regan.distributed.base import Communicator
from regan.distributed.mpi import MPICommunicator

_NAP = 2e-5


class NCCLCommunicator(Communicator):
    """Communicator for CuPy arrays, by NCCL. Experimental: it was never run on two GPUs.

    Objects, arrays on the host and reports of errors use MPI. Rank r takes GPU r, modulo the number
    of GPUs of its machine, unless you choose one with ``cupy.cuda.Device(i).use()``.

    Parameters
    ----------
    host : Communicator, optional
        The communicator for everything else; by default an `MPICommunicator`.
    device : int, optional
        The GPU of this rank.

    Raises
    ------
    ImportError
        If CuPy has no NCCL here, or mpi4py is missing.
    """

    def __init__(self, host: Communicator | None = None, device: int | None = None) -> None:
        self._cupy, nccl = _libraries()
        self._host = MPICommunicator() if host is None else host
        runtime = self._cupy.cuda.runtime
        n = int(runtime.getDeviceCount())
        self._cupy.cuda.Device(self.rank % n if device is None else device).use()
        self._library, self._sum, self._has_failed = nccl, nccl.NCCL_SUM, False
        self._nccl = self._made()
        self._types = {"float32": nccl.NCCL_FLOAT32, "float64": nccl.NCCL_FLOAT64}

    @property
    def rank(self) -> int:
        return self._host.rank

    @property
    def size(self) -> int:
        return self._host.size

    def all_reduce(self, array: Array) -> None:
        if isinstance(array, np.ndarray):
            with self._together():
                self._host.all_reduce(array)
            return
        with self._together():
            if self._has_failed:
                self._nccl, self._has_failed = self._made(), False
            stream = self._cupy.cuda.get_current_stream()
            at, kind = array.data.ptr, self._types[array.dtype.name]
            self._nccl.allReduce(at, at, array.size, kind, self._sum, stream.ptr)
            while (
                not stream.done
            ):  # a rank that failed will never come, and the host can hear of it
                self._host.listen()
                sleep(_NAP)

    def broadcast(self, thing: Any) -> Any:
        with self._together():
            return self._host.broadcast(thing)

    def fail(self, error: BaseException) -> None:
        """Tell the other ranks; who catches it sums up by a new communicator of NCCL."""
        if not self._has_failed:
            self._nccl.abort()  # a sum may wait for a rank that has failed
        self._has_failed = True
        self._host.fail(error)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """What all ranks do: an error in it ends what NCCL has under way."""
        try:
            yield
        except BaseException as error:
            self.fail(error)
            raise

    def _made(self) -> Any:
        number = self._host.broadcast(self._library.get_unique_id() if self.rank == 0 else None)
        return self._library.NcclCommunicator(self.size, number, self.rank)


def _libraries() -> tuple[Any, Any]:
    """CuPy and its NCCL; ImportError, with advice, without."""
    try:
        cupy, nccl = import_module("cupy"), import_module("cupy.cuda.nccl")
        missing = None if nccl.available else "it was built without"
    except Exception as error:  # a broken CUDA installation fails in many ways
        missing = str(error)
    if missing is not None:
        raise ImportError(
            "training on several GPUs needs NCCL of CuPy, which cannot be imported "
            f"({missing}): pip install cupy-cuda13x nvidia-nccl-cu13 (CUDA 13) or cupy-cuda12x "
            'nvidia-nccl-cu12 (CUDA 12), or take communicating("mpi")'
        )
    return cupy, nccl
