"""regan inside sdgx: real mixed data, called as sdgx's users call it."""

import subprocess
import sys
from importlib.metadata import entry_points

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sdgx", reason="tox -e sdgx installs it")
pytest.importorskip("sdgx.synthesizer")  # its warnings are not ours

from sdgx.data_connectors.csv_connector import CsvConnector
from sdgx.data_connectors.dataframe_connector import DataFrameConnector
from sdgx.data_loader import DataLoader
from sdgx.data_models.metadata import Metadata
from sdgx.exceptions import InitializationError, ManagerLoadModelError
from sdgx.models.manager import ModelManager
from sdgx.synthesizer import Synthesizer
from tables import credit

import regan
from regan import RegularizedGAN
from regan.data import TableEncoder
from regan.plugins.sdgx import ReganGaussianModel, ReganMixtureModel, ReganModel, ReganVAEModel

pytestmark = pytest.mark.filterwarnings("ignore:::(sdgx|tqdm|pydantic)")
SMALL = {"hidden_layer_sizes": 16, "max_iter": 60, "random_state": 0}
NUMBERS = ["Seniority", "Age", "Expenses", "Income", "Assets", "Debt", "Amount", "Price"]


@pytest.fixture(autouse=True)
def work_folder(tmp_path, monkeypatch):
    """sdgx keeps its pieces of a table in the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def loans():
    """800 loans, and columns of every kind that sdgx's metadata know."""
    data = credit().dropna().reset_index(drop=True)[:800]
    whole = data.select_dtypes("float").astype(int)  # as sdgx makes them
    days = pd.date_range("2001-02-03", periods=800).strftime("%d.%m.%Y")
    return data.assign(
        **whole,
        customer=range(5000, 5800),
        mail=[f"someone{i}@bank.org" for i in range(800)],
        insured=data["Age"] > 40,
        country="Spain",
        since=np.resize(days[:500], 800),
    )


def describe(loans):
    # whatever has a large covariance is a fixed combination for sdgx, in whatever units it is
    found = Metadata.from_dataframe(loans, exclude_inspectors=["fixcombinationinspector"])
    if "since" in loans:
        found.datetime_format = {"since": "%d.%m.%Y"}
        found.datetime_columns = {"since"}
    if "Time" in loans:
        found.change_column_type("Time", "int", "discrete")
    return found


def synthesizer(loans, model="regan", settings=SMALL, **arguments):
    connector = DataFrameConnector(loans.copy())
    return Synthesizer(model=model, model_kwargs=settings, data_connector=connector, **arguments)


def loader(data):
    return DataLoader(DataFrameConnector(data.copy()))


def fitted(data, model=ReganModel, metadata=None, **settings):
    made = model(**{**SMALL, **settings})
    made.fit(metadata or Metadata.from_dataframe(data), loader(data))
    return made


@pytest.fixture(scope="module")
def bare(loans):
    """A model that saw no processors."""
    return fitted(loans.drop(columns=["since", "mail"]))


def test_sdgx_knows_the_models_by_name():
    (point,) = entry_points(group="sdgx.model", name="regan")
    assert point.value == "regan.plugins.sdgx"
    known = ModelManager().registed_models
    assert known["regan"] is ReganModel
    assert known["regan-vae"] is ReganVAEModel
    assert known["regan-gaussian"] is ReganGaussianModel
    assert known["regan-mixture"] is ReganMixtureModel


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("regan", SMALL),
        (ReganVAEModel, SMALL),
        ("Regan-Gaussian", {"random_state": 0}),
        ("regan-mixture", {"n_components": 5, "alpha": 1.0, "random_state": 0}),
        (ReganModel(**SMALL), None),
    ],
)
def test_the_table_comes_back_as_it_was(model, settings, loans):
    made = synthesizer(loans, model, settings)
    made.fit(describe(loans))
    rows = made.sample(900)
    assert list(rows.columns) == list(loans.columns)
    assert (rows.dtypes == loans.dtypes).all()
    for name in NUMBERS:
        assert rows[name].between(loans[name].min(), loans[name].max()).all(), name
    for name in ("Home", "Marital", "Status", "Time", "insured", "country"):
        assert set(rows[name]) <= set(loans[name]), name
    dates = pd.to_datetime(rows["since"], format="%d.%m.%Y")
    assert dates.between("2001-02-02", "2002-06-18").all()
    assert dates.nunique() > 50


def test_a_csv_file_is_read_in_pieces(loans, work_folder):
    loans.drop(columns=["since", "mail"]).to_csv("loans.csv", index=False)
    made = Synthesizer(
        model="regan-gaussian",
        data_connector=CsvConnector(path="loans.csv"),
        raw_data_loaders_kwargs={"chunksize": 300},
        processed_data_loaders_kwargs={"chunksize": 300},
    )
    made.fit(metadata_exclude_inspectors=["fixcombinationinspector"])
    rows = made.sample(2000)
    assert rows["Age"].mean() == pytest.approx(loans["Age"].mean(), abs=2)
    assert rows["customer"].min() > loans["customer"].max()


