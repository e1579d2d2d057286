"""Rows and measures of the study of symptoms: what goes wrong, and each cure that is tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import symptoms_data as data
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from symptoms_data import Parts

from regan import (
    EarlyStopping,
    NonFiniteGuard,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.data import TableEncoder
from regan.metrics import (
    classifier_test,
    closest_records,
    membership,
    mode_report,
    prdc,
)
from regan.metrics.samples import comparable
from regan.penalties import R1R2

Measures = dict[str, float]
Settings = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A fit, arguments of `sample`; tape : the value of ``REGAN_TAPE``, if it is set."""

    settings: Settings
    model: Callable[..., Any] = RegularizedGAN
    sampling: Settings = field(default_factory=dict)
    tape: str | None = None


@dataclass(frozen=True)
class Fit:
    """A fitted model, its data, and rows that it made."""

    model: Any
    parts: Parts
    made: Any


@dataclass(frozen=True)
class Symptom:
    """Data, the rows of its table, what is measured of each, and the titles and digits of that."""

    parts: Callable[[int], Parts]
    rows: Mapping[str, Row]
    measure: Callable[[Fit], Measures]
    columns: Mapping[str, tuple[str, int]]


class TrainingRows(BaseEstimator):
    """The training rows of a class, in the place of generated ones."""

    def __init__(self, conditional: bool = True, random_state: int | None = None) -> None:
        self.conditional = conditional
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> TrainingRows:
        self.X_, self.y_ = X, y
        return self

    def sample(self, n_samples: int, y: Any = None, random_state: Any = None) -> Any:
        return self.X_ if y is None else self.X_[self.y_ == y]

    def score(self, X: Any, y: Any) -> float:
        return float("nan")


@contextmanager
def taping(way: str | None) -> Iterator[None]:
    """With ``REGAN_TAPE`` set for the fits within, if there is a way."""
    before = os.environ.get("REGAN_TAPE")
    if way is not None:
        os.environ["REGAN_TAPE"] = way
    try:
        yield
    finally:
        if way is not None:
            os.environ.pop("REGAN_TAPE")
            os.environ.update({} if before is None else {"REGAN_TAPE": before})


def fitted(row: Row, parts: Parts, seed: int) -> tuple[Any, float]:
    """A fitted model, and the seconds that it took."""
    model = clone(row.model(**row.settings, random_state=seed))
    start = process_time()
    with taping(row.tape), catch_warnings():
        simplefilter("ignore")
        model.fit(parts.train, parts.labels)
    seconds = process_time() - start
    if row.sampling:
        model.calibrate(parts.fresh[1_000:])
    return model, seconds


SCORE = {"score": ("score (1 is best)", 2)}
PLAIN: Settings = {
    "loss": "non_saturating",
    "penalty": None,
    "gradient_penalty": None,
    "ema_decay": 0.0,
}
FALLING = R1R2(0.3, "geometric")


def of_modes(sigma: float) -> Callable[[Fit], Measures]:
    def measure(fit: Fit) -> Measures:
        found = mode_report(fit.made, fit.parts.centers, sigma)
        near = prdc(fit.parts.fresh[:1_000], fit.made[:1_000])
        return {
            "modes": found.n_modes,
            "between": 100 * (1 - found.high_quality),
            "precision": near.precision,
            "coverage": near.coverage,
        }

    return measure


def of_blur(fit: Fit) -> Measures:
    fresh, made = fit.parts.fresh[:1_000], fit.made[:1_000]
    told = classifier_test(fresh, made, p_value=False, random_state=0)
    return {"precision": prdc(fresh, made).precision, "accuracy": told.accuracy}


def of_shares(fit: Fit) -> Measures:
    there = np.bincount(cdist(fit.made, data.GROUPS).argmin(axis=1), minlength=4) / len(fit.made)
    gap = np.abs(there - np.bincount(fit.parts.labels) / len(fit.parts.labels))
    return {"gap": 100 * gap.max(), "smallest": 100 * there[3]}


def of_repeats(fit: Fit) -> Measures:
    found = membership(fit.parts.train, fit.made, fit.parts.fresh)
    near = closest_records(fit.parts.train, fit.made, fit.parts.fresh)
    return {
        "nearer": 100 * near.nearer_to_training,
        "auc": found.distance.auc,
        "repeated": found.n_repeated,
    }


