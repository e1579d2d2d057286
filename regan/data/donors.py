"""Hot-deck imputation: what stands for missing cells where a model trains, from similar rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regan.data.encoded_rows import EncodedRows

_STREAM = 16
_DONORS = 2000
_NEAREST = 5
_PIECE = 1000
_TIES = 1e-6


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
    fields = [*_fields(rows.plain, missing), *_fields(rows.codes, levels)]
    if not fields:
        return
    rng = np.random.default_rng(_STREAM)
    donors = np.sort(rng.permutation(len(rows))[:_DONORS])
    known = rows[donors].dense()
    squares = known * known
    numbers = squares[:, : missing.shape[1]].T
    which = np.flatnonzero(np.any([lost for _, lost in fields], axis=0))
    for start in range(0, len(which), _PIECE):
        some = which[start : start + _PIECE]
        own = rows[some].dense()
        # (m, donors), but for what is the same for all; without numbers that the row lacks
        distances = squares.sum(axis=1) - 2 * own @ known.T - missing[some] @ numbers
        distances += _TIES * rng.random(distances.shape, dtype=np.float32)
        ranks = rng.integers(_NEAREST, size=len(some))
        for values, lost in fields:
            lacking = lost[some]
            given = np.flatnonzero(~lost[donors])
            if not lacking.any():
                continue
            if len(given) < _NEAREST:
                there = np.flatnonzero(~lost)
                values[some[lacking]] = values[rng.choice(there, int(lacking.sum()))]
                continue
            others = distances[np.ix_(lacking, given)]
            nearest = np.argpartition(others, _NEAREST - 1, axis=1)[:, :_NEAREST]
            chosen = np.take_along_axis(nearest, ranks[lacking, None], axis=1)[:, 0]
            values[some[lacking]] = values[donors[given[chosen]]]


def _fields(
    values: np.ndarray, missing: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The columns of values (n, k) of which some are missing and some are not, and which."""
    if missing is not None:
        for j in np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)):
            yield values[:, j], missing[:, j]
