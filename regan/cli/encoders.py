"""The encoder of a table in a file, as options and schemas ask for it."""

from __future__ import annotations

import click

from regan.data import TableEncoder
from regan.files.file_table import FileTable


def encoder_of(table: FileTable | None, pool: str | None, ids: str | None) -> TableEncoder | None:
    """The encoder of a table that was asked for; None if the usual one will do."""
    settings = {} if table is None else check_rules(table).encoder_settings
    if "ids" in settings and ids is not None:
        raise click.UsageError(
            "--ids has no effect, because the schema sets the identifiers: leave it out"
        )
    settings |= {} if ids is None else {"ids": ids}
    settings |= {} if pool is None else {"pool": pool}
    return TableEncoder(**settings) if settings else None


def check_rules(table: FileTable) -> FileTable:
    """The table; UsageError for a rule of its schema about a column that is left out."""
    for rule in table.rules:
        if lost := [name for name in rule.names if name not in table.kinds]:
            raise click.UsageError(
                f"--drop {lost[0]}: the rule {rule.text} in --schema needs this column"
            )
    return table
