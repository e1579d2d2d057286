"""Ranks that are threads of one process, with the protocol of a communicator between them."""

import pickle
import threading

import numpy as np

from regan.distributed import Communicator, RankError


class ThreadRanks:
    """Starts as many threads as there are ranks, each with a communicator of its own."""

    def __init__(self, size=2):
        self.size = size
        self.barrier = threading.Barrier(size)
        self.places = [None] * size
        self.failed = None
        self.reductions = 0

    def run(self, work):
        """What ``work(communicator)`` gives on each rank, or the error that it raises."""
        results = [None] * self.size

        def one(rank):
            communicator = ThreadCommunicator(self, rank)
            try:
                results[rank] = work(communicator)
            except BaseException as error:
                communicator.fail(error)
                results[rank] = error

        threads = [threading.Thread(target=one, args=(rank,)) for rank in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def exchanged(self, rank, thing):
        """The `thing` of all ranks."""
        self.places[rank] = thing
        self._meet()
        found = list(self.places)
        self._meet()
        return found

    def _meet(self):
        try:
            self.barrier.wait(60)
        except threading.BrokenBarrierError:
            raise RankError(self.failed or "ranks do not meet") from None


class ThreadCommunicator(Communicator):
    """One rank of them."""

    def __init__(self, ranks, rank):
        self._ranks, self._rank = ranks, rank

    @property
    def rank(self):
        return self._rank

    @property
    def size(self):
        return self._ranks.size

    def all_reduce(self, array):
        host = array if isinstance(array, np.ndarray) else array.get()
        if self.rank == 0:
            self._ranks.reductions += 1
        total = np.sum(self._ranks.exchanged(self.rank, host.copy()), axis=0, dtype=host.dtype)
        if host is array:
            array[...] = total
        else:
            array.set(total)

    def broadcast(self, thing):
        packed = pickle.dumps(thing) if self.rank == 0 else None
        (first, *_) = self._ranks.exchanged(self.rank, packed)
        return thing if self.rank == 0 else pickle.loads(first)

    def fail(self, error):
        if not isinstance(error, RankError):
            self._ranks.failed = self._ranks.failed or f"rank {self.rank} failed: {error!r}"
        self._ranks.barrier.abort()
