"""The command line: ``regan demo``, ``fit``, ``sample``, ``schema``, ``evaluate`` and so on."""

from __future__ import annotations

import ast
import difflib
import shlex
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regan._version import __version__
from regan.backends import backend_status, describe_updates
from regan.building import factory
from regan.building.settings import default_of
from regan.cli.advice import Source, in_terms_of
from regan.cli.encoders import check_rules, encoder_of
from regan.cli.filling import draws_of, fill_file
from regan.cli.folders import sample_to_folder
from regan.cli.given import given_rows, read_given
from regan.cli.large import open_large
from regan.cli.manners import (
    FileOrFolder,
    Output,
    RequiredOutput,
    Target,
    check_output,
    conclude,
    plain_errors,
    save_somewhere,
    say,
    tell,
)
from regan.cli.max_time import Seconds, choose_max_iter
from regan.cli.models import (
    MODELS,
    Candidates,
    load_sampler,
    model_in,
    settings_of,
    trains_in_updates,
    what_it_took,
)
from regan.cli.ranks import RankedCommand, RankedCommands, on_all_ranks
from regan.cli.reading import Reading, reads_tables
from regan.cli.unlike import values_beyond
from regan.control.checkpoint import FILE_NAME, Checkpoint
from regan.control.identity import Identity
from regan.data.containers import has_names
from regan.distributed import get_communicator
from regan.distributed.launch import launched_ranks
from regan.estimators import RegularizedGAN
from regan.estimators.view import ModelView, with_names
from regan.files.csv_parts import check_format, csv_texts, delimiter_of, write_texts
from regan.files.kinds import Kind
from regan.files.parquet_files import is_parquet, write_parquet
from regan.files.schema import read_schema, write_schema
from regan.files.table_files import table_texts
from regan.report import write_report
from regan.storage.places import descriptor_of
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.validation import shown

_OUTPUT = Output()
_FOLDER = click.Path(file_okay=False, path_type=Path)
_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TABLE = click.Path(exists=True, path_type=Path)
_TABLE.name = "file"  # in messages: few are folders
_FEW_ROWS = 20
_EVERY = default_of(Checkpoint, "every")
_POOL = (
    "In columns of text with more than 500 levels, combine all but the 499 most frequent levels "
    "into one level with this name."
)
_IDS = "Identifier columns: number the rows of samples (sequence), or learn the column (keep)."
_MODEL = (
    "Model to fit. By default, regan chooses it by the data and the other options. The defaults "
    "below are those of a GAN."
)
_WHERE = (
    "Condition that all rows fulfill; may be repeated: city=Lyon, 'city=Lyon|Nice', 'age>=60', "
    "age=60..70, 'income is missing'."
)
_LIKE = "Table of conditions: generate rows for each of its rows. Its missing cells are free."
_JOBS = "Number of processes that write to a folder.  [default: number of cores]"
_DRAWS = "Number of imputed files, with different draws: filled-1.csv and so on."
_MASKED = "Train a GAN or VAE that can draw any cells given the others, for impute and --where."
_MAX_TIME = (
    "Time budget for training: make as many updates as fit into it, according to a short trial, "
    "but at most --max-iter."
)
_SEED = "Seed. The same seed repeats the same result."
_HOLDOUT = "File of rows that were not used for training, to detect memorization."
_TO = "File to write; - is standard output."


def _setting(name: str, words: str, **options: Any) -> Callable[..., Any]:
    """An option for an argument of `RegularizedGAN`, with its default in the help."""
    help_ = f"{words}  [default: {default_of(RegularizedGAN, name)}]"
    return click.option(f"--{name.replace('_', '-')}", help=help_, **options)


@click.group(cls=RankedCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="regan")
def main() -> None:
    """Generate synthetic tables: fit a regularized generative model, sample new rows."""


@main.command()
@click.option(
    "-o",
    "--output",
    type=_OUTPUT,
    default="regan-demo.png",
    show_default=True,
    help="Picture to write.",
)
@click.option("--max-iter", type=click.IntRange(min=1), help="Number of generator updates.")
@click.option("--random-state", type=int, default=0, show_default=True, help=_SEED)
@plain_errors
def demo(output: Path, max_iter: int | None, random_state: int) -> None:
    """Fit a GAN to digits, print scores and draw samples."""
    from regan.cli.demo import run_demo

    check_output(output, text=False)
    console = Console(stderr=descriptor_of(output) == 1)
    run_demo(output, max_iter=max_iter, random_state=random_state, console=console)
    conclude("picture written to", output)
    tell("next: regan fit data.csv -o model.regan")


