"""regan inside SDGym: real mixed data, called as SDGym's users call it, without a network."""

import socket
import subprocess
import sys

import cloudpickle
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sdgym", reason="tox -e sdgym installs it")

import sdgym
from sdgym.datasets import load_dataset
from sdv.errors import InvalidDataError
from sdv.metadata import Metadata
from tables import credit

from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture, RegularizedVAE
from regan.data import TableEncoder
from regan.plugins.sdgym import (
    ReganGaussianSynthesizer,
    ReganMixtureSynthesizer,
    ReganSynthesizer,
    ReganVAESynthesizer,
    TableModel,
    write_dataset,
)

pytestmark = pytest.mark.filterwarnings("ignore:::(sdgym|sdmetrics|sdv|rdt|pandas)")
SMALL = {"hidden_layer_sizes": 16, "max_iter": 60}
HOSTS = ("customer", "mail", "since")


class SmallGAN(ReganSynthesizer):
    estimator = RegularizedGAN(**SMALL, random_state=0)


class SmallVAE(ReganVAESynthesizer):
    estimator = RegularizedVAE(**SMALL, random_state=0)


class SmallGaussian(ReganGaussianSynthesizer):
    estimator = RegularizedGaussian(random_state=0)


class SmallMixture(ReganMixtureSynthesizer):
    estimator = RegularizedMixture(5, alpha=1.0, random_state=0)


@pytest.fixture(scope="module")
def loans():
    """800 loans, and columns of every kind that SDV's metadata know."""
    data = credit().dropna().reset_index(drop=True)[:800]
    days = pd.date_range("2001-02-03", periods=800, freq="D").strftime("%d.%m.%Y")
    return data.assign(
        customer=[f"C{i:05d}" for i in range(800)],
        mail=[f"someone{i}@bank.org" for i in range(800)],
        insured=data["Age"] > 40,
        country="Spain",
        since=days,
    )


@pytest.fixture(scope="module")
def metadata(loans):
    found = Metadata.detect_from_dataframe(loans, table_name="loans")
    found.update_column("customer", sdtype="id", regex_format=r"C\d{5}")
    found.update_column("since", sdtype="datetime", datetime_format="%d.%m.%Y")
    found.update_column("mail", sdtype="email", pii=True)
    found.update_column("Time", sdtype="categorical")
    found.set_primary_key("customer")
    return found


@pytest.fixture(scope="module")
def folder(loans, metadata, tmp_path_factory):
    folder = tmp_path_factory.mktemp("datasets")
    write_dataset(folder, "loans", loans, metadata)
    return folder


@pytest.fixture
def offline(monkeypatch):
    """Whoever opens a connection fails."""

    def refuse(self, address):
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def fitted(cls, loans, metadata):
    return cls().get_trained_synthesizer(loans, metadata.to_dict())


def run(folder, **arguments):
    return sdgym.benchmark_single_table(
        sdv_datasets=None,
        additional_datasets_folder=str(folder),
        compute_privacy_score=False,
        **arguments,
    ).set_index("Synthesizer")


@pytest.mark.parametrize("cls", [SmallGAN, SmallVAE, SmallGaussian, SmallMixture])
def test_the_table_comes_back_as_it_was(cls, loans, metadata):
    model = fitted(cls, loans, metadata)
    rows = cls().sample_from_synthesizer(model, 900)
    assert list(rows.columns) == list(loans.columns)
    assert (rows.dtypes == loans.dtypes).all()
    for name in loans.columns.difference(HOSTS):
        if metadata.tables["loans"].columns[name]["sdtype"] == "numerical":
            assert rows[name].between(loans[name].min(), loans[name].max()).all(), name
        else:
            assert set(rows[name]) <= set(loans[name]), name
    assert rows.nunique()["country"] == 1
    assert set(rows["Time"]) > {36, 60}  # numbers that are levels: no 37 among them


def test_sdv_makes_ids_personal_data_and_dates(loans, metadata):
    model = fitted(SmallGAN, loans, metadata)
    first, second = (SmallGAN().sample_from_synthesizer(model, 300) for _ in range(2))
    both = pd.concat([first, second])
    assert both["customer"].is_unique
    assert both["customer"].str.fullmatch(r"C\d{5}").all()
    assert both["mail"].str.contains("@").all()
    assert not both["mail"].isin(loans["mail"]).any()
    dates = pd.to_datetime(both["since"], format="%d.%m.%Y")
    assert dates.between("2001-02-03", "2003-04-14").all()
    assert dates.nunique() > 50


