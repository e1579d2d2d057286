"""What is found in a table without being asked for: functions, and columns bound to each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from regan.data.rules.base import Coding, Learner, Rule, Table
from regan.data.rules.bound import Bound, find_bound
from regan.data.rules.functions import MOST_COLUMNS, find_functions
from regan.data.rules.implied import Implied, is_plain
from regan.storage.stored import Stored


def find(
    table: Table, numbers: np.ndarray, taken: Collection[int], learner: Learner
) -> tuple[Coding, ...]:
    """What numbers (n, C) of a table have in them, in the order in which it is decoded.

    taken : the columns that something else determines already.
    """
    learnt = [j for j, c in enumerate(table.columns) if c.n_numbers + c.n_levels]
    if not 1 < len(learnt) <= MOST_COLUMNS:
        return ()
    plain = [is_plain(column) for column in table.columns]
    targets = [j for j in learnt if j not in taken]
    functions = find_functions(numbers, plain, learnt, targets)
    implied = [Implied.of(table, function, numbers) for function in functions]
    implied = [each for each in implied if each.holds(numbers).all()]
    gone = {each.target for each in implied}
    levels = [j for j in targets if j not in gone and not plain[j]]
    bound = [Bound(table, (), group) for group in find_bound(numbers, levels)]
    return (*(each.learn(numbers, learner) for each in bound), *implied)


def taken_by(
    rules: Iterable[Rule], table: Table, dummies: Iterable[Collection[int]]
) -> frozenset[int]:
    """The columns, by position, that rules are about, and dummies."""
    ruled = {table.place(name) for rule in rules for name in rule.names}
    return frozenset(ruled.union(*dummies))


def export(codings: Iterable[Coding]) -> dict[str, Any]:
    """What a model file has to hold of what was found."""
    kinds: dict[str, list[Any]] = {"bound": [], "implied": []}
    for coding in codings:
        if isinstance(coding, Bound | Implied):
            kinds["bound" if isinstance(coding, Bound) else "implied"].append(coding.export())
    return kinds


def restore(table: Table, taken: Collection[int], stored: Stored) -> tuple[Coding, ...]:
    """The inverse of `export`."""
    bound, implied = stored.fields("bound", "implied")
    codings: list[Coding] = [Bound.read(table, each) for each in bound.items()]
    codings += [Implied.read(table, each) for each in implied.items()]
    written, read = set(taken), set()
    for coding in codings:
        if written & coding.writes or read & coding.writes:
            stored.refuse("columns that are determined once, and before others follow from them")
        written |= coding.writes
        read |= coding.reads
    return tuple(codings)
