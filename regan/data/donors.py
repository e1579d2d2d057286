"""Hot-deck imputation: what stands for missing cells where a model trains, from similar rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import Lacking

_STREAM = 16
_DONORS = 2000
_DONORS_OF_MANY = 500
_NEAREST = 5
_PIECE = 1000
_TIES = 1e-6

Field: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""A column, where it is missing, which donors have something there, and what there is to give."""


def fill_missing(rows: EncodedRows, missing: np.ndarray, levels: np.ndarray | None = None) -> None:
    r"""Fill missing numbers and levels of encoded `rows` (n, D) with those of similar rows.

    A missing cell gets what one of the five rows has, drawn at random, that are nearest to its own
    in all columns that this one has, among 2,000 donors; of equally near ones, any. Cells that are
    missing together come from one donor, so that they fit each other. Whether a cell is missing
    then says nothing about the number beside it that other columns do not say (they are missing at
    random given these), so a network that is in doubt about the one makes no mistake in the other.
    Little and Rubin, 2002, Statistical Analysis with Missing Data, 4.3.2, for the hot deck.

    Parameters
    ----------
    rows : EncodedRows
        Its numbers and codes are changed. Missing ones are 0 and -1 before.
    missing : bool array of shape (n, P)
        Which numbers are missing. Columns without any others stay.
    levels : bool array of shape (n, B) or None
        Which codes of levels are.
    """
    if levels is None:
        levels = np.zeros(rows.codes.shape, dtype=bool)
    if missing.any() or levels.any():
        rng = np.random.default_rng(_STREAM)
        Donors.of(rows, missing, levels, rng, _DONORS).fill(rows, missing, levels, rng)


@dataclass(frozen=True, eq=False)
class Donors:
    """Rows that give others what these lack; see `fill_missing`.

    Attributes
    ----------
    rows : EncodedRows
        The k donors.
    missing : bool array of shape (k, P)
        Which of their numbers are missing themselves.
    levels : bool array of shape (k, B)
        Which of their levels are.
    spare : tuple of arrays
        For each column of numbers, then each block of levels: what all rows have there, if hardly
        any donor has something; else nothing.
    """

    rows: EncodedRows
    missing: np.ndarray
    levels: np.ndarray
    spare: tuple[np.ndarray, ...]

    @classmethod
    def of(
        cls,
        rows: EncodedRows,
        missing: np.ndarray,
        levels: np.ndarray,
        rng: np.random.Generator,
        most: int,
    ) -> Self:
        """At most so many of `rows`, of which cells are missing."""
        some = np.sort(rng.permutation(len(rows))[:most])
        spare = [
            values[~lost] if (~lost[some]).sum() < _NEAREST else values[:0]
            for values, lost in _columns(rows, missing, levels)
        ]
        return cls(rows[some], missing[some], levels[some], tuple(spare))

    @classmethod
    def among(
        cls,
        rows: EncodedRows,
        absent: Sequence[Lacking | None],
        lacking: Sequence[Lacking | None],
    ) -> Self:
        """Of rows that are filled already, for rows that are read a few at a time: 500 of them.

        absent, lacking : what says where numbers and levels were missing.
        """
        numbers, levels = (
            np.stack([_where(rows, said) for said in each], axis=1)
            if each
            else np.zeros((len(rows), 0), dtype=bool)
            for each in (absent, lacking)
        )
        return cls.of(rows, numbers, levels, np.random.default_rng(_STREAM), _DONORS_OF_MANY)

    def fill(
        self,
        rows: EncodedRows,
        missing: np.ndarray,
        levels: np.ndarray,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Fill missing cells of `rows`, as `fill_missing` says; a level that no donor has is the
        first one.
        """
        fields = [*self._fields(rows, missing, levels)]
        if fields:
            self._fill(rows, missing, fields, rng or np.random.default_rng(_STREAM))
        rows.codes[levels & (rows.codes < 0)] = 0

    def _fill(
        self,
        rows: EncodedRows,
        missing: np.ndarray,
        fields: Sequence[Field],
        rng: np.random.Generator,
    ) -> None:
        known = self.rows.dense()
        squares = known * known
        numbers = squares[:, : missing.shape[1]].T
        which = np.flatnonzero(np.any([lost for _, lost, _, _ in fields], axis=0))
        for start in range(0, len(which), _PIECE):
            some = which[start : start + _PIECE]
            own = rows[some].dense()
            # (m, donors), but for what is the same for all; without numbers that the row lacks
            distances = squares.sum(axis=1) - 2 * own @ known.T - missing[some] @ numbers
            distances += _TIES * rng.random(distances.shape, dtype=np.float32)
            ranks = rng.integers(_NEAREST, size=len(some))
            for values, lost, given, pool in fields:
                lacking = lost[some]
                if not lacking.any():
                    continue
                if len(given) < _NEAREST:
                    values[some[lacking]] = rng.choice(pool, int(lacking.sum()))
                    continue
                others = distances[np.ix_(lacking, given)]
                nearest = np.argpartition(others, _NEAREST - 1, axis=1)[:, :_NEAREST]
                chosen = np.take_along_axis(nearest, ranks[lacking, None], axis=1)[:, 0]
                values[some[lacking]] = pool[given[chosen]]

    def _fields(
        self, rows: EncodedRows, missing: np.ndarray, levels: np.ndarray
    ) -> Iterator[Field]:
        """The columns of `rows` of which some are missing, and which; the donors that have
        something there, and what they have, or the spare values where these are fewer than five.
        """
        own = _columns(rows, missing, levels)
        theirs = _columns(self.rows, self.missing, self.levels)
        for (values, lost), (known, without), spare in zip(own, theirs, self.spare, strict=True):
            given = np.flatnonzero(~without)
            enough = len(given) >= _NEAREST
            if lost.any() and (enough or len(spare)):
                yield values, lost, given, known if enough else spare


def _where(rows: EncodedRows, said: Lacking | None) -> np.ndarray:
    """Where cells of a column were missing (n,)."""
    if said is None:
        return np.zeros(len(rows), dtype=bool)
    return np.isin(rows.codes[:, said.block], said.codes)


def _columns(
    rows: EncodedRows, missing: np.ndarray, levels: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The columns of numbers, then the blocks of levels, and which of their cells are missing."""
    for values, lost in ((rows.plain, missing), (rows.codes, levels)):
        yield from zip(values.T, lost.T, strict=True)
