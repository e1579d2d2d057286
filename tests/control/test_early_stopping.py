"""Early stopping: what is held out, what is scored, what is kept, and when it ends."""

import numpy as np
import pytest
from games import game, network, player
from sklearn.base import clone

import regan
from regan import Callback, EarlyStopping, RegularizedGAN, RegularizedVAE
from regan.backends import get_backend
from regan.control.early_stopping import BestState
from regan.data.scaling import ColumnScaler
from regan.metrics import METRICS, two_sample_score
from regan.mixtures.coordinates import Coordinates
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.training.progress import describe
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData


@pytest.fixture
def rows():
    """A hundred and twenty rows in units of their own."""
    return np.random.default_rng(3).normal([5, -2], [0.1, 30], size=(120, 2))


class Keep(Callback):
    """Copies of the state at every report, by update."""

    def __init__(self):
        self.states = {}

    def on_report(self, run):
        self.states[run.state.step] = run.state.map(get_backend(dtype="float32").to_numpy)


def compared(model):
    """The updates after which it was compared."""
    return (np.flatnonzero(np.isfinite(model.history_["validation_score"])) + 1).tolist()


def same_state(a, b):
    (a, _), (b, _) = a.export(), b.export()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


# A whole fit


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
@pytest.mark.parametrize("n_discriminator_steps", [0, 1])
def test_the_fitted_model_is_the_best_one(small_gan, rows, cls, n_discriminator_steps):
    """All of it, as it was: both networks, the average, the optimizers."""
    keep = Keep()
    names = "hidden_layer_sizes", "latent_dim", "batch_size", "random_state"
    settings = {name: getattr(small_gan(), name) for name in names}
    if cls is RegularizedGAN:
        settings["n_discriminator_steps"] = n_discriminator_steps
    model = cls(max_iter=80, callbacks=[keep], early_stopping=True, **settings).fit(rows)
    scores = model.history_["validation_score"]
    assert model.best_score_ == np.nanmax(scores)
    assert model.best_iter_ == np.nanargmax(scores) + 1
    kept = keep.states[model.best_iter_]
    assert same_state(model._state, kept)
    assert model._state.optimizers["generator" if cls is RegularizedGAN else "encoder"]["t"] == (
        model.best_iter_
    )
    last = keep.states[max(keep.states)]
    assert model.best_iter_ == model.n_iter_ or not same_state(model._state, last)


def test_updates_made_are_counted_and_kept_in_the_history(small_gan, rows):
    stopping = EarlyStopping(n_iter_no_change=1, tol=10.0)  # nothing improves by so much
    gan = small_gan(max_iter=80, early_stopping=stopping).fit(rows)
    # the first comparison is better than none, the second one is not
    assert gan.n_iter_ == 4
    assert compared(gan) == [2, 4]
    assert len(gan.history_["generator_loss"]) == 4
    assert gan.best_iter_ in (2, 4)  # by however little it is better


def test_without_an_end_it_changes_nothing_but_the_rows(small_gan, rows):
    """The same training as on the rows that are left, so the rate follows its schedule too."""
    endless = EarlyStopping(n_iter_no_change=1000)
    keep, other = Keep(), Keep()
    settings = {"max_iter": 40, "standardize": False, "learning_rate_init": 1e-4}
    gan = small_gan(early_stopping=endless, callbacks=[keep], **settings).fit(rows)
    train, held = endless.split(len(rows), None, gan._seed)
    assert sorted([*train, *held]) == list(range(120))
    assert len(held) == 12
    small_gan(callbacks=[other], **settings).fit(rows[train])
    assert keep.states.keys() == other.states.keys()
    assert all(same_state(keep.states[step], other.states[step]) for step in keep.states)


@pytest.mark.parametrize("standardize", [True, False])
def test_the_score_is_that_of_the_model_on_held_out_rows(small_gan, rows, standardize):
    """Up to the draws: the columns are standardised either way."""
    stopping = EarlyStopping(validation_fraction=0.5, metric="energy_distance")
    gan = small_gan(max_iter=10, early_stopping=stopping, standardize=standardize).fit(rows)
    _, held = stopping.split(len(rows), None, gan._seed)
    close = {"rel": 0.1, "abs": 0.15}
    score = regan.metrics.Scorer("energy_distance")(gan, rows[held])
    assert gan.best_score_ == pytest.approx(score, **close)
    raw = -METRICS["energy_distance"].measure(rows[held], gan.sample(60))
    assert gan.best_score_ != pytest.approx(raw, **close)