@main.command(cls=RankedCommand)
@click.argument("data", type=_TABLE)
@click.option("-o", "--output", type=_OUTPUT, required=True, help="Model file to write.")
@click.option("--model", "kind", type=click.Choice([*MODELS], case_sensitive=False), help=_MODEL)
@_setting("penalty", "Weight penalty.", type=click.Choice([*factory.PENALTIES, "none"]))
@_setting("alpha", "Strength of the weight penalty.", type=float)
@_setting("l1_ratio", "Share of the L1 part in the elastic net.", type=float)
@_setting("loss", "Adversarial loss.", type=click.Choice(list(factory.LOSSES)))
@_setting(
    "gradient_penalty",
    "Penalty on the discriminator's input gradient.",
    type=click.Choice([*factory.GRADIENT_PENALTIES, "none"]),
)
@_setting("gamma", "Strength of the gradient penalty.", type=float)
@_setting("max_iter", "Number of generator updates.", type=int)
@click.option("--max-time", type=Seconds(), metavar="SECONDS", help=_MAX_TIME)
@click.option(
    "--backend", help="Where to train: numpy, cupy or auto.  [default: REGAN_BACKEND, or numpy]"
)
@click.option("--random-state", type=int, help=_SEED)
@click.option("--masked", is_flag=True, flag_value=True, default=None, help=_MASKED)
@click.option(
    "--set",
    "others",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other parameter of the model, as in regan.RegularizedGAN; may be repeated.",
)
@click.option("--checkpoint", type=_FOLDER, metavar="DIR", help="Folder for checkpoints.")
@click.option(
    "--every", type=int, help=f"Updates between checkpoints.  [default: {_EVERY}]", metavar="N"
)
@click.option("--resume", is_flag=True, help="Resume from the checkpoint in DIR, if there is one.")
@click.option("--pool", metavar="WORD", help=_POOL)
@click.option("--ids", type=click.Choice(["sequence", "keep"]), help=_IDS)
@reads_tables
@plain_errors
@on_all_ranks
def fit(
    data: Path,
    output: Path,
    kind: str | None,
    others: tuple[str, ...],
    max_time: float | None,
    checkpoint: Path | None,
    every: int | None,
    resume: bool,
    pool: str | None,
    ids: str | None,
    reading: Reading,
    **options: Any,
) -> None:
    """Fit a model to the table in DATA and save it.

    DATA is a CSV or Parquet file, or a folder of Parquet files. Parquet data of more than 64 MiB
    are read in parts.

    Ctrl-C ends the fit of a GAN or VAE and saves the model so far. With --checkpoint, it writes a
    checkpoint instead, and the same command with --resume continues. The exit status is 130 in both
    cases.

    Under mpiexec, all ranks train one model, and rank 0 writes it.
    """
    saved, ranks = checkpoint and checkpoint / FILE_NAME, get_communicator()
    if ranks.rank == 0:
        check_output(output, data, saved, text=False)
    given = {name: value for name, value in options.items() if value is not None}
    training = {"max_time": max_time, "checkpoint": checkpoint, "every": every}
    training |= {"resume": resume or None}
    asked = [*given, *(name for name, v in training.items() if v is not None)]
    if kind is None and resume and saved is not None and saved.exists():
        kind = model_in(saved)
    kind = ranks.broadcast(kind)
    more = dict(_parsed(kind, text) for text in others)
    candidates = Candidates.of(kind, asked, more)
    if twice := sorted({*more} & {*given}):
        raise click.UsageError(
            f"{', '.join(twice)}: given both as an option and by --set; remove one of them"
        )
    large, names, table = open_large(data, reading), None, None
    if large is None:
        names, values, table, source = reading.table(
            data, mixed=ids is not None, ids=ids == "sequence"
        )
        n_rows, n_columns = values.shape
    else:
        values, source, (n_rows, n_columns) = large.data, Source(data), large.shape
    if n_rows < 2:
        raise ValueError(f"{data} has one row, but fitting a model needs at least two")
    if n_rows < _FEW_ROWS and not ranks.rank:
        tell(
            f"Warning: {data} has only {n_rows} rows: a model can do little more than repeat them, "
            "and a high score does not mean that it is good"
        )
    some = values if large is None or candidates.is_one else large.some_rows()
    kind = ranks.broadcast(candidates.choose(some))
    model = MODELS[kind]
    params = {name: None if value == "none" else value for name, value in given.items()}
    watched = trains_in_updates(model)
    settings = {**({"verbose": 1} if watched else {}), **params, **more}
    if checkpoint is not None:
        words = {"output": output, "model": kind, **given}
        words |= {"max_time": max_time, "pool": pool, "ids": ids}
        words |= {"checkpoint": checkpoint, "every": every}
        command = _command(data, words, others, reading)
        every = _EVERY if every is None else every
        settings["callbacks"] = [_Checkpoint(checkpoint, every, resume, command, names)]
    elif resume or every is not None:
        raise click.UsageError("--resume and --every need --checkpoint DIR")
    standing = _Standing()
    if watched:
        settings["callbacks"] = [*(settings.get("callbacks") or ()), standing]
    encoder = encoder_of(table, pool, ids)
    if table is None and large is None and pool is not None:
        tell(f"Warning: --pool has no effect: {data} has only numbers")
    elif encoder is not None:
        if (pool or ids) and "standardize" in more:
            why = "are settings of the encoder of tables: leave out --set standardize"
            raise click.UsageError(f"--pool and --ids {why}")
        settings.setdefault("standardize", encoder)
    if table is not None and more.get("standardize", True) is False:
        raise click.UsageError(
            f"--set standardize=False needs a file of numbers only, and {data} has other columns "
            "or missing cells: leave it out"
        )
    with in_terms_of(source):
        if max_time is not None:
            n = choose_max_iter(model, settings, values, max_time) if ranks.rank == 0 else None
            settings["max_iter"] = ranks.broadcast(n)
        fitted = model(**settings).fit(values)
    if ranks.rank:
        return
    named = fitted if names is None else with_names(fitted, tuple(names))
    save_somewhere(named, output)
    if standing.is_broken_off:
        tell(f"stopped {standing.where}; the model so far is saved to {output}")
        raise SystemExit(128 + signal.SIGINT)
    conclude(
        f"{n_rows} rows of {n_columns} columns, {what_it_took(fitted)}, "
        f"score on training rows {fitted.score(values):.3f}; saved to",
        output,
    )


