"""K models in one run are K single runs."""

import numpy as np
import pytest
from games import game, network, player

from regan.backends import get_backend
from regan.optimizers import SGD, Adam, AdamW, RMSprop
from regan.penalties import L1, L2, ElasticNet
from regan.penalties.gradient import R1R2
from regan.schedules import ConstantSchedule, CosineSchedule
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

ALPHAS, RATIOS, GAMMAS = [0.0, 1e-3, 0.5], [0.5, 0.0, 1.0], [0.01, 0.1, 1.0]


def train(ops, penalty, optimizer, gamma, *, n_models, n_updates=12, rate=None):
    """The state and history after some updates, on the host."""
    rates = (2e-2, 1e-2) if rate is None else (rate, rate)
    networks = network(ops, 3, [8, 8], 2, "leaky_relu"), network(ops, 2, [8, 8], 1, "leaky_relu")
    players = [
        player(net, penalties=[penalty], optimizer=optimizer, rate=lr, schedule=schedule)
        for net, lr, schedule in zip(
            networks, rates, (CosineSchedule(), ConstantSchedule()), strict=True
        )
    ]
    objective = game(*players, gradient=[R1R2(gamma)])
    trainer = Trainer(objective, batch_size=16, ema_decay=0.999, n_discriminator_steps=2)
    X = np.random.default_rng(1).normal(size=(100, 2))
    run = Run(trainer.init(0, n_models), n_updates)
    trainer.run(run, TrainingData(ops, X))
    return run.state.map(ops.to_numpy), {k: np.array(v) for k, v in run.history.items()}


PENALTIES = {
    "elasticnet": lambda alpha, ratio: ElasticNet(alpha, ratio),
    "subgradient": lambda alpha, ratio: ElasticNet(alpha, ratio, method="subgradient"),
    "l1": lambda alpha, ratio: L1(alpha),
    "l2": lambda alpha, ratio: L2(alpha),
}


OPTIMIZERS = [Adam(), AdamW(), RMSprop(momentum=0.5), SGD(0.5)]
CASES = [
    *(("float32", penalty, optimizer) for penalty in PENALTIES for optimizer in OPTIMIZERS),
    *(("float64", *each) for each in zip(PENALTIES, OPTIMIZERS, strict=True)),
]


@pytest.mark.parametrize(("dtype", "penalty", "optimizer"), CASES, ids=str)
def test_population_equals_singles(dtype, penalty, optimizer):
    penalty = PENALTIES[penalty]
    ops = get_backend(dtype=dtype)
    exact = {"rtol": 0, "atol": 0} if ops.bitwise else {"rtol": 1e-3, "atol": 1e-5}
    together, history = train(ops, penalty(ALPHAS, RATIOS), optimizer, GAMMAS, n_models=3)
    assert not np.array_equal(together.thetas["generator"][0], together.thetas["generator"][2])
    for k in range(3):
        state, alone = train(ops, penalty(ALPHAS[k], RATIOS[k]), optimizer, GAMMAS[k], n_models=1)
        for name, theta in together.thetas.items():
            np.testing.assert_allclose(theta[k], state.thetas[name][0], **exact)
        np.testing.assert_allclose(together.average[k], state.average[0], **exact)
        assert history.keys() == alone.keys()
        for name, rows in history.items():
            np.testing.assert_allclose(rows[:, k], alone[name][:, 0], **exact, err_msg=name)


@pytest.mark.parametrize("optimizer", [Adam(), RMSprop(), SGD(0.5), AdamW()], ids=repr)
def test_learning_rates_by_member(optimizer):
    """Rates as an array (K, 1), in the host's dtype."""
    ops, rates = get_backend(dtype="float32"), np.array([[1e-2], [3e-3]])
    exact = {"rtol": 0, "atol": 0} if ops.bitwise else {"rtol": 1e-3, "atol": 1e-5}
    together, _ = train(ops, L2(1e-2), optimizer, 0.1, n_models=2, rate=rates)
    for k in range(2):
        alone, _ = train(ops, L2(1e-2), optimizer, 0.1, n_models=1, rate=rates[[k]])
        for name, theta in together.thetas.items():
            np.testing.assert_allclose(theta[k], alone.thetas[name][0], **exact)


def test_l1_makes_exact_zeros_and_more_of_them_with_alpha(ops64):
    state, history = train(ops64, L1([0.0, 0.01, 10.0]), Adam(), 0.1, n_models=3, n_updates=60)
    for theta, n_weights in zip(
        state.thetas.values(), (3 * 8 + 8 * 8 + 8 * 2, 2 * 8 + 8 * 8 + 8), strict=True
    ):
        zeros = (theta[:, :n_weights] == 0).mean(axis=1)
        assert zeros[0] == 0
        assert 0 < zeros[1] < zeros[2] == 1
        # biases are not penalised; the last one of D has no gradient in a loss of differences
        assert (theta[:2, n_weights:-1] != 0).all()
    assert history["generator_l1"][-1, 2] == 0


def test_a_subgradient_makes_none(ops64):
    penalty = L1(0.01, method="subgradient")
    state, _ = train(ops64, penalty, Adam(), 0.1, n_models=1, n_updates=60)
    assert (state.thetas["generator"] != 0).all()
