"""Frames: coordinates that belong to the components of a mixture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.unscaled_rows import UnscaledRows, scaled

LARGEST = 1e12
"""Of what columns of unit variance have for means and variances, in a file."""

PIECE = 2**21
"""Numbers at a time."""


class Frames(ABC):
    """Frames: rows as components of a Gaussian mixture and coordinates that go with them.

    Attributes
    ----------
    weights : array of shape (K,)
        How often each component occurs.
    shares : array of shape (C, K)
        How often it does in each of C classes, of a conditional model; (0, K) without classes.
    kind : str
        What model files call it.
    """

    weights: np.ndarray
    shares: np.ndarray
    kind: ClassVar[str]

    spreads_ties: ClassVar[bool] = False
    """Whether tied numbers are spread when rows enter; see `Ties`."""

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """P, the columns of rows."""

    @property
    @abstractmethod
    def n_coordinates(self) -> int:
        """R, the coordinates that stand for them."""

    @abstractmethod
    def enter(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (n, R) and components (n,) of `rows` (n, P)."""

    def enter_rows(
        self,
        rows: np.ndarray | EncodedRows | UnscaledRows,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same of whole rows (n, D), with their levels, of which most frames know nothing.

        dtype : that coordinates are to have.
        """
        whole = scaled(rows)
        numbers = whole.plain if isinstance(whole, EncodedRows) else whole
        coordinates, components = self.enter(numbers, rng)
        return coordinates.astype(dtype, copy=False), components

    def with_ties_of(self, rows: np.ndarray) -> Self:
        """The same for rows that enter a few at a time: tied numbers are those of `rows` (n, P)."""
        return self

    # Rows of which some cells are known

    @abstractmethod
    def log_given(self, known: EncodedRows) -> np.ndarray:
        """The logarithm of each component's density at the known cells of rows: (n, K).

        known : with NaN for numbers that are not known, and -1 for levels.
        """

    def log_allowed(self, allowed: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
        """The logarithm of the chance that a component has levels which are `allowed` (n, sum L) in
        blocks of these sizes, where several are: (n, K), or what is added to that.
        """
        return np.zeros((len(allowed), self.n_components))

    def assign_given(
        self,
        logs: np.ndarray,
        rng: np.random.Generator,
        classes: np.ndarray | None = None,
    ) -> np.ndarray:
        """The components (n,) of rows, drawn given what is known, and their classes (n,).

        logs : the logarithm of what is known in each component, (n, K).
        """
        shares = self.weights[None] if classes is None else self.shares[classes]
        joint = logs + np.log(np.maximum(shares, np.finfo(np.float64).tiny))
        return posterior_draws(joint, rng.random(len(logs)))

    @abstractmethod
    def enter_given(
        self, numbers: np.ndarray, components: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """What is known of the coordinates (n, R) of rows, by their known `numbers` (n, P), NaN
        elsewhere, and by which map of them (n, R, R): see `kept`.
        """

    @property
    def is_oblique(self) -> bool:
        """Whether coordinates are those of axes, and not of columns one by one."""
        return False

    def axes_in(self, components: np.ndarray) -> np.ndarray:
        """The axes (n, R, P) of components (n,), if they have any: rows are ``centre + u axes``."""
        raise NotImplementedError

    def gains(self, axes: np.ndarray, components: np.ndarray) -> np.ndarray:
        """The regression (n, P, R) of coordinates on columns, given `axes` (n, R, P) that are 0 in
        columns that are not known.
        """
        raise NotImplementedError

    def kept(self, shown: np.ndarray, components: np.ndarray) -> np.ndarray:
        """What is known of coordinates (n, R, R) with the columns `shown` (n, P): see
        `regan.objectives.masked.Masked`.
        """
        r = self.n_coordinates
        kept, step = np.empty((len(shown), r, r)), max(1, PIECE // (r * self.n_columns))
        for i in range(0, len(shown), step):
            own = components[i : i + step]
            axes = self.axes_in(own) * shown[i : i + step, None, :]
            kept[i : i + step] = axes @ self.gains(axes, own)
        return kept

    def _regressed(
        self, off: np.ndarray, components: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """`enter_given`, from deviations (n, P) of the centers, in frames with axes."""
        shown = ~np.isnan(off)
        axes = self.axes_in(components) * shown[:, None, :]
        gains = self.gains(axes, components)
        return np.einsum("np,npr->nr", np.where(shown, off, 0.0), gains), axes @ gains

    @property
    def level_logits(self) -> np.ndarray | None:
        """What networks add to the logits of levels in each component, (K, sum L), if anything."""
        return None

    @abstractmethod
    def leave(self, coordinates: np.ndarray, components: np.ndarray) -> np.ndarray:
        """Rows (n, P) from coordinates (n, R) in these components (n,)."""

    @abstractmethod
    def sample(self, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Rows (n, P) of the mixture itself, in these components (n,)."""

    @abstractmethod
    def log_densities(self, rows: np.ndarray) -> np.ndarray:
        """The logarithm of each component's density at rows: (n, K)."""

    @abstractmethod
    def export(self) -> dict[str, np.ndarray]:
        """Its arrays, by name."""

    def log_joint(self, rows: np.ndarray) -> np.ndarray:
        """The logarithm of each component's weight times its density: (n, K)."""
        joint = self.log_densities(rows)
        joint += np.log(np.maximum(self.weights, np.finfo(np.float64).tiny))
        return joint

    def assign(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The components of rows (n, .): drawn, with their posterior probabilities."""
        components = np.zeros(len(rows), dtype=np.int64)
        places = rng.random(len(rows))
        if self.n_components == 1:
            return components
        step = max(1, PIECE // (self.n_components * self.n_columns))
        for i in range(0, len(rows), step):
            joint = self.log_joint(rows[i : i + step])
            components[i : i + step] = posterior_draws(joint, places[i : i + step])
        return components

    def draw(self, n: int, rng: np.random.Generator, classes: np.ndarray | None) -> np.ndarray:
        """The components of `n` new rows, of these classes (n,) if there are any."""
        shares = self.weights[None] if classes is None else self.shares[classes]
        return inverted(np.cumsum(shares, axis=1), rng.random(n))


def posterior_draws(joint: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Components (n,) drawn by uniform numbers (n,), from logarithms of joint densities (n, K)."""
    return inverted(np.cumsum(np.exp(joint - joint.max(axis=1, keepdims=True)), axis=1), places)


def inverted(edges: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Where uniform numbers (n,) fall among cumulated weights (n, K) or (1, K): (n,)."""
    beyond: np.ndarray = places[:, None] * edges[:, -1:] >= edges
    number: np.ndarray = beyond[:, :-1].sum(axis=1)
    return number


def shares_of(
    components: np.ndarray, k: int, classes: np.ndarray | None, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (K,) of the components (n,) of rows, and their shares (C, K) by class (n,)."""
    weights = np.bincount(components, minlength=k) / len(components)
    if classes is None:
        return weights, np.empty((0, k))
    counts = np.zeros((n_classes, k))
    np.add.at(counts, (classes, components), 1)
    counts[~counts.any(axis=1)] = weights  # of a class without rows here
    return weights, counts / counts.sum(axis=1, keepdims=True)
