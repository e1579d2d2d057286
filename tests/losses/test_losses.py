"""Losses: gradients, and values at points where they are known."""

from math import log

import numpy as np
import pytest

from regan.building.factory import LOSSES, make_loss
from regan.losses import LeastSquares, Relativistic, Wasserstein
from regan.testing import check_loss

SMOOTHED = [name for name, cls in LOSSES.items() if "label_smoothing" in cls().get_params()]


@pytest.mark.parametrize("name", LOSSES)
def test_gradients(name):
    assert check_loss(LOSSES[name]()) <= 1e-6


@pytest.mark.parametrize("smoothing", [0.1, 0.9])
@pytest.mark.parametrize("name", SMOOTHED)
def test_gradients_with_smoothed_labels(name, smoothing):
    assert check_loss(LOSSES[name](label_smoothing=smoothing)) <= 1e-6


def test_losses_with_labels_can_smooth_them():
    assert set(LOSSES) - set(SMOOTHED) == {"wasserstein", "hinge"}


def softplus(t):
    return np.logaddexp(0, t)


R, F = np.array([[1.5, -0.3, 0.2]]), np.array([[-0.5, 0.4, 2.0]])
VALUES = {  # by hand: the discriminator's and the generator's
    "relativistic": (softplus(F - R).mean(), softplus(R - F).mean()),
    "non_saturating": ((softplus(-R) + softplus(F)).mean(), softplus(-F).mean()),
    "minimax": ((softplus(-R) + softplus(F)).mean(), -softplus(F).mean()),
    "wasserstein": ((F - R).mean(), -F.mean()),
    "hinge": ((1.3 + 0.8 + 0.5 + 1.4 + 3.0) / 3, -F.mean()),
    "least_squares": (((R - 1) ** 2 + F**2).mean() / 2, ((F - 1) ** 2).mean() / 2),
}


@pytest.mark.parametrize("name", LOSSES)
def test_values(name, ops64):
    loss = LOSSES[name]()
    real, fake = ops64.asarray(R), ops64.asarray(F)
    on_d = ops64.to_numpy(loss.discriminator(ops64, real, fake)[0])
    on_g = ops64.to_numpy(loss.generator(ops64, real if loss.pairs_samples else None, fake)[0])
    np.testing.assert_allclose(on_d, [VALUES[name][0]], rtol=1e-12)
    np.testing.assert_allclose(on_g, [VALUES[name][1]], rtol=1e-12)


def cross_entropy(label, score):
    """Of a label between 0 and 1, with the probability sigma(score)."""
    return label * softplus(-score) + (1 - label) * softplus(score)


S = 0.3
SMOOTHED_VALUES = {  # the discriminator's; the label of real rows, or pairs, is 1 - S
    "relativistic": cross_entropy(1 - S, R - F).mean(),
    "non_saturating": (cross_entropy(1 - S, R) + cross_entropy(0, F)).mean(),
    "minimax": (cross_entropy(1 - S, R) + cross_entropy(0, F)).mean(),
    "least_squares": ((R - (1 - S)) ** 2 + F**2).mean() / 2,
}


@pytest.mark.parametrize("name", SMOOTHED)
def test_one_sided_smoothing(name, ops64):
    """The label of real rows alone is another, and the generator's objective is the same."""
    loss, real, fake = LOSSES[name](label_smoothing=S), ops64.asarray(R), ops64.asarray(F)
    on_d = ops64.to_numpy(loss.discriminator(ops64, real, fake)[0])
    np.testing.assert_allclose(on_d, [SMOOTHED_VALUES[name]], rtol=1e-12)
    on_g = ops64.to_numpy(loss.generator(ops64, real if loss.pairs_samples else None, fake)[0])
    np.testing.assert_allclose(on_g, [VALUES[name][1]], rtol=1e-12)


