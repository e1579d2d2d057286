"""From conditions on a table to evidence on the rows that models make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from regan.data.columns.base import Column
from regan.data.columns.blocks import Block, ColumnBlock, DummyBlock
from regan.data.columns.missing_block import MissingBlock
from regan.data.conditions.asked import Asked, Conditions
from regan.data.conditions.evidence import Evidence
from regan.data.conditions.following import Follower
from regan.data.conditions.preimages import preimage
from regan.data.encoded_rows import EncodedRows
from regan.data.encoding import Encoding
from regan.data.lacking import blocks_of
from regan.data.scaling import ColumnScaler, Scaler
from regan.data.table_scaler import TableScaler

_MOST_ROWS = 2**13
_MOST_NUMBERS = 2**22
_SETTINGS = 8


@dataclass(frozen=True, eq=False)
class Translated:
    """Conditions on r rows, and what they say of the rows that models make.

    Attributes
    ----------
    conditions : Conditions
        With a note on those that are known numbers of the matrix.
    evidence : Evidence
    known : array of shape (r, C)
        The numbers of columns as they are coded that are known, NaN elsewhere; of a table.
    """

    conditions: Conditions
    evidence: Evidence
    known: np.ndarray | None


def translate(
    conditions: Conditions, scaler: Scaler, *, holds_numbers: bool = True, strict: bool = True
) -> Translated:
    """What conditions say of the rows that models make.

    What no number of the matrix says, as where a rule codes a column otherwise, is left to whoever
    looks at the rows.

    holds_numbers : whether rows will have the numbers that are known; strict : whether conditions
    that contradict each other are refused; else what they are about is free.
    """
    if isinstance(scaler, TableScaler):
        return _Translation(conditions, scaler.encoder, holds_numbers, strict).result()
    assert isinstance(scaler, ColumnScaler)
    every = set(range(scaler.n_columns)) if holds_numbers else set[int]()
    return Translated(conditions.exact(every), _of_columns(conditions, scaler), None)


@dataclass(frozen=True, eq=False)
class KnownNumber:
    """A condition that says the number of a column which models have as a number.

    Attributes
    ----------
    asked : Asked
    others : list of int
        The columns, by position, that have to be known too for it to be a number of the matrix.
    is_whole : bool
        Whether rows may meet it by chance: all numbers of the column are whole.
    """

    asked: Asked
    others: list[int]
    is_whole: bool


def known_numbers(conditions: Conditions, scaler: Scaler) -> list[KnownNumber]:
    """The conditions that are known numbers of columns which models have as numbers."""
    if isinstance(scaler, ColumnScaler):
        grids = [grid is not None and grid.digits == 0 for grid in scaler.grids.grids]
        each = [asked for asked in conditions.asked if asked.known.any()]
        return [KnownNumber(a, [], bool(grids and grids[a.place])) for a in each]
    assert isinstance(scaler, TableScaler)
    return _Translation(conditions, scaler.encoder, True, False).known_numbers()


def _of_columns(conditions: Conditions, scaler: ColumnScaler) -> Evidence:
    """Of columns each of which is scaled by itself."""
    evidence = Evidence.none(conditions.n_rows, scaler.n_columns, ())
    low, high = evidence.low, evidence.high
    numbers = np.tile(scaler.inverse(np.zeros((1, scaler.n_columns))), (conditions.n_rows, 1))
    conditions.write(numbers)
    scaled = replace(scaler, drawn=False).forward(numbers)
    for asked in conditions.asked:
        j, known, here = asked.place, asked.known, asked.ranged
        ends = asked.low[here], asked.high[here]
        if here.any() and scaler.enabled:
            ends = preimage(partial(_of_matrix, scaler, j), *ends)
        low[here, j], high[here, j] = ends
        low[known, j] = high[known, j] = scaled[known, j]
    return evidence


def _of_matrix(scaler: ColumnScaler, j: int, scaled: np.ndarray) -> np.ndarray:
    """The numbers of one column alone."""
    Z = np.zeros((len(scaled), scaler.n_columns))
    Z[:, j] = scaled
    return scaler.inverse(Z)[:, j]


def _of_column(column: Column, scaled: np.ndarray) -> np.ndarray:
    """The numbers of one column of a table."""
    return column.decode(scaled[:, None])


@dataclass(frozen=True, eq=False)
class _Parts:
    """What of the matrix the numbers of a column are made from.

    Attributes
    ----------
    plain : list of int
        Positions of plain numbers.
    blocks : list of int
    """

    plain: list[int]
    blocks: list[int]


class _Translation:
    """Conditions on a table, in terms of the matrix of its encoding."""

    def __init__(
        self, conditions: Conditions, encoding: Encoding, holds_numbers: bool, strict: bool
    ) -> None:
        self.conditions, self.encoding = conditions, encoding
        self.holds_numbers, self.strict = holds_numbers, strict
        self.blocks, self.sizes = encoding.blocks, encoding.levels_
        self.owners, self.codings = encoding.owners_, encoding.codings_
        self.recoded = {j for coding in self.codings for j in coding.columns}

    def result(self) -> Translated:
        """See above."""
        n = self.conditions.n_rows
        self.evidence = Evidence.none(n, self.encoding.n_numbers_, self.sizes)
        self._numbers()
        for asked in self.conditions.asked:
            self._levels(asked)
        self._check()
        own = {*self.owners} - self.recoded if self.holds_numbers else set[int]()
        known = self.known if self.holds_numbers else None
        return Translated(self.conditions.exact(own), self.evidence, known)

    def known_numbers(self) -> list[KnownNumber]:
        """Known numbers of columns that are made of plain ones; see above."""
        encoding, found = self.encoding, []
        fixed = self.conditions.fixed(len(encoding.columns_))
        for asked in self.conditions.asked:
            j = asked.place
            present = encoding.columns_[j].present
            if not asked.known.any() or not self._parts(j).plain or present.n_levels:
                continue
            needed = self._needed(j)
            lost = ~fixed[asked.known][:, needed].all(axis=0)
            others = [i for i, no in zip(needed, lost, strict=True) if no]
            others = [] if self._follower(j) else others
            scale = present.scale(encoding.dtypes_[j])
            found.append(KnownNumber(asked, others, scale is not None and scale.decimals == 0))
        return found

    # Plain numbers

    def _numbers(self) -> None:
        """What is known of plain numbers, and of levels that several known columns are coded in."""
        rows, coded, fixed = self._encoded()
        low, high = self.evidence.low, self.evidence.high
        self.known = np.full(coded.shape, np.nan)
        for p, j in enumerate(self.owners):
            known = self._fully(j, fixed)
            low[known, p] = high[known, p] = rows.plain[known, p]
            self.known[known, j] = coded[known, j]
        for asked in self.conditions.asked:
            j = asked.place
            here = asked.ranged
            if j in self.recoded or j not in self.owners or not here.any():
                continue
            p, column = self.owners.index(j), self.encoding.coded_[j].present
            decode = partial(_of_column, column)
            low[here, p], high[here, p] = preimage(decode, asked.low[here], asked.high[here])
        for asked in self.conditions.asked:
            self._follow(asked, fixed)
        for b, block in enumerate(self.blocks):
            if isinstance(block, ColumnBlock) and block.position in self.recoded:
                known = self._fully(block.position, fixed) & (rows.codes[:, b] >= 0)
                own = self.evidence.allowed[:, blocks_of(self.sizes)[b]]
                own[known] = np.arange(self.sizes[b]) == rows.codes[known, b][:, None]

    def _follow(self, asked: Asked, fixed: np.ndarray) -> None:
        """What a column that follows from one number says of that number."""
        if asked.place not in self.recoded or (follower := self._follower(asked.place)) is None:
            return
        p = follower.plain
        rows = np.flatnonzero((asked.known | asked.ranged) & ~fixed[:, self.owners[p]])
        if not len(rows):
            return
        low, high = self.evidence.low, self.evidence.high
        first, last = follower.ends(asked.low[rows], asked.high[rows])
        first, last = np.maximum(first, low[rows, p]), np.minimum(last, high[rows, p])
        good = first <= last  # a value that none gives is left to whoever looks at the rows
        low[rows[good], p], high[rows[good], p] = first[good], last[good]

    def _follower(self, j: int) -> Follower | None:
        """A column that rises or falls with one number, of another column, and is made of it."""
        parts = self._parts(j)
        if len(parts.plain) != 1 or self.owners[parts.plain[0]] in self.recoded:
            return None
        said = {lost.block for lost in self.encoding.absent if lost is not None}
        said |= {b for b in parts.blocks if j in _positions(self.blocks[b])}
        if not set(parts.blocks) <= said:
            return None
        (p,) = parts.plain
        source = self.encoding.columns_[self.owners[p]].present
        return Follower.of(self.encoding, j, p, source)

    def _encoded(self) -> tuple[EncodedRows, np.ndarray, np.ndarray]:
        """Known cells as the matrix has them, and as they are coded (r, C), beside any others;
        which are known (r, C).
        """
        encoding, n = self.encoding, self.conditions.n_rows
        numbers = np.tile(encoding.decode(np.zeros((1, encoding.width))), (n, 1))
        self.conditions.write(numbers)
        for asked in self.conditions.asked:
            numbers[asked.missing, asked.place] = np.nan
        fixed = self.conditions.fixed(numbers.shape[1])
        return encoding.encode_rows(numbers, filled=False), encoding.coded(numbers), fixed

    def _fully(self, j: int, fixed: np.ndarray) -> np.ndarray:
        """Rows (r,) in which all is known that the coded number of a column is made of."""
        known = fixed[:, self._needed(j)].all(axis=1)
        for asked in self.conditions.asked:
            if asked.place == j:
                known &= ~asked.missing
        return np.asarray(known)

    def _needed(self, j: int) -> list[int]:
        """The columns that the coded number of a column is made of."""
        needed = {j}
        for coding in self.codings:
            if j in coding.columns:
                needed |= coding.reads | coding.writes
        return sorted(needed)

    # Levels

    def _levels(self, asked: Asked) -> None:
        """Leave levels out with which the column is not what is asked for, whatever else is."""
        parts = self._few(asked.place, self._parts(asked.place))
        if not parts.blocks:
            return
        combinations, numbers = self._tried(asked.place, parts)
        keys = np.stack([asked.low, asked.high, asked.missing, asked.present], axis=1)
        if parts.plain:  # what the number is, plain numbers say as well
            keys[:, 0], keys[:, 1] = -np.inf, np.inf
        kinds, which = np.unique(keys, axis=0, return_inverse=True)
        which = which.reshape(-1)
        for kind, (low, high, lost, there) in enumerate(kinds):
            one = replace(
                asked,
                low=np.array([low]),
                high=np.array([high]),
                missing=np.array([lost > 0]),
                present=np.array([there > 0]),
                among=None if parts.plain else asked.among,
            )
            good = one.allows(numbers)
            for place, b in enumerate(parts.blocks):
                possible = np.zeros(self.sizes[b], dtype=bool)
                possible[combinations[good, place]] = True
                self.evidence.allowed[:, blocks_of(self.sizes)[b]][which == kind] &= possible

    def _parts(self, j: int) -> _Parts:
        """What of the matrix the numbers of a column are made from."""
        needed = {j}
        for coding in reversed(self.codings):
            if needed & coding.writes:
                needed |= coding.writes | coding.reads
        plain = [p for p, owner in enumerate(self.owners) if owner in needed]
        blocks = [b for b, block in enumerate(self.blocks) if needed & set(_positions(block))]
        return _Parts(plain, blocks)

    def _few(self, j: int, parts: _Parts) -> _Parts:
        """The same, or if its blocks have too many combinations, those of the column itself."""
        settings = _SETTINGS if parts.plain else 1
        most = max(1, min(_MOST_ROWS, _MOST_NUMBERS // self.encoding.width) // settings)
        if np.prod([float(self.sizes[b]) for b in parts.blocks]) <= most:
            return parts
        coded = any(j in coding.writes for coding in self.codings)
        own = [] if coded else [b for b in parts.blocks if j in _positions(self.blocks[b])]
        return replace(parts, blocks=own)

    def _tried(self, j: int, parts: _Parts) -> tuple[np.ndarray, np.ndarray]:
        """Combinations of levels (m, B) of the blocks of a column, and its numbers (m,) with each.

        All combinations, if they are few, with several settings of its plain numbers each.
        """
        encoding, rng = self.encoding, np.random.default_rng(0)
        settings = _SETTINGS if parts.plain else 1
        sizes = [self.sizes[b] for b in parts.blocks]
        combinations = np.array(list(product(*map(range, sizes))))
        combinations = np.repeat(combinations, settings, axis=0)
        codes = np.zeros((len(combinations), len(self.sizes)), dtype=np.int64)
        codes[:, parts.blocks] = combinations
        plain = rng.standard_normal((len(combinations), encoding.n_numbers_))
        return combinations, encoding.decode(EncodedRows(plain, codes, self.sizes).dense())[:, j]

    def _check(self) -> None:
        """ValueError if a block is left without a level, or those conditions are free."""
        for b, here in enumerate(blocks_of(self.sizes)):
            none = ~self.evidence.allowed[:, here].any(axis=1)
            if not none.any():
                continue
            if not self.strict:
                self.evidence.allowed[:, here][none] = True
                continue
            row = int(none.argmax())
            names = [a for a in self.conditions.asked if b in self._parts(a.place).blocks]
            words = " and ".join(a.words for a in names)
            where = f" in row {row}" if self.conditions.of_table else ""
            raise ValueError(
                f"conditions: no row of the training data fulfills the conditions{where}: {words}"
                + ("; leave out one of them" if len(names) > 1 else "")
            )


def _positions(block: Block) -> Sequence[int]:
    if isinstance(block, ColumnBlock):
        return (block.position,)
    assert isinstance(block, (DummyBlock, MissingBlock))
    return block.positions
