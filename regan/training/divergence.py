"""The error that ends a training which has diverged."""

from __future__ import annotations

from typing import Any

import numpy as np


class DivergenceError(RuntimeError):
    """Training met a value that is not finite.

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
