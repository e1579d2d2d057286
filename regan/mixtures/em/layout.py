"""Between scaled rows of a table and the cells that a mixture is of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.conditions.evidence import Evidence
from regan.data.conditions.missing import of_present
from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import Lacking
from regan.data.numbers.patterns import LEAST_COLUMNS
from regan.data.scaling import Scaler
from regan.mixtures.em.cells import UNKNOWN, Cells
from regan.mixtures.em.spikes import FEW_VALUES, Spikes, join_columns, split_columns
from regan.storage.stored import Stored

_LOOKED_AT = 1000


@dataclass(frozen=True, eq=False)
class Layout:
    """Which cells the mixture of a table has.

    Numbers are split into atoms and what is between (`Spikes`). A cell that is missing, as a level
    says, is not known to the mixture, whatever stands in its place. The blocks are those of atoms,
    then those of the table, then the classes of a conditional model, which are free of penalties.

    Attributes
    ----------
    scaler : Scaler
    columns : tuple of Spikes
        One for each column of numbers.
    n_classes : int
        0 without classes.
    """

    scaler: Scaler
    columns: tuple[Spikes, ...]
    n_classes: int = 0

    @classmethod
    def learn(cls, X: np.ndarray | EncodedRows, scaler: Scaler, n_classes: int) -> Self:
        """From scaled rows (n, D)."""
        numbers = _known_numbers(X, scaler)
        if scaler.is_common:  # as pixels, whose values are steps of one scale
            return cls(scaler, tuple(Spikes.plain(c, 1.0) for c in numbers.T), n_classes)
        known = [c[~np.isnan(c)] for c in numbers.T]
        columns = [Spikes.learn(c) for c in known]
        few = [len(np.unique(c[:_LOOKED_AT])) <= FEW_VALUES for c in known]
        if sum(few) >= LEAST_COLUMNS:  # the same in a table, whose other few numbers are levels
            pairs = zip(columns, known, few, strict=True)
            columns = [Spikes.plain(c, 1.0) if is_few else own for own, c, is_few in pairs]
        return cls(scaler, tuple(columns), n_classes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the blocks."""
        spikes = tuple(column.size for column in self.columns if column.size)
        return spikes + self.scaler.levels + ((self.n_classes,) if self.n_classes else ())

    @property
    def n_values(self) -> int:
        """P, the continuous numbers."""
        return sum(column.is_continuous for column in self.columns)

    @property
    def units(self) -> tuple[np.ndarray, np.ndarray]:
        """Where 0 of each continuous number lies among scaled ones, and how many of these it takes
        to be 1: (P,) each. Those by rank have units of their own.
        """
        own = [column for column in self.columns if column.is_continuous]
        return np.array([c.mean for c in own]), np.array([c.deviation for c in own])

    @property
    def _n_spiked(self) -> int:
        return sum(column.size > 0 for column in self.columns)

    def enter(
        self,
        X: np.ndarray | EncodedRows,
        classes: np.ndarray | None,
        rng: np.random.Generator | None,
        *,
        filled: bool = False,
    ) -> Cells:
        """The cells of scaled rows (n, D), and of their classes (n,).

        rng : places tied numbers at random within their ranks. Without `classes` they are unknown.
        filled : takes what stands in the place of missing numbers for known.
        """
        numbers = _numbers(X) if filled else _known_numbers(X, self.scaler)
        values, atoms = split_columns(self.columns, numbers, rng)
        codes = [atoms, _known_codes(X, self.scaler)]
        if self.n_classes:
            unknown = np.full(len(values), UNKNOWN)
            codes.append((unknown if classes is None else classes)[:, None])
        return Cells(values, np.hstack(codes).astype(np.int64), self.sizes, int(self.n_classes > 0))

    def leave(self, cells: Cells) -> np.ndarray:
        """Scaled rows (n, D), levels one-hot."""
        s, n_levels = self._n_spiked, len(self.scaler.levels)
        numbers = join_columns(self.columns, cells.values, cells.codes[:, :s])
        levels = cells.codes[:, s : s + n_levels]
        return EncodedRows(numbers, levels, self.scaler.levels).dense()

    # What is known of rows

    def given(self, evidence: Evidence, classes: np.ndarray | None) -> Evidence:
        """Evidence on the cells, from that on scaled rows, and of their classes (n,).

        Of a cell that is missing for sure, nothing is known. Without `classes` they are unknown. A
        number of which nothing that the column may have is left can be anything.
        """
        n, low, high, allowed = len(evidence), [], [], []
        evidence = of_present(evidence, self.scaler.absent, self.scaler.lacking)
        for j, column in enumerate(self.columns):
            first, last, levels = column.bounds(evidence.low[:, j], evidence.high[:, j])
            if column.is_continuous:
                low.append(first)
                high.append(last)
            allowed.append(levels | ~levels.any(axis=1, keepdims=True))
        allowed.append(evidence.allowed)
        if self.n_classes:
            of_all = np.ones((n, self.n_classes), dtype=bool)
            allowed.append(
                of_all if classes is None else classes[:, None] == np.arange(self.n_classes)
            )
        none = np.empty((n, 0))
        first, last = (np.stack(each, axis=1) if each else none for each in (low, high))
        return Evidence(first, last, np.hstack(allowed), self.sizes)

    @property
    def between(self) -> np.ndarray:
        """Which level says that each continuous number is between atoms, (P,); -1 without atoms."""
        ends = np.cumsum([column.size for column in self.columns])
        pairs = zip(self.columns, ends, strict=True)
        own = [end - 1 if column.size else -1 for column, end in pairs if column.is_continuous]
        return np.array(own, dtype=np.int64)

    def leave_given(self, cells: Cells, evidence: Evidence) -> np.ndarray:
        """Scaled rows (n, D) of cells that were drawn given evidence: what is known is as given."""
        rows = self.leave(cells)
        present = of_present(evidence, self.scaler.absent, self.scaler.lacking)
        for j, column in enumerate(self.columns):
            low, high = present.low[:, j], present.high[:, j]
            levels = column.bounds(low, high)[2]
            possible = levels.any(axis=1) if column.size else np.ones(len(rows), dtype=bool)
            rows[:, j] = np.where(possible, np.clip(rows[:, j], low, high), rows[:, j])
        return evidence.kept(rows)

    def log_slope(self, X: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Logarithm of the derivative of the values by the numbers, summed: (n,).

        X : scaled numbers (n, D), whose scaling has the slopes `before` (n, D). An atom, which
        counts by its probability, has none.
        """
        total = np.zeros(len(X))
        for j, column in enumerate(self.columns):
            codes = column.split(X[:, j], None)[1]
            slopes = before[:, j] + column.log_slope(X[:, j], codes)
            total += np.where(column.at_atom(codes), 0.0, slopes)
        return total

    def never_seen(self, X: np.ndarray | EncodedRows) -> np.ndarray:
        """Rows (n,) of `X` with a number that is no atom, where all numbers are atoms."""
        numbers = _known_numbers(X, self.scaler)
        strange = np.zeros(len(numbers), dtype=bool)
        for j, column in enumerate(self.columns):
            if not column.is_continuous:
                strange |= ~np.isnan(numbers[:, j]) & ~np.isin(numbers[:, j], column.atoms)
        return strange

    def blurred(self, k: int) -> Self:
        """A copy without single numbers of the data; see `EmpiricalDistribution.blurred`."""
        return replace(self, columns=tuple(column.blurred(k) for column in self.columns))

    def export(self) -> list[Any]:
        """What a model file has to hold, in JSON's terms."""
        return [column.export() for column in self.columns]

    @classmethod
    def restore(cls, stored: Stored, scaler: Scaler, n_classes: int) -> Self:
        """The inverse of `export`."""
        n = scaler.n_columns - sum(scaler.levels)
        columns = tuple(Spikes.restore(each) for each in stored.items(n))
        return cls(scaler, columns, n_classes)


def _known_numbers(X: np.ndarray | EncodedRows, scaler: Scaler) -> np.ndarray:
    """The columns of numbers (n, C) with NaN where a level says that the cell is missing."""
    numbers = _numbers(X)
    if not isinstance(X, EncodedRows):
        return numbers
    for j, lost in enumerate(scaler.absent):
        if lost is not None:
            numbers[_says_missing(X, lost), j] = np.nan
    return numbers


def _numbers(X: np.ndarray | EncodedRows) -> np.ndarray:
    """The columns of numbers (n, C); a copy of those of encoded rows."""
    if isinstance(X, EncodedRows):
        return np.array(X.plain, dtype=np.float64)
    return np.asarray(X, dtype=np.float64)


def _known_codes(X: np.ndarray | EncodedRows, scaler: Scaler) -> np.ndarray:
    """The levels (n, B) with -1 where another block says that the cell is missing."""
    if not isinstance(X, EncodedRows):
        return np.empty((len(X), 0), dtype=np.int64)
    codes = np.array(X.codes, dtype=np.int64)
    for b, lost in enumerate(scaler.lacking):
        if lost is not None:
            codes[_says_missing(X, lost), b] = UNKNOWN
    return codes


def _says_missing(X: EncodedRows, lost: Lacking) -> np.ndarray:
    return np.isin(X.codes[:, lost.block], lost.codes)
