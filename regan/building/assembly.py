"""From an estimator's hyper-parameters to players and a trainer.

`model` is a `NeuralModel` throughout: what is read of it are its constructor's arguments, and the
names of its networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.backends import Backend
from regan.building import factory
from regan.building.architecture import PLACES, Blueprint
from regan.building.settings import for_models, pair, per_network
from regan.building.unused import warn_idle
from regan.constraints import Constraints
from regan.layers import Dense, Layer, Residual
from regan.layers.network import Network
from regan.objectives import Objective
from regan.objectives.players import Pair, Player
from regan.optimizers import Optimizer
from regan.schedules import ConstantSchedule
from regan.training.callbacks import Callback, FunctionCallback, ProgressBar
from regan.training.trainer import Trainer
from regan.validation import check_int, check_real

_FREE = ("gain", "rate", "epsilon")
"""Settings of layers that may change when training goes on."""


def make_players(
    model: Any,
    ops: Backend,
    blueprints: Sequence[Blueprint],
    sizes: Sequence[tuple[int, int]],
    n_labels: int,
    constant: bool,
) -> dict[str, Player]:
    """Both players of `model`.

    sizes : the inputs and outputs of each network; constant : keep the learning rates as they are.
    """
    optimizers = per_network(model, "optimizer", factory.make_optimizer, "beta_1", "beta_2")
    _check_extrapolation(model, optimizers)
    schedules = per_network(model, "learning_rate", factory.make_schedule)
    if constant:
        schedules = Pair(ConstantSchedule(), ConstantSchedule())
    penalties = per_network(model, "penalty", factory.make_penalties, "alpha", "l1_ratio")
    activity = per_network(model, "activity_penalty", factory.make_activity_penalties)
    constraints = per_network(model, "constraint", factory.make_constraints)
    clipping = per_network(model, "clipping", factory.make_clipping)
    warn_idle(
        model, blueprints, penalty=penalties, activity_penalty=activity, constraint=constraints
    )
    rates = [
        check_real(rate, "learning_rate_init", minimum=0, open_minimum=True)
        for rate in pair(model, "learning_rate_init")
    ]
    players = {}
    for i, name in enumerate(model.networks):
        network = blueprints[i].build(ops, *sizes[i], n_labels)
        layout, decoupled = network.layout, optimizers[i].decoupled
        players[name] = Player(
            network,
            [
                for_models(p, model._n_models).bind(ops, layout, decoupled=decoupled)
                for p in penalties[i]
            ],
            [for_models(p, 1).bind(ops) for p in activity[i]],
            Constraints([c.bind(ops, layout) for c in constraints[i]]),
            [c.bind(ops, layout) for c in clipping[i]],
            optimizers[i],
            rates[i],
            schedules[i],
        )
    return players


def make_blueprints(model: Any, *heads: Layer | None) -> list[Blueprint]:
    """The settings of both networks, each with what comes behind its last affine map."""
    activations = [factory.make_activation(a) for a in pair(model, "activation")]
    norms = per_network(model, "normalization", factory.make_normalization)
    dropouts = per_network(model, "dropout", factory.make_dropout)
    columns = _widths(model), activations, norms, dropouts, _parts(model), heads
    return [Blueprint(*settings) for settings in zip(*columns, strict=True)]


def make_trainer(model: Any, objective: Objective, n_rows: int) -> Trainer:
    """What trains `objective` on `n_rows` rows."""
    batch_size = check_int(model.batch_size, "batch_size", minimum=1)
    pac = objective.pac
    if batch_size % pac:
        raise ValueError(
            f"batch_size={batch_size} is no multiple of pac={pac}: a minibatch holds whole packs"
        )
    if n_rows < pac:
        raise ValueError(f"pac={pac} rows are judged together, and there are only {n_rows}")
    steps = getattr(model, "n_discriminator_steps", 1)
    return Trainer(
        objective,
        batch_size=min(batch_size, n_rows - n_rows % pac),
        n_discriminator_steps=check_int(steps, "n_discriminator_steps", minimum=0),
        ema_decay=check_real(model.ema_decay, "ema_decay", minimum=0, maximum=1, open_maximum=True),
        callbacks=_callbacks(model),
    )


def described(network: Network) -> str:
    """The layers of a network as words: what has to stay the same for parameters to keep sense."""

    def words(thing: Any) -> str:
        if isinstance(thing, (list, tuple, np.ndarray)):
            return f"[{', '.join(map(words, thing))}]"
        if not isinstance(thing, Layer):
            return str(thing)
        settings = thing.get_params(deep=False).items()
        shown = (words(value) for name, value in settings if name not in _FREE)
        return " ".join([type(thing).__name__, *shown])

    return ", ".join([f"{network.n_in} inputs", *map(words, network.layers)])


def hidden_widths(layers: Sequence[Layer]) -> list[int]:
    """The widths of the hidden layers of a network built from a blueprint."""
    flat = [
        inner
        for layer in layers
        for inner in (layer.layers if isinstance(layer, Residual) else [layer])
    ]
    return [layer.n_units for layer in flat if isinstance(layer, Dense)][:-1]


def _check_extrapolation(model: Any, optimizers: Sequence[Optimizer]) -> None:
    one, two = optimizers
    if one.extrapolates != two.extrapolates:
        does, does_not = (one, two) if one.extrapolates else (two, one)
        raise ValueError(
            f"optimizer={model.optimizer!r}: {does!r} looks ahead and {does_not!r} does not, and "
            "both networks look ahead together: choose such an optimizer for both"
        )
    steps = getattr(model, "n_discriminator_steps", 1)
    if one.extrapolates and steps not in (0, 1):
        raise ValueError(
            f"optimizer={model.optimizer!r} updates both networks at once, so "
            f"n_discriminator_steps={steps!r} cannot be: set it to 0"
        )


def _widths(model: Any) -> list[list[int]]:
    first, second = model.width_settings
    widths = factory.make_widths(getattr(model, first), first, second)
    other = getattr(model, second)
    return [widths, widths if other is None else factory.make_widths(other, second, first)]


def _parts(model: Any) -> list[list[Any]]:
    """The parts of both networks; one value for both goes where it makes sense."""
    given = per_network(model, "architecture", factory.make_architecture)
    kept = []
    for name, parts in zip(model.networks, given, strict=True):
        for part in parts:
            places = [n for n in model.networks if n in PLACES[type(part)]]
            misplaced = isinstance(model.architecture, tuple) and name not in places
            if misplaced or not places:
                fit = f"fits the {places[0]}, not the {name}" if places else "fits neither network"
                raise ValueError(f"architecture={model.architecture!r}: {part!r} {fit}")
        kept.append([p for p in parts if name in PLACES[type(p)]])
    return kept


def _callbacks(model: Any) -> list[Callback]:
    callbacks: list[Callback] = []
    if not isinstance(model.callbacks, (list, tuple, type(None))):
        raise TypeError(f"callbacks must be a list, got {model.callbacks!r}")
    for callback in model.callbacks or ():
        usable = isinstance(callback, Callback) or callable(callback)
        if not usable or isinstance(callback, type):
            raise TypeError(f"callbacks must hold Callbacks or callables, got {callback!r}")
        given = isinstance(callback, Callback)
        callbacks.append(callback if given else FunctionCallback(callback))
    verbose = int(model.verbose) if isinstance(model.verbose, bool) else model.verbose
    if check_int(verbose, "verbose", minimum=0):
        callbacks.append(ProgressBar())
    return callbacks
