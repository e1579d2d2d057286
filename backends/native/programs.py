"""Programs in the making: what members do apart, what is done together, what Python does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from regan.backends.native.extension import Extension
from regan.backends.native.lowering import Words
from regan.backends.native.members import Apart
from regan.backends.tape.instructions import Instruction
from regan.backends.tape.replay import Call


class Programs:
    """Programs and calls in the making.

    Parameters
    ----------
    extension : Extension
    members : int
    threads : int
    arenas : list of array
        Memory that each thread has for the member that it is at.

    Attributes
    ----------
    passes : list of int or None
        Of each instruction, the pass of a member through the update that it is in.
    """

    def __init__(
        self, extension: Extension, members: int, threads: int, arenas: Sequence[np.ndarray]
    ) -> None:
        self._extension, self._members, self._threads = extension, members, threads
        self._calls: list[Call] = []
        self._words: Words = []
        self._own: list[Words] = [[], [], []]
        self._arenas = arenas
        self._apart = Apart(members, arenas)
        self._n_passes = 0
        self.passes: list[int | None] = []

    def together(self, words: Words) -> None:
        """What is done once for all members."""
        self._end_pass()
        self._words += words
        self.passes.append(None)

    def apart(self, pair: tuple[Instruction, Instruction], *words: Words) -> bool:
        """What each member does. False if members would meet.

        words : of the first member, of the second, and of the first in the arena of a second thread
        """
        self._end_together()
        if not self._apart.admit(*pair):
            self._end_pass()
            if not self._apart.admit(*pair):
                return False
        for own, some in zip(self._own, words, strict=False):
            own += some
        self.passes.append(self._n_passes)
        return True

    def call(self, calls: Sequence[Call]) -> None:
        """What Python does."""
        self._end_together()
        self._end_pass()
        self._calls += calls
        self.passes.append(None)

    def finish(self) -> list[Call]:
        """All of it."""
        self._end_together()
        self._end_pass()
        return self._calls

    def _end_together(self) -> None:
        if self._words:
            self._play(np.array(self._words, np.int64))
            self._words = []

    def _end_pass(self) -> None:
        if self._own[0]:
            # the words of members and of threads differ by addresses, which are equally far apart
            first, second, other = (np.array(own or self._own[0], np.int64) for own in self._own)
            edges = [self._members * i // self._threads for i in range(self._threads + 1)]
            programs = [
                first + t * (other - first) + np.arange(*part)[:, None] * (second - first)
                for t, part in enumerate(pairwise(edges))
            ]
            self._play(*(program.ravel() for program in programs))
            self._own = [[], [], []]
            self._n_passes += 1
        self._apart = Apart(self._members, self._arenas)

    def _play(self, *programs: np.ndarray) -> None:
        self._calls.append(partial(self._extension.play, *programs))