def of_losses(fit: Fit) -> Measures:
    losses = fit.model.history_["discriminator_loss"]
    return {"diverged": 0.0, "swing": float(losses[-len(losses) // 5 :].std())}


def of_table(fit: Fit) -> Measures:
    real, fake = comparable(fit.parts.fresh, fit.made[: len(fit.parts.fresh)])
    return {"auc": classifier_test(real, fake, p_value=False, random_state=0).auc}


def of_rare(fit: Fit) -> Measures:
    """Rows of the class "rare", by a classifier of fresh rows and beside other fresh rows."""
    X, y = fit.parts.fresh, fit.parts.fresh_labels
    forest = RandomForestClassifier(100, min_samples_leaf=5, class_weight="balanced")
    forest.set_params(random_state=0).fit(X[:4_000], y[:4_000])
    fresh = X[4_000:][y[4_000:] == "rare"]
    rows = fit.model.sample(2_000, y="rare", random_state=1)
    return {
        "agree": 100 * float((forest.predict(rows) == "rare").mean()),
        "shift": abs(float(rows["age"].mean() - fresh["age"].mean())),
    }


def of_column(fit: Fit) -> Measures:
    real, fake = fit.parts.train["gain"], fit.made["gain"]
    ratio = fake[fake > 0].median() / real[real > 0].median()
    return {
        "zeros": 100 * float((fake == 0).mean()),
        "gap": 100 * abs(float((fake == 0).mean() - (real == 0).mean())),
        "median": float(ratio),
    }


WASSERSTEIN: Settings = {"loss": "wasserstein", "gradient_penalty": None}
SGD: Settings = {"optimizer": "sgd", "learning_rate_init": 0.1}
PENALTY: Settings = {"gradient_penalty": "r1r2"}
BALANCED: Settings = {"conditional": "balanced"}
SCALINGS: dict[str, Settings] = {
    'numeric="standard"': {"standardize": TableEncoder("standard")},
    "by rank (the default)": {},
}
BY_CLASS: Settings = {"conditional": True}


def fits(base: Settings, rows: Mapping[str, Settings]) -> dict[str, Row]:
    """Rows of a GAN that have the settings of `base` unless they say otherwise."""
    return {name: Row(base | settings) for name, settings in rows.items()}


def plainly(updates: int) -> Settings:
    """So many updates without frames."""
    return {"frames": None, "max_iter": updates}


SYMPTOMS = {
    "bridges": Symptom(
        data.ring,
        fits(
            plainly(3_000),
            {
                "frames=None": {},
                "and a gamma that falls": {"gradient_penalty": FALLING},
                "and latent_mixture": {"architecture": ("latent_mixture", None)},
                "and the modes as classes y": BY_CLASS,
            },
        )
        | {
            "and rejection": Row(plainly(3_000), sampling={"method": "rejection"}),
            'frames="auto" (the default)': Row({}),
        },
        of_modes(data.RING_SIGMA),
        {"between": ("rows outside all modes, %", 1), "precision": ("precision", 2)} | SCORE,
    ),
    "modes": Symptom(
        data.grid,
        fits(
            plainly(3_000),
            {
                "no gradient penalty": PLAIN,
                'gradient_penalty="r1r2"': PLAIN | {"gradient_penalty": "r1r2"},
                "and the default loss": {},
                "and 6,000 updates": {"max_iter": 6_000},
            },
        )
        | {"defaults, with frames": Row({})},
        of_modes(data.GRID_SIGMA),
        {"modes": ("modes found, of 25", 1), "coverage": ("coverage", 2)} | SCORE,
    ),
    "blur": Symptom(
        data.moons,
        fits(
            plainly(2_000),
            {
                "gamma=3": {"gamma": 3.0},
                "gamma=0.3": {"gamma": 0.3},
                "gamma=0.3, 6,000 updates": {"gamma": 0.3, "max_iter": 6_000},
                "gamma=0.03": {"gamma": 0.03},
                "gamma=0.3, falling": {"gradient_penalty": FALLING},
            },
        )
        | {"defaults, with frames": Row({})},
        of_blur,
        {"precision": ("precision", 2), "accuracy": ("classifier accuracy (.5 is best)", 2)}
        | SCORE,
    ),
    "shares": Symptom(
        data.groups,
        fits(
            plainly(1_500),
            {
                "no gradient penalty": PLAIN,
                "default penalty, 500 updates": {"max_iter": 500},
                "default penalty, 1,500 updates": {},
                "default penalty, 4,000 updates": {"max_iter": 4_000},
                "1,500 updates, the groups as classes y": BY_CLASS,
            },
        )
        | {"defaults, with frames": Row({})},
        of_shares,
        {
            "gap": ("largest error of a share, points", 1),
            "smallest": ("share of the smallest group, %", 1),
        }
        | SCORE,
    ),
    "repeats": Symptom(
        data.wine,
        fits(
            plainly(4_000),
            {
                "4,000 updates, no frames": {},
                "and gamma=3": {"gamma": 3.0},
                "and early stopping": {"early_stopping": EarlyStopping(validation_fraction=0.2)},
                "1,000 updates, no frames": {"max_iter": 1_000},
            },
        )
        | {
            "defaults": Row({}),
            "RegularizedMixture": Row({}, RegularizedMixture),
            "RegularizedGaussian": Row({}, RegularizedGaussian),
        },
        of_repeats,
        {
            "nearer": ("nearer to training, % (50 is best)", 1),
            "auc": ("membership by distance, AUC (.5 is best)", 2),
            "repeated": ("rows nearly repeated, of 89", 1),
        }
        | SCORE,
    ),
    "divergence": Symptom(
        data.moons,
        fits(
            plainly(1_500) | WASSERSTEIN | SGD,
            {
                "SGD, rate 0.1": {},
                "and clipping": {"clipping": "global_norm"},
                "and NonFiniteGuard": {"callbacks": [NonFiniteGuard(factor=0.1)]},
                "SGD, rate 0.1, R1 + R2": PENALTY,
                "SGD, rate 0.01, R1 + R2": PENALTY | {"learning_rate_init": 0.01},
            },
        )
        | fits(
            plainly(1_500) | WASSERSTEIN,
            {
                "Adam, default rate": {},
                "and spectral norm": {"constraint": (None, "spectral_norm")},
                "Adam, default rate, R1 + R2": PENALTY,
                "Adam, rate 0.1, R1 + R2": PENALTY | {"learning_rate_init": 0.1},
                "Adam, R1 + R2, default loss": PENALTY | {"loss": "relativistic"},
            },
        ),
        of_losses,
        {
            "diverged": ("diverged, % of the fits", 0),
            "swing": ("deviation of the discriminator's loss", 3),
        }
        | SCORE,
    ),
    "slow": Symptom(
        data.mixed,
        {"RegularizedGAN()": Row({}), "no compiled updates": Row({"max_iter": 1_000}, tape="0")}
        | fits(
            {"max_iter": 1_000},
            {
                "max_iter=1000": {},
                "max_iter=1000, 64 units": {"hidden_layer_sizes": (64, 64)},
                "max_iter=1000, frames=None": {"frames": None},
            },
        )
        | {
            "RegularizedVAE()": Row({}, RegularizedVAE),
            "RegularizedMixture()": Row({}, RegularizedMixture),
            "RegularizedGaussian()": Row({}, RegularizedGaussian),
        },
        of_table,
        {"seconds": ("CPU s", 1), "auc": ("AUC of a classifier (.5 is best)", 2)} | SCORE,
    ),
    "condition": Symptom(
        data.by_kind,
        fits(
            {"frames": None},
            {
                "conditional=True, 100 updates": BY_CLASS | {"max_iter": 100},
                'conditional="balanced", 100 updates': BALANCED | {"max_iter": 100},
                "conditional=True, 1,000 updates": BY_CLASS | {"max_iter": 1_000},
                'conditional="balanced", 1,000 updates': BALANCED | {"max_iter": 1_000},
            },
        )
        | {
            "conditional=True, frames": Row(BY_CLASS),
            'conditional="balanced", frames': Row(BALANCED),
            "RegularizedMixture": Row(BY_CLASS, RegularizedMixture),
            "real rows of training": Row(BY_CLASS, TrainingRows),
        },
        of_rare,
        {
            "agree": ("taken for the class by a classifier, %", 0),
            "shift": ("error of the mean age, years", 1),
        },
    ),
    "column": Symptom(
        data.prices,
        {
            f"Regularized{name}, {way}": Row(settings, model)
            for name, model in {"VAE": RegularizedVAE, "GAN": RegularizedGAN}.items()
            for way, settings in SCALINGS.items()
        },
        of_column,
        {
            "zeros": ("zeros, %", 1),
            "gap": ("error of that share, points", 1),
            "median": ("median of the other numbers over that of the data", 2),
        }
        | SCORE,
    ),
}
