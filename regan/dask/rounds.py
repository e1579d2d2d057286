"""Local SGD: rounds in which all shards make a window of updates, and their states are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from time import perf_counter
from typing import Any

import numpy as np
from distributed import Client, Future

from regan.dask.averaging import average, mean
from regan.dask.shard import Order, Report, Shard
from regan.training.divergence import DivergenceError
from regan.training.hooks import call_hooks
from regan.training.state import Run
from regan.training.trainer import Trainer, window_length


class Rounds:
    """Training in rounds, on a cluster.

    In each round every shard makes a window of updates on its rows from the same state; then the
    states are averaged (`average`). The client holds the average: a worker that is lost takes no
    more with it than its part of a round, which Dask does again elsewhere, from the rows that it
    makes anew and from that average. What a round leads to depends on the seed and on the shards'
    rows alone.

    Parameters
    ----------
    client : distributed.Client
    shards : sequence of Future
        Of a `Shard` each.
    workers : sequence of str
        Where each shard is to be.
    shares : sequence of float
        The shards' shares of the rows.

    Attributes
    ----------
    seconds : list of pair of float
        What each round took, and the updates of the slowest shard in it; the rest of it went by
        between the processes.
    """

    def __init__(
        self,
        client: Client,
        shards: Sequence[Future],
        workers: Sequence[str],
        shares: Sequence[float],
    ) -> None:
        self._client, self._shards = client, list(shards)
        self._workers, self._shares = list(workers), list(shares)
        self.seconds: list[tuple[float, float]] = []

    def train(self, trainer: Trainer, run: Run) -> None:
        """Make the updates of `run`, changing its state and history in place.

        trainer : of the same objective on the client, with the callbacks; `on_step` is not called.
        """
        callbacks, before = trainer.callbacks, run.state.copy()
        length = window_length(run.n_updates)
        players = trainer.objective.players
        run.initial_rates = {name: player.learning_rate for name, player in players.items()}
        call_hooks(trainer.ops, callbacks, "on_fit_start", run, lambda: run.state.become(before))
        completed = False
        try:
            while run.done < run.n_updates and not run.stopped:
                self._round(trainer, run, min(length, run.n_updates - run.done))
            completed = True
        finally:  # the error that ended the run says more
            with nullcontext() if completed else suppress(DivergenceError):
                restore = run.state.copy()
                call_hooks(
                    trainer.ops, callbacks, "on_fit_end", run, lambda: run.state.become(restore)
                )

    def _round(self, trainer: Trainer, run: Run, length: int) -> None:
        """A round, and the report of it."""
        begin = perf_counter()
        ops, callbacks = trainer.ops, trainer.callbacks
        order = Order(run.state.map(ops.to_numpy), run.done, length, run.rate)
        try:
            reports = self._reports(order)
        except DivergenceError as error:
            asked = call_hooks(
                ops,
                callbacks,
                "on_not_finite",
                run,
                lambda: run.state.become(order.state.on(ops)),
                error.step,
                error.term,
            )
            if any(asked):
                return  # to play the round once more
            given = error.step, error.term, run.rollbacks, run.rate
            raise DivergenceError(*given) from error
        average(trainer.objective, run.state, [r.arrays for r in reports], self._shares)
        run.state.step += length
        run.done += length
        for name, own in run.state.optimizers.items():
            own["t"] = reports[0].counts[name]
        self._record(run, reports)
        self.seconds.append((perf_counter() - begin, max(r.seconds for r in reports)))
        end = run.state.copy()
        call_hooks(ops, callbacks, "on_report", run, lambda: run.state.become(end))

    def _reports(self, order: Order) -> list[Report]:
        """What the shards have made of an order."""
        # a task that gives the order: Dask gives it again if the worker that has it is lost
        given = self._client.submit(_same, order, pure=False)
        futures = [
            self._client.submit(
                _advance, shard, given, workers=[worker], allow_other_workers=True, pure=False
            )
            for shard, worker in zip(self._shards, self._workers, strict=True)
        ]
        try:
            reports: list[Report] = self._client.gather(futures)
        except BaseException:
            self._client.cancel(futures)
            raise
        return reports

    def _record(self, run: Run, reports: Sequence[Report]) -> None:
        """Append the means over the shards to the history."""
        names = [n for n in reports[0].history if all(n in r.history for r in reports)]
        for name in names:
            rows = [np.stack(report.history[name]) for report in reports]
            counts = name.endswith("_iter")  # the same in all shards
            means = rows[0] if counts else mean(rows, self._shares)
            run.history.setdefault(name, []).extend(means)


def _same(value: Any) -> Any:
    return value


def _advance(shard: Shard, order: Order) -> Report:
    return shard.advance(order)
