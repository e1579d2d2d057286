"""Schemas: the columns of a file and how it is written, as JSON that users may edit.

::

    {
      "regan_schema": 1,
      "file": {"delimiter": ";", "decimal": ",", "encoding": "utf-8", "header": true, "na": ["NA"]},
      "columns": {
        "age": {"kind": "integer"},
        "joined": {"kind": "date", "format": "%d.%m.%Y"},
        "grade": {"kind": "ordered", "levels": ["low", "middle", "high"]},
        "note": {"kind": "drop"}
      },
      "rules": [{"rule": "Inequality", "low": "joined", "high": "left"}]
    }
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from pathlib import Path
from typing import Any

from regan.data.rules import RULES, Rule
from regan.files.dates import check_form
from regan.files.forms import Options
from regan.files.kinds import KINDS, NUMBERS, Kind
from regan.files.sources import Form
from regan.storage.stored import FileError, Stored

AS_FITTED = "if the model was fitted with --schema or --na, give the same options"
"""What helps where a file is read in another way than the one that a model was fitted to."""

_VERSION = 1
_FILE = ("delimiter", "decimal", "encoding", "header", "na")
_OPTIONAL = ("format", "levels", "na", "thousands")


@dataclass(frozen=True)
class Schema:
    """What a file is said to be.

    Attributes
    ----------
    columns : dict of str to Kind
        By name, or by position in a file without a header.
    options : Options
        How the file is written; what is None is recognised.
    header : bool or None
    rules : tuple of Rule
        Between columns, which models obey.
    path : Path or None
        Where it was read from.
    """

    columns: dict[str, Kind]
    options: Options = field(default_factory=Options)
    header: bool | None = None
    rules: tuple[Rule, ...] = ()
    path: Path | None = None

    def completed(self, options: Options | None) -> Options:
        """What the user says beside it, and where that says nothing what it does."""
        first = Options() if options is None else options
        return Options(
            first.delimiter or self.options.delimiter,
            first.decimal or self.options.decimal,
            first.encoding or self.options.encoding,
            (*first.na, *self.options.na),
        )

    @property
    def dropped(self) -> list[str]:
        """The columns that are left out."""
        return [name for name, kind in self.columns.items() if kind.kind == "drop"]


def write_schema(
    columns: dict[str, Kind],
    form: Form | None,
    header: bool,
    na: Sequence[str] = (),
    given: Schema | None = None,
) -> str:
    """A schema as JSON.

    form : of a text, None for Parquet; na : words for missing cells of all columns; given : the
    schema that the file was read by, whose other entries it has too.
    """
    file: dict[str, Any] = {}
    if given is not None:
        own = {name: getattr(given.options, name) for name in ("delimiter", "decimal", "encoding")}
        own["header"] = given.header
        file = {name: value for name, value in own.items() if value is not None}
        na = tuple(dict.fromkeys((*na, *given.options.na)))
        columns = columns | {name: Kind("drop") for name in given.dropped}
    if form is not None:
        encoding = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
        file = {"delimiter": form.delimiter, "decimal": form.decimal, "encoding": encoding}
        file["header"] = header
    if form is not None or na:
        file["na"] = list(na)
    lines = [f"    {_json(name)}: {_json(_entry(kind, na))}" for name, kind in columns.items()]
    entries = [] if given is None else list(map(_rule_entry, given.rules))
    inner, rules = ",\n".join(lines), ",".join(f"\n    {_json(entry)}" for entry in entries)
    if rules:
        rules += "\n  "
    return (
        f'{{\n  "regan_schema": {_VERSION},\n  "file": {_json(file)},\n'
        f'  "columns": {{\n{inner}\n  }},\n  "rules": [{rules}]\n}}\n'
    )


def _rule_entry(rule: Rule) -> dict[str, Any]:
    """A rule with the arguments that are not the usual ones."""
    usual = signature(type(rule)).parameters
    params = rule.get_params(deep=False).items()
    given = {name: value for name, value in params if value != usual[name].default}
    return {"rule": type(rule).__name__, **given}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _entry(kind: Kind, na: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": kind.kind}
    if kind.form is not None:
        entry["format"] = kind.form
    if kind.levels:
        entry["levels"] = list(kind.levels)
    if own := [word for word in kind.na if word not in na]:
        entry["na"] = own
    if kind.thousands is not None:
        entry["thousands"] = kind.thousands
    return entry


def read_schema(path: Path) -> Schema:
    """The schema in a file; ValueError, with the place in it, for what is none."""
    try:
        stored = Stored.parse(path.read_text(encoding="utf-8-sig"))
        schema = _restore(stored)
    except (FileError, UnicodeDecodeError) as error:
        text = str(error).replace("its configuration", "the file")
        raise ValueError(
            f"{path} is no schema: {text.replace('the configuration', 'it')}"
        ) from error
    return replace(schema, path=path)


def _restore(stored: Stored) -> Schema:
    entries = stored.entries()
    for name in ("regan_schema", "columns"):
        if name not in entries:
            stored.refuse(f"a mapping with {name}")
    _check_known(stored, "regan_schema", "file", "columns", "rules")
    entries["regan_schema"].integer(_VERSION, _VERSION)
    file = entries.get("file", Stored({}, "file"))
    _check_known(file, *_FILE)
    own = file.entries()
    words = {
        name: own[name].text() for name in ("delimiter", "decimal", "encoding") if _says(own, name)
    }
    na = _texts(own["na"]) if _says(own, "na") else ()
    with file.building("description of a file"):
        options = Options(na=na, **words)
    header = own["header"].flag() if _says(own, "header") else None
    columns = {name: _kind(entry, na) for name, entry in entries["columns"].entries().items()}
    rules = [_rule(each, columns) for each in entries.get("rules", Stored([], "rules")).items()]
    return Schema(columns, options, header, tuple(rules))


def _kind(stored: Stored, na: tuple[str, ...]) -> Kind:
    _check_known(stored, "kind", *_OPTIONAL)
    kind = stored.entry("kind").choice(*KINDS)
    own = {name: entry for name, entry in stored.entries().items() if not entry.is_none}
    form = own["format"].text() if "format" in own else None
    levels = _texts(own["levels"]) if "levels" in own else ()
    thousands = own["thousands"].text() if "thousands" in own else None
    for name, given, kinds in (
        ("format", form, ("date", "time", "timestamp")),
        ("levels", levels, ("ordered",)),
        ("thousands", thousands, NUMBERS),
    ):
        if given and kind not in kinds:
            own[name].refuse(f"left out beside the kind {kind}: it is for {', '.join(kinds)}")
    if form is not None:
        with own["format"].building("format as in strptime"):
            check_form(kind, form)
    if kind == "ordered" and not levels:
        stored.refuse('a mapping with "levels", the least first, for the kind is ordered')
    if len({*levels}) < len(levels):
        own["levels"].refuse("a list of levels that differ")
    if thousands is not None and (len(thousands) != 1 or thousands.isalnum()):
        own["thousands"].refuse("one sign")
    more = _texts(own["na"]) if "na" in own else ()
    return Kind(kind, form, levels, (*na, *more), thousands)


def _rule(stored: Stored, columns: dict[str, Kind]) -> Rule:
    entries = stored.entries()
    known = {rule.__name__: rule for rule in RULES}
    cls = known[stored.entry("rule").choice(*known)]
    arguments = signature(cls).parameters
    _check_known(stored, "rule", *arguments)
    for name, argument in arguments.items():
        if argument.default is argument.empty:
            stored.entry(name)
    with stored.building("rule"):
        rule = cls(**{name: each.value for name, each in entries.items() if name != "rule"})
        rule.check()
    for name in rule.names:
        if not isinstance(name, str) or name not in columns or columns[name].kind == "drop":
            stored.refuse(f"a rule between columns of the schema, which has none called {name!r}")
    return rule


def _check_known(stored: Stored, *names: str) -> None:
    if unknown := [name for name in stored.entries() if name not in names]:
        stored.entries()[unknown[0]].refuse(f"left out: what is known is {', '.join(names)}")


def _says(entries: dict[str, Stored], name: str) -> bool:
    return name in entries and not entries[name].is_none


def _texts(stored: Stored) -> tuple[str, ...]:
    return tuple(item.text() for item in stored.items())
