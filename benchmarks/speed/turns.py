"""Steps of several sides, timed in turns within one run, in random order."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import TypeAlias

import numpy as np

Steps: TypeAlias = Callable[[int], None]
"""Makes so many steps, to the end."""

Taken: TypeAlias = dict[str, float]
"""Seconds a step of each side, in one round."""


def length_of(steps: Steps, seconds: float, clock: Callable[[], float] = perf_counter) -> int:
    """How many steps a turn of so many seconds takes."""
    steps(3)
    begin = clock()
    steps(3)
    return max(1, int(seconds * 3 / max(clock() - begin, 1e-9)))


def measure(
    sides: dict[str, tuple[Steps, int]],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
    pause: float = 0.05,
) -> Iterator[Taken]:
    """Round by round, each side with its number of steps.

    pause : seconds before a turn, in which threads of the last one that wait for more work give up.
    """
    order, shuffle = list(sides), random.Random(0).shuffle
    for _ in range(rounds):
        taken: Taken = {}
        shuffle(order)
        for name in order:
            steps, n = sides[name]
            sleep(pause)
            begin = clock()
            steps(n)
            taken[name] = (clock() - begin) / n
        yield taken


def median(rounds: Sequence[Taken], name: str) -> float:
    """Seconds a step."""
    return float(np.median([taken[name] for taken in rounds]))


def ratio(rounds: Sequence[Taken], name: str, to: str) -> float:
    """How many times as long a step of one side takes as one of the other, within the rounds."""
    return float(np.median([taken[name] / taken[to] for taken in rounds]))


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Variables of the environment, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
