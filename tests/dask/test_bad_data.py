"""What a cluster cannot be fitted to, with the partition or the worker that it is about."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask import delayed
from sklearn.exceptions import NotFittedError

from regan import Checkpoint
from regan.dask import DaskRegularizedGAN, clients
from regan.dask.given import Given
from regan.data import Inequality, TableEncoder
from regan.data.faults import ColumnsError

SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 32, "random_state": 0}
X = np.random.default_rng(3).normal(size=(300, 2))
TABLE = pd.DataFrame(X, columns=["a", "b"])


def frame(*parts, meta=TABLE):
    """A frame of these partitions, of which Dask knows nothing but what the columns are."""
    return dd.from_delayed([delayed(part) for part in parts], meta=meta[:0], verify_meta=False)


def fitted(client, data, y=None, **settings):
    return DaskRegularizedGAN(client, max_iter=4, **{**SMALL, **settings}).fit(data, y)


def test_empty_partitions_and_unknown_divisions(threads):
    parts = [TABLE[:0], TABLE[:100], TABLE[100:100], TABLE[100:], TABLE[:0]]
    data = frame(*parts)
    assert not data.known_divisions
    model = fitted(threads, data)
    whole = fitted(threads, frame(TABLE[:100], TABLE[100:]))
    pd.testing.assert_frame_equal(model.to_local().sample(9), whole.to_local().sample(9))
    assert model.score(data) == whole.score(data)


@pytest.mark.parametrize("parts", [[TABLE[:0], TABLE[:0]], [TABLE[:0], TABLE[:1]]])
def test_hardly_any_rows(threads, parts):
    with pytest.raises(ValueError, match=r"sample\(s\) in 2 partitions while a minimum of 2"):
        fitted(threads, frame(*parts))


def test_arrays_with_unknown_chunks(threads):
    rows = da.from_array(X, chunks=(100, 2))
    unknown = rows[rows[:, 0] > -9]
    model = fitted(threads, unknown)
    np.testing.assert_array_equal(
        model.to_local().sample(9), fitted(threads, rows).to_local().sample(9)
    )
    narrow = da.from_array(X, chunks=(100, 1))
    unknown = narrow[rows[:, 0] > -9]
    wide = fitted(threads, unknown)
    np.testing.assert_array_equal(wide.to_local().sample(9), model.to_local().sample(9))
    assert np.isnan(unknown.shape[0])  # it stays as it was


LATE = TABLE[100:].astype({"b": "float32"})
INFINITE = TABLE[100:].replace({"a": {TABLE["a"][120]: np.inf}})
REFUSED = [
    (lambda: X, None, TypeError, "must be a Dask DataFrame or a Dask array, got a ndarray"),
    (lambda: TABLE, None, TypeError, "dask.dataframe.from_pandas"),
    (lambda: frame(TABLE)["a"], None, TypeError, "must be a Dask DataFrame"),
    (lambda: da.from_array(X[:, 0]), None, ValueError, "Expected 2D array, got 1D"),
    (lambda: frame(TABLE, LATE), None, TypeError, "'b' is float32 in partition 1 of X, and float6"),
    (
        lambda: frame(TABLE, TABLE.rename(columns={"b": "c"})),
        None,
        ValueError,
        r"partition 1 of X has the columns \['a', 'c'\]",
    ),
    (lambda: frame(TABLE, X), None, TypeError, "partition 1 of X is a ndarray, not a DataFrame"),
    (
        lambda: frame(TABLE[:100], INFINITE),
        None,
        ValueError,
        "column 'a' contains inf in partition 1 of X, first in row 20 of it",
    ),
    (
        lambda: da.from_array(
            np.where(np.arange(600).reshape(300, 2) == 501, np.inf, X), chunks=(100, 2)
        ),
        None,
        ValueError,
        "column 1 contains inf in partition 2 of X, first in row 50 of it",
    ),
    (lambda: frame(TABLE), [1] * 300, TypeError, "y must be a Dask series or array"),
    (lambda: frame(TABLE), "c", ValueError, "y='c' is not a column of X"),
    (
        lambda: frame(TABLE[:100], TABLE[100:]),
        lambda: frame(TABLE)["a"],
        ValueError,
        "y has 1 partitions, but X has 2",
    ),
    (
        lambda: frame(TABLE[:100], TABLE[100:]),
        lambda: frame(TABLE[:100], TABLE[101:])["a"],
        ValueError,
        "partition 1 of X has 200 rows, but that of y has 199",
    ),
    (lambda: frame(TABLE), lambda: frame(TABLE), ValueError, "one column of class labels, got 2"),
    (lambda: frame(TABLE), None, ValueError, "requires y to be passed"),
]


@pytest.mark.parametrize(("data", "y", "error", "message"), REFUSED)
def test_data_that_are_refused(threads, data, y, error, message):
    conditional = y is not None or "y to be" in message
    with pytest.raises(error, match=message):
        fitted(threads, data(), y() if callable(y) else y, conditional=conditional)


def test_bad_labels_name_the_partition(threads, monkeypatch):
    monkeypatch.setattr("regan.dask.surveying.FEWEST_ROWS", 50)
    labels = TABLE.assign(y=np.where(TABLE.index == 222, None, "yes"))
    with pytest.raises(ValueError, match="partition 1 of y: Input y contains NaN"):
        fitted(threads, frame(labels[:100], labels[100:], meta=labels), "y", conditional=True)


def test_row_numbers_are_refused_as_in_memory(threads, monkeypatch):
    monkeypatch.setattr("regan.dask.surveying.FEWEST_ROWS", 50)
    place = np.random.default_rng(5).permutation(300) + 1000
    table = TABLE.assign(place=place, cents=place * 7 % 150)
    data = frame(table[:100], table[100:], meta=table)
    with pytest.raises(ColumnsError, match="column 'place' holds identifiers") as caught:
        fitted(threads, data)
    assert list(caught.value.columns) == ["place"]
    fitted(threads, data, standardize=TableEncoder(ids={"place": "keep"}))
    fitted(threads, data.drop(columns="place"))


def test_levels_are_told_of_all_rows(threads, monkeypatch):
    monkeypatch.setattr("regan.dask.surveying.FEWEST_ROWS", 50)
    table = pd.DataFrame({"x": np.arange(2000.0), "town": [f"town {i % 600}" for i in range(2000)]})
    data = frame(table[:900], table[900:], meta=table)
    with pytest.raises(ColumnsError, match="'town' has 600 levels in 2000 rows, more than max_lev"):
        fitted(threads, data)


def test_a_rule_that_one_partition_breaks(threads, monkeypatch):
    monkeypatch.setattr("regan.dask.surveying.FEWEST_ROWS", 50)
    table = pd.DataFrame({"low": X[:, 0], "high": X[:, 0] + 1})
    table.loc[222, "high"] = -99.0
    encoder = TableEncoder(rules=[Inequality("low", "high")])
    with pytest.raises(ValueError, match="partition 1 of X"):
        fitted(threads, frame(table[:100], table[100:], meta=table), standardize=encoder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"warm_start": True}, "warm_start=True is not supported on a cluster"),
        ({"callbacks": [Checkpoint("somewhere")]}, "Checkpoint is not supported on a cluster"),
        ({"n_shards": 0}, "n_shards"),
        ({"max_iter": 0}, "max_iter"),
    ],
)
def test_settings_that_are_refused(threads, settings, message):
    with pytest.raises(ValueError, match=message):
        DaskRegularizedGAN(threads, **{**SMALL, **settings}).fit(frame(TABLE))


def test_a_failed_fit_leaves_the_model_as_it_was(threads):
    model = DaskRegularizedGAN(threads, max_iter=4, **SMALL)
    with pytest.raises(NotFittedError, match="DaskRegularizedGAN instance is not fitted"):
        model.to_local()
    local = model.fit(frame(TABLE)).to_local()
    with pytest.raises(TypeError, match="must be a Dask"):
        model.fit(X)
    assert model.to_local() is local


def test_there_has_to_be_a_client(monkeypatch):
    def none():
        raise ValueError("No global client found and no address provided")

    monkeypatch.setattr(clients, "get_client", none)
    with pytest.raises(ValueError, match=r"from distributed import Client; client = Client\(\)"):
        clients.find_client(None)
    with pytest.raises(TypeError, match=r"must be a distributed.Client, got a str"):
        clients.find_client("tcp://nowhere")


def test_the_current_client_is_taken(threads):
    with threads.as_current():
        assert clients.find_client(None) is threads


class Answers:
    """A client of workers that have other versions."""

    def __init__(self, **answers):
        self.answers = answers

    def nthreads(self):
        return dict.fromkeys(self.answers, 1)

    def run(self, function, *, workers, on_error):
        return {w: function() if self.answers[w] is None else self.answers[w] for w in workers}


def test_workers_with_another_version():
    assert clients.find_workers(Answers(b=None, a=None)) == ["a", "b"]
    missing = ModuleNotFoundError("No module named 'regan'")
    with pytest.raises(RuntimeError, match=r"b has 0\.0; c cannot import it \(No module named"):
        clients.find_workers(Answers(a=None, b="0.0", c=missing))


def test_labels_of_frames_with_other_divisions():
    data = dd.from_pandas(TABLE, npartitions=3)
    labels = dd.from_pandas(TABLE["a"], npartitions=4)
    assert len(Given.of(data, labels).labels) == 3
