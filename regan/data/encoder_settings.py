"""Settings of a `TableEncoder`: what they say of a column, and how a file holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.close_names import did_you_mean
from regan.data.columns.base import IDS, ColumnSettings
from regan.data.literals import read_key, read_literal, write_literal
from regan.data.rules import RULES, Rule
from regan.data.rules.plan import check_rules
from regan.data.scaling import SCALINGS
from regan.storage.stored import Stored
from regan.validation import check_bool, check_choice, check_int


@dataclass(frozen=True)
class EncoderSettings:
    """The arguments of a `TableEncoder`, as they were given; see there."""

    numeric: Any
    categorical: Any
    max_levels: Any
    pool: Any
    max_integer_levels: Any
    ids: Any
    rules: Any
    dependencies: Any

    @property
    def arguments(self) -> dict[str, Any]:
        """All of them by name."""
        return dict(vars(self))

    @property
    def rule_list(self) -> list[Rule]:
        """The rules."""
        return [] if self.rules is None else list(self.rules)

    @property
    def summed(self) -> list[Any]:
        """The columns that rules take the sum of."""
        return [name for rule in self.rule_list for name in rule.summed]

    def of(self, name: Any) -> ColumnSettings:
        """What they say of a column."""
        by_name = isinstance(self.numeric, Mapping)
        scaling = self.numeric.get(name, SCALINGS[0]) if by_name else self.numeric
        each = isinstance(self.ids, Mapping)
        ids = self.ids.get(name, IDS[0]) if each else self.ids
        return ColumnSettings(
            str(scaling),
            name in list(self._levels),
            self.max_levels,
            ids,
            self.pool,
            named=by_name and scaling != SCALINGS[0],
            numbered=each and ids == "sequence",
        )

    def check(self, names: list[Any]) -> None:
        """TypeError or ValueError for what makes no sense, for a table with such columns."""
        self._check_values()
        for setting in ("categorical", "numeric", "ids"):
            named = self._levels if setting == "categorical" else getattr(self, setting)
            lost = [] if isinstance(named, str) else [name for name in named if name not in names]
            if lost:
                meant = did_you_mean(lost, names)
                raise ValueError(
                    f"{setting} names columns that X does not have: {lost}{meant and f'; {meant}'}"
                )
        check_rules(() if self.rules is None else self.rules, names)

    @property
    def _levels(self) -> Any:
        return () if self.categorical is None else self.categorical

    def _check_values(self) -> None:
        check_int(self.max_levels, "max_levels", minimum=1)
        if self.max_integer_levels is not None:
            check_int(self.max_integer_levels, "max_integer_levels", minimum=0)
        for ids in _words(self.ids):
            check_choice(ids, "ids", IDS)
        check_bool(self.dependencies, "dependencies")
        if self.pool is not None and not isinstance(self.pool, str):
            raise TypeError(f"pool must be a string or None, got {self.pool!r}")
        if isinstance(self.categorical, str) or not np.iterable(self._levels):
            raise TypeError(f"categorical must be a list of columns, got {self.categorical!r}")
        for scaling in _words(self.numeric):
            check_choice(scaling, "numeric", SCALINGS)

    def export(self) -> dict[str, Any]:
        """What a model file has to hold of them, in JSON's terms."""
        plain = {
            **{name: value for name, value in vars(self).items() if name != "rules"},
            "numeric": _pairs(self.numeric),
            "ids": _pairs(self.ids),
            "categorical": None if self.categorical is None else list(self.categorical),
        }
        written = {name: write_literal(value) for name, value in plain.items()}
        rules = None if self.rules is None else [*map(_write_rule, self.rules)]
        return {**written, "rules": rules}

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        names = ("numeric", "categorical", "max_levels", "pool", "max_integer_levels")
        numeric, categorical, most, pool, few, ids, rules, sought = stored.fields(
            *names, "ids", "rules", "dependencies"
        )
        return cls(
            _read_pairs(numeric, SCALINGS),
            None if categorical.is_none else [read_key(name) for name in categorical.items()],
            most.integer(1),
            None if pool.is_none else pool.text(),
            None if few.is_none else few.integer(),
            _read_pairs(ids, IDS),
            None if rules.is_none else [_read_rule(rule) for rule in rules.items()],
            sought.flag(),
        )


def _words(setting: Any) -> Iterable[Any]:
    """The words that a setting has, for all columns or for some."""
    return setting.values() if isinstance(setting, Mapping) else [setting]


def _pairs(setting: Any) -> Any:
    """A word for all columns, or pairs of a column and its word."""
    return [*map(list, setting.items())] if isinstance(setting, Mapping) else setting


def _read_pairs(stored: Stored, words: tuple[str, ...]) -> Any:
    """The inverse, of such words."""
    if not isinstance(stored.value, list):
        return stored.choice(*words)
    pairs = [pair.items(2) for pair in stored.items()]
    return {read_key(name): each.choice(*words) for name, each in pairs}


def _write_rule(rule: Rule) -> dict[str, Any]:
    params = rule.get_params(deep=False)
    listed = {name: list(params[name]) for name in ("columns", "parts") if name in params}
    written = {name: write_literal(value) for name, value in {**params, **listed}.items()}
    return {"rule": type(rule).__name__, "params": written}


def _read_rule(stored: Stored) -> Rule:
    name, params = stored.fields("rule", "params")
    rules = {cls.__name__: cls for cls in RULES}
    cls = rules[name.choice(*rules)]
    with stored.building("rule"):
        rule = cls(**{name: read_literal(value) for name, value in params.entries().items()})
        rule.check()
    return rule
