"""The base of training objectives: players, constraints, weight and activity penalties.

An objective is a pure function of parameters and a batch (with its draws). Everything a user can
switch on that acts through a gradient is in it, so one check against finite differences covers it
all. What acts after the optimizer's step instead (proximal penalties, decoupled decay, projections)
belongs to `regan.objectives.players.Player.update`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Params
from regan.layers.network import Network
from regan.objectives.batch import Batch
from regan.objectives.players import Memory, Player
from regan.objectives.terms import Terms, add_term

CALIBRATION_ROWS = 2048

Thetas = Mapping[str, Array]
Memories = Mapping[str, Memory]


class Objective(ABC):
    """Base class of training objectives, which several networks (players) minimize.

    Parameters
    ----------
    players : dict of str to Player
        The players, by the names that the subclass declares.
    n_labels : int, default=0
        C, the number of classes of a conditional model.
    n_cells : int, default=0
        H, the number of cells of a row that the sampler takes as conditions; 0 for none.

    Attributes
    ----------
    names : tuple of str
        The names of the players.
    sampler : str
        The player whose network generates rows; its parameters are averaged for sampling.
    pac : int
        The number of rows that are judged together; the batch size is a multiple of it.
    """

    names: ClassVar[tuple[str, ...]]
    sampler: ClassVar[str]

    pac: int = 1

    def __init__(self, players: Mapping[str, Player], n_labels: int = 0, n_cells: int = 0) -> None:
        self.players: dict[str, Player] = {name: players[name] for name in self.names}
        self.n_labels = n_labels
        self.n_cells = n_cells

    @property
    def networks(self) -> dict[str, Network]:
        """The network of each player."""
        return {name: player.network for name, player in self.players.items()}

    @property
    def ops(self) -> Backend:
        return self.players[self.sampler].ops

    @abstractmethod
    def plan(self, n_steps: int) -> list[tuple[str, ...]]:
        """The groups of players that update one after the other, for one update of the sampler."""

    def check(self) -> None:  # noqa: B027 - nothing to check is fine
        """Raise ValueError if a regularizer needs what a network does not have."""

    def terms_of_rows(self) -> dict[str, Sequence[Any]]:
        """Terms that compare or judge rows and do not belong to a player, by their settings.

        Each declares by `couples_samples` whether its value is not a mean over rows.
        """
        return {}

    def phase(self, players: Sequence[str], step: int) -> tuple[bool, ...]:
        """What acts at number `step` of the updates of `players`, and not at every one."""
        return ()

    def value_and_grad(
        self,
        players: Sequence[str],
        thetas: Thetas,
        batch: Batch,
        memories: Memories | None = None,
        grads: dict[str, Array] | None = None,
    ) -> tuple[Terms, dict[str, Array]]:
        """Values of the terms of some players' objectives, and gradients of their sums.

        Parameters
        ----------
        players : sequence of str
            The players; each objective is differentiated with respect to its own parameters.
        thetas : dict of str to array of shape (K, P)
            The parameters of all networks.
        batch : Batch
        memories : dict of str to dict, optional
            The memories of the constraints of each player; needed if a constraint changes
            parameters for the passes (spectral norm).
        grads : dict of str to array of shape (K, n_trained), optional
            Arrays for the gradients.

        Returns
        -------
        terms : dict of str to array of shape (K,)
            Losses such as ``"discriminator_loss"``, and all penalties that act through the
            gradient, by name.
        grads : dict of str to array of shape (K, n_trained)
        """
        effective = {
            name: player.constraints.effective(thetas[name], memories[name] if memories else {})
            for name, player in self.players.items()
        }
        params = {n: net.split(effective[n]) for n, net in self.networks.items()}
        if grads is None:
            grads = self._zero(self.gradient_shapes(players, thetas))
        else:
            for grad in grads.values():
                grad[...] = 0
        split = {name: self.networks[name].split(grad) for name, grad in grads.items()}
        terms = self._differentiate(players, params, batch, split)
        for name, grad in grads.items():
            player = self.players[name]
            player.constraints.pull_back(grad, effective[name], memories[name] if memories else {})
            penalties = player.penalise(thetas[name], grad)
            terms |= {f"{name}_{key}": value for key, value in penalties.items()}
        return terms, grads

    def gradient_shapes(self, players: Sequence[str], thetas: Thetas) -> dict[str, tuple[int, int]]:
        """The shapes of the gradients of some players: (K, n_trained) each."""
        return {n: (len(thetas[n]), self.networks[n].layout.n_trained) for n in players}

    @abstractmethod
    def _differentiate(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> Terms:
        """Add the gradients of everything but weight penalties to `grads`; return the terms."""

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

    @property
    @abstractmethod
    def n_features(self) -> int:
        """D, the columns of the data."""

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

    @abstractmethod
    def calibrate(self, name: str, theta: Array, batch: Batch, sampler: Array) -> None:
        """Write what the network `name` needs for evaluation to the fixed part of its `theta`.

        batch : rows and draws; sampler : the sampler's parameters for evaluation. What the sampler
        needs is that of `CALIBRATION_ROWS` rows of noise, however few data rows there are.
        """

    # What subclasses share

    def _zero(self, shapes: Mapping[str, tuple[int, int]]) -> dict[str, Array]:
        """Arrays of zeros by name, in memory that is filled at once."""
        whole = self.ops.empty((sum(prod(shape) for shape in shapes.values()),))
        whole[...] = 0
        arrays, start = {}, 0
        for name, shape in shapes.items():
            stop = start + prod(shape)
            arrays[name] = whole[start:stop].reshape(shape)
            start = stop
        return arrays

    def _calibration_inputs(self, batch: Batch, width: int) -> Array:
        """Noise of this width, and labels as often as the batch has them: (1, N, width + C)."""
        noise = batch.draws.normal("calibration", (1, CALIBRATION_ROWS, width))
        labels = batch.labels
        if labels is not None:
            rows = np.arange(CALIBRATION_ROWS) % labels.shape[1]
            labels = labels[:, self.ops.asarray(rows, dtype=np.int64)]
        return joined(self.ops.xp, noise, self.nothing_known(labels, CALIBRATION_ROWS))

    def _output_activity(self, name: str, output: Array) -> tuple[Terms, Array | None]:
        """The penalties of a player on its output (K, N, O), and their gradient or None."""
        terms: Terms = {}
        slope = None
        for penalty in self.players[name].activity_penalties:
            if penalty.on_output:
                value, g = penalty.value_and_grad(output)
                add_term(terms, f"{name}_{penalty.name}", value)
                slope = g if slope is None else slope + g
        return terms, slope

    def _hidden_activity(
        self, name: str, activations: Mapping[int, Array]
    ) -> tuple[Terms, dict[int, Array]]:
        """The same for hidden activations (K, N, H), by layer."""
        terms: Terms = {}
        slopes: dict[int, Array] = {}
        for penalty in self.players[name].activity_penalties:
            if penalty.on_hidden:
                for i, a in activations.items():
                    value, g = penalty.value_and_grad(a)
                    add_term(terms, f"{name}_{penalty.name}", value)
                    slopes[i] = g if i not in slopes else slopes[i] + g
        return terms, slopes


def hidden_inputs(network: Network, caches: list[Cache]) -> dict[int, Array]:
    """The hidden activations of a batch, by the layer that they enter."""
    return {i: caches[i]["input"] for i in network.hidden}


def joined(xp: Any, rows: Array, labels: Array | None) -> Array:
    """`rows` (K, N, D) with the columns of `labels` (K, N, C) behind; either K may be 1."""
    if labels is None:
        return rows
    n_models = max(len(rows), len(labels))
    parts = [xp.broadcast_to(a, (n_models, *a.shape[1:])) for a in (rows, labels)]
    return xp.concatenate(parts, axis=-1)
