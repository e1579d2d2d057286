"""Whole fits of random tables: what comes back is what the columns can hold, also elsewhere.

Run by ``tox -e slow``.
"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mixed_tables import MODELS

N = 24
START = np.datetime64("2019-12-30", "us")
HOSTILE = ["a b", "a.b", "$x$", "it's", '"q"', "=1+1", "<b>&", "{}", "\\n", "%s", "é", ""]
AGAIN = """
import sys
import regan
for line in sys.stdin:
    regan.load(line.strip()).sample(20, random_state=1).to_pickle(line.strip() + ".pkl")
    print("made", flush=True)
"""


def days(k):
    return START + k * np.timedelta64(1, "D")


def timestamps(k):
    return START + k * np.timedelta64(3 * 3600 + 7, "s")


KINDS = {
    "float": lambda k: pd.Series(k / 7.0),
    "single": lambda k: pd.Series(k / 8.0, dtype="float32"),
    "cents": lambda k: pd.Series(np.round(k * 1.37, 2)),
    "integer": lambda k: pd.Series(k * 3),
    "small": lambda k: pd.Series(k % 5, dtype="int8"),
    "unsigned": lambda k: pd.Series(k + 20, dtype="uint8"),
    "large": lambda k: pd.Series(k * (2**55 + 1)),
    "nullable": lambda k: pd.Series(k, dtype="Int32"),
    "Float64": lambda k: pd.Series(k / 4.0, dtype="Float64"),
    "bool": lambda k: pd.Series(k > 0),
    "boolean": lambda k: pd.Series(k > 0, dtype="boolean"),
    "text": lambda k: pd.Series([f"0{i % 4}" for i in k], dtype="str"),
    "object": lambda k: pd.Series([f"t{i % 3}" for i in k], dtype=object),
    "category": lambda k: pd.Series(
        pd.Categorical([f"c{i % 3}" for i in k], list("z") + ["c2", "c1", "c0"])
    ),
    "ordered": lambda k: pd.Series(pd.Categorical(k % 3, [2, 0, 1, 9], ordered=True)),
    "interval": lambda k: pd.Series(pd.cut(k, [-30, -3, 4, 30])),
    "timestamp": lambda k: pd.Series(timestamps(k)),
    "zone": lambda k: pd.Series(timestamps(k)).dt.tz_localize("UTC").dt.tz_convert("Europe/Rome"),
    "date": lambda k: pd.Series(list(days(k).astype("M8[D]").tolist()), dtype=object),
    "duration": lambda k: pd.Series(k * np.timedelta64(90, "s")),
    "period": lambda k: pd.Series(pd.PeriodIndex.from_ordinals(600 + k, freq="M")),
    "arrow integer": lambda k: pd.Series(k, dtype=pd.ArrowDtype(pa.int16())),
    "arrow text": lambda k: pd.Series([f"a{i % 3}" for i in k], dtype=pd.ArrowDtype(pa.string())),
    "arrow date": lambda k: pd.Series(
        days(k).astype("M8[D]").tolist(), dtype=pd.ArrowDtype(pa.date32())
    ),
    "arrow decimal": lambda k: pd.Series(
        pa.array([f"{i}.25" for i in k]).cast(pa.decimal128(9, 2)),
        dtype=pd.ArrowDtype(pa.decimal128(9, 2)),
    ),
    "constant": lambda k: pd.Series(7, index=range(len(k))),
}
NEVER_MISSING = {"integer", "small", "unsigned", "large", "bool", "constant"}
LEVELS = {"text", "object", "category", "ordered", "interval", "arrow text", "bool", "boolean"}


@st.composite
def tables(draw):
    """Random schemas, and the kind of each column."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    names = draw(
        st.lists(
            st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=4),
            min_size=len(kinds),
            max_size=len(kinds),
            unique=True,
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    columns = {}
    for name, kind in zip(names, kinds, strict=True):
        column = KINDS[kind](rng.integers(-12, 13, N))
        share = draw(st.sampled_from([0.0, 0.0, 0.3, 0.9]))
        if kind not in NEVER_MISSING:
            column = column.mask(rng.random(N) < share)
        columns[name] = column
    return pd.DataFrame(columns), dict(zip(names, kinds, strict=True))


def assert_possible(made, real, kind):
    """Whether a column holds nothing that the data could not."""
    assert made.dtype == real.dtype
    assert real.isna().any() or not made.isna().any()
    made, real = made.dropna(), real.dropna()
    if not len(made):
        return
    if kind in LEVELS:
        assert set(made) <= set(real)
        return
    assert {type(value) for value in made} <= {type(value) for value in real}
    assert made.min() >= real.min()
    assert made.max() <= real.max()
    if kind == "cents":
        np.testing.assert_array_equal(made.round(2), made)
    if kind in ("integer", "nullable", "constant", "arrow integer"):
        assert (made.astype("int64") == made).all()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A second process: what a model samples there, by the path of its file."""
    process = subprocess.Popen(
        [sys.executable, "-c", AGAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    path = tmp_path_factory.mktemp("elsewhere") / "m.regan"

    def sample(model):
        model.save(path)
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "made\n"
        return pd.read_pickle(f"{path}.pkl")

    yield sample
    process.communicate()
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian", "vae", "gan"])
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(drawn=tables())
@pytest.mark.filterwarnings("ignore:column .* holds numbers stored as text")
def test_any_table_comes_back_in_this_process_and_in_another(name, drawn, elsewhere):
    X, kinds = drawn
    if X.isna().all(axis=None):
        return
    model = MODELS[name](**({} if name == "gaussian" else {"max_iter": 3})).fit(X)
    made = model.sample(20, random_state=1)
    assert list(made) == list(X)
    for column, kind in kinds.items():
        assert_possible(made[column], X[column], kind)
    pd.testing.assert_frame_equal(elsewhere(model), made)
