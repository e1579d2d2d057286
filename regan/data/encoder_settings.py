"""Settings of a `TableEncoder` in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regan.data.columns.base import IDS
from regan.data.literals import read_key, read_literal, write_literal
from regan.data.rules import RULES, Rule
from regan.data.scaling import SCALINGS
from regan.storage.stored import Stored


def write_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an encoder in JSON's terms."""
    categorical, rules = settings["categorical"], settings["rules"]
    plain = {
        **{name: value for name, value in settings.items() if name != "rules"},
        **{name: _pairs(settings[name]) for name in ("numeric", "ids")},
        "categorical": None if categorical is None else list(categorical),
    }
    written = {name: write_literal(value) for name, value in plain.items()}
    return {**written, "rules": None if rules is None else [*map(_write_rule, rules)]}


def read_settings(stored: Stored) -> dict[str, Any]:
    """The inverse of `write_settings`."""
    names = ("numeric", "categorical", "max_levels", "pool", "max_integer_levels", "ids", "rules")
    numeric, categorical, most, pool, most_integers, ids, rules = stored.fields(*names)
    scalings, kept = _read_pairs(numeric, SCALINGS), _read_pairs(ids, IDS)
    listed = None if categorical.is_none else [read_key(name) for name in categorical.items()]
    few = None if most_integers.is_none else most_integers.integer()
    other = None if pool.is_none else pool.text()
    asked = None if rules.is_none else [_read_rule(rule) for rule in rules.items()]
    values = (scalings, listed, most.integer(1), other, few, kept, asked)
    return dict(zip(names, values, strict=True))


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
