"""The mixture whose components are the frames of a fitted model, as users see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from scipy.special import logsumexp

from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.estimators.sampling import Maker, Sampler, piece_rows
from regan.mixtures.frames import Frames
from regan.mixtures.local_frames import LocalFrames
from regan.mixtures.mixed_frames import MixedFrames
from regan.mixtures.principal_frames import PrincipalFrames
from regan.validation import check_int, draw_seed


class FittedFrames:
    """Gaussian mixture whose components are the frames that a model was trained in.

    The mixture is a model of its own. Compare its samples with those of the networks to see what
    the networks improve.

    Parameters
    ----------
    frames : Frames
        Frames of the model.
    reader : Reader
        Reader of the model.
    model : estimator
        The model. Its `random_state` is the default, and its column names are used.

    Attributes
    ----------
    n_components : int
        Number of components K.
    weights_ : array of shape (K,)
        Share of the training rows in each component.
    means_ : array of shape (K, P)
        Means on the scale of training, where columns have zero mean and unit variance, or are
        normal scores. In principal frames (K, R), in principal components.
    covariances_ : array of shape (K, P, P)
        Covariances on the same scale; 0 for columns with only one value. For principal components,
        and for the numbers of a table with levels, variances (K, R).
    level_shares_ : array of shape (K, sum L)
        Share of each level in each component, in frames of a table with levels.
    components_ : array of shape (R, P)
        The principal components, in principal frames.
    """

    means_: np.ndarray
    covariances_: np.ndarray

    def __init__(self, frames: Frames, reader: Reader, model: Any) -> None:
        self._frames, self._reader, self._model = frames, reader, model
        self.n_components: int = frames.n_components
        self.weights_: np.ndarray = frames.weights
        if isinstance(frames, LocalFrames):
            self.means_, self.covariances_ = frames.means, frames.covariances
        if isinstance(frames, PrincipalFrames):
            self.means_, self.covariances_ = frames.means, frames.variances
            self.components_: np.ndarray = frames.axes.T
        if isinstance(frames, MixedFrames):
            self.means_, self.covariances_ = frames.mixture.means, frames.variances
            self.level_shares_: np.ndarray = frames.level_shares

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Any:
        """Generate rows from the mixture alone, in the form of the training data.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState or None, default=None
            Seed. None takes that of the model.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            Rows within the ranges of the data, like those of the model. The first rows do not
            depend on `n_samples`.

        Raises
        ------
        ValueError
            If the data have levels that the mixture does not model.
        """
        if self._reader.scaler.levels and self._frames.level_logits is None:
            raise ValueError(
                "the mixture of the frames models the numeric columns only, and these data also "
                "have levels: use sample of the model itself"
            )
        n = check_int(n_samples, "n_samples", minimum=1)
        given = self._model.random_state if random_state is None else random_state
        rows = piece_rows(self._frames.n_columns)
        sampler = Sampler(self._reader, partial(self._making, rows), rows, 1)
        return self._reader.wrap(sampler.draw(n, draw_seed(given)))

    def score_samples(self, X: Any) -> np.ndarray:
        """Log density of rows under the mixture, in the units of the data.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows of numbers.

        Returns
        -------
        log_density : array of shape (n_samples,)

        Raises
        ------
        ValueError
            If the model was fitted to a table with columns other than floating-point numbers, or
            has principal frames.
        """
        scaler = self._reader.scaler
        if not isinstance(scaler, ColumnScaler):
            raise ValueError(
                "score_samples needs a model that was fitted to floating-point columns only: fit "
                "it to X.astype(float)"
            )
        if not isinstance(self._frames, LocalFrames):
            raise ValueError(
                "score_samples is not available in principal frames: a mixture of principal "
                "components has no density in the columns of the data"
            )
        numbers = self._reader.read(self._model, X)
        joint = self._frames.log_joint(scaler.forward(numbers))
        density: np.ndarray = logsumexp(joint, axis=1) + scaler.log_slope(numbers)
        return density

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of a row: the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    @contextmanager
    def _making(self, n_rows: int) -> Iterator[Maker]:
        def make(rng: np.random.Generator, _: np.ndarray | None) -> np.ndarray:
            components = self._frames.draw(n_rows, rng, None)
            return self._frames.sample(components, rng)

        yield make

    def __repr__(self) -> str:
        kind, d = self._frames.kind, self._frames.n_columns
        return f"<FittedFrames, {kind}, of {self.n_components} components, {d} columns>"