@main.command()
@click.argument("model", type=_EXISTING_FILE)
@click.option(
    "-n",
    "--n-samples",
    type=click.IntRange(min=1),
    help="Number of rows; with --like for each row of FILE.  [default: 1000; 1 with --like]",
)
@click.option(
    "-o",
    "--output",
    "target",
    type=FileOrFolder(),
    cls=RequiredOutput,
    help="File to write, or folder NAME/; - is standard output.",
)
@click.option("--random-state", type=int, help=_SEED)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help=_JOBS)
@click.option("--where", "wheres", multiple=True, metavar="CONDITION", help=_WHERE)
@click.option("--like", type=_EXISTING_FILE, metavar="FILE", help=_LIKE)
@reads_tables
@plain_errors
def sample(
    model: Path,
    n_samples: int | None,
    target: Target,
    random_state: int | None,
    jobs: int | None,
    wheres: tuple[str, ...],
    like: Path | None,
    reading: Reading,
) -> None:
    """Sample rows from a saved MODEL and write them to a file.

    The name of the file decides its format: CSV, TSV (.tsv), gzip (.gz) or Parquet (.parquet).
    "-o -" writes to standard output. "-o NAME/" writes a folder of Parquet files; after an
    interruption, the same command continues. --where and --like set conditions on the rows. The
    options from --header on set how FILE of --like is read.
    """
    output = target.path
    if target.is_folder:
        if wheres or like is not None or reading != Reading():
            raise click.UsageError(
                f"--where and --like need an output file, and {output} is a folder: name a file"
            )
        view = ModelView(load_sampler(model))
        sample_to_folder(view, output, n_samples or 1000, random_state, jobs)
        return
    if jobs is not None:
        raise click.UsageError(f"--jobs needs an output folder: use -o {output}/ to write one")
    check_output(output, model, like)
    check_format(output)
    view = ModelView(load_sampler(model))
    given = read_given(view, model, wheres, like, reading)
    n = n_samples or (1000 if like is None else 1)
    with given.in_words():
        parts, n_parts = view.sample_parts(n, random_state, given.conditions)
    parts = given_rows(parts, given)
    names = list(map(str, view.names))
    if is_parquet(output):
        write_parquet(output, view.arrow_tables(parts), n_parts)
    else:
        # numbers need no DataFrame
        rows: Any = parts if view.takes_arrays else view.tables(parts)
        header, sign = has_names(view.names), delimiter_of(output)
        if view.takes_arrays:
            texts = csv_texts(names if header else None, rows, sign)
        else:
            texts = table_texts(rows, view.encoder, sign, header=header)
        write_texts(output, texts, n_parts)
    conclude(f"{n * given.n_rows} rows of {len(names)} columns written to", output)


