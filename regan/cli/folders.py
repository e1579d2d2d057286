"""Rows that ``regan sample`` writes to a folder: part by part, with a bar, to be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from regan.cli.manners import conclude, tell
from regan.estimators.view import ModelView


def sample_to_folder(
    view: ModelView, folder: Path, n: int, random_state: int | None, jobs: int | None
) -> None:
    """Write `n` rows to the parts that are not in a folder yet, by so many processes.

    jobs : by default as many as cores.
    """
    parts = view.sampled_parts(folder, n, random_state)
    n_parts = parts.parts.n_parts
    with parts.parts.begun() as missing:
        if len(missing) < n_parts:
            tell(f"keeping {n_parts - len(missing)} of {n_parts} files that already exist")
        try:
            with _bar(n, n - parts.n_left(missing)) as bar:
                for n_rows in parts.write(missing, parts.jobs if jobs is None else jobs):
                    bar.advance(bar.task_ids[0], n_rows)
        except KeyboardInterrupt as stop:
            left = len(parts.parts.missing())
            raise KeyboardInterrupt(
                f"stopped; {n_parts - left} of {n_parts} files are in {folder}. To continue, "
                "repeat the same command"
            ) from stop
    files = f"{n_parts} file{'s' * (n_parts != 1)}"
    conclude(f"{n} rows of {len(view.names)} columns in {files} written to", folder)


def _bar(n: int, done: int) -> Progress:
    """A bar on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    columns: list[Any] = [BarColumn(), TextColumn("{task.completed:,} / {task.total:,} rows")]
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    bar.add_task("", total=n, completed=done)
    return bar
