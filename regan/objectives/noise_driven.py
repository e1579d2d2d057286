"""The base of objectives whose sampler makes rows from noise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from regan.backends import Array
from regan.layers.base import Params
from regan.layers.network import Network
from regan.objectives.base import Objective, joined
from regan.objectives.batch import Batch

CALIBRATION_ROWS = 2048


class NoiseDrivenObjective(Objective):
    """Base class of objectives in which one network makes rows from noise.

    Attributes
    ----------
    sampler : str
        The player whose network does so, the one of `samplers`.
    """

    sampler: ClassVar[str]

    @staticmethod
    @abstractmethod
    def generate(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        """Rows (K, N, D) from standard normal `noise` (1, N, Z); `network` is the sampler's."""

    @staticmethod
    @abstractmethod
    def chances(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        """The probabilities (K, N, sum L) with which `generate` draws levels, from its noise."""

    @staticmethod
    @abstractmethod
    def noise_size(network: Network, n_side: int) -> int:
        """Z, the standard normal numbers that one row takes from the sampler's `network`.

        n_side : how many inputs it has beside them.
        """

    def made(self, thetas: Mapping[str, Array], like: Batch) -> Array:
        n, network = like.real.shape[1], self.networks[self.sampler]
        noise = like.draws.normal("sample", (1, n, self.n_noise))
        side = self.nothing_known(like.labels, n)
        return self.generate(network, network.split(thetas[self.sampler]), noise, side)

    @property
    def n_noise(self) -> int:
        """Z."""
        return self.noise_size(self.networks[self.sampler], self.n_side)

    @property
    def n_side(self) -> int:
        """What the sampler takes beside noise: known cells, which these are, and labels."""
        return self.n_labels + (self.n_features + self.n_cells if self.n_cells else 0)

    def nothing_known(self, labels: Array | None, n: int) -> Array | None:
        """What the sampler takes beside noise for `n` rows of these labels, and nothing known."""
        if not self.n_cells:
            return labels
        return joined(self.ops.xp, self.ops.zeros((1, n, self.n_side - self.n_labels)), labels)

    def _shown(self, batch: Batch) -> Array | None:
        """What other networks take beside rows: which of their cells are known, and labels."""
        if not self.n_cells:
            return batch.labels
        n = batch.real.shape[1]
        masked = batch.masked
        shown = self.ops.zeros((1, n, self.n_cells)) if masked is None else masked.shown
        return joined(self.ops.xp, shown, batch.labels)

    def _side(self, batch: Batch) -> Array | None:
        """What the sampler takes beside noise: what is known of the rows, which cells, labels."""
        if batch.masked is None:
            return self.nothing_known(batch.labels, batch.real.shape[1])
        xp, shown = self.ops.xp, self._shown(batch)
        return joined(xp, batch.masked.known(self.ops, batch.real), shown)

    def _calibration_inputs(self, batch: Batch, width: int) -> Array:
        """Noise of this width, and labels as often as the batch has them: (1, N, width + C)."""
        noise = batch.draws.normal("calibration", (1, CALIBRATION_ROWS, width))
        labels = batch.labels
        if labels is not None:
            rows = np.arange(CALIBRATION_ROWS) % labels.shape[1]
            labels = labels[:, self.ops.asarray(rows, dtype=np.int64)]
        return joined(self.ops.xp, noise, self.nothing_known(labels, CALIBRATION_ROWS))
