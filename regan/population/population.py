"""A population: members in chunks that train together, chunks side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event

import joblib
import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from regan.backends import Backend
from regan.building.training_set import Kind, TrainingSet
from regan.population.members import Member
from regan.population.shard import advance, make_population_trainer
from regan.training.memory import activation_bytes, amount, data_bytes, model_bytes
from regan.training.notebook_bar import plain_output
from regan.validation import check_jobs, quietly, setting_on_error

Judge = Callable[[Member], Member]
"""What a worker does with each member after training, such as scoring it."""


class Population:
    """Members that train side by side.

    Members on equally many rows train in one run, as many at a time as are fast and fit the memory;
    such chunks run in parallel.

    Parameters
    ----------
    members : sequence of Member
    sets : sequence of TrainingSet
        What the members' numbers of sets mean.
    n_jobs : int or None
        Chunks at a time, by joblib's backend. None, outside a `joblib.parallel_config`, means one
        in each thread that matrix products may use.
    max_memory : float or None
        Bytes that training may take altogether; None means half of what is free.
    verbose : int
        Joblib's.
    """

    def __init__(
        self,
        members: Sequence[Member],
        sets: Sequence[TrainingSet],
        n_jobs: int | None = None,
        max_memory: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.members: list[Member] = list(members)
        self._sets = list(sets)
        self._n_jobs, self._max_memory, self._verbose = check_jobs(n_jobs), max_memory, verbose
        self._stopped = Event()

    def keep(self, members: Sequence[Member]) -> None:
        """Go on with some of the members."""
        self.members = list(members)

    def advance(self, until: int, judge: Judge | None = None) -> None:
        """Train on to update number `until`, and let `judge` see each member that has come there.

        `judge` and all that it holds go to the workers.
        """
        self._stopped.clear()
        stopped = None if self._in_processes else self._stopped
        going = {id(member): member for member in self.members if member.trains(until)}
        if not going:
            return
        n_jobs = self._n_workers()
        chunks = [c for group in self._kinds(going.values()) for c in self._cut(group, n_jobs)]
        tasks = [_Task(chunk, self._sets_of(chunk), until, judge) for chunk in chunks]
        try:
            n_jobs = min(n_jobs, len(chunks))
            alone = self._in_processes or n_jobs == 1
            shown = plain_output() if self._verbose else nullcontext()
            with shown, nullcontext() if alone else self._in_threads(n_jobs):
                done = Parallel(n_jobs=n_jobs, verbose=self._verbose)(
                    delayed(_work)(task, stopped) for task in tasks
                )
        finally:
            for task in tasks:
                task.release()
        pairs = zip((m for c in chunks for m in c), (m for c in done for m in c), strict=True)
        going |= {id(old): new for old, new in pairs}
        self.members = [going.get(id(member), member) for member in self.members]

    def _n_workers(self) -> int:
        """How many chunks train at a time."""
        if self._in_processes:
            return int(joblib.effective_n_jobs(self._n_jobs))
        return self._ops.n_threads

    @property
    def _in_processes(self) -> bool:
        """Whether joblib's backend, which are processes by default, was asked for."""
        return self._n_jobs is not None or joblib.effective_n_jobs(None) > 1

    @contextmanager
    def _in_threads(self, n_threads: int) -> Iterator[None]:
        with (
            joblib.parallel_config("threading"),
            self._ops.sharing(n_threads),
            setting_on_error(self._stopped),  # threads would train on after an interruption
        ):
            yield

    def _kinds(self, members: Iterable[Member]) -> list[list[Member]]:
        """The members by the kind of their sets, those of one set one after the other."""
        kinds: dict[Kind, list[Member]] = {}
        for member in sorted(members, key=lambda member: member.set):
            kinds.setdefault(self._sets[member.set].kind, []).append(member)
        return list(kinds.values())

    def _cut(self, members: Sequence[Member], n_jobs: int) -> list[list[Member]]:
        """Members of one kind in chunks."""
        kind = self._sets[members[0].set].kind
        with quietly():
            trainer = make_population_trainer(members[:1], kind)
        rows = data_bytes(trainer, kind.n_rows + kind.n_held, kind.shape.levels)
        each = model_bytes(trainer)
        free = self._memory() / n_jobs
        if rows + each > free:
            at_once = f" for each of {n_jobs} at a time" if n_jobs > 1 else ""
            raise MemoryError(
                f"training one model takes about {amount(rows + each)}, but max_memory allows "
                f"only {amount(free)}{at_once}: raise max_memory, or choose a smaller batch_size, "
                "smaller networks" + (" or a smaller n_jobs" if n_jobs > 1 else "")
            )
        n_sets = len({member.set for member in members})
        fit = int(max(free // (rows + each), (free - n_sets * rows) // each))
        n_chunks = self._n_chunks(len(members), n_jobs, fit, activation_bytes(trainer))
        return [list(part) for part in np.array_split(np.array(members, dtype=object), n_chunks)]

    def _n_chunks(self, n: int, n_jobs: int, fit: int, n_bytes: int) -> int:
        """How many chunks to make of `n` models, of which `fit` fit the memory at a time."""
        least, most = self._ops.models_at_once(n_bytes)
        least = 1 if self._in_processes else least
        n_chunks = max(-(-n // min(fit, most)), min(n_jobs, n // least))
        for_all = -(-n_chunks // n_jobs) * n_jobs  # as many for each job
        return for_all if n_chunks > 1 and n // for_all >= least else max(1, n_chunks)

    def _memory(self) -> float:
        return self._ops.free_memory / 2 if self._max_memory is None else self._max_memory

    @property
    def _ops(self) -> Backend:
        with quietly():
            return self.members[0].spec.get_backend()

    def _sets_of(self, chunk: Sequence[Member]) -> Mapping[int, TrainingSet]:
        return {member.set: self._sets[member.set] for member in chunk}


@dataclass
class _Task:
    """What a worker gets: members to train, their sets, up to which update, and what comes then."""

    members: Sequence[Member]
    sets: Mapping[int, TrainingSet]
    until: int
    judge: Judge | None

    def release(self) -> None:
        """Let go of members and data: joblib's objects hold a task, and one another."""
        self.members, self.sets, self.judge = (), {}, None


def _work(task: _Task, stopped: Event | None) -> list[Member]:
    judge = task.judge
    done = advance(task.members, task.sets, task.until, stopped)
    return done if judge is None else [judge(member) for member in done]
