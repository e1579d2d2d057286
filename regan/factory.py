"""Hyper-parameter names to objects: the only tables of strings.

A name stands for the object with its strengths taken from the estimator's flat arguments; an object
carries its own.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from regan.backends import Backend
from regan.gradient_penalties import R1, R1R2, R2, GradientPenalty
from regan.layers import ACTIVATIONS, Activation, Dense, Layer
from regan.losses import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
)
from regan.network import Network
from regan.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from regan.penalties import L1, L2, ElasticNet, Penalty
from regan.schedules import ConstantSchedule, CosineSchedule, LinearSchedule, Schedule
from regan.settings import Flat
from regan.validation import check_int

LOSSES: Mapping[str, type[Loss]] = {
    "relativistic": Relativistic,
    "non_saturating": NonSaturating,
    "minimax": Minimax,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "least_squares": LeastSquares,
}
PENALTIES: Mapping[str, type[Penalty]] = {"l1": L1, "l2": L2, "elasticnet": ElasticNet}
GRADIENT_PENALTIES: Mapping[str, type[GradientPenalty]] = {"r1": R1, "r2": R2, "r1r2": R1R2}
OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
SCHEDULES: Mapping[str, type[Schedule]] = {
    "constant": ConstantSchedule,
    "linear": LinearSchedule,
    "cosine": CosineSchedule,
}

T = TypeVar("T")


def make_loss(loss: Any) -> Loss:
    """The adversarial loss."""
    return _make(loss, "loss", Loss, LOSSES, lambda cls: cls())


def make_penalties(penalty: Any, flat: Flat) -> list[Penalty]:
    """The weight penalties of one network; `flat` holds alpha and l1_ratio."""
    things = _listed(penalty)
    made = []
    for thing in things:
        if isinstance(thing, Penalty):
            flat.refuse("penalty", thing, "alpha", "l1_ratio")

        def build(cls: Any) -> Any:
            names = ("alpha", "l1_ratio") if cls is ElasticNet else ("alpha",)
            return cls(*flat.take(*names))

        made.append(_make(thing, "penalty", Penalty, PENALTIES, build, none=True))
    if not things:
        flat.leave("penalty is None", "alpha", "l1_ratio")
    elif not any(isinstance(p, ElasticNet) and p.name == "elasticnet" for p in made):
        flat.leave(f"penalty={penalty!r} is no elastic net", "l1_ratio")
    return made


def make_gradient_penalties(gradient_penalty: Any, flat: Flat) -> list[GradientPenalty]:
    """The discriminator's gradient penalties; `flat` holds gamma."""
    things = _listed(gradient_penalty)
    made = []
    for thing in things:
        if isinstance(thing, GradientPenalty):
            flat.refuse("gradient_penalty", thing, "gamma")
        made.append(
            _make(
                thing,
                "gradient_penalty",
                GradientPenalty,
                GRADIENT_PENALTIES,
                lambda cls: cls(*flat.take("gamma")),
                none=True,
            )
        )
    if not things:
        flat.leave("gradient_penalty is None", "gamma")
    return made


def make_optimizer(optimizer: Any, flat: Flat) -> Optimizer:
    """The optimizer of one network; `flat` holds beta_1 and beta_2.

    beta_1 is the momentum of SGD and RMSprop, beta_2 the decay of RMSprop.
    """
    if isinstance(optimizer, Optimizer):
        flat.refuse("optimizer", optimizer, "beta_1", "beta_2")
    if optimizer == "sgd":
        flat.leave("optimizer='sgd' has no second moment", "beta_2")

    def build(cls: Any) -> Any:
        beta_1, beta_2 = flat.take("beta_1", "beta_2")
        if cls is SGD:
            return SGD(momentum=beta_1)
        if cls is RMSprop:
            return RMSprop(decay=beta_2, momentum=beta_1)
        return cls(beta_1, beta_2)

    made = _make(optimizer, "optimizer", Optimizer, OPTIMIZERS, build)
    made.check()
    return made


def make_schedule(learning_rate: Any, _flat: Flat) -> Schedule:
    """The schedule of one network's learning rate, which takes no strengths."""
    if isinstance(learning_rate, numbers.Real):
        raise ValueError(
            f"learning_rate={learning_rate!r} must name a schedule ({', '.join(SCHEDULES)}); "
            "the rate itself is learning_rate_init"
        )
    made = _make(learning_rate, "learning_rate", Schedule, SCHEDULES, lambda cls: cls())
    made.check()
    return made


def make_widths(sizes: Any, name: str) -> list[int]:
    """The widths of the hidden layers, from one integer or a sequence."""
    try:
        sizes = list(sizes)
    except TypeError:
        sizes = [sizes]
    if any(np.ndim(size) for size in sizes):
        raise TypeError(
            f"{name} must be an integer or a sequence of integers, got {sizes!r}; the "
            "discriminator's widths are set by discriminator_hidden_layer_sizes"
        )
    return [check_int(size, name, minimum=1) for size in sizes]


def make_activation(activation: Any) -> Layer:
    """The hidden activation of one network."""
    return _make(activation, "activation", Layer, ACTIVATIONS, lambda row: Activation(row.name))


def make_network(
    ops: Backend, n_in: int, widths: list[int], n_out: int, activation: Layer
) -> Network:
    """A multilayer perceptron with a linear output."""
    layers: list[Layer] = []
    gain = 1.0
    for width in widths:
        layers += [Dense(width, gain), activation]
        gain = activation.row.gain if isinstance(activation, Activation) else 1.0
    return Network([*layers, Dense(n_out, gain)], n_in, ops)


def _listed(thing: Any) -> list[Any]:
    if thing is None:
        return []
    return list(thing) if isinstance(thing, list) else [thing]


def _make(
    thing: Any,
    name: str,
    kind: type[T],
    table: Mapping[str, Any],
    build: Callable[[Any], Any],
    none: bool = False,
) -> T:
    """`thing` itself if it is an object of `kind`, else what its name stands for."""
    if isinstance(thing, kind):
        return thing
    if isinstance(thing, str) and thing in table:
        made: T = build(table[thing])
        return made
    known = ", ".join([*table, "None"] if none else table)
    error = ValueError if isinstance(thing, str) else TypeError
    raise error(
        f"{name}={thing!r} is not known; choose one of: {known}, or an object of {kind.__name__}"
    )