@main.command()
@click.argument("files", type=_EXISTING_FILE, nargs=-1, required=True, metavar="[MODEL] GAPS")
@click.option("-o", "--output", type=_OUTPUT, cls=RequiredOutput, help=_TO)
@click.option("--draws", type=click.IntRange(min=1), default=1, show_default=True, help=_DRAWS)
@click.option("--random-state", type=int, help=_SEED)
@reads_tables
@plain_errors
def impute(
    files: tuple[Path, ...],
    output: Path,
    draws: int,
    random_state: int | None,
    reading: Reading,
) -> None:
    """Impute the missing cells of the file GAPS and write the result.

    Cells are drawn by a saved MODEL, or without one by a mixture fitted to GAPS. All other cells do
    not change. Columns that the MODEL does not have, and columns left out by --drop, do not change
    either.
    """
    if len(files) > 2:
        raise click.UsageError(
            "expected a model and a file with missing cells, or such a file alone"
        )
    *models, gaps = files
    outputs = draws_of(output, draws)
    for path in outputs:
        check_output(path, *files)
    check_format(output)
    fill_file(models[0] if models else None, gaps, outputs, random_state, reading)


@main.command()
@click.argument("data", type=_EXISTING_FILE)
@click.option("-o", "--output", type=_OUTPUT, help="JSON file to write the schema to.")
@reads_tables
@plain_errors
def schema(data: Path, output: Path | None, reading: Reading) -> None:
    """Show how the columns of DATA are read.

    With -o, write this to a schema to edit. The other commands read the schema with --schema.
    """
    if output is not None:
        check_output(output, data, reading.schema)
    table = reading.described(data)
    check_rules(table)
    if output is not None:
        given = None if reading.schema is None else read_schema(reading.schema)
        kinds = table.recognised if given is None else table.kinds
        columns = {**kinds, **dict.fromkeys(table.left_out, Kind("drop"))}
        text = write_schema(columns, table.form, table.has_header, reading.na, given)
        write_texts(output, [text])
        conclude(f"schema of {len(table.kinds)} columns written to", output)


@main.command()
@click.argument("real", type=_EXISTING_FILE)
@click.argument("synthetic", type=_EXISTING_FILE)
@click.option("--holdout", type=_EXISTING_FILE, help=_HOLDOUT)
@click.option(
    "--max-rows",
    type=click.IntRange(min=10),
    default=2000,
    show_default=True,
    help="Largest number of rows to compare.",
)
@click.option("--random-state", type=int, default=0, show_default=True, help=_SEED)
@reads_tables
@plain_errors
def evaluate(
    real: Path,
    synthetic: Path,
    holdout: Path | None,
    max_rows: int,
    random_state: int,
    reading: Reading,
) -> None:
    """Evaluate SYNTHETIC rows against REAL rows by every metric.

    The floor is the value that one half of REAL reaches when it is compared with the other half: a
    generator cannot do better. The verdict in words is below the table.
    """
    from regan.metrics import evaluate as compare

    (rows, fake, *unseen), sources = reading.tables(real, synthetic, holdout)
    with in_terms_of(*sources):
        metrics = compare(
            rows,
            fake,
            holdout=unseen[0] if unseen else None,
            max_rows=max_rows,
            random_state=random_state,
        )
    table = Table("metric", "generated", "floor", "better", "verdict", box=None, pad_edge=False)
    for row in metrics:
        better = "higher" if row.greater_is_better else "lower"
        table.add_row(row.name, f"{row.value:z.3f}", f"{row.floor:z.3f}", better, row.verdict)
    Console().print(table)
    say(f"\n{metrics.verdict}")


