"""Rules by which an encoder tells what a table's columns of numbers are, from all of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.blocks import find_dummies
from regan.data.numbers.patterns import INTEGER_LEVELS, as_flag, is_few, one_scale


@dataclass(frozen=True)
class EncodingDefaults:
    """What suits a model, where a user asks for nothing else.

    Attributes
    ----------
    integer_levels : int
        Whole numbers of at most so many different values are levels.
    draws_ties : bool
        Whether it trains on tied numbers at random places within their ties.
    common_scale : bool
        Whether many columns on one scale, such as pixels, are divided by one number.
    normal : bool
        Whether it takes numbers for normal: those that give evidence against it are scaled by rank.
    """

    integer_levels: int = INTEGER_LEVELS
    draws_ties: bool = True
    common_scale: bool = False
    normal: bool = False


USUAL = EncodingDefaults()
"""What suits most models."""


def decide(
    names: Sequence[Hashable],
    settings: Sequence[ColumnSettings],
    columns: Sequence[np.ndarray | None],
    integer_levels: int,
    usual: str,
) -> list[ColumnSettings]:
    """The settings of the columns of a table with what their numbers tell.

    Parameters
    ----------
    names, settings : sequences
        Of each column.
    columns : sequence of arrays (n,) or None
        The numbers of each, NaN for missing ones; None for one of other values.
    integer_levels : int
        Whole numbers of at most so many different values are levels.
    usual : str
        The scaling of numbers where nothing else is asked for.
    """
    whole = [None if some is None or np.isnan(some).any() else some for some in columns]
    present = [  # without a copy where none is missing
        some if some is None or all_there is not None else some[~np.isnan(some)]
        for some, all_there in zip(columns, whole, strict=True)
    ]
    block = one_scale(present) if integer_levels else set()
    flags = [as_flag(numbers) for numbers in whole]
    dummies = {j for group in find_dummies(names, flags) for j in group}
    decided = []
    for j, (own, numbers) in enumerate(zip(settings, present, strict=True)):
        scaling = usual if own.scaling == "auto" else own.scaling
        if j in block:
            scaling = "standard" if own.scaling == "auto" else own.scaling
            decided.append(replace(own, scaling=scaling, ids="keep"))
            continue
        few = numbers is not None and (j in dummies or is_few(numbers, integer_levels))
        few = few and not own.named
        decided.append(replace(own, scaling=scaling, few=few))
    return decided
