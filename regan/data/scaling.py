"""Between a user's numbers and what models train on: columns of unit variance, for a matrix.

Most columns are standardized by mean and variance; one with long tails becomes normal scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, get_args

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import Lacking
from regan.data.numbers.grids import Grid, Grids
from regan.data.numbers.long_rows import LongRows
from regan.data.numbers.marginals import Ranks, tie_places
from regan.data.numbers.patterns import INTEGER_LEVELS, is_few
from regan.data.numbers.pieces import as_column, slices
from regan.data.numbers.ranked import Ranked
from regan.data.numbers.spread import Spread
from regan.data.numbers.tails import has_tails
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.typing import Scaling

SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
"""How columns of numbers are scaled: "auto" is by rank where there are tails, else standard."""

_ARRAYS = ("mean", "scale", "constant", "value", "low", "high")


class Scaler(ABC):
    """Between numbers, a row of C for each row of the data, and what models train on: D columns.

    Attributes
    ----------
    constant : bool array of shape (D,)
        Columns with one value only: they come back as that value.
    shares : array of shape (sum of the sizes of blocks,)
        How often each level occurred in the first data.
    """

    constant: np.ndarray
    shares: np.ndarray

    by_piece: ClassVar[bool] = True
    """Whether `inverse` is as good at a few rows at a time as at many."""

    @property
    def enabled(self) -> bool:
        """Whether the model trains on scaled columns."""
        return True

    @property
    def is_common(self) -> bool:
        """Whether all columns have one scale."""
        return False

    @property
    def is_bounded(self) -> bool:
        """Whether `inverse` keeps to the ranges of the data."""
        return False

    @property
    def of_table(self) -> bool:
        """Whether the data are a table that an encoder reads, and no array."""
        return False

    @property
    def levels(self) -> tuple[int, ...]:
        """The sizes of the blocks of one-hot columns, which are the last ones of the D."""
        return ()

    @property
    def ranked(self) -> tuple[Ranked, ...]:
        """The columns that are normal scores by rank."""
        return ()

    @property
    def lacking(self) -> tuple[Lacking | None, ...]:
        """Which block says where the cells of each are missing, if another one does."""
        return (None,) * len(self.levels)

    @property
    def absent(self) -> tuple[Lacking | None, ...]:
        """Which block says where each column of numbers is missing, if one does."""
        return (None,) * (self.n_columns - sum(self.levels))

    @property
    def n_columns(self) -> int:
        """D."""
        return len(self.constant)

    @property
    def n_cells(self) -> int:
        """C."""
        return self.n_columns

    @property
    @abstractmethod
    def n_standardized(self) -> int:
        """How many columns `standardize` gives."""

    @abstractmethod
    def relaxed(self, X: np.ndarray) -> Scaler:
        """A copy with room for numbers `X` (n, C) that training goes on with."""

    def opened(self, *tables: np.ndarray) -> Scaler:
        """A copy that can `standardize` tables of numbers (n, C) with missing cells where the
        training data had none.
        """
        return self

    @abstractmethod
    def rescaled(self, X: np.ndarray) -> Scaler:
        """A copy whose scales by rank are learned of numbers (n, C) alone, some of those that it
        knows.
        """

    @abstractmethod
    def blurred(self, k: int) -> Scaler:
        """A copy whose columns by rank hold averages of `k` numbers or more, and no single ones."""

    @abstractmethod
    def standardize(self, X: np.ndarray) -> np.ndarray:
        """What distances are measured in: independent values are about as far apart everywhere."""

    @abstractmethod
    def forward(self, X: np.ndarray) -> np.ndarray | EncodedRows:
        """What the model trains on, (n, D), float64."""

    def impossible(self, X: np.ndarray) -> np.ndarray:
        """Rows (n,) of numbers `X` (n, C) that no sample can be, for what columns are to others."""
        return np.zeros(len(X), dtype=bool)

    @abstractmethod
    def inverse(self, Z: Any, out: np.ndarray | None = None) -> np.ndarray:
        """Numbers (n, C) from rows as the model makes them; in `out`, if that can hold them."""

    def as_standardized(self, Z: np.ndarray) -> np.ndarray:
        """Rows that a model trains on or makes, as `standardize` gives them."""
        return self.standardize(self.inverse(Z))

    @abstractmethod
    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays, and values that JSON can hold."""


