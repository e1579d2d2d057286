"""A player: one network, what acts on it alone, and how it steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from regan.backends import Array, Backend, squared_norm
from regan.constraints import Constraints
from regan.constraints.clipping import Clipping
from regan.layers.network import Network
from regan.objectives.terms import Terms, add_term
from regan.optimizers import Adam, Optimizer
from regan.penalties import Penalty
from regan.penalties.activity import ActivityPenalty
from regan.schedules import ConstantSchedule, Schedule
from regan.schedules.clock import Clock, Number

Memory = dict[str, Array]


class Pair(NamedTuple):
    """Pair of values, one for each of two networks, in the order of settings that are pairs."""

    first: Any
    second: Any


@dataclass(frozen=True)
class Player:
    """Player: a network with its regularizers and its optimizer, all bound.

    Attributes
    ----------
    network : Network
    penalties : sequence of Penalty
        On the weights.
    activity_penalties : sequence of ActivityPenalty
        On the outputs of the network and its hidden activations.
    constraints : Constraints
    clipping : sequence of Clipping
    optimizer : Optimizer
    learning_rate : float or array of shape (K, 1)
    schedule : Schedule
    """

    network: Network
    penalties: Sequence[Penalty] = ()
    activity_penalties: Sequence[ActivityPenalty] = ()
    constraints: Constraints = field(default_factory=Constraints)
    clipping: Sequence[Clipping] = ()
    optimizer: Optimizer = field(default_factory=Adam)
    learning_rate: Any = 1e-3
    schedule: Schedule = field(default_factory=ConstantSchedule)

    def __post_init__(self) -> None:
        if np.ndim(self.learning_rate):
            object.__setattr__(self, "learning_rate", self.ops.asarray(self.learning_rate))

    @property
    def ops(self) -> Backend:
        return self.network.ops

    def weights(self, a: Array) -> Array:
        """The columns of `a` (K, P) that belong to weights, as a view."""
        return a[:, : self.network.layout.n_weights]

    def trained(self, a: Array) -> Array:
        """The columns of `a` (K, P) that are trained, as a view."""
        return a[:, : self.network.layout.n_trained]

    def penalise(self, theta: Array, grad: Array) -> Terms:
        """Add the gradients of the weight penalties to `grad`; return their values, by name."""
        terms: Terms = {}
        w, gw = self.weights(theta), self.weights(grad)
        for penalty in self.penalties:
            if penalty.in_gradient:
                penalty.add_grad(w, gw)
                add_term(terms, penalty.name, penalty.gradient_value(w))
        return terms

    def output_activity(self, output: Array) -> tuple[Terms, Array | None]:
        """The penalties on the output (K, N, O), by name, and their gradient or None."""
        terms: Terms = {}
        slope = None
        for penalty in self.activity_penalties:
            if penalty.on_output:
                value, g = penalty.value_and_grad(output)
                add_term(terms, penalty.name, value)
                slope = g if slope is None else slope + g
        return terms, slope

    def hidden_activity(self, activations: Mapping[int, Array]) -> tuple[Terms, dict[int, Array]]:
        """The same for hidden activations (K, N, H), by layer."""
        terms: Terms = {}
        slopes: dict[int, Array] = {}
        for penalty in self.activity_penalties:
            if penalty.on_hidden:
                for i, a in activations.items():
                    value, g = penalty.value_and_grad(a)
                    add_term(terms, penalty.name, value)
                    slopes[i] = g if i not in slopes else slopes[i] + g
        return terms, slopes

    def look_ahead(self, theta: Array, grad: Array, state: dict[str, Any], clock: Clock) -> Array:
        """The extrapolated parameters of an extrapolating optimizer.

        This is a step of the optimizer too: see `update` for `clock`.
        """
        self._clip(grad)
        ahead = theta.copy()
        lr = self._rate(clock)
        at = self.trained(theta), lr, clock
        self.trained(ahead)[...] = self.optimizer.extrapolate(self.ops, grad, state, *at)
        for penalty in self._stepping:
            self._step(penalty, ahead, state, lr)
        self.constraints.project(ahead)
        return ahead

    def update(
        self, theta: Array, grad: Array, state: dict[str, Any], memory: Memory, clock: Clock
    ) -> Terms:
        """One update: clipping, optimizer, proximal step and decay, projection, memories.

        Changes the arrays of all arguments in place. `clock` counts the steps of the optimizer.
        Returns the values of the penalties that act after the gradient, and the norm of the
        gradient before clipping.
        """
        norm = self.ops.xp.sqrt(squared_norm(self.ops, grad))
        self._clip(grad)
        lr = self._rate(clock)
        self.optimizer.update(self.ops, grad, state, self.trained(theta), lr, clock)
        terms: Terms = {}
        for penalty in self._stepping:
            self._step(penalty, theta, state, lr)
            add_term(terms, penalty.name, penalty.step_value(self.weights(theta)))
        self.constraints.project(theta)
        self.constraints.advance(theta, memory)
        return {**terms, "grad_norm": norm}

    @property
    def _stepping(self) -> list[Penalty]:
        """The penalties that act after the optimizer's step."""
        return [penalty for penalty in self.penalties if penalty.in_step]

    def _step(self, penalty: Penalty, theta: Array, state: dict[str, Any], lr: Number) -> None:
        """The proximal step and the decay of one penalty, on the weights in `theta`."""
        w = self.weights(theta)
        penalty.prox(w, self.weights(state["step"]))
        penalty.decay(w, lr)

    def _rate(self, clock: Clock) -> Number:
        """The learning rate where training stands, one for all models or (K, 1)."""
        if np.ndim(self.learning_rate):
            return self.learning_rate * self.schedule.at(clock, clock.rate)
        return self.schedule.at(clock, self.learning_rate * clock.rate)

    def _clip(self, grad: Array) -> None:
        for clipping in self.clipping:
            clipping.clip(grad)
