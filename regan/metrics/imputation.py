"""Imputation: how near the cells that were put in are to those that were hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from regan.metrics.completed import Completed
from regan.metrics.draws import INTERVAL, crps, interval, log_loss, most_frequent, pinball
from regan.metrics.pairs import Pair, Sample, mean_energy
from regan.typing import RandomState, TableLike
from regan.validation import check_int

FEWEST = 20
"""Quantiles need at least so many draws."""

_COMPARED = 5


@dataclass(frozen=True)
class ImputationRow:
    """One row of the result of `imputation`: a measure of imputed cells.

    Attributes
    ----------
    name : str
        The name of the measure.
    column : hashable or None
        The column whose hidden cells are measured; None for all columns.
    value : float
    floor : float
        The value of imputation by each column alone. For measures of single values, this is the
        mean or the most frequent level of the visible cells; for measures of draws, as many draws
        from the visible cells.
    ceiling : float
        The value for the true cells; for the coverage, that of draws from their distribution, 0.9.
    greater_is_better : bool or None
        None for the coverage, which is best at its ceiling.
    """

    name: str
    column: Any
    value: float
    floor: float
    ceiling: float
    greater_is_better: bool | None


def imputation(
    X: TableLike,
    hidden: TableLike,
    draws: TableLike,
    *,
    max_rows: int = 2000,
    random_state: RandomState = 0,
) -> list[ImputationRow]:
    r"""Imputation: errors of imputed cells, scores of draws, and coverage, column by column.

    Only hidden cells count: first those of all columns together, then those of each column. Columns
    of numbers are scaled by their range in `X`, so errors are shares of this range:

    - ``"rmse"``, ``"mae"``: root mean squared and mean absolute error of the mean of the draws;
    - ``"rmse_of_draws"``, ``"mae_of_draws"``: the same errors of single draws, on average;
    - ``"mae_best"``: the mean absolute error of the best draw for a row, over the hidden numbers of
      this row, on average over rows;
    - ``"crps"``: the continuous ranked probability score, with 2 draws or more;
    - ``"coverage"``, ``"width"``: the share of values in the central 90 % interval of the draws,
      ends included, and the mean width of this interval;
    - ``"pinball_05"``, ``"pinball_50"``, ``"pinball_95"``: the pinball losses of these quantiles.

    Quantiles need 20 draws. With fewer draws, coverage, width and pinball losses are left out. The
    quantile q lies between the i-th smallest draw and the next, at :math:`i + f = q (M + 1)`. Then
    a further draw of the same distribution is below it with probability q, for any number of draws
    M.

    For levels, which are columns of strings, categories and booleans in DataFrames:

    - ``"accuracy"``: the share of cells whose most frequent draw is correct; if k levels are
      equally frequent and one of them is correct, the cell counts 1/k;
    - ``"accuracy_of_draws"``: the accuracy of single draws, on average;
    - ``"log_loss"``: the log loss of the frequencies of the draws, after adding one draw of each of
      the L levels of the column: :math:`-\log((m + 1) / (M + L))` if m of M draws are correct.

    The last row is ``"energy_distance"``, of all columns. It compares the rows with hidden cells,
    as completed by a draw, with the same rows of `X`, on average over the first 5 draws. Numbers
    are standardized, and levels are one-hot columns.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, C)
        The complete table. Cells that are missing in it, if it is a DataFrame, are not compared.
    hidden : array-like or DataFrame of shape (n, C)
        The hidden cells: a boolean mask, or the table in which they are missing, as `hide_cells`
        returns it.
    draws : array-like or DataFrame of shape (n, C), or a list of M of them
        The completed tables, with the rows in the order of X.
    max_rows : int, default=2000
        The largest number of rows that the energy distance compares.
    random_state : int, RandomState or None, default=0
        Chooses these rows, and draws from the visible cells for the floor.

    Returns
    -------
    list of ImputationRow
        ``pandas.DataFrame(rows)`` makes a table of it.

    Raises
    ------
    ValueError
        If no cell is hidden, or all cells of a column. If completed tables miss hidden cells,
        change visible cells, or have other columns or rows than `X`.

    References
    ----------
    Gneiting and Raftery, 2007 (JASA 102); Ferro, 2014, for the score without bias;
    Jolicoeur-Martineau et al., 2024 (arXiv:2309.09968), for the best of draws.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.impute import KNNImputer
    >>> from regan.metrics import hide_cells, imputation
    >>> X = load_iris().data
    >>> gaps = hide_cells(X, 0.2, random_state=0)
    >>> rows = imputation(X, gaps, KNNImputer().fit_transform(gaps))
    >>> mae = next(row for row in rows if row.name == "mae")
    >>> round(mae.value, 2), round(mae.floor, 2)
    (0.11, 0.22)
    """
    max_rows, rng = check_int(max_rows, "max_rows", minimum=1), check_random_state(random_state)
    tables = Completed.read(X, hidden, draws)
    beside = _Beside.of(tables, rng)
    parts = [
        (measures, cells)
        for column in (None, *range(len(tables.names)))
        for measures, is_level in ((_OF_NUMBERS, False), (_OF_LEVELS, True))
        if len(cells := _Cells.of(tables, column, is_level=is_level))
    ]
    rows = [beside.row(measure, cells) for measures, cells in parts for measure in measures]
    return [*(row for row in rows if row is not None), beside.energy(max_rows, rng)]


@dataclass(frozen=True)
class _Cells:
    """Hidden cells of columns of one kind: H of them, by their places.

    Attributes
    ----------
    name : hashable
        The column they are of; None of several.
    rows, columns : int arrays of shape (H,)
    true : array of shape (H,)
        Numbers on the scale of `spans`, or codes of levels.
    spans, n_levels : arrays of shape (H,)
        Of the column of each.
    """

    name: Any
    rows: np.ndarray
    columns: np.ndarray
    true: np.ndarray
    spans: np.ndarray
    n_levels: np.ndarray

    @classmethod
    def of(cls, tables: Completed, column: int | None, *, is_level: bool) -> _Cells:
        """Of one column, by its position, or of all."""
        wanted = (tables.n_levels > 0) == is_level
        if column is not None:
            wanted &= np.arange(len(wanted)) == column
        rows, columns = np.nonzero(tables.hidden & wanted)
        spans = np.ones(len(columns)) if is_level else tables.spans[columns]
        name = None if column is None else tables.names[column]
        true = tables.true[rows, columns] / spans
        return cls(name, rows, columns, true, spans, tables.n_levels[columns])

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self, draws: np.ndarray) -> np.ndarray:
        """What tables (M, n, C) hold in these cells, (M, H), on the same scale."""
        return np.asarray(draws[:, self.rows, self.columns] / self.spans)


def _rmse(cells: _Cells, draws: np.ndarray) -> float:
    return float(np.sqrt(((draws.mean(axis=0) - cells.true) ** 2).mean()))


def _mae(cells: _Cells, draws: np.ndarray) -> float:
    return float(np.abs(draws.mean(axis=0) - cells.true).mean())


def _rmse_of_draws(cells: _Cells, draws: np.ndarray) -> float:
    return float(np.sqrt(((draws - cells.true) ** 2).mean(axis=1)).mean())


def _mae_of_draws(cells: _Cells, draws: np.ndarray) -> float:
    return float(np.abs(draws - cells.true).mean())


def _mae_best(cells: _Cells, draws: np.ndarray) -> float:
    _, row = np.unique(cells.rows, return_inverse=True)
    sums = np.stack([np.bincount(row, error) for error in np.abs(draws - cells.true)])
    return float((sums / np.bincount(row)).min(axis=0).mean())


def _crps(cells: _Cells, draws: np.ndarray) -> float:
    return float(crps(cells.true, draws).mean())


def _coverage(cells: _Cells, draws: np.ndarray) -> float:
    low, high = interval(draws)
    return float(((low <= cells.true) & (cells.true <= high)).mean())


def _width(_: _Cells, draws: np.ndarray) -> float:
    low, high = interval(draws)
    return float((high - low).mean())


def _pinball(cells: _Cells, draws: np.ndarray, *, level: float) -> float:
    return float(pinball(cells.true, draws, level).mean())


def _accuracy(cells: _Cells, draws: np.ndarray) -> float:
    return float(most_frequent(cells.true, draws).mean())


def _accuracy_of_draws(cells: _Cells, draws: np.ndarray) -> float:
    return float((draws == cells.true).mean())


def _log_loss(cells: _Cells, draws: np.ndarray) -> float:
    return float(log_loss(cells.true, draws, cells.n_levels).mean())


@dataclass(frozen=True)
class _Measure:
    """A measure of hidden cells.

    Attributes
    ----------
    name : str
    of : callable
        ``of(cells, draws)`` with draws (M, H).
    n_draws : int
        The fewest it can be made of.
    judges_draws : bool
        Whether it judges draws, or the one value that they agree on.
    greater_is_better : bool or None
    ceiling : float or None
        None if it depends on the number of draws and levels: then it is that of the true values.
    """

    name: str
    of: Callable[[_Cells, np.ndarray], float]
    n_draws: int = 1
    judges_draws: bool = True
    greater_is_better: bool | None = False
    ceiling: float | None = 0.0


_OF_NUMBERS = (
    _Measure("rmse", _rmse, judges_draws=False),
    _Measure("mae", _mae, judges_draws=False),
    _Measure("rmse_of_draws", _rmse_of_draws),
    _Measure("mae_of_draws", _mae_of_draws),
    _Measure("mae_best", _mae_best),
    _Measure("crps", _crps, 2),
    _Measure("coverage", _coverage, FEWEST, greater_is_better=None, ceiling=INTERVAL),
    _Measure("width", _width, FEWEST),
    *(
        _Measure(f"pinball_{100 * level:02.0f}", partial(_pinball, level=level), FEWEST)
        for level in (0.05, 0.5, 0.95)
    ),
)
_OF_LEVELS = (
    _Measure("accuracy", _accuracy, judges_draws=False, greater_is_better=True, ceiling=1.0),
    _Measure("accuracy_of_draws", _accuracy_of_draws, greater_is_better=True, ceiling=1.0),
    _Measure("log_loss", _log_loss, ceiling=None),
)


@dataclass(frozen=True)
class _Beside:
    """Completed tables beside those that know each column by itself.

    Attributes
    ----------
    tables : Completed
    guesses : array of shape (1, n, C)
    marginals : array of shape (M, n, C)
    """

    tables: Completed
    guesses: np.ndarray
    marginals: np.ndarray

    @classmethod
    def of(cls, tables: Completed, rng: np.random.RandomState) -> _Beside:
        return cls(tables, tables.guesses(), tables.marginals(rng))

    def row(self, measure: _Measure, cells: _Cells) -> ImputationRow | None:
        """A measure of cells; None if there are too few draws for it."""
        if len(self.tables.draws) < measure.n_draws:
            return None
        beside = self.marginals if measure.judges_draws else self.guesses
        value, floor = (
            measure.of(cells, cells.taken(each)) for each in (self.tables.draws, beside)
        )
        ceiling = measure.ceiling
        if ceiling is None:
            truth = np.broadcast_to(cells.true, (len(self.tables.draws), len(cells)))
            ceiling = measure.of(cells, truth)
        greater = measure.greater_is_better
        return ImputationRow(measure.name, cells.name, value, floor, ceiling, greater)

    def energy(self, max_rows: int, rng: np.random.RandomState) -> ImputationRow:
        """The energy distance of rows as draws complete them, of some."""
        among = np.flatnonzero(self.tables.hidden.any(axis=1))
        among = np.sort(rng.permutation(among)[:max_rows])
        real = Sample(self.tables.comparable(self.tables.true[among]))
        value, floor = (
            float(np.mean([self._distance(real, draw[among]) for draw in draws[:_COMPARED]]))
            for draws in (self.tables.draws, self.marginals)
        )
        return ImputationRow("energy_distance", None, value, floor, 0.0, False)

    def _distance(self, real: Sample, rows: np.ndarray) -> float:
        return max(mean_energy(Pair(real, Sample(self.tables.comparable(rows))), False), 0.0)
