"""The training loop: alternating updates of both players, for K models at once.

Nothing in a step waits for the device. Values stay there until the end of a *window* of updates;
then they are fetched, checked and handed to the callbacks. A window is also the unit of randomness:
its draws depend on the seed and on the number of its first update alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from regan.backends import Array, Backend
from regan.callbacks import Callback
from regan.metrics import sliced_wasserstein
from regan.objective import Objective
from regan.players import PLAYERS, Pair, Player
from regan.state import Run, TrainingState

_MAX_WINDOW = 250
_WINDOWS = 40
_DISTANCE_ROWS = 512


class DivergenceError(RuntimeError):
    """Training met a value that is not finite.

    Attributes
    ----------
    step : int
        The generator update at which it was first seen, counted from 1 over the model's life.
    term : str
        The term of the objective, as it is called in `history_`, ``"parameters"`` or
        ``"generated rows"``.
    """

    def __init__(self, step: int, term: str) -> None:
        super().__init__(
            f"training diverged: {term} was not finite at update {step}. The last finite "
            "parameters are kept. Try a smaller learning_rate_init, a larger gamma or alpha, or "
            "standardize=True"
        )
        self.step = step
        self.term = term

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.term)


class _Probe(NamedTuple):
    """What the data distance is taken between: rows (n, D), and noise (1, n, Z) for the others."""

    real: np.ndarray
    noise: Array


class Trainer:
    """Trains an objective.

    Parameters
    ----------
    objective : Objective
    optimizers : Pair of Optimizer
    learning_rates : Pair of float or array of shape (K, 1)
    schedules : Pair of Schedule
    batch_size : int
        N.
    n_discriminator_steps : int, default=1
        Discriminator updates before each generator update.
    ema_decay : float, default=0.999
        Of the average of the generator's parameters; at update t it is at most ``t / (9 + t)``, so
        that short runs do not remember the start.
    callbacks : sequence of Callback
    """

    def __init__(
        self,
        objective: Objective,
        optimizers: Pair,
        learning_rates: Pair,
        schedules: Pair,
        *,
        batch_size: int,
        n_discriminator_steps: int = 1,
        ema_decay: float = 0.999,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.objective = objective
        self.optimizers = optimizers
        ops = objective.ops
        self.learning_rates = [ops.asarray(r) if np.ndim(r) else float(r) for r in learning_rates]
        self.schedules = schedules
        self.batch_size = batch_size
        self.n_discriminator_steps = n_discriminator_steps
        self.ema_decay = ema_decay
        self.callbacks = list(callbacks)

    @property
    def ops(self) -> Backend:
        return self.objective.ops

    def init(self, seed: int, n_models: int = 1) -> TrainingState:
        """The state before the first update; initial weights are drawn on the host."""
        rng = np.random.default_rng([seed, 0])
        thetas = Pair(*(network.init(rng, n_models) for network in self.objective.networks))
        pairs = zip(self.optimizers, thetas, strict=True)
        states = Pair(*(optimizer.init(self.ops, theta) for optimizer, theta in pairs))
        methods = Pair(*(optimizer.method for optimizer in self.optimizers))
        return TrainingState(thetas, thetas.generator.copy(), states, methods, 0, seed)

    def run(self, run: Run, X: Array, rows: np.ndarray | None = None) -> None:
        """Make the updates of `run` on `X` (n, D), changing its state and history in place.

        Parameters
        ----------
        run : Run
            New, or its state is that of an earlier one.
        X : array of shape (n, D)
            On the device.
        rows : int array of shape (n_updates, n_discriminator_steps, batch_size), optional
            Which rows each discriminator update sees; by default they are drawn with replacement.

        Raises
        ------
        DivergenceError
            If a value is not finite. The state is then the last one seen to be finite.
        """
        state, n_updates = run.state, run.n_updates
        probe = self._distance_probe(state, X)
        window = min(_MAX_WINDOW, max(1, n_updates // _WINDOWS))
        self._call("on_fit_start", run)
        try:
            # what is not finite is found below, on every backend
            with np.errstate(all="ignore"), self.ops.threads_for(self._largest_product()):
                while run.done < n_updates and not run.stopped:
                    length = min(window, n_updates - run.done)
                    part = None if rows is None else rows[run.done : run.done + length]
                    self._checked_window(run, X, length, part, probe)
                    self._call("on_report", run)
        finally:
            self._call("on_fit_end", run)

    def _checked_window(
        self, run: Run, X: Array, length: int, rows: np.ndarray | None, probe: _Probe
    ) -> None:
        """A window of updates; if one meets a value that is not finite, those before it stay."""
        saved, done = run.state.map(lambda a: a.copy()), run.done
        values = self._window(run, X, length, rows)
        fake = self._generate(run.state, probe.noise)
        bad = _first_not_finite(values) or self._not_finite(run.state, fake, length)
        if bad is None:
            _record(run, values, probe.real, fake)
            return
        good, term = bad
        # a window's draws depend on its first update alone, so it can be played again up to there;
        # once more by one update less, for a loss also suffers from the parameters before it
        for again in (good, good - 1, 0):
            vars(run.state).update(vars(saved.map(lambda a: a.copy())))
            run.done = done
            if again <= 0:
                break
            values = self._window(run, X, again, rows, quiet=True)
            fake = self._generate(run.state, probe.noise)
            if self._not_finite(run.state, fake, again) is None:
                _record(run, values, probe.real, fake)
                break
        raise DivergenceError(saved.step + good + 1, term)

    def _largest_product(self) -> int:
        """Multiplications in the largest matrix product of a step."""
        generator, discriminator = self.objective.generator, self.objective.discriminator
        n = self.batch_size
        return max(generator.largest_product(n), discriminator.largest_product(2 * n))

    def _window(
        self, run: Run, X: Array, length: int, rows: np.ndarray | None, *, quiet: bool = False
    ) -> dict[str, np.ndarray]:
        """Make `length` updates; return the terms by name, each of shape (length, K)."""
        ops, state = self.ops, run.state
        rng = ops.rng(np.random.SeedSequence([state.seed, 1, state.step]))
        indices = None if rows is None else ops.asarray(rows, dtype=np.int64)
        pending = []
        for i in range(length):
            progress = run.done / run.n_updates
            pending.append(
                self._update(state, X, rng, progress, None if indices is None else indices[i])
            )
            run.done += 1
            if not quiet:
                self._call("on_step", run)
        stacked = ops.xp.stack([ops.xp.stack(list(row.values())) for row in pending])
        fetched = ops.to_numpy(stacked)  # (length, terms, K)
        return {name: fetched[:, j] for j, name in enumerate(pending[0])}

    def _update(
        self, state: TrainingState, X: Array, rng: Any, progress: float, rows: Array | None
    ) -> dict[str, Array]:
        """One generator update, after its discriminator updates."""
        terms: dict[str, Array] = {}
        for j in range(self.n_discriminator_steps):
            drawn = rng.integers(0, len(X), size=self.batch_size) if rows is None else rows[j]
            real = X[drawn][None]  # (1, N, D)
            terms.update(self._step("discriminator", state, real, rng, progress))
        terms.update(self._step("generator", state, real, rng, progress))
        state.step += 1
        decay = min(self.ema_decay, state.step / (9 + state.step))
        state.average *= decay
        state.average += (1 - decay) * state.thetas.generator
        return terms

    def _step(
        self, player: Player, state: TrainingState, real: Array, rng: Any, progress: float
    ) -> dict[str, Array]:
        index, ops = PLAYERS.index(player), self.ops
        shape = (1, self.batch_size, self.objective.generator.n_in)
        noise = rng.standard_normal(shape, dtype=ops.dtype)
        terms, grad = self.objective.value_and_grad(player, state.thetas, real, noise)
        theta, optimizer, memory = (
            state.thetas[index],
            self.optimizers[index],
            state.optimizers[index],
        )
        lr = self.learning_rates[index] * self.schedules[index].factor(progress)
        optimizer.update(ops, grad, memory, theta, lr)
        n_weights = self.objective.networks[index].layout.n_weights
        w, step = theta[:, :n_weights], memory["step"][:, :n_weights]
        for penalty in self.objective.penalties[index]:
            if penalty.in_step:
                penalty.prox(w, step)
                penalty.decay(w, lr)
                rest = penalty.value(w) - penalty.gradient_value(w)
                terms[penalty.name] = terms.get(penalty.name, 0) + rest
        terms["grad_norm"] = ops.xp.sqrt((grad * grad).sum(axis=-1))
        return {f"{player}_{name}": value for name, value in terms.items()}

    def _distance_probe(self, state: TrainingState, X: Array) -> _Probe:
        """Rows and noise, the same throughout a run, with which the data distance is taken."""
        rng = np.random.default_rng([state.seed, 2])
        n = X.shape[0]
        index = rng.permutation(n)[:_DISTANCE_ROWS] if n > _DISTANCE_ROWS else np.arange(n)
        real = self.ops.to_numpy(X[self.ops.asarray(index, dtype=np.int64)])
        noise = rng.standard_normal((1, len(index), self.objective.generator.n_in))
        return _Probe(real, self.ops.asarray(noise))

    def _generate(self, state: TrainingState, noise: Array) -> np.ndarray:
        network = self.objective.generator
        return self.ops.to_numpy(network.forward(network.split(state.sampling_theta()), noise)[0])

    def _not_finite(
        self, state: TrainingState, fake: np.ndarray, length: int
    ) -> tuple[int, str] | None:
        """As `_first_not_finite`, for what a window leaves behind."""
        total = sum(self.ops.xp.abs(theta).sum() for theta in state.thetas)
        if not np.isfinite(self.ops.to_numpy(total)):
            return length - 1, "parameters"
        return None if np.isfinite(fake).all() else (length - 1, "generated rows")

    def _call(self, event: str, run: Run) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(run)


def _record(run: Run, values: dict[str, np.ndarray], real: np.ndarray, fake: np.ndarray) -> None:
    """Append a window's terms, and the distance between `real` (n, D) and `fake` (K, n, D)."""
    for name, rows in values.items():
        run.history.setdefault(name, []).extend(rows)
    seed = run.state.seed % 2**32
    distances = [sliced_wasserstein(real, rows, random_state=seed) for rows in fake]
    run.history.setdefault("distance", []).append(np.array(distances))
    run.history.setdefault("distance_iter", []).append(np.full(len(distances), run.state.step))


def _first_not_finite(values: dict[str, np.ndarray]) -> tuple[int, str] | None:
    """How many updates came before the first one with such a value, and the term."""
    bad = {name: ~np.isfinite(v).all(axis=1) for name, v in values.items()}
    found = [(int(np.argmax(rows)), name) for name, rows in bad.items() if rows.any()]
    # of the first update, the first term
    return min(found, key=lambda item: item[0]) if found else None
