"""Choice of the strength by cross-validation, with all candidates and folds as one population."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Literal, NoReturn, Self, cast, overload

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin, MetaEstimatorMixin, clone
from sklearn.utils import Tags, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from regan.building.specs import read
from regan.building.training_set import TrainingSet
from regan.building.types import Data
from regan.data.frames.dataframes import take_rows
from regan.data.labels import plain_labels
from regan.data.reader import encoder_of_all, read_first
from regan.estimators.fit_summary import SummaryMixin
from regan.estimators.fitted_frames import FittedFrames
from regan.estimators.gan import RegularizedGAN
from regan.estimators.neural import NeuralModel
from regan.metrics import METRICS, Scorer
from regan.population import Member, Population, make_members
from regan.selection.candidates import ALPHAS, GRID, check_members, check_memory, grid, template_of
from regan.selection.folds import Split, folds
from regan.selection.race import Race, rungs
from regan.selection.tables import cv_results, measures, path_table
from regan.streams.opening import in_memory
from regan.training.time_left import in_words
from regan.typing import (
    AnyTable,
    AxisValues,
    ConditionsLike,
    LabelsLike,
    MetricName,
    PerNetwork,
    RandomState,
    SamplingMethod,
    TableLike,
)
from regan.validation import check_bool, check_int, draw_seed, quietly

Scoring = Callable[..., float]


class RegularizedGANCV(SummaryMixin, MetaEstimatorMixin, DensityMixin, BaseEstimator):
    r"""Cross-validation for GANs and VAEs: choose the strength of regularization.

    All candidates and folds train at the same time as one population. They start from the same
    initial weights and see the same minibatches and noise. Each model is the one that a single fit
    would give. The models are scored on held-out rows, and the best settings are fitted to all
    rows.

    Parameters
    ----------
    estimator : RegularizedGAN or RegularizedVAE, optional
        Model with all other settings. The default is `RegularizedGAN`. Its `random_state` also
        shuffles the folds. Its `callbacks` and `verbose` are used when the best settings are fitted
        to all rows.
    alphas, l1_ratios, gammas : sequence of float, optional
        Values of `alpha`, `l1_ratio` and `gamma` to choose from. None keeps the value of the
        estimator. A pair (a tuple) in the first two is for (generator, discriminator). Every
        combination is a candidate.
    cv : int, splitter, iterable of index pairs or None, default=None
        Folds of the cross-validation. None means 5. An integer is the number of folds. These folds
        are shuffled, because folds of sorted data would lack classes, and stratified by class if
        the estimator is conditional.
    scoring : str, callable or None, default=None
        Score of a candidate; higher is better. None means the estimator's `score`. A string is the
        name of a metric in `regan.metrics.METRICS`. A callable is called as
        ``scoring(estimator, X, y)``. "two_sample_score" is the estimator's score without its limit
        at 1, for small data on which several candidates reach the limit.
    refit : bool, default=True
        Whether to fit the best settings to all rows.
    halving : int or None, default=None
        Successive halving: after a part of the updates, only the best of every `halving` candidates
        continue; after `halving` times as many updates, again, and so on. The last candidates make
        all updates. None trains all candidates to the end.
    n_jobs : int or None, default=None
        Number of parts of the population that train at a time, as processes or by the backend that
        `joblib.parallel_config` sets, such as a cluster. None trains in threads, as many as matrix
        products may use.
    max_memory : float or None, default=None
        Bytes that training may take in all. None means half of the free memory.
    verbose : int, default=0
        If above 0, joblib prints when parts of the population are finished.

    Attributes
    ----------
    alpha_, l1_ratio_, gamma_ : float or pair
        Best values of these settings, if the estimator has them.
    best_params_ : dict
        Settings of the best candidate.
    best_score_ : float
        Mean score of the best candidate over the folds.
    best_index_ : int
        Position of the best candidate in `cv_results_` and `path_`.
    best_estimator_ : estimator
        Model with the best settings, fitted to all rows, if ``refit=True``.
    cv_results_ : dict of str to array
        Results like those of `sklearn.model_selection.GridSearchCV`, and ``n_iter``, the number of
        updates that each candidate made. The score of a candidate that diverged is NaN.
    path_ : dict of str to array
        For each candidate ``alpha``, ``l1_ratio``, ``gamma``, ``mean_test_score``,
        ``std_test_score``, ``n_updates`` (the number of updates planned) and ``n_iter`` (the number
        of updates made). For each network also means over the folds: the share of weights that are
        zero, as ``generator_sparsity``, and the Euclidean norm of the weights, as
        ``generator_norm``.
    scorer_ : callable
        Function that scores a candidate, ``scorer_(estimator, X, y)``.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds that the fit to all rows took.
    n_features_in_, feature_names_in_, classes_
        As in the best estimator.

    References
    ----------
    Successive halving: Jamieson and Talwalkar, 2016 (arXiv:1502.07943).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from regan import RegularizedGAN, RegularizedGANCV
    >>> gan = RegularizedGAN("l1", hidden_layer_sizes=16, max_iter=100, random_state=0)
    >>> search = RegularizedGANCV(gan, alphas=[0.001, 1.0], cv=3).fit(load_iris().data)
    >>> search.alpha_
    0.001
    >>> search.sample(2).shape
    (2, 4)
    """

    best_estimator_: NeuralModel
    alpha_: PerNetwork[float]
    l1_ratio_: PerNetwork[float]
    gamma_: float
    refit_time_: float
    scorer_: Scoring
    n_splits_: int

    def __init__(
        self,
        estimator: NeuralModel | None = None,
        *,
        alphas: AxisValues[PerNetwork[float]] | None = ALPHAS,
        l1_ratios: AxisValues[PerNetwork[float]] | None = None,
        gammas: AxisValues[float] | None = None,
        cv: Any = None,
        scoring: MetricName | Scoring | None = None,
        refit: bool = True,
        halving: int | None = None,
        n_jobs: int | None = None,
        max_memory: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.alphas = alphas
        self.l1_ratios = l1_ratios
        self.gammas = gammas
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.halving = halving
        self.n_jobs = n_jobs
        self.max_memory = max_memory
        self.verbose = verbose

    def fit(
        self, X: TableLike, y: TableLike | None = None, *, groups: TableLike | None = None
    ) -> Self:
        """Choose the settings by cross-validation on the rows of `X`.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,), optional
            Class labels if the estimator is conditional.
        groups : array-like of shape (n_samples,), optional
            Group of each row, for splitters that keep groups together.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or settings cannot be used.
        DivergenceError
            If all models diverged.
        MemoryError
            If training one model would take more than `max_memory`.
        """
        X, template = in_memory(X, "searches"), template_of(self.estimator)
        axes = {axis: getattr(self, axis) for axis in GRID}
        candidates = grid(template, **axes)
        scorer, refit = scorer_of(self.scoring), check_bool(self.refit, "refit")
        with quietly():
            spec = read(template)
        verbose = check_int(self.verbose, "verbose", minimum=0)
        read_first(template, X, spec.run.standardize, spec.run.dtype)
        # a fold may have no missing cells where another one has some
        template.set_params(standardize=encoder_of_all(X, spec.run.standardize))
        if y is not None:
            y = plain_labels(y)
            check_consistent_length(X, y)
        seed = draw_seed(template.random_state)
        splits = folds(self.cv, X, y, groups, seed, conditional=bool(spec.run.conditional))
        rows = _Rows(X, y)
        sets, members = _entered(template, candidates, rows, splits, seed)
        check_members(members[: len(candidates)], sets[0], candidates)
        plan = rungs(self.halving, len(candidates), members[0].spec.run.max_iter)
        memory = check_memory(self.max_memory)
        population = Population(members, sets, self.n_jobs, memory, verbose)
        race, judge = Race(len(candidates), len(splits)), _Judge(scorer, rows, splits)
        for until, n_left in plan:
            population.keep(race.entries(population.members, n_left))
            population.advance(until, judge)
            race.note(population.members, until)
        race.check()
        self._set_results(race, candidates, members[0].spec.settings.values)
        self.scorer_, self.n_splits_ = scorer, len(splits)
        for name in ("best_estimator_", "refit_time_"):  # of an earlier fit
            self.__dict__.pop(name, None)
        if refit:
            begin = perf_counter()
            best = RegularizedGAN() if self.estimator is None else clone(self.estimator)
            self.best_estimator_ = best.set_params(**self.best_params_).fit(X, y)
            self.refit_time_ = perf_counter() - begin
        return self

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: Literal[False] = ...,
        method: SamplingMethod = "generator",
        conditions: ConditionsLike | None = None,
    ) -> AnyTable: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: Literal[True],
        method: SamplingMethod = "generator",
        conditions: ConditionsLike | None = None,
    ) -> tuple[AnyTable, Any]: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = ...,
        method: SamplingMethod = "generator",
        conditions: ConditionsLike | None = None,
    ) -> Any: ...

    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = False,
        method: SamplingMethod = "generator",
        conditions: ConditionsLike | None = None,
    ) -> Any:
        """Generate rows with the best estimator; see `RegularizedGAN.sample`."""
        return self._best().sample(
            n_samples, random_state, y=y, return_y=return_y, method=method, conditions=conditions
        )

    def impute(
        self,
        X: TableLike,
        n_draws: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
    ) -> AnyTable:
        """Impute missing cells of `X` with the best estimator; see `RegularizedGAN.impute`."""
        return self._best().impute(X, n_draws, random_state, y=y)

    def calibrate(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Calibrate the best estimator for rejection sampling; see `RegularizedGAN.calibrate`."""
        best = self._best()
        if not hasattr(best, "calibrate"):
            raise AttributeError(f"a {type(best).__name__} has no discriminator to calibrate")
        best.calibrate(X, y)
        return self

    @property
    def frames_(self) -> FittedFrames | None:
        """Frames of the best estimator."""
        return self._fitted("frames_").frames_

    def sample_labels(self, n_samples: int = 1, random_state: RandomState = None) -> np.ndarray:
        """Classes of the rows that `sample` returns with the same integer `random_state`."""
        return self._best().sample_labels(n_samples, random_state)

    def score(self, X: Data, y: TableLike | None = None) -> float:
        """Score of the best estimator on `X`, as `scoring` defines it: higher is better."""
        best = self._best()
        return self.scorer_(best, X, y)

    @property
    def partial_fit(self) -> NoReturn:
        """Not available: a search needs all rows at once."""
        raise AttributeError(
            "RegularizedGANCV has no partial_fit, because its folds need all rows. Call fit with "
            "all rows; to continue training, call partial_fit of best_estimator_"
        )

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the training data."""
        n: int = self._fitted("n_features_in_").n_features_in_
        return n

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if the training data had names."""
        return self._fitted("feature_names_in_").feature_names_in_

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, if the estimator is conditional."""
        return self._fitted("classes_").classes_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = RegularizedGAN() if self.estimator is None else self.estimator
        tags.target_tags.required = bool(getattr(inner, "conditional", False))
        return tags

    def _fit_summary(self) -> dict[str, str]:
        n = len(self.cv_results_["params"])
        summary = {"Candidates": f"{n:,}, each in {self.n_splits_:,} folds"}
        chosen = ", ".join(f"{name}={value!r}" for name, value in self.best_params_.items())
        summary |= {"Chosen": chosen, "Mean score in folds": f"{self.best_score_:.3g}"}
        if (best := self._shown_within) is not None:
            summary["Refit"] = f"{type(best).__name__}, {in_words(self.refit_time_)}"
        return summary

    @property
    def _shown_within(self) -> NeuralModel | None:
        return getattr(self, "best_estimator_", None)

    def _best(self) -> NeuralModel:
        check_is_fitted(self, "cv_results_")
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(
                "refit=False, so there is no best_estimator_: fit a model with best_params_, or "
                "search again with refit=True"
            )
        return self.best_estimator_

    def _fitted(self, name: str) -> NeuralModel:
        """The best estimator, for an attribute called `name`."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(f"{name} needs a fitted search with refit=True")
        return self.best_estimator_

    def _set_results(
        self, race: Race, candidates: list[dict[str, Any]], settings: Mapping[str, Any]
    ) -> None:
        self.cv_results_: dict[str, Any] = cv_results(race, candidates)
        self.path_: dict[str, Any] = path_table(race, candidates, settings)
        self.best_index_: int = int(np.argmin(race.ranks))
        self.best_params_: dict[str, Any] = candidates[self.best_index_]
        self.best_score_: float = float(race.means[self.best_index_])
        for name in GRID.values():
            if name in settings:
                value = self.best_params_.get(name, settings[name])
                setattr(self, f"{name}_", value)


