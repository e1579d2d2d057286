"""A shortfall of a fitted model: generated rows that are far from the rows of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.building.framing import check_frames
from regan.data.unscaled_rows import UnscaledRows
from regan.estimators.sampling import Sampler
from regan.metrics import two_sample_score
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.principal_frames import PrincipalFrames
from regan.mixtures.selection import ROWS_EACH

WORTH_MEASURING = 1000
"""Updates of a fit from which on it takes much longer than measuring what came of it."""

FAR = 0.75
"""Scores below this are far from that of real rows, 1."""

_ROWS = 1000
_FEWEST = 100
_CELLS = 10**5


def measure_shortfall(
    X: Any, coordinates: Coordinates, sampler: Sampler, seed: int, codes: np.ndarray | None
) -> float | None:
    """The score of generated rows beside at most 1,000 of the rows `X` (n, D) of training.

    Of columns on one scale, such as pixels, the principal components of training are compared: the
    others have no part in the model. codes : the classes of generated rows, at least as many. None
    if there are too few rows to tell.
    """
    scaler, frames = coordinates.scaler, coordinates.frames
    n = min(_ROWS, len(X), max(_FEWEST, _CELLS // scaler.n_standardized))
    if len(X) < _FEWEST:
        return None
    index = np.random.default_rng([seed, 15]).permutation(len(X))[:n]
    real = scaler.as_standardized(X.some(index) if isinstance(X, UnscaledRows) else X[index])
    fake = sampler.draw_standardized(n, seed, None if codes is None else codes[:n])
    if scaler.is_common and isinstance(frames, PrincipalFrames):
        real, fake = frames.project(real), frames.project(fake)
    return two_sample_score(real, fake)


def frames_to_try(setting: Any, coordinates: Coordinates, n_rows: int) -> str | None:
    """A value of `frames` that would bring some, in words; None if there are some or cannot be."""
    scaler = coordinates.scaler
    if coordinates.frames is not None or not scaler.enabled or not coordinates.n_numbers:
        return None
    if check_frames(setting) is None and not scaler.levels:
        return "frames='auto'"
    return "frames=8" if n_rows >= ROWS_EACH * coordinates.n_numbers else None


def advice(
    score: float, n_updates: int, coordinates: Coordinates, frames: str | None, strength: str
) -> str:
    """What such a score means, and what to try.

    frames : see `frames_to_try`; strength : the setting that keeps a model of this class from being
    sharp, gamma or beta.
    """
    falls = strength == "gamma" and coordinates.frames is None
    tries = [
        *([] if frames is None else [frames]),
        f"more updates (max_iter={2 * n_updates})",
        "a gamma that decreases during training" if falls else f"a smaller {strength}",
    ]
    return (
        f"generated rows differ much from the training rows: their score is {score:.2f}, and real "
        f"rows score 1. Try {', '.join(tries)}, less regularization or larger networks. "
        "SamplesDisplay.from_estimator(model, X) shows the difference; see 'When samples are not "
        "sharp' in the guide"
    )
