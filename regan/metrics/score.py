"""One number for how near one sample is to another."""

from __future__ import annotations

import numpy as np

from regan.metrics.margins import worst_margin
from regan.metrics.pairs import Inside, Pair, mean_energy
from regan.metrics.samples import as_samples
from regan.typing import TableLike

_N_NEIGHBORS = 5
_DEVIATIONS = 2


def two_sample_score(real: TableLike, fake: TableLike) -> float:
    r"""Two-sample score of generated rows: 1 for fresh real rows, lower for worse samples.

    .. math::

        \frac{1}{2} \left( \frac{\text{precision}}{p_0} + \frac{\text{coverage}}{c_0} \right)
        - \text{energy distance} - \text{worst column}, \quad \text{at most 1}

    Precision and coverage (see `precision_coverage`, with 5 neighbors) are divided by what rows of
    the same distribution reach: :math:`p_0` is the share of real rows inside a ball of another real
    row, and :math:`c_0` is the share of balls that contain one of m such rows by chance. So for
    equal distributions the score is 1 on average for any n, m and D, less what the limit at 1 takes
    away: it is .98 to 1 if both samples have at least 500 rows, .97 if the smaller one has 100, and
    .92 if it has 10. The score of one sample varies by about .01 for 500 rows, .02 for 100 rows and
    .1 for 20 rows, and by more if columns have no variance. It does not detect smaller differences,
    such as 41 of 100 levels that never occur among 100 rows. Samples that have nothing in common
    score below 0.

    Each part detects something else. Precision: generated rows unlike any real row. In tables with
    many columns also rows that all lie too near the center: if the share of fake rows inside balls
    exceeds :math:`p_0` by more than two standard deviations, the excess counts against it.
    Coverage: missing modes. The unbiased energy distance: mass in the wrong places. The worst
    column: an error in one column among many, such as levels that never occur. It is the largest
    difference between the distributions of a single column, less the difference expected by chance.

    The function does not scale columns: standardize numbers, and pass levels as one-hot columns of
    0 and 1.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D), with m >= 2

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import two_sample_score
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 500, 2))
    >>> two_sample_score(X, Y) > 0.97 > 0.75 > two_sample_score(X, 2 * Y)
    True
    """
    return min(open_score(real, fake), 1.0)


def open_score(real: TableLike, fake: TableLike) -> float:
    """The same without the limit at 1, to choose between models by rows that none was trained on.

    Of two that score 1, it still tells which is nearer, as far as chance lets it.
    """
    one, other = as_samples(real, fake)
    if min(len(one), len(other)) < 2:
        raise ValueError(
            f"a two-sample score needs at least 2 rows of each sample, got {len(one)} and "
            f"{len(other)}"
        )
    return _open_score(Pair.of(one, other))


def score_of(pair: Pair) -> float:
    """`two_sample_score` of a pair that needs no checks."""
    return min(_open_score(pair), 1.0)


def _open_score(pair: Pair) -> float:
    among, between = pair.real.inside(_N_NEIGHBORS), pair.inside(_N_NEIGHBORS)
    shares = _precision(among, between) + _coverage(among, between)
    energy = mean_energy(pair, unbiased=True)
    return 0.5 * shares - energy - worst_margin(pair.real.rows, pair.fake.rows)


def _precision(among: Inside, between: Inside) -> float:
    """Precision over that of real rows, at most 1, less what is too much of it."""
    n, m = len(between.of_balls), len(between.of_rows)
    floor = (among.of_rows > 1).mean()  # in others than their own
    share = (between.of_rows > 0).mean() / floor
    chance = _DEVIATIONS * np.sqrt((1 - floor) / floor * (1 / n + 1 / m))
    return float(min(share, 1) - max(share - 1 - chance, 0))


def _coverage(among: Inside, between: Inside) -> float:
    r"""Coverage over that of fresh rows, at most 1.

    Of n - 1 + m rows in random order, the first k are all real with probability :math:`\prod_{i<k}
    (n - 1 - i) / (n - 1 + m - i)`: the nearest rows around a real one, so many as its ball holds.
    """
    n, m = len(between.of_balls), len(between.of_rows)
    k = among.of_balls - 1  # ties make more of them
    others = np.arange(n - 1)
    empty = np.cumprod((n - 1 - others) / (n - 1 + m - others))[k - 1]
    share = (between.of_balls > 0).mean() / (1 - empty).mean()
    return float(min(share, 1))
