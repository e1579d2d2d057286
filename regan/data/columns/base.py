"""The contract of a kind of column with tables, models, files, displays and reports.

The cells of a column come in, are held as one number each (its value, or the code of its level; NaN
if it is missing), and reach the model as columns of a matrix: `n_numbers` plain ones, and
`n_levels` that are 1 at the level of the row and 0 elsewhere. A kind may have both, or neither.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, get_args

import numpy as np

from regan.data.columns.cells import Cells
from regan.data.columns.named import Named
from regan.data.columns.scale import Scale
from regan.data.columns.shown import Shown
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.data.scaling import SCALINGS
from regan.storage.stored import Stored
from regan.typing import Identifiers
from regan.validation import shown

UNSEEN = -1
"""The code of what was not in the training data."""

IDS: tuple[Identifiers, ...] = get_args(Identifiers)
"""What may be done with identifiers."""


@dataclass(frozen=True)
class ColumnSettings:
    """Settings of an encoder for one column.

    Attributes
    ----------
    scaling : {"auto", "quantile", "standard"}
        The scale of numbers.
    level : bool
        Whether values are levels, whatever they are.
    max_levels : int
        A column with more is refused, or pooled.
    pool : str or None
        What all levels but the most frequent ones are called, if there are too many.
    ids : {"keep", "refuse", "sequence"}
        Whether identifiers are learned like other values, refused, or numbered anew.
    numbered : bool
        Whether the column was named as one whose values are numbered anew, whatever they are.
    few : bool
        Whether a model trains on numbers as on levels, for they are few.
    named : bool
        Whether the scale was asked for of this column by its name: it holds numbers then.
    """

    scaling: str = SCALINGS[0]
    level: bool = False
    max_levels: int = 500
    ids: str = "keep"
    numbered: bool = field(default=False, kw_only=True)
    pool: str | None = None
    few: bool = False
    named: bool = False


@dataclass(frozen=True)
class Column(Named, Shown):
    """A column as it was learned; a subclass is a kind of column.

    What displays and reports show of it is in the base class, for plain numbers: a kind that is
    shown otherwise overrides `summary`, `describe` and `ticks`.

    Attributes
    ----------
    name : hashable
        What the column is called.
    kind : str
        What model files call the kind.
    holds, instead : str
        What its cells are, in messages: expected ones, and those that came for others.
    takes_missing : bool
        Whether cells may be missing, which are held as NaN; if not, the encoder refuses them.
    takes_text : bool
        Whether its cells may be text, whose kind other cells of a column may not tell.
    takes_new : bool
        Whether a text that has no meaning here may be a new level, or the first value.
    is_plain : bool
        Whether its cells are plain numbers, held as they are.
    is_learnt : bool
        Whether anything is learned of its cells.
    """

    name: Any

    kind: ClassVar[str]
    holds: ClassVar[str]
    instead: ClassVar[str]
    takes_missing: ClassVar[bool] = False
    takes_text: ClassVar[bool] = False
    takes_new: ClassVar[bool] = False
    is_plain: ClassVar[bool] = False
    is_learnt: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__repr__ = Column.__repr__  # type: ignore[method-assign]  # before dataclass writes one

    def __repr__(self) -> str:
        # without what was learned beside these words, which may be all values of the data
        return f"<Column {shown(self.name)}: {shown(self.words)}>"

    @property
    def decimals(self) -> int | None:
        """How many decimals its numbers have in every row; None where that is open."""
        return None

    @property
    def has_steps(self) -> bool:
        """Whether its numbers are known to be whole, decimals, or steps."""
        return False

    @property
    def present(self) -> Column:
        """The kind of the cells that are not missing."""
        return self

    @property
    def is_binary(self) -> bool:
        """Whether it has two levels, the second of which says yes to the column's name."""
        return False

    @property
    def n_numbers(self) -> int:
        """How many columns of plain numbers it has in the matrix."""
        return 0

    @property
    def distribution(self) -> EmpiricalDistribution | None:
        """That of its values, if its plain number is their normal score by rank."""
        return None

    @property
    def n_levels(self) -> int:
        """How many columns of indicators it has in the matrix, one block behind its numbers."""
        return 0

    @property
    @abstractmethod
    def labels(self) -> list[str]:
        """What to call its columns in the matrix, numbers first."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The kind and what it learned, in a few words for a list of columns."""

    @property
    def identity(self) -> list[Any]:
        """What else has to be equal where a checkpoint goes on, beside dtype and numbers.

        As lists, numbers and text, whose repr is compared.
        """
        return []

    # Tables

    @classmethod
    @abstractmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        """Whether a column of a table is of this kind; it never raises."""

    @classmethod
    @abstractmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        """From a column that was accepted.

        TypeError or ValueError, with the name of the column, for values that no model can take.
        """

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        """Numbers (n,) for rules that look at all columns of a table; None if they mean nothing.

        Missing cells are NaN.
        """
        return None

    def takes(self, kind: type[Column]) -> bool:
        """Whether `read` can be given cells that another table would be learned from as `kind`."""
        return kind is type(self) or (self.takes_text and kind.takes_text)

    def may_be(self, cells: Cells) -> bool:
        return self.accepts(cells, ColumnSettings())

    @abstractmethod
    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        """One number (n,) for each of the cells.

        ValueError for a level that was not in the training data, unless `unseen` lets it pass.
        """

    @abstractmethod
    def write(self, numbers: np.ndarray) -> np.ndarray:
        """The values (n,) of such numbers: the inverse of `read`; a `Dtype` makes them a column.

        Timestamps of a dtype with a time zone are datetime64 in UTC.
        """

    def renumbered(self, numbers: np.ndarray, first: int) -> np.ndarray:
        """`numbers` (n,) of rows that are the `first` one, from 0, and those that follow it.

        They are others where a column numbers rows.
        """
        return numbers

    @abstractmethod
    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """The values (n,) that cells of a CSV file mean, which pandas wrote.

        Objects and dates of NumPy become a column of the dtype that the table had, arrays of other
        dtypes keep these.
        ValueError, in words that follow the column's name, for what has no meaning here.
        """

    # Models

    @abstractmethod
    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """What the model trains on: (n, n_numbers + n_levels).

        rng : for what may be drawn, such as the places of tied numbers; they are the middle ones
        without it.
        """

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        """What distances between rows are measured in: (n, k), by default indicators.

        A further one is 1 for a level that was not in the training data, so that such a level is as
        far from all others as these are from each other.
        """
        return np.column_stack([self.encode(numbers), self.unseen(numbers)])

    @abstractmethod
    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Numbers (n,) from what a model makes, (n, n_numbers + n_levels).

        Of levels it is the one with the largest indicator.
        """

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """Which of its indicators are 1, (n,) integers; -1 where none is.

        The same as `encode` says, without room for all of them. A column without indicators is not
        asked.
        """
        indicators = self.encode(numbers)[:, self.n_numbers :]
        return np.where(indicators.any(axis=1), indicators.argmax(axis=1), UNSEEN)

    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        """Which of `numbers` (n,) stand for a level that was not in the training data."""
        return np.zeros(len(numbers), dtype=bool)

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the largest number of the training data; None of levels and the like."""
        return None

    def texts(self, numbers: np.ndarray) -> list[str]:
        """What people call the values that numbers (n,) stand for."""
        return list(map(str, self.write(numbers).tolist()))

    def widened(self, numbers: np.ndarray) -> Self:
        """The same with room for `numbers` (n,) that training goes on with."""
        return self

    def rescaled(self, numbers: np.ndarray) -> Self:
        """The same with its scale learned of `numbers` (n,) alone, some of those that it knows.

        What was learned of further ones stays: kinds, levels, ranges, grids.
        """
        return self

    def blurred(self, k: int) -> Self:
        """The same without single numbers of the data, where sampling can do without them."""
        return self

    def scale(self, dtype: Dtype) -> Scale | None:
        """What its numbers mean beside those of other columns, for rules between them.

        dtype : of the column in the table. None for what has no order.
        """
        return None

    def holding(self, present: Column) -> Column:
        """The column `present` with as many missing cells as this one has."""
        return present

    def check_dtype(self, dtype: Dtype) -> None:
        """ValueError if the column has values that `dtype` cannot hold, as after `widened`."""

    # Files

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """What a model file has to hold beside the name, in JSON's terms."""

    @classmethod
    @abstractmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        """The inverse of `export`, of the column `name`."""

    @property
    @abstractmethod
    def extremes(self) -> np.ndarray:
        """Numbers (n,), among which are the ends of what the column may hold."""
