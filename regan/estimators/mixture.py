"""The regularized mixture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.backends import Backend, get_backend
from regan.backends.blas_threads import OneThreadEach
from regan.backends.registry import BUILT_IN
from regan.building.mixture_settings import read_mixture
from regan.building.types import Standardize
from regan.data.columns.rules import EncodingDefaults
from regan.data.conditions.evidence import Evidence
from regan.data.encoded_rows import EncodedRows
from regan.data.labels import export_classes, restore_classes
from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import scaled
from regan.estimators.completing import Completer
from regan.estimators.conditional import ConditionalModel, Labels
from regan.estimators.level_chances import level_chances
from regan.estimators.persistence import savable
from regan.estimators.sampling import Maker
from regan.files.values import Codec
from regan.mixtures.em.cells import UNKNOWN, Cells
from regan.mixtures.em.choosing import Candidate, Penalization, best_of
from regan.mixtures.em.fitting import COVARIANCES, fit_population
from regan.mixtures.em.given import GivenProduct
from regan.mixtures.em.layout import Layout
from regan.mixtures.em.product import ProductMixture
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.typing import (
    Auto,
    BackendName,
    CovarianceType,
    Dtype,
    LabelsLike,
    MixturePenalty,
    RandomState,
    TableLike,
    WeightPenalty,
)
from regan.validation import check_bool, check_choice

_TOGETHER = 5

_MOST_PATTERNS = 50
"""Patterns of missing numbers up to which candidates are compared by known cells alone; with more,
by rows in which similar ones stand for what is missing."""


@savable
class RegularizedMixture(ConditionalModel):
    r"""Mixture model with penalized components, for tables: Gaussian mixture and latent classes.

    For rows with numbers v and levels b, a component is a normal distribution of the numbers and a
    probability of every level,

    .. math:: p(x) = \sum_k \pi_k \, N(x_v; \mu_k, \Sigma_k) \prod_b p_{kb}(x_b).

    Expectation maximization maximizes, over rows i,

    .. math::

        \sum_i \log p(x_i) - \alpha \sum_k \bigl(\rho \lVert\delta_k\rVert_1
        + \tfrac{1 - \rho}{2} \lVert\delta_k\rVert_2^2\bigr)

    with the offsets :math:`\delta_k` of a component. They are the differences of its means, in
    standard deviations, and of the logarithms of its level probabilities from those of all rows. L1
    makes some offsets exactly 0: in these columns, the component does not differ from all rows (Pan
    and Shen, 2007). Covariances are shrunk towards the average covariance within components. The
    model computes exactly, without sampling, the density of a row, missing cells, the component
    probabilities of a row, and the distribution of some cells given others.

    A number that many rows share becomes a level of its own; the other numbers of the column are
    then scaled by rank. Fitting 30,000 rows takes one or two minutes on one core. The model has no
    networks. If rows are read block by block (`regan.OutOfCore`), the model is fitted to a uniform
    sample of 131,072 rows, and to one row of each class that the sample lacks.

    Parameters
    ----------
    n_components : int or "auto", default="auto"
        Number of components K. "auto" tries 1, 2, 3, 5, 8, ... up to 500 and a fifth of the rows,
        as long as the likelihood of held-out rows rises.
    penalty : {"l1", "l2", "elasticnet"} or None, default="l1"
        Penalty on the offsets of the components from the common distribution.
    alpha : float or "auto", default="auto"
        Strength of the penalty, as a number of rows. "auto" chooses it by the likelihood of
        held-out rows: in five folds of up to 500 rows, in three folds of up to 2,000 rows, and on a
        tenth of the rows if there are more.
    l1_ratio : float in [0, 1], default=0.5
        The mixture :math:`\rho`, for the elastic net.
    covariance_type : {"diag", "full", "low_rank", "auto"}, default="auto"
        Covariance of the numbers within a component. "auto" tries "diag", and "full" for up to 64
        columns or "low_rank" for more.
    rank : int, default=5
        Number of directions with variances of their own in a low-rank covariance.
    shrinkage : float or "auto", default="auto"
        Number of rows of the average covariance that are added to each component's own. "auto"
        takes alpha, times the number of columns for covariances that are not diagonal.
    weight_penalty : {"dirichlet", "entropy"} or None, default=None
        Penalty on the weights of the components. It removes components.
    weight_alpha : float, default=1.0
        Strength of `weight_penalty`, as a number of rows.
    batch_size : int, default=2048
        Rows in a step. If there are more rows, steps are online, and the last two passes use all
        rows.
    max_iter : int or "auto", default="auto"
        Passes over the rows. "auto" takes 100 for up to 2,000 rows, decreasing to 20 for 10,000
        rows and more.
    tol : float, default=1e-3
        With up to `batch_size` rows, passes end when the mean log-likelihood of a row rises by less
        than this.
    conditional : bool, default=False
        Whether to train on class labels `y` too, and generate rows of given classes. The class is
        one more block of levels.
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        How columns are scaled for training. True and "auto" standardize columns to zero mean and
        unit variance. A column with evidence of long tails, outliers or a spike is transformed to
        normal scores by rank instead. "standard" standardizes all columns; "quantile" transforms
        all columns by rank. Samples are in the units of the data. They stay within the range of
        each column and keep to what all of its values obey: whole numbers, decimals, steps.
        False trains on the numbers as they are, and samples are what the model makes.
        If a DataFrame has columns other than floating-point numbers, or missing cells, it is
        encoded by a `TableEncoder` with its defaults. A `TableEncoder` given here encodes every
        DataFrame and every array; NaN in an array is a missing cell.
    backend : {"numpy", "cupy", "auto"} or None, default=None
        Where the model is fitted. None reads the environment variable ``REGAN_BACKEND``; if the
        variable is not set, it means NumPy. A fitted model samples with NumPy.
    dtype : {"float32", "float64"}, default="float32"
        Type of the passes over rows. Sums, parameters and densities are in float64.
    random_state : int, RandomState or None, default=None
        Seed of the initial components and of the order of rows, and of `sample`.

    Attributes
    ----------
    weights_ : array of shape (K,)
        Weights of the components that are left.
    means_ : array of shape (K, P)
        Means of the continuous columns, on the scale of training.
    covariances_ : array of shape (K, P, P), or (K, P) for "diag"
        Covariances of the continuous columns, on the scale of training.
    alpha_ : float
        Strength of the penalty that was used.
    covariance_type_ : str
        Kind of covariance that was used.
    n_components_ : int
        Number of components that are left.
    path_ : list of dict
        Candidates that were compared: ``n_components``, ``covariance_type``, ``alpha``, and
        ``log_likelihood`` of a held-out row.
    n_iter_ : int
        Number of passes over the rows.
    converged_ : bool
        Whether the passes ended because the likelihood converged.
    classes_ : array
        The class labels, if ``conditional=True``.
    n_features_in_ : int
        Number of columns of the training data.
    feature_names_in_ : array of str
        Names of the columns, if the training data had names.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedMixture
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal([0, 0], 1, (200, 2)), rng.normal([9, 9], 1, (300, 2))])
    >>> mixture = RegularizedMixture(n_components=2, alpha=1.0, random_state=0).fit(X)
    >>> mixture.weights_.round(2).tolist()
    [0.4, 0.6]
    """

    _encoding = EncodingDefaults(draws_ties=False, common_scale=True)  # ties are its own concern
    _holds_numbers: ClassVar[bool] = True
    _layout: Layout
    _mixture: ProductMixture
    alpha_: float
    covariance_type_: str
    n_iter_: int
    converged_: bool
    _n_rows: int | None = None

    @property
    def _rows_trained_on(self) -> int | None:
        return self._n_rows  # a file does not say

    def __init__(
        self,
        n_components: int | Auto = "auto",
        *,
        penalty: MixturePenalty | None = "l1",
        alpha: float | Auto = "auto",
        l1_ratio: float = 0.5,
        covariance_type: CovarianceType | Auto = "auto",
        rank: int = 5,
        shrinkage: float | Auto = "auto",
        weight_penalty: WeightPenalty | None = None,
        weight_alpha: float = 1.0,
        batch_size: int = 2048,
        max_iter: int | Auto = "auto",
        tol: float = 1e-3,
        conditional: bool = False,
        standardize: Standardize = True,
        backend: BackendName | None = None,
        dtype: Dtype = "float32",
        random_state: RandomState = None,
    ) -> None:
        self.n_components = n_components
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.covariance_type = covariance_type
        self.rank = rank
        self.shrinkage = shrinkage
        self.weight_penalty = weight_penalty
        self.weight_alpha = weight_alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.conditional = conditional
        self.standardize = standardize
        self.backend = backend
        self.dtype = dtype
        self.random_state = random_state

    @property
    def partial_fit(self) -> NoReturn:
        """Not available: scaling, levels and strengths need all rows at once."""
        raise AttributeError(
            "RegularizedMixture has no partial_fit, because scaling and strengths need all rows "
            "at once. Call fit with all rows, which it processes in batches, or use "
            "RegularizedGAN or RegularizedVAE, which have partial_fit"
        )

    # What it knows of rows

    def score_samples(self, X: TableLike, y: LabelsLike | None = None) -> np.ndarray:
        """Log density of each row of `X`.

        If all columns are numbers, the density is in the units of the data. In a table with levels,
        or with numbers that many rows share, it is the product of probabilities and densities:
        levels and shared numbers contribute their probability, other numbers their density on the
        scale of training. In a column that had missing cells in training, a row also contributes
        the probability that its cell is missing or not; a missing number is integrated out. The
        result is -inf for rows that the model cannot generate: rows with a new level, and rows that
        break a rule or a dependency between columns.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with the columns of the training data.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None integrates the class out.

        Returns
        -------
        log_density : array of shape (n_samples,)
        """
        check_is_fitted(self)
        numbers = self._reader.read(self, X)
        rows = self._reader.scaler.forward(numbers)
        density = self._mixture.log_densities(self._cells(rows, y))
        scaler = self._reader.scaler
        if isinstance(rows, EncodedRows):
            density[self._unseen(rows)] = -np.inf
        elif isinstance(scaler, ColumnScaler):
            density = density + self._layout.log_slope(rows, scaler.log_slopes(numbers))
        density[self._layout.never_seen(rows) | scaler.impossible(numbers)] = -np.inf
        return density

    def predict_proba(self, X: TableLike, y: LabelsLike | None = None) -> np.ndarray:
        """Probability of each component given a row (responsibilities), of shape (n, K)."""
        check_is_fitted(self)
        rows = self._reader.scaler.forward(self._reader.read(self, X))
        return self._mixture.responsibilities(self._cells(rows, y))

    def predict(self, X: TableLike, y: LabelsLike | None = None) -> np.ndarray:
        """Most probable component of each row, of shape (n,)."""
        return np.asarray(self.predict_proba(X, y).argmax(axis=1))

    def _cells(self, rows: Any, y: Any) -> Cells:
        if y is not None and self._classes is None:
            raise ValueError("y needs a model trained with conditional=True")
        classes = None if y is None or self._classes is None else self._classes.codes(y, len(rows))
        return self._layout.enter(rows, classes, None)

    def _unseen(self, rows: EncodedRows) -> np.ndarray:
        """Rows (n,) with a level that was not in the training data."""
        known = [b for b, lost in enumerate(self._reader.scaler.lacking) if lost is None]
        return np.asarray((rows.codes[:, known] == UNKNOWN).any(axis=1))

    def _fit_summary(self) -> dict[str, str]:
        summary = super()._fit_summary()
        summary["Components"] = f"{self.n_components_:,}, covariances {self.covariance_type_}"
        summary["Alpha"] = f"{self.alpha_:.3g}"
        end = "converged" if self.converged_ else "not converged"
        summary["Passes"] = f"{self.n_iter_:,} ({end})"
        if self.path_:
            best = max(entry["log_likelihood"] for entry in self.path_)
            summary["Held-out log-likelihood of a row"] = f"{best:.4g}"
            summary["Candidates compared"] = f"{len(self.path_):,}"
        return summary

    # Training

    def _train(self, X: Any, y: Labels | None, *, resume: bool) -> None:
        X = scaled(X)
        self._n_rows = len(X)
        classes = self._learn_labels(y, len(X))
        n_classes = 0 if self._classes is None else len(self._classes.labels)
        self._layout = Layout.learn(X, self._reader.scaler, n_classes)
        cells = self._layout.enter(X, classes, np.random.default_rng([self._seed, 19]))
        base, choice = read_mixture(self, cells, self._seed)
        ops = get_backend(self.backend, self._checked_dtype())
        with OneThreadEach():  # the same model whatever the machine does beside
            filled = None
            if cells.n_patterns > _MOST_PATTERNS:  # each of which takes a covariance of its own
                rng = np.random.default_rng([self._seed, 19])
                filled = self._layout.enter(X, classes, rng, filled=True)
            compared = cells if filled is None else filled
            tried = [] if choice.is_made else choice.candidates(compared, base, ops)
            best = best_of(tried, len(X)) if tried else choice.only(base)
            self._fit_best((cells, filled), best, base.max_iter, choice.penalization, ops)
        self.path_: list[dict[str, Any]] = [_entry(each) for each in tried]

    def _fit_best(
        self,
        rows: tuple[Cells, Cells | None],
        best: Candidate,
        max_iter: int,
        penalization: Penalization,
        ops: Backend,
    ) -> None:
        (cells, filled), design = rows, replace(best.design, max_iter=max_iter)
        strengths = penalization.strengths([best.alpha], design.n_shrunken(cells))
        mixtures, progress = fit_population(cells, design, strengths, ops, filled=filled)
        self.alpha_, self.covariance_type_ = best.alpha, design.covariance_type
        self.n_iter_, self.converged_ = progress.n_passes, progress.converged
        self._set(mixtures[0].without_dead())

    def _set(self, mixture: ProductMixture) -> None:
        self._mixture = mixture
        self.weights_: np.ndarray = mixture.weights
        mean, scale = self._layout.units
        self.means_: np.ndarray = mixture.means * scale + mean
        squares = scale**2 if mixture.is_diagonal else np.outer(scale, scale)
        self.covariances_: np.ndarray = mixture.covariances * squares
        self.n_components_: int = mixture.n_components

    # Settings

    def _checked_dtype(self) -> str:
        return str(check_choice(self.dtype, "dtype", ("float32", "float64")))

    def _check_conditional(self) -> bool:
        return check_bool(self.conditional, "conditional")

    # Sampling

    @contextmanager
    def _making(self, n_rows: int) -> Iterator[Maker]:
        mixture = self._mixture
        by_class = self._components_by_class()

        def make(rng: np.random.Generator, codes: np.ndarray | None) -> np.ndarray:
            shares = None if codes is None or by_class is None else by_class[codes]
            components = mixture.draw_components(n_rows, rng, shares)
            return self._layout.leave(mixture.sample(components, rng))

        yield make

    @contextmanager
    def _completing(self, n_rows: int) -> Iterator[Completer]:
        layout = self._layout
        given = GivenProduct(self._mixture, layout.between)

        def complete(
            rng: np.random.Generator, evidence: Evidence, codes: np.ndarray | None
        ) -> np.ndarray:
            cells = given.draw(layout.given(evidence, codes), rng)
            return layout.leave_given(cells, evidence)

        yield complete

    def _codes_given(self, evidence: Evidence, rng: np.random.Generator) -> np.ndarray | None:
        """Classes (n,) drawn given what is known of rows; None without classes."""
        if self._classes is None:
            return None
        given = GivenProduct(self._mixture, self._layout.between)
        return given.draw(self._layout.given(evidence, None), rng).codes[:, -1]

    def _level_chances(
        self, evidence: Evidence, block: int, codes: np.ndarray | None
    ) -> np.ndarray | None:
        told = self._layout.given(evidence, codes)
        place = len(self._layout.sizes) - len(evidence.sizes) - bool(self._layout.n_classes) + block
        return level_chances(self._mixture, told, place)

    def _components_by_class(self) -> np.ndarray | None:
        """The share (C, K) of each component among the rows of a class."""
        if self._classes is None:
            return None
        joint = self._mixture.shares[-len(self._classes.labels) :] * self._mixture.weights
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))

    def _check_sampling(self) -> None:
        super()._check_sampling()
        check_choice(self.backend, "backend", (*BUILT_IN, None))

    # Files

    def _export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        arrays, classes = export_classes(self._classes)
        layout = self._layout if whole else self._layout.blurred(_TOGETHER)
        return arrays | self._mixture.export(), {
            "classes": classes,
            "columns": layout.export(),
            "alpha": self.alpha_,
            "covariance_type": self.covariance_type_,
            "n_iter": self.n_iter_,
            "converged": self.converged_,
            "path": [list(each.values()) for each in self.path_],
        }

    def _restore(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        classes, columns, alpha, kind, n_iter, converged, path = stored.fields(
            "classes", "columns", "alpha", "covariance_type", "n_iter", "converged", "path"
        )
        self._classes = restore_classes(classes, tensors)
        n_classes = 0 if self._classes is None else len(self._classes.labels)
        self._layout = Layout.restore(columns, self._reader.scaler, n_classes)
        self.alpha_, self.covariance_type_ = alpha.real(low=0), kind.choice(*COVARIANCES)
        self.n_iter_, self.converged_ = n_iter.integer(1), converged.flag()
        self.path_ = [_read_entry(each) for each in path.items()]
        layout = self._layout
        self._set(ProductMixture.restore(tensors, layout.n_values, layout.sizes))


_ENTRY = ("n_components", "covariance_type", "alpha", "log_likelihood")


def _entry(candidate: Candidate) -> dict[str, Any]:
    design = candidate.design
    tried = design.n_components, design.covariance_type, candidate.alpha, candidate.held
    return dict(zip(_ENTRY, tried, strict=True))


def _read_entry(stored: Stored) -> dict[str, Any]:
    size, kind, alpha, held = stored.items(4)
    tried = size.integer(1), kind.choice(*COVARIANCES), alpha.real(low=0), held.real()
    return dict(zip(_ENTRY, tried, strict=True))
