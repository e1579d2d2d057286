"""The median distance of two different rows, of so many that their distances are not kept."""

from __future__ import annotations

import numpy as np

from regan.metrics.squares import Squares

_FIRST = 1500
_MARGIN = 0.03
_BINS = 4096
_KEPT = 2**22
_DIGITS = 1e-13
_LEAST = 1e-200


def median_length(rows: np.ndarray) -> float:
    """The median of the distances of all pairs of different rows (n, D).

    Pairs of some rows tell about where it lies; all pairs are counted in bins there, and those of
    the bin that it is in are sorted.
    """
    n_pairs = len(rows) * (len(rows) - 1) // 2
    middle = (n_pairs - 1) // 2, n_pairs // 2
    return float(np.mean(np.sqrt(_ranked(Squares(rows), middle, *_about(rows)))))


def _ranked(squares: Squares, ranks: tuple[int, int], low: float, high: float) -> np.ndarray:
    """The squares of two ranks that follow each other, sought between `low` and `high`."""
    while True:
        before, counts = _counted(squares, low, high)
        ends = np.cumsum(counts) + before
        if before > ranks[0] or ends[-1] <= ranks[1]:  # not there: anywhere
            low, high = 0.0, max(_LEAST, *squares.above(lambda part: float(part.max()), max, 0.0))
            continue
        first, last = (int(np.searchsorted(ends, rank, side="right")) for rank in ranks)
        if counts[first : last + 1].sum() <= _KEPT:
            kept = np.sort(_those_of(squares, low, high, first, last))
            skipped = int(before + counts[:first].sum())
            return np.asarray(kept[[rank - skipped for rank in ranks]])
        if first < last:
            return np.ravel([_ranked(squares, (rank, rank), low, high)[:1] for rank in ranks])
        if high - low <= max(_DIGITS * high, _LEAST):  # very many are equal
            return np.full(2, 0.5 * (low + high) if high > _LEAST else 0.0)
        width = (high - low) / _BINS
        low, high = low + width * (first - 1e-3), low + width * (first + 1 + 1e-3)


def _about(rows: np.ndarray) -> tuple[float, float]:
    """Two squares that the median lies between, most likely."""
    some = rows[np.linspace(0, len(rows) - 1, _FIRST).astype(np.int64)]
    pairs = np.concatenate(
        list(Squares(some).above(lambda part: part[part >= 0], np.concatenate, -1.0))
    )
    low, high = np.quantile(pairs, [0.5 - _MARGIN, 0.5 + _MARGIN], overwrite_input=True)
    return float(low) * (1 - _DIGITS), max(float(high) * (1 + _DIGITS), _LEAST)


def _bins(part: np.ndarray, low: float, high: float) -> np.ndarray:
    """The bins of squares from `low` to `high`."""
    return np.clip((part - low) * (_BINS / (high - low)), 0, _BINS - 1).astype(np.int64)


def _counted(squares: Squares, low: float, high: float) -> tuple[int, np.ndarray]:
    """How many squares are below, and how many are in each bin."""

    def count(part: np.ndarray) -> tuple[int, np.ndarray]:
        below = part < low
        inside = part <= high
        inside ^= below
        own = part.ravel().take(np.flatnonzero(inside))  # faster than part[inside]
        return int(np.count_nonzero(below)), np.bincount(_bins(own, low, high), minlength=_BINS)

    def added(parts: list[tuple[int, np.ndarray]]) -> tuple[int, np.ndarray]:
        below, bins = zip(*parts, strict=True)
        return sum(below), np.sum(bins, axis=0)

    return added(list(squares.above(count, added, np.inf)))


def _those_of(squares: Squares, low: float, high: float, first: int, last: int) -> np.ndarray:
    """The squares in some of the bins."""
    width = (high - low) / _BINS
    least, most = max(low, low + width * (first - 1)), min(high, low + width * (last + 2))

    def keep(part: np.ndarray) -> np.ndarray:
        own = part[(part >= least) & (part <= most)]  # few
        bins = _bins(own, low, high)
        return own[(bins >= first) & (bins <= last)]

    return np.concatenate(list(squares.above(keep, np.concatenate, np.inf)))
