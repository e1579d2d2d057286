"""The regularized Gaussian, of all rows or by class."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

import numpy as np
from scipy.special import logsumexp
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.building.rules import AUTO
from regan.building.settings import Settings
from regan.building.types import Standardize
from regan.data.columns.rules import EncodingDefaults
from regan.data.conditions.evidence import Evidence
from regan.data.labels import export_classes, restore_classes
from regan.data.lacking import blocks_of
from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import scaled
from regan.estimators.class_moments import ClassMoments
from regan.estimators.completing import Completer
from regan.estimators.conditional import ConditionalModel
from regan.estimators.given_classes import GivenClasses
from regan.estimators.held_out import HeldOut
from regan.estimators.level_shifts import level_shifts
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.normals import Normals
from regan.estimators.penalised import PENALTIES, Penalty
from regan.estimators.persistence import savable
from regan.estimators.sampling import Maker
from regan.files.values import Codec
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors
from regan.training.memory import amount, is_much
from regan.typing import Auto, LabelsLike, MixturePenalty, RandomState, TableLike
from regan.validation import check_choice, check_int, check_real, warn_user

_MATRICES = 8
"""Matrices of all pairs of columns that a fit holds at a time."""


_MADE = 2**14
"""Rows that tell the ranks of its numbers."""

_ALPHA, _POOLING = 0.01, 0.1
"""What is taken where no numbers tell which is best."""

_TINY = np.finfo(np.float64).tiny


@savable
class RegularizedGaussian(ConditionalModel):
    r"""Multivariate normal distribution with penalized covariance: graphical lasso, shrinkage.

    On standardized columns with the empirical covariance S, the precision :math:`\Theta` minimizes

    .. math::

        \mathrm{tr}(S_b \Theta) - \log\det\Theta + a \sum_{i \neq j} |\Theta_{ij}|, \qquad
        S_b = \frac{S + b\, m I}{1 + b}, \quad m = \mathrm{tr}(S) / D

    with :math:`a = \alpha` for ``penalty="l1"`` (graphical lasso; Friedman, Hastie and Tibshirani,
    2008), :math:`b = \alpha` for ``"l2"`` (shrinkage towards a multiple of the identity; Ledoit and
    Wolf, 2004), and :math:`a = \alpha \rho`, :math:`b = \alpha (1 - \rho)` for ``"elasticnet"``.
    With ``a = 0`` the solution is :math:`S_b^{-1}`. Neither part changes the variances of
    standardized columns: L1 does not penalize the diagonal, and shrinkage multiplies the
    correlations by :math:`1 / (1 + b)`. regan uses scikit-learn's `GraphicalLasso` and
    `shrunk_covariance` on the columns that vary. If coordinate descent fails, an alternating
    direction method solves the same problem.

    With ``conditional=True``, each class has a mean and a covariance of its own. The covariance of
    a class lies between that of its rows and the common covariance within classes: before the
    penalty, S is

    .. math::

        S_k(\lambda) = \frac{(1 - \lambda) n_k S_k + \lambda n S}{(1 - \lambda) n_k + \lambda n}
        , \qquad S = \frac{1}{n - C} \sum_k n_k S_k

    for n_k of the n rows. This is regularized discriminant analysis (Friedman, 1989). A class of
    two rows has nearly the common covariance, and a class of one row has the common covariance.

    By default, the strengths :math:`\alpha` and :math:`\lambda` maximize the likelihood of held-out
    rows: in five folds of at most 2,000 rows, on the columns of numbers alone. The best strengths
    decrease with the number n of rows: as 1 / n for shrinkage, and as :math:`1 / \sqrt{n}` for the
    graphical lasso. regan corrects the strengths for the rows that the folds lack.

    Samples stay within the range of the data and keep to what its numbers obey (see `standardize`).
    Their moments are therefore those of the model except for the tails outside of that range. If
    the data are a table, the columns that its encoder makes are normal. Numbers are scaled by rank,
    with ties at random positions. The level of a cell is the level with the largest column, after a
    shift that makes levels as frequent as in the data. If other cells are given, regan draws a
    level by linear discriminant analysis: by its frequency among rows with the given levels, times
    the density of the given numbers.

    If rows are read block by block (`regan.OutOfCore`), the model is fitted to a uniform sample of
    131,072 rows, and to one row of each class that the sample lacks.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet"} or None, default="l2"
        Penalty on the covariance. None is the maximum-likelihood Gaussian, which is singular if
        there are fewer rows than columns.
    alpha : float or "auto", default="auto"
        Strength of the penalty, non-negative, on the scale of correlations. "auto" chooses it by
        held-out likelihood. For tables with fewer than two columns of numbers "auto" takes 0.01.
    l1_ratio : float in [0, 1], default=0.5
        The mixture :math:`\rho`, for the elastic net.
    conditional : bool, default=False
        Whether to train on class labels `y` too, and generate rows of given classes.
    pooling : float in [0, 1] or "auto", default="auto"
        :math:`\lambda`, for classes. At 0 each class has its own covariance, at 1 all classes have
        the same covariance. "auto" chooses it by held-out likelihood, together with a shrinkage.
        For tables without numbers "auto" takes 0.1.
    max_iter : int, default=200
        Iterations of the graphical lasso's coordinate descent. The alternating direction method
        makes a hundred times as many iterations, which are cheaper. If the graphical lasso has not
        converged then, there is a ConvergenceWarning.
    tol : float, default=1e-4
        Duality gap at which the graphical lasso stops.
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        How columns are scaled for training. True and "auto" standardize columns to zero mean and
        unit variance. A column with evidence that it is not normal (by Lilliefors' test, of 1967,
        at the 1 % level) is transformed to normal scores by rank instead. With classes, a column
        with evidence of long tails, outliers or a spike is transformed. "standard" standardizes all
        columns; "quantile" transforms all columns by rank. Samples are in the units of the data.
        They stay within the range of each column and keep to what all of its values obey: whole
        numbers, decimals, steps. False trains on the numbers as they are, and samples are what the
        model makes.
        If a DataFrame has columns other than floating-point numbers, or missing cells, it is
        encoded by a `TableEncoder` with its defaults. A `TableEncoder` given here encodes every
        DataFrame and every array; NaN in an array is a missing cell.
    random_state : int, RandomState or None, default=None
        Seed of `sample`.

    Attributes
    ----------
    location_ : array of shape (n_features,), or (C, n_features)
        Mean, in the units of the data. For a column scaled by rank, it is the number that has the
        mean score. For a table with columns other than floating-point numbers, it is the mean of
        the columns that the encoder makes. With classes, there is one row for each of the C classes
        in `classes_`.
    covariance_, precision_ : array of shape (n_features, n_features)
        Covariance and its inverse, with classes one for each: (C, n_features, n_features). They are
        in the units of the data. For columns scaled by rank they are on the scale of the normal
        scores (a Gaussian copula, whose precision is that of Liu, Lafferty and Wasserman, 2009).
        For a table they are of the columns that the encoder makes. Entries of constant columns are
        0. The precision has the zeros that the L1 penalty makes. If the covariance is singular, the
        precision is a pseudo-inverse.
    alpha_ : float
        Strength of the penalty that was used.
    pooling_ : float
        Value of `pooling` that was used, for a model with classes.
    classes_ : array
        The class labels, if ``conditional=True``.
    sparsity_ : float
        Share of off-diagonal entries of the precision that are exactly zero, among the columns that
        vary.
    n_iter_ : int
        Iterations of the graphical lasso; with classes, the largest number. 1 if the solution needs
        no iterations.
    n_features_in_ : int
        Number of columns of the training data.
    feature_names_in_ : array of str
        Names of the columns, if the training data had names.

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

    By class, the densities classify as discriminant analysis does:

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> gaussian = RegularizedGaussian(conditional=True, random_state=0).fit(X, y)
    >>> density = [gaussian.score_samples(X, y=label) for label in gaussian.classes_]
    >>> bool((np.argmax(density, axis=0) == y).mean() > 0.97)
    True
    """

    _holds_numbers: ClassVar[bool] = True
    _n_rows: int | None = None

    @property
    def _rows_trained_on(self) -> int | None:
        return self._n_rows  # a file does not say

    alpha_: float
    location_: np.ndarray
    covariance_: np.ndarray
    precision_: np.ndarray
    n_iter_: int

    def __init__(
        self,
        penalty: MixturePenalty | None = "l2",
        *,
        alpha: float | Auto = "auto",
        l1_ratio: float = 0.5,
        conditional: bool = False,
        pooling: float | Auto = "auto",
        max_iter: int = 200,
        tol: float = 1e-4,
        standardize: Standardize = True,
        random_state: RandomState = None,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.conditional = conditional
        self.pooling = pooling
        self.max_iter = max_iter
        self.tol = tol
        self.standardize = standardize
        self.random_state = random_state

    @property
    def _encoding(self) -> EncodingDefaults:  # type: ignore[override]  # goes with a setting
        # ranks become normal; of classes, each may be what all together are not
        return EncodingDefaults(integer_levels=0, normal=self.conditional is False)

    @property
    def partial_fit(self) -> NoReturn:
        """Not available: scaling, covariance and penalty need all rows at once."""
        raise AttributeError(
            "RegularizedGaussian has no partial_fit, because scaling, covariance and penalty "
            "need all rows at once. Call fit with all rows, or use RegularizedGAN or "
            "RegularizedVAE, which have partial_fit"
        )

    def score_samples(self, X: TableLike, y: LabelsLike | None = None) -> np.ndarray:
        """Log density of each row of `X`, in the units of the data.

        Constant columns are left out.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows of numbers.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None weights all classes by their
            frequencies in the training data.

        Returns
        -------
        log_density : array of shape (n_samples,)

        Raises
        ------
        ValueError
            If a covariance is singular, so that there is no density, or if the model was fitted to
            a table with columns other than floating-point numbers.
        """
        check_is_fitted(self)
        scaler = self._reader.scaler
        if not isinstance(scaler, ColumnScaler):
            raise ValueError(
                "score_samples needs a model that was fitted to floating-point columns only: fit "
                "it to X.astype(float), or use RegularizedMixture"
            )
        rows = self._reader.read(self, X)
        Z = replace(scaler, drawn=False).forward(rows)
        return np.asarray(self._log_density(Z, y) + scaler.log_slope(rows))

    def _log_density(self, Z: np.ndarray, y: Any) -> np.ndarray:
        """The log density of scaled rows (n, D), of the classes `y` or of all, (n,)."""
        classes, varying = self._classes, ~self._reader.scaler.constant
        if classes is None:
            codes = np.zeros(len(Z), dtype=np.int64)
        elif y is not None:
            codes = classes.codes(y, len(Z))
        else:
            known = range(len(classes.labels))
            each = [self._normals.log_density(Z, self._regular(k), varying) for k in known]
            return np.asarray(logsumexp(np.log(classes.shares)[:, None] + each, axis=0))
        density = np.empty(len(Z))
        for k in np.unique(codes):
            here = codes == k
            density[here] = self._normals.log_density(Z[here], self._regular(k), varying)
        return density

    def _regular(self, k: int) -> int:
        """A class that has a density. ValueError if it has none."""
        if self._normals.is_singular(k, ~self._reader.scaler.constant):
            of = "" if self._classes is None else f" of class {self._classes.labels[k].item()!r}"
            raise ValueError(
                f"penalty={self.penalty!r} with alpha={self.alpha!r} gives a singular "
                f"covariance{of}, so there is no density: choose a penalty with a larger alpha"
            )
        return k

    def _fit_summary(self) -> dict[str, str]:
        summary = super()._fit_summary() | {"Alpha": f"{self.alpha_:.3g}"}
        if hasattr(self, "pooling_"):
            summary["Pooling"] = f"{self.pooling_:.3g}"
        if self.sparsity_:
            summary["Zeros of the precision"] = f"{self.sparsity_:.1%}"
        return summary

    # Fitting

    def _train(self, X: Any, y: Any, *, resume: bool) -> None:
        X = scaled(X)
        self._n_rows = len(X)
        alpha, pooling, penalty = self._strengths()
        codes = self._learn_labels(y, len(X))
        n_classes = 1 if self._classes is None else len(self._classes.labels)
        if codes is not None and np.bincount(codes).max() < 2:
            raise ValueError(
                f"conditional=True needs a class with at least 2 rows, but y has {len(X)} "
                f"different labels for {len(X)} rows: check y, or set conditional=False"
            )
        _warn_of_memory(self._reader.scaler.n_columns, n_classes)
        pooling, alpha = self._chosen(X, codes, penalty, pooling, alpha)
        moments = ClassMoments.learn(X, codes, n_classes)
        varying = ~self._reader.scaler.constant
        each = [penalty.estimate(S, alpha, varying) for S in moments.mixed(pooling)]
        covariance, precision = (np.array([found[i] for found in each]) for i in range(2))
        shifts = np.array([*map(self._shifts_of, moments.means, covariance)])
        self.n_iter_ = max(found[2] for found in each)
        self._set(Normals(moments.means, covariance, precision, shifts), alpha, pooling)

    def _chosen(
        self,
        X: Any,
        codes: np.ndarray | None,
        penalty: Penalty,
        pooling: float | None,
        alpha: float | None,
    ) -> tuple[float, float]:
        """The share of pooling and the strength, chosen where they are None.

        By the columns of numbers: a rare level is so far from normal that all would be shrunk away.
        Pooling goes with shrinkage, whatever the penalty is.
        """
        if codes is None:
            pooling = 1.0
        if pooling is not None and alpha is not None:
            return pooling, alpha
        numbers = ~self._reader.scaler.constant
        numbers[len(numbers) - sum(self._reader.scaler.levels) :] = False
        if not numbers.any():
            return _POOLING if pooling is None else pooling, _ALPHA if alpha is None else alpha
        plain = np.zeros(len(X), dtype=np.int64) if codes is None else codes
        held = HeldOut.split(X, plain, numbers, rotated=not penalty.l1_share)
        if pooling is None:
            pooling = held.pooling(None if penalty.l1_share else alpha)
        if alpha is None and numbers.sum() < 2:
            alpha = _ALPHA
        elif alpha is None:
            l1 = penalty.l1_share
            alpha = held.lasso(penalty, pooling) if l1 else held.shrinkage(pooling)
        return pooling, alpha

    def _shifts_of(self, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """The shifts of levels in one class."""
        scaler, shares = self._reader.scaler, self._shares_of(mean)
        return level_shifts(scaler.levels, mean, covariance, shares, scaler.lacking)

    def _shares_of(self, mean: np.ndarray) -> np.ndarray:
        """The shares (sum L,) of levels in one class, among the cells that are there."""
        scaler = self._reader.scaler
        if self._classes is None:
            return scaler.shares
        first = len(mean) - sum(scaler.levels)
        blocks = [mean[block] for block in blocks_of(scaler.levels, first)]
        return np.concatenate([scaler.shares[:0], *(b / max(b.sum(), _TINY) for b in blocks)])

    def _strengths(self) -> tuple[float | None, float | None, Penalty]:
        """The strength, the share of pooling, and the penalty; None for what is to be chosen."""
        penalty = Penalty(
            check_choice(self.penalty, "penalty", PENALTIES),
            check_real(self.l1_ratio, "l1_ratio", minimum=0, maximum=1),
            check_real(self.tol, "tol", minimum=0, open_minimum=True),
            check_int(self.max_iter, "max_iter", minimum=1),
            self._reader.scaler.enabled,
        )
        alpha = _real_or_auto(self.alpha, "alpha")
        pooling = _real_or_auto(self.pooling, "pooling", maximum=1)
        settings, name = Settings.of(self), penalty.name
        if name != "elasticnet" and not settings.is_default("l1_ratio"):
            warn_user(
                f"l1_ratio={self.l1_ratio} has no effect: penalty={name!r} is not an elastic net"
            )
        if name is None and not settings.is_default("alpha"):
            warn_user(f"alpha={self.alpha} has no effect: penalty is None")
        if not self.conditional and not settings.is_default("pooling"):
            warn_user(f"pooling={self.pooling} has no effect: it needs classes (conditional=True)")
        for setting in ("max_iter", "tol"):
            unused = alpha == 0 or not penalty.l1_share
            if unused and not settings.is_default(setting):
                why = f"penalty={name!r} with alpha={self.alpha} and l1_ratio={self.l1_ratio}"
                warn_user(
                    f"{setting}={settings[setting]!r} has no effect: it is for the graphical "
                    f"lasso, and {why if penalty.l1_share else f'penalty={name!r}'} does not use "
                    "it"
                )
        return 0.0 if name is None else alpha, pooling, penalty

    def _set(self, normals: Normals, alpha: float, pooling: float) -> None:
        """The fitted attributes, from what was learnt on the scale of training."""
        self._normals, self._pooling, self.alpha_ = normals, pooling, alpha
        scaler, mean = self._reader.scaler, normals.mean
        scale, location = np.ones(mean.shape[1]), mean
        if isinstance(scaler, ColumnScaler):
            scale = scaler.units(mean[0])[0]
            location = np.array([scaler.units(each)[1] for each in mean])
        covariance = normals.covariance * scale[:, None] * scale
        precision = normals.precision / scale[:, None] / scale
        of_one = self._classes is None
        learnt = (each[0] if of_one else each for each in (location, covariance, precision))
        self.location_, self.covariance_, self.precision_ = learnt
        self.__dict__.pop("pooling_", None)  # of an earlier fit
        if not of_one:
            self.pooling_ = pooling
        varying = ~scaler.constant
        off = np.outer(varying, varying) & ~np.eye(len(varying), dtype=bool)
        zeros = normals.precision[:, off] == 0
        self.sparsity_: float = float(zeros.mean()) if off.any() else 0.0
        self._ranks = MadeRanks()
        self._ranks = self._made_ranks()

    def _made_ranks(self) -> MadeRanks:
        """Ranks of the numbers that it makes where cells may be missing: of the others.

        Whether they are goes with other columns, and may go with the number itself. By class, of
        all columns of a table: the classes together are a mixture of normal distributions.
        """
        scaler = self._reader.scaler
        mixed = self._classes is not None and scaler.of_table
        ranked = [each for each in scaler.ranked if mixed or each.missing]
        if not ranked:
            return MadeRanks()
        rng = np.random.default_rng(0)
        codes = None if self._classes is None else self._classes.draw(_MADE, rng)
        with self._making(_MADE) as make:
            rows = make(rng, codes)
        ends = scaler.n_columns - sum(scaler.levels) + np.cumsum(scaler.levels)
        for size, end in zip(scaler.levels, ends, strict=True):
            block = rows[:, end - size : end]
            block[:] = block.argmax(axis=1)[:, None] == np.arange(size)
        return MadeRanks.learn(rows, ranked)

    @contextmanager
    def _making(self, n_rows: int) -> Iterator[Maker]:
        draw = self._normals.drawing(sum(self._reader.scaler.levels))
        of_one = np.zeros(n_rows, dtype=np.int64)

        def make(rng: np.random.Generator, codes: np.ndarray | None) -> np.ndarray:
            return self._ranks.applied(draw(rng, of_one if codes is None else codes))

        yield make

    @contextmanager
    def _completing(self, n_rows: int) -> Iterator[Completer]:
        given = self._given()

        def complete(
            rng: np.random.Generator, evidence: Evidence, codes: np.ndarray | None
        ) -> np.ndarray:
            if codes is None:
                codes = self._codes_given(evidence, rng)
            of_one = np.zeros(len(evidence), dtype=np.int64)
            return given.draw(rng, evidence, of_one if codes is None else codes)

        yield complete

    def _codes_given(self, evidence: Evidence, rng: np.random.Generator) -> np.ndarray | None:
        """Classes (n,) drawn given what is known of rows; None without classes."""
        if self._classes is None:
            return None
        return self._given().classes(rng, evidence, self._classes.shares)

    def _level_chances(
        self, evidence: Evidence, block: int, codes: np.ndarray | None
    ) -> np.ndarray | None:
        if self._classes is None:
            frequencies = np.ones(1)
        elif codes is None:
            frequencies = self._classes.shares
        else:
            frequencies = np.eye(len(self._classes.labels))[codes]
        return self._given().chances(evidence, block, frequencies)

    def _given(self) -> GivenClasses:
        """Draws rows given some of their cells."""
        normals, scaler = self._normals, self._reader.scaler
        shares = np.array([*map(self._shares_of, normals.mean)])
        return GivenClasses(
            normals, shares, self._ranks, scaler.levels, scaler.absent, scaler.lacking
        )

    def _export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        shares, labels = export_classes(self._classes)
        return self._normals.export() | shares, {
            "n_iter": self.n_iter_,
            "alpha": self.alpha_,
            "pooling": self._pooling,
            "classes": labels,
        }

    def _restore(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        n_iter, alpha, pooling, classes = stored.fields("n_iter", "alpha", "pooling", "classes")
        self.n_iter_, self._classes = n_iter.integer(1), restore_classes(classes, tensors)
        n_classes = 1 if self._classes is None else len(self._classes.labels)
        normals = Normals.restore(tensors, n_classes, self._reader.scaler.n_columns)
        with np.errstate(all="ignore"):
            self._set(normals, alpha.real(low=0), pooling.real(0, 1))
        learnt = self.location_, self.covariance_, self.precision_
        if not all(np.isfinite(a).all() for a in learnt):
            raise FileError("the arrays covariance and precision are none of a distribution")


def _real_or_auto(value: Any, name: str, maximum: float | None = None) -> float | None:
    """A number of at least 0, or None for "auto"."""
    if isinstance(value, str):
        if value != AUTO:
            raise TypeError(f"{name} must be a real number or {AUTO!r}, got {value!r}")
        return None
    return check_real(value, name, minimum=0, maximum=maximum)


def _warn_of_memory(d: int, n_classes: int) -> None:
    """Warn before a fit of so many columns that its matrices take much memory."""
    n_bytes, free = (_MATRICES + 3 * (n_classes - 1)) * 8 * d**2, get_backend("numpy").free_memory
    if is_much(n_bytes, free):
        warn_user(
            f"a Gaussian of {d} columns takes about {amount(n_bytes)} of memory, but only "
            f"{amount(free)} are free: use fewer columns, or columns with fewer levels"
        )
