"""Frames of every kind, in model files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regan.mixtures.frames import Frames
from regan.mixtures.local_frames import LocalFrames
from regan.mixtures.mixed_frames import MixedFrames
from regan.mixtures.principal_frames import PrincipalFrames
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors


def frames_entry(frames: Frames) -> dict[str, Any]:
    """What a model file says of frames, beside their arrays."""
    return {"kind": frames.kind, "n_components": frames.n_components}


def restore_frames(
    stored: Stored, tensors: Tensors, n_columns: int, n_classes: int, levels: Sequence[int]
) -> Frames:
    """The inverse of `frames_entry` and `Frames.export`; levels : the sizes of their blocks."""
    kind, k = stored.fields("kind", "n_components")
    name = kind.choice(LocalFrames.kind, MixedFrames.kind, PrincipalFrames.kind)
    if name == LocalFrames.kind:
        return LocalFrames.restore(k, tensors, n_columns, n_classes)
    if name == MixedFrames.kind:
        return MixedFrames.restore(k, tensors, n_columns, n_classes, tuple(levels))
    return PrincipalFrames.restore(k, tensors, n_columns, n_classes)
