"""Memory that training takes, estimated."""

from __future__ import annotations

import numpy as np

from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.objectives.base import CALIBRATION_ROWS
from regan.population.members import Kind
from regan.training.trainer import Trainer

_BLOCKS = 3
"""Blocks of rows that the discriminator may see in a step: real, fake, and between them."""

_PASSES = 6
"""What the passes of a step write, in units of what goes into all layers."""

_FORWARD = 2
"""The same for a forward pass."""

_SAMPLED_ROWS = 512


def activation_bytes(trainer: Trainer) -> int:
    """What the passes of one model write in a step."""
    sampler = trainer.objective.sampler
    networks = trainer.objective.networks.items()
    blocks = {name: 1 if name == sampler else _BLOCKS for name, _ in networks}
    numbers = sum(blocks[name] * trainer.batch_size * _inputs(net) for name, net in networks)
    return _PASSES * numbers * _itemsize(trainer)


def model_bytes(trainer: Trainer) -> int:
    """What training takes for each model: its state twice, gradients, and passes."""
    state = sum(int(array.nbytes) for array in trainer.init(0).arrays().values())
    networks = trainer.objective.networks.values()
    gradients = 3 * sum(network.layout.size for network in networks)
    rows = max(
        CALIBRATION_ROWS if network.needs_calibration else _SAMPLED_ROWS for network in networks
    )
    evaluation = _FORWARD * rows * max(map(_inputs, networks))
    apart = max(activation_bytes(trainer), evaluation * _itemsize(trainer))
    return 2 * state + gradients * _itemsize(trainer) + apart


def data_bytes(trainer: Trainer, kind: Kind) -> int:
    """What a training set of this kind takes."""
    columns = trainer.objective.networks[trainer.objective.sampler].n_out + kind.shape.n_labels
    return (kind.n_rows + kind.n_held) * columns * _itemsize(trainer)


def _inputs(network: Network) -> int:
    """How many numbers of a row enter all layers of a network, and leave the last."""
    ops = network.ops
    params = network.split(network.init(np.random.default_rng(0)))
    draws = Draws(ops, ops.rng(0))
    y, caches = network.forward(params, ops.zeros((1, 2, network.n_in)), train=True, draws=draws)
    return int(y.shape[-1] + sum(cache["input"].shape[-1] for cache in caches))


def _itemsize(trainer: Trainer) -> int:
    return int(trainer.ops.dtype.itemsize)