@main.command()
@click.argument("model", type=_EXISTING_FILE)
@click.argument("data", type=_EXISTING_FILE)
@click.option(
    "-o",
    "--output",
    type=_OUTPUT,
    default="report.html",
    show_default=True,
    help="HTML page to write.",
)
@click.option("--holdout", type=_EXISTING_FILE, help=_HOLDOUT)
@click.option(
    "--column",
    "columns",
    multiple=True,
    help="Column of the scatter matrix, by name or position; may be repeated.  [default: the first "
    "4 columns that vary]",
)
@click.option(
    "--image-shape",
    metavar="HEIGHTxWIDTH",
    help="Plot rows as images; HEIGHTxWIDTHx3 for colors.",
)
@click.option("--random-state", type=int, default=0, show_default=True, help=_SEED)
@reads_tables
@plain_errors
def report(
    model: Path,
    data: Path,
    output: Path,
    holdout: Path | None,
    columns: tuple[str, ...],
    image_shape: str | None,
    random_state: int,
    reading: Reading,
) -> None:
    """Write an HTML report on a saved MODEL and its training DATA.

    The report compares generated rows with DATA. The page is one file. It has scores, plots of
    samples, coverage and training, and the settings.
    """
    check_output(output, model, data, holdout)
    gan, rows = reading.like_model(load_sampler(model), model, data)
    names = list(map(str, ModelView(gan).names))
    unseen = None if holdout is None else reading.like_model(gan, model, holdout)[1]
    sources = [reading.source(path, gan) for path in (data, holdout) if path is not None]
    with in_terms_of(*sources, drop=False):
        for sentence in values_beyond(ModelView(gan), rows, sources[0].rows):
            tell(f"Warning: {data}: {sentence}")
        write_report(
            gan,
            rows,
            output,
            holdout=unseen,
            columns=[c if c in names or not c.isdecimal() else int(c) for c in columns] or None,
            image_shape=None if image_shape is None else _shape(image_shape),
            title=f"{model.name} compared with {data.name}",
            random_state=random_state,
        )
    conclude(
        f"report on {model} and {len(rows)} rows of {rows.shape[1]} columns written to", output
    )


@main.command()
@plain_errors
def backends() -> None:
    """List the backends and whether they are available here.

    The last line shows how the CPU runs updates.
    """
    table = Table(
        "backend", "from", "usable", "if not: reason and remedy", box=None, pad_edge=False
    )
    for row in backend_status():
        usable = "[green]yes" if row.missing is None else "[red]no"
        words = (row.name, row.source, row.missing or "")
        name, source, missing = map(Text, map(shown, words))
        table.add_row(name, source, usable, missing)
    Console().print(table)
    click.echo(describe_updates())


def _shape(text: str) -> tuple[int, ...]:
    parts = text.split("x")
    if not all(part.isdecimal() for part in parts):
        raise ValueError(f"--image-shape {text}: expected HEIGHTxWIDTH in pixels, for example 8x8")
    return tuple(map(int, parts))


def _parsed(kind: str | None, text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    models = [*MODELS.values()] if kind is None else [MODELS[kind]]
    if not equals:
        raise ValueError(f"--set {text}: expected NAME=VALUE with a parameter of the model")
    known = sorted({own for model in models for own in settings_of(model)})
    if name not in known:
        whose = "no model has" if kind is None else f"{models[0].__name__} does not have"
        near = difflib.get_close_matches(name, known)
        meant = (
            f"did you mean {' or '.join(near)}?" if near else f"choose one of: {', '.join(known)}"
        )
        raise ValueError(f"--set {text}: {whose} a parameter {name!r}; {meant}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


class _Standing(Callback):
    """Where a run ended, and whether that was its end."""

    is_broken_off = False

    def on_fit_end(self, run: Run) -> None:
        self.is_broken_off = run.done < run.n_updates and not run.stopped
        self.where = f"at update {run.done} of {run.n_updates}"


class _Checkpoint(Checkpoint):
    """A checkpoint in the terms of the command line: its names of columns, how to go on."""

    def __init__(
        self, directory: Path, every: int, resume: bool, command: str, names: list[str] | None
    ) -> None:
        super().__init__(directory, every, resume)
        self.command = command
        self.names = names

    def identify(self, identity: Identity) -> Identity:
        # the model takes an array here, and the file has names
        return identity if self.names is None else replace(identity, names=[*map(repr, self.names)])

    def advice(self) -> str:
        return f"to continue: {self.command}"


def _command(data: Path, options: dict[str, Any], others: tuple[str, ...], reading: Reading) -> str:
    """What to type to go on with ``regan fit``."""
    given = {name.replace("_", "-"): v for name, v in options.items() if v is not None}
    words = [f"--{n}" if v is True else f"--{n}={v}" for n, v in given.items()]
    words += [word for setting in others for word in ("--set", setting)]
    ranks = launched_ranks()
    start = ["mpiexec", "-n", str(ranks)] if ranks > 1 else []
    return shlex.join([*start, "regan", "fit", str(data), *words, *reading.words, "--resume"])