@pytest.mark.parametrize("metric", ["sliced_wasserstein", "coverage"])
def test_higher_is_better_for_every_metric(small_gan, rows, metric):
    gan = small_gan(max_iter=40, early_stopping=EarlyStopping(metric=metric)).fit(rows)
    scores = gan.history_["validation_score"]
    assert gan.best_score_ == np.nanmax(scores)
    assert (scores[np.isfinite(scores)] <= 0).all() or METRICS[metric].greater_is_better


def test_classes_are_held_out_in_equal_shares_and_compared():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 30])
    X = rng.normal(size=(120, 2)) + 8 * y[:, None]
    stopping = EarlyStopping(validation_fraction=0.2)
    train, held = stopping.split(120, y, 0)
    assert np.bincount(y[held]).tolist() == [18, 6]
    assert np.bincount(y[train]).tolist() == [72, 24]
    seen = []

    def measure(real, fake):
        seen.append((real, fake))
        return two_sample_score(real, fake)

    stopping = EarlyStopping(validation_fraction=0.2, eval_every=5)
    gan = RegularizedGAN(
        conditional=True, early_stopping=stopping, max_iter=5, hidden_layer_sizes=8, random_state=0
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "regan.control.early_stopping.METRICS", {"two_sample_score": _metric(measure)}
        )
        gan.fit(X, y)
    ((real, fake),) = seen
    assert real.shape == fake.shape == (24, 4)
    np.testing.assert_array_equal(real[:, 2:], fake[:, 2:])  # the same classes
    np.testing.assert_allclose(real[:, 2:].sum(axis=1), np.sqrt(2))
    assert real[:, 2:].sum(axis=0) == pytest.approx([18 * np.sqrt(2), 6 * np.sqrt(2)])


def _metric(measure):
    return regan.metrics.Metric(measure, True)


def test_comparisons_keep_their_distance(small_gan, rows):
    stopping = EarlyStopping(eval_every=15, n_iter_no_change=100)
    gan = small_gan(max_iter=80, early_stopping=stopping).fit(rows)
    assert compared(gan) == [16, 32, 48, 64, 80]
    gan = small_gan(max_iter=70, early_stopping=stopping).fit(rows)
    assert compared(gan)[-2:] == [60, 70]  # and after the last update


def test_another_callback_may_stop_the_run(small_gan, rows):
    def stop(run):
        run.stop()

    stopping = EarlyStopping(eval_every=1000)
    gan = small_gan(max_iter=80, early_stopping=stopping, callbacks=[stop]).fit(rows)
    assert gan.n_iter_ == gan.best_iter_ == 2
    assert compared(gan) == [2]


def test_callbacks_see_the_score(small_gan, rows):
    seen = []
    small_gan(
        max_iter=10, early_stopping=True, callbacks=[lambda run: seen.append(run.latest())]
    ).fit(rows)
    assert all({"validation_score", "validation_iter"} <= values.keys() for values in seen)
    words = describe(seen[-1])
    assert "validation_score" in words
    assert "validation_iter" not in words


def test_going_on_does_not_lose_what_was_better(small_gan, rows):
    """The state of the first fit is compared as well, on the same held-out rows."""
    stopping = EarlyStopping(0.3, n_iter_no_change=2, tol=10.0)
    gan = small_gan(max_iter=40, early_stopping=stopping, warm_start=True).fit(rows)
    for _ in range(3):
        before, step = gan.best_score_, gan.n_iter_
        gan.set_params(learning_rate_init=1.0).fit(rows)
        assert gan.best_score_ >= before
        assert gan.best_score_ >= np.nanmax(gan.history_["validation_score"][step - 1 :])


def test_going_on(small_gan, rows):
    stopping = EarlyStopping(n_iter_no_change=100)
    settings = {"max_iter": 20, "warm_start": True, "frames": None}
    gan = small_gan(early_stopping=stopping, **settings).fit(rows)
    first, theta = gan.n_iter_, gan.generator_.theta.copy()
    gan.fit(rows)
    assert gan.n_iter_ == len(gan.history_["generator_loss"]) == first + 20
    assert {len(values) for values in gan.history_.values()} == {first + 20}
    assert gan.best_iter_ > first
    assert not np.array_equal(theta, gan.generator_.theta)
    gan.set_params(early_stopping=False).fit(rows)
    assert not hasattr(gan, "best_iter_")  # it would be that of an earlier fit
    assert not hasattr(gan, "best_score_")
    # the second fit begins with a comparison, of the state that the first one ended with
    assert compared(gan) == [*range(1, first + 21)]
    assert {len(values) for values in gan.history_.values()} == {first + 40}


