"""Places that output goes to: regular files, devices and pipes, open descriptors."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from regan.validation import check_folder

FCNTL: Any = import_module("fcntl") if find_spec("fcntl") else None
"""Locks and modes of descriptors; None on systems without them."""

STDOUT = Path("/dev/stdout")
"""Standard output, on systems too that have no file of this name."""

_NAMED = {STDOUT.as_posix(): 1, "/dev/stderr": 2}
_DESCRIPTORS = re.compile(r"/dev/fd|/proc/(self|thread-self|\d+)(/task/\d+)?/fd")
_MAX_LINKS = 40


@dataclass(frozen=True)
class Place:
    """Where a path leads to.

    Attributes
    ----------
    path : Path
        Behind all links, of a regular file; as it was given, of all else.
    descriptor : int or None
        Of a path such as ``/dev/stdout`` or ``/dev/fd/3``, which names an open descriptor.
    status : os.stat_result or None
        Of the file that is there.
    """

    path: Path
    descriptor: int | None = None
    status: os.stat_result | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it is written to as it is: a device, a pipe, a descriptor."""
        special = self.status is not None and not stat.S_ISREG(self.status.st_mode)
        return special or self.descriptor is not None

    def check(self) -> None:
        """OSError if whatever is there says that it cannot be written to."""
        if self.descriptor is not None:
            if self.descriptor != 1 or _captured() is None:
                _check_descriptor(self.descriptor)
        elif self.status is not None and not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.path))

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """The device, pipe or descriptor, open; of a pipe when there is a reader."""
        if self.descriptor == 1 and sys.stdout:
            sys.stdout.flush()  # what was printed comes first
        captured = _captured() if self.descriptor == 1 else None
        if captured is not None:
            yield captured
            captured.flush()
            return
        own = self.path.open("wb") if self.descriptor is None else _again(self.descriptor)
        with own as file:
            yield file


def place_of(path: Path) -> Place:
    """Where `path` leads to.

    Raises IsADirectoryError for a folder, FileNotFoundError where there is none for the file, and
    OSError for links that lead in a circle and names that are too long.
    """
    if (descriptor := descriptor_of(path)) is not None:
        return Place(path, descriptor)
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    target = Path(os.path.realpath(path))
    if status is None:
        check_folder(target if path.is_symlink() else path)
    elif stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{path} is a folder: give the path of a file to write to")
    elif not stat.S_ISREG(status.st_mode):
        target = path
    return Place(target, None, status)


def descriptor_of(path: Path) -> int | None:
    """The open descriptor of this process that `path` names, itself or by links; or None."""
    for _ in range(_MAX_LINKS):
        if path.as_posix() in _NAMED:
            return _NAMED[path.as_posix()]
        folder = os.path.realpath(path.parent)
        if _DESCRIPTORS.fullmatch(folder) and path.name.isdecimal():
            ours = folder.startswith("/dev/") or folder.split("/")[2] == str(os.getpid())
            return int(path.name) if ours else None
        if not path.is_symlink():
            return None
        path = Path(folder, os.readlink(path))
    return None


def _captured() -> BinaryIO | None:
    """What stands for standard output without being a file of the system, as in tests."""
    try:
        sys.stdout.fileno()
    except (io.UnsupportedOperation, AttributeError, ValueError):
        return getattr(sys.stdout, "buffer", None)
    return None


def _check_descriptor(descriptor: int) -> None:
    os.fstat(descriptor)
    if FCNTL is not None:
        mode = FCNTL.fcntl(descriptor, FCNTL.F_GETFL) & os.O_ACCMODE
        if mode == os.O_RDONLY:
            raise OSError(errno.EBADF, "open for reading alone")


def _again(descriptor: int) -> BinaryIO:
    """An open descriptor as a file of its own, which goes on where the other stands."""
    return os.fdopen(os.dup(descriptor), "wb")
