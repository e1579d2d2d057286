"""What a member needs for itself while it goes through an update, and no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from regan.backends.tape.instructions import Instruction, Place, leaves


def shares(
    instructions: Sequence[Instruction],
    passes: Sequence[int | None],
    sizes: Sequence[int],
    members: int,
    kept: frozenset[int],
) -> dict[int, int]:
    """The bytes of a member's share of each buffer that it needs in one pass, for itself.

    passes : in which pass of members each instruction is, if in any
    kept : the buffers that somebody else reads
    """
    places, where = defaultdict(list), defaultdict(set)
    for one, number in zip(instructions, passes, strict=True):
        for place in leaves((one.inputs, one.outputs, one.options)):
            if isinstance(place, Place):
                places[place.buffer].append(place)
                where[place.buffer].add(number)
    return {
        buffer: sizes[buffer] // members
        for buffer, found in places.items()
        if buffer not in kept
        and len(where[buffer]) == 1
        and None not in where[buffer]
        and all(_in_share(place, members, sizes[buffer] // members) for place in found)
    }


def _in_share(place: Place, members: int, share: int) -> bool:
    """Whether the part of each member lies in its share, the first one's at the beginning."""
    if not place.shape or place.shape[0] != members or place.strides[0] != share:
        return False
    steps = list(zip(place.shape[1:], place.strides[1:], strict=True))
    if any(stride < 0 for _, stride in steps) or 0 in place.shape:
        return False
    end = place.offset + place.dtype.itemsize + sum((n - 1) * stride for n, stride in steps)
    return end <= share
