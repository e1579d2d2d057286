"""Samples in folders of Parquet files, made by several processes, part by part."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib

from regan.backends.blas_threads import OneThreadEach
from regan.estimators.arrow_rows import ArrowRows
from regan.estimators.drawing import Drawing
from regan.files.parquet_parts import ParquetParts
from regan.storage.strays import sweep
from regan.training.orphans import end_with_parent, is_worker
from regan.validation import check_jobs

GROUP_CELLS = 2**20
"""Cells of a group of rows in a file, at most, unless a block of rows has more: what is in memory
at a time, some five times over."""


ROWS_PER_FILE = 2**20
"""Rows in a file, unless somebody wants others."""


@dataclass(frozen=True, eq=False)
class SampledParts:
    """Parts of generated rows that are written to a folder.

    Attributes
    ----------
    drawing : Drawing
        All rows.
    form : ArrowRows
    parts : ParquetParts
    jobs : int
        The `n_jobs` that is fastest: -1, a process for each core, or 1 beside a GPU.
    """

    drawing: Drawing
    form: ArrowRows
    parts: ParquetParts
    jobs: int

    def write_all(self, n_jobs: Any) -> list[Path]:
        """Write what is not there yet; all files."""
        jobs = check_jobs(n_jobs)
        with self.parts.begun() as missing:
            for _ in self.write(missing, jobs):
                pass
        return self.parts.paths

    def write(self, missing: list[int], n_jobs: int | None) -> Iterator[int]:
        """Write the parts that are `missing`; how many rows each has, as they are done.

        n_jobs : processes, but for 1, which is this one.
        """
        tasks, jobs = self._tasks(missing), min(joblib.effective_n_jobs(n_jobs), len(missing))
        try:
            if jobs <= 1:
                yield from map(_Task.run, tasks)
            else:
                yield from self._in_processes(tasks, jobs)
        finally:
            sweep(self.parts.folder)
        if lost := self.parts.missing():
            raise FileNotFoundError(
                f"{self.parts.path(lost[0])} was removed while other files were written: repeat "
                "the same call to write it again"
            )

    def _in_processes(self, tasks: Iterator[_Task], n_jobs: int) -> Iterator[int]:
        parallel = joblib.Parallel(
            n_jobs=n_jobs, prefer="processes", return_as="generator", max_nbytes=None
        )
        try:
            yield from parallel(joblib.delayed(_Task.run_alone)(task) for task in tasks)
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"a process that wrote to {self.parts.folder} was killed, perhaps for lack of "
                "memory (a smaller n_jobs takes less). The files written so far are complete: "
                "repeat the same call to continue"
            ) from error

    def _tasks(self, missing: list[int]) -> Iterator[_Task]:
        left = self.n_left(missing)
        for part in missing:
            start, stop = self.parts.rows(part)
            rows = replace(self, drawing=self.drawing.between(start, stop))
            yield _Task(rows, part, left / self.drawing.rows_of(GROUP_CELLS))
            left -= stop - start

    def n_left(self, missing: list[int]) -> int:
        """How many rows the parts have that are `missing`."""
        return sum(stop - start for start, stop in map(self.parts.rows, missing))


@dataclass(frozen=True, eq=False)
class _Task:
    """A part to write, of which `rows` has the rows, and how many groups are yet to be written."""

    rows: SampledParts
    part: int
    n_groups: float

    def run(self) -> int:
        """Write it; how many rows it has."""
        groups = self.rows.drawing.parts(GROUP_CELLS)
        self.rows.parts.write(self.part, map(self._table, groups), self.n_groups)
        return self.rows.drawing.n_rows

    def run_alone(self) -> int:
        """The same in a process of its own, which has one thread and ends with the first one."""
        end_with_parent()
        if is_worker() and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked hears Ctrl-C, and ends this
        sampler = replace(self.rows.drawing.sampler, n_threads=1)
        rows = replace(self.rows, drawing=replace(self.rows.drawing, sampler=sampler))
        with OneThreadEach():
            return replace(self, rows=rows).run()

    def _table(self, group: Drawing) -> Any:
        numbers, codes = group.draw()
        return self.rows.form.table(numbers, codes, group.start)
