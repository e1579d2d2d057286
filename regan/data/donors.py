"""Hot-deck imputation: what stands for missing numbers where a model trains, from similar rows."""

from __future__ import annotations

import numpy as np

from regan.data.encoded_rows import EncodedRows

_STREAM = 16
_DONORS = 2000
_NEAREST = 5
_PIECE = 1000


def fill_missing(rows: EncodedRows, missing: np.ndarray) -> None:
    r"""Fill missing numbers of encoded `rows` (n, D) with those of similar rows.

    A missing cell gets the number of one of the five rows, drawn at random, that are nearest to its
    own in all other columns, among 2,000 donors. Whether a cell is missing then says nothing about
    the number beside it that other columns do not say (they are missing at random given these), so
    a network that is in doubt about the one makes no mistake in the other. Little and Rubin, 2002,
    Statistical Analysis with Missing Data, 4.3.2, for the hot deck.

    Parameters
    ----------
    rows : EncodedRows
        Its numbers are changed. Missing ones are 0 before, the mean, by which rows are compared.
    missing : bool array of shape (n, P)
        Which numbers are missing. Columns without any others stay.
    """
    columns = np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0))
    if not len(columns):
        return
    rng = np.random.default_rng(_STREAM)
    donors = np.sort(rng.permutation(len(rows))[:_DONORS])
    known, plain = rows[donors].dense(), rows.plain[donors]
    squares = (known * known).sum(axis=1)
    alike = rows.plain.copy()
    which = np.flatnonzero(missing[:, columns].any(axis=1))
    for start in range(0, len(which), _PIECE):
        some = which[start : start + _PIECE]
        own = rows[some].dense()
        own[:, : alike.shape[1]] = alike[some]
        distances = squares - 2 * own @ known.T  # (m, donors), but for what is the same for all
        for j in columns:
            lacking = missing[some, j]
            given = np.flatnonzero(~missing[donors, j])
            if not lacking.any():
                continue
            if len(given) < _NEAREST:
                there = np.flatnonzero(~missing[:, j])
                rows.plain[some[lacking], j] = alike[rng.choice(there, int(lacking.sum())), j]
                continue
            # without what the column itself adds: its cell is 0 here
            own_part = plain[given, j] ** 2
            others = distances[np.ix_(lacking, given)] - own_part
            nearest = np.argpartition(others, _NEAREST - 1, axis=1)[:, :_NEAREST]
            drawn = rng.integers(_NEAREST, size=(len(nearest), 1))
            chosen = np.take_along_axis(nearest, drawn, axis=1)[:, 0]
            rows.plain[some[lacking], j] = plain[given[chosen], j]
