"""Rejection sampling: generated rows are kept with the odds that the discriminator gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import LogisticRegression

from regan.backends import Backend
from regan.data.encoded_rows import EncodedRows
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates, Matrix
from regan.objectives import AdversarialObjective
from regan.objectives.base import joined
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors

TRIES = 200
"""How often a row is made anew, at most."""

STEEPEST = 10.0
"""The largest slope: scores without any spread have no scale."""

_CEILING = 0.98
_ROWS = 5000
_EACH, _PAIRS, _ALL = 512, 4096, 2**18
_NUMBERS = 2**23


@dataclass(frozen=True, eq=False)
class Calibration:
    r"""Calibration of a discriminator's scores D: a row is kept with probability
    ``min(1, exp(slope (D - ceiling)))``.

    Under a pairing loss, D is the logarithm of the ratio of the densities of data and generated
    rows, up to a constant, which may differ between labels; a gradient penalty makes it flatter. So
    a logistic regression of held-out against generated rows tells the slope, and the ceiling is the
    98 % quantile of the scores of generated rows, label by label. Azadi et al., 2019
    (arXiv:1810.06758), with a calibration after Turner et al., 2019 (arXiv:1811.11357).

    Attributes
    ----------
    slope : float
        In [0, 10]; 0 keeps every row.
    ceilings : array of shape (C, K)
        By class and component; C and K are 1 where there are none.
    """

    slope: float
    ceilings: np.ndarray

    def log_odds(self, scores: np.ndarray, at: np.ndarray) -> np.ndarray:
        """The logarithm of the probability (n,) to keep rows with `scores` (n,).

        at : their class and component as one number (`places`).
        """
        odds: np.ndarray = np.minimum(0.0, self.slope * (scores - self.ceilings.ravel()[at]))
        return odds

    def export(self) -> tuple[dict[str, np.ndarray], float]:
        """What a model file has to hold."""
        return {"ceilings": self.ceilings}, self.slope

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors, coordinates: Coordinates) -> Self:
        """The inverse of `export`."""
        slope = stored.real(0)
        if slope > STEEPEST:
            stored.refuse(f"a slope of at most {STEEPEST:g}")
        shape = max(1, coordinates.n_classes), max(1, coordinates.n_components)
        return cls(slope, tensors.take("ceilings", shape))


class Judge:
    """A fitted discriminator that judges generated rows one by one.

    Parameters
    ----------
    fitted : FittedNetwork
    ops : Backend
    coordinates : Coordinates
    """

    def __init__(self, fitted: FittedNetwork, ops: Backend, coordinates: Coordinates) -> None:
        n_packed = rows_in_a_pack(fitted, coordinates)
        if n_packed > 1:
            raise ValueError(
                "method='rejection' needs a discriminator that judges rows one by one, but this "
                f"one judges packs of {n_packed} rows: fit without packing, or use "
                "method='generator'"
            )
        self._network, theta = fitted.on(ops)
        self._params, self._ops = self._network.split(theta), ops
        self._n_classes, self._coordinates = coordinates.n_classes, coordinates
        self._n_components = max(1, coordinates.n_components)

    def scores(self, rows: Any, labels: Matrix | None) -> np.ndarray:
        """The scores (n,) of rows (n, D) with labels (n, L), as networks see them."""
        ops = self._ops
        told = self._coordinates.whole(labels, len(rows))
        given = None if told is None else ops.asarray(told[None])
        row = joined(ops.xp, ops.asarray(np.asarray(rows)[None]), given)
        y, _ = self._network.forward(self._params, row)
        scores: np.ndarray = ops.to_numpy(y)[0, :, 0]
        return scores

    def places(self, labels: Matrix | None, n: int) -> np.ndarray:
        """Class and component of each of `n` rows as one number (n,)."""
        at = np.zeros(n, dtype=np.int64)
        if isinstance(labels, EncodedRows):
            codes = labels.codes.astype(np.int64)
            if self._n_classes:
                at += codes[:, 0] * self._n_components
            if self._n_components > 1:
                at += codes[:, -1]
        return at


def rows_in_a_pack(fitted: FittedNetwork, coordinates: Coordinates) -> int:
    """How many rows a discriminator judges at a time."""
    return int(fitted.network.n_in // (coordinates.n_columns + coordinates.n_told))


@dataclass(frozen=True, eq=False)
class Rejection:
    """Rejection sampling with a judge and its calibration."""

    judge: Judge
    calibration: Calibration

    def accepted(
        self,
        rows: np.ndarray,
        labels: Matrix | None,
        rng: np.random.Generator,
        again: Callable[[], np.ndarray],
    ) -> np.ndarray:
        """Rows (n, D) with these labels, each made anew until it is kept.

        again : makes as many rows with the same labels. What becomes of a row does not depend on
        the others.

        RuntimeError if some row was not kept in 200 tries.
        """
        left, at = np.ones(len(rows), dtype=bool), self.judge.places(labels, len(rows))
        for _ in range(TRIES):
            odds = self.calibration.log_odds(self.judge.scores(rows, labels), at)
            left &= np.log(rng.random(len(rows))) >= odds
            if not left.any():
                return rows
            rows = np.where(left[:, None], again(), rows)
        raise RuntimeError(
            f"rejection sampling failed for {int(left.sum())} of {len(rows)} rows, as the "
            f"discriminator rejected all {TRIES} candidates for each. Train longer, calibrate on "
            "more rows, or use method='generator'"
        )


def calibrate(
    judge: Judge,
    held: tuple[Matrix, Matrix | None],
    coordinates: Coordinates,
    generate: Callable[[Matrix | None, int], np.ndarray],
    seed: int,
) -> Calibration:
    """The calibration of a judge on held-out rows (n, D) with labels (n, L).

    generate : makes n rows with these labels. More than 4,096 labels have one ceiling for all.
    """
    rng, n_classes = np.random.default_rng([seed, 13]), coordinates.n_classes
    shape = max(1, n_classes), max(1, coordinates.n_components)
    pairs = shape[0] * shape[1]
    each = min(_EACH, max(64, _ALL // pairs))
    ceilings = np.empty(pairs)
    most = int(np.clip(_NUMBERS // max(1, coordinates.n_labels), 64, _ROWS))
    at_once = max(1, most // each)
    for i in range(0, pairs if pairs <= _PAIRS else 0, at_once):
        at = np.repeat(np.arange(i, min(pairs, i + at_once)), each)
        labels = coordinates.labels(at // shape[1], at % shape[1])
        scores = judge.scores(generate(labels, len(at)), labels)
        ceilings[i : i + at_once] = np.quantile(scores.reshape(-1, each), _CEILING, axis=1)
    X, told = held
    index = rng.permutation(len(X))[:most]
    some, given = X[index], None if told is None else told[index]
    at = judge.places(given, len(some))
    dense = some.dense() if isinstance(some, EncodedRows) else some
    of_real, of_fake = (judge.scores(rows, given) for rows in (dense, generate(given, len(at))))
    if pairs > _PAIRS:
        ceilings[:] = np.quantile(of_fake, _CEILING)
    t = np.r_[of_real, of_fake]
    t = (t - np.r_[ceilings[at], ceilings[at]])[:, None]
    slope = 0.0
    if np.ptp(t) > 0:
        is_real = np.r_[np.ones(len(at)), np.zeros(len(at))]
        regression = LogisticRegression(C=10.0).fit(t, is_real)
        slope = float(np.clip(regression.coef_[0, 0], 0, STEEPEST))
    return Calibration(slope, ceilings.reshape(shape))


def generating(
    fitted: FittedNetwork, coordinates: Coordinates, seed: int
) -> Callable[[Matrix | None, int], np.ndarray]:
    """A function that makes n rows with labels (n, L), by a fitted generator on the host."""
    network, objective = fitted.network, AdversarialObjective
    params, rng = network.split(fitted.theta), np.random.default_rng([seed, 14])
    width = objective.noise_size(network, coordinates.n_side)

    def generate(labels: Matrix | None, n: int) -> np.ndarray:
        ops = network.ops
        side = coordinates.nothing_known(labels, n)
        given = None if side is None else ops.asarray(side[None])
        noise = ops.asarray(rng.standard_normal((1, n, width)))
        rows: np.ndarray = objective.generate(network, params, noise, given)[0]
        return rows

    return generate
