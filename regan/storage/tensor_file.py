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
from regan.storage.atomic import write_atomically
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

FORMAT = 5
MODEL, CHECKPOINT = "regan", "regan.checkpoint"
KINDS: Mapping[str, str] = {MODEL: "regan model", CHECKPOINT: "checkpoint of regan"}
"""The keys that mark files, and what to call these."""


_HEAD = 512
_OTHERS = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive, such as an Excel workbook",
    b"\x1f\x8b": "a file compressed by gzip",
    **{
        b"\x80" + bytes([protocol]): "a pickle (joblib.load reads it; do so only if you trust it)"
        for protocol in range(2, 6)
    },
}
"""Beginnings of files that users mistake for models, and what they are."""


def write_tensors(
    path: Path, kind: str, configuration: dict[str, Any], tensors: Mapping[str, np.ndarray]
) -> None:
    """Write a file of one of the `KINDS`, atomically."""
    write_atomically(path, pack(kind, configuration, tensors))


def pack(kind: str, configuration: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> bytes:
    """Such a file's contents."""
    whole = {"format": FORMAT, "version": __version__, "contents": configuration}
    text = json.dumps(whole, allow_nan=False)
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    return to_bytes(arrays, metadata={kind: text, "sha256": digest(text, arrays)})


def read_tensors(path: Path, kind: str) -> tuple[Stored, Tensors]:
    """The configuration and the arrays of such a file.

    FileError if it is of another kind, was damaged, or has another format.
    """
    text, arrays = _open(path, kind)
    try:
        return unpack(text), Tensors(arrays)
    except FileError as error:
        raise FileError(f"{path} is no {KINDS[kind]}: {error}") from error


def unpack(text: str) -> Stored:
    """The contents of a configuration. FileError for one of another format."""
    whole = Stored.parse(text)
    if (number := whole.entry("format").integer()) != FORMAT:
        by = f" of regan {whole.entry('version').text()[:40]}"
        raise FileError(
            f"it has format {number}{by}; this is regan {__version__}, which reads format {FORMAT}"
        )
    return Stored(whole.fields("format", "version", "contents")[2].value)


def _open(path: Path, kind: str) -> tuple[str, dict[str, np.ndarray]]:
    """The text of the configuration, and the arrays, of a file whose hash is right."""
    what = KINDS[kind]
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        if other := _other_kind(path):
            raise FileError(f"{path} is {other}, and no {what}") from error
        raise FileError(f"{path} is damaged or is no {what}: {error}") from error
    if kind not in metadata:
        others = [words for key, words in KINDS.items() if key in metadata]
        other = others[0] if others else "safetensors file of another kind"
        raise FileError(f"{path} is no {what}: it is a {other}")
    if metadata.get("sha256") != digest(metadata[kind], tensors):
        raise FileError(f"{path} is damaged: its contents do not match their SHA-256")
    return metadata[kind], tensors


def _other_kind(path: Path) -> str:
    """What a file is by its first bytes; empty if they do not say."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return ""
    for start, words in _OTHERS.items():
        if head.startswith(start):
            return words
    is_text = head.strip() and not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    return "a text file" if is_text else ""


def digest(text: str, tensors: Mapping[str, np.ndarray]) -> str:
    """The SHA-256 of a text and of arrays by name."""
    sha = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = tensors[name]
        sha.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode())
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()
