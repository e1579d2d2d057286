"""A table with a column of every dtype that people have, and small models of it."""

import numpy as np
import pandas as pd
import pytest

from regan import (
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)

N = 120
SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 16, "max_iter": 10}
MIXTURE = {"n_components": 2, "alpha": 1.0, "covariance_type": "diag"}
MODELS = {
    "gan": lambda **changes: RegularizedGAN(**{**SMALL, "random_state": 0, **changes}),
    "vae": lambda **changes: RegularizedVAE(**{**SMALL, "random_state": 0, **changes}),
    "gaussian": lambda **changes: RegularizedGaussian(**{"random_state": 0, **changes}),
    "mixture": lambda **changes: RegularizedMixture(**{**MIXTURE, "random_state": 0, **changes}),
}
any_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
any_network = pytest.mark.parametrize("make", [MODELS["gan"], MODELS["vae"]], ids=["gan", "vae"])


def mixed(n=N, seed=0):
    """A column of every dtype that people have."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    return pd.DataFrame(
        {
            "size": 170 + 10 * size,
            "color": rng.choice(["red", "green", "blue"], n, p=[0.6, 0.3, 0.1]),
            "small": (size < 0),
            "count": rng.poisson(3, n).astype("int16"),
            "single": (3 * size).astype("float32"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], n), ["low", "mid", "high", "none"], ordered=True
            ),
            "digit": pd.Categorical(rng.integers(4, size=n)),
            "big": rng.integers(-(2**48), 2**48, n),
            "unsigned": rng.integers(0, 255, n).astype("uint8"),
            "nullable": pd.array(rng.integers(-5, 5, n), dtype="Int64"),
            "real": pd.array(rng.normal(size=n), dtype="Float64"),
            "flag": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "text": pd.array(rng.choice(["x", "y"], n), dtype="string"),
            "either": pd.Categorical(rng.choice(np.array([1, "a"], dtype=object), n)),
            "python": pd.Series([int(v) for v in rng.integers(9, size=n)], dtype=object),
            "always": 7,
            "one": "same",
        }
    )
