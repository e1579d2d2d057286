"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`: whoever reads finds the old file or the new one, never a part.

    It holds when the process is killed or the power fails: the data reach the disk under another
    name in the same folder before they take the place of the old ones, and so does the folder.
    """
    temporary = _beside(path)
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def try_out(path: Path) -> None:
    """Raise OSError if `path` cannot be written to; whatever is there stays."""
    temporary = _beside(path)
    temporary.touch(exist_ok=False)
    temporary.unlink()


def sweep(path: Path) -> None:
    """Remove what writers of `path` left behind when they were killed."""
    stray = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}")
    for found in path.parent.iterdir():
        if stray.fullmatch(found.name):
            found.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """A name in the same folder that nobody else has, and that `sweep` knows."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` last; systems that cannot open a folder do without."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
