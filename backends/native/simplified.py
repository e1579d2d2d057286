"""What compiled code need not do of a tape: pages of zeros, results that nobody reads, scratch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from regan.backends.tape.instructions import Instruction, Place, leaves


def simplified(
    instructions: Sequence[Instruction], sizes: Sequence[int], kept: frozenset[int]
) -> tuple[list[Instruction], list[int]]:
    """The same with less to do, and the bytes of each buffer.

    Products write to what would be zeros, instead of adding; what nobody reads of a kernel's
    results is `thrown_away`; and there is no scratch, which compiled code does without.

    kept : the buffers that somebody else reads.
    """
    found, least = [replace(one, scratch=()) for one in instructions], list(sizes)
    for i, one in enumerate(found):
        if one.kind == "copy" and isinstance(one.inputs[0], (int, float)) and not one.inputs[0]:
            _skip_zeros(found, i, sizes)
    found = [one for one in found if one.kind != "nothing"]
    used: dict[int, int] = {}
    for one in found:
        for place in _places(one):
            used[place.buffer] = used.get(place.buffer, 0) + 1
    for i, one in enumerate(found):
        if one.kind == "kernel":
            outputs = tuple(
                _nowhere(out)
                if isinstance(out, Place) and used[out.buffer] == 1 and out.buffer not in kept
                else out
                for out in one.outputs
            )
            for out in outputs:
                if isinstance(out, Place) and thrown_away(out):
                    least[out.buffer] = out.dtype.itemsize * out.shape[0]
            found[i] = replace(one, outputs=outputs)
    return found, least


def thrown_away(out: Place | np.ndarray) -> bool:
    """Whether an output is one entry for all of a member: nobody reads it."""
    return len(out.shape) > 1 and out.size > out.shape[0] and not any(out.strides[1:])


def _nowhere(out: Place) -> Place:
    if out.size <= max(out.shape[:1], default=1):
        return out
    return replace(out, offset=0, strides=(out.dtype.itemsize, *(0 for _ in out.shape[1:])))


def _places(one: Instruction) -> Iterator[Place]:
    parts = leaves((one.inputs, one.outputs, one.options))
    return (place for place in parts if isinstance(place, Place))


def _skip_zeros(found: list[Instruction], start: int, sizes: Sequence[int]) -> None:
    """Leave out the zeros that instruction `start` writes, if products are all that adds to them.

    The first who touches an entry has to be a product that adds to it.
    """
    zeros = found[start].outputs[0]
    if not isinstance(zeros, Place) or sizes[zeros.buffer] != zeros.size * zeros.dtype.itemsize:
        return
    written = np.zeros(zeros.size, bool)
    changed = {start: replace(found[start], kind="nothing")}
    for i in range(start + 1, len(found)):
        one = found[i]
        if zeros.buffer not in one.buffers:
            continue
        places = [p for p in _places(one) if p.buffer == zeros.buffer]
        if any(p.dtype != zeros.dtype for p in places):
            return
        masks = [_mask(written, p) for p in places]
        if one.kind == "product" and one.what and len(places) == 1 and not masks[0].any():
            if one.outputs[0] is not places[0]:
                return
            masks[0][...] = True
            changed[i] = replace(one, what=False)
        elif not all(mask.all() for mask in masks):
            return
    if written.all():
        for i, one in changed.items():
            found[i] = one


def _mask(written: np.ndarray, place: Place) -> np.ndarray:
    """The entries of `written` that are those of a place."""
    size = place.dtype.itemsize
    return np.ndarray(
        place.shape, bool, written, place.offset // size, [s // size for s in place.strides]
    )
