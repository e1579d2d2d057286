"""The rules of a table together: whether they fit, what they code, in which order they decode."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from numbers import Real
from typing import Any

import numpy as np

from regan.data.close_names import did_you_mean
from regan.data.row_names import BY_POSITION, RowNames
from regan.data.rules.base import Coding, Learner, Rule, Table, saying
from regan.data.rules.bounded import Bounded
from regan.storage.stored import Stored


def check_rules(rules: Any, names: Sequence[Any]) -> None:
    """TypeError or ValueError for a setting that is no list of rules between columns `names`."""
    if isinstance(rules, (str, Rule)) or not np.iterable(rules):
        raise TypeError(f"rules must be a list of rules, got {rules!r}")
    for rule in rules:
        if not isinstance(rule, Rule):
            raise TypeError(f"rules must be objects such as Inequality('a', 'b'), got {rule!r}")
        with saying(rule):
            rule.check()
        if lost := [name for name in rule.names if name not in names]:
            raise ValueError(
                f"rule {rule.text}: X does not have the columns {lost}{_meant(lost, names)}"
            )
        if twice := [name for i, name in enumerate(rule.names) if name in rule.names[:i]]:
            raise ValueError(f"rule {rule.text}: it names {twice[0]!r} twice")


def _meant(lost: Sequence[Any], names: Sequence[Any]) -> str:
    """What names that are no columns may stand for: others that are, or constants."""
    if all(isinstance(name, Real) for name in lost):
        return (
            ": a rule compares columns, and constants are not supported. Generated values stay in "
            "the range of the data"
        )
    meant = did_you_mean(lost, names)
    return f": {meant}" if meant else ""


def refuse_broken(
    rules: Sequence[Rule],
    codings: Sequence[Coding],
    table: Table,
    numbers: np.ndarray,
    what: str = "X",
    rows: RowNames = BY_POSITION,
) -> None:
    """ValueError if numbers (n, C) break any of the rules, with the rows counted.

    codings : what was learned, if training goes on; what : the table in words; rows : what its rows
    are called.
    """
    lines = []
    for rule in rules:
        with saying(rule):
            broken, how = rule.broken(table, numbers)
        if broken.any():
            lines.append(f"rule {rule.text}: {how} in {rows.some(broken)}")
    for coding in codings:
        broken, how = coding.broken(numbers)
        if broken.any():
            lines.append(f"{coding.text}: {how} in {rows.some(broken)}")
    if len(lines) > 1:
        lines = [f"{what} breaks {len(lines)} rules", *(f"- {line}" for line in lines)]
    if lines:
        raise ValueError("\n".join(lines))


def plan(rules: Sequence[Rule], table: Table) -> tuple[Coding, ...]:
    """What the rules code, in the order in which it is decoded; nothing is learned yet.

    TypeError or ValueError for rules that a table cannot have, or not together.
    """
    codings: list[Coding] = []
    below: dict[int, dict[int, bool]] = {}
    bounding: dict[int, list[Rule]] = {}
    for rule in rules:
        with saying(rule):
            for low, high, above in rule.bounds(table):
                pairs, those = below.setdefault(high, {}), bounding.setdefault(high, [])
                pairs[low] = pairs.get(low, False) or above
                those += [rule] * (rule not in those)
            coding = rule.coding(table)
        codings += [] if coding is None else [coding]
    codings += [Bounded(table, (*bounding[j],), j, pairs) for j, pairs in below.items()]
    writers: dict[int, Coding] = {}
    for coding in codings:
        for j in sorted(coding.writes):
            if (other := writers.setdefault(j, coding)) is not coding:
                both = f"{other.rules[0].text} and {coding.rules[0].text}"
                raise ValueError(
                    f"rules {both} both determine column {table.columns[j].name!r}, and only one "
                    "rule may: leave one of them out"
                )
    return _in_order(codings)


def _in_order(codings: list[Coding]) -> tuple[Coding, ...]:
    """Those whose columns others read come first."""
    graph = {
        i: [j for j, other in enumerate(codings) if coding.reads & other.writes]
        for i, coding in enumerate(codings)
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        rules = dict.fromkeys(rule.text for i in error.args[1] for rule in codings[i].rules)
        raise ValueError(
            f"rules {' and '.join(rules)} depend on each other in a circle, so no column can be "
            "computed first: leave one of them out"
        ) from None
    return tuple(codings[i] for i in order)


def refuse_dummies(
    codings: Sequence[Coding], dummies: Sequence[Sequence[int]], table: Table
) -> None:
    """ValueError if a rule would determine one of some dummies, which are one choice already."""
    members = {j for group in dummies for j in group}
    for coding in codings:
        if both := sorted(members & coding.writes):
            raise ValueError(
                f"column {table.columns[both[0]].name!r} is one of several columns of which "
                "exactly one is true in every row, and samples keep this without a rule: leave it "
                "out of the rules"
            )


def learn(codings: Sequence[Coding], numbers: np.ndarray, learner: Learner) -> tuple[Coding, ...]:
    """The same, learned from numbers (n, C) that obey the rules."""
    learnt = []
    for coding in codings:
        with saying(*coding.rules):
            learnt.append(coding.learn(numbers, learner))
    return tuple(learnt)


def restore(codings: Sequence[Coding], stored: Stored) -> tuple[Coding, ...]:
    """The same from what a model file holds of each."""
    items = stored.items(len(codings))
    return tuple(coding.restore(item) for coding, item in zip(codings, items, strict=True))
