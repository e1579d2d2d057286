"""The state of training, which a step changes, and the run, which callbacks see."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.backends import Array, Backend
from regan.objectives.players import Memory
from regan.optimizers import State
from regan.prefixes import with_prefix, without_prefix
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

_FLOATS = ("float32", "float64")
_NAME = re.compile(r"[a-z]\w*", re.ASCII)


@dataclass
class TrainingState:
    """State of training: everything that an update changes, and that resuming training needs.

    Attributes
    ----------
    thetas : dict of str to array of shape (K, P)
        Parameters of each network.
    averages : tuple of arrays of shape (K, P)
        Exponential moving average of the parameters of each network that makes rows.
    optimizers : dict of str to dict
        State of the optimizer of each network.
    memories : dict of str to dict
        State of the constraints of each network.
    methods : dict of str to str
        `Optimizer.method` of each optimizer, which defines the meaning of its state.
    step : int
        Number of updates of the sampler so far.
    seed : int
        Seed of all random draws.
    calibrated : bool
        Whether the fixed part of `thetas` holds what evaluation needs.
    """

    thetas: dict[str, Array]
    averages: tuple[Array, ...]
    optimizers: dict[str, State]
    memories: dict[str, Memory]
    methods: dict[str, str]
    step: int
    seed: int
    calibrated: bool = False

    @property
    def average(self) -> Array:
        """The average of the first network that makes rows; most objectives have one."""
        return self.averages[0]

    @property
    def n_models(self) -> int:
        """K."""
        return len(self.average)

    def map(self, f: Callable[[Array], Any]) -> TrainingState:
        """The same state with `f` applied to every array."""

        def inside(values: dict[str, Any]) -> dict[str, Any]:
            return {k: v if k == "t" else f(v) for k, v in values.items()}

        return replace(
            self,
            thetas=inside(self.thetas),
            averages=tuple(map(f, self.averages)),
            optimizers={name: inside(state) for name, state in self.optimizers.items()},
            memories={name: inside(memory) for name, memory in self.memories.items()},
        )

    def copy(self) -> TrainingState:
        """The same state with arrays of its own."""
        return self.map(lambda a: a.copy())

    def on(self, ops: Backend) -> TrainingState:
        """A copy of a state on the host, on the device of `ops`."""
        return self.map(lambda a: ops.asarray(a.copy()))

    def become(self, other: TrainingState) -> None:
        """Take everything of `other`, which is not used any more."""
        vars(self).update(vars(other))

    def select(self, members: Any) -> TrainingState:
        """A copy for some of the models, by position or by a mask."""
        return self.map(lambda a: a[members])

    @classmethod
    def merge(cls, states: Sequence[TrainingState]) -> TrainingState:
        """Several states on the host as one; they have made equally many updates."""
        arrays = [state.arrays() for state in states]
        merged = {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}
        return cls.of(merged, states[0].export()[1])

    def arrays(self) -> dict[str, Array]:
        """All arrays, by name."""
        first, *others = self.averages
        arrays = {"average": first, **with_prefix("average", _numbered(others))}
        for name, theta in self.thetas.items():
            moments = {k: v for k, v in self.optimizers[name].items() if k != "t"}
            kept = with_prefix("kept", self.memories[name])
            arrays |= {name: theta, **with_prefix(name, {**moments, **kept})}
        return arrays

    def is_like(self, other: TrainingState) -> bool:
        """Whether it has the arrays of `other`, in their shapes."""
        one, two = (
            {name: array.shape for name, array in state.arrays().items()} for state in (self, other)
        )
        return one == two

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """A state on the host as arrays by name, and the rest, for files."""
        return self.arrays(), {
            "step": self.step,
            "seed": self.seed,
            "settled": self.calibrated,  # as files call it
            "networks": list(self.thetas),
            "t": [state["t"] for state in self.optimizers.values()],
            "methods": list(self.methods.values()),
        }

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors) -> Self:
        """The inverse of `export`, from a file. FileError for what is no state of training."""
        step, seed, settled, networks, t, methods = stored.fields(
            "step", "seed", "settled", "networks", "t", "methods"
        )
        players = [name.text(_NAME) for name in networks.items()]
        for name in players:
            if (
                name == "average"
                or not {name, "average"} <= {*tensors.names}
                or players.count(name) > 1
            ):
                networks.refuse("a list of networks that the file has parameters of")
        average = tensors.take("average", (None, None), _FLOATS)
        dtype, arrays = (str(average.dtype),), {"average": average}
        others = tensors.group("average")
        for i in range(1, len(others.names) + 1):
            arrays[f"average.{i}"] = others.take(str(i), (len(average), None), dtype)
        for name in tensors.names:
            if name.partition(".")[0] not in players:
                raise FileError(f"the array {name[:60]!r} belongs to no network")
            arrays[name] = tensors.take(name, None, dtype)
            if arrays[name].ndim < 2 or len(arrays[name]) != len(average):
                raise FileError(f"the array {name} must have a row for each model")
        return cls.of(
            arrays,
            {
                "step": step.integer(),
                "seed": seed.integer(),
                "settled": settled.flag(),
                "networks": players,
                "t": [count.integer() for count in t.items(len(players))],
                "methods": [method.text() for method in methods.items(len(players))],
            },
        )

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray], rest: dict[str, Any]) -> Self:
        """The inverse of `export`."""
        names = rest["networks"]
        own = {name: without_prefix(name, arrays) for name in names}
        moments = {n: {k: a for k, a in own[n].items() if "." not in k} for n in names}
        others = range(1, len(without_prefix("average", arrays)) + 1)
        return cls(
            {name: arrays[name] for name in names},
            (arrays["average"], *(arrays[f"average.{i}"] for i in others)),
            {n: {**moments[n], "t": t} for n, t in zip(names, rest["t"], strict=True)},
            {name: without_prefix("kept", own[name]) for name in names},
            dict(zip(names, rest["methods"], strict=True)),
            rest["step"],
            rest["seed"],
            rest["settled"],
        )


def _numbered(arrays: Sequence[Array]) -> dict[str, Array]:
    """Arrays by their numbers, from 1 on."""
    return {str(i): array for i, array in enumerate(arrays, 1)}


@dataclass
class Run:
    """Training run as callbacks see it: its state, its number of updates and its history.

    Attributes
    ----------
    state : TrainingState
        State of training, on the device.
    n_updates : int
        Number of updates that this run makes.
    done : int
        Number of updates made so far.
    history : dict of str to list of arrays of shape (K,)
        One entry for each update, up to the end of the last window; see `RegularizedGAN.history_`.
    constant : bool
        Whether rates and strengths with a schedule keep their initial values.
    rate : float
        Factor of all learning rates. A callback may change it at a report.
    rollbacks : int
        Number of rollbacks after a value that was not finite.
    initial_rates : dict of str to float or array of shape (K, 1)
        Learning rate of each network before schedule and `rate`.
    """

    state: TrainingState
    n_updates: int
    done: int = 0
    history: dict[str, list[np.ndarray]] = field(default_factory=dict)
    stopped: bool = False
    constant: bool = False
    rate: float = 1.0
    rollbacks: int = 0
    initial_rates: dict[str, Any] = field(default_factory=dict)

    def select(self, members: Any) -> Run:
        """The same run for some of its models, selected by position or by a mask."""
        history = {name: [row[members] for row in rows] for name, rows in self.history.items()}
        return replace(self, state=self.state.select(members), history=history)

    def stop(self) -> None:
        """End the run after the current window."""
        self.stopped = True

    def latest(self) -> dict[str, float]:
        """Latest value of every entry of the history, averaged over the models."""
        return {name: float(np.mean(rows[-1])) for name, rows in self.history.items() if rows}
