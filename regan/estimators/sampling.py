"""Sampling: generated rows, in blocks with random numbers of their own, made by several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, TypeAlias

import numpy as np

from regan.backends import Backend, BackendUnavailableError, get_backend
from regan.backends.blas_threads import OneThreadEach
from regan.data.reader import Reader
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.rejection import Rejection
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates
from regan.objectives import NoiseDrivenObjective
from regan.validation import setting_on_error, warn_user

PIECE_ROWS = 1024
"""Rows that are made at a time, but for very wide models: what `sample` takes of memory beside its
result."""

_PIECE_NUMBERS = 2**25

BLOCK_ROWS = 4 * PIECE_ROWS
"""Rows that share a stream of random numbers."""

Maker: TypeAlias = Callable[[np.random.Generator, "np.ndarray | None"], np.ndarray]
"""Makes scaled rows, always as many, from random numbers, of the given classes if there are any."""


def piece_rows(widest: int) -> int:
    """How many rows to make at a time where one takes so many numbers: a power of 2."""
    rows = PIECE_ROWS
    while rows > 1 and rows * widest > _PIECE_NUMBERS:
        rows //= 2
    return rows


@dataclass(frozen=True)
class Sampler:
    """Makes rows with a fitted model.

    The first rows are the same however many are asked for, and however many threads make them.

    Attributes
    ----------
    reader : Reader
    making : callable
        Gives a context with a `Maker`, for use in one thread.
    rows : int
        How many that makes at a time.
    n_threads : int
        How many threads are worth while.
    """

    reader: Reader
    making: Callable[[], AbstractContextManager[Maker]]
    rows: int
    n_threads: int

    def draw(
        self, n: int, seed: int, codes: np.ndarray | None = None, *, first: int = 0
    ) -> np.ndarray:
        """`n` rows in the units and the dtype of the training data, of the classes `codes`.

        first : the block that they begin with, to go on where other rows end.
        """
        container, scaler = self.reader.container, self.reader.scaler
        rows = np.empty((n, len(container.names)), dtype=container.dtype)
        limits = container.limits
        common = not np.ptp(limits)
        limit = limits[0] if common else limits

        def place(here: slice, made: np.ndarray) -> None:
            own = rows[here]
            numbers = scaler.inverse(made, own)
            if numbers is not own or not (common and scaler.is_bounded):
                np.clip(numbers, -limit, limit, out=own, casting="same_kind")

        self._make(n, [seed, 3], codes, place, first)
        return rows

    def draw_standardized(self, n: int, seed: int, codes: np.ndarray | None = None) -> np.ndarray:
        """`n` rows on the scale that scores compare on, of the classes `codes`."""
        scaler = self.reader.scaler
        rows = np.empty((n, scaler.n_standardized))

        def place(here: slice, made: np.ndarray) -> None:
            rows[here] = scaler.as_standardized(made)

        self._make(n, [seed, 4], codes, place)
        return rows

    def _make(
        self,
        n: int,
        seed: list[int],
        codes: np.ndarray | None,
        place: Callable[[slice, np.ndarray], None],
        offset: int = 0,
    ) -> None:
        """Make `n` scaled rows, of the classes `codes`, in several threads, and `place` them."""
        n_blocks = -(-n // BLOCK_ROWS)
        threads = min(self.n_threads, n_blocks)
        stopped, at_work = Event(), [Lock() for _ in range(threads)]

        def work(first: int) -> None:
            with at_work[first]:
                # products take one thread each, also where there is one of ours: two may round
                # differently. The limit is theirs who work, whom no interruption reaches
                if not stopped.is_set():
                    with OneThreadEach(), self.making() as make, setting_on_error(stopped):
                        for block in range(first, n_blocks, threads):
                            make_block(make, block)

        def make_block(make: Maker, block: int) -> None:
            if stopped.is_set():
                return
            start, stop = block * BLOCK_ROWS, min(n, (block + 1) * BLOCK_ROWS)
            pieces = self._pieces(make, [*seed, offset + block], start, stop, codes)
            if not self.reader.scaler.by_piece and self.rows == PIECE_ROWS:
                pieces = iter([np.concatenate(list(pieces))])
            for piece in pieces:
                place(slice(start, start := start + len(piece)), piece)

        try:
            with ThreadPoolExecutor(threads) as pool, setting_on_error(stopped):
                list(pool.map(work, range(threads)))
        finally:  # a thread that an interruption kept from the pool is not waited for by it
            for lock in at_work:
                with lock:
                    pass

    def _pieces(
        self, make: Maker, seed: list[int], start: int, stop: int, codes: np.ndarray | None
    ) -> Iterator[np.ndarray]:
        """The rows from `start` to `stop`, which have a stream of random numbers of their own."""
        rng = np.random.default_rng(seed)
        for i in range(start, stop, self.rows):
            # always a full piece: a product may round differently at another size, and the first
            # rows must not depend on how many there are
            part = None
            if codes is not None:
                part = np.resize(codes[i : i + self.rows], self.rows)
            yield make(rng, part)[: stop - i]


@contextmanager
def making(
    fitted: FittedNetwork,
    objective: type[NoiseDrivenObjective],
    ops: Backend,
    coordinates: Coordinates,
    n_rows: int,
    rejection: Rejection | None = None,
    ranks: MadeRanks | None = None,
) -> Iterator[Maker]:
    """A context with a `Maker` of `n_rows` from a fitted network on `ops`, as the `objective`
    generates.

    rejection : what keeps or rejects its rows; ranks : of the numbers that it makes, which become
    normal scores.
    """
    network, theta = fitted.on(ops)
    network.keeps_caches = False
    params = network.split(theta)
    shape = 1, n_rows, objective.noise_size(network, coordinates.n_side)

    def make(rng: np.random.Generator, codes: np.ndarray | None) -> np.ndarray:
        ops.recycle()
        labels, components = coordinates.draw(n_rows, codes, rng)
        side = coordinates.nothing_known(labels, n_rows)
        given = None if side is None else ops.asarray(side[None])

        def generated() -> np.ndarray:
            noise = ops.asarray(rng.standard_normal(shape))
            rows: np.ndarray = ops.to_numpy(objective.generate(network, params, noise, given))[0]
            return rows if rejection is None else rows.copy()  # there may be another one

        rows = generated()
        if rejection is not None:
            rows = rejection.accepted(rows, labels, rng, generated)
        made = coordinates.leave(rows, components)
        return made if ranks is None else ranks.applied(made)

    with ops.recycling():
        yield make


def backend_or_numpy(name: str | None, dtype: Any, *, told: bool = False) -> Backend:
    """The backend asked for, or NumPy: a fitted model works everywhere.

    told : do not warn of the latter.
    """
    try:
        return get_backend(name, dtype)
    except (BackendUnavailableError, ValueError) as error:  # missing here, or not known here
        if not told:
            warn_user(f"regan uses NumPy instead: {error}")
        return get_backend("numpy", dtype)
