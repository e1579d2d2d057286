"""Every default lives in a signature: what pages and the command line say of it is compared.

Docstrings are compared in test_docstrings.py.
"""

import inspect
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from regan import Checkpoint, RegularizedGAN, RegularizedGaussian
from regan.building import factory
from regan.building.rules import Facts, game_rules
from regan.cli import main

ROOT = Path(__file__).parents[2]


def default(cls, name):
    return inspect.signature(cls).parameters[name].default


# What pages say, word for word: the page, the sentence, whose default it is, and its value there

SAID = [
    ("guide/choosing.rst", '``gradient_penalty="r1r2"`` (the default)', "gradient_penalty", "r1r2"),
    ("guide/choosing.rst", '``frames="auto"`` (the default)', "frames", "auto"),
    ("guide/choosing.rst", 'the default budget, that is, ``max_iter="auto"``', "max_iter", "auto"),
    (
        "guide/penalties.rst",
        'The default is ``"r1r2"``, at every step.',
        "gradient_penalty",
        "r1r2",
    ),
    ("guide/penalties.rst", "``beta_1=0.0`` is the default", "beta_1", 0.0),
    ("guide/penalties.rst", 'The default, ``penalty="l2"`` with', "penalty", "l2"),
    ("guide/penalties.rst", "with ``alpha=1e-4``, is weak on purpose", "alpha", 1e-4),
    ("guide/troubleshooting.rst", 'Leave ``frames="auto"``, the default', "frames", "auto"),
    ("math/training.rst", r"The defaults have :math:`\beta_1 = 0`", "beta_1", 0),
    ("math/gradient_control.rst", "has to be 0, the default, or 1", "n_discriminator_steps", 0),
    ("performance.rst", "``n_discriminator_steps=0`` The default", "n_discriminator_steps", 0),
    ("performance.rst", '``dtype="float32"`` The default', "dtype", "float32"),
]


@pytest.mark.parametrize(("page", "words", "name", "value"), SAID)
def test_pages_tell_the_defaults(page, words, name, value):
    text = re.sub(r"\s+", " ", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert words in text
    assert value == default(RegularizedGAN, name)


# What rules give: the column of the table in guide/sharp.rst, and the facts that it is of

RULED = {
    1: Facts(10_000, "local"),
    2: Facts(10_000, "principal"),
    3: Facts(10_000, "principal", labelled=True),
    4: Facts(10_000, "mixed"),
    5: Facts(10_000),
}


@pytest.mark.parametrize("column", RULED)
def test_the_table_of_rules_tells_what_rules_give(column):
    page = (ROOT / "docs/guide/sharp.rst").read_text(encoding="utf-8")
    text = page.partition("\nRules for default values\n---")[2]
    rows = [re.split(r"\n {5}- ", row) for row in re.split(r"\n   \* - ", text)]
    told = {row[0].strip("`\n"): row[column] for row in rows if len(row) == 6}
    rules = game_rules(RULED[column])
    assert rules.keys() <= told.keys()
    for name, value in rules.items():
        given = {
            "gamma": float,
            "learning_rate_init": float,
            "batch_size": int,
            "latent_dim": int,
        }.get(name)
        first = re.split(r"[;,\s]", told[name].strip())[0].strip("`")
        if name == "max_iter":
            assert str(value) in told[name].replace(",", "")
        elif given is None:
            assert (None if first == "none" else first) == value
        else:
            assert given(first) == value


def test_pages_tell_other_defaults():
    named = re.sub(r"\s+", " ", (ROOT / "docs/math/gaussian.rst").read_text(encoding="utf-8"))
    assert '``alpha="auto"``, the default' in named
    assert default(RegularizedGaussian, "alpha") == "auto"
    pairing = re.sub(r"\s+", " ", (ROOT / "docs/guide/penalties.rst").read_text(encoding="utf-8"))
    assert "(`~regan.losses.Relativistic`, the default)" in pairing
    assert factory.LOSSES[default(RegularizedGAN, "loss")].__name__ == "Relativistic"


def assignments(text):
    """What a sentence says of arguments of the GAN, as ``name=value``."""
    for name, value in re.findall(r"``(\w+)=([^`]+)``", text):
        if name in inspect.signature(RegularizedGAN).parameters:
            yield name, value


def test_no_page_tells_a_default_that_is_not_listed():
    """Sentences and cells with the word default and a value of an argument are in the table."""
    folders = ROOT / "docs/guide", ROOT / "docs/start"
    pages = [page for folder in folders for page in folder.glob("*.rst")]
    for page in pages:
        text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
        for sentence in re.split(r"(?<=[.:;])\s|\s(?:\* )?- ", text):
            if re.search(r"\b(the|is) default\b", sentence):
                told = {name for name, _ in assignments(sentence)}
                listed = {name for where, _, name, _ in SAID if where.endswith(page.name)}
                assert told <= listed, f"{page.name}: {sentence}"


# The command line

OPTIONS = ["penalty", "alpha", "l1_ratio", "loss", "gradient_penalty", "gamma", "max_iter"]


@pytest.mark.parametrize("name", OPTIONS)
def test_the_command_line_tells_the_defaults(name):
    text = re.sub(r"\s+", " ", CliRunner().invoke(main, ["fit", "--help"]).output)
    option = re.search(rf"--{name.replace('_', '-')} (.*?)\[default: (\S+)\]", text)
    assert option[2] == str(default(RegularizedGAN, name))


def test_the_command_line_tells_the_default_of_checkpoints():
    text = re.sub(r"\s+", " ", CliRunner().invoke(main, ["fit", "--help"]).output)
    assert f"[default: {default(Checkpoint, 'every')}]" in text.partition("--every")[2]
