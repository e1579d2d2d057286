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

from regan.backends import Array, Backend
from regan.layers.base import Cache, Params
from regan.layers.network import Network
from regan.objectives.batch import Batch
from regan.objectives.players import Memory, Player
from regan.objectives.terms import Terms

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
    samplers : tuple of str
        The players whose networks make rows; their parameters are averaged for that.
    judges : tuple of str
        The players whose networks judge rows, `pac` of them together.
    pac : int
        The number of rows that are judged together; the batch size is a multiple of it.
    """

    names: ClassVar[tuple[str, ...]]
    samplers: ClassVar[tuple[str, ...]]
    judges: ClassVar[tuple[str, ...]] = ()

    pac: int = 1

    @property
    def made_once(self) -> tuple[str, ...]:
        """The players whose networks see one block of rows in a step; others see up to three."""
        return self.samplers

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
        return self.players[self.samplers[0]].ops

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

    @property
    @abstractmethod
    def n_features(self) -> int:
        """D, the columns of the data."""

    @abstractmethod
    def made(self, thetas: Mapping[str, Array], like: Batch) -> Array:
        """As many rows (K, N, D) as `like` has, made with parameters of the samplers for evaluation
        and with its draws.
        """

    @abstractmethod
    def calibrate(
        self, name: str, theta: Array, batch: Batch, samplers: Mapping[str, Array]
    ) -> None:
        """Write what the network `name` needs for evaluation to the fixed part of its `theta`.

        batch : rows and draws; samplers : the samplers' parameters for evaluation. What a sampler
        needs is that of `CALIBRATION_ROWS` rows of noise, if it takes noise, however few data rows
        there are.
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
