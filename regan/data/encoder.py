"""A transformer between tables and the matrices that models train on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from regan.data.cell_table import (
    CellTable,
    check_kind,
    decided,
    learn_column,
    read_cells,
    whole,
)
from regan.data.columns.cells import Cells
from regan.data.columns.drawn import DrawnColumns
from regan.data.columns.missing_block import find_together
from regan.data.columns.rules import USUAL, EncodingDefaults
from regan.data.containers import (
    check_names,
    check_titles,
    column_index,
    column_names,
    frame_of,
    read_titles,
)
from regan.data.encoder_settings import EncoderSettings
from regan.data.encoding import Encoding, dummies_of
from regan.data.faults import Faults
from regan.data.frames.dataframes import Dtype, as_pandas, columns_of_frame, is_frame, objects
from regan.data.frames.no_table import describe
from regan.data.literals import refuse_foreign, write_literal
from regan.data.row_names import BY_POSITION, RowNames
from regan.data.rules import Coding, Dependency, Learner, Rule, Table, found
from regan.data.rules.following import Following
from regan.data.rules.implied import Implied
from regan.data.rules.plan import check_rules, learn, plan, refuse_broken, refuse_dummies, restore
from regan.storage.stored import Stored
from regan.typing import AnyTable, Identifiers, Scaling, TableLike


class TableEncoder(Encoding, TransformerMixin, BaseEstimator):
    """Encoder of mixed tables: a DataFrame of numbers, categories, dates to a matrix, and back.

    The matrix has the columns of numbers first, each scaled to about zero mean and unit variance.
    The other columns hold levels and come last as one-hot blocks, one block for each column.
    Columns of floating-point and integer dtypes are numbers, except for whole numbers with a few
    different values. These, strings, categories, booleans and other objects are levels.

    Dates, timestamps, times of day, durations and periods are numbers too. The encoder counts
    whole ticks of the coarsest unit, from days to nanoseconds, that fits all values of the column.
    If a column has only days from Monday to Friday, or only first or last days of months, it counts
    these. Times are exact below 2**53 ticks. Columns that need more are rounded to a coarser unit,
    for example nanoseconds over more than 15 weeks or microseconds over more than 285 years. Times
    of day are exact to the microsecond. Ticks are in UTC, but midnights of a time zone stay
    midnights.

    The inverse restores names, order, dtypes, and categories with their order. Numbers keep the
    properties that they have in the data: range, whole numbers, decimals, steps. In each block, the
    largest column becomes the level. Models keep the codes of levels in memory and make one-hot
    rows one minibatch at a time.

    Parameters
    ----------
    numeric : {"auto", "quantile", "standard"} or dict of column to these, default="auto"
        How to scale numbers. "quantile" replaces values by normal scores of their ranks, which
        suits long tails and frequent values. "standard" only removes the mean and divides by the
        standard deviation. "auto" takes "standard" for blocks of columns on one scale, such as
        pixels, and for columns without tails if the table has only floating-point numbers or fewer
        than 100 rows; else it takes "quantile". Columns that a dict leaves out are "auto".
        A column with another entry in the dict is learned as numbers, however few values it has.
    categorical : list of columns, default=None
        Columns to learn as levels although they hold numbers, such as codes. Also columns of
        identifiers that are to be learned as levels, and columns of values of several types.
    max_levels : int, default=500
        A column with more levels is refused, because it holds free text, which models do not
        learn.
    pool : str, default=None
        A name such as "other" for all but the ``max_levels - 1`` most frequent levels of a column
        of strings with more than `max_levels` levels. For the model these are one level, which
        samples have too. None refuses such a column.
    max_integer_levels : int, default=None
        Whole numbers with at most this many different values, and ten rows for each on average,
        are levels; 0 for none. None leaves it to the model: 20, and 0 for `RegularizedGaussian`.
    ids : {"refuse", "keep", "sequence"} or dict of column to these, default="refuse"
        What to do with identifiers: text of which nine rows in ten differ, e-mail addresses, more
        than `max_levels` texts in a column whose name ends in "id", and integers of which 19 in 20
        differ and that number the rows, by the column's name or, from 100 rows on, by their range.
        A model would repeat such values in samples, which "keep" allows. "sequence" learns nothing
        about them and numbers the rows of samples from 1 on. Columns that a dict leaves out are
        "refuse". A column with the entry "sequence" is numbered, whatever its values look like.
    rules : list of rules, default=None
        Rules that all rows obey, in the data and in samples: `Inequality`, `Increasing`,
        `Positive`, `FixedCombinations`, `Sum`. If the data break a rule, fitting fails. A column
        may be the lower one in any number of rules, and the upper one in several inequalities. A
        column that a sum or fixed combinations determine cannot be determined by another rule.
    dependencies : bool, default=True
        Whether to search for columns that are functions of others. If the function holds in all
        rows, the column is computed and not learned; if it holds in nearly all rows, the model
        learns the exceptions. Columns of levels that hardly ever occur together share a block.

    Attributes
    ----------
    columns_ : list of Column
        The learned encoding of each column, in the order of the table.
    coded_ : list of Column
        The columns of which the matrix consists. They differ from `columns_` if a rule encodes a
        column differently.
    codings_ : tuple of Coding
        The encodings that rules and dependencies lead to.
    dependencies_ : tuple of Dependency
        The columns that follow from others.
    dummies_ : tuple of tuple of int
        Positions of boolean columns of which exactly one is true in every row. They share a block.
    together_ : tuple of (tuple of int, tuple of tuple of bool)
        Positions of columns whose cells are missing together, and the patterns: which of these
        columns are missing in each. The columns share a block for the pattern. Columns of levels
        have another block for their values.
    dtypes_ : list of Dtype
    levels_ : tuple of int
        How many levels each block has, in the order of the matrix.
    n_numbers_ : int
        How many columns of the matrix come before the blocks.
    n_features_in_ : int
    feature_names_in_ : array of str
        Only if all names are strings.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import TableEncoder
    >>> X = pd.DataFrame({"color": ["red", "blue", "red"], "size": [1, 2, 6]})
    >>> encoder = TableEncoder("standard").fit(X)
    >>> encoder.get_feature_names_out()
    array(['size', 'color_blue', 'color_red'], dtype=object)
    >>> encoder.transform(X).round(2)
    array([[-0.93,  0.  ,  1.  ],
           [-0.46,  1.  ,  0.  ],
           [ 1.39,  0.  ,  1.  ]])
    >>> encoder.inverse_transform(encoder.transform(X)).equals(X)
    True
    """

    _titles: tuple[Any, ...]

    def __init__(
        self,
        numeric: Scaling | Mapping[Any, Scaling] = "auto",
        *,
        categorical: Iterable[Any] | None = None,
        max_levels: int = 500,
        pool: str | None = None,
        max_integer_levels: int | None = None,
        ids: Identifiers | Mapping[Any, Identifiers] = "refuse",
        rules: Sequence[Rule] | None = None,
        dependencies: bool = True,
    ) -> None:
        self.numeric = numeric
        self.categorical = categorical
        self.max_levels = max_levels
        self.pool = pool
        self.max_integer_levels = max_integer_levels
        self.ids = ids
        self.rules = rules
        self.dependencies = dependencies

    def fit(self, X: TableLike, y: Any = None) -> Self:
        """Fit the encoder to the DataFrame `X` (n, C); `y` is ignored.

        Raises
        ------
        TypeError
            If `X` is not a DataFrame of pandas, polars or pyarrow. If a column holds objects that
            cannot be compared, or values of several types or time zones. If levels or names have
            types that a model file cannot hold.
        ValueError
            If values are infinite or huge, if integers have a range of more than 2**48 steps, or
            if a column has too many levels.
        """
        self.fit_read(X)
        return self

    def transform(self, X: TableLike) -> np.ndarray:
        """Encode the DataFrame `X` (n, C) as a matrix (n, D), float64.

        ValueError for levels that were not in the fitted table, and for other columns.
        """
        check_is_fitted(self)
        return self.encode(self.read(X))

    def inverse_transform(self, X: TableLike) -> AnyTable:
        """Decode a matrix `X` (n, D) to a DataFrame (n, C)."""
        check_is_fitted(self)
        matrix = np.asarray(X, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise ValueError(f"X must have {self.width} columns, got the shape {matrix.shape}")
        if np.isnan(matrix).any():
            raise ValueError("X contains NaN, which encodes no value of the table")
        return self.wrap(self.decode(matrix))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of the matrix; `input_features` is ignored."""
        check_is_fitted(self)
        return np.array(self.labels, dtype=object)

    @property
    def dependencies_(self) -> tuple[Dependency, ...]:
        """The columns that follow from others in all rows of the data, or in nearly all."""
        return tuple(c.dependency for c in self.codings_ if isinstance(c, Following))

    # In two steps: a table, one number a cell (the value, or the code of the level), the matrix

    def fit_read(
        self, X: Any, defaults: EncodingDefaults = USUAL, *, what: str = "X"
    ) -> np.ndarray:
        """Fit, and read the same table; defaults : what suits the model; what : `X` in words."""
        self._settings.check(list(column_names(X)) if is_frame(X) else [])
        _check_frame(X, what)
        parts, X = columns_of_frame(X), as_pandas(X)
        table, rows = self._table(X), RowNames.of(X)
        faults = Faults(what, rows)
        own = self.max_integer_levels
        integer_levels = defaults.integer_levels if own is None else own
        table = decided(table, integer_levels, self._settings.summed)
        columns, dtypes = [], []
        for (cells, settings), part in zip(table, parts, strict=True):
            with faults.of(cells.name, ~cells.missing):
                columns.append(column := learn_column(cells, settings))
                dtypes.append(dtype := Dtype.of(cells.name, part))
                held = [column.identity, dtype.categories]
                refuse_foreign(held, f"column {cells.name!r} holds")
        faults.refuse()
        validate_data(self, X, reset=True, skip_check_array=True)
        self.columns_, self.dtypes_, self._titles = columns, dtypes, tuple(X.columns.names)
        read = [c.read(cells, unseen=False) for c, (cells, _) in zip(columns, table, strict=True)]
        numbers = np.stack(read, axis=1)
        self.dummies_ = dummies_of(columns, numbers)
        learner = Learner([settings for _, settings in table], integer_levels, self.max_levels)
        self._learn_rules(numbers, learner, what, rows)
        self._find(numbers, learner)
        return numbers

    def _learn_rules(
        self, numbers: np.ndarray, learner: Learner, what: str, rows: RowNames
    ) -> None:
        known = Table(self.columns_, self.dtypes_)
        refuse_broken(self._rules, (), known, numbers, what, rows)
        codings = plan(self._rules, known)
        refuse_dummies(codings, self.dummies_, known)
        self.codings_ = learn(codings, numbers, learner)

    def _find(self, numbers: np.ndarray, learner: Learner) -> None:
        """What numbers (n, C) of the table have in common: values, gaps, and pairs that lack."""
        known, ruled = Table(self.columns_, self.dtypes_), self.codings_
        taken = found.taken_by(self._rules, known, self.dummies_)
        follow = found.functions(known, numbers, taken, learner) if self.dependencies else ()
        self.codings_ = (*ruled, *(each for each in follow if isinstance(each, Implied)))
        self.together_ = find_together(self.columns_, numbers, self._ruled)
        if self.dependencies:
            missing = {j for positions, _ in self.together_ for j in positions}
            arranged = found.with_bound(known, numbers, follow, taken | missing, learner)
            self.codings_ = (*ruled, *arranged)

    def read(
        self,
        X: Any,
        *,
        unseen: bool = False,
        missing: bool = False,
        what: str = "X",
        like: str = "the training data",
        going_on: bool = False,
    ) -> np.ndarray:
        """One number for each cell of the DataFrame `X`: (n, C).

        `unseen` lets levels pass that were not in the training data; their code is -1. `missing`
        lets cells be missing where none was, which only `opened` encodings compare. `what` is
        what messages call `X`, `like` what they call the table that was fitted. `going_on` refuses
        what training could not go on with as well; see `widened`.
        """
        _check_frame(X, what)
        X = as_pandas(X)
        validate_data(self, X, reset=False, skip_check_array=True)
        # scikit-learn looks at names that are strings alone; NaN, a name too, differs from itself
        same = tuple(X.columns) == self.names
        if not (same or X.columns.equals(column_index(self.names, self._titles))):
            raise ValueError(
                f"the columns of X are {list(X.columns)}, and in the training data they were "
                f"{list(self.names)}"
            )
        table, names = self._table(X), RowNames.of(X)
        present = [~cells.missing for cells, _ in table]
        faults = Faults(what, names)
        table = whole(table, [missing or column.takes_missing for column in self.columns_], faults)
        numbers = []
        for j, (column, (cells, settings)) in enumerate(zip(self.columns_, table, strict=True)):
            with faults.of(column.name, present[j]):
                if len(cells.series):
                    check_kind(column, cells.present, settings, like)
                    numbers.append(read_cells(column, cells, unseen=unseen))
                    if going_on:
                        column.widened(numbers[-1]).check_dtype(self.dtypes_[j])
        faults.refuse()
        rows = np.stack(numbers, axis=1)
        if going_on:
            self.refuse_broken(rows, self.codings_, what, names)
        return rows

    def refuse_broken(
        self,
        numbers: np.ndarray,
        codings: Sequence[Coding] = (),
        what: str = "X",
        rows: RowNames = BY_POSITION,
    ) -> None:
        """ValueError if numbers (n, C) break a rule; see `regan.data.rules.plan.refuse_broken`."""
        known = Table(self.columns_, self.dtypes_)
        refuse_broken(self._rules, codings, known, numbers, what, rows)

    def wrap(self, numbers: np.ndarray, first: int = 0) -> Any:
        """The DataFrame of such numbers (n, C).

        first : how many rows come before them, where a column numbers rows.
        """
        parts = [
            dtype.series(column.write(column.renumbered(numbers[:, j], first)))
            for j, (column, dtype) in enumerate(zip(self.columns_, self.dtypes_, strict=True))
        ]
        return frame_of(parts, self.library, self.names, self._titles)

    @property
    def library(self) -> str:
        """Which library the table is of, "pandas", "polars" or "pyarrow"."""
        return "pandas" if self.dtypes_[0].library == "arrow" else self.dtypes_[0].library

    def named(self, frame: Any) -> Any:
        """`frame` of pandas, whose columns get the names of the table."""
        frame.columns = column_index(self.names, self._titles)
        return frame

    def export(self) -> dict[str, Any]:
        """What a model file has to hold of a fitted encoder, in JSON's terms."""
        return {
            **super().export(),
            "settings": self._settings.export(),
            "titles": write_literal(list(self._titles)),
            "codings": [coding.export() for coding in self.codings_ if coding.rules],
            "found": found.export(self.codings_),
        }

    @classmethod
    def restore(cls, stored: Stored) -> TableEncoder:
        """The inverse of `export`."""
        names = ("columns", "dtypes", "dummies", "together", "settings", "titles", "codings")
        columns, dtypes, dummies, together, settings, titles, codings, rest = stored.fields(
            *names, "found"
        )
        encoder = cls(**EncoderSettings.restore(settings).arguments)
        encoder._take(columns, dtypes, dummies, together)
        encoder._titles = read_titles(titles)
        check_titles(encoder.library, encoder.names, encoder._titles, stored)
        encoder._check_cells(stored)
        encoder._restore_rules(codings, rest)
        if any(encoder._ruled.intersection(positions) for positions, _ in encoder.together_):
            together.refuse("lists of columns that are under no rule")
        encoder.n_features_in_ = len(encoder.columns_)
        if all(isinstance(name, str) for name in encoder.names):
            encoder.feature_names_in_ = objects(encoder.names)
        return encoder

    # How they work

    @property
    def _ruled(self) -> frozenset[int]:
        """The columns, by position, that rules read or write, and those that others imply."""
        parts = (c.reads | c.writes if c.rules else c.writes for c in self.codings_)
        return frozenset().union(*parts)

    def _restore_rules(self, stored: Stored, rest: Stored) -> None:
        with stored.building("what the rules make of the columns"):
            check_rules(self._rules, self.names)
            known = Table(self.columns_, self.dtypes_)
            codings = plan(self._rules, known)
            refuse_dummies(codings, self.dummies_, known)
        taken = found.taken_by(self._rules, known, self.dummies_)
        self.codings_ = (*restore(codings, stored), *found.restore(known, taken, rest))
        ends = np.tile([[0.0], [np.inf], [-np.inf]], self.width)
        with suppress(ImportError), stored.building("what the columns can hold under the rules"):
            self.wrap(self.decode(ends))

    def _check_cells(self, stored: Stored) -> None:
        """FileError if the ends of a column cannot be given its dtype."""
        if len({each.library for each in self.dtypes_} - {"arrow"} | {self.library}) > 1:
            stored.refuse("columns of one library")
        for column, dtype in zip(self.columns_, self.dtypes_, strict=True):
            what = f"table with the column {column.name!r}"
            with suppress(ImportError), stored.building(what):  # told where rows are asked for
                column.check_dtype(dtype)
                dtype.series(column.write(column.extremes))

    def _table(self, X: Any) -> CellTable:
        """The cells of each column, and the settings for it."""
        if not len(X):
            raise ValueError(f"Found array with 0 sample(s) (shape={X.shape})")
        settings, known = self._settings, DrawnColumns.of(X)
        return [
            (
                Cells(name, X.iloc[:, j], None if known is None else known.column(j)),
                settings.of(name),
            )
            for j, name in enumerate(X.columns)
        ]

    @property
    def _settings(self) -> EncoderSettings:
        return EncoderSettings(**self.get_params(deep=False))

    @property
    def _rules(self) -> list[Rule]:
        return self._settings.rule_list


def _check_frame(X: Any, what: str = "X") -> None:
    if not is_frame(X):
        known = describe(X, what) or f"{type(X).__name__}: an array of numbers needs no encoder"
        raise TypeError(
            f"a TableEncoder takes a DataFrame of pandas, polars or pyarrow, got {known}"
        )
    check_names(X, what)
