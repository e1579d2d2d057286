"""Framing: whether networks train in frames of a mixture, and in which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from regan.building.rules import AUTO, Facts
from regan.data.encoded_rows import EncodedRows, codes_of
from regan.data.scaling import Scaler
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures.coordinates import Coordinates, GivenRows
from regan.mixtures.frames import Frames
from regan.mixtures.local_frames import (
    LEARNT_ROWS,
    LocalFrames,
    learn_by_class,
    learn_frames,
)
from regan.mixtures.mixed_frames import FEWER_ROWS, MixedFrames, learn_mixed
from regan.mixtures.principal_frames import learn_principal
from regan.mixtures.selection import ROWS_EACH
from regan.validation import check_int

MOST_COLUMNS = 32
"""Columns of numbers that vary, up to which frames are local, each with axes of its own."""

_WIDEST = 8 * MOST_COLUMNS
"""Columns up to which frames are local, those included that do not vary."""

FEW_COLUMNS, DENSE_ROWS = 10, 50
"""More columns than these take so many rows each for axes of their own: of fewer rows the narrow
directions are chance, which whitening makes as large as all others."""

PRINCIPAL_ROWS = 200
"""Rows from which on more columns are the business of principal components."""

ROWS_BESIDE = 1000
"""Rows that are enough for local frames beside any levels."""

SHARES = {True: (0.95, 64), False: (0.999, 10**6)}
"""The share of the variance that principal components keep, and how many they are at most: of
columns on one scale, and of others."""


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
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"frames must be 'auto', a number of components or None, got {value!r}")
    return check_int(value, "frames", minimum=1)


def learn_coordinates(
    frames: int | str | None, scaler: Scaler, rows: GivenRows, seed: int
) -> Coordinates:
    """The coordinates for rows (n, D) with their classes (n, C).

    By the rule (``"auto"``) there are frames of the columns of numbers in an array, if no more
    others have levels: local ones of up to 32 columns that vary (of 256 in all), if there are 15
    rows for each, of more than 10 columns 50; else principal ones, if there are 200 rows and,
    unless the columns are on one scale, two rows for each. Tables with levels, and arrays of more
    columns of levels than of others, have mixed ones of two columns and more, if there are 50 rows.
    """
    X, labels = rows
    n_classes = 0 if labels is None else labels.shape[1]
    plain = Coordinates(scaler, n_classes)
    n_varying = int((~scaler.constant[: plain.n_numbers]).sum())
    classes = None if labels is None else codes_of(labels)
    if isinstance(X, EncodedRows) and not _are_numbers(scaler, n_varying):
        return replace(plain, frames=_mixed(frames, scaler, X, classes, n_classes, seed))
    wide = n_varying > MOST_COLUMNS or plain.n_numbers > _WIDEST
    wide |= n_varying > FEW_COLUMNS and len(X) < DENSE_ROWS * n_varying
    if frames == AUTO:
        suits = scaler.enabled and n_varying > 0
        few = max(PRINCIPAL_ROWS, 0 if scaler.is_common else 2 * n_varying)
        if not suits:
            return plain
        if len(X) < (few if wide else _rows_for(n_varying, scaler.levels)):
            return replace(plain, frames=_of_classes(plain, X, classes, seed, n_varying))
    elif frames is None:
        return plain
    else:
        _check_possible(frames, scaler, n_varying)
    numbers = X.plain if isinstance(X, EncodedRows) else X
    if wide:
        given = frames, classes, n_classes, seed
        share, most = SHARES[scaler.is_common]
        return Coordinates(scaler, n_classes, learn_principal(numbers, *given, share, most))
    numbers, classes = _part(numbers, classes, seed)
    return Coordinates(
        scaler, n_classes, learn_frames(_numbers_of(numbers), frames, classes, n_classes, seed)
    )


def _of_classes(
    plain: Coordinates, rows: Any, classes: np.ndarray | None, seed: int, n_varying: int
) -> LocalFrames | None:
    """Frames of a component for each class, if there are classes and numbers alone."""
    narrow = n_varying <= MOST_COLUMNS and plain.n_numbers <= _WIDEST
    if classes is None or plain.scaler.levels or not narrow:
        return None
    return learn_by_class(_numbers_of(rows), classes, plain.n_classes, seed)


def _part(rows: Any, classes: np.ndarray | None, seed: int) -> tuple[Any, np.ndarray | None]:
    """The rows, and their classes, that local frames are learnt from: of very many some."""
    if len(rows) <= LEARNT_ROWS:
        return rows, classes
    some = np.random.default_rng([seed, 27]).choice(len(rows), LEARNT_ROWS, replace=False)
    return rows[some], None if classes is None else classes[some]


def _numbers_of(rows: Any) -> np.ndarray:
    """The scaled numbers (n, P) of rows."""
    numbers = rows.plain if isinstance(rows, EncodedRows) else rows
    return np.asarray(numbers.scaled() if isinstance(numbers, UnscaledRows) else numbers)


def _rows_for(n_varying: int, levels: Sequence[int]) -> int:
    """Rows that local frames take: few updates teach networks nothing of levels beside them."""
    few = ROWS_EACH * n_varying
    return max(few, min(ROWS_BESIDE, few * max(levels, default=1)))


def _mixed(
    frames: int | str | None,
    scaler: Scaler,
    rows: EncodedRows,
    classes: np.ndarray | None,
    n_classes: int,
    seed: int,
) -> MixedFrames | None:
    """The frames of numbers and levels, if there are any."""
    if frames is None:
        return None
    if frames == AUTO:
        n_cells = rows.plain.shape[1] + len(rows.sizes)
        suits = scaler.enabled and n_cells > 1 and len(rows) >= 2 * FEWER_ROWS
        return learn_mixed(rows, frames, classes, n_classes, seed) if suits else None
    _check_possible(frames, scaler, len(scaler.levels))
    return learn_mixed(rows, frames, classes, n_classes, seed)


def _are_numbers(scaler: Scaler, n_varying: int) -> bool:
    """Whether columns are numbers, or most of those of an array are."""
    if scaler.of_table:
        return not scaler.levels
    return len(scaler.levels) <= n_varying


def check_kept(frames: int | str | None, kept: Frames | None, given: Any) -> None:
    """ValueError if training cannot go on in the frames of the first fit under this setting."""
    now = None if kept is None else kept.n_components
    if frames not in (AUTO, now):
        raise ValueError(
            f"frames={given!r} cannot change when training continues: the first fit had "
            f"{'no frames' if now is None else f'frames of {now} components'}. Set frames back, "
            "or fit with warm_start=False"
        )


def facts_of(coordinates: Coordinates, n_rows: int) -> Facts:
    """What the rules of settings know of rows in these coordinates."""
    frames = coordinates.frames
    kind = None if frames is None else frames.kind
    n_numbers = coordinates.n_columns - sum(coordinates.scaler.levels)
    labelled = coordinates.n_components > 1
    return Facts(n_rows, kind, labelled, coordinates.n_columns, n_numbers)


def _check_possible(frames: Any, scaler: Scaler, n_varying: int) -> None:
    if not scaler.enabled:
        raise ValueError(
            f"frames={frames!r} needs standardized columns, and standardize=False does not scale "
            "them: set frames=None or standardize=True"
        )
    if not n_varying:
        raise ValueError(
            f"frames={frames!r} needs numeric columns that vary, and the data have none: set "
            "frames=None"
        )
