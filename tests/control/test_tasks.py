"""A fit as scikit-learn's callbacks see it."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold

import regan.control.tasks
from regan import Callback, Checkpoint, DivergenceError, EarlyStopping, RegularizedGAN
from regan.metrics import Scorer

api = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")

X = np.random.default_rng(0).normal([5, -3], [2, 0.1], size=(60, 2))
y = np.arange(60) % 2


class Record:
    """Every event with the names of its task and of those above it."""

    max_propagation_depth = None

    def __init__(self, stop_at=None):
        self.events, self.models, self.stop_at = [], [], stop_at

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.events.append(("begin", context.task_name, context.task_id))
        self.given, self.most = (X, y), context.max_subtasks

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        self.events.append(("end", context.task_name, context.task_id))
        self.models.append(fitted_estimator)
        return context.task_id == self.stop_at


def small(**changes):
    return RegularizedGAN(hidden_layer_sizes=4, batch_size=16, random_state=0, **changes)


def windows(n, first=0):
    return [(event, "window", i) for i in range(first, n) for event in ("begin", "end")]


def test_a_fit_is_a_task_with_a_subtask_for_each_window():
    record = Record()
    small(max_iter=83).set_callbacks(record).fit(X, y)
    n = 42  # windows of two updates, and one update is left
    assert record.events == [
        "setup", ("begin", "fit", 0), *windows(n), ("end", "fit", 0), "teardown"
    ]  # fmt: skip
    assert record.given[0] is X
    assert record.given[1] is y


def test_they_see_the_model_as_if_it_ended_there():
    record = Record()
    whole = small(max_iter=40, learning_rate="constant", normalization=("batch", None))
    whole.set_callbacks(record).fit(X)
    assert [model.n_iter_ for model in record.models] == [*range(1, 41), 40]
    stopped = small(max_iter=40, learning_rate="constant", normalization=("batch", None))
    stopped.set_params(callbacks=[lambda run: run.stop() if run.done == 7 else None]).fit(X)
    seen = record.models[6]
    np.testing.assert_array_equal(seen.sample(9), stopped.sample(9))
    assert seen.score(X) == stopped.score(X)
    np.testing.assert_array_equal(record.models[-1].sample(9), whole.sample(9))
    # and the training does not notice
    plain = small(max_iter=40, learning_rate="constant", normalization=("batch", None)).fit(X)
    np.testing.assert_array_equal(plain.generator_.theta, whole.generator_.theta)
    assert vars(whole).keys() - vars(plain).keys() == {"_skl_callbacks"}


def test_with_early_stopping_they_see_the_best_state_so_far():
    record = Record()
    stopping = EarlyStopping(0.5, n_iter_no_change=4, metric="coverage")
    gan = small(max_iter=40, early_stopping=stopping).set_callbacks(record).fit(X)
    assert gan.best_iter_ < gan.n_iter_ < 40
    assert [model.n_iter_ for model in record.models[:-1]] == [*range(1, gan.n_iter_ + 1)]
    scores = gan.history_["validation_score"]
    for i, model in enumerate(record.models[:-1]):
        assert model.best_score_ == scores[: i + 1].max()
        assert {len(values) for values in model.history_.values()} == {i + 1}
    for model in record.models[gan.best_iter_ - 1 :]:  # from there on it is the same one
        np.testing.assert_array_equal(model.generator_.theta, gan.generator_.theta)


def test_one_of_them_stops_the_run():
    record = Record(stop_at=2)
    gan = small(max_iter=40).set_callbacks(record).fit(X)
    assert gan.n_iter_ == 3
    assert record.events[2:-2] == windows(3)


def test_a_monitor_scores_every_window():
    monitor = api.ScoringMonitor(scoring={"distance": Scorer("energy_distance")})
    gan = small(max_iter=10).set_callbacks(monitor).fit(X, y)
    scores = [row["distance"] for row in monitor.get_logs(select="most_recent").data]
    assert len(scores) == 11
    assert len(set(scores)) > 5
    assert scores.count(Scorer("energy_distance")(gan, X)) == 2  # of the last window and of the fit


def test_a_search_sees_the_fits_in_it():
    record = Record()
    search = GridSearchCV(
        small(max_iter=4), {"alpha": [1e-3, 1e-2]}, cv=KFold(2), refit=False
    ).set_callbacks(record)
    search.fit(X)
    inner = [event for event in record.events if event[1:2] == ("window",)]
    assert inner == windows(4) * 4
    assert record.events.count("setup") == record.events.count("teardown") == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"max_iter": 0}, ValueError),
        ({"max_iter": "many"}, TypeError),
        ({"learning_rate_init": 1e30, "max_iter": 10}, DivergenceError),
    ],
    ids=str,
)
def test_they_are_taken_down_after_an_error(changes, error):
    record = Record()
    gan = small(**changes).set_callbacks(record)
    with pytest.raises(error):
        gan.fit(X)
    assert record.events[0] == "setup"
    assert record.events[-1] == "teardown"
    assert ("end", "fit", 0) not in record.events
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown", "_tasks"} & vars(gan).keys()


def test_a_finished_run_has_no_windows_left(tmp_path):
    checkpoint = Checkpoint(tmp_path, resume=True)
    small(max_iter=4, callbacks=[checkpoint]).fit(X)
    record = Record()
    small(max_iter=4, callbacks=[checkpoint]).set_callbacks(record).fit(X)
    assert record.events == ["setup", ("begin", "fit", 0), ("end", "fit", 0), "teardown"]


def test_where_there_are_none_a_fit_is_what_it_is(monkeypatch):
    plain = small(max_iter=4).fit(X)
    monkeypatch.setattr(regan.control.tasks, "_sklearn", None)
    seen = []

    class See(Callback):
        def on_fit_start(self, run):
            seen.append(run.n_updates)

    gan = small(max_iter=4, callbacks=[See()]).fit(X)
    np.testing.assert_array_equal(gan.generator_.theta, plain.generator_.theta)
    assert seen == [4]
    assert regan.control.tasks.with_tasks(len) is len
