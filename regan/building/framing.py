"""Framing: whether networks train in local frames, and in which."""

from __future__ import annotations

from typing import Any

from regan.building.rules import AUTO, Facts
from regan.data.encoded_rows import EncodedRows, codes_of
from regan.data.scaling import Scaler
from regan.mixtures.coordinates import Coordinates, Rows
from regan.mixtures.local_frames import LocalFrames, learn_frames
from regan.mixtures.selection import ROWS_EACH
from regan.validation import check_int

MOST_COLUMNS = 32
"""Columns of numbers that vary, up to which frames are the rule."""

_WIDEST = 8 * MOST_COLUMNS


def check_frames(value: Any) -> int | str | None:
    """The setting `frames`: how many components, "auto" or None."""
    if value is None or value is False:
        return None
    if isinstance(value, str):
        if value != AUTO:
            raise ValueError(
                f"frames={value!r} is not known; choose 'auto', a number of components, or None"
            )
        return value
    return check_int(value, "frames", minimum=1)


def learn_coordinates(
    frames: int | str | None, scaler: Scaler, rows: Rows, seed: int
) -> Coordinates:
    """The coordinates for scaled rows (n, D) with their classes (n, C).

    By the rule (``"auto"``) there are frames if all columns are numbers, at most 32 of which vary
    (and 256 in all), and there are at least 10 rows for each of these.
    """
    X, labels = rows
    n_classes = 0 if labels is None else labels.shape[1]
    plain = Coordinates(scaler, n_classes)
    n_varying = int((~scaler.constant[: plain.n_numbers]).sum())
    if frames == AUTO:
        suits = scaler.enabled and not scaler.levels and 0 < n_varying <= MOST_COLUMNS
        suits = suits and plain.n_numbers <= _WIDEST
        if not suits or len(X) < ROWS_EACH * n_varying:
            return plain
    elif frames is None:
        return plain
    else:
        _check_possible(frames, scaler, n_varying)
    numbers = X.plain if isinstance(X, EncodedRows) else X
    classes = None if labels is None else codes_of(labels)
    return Coordinates(scaler, n_classes, learn_frames(numbers, frames, classes, n_classes, seed))


def check_kept(frames: int | str | None, kept: LocalFrames | None, given: Any) -> None:
    """ValueError if training cannot go on in the frames of the first fit under this setting."""
    now = None if kept is None else kept.n_components
    if frames not in (AUTO, now):
        raise ValueError(
            f"frames={given!r} cannot take effect when training goes on: the first fit had "
            f"{'no frames' if now is None else f'frames of {now} components'}"
        )


def facts_of(coordinates: Coordinates, n_rows: int) -> Facts:
    """What the rules of settings know of rows in these coordinates."""
    scaler = coordinates.scaler
    return Facts(n_rows, scaler.n_columns, framed=coordinates.frames is not None)


def _check_possible(frames: Any, scaler: Scaler, n_varying: int) -> None:
    if not scaler.enabled:
        raise ValueError(
            f"frames={frames!r} needs columns of unit variance, and standardize=False leaves them "
            "as they are: set frames=None, or standardize=True"
        )
    if not n_varying:
        raise ValueError(
            f"frames={frames!r} needs columns of numbers that vary, and there are none: set "
            "frames=None"
        )
