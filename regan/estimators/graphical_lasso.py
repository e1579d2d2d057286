"""The graphical lasso: scikit-learn's, and a slower method for where that fails."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.covariance import GraphicalLasso
from sklearn.exceptions import ConvergenceWarning

Solution = tuple[np.ndarray, np.ndarray, int, float]
"""Covariance and precision (D, D), iterations, duality gap."""

_CHECK_EVERY = 10


def graphical_lasso(covariance: np.ndarray, alpha: float, *, tol: float, max_iter: int) -> Solution:
    r"""The sparse inverse of a covariance S.

    .. math::

        \min_\Theta \; \mathrm{tr}(S \Theta) - \log\det\Theta + \alpha \sum_{i \neq j}
        |\Theta_{ij}|

    scikit-learn's solution is taken if its duality gap proves it, else `alternating_directions`
    makes another: coordinate descent may break down, or stop at a wrong place, where columns
    nearly determine each other.

    Parameters
    ----------
    covariance : array of shape (D, D)
        S, positive semidefinite with a positive diagonal.
    alpha : float
        Positive.
    tol : float
        The duality gap at which to stop.
    max_iter : int
        Of the coordinate descent; the other method makes a hundred times as many cheaper steps.

    Returns
    -------
    covariance, precision : array of shape (D, D)
        The dual and the primal solution. The first differs from S by at most `alpha`, and not on
        the diagonal; the second has exact zeros. They are inverse to each other in the limit.
    n_iter : int
    gap : float
        The duality gap. If it is above `tol`, there is a ConvergenceWarning.

    Raises
    ------
    ValueError
        If `max_iter` did not do for a positive definite precision.
    """
    solution = _coordinate_descent(covariance, alpha, tol, max_iter)
    if solution is not None and solution[-1] < tol:
        return solution
    solution = alternating_directions(covariance, alpha, tol=tol, max_iter=100 * max_iter)
    if solution[-1] == np.inf:
        raise ValueError(
            f"the graphical lasso found no positive definite precision with alpha={alpha:g}: "
            "raise alpha, or choose penalty='l2'"
        )
    if not solution[-1] < tol:
        warnings.warn(
            f"the graphical lasso did not converge: its duality gap is {solution[-1]:.2g}, above "
            f"tol={tol}. Raise alpha, tol or max_iter",
            ConvergenceWarning,
            stacklevel=2,
        )
    return solution


def _coordinate_descent(
    covariance: np.ndarray, alpha: float, tol: float, max_iter: int
) -> Solution | None:
    """scikit-learn's solution, or None if it breaks down."""
    # with its default enet_tol the inner loop is too coarse for the outer one to converge
    lasso = GraphicalLasso(
        alpha=alpha, covariance="precomputed", tol=tol, enet_tol=1e-4 * tol, max_iter=max_iter
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the gap below tells
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            lasso.fit(covariance)
        except FloatingPointError:
            return None
    threshold = _threshold(alpha, len(covariance))
    feasible = covariance + (lasso.covariance_ - covariance).clip(-threshold, threshold)
    gap = _gap(covariance, threshold, lasso.precision_, feasible)
    return feasible, lasso.precision_, int(lasso.n_iter_), gap


def alternating_directions(
    covariance: np.ndarray, alpha: float, *, tol: float, max_iter: int
) -> Solution:
    """The same by the alternating direction method of multipliers, which does not break down.

    Boyd et al., 2011, section 6.5.
    """
    d = len(covariance)
    threshold = _threshold(alpha, d)
    precision, dual, rho = np.diag(1 / np.diag(covariance)), np.zeros((d, d)), 1.0
    gap = np.inf
    for i in range(1, max_iter + 1):
        before = precision
        # the smooth part: rho T - T^{-1} = rho Z - dual - S has T's eigenvectors
        values, vectors = np.linalg.eigh(rho * precision - dual - covariance)
        smooth = (vectors * (values + np.sqrt(values**2 + 4 * rho)) / (2 * rho)) @ vectors.T
        shifted = rho * smooth + dual
        dual = shifted.clip(-threshold, threshold)
        precision = (shifted - dual) / rho  # soft thresholding
        if i % _CHECK_EVERY and i < max_iter:
            continue
        gap = _gap(covariance, threshold, precision, covariance + dual)
        if gap < tol:
            break
        # balance the two residuals (Boyd et al., section 3.4.1)
        primal, moved = np.linalg.norm(smooth - precision), np.linalg.norm(precision - before)
        rho *= 2.0 if primal > 10 * rho * moved else 0.5 if rho * moved > 10 * primal else 1.0
    return covariance + dual, precision, i, gap


def _threshold(alpha: float, d: int) -> np.ndarray:
    """The strength of the penalty on each entry: none on the diagonal."""
    return alpha * (1 - np.eye(d))


def _gap(
    covariance: np.ndarray, threshold: np.ndarray, precision: np.ndarray, dual: np.ndarray
) -> float:
    """The primal objective at `precision` less the dual one, log det + D, at `dual`."""
    (sign, log_det), (dual_sign, dual_log_det) = map(np.linalg.slogdet, (precision, dual))
    if min(sign, dual_sign) <= 0:
        return np.inf
    value = (covariance * precision).sum() + (threshold * np.abs(precision)).sum()
    return float(value - log_det - dual_log_det - len(precision))
