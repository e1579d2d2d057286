"""Shares: levels and numbers of a trained model as often as in the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from regan.data.labels import Classes
from regan.data.numbers.ranked import Ranked
from regan.estimators.level_biases import level_biases, with_biases
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.sampling import making, piece_rows
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates
from regan.objectives import NoiseDrivenObjective

_EACH = 32
_FEWEST, _MOST = 2**12, 2**15
_NUMBERS = 2**23


def rows_to_make(n_updates: int, n_columns: int) -> int:
    """How many rows tell the shares of a model after so many updates.

    32 for each, which takes a few per cent of their time, between 4,096 and 32,768; fewer of very
    many columns.
    """
    return min(max(_FEWEST, min(_MOST, _EACH * n_updates)), max(128, _NUMBERS // n_columns))


def keep_shares(
    fitted: FittedNetwork,
    objective: type[NoiseDrivenObjective],
    coordinates: Coordinates,
    classes: Classes | None,
    n_rows: int,
    seed: int,
) -> tuple[FittedNetwork, MadeRanks]:
    """The sampling network with biases under which levels are as frequent as in the data, and the
    ranks of the numbers that it makes then.

    Of `n_rows` rows that it makes, of classes as frequent as in the data; always the same ones.
    """
    scaler = coordinates.scaler
    size = min(n_rows, piece_rows(max(fitted.network.widest, scaler.n_columns)))

    def pieces(stream: int, make: Callable[..., np.ndarray]) -> Iterator[np.ndarray]:
        rng = np.random.default_rng([seed, stream])
        for _ in range(-(-n_rows // size)):
            codes = None if classes is None else classes.draw(size, rng)
            yield make(rng, codes)

    if scaler.levels:
        chances = np.concatenate([*pieces(16, _chances(fitted, objective, coordinates, size))])
        biases = level_biases(scaler.levels, chances, scaler.shares, scaler.lacking)
        fitted = with_biases(fitted, biases)
    ranked = _worth_while(coordinates)
    if not ranked:
        return fitted, MadeRanks()
    with making(fitted, objective, fitted.network.ops, coordinates, size) as make:
        rows = np.concatenate([*pieces(17, make)])
    return fitted, MadeRanks.learn(rows, ranked)


def _worth_while(coordinates: Coordinates) -> list[Ranked]:
    """The columns by rank that vary; in frames that know how numbers are distributed, those with
    atoms.
    """
    scaler, frames = coordinates.scaler, coordinates.frames
    varying = [each for each in scaler.ranked if not scaler.constant[each.position]]
    known = frames is not None and frames.level_logits is None  # products hardly do
    return [each for each in varying if each.has_atoms or not known]


def _chances(
    fitted: FittedNetwork,
    objective: type[NoiseDrivenObjective],
    coordinates: Coordinates,
    size: int,
) -> Callable[..., np.ndarray]:
    """Makes the chances (size, sum L) of levels, from random numbers, of the given classes."""
    network = fitted.network
    params, ops = network.split(fitted.theta), network.ops
    shape = 1, size, objective.noise_size(network, coordinates.n_side)

    def make(rng: np.random.Generator, codes: np.ndarray | None) -> np.ndarray:
        labels, _ = coordinates.draw(size, codes, rng)
        side = coordinates.nothing_known(labels, size)
        given = None if side is None else ops.asarray(side[None])
        noise = ops.asarray(rng.standard_normal(shape))
        return np.array(objective.chances(network, params, noise, given)[0])

    return make
