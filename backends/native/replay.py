"""Tapes replayed by compiled code, and by NumPy where that has no words for an instruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from regan.backends.native.extension import Extension
from regan.backends.native.lowering import Lowering, Words
from regan.backends.native.members import Apart, first_two, n_members, n_threads
from regan.backends.native.simplified import simplified, thrown_away
from regan.backends.tape.instructions import Instruction, Tape
from regan.backends.tape.memory import Lives
from regan.backends.tape.replay import Call, Replay


class NativeReplay(Replay):
    """A tape that compiled code plays: to the last bits what NumPy makes, and always the same.

    Parameters
    ----------
    tape : Tape
    extension : Extension
    threads : int, default=1
        How many may compute members of a population. What comes out does not depend on it.
    """

    def __init__(self, tape: Tape, extension: Extension, threads: int = 1) -> None:
        self._extension, self._allowed = extension, threads
        self._lowering = Lowering(extension, len(tape.numbers))
        super().__init__(tape)
        self._used = [(self._lowering.slots[j], number) for j, number in self._lowering.used]

    def play(self) -> None:
        """Make the update, with the numbers that the host has given."""
        values = self._renewed()
        for slot, number in self._used:
            slot[number] = values[number]
        for call in self._calls:
            call()

    def _work(self, tape: Tape) -> tuple[list[Instruction], list[int]]:
        instructions, sizes = super()._work(tape)
        return simplified(instructions, sizes, frozenset(tape.kept))

    def _plan(
        self, instructions: Sequence[Instruction], sizes: Sequence[int], lives: Lives
    ) -> tuple[dict[int, int], int]:
        """Of several members, each is at another place of the update: all buffers are in use."""
        last = len(instructions)
        alone = n_members(instructions) == 1
        return super()._plan(
            instructions, sizes, lives if alone else dict.fromkeys(lives, (0, last))
        )

    def _calls_of(self, instructions: Sequence[Instruction]) -> list[Call]:
        members = n_members(instructions)
        writing = _Writing(self._extension, members, n_threads(instructions, self._allowed))
        for one in instructions:
            if members > 1 and self._of_members(writing, one, members):
                continue
            words = self._lowering.words(one)
            if words is None:
                writing.call(super()._calls_of([_for_numpy(one)]))
            else:
                writing.together(words)
        return writing.finish()

    def _of_members(self, writing: _Writing, one: Instruction, members: int) -> bool:
        """Write an instruction that members can do by themselves, if it is one."""
        pair = first_two(one, members)
        if pair is None:
            return False
        first, second = map(self._lowering.words, pair)
        if first is None or second is None:
            return False
        return writing.apart(pair, first, second)


def _for_numpy(one: Instruction) -> Instruction:
    """The instruction with the arrays that compiled code does without."""

    def empty(out: Any) -> Any:
        return np.empty(out.shape, out.dtype)

    n = 0
    if one.kind == "kernel":
        n = one.what.n_scratch
    elif one.kind == "product":
        n = int(one.what)
    return replace(
        one,
        outputs=tuple(empty(out) if thrown_away(out) else out for out in one.outputs),
        scratch=tuple(empty(one.outputs[0]) for _ in range(n)),
    )


class _Writing:
    """Programs and calls in the making.

    Parameters
    ----------
    extension : Extension
    members : int
    threads : int
    """

    def __init__(self, extension: Extension, members: int, threads: int) -> None:
        self._extension, self._members, self._threads = extension, members, threads
        self._calls: list[Call] = []
        self._words: Words = []
        self._firsts: Words = []
        self._seconds: Words = []
        self._apart = Apart(members)

    def together(self, words: Words) -> None:
        """What is done once for all members."""
        self._end_apart()
        self._words += words

    def apart(self, pair: tuple[Instruction, Instruction], first: Words, second: Words) -> bool:
        """What each member does: the words of the first two. False if members would meet."""
        self._end_together()
        if not self._apart.admit(*pair):
            self._end_apart()
            if not self._apart.admit(*pair):
                return False
        self._firsts += first
        self._seconds += second
        return True

    def call(self, calls: Sequence[Call]) -> None:
        """What Python does."""
        self._end_together()
        self._end_apart()
        self._calls += calls

    def finish(self) -> list[Call]:
        """All of it."""
        self.call([])
        return self._calls

    def _end_together(self) -> None:
        if self._words:
            self._play(np.array(self._words, np.int64))
            self._words = []

    def _end_apart(self) -> None:
        if self._firsts:
            first, second = (np.array(words, np.int64) for words in (self._firsts, self._seconds))
            # the words of the members differ by addresses, which are equally far apart
            words = first + np.arange(self._members)[:, None] * (second - first)
            edges = [self._members * i // self._threads for i in range(self._threads + 1)]
            self._play(*(words[i:j].ravel() for i, j in pairwise(edges)))
            self._firsts, self._seconds = [], []
        self._apart = Apart(self._members)

    def _play(self, *programs: np.ndarray) -> None:
        self._calls.append(partial(self._extension.play, *programs))