def test_dates_may_be_dates_and_ids_numbers(loans, metadata):
    data = loans[["Age", "Home"]].assign(
        customer=np.arange(800) * 7, since=pd.date_range("2001-02-03", periods=800)
    )
    found = Metadata.detect_from_dataframe(data)
    found.update_column("customer", sdtype="id")
    rows = TableModel(RegularizedGaussian(random_state=0), found).fit(data).sample(1000)
    assert (rows.dtypes == data.dtypes).all()
    assert rows["customer"].is_unique
    assert rows["since"].between("2001-02-03", "2003-04-14").all()


@pytest.mark.usefixtures("offline")
def test_the_benchmark_finds_classes_and_names(folder, tmp_path):
    results = run(
        folder,
        synthesizers=["SmallGAN", "ReganGaussianSynthesizer"],
        custom_synthesizers=[SmallVAE],
        output_destination=str(tmp_path),
    )
    assert "Error" not in results
    assert set(results.index) == {
        "SmallGAN",
        "ReganGaussianSynthesizer",
        "SmallVAE",
        "UniformSynthesizer",
    }
    quality = results["Quality_Score"]
    assert (quality.drop("UniformSynthesizer") > quality["UniformSynthesizer"]).all()
    assert (results["Diagnostic_Score"].drop("UniformSynthesizer") > 0.99).all()
    (stored,) = tmp_path.rglob("SmallGAN.pkl")
    model = cloudpickle.loads(stored.read_bytes())
    assert isinstance(model.estimator, RegularizedGAN)
    assert len(model.sample(7)) == 7


def test_a_run_with_a_timeout_has_a_process_of_its_own(folder):
    results = run(folder, synthesizers=["ReganGaussianSynthesizer"], timeout=300)
    assert results.loc["ReganGaussianSynthesizer", "Quality_Score"] > 0.5
    assert "Error" not in results


def test_names_are_listed_with_sdgyms_own():
    names = {f"Regan{model}Synthesizer" for model in ("", "VAE", "Gaussian", "Mixture")}
    assert names <= set(sdgym.synthesizers.get_available_single_table_synthesizers())


def test_variants_of_sdgym_set_hyper_parameters(loans, metadata):
    for updates in (3, 5):  # SDGym alone makes one variant of a class
        variant = sdgym.create_synthesizer_variant(
            f"Few{updates}", "ReganVAESynthesizer", {"hidden_layer_sizes": 4, "max_iter": updates}
        )
        estimator = fitted(variant, loans, metadata)._internal_synthesizer.estimator
        assert (estimator.n_iter_, estimator.hidden_layer_sizes) == (updates, 4)
    assert ReganVAESynthesizer.estimator.max_iter == RegularizedVAE().max_iter


def test_a_random_state_repeats_the_rows(loans, metadata):
    made = [fitted(SmallGAN, loans, metadata)._internal_synthesizer.sample(50) for _ in range(2)]
    own = [rows.drop(columns=["customer", "mail"]) for rows in made]
    pd.testing.assert_frame_equal(*own)


def test_a_pickle_gives_the_same_rows_in_another_process(loans, metadata, tmp_path):
    model = fitted(SmallGAN, loans, metadata)._internal_synthesizer
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(model))
    program = (
        "import sys, cloudpickle, pathlib; folder = pathlib.Path(sys.argv[1])\n"
        "model = cloudpickle.loads((folder / 'model.pkl').read_bytes())\n"
        "model.sample(40, random_state=3).to_pickle(folder / 'rows.pkl')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    there = pd.read_pickle(tmp_path / "rows.pkl")
    pd.testing.assert_frame_equal(there, model.sample(40, random_state=3)[there.columns])


def test_levels_of_the_users_encoder_stay(loans, metadata):
    encoder = TableEncoder(numeric={"Price": "quantile"}, categorical=["Seniority"])
    model = TableModel(RegularizedGaussian(standardize=encoder), metadata).fit(loans)
    assert set(model.estimator.standardize.categorical) == {"Seniority", "Time"}
    assert model.estimator.standardize.numeric == {"Price": "quantile"}
    assert encoder.categorical == ["Seniority"]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (RegularizedGAN(warm_start=True), "warm_start=True has no effect in SDGym"),
        (RegularizedGAN(conditional=True), "SDGym passes no target"),
    ],
)
def test_settings_without_effect_are_refused(estimator, message):
    with pytest.raises(ValueError, match=message):
        type("Refused", (ReganSynthesizer,), {"estimator": estimator})


