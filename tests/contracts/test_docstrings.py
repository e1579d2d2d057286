"""What docstrings and pages say of names and defaults is what the code does."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from name_tables import TABLES
from sklearn.base import BaseEstimator

import regan
from regan import (
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.building import factory
from regan.layers import GroupNorm

ROOT = Path(__file__).parents[2]


def entries(thing):
    """Names, type and text of each entry of a docstring's section of parameters."""
    text = inspect.getdoc(thing) or ""
    if "\nParameters\n---" not in text:
        return []
    section = re.split(r"\n\n\w[\w ]*\n---+\n", text.split("\nParameters\n")[1])[0]
    blocks = re.split(r"\n(?=\S)", section)[1:]  # behind the line under the title
    found = []
    for block in blocks:
        head, _, body = block.partition("\n")
        names, _, kind = head.partition(" : ")
        found.append((names.replace("*", "").split(", "), kind, body))
    return found


# Names

REGULARIZERS = sorted(TABLES.keys() - {"loss", "optimizer", "learning_rate", "activation"})
ESTIMATORS = (
    RegularizedGAN,
    RegularizedVAE,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedCycleGAN,
)
NAMED = [(cls, name) for cls in ESTIMATORS for name in TABLES if hasattr(cls(), name)]


def known(cls, setting):
    """The names that an estimator takes for a setting."""
    if cls in (RegularizedGaussian, RegularizedMixture):
        one = {"n_components": 1, "alpha": 1.0} if cls is RegularizedMixture else {}
        return {name for name in TABLES[setting] if is_taken(cls(**one, **{setting: name}))}
    if setting == "architecture":
        if cls is RegularizedCycleGAN:  # its generators take rows, and no noise
            return {n for n, part in TABLES[setting].items() if part().position != "noise"}
        return {n for n, part in TABLES[setting].items() if {*part.networks} & {*cls.networks}}
    return {*TABLES[setting]}


def is_taken(model):
    try:
        model.fit(np.random.default_rng(0).normal(size=(20, 2)))
    except ValueError:
        return False
    return True


def words(text):
    return re.findall(r"\w+", text)


def check_docstring(cls, setting):
    kind, body = next((k, b) for names, k, b in entries(cls) if setting in names)
    assert {*words(kind), *words(body)} & {*TABLES[setting]} == known(cls, setting)


def check_guide(setting):
    """The table of all names: nothing is missing, and nothing too much."""
    lines = (ROOT / "docs" / "guide" / "settings.rst").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("argument "))
    first, last = lines[start].index("names"), lines[start].index("objects")
    row = next(i for i in range(start, len(lines)) if lines[i].startswith(f"``{setting}``"))
    after = next(i for i in range(row + 1, len(lines)) if not lines[i].startswith(" "))
    listed = words(" ".join(line[first:last] for line in lines[row:after]))
    assert sorted({*listed} - {"None"}) == sorted(TABLES[setting])


def check_readme(setting, page="README.md"):
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", text, re.MULTILINE)
    lists = {
        argument.strip("`"): listed
        for arguments, all_ in rows
        for argument, listed in zip(arguments.split(", "), all_.split("; "), strict=True)
    }
    assert words(lists[setting]) == [*TABLES[setting]]


def check_mathematics(setting):
    """A name is written as code on the pages that derive what it stands for."""
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "math").glob("*.rst"))
    code = words(" ".join(code for page in pages for code in re.findall("``(.+?)``", page)))
    assert {*TABLES[setting]} <= {*code}


@pytest.mark.parametrize(("cls", "setting"), NAMED)
def test_docstrings_list_the_names(cls, setting):
    check_docstring(cls, setting)


@pytest.mark.parametrize("setting", TABLES)
def test_the_guide_lists_the_names(setting):
    check_guide(setting)


@pytest.mark.parametrize("page", ["README.md", "docs/zh/README.md"])
@pytest.mark.parametrize("setting", REGULARIZERS)
def test_the_readme_lists_the_regularizers(setting, page):
    check_readme(setting, page)


