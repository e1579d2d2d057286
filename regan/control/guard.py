"""Guard against values that are not finite in training."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.validation import check_int, check_real, warn_user


class NonFiniteGuard(BaseEstimator, Callback):
    """Guard against divergence: after NaN or infinity, roll back and lower the learning rates.

    If a value is not finite, training returns to the start of the window of updates, where all
    values were finite. It multiplies the learning rates of both networks by `factor` for the rest
    of the run, and warns. After `max_rollbacks` rollbacks, the next value that is not finite raises
    a `DivergenceError`, as it does without the guard.

    A window has a fortieth of the updates, at most 250. In a run of few updates, the window may be
    so short that values at its start were finite but already far too large. A lower learning rate
    does not help then.

    Parameters
    ----------
    factor : float in (0, 1), default=0.5
        Factor of the learning rates at each rollback.
    max_rollbacks : int >= 1, default=3
        Largest number of rollbacks in one call of `fit`.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from regan import NonFiniteGuard, RegularizedGAN
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> gan = RegularizedGAN(
    ...     optimizer="sgd",
    ...     learning_rate_init=3.0,
    ...     hidden_layer_sizes=16,
    ...     max_iter=400,
    ...     random_state=0,
    ...     callbacks=[NonFiniteGuard(factor=0.1)],
    ... )
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = gan.fit(X)
    >>> len(caught), "learning rates are now 0.1 times the given rates" in str(caught[0].message)
    (1, True)
    """

    def __init__(self, factor: float = 0.5, max_rollbacks: int = 3) -> None:
        self.factor = factor
        self.max_rollbacks = max_rollbacks

    def on_fit_start(self, run: Run) -> None:
        check_real(
            self.factor,
            "factor of NonFiniteGuard",
            minimum=0,
            maximum=1,
            open_minimum=True,
            open_maximum=True,
        )
        check_int(self.max_rollbacks, "max_rollbacks of NonFiniteGuard", minimum=1)

    def on_not_finite(self, run: Run, step: int, term: str) -> bool:
        if run.rollbacks >= self.max_rollbacks:
            return False
        run.rollbacks += 1
        run.rate *= float(self.factor)
        rates = ", ".join(f"{name} {_shown(run.rate * r)}" for name, r in run.initial_rates.items())
        warn_user(
            f"{term} was not finite at update {step}: training returned to update "
            f"{run.state.step}, and the learning rates are now {run.rate:.3g} times the given "
            f"rates ({rates}; rollback {run.rollbacks} of at most {self.max_rollbacks})"
        )
        return True


def _shown(rate: Any) -> str:
    """A rate, or the lowest and the highest of a population's."""
    ends = dict.fromkeys(f"{float(end):.3g}" for end in (np.min(rate), np.max(rate)))
    return " to ".join(ends)
