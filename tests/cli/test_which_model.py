"""``regan fit`` without ``--model``: which one it takes, and what it says of that."""

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_digits

import regan
from regan.cli import main
from tests.support.interrupted import SignalAt

NETWORKS = ["--max-iter", "2", "--set", "hidden_layer_sizes=4"]
MIXTURE = ["--set", "n_components=2", "--set", "covariance_type=diag", "--alpha", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Numbers, a table with words, pixels."""
    made, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    numbers = [f"{a},{b}" for a, b in rng.normal(size=(40, 2))]
    (made / "numbers.csv").write_text("\n".join(["a,b", *numbers]))
    words = [f"{line},{word}" for line, word in zip(numbers, "xy" * 20, strict=True)]
    (made / "words.csv").write_text("\n".join(["a,b,c", *words]))
    np.savetxt(made / "pixels.csv", load_digits().data[:40], "%d", ",")
    return made


def fit(folder, data, *options):
    words = ["fit", folder / f"{data}.csv", "-o", folder / "model", *options]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    told = [line for line in result.stderr.splitlines() if line.startswith("model: ")]
    return type(regan.load(folder / "model")), told


@pytest.mark.parametrize(
    ("data", "options", "cls", "said"),
    [
        (
            "words",
            MIXTURE[:2],
            regan.RegularizedMixture,
            "mixture, as no other has --set n_components",
        ),
        (
            "words",
            ["--backend", "numpy"],
            regan.RegularizedMixture,
            "mixture, of those for --backend, as 1 of 3 columns hold other cells than numbers; "
            "--model takes another",
        ),
        (
            "words",
            NETWORKS,
            regan.RegularizedVAE,
            "vae, of those for --set hidden_layer_sizes and --max-iter, as 1 of 3 columns hold "
            "other cells than numbers; --model takes another",
        ),
        (
            "pixels",
            NETWORKS,
            regan.RegularizedGAN,
            "gan, of those for --set hidden_layer_sizes and --max-iter, as the 64 columns are on "
            "one scale, as pixels are; --model takes another",
        ),
        (
            "numbers",
            [*NETWORKS, "--gamma", "1"],
            regan.RegularizedGAN,
            "gan, as no other has --gamma, --set hidden_layer_sizes and --max-iter",
        ),
    ],
)
def test_what_it_takes(folder, data, options, cls, said):
    assert fit(folder, data, *options) == (cls, [f"model: {said}"])


def test_nothing_is_said_of_a_model_that_is_given(folder):
    found = fit(folder, "pixels", "--model", "gaussian")
    assert found == (regan.RegularizedGaussian, [])


def test_options_that_mean_networks_mean_a_mixture_beside_its_own(folder):
    found, _ = fit(folder, "words", *MIXTURE, "--max-iter", "2")
    assert found is regan.RegularizedMixture


def test_options_that_no_model_has_together(folder):
    words = ["fit", folder / "words.csv", "-o", folder / "none", *MIXTURE, "--loss", "hinge"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2
    assert "no model has all of this: --alpha is for gan or vae or gaussian or mixture" in (
        result.stderr
    )
    assert "--loss is for gan, --set n_components is for mixture" in result.stderr


def test_a_run_goes_on_with_its_model(folder, monkeypatch):
    """Although the rule takes a VAE for these rows."""
    run = [*NETWORKS, "--checkpoint", folder / "run"]
    fit(folder, "numbers", *run, "--model", "gan")
    cls, said = fit(folder, "numbers", *run, "--resume")
    assert (cls, said) == (
        regan.RegularizedGAN,
        [f"model: gan, as the run in {folder / 'run'} has it"],
    )


def test_the_command_that_goes_on_names_the_model(folder, monkeypatch):
    monkeypatch.setattr("regan.building.run_spec.ProgressBar", lambda: SignalAt(1))
    data = folder / "words.csv"
    words = ["fit", data, "-o", folder / "m", *NETWORKS, "--checkpoint", folder / "broken"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 130
    assert f"--output={folder / 'm'} --model=vae --max-iter=2 " in result.stderr
