"""Constraints, the base class: hard regularization of the weights of one network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers.layout import Layout

Memory = dict[str, Array]


class Constraint(BaseEstimator, ABC):
    r"""Base class of constraints on the weights of a network.

    A constraint acts in one of two ways: it projects the weights after each update (`project`), or
    forward and backward passes use other weights than the trained ones (`effective`). Weights are
    the matrices W (K, I, O). The incoming weights of a unit are a column of W, and its outgoing
    weights are a row of the next W. Biases are not constrained.

    Attributes
    ----------
    reparametrizes : bool
        Whether passes use `effective` weights that differ from the trained weights.
    nearest : bool
        Whether `project` finds the nearest point of the set (or one of them, if there are several).
    last : bool
        Whether the constraint projects after all other constraints of a network.
    excludes : mapping of str to str
        The names of constraints that cannot be combined with this one, and why.
    """

    reparametrizes: ClassVar[bool] = False
    nearest: ClassVar[bool] = True
    last: ClassVar[bool] = False
    excludes: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    def bind(self, ops: Backend, layout: Layout) -> Self:
        """A copy for training a network of this layout."""
        self.check()
        bound = copy(self)
        bound._ops, bound._layout = ops, layout
        bound._slots = layout.matrices
        return bound

    def matrices(self, theta: Array) -> list[Array]:
        """The matrices that the constraint acts on, as views (K, I, O) into `theta`."""
        return [self._layout.view(theta, slot) for slot in self._slots]

    def init(self, theta: Array, rng: np.random.Generator) -> Memory:
        """The memory of the constraint between updates, arrays (K, ...) by name.

        Random numbers are drawn on the host and are the same for all K members.
        """
        return {}

    def effective(self, theta: Array, memory: Memory) -> Array:
        """The parameters that the passes use; `theta` is never written to.

        It may note in `memory` what `pull_back` needs to know of `theta`, but what else is there
        stays, so that the result is a function of `theta` as long as nobody calls `advance`.
        """
        return theta

    def pull_back(self, grad: Array, effective_theta: Array, memory: Memory) -> None:
        """Turn `grad` (K, n_trained), the gradient in the effective parameters, into the one in
        the trained parameters; `effective_theta` is what `effective` last returned.
        """

    def advance(self, theta: Array, memory: Memory) -> None:
        """Update `memory`, once after each update and projection."""

    def project(self, theta: Array) -> None:
        """Move `theta` into the set, once after each update and its proximal step."""

    @property
    def min_hidden_layers(self) -> int:
        """With fewer hidden layers than these it has no effect."""
        return 0

    @abstractmethod
    def violation(self, theta: Array) -> Array:
        """How far `theta` is outside of the set, (K,), in the units of the limit; 0 in the set."""


class Projection(Constraint):
    """Base class of constraints that project each weight matrix separately."""

    @abstractmethod
    def project_matrix(self, W: Array) -> None:
        """Move the matrices W (K, I, O) into the set."""

    @abstractmethod
    def excess(self, W: Array) -> Array:
        """How far the matrices W (K, I, O) are outside, (K,); what is inside may be negative."""

    def project(self, theta: Array) -> None:
        for W in self.matrices(theta):
            self.project_matrix(W)

    def violation(self, theta: Array) -> Array:
        worst = self._ops.zeros((theta.shape[0],))
        for W in self.matrices(theta):
            worst = self._ops.xp.maximum(worst, self.excess(W))
        return worst
