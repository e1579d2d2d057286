"""The study of all regularizers, `benchmarks/studies/regularizers.py`: settings and measures."""

import sys
from pathlib import Path

import numpy as np
import pytest

from regan import RegularizedGAN
from regan.building.specs import read
from regan.datasets import make_ring
from regan.penalties.gradient import R1R2

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import regularizers as study  # noqa: E402 - studies are programs beside one another, and no package
import regularizers_fits as fits  # noqa: E402
import regularizers_tables as tables  # noqa: E402
from regularizers_cases import BASES, CASES, Case  # noqa: E402

sys.path.remove(str(FOLDER))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", ["ring", "digits", "diabetes"])
@pytest.mark.filterwarnings("ignore:BatchNorm in the discriminator")
def test_every_case_is_a_setting_of_its_own(base, name):
    """It can be built, and no two cases of a base are the same model."""
    place = fits.data(name).place(base)
    settings = [case.settings(place) for case in CASES if base in case.bases]
    specs = [read(RegularizedGAN(**each), place.facts) for each in settings]
    texts = [str(dict(spec.settings.values)) for spec in specs]
    assert len(set(texts)) == len(texts)


def test_the_defaults_are_the_first_case():
    place = fits.data("ring").place("default")
    assert CASES[0].settings(place) == {}
    assert place.r1r2()["gradient_penalty"].get_params() == R1R2(0.1, "geometric").get_params()
    assert place.generator("residual") == {"architecture": (["residual", "noise_skip"], None)}


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_places_know_the_frames(name):
    data = fits.data(name)
    gan = RegularizedGAN(max_iter=1, random_state=0).fit(data.train)
    frames = gan._coordinates.frames
    assert frames.kind == data.frames
    assert frames.n_components > 1


def test_modes_of_known_rows():
    ring = fits.data("ring")
    rows, modes, _ = make_ring(5_000, sigma=ring.sigma, random_state=3)
    assert ring.modes(rows)["covered"] == 8
    assert ring.modes(rows[modes > 2])["covered"] == 5
    assert fits.covered(np.array([0.45, 0.45, 0.08, 0.02])) == 3


def test_real_digits_are_recognized():
    found = fits.real_rows("digits")
    assert found["covered"] == 10
    assert found["score"] > 0.97


def test_a_fit_is_measured():
    record = fits.fit(CASES[0], "no frames", "diabetes", 0)
    assert record["score"] > 0.9
    assert record["diverged"] == 0
    for network in fits.NETWORKS:
        assert 0 < record[f"{network}_smallest"] < 1 < record[f"{network}_largest"]


def test_faults_are_records():
    wrong = Case("none", "wrong", {"batch_size": -1})
    assert "batch_size" in fits.fit(wrong, "default", "diabetes", 0)["failed"]
    far = Case("none", "far", {"learning_rate_init": 1e25, "optimizer": "sgd", "max_iter": 50})
    assert fits.fit(far, "no frames", "diabetes", 0)["diverged"] == 1


def record(name, seed, score, **more):
    return {
        "base": "plain",
        "data": "ring",
        "family": "none" if name == "none" else "dropout",
        "name": name,
        "seed": seed,
        "score": score,
        "covered": 4,
        "high_quality": 0.5,
        "seconds": 2.0 if name == "none" else 3.0,
        "diverged": 0,
        **{metric: 1.0 for metric, _ in tables.RATIOS},
        **more,
    }


@pytest.fixture
def records():
    return {
        "about": {
            "real": {"ring": {"covered": 8.0, "high_quality": 0.99, "score": 0.998}},
            "modes": {"ring": 8},
        },
        "fits": [
            *(record("none", seed, score) for seed, score in enumerate([0.5, 0.6])),
            *(record("better", seed, score) for seed, score in enumerate([0.8, 0.9])),
            *(record("same", seed, score) for seed, score in enumerate([0.4, 0.8])),
            *(record("worse", seed, score) for seed, score in enumerate([-0.1, -0.2])),
        ],
    }


def test_table(records):
    rows = list(tables.summary(records, "plain"))
    assert rows[0][-2:] == ["ring: score", "time"]
    assert rows[1] == ["", "real rows", "8.0", "99", "1.00", ""]
    assert rows[2] == ["", "none", "4.0 ± 0.0", "50 ± 0", "0.55 ± 0.05", "1.0"]
    assert [row[-2:] for row in rows[3:]] == [
        ["0.85 ± 0.05 ▲", "1.5"],
        ["0.60 ± 0.20", "1.5"],
        ["-0.15 ± 0.05 ▼", "1.5"],
    ]
    assert [row[0] for row in rows[3:]] == ["dropout", "", ""]


def test_table_of_stability(records):
    records["fits"][-1] |= {"diverged": 1, "generator_largest": 250.4}
    titles, *_, worse = tables.stability(records, "plain")
    assert titles[2:5] == ["ring: modes of 8", "diverged, %", "score < 0, %"]
    assert worse[2:6] == ["4.0 ± 0.0", "50", "100", "130"]


def test_a_run_goes_on(tmp_path, monkeypatch):
    """Records that the file has are not made again."""
    made = []

    def known(case, base, name, seed):
        made.append(seed)
        return {"name": case.name, "base": base, "data": name, "seed": seed}

    monkeypatch.setattr(study, "fit", known)
    monkeypatch.setattr(study, "CELLS", [("plain", "ring")])
    monkeypatch.setattr(study, "CASES", CASES[:1])
    monkeypatch.setattr(study, "real_rows", lambda name: {})
    study.run.callback(1, 1, tmp_path)
    study.run.callback(3, 1, tmp_path)
    assert made == [0, 1, 2]
    assert [r["seed"] for r in study.read(tmp_path)["fits"]] == [0, 1, 2]
