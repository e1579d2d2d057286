"""MPI: ranks that mpiexec starts, on one machine or on many."""

from __future__ import annotations

import atexit
import os
import pickle
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter, sleep
from typing import Any

import numpy as np

from regan.backends import Array
from regan.distributed.base import Communicator, RankError
from regan.distributed.launch import launched_ranks

_WORD = 1
_BUSY = 5e-3
_NAP = 5e-5
_PATIENCE = 1.0
_let_others: Callable[[], object] = getattr(os, "sched_yield", partial(sleep, 0))


class MPICommunicator(Communicator):
    """A communicator of the ranks that mpiexec has started, by mpi4py.

    While a rank waits for the others it looks for word of an error on one of them, or of the end of
    its program, and raises a `RankError` that names it. A rank that is killed cannot say so; then
    mpiexec ends the others. One that ends before it has a communicator is waited for: make it, or
    enter `communicating`, before anything can fail.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm, optional
        By default ``MPI.COMM_WORLD``. It is duplicated, so messages of the program's own go their
        own way.

    Raises
    ------
    ImportError
        If mpi4py is missing.
    RuntimeError
        If mpiexec and mpi4py belong to different libraries, so that each rank sees itself alone.

    Examples
    --------
    A program that ``mpiexec -n 4 python program.py`` runs::

        with regan.distributed.communicating("mpi"):
            gan = RegularizedGAN().fit(X)  # the same X on every rank

    """

    def __init__(self, comm: Any = None) -> None:
        self._mpi = _mpi()
        if comm is None:
            comm = self._mpi.COMM_WORLD
            if comm.Get_size() == 1 < launched_ranks():
                raise RuntimeError(
                    f"mpiexec has started {launched_ranks()} ranks, and mpi4py sees 1: they belong "
                    "to different MPI libraries. Start with the mpiexec of the one that mpi4py was "
                    "built for (pip install mpich brings one)"
                )
        self._comm = comm.Dup()
        self._rank, self._size = self._comm.Get_rank(), self._comm.Get_size()
        self._done = 0
        self._ended_at: set[int] = set()
        self._gone: dict[int, tuple[int, str]] = {}
        self._broken: str | None = None
        self._sent: list[Any] = []
        self._pending: list[Any] = []
        atexit.register(self._leave)

    @property
    def rank(self) -> int:
        return int(self._rank)

    @property
    def size(self) -> int:
        return int(self._size)

    def all_reduce(self, array: Array) -> None:
        host = array if isinstance(array, np.ndarray) else array.get()
        self._wait(lambda: self._comm.Iallreduce(self._mpi.IN_PLACE, host), host)
        if host is not array:
            array.set(host)

    def broadcast(self, thing: Any) -> Any:
        length, data = np.zeros(1, np.int64), None
        if self.rank == 0:
            data = np.frombuffer(pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL), np.uint8)
            length[0] = len(data)
        self._wait(lambda: self._comm.Ibcast(length, root=0), length)
        if data is None:
            data = np.empty(length[0], np.uint8)
        self._wait(lambda: self._comm.Ibcast(data, root=0), data)
        return thing if self.rank == 0 else pickle.loads(data.data)

    def fail(self, error: BaseException) -> None:
        """Tell the other ranks; who has ended at the same place, as for a bad setting, is not
        waiting and passes over it.
        """
        self._ended_at.add(self._done)
        self._tell(f"failed: {type(error).__name__}: {error}")

    def listen(self) -> None:
        """Raise a RankError if another rank has ended where this one has not."""
        status = self._mpi.Status()
        while self._comm.Iprobe(source=self._mpi.ANY_SOURCE, tag=_WORD, status=status):
            source = status.Get_source()
            at, what = self._comm.recv(source=source, tag=_WORD)
            if at not in self._ended_at:
                self._gone.setdefault(source, (at, what))
        for source, (at, what) in self._gone.items():
            if at <= self._done:  # it does not take part in what is under way
                self._broken = f"rank {source} {what}"
                raise RankError(self._broken)

    def _wait(self, begin: Callable[[], Any], buffer: np.ndarray) -> None:
        """Do what all ranks do together, with an ear for those that have failed.

        At first without a pause, because most waits are short; whoever else wants the core has it.
        """
        if self._broken is not None:
            raise RankError(self._broken)
        request, began = begin(), perf_counter()
        try:
            while not request.Test():
                self.listen()
                if perf_counter() - began > _BUSY:
                    sleep(_NAP)
                else:
                    _let_others()
        except BaseException:
            self._pending.append((request, buffer))  # MPI may still write to it
            raise
        self._done += 1

    def _tell(self, what: str) -> None:
        """Tell the other ranks how far this one has come, and why it goes no further."""
        word = self._done, what[:2000]
        others = [rank for rank in range(self.size) if rank != self.rank]
        self._sent += [self._comm.isend(word, dest=rank, tag=_WORD) for rank in others]
        end = perf_counter() + _PATIENCE
        while self._sent and perf_counter() < end:
            self._sent = [request for request in self._sent if not request.test()[0]]

    def _leave(self) -> None:
        """At the end of the program: who still waits for this rank would do so for ever."""
        if not self._mpi.Is_finalized():
            error = getattr(sys, "last_value", None)
            self._tell("has ended" if error is None else f"failed: {type(error).__name__}: {error}")


def _mpi() -> Any:
    """The module of mpi4py; ImportError, with advice, without."""
    try:
        return import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as error:  # RuntimeError: it is there, and no MPI library
        raise ImportError(
            "training on several processes goes by mpi4py, and it cannot be imported "
            f"({error}): pip install mpi4py mpich, or pip install 'regan[mpi]'"
        ) from error
