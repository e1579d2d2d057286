"""What is found in a table without being asked for: functions, and columns bound to each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from regan.data.rules.base import Coding, Learner, Rule, Table
from regan.data.rules.bound import MOST_LEVELS, Bound, few_combinations, find_bound
from regan.data.rules.following import Following, is_plain
from regan.data.rules.functions import MOST_COLUMNS, find_functions
from regan.data.rules.implied import Implied
from regan.data.rules.nearly import NearlyImplied
from regan.storage.stored import Stored

_KINDS: dict[str, type[Following]] = {cls.kind: cls for cls in (Implied, NearlyImplied)}


def functions(
    table: Table, numbers: np.ndarray, taken: Collection[int], learner: Learner
) -> tuple[Following, ...]:
    """The columns that follow from others in numbers (n, C), in the order they are computed in.

    taken : the columns that something else determines already.
    """
    learnt = _learnt(table)
    plain = [is_plain(column) for column in table.columns]
    targets = [j for j in learnt if j not in taken]
    known = [
        function
        for function in find_functions(
            numbers, plain, learnt, targets, numbers_first=not learner.integer_levels
        )
        if function.line is None or table.has_order(function.target)
    ]
    implied = [
        (NearlyImplied if function.nearly else Implied).of(table, function, numbers)
        for function in known
    ]
    return tuple(
        each for each in implied if not isinstance(each, Implied) or each.holds(numbers).all()
    )


def with_bound(
    table: Table,
    numbers: np.ndarray,
    implied: Sequence[Following],
    taken: Collection[int],
    learner: Learner,
) -> tuple[Coding, ...]:
    """Groups of columns of levels that are bound to each other, and the columns that follow.

    Of what nearly follows and is bound to a third column, the group must not be lost. Where its
    values are intervals of a number, the choices beside the other columns of the group count;
    elsewhere, and for models of correlations alone, what it follows from comes into the group too,
    if the combinations are few.

    taken : the columns that something else determines already, or that are missing together.
    """
    gone = {j for each in implied if isinstance(each, Implied) for j in each.writes}
    free = [j for j in _learnt(table) if j not in gone and j not in taken]
    levels = [j for j in free if not is_plain(table.columns[j])]
    most = min(MOST_LEVELS, learner.max_levels)
    groups = find_bound(numbers, levels, most) if len(levels) <= MOST_COLUMNS else []
    nearly = [
        each for each in implied if isinstance(each, NearlyImplied) and each.target not in taken
    ]
    kept, within = list(nearly), []
    for each in nearly:
        group = next((group for group in groups if each.target in group), None)
        if group is None:
            continue
        others = tuple(j for j in group if j != each.target)
        busy = {j for other in groups for j in other} | {other.target for other in kept}
        alone = each.source in free and each.source not in busy
        if others == (each.source,):
            groups.remove(group)
            continue
        kept.remove(each)
        wider = tuple(sorted((each.source, *group)))
        only = sum(other.target in group for other in nearly) == 1
        if alone and only and each.is_ordered and learner.integer_levels:
            within.append(each.beside(others, numbers))
            groups[groups.index(group)] = others
        elif alone and few_combinations(numbers[:, wider], most):
            groups[groups.index(group)] = wider
    groups = sorted(group for group in groups if len(group) > 1)
    bound = [Bound(table, (), group).learn(numbers, learner) for group in groups]
    gone |= {each.target for each in kept}
    rest = [each for each in implied if each.writes <= gone]
    return (*bound, *within, *rest)


def _learnt(table: Table) -> list[int]:
    return [j for j, c in enumerate(table.columns) if c.n_numbers + c.n_levels]


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
        if isinstance(coding, Bound):
            kinds["bound"].append(coding.export())
        elif isinstance(coding, Following):
            kinds["implied"].append([coding.kind, coding.export()])
    return kinds


def restore(table: Table, taken: Collection[int], stored: Stored) -> tuple[Coding, ...]:
    """The inverse of `export`."""
    joint, implied = stored.fields("bound", "implied")
    codings: list[Coding] = [Bound.read(table, each) for each in joint.items()]
    for each in implied.items():
        kind, rest = each.items(2)
        codings.append(_KINDS[kind.choice(*_KINDS)].read(table, rest))
    written, read = set(taken), set[int]()
    for coding in codings:
        if written & coding.writes or read & coding.writes:
            stored.refuse("columns that are determined once, and before others follow from them")
        written |= coding.writes
        read |= coding.reads
    return tuple(codings)