@pytest.mark.parametrize("setting", REGULARIZERS)
def test_the_mathematics_has_the_regularizers(setting):
    check_mathematics(setting)


@pytest.mark.parametrize(
    "check",
    [
        lambda setting: check_docstring(RegularizedGAN, setting),
        lambda setting: check_docstring(RegularizedVAE, setting),
        check_guide,
        check_readme,
        check_mathematics,
    ],
    ids=["GAN", "VAE", "guide", "README", "mathematics"],
)
def test_a_name_that_is_documented_nowhere_is_found(monkeypatch, check):
    monkeypatch.setitem(
        TABLES, "normalization", {**factory.NORMALIZATIONS, "four_groups": GroupNorm}
    )
    with pytest.raises(AssertionError, match="four_groups"):
        check("normalization")


# Defaults


def modules():
    for found in pkgutil.walk_packages(regan.__path__, "regan."):
        if not found.name.endswith("__main__"):
            try:
                yield importlib.import_module(found.name)
            except ImportError:
                assert ".plugins." in found.name  # the host is not installed


def documented():
    """Every class, function and public method of regan whose docstring lists parameters."""
    for module in modules():
        for thing in list(vars(module).values()):
            if getattr(thing, "__module__", "") == module.__name__ and callable(thing):
                yield thing
                if inspect.isclass(thing):
                    own = [f for name, f in vars(thing).items() if not name.startswith("_")]
                    yield from (f for f in own if inspect.isfunction(f))
                    yield from (
                        f.__func__ for f in own if isinstance(f, classmethod | staticmethod)
                    )


DOCUMENTED = {f"{t.__module__}.{t.__qualname__}": t for t in documented() if entries(t)}


def check_defaults(thing):
    """A default that is named is that of the signature; of a setting's object each is named."""
    parameters = dict(inspect.signature(thing).parameters)
    is_setting = inspect.isclass(thing) and issubclass(thing, BaseEstimator)
    for names, kind, _ in entries(thing):
        _, named, default = kind.partition("default=")
        for name in names:
            assert name in parameters, f"{name} is no argument"
            value = parameters.pop(name).default
            if named:
                assert repr(ast.literal_eval(default)) == repr(value), f"the default of {name}"
            elif is_setting and kind and "optional" not in kind:
                assert value is inspect.Parameter.empty, f"{name} has a default"
    if is_setting:
        assert not parameters, f"{', '.join(parameters)} without a word"


@pytest.mark.parametrize("thing", DOCUMENTED.values(), ids=DOCUMENTED)
def test_defaults_are_those_of_the_signature(thing):
    check_defaults(thing)


def test_everything_public_is_read():
    names = {name.rsplit(".", 1)[1] for name in DOCUMENTED}
    assert {"RegularizedGANCV", "R1", "LayerNorm", "Adam", "LinearSchedule", "Checkpoint"} <= names
    assert {"TrainingDisplay", "from_estimator", "TableEncoder", "evaluate", "make_ring"} <= names
    assert len(names) > 100


class _Wrong(BaseEstimator):
    def __init__(self, rate=0.1, size=2):
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate : float, default=0.2\nsize : int, default=2", "the default of rate"),
        ("rate : float, default=0.1\nsize : int, default=2.0", "the default of size"),
        ("rate, size : float, default=0.1", "the default of size"),
        ("rate : float\nsize : int, default=2", "rate has a default"),
        ("rate : float, default=0.1", "size without a word"),
        ("rate : float, default=0.1\n    As `scale`.\nscale : int, default=2", "scale is no arg"),
    ],
)
def test_a_wrong_default_is_found(monkeypatch, text, message):
    monkeypatch.setattr(
        _Wrong, "__doc__", f"Wrong.\n\nParameters\n----------\n{text}\n\nNotes\n-----\nMore."
    )
    with pytest.raises(AssertionError, match=message):
        check_defaults(_Wrong)
