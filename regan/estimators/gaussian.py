"""The regularized Gaussian."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
from scipy.linalg import pinvh
from sklearn.covariance import shrunk_covariance
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.building.settings import Settings
from regan.building.types import RandomState, Standardize
from regan.data.columns.rules import EncodingDefaults
from regan.data.scaling import ColumnScaler
from regan.estimators.base import GenerativeModel
from regan.estimators.graphical_lasso import graphical_lasso
from regan.estimators.level_shifts import deviations, level_shifts
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.moments import Moments
from regan.estimators.persistence import savable
from regan.estimators.sampling import Maker
from regan.files.values import Codec
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors
from regan.training.memory import amount, is_much
from regan.validation import check_choice, check_int, check_real, warn_user

_MATRICES = 8
"""Matrices of all pairs of columns that a fit holds at a time."""


_MADE = 2**14
"""Rows that tell the ranks of its numbers."""


@savable
class RegularizedGaussian(GenerativeModel):
    r"""A multivariate normal distribution with a penalised covariance: graphical lasso, shrinkage.

    On standardised columns with the empirical covariance S, the precision :math:`\Theta` minimises

    .. math::

        \mathrm{tr}(S_b \Theta) - \log\det\Theta + a \sum_{i \neq j} |\Theta_{ij}|, \qquad
        S_b = \frac{S + b\, m I}{1 + b}, \quad m = \mathrm{tr}(S) / D

    with :math:`a = \alpha` for ``penalty="l1"`` (graphical lasso; Friedman, Hastie and Tibshirani,
    2008), :math:`b = \alpha` for ``"l2"`` (shrinkage towards a multiple of the identity; Ledoit and
    Wolf, 2004), and :math:`a = \alpha \rho`, :math:`b = \alpha (1 - \rho)` for ``"elasticnet"``.
    With ``a = 0`` the solution is :math:`S_b^{-1}`. Neither part touches the variances of
    standardised columns: L1 spares the diagonal, and shrinkage multiplies the correlations by
    :math:`1 / (1 + b)`. scikit-learn's `GraphicalLasso` and `shrunk_covariance` do the work, on the
    columns that vary; where coordinate descent breaks down, alternating directions solve the same
    problem.

    Samples keep to the range of the data and to what its numbers obey (see `standardize`), so their
    moments are those of the model but for the tails beyond that range. Of a table, the columns that
    its encoder makes are normal, numbers by rank with ties at random places, and a level is that
    with the largest one, shifted so that levels are as frequent as in the data.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet"} or None, default="l2"
        None is the maximum-likelihood Gaussian, singular where there are fewer rows than columns.
    alpha : float, default=0.01
        The strength, non-negative, on the scale of correlations.
    l1_ratio : float in [0, 1], default=0.5
        The mixture :math:`\rho`, for the elastic net.
    max_iter : int, default=200
        Of the graphical lasso's coordinate descent; alternating directions make a hundred times as
        many, cheaper ones. What has not converged then is a ConvergenceWarning.
    tol : float, default=1e-4
        The duality gap at which the graphical lasso stops.
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        Train on columns of zero mean and unit variance; one that gives evidence of long tails,
        outliers or a spike becomes normal scores by rank (`True` and "auto"; "standard" is mean and
        variance for all, "quantile" ranks for all). Samples come back in the units of the data, and
        keep to the range of each column and to what all of its values obey: whole numbers,
        decimals, steps. False trains on the numbers as they are and gives what the model makes.
        A DataFrame with other columns than floating numbers, or with missing cells, is encoded, by
        a `TableEncoder` with its defaults or by the one given here, which then encodes any
        DataFrame, and any array: NaN in it are missing cells.
    random_state : int, RandomState or None, default=None
        What `sample` draws.

    Attributes
    ----------
    location_ : array of shape (n_features,)
        The mean, in the units of the data: of a column that is scaled by rank the number that has
        the mean score, and of a table with other columns than floating numbers the mean of the
        columns that its encoder makes.
    covariance_, precision_ : array of shape (n_features, n_features)
        In the units of the data; of columns that are scaled by rank, on the scale of their normal
        scores (a Gaussian copula, whose precision is that of Liu, Lafferty and Wasserman, 2009);
        of a table, of the columns that its encoder makes. 0 for constant columns. The precision has
        the zeros that the L1 penalty makes, and is a pseudo-inverse where the covariance is
        singular.
    sparsity_ : float
        The share of exact zeros off the diagonal of the precision, of the columns that vary.
    n_iter_ : int
        Of the graphical lasso; 1 where there is nothing to iterate.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where the training data had names.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedGaussian
    >>> X = np.random.default_rng(0).normal([5, -3, 0], [2, 0.1, 1], size=(500, 3))
    >>> gaussian = RegularizedGaussian(penalty="l1", alpha=0.2, random_state=0).fit(X)
    >>> gaussian.sparsity_
    1.0
    >>> gaussian.sample(1000).shape
    (1000, 3)
    """

    _encoding = EncodingDefaults(integer_levels=0)  # ranks become normal

    def __init__(
        self,
        penalty: str | None = "l2",
        *,
        alpha: float = 0.01,
        l1_ratio: float = 0.5,
        max_iter: int = 200,
        tol: float = 1e-4,
        standardize: Standardize = True,
        random_state: RandomState = None,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.max_iter = max_iter
        self.tol = tol
        self.standardize = standardize
        self.random_state = random_state

    @property
    def partial_fit(self) -> NoReturn:
        """It has none, as ``hasattr`` tells: scaling, moments and penalty need all rows at once."""
        raise AttributeError(
            "RegularizedGaussian has no partial_fit: its scaling, its covariance and its penalty "
            "are those of all rows. Call fit with all of them, which passes over them once, or "
            "train a RegularizedGAN or RegularizedVAE, which have partial_fit"
        )

    def score_samples(self, X: Any) -> np.ndarray:
        """The log density of each row of `X` (n, D), in the units of the data: shape (n,).

        Constant columns do not enter. ValueError where the covariance is singular: there is no
        density then.
        """
        check_is_fitted(self)
        if not isinstance(self._reader.scaler, ColumnScaler):
            raise ValueError(
                "rows of a table with other columns than floating numbers have no density here: "
                "score_samples needs a model that was fitted on X.astype(float)"
            )
        rows = self._reader.read(self, X)
        varying = ~self._reader.scaler.constant
        place = np.ix_(varying, varying)
        covariance, precision = self._covariance[place], self._precision[place]
        d = len(covariance)
        if np.linalg.matrix_rank(covariance, hermitian=True) < d:
            raise ValueError(
                f"penalty={self.penalty!r} with alpha={self.alpha} left a singular covariance, "
                "which has no density: choose a penalty with a larger alpha"
            )
        off = (self._reader.scaler.forward(rows) - self._mean)[:, varying]
        constant = np.linalg.slogdet(precision)[1] - d * np.log(2 * np.pi)
        quadratic = ((off @ precision) * off).sum(axis=1)
        density: np.ndarray = 0.5 * (constant - quadratic) + self._reader.scaler.log_slope(rows)
        return density

    def _train(self, X: Any, y: Any, *, resume: bool) -> None:
        l1, shrinkage = self._strengths()
        varying = ~self._reader.scaler.constant
        d = len(varying)
        _warn_of_memory(d)
        mean, covariance, precision = Moments(X).mean(), np.zeros((d, d)), np.zeros((d, d))
        self.n_iter_ = 1
        if varying.any():
            place = np.ix_(varying, varying)
            scale = self._level_scale(X)[varying]
            S = Moments(X, varying, scale).covariance()
            found = self._estimate(S, l1, shrinkage)
            covariance[place] = found[0] * np.outer(scale, scale)
            precision[place] = found[1] / np.outer(scale, scale)
        scaler = self._reader.scaler
        shifts = level_shifts(scaler.levels, mean, covariance, scaler.shares, scaler.lacking)
        self._set(mean, covariance, precision, shifts)
        self._ranks = self._made_ranks()

    def _level_scale(self, X: Any) -> np.ndarray:
        """The deviations of columns of levels, which are 0 or 1, and 1 for the others."""
        scale = np.ones(X.shape[1])
        first = len(scale) - sum(self._reader.scaler.levels)
        scale[first:] = np.sqrt(Moments(X, slice(first, None)).variance())
        return scale

    def _strengths(self) -> tuple[float, float]:
        """The strength of the L1 part, and the share of the identity; checks the settings."""
        penalty = check_choice(self.penalty, "penalty", ("l1", "l2", "elasticnet", None))
        alpha = check_real(self.alpha, "alpha", minimum=0)
        ratio = check_real(self.l1_ratio, "l1_ratio", minimum=0, maximum=1)
        settings = Settings.of(self)
        if penalty != "elasticnet" and not settings.is_default("l1_ratio"):
            warn_user(f"l1_ratio={ratio} has no effect: penalty={penalty!r} is no elastic net")
        if penalty is None and not settings.is_default("alpha"):
            warn_user(f"alpha={alpha} has no effect: penalty is None")
        check_int(self.max_iter, "max_iter", minimum=1)
        check_real(self.tol, "tol", minimum=0, open_minimum=True)
        share = {"l1": 1.0, "l2": 0.0, "elasticnet": ratio, None: 0.0}[penalty]
        for name in ("max_iter", "tol"):
            if not alpha * share and not settings.is_default(name):
                why = f"penalty={penalty!r} with alpha={alpha} and l1_ratio={ratio}"
                warn_user(
                    f"{name}={settings[name]!r} has no effect: it is of the graphical lasso, and "
                    f"{why if share else f'penalty={penalty!r}'} needs none"
                )
        b = 0.0 if penalty is None else alpha * (1 - share)
        return alpha * share, b / (1 + b)

    def _estimate(
        self, S: np.ndarray, l1: float, shrinkage: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Covariance and precision, from the empirical covariance."""
        S = shrunk_covariance(S, shrinkage) if shrinkage else S
        if not l1 or len(S) < 2:
            return S, pinvh(S)
        covariance, precision, self.n_iter_, _ = graphical_lasso(
            S, l1, tol=float(self.tol), max_iter=self.max_iter
        )
        return covariance, precision

    def _set(
        self, mean: np.ndarray, covariance: np.ndarray, precision: np.ndarray, shifts: np.ndarray
    ) -> None:
        """The fitted attributes, from what was learnt on the scale of training."""
        self._covariance, self._mean, self._precision = covariance, mean, precision
        self._shifts, self._ranks = shifts, MadeRanks()
        scaler, scale = self._reader.scaler, np.ones(len(mean))
        self.location_ = mean
        if isinstance(scaler, ColumnScaler):
            scale, self.location_ = scaler.units(mean)
        self.covariance_ = covariance * scale[:, None] * scale
        self.precision_ = precision / scale[:, None] / scale
        varying = ~scaler.constant
        off = np.outer(varying, varying) & ~np.eye(len(mean), dtype=bool)
        self.sparsity_ = float((precision[off] == 0).mean()) if off.any() else 0.0

    def _made_ranks(self) -> MadeRanks:
        """Ranks of the numbers that it makes where cells may be missing: of the others.

        Whether they are goes with other columns, and may go with the number itself.
        """
        scaler = self._reader.scaler
        ranked = [each for each in scaler.ranked if each.missing]
        if not ranked:
            return MadeRanks()
        with self._making(_MADE) as make:
            rows = make(np.random.default_rng(0), None)
        ends = len(self._mean) - sum(scaler.levels) + np.cumsum(scaler.levels)
        for size, end in zip(scaler.levels, ends, strict=True):
            block = rows[:, end - size : end]
            block[:] = block.argmax(axis=1)[:, None] == np.arange(size)
        return MadeRanks.learn(rows, ranked)

    def _root(self) -> np.ndarray:
        """A square root of the covariance, also of a singular one."""
        values, vectors = np.linalg.eigh(self._covariance)
        root: np.ndarray = vectors * np.sqrt(np.maximum(values, 0))
        return root

    @contextmanager
    def _making(self, n_rows: int) -> Iterator[Maker]:
        root = self._root()
        first = len(self._mean) - sum(self._reader.scaler.levels)
        scale = deviations(self._covariance)[first:]

        def make(rng: np.random.Generator, _: np.ndarray | None) -> np.ndarray:
            rows: np.ndarray = rng.standard_normal((n_rows, len(self._mean))) @ root.T
            rows += self._mean
            rows[:, first:] /= scale
            rows[:, first:] += self._shifts[first:]
            return self._ranks.applied(rows)

        yield make

    def _export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        return {
            "mean": self._mean,
            "covariance": self._covariance,
            "precision": self._precision,
            "shifts": self._shifts,
        }, {"n_iter": self.n_iter_}

    def _restore(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        self.n_iter_ = stored.fields("n_iter")[0].integer(1)
        d = self._reader.scaler.n_columns
        mean, shifts = (tensors.take(name, (d,)) for name in ("mean", "shifts"))
        covariance, precision = (tensors.take(n, (d, d)) for n in ("covariance", "precision"))
        with np.errstate(all="ignore"):
            self._set(mean, covariance, precision, shifts)
            root = self._root()
        learnt = self.location_, self.covariance_, self.precision_, root
        if (np.diag(covariance) < 0).any() or not all(np.isfinite(a).all() for a in learnt):
            raise FileError("the arrays covariance and precision are none of a distribution")
        self._ranks = self._made_ranks()


def _warn_of_memory(d: int) -> None:
    """Warn before a fit of so many columns that its matrices take much memory."""
    n_bytes, free = _MATRICES * 8 * d**2, get_backend("numpy").free_memory
    if is_much(n_bytes, free):
        warn_user(
            f"a Gaussian of {d} columns takes about {amount(n_bytes)} of memory, and "
            f"{amount(free)} are free: fewer columns take less, and columns of fewer levels"
        )
