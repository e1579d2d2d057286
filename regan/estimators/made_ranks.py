"""Ranks of made numbers: what a model makes of a column that it trains on by rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.special import ndtri

from regan.data.numbers.ranked import Ranked
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors

_EVEN = 256
_HALVINGS = np.arange(9.0, 14.5, 0.5)
_TAIL = 0.5 ** _HALVINGS[::-1]
PROBABILITIES = np.concatenate([_TAIL, np.arange(1, _EVEN) / _EVEN, 1 - _TAIL[::-1]])
"""Where quantiles are kept: 255 evenly apart, and between them and the ends ever nearer ones."""

_SCORES = ndtri(PROBABILITIES)
_FEWEST = 100


@dataclass(frozen=True)
class MadeRanks:
    r"""The normal score of its rank for each number, among those that the model makes.

    A column that is trained on by rank is a standard normal distribution to the model, and comes
    back as the data were through :math:`Q(\Phi(s))`, where Q is the quantile function of the data.
    So the numbers are distributed as in the data if the scores s are normal, and those that a model
    makes are nearly so. With their own distribution function F, :math:`\Phi^{-1}(F(s))` is, and
    order is as it was: all that depends on ranks alone stays. F is piecewise linear between
    quantiles, and a number that is made again and again gets the middle of its scores; beyond the
    last quantile, a score moves as that does.

    Attributes
    ----------
    columns : tuple of int
        Which columns of the matrix.
    quantiles : array of shape (C, 277)
        Of the scores that the model makes, at `PROBABILITIES`.
    """

    columns: tuple[int, ...] = ()
    quantiles: np.ndarray = field(default_factory=lambda: np.empty((0, len(PROBABILITIES))))

    @classmethod
    def learn(cls, rows: np.ndarray, ranked: Sequence[Ranked]) -> Self:
        """From rows (n, D) that the model makes.

        ranked : which columns. Fewer than 100 cells, or others than finite ones, tell too little.
        """
        learnt = {}
        for j, missing, _ in ranked:
            there = ~(rows[:, list(missing)] == 1).any(axis=1)
            made = np.asarray(rows[there, j], dtype=np.float64)
            if len(made) >= _FEWEST and np.isfinite(made).all() and np.ptp(made) > 0:
                learnt[j] = np.quantile(made, PROBABILITIES)
        return cls(tuple(learnt), np.array([*learnt.values()])) if learnt else cls()

    def applied(self, rows: np.ndarray) -> np.ndarray:
        """Rows (n, D) of the model with normal scores in these columns."""
        if not self.columns:
            return rows
        rows = np.array(rows, dtype=np.float64)
        for j, quantiles in zip(self.columns, self.quantiles, strict=True):
            within = np.clip(made := rows[:, j], quantiles[0], quantiles[-1])
            rows[:, j] = _middle(within, quantiles) + (made - within)
        return rows

    def undone(self, scores: np.ndarray) -> np.ndarray:
        """What the model makes (n, P) where it has these normal scores: the inverse of `applied`.

        They may be infinite.
        """
        made = np.array(scores, dtype=np.float64)
        for j, quantiles in zip(self.columns, self.quantiles, strict=True):
            within = np.clip(made[:, j], _SCORES[0], _SCORES[-1])
            made[:, j] = np.interp(within, _SCORES, quantiles) + (made[:, j] - within)
        return made

    def export(self) -> tuple[dict[str, np.ndarray], list[int]]:
        """Arrays, and what JSON can hold."""
        return {"quantiles": self.quantiles}, list(self.columns)

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors, ranked: Sequence[Ranked]) -> Self:
        """The inverse of `export`, of a model that trains on these columns by rank."""
        columns = tuple(each.integer(0) for each in stored.items())
        if not {*columns} <= {each.position for each in ranked} or len({*columns}) < len(columns):
            stored.refuse("a list of columns by rank, each of them once")
        quantiles = tensors.take("quantiles", (len(columns), len(PROBABILITIES)))
        if (np.diff(quantiles) < 0).any():
            stored.refuse("columns whose quantiles do not fall")
        return cls(columns, quantiles)


def _middle(numbers: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """The scores of `numbers` (n,), of one that several quantiles are, that in the middle."""
    above = np.interp(numbers, quantiles, _SCORES)
    below = -np.interp(-numbers, -quantiles[::-1], -_SCORES[::-1])
    return np.asarray(0.5 * (above + below))
