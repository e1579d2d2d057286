"""Small far modes: a few rows in a hundred, far from all others, come back as often."""

import numpy as np
import pytest

from regan import RegularizedGAN, RegularizedGaussian, RegularizedVAE

SHORT = {"hidden_layer_sizes": 32, "max_iter": 600}
MODELS = {
    "gan": lambda seed, **changes: RegularizedGAN(random_state=seed, **SHORT, **changes),
    "vae": lambda seed, **changes: RegularizedVAE(random_state=seed, **SHORT, **changes),
    "gaussian": lambda seed, **changes: RegularizedGaussian(random_state=seed, **changes),
}


def far_shares(make, **changes):
    """Shares of a mode that has 5 % of the rows of the data, for two seeds."""
    shares = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        X = np.append(rng.normal(-3, 0.5, 950), rng.normal(5, 0.3, 50))[:, None]
        sample = make(seed, **changes).fit(X).sample(20_000, random_state=1)
        shares.append(float((sample > 3).mean()))
    return shares


def assert_right(shares):
    assert all(0.03 < share < 0.08 for share in shares), shares


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_ranks_keep_the_share_of_a_far_mode(make):
    assert_right(far_shares(make, standardize="quantile"))


@pytest.mark.parametrize("make", [MODELS["gan"], MODELS["vae"]], ids=["gan", "vae"])
def test_the_share_of_a_far_mode_by_default(make):
    assert_right(far_shares(make))