def test_the_same_seed_gives_the_same_model(small_gan, rows):
    one, two = (small_gan(early_stopping=True).fit(rows) for _ in range(2))
    np.testing.assert_array_equal(one.generator_.theta, two.generator_.theta)
    assert one.best_score_ == two.best_score_


def test_settings_and_results_are_saved(small_gan, rows, tmp_path):
    stopping = EarlyStopping(0.2, 3, 1e-2, 4, "coverage")
    gan = small_gan(early_stopping=stopping).fit(rows)
    gan.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    assert again.early_stopping.get_params() == stopping.get_params()
    assert (again.best_iter_, again.best_score_) == (gan.best_iter_, gan.best_score_)
    assert gan.prune().best_iter_ == gan.best_iter_
    assert clone(gan).early_stopping.get_params() == stopping.get_params()


def test_fit_never_writes_the_setting(small_gan, rows):
    stopping = EarlyStopping()
    before = dict(vars(stopping))
    small_gan(early_stopping=stopping).fit(rows)
    assert vars(stopping) == before


# A population, and what is kept


def trained(ops, rows, alphas, n_updates=40, wait=2, callbacks=(), scores=None):
    """A population that differs by its learning rates, under early stopping."""
    nets = network(ops, 3, [8], 2), network(ops, 2, [8], 1)
    rate = np.array(alphas)[:, None]
    trainer = Trainer(
        game(*(player(net, rate=rate) for net in nets)), batch_size=16, ema_decay=0.999
    )
    run = Run(trainer.init(0, len(alphas)), n_updates)
    data, held = TrainingData(ops, rows[:80]), TrainingData(ops, rows[80:])
    best = BestState(
        EarlyStopping(n_iter_no_change=wait, tol=0.0),
        trainer.evaluation,
        trainer.evaluation.probe(run.state, data, 64),
        trainer.evaluation.probe(run.state, held, 64),
        [Coordinates(ColumnScaler.learn(rows, None))],
        len(alphas),
    )
    if scores is not None:
        asked = iter(scores)
        best._score = lambda real, fake: next(asked)
    trainer.callbacks = [best, *callbacks]
    trainer.run(run, data)
    return run, best, trainer


def test_the_kept_state_does_not_change_as_training_goes_on(ops64):
    """A "best" that is an alias of the live weights changes with every update."""
    rows = np.random.default_rng(0).normal(size=(120, 2))
    copies = []

    class Compare(Callback):
        def on_report(self, run):
            if run.done == 1:
                copies.append(run.state.map(ops64.to_numpy))
            kept = best_of[0].best.map(ops64.to_numpy)
            assert same_state(kept, copies[0])
            assert run.done == 1 or not same_state(run.state.map(ops64.to_numpy), kept)

    best_of = []
    original = BestState.on_fit_start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BestState, "on_fit_start", lambda self, run: (best_of.append(self), original(self, run))
        )
        # the first score is the best one
        run, best, _ = trained(
            ops64, rows, [1e-2], wait=8, callbacks=[Compare()], scores=range(0, -99, -1)
        )
    assert run.done == 9
    best.finish(run)
    restored = run.state.map(ops64.to_numpy)
    assert restored.step == 9
    assert same_state(restored, copies[0])


def test_members_stop_on_their_own_and_equal_single_runs(ops64):
    rows = np.random.default_rng(0).normal(size=(120, 2))
    rates = [1e-2, 3e-2, 1e-3]
    run, best, _ = trained(ops64, rows, rates)
    best.finish(run)
    whole = run.state.map(ops64.to_numpy)
    ends = []
    for k, rate in enumerate(rates):
        single, alone, _ = trained(ops64, rows, [rate])
        ends.append(single.done)
        alone.finish(single)
        assert best.scores[k] == pytest.approx(alone.scores[0], rel=1e-9)
        assert best.steps[k] == alone.steps[0]
        for name, theta in single.state.map(ops64.to_numpy).thetas.items():
            np.testing.assert_allclose(whole.thetas[name][k], theta[0], rtol=1e-9, atol=1e-12)
        scores = np.array(run.history["validation_score"])[:, k]
        assert np.isnan(scores[single.done :]).all()  # it was not looked at any more
        assert np.isfinite(scores[: single.done]).all()
    assert run.done == max(ends)
    assert len(set(ends)) > 1  # they did not all stop at once


