"""Regularization paths: a model for each strength, trained together."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from regan.estimators import RegularizedGAN
from regan.estimators.neural import NeuralModel
from regan.population import Population, make_members
from regan.selection.candidates import ALPHAS, check_members, check_memory, grid, named, template_of
from regan.typing import AxisValues, PerNetwork, TableLike
from regan.validation import draw_seed, warn_user

Model = TypeVar("Model", bound=NeuralModel)


@overload
def gan_path(
    X: TableLike,
    y: TableLike | None = ...,
    *,
    estimator: None = None,
    alphas: AxisValues[PerNetwork[float]] | None = ...,
    l1_ratios: AxisValues[PerNetwork[float]] | None = ...,
    gammas: AxisValues[float] | None = ...,
    n_jobs: int | None = ...,
    max_memory: float | None = ...,
) -> list[RegularizedGAN]: ...


@overload
def gan_path(
    X: TableLike,
    y: TableLike | None = ...,
    *,
    estimator: Model,
    alphas: AxisValues[PerNetwork[float]] | None = ...,
    l1_ratios: AxisValues[PerNetwork[float]] | None = ...,
    gammas: AxisValues[float] | None = ...,
    n_jobs: int | None = ...,
    max_memory: float | None = ...,
) -> list[Model]: ...


def gan_path(
    X: TableLike,
    y: TableLike | None = None,
    *,
    estimator: NeuralModel | None = None,
    alphas: AxisValues[PerNetwork[float]] | None = ALPHAS,
    l1_ratios: AxisValues[PerNetwork[float]] | None = None,
    gammas: AxisValues[float] | None = None,
    n_jobs: int | None = None,
    max_memory: float | None = None,
) -> list[Any]:
    """Regularization path: models fitted to the same data with different strengths.

    All models train at the same time as one population. They start from the same weights and see
    the same minibatches and noise, so they differ only by the strength. Each model is the one that
    a single fit would give.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,), optional
        Class labels, for an estimator with ``conditional=True``.
    estimator : RegularizedGAN or RegularizedVAE, optional
        Model with all other settings. The default is `RegularizedGAN`. Its callbacks are not
        called, because they would see many models at once.
    alphas, l1_ratios, gammas : sequence of float, optional
        Values of `alpha`, `l1_ratio` and `gamma`. None keeps the value of the estimator. A pair (a
        tuple) in the first two is for (generator, discriminator). Every combination is a model.
    n_jobs : int, optional
        Number of parts of the population that train at a time, as processes or by the backend that
        `joblib.parallel_config` sets. None trains in threads, as many as matrix products may use.
    max_memory : float, optional
        Bytes that training may take in all. The default is half of the free memory.

    Returns
    -------
    models : list of fitted estimators
        Models in the order of `sklearn.model_selection.ParameterGrid`, with their `alpha`,
        `l1_ratio` and `gamma`. If a model diverged, there is a warning, and the model is that of
        the last window of updates before.

    Raises
    ------
    MemoryError
        If training one model would take more than `max_memory`.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedGAN, gan_path
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> gan = RegularizedGAN("l1", hidden_layer_sizes=16, max_iter=100, random_state=0)
    >>> models = gan_path(X, estimator=gan, alphas=[0.0, 0.01, 0.1])
    >>> [(model.alpha, round(model.sparsity_["generator"].zeros, 1)) for model in models]
    [(0.0, 0.0), (0.01, 0.0), (0.1, 0.3)]
    """
    template = template_of(estimator)
    candidates = grid(template, alphas=alphas, l1_ratios=l1_ratios, gammas=gammas)
    seed = draw_seed(template.random_state)
    training_set, members = make_members(template, candidates, X, y, seed)
    check_members(members, training_set, candidates)
    population = Population(members, [training_set], n_jobs, check_memory(max_memory))
    population.advance(members[0].spec.run.max_iter)
    for member, settings in zip(population.members, candidates, strict=True):
        if member.error is not None:
            assert member.fitted is not None
            left = (
                f"training with {named(settings)} failed, and the model is that of update "
                f"{member.fitted.n_iter_}"
            )
            warn_user(f"{left}: {member.error}")
    return [member.fitted for member in population.members]
