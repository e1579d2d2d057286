"""``regan fit`` without ``--model``: which one it takes, and what it says of that."""

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_digits

import regan
from regan.cli import main
from regan.cli.models import Candidates

NUMBERS = np.random.default_rng(0).normal(size=(40, 2))
WORDS = pd.DataFrame(NUMBERS, columns=["a", "b"]).assign(c=["x", "y"] * 20)
OF_WORDS = "because 1 of 3 columns has cells that are not numbers; --model chooses another"

CHOSEN = {
    "a table": (WORDS, [], [], f"mixture, {OF_WORDS}"),
    "pixels": (
        load_digits().data[:40],
        ["random_state"],
        ["standardize"],
        "gan, because the 64 columns are on one scale, as pixels are; --model chooses another",
    ),
    "what three have": (WORDS, ["backend"], [], f"mixture (of those with --backend), {OF_WORDS}"),
    "what means networks": (WORDS, ["max_iter"], [], f"vae (of those with --max-iter), {OF_WORDS}"),
    "updates": (WORDS, ["max_time"], [], f"vae (of those with --max-time), {OF_WORDS}"),
    "one alone": (NUMBERS, ["gamma", "alpha"], [], "gan, the only model with --alpha and --gamma"),
    "a setting": (NUMBERS, [], ["n_components"], "mixture, the only model with --set n_components"),
    "what would mean networks beside": (
        WORDS,
        ["alpha", "max_iter"],
        ["rank"],
        "mixture, the only model with --alpha and --max-iter and --set rank",
    ),
}


@pytest.mark.parametrize(("X", "options", "more", "said"), CHOSEN.values(), ids=CHOSEN)
def test_what_it_takes(capsys, X, options, more, said):
    name = Candidates.of(None, options, more).choose(X)
    assert capsys.readouterr().err == f"model: {said}\n"
    assert said.startswith(name)


def test_nothing_is_said_of_a_model_that_is_given(capsys):
    assert Candidates.of("gaussian", ["alpha"], []).choose(WORDS) == "gaussian"
    assert capsys.readouterr().err == ""


def test_options_that_no_model_has_together():
    with pytest.raises(click.UsageError) as caught:
        Candidates.of(None, ["loss"], ["n_components"])
    assert caught.value.message == (
        "no model has all of these options: --loss is for gan, --set n_components is for mixture"
    )


@pytest.fixture
def data(tmp_path):
    WORDS.to_csv(tmp_path / "words.csv", index=False)
    return tmp_path / "words.csv"


def fit(data, *options):
    words = ["fit", data, "-o", data.with_name("model"), *options]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    told = [line for line in result.stderr.splitlines() if line.startswith("model: ")]
    return type(regan.load(data.with_name("model"))), told


def test_a_fit_by_the_rule(data):
    small = ["--set", "covariance_type=diag", "--set", "n_components=2"]
    cls, told = fit(data, *small, "--alpha", "1", "--max-iter", "2")
    assert cls is regan.RegularizedMixture
    assert told[0].startswith("model: mixture, the only model with --alpha and ")


def test_a_run_goes_on_with_its_model(data):
    """Although the rule takes a VAE for this table."""
    run = ["--max-iter", "2", "--set", "hidden_layer_sizes=4", "--checkpoint", data.parent / "run"]
    fit(data, *run, "--model", "gan")
    found = fit(data, *run, "--resume")
    assert found == (
        regan.RegularizedGAN,
        [f"model: gan, as in the run in {data.parent / 'run'}"],
    )
