"""Tapes replayed by compiled code, and by NumPy where that has no words for an instruction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from regan.backends.native.extension import Extension
from regan.backends.native.lowering import Lowering, Words
from regan.backends.native.members import Together, n_members, split
from regan.backends.tape.instructions import Instruction, Tape
from regan.backends.tape.replay import Call, Replay


class NativeReplay(Replay):
    """A tape that compiled code plays: to the last bits what NumPy makes, and always the same.

    Parameters
    ----------
    tape : Tape
    extension : Extension
    n_threads : int, default=1
        How many members of a population are computed at once. What comes out does not depend on it.
    """

    def __init__(self, tape: Tape, extension: Extension, n_threads: int = 1) -> None:
        self._extension, self._n_threads = extension, n_threads
        self._lowering = Lowering(extension, len(tape.numbers))
        super().__init__(tape)

    def play(self) -> None:
        """Make the update, with the numbers that the host has given."""
        values = self._renewed()
        for number in self._lowering.used:
            for slot in self._lowering.slots:
                slot[number] = values[number]
        for call in self._calls:
            call()

    def _calls_of(self, instructions: Sequence[Instruction]) -> list[Call]:
        members = n_members(instructions)
        threads = min(self._n_threads, members)
        calls: list[Call] = []
        programs: list[Words] = [[] for _ in range(threads)]
        together = Together(threads)

        def meet() -> None:
            nonlocal together
            given = [np.array(words, np.int64) for words in programs if words]
            if given:
                calls.append(partial(self._extension.play, *given))
            for words in programs:
                words.clear()
            together = Together(threads)

        for one in instructions:
            parts = split(one, members, threads) or [one]
            words = [self._lowering.words(part) for part in parts]
            if len(parts) > 1 and None in words:
                parts = [one]
                words = [self._lowering.words(one)]
            if words[0] is None:
                meet()
                calls += super()._calls_of([one])
                continue
            if threads > 1 and not together.allow(parts):
                meet()
            together.add(parts)
            for program, some in zip(programs, words, strict=False):
                program += some or []
        meet()
        return calls