def test_a_rest_that_is_exported_goes_on_the_same(ops64):
    rows = np.random.default_rng(0).normal(size=(120, 2))
    _, best, _ = trained(ops64, rows, [1e-2, 1e-3])
    _, other, _ = trained(ops64, rows, [1e-3, 1e-2], n_updates=2)
    arrays, rest = best.export()
    other.restore(Stored(rest), Tensors(arrays), best.best)
    for name, array in other.export()[0].items():
        np.testing.assert_array_equal(array, arrays[name])
    assert other.export()[1] == rest
    other.scores += 1  # restored arrays are its own
    assert (best.export()[0]["scores"] != other.scores).all()


# What cannot be


def test_it_never_asks_the_loss(small_gan, rows):
    """Whatever the history says: here it is spoilt before the comparison."""

    class Spoil(Callback):
        def on_step(self, run):
            for name, values in run.history.items():
                if name.endswith("loss"):
                    values[:] = [np.full(1, -1e9)] * len(values)

    one = small_gan(max_iter=80, early_stopping=True).fit(rows)
    two = small_gan(max_iter=80, early_stopping=True, callbacks=[Spoil()]).fit(rows)
    assert one.best_iter_ == two.best_iter_
    assert one.best_score_ == two.best_score_


BAD = [
    ({"early_stopping": 1}, TypeError, r"early_stopping must be True, False or an EarlyStopping"),
    ({"early_stopping": "yes"}, TypeError, r"early_stopping must be True.*got 'yes'"),
    ({"early_stopping": EarlyStopping}, TypeError, r"early_stopping must be True"),
    ({"validation_fraction": 0.0}, ValueError, r"validation_fraction must be a finite number > 0"),
    ({"validation_fraction": 1.0}, ValueError, r"validation_fraction .* and < 1, got 1.0"),
    ({"validation_fraction": 5}, ValueError, r"validation_fraction .* got 5"),
    ({"n_iter_no_change": 0}, ValueError, r"n_iter_no_change must be an integer >= 1, got 0"),
    ({"n_iter_no_change": 2.5}, TypeError, r"n_iter_no_change must be an integer, got 2.5"),
    ({"tol": -1e-3}, ValueError, r"tol must be a finite number >= 0, got -0.001"),
    ({"tol": None}, TypeError, r"tol must be a real number, got None"),
    ({"eval_every": 0}, ValueError, r"eval_every must be an integer >= 1, got 0"),
    ({"metric": "fid"}, ValueError, r"metric='fid' is not known; choose one of: two_sample_score"),
    ({"metric": None}, ValueError, r"metric=None is not known"),
    (
        {"validation_fraction": 0.05},
        ValueError,
        r"early stopping with validation_fraction=0.05 holds out 6 of 120 rows, but it needs at "
        r"least 10 held-out rows and 2 rows to train on. Change validation_fraction, or set early",
    ),
    ({"validation_fraction": 0.999}, ValueError, r"holds out 120 of 120 rows"),
]


@pytest.mark.parametrize(("changes", "error", "message"), BAD, ids=lambda value: repr(value)[:50])
def test_bad_settings(small_gan, rows, changes, error, message):
    given = changes.get("early_stopping") or EarlyStopping(**changes)
    gan = small_gan().fit(rows)
    before = dict(vars(gan))
    gan.set_params(early_stopping=given)
    with pytest.raises(error, match=message):
        gan.fit(rows)
    before["early_stopping"] = given
    assert vars(gan) == before


def test_a_class_of_one_row_cannot_be_held_out(small_gan, rows):
    y = np.r_[np.zeros(119), 1]
    with pytest.raises(ValueError, match=r"cannot hold out rows by class: .*only 1 member"):
        small_gan(conditional=True, early_stopping=True).fit(rows, y)
    with pytest.raises(ValueError, match=r"cannot hold out rows by class: .*number of classes"):
        small_gan(conditional=True, early_stopping=True).fit(rows, np.arange(120) // 2)


@pytest.mark.parametrize("stopping", [True, EarlyStopping()])
def test_one_pass_has_no_end(small_gan, rows, stopping):
    with pytest.raises(ValueError, match=r"partial_fit does not support early_stopping=.*or use f"):
        small_gan(early_stopping=stopping).partial_fit(rows)
