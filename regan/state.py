"""Where training stands: what a step changes, and what callbacks see of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.backends import Array
from regan.players import PLAYERS, Pair


@dataclass
class TrainingState:
    """Everything that a step changes, and what it takes to go on later.

    Attributes
    ----------
    thetas : Pair
        Parameters (K, P) of the generator and of the discriminator.
    average : array of shape (K, P)
        The exponential moving average of the generator's parameters.
    optimizers : Pair
        Their states.
    methods : Pair
        What these states mean: `Optimizer.method` of each.
    step : int
        Generator updates so far.
    seed : int
        What all draws derive from.
    """

    thetas: Pair
    average: Array
    optimizers: Pair
    methods: Pair
    step: int
    seed: int

    def sampling_theta(self) -> Array:
        """The average, with exact zeros where the generator has them now, (K, P).

        An average of weights that became zero is small but never zero, and a penalty that promises
        zeros has to keep its word.
        """
        return self.average * (self.thetas.generator != 0)

    def map(self, f: Any) -> TrainingState:
        """The same state with `f` applied to every array."""
        states = [
            {k: v if k == "t" else f(v) for k, v in state.items()} for state in self.optimizers
        ]
        thetas = Pair(*map(f, self.thetas))
        return replace(self, thetas=thetas, average=f(self.average), optimizers=Pair(*states))

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """A state on the host as arrays by name, and the rest."""
        arrays, rest = {"average": self.average}, {"step": self.step, "seed": self.seed}
        for player, theta, memory, method in zip(
            PLAYERS, self.thetas, self.optimizers, self.methods, strict=True
        ):
            arrays[player] = theta
            arrays |= {f"{player}.{k}": v for k, v in memory.items() if k != "t"}
            rest |= {f"{player}.t": memory["t"], f"{player}.method": method}
        return arrays, rest

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], rest: dict[str, Any]) -> Self:
        """The inverse of `pack`; further entries are left alone."""

        def memory(player: str) -> dict[str, Any]:
            prefix = f"{player}."
            found = {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}
            return {**found, "t": rest[f"{player}.t"]}

        return cls(
            Pair(*(arrays[player] for player in PLAYERS)),
            arrays["average"],
            Pair(*map(memory, PLAYERS)),
            Pair(*(rest[f"{player}.method"] for player in PLAYERS)),
            rest["step"],
            rest["seed"],
        )


@dataclass
class Run:
    """One stretch of training, as callbacks see it.

    Attributes
    ----------
    state : TrainingState
        On the device.
    n_updates : int
        How many generator updates this run makes.
    done : int
        How many it has made.
    history : dict of str to list of arrays of shape (K,)
        One entry an update, up to the end of the last window; see `RegularizedGAN.history_`.
    """

    state: TrainingState
    n_updates: int
    done: int = 0
    history: dict[str, list[np.ndarray]] = field(default_factory=dict)
    stopped: bool = False

    def stop(self) -> None:
        """End the run after the current window."""
        self.stopped = True

    def latest(self) -> dict[str, float]:
        """The most recent value of every entry of the history, averaged over the models."""
        return {name: float(np.mean(rows[-1])) for name, rows in self.history.items() if rows}
