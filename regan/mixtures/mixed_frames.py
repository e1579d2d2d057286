"""Mixed frames: components of numbers and levels, for tables that have both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import blocks_of
from regan.data.numbers.pieces import slices
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures.em.product import ProductMixture, log_normals
from regan.mixtures.encoded import FEWEST, FLOOR, cells_of, fit_mixture, flat_columns
from regan.mixtures.frames import LARGEST, PIECE, Frames, posterior_draws, shares_of
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

COMPONENT_ROWS = 40
"""Rows that a component takes, on average."""

FEW_COMPONENTS, FEWER_ROWS = 3, 25
"""Up to so many components, each takes so many rows: groups that one component holds together lose
what is between them."""

MOST_COMPONENTS = 100


@dataclass(frozen=True, eq=False)
class MixedFrames(Frames):
    r"""Mixed frames: a mixture of products over numbers and levels, and rows as it sees them.

    A row belongs to a component k, drawn with the probabilities that the mixture gives it by all of
    its cells. Its numbers become :math:`u_j = (x_j - \mu_{kj}) / \sqrt{v_{kj}}`; its levels stay
    what they are, and :math:`\log s_k` is what networks add to their logits (`level_logits`). So a
    network that makes standard normal numbers and logits of 0 makes rows of the mixture. A column
    that has one value in a component is filled with noise on the way in and constant on the way
    out.

    Attributes
    ----------
    mixture : ProductMixture
        With variances of at least 0.01.
    flat : boolean array of shape (K, P)
        Which columns have one value in a component, its mean.
    weights : array of shape (K,)
    shares : array of shape (C, K)
        See `Frames`.
    """

    kind = "mixed"

    mixture: ProductMixture
    flat: np.ndarray
    weights: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(
        cls,
        mixture: ProductMixture,
        rows: EncodedRows,
        classes: np.ndarray | None,
        n_classes: int,
        seed: int,
    ) -> Self:
        """The frames of a mixture, with the shares that its components have of `rows` (n, D)."""
        k, flat = mixture.n_components, np.zeros(mixture.means.shape, dtype=bool)
        frames = cls(mixture, flat, mixture.weights, np.empty((0, k)))
        components = frames.assign_rows(rows, np.random.default_rng([seed, 10]))
        weights, shares = shares_of(components, k, classes, n_classes)
        flat, centres = flat_columns(rows.plain, components, k)
        own = replace(
            mixture,
            weights=weights,
            means=np.where(flat, centres, mixture.means),
            covariances=np.where(flat, FLOOR, mixture.covariances),
        )
        return cls(own, flat, weights, shares)

    @property
    def n_columns(self) -> int:
        """P."""
        return int(self.mixture.means.shape[1])

    @property
    def n_coordinates(self) -> int:
        """P."""
        return self.n_columns

    @cached_property
    def variances(self) -> np.ndarray:
        """Those of numbers in each component (K, P), 0 where a column has one value."""
        return np.where(self.flat, 0.0, self.mixture.covariances)

    @cached_property
    def level_shares(self) -> np.ndarray:
        """The shares of levels in each component, (K, sum L)."""
        return np.ascontiguousarray(self.mixture.shares.T)

    @cached_property
    def level_logits(self) -> np.ndarray:
        """Logarithms of the shares of levels in each component, (K, sum L)."""
        logits: np.ndarray = np.log(self.level_shares)
        return logits

    # Rows in, coordinates out

    def enter(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        components = self.assign(rows, rng)
        return self._inside(rows, components, rng), components

    def enter_rows(
        self,
        rows: np.ndarray | EncodedRows | UnscaledRows,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ) -> tuple[np.ndarray, np.ndarray]:
        if not isinstance(rows, EncodedRows):
            return super().enter_rows(rows, rng, dtype)
        components = self.assign_rows(rows, rng)
        return self._inside(rows.plain, components, rng, dtype), components

    def assign_rows(self, rows: EncodedRows, rng: np.random.Generator) -> np.ndarray:
        """The components of rows (n, D): drawn, with their posterior probabilities."""
        step, places = max(1, PIECE // self.n_components), rng.random(len(rows))
        components = np.empty(len(rows), dtype=np.int64)
        for i in range(0, len(rows), step):
            joint = self.mixture.log_joint(cells_of(rows[i : i + step]))
            components[i : i + step] = posterior_draws(joint, places[i : i + step])
        return components

    def leave(self, coordinates: np.ndarray, components: np.ndarray) -> np.ndarray:
        spread = np.sqrt(self.variances[components])
        rows: np.ndarray = self.mixture.means[components] + spread * coordinates
        return rows

    def _inside(
        self,
        rows: np.ndarray,
        components: np.ndarray,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ) -> np.ndarray:
        entered, scale = np.empty(rows.shape, dtype), np.sqrt(self.mixture.covariances)
        for here in slices(*rows.shape):
            mine = components[here]
            inside = (rows[here] - self.mixture.means[mine]) / scale[mine]
            noise = rng.standard_normal(inside.shape)
            entered[here] = np.where(self.flat[mine], noise, inside)
        return entered

    # Rows of which some cells are known

    def log_given(self, known: EncodedRows) -> np.ndarray:
        joint = self.mixture.log_joint(cells_of(known))
        joint -= np.log(np.maximum(self.mixture.weights, np.finfo(np.float64).tiny))
        return joint

    def log_allowed(self, allowed: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
        logs, tiny = super().log_allowed(allowed, sizes), np.finfo(np.float64).tiny
        for block in blocks_of(sizes):
            own = allowed[:, block]
            some = (own.sum(axis=1) > 1) & ~own.all(axis=1)
            if some.any():
                chances = own[some] @ self.level_shares[:, block].T
                logs[some] += np.log(np.maximum(chances, tiny))
        return logs

    def enter_given(
        self, numbers: np.ndarray, components: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        return self._inside(numbers, components, rng), None

    # The mixture itself

    def log_densities(self, rows: np.ndarray) -> np.ndarray:
        """The logarithm of each component's density at the numbers of rows (n, P): (n, K)."""
        return log_normals(self.mixture.means, self.mixture.covariances, rows)

    def sample(self, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Rows (n, D) of the mixture itself, in these components (n,), levels one-hot."""
        cells = self.mixture.sample(components, rng)
        numbers = np.where(self.flat[components], self.mixture.means[components], cells.values)
        return EncodedRows(numbers, cells.codes, cells.sizes).dense()

    # What a model file holds

    def export(self) -> dict[str, np.ndarray]:
        return {
            "means": self.mixture.means,
            "variances": self.variances,
            "levels": self.level_shares,
            "weights": self.weights,
            "shares": self.shares,
        }

    @classmethod
    def restore(
        cls,
        stored: Stored,
        tensors: Tensors,
        n_columns: int,
        n_classes: int,
        sizes: tuple[int, ...],
    ) -> Self:
        """The inverse of `export`; stored : their number, K; sizes : of the blocks."""
        k = stored.integer(1)
        weights = tensors.take("weights", (k,), low=0, high=1)
        means = tensors.take("means", (k, n_columns), low=-LARGEST, high=LARGEST)
        variances = tensors.take("variances", (k, n_columns), low=0, high=LARGEST)
        levels = tensors.take("levels", (k, sum(sizes)), low=0, high=1)
        shares = tensors.take("shares", (n_classes, k), low=0, high=1)
        sums = [weights.sum(), *shares.sum(axis=1)]
        sums += [total for block in blocks_of(sizes) for total in levels[:, block].sum(axis=1)]
        if not np.allclose(sums, 1) or not (levels > 0).all():
            raise FileError("the arrays of frames are none of a mixture of numbers and levels")
        own = ProductMixture(weights, means, np.maximum(variances, FLOOR), levels.T, sizes)
        return cls(own, variances == 0, weights, shares)


def learn_mixed(
    rows: EncodedRows,
    n_components: int | str,
    classes: np.ndarray | None,
    n_classes: int,
    seed: int,
) -> MixedFrames:
    """The frames of scaled `rows` (n, D) by the rule, or with so many components.

    By the rule it is 40 rows for each of at most 100 components, or 25 for up to three.
    """
    if n_components == "auto":
        n_components = _by_rule(len(rows))
    elif len(rows) < FEWEST * int(n_components):
        raise ValueError(
            f"frames={n_components} is more components than {len(rows)} rows support, because "
            f"each component needs {FEWEST} rows: choose fewer, or frames='auto'"
        )
    mixture = fit_mixture(rows, int(n_components), seed)
    return MixedFrames.of(mixture, rows, classes, n_classes, seed)


def _by_rule(n: int) -> int:
    few = min(FEW_COMPONENTS, n // FEWER_ROWS)
    return max(1, few, min(MOST_COMPONENTS, n // COMPONENT_ROWS))
