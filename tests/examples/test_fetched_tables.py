"""The tables that examples and tests fetch are the ones that their docstrings describe."""

import lzma
import pickle
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
import tables


def shape(table):
    """(rows, columns of numbers, columns of strings, missing cells)."""
    numbers = table.select_dtypes("number").shape[1]
    return len(table), numbers, table.shape[1] - numbers, int(table.isna().sum().sum())


@pytest.mark.parametrize(
    ("table", "expected", "target", "counts"),
    [
        (tables.credit, (4454, 9, 5, 455), "Status", {"good": 3200, "bad": 1254}),
        (tables.nass_cds, (26217, 7, 8, 154), "dead", {"alive": 25037, "dead": 1180}),
        (tables.lending_club, (9857, 17, 6, 0), "Class", {"good": 9340, "bad": 517}),
        (tables.magic, (19020, 10, 1, 0), "class", {"g": 12332, "h": 6688}),
    ],
)
def test_table(table, expected, target, counts):
    found = table()
    assert shape(found) == expected
    assert found[target].value_counts().to_dict() == counts


def test_california_is_of_numbers_alone():
    found = tables.california()
    assert shape(found) == (20640, 9, 0, 0)
    assert found["MedHouseVal"].mean() == pytest.approx(2.068558, abs=1e-6)


def test_flights_that_were_cancelled_have_no_times():
    found = tables.flights()
    assert shape(found) == (336776, 14, 5, 46595)
    assert str(found["time_hour"].dtype).endswith("UTC]")
    missing = found.loc[
        found["dep_time"].isna(), ["dep_delay", "arr_time", "arr_delay", "air_time"]
    ]
    assert len(missing) == 8255
    assert missing.isna().all(axis=None)


def test_rows_of_adult_meant_for_tests_come_first():
    found = tables.adult()
    counts = found["income"][:16281].value_counts().to_dict()
    assert counts == {"<=50K": 12435, ">50K": 3846}
    assert found.loc[16281, ["age", "fnlwgt"]].tolist() == [39, 77516]


def test_molecules_have_atoms_and_bonds():
    found = tables.solubility()
    assert shape(found) == (1282, 1, 1, 0)
    assert found["molecule"].nunique() == 1282
    assert found["molecule"].str.endswith("\nM  END\n").all()
    assert found["solubility"][0] == -3.18  # of pentane, which has five atoms and four bonds
    assert found["molecule"][0].splitlines()[3].split()[:2] == ["5", "4"]


def test_frames_of_speech_belong_to_utterances():
    found = tables.vowels()
    assert shape(found) == (9961, 14, 0, 0)
    speakers = found.groupby("utterance")["speaker"]
    assert speakers.nunique().eq(1).all()
    counts = [61, 65, 118, 74, 59, 54, 70, 80, 59]
    assert speakers.first().value_counts().sort_index().tolist() == counts
    lengths = found["utterance"].value_counts()
    assert (len(lengths), lengths.min(), lengths.max()) == (640, 7, 29)
    assert found.loc[0, ["c1", "c2"]].tolist() == [1.860936, -0.207383]


def test_strings_have_the_dtype_of_strings():
    assert tables.credit()["Status"].dtype == pd.Series(["good"]).dtype


def test_another_hash_is_refused():
    with pytest.raises(
        ValueError, match=r"credit_data\.pkl\.compress has the SHA-256 .* delete it"
    ):
        tables.fetch(replace(tables._CREDIT, sha256="0" * 64))


def test_pickles_of_anything_else_are_refused():
    with pytest.raises(pickle.UnpicklingError, match=r"datetime\.date is not part of a table"):
        tables._read_pickle(lzma.compress(pickle.dumps(date(2000, 1, 1))))
