"""Memory that training takes, estimated."""

from __future__ import annotations

from collections.abc import Sequence

from regan.layers.network import Network
from regan.objectives.noise_driven import CALIBRATION_ROWS
from regan.training.trainer import Trainer
from regan.validation import warn_user

_BLOCKS = 3
"""Blocks of rows that a network may see in a step: a discriminator real, fake, and between them."""

_PASSES = 6
"""What the passes of a step write, in units of what goes into all layers."""

_FORWARD = 2
"""The same for a forward pass."""

_SAMPLED_ROWS = 512

_CODE_BYTES = 2
"""What a level of a row takes, or its class."""

_LARGE = 2 * 2**30
_SMALL = 2**28
_SHARE = 0.5


def activation_bytes(trainer: Trainer) -> int:
    """What the passes of one model write in a step."""
    networks, once = trainer.objective.networks.items(), trainer.objective.made_once
    blocks = {name: 1 if name in once else _BLOCKS for name, _ in networks}
    n_rows = trainer.batch_size // trainer.part.size
    numbers = sum(blocks[name] * n_rows * _inputs(net) for name, net in networks)
    return _PASSES * numbers * _itemsize(trainer)


def model_bytes(trainer: Trainer) -> int:
    """What training takes for each model: its state twice, and as often as an update that is
    recorded holds it besides, gradients, and passes.
    """
    networks = trainer.objective.networks.values()
    state = _state_size(trainer) * _itemsize(trainer)
    gradients = 3 * sum(network.layout.size for network in networks)
    rows = max(
        CALIBRATION_ROWS if network.needs_calibration else _SAMPLED_ROWS for network in networks
    )
    evaluation = _FORWARD * rows * max(map(_inputs, networks))
    apart = max(activation_bytes(trainer), evaluation * _itemsize(trainer))
    copies = 2 + trainer.ops.recorded_states
    return copies * state + gradients * _itemsize(trainer) + apart


def _state_size(trainer: Trainer) -> int:
    """Parameters, the sampler's average, and what optimizers keep: numbers of one model."""
    players = trainer.objective.players
    averages = sum(players[name].network.layout.size for name in trainer.objective.samplers)
    return averages + sum(
        player.network.layout.size
        + (len(player.optimizer.moments) + 1) * player.network.layout.n_trained
        for player in players.values()
    )


def data_bytes(trainer: Trainer, n_rows: int, levels: Sequence[int] = ()) -> int:
    """What so many rows take, with blocks of `levels`: numbers as they are, levels as codes."""
    numbers = trainer.objective.n_features - sum(levels)
    codes = len(levels) + bool(trainer.objective.n_labels)
    return n_rows * (numbers * _itemsize(trainer) + codes * _CODE_BYTES)


def warn_of_memory(trainer: Trainer, n_rows: int, levels: Sequence[int] = ()) -> None:
    """Warn before a fit to so many rows, with blocks of `levels`, if it `is_much`."""
    rows, rest = data_bytes(trainer, n_rows, levels), model_bytes(trainer)
    free = trainer.ops.free_memory
    if not is_much(rows + rest, free):
        return
    widest = max(max(network.widths) for network in trainer.objective.networks.values())
    many = ", or columns with fewer levels" if sum(levels) > widest / 2 else ""
    warn_user(
        f"training takes about {amount(rows + rest)} of memory ({amount(rows)} for the rows, "
        f"{amount(rest)} for networks and minibatches), but only {amount(free)} are free. To "
        f"reduce it, use a smaller batch_size or smaller networks{many}"
    )


def is_much(n_bytes: float, free: float) -> bool:
    """Whether a fit takes much memory: above 2 GiB, or above half of what is free.

    Below 256 MiB nothing is much, however little is free.
    """
    return n_bytes > max(_SMALL, min(_LARGE, _SHARE * free))


def amount(n_bytes: float) -> str:
    """Bytes in words."""
    return f"{n_bytes / 2**20:.3g} MiB" if n_bytes < 2**30 else f"{n_bytes / 2**30:.3g} GiB"


def _inputs(network: Network) -> int:
    """How many numbers of a row enter all layers of a network, and leave the last."""
    return sum(network.widths)


def _itemsize(trainer: Trainer) -> int:
    return int(trainer.ops.dtype.itemsize)
