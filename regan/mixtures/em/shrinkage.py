r"""Shrinkage of what a component's distributions differ in from the common one.

For a component with statistics of N rows, the M-step minimizes its part of the penalized
log-likelihood,

.. math::

    -\ell(\delta) + a \lVert\delta\rVert_1 + \tfrac b2 \lVert\delta\rVert_2^2,

where :math:`\delta` are the offsets of its means, in standard deviations, and of the logarithms of
its shares of levels, less those of all rows.
"""

from __future__ import annotations

from typing import Any

_NEWTON = 4
_STEP = 2.0
_TINY = 1e-12


def wright_omega(xp: Any, y: Any) -> Any:
    """Wright's omega function: the w with w + log w = y.

    By Newton's method on the logarithm of w, to about six digits (Lawrence, Corless and Jeffrey,
    2012, for the function).
    """
    w = xp.where(y > 1, y - xp.log(xp.maximum(y, 1)), xp.exp(xp.clip(y, -700, 1)))
    for _ in range(_NEWTON):
        rise = (y - xp.log(xp.maximum(w, 1e-300)) - w) / (1 + w)
        w = w * xp.exp(xp.clip(rise, -_STEP, _STEP))
    return w


def shrunken_shares(
    xp: Any, counts: Any, common: Any, l1: Any, l2: Any | None, start: Any, iterations: int = 8
) -> tuple[Any, Any]:
    r"""Shares of levels whose log-odds are shrunken towards the common ones.

    With shares :math:`p_l = q_l e^{\delta_l} / Z` the optimum is

    .. math::

        N p_l + a \, \mathrm{sign}(\delta_l) + b \delta_l = c_l .

    Given Z every level has a closed form. With :math:`t_l = N q_l / Z`, the offset is 0 and
    :math:`N p_l = t_l` where :math:`|c_l - t_l| \le a`; else, with :math:`c' = c_l \mp a`,
    :math:`N p_l = b\, \omega(\log(t_l / b) + c' / b)` for Wright's :math:`\omega`, which is c' for
    b = 0. Z is where the shares sum to 1, found by Newton's method.

    Parameters
    ----------
    counts : array of shape (M, L, K)
        c: how many rows of each component have each level.
    common : array of shape (L,)
        q, positive.
    l1 : array of shape (M, 1, 1)
        a.
    l2 : array of shape (M, 1, 1), or None
        b, positive; None is 0.
    start : array of shape (M, 1, K)
        Of log Z.

    Returns
    -------
    shares : array of shape (M, L, K)
    log_z : array of shape (M, 1, K)
    """
    n = xp.maximum(counts.sum(axis=1, keepdims=True), _TINY)
    low, high = xp.maximum(counts - l1, 0), counts + l1
    expected, log_z = n * common[:, None], start
    for _ in range(iterations):
        plain = expected * xp.exp(-log_z)
        target = xp.where(plain < low, low, high)
        within = (plain >= low) & (plain <= high)
        if l2 is not None:
            signed = xp.where(plain < low, counts - l1, high)
            moved = l2 * wright_omega(xp, xp.log(plain / l2) + signed / l2)
            slope = xp.where(within, plain, moved / (1 + moved / l2))
        else:
            moved, slope = target, xp.where(within, plain, 0)
        rows = xp.where(within, plain, moved)
        excess = rows.sum(axis=1, keepdims=True) - n
        fall = xp.maximum(slope.sum(axis=1, keepdims=True), _TINY)
        log_z = log_z + xp.clip(excess / fall, -_STEP, _STEP)
    shares = xp.maximum(rows / n, _TINY)
    return shares / shares.sum(axis=1, keepdims=True), log_z


def shrunken_means(xp: Any, mean: Any, weight: Any, l1: Any, l2: Any) -> Any:
    """Means (.) shrunken towards 0, whose sample means have the precisions `weight` (.).

    The soft threshold ``sign(m) max(h |m| - a, 0) / (h + b)`` for a precision h.
    """
    pull = xp.maximum(xp.abs(mean) * weight - l1, 0)
    return xp.sign(mean) * pull / xp.maximum(weight + l2, _TINY)
