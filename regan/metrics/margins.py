"""The distributions of single columns in two samples."""

from __future__ import annotations

import numpy as np

from regan.data.columns.blocks import find_dummies

_BLOCK = 64
_ROUNDING = 1e-5


def worst_margin(real: np.ndarray, fake: np.ndarray) -> float:
    r"""How far apart two samples are in the column in which they differ most, beyond chance.

    Of a column of numbers this is the energy coefficient, without bias,

    .. math:: H = \frac{2 E|X - Y| - E|X - X'| - E|Y - Y'|}{2 E|X - Y|},

    from 0 for equal distributions to 1 for different constants. It does not depend on units. Of
    levels, which are one-hot columns, it is half the sum of theirs: with shares p and q of the
    rare ones, :math:`\frac{1}{2} \sum (p - q)^2 / (p + q)`, which is 1 if no level is common to
    both.

    What the largest of C such numbers reaches by chance is subtracted: for equal distributions n H
    + 1 is about a sum of squared normals with weights that sum to 1 (n of each sample; of L levels,
    L squares with weights 1/2), and with probability :math:`1 - e^{-x}` stays below
    :math:`2 \sqrt{s x} + 2 x` more than its mean, s being the sum of the squared weights; here
    :math:`x = \log C + 2`.

    Parameters
    ----------
    real : array of shape (n, D), n >= 2
    fake : array of shape (m, D), m >= 2

    Returns
    -------
    float
        0 or more.

    References
    ----------
    Szekely and Rizzo, 2013, for the coefficient; Laurent and Massart, 2000 (Annals of Statistics
    28), for the bound.
    """
    coefficients = _coefficients(real, fake)
    values, sizes = [], []
    groups = _blocks(real, fake)
    in_blocks = {j for group in groups for j in group}
    for group in [(j,) for j in range(len(coefficients)) if j not in in_blocks] + list(groups):
        some = coefficients[list(group)]
        values.append(some.sum() / min(len(group), 2))
        sizes.append(len(group))
    n = 2 * len(real) * len(fake) / (len(real) + len(fake))
    x = np.log(len(values)) + 2
    chance = (2 * np.sqrt(np.maximum(np.array(sizes) / 4, 1) * x) + 2 * x) / n
    return max(float((np.array(values) - chance).max()), 0.0)


def _coefficients(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The energy coefficient of each column, (D,); near 0 for one that varies by rounding alone."""
    n, m = len(real), len(fake)
    low, high = _ends(real, fake)
    span = np.where(high > low, high - low, 1.0)
    energies, crosses = [], []
    for start in range(0, real.shape[1], _BLOCK):
        here = slice(start, start + _BLOCK)
        a, b = (np.sort((X[:, here] - low[here]) / span[here], axis=0) for X in (real, fake))
        of_real, of_fake = _pairs(a), _pairs(b)
        both = np.sort(np.concatenate([a, b]), axis=0, kind="stable")
        cross = (_pairs(both) - of_real - of_fake) / (n * m)
        energies.append(2 * (cross - of_real / (n * (n - 1)) - of_fake / (m * (m - 1))))
        crosses.append(2 * cross)
    energy, cross = np.concatenate(energies), np.concatenate(crosses)
    varies = high > low
    typical = np.median((span * cross)[varies]) if varies.any() else 1.0
    return np.where(varies, energy / np.maximum(cross, _ROUNDING * typical / span), 0.0)


def _ends(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest value of each column in both samples, (D,) each."""
    low = np.minimum(real.min(axis=0), fake.min(axis=0))
    return low, np.maximum(real.max(axis=0), fake.max(axis=0))


def _pairs(rows: np.ndarray) -> np.ndarray:
    """The sum of the distances of all pairs in each sorted column (n, D), (D,)."""
    weights = 2.0 * np.arange(len(rows)) - (len(rows) - 1)
    return np.asarray(weights @ rows)


def _blocks(real: np.ndarray, fake: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """The positions of each set of one-hot columns, on whatever scale."""
    low, high = _ends(real, fake)
    flags: list[np.ndarray | None] = []
    for j in range(real.shape[1]):
        upper = [X[:, j] == high[j] for X in (real, fake)]
        binary = all(
            (up | (X[:, j] == low[j])).all() for up, X in zip(upper, (real, fake), strict=True)
        )
        # of a column that is never 1, such as a level that neither sample has
        up = np.concatenate(upper) & (low[j] < high[j])
        flags.append(up if binary else None)
    return find_dummies(range(real.shape[1]), flags)
