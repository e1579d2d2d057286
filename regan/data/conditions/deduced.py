"""Numbers that follow from those that are known, by rules between columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from regan.data.conditions.asked import Asked, Conditions
from regan.data.encoding import Encoding
from regan.data.scaling import Scaler
from regan.data.table_scaler import TableScaler


def deduced(conditions: Conditions, scaler: Scaler) -> Conditions:
    """The conditions, and what follows from them: the last part of a sum, or the sum of parts."""
    if not isinstance(scaler, TableScaler) or not scaler.encoder.codings_:
        return conditions
    encoding: Encoding = scaler.encoder
    for coding in encoding.codings_:
        known = conditions.fixed(len(encoding.columns_))
        numbers = np.full(known.shape, np.nan)
        conditions.write(numbers)
        for j, found in coding.deduced(numbers, known).items():
            new = ~np.isnan(found) & ~known[:, j]
            if new.any():
                conditions = _with(conditions, j, encoding.names[j], found, new)
    return conditions


def _with(
    conditions: Conditions, place: int, name: object, numbers: np.ndarray, new: np.ndarray
) -> Conditions:
    """The conditions with new numbers (r,) of a column, where they do not contradict others."""
    own = [asked for asked in conditions.asked if asked.place == place]
    others = tuple(asked for asked in conditions.asked if asked.place != place)
    if own:
        (asked,) = own
        new = new & asked.allows(numbers)
    else:
        never = np.zeros(len(numbers), dtype=bool)
        ends = np.full(len(numbers), -np.inf), np.full(len(numbers), np.inf)
        asked = Asked(place, name, f"{name!r} (computed from others)", *ends, never, never)
    known = replace(
        asked,
        low=np.where(new, numbers, asked.low),
        high=np.where(new, numbers, asked.high),
        present=asked.present | new,
    )
    return replace(conditions, asked=(*others, known))
