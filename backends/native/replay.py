"""Tapes replayed by compiled code, and by NumPy where that has no words for an instruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regan.backends.native.arenas import shares
from regan.backends.native.extension import Extension
from regan.backends.native.lowering import Lowering
from regan.backends.native.members import first_two, n_members, n_threads
from regan.backends.native.programs import Programs
from regan.backends.native.simplified import simplified, thrown_away
from regan.backends.tape.instructions import Instruction, Place, Tape
from regan.backends.tape.memory import Lives, allocate, plan, spans
from regan.backends.tape.replay import Call, Replay


class NativeReplay(Replay):
    """A tape that compiled code plays: within rounding what NumPy makes, and always the same bits.

    Parameters
    ----------
    tape : Tape
    extension : Extension
    threads : int, default=1
        How many may compute members of a population. What comes out does not depend on it.
    """

    def __init__(self, tape: Tape, extension: Extension, threads: int = 1) -> None:
        self._extension, self._allowed = extension, threads
        self._arenas: list[np.ndarray] = []
        self._starts: dict[int, int] = {}
        super().__init__(tape)

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

    def _made(self, instructions: Sequence[Instruction], sizes: Sequence[int]) -> list[Call]:
        lives, members = spans(instructions), n_members(instructions)
        if members == 1:
            self._allocate(sizes, lives)
            return self._written(instructions).finish()
        # members are at different places of an update: they need all buffers at any time ...
        always = dict.fromkeys(lives, (0, len(instructions)))
        self._allocate(sizes, always)
        threads = n_threads(instructions, self._allowed)
        programs = self._written(instructions, members, threads)
        own = shares(instructions, programs.passes, sizes, members, frozenset(self._kept))
        if not own:
            return programs.finish()
        # ... but for those that each needs for itself, in one pass: a thread has one memory of them
        self._allocate(sizes, {b: life for b, life in always.items() if b not in own})
        self._lend(own, {b: lives[b] for b in own}, threads)
        again = self._written(instructions, members, threads)
        assert again.passes == programs.passes
        return again.finish()

    def _lend(self, sizes: dict[int, int], lives: Lives, threads: int) -> None:
        """Memory of each thread for the member that it is at."""
        self._starts, n_bytes = plan([sizes.get(b, 0) for b in range(max(sizes) + 1)], lives)
        memory = allocate(threads * n_bytes)
        self._arenas = [memory[t * n_bytes :][:n_bytes] for t in range(threads)]
        self.n_bytes += len(memory)

    def _written(
        self, instructions: Sequence[Instruction], members: int = 1, threads: int = 1
    ) -> Programs:
        self._lowering = Lowering(self._extension, len(self._numbers))
        self._uses.clear()
        programs = Programs(self._extension, members, threads, self._arenas)
        for one in instructions:
            if members > 1 and self._of_members(programs, one, members):
                continue
            placed = self._placed(one)
            words = self._lowering.words(placed)
            if words is None:
                programs.call(self._calls_of([_for_numpy(placed)]))
            else:
                programs.together(words)
        self._used = [(self._lowering.slots[j], number) for j, number in self._lowering.used]
        return programs

    def _of_members(self, programs: Programs, one: Instruction, members: int) -> bool:
        """Write an instruction that members can do by themselves, if it is one."""
        pair = first_two(self._placed(one), members)
        if pair is None:
            return False
        words = [self._lowering.words(part) for part in pair]
        if len(self._arenas) > 1:
            other = first_two(self._placed(one, arena=1), members)
            words.append(self._lowering.words(other[0]) if other else None)
        written = [some for some in words if some is not None]
        return len(written) == len(words) and programs.apart(pair, *written)

    def _placed(self, one: Instruction, arena: int = 0) -> Instruction:
        self._arena = arena
        return super()._placed(one)

    def _array(self, leaf: Any) -> Any:
        if not isinstance(leaf, Place) or leaf.buffer not in self._starts:
            return super()._array(leaf)
        offset, strides = self._starts[leaf.buffer] + leaf.offset, (0, *leaf.strides[1:])
        return np.ndarray(leaf.shape, leaf.dtype, self._arenas[self._arena], offset, strides)


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
