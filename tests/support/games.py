"""Small games of two networks, put together by hand."""

from regan.building import factory
from regan.building.architecture import Blueprint
from regan.constraints import Constraints
from regan.objectives import AdversarialObjective
from regan.objectives.players import Player
from regan.optimizers import Adam
from regan.schedules import ConstantSchedule


def network(ops, n_in, widths, n_out, activation="tanh", normalization=None):
    blueprint = Blueprint(list(widths), factory.make_activation(activation), normalization)
    return blueprint.build(ops, n_in, n_out)


def player(
    network,
    *,
    penalties=(),
    activity=(),
    constraints=(),
    clipping=(),
    optimizer=None,
    rate=1e-2,
    schedule=None,
):
    """A player of `network` with everything bound."""
    ops, layout, optimizer = network.ops, network.layout, optimizer or Adam()
    return Player(
        network,
        [p.bind(ops, layout, decoupled=optimizer.decoupled) for p in penalties],
        [p.bind(ops) for p in activity],
        Constraints([c.bind(ops, layout) for c in constraints]),
        [c.bind(ops, layout) for c in clipping],
        optimizer,
        rate,
        schedule or ConstantSchedule(),
    )


def game(
    generator, discriminator, *, loss="relativistic", gradient=(), matching=(), noise=(), **more
):
    """The objective of two players; `gradient`, `matching` and `noise` are not bound yet."""
    ops = generator.ops
    return AdversarialObjective(
        {"generator": generator, "discriminator": discriminator},
        factory.make_loss(loss),
        [p.bind(ops) for p in gradient],
        [m.bind(ops) for m in matching],
        [n.bind(ops) for n in noise],
        **more,
    )
