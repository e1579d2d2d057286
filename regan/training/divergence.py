"""Divergence: values of a window that are not finite, and the error that ends a training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from regan.backends import Backend
from regan.training.state import TrainingState


class NotFinite(NamedTuple):
    """Where a window met a value that is not finite.

    Attributes
    ----------
    good : int
        How many updates came before it.
    term : str
        As of `DivergenceError`.
    members : array of bool of shape (K,)
        The same.
    """

    good: int
    term: str
    members: np.ndarray


def first_not_finite(values: dict[str, np.ndarray]) -> NotFinite | None:
    """The first such value among the terms of a window, of shape (length, K) each."""
    bad = {name: ~np.isfinite(v) for name, v in values.items()}
    first = [(int(np.argmax(b.any(axis=1))), name) for name, b in bad.items() if b.any()]
    if not first:
        return None
    # of the first update, the first term
    good, term = min(first, key=lambda item: item[0])
    return NotFinite(good, term, np.any([b.any(axis=0) for b in bad.values()], axis=0))


def left_not_finite(
    ops: Backend, state: TrainingState, fake: np.ndarray, length: int
) -> NotFinite | None:
    """Such a value in what a window of `length` updates leaves behind.

    fake : the rows (K, n, D) that the models generate now.
    """
    totals = sum(ops.xp.abs(theta).sum(axis=1) for theta in state.thetas.values())
    left = {
        "parameters": ops.to_numpy(totals),  # (K,)
        "generated rows": np.abs(fake).max(axis=(1, 2)),
    }
    for term, values in left.items():
        if (bad := ~np.isfinite(values)).any():
            return NotFinite(length - 1, term, bad)
    return None


class DivergenceError(RuntimeError):
    """Divergence: training met a value that is not finite.

    Attributes
    ----------
    step : int
        The generator update at which it was first seen, counted from 1 over the model's life.
    term : str
        The term of the objective, as it is called in `history_`, ``"parameters"`` or
        ``"generated rows"``.
    rollbacks : int
        How often training had gone back and on with lower learning rates (see `NonFiniteGuard`).
    rate : float
        What the learning rates were multiplied by at the end.
    members : array of bool of shape (K,)
        Which models of a population it was.
    """

    def __init__(
        self,
        step: int,
        term: str,
        rollbacks: int = 0,
        rate: float = 1.0,
        members: Any = (True,),
    ) -> None:
        backs = f"{rollbacks} roll-back{'s' * (rollbacks != 1)}"
        tried = f", after {backs} and with learning rates {rate:.3g} times the given ones"
        super().__init__(
            f"training diverged: {term} was not finite at update {step}{tried * bool(rollbacks)}. "
            "The last finite parameters are kept. Try a smaller learning_rate_init, stronger "
            "penalties (gamma, alpha), clipping='global_norm', or standardize=True"
        )
        self.step = step
        self.term = term
        self.rollbacks = rollbacks
        self.rate = rate
        self.members = np.array(members)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.term, self.rollbacks, self.rate, self.members)