@pytest.mark.parametrize("name", SMOOTHED)
def test_the_best_score_of_a_smoothed_label(name, ops64):
    """The term of real rows is least where the discriminator says 1 - S, and no further out."""
    score = 1 - S if name == "least_squares" else log((1 - S) / S)
    real, fake = ops64.asarray([[score]]), ops64.zeros((1, 1))
    slope = LOSSES[name](label_smoothing=S).discriminator(ops64, real, fake)[1]
    assert ops64.to_numpy(slope)[0, 0] == pytest.approx(0, abs=1e-15)
    plain = LOSSES[name]().discriminator(ops64, real, fake)[1]
    assert ops64.to_numpy(plain)[0, 0] < -0.1


@pytest.mark.parametrize("bad", [-0.1, 1.0, float("nan"), "0.1", None, [0.1]])
@pytest.mark.parametrize("name", SMOOTHED)
def test_bad_smoothing_is_refused(name, bad):
    with pytest.raises((ValueError, TypeError), match="label_smoothing must be"):
        make_loss(LOSSES[name](label_smoothing=bad))


@pytest.mark.parametrize("name", ["relativistic", "non_saturating", "minimax"])
def test_logistic_losses_are_stable_far_out(name, ops32):
    loss, far = LOSSES[name](), ops32.asarray([[3e4, -3e4]])
    for results in (loss.discriminator(ops32, far, -far), loss.generator(ops32, far, -far)):
        for result in results:
            assert np.isfinite(ops32.to_numpy(result)).all()


def test_logistic_losses_start_at_chance(ops64):
    zero = ops64.zeros((1, 4))
    value = LOSSES["relativistic"]().discriminator(ops64, zero, zero)[0]
    assert float(ops64.to_numpy(value)[0]) == pytest.approx(log(2))


@pytest.mark.parametrize("name", LOSSES)
def test_members_are_independent(name, ops64):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 3, 5))
    loss = LOSSES[name]()
    together = loss.discriminator(ops64, ops64.asarray(real), ops64.asarray(fake))
    for k in range(3):
        alone = loss.discriminator(ops64, ops64.asarray(real[[k]]), ops64.asarray(fake[[k]]))
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_allclose(ops64.to_numpy(a)[k], ops64.to_numpy(b)[0], rtol=1e-14)


class _Steep(LeastSquares):
    def generator(self, ops, real, fake):
        value, g_fake = super().generator(ops, real, fake)
        return value, 1.001 * g_fake


class _WritesToReal(LeastSquares):
    def discriminator(self, ops, real, fake):
        results = super().discriminator(ops, real, fake)
        real -= 1
        return results


class _WritesToFake(Relativistic):
    def generator(self, ops, real, fake):
        results = super().generator(ops, real, fake)
        fake -= real
        return results


class _Averages(Relativistic):
    """The sum over the models is right, and so are the gradients."""

    def discriminator(self, ops, real, fake):
        value, g_real, g_fake = super().discriminator(ops, real, fake)
        return ops.xp.full_like(value, value.mean()), g_real, g_fake


class _OneValue(LeastSquares):
    def generator(self, ops, real, fake):
        value, g_fake = super().generator(ops, real, fake)
        return value.sum(), g_fake


class _Centres(Wasserstein):
    """Value and gradients of scores less their mean over all models."""

    def generator(self, ops, real, fake):
        off = fake - fake.mean()
        g = off - off.mean()
        return 0.5 * (off * off).mean(axis=-1), g / fake.shape[-1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (_Steep(), "_Steep.generator: relative error"),
        (_WritesToReal(), "_WritesToReal: discriminator writes to its arguments"),
        (_WritesToFake(), "_WritesToFake: generator writes to its arguments"),
        (_Averages(), "_Averages.discriminator: model 0 moves the others"),
        (_Centres(), "_Centres.generator: model 0 moves the others"),
        (_OneValue(), "_OneValue.generator: shapes"),
    ],
    ids=repr,
)
def test_a_wrong_loss_is_found(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_loss(wrong)
