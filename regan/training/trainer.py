"""The training loop: updates of the players in turn, for K models at once.

Nothing in a step waits for the device. Values stay there until the end of a *window* of updates;
then they are fetched, checked and handed to the callbacks. A window is also the unit of randomness:
its draws depend on the seed and on the number of its first update alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from regan.backends import Array, Backend, Kernel, write
from regan.distributed.base import Communicator, SingleCommunicator
from regan.layers.draws import Draws, Part
from regan.layers.label_offsets import place_offsets
from regan.objectives import Objective
from regan.objectives.batch import Batch
from regan.objectives.terms import Terms, add_terms
from regan.schedules.clock import Clock
from regan.training.callbacks import Callback
from regan.training.divergence import (
    DivergenceError,
    first_not_finite,
    left_not_finite,
    state_not_finite,
)
from regan.training.evaluation import Evaluation
from regan.training.history import record
from regan.training.hooks import call_hooks
from regan.training.orphans import end_with_parent
from regan.training.parts import OnePart, Parts, SharedParts, Taken, Values
from regan.training.recording import Updates
from regan.training.shared_rows import check_shared
from regan.training.state import Run, TrainingState
from regan.training.training_data import TrainingData

_MAX_WINDOW = 250
_WINDOWS = 40
_DISTANCE_ROWS = 512


def _average_numpy(new: Array, share: float, average: Array, part: Array | None = None) -> None:
    part = np.subtract(new, average, out=part)
    part *= share
    average += part


_AVERAGE = Kernel(
    "average",
    "T fresh, T share",
    "T average",
    "average += share * (fresh - average);",
    _average_numpy,
    n_scratch=1,
)


def window_length(n_updates: int) -> int:
    """Updates in each window of a run but the last one, which may have fewer."""
    return min(_MAX_WINDOW, max(1, n_updates // _WINDOWS))


class Begun(NamedTuple):
    """A run that has begun: its updates, and the rows that distances are measured to."""

    updates: Updates
    probe: Batch


class Trainer:
    """The training loop: updates of an objective's players, window by window.

    Parameters
    ----------
    objective : Objective
    batch_size : int
        N.
    ema_decay : float
        Of the average of the sampler's parameters; at update t it is at most ``t / (9 + t)``, so
        that short runs do not remember the start.
    n_discriminator_steps : int, default=1
        Discriminator updates before each generator update; 0 updates both at once.
    callbacks : sequence of Callback
    communicator : Communicator, optional
        Of the ranks that share every minibatch; by default there is one.

    Attributes
    ----------
    evaluation : Evaluation
        What training leads to.
    part : Part
        The rows of a minibatch that this rank computes.
    """

    def __init__(
        self,
        objective: Objective,
        *,
        batch_size: int,
        ema_decay: float,
        n_discriminator_steps: int = 1,
        callbacks: Sequence[Callback] = (),
        communicator: Communicator | None = None,
    ) -> None:
        self.objective = objective
        self.communicator: Communicator = (
            SingleCommunicator() if communicator is None else communicator
        )
        self.part: Part = Part(self.communicator.rank, self.communicator.size)
        self.evaluation: Evaluation = Evaluation(objective)
        self.plan: list[tuple[str, ...]] = objective.plan(n_discriminator_steps)
        self.batch_size = batch_size
        self.ema_decay = ema_decay
        self.callbacks: list[Callback] = list(callbacks)
        self._taken = self._optimizer_steps()

    def _optimizer_steps(self) -> list[dict[str, int]]:
        """How many steps each optimizer has taken before each turn of an update, and in all."""
        taken = [dict.fromkeys(self.objective.names, 0)]
        for players in self.plan:
            each = {n: 1 + self.objective.players[n].optimizer.extrapolates for n in players}
            taken.append({n: before + each.get(n, 0) for n, before in taken[-1].items()})
        return taken

    @property
    def ops(self) -> Backend:
        return self.objective.ops

    @property
    def n_minibatches(self) -> int:
        """Minibatches in one update: a step of the sampler alone takes the last one's rows."""
        return max(1, len(self.plan) - 1)

    def phase(self, step: int) -> tuple[Any, ...]:
        """Updates of one phase do the same; most objectives have one."""
        steps = enumerate(self.plan, step * self.n_minibatches)
        return tuple(self.objective.phase(players, i) for i, players in steps)

    def check(self) -> None:
        """Raise ValueError for batches too small for what a network takes of them, and for what
        ranks cannot share.
        """
        if self.part.size > 1:
            check_shared(self.objective, self.batch_size, self.part.size)
        for name, network in self.objective.networks.items():
            rows = self.batch_size // (self.objective.pac if name in self.objective.judges else 1)
            if network.couples_samples and rows < 2:
                layer = next(layer for layer in network.layers if layer.couples_samples)
                raise ValueError(
                    f"{layer!r} in the {name} uses statistics of a minibatch, but here a "
                    f"minibatch has {rows} row{'s' * (rows != 1)} or pack: use at least 2"
                )

    def init(
        self, seed: int, n_models: int = 1, offsets: Sequence[np.ndarray | None] = ()
    ) -> TrainingState:
        """The state before the first update; initial weights are drawn on the host.

        offsets : those of logits by label, (C, L) of each model, if the sampler has any.
        """
        rng = np.random.default_rng([seed, 0])
        players = self.objective.players
        thetas = {n: player.network.init(rng, n_models) for n, player in players.items()}
        for name, player in players.items():
            player.constraints.project(thetas[name])
        tables = [table for table in offsets if table is not None]
        if tables:
            name = self.objective.samplers[0]
            place_offsets(self.objective.networks[name], thetas[name], np.stack(tables))
        return TrainingState(
            thetas,
            tuple(thetas[name].copy() for name in self.objective.samplers),
            {n: p.optimizer.init(self.ops, p.trained(thetas[n])) for n, p in players.items()},
            {n: player.constraints.init(thetas[n], rng) for n, player in players.items()},
            {n: player.optimizer.method for n, player in players.items()},
            0,
            seed,
        )

    def run(
        self,
        run: Run,
        data: TrainingData,
        rows: np.ndarray | None = None,
    ) -> None:
        """Make the updates of `run` on `data`, changing its state and history in place.

        Parameters
        ----------
        run : Run
            New, or its state is that of an earlier one.
        data : TrainingData
        rows : int array of shape (n_updates, n_minibatches, batch_size), optional
            Which rows each minibatch holds; by default they are drawn with replacement.

        Raises
        ------
        ValueError
            If the state to go on from has values that are not finite.
        DivergenceError
            If a value is not finite, also one that a callback has left in the state. The state is
            then the last one seen to be finite; that of a population is the one before the window,
            from which the others can go on.
        KeyboardInterrupt
            The state is then that of the end of the last window, like the history.
        """
        begun, n_updates = self.begin(run, data, draws=rows is None), run.n_updates
        self._call("on_fit_start", run)
        completed = False
        try:
            with self._at_work(run):
                while run.done < n_updates and not run.stopped:
                    length = min(window_length(n_updates), n_updates - run.done)
                    part = None if rows is None else rows[run.done : run.done + length]
                    self._checked_window(run, begun, length, part)
            completed = True
        finally:
            begun.updates.close()
            # the error that ended the run says more
            with nullcontext() if completed else suppress(DivergenceError):
                self._call("on_fit_end", run)

    def begin(self, run: Run, data: TrainingData, *, draws: bool = True) -> Begun:
        """What all windows of a run need.

        draws : whether updates draw their own rows. ValueError for a state with values that are not
        finite.
        """
        end_with_parent()
        state = run.state
        if (bad := state_not_finite(self.ops, state)) is not None:
            raise ValueError(
                f"training cannot continue, because the {bad.term} of the model have values that "
                "are not finite: fit the model again from the beginning"
            )
        probe = self.evaluation.probe(state, data, _DISTANCE_ROWS)
        run.initial_rates = {n: p.learning_rate for n, p in self.objective.players.items()}
        return Begun(Updates(self, run, data, run.n_updates if draws else 0), probe)

    def advance(self, run: Run, begun: Begun, length: int) -> None:
        """One window of a run, for whoever looks after the state between two of them; see `run`."""
        with self._at_work(run):
            self._checked_window(run, begun, length)

    @contextmanager
    def _at_work(self, run: Run) -> Iterator[None]:
        """The context of windows; what is not finite is found after them, on every backend."""
        with np.errstate(all="ignore"), self._threads(run.state):
            yield

    def _checked_window(
        self, run: Run, begun: Begun, length: int, rows: np.ndarray | None = None
    ) -> None:
        """A window of updates, and the report of it; if one meets a value that is not finite, those
        before it stay.
        """
        updates, probe = begun
        saved, done, rate = run.state.copy(), run.done, run.rate

        def go_back() -> None:
            run.state.become(saved.copy())
            run.done = done

        def play_again() -> None:
            # a window's draws depend on its first update alone
            go_back()
            run.rate = rate
            with closing(updates.anew()) as fresh:
                self._window(run, fresh, length, rows, quiet=True)

        try:
            values = self._window(run, updates, length, rows)
            fake = self.evaluation.generate(run.state, probe, probe)
        except KeyboardInterrupt:  # whoever keeps the model wants a whole state
            go_back()
            raise
        bad = first_not_finite(values) or left_not_finite(self.ops, run.state, fake, length)
        if bad is None:
            record(run, values, self.ops.to_numpy(probe.real), fake)
            call_hooks(self.ops, self.callbacks, "on_report", run, play_again)
            return
        step, alone = saved.step + bad.good + 1, len(bad.members) == 1
        go_back()
        given = step, bad.term
        if any(call_hooks(self.ops, self.callbacks, "on_not_finite", run, go_back, *given)):
            return  # to play the window once more
        # it can be played again up to there; once more by one update less, for a loss also suffers
        # from the parameters before it
        for again in (bad.good, bad.good - 1, 0) if alone else (0,):
            go_back()
            if again <= 0:
                break
            with closing(updates.anew()) as fresh:
                values = self._window(run, fresh, again, rows, quiet=True)
            fake = self.evaluation.generate(run.state, probe, probe)
            if left_not_finite(self.ops, run.state, fake, again) is None:
                record(run, values, self.ops.to_numpy(probe.real), fake)
                break
        raise DivergenceError(step, bad.term, run.rollbacks, run.rate, bad.members)

    def _threads(self, state: TrainingState) -> AbstractContextManager[Any]:
        """The context in which updates of these models run best."""
        return self.ops.threads_for(self._largest_product(), state.n_models)

    def _largest_product(self) -> int:
        """Multiplications in the largest matrix product of a step."""
        networks, n_rows = self.objective.networks.values(), self.batch_size // self.part.size
        return max(network.largest_product(2 * n_rows) for network in networks)

    def _window(
        self,
        run: Run,
        updates: Updates,
        length: int,
        rows: np.ndarray | None,
        *,
        quiet: bool = False,
    ) -> dict[str, np.ndarray]:
        """Make `length` updates; return the terms by name, each of shape (length, K)."""
        ops = self.ops
        updates.begin_window()
        indices = None if rows is None else ops.asarray(rows, dtype=np.int64)
        pending, kinds = [], []
        with ops.recycling():
            for i in range(length):
                progress = 0.0 if run.constant else run.done / run.n_updates
                names, values = updates.advance(progress, None if indices is None else indices[i])
                kinds.append(names)
                pending.append(values)
                run.done += 1
                if not quiet:
                    self._notify("on_step", run)
        assert len(set(kinds)) == 1, "updates of one window have different terms"
        fetched = ops.to_numpy(ops.xp.stack(pending))  # (length, terms, K)
        return {name: fetched[:, j] for j, name in enumerate(names)}

    def parts(self, state: TrainingState, data: TrainingData) -> Parts:
        """The parts of an update of `state`."""
        return OnePart(self) if self.part.size == 1 else SharedParts(self, state, data)

    def update(
        self,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None = None,
    ) -> Values:
        """The arithmetic of one update of the sampler, after those of its opponent.

        Of `state` it changes the arrays; its numbers stay as they are until `count`.
        """
        turns: list[Values] = []
        for j, players in enumerate(self.plan):
            if j < self.n_minibatches:
                chosen = self.chosen(j, data, rng, rows)
                taken = data.take(chosen)
            batch = self.batch(j, chosen, taken, data, rng, clock)
            self.ops.recycle(players)
            turns.append(self._turn(j, state, batch, rng))
        return self.end(state, clock, turns)

    def chosen(self, turn: int, data: TrainingData, rng: Any, rows: Array | None) -> Array:
        """Which rows of the data this rank takes at a turn: of those drawn, or given, its part."""
        return self.part.of(data.draw(rng, self.batch_size) if rows is None else rows[turn])

    def batch(
        self, turn: int, chosen: Array, taken: Taken, data: TrainingData, rng: Any, clock: Clock
    ) -> Batch:
        """The minibatch of a turn, of the rows `taken` from the positions `chosen`."""
        real, labels = taken
        draws = Draws(self.ops, rng, self.part)
        masked = data.masked(chosen, real, draws)
        step = clock.step * self.n_minibatches + turn
        return Batch(real, draws, labels, clock, step, masked)

    def end(self, state: TrainingState, clock: Clock, turns: Sequence[Values]) -> Values:
        """The end of an update whose turns gave these values: the average, and values of all."""
        self._average(state, clock)
        if len(turns) == 1:
            return turns[0]
        terms: dict[str, list[Array]] = {}
        for values in turns:
            for name, value in zip(*values, strict=True):
                terms.setdefault(name, []).append(value)
        # several steps of one player count as one, in the mean
        means = {n: v[0] if len(v) == 1 else sum(v) / len(v) for n, v in terms.items()}
        return self._stacked(means)

    def count(self, state: TrainingState) -> None:
        """Count an update that has been made: the sampler's step, and those of the optimizers."""
        state.step += 1
        for name, n_steps in self._taken[-1].items():
            state.optimizers[name]["t"] += n_steps

    def _average(self, state: TrainingState, clock: Clock) -> None:
        """Let the averages of the samplers' parameters follow them."""

        def share(now: Clock) -> float:
            t = now.step + 1
            return 1 - min(self.ema_decay, t / (9 + t))

        now = clock.number(share)
        for name, average in zip(self.objective.samplers, state.averages, strict=True):
            trained = self.objective.players[name].trained
            self.ops.run(_AVERAGE, trained(state.thetas[name]), now, outs=(trained(average),))

    def _stacked(self, terms: Terms) -> Values:
        """The terms in one new array: what a step computed in may be used again by the next one."""
        values = list(terms.values())
        stacked = self.ops.lasting((len(values), *values[0].shape))
        write(self.ops, values, list(stacked))
        return tuple(terms), stacked

    def _turn(self, turn: int, state: TrainingState, batch: Batch, rng: Any) -> Values:
        """Update the players whose turn it is at once."""
        players, thetas = self.plan[turn], state.thetas
        if first := self.extrapolating(turn):
            _, grads = self.objective.value_and_grad(first, thetas, batch, state.memories)
            thetas = self.look_ahead(turn, state, grads, batch.clock)
            batch = replace(batch, draws=Draws(self.ops, rng, self.part))
        terms, grads = self.objective.value_and_grad(players, thetas, batch, state.memories)
        return self.step(turn, state, terms, grads, batch.clock)

    def step(
        self, turn: int, state: TrainingState, terms: Terms, grads: dict[str, Array], clock: Clock
    ) -> Values:
        """Let the players whose turn it is go along their gradients; all values of the turn."""
        for name, grad in grads.items():
            more = self.objective.players[name].update(
                state.thetas[name],
                grad,
                state.optimizers[name],
                state.memories[name],
                self._optimizer_clock(name, state, clock, self._taken[turn + 1][name] - 1),
            )
            add_terms(terms, {f"{name}_{key}": value for key, value in more.items()})
        return self._stacked(terms)

    def extrapolating(self, turn: int) -> list[str]:
        """The players of a turn that look ahead before they step."""
        players = self.objective.players
        return [name for name in self.plan[turn] if players[name].optimizer.extrapolates]

    def look_ahead(
        self, turn: int, state: TrainingState, grads: Mapping[str, Array], clock: Clock
    ) -> dict[str, Array]:
        """The parameters after a look ahead of the players that do so, along their gradients."""
        ahead = {
            name: self.objective.players[name].look_ahead(
                state.thetas[name],
                grads[name],
                state.optimizers[name],
                self._optimizer_clock(name, state, clock, self._taken[turn][name]),
            )
            for name in self.extrapolating(turn)
        }
        return {**state.thetas, **ahead}

    def _optimizer_clock(self, name: str, state: TrainingState, clock: Clock, step: int) -> Clock:
        """The time for a player's optimizer, at its step number `step` of the update."""
        return clock.counting(state.optimizers[name]["t"] + step, self._taken[-1][name])

    def _call(self, event: str, run: Run) -> None:
        """Call all callbacks before the first update, or after the last one."""
        if not self.callbacks:
            return
        before = run.state.copy()
        call_hooks(self.ops, self.callbacks, event, run, lambda: run.state.become(before.copy()))

    def _notify(self, event: str, run: Run) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(run)
