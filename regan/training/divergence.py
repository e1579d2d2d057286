"""Divergence: values of a window that are not finite, and the error that ends a training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from regan.backends import Array, Backend
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
    if (bad := state_not_finite(ops, state)) is not None:
        return bad._replace(good=length - 1)
    rows = ~np.isfinite(np.abs(fake).max(axis=(1, 2)))
    return NotFinite(length - 1, "generated rows", rows) if rows.any() else None


def state_not_finite(ops: Backend, state: TrainingState) -> NotFinite | None:
    """Such a value in a state: in the parameters, or in what their next updates depend on.

    Beside an infinite second moment parameters stay finite, because they no longer move; beside a
    moment that is NaN they are finite until the next update.
    """
    moments = [a for own in state.optimizers.values() for key, a in own.items() if key != "t"]
    parts: dict[str, list[Array]] = {
        "parameters": list(state.thetas.values()),
        "moving average": list(state.averages),
        "optimizer state": moments,
        "constraint memory": [a for own in state.memories.values() for a in own.values()],
    }
    terms = [term for term, arrays in parts.items() for _ in arrays]
    rows = [a.reshape(len(a), -1) for arrays in parts.values() for a in arrays]
    with np.errstate(all="ignore"):
        sums = ops.xp.stack([a.sum(axis=1) for a in rows])
    if np.isfinite(ops.to_numpy(sums)).all():
        return None
    # a sum hides no such value, but it may be too large itself
    finite = ops.xp.stack([ops.xp.isfinite(a).all(axis=1) for a in rows])
    bad = np.logical_not(ops.to_numpy(finite))  # (arrays, K)
    if not bad.any():
        return None
    first = int(np.argmax(bad.any(axis=1)))
    return NotFinite(0, terms[first], np.any(bad, axis=0))


class DivergenceError(RuntimeError):
    """Error: training diverged, because a value was NaN or infinite.

    Attributes
    ----------
    step : int
        Generator update at which the value was first seen, counted from 1 over all training of the
        model.
    term : str
        Name of the term of the objective in `history_`; or ``"parameters"``, ``"moving average"``,
        ``"optimizer state"``, ``"constraint memory"`` or ``"generated rows"``.
    rollbacks : int
        Number of rollbacks with lower learning rates before (see `NonFiniteGuard`).
    rate : float
        Factor of the learning rates at the end.
    members : array of bool of shape (K,)
        Models of a population that diverged.
    callback : str or None
        Callback that left such a value in the state, if any. `step` is then the update before it.
    """

    def __init__(
        self,
        step: int,
        term: str,
        rollbacks: int = 0,
        rate: float = 1.0,
        members: Any = (True,),
        callback: str | None = None,
    ) -> None:
        if callback is not None:
            message = (
                f"the callback {callback} left values that are not finite in the {term} after "
                f"update {step}. regan keeps the values from before the callback"
            )
        else:
            backs = f"{rollbacks} rollback{'s' * (rollbacks != 1)}"
            tried = f", after {backs} and with {rate:.3g} times the given learning rates"
            message = (
                f"training diverged: {term} was not finite at update "
                f"{step}{tried * bool(rollbacks)}. The model keeps the last finite parameters. "
                "Try a smaller learning_rate_init, stronger penalties (gamma, alpha), "
                "clipping='global_norm', or standardize=True"
            )
        super().__init__(message)
        self.step = step
        self.term = term
        self.rollbacks = rollbacks
        self.rate = rate
        self.members: np.ndarray = np.array(members)
        self.callback = callback

    def __reduce__(self) -> tuple[Any, ...]:
        counts = self.step, self.term, self.rollbacks, self.rate
        return type(self), (*counts, self.members, self.callback)
