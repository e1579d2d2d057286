"""Weights of components, under penalties that let components die."""

from __future__ import annotations

from typing import Any, get_args

from regan.typing import WeightPenalty

PENALTIES: tuple[WeightPenalty, ...] = get_args(WeightPenalty)
"""Penalties on the weights of components, by name."""

_TINY = 1e-300


def component_weights(xp: Any, rows: Any, before: Any, penalty: str | None, strength: float) -> Any:
    r"""The weights (M, K) of components that have so many `rows` (M, K).

    "dirichlet" takes `strength` rows from each, :math:`\pi_k \propto \max(N_k - c, 0)`: the mode
    under a Dirichlet distribution with the parameter 1 - c (Figueiredo and Jain, 2002). "entropy"
    adds :math:`c \sum_k \pi_k \log \pi_k` to the log-likelihood, whose fixed point is

    .. math::

        \pi_k \propto \max\Bigl(N_k + c\, \pi_k \bigl(\log \pi_k - \sum_l \pi_l \log \pi_l\bigr),
        0\Bigr)

    with the weights `before` (M, K) on the right (Yang, Lai and Lin, 2012). A component without
    weight has died: nothing comes back to it.
    """
    if penalty == "dirichlet":
        left = xp.maximum(rows - strength, 0)
    elif penalty == "entropy":
        logs = xp.log(xp.maximum(before, _TINY))
        mean = (before * logs).sum(axis=1, keepdims=True)
        left = xp.maximum(rows + strength * before * (logs - mean), 0)
    else:
        left = rows
    total = left.sum(axis=1, keepdims=True)
    largest = rows == rows.max(axis=1, keepdims=True)  # what is left where all would die
    left = xp.where(total > 0, left, largest)
    return left / left.sum(axis=1, keepdims=True)
