"""Where output goes: links, modes, devices, pipes, descriptors; strays of writers that are gone."""

import errno
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from regan.storage import strays
from regan.storage.atomic import atomic_file, try_out, write_atomically
from regan.storage.places import STDOUT
from regan.storage.strays import open_temporary, sweep


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def reading(pipe):
    """What a thread reads of a pipe, when it has joined."""
    got = []
    thread = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    thread.start()
    return thread, got


# Regular files


def test_links_are_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"old")
    (tmp_path / "one").symlink_to("folder/file")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "new").symlink_to("folder/new")
    (tmp_path / "door").symlink_to("folder")
    for name, file in (("two", "file"), ("new", "new"), ("door/other", "other")):
        try_out(tmp_path / name)
        write_atomically(tmp_path / name, name.encode())
        assert (tmp_path / "folder" / file).read_bytes() == name.encode()
    assert all((tmp_path / name).is_symlink() for name in ("one", "two", "new", "door"))
    assert sorted(os.listdir(tmp_path / "folder")) == ["file", "new", "other"]


def test_hard_links_part(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    os.link(tmp_path / "file", tmp_path / "other")
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "other").read_bytes() == b"old"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755, 0o4755])
def test_modes_stay(tmp_path, mode):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_file(path) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600  # nobody may look meanwhile
        file.write(b"new")
    assert (mode_of(path), path.read_bytes()) == (mode, b"new")


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_new_files_have_the_usual_mode(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o666 & ~umask


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owners_stay(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.chown(path, 12345, 54321)
    write_atomically(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (12345, 54321, 0o640)


def test_an_owner_that_may_not_be_kept(tmp_path, monkeypatch):
    """Then nobody has more rights than before: others of the new group are others."""
    path, fstat = tmp_path / "file", os.fstat
    path.write_bytes(b"old")
    path.chmod(0o4664)

    def of_another_group(descriptor):
        fields = list(fstat(descriptor))
        fields[stat.ST_GID] += 1
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", of_another_group)
    monkeypatch.setattr(strays, "_lock", lambda *_: True)
    write_atomically(path, b"new")
    assert mode_of(path) == 0o644


def test_what_is_read_only_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may always write
    for write in (try_out, lambda path: write_atomically(path, b"new")):
        with pytest.raises(PermissionError, match=r"file'"):
            write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_places_that_take_no_file(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "lost").symlink_to("no/file")
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    before = sorted(os.listdir(tmp_path))
    for name, error, words in (
        ("a", OSError, "Too many levels of symbolic links: .*/a'"),
        ("lost", FileNotFoundError, "there is no folder .*no to write file to"),
        ("no/file", FileNotFoundError, "there is no folder .*no to write file to"),
        ("file/file", OSError, "Not a directory: .*file/file'"),
        ("folder", IsADirectoryError, "folder is a folder: give the path"),
        ("link", IsADirectoryError, "link is a folder: give the path"),
        ("n" * 300, OSError, "File name too long: .*nn'"),
    ):
        for write in (try_out, lambda path: write_atomically(path, b"new")):
            with pytest.raises(error, match=words):
                write(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("name", ["n" * 255, "ö" * 127, ".hidden", "two\nlines", "\udcff"])
def test_names_that_systems_take(tmp_path, name):
    try_out(tmp_path / name)
    write_atomically(tmp_path / name, b"new")
    assert os.listdir(tmp_path) == [name]


def test_trying_out_changes_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    before = path.stat()
    (tmp_path / "new").symlink_to("nothing")
    for name in ("file", "new", "other"):
        try_out(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "new"]
    assert path.stat() == before


def test_a_file_that_is_mounted_by_itself(tmp_path, monkeypatch):
    """As those that are lent to a container: no other can take its place."""

    def busy(*names):
        raise OSError(errno.EBUSY, "Device or resource busy")

    path = tmp_path / "file"
    path.write_bytes(b"an old one that is longer")
    before = path.stat().st_ino
    monkeypatch.setattr(os, "replace", busy)
    write_atomically(path, b"new")
    assert (path.read_bytes(), path.stat().st_ino) == (b"new", before)
    assert os.listdir(tmp_path) == ["file"]


# Devices, pipes, descriptors


def test_devices_stay_devices(tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (Path("/dev/null"), tmp_path / "link"):
        try_out(path)
        write_atomically(path, b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        write_atomically(Path("/dev/full"), b"x")


def test_pipes_stay_pipes(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to("pipe")
    for path in (pipe, tmp_path / "link"):
        thread, got = reading(pipe)
        try_out(path)  # which does not end what the reader reads
        write_atomically(path, b"x" * 100_000)
        thread.join(10)
        assert got == [b"x" * 100_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


def test_descriptors_go_on_where_they_stand(tmp_path):
    with (tmp_path / "file").open("wb", buffering=0) as file:
        file.write(b"one ")
        (tmp_path / "link").symlink_to(f"/dev/fd/{file.fileno()}")
        for path in (Path(f"/dev/fd/{file.fileno()}"), Path(f"/proc/self/fd/{file.fileno()}")):
            try_out(path)
            write_atomically(path, b"two ")
        write_atomically(tmp_path / "link", b"three")
        assert not file.closed
    assert (tmp_path / "file").read_bytes() == b"one two two three"
    with (tmp_path / "file").open("rb") as file, pytest.raises(OSError, match="reading alone"):
        try_out(Path(f"/dev/fd/{file.fileno()}"))
    with pytest.raises(OSError, match="Bad file descriptor: '/dev/fd/"):
        write_atomically(Path("/dev/fd/999"), b"x")


def test_standard_output(capfdbinary):
    print("first ", end="")
    write_atomically(STDOUT, b"second")
    assert capfdbinary.readouterr().out == b"first second"


def test_standard_output_that_python_captures(capsysbinary):
    print("first ", end="")
    write_atomically(STDOUT, b"second")
    assert capsysbinary.readouterr().out == b"first second"


# Strays


def stray(folder, name="file"):
    """One that this process does not hold any more, and its path."""
    path, descriptor = open_temporary(folder / name, 0o600)
    os.close(descriptor)
    return path


def test_strays_of_any_file_are_swept(tmp_path):
    for name in ("file", "other", "n" * 255, "two\nlines"):
        stray(tmp_path, name)
    others = [".file.0123456789abcdef", ".file.old", "notes.txt", ".file.0123.regan-tmp"]
    for name in others:
        (tmp_path / name).touch()
    write_atomically(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == sorted(["file", *others])


def test_writers_that_live_are_left_alone(tmp_path):
    with atomic_file(tmp_path / "file") as file:
        file.write(b"slow")
        write_atomically(tmp_path / "file", b"fast")
        write_atomically(tmp_path / "other", b"fast")
        os.utime(file.fileno(), (0, 0))  # however old
        sweep(tmp_path)
        assert (tmp_path / "file").read_bytes() == b"fast"
    assert (tmp_path / "file").read_bytes() == b"slow"
    assert sorted(os.listdir(tmp_path)) == ["file", "other"]


def test_strays_of_other_machines_are_swept_after_a_day(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("platform.node", lambda: "elsewhere")
        young, old = stray(tmp_path), stray(tmp_path)
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    sweep(tmp_path)
    assert os.listdir(tmp_path) == [young.name]


def test_without_locks_age_decides(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(strays.FCNTL, "flock", flock)
    young, old = stray(tmp_path), stray(tmp_path)
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    write_atomically(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, "file"])


def test_strays_are_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    name = stray(tmp_path).name
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("precious")
    os.mkfifo(tmp_path / name.replace("file", "pipe"))  # opening it would wait for a reader
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_what_is_swept_before_it_is_locked(tmp_path, monkeypatch):
    """The writer begins another file."""
    locked = []

    def flock(descriptor, operation):
        if not locked:
            sweep_now()
        locked.append(descriptor)

    def sweep_now():
        for name in os.listdir(tmp_path):
            (tmp_path / name).unlink()

    monkeypatch.setattr(strays.FCNTL, "flock", flock)
    write_atomically(tmp_path / "file", b"new")
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"new"
    assert len(locked) == 2


def test_many_writers_at_once(tmp_path):
    """None takes another's file away, and the last one stands there as a whole."""
    errors = []

    def write(number):
        try:
            for _ in range(20):
                write_atomically(tmp_path / "file", bytes([number]) * 1000)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert os.listdir(tmp_path) == ["file"]
    assert len({*(tmp_path / "file").read_bytes()}) == 1
