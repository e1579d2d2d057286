"""Encodings: numbers, one a cell of a table, as the matrix that models train on, and back."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_numbers, export_column, opened, restore_column
from regan.data.columns.base import UNSEEN, Column, ColumnSettings
from regan.data.columns.blocks import Block, ColumnBlock, DummyBlock, find_dummies
from regan.data.columns.missing_block import MissingBlock, Together, may_be_together
from regan.data.donors import Donors, fill_missing
from regan.data.encoded_rows import EncodedRows, as_codes
from regan.data.faults import Faults
from regan.data.frames.dataframes import Dtype
from regan.data.lacking import Lacking, blocks_of
from regan.data.numbers.marginals import tie_places
from regan.data.numbers.pieces import as_column
from regan.data.numbers.ranked import Ranked
from regan.data.rules import Coding, Table
from regan.storage.stored import Stored


class Encoding:
    """An encoding of numbers (n, C), one a cell: the value, or the code of a level.

    The matrix (n, D) has the columns of plain numbers first, and behind them a block of one-hot
    columns for each column of levels, for each set of dummies, and for which cells are missing, of
    columns whose cells are missing together.

    Attributes
    ----------
    columns_ : list of Column
        In the order of the table.
    dtypes_ : list of Dtype
    dummies_ : tuple of tuple of int
        The positions of each set of dummies.
    together_ : tuple of Together
        Columns whose cells are missing together.
    codings_ : tuple of Coding
        What rules between columns, and what was found in them, make of them, in the order in which
        it is decoded.
    """

    columns_: list[Column]
    dtypes_: list[Dtype]
    dummies_: tuple[tuple[int, ...], ...]
    together_: tuple[Together, ...] = ()
    codings_: tuple[Coding, ...] = ()

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of the columns."""
        return tuple(c.name for c in self.columns_)

    @property
    def coded_(self) -> list[Column]:
        """The columns that the matrix is made of: others where a rule codes a column otherwise."""
        coded = list(self.columns_)
        for coding in self.codings_:
            for j, column in coding.columns.items():
                coded[j] = column
        return coded

    @property
    def levels_(self) -> tuple[int, ...]:
        """The sizes of the blocks."""
        return tuple(len(block.labels) for block in self.blocks)

    @property
    def n_numbers_(self) -> int:
        """The columns of the matrix before the blocks."""
        return sum(c.n_numbers for c in self.coded_)

    @property
    def blocks(self) -> list[Block]:
        """The blocks of the matrix, in order."""
        return self._blocks_of(self._present, self._missing_blocks)

    def _blocks_of(self, columns: list[Column], missing: Sequence[MissingBlock]) -> list[Block]:
        """The blocks of the columns of the table, or of those of the matrix."""
        several: list[DummyBlock | MissingBlock] = [*self._dummy_blocks, *missing]
        joint = {block.place: block for block in several}
        dummies = {j for group in self.dummies_ for j in group}
        blocks: list[Block] = []
        for j, column in enumerate(columns):
            if column.n_levels and j not in dummies:
                blocks.append(ColumnBlock(j, column))
            if j in joint:
                blocks.append(joint[j])
        return blocks

    @property
    def _present(self) -> list[Column]:
        """`coded_` with columns of cells that are there, where a block of several columns says
        which are missing.
        """
        together = {j for positions, _ in self.together_ for j in positions}
        return [c.present if j in together else c for j, c in enumerate(self.coded_)]

    @property
    def _dummy_blocks(self) -> list[DummyBlock]:
        return [DummyBlock(g, tuple(self.columns_[j] for j in g)) for g in self.dummies_]

    @property
    def _missing_blocks(self) -> list[MissingBlock]:
        return [
            MissingBlock(positions, tuple(self.columns_[j] for j in positions), patterns)
            for positions, patterns in self.together_
        ]

    @property
    def labels(self) -> list[str]:
        """What to call the columns of the matrix."""
        numbers = [c.labels[: c.n_numbers] for c in self.coded_]
        levels = [block.labels for block in self.blocks]
        return [label for labels in numbers + levels for label in labels]

    @property
    def width(self) -> int:
        """D."""
        return self.n_numbers_ + sum(self.levels_)

    @property
    def absent(self) -> tuple[Lacking | None, ...]:
        """Which block says where the number of each plain column is missing, if one does."""
        said = dict[int, Lacking]()
        for i, block in enumerate(self.blocks):
            if isinstance(block, MissingBlock):
                said |= {j: Lacking(i, block.missing_in(j)) for j in block.positions}
            elif isinstance(block, ColumnBlock) and block.column.takes_missing:
                said[block.position] = Lacking(i, (len(block.labels) - 1,))
        return tuple(said.get(j) for j in self.owners_)

    @property
    def ranked(self) -> tuple[Ranked, ...]:
        """The columns of the matrix that are normal scores by rank."""
        starts = [block.start for block in blocks_of(self.levels_, self.n_numbers_)]
        coded, found = self.coded_, []
        for position, (j, lost) in enumerate(zip(self.owners_, self.absent, strict=True)):
            missing = () if lost is None else tuple(starts[lost.block] + c for c in lost.codes)
            distribution = coded[j].distribution
            if distribution is not None:
                found.append(Ranked(position, missing, distribution.has_atoms))
        return tuple(found)

    @property
    def lacking(self) -> tuple[Lacking | None, ...]:
        """Which block says where the cells of each are missing; None where it does so itself."""
        blocks, said = self.blocks, dict[int, Lacking]()
        for i, block in enumerate(blocks):
            if isinstance(block, MissingBlock):
                said |= {j: Lacking(i, block.missing_in(j)) for j in block.positions}
        return tuple(said.get(b.position) if isinstance(b, ColumnBlock) else None for b in blocks)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The matrix (n, D) of such numbers."""
        return self.encode_rows(numbers).dense()

    def encode_rows(
        self,
        numbers: np.ndarray,
        *,
        drawn: bool = False,
        filled: bool = True,
        donors: Donors | None = None,
    ) -> EncodedRows:
        """The same with levels as codes.

        drawn : whether tied numbers have random places within their ties, always the same ones;
        filled : whether missing numbers are those of similar rows, and not the mean, and missing
        levels too, where no level of their own says so; donors : these rows, if they are not
        among the others.
        """
        numbers = self.coded(numbers)
        plain, start = np.empty((len(numbers), sum(c.n_numbers for c in self.coded_))), 0
        for j, c in enumerate(self.coded_):
            if c.n_numbers:
                here = slice(start, start := start + c.n_numbers)
                own = c.encode(as_column(numbers, j), tie_places(j) if drawn else None)
                plain[:, here] = own[:, : c.n_numbers]
        rows = self._rows(numbers, plain)
        if filled:
            fill = fill_missing if donors is None else donors.fill
            lost = np.array([said is not None for said in self.lacking], dtype=bool)
            fill(rows, np.isnan(numbers[:, self.owners_]), (rows.codes == UNSEEN) & lost)
        return rows

    @property
    def owners_(self) -> list[int]:
        """The column of the table, by position, that each plain number of the matrix is of."""
        return [j for j, column in enumerate(self.coded_) for _ in range(column.n_numbers)]

    def coded(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers (n, C) of `coded_`, from those of the table."""
        if not self.codings_:
            return numbers
        coded = numbers.copy()
        for coding in self.codings_:
            for j, own in coding.encode(numbers).items():
                coded[:, j] = own
        return coded

    def impossible(self, numbers: np.ndarray) -> np.ndarray:
        """Rows (n,) that no sample can be: they break a rule, or what was found in the data."""
        back, broken = self.coded(numbers).copy(), np.zeros(len(numbers), dtype=bool)
        for coding in self.codings_:
            coding.decode(back)
            own = sorted(coding.writes)
            same = np.isclose(back[:, own], numbers[:, own], rtol=1e-9, atol=0, equal_nan=True)
            broken |= ~same.all(axis=1)
        return broken

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        """Such numbers as columns (n, k) for distances between rows.

        Independent values are about as far apart everywhere: different levels as independent
        numbers are on the average, and what was not in the training data as far from all others.
        """
        each = enumerate(self.columns_)
        plain = [c.compare(numbers[:, j]) for j, c in each if not c.n_levels]
        blocks = self._blocks_of(self.columns_, [])
        return np.hstack([*plain, *(block.compare(numbers) for block in blocks)])

    def _rows(self, numbers: np.ndarray, plain: np.ndarray) -> EncodedRows:
        """Rows with these columns of numbers, and the codes of the levels."""
        codes = [block.codes(numbers) for block in self.blocks]
        none = np.empty((len(numbers), 0))
        return EncodedRows(
            plain,
            as_codes(np.stack(codes, axis=1) if codes else none, self.levels_),
            self.levels_,
        )

    def decode(self, matrix: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
        """Numbers (n, C) from a matrix as a model makes it.

        known : those of `coded_` (n, C) that are known beforehand, NaN elsewhere.
        """
        numbers = np.empty((len(matrix), len(self.columns_)))
        plain, start = [], 0
        for j, column in enumerate(self._present):
            plain.append(matrix[:, start : start + column.n_numbers])
            start += column.n_numbers
            if not column.n_levels:
                numbers[:, j] = column.decode(plain[j])
        for block, size in zip(self.blocks, self.levels_, strict=True):
            block.decode(matrix[:, start : start + size], plain, numbers)
            start += size
        if known is not None:
            np.copyto(numbers, known, where=~np.isnan(known))
        for coding in self.codings_:
            coding.decode(numbers)
        return numbers

    def widened(self, numbers: np.ndarray) -> Self:
        """A copy with room for such numbers (n, C): training goes on with them."""
        for block in self._dummy_blocks:
            block.check(numbers)
        other, faults = copy(self), Faults()
        other.columns_ = list(self.columns_)
        for j, column in enumerate(self.columns_):
            with faults.of(column.name, ~np.isnan(numbers[:, j])):
                other.columns_[j] = column.widened(numbers[:, j])
                other.columns_[j].check_dtype(self.dtypes_[j])
        faults.refuse()
        table = Table(other.columns_, self.dtypes_)
        other.codings_ = tuple(coding.widened(table, numbers) for coding in self.codings_)
        return other

    def opened(self, *tables: np.ndarray) -> Self:
        """A copy to compare `tables` (n, C) with, of which cells may be missing, or there, where
        they never were.
        """
        each = enumerate(self.columns_)
        columns = [opened(column, [table[:, j] for table in tables]) for j, column in each]
        new = {j for j, column in enumerate(columns) if column is not self.columns_[j]}
        if not new:
            return self
        other = copy(self)
        other.columns_ = columns
        other.dummies_ = tuple(group for group in self.dummies_ if not new & set(group))
        return other

    def rescaled(self, numbers: np.ndarray) -> Self:
        """A copy whose scales are learned of numbers (n, C) alone; see `Column.rescaled`."""
        other, each = copy(self), enumerate(self.columns_)
        other.columns_ = [column.rescaled(numbers[:, j]) for j, column in each]
        table = Table(other.columns_, self.dtypes_)
        other.codings_ = tuple(coding.rescaled(table, numbers) for coding in self.codings_)
        return other

    def blurred(self, k: int) -> Self:
        """A copy without single numbers of the data; see `Column.blurred`."""
        other = copy(self)
        other.columns_ = [column.blurred(k) for column in self.columns_]
        table = Table(other.columns_, self.dtypes_)
        other.codings_ = tuple(coding.blurred(table, k) for coding in self.codings_)
        return other

    def export(self) -> dict[str, Any]:
        """What a model file has to hold."""
        return {
            "columns": [export_column(column) for column in self.columns_],
            "dtypes": [dtype.export() for dtype in self.dtypes_],
            "dummies": [list(group) for group in self.dummies_],
            "together": [[list(p), [list(row) for row in rows]] for p, rows in self.together_],
        }

    def _take(self, columns: Stored, dtypes: Stored, dummies: Stored, together: Stored) -> None:
        """The inverse of `export`."""
        self.columns_ = [restore_column(column) for column in columns.items()]
        n = len(self.columns_)
        if not n or len(set(self.names)) < n:
            columns.refuse("a list of columns whose names differ")
        self.dtypes_ = [Dtype.restore(dtype) for dtype in dtypes.items(n)]
        groups = [[j.integer(0, n - 1) for j in group.items()] for group in dummies.items()]
        self.dummies_ = tuple(map(tuple, groups))
        members = [j for group in groups for j in group]
        plain = all(self.columns_[j].is_binary for j in members) and all(groups)
        if not plain or len(set(members)) < len(members):
            dummies.refuse("lists of columns of two levels, each of them once")
        self.together_ = tuple(self._read_together(each) for each in together.items())
        members = [j for positions, _ in self.together_ for j in positions]
        if len(set(members)) < len(members):
            together.refuse("lists of columns, each of them once")

    def _read_together(self, stored: Stored) -> Together:
        positions, patterns = stored.items(2)
        found = tuple(j.integer(0, len(self.columns_) - 1) for j in positions.items())
        rows = [tuple(m.flag() for m in row.items(len(found))) for row in patterns.items()]
        fit = all(may_be_together(self.columns_[j]) for j in found)
        if not (found and rows and fit) or len(set(rows)) < len(rows):
            stored.refuse("columns whose cells may be missing, and patterns that differ")
        return found, tuple(rows)


class ArrayEncoding(Encoding):
    """The encoding of an array, or of a DataFrame of floating columns, some of which are few."""

    @classmethod
    def learn(
        cls,
        names: Sequence[Any],
        X: np.ndarray,
        settings: Sequence[ColumnSettings],
        dtypes: Sequence[str],
    ) -> Self:
        """From numbers `X` (n, D); dtypes : the floating ones that columns are given back in."""
        encoding = cls()
        each = enumerate(zip(names, settings, dtypes, strict=True))
        encoding.columns_ = [
            column_of_numbers(name, as_column(X, j), own, dtype) for j, (name, own, dtype) in each
        ]
        encoding.dtypes_ = [Dtype(dtype) for dtype in dtypes]
        encoding.dummies_ = dummies_of(encoding.columns_, X)
        return encoding

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        encoding = cls()
        encoding._take(*stored.fields("columns", "dtypes", "dummies", "together"))
        return encoding


def dummies_of(columns: list[Column], numbers: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """The positions of each set of dummies, from numbers (n, C) of the table."""
    both = [numbers[:, j] == 1 if column.is_binary else None for j, column in enumerate(columns)]
    return find_dummies([column.name for column in columns], both)
