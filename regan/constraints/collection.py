"""All constraints of one network as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from regan.backends import Array
from regan.constraints.base import Constraint, Memory
from regan.prefixes import with_prefix, without_prefix


class Constraints:
    r"""Several constraints on one network.

    Except for `UnitNorm`, shrinking entries towards 0 never leaves the set of a constraint, and its
    projection only shrinks entries. So each projection stays in the sets of the constraints before
    it, and projecting in order ends in all sets. The result need not be the nearest point of the
    intersection.

    Two kinds of combinations are refused:

    - `UnitNorm` with a limit on the size or number of weights, because the two sets may not
      intersect. `UnitNorm` may be combined with `NonNegative`; it then projects last, because
      scaling a column keeps its signs.
    - `SpectralNorm` with a limit on the size of weights, because it divides by this size, so the
      limit would have no effect. Limits on signs and zeros still have an effect.

    At most one constraint may reparametrize, because `pull_back` knows only the final effective
    parameters and not those in between.

    Parameters
    ----------
    constraints : iterable of Constraint
        Bound to a layout; unbound constraints are enough for `check`.
    """

    def __init__(self, constraints: Iterable[Constraint] = ()) -> None:
        self._constraints = sorted(constraints, key=lambda c: c.last)  # a stable sort
        self.check()

    def check(self) -> None:
        """Raise ValueError for constraints that contradict one another, naming both."""
        for one in self:
            for other in self:
                known = {cls.__name__ for cls in type(other).__mro__}
                for name in known & set(one.excludes):
                    raise ValueError(
                        f"{one!r} and {other!r} exclude each other: {one.excludes[name]}"
                    )
        several = [repr(c) for c in self if c.reparametrizes]
        if len(several) > 1:
            raise ValueError(
                f"only one constraint may reparametrize the weights, got {' and '.join(several)}"
            )
        kinds = [type(c) for c in self]
        for c in self:
            if kinds.count(type(c)) > 1:
                name = type(c).__name__
                raise ValueError(f"{name} occurs twice in the constraints, leave one out: {c!r}")

    def __iter__(self) -> Iterator[Constraint]:
        return iter(self._constraints)

    def init(self, theta: Array, rng: np.random.Generator) -> Memory:
        """The memories of all, each name with the number of its constraint in front."""
        memory: Memory = {}
        for i, c in enumerate(self):
            memory |= with_prefix(i, c.init(theta, rng))
        return memory

    def effective(self, theta: Array, memory: Memory) -> Array:
        """The parameters that the passes see."""
        for i, c in enumerate(self):
            theta = c.effective(theta, without_prefix(i, memory))
        return theta

    def pull_back(self, grad: Array, effective_theta: Array, memory: Memory) -> None:
        """Turn `grad` (K, n_trained) into the gradient in the trained parameters."""
        for i, c in enumerate(self):
            c.pull_back(grad, effective_theta, without_prefix(i, memory))

    def advance(self, theta: Array, memory: Memory) -> None:
        """Update all memories, in place."""
        for i, c in enumerate(self):
            c.advance(theta, without_prefix(i, memory))

    def project(self, theta: Array) -> None:
        """Move `theta` into all sets."""
        for c in self:
            c.project(theta)
