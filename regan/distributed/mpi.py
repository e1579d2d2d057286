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
from typing import Any, NamedTuple

import numpy as np

from regan.backends import Array
from regan.distributed.base import Communicator, RankError
from regan.distributed.launch import launched_ranks

_WORD = 1
_TOLD = "_told_to_ranks"
_BUSY = 5e-3
_NAP = 5e-5
_PATIENCE = 1.0
_let_others: Callable[[], object] = getattr(os, "sched_yield", partial(sleep, 0))


class _Word(NamedTuple):
    """What a rank tells of an error, or of its end.

    Attributes
    ----------
    failures, done : int
        How many errors the rank has had before, and how much all ranks have done since.
    what : str
    is_last : bool
        Whether its program ends.
    """

    failures: int
    done: int
    what: str
    is_last: bool


class MPICommunicator(Communicator):
    """Communicator of the ranks that mpiexec has started, by mpi4py.

    While a rank waits for the others, it checks whether another rank has reported an error or the
    end of its program, and raises a `RankError` that names this rank. If you catch the error, ranks
    with equally many errors continue together, on a new duplicate of `comm`. MPI libraries allow
    about 2000 duplicates. A killed rank cannot report; then mpiexec ends the others. If a rank ends
    before it has a communicator, the others wait for it. So create the communicator, or enter
    `communicating`, before anything can fail.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm, optional
        By default ``MPI.COMM_WORLD``. It is duplicated, so it does not interfere with messages of
        your program.

    Raises
    ------
    ImportError
        If mpi4py is missing.
    RuntimeError
        If mpiexec and mpi4py belong to different MPI libraries, so each rank sees only itself.

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
        self._words = comm.Dup()  # words go by it, and what may break off by duplicates of it
        self._comm, self._n_renewed = self._words.Dup(), 0
        self._rank, self._size = self._comm.Get_rank(), self._comm.Get_size()
        self._failures, self._done = 0, 0
        self._heard: list[tuple[int, _Word]] = []
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
        """Tell the other ranks, unless it is the error, or comes from the one, that was just told.

        Who has failed as often is not waiting for this rank, and passes over it.
        """
        marks = [vars(cause).get(_TOLD) for cause in _causes(error)]
        if self._done or self._standing not in marks:
            self._fail(error)

    def listen(self) -> None:
        """Raise a RankError if another rank has ended where this one has not."""
        status = self._mpi.Status()
        while self._words.Iprobe(source=self._mpi.ANY_SOURCE, tag=_WORD, status=status):
            source = status.Get_source()
            self._heard.append((source, _Word(*self._words.recv(source=source, tag=_WORD))))
        for source, word in self._heard:
            if self._concerns(word):
                raise RankError(f"rank {source} {word.what}")

    def _concerns(self, word: _Word) -> bool:
        """Whether who has told it does not take part in what is under way."""
        if word.failures == self._failures:
            return word.done <= self._done
        return word.is_last and word.failures < self._failures

    @property
    def _standing(self) -> tuple[int, int]:
        """What a told error is marked with: this communicator, and how often it has failed."""
        return id(self), self._failures

    def _fail(self, error: BaseException) -> None:
        self._tell(f"failed: {type(error).__name__}: {error}")
        self._failures, self._done = self._failures + 1, 0
        self._heard = [
            (source, word)
            for source, word in self._heard
            if word.is_last or word.failures >= self._failures
        ]
        vars(error)[_TOLD] = self._standing

    def _wait(self, begin: Callable[[], Any], buffer: np.ndarray) -> None:
        """Do what all ranks do together, with an ear for those that have failed."""
        try:
            if self._n_renewed < self._failures:
                self._renew()
            self._finish(begin(), buffer)
        except BaseException as error:
            self._fail(error)
            raise
        self._done += 1

    def _renew(self) -> None:
        """A communicator without what was broken off by an error: one for each, on all ranks."""
        while self._n_renewed < self._failures:
            self._comm, request = self._words.Idup()
            self._n_renewed += 1
            self._pending.append((request, self._comm))
        self._finish(request, None)

    def _finish(self, request: Any, buffer: np.ndarray | None) -> None:
        """Wait for the other ranks.

        At first without a pause, because most waits are short; whoever else wants the core has it.
        """
        began = perf_counter()
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

    def _tell(self, what: str, *, is_last: bool = False) -> None:
        """Tell the other ranks how far this one has come, and why it goes no further."""
        word = tuple(_Word(self._failures, self._done, what[:2000], is_last))
        others = [rank for rank in range(self.size) if rank != self.rank]
        self._sent += [self._words.isend(word, dest=rank, tag=_WORD) for rank in others]
        end = perf_counter() + _PATIENCE
        while self._sent and perf_counter() < end:
            self._sent = [request for request in self._sent if not request.test()[0]]

    def _leave(self) -> None:
        """At the end of the program: who still waits for this rank would do so for ever."""
        if not self._mpi.Is_finalized():
            error = getattr(sys, "last_value", None)
            what = "has ended" if error is None else f"failed: {type(error).__name__}: {error}"
            self._tell(what, is_last=True)


def _causes(error: BaseException) -> list[BaseException]:
    """An error, and those that it was raised from, each once."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and not any(cause is each for each in found):
        found.append(cause)
        cause = cause.__cause__
    return found


def _mpi() -> Any:
    """The module of mpi4py; ImportError, with advice, without."""
    try:
        return import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as error:  # RuntimeError: it is there, and no MPI library
        raise ImportError(
            "training on several processes needs mpi4py, which cannot be imported "
            f"({error}): pip install mpi4py mpich"
        ) from error