def scorer_of(scoring: Any) -> Scoring:
    """What ``scoring(estimator, X, y)`` gives by name, or the estimator's own score."""
    if scoring is None:
        return _own_score
    if isinstance(scoring, str):
        if scoring not in METRICS:
            raise ValueError(
                f"scoring={scoring!r} is not known; choose one of: {', '.join(METRICS)}, None for "
                "the estimator's score, or a callable scoring(estimator, X, y)"
            )
        return Scorer(cast(MetricName, scoring))
    if not callable(scoring):
        raise TypeError(f"scoring must be a name, a callable or None, got {scoring!r}")
    made: Scoring = scoring
    return made


def _own_score(estimator: NeuralModel, X: Any, y: Any = None) -> float:
    return estimator.score(X, y)


@dataclass(frozen=True)
class _Rows:
    """The rows of the data and their labels, to take some of."""

    X: Any
    y: Any

    def take(self, rows: np.ndarray) -> tuple[Any, Any]:
        return take_rows(self.X, rows), (None if self.y is None else take_rows(self.y, rows))


@dataclass(frozen=True)
class _Judge:
    """Scores a member on the rows that its training set leaves out, and measures its networks.

    What training gave it is let go of: a search has many members.
    """

    scorer: Scoring
    rows: _Rows
    splits: Sequence[Split]

    def __call__(self, member: Member) -> Member:
        begin, model = perf_counter(), member.fitted
        assert model is not None
        score = np.nan
        if member.error is None:
            score = _number(self.scorer(model, *self.rows.take(self.splits[member.set][1])))
        return replace(
            member,
            fitted=None,
            score=score,
            score_seconds=perf_counter() - begin,
            measures=measures(model),
        )


def _number(score: Any) -> float:
    try:
        return float(score)
    except (TypeError, ValueError) as error:
        raise TypeError(f"scoring must return one number, got {score!r}") from error


def _entered(
    template: NeuralModel,
    candidates: Sequence[dict[str, Any]],
    rows: _Rows,
    splits: Sequence[Split],
    seed: int,
) -> tuple[list[TrainingSet], list[Member]]:
    """A training set for each split, and a member for each candidate and each of them."""
    made = [
        make_members(template, candidates, *rows.take(train), seed, number)
        for number, (train, _) in enumerate(splits)
    ]
    members = [member for _, some in made for member in some]
    # rungs are for all, so where a rule says how many updates there are, it is that of the first
    n_updates = members[0].spec.run.max_iter
    for member in members:
        run = replace(member.spec.run, max_iter=n_updates)
        member.spec = replace(member.spec, run=run)
    return [one for one, _ in made], members
