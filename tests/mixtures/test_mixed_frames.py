"""Mixtures of numbers and levels, and the frames that they make."""

import numpy as np
import pytest
from scipy.stats import norm

from regan.data.encoded_rows import EncodedRows, as_codes
from regan.mixtures.encoded import FLOOR
from regan.mixtures.mixed_frames import MixedFrames, learn_mixed
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

SIZES = (2, 3)


def rows(n=600, seed=0):
    """Two kinds of rows, of which the first number, a constant in one, and both levels tell."""
    rng = np.random.default_rng(seed)
    kind = rng.random(n) < 0.3
    numbers = np.c_[np.where(kind, -1.5, 0.6 + 0.3 * rng.normal(size=n)), rng.normal(size=n)]
    codes = np.c_[kind ^ (rng.random(n) < 0.05), np.where(kind, 2, rng.integers(2, size=n))]
    return EncodedRows(numbers, as_codes(codes, SIZES), SIZES), kind.astype(int)


def test_densities_by_the_formula():
    X, _ = rows(50)
    frames = learn_mixed(X, 3, None, 0, 0)
    variances = np.maximum(frames.variances, FLOOR)
    assert (frames.variances == 0).any()
    expected = norm.logpdf(X.plain[:, None], frames.mixture.means, np.sqrt(variances)).sum(axis=2)
    np.testing.assert_allclose(frames.log_densities(X.plain), expected, rtol=1e-9)


def test_what_the_mixture_finds():
    X, kind = rows()
    frames = learn_mixed(X, 2, kind, 2, 0)
    u, components = frames.enter_rows(X, np.random.default_rng(0))
    agree = np.mean(components == kind)
    assert max(agree, 1 - agree) > 0.99
    assert sorted(frames.weights) == pytest.approx([0.3, 0.7], abs=0.05)
    assert np.sort(frames.shares, axis=1) == pytest.approx(np.array([[0, 1], [0, 1]]), abs=0.02)
    np.testing.assert_allclose(u.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(u.std(axis=0), 1, atol=0.1)  # noise, where the number is constant
    np.testing.assert_allclose(frames.leave(u, components), X.plain, atol=1e-9)
    assert learn_mixed(X, "auto", None, 0, 0).n_components == 15
    with pytest.raises(ValueError, match="frames=200 is more components than 600 rows"):
        learn_mixed(X, 200, None, 0, 0)


def test_logits_and_samples_are_those_of_the_components():
    frames = learn_mixed(rows()[0], 2, None, 0, 0)
    np.testing.assert_allclose(np.exp(frames.level_logits[:, 2:]).sum(axis=1), 1)
    made = frames.sample(np.repeat([0, 1], 4000), np.random.default_rng(0))
    for k, part in enumerate(np.split(made, 2)):
        np.testing.assert_allclose(part[:, 2:].mean(axis=0), frames.level_shares[k], atol=0.04)
        np.testing.assert_allclose(part[:, :2].mean(axis=0), frames.mixture.means[k], atol=0.07)


def test_a_file_holds_them_and_forged_ones_are_refused():
    frames = learn_mixed(rows()[0], 2, None, 0, 0)

    def restored(**changes):
        arrays = {**frames.export(), **changes}
        return MixedFrames.restore(Stored(2, "k"), Tensors(arrays), 2, 0, SIZES)

    np.testing.assert_array_equal(restored().level_logits, frames.level_logits)
    for name, value in (("levels", 0.5), ("weights", 0.9)):
        with pytest.raises(FileError, match="none of a mixture of numbers and levels"):
            restored(**{name: np.full_like(frames.export()[name], value)})
    with pytest.raises(FileError):
        restored(variances=-frames.variances - 1e-9)
