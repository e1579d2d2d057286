"""Settings of a mixture: what it is fitted with, and what is to be chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.building.rules import AUTO
from regan.building.settings import Settings
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.choosing import MOST_COMPONENTS, STRENGTHS, Choice, Penalization
from regan.mixtures.em.fitting import COVARIANCES, Design
from regan.mixtures.em.weights import PENALTIES
from regan.validation import check_choice, check_int, check_real, warn_user

_PASSES = 200_000
"""Rows that all passes of a fit go over, but for the least and the most passes."""

_FEWEST, _MOST = 20, 100
_FULL_COLUMNS = 64


def read_mixture(model: Any, cells: Cells, seed: int) -> tuple[Design, Choice]:
    """What mixtures of `cells` are fitted with, and what is to be chosen, from the settings.

    model : a `RegularizedMixture`. ValueError or TypeError for what makes no sense; a warning for
    settings that have no effect.
    """
    n, n_values = cells.values.shape
    penalty = check_choice(model.penalty, "penalty", ("l1", "l2", "elasticnet", None))
    ratio = check_real(model.l1_ratio, "l1_ratio", minimum=0, maximum=1)
    share = {"l1": 1.0, "l2": 0.0, "elasticnet": ratio, None: 1.0}[penalty]
    shrinkage = None
    if model.shrinkage != AUTO:
        shrinkage = check_real(model.shrinkage, "shrinkage", minimum=0)
    choice = Choice(
        Penalization(share, penalty is not None, shrinkage),
        _sizes(model.n_components, n),
        _kinds(model.covariance_type, n_values),
        _alphas(model.alpha, needed=penalty is not None or shrinkage is None),
    )
    _tell_unused(model)
    return _design(model, n, seed), choice


def _design(model: Any, n: int, seed: int) -> Design:
    passes = int(np.clip(_PASSES // n, _FEWEST, _MOST))
    if model.max_iter != AUTO:
        passes = check_int(model.max_iter, "max_iter", minimum=1)
    return Design(
        1,
        rank=check_int(model.rank, "rank", minimum=1),
        weight_penalty=check_choice(model.weight_penalty, "weight_penalty", (*PENALTIES, None)),
        weight_strength=check_real(model.weight_alpha, "weight_alpha", minimum=0),
        batch_size=check_int(model.batch_size, "batch_size", minimum=1),
        max_iter=passes,
        tol=check_real(model.tol, "tol", minimum=0),
        seed=seed,
    )


def _alphas(alpha: Any, *, needed: bool) -> tuple[float, ...]:
    """The strengths to choose from; needed : whether anything goes with them."""
    if alpha != AUTO:
        return (check_real(alpha, "alpha", minimum=0),)
    return STRENGTHS if needed else (0.0,)


def _sizes(n_components: Any, n: int) -> list[int] | None:
    if n_components == AUTO:
        return None
    k = check_int(n_components, "n_components", minimum=1)
    if k > n:
        raise ValueError(
            f"n_components={k} is larger than the number of rows, {n}: choose a smaller number, "
            f"or n_components='auto', which tries up to {MOST_COMPONENTS} and a fifth of the rows"
        )
    return [k]


def _kinds(covariance_type: Any, n_values: int) -> tuple[str, ...]:
    kind = check_choice(covariance_type, "covariance_type", (*COVARIANCES, AUTO))
    if kind != AUTO:
        return (kind,)
    if n_values < 2:
        return ("diag",)
    return ("diag", "full" if n_values <= _FULL_COLUMNS else "low_rank")


def _tell_unused(model: Any) -> None:
    """Warn of settings that have no effect."""
    settings = Settings.of(model)
    for name, used, why in (
        ("l1_ratio", model.penalty == "elasticnet", f"penalty={model.penalty!r}"),
        ("rank", model.covariance_type in ("low_rank", AUTO), "covariances have full rank"),
        ("weight_alpha", model.weight_penalty is not None, "weight_penalty is None"),
    ):
        if not used and not settings.is_default(name):
            warn_user(f"{name}={settings[name]!r} has no effect: {why}")
