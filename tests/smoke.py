"""What a wheel has to do outside the repository; run by ``tox -e wheel``, without pytest."""

from pathlib import Path

import numpy as np

import regan
from regan.backends import get_backend

MODELS = (
    regan.RegularizedGAN(max_iter=5, random_state=0),
    regan.RegularizedGAN(
        "group_lasso",
        constraint=("spectral_norm", "max_norm"),
        normalization=("batch", "layer"),
        architecture=["residual", "packing"],
        noise="instance",
        matching="features",
        clipping="norm",
        optimizer="extra_adam",
        conditional=True,
        max_iter=5,
        random_state=0,
    ),
    regan.RegularizedVAE("l1", dropout=0.1, max_iter=5, random_state=0),
    regan.RegularizedMixture(2, alpha=1.0, conditional=True, random_state=0),
    regan.RegularizedGaussian("l1", alpha=0.1, random_state=0),
)


def main() -> None:
    here = Path(regan.__file__).parent
    assert "site-packages" in str(here), f"regan comes from {here}, not from the wheel"
    assert (here / "py.typed").is_file()
    assert (here / "backends" / "numpy_backend.py").is_file()
    X = np.random.default_rng(0).normal(size=(50, 2))
    for model in MODELS:
        model.fit(X, X[:, 0] > 0).save("smoke.regan")
        assert (regan.load("smoke.regan").sample(4) == model.sample(4)).all()
        print(f"{model!r}: {model.sample(1)}")
    regan.write_report(model, X, "smoke.html")
    assert "</html>" in Path("smoke.html").read_text(encoding="utf-8")
    print(f"regan {regan.__version__} on {get_backend()!r}")


if __name__ == "__main__":
    main()
