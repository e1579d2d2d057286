"""What a wheel has to do outside the repository; run by ``tox -e wheel``, without pytest."""

from pathlib import Path

import numpy as np

import regan
from regan.backends import get_backend


def main() -> None:
    here = Path(regan.__file__).parent
    assert "site-packages" in str(here), f"regan comes from {here}, not from the wheel"
    assert (here / "py.typed").is_file()
    assert (here / "backends" / "numpy_backend.py").is_file()
    X = np.random.default_rng(0).normal(size=(50, 2))
    gan = regan.RegularizedGAN(max_iter=5, random_state=0).fit(X)
    gan.save("smoke.regan")
    assert (regan.load("smoke.regan").sample(4) == gan.sample(4)).all()
    print(f"regan {regan.__version__} on {get_backend()!r}: {gan.sample(1)}")


if __name__ == "__main__":
    main()
