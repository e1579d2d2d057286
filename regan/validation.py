"""Checks of hyper-parameters: each error names the parameter, its value and what is allowed."""

from __future__ import annotations

import numbers
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np
from sklearn.utils import check_random_state


def check_real(
    value: Any,
    name: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    open_minimum: bool = False,
    open_maximum: bool = False,
) -> float:
    """`value` as a float if it is a finite real number within the bounds.

    Booleans are no numbers here. `open_minimum` and `open_maximum` exclude the bound itself.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    number = float(value)
    low = minimum is not None and (number <= minimum if open_minimum else number < minimum)
    high = maximum is not None and (number >= maximum if open_maximum else number > maximum)
    if not np.isfinite(number) or low or high:
        left = "" if minimum is None else f" {'>' if open_minimum else '>='} {minimum:g}"
        right = "" if maximum is None else f" {'<' if open_maximum else '<='} {maximum:g}"
        bounds = " and".join(part for part in (left, right) if part)
        raise ValueError(f"{name} must be a finite number{bounds}, got {value!r}")
    return number


def check_int(value: Any, name: str, *, minimum: int) -> int:
    """`value` as an int if it is an integer of at least `minimum`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}, got {value!r}")
    return int(value)


def check_jobs(value: Any) -> int | None:
    """`value` if it may be a number of jobs, as joblib takes it: none is 0."""
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral) or not value:
        raise ValueError(f"n_jobs must be None or an integer other than 0, got {value!r}")
    return int(value)


def check_bool(value: Any, name: str, others: str = "") -> bool:
    """`value` as a bool if it is one; `others` are words for what else is allowed."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False{others}, got {value!r}")
    return bool(value)


def check_choice(value: Any, name: str, allowed: Iterable[str | None]) -> Any:
    """`value` if it is among `allowed`."""
    allowed = list(allowed)
    if not any(value is a or (isinstance(value, str) and value == a) for a in allowed):
        raise ValueError(
            f"{name}={value!r} is not known; choose one of: {', '.join(map(str, allowed))}"
        )
    return value


def check_strength(value: Any, name: str, *, maximum: float | None = None) -> np.ndarray:
    """A strength, or one for each of K models, as a float64 array of shape (1,) or (K,)."""
    values = [value] if np.ndim(value) == 0 else list(value)
    if not values:
        raise ValueError(f"{name} must hold at least one strength, got {value!r}")
    return np.array([check_real(v, name, minimum=0, maximum=maximum) for v in values])


def draw_seed(random_state: Any) -> int:
    """A seed from what scikit-learn takes as a random state: the same one from the same int."""
    try:
        rng = check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, an integer from 0 to 2**32 - 1 or a RandomState, got "
            f"{random_state!r}"
        ) from error
    return int(rng.randint(np.iinfo(np.int32).max))


def check_folder(path: Path) -> None:
    """FileNotFoundError if `path` cannot be written because its folder is not there."""
    if not path.parent.is_dir():
        folder, name = map(shown, (path.parent, path.name))
        raise FileNotFoundError(f"there is no folder {folder} to write {name} to")


@contextmanager
def setting_on_error(event: Event) -> Iterator[None]:
    """Whatever is raised inside, the user's interruption too, sets `event` on its way out."""
    try:
        yield
    except BaseException:
        event.set()
        raise


_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_QUIET = ContextVar("quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """A context without `warn_user`, in this thread alone: for what was told before."""
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


def shown(text: Any, *, lines: bool = False) -> str:
    r"""A user's text for pages, pictures and terminals: what controls these is shown escaped.

    Escaped are control characters, marks that turn the direction of writing, what is invisible, and
    halves of surrogate pairs, which no encoding has; with `lines`, line breaks and tabs stay.

    Examples
    --------
    >>> print(shown("a\x1b[31m\nb"))
    a\x1b[31m\nb
    """

    def escaped(match: re.Match[str]) -> str:
        kept = lines and match[0] in "\n\t"
        return match[0] if kept else match[0].encode("unicode_escape").decode()

    return _UNSEEN.sub(escaped, str(text))


def warn_user(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside regan that led here; scikit-learn's wrapper of `fit` is none."""
    if _QUIET.get():
        return
    level, frame = 2, sys._getframe(1)
    inside = re.compile(r"regan\b|sklearn\.callback\b")
    while frame.f_back is not None and inside.match(frame.f_globals["__name__"]):
        level, frame = level + 1, frame.f_back
    told = message if isinstance(message, Warning) else shown(message, lines=True)
    warnings.warn(told, category, stacklevel=level)


_TOLD: set[str] = set()
_TELLING = Lock()


def warn_user_once(message: str) -> None:
    """`warn_user` unless this process has heard `message` before.

    A message that `quietly` kept back or that was raised as an error has not been heard.
    """
    if _QUIET.get():
        return
    with _TELLING:
        if message in _TOLD:
            return
        _TOLD.add(message)
    try:
        warn_user(message)
    except Warning:
        _TOLD.discard(message)
        raise
