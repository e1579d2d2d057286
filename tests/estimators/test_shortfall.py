"""The warning of generated rows that are far from the rows of training."""

import numpy as np
import pytest

from regan import RegularizedGAN, RegularizedVAE
from regan.estimators import neural

X = np.random.default_rng(0).normal(size=(200, 2))


@pytest.mark.parametrize(
    ("cls", "frames", "n_columns", "tries"),
    [
        (RegularizedGAN, None, 2, r"Try frames='auto', more .*=4\), a gamma that decreases"),
        (RegularizedGAN, "auto", 2, r"Try more .*=4\), a smaller gamma"),
        (
            RegularizedGAN,
            "auto",
            40,
            r"Try more .*=4\), a gamma that decreases",
        ),  # too few rows for frames
        (RegularizedVAE, None, 2, r"Try frames='auto', more .*=4\), a smaller beta"),
    ],
)
def test_what_to_try(monkeypatch, cls, frames, n_columns, tries):
    monkeypatch.setattr(neural, "WORTH_MEASURING", 1)
    monkeypatch.setattr(neural, "measure_shortfall", lambda *_: 0.5)
    model = cls(hidden_layer_sizes=4, max_iter=2, frames=frames, random_state=0)
    with pytest.warns(UserWarning, match=tries):
        model.fit(np.resize(X, (150, n_columns)))
