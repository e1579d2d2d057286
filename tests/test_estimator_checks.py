"""scikit-learn's own checks, over settings that take different paths through the code."""

from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from regan import RegularizedGAN
from regan.gradient_penalties import R1
from regan.optimizers import RMSprop
from regan.penalties import L1, L2
from regan.schedules import LinearSchedule

SETTINGS = [
    {},
    {"penalty": ("l1", None), "alpha": (1e-3, 1e-4), "n_discriminator_steps": 2},
    {
        "penalty": "elasticnet",
        "loss": "hinge",
        "gradient_penalty": None,
        "hidden_layer_sizes": (6,),
        "activation": ("relu", "tanh"),
    },
    {"penalty": [L1(1e-3), L2(1e-3)], "optimizer": "sgd", "ema_decay": 0, "standardize": False},
    {
        "dtype": "float64",
        "optimizer": (RMSprop(momentum=0.5), "adamw"),
        "learning_rate": LinearSchedule(0.1),
        "gradient_penalty": R1(0.2),
        "batch_size": 8,
        "warm_start": True,
    },
]


@parametrize_with_checks([RegularizedGAN(max_iter=5, **setting) for setting in SETTINGS])
def test_scikit_learn(estimator, check):
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.fail(f"nothing may be skipped: {reason}")
