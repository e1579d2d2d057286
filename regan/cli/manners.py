"""Manners of the command line: what is told and where, errors in a line, what cannot be written."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from regan.backends import BackendUnavailableError
from regan.cli.advice import warned
from regan.distributed import RankError
from regan.storage.atomic import try_out
from regan.storage.places import STDOUT, descriptor_of
from regan.training.divergence import DivergenceError
from regan.validation import shown

MENDED = (
    ValueError,
    TypeError,
    OSError,
    ImportError,
    MemoryError,
    OverflowError,
    BackendUnavailableError,
    DivergenceError,
    RankError,
)
"""Errors that a user can mend."""

_SILENT = ContextVar("silent", default=False)


class Output(click.Path):
    """A file to write; ``-`` is standard output."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, readable=False, allow_dash=True, path_type=Path)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return STDOUT if value == "-" else super().convert(value, param, ctx)


class RequiredOutput(click.Option):
    """The option for a table to write, which a user has to give."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options, required=True)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().process_value(ctx, value)
        except click.MissingParameter as error:
            raise click.UsageError(
                "Missing option '-o' / '--output': name a file, or give -o - for standard output",
                ctx,
            ) from error


@dataclass(frozen=True)
class Target:
    """Where to write: a file, or a folder of files.

    Attributes
    ----------
    path : Path
    is_folder : bool
        Whether it is one, or is named as one, with a separator at the end.
    """

    path: Path
    is_folder: bool = False


class FileOrFolder(Output):
    """A `Target`: a file to write, or a folder of files, which ends in a separator unless it is
    there.
    """

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if isinstance(value, str):
            named = value.endswith(tuple(filter(None, (os.sep, os.altsep))))
            if named or os.path.isdir(value):
                return Target(Path(value), is_folder=True)
        return Target(super().convert(value, param, ctx))


class Commands(click.Group):
    """Commands that show what a user typed escaped, and complain where nothing can be shown."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _in_manner():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_manner():
            return super().invoke(ctx)


@contextmanager
def _in_manner() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:  # whoever read the output has enough
        _drop_output()
        raise SystemExit(1) from error
    except OSError as error:  # a disk without room for the help
        _drop_output()
        raise click.ClickException(in_words(error)) from error
    except click.ClickException as error:
        vars(error)["message"] = shown(error.message, lines=True)
        raise


@contextmanager
def silently() -> Iterator[None]:
    """A context in which nothing is told: another rank does."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def tell(sentence: str) -> None:
    """What was read goes where warnings go, and not into tables that are written to files."""
    if _SILENT.get():
        return
    click.echo(shown(sentence, lines=True), err=True)


def conclude(sentence: str, output: Path) -> None:
    """The last sentence, on where results went; beside them if that is standard output."""
    where = "standard output" if output == STDOUT else output
    text = shown(f"{sentence} {where}", lines=True)
    _echo(text, aside=descriptor_of(output) == 1)


def say(text: str) -> None:
    """What a command was asked for, on standard output."""
    _echo(shown(text, lines=True), aside=False)


def _echo(text: str, *, aside: bool) -> None:
    """With what the encoding lacks escaped."""
    encoding = getattr(sys.stderr if aside else sys.stdout, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=aside)


def check_output(path: Path, *inputs: Path | None, text: bool = True) -> None:
    """Before the work, not after it: whether its result can be written to `path`.

    Raises OSError if not, and ValueError if `path` is one of the `inputs`, which would be lost, or
    a terminal, which shows nothing but `text`.
    """
    try_out(path)
    for source in inputs:
        if source is not None and _is_same(path, source):
            raise ValueError(
                f"{path} is an input and would be overwritten: name another output file"
            )
    if not text and descriptor_of(path) == 1 and sys.stdout.isatty():
        raise ValueError(f"{path} is a terminal, but the result is not text: name a file")


def _is_same(path: Path, source: Path) -> bool:
    with suppress(OSError):
        return path.samefile(source)
    return os.path.realpath(path) == os.path.realpath(source)


def save_somewhere(model: Any, path: Path) -> None:
    """Save a model, and where that fails in another folder, so that the work is not lost.

    Raises OSError all the same, which says where the model is.
    """
    try:
        model.save(path)
    except OSError as error:
        kept = "it could not be saved elsewhere either"
        for folder in (tempfile.gettempdir(), Path.home(), Path.cwd()):
            with suppress(OSError):
                other = Path(tempfile.mkdtemp(prefix="regan-", dir=folder)) / "model.regan"
                try:
                    model.save(other)
                except OSError:
                    other.parent.rmdir()
                    raise
                kept = f"it was saved to {other}"
                break
        raise OSError(f"the model could not be saved ({in_words(error)}); {kept}") from error


def in_words(error: BaseException) -> str:
    """An error without numbers: the file and what is wrong with it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return f"there is not enough memory: {error}"
    return str(error)


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a user can mend is told in one line, once, and without a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        told: set[str] = set()

        def tell_once(message: Warning | str, *_: Any, **__: Any) -> None:
            if str(message) not in told:
                tell(f"Warning: {warned(message)}")
            told.add(str(message))

        try:
            with warnings.catch_warnings():
                warnings.showwarning = tell_once
                result = command(*args, **kwargs)
            if sys.stdout is not None:  # it may be closed
                sys.stdout.flush()
            return result
        except MENDED as error:
            named = getattr(error, "filename", None) not in (None, str(STDOUT))
            if isinstance(error, BrokenPipeError) and not named:
                raise
            _drop_output()
            raise click.ClickException(in_words(error)) from error
        except KeyboardInterrupt as stop:
            tell(str(stop) or "stopped")
            raise SystemExit(128 + signal.SIGINT) from stop

    return run


def _drop_output() -> None:
    """Forget what standard output does not take, about which Python would complain at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
