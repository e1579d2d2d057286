"""Functions between the columns of a table, found in its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np
from scipy.special import gammaln

from regan.data.numbers.patterns import INTEGER_LEVELS
from regan.data.rules.choices import ROWS_EACH, cost_of_choices
from regan.data.rules.coded import SOME, Coded

MOST_COLUMNS = 200
"""In tables of more columns nothing is sought."""

_NATS = 20.0
_SHORTEST = 3
_SLACK = 1e-9


@dataclass(frozen=True)
class Function:
    """A column that follows from another one, by position, and what that costs to say.

    Attributes
    ----------
    source, target : int
    cost : float
        The logarithm of how many functions of this kind there are.
    line : tuple of float, or None
        Slope and intercept, if it is a straight line, and no table.
    free : bool
        Whether the function does not say which cells of the target are missing.
    nearly : bool
        Whether there are exceptions.
    """

    source: int
    target: int
    cost: float
    line: tuple[float, float] | None = None
    free: bool = False
    nearly: bool = False


def find_functions(
    numbers: np.ndarray,
    ordered: Sequence[bool],
    sources: Collection[int],
    targets: Collection[int],
    *,
    numbers_first: bool = False,
) -> list[Function]:
    r"""The columns of a table that follow from others, each from one: of several, the cheapest.

    The cells of a column with L different values, :math:`n_l` of each in n rows, could stand in
    :math:`n! / \prod_l n_l!` orders. With a source of G values that are levels, at most
    :math:`L^G` of these are functions of it. One that holds in all rows is believed if there are
    :math:`C^2 e^{20}` times as many orders as functions, C being the number of columns; then the
    values of the source are seen again and again. Of a source of numbers, a target may be a
    straight line, a table that never falls or never rises
    (:math:`2 \binom{G - 1}{L - 1}`, with two rows for each value on average), levels with an
    interval for each (:math:`L! \binom{G - 1}{L - 1}`, of three rows and of two values at least),
    or any table, with ten rows for each value of the source on average.

    A column may also nearly follow from another one, with ten rows for each value of that again:
    in at most 5 % of the rows it has another value than usual there, and in at most a tenth of
    those in which it has another one than its most frequent. Then it is counted which values each
    value of the source brings, in which order (:math:`\prod_g L! / (L - r_g)!` for :math:`r_g` of
    them), and in which rows the first, the second ... of them are (:math:`n! / \prod_r n_r!`).

    Parameters
    ----------
    numbers : array of shape (n, C)
        One a cell, NaN where one is missing, which is a value of its own.
    ordered : sequence of bool
        Which columns a model has as numbers, and not as levels.
    sources, targets : collections of int
        The columns that others may follow from, and those that may follow.
    numbers_first : bool
        Whether levels follow from as many numbers, if these are few, and not the other way round.
    """
    used = sorted({*sources, *targets})
    if not 1 < len(used) <= MOST_COLUMNS:
        return []
    cells = {j: Coded(numbers[:, j], ordered[j]) for j in used}
    least = _NATS + 2 * log(len(used))

    def rank(j: int) -> tuple[int, bool, int]:
        """Sources come before targets, so that no circle can come of it."""
        late = numbers_first and cells[j].size <= INTEGER_LEVELS
        return -cells[j].size, ordered[j] != late, j

    order = sorted(used, key=rank)
    found = []
    for place, j in enumerate(order):
        if j in targets and cells[j].size > 1:
            ways = [_function(i, j, cells, least) for i in order[:place] if i in sources]
            known = [way for way in ways if way is not None]
            exact = [way for way in known if not way.nearly]
            found += [min(exact or known, key=lambda way: way.cost)] if known else []
    return found


def _function(i: int, j: int, cells: dict[int, Coded], least: float) -> Function | None:
    """How column j follows from i, if it does."""
    x, y = cells[i], cells[j]
    lost = np.isnan(y.numbers)
    way = _way(x, y)
    if way is not None and y.arrangements - way[0] >= least:
        return Function(i, j, *way)
    some = np.flatnonzero(~lost)[:SOME]
    if len(some) and lost.any() and _may_follow(x.where(some), y.where(some)):
        there = x.where(~lost), y.where(~lost)
        way = _way(*there)
        if way is not None and there[1].arrangements - way[0] >= least:
            return Function(i, j, *way, free=True)
    cost = cost_of_choices(x, y)
    return Function(i, j, cost, nearly=True) if y.arrangements - cost >= least else None


def _way(x: Coded, y: Coded) -> tuple[float, tuple[float, float] | None] | None:
    """What it costs to say y as a function of x, and the line, if it is one; None if it is none."""
    if not _may_follow(x.first, y.first):
        return None
    if (line := _line_between(x, y)) is not None:
        return 2 * log(len(x.numbers)), line
    cost = _table_cost(x, y) if y.size <= x.size and _follows(x, y) else inf
    return None if cost == inf else (cost, None)


def _may_follow(x: Coded, y: Coded) -> bool:
    """Whether a few rows let y be a function of x."""
    return _follows(x, y) or _line_between(x, y) is not None


def _follows(x: Coded, y: Coded) -> bool:
    return bool((x.at_keys(y.codes)[x.codes] == y.codes).all())


def _table_cost(x: Coded, y: Coded) -> float:
    """The logarithm of the number of tables like that of y (n,) at the values of x; inf if it is
    none that numbers are given.
    """
    if not x.ordered or x.size <= INTEGER_LEVELS:
        return x.size * log(y.size)
    if ROWS_EACH * x.size <= len(x.numbers):
        return x.size * log(y.size)
    values, there = x.at_keys(y.codes), ~np.isnan(x.keys)
    values = values[there]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    runs, size = len(starts), len(values)
    choices = float(gammaln(size) - gammaln(runs) - gammaln(size - runs + 1.0))
    steps = np.diff(values[starts])
    if y.ordered and 2 * x.size <= len(x.numbers) and ((steps > 0).all() or (steps < 0).all()):
        return choices + log(2)
    if y.ordered and y.size > INTEGER_LEVELS:
        return inf
    rows = np.add.reduceat(x.counts[there], starts)
    wide = len(np.unique(values)) == runs and 2 * runs <= size and rows.min() >= _SHORTEST
    return choices + float(gammaln(y.size + 1)) if wide else inf


def _line_between(x: Coded, y: Coded) -> tuple[float, float] | None:
    """Slope and intercept, if y is a straight line of x, and missing in the same rows."""
    if not (x.ordered and y.ordered and x.size > 2):
        return None
    there = ~np.isnan(x.numbers)
    if not np.array_equal(there, ~np.isnan(y.numbers)):
        return None
    own, other = x.numbers[there], y.numbers[there]
    low, high = own.argmin(), own.argmax()
    slope = (other[high] - other[low]) / (own[high] - own[low])
    off = np.abs(other - (other[low] + slope * (own - own[low])))
    if off.max() > _SLACK * np.abs(other).max():
        return None
    return float(slope), float(other[low] - slope * own[low])