@dataclass(frozen=True)
class ColumnScaler(Scaler):
    """Location and scale of every column, in float64; normal scores where that describes it better.

    Attributes
    ----------
    mean, scale : array of shape (D,)
        The scale of a constant column is 1, of one whose variance is out of range infinite.
    constant : bool array of shape (D,)
        Columns with one value only: they come back as that value.
    value : array of shape (D,)
        The value of each constant column; 0 of others.
    low, high : array of shape (D,)
        The range of each column, which generated numbers keep to.
    scaling : str or None
        One of `SCALINGS`; None if the model trains on the numbers as they are.
    ranks : mapping of int to Ranks
        The columns that are scaled by rank instead, by position.
    grids : Grids
        What generated numbers obey, as those of the data do.
    drawn : bool
        Whether the model trains on tied numbers of ranked columns at random places in their ties.
    compared : tuple of int
        Those of them that `standardize` takes by rank too, as for all models.
    """

    mean: np.ndarray
    scale: np.ndarray
    constant: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    scaling: str | None
    ranks: Mapping[int, Ranks] = field(default_factory=dict)
    grids: Grids = field(default_factory=lambda: Grids(()))
    drawn: bool = False
    compared: tuple[int, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}  # what was learned

    @classmethod
    def learn(
        cls,
        X: np.ndarray,
        scaling: str | None = SCALINGS[0],
        dtypes: Sequence[str] | None = None,
        drawn: bool = False,
        linear: Collection[int] = (),
        ranked: Collection[int] = (),
    ) -> ColumnScaler:
        """From the data `X` (n, D), whatever floating dtype they have.

        scaling : one of `SCALINGS`, or None for a model that trains on the numbers as they are.

        dtypes : in which the columns were given, whose rounding grids allow for; linear : columns
        that are scaled by mean and variance whatever they look like, ranked : by rank.
        """
        spread = Spread.of(X)
        # scale 1 stands for what is constant up to rounding, but not for variances that overflow or
        # underflow: that is to be seen
        scale = np.where(spread.is_lost, np.inf, spread.scale)
        with np.errstate(invalid="ignore"):
            constant = np.sqrt(spread.variance) != scale
        constant |= spread.low == spread.high
        some = [j for j in np.flatnonzero(~constant) if j not in linear]
        compared = [j for j in some if by_rank(as_column(X, j), scaling)]
        by_ranks = [j for j in some if j in ranked or j in compared]
        types = ["float64"] * X.shape[1] if dtypes is None else dtypes
        each = enumerate(types)
        obeyed = [None if scaling is None else Grid.learn(as_column(X, j), dt) for j, dt in each]
        return cls(
            mean=spread.mean,
            scale=scale,
            constant=constant,
            value=np.where(constant, np.asarray(X[0], dtype=np.float64), 0.0),
            low=spread.low,
            high=spread.high,
            scaling=scaling,
            ranks={int(j): Ranks.learn(as_column(X, j)) for j in by_ranks},
            grids=Grids(obeyed),
            drawn=drawn,
            compared=tuple(map(int, compared)),
        )

    @property
    def enabled(self) -> bool:
        return self.scaling is not None

    @property
    def n_standardized(self) -> int:
        return self.n_columns

    @property
    def is_common(self) -> bool:
        scales = self.scale[~self.constant]
        return len(scales) > 1 and not self.ranks and bool((scales == scales[0]).all())

    @property
    def is_bounded(self) -> bool:
        return self.enabled

    @property
    def shares(self) -> np.ndarray:  # type: ignore[override]  # of no levels
        return np.empty(0)

    @property
    def ranked(self) -> tuple[Ranked, ...]:
        return tuple(Ranked(j, (), r.distribution.has_atoms) for j, r in self.ranks.items())

    def with_common_scale(self) -> ColumnScaler:
        """A copy in which all columns have one scale, the root mean square of their deviations."""
        varying = ~self.constant
        scale = self.scale.copy()
        scale[varying] = np.sqrt((self.scale[varying] ** 2).mean())
        return replace(self, scale=scale)

    def relaxed(self, X: np.ndarray) -> ColumnScaler:
        """A copy with room for `X` (n, D): constant columns that vary in it are constant no more,
        and ranges, ranks and grids are wide enough.
        """
        same = np.isclose(X, self.value, rtol=1e-12, atol=0).all(axis=0)  # up to rounding
        low, high = np.minimum(self.low, X.min(axis=0)), np.maximum(self.high, X.max(axis=0))
        return replace(
            self,
            constant=self.constant & same,
            low=low,
            high=high,
            ranks={j: ranks.widened(low[j], high[j]) for j, ranks in self.ranks.items()},
            grids=self.grids.widened(X),
        )

    def rescaled(self, X: np.ndarray) -> ColumnScaler:
        columns = {j: as_column(X, j) for j in self.ranks}
        own = {j: Ranks.learn(c) for j, c in columns.items() if c.min() < c.max()}
        return replace(self, ranks={**self.ranks, **own})

    def blurred(self, k: int) -> ColumnScaler:
        ranks = {j: each.blurred(k) for j, each in self.ranks.items()}
        low, high = self.low.copy(), self.high.copy()
        for j, each in ranks.items():
            low[j], high[j] = each.decode(np.array([-np.inf, np.inf]))
        return replace(self, ranks=ranks, low=low, high=high)

    def standardize(self, X: np.ndarray) -> np.ndarray:
        """Zero mean and unit variance on the data learned from, whatever `enabled` says."""
        Z: np.ndarray = (X - self.mean) / self.scale
        for j in self.compared:
            Z[:, j] = self.ranks[j].compare(X[:, j])
        return Z

    def forward(
        self,
        X: np.ndarray,
        dtype: Any = np.float64,
        rows: np.ndarray | None = None,
        scores: np.ndarray | None = None,
    ) -> np.ndarray:
        """What the model trains on; see `drawn`.

        rows : positions of some of the rows, where not all of them are asked for; scores : what
        `scores` gives, if that is known.
        """
        n = len(X) if rows is None else len(rows)
        if not self.enabled:
            return np.asarray(X if rows is None else X[rows], dtype=dtype)
        Z = np.empty((n, self.n_columns), dtype=dtype)
        for here in slices(n, self.n_columns):
            part = X[here] if rows is None else X[rows[here]]
            scaled = np.subtract(part, self.mean, dtype=np.float64)
            scaled /= self.scale
            Z[here] = scaled
        for k, j in enumerate(self.ranks):
            own = self._score(X, j) if scores is None else scores[:, k]
            Z[:, j] = own if rows is None else own[rows]
        Z[:, self.constant] = 0  # and not what rounding left of the mean
        return Z

    def scores(self, X: np.ndarray) -> np.ndarray:
        """The columns by rank of all rows (n, R), scaled."""
        scores = np.empty((len(X), len(self.ranks)))
        for k, j in enumerate(self.ranks):
            scores[:, k] = self._score(X, j)
        return scores

    def _score(self, X: np.ndarray, j: int) -> np.ndarray:
        """One of them (n,): places in its ties are drawn for a whole column."""
        return self.ranks[j].encode(as_column(X, j), tie_places(j) if self.drawn else None)

    def inverse(self, Z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Rows in the user's units, from rows as the model makes them, computed in float64.

        Scaled columns keep to the ranges and grids of the data, and are written to `out`, whatever
        floating dtype it has; others are if it is float64.
        """
        straight = out is None or out.dtype == np.float64
        X = out if straight and out is not None else np.empty(Z.shape)
        X[...] = Z
        if self.enabled:
            wide, scale, mean = self._affine.over(X)
            wide *= scale
            wide += mean
            for j, ranks in self.ranks.items():
                X[:, j] = ranks.decode(Z[:, j])
            self.grids.round(X)
            if out is not None and not straight:
                with np.errstate(over="ignore"):
                    out[...] = X
                X = out
            wide, low, high = self._range(X.dtype).over(X)
            np.maximum(wide, low, out=wide)  # two fast passes: a clip by columns is a slow one
            np.minimum(wide, high, out=wide)
        if self.constant.any():
            X[:, self.constant] = self.value[self.constant]
        return X

    @cached_property
    def _affine(self) -> LongRows:
        return LongRows(self.scale, self.mean)

    def _range(self, dtype: np.dtype[Any]) -> LongRows:
        """The range in a floating dtype, as far as that goes."""
        if dtype not in self._ranges:
            most = np.finfo(dtype).max
            ends = (np.clip(end, -most, most).astype(dtype) for end in (self.low, self.high))
            self._ranges[dtype] = LongRows(*ends)
        return self._ranges[dtype]

    @cached_property
    def _ranges(self) -> dict[np.dtype[Any], LongRows]:
        return {}

    def units(self, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many of the user's units one is in each column, and where `mean` (D,) lies in them.

        Ranked columns have no unit: 1 then, and the number that has this score.
        """
        scale = np.where(self.constant | ~np.array(self.enabled), 1.0, self.scale)
        place = mean * scale + (self.mean if self.enabled else 0.0)
        for j, ranks in self.ranks.items():
            scale[j], place[j] = 1.0, ranks.decode(mean[j : j + 1])[0]
        return scale, np.where(self.constant, self.value, place)

    def log_slope(self, X: np.ndarray) -> np.ndarray:
        """Logarithm of the derivative of `forward` in the columns that vary: summed, (n,)."""
        return np.asarray(self.log_slopes(X).sum(axis=1))

    def log_slopes(self, X: np.ndarray) -> np.ndarray:
        """The same of each column, (n, D); 0 where it is constant.

        -inf outside of the range of a ranked column.
        """
        linear = ~self.constant if self.enabled else np.zeros(self.n_columns, dtype=bool)
        slopes = np.zeros(X.shape)
        slopes[:, linear] = -np.log(self.scale[linear])
        for j, ranks in self.ranks.items():
            slopes[:, j] = ranks.log_slope(X[:, j])
        return slopes

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays = {f"scaler.{name}": getattr(self, name) for name in _ARRAYS}
        return arrays, {
            "kind": "columns",
            "scaling": self.scaling,
            "drawn": self.drawn,
            "compared": list(self.compared),
            "ranks": [[j, ranks.export()] for j, ranks in self.ranks.items()],
            "grids": [grid and grid.export() for grid in self.grids.grids],
        }

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors) -> ColumnScaler:
        """The inverse of `export`."""
        _, scaling, drawn, compared, ranks, grids = stored.fields(
            "kind", "scaling", "drawn", "compared", "ranks", "grids"
        )
        d = len(grids.items())
        numbers = [name for name in _ARRAYS if name != "constant"]
        arrays = {name: tensors.take(f"scaler.{name}", (d,)) for name in numbers}
        constant = tensors.take("scaler.constant", (d,), ("bool",))
        if not d or (arrays["scale"] <= 0).any() or (arrays["low"] > arrays["high"]).any():
            stored.refuse("the scales of at least one column, with ranges and scales above 0")
        pairs = [pair.items(2) for pair in ranks.items()]
        by_rank = {j.integer(0, d - 1): Ranks.restore(each) for j, each in pairs}
        own = tuple(each.integer(0, d - 1) for each in compared.items())
        if not {*own} <= by_rank.keys():
            compared.refuse("a list of columns by rank")
        return cls(
            **arrays,
            constant=constant,
            scaling=None if scaling.is_none else scaling.choice(*SCALINGS),
            ranks=by_rank,
            drawn=drawn.flag(),
            compared=own,
            grids=Grids([None if grid.is_none else Grid.restore(grid) for grid in grids.items()]),
        )


def by_rank(numbers: np.ndarray, scaling: str | None) -> bool:
    """Whether a column of numbers (n,) is scaled by rank: always, never, or by what it looks like.

    "auto" does so for columns with tails, and for whole numbers of a few values.
    """
    if scaling != SCALINGS[0]:
        return scaling == "quantile"
    return has_tails(numbers) or is_few(numbers, INTEGER_LEVELS)
