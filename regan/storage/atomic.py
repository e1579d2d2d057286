"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from regan.storage.places import Place, place_of
from regan.storage.strays import is_temporary, open_temporary, sweep

_POSIX = os.name == "posix"
_ACCESS = "system.posix_acl_access"


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, as `atomic_file` does."""
    with atomic_file(path) as file:
        file.write(data)


@contextmanager
def atomic_file(path: Path, check: Callable[[], None] | None = None) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` in the end.

    check : called right before that; what it raises leaves the old file.

    Whoever reads finds the old file or the new one, never a part. It holds when the process is
    killed or the power fails: the data reach the disk under another name in the same folder before
    they take the place of the old ones, and so does the folder. What killed writers have left in
    the folder is removed.

    Links are followed: what they lead to is written. The new file has the mode of the old one, its
    access list, and its owner where that is allowed; of a file with several names (hard links) this
    name has the new contents, and the others keep the old ones. Devices, pipes and open descriptors
    (``/dev/stdout``) are written to as they are.

    Raises OSError with the name of `path`, and leaves what is there.
    """
    with _named_after(path):
        place = place_of(path)
        with place.stream() if place.is_stream else _replacing(place, check) as file:
            yield file


def try_out(path: Path) -> None:
    """Raise OSError if `path` cannot be written to; whatever is there stays."""
    with _named_after(path):
        place = place_of(path)
        place.check()
        if not place.is_stream:
            temporary, descriptor = open_temporary(place.path, 0o600)
            os.close(descriptor)
            temporary.unlink(missing_ok=True)


@contextmanager
def _named_after(path: Path) -> Iterator[None]:
    """Errors of the system name `path`, where they name nothing or a temporary file."""
    try:
        yield
    except OSError as error:
        unknown = error.filename is None or is_temporary(str(error.filename))
        if error.errno is None or not unknown:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _replacing(place: Place, check: Callable[[], None] | None) -> Iterator[BinaryIO]:
    """A file that takes a regular file's place, or a free one, when it has been written."""
    target, old = place.path, place.status
    place.check()
    sweep(target.parent)
    temporary, descriptor = open_temporary(target, 0o666 if old is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if old is not None and _POSIX:
                _make_alike(descriptor, target, old)
            os.fsync(descriptor)
            if check is not None:
                check()
            if _POSIX:
                _replace(temporary, target)  # locked, so that nobody sweeps it
        if not _POSIX:
            _replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _replace(temporary: Path, target: Path) -> None:
    """Put a file in the place of another, or its contents where that one is a mount of its own."""
    try:
        os.replace(temporary, target)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        with temporary.open("rb") as new, target.open("r+b") as old:
            shutil.copyfileobj(new, old)
            old.truncate()
        temporary.unlink()


def _make_alike(descriptor: int, path: Path, old: os.stat_result) -> None:
    """Owner, mode and access list of the `old` file, as far as that is allowed."""
    mode = stat.S_IMODE(old.st_mode)
    for owner in ((-1, old.st_gid), (old.st_uid, -1)):
        with suppress(OSError):
            os.fchown(descriptor, *owner)
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        mode &= 0o777  # no rights of the old owner for others
    if new.st_gid != old.st_gid:
        mode &= ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    elif hasattr(os, "listxattr"):
        with suppress(OSError):
            _copy_access_list(descriptor, path)
    os.fchmod(descriptor, mode)


def _copy_access_list(descriptor: int, path: Path) -> None:
    os.setxattr(descriptor, _ACCESS, os.getxattr(path, _ACCESS))


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` last; systems that cannot open a folder do without."""
    if not _POSIX:
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write there and not look
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
