"""Files of regan: safetensors arrays and a JSON configuration, both under one SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from regan._version import __version__
from regan.files.atomic import write_atomically

FORMAT = 2
MODEL, CHECKPOINT = "regan", "regan.checkpoint"
KINDS: Mapping[str, str] = {MODEL: "regan model", CHECKPOINT: "checkpoint of regan"}
"""The keys that mark files, and what to call these."""


def write_tensors(
    path: Path, kind: str, configuration: dict[str, Any], tensors: Mapping[str, np.ndarray]
) -> None:
    """Write a file of one of the `KINDS`, atomically."""
    text = json.dumps({"format": FORMAT, "version": __version__, **configuration})
    whole = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    metadata = {kind: text, "sha256": _digest(text, whole)}
    write_atomically(path, to_bytes(whole, metadata=metadata))


def read_tensors(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The configuration and the arrays of such a file.

    Raises ValueError if it is of another kind, was damaged, or has a newer format.
    """
    what = KINDS[kind]
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged or is no {what}: {error}") from error
    if kind not in metadata:
        others = [words for key, words in KINDS.items() if key in metadata]
        other = others[0] if others else "safetensors file of another kind"
        raise ValueError(f"{path} is no {what}: it is a {other}")
    text = metadata[kind]
    if metadata.get("sha256") != _digest(text, tensors):
        raise ValueError(f"{path} is damaged: its contents do not match their SHA-256")
    configuration = json.loads(text)
    if configuration["format"] > FORMAT:
        raise ValueError(
            f"{path} has format {configuration['format']} of regan {configuration['version']}; "
            f"this is regan {__version__}, which reads formats up to {FORMAT}"
        )
    return configuration, tensors


def _digest(text: str, tensors: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
