"""Temporary files beside what is written, and strays: those of writers that were killed."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from regan.storage.places import FCNTL

_NAME = re.compile(r"\..*\.([0-9a-f]{8})[0-9a-f]{16}\.regan-tmp", re.DOTALL)
_LONGEST = 120  # bytes of a name; most systems take 255
_OLD = 24 * 3600.0


def open_temporary(path: Path, mode: int) -> tuple[Path, int]:
    """A new file beside `path`, and its descriptor, which locks it: it has a writer that lives."""
    begin = os.fsencode(path.name)[:_LONGEST].decode("utf-8", "ignore")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        name = f".{begin}.{_host()}{secrets.token_hex(8)}.regan-tmp"
        temporary = path.with_name(name)
        descriptor = os.open(temporary, flags, mode)
        if _lock(descriptor, temporary):
            return temporary, descriptor
        os.close(descriptor)  # swept in the moment before it was locked


def is_temporary(path: str) -> bool:
    """Whether `path` is of such a file."""
    return _NAME.fullmatch(os.path.basename(path)) is not None


def sweep(folder: Path) -> None:
    """Remove what writers to `folder` left behind when they were killed.

    A file is left alone while its writer lives, and for a day if it is of another machine, whose
    locks may not be seen here.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        strays = [(entry.path, _NAME.fullmatch(entry.name)) for entry in entries]
        for stray, match in strays:
            if match is not None:
                with suppress(OSError):  # somebody else's, or gone
                    _remove(stray, match[1] == _host())


def _remove(stray: str, ours: bool) -> None:
    """Remove a stray unless it is locked; whoever locks it afterwards finds that it is gone."""
    if FCNTL is None:  # such a system keeps a file that is open
        os.unlink(stray)
        return
    descriptor = os.open(stray, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        certain = ours
        try:
            FCNTL.flock(descriptor, FCNTL.LOCK_EX | FCNTL.LOCK_NB)
        except BlockingIOError:
            return
        except OSError:  # a file system without locks
            certain = False
        if certain or time.time() - os.fstat(descriptor).st_mtime > _OLD:
            os.unlink(stray)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> bool:
    """Lock a new file, where files have locks; False if it was swept before."""
    if FCNTL is None:
        return True
    with suppress(OSError):
        FCNTL.flock(descriptor, FCNTL.LOCK_EX)
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _host() -> str:
    """A word for this machine, eight hexadecimal digits."""
    return hashlib.sha256(platform.node().encode("utf-8", "surrogateescape")).hexdigest()[:8]