def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="Invalid parameter 'alfa'"):
        sdgym.create_synthesizer_variant("Wrong", "ReganGaussianSynthesizer", {"alfa": 1})


@pytest.mark.parametrize("column", ["Home", "Income", "since"])
def test_missing_cells_are_learnt_and_generated(column, loans, metadata):
    data = loans.copy()
    data[column] = data[column].where(data["Seniority"] > 3)
    share = data[column].isna().mean()
    model = TableModel(RegularizedGaussian(random_state=0), metadata).fit(data)
    rows = model.sample(800)
    assert abs(rows[column].isna().mean() - share) < 0.06
    assert rows.drop(columns=column).notna().all(axis=None)
    if column == "since":
        assert rows["since"].dropna().str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()


def test_a_column_without_dates_comes_back_without(loans, metadata):
    model = TableModel(RegularizedGaussian(), metadata).fit(loans.assign(since=None))
    assert model.sample(20)["since"].isna().all()


def test_dates_that_are_dates_stay_so(loans, metadata):
    since = pd.to_datetime(loans["since"], format="%d.%m.%Y")
    rows = TableModel(RegularizedGaussian(), metadata).fit(loans.assign(since=since)).sample(50)
    assert rows["since"].dtype == since.dtype
    assert rows["since"].between(since.min(), since.max()).all()
    assert (rows["since"] == rows["since"].dt.normalize()).all()


def test_missing_personal_data_do_no_harm(loans, metadata):
    data = loans.assign(mail=loans["mail"].where(loans["Age"] > 30))
    rows = TableModel(RegularizedGaussian(), metadata).fit(data).sample(20)
    assert rows["mail"].str.contains("@").all()


def test_a_table_of_ids_has_nothing_to_train_on(loans):
    data = loans[["customer", "mail"]]
    found = Metadata.detect_from_dataframe(data)
    found.update_column("customer", sdtype="id")
    found.update_column("mail", sdtype="email", pii=True)
    with pytest.raises(ValueError, match=r"nothing to train on.*'customer', 'mail'"):
        TableModel(RegularizedGaussian(), found).fit(data)


def test_free_text_is_refused(loans, metadata):
    found = Metadata.load_from_dict(metadata.to_dict())
    found.update_column("mail", sdtype="categorical")
    with pytest.raises(ValueError, match="column 'mail' holds identifiers"):
        TableModel(RegularizedGaussian(), found).fit(loans)


def test_sdv_checks_that_data_and_metadata_agree(loans, metadata):
    with pytest.raises(InvalidDataError, match="Price"):
        TableModel(RegularizedGaussian(), metadata).fit(loans.drop(columns="Price"))
    doubled = loans.assign(customer="C00001")
    with pytest.raises(InvalidDataError, match="customer"):
        TableModel(RegularizedGaussian(), metadata).fit(doubled)


def test_sdgym_reads_what_write_dataset_writes(loans, metadata, folder):
    path = folder / "single_table" / "loans"
    data, read = load_dataset("single_table", str(path))
    pd.testing.assert_frame_equal(data, loans)
    assert read == metadata.to_dict()


def test_sdv_guesses_metadata(loans, tmp_path):
    path = write_dataset(tmp_path, "loans", loans[["Home", "Price"]])
    _, read = load_dataset("single_table", str(path))
    columns = read["tables"]["loans"]["columns"]
    assert {k: v["sdtype"] for k, v in columns.items()} == {
        "Home": "categorical",
        "Price": "numerical",
    }


def test_write_dataset_loses_nothing(loans, tmp_path):
    write_dataset(tmp_path, "loans", loans[["Home"]])
    with pytest.raises(FileExistsError):
        write_dataset(tmp_path, "loans", loans[["Home"]])
    data = pd.DataFrame({"state": ["NA", "AL", "NA"], "n": [1, 2, 3]})
    with pytest.raises(
        ValueError, match="column 'state' holds 'NA', which SDGym reads as a missing"
    ):
        write_dataset(tmp_path, "states", data)
    assert not (tmp_path / "single_table" / "states").exists()