def test_ids_are_drawn_afresh(loans, bare):
    made = bare.sample(2000, random_state=0)
    again = bare.sample(2000, random_state=1)
    ids = pd.concat([made, again])["customer"]
    assert ids.is_unique
    assert ids.min() > loans["customer"].max()
    words = loans[["Age"]].assign(code=[f"K{i}" for i in range(800)])
    made = fitted(words).sample(1000)["code"]
    assert made.is_unique
    assert made.str.fullmatch(r"code-\d+").all()


def test_ids_need_room(loans):
    data = loans[["Age"]].assign(short=np.arange(-700, 100, dtype=np.int16) + 32_000)
    metadata = Metadata(column_list=["Age", "short"], int_columns={"Age"}, id_columns={"short"})
    model = fitted(data, metadata=metadata, max_iter=2)
    with pytest.raises(ValueError, match=r"'short' \(int16\) has no room for 800 new ids above"):
        model.sample(800)


def test_a_random_state_repeats_the_rows(loans, bare):
    first, second = bare.sample(60, random_state=5), bare.sample(60, random_state=5)
    pd.testing.assert_frame_equal(first, second)
    other = fitted(loans.drop(columns=["since", "mail"]))
    again = fitted(loans.drop(columns=["since", "mail"]))
    for _ in range(2):
        pd.testing.assert_frame_equal(other.sample(60), again.sample(60))
    assert not other.sample(60).equals(other.sample(60))


def test_pieces_of_a_sample_differ(loans):
    data = loans[["Age", "Home", "Price"]]
    made = synthesizer(data)
    made.fit(describe(data))
    pieces = list(made.sample(90, chunksize=30))
    assert [len(piece) for piece in pieces] == [30, 30, 30]
    assert not pieces[0].equals(pieces[1])


def test_a_saved_model_gives_the_same_rows_in_another_process(loans, work_folder):
    made = synthesizer(loans)
    made.fit(describe(loans))
    folder = made.save("stored")
    program = (
        "import sys\n"
        "from sdgx.synthesizer import Synthesizer\n"
        "model = Synthesizer.load(sys.argv[1], model='regan').model\n"
        "model.sample(40, random_state=3).to_pickle('rows.pkl')\n"
        "model.sample(40).to_pickle('next.pkl')"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    pd.testing.assert_frame_equal(pd.read_pickle("rows.pkl"), made.model.sample(40, random_state=3))
    fresh = ReganModel.load(folder / "model").sample(40)
    pd.testing.assert_frame_equal(pd.read_pickle("next.pkl"), fresh)
    assert isinstance(regan.load(folder / "model" / "model.safetensors"), RegularizedGAN)


def test_training_goes_on_after_loading(loans, bare, work_folder):
    data = loans.drop(columns=["since", "mail"])
    model = fitted(data, warm_start=True)
    model.save("stored")
    model = ReganModel.load("stored")
    model.fit(Metadata.from_dataframe(data), loader(data))
    assert model.estimator.n_iter_ == 2 * SMALL["max_iter"]


def test_a_model_is_loaded_as_what_it_was(bare):
    bare.save("stored")
    with pytest.raises(ManagerLoadModelError, match="holds a RegularizedGAN, which ReganVAEModel"):
        ModelManager().load("regan-vae", "stored")


def test_levels_of_the_users_encoder_stay(loans):
    encoder = TableEncoder(categorical=["Seniority"])
    data = loans[["Seniority", "Time", "Price"]]
    metadata = Metadata.from_dataframe(data)
    metadata.change_column_type("Time", "int", "discrete")
    model = fitted(data, metadata=metadata, standardize=encoder)
    assert model.estimator.standardize.categorical == ["Seniority", "Time"]
    assert encoder.categorical == ["Seniority"]


def test_sdgx_fills_missing_cells_before_the_model_sees_them(loans):
    data = loans[["Age", "Home", "Income"]].copy()
    data.loc[:399, "Home"] = None
    data.loc[:399, "Income"] = np.nan
    made = synthesizer(data)
    made.fit(describe(data))
    rows = made.sample(500)
    assert "" in set(rows["Home"])
    assert rows["Income"].min() == 0


def test_missing_cells_that_sdgx_leaves_are_learnt(loans):
    data = loans[["Age", "Home", "Income"]].copy()
    data.loc[:199, "Home"] = None
    made = synthesizer(data, data_processors=["IntValueFormatter", "ColumnOrderTransformer"])
    made.fit()
    assert 0.1 < made.sample(500)["Home"].isna().mean() < 0.5


def test_dates_without_a_format_are_dropped_as_sdgx_announces(loans):
    data = loans[["Age", "Home", "since"]]
    metadata = Metadata.from_dataloader(loader(data))
    metadata.datetime_columns = {"since"}
    made = synthesizer(data)
    made.fit(metadata)
    assert list(made.sample(20).columns) == ["Age", "Home"]


def test_a_table_of_ids_has_nothing_to_train_on(loans):
    with pytest.raises(ValueError, match=r"nothing to train on.*'customer'"):
        fitted(loans[["customer"]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"alfa": 1}, "unexpected keyword argument 'alfa'"), ({"conditional": True}, "no target")],
)
def test_settings_without_effect_are_refused(settings, message, loans):
    with pytest.raises(InitializationError, match=message):
        synthesizer(loans, settings=settings)


def test_sampling_needs_a_fit():
    with pytest.raises(ValueError, match="not fitted"):
        ReganModel().sample(3)
