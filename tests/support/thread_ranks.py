"""Ranks that are threads of one process, with the protocol of a communicator between them."""

import pickle
import threading

import numpy as np

from regan.distributed import Communicator, RankError


class ThreadRanks:
    """Starts as many threads as there are ranks, each with a communicator of its own."""

    def __init__(self, size=2):
        self.size = size
        self.changed = threading.Condition()
        self.rounds = {}  # what each rank has brought to the n-th call
        self.failed = {}  # the calls that a rank has entered, and its error
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

    def exchanged(self, rank, n, thing):
        """What all ranks bring to their call number `n`."""
        with self.changed:
            brought = self.rounds.setdefault(n, {})
            brought[rank] = thing
            self.changed.notify_all()
            self.changed.wait_for(lambda: len(brought) == self.size or self.missed(n), 60)
            if len(brought) == self.size:
                return [brought[rank] for rank in range(self.size)]
        raise RankError(self.missed(n) or f"ranks do not meet at call {n}")

    def missed(self, n):
        """Who will never come to call number `n`, in words."""
        for rank, (entered, error) in self.failed.items():
            if entered < n:
                return f"rank {rank} failed: {error!r}"
        return None


class ThreadCommunicator(Communicator):
    """One rank of them."""

    def __init__(self, ranks, rank):
        self._ranks, self._rank, self._entered = ranks, rank, 0

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
        total = np.sum(self._exchanged(host.copy()), axis=0, dtype=host.dtype)
        if host is array:
            array[...] = total
        else:
            array.set(total)

    def broadcast(self, thing):
        packed = pickle.dumps(thing) if self.rank == 0 else None
        (first, *_) = self._exchanged(packed)
        return thing if self.rank == 0 else pickle.loads(first)

    def fail(self, error):
        with self._ranks.changed:
            if not isinstance(error, RankError):
                self._ranks.failed.setdefault(self.rank, (self._entered, error))
            self._ranks.changed.notify_all()

    def _exchanged(self, thing):
        self._entered += 1
        return self._ranks.exchanged(self.rank, self._entered, thing)
