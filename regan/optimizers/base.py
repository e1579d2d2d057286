"""Optimizers, the base class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.schedules.clock import Clock, Number

State = dict[str, Any]


class Optimizer(BaseEstimator, ABC):
    """Base class of optimizers: the hyper-parameters of a first-order method.

    Each update writes `step`, its step size for each element. If the gradient is constant, the
    update is ``theta -= step * grad``, in the first update from a fresh state and again when the
    moments have converged. With momentum, `step` sums over all gradients in the direction. Proximal
    penalties rely on `step`: the objective has its minimum where the step along the gradient and
    the proximal step cancel.

    Attributes
    ----------
    decoupled : bool
        Whether L2 penalties act as weight decay instead of through the gradient.
    extrapolates : bool
        Whether an update takes the gradient at the result of `extrapolate`, and starts from the
        parameters before it.
    moments : tuple of str
        The arrays (K, P) that the state holds between updates, in addition to the count ``"t"``.
    flat : mapping of str to str
        Arguments of the constructor, and the arguments of estimators that correspond to them.
    """

    decoupled: ClassVar[bool] = False
    extrapolates: ClassVar[bool] = False
    moments: ClassVar[tuple[str, ...]] = ()
    flat: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @property
    def method(self) -> str:
        """The name of the method; optimizers with equal names can continue from the same state."""
        return type(self).__name__

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    def init(self, ops: Backend, theta: Array) -> State:
        """The state before the first update of `theta` (K, P)."""
        self.check()
        state: State = {name: ops.zeros(theta.shape) for name in self.moments}
        return {**state, "t": 0, "step": ops.zeros(theta.shape)}

    def corrections(self, t: int) -> tuple[float, ...]:
        """Numbers, besides the learning rate, that update number `t` (from 1) needs.

        They depend only on `t` and the hyper-parameters.
        """
        return ()

    @abstractmethod
    def apply(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        *corrections: Number,
    ) -> None:
        """Update `theta` (K, P) and the arrays in `state` in place.

        `lr` and each of the `corrections` is a float or an array (K, 1) or (1, 1). The update may
        depend on its number only through these.
        """

    def update(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        clock: Clock | None = None,
    ) -> None:
        """One update: `apply` with the corrections of its number.

        clock : its `step` is the number of updates before this one, and whoever has the clock
        counts. Without one, that number is ``state["t"]``, and this counts.
        """
        if clock is None:
            clock = Clock(step=state["t"])
            state["t"] += 1
        corrections = clock.numbers(lambda now: self.corrections(now.step + 1))
        self.apply(ops, grad, state, theta, lr, *corrections)

    def extrapolate(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        clock: Clock | None = None,
    ) -> Array:
        """The parameters that `update` would make of `theta` (K, P), as a new array.

        It changes `state` as `update` does.
        """
        ahead = theta.copy()
        self.update(ops, grad, state, ahead, lr, clock)
        return ahead
