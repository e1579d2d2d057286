"""Calls that type checkers accept, and calls that they refuse.

Nothing here runs: ``tox -e types`` hands the file to mypy and to pyright, in strict mode. What both
have to refuse is marked ``type: ignore``, and what mypy cannot tell, as scikit-learn's classes have
no types for it, ``pyright: ignore``. A mark on a line that a checker accepts is an error.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np

import regan
from regan import (
    Callback,
    Checkpoint,
    EarlyStopping,
    GenerativeImputer,
    OutOfCore,
    Range,
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
    gan_path,
    load,
    updates_within,
    which_model,
    write_report,
)
from regan.constraints import ClipNorm, MaxNorm, SpectralNorm
from regan.control.guard import NonFiniteGuard
from regan.dask import DaskRegularizedGAN, DaskRegularizedVAE
from regan.data import Inequality, TableEncoder
from regan.datasets import make_ring
from regan.layers import Activation, BatchNorm, Dropout, GroupNorm, MinibatchStd
from regan.losses import MatchMoments, NonSaturating
from regan.metrics import Scorer, closest_records, energy_distance, evaluate, hide_cells
from regan.objectives import InstanceNoise
from regan.optimizers import Adam
from regan.penalties import DRAGAN, L1, L2, R1, ElasticNet, L1Activity, L2Consistency, Orthogonal
from regan.schedules import CosineSchedule
from regan.training.state import Run

X = np.eye(4)


class Frame:
    """A DataFrame of whatever library."""

    def __init__(self, columns: dict[str, list[float] | list[str]]) -> None:
        self.columns = columns

    @property
    def shape(self) -> tuple[int, int]:
        return 2, len(self.columns)


frame = Frame({"a": [1.0, 2.0], "b": ["x", "y"]})


def told(run: Run) -> None:
    print(run.history)


# names, objects, lists, pairs, None
RegularizedGAN("l1")
RegularizedGAN(penalty=None)
RegularizedGAN(penalty=L1(1e-3))
RegularizedGAN(penalty=["l1", "orthogonal"])
RegularizedGAN(penalty=[L1(1e-3), "group_lasso", Orthogonal()])
RegularizedGAN(penalty=("l1", None))
RegularizedGAN(penalty=(["l1", L2()], ElasticNet(0.1, 0.5)))
penalties = [L1(1e-3), L1(1e-2)]
RegularizedGAN(penalty=penalties)
for name in ("l1", "l2"):
    RegularizedGAN(penalty=name)
RegularizedGAN(alpha=(1e-3, 0), l1_ratio=1)
RegularizedGAN(loss="hinge", hidden_layer_sizes=64, discriminator_hidden_layer_sizes=[64, 32])
RegularizedGAN(loss=NonSaturating(0.1), hidden_layer_sizes=np.array([64, 64]))
RegularizedGAN(activation=("relu", Activation("tanh")), latent_dim=8)
RegularizedGAN(optimizer=("adam", Adam()), learning_rate_init=(1e-3, "auto"))
RegularizedGAN(learning_rate=("cosine", CosineSchedule(0.1)), beta_1=(0.5, 0.0), beta_2=0.9)
RegularizedGAN(gradient_penalty=["r1", "r2"], gamma=1, batch_size="auto", max_iter=100)
RegularizedGAN(gradient_penalty=DRAGAN(schedule="linear"))
RegularizedGAN(gradient_penalty=R1([0.1, 1.0], schedule=CosineSchedule()))
RegularizedGAN(constraint="spectral_norm")
RegularizedGAN(constraint=(None, [SpectralNorm(2.0), "non_negative"]), clipping=ClipNorm())
RegularizedGAN(constraint=[MaxNorm(2.0), "weight_clip"], clipping=("value", "global_norm"))
RegularizedGAN(activity_penalty=("l1", [L1Activity(1e-3)]), normalization=("batch", GroupNorm()))
RegularizedGAN(normalization=BatchNorm(), dropout=(0.1, Dropout(0.2)))
RegularizedGAN(architecture=["residual", MinibatchStd()], noise="instance", matching="moments")
RegularizedGAN(architecture=("noise_skip", ["packing"]), noise=InstanceNoise(schedule="cosine"))
RegularizedGAN(matching=["rows", MatchMoments(order=1)], conditional="balanced", frames=None)
RegularizedGAN(frames=3, masked=True, standardize="quantile", backend="cupy", dtype="float64")
RegularizedGAN(standardize=TableEncoder({"a": "quantile"}, ids="keep", categorical=["b"]))
RegularizedGAN(standardize=TableEncoder(rules=[Inequality("a", "c")]), early_stopping=True)
RegularizedGAN(early_stopping=EarlyStopping(metric="mmd"), callbacks=[told, Callback()])
RegularizedGAN(callbacks=[Checkpoint("folder"), NonFiniteGuard()], random_state=0, verbose=1)
RegularizedGAN(random_state=np.random.RandomState(0), verbose=True)
RegularizedVAE("l1", latent_dim=4, decoder_hidden_layer_sizes=(64,), architecture="residual")
RegularizedGaussian("elasticnet", alpha=0.1, pooling="auto")
RegularizedMixture(5, penalty=None, covariance_type="full", weight_penalty="entropy")
RegularizedMixture("auto", covariance_type="auto", max_iter="auto")
GenerativeImputer(RegularizedMixture(), strategy="draw")
RegularizedGANCV(RegularizedVAE("l1"), alphas=[1e-3, (0.1, 0.0)], scoring="mmd", cv=3)
RegularizedGANCV(alphas=np.logspace(-4, 0, 5), gammas=None, scoring=Scorer("coverage"))
DaskRegularizedGAN(n_shards=2, penalty="l1", alpha=(1e-3, 0.0), random_state=0)
DaskRegularizedVAE(beta=0.5)

RegularizedGAN(penalty=3)  # type: ignore
RegularizedGAN(penalty="l3")  # type: ignore
RegularizedGAN(penalty=L1)  # pyright: ignore
RegularizedGAN(penalty=R1())  # pyright: ignore
RegularizedGAN(penalty=["l1", "l3"])  # type: ignore
RegularizedGAN(penalty=("l1", "l2", "l1"))  # type: ignore
RegularizedGAN(alpha="strong")  # type: ignore
RegularizedGAN(alpha=None)  # type: ignore
RegularizedGAN(alpha=[1e-3, 1e-4])  # type: ignore
RegularizedGAN("l1", 1e-3)  # type: ignore
RegularizedGAN(loss="gan")  # type: ignore
RegularizedGAN(loss=("hinge", "minimax"))  # type: ignore
RegularizedGAN(hidden_layer_sizes="wide")  # type: ignore
RegularizedGAN(activation="swish")  # type: ignore
RegularizedGAN(latent_dim="large")  # type: ignore
RegularizedGAN(optimizer="lamb")  # type: ignore
RegularizedGAN(learning_rate=1e-3)  # type: ignore
RegularizedGAN(learning_rate="step")  # type: ignore
RegularizedGAN(gradient_penalty="spectral_norm")  # type: ignore
RegularizedGAN(gradient_penalty=("r1", "r2"))  # type: ignore
RegularizedGAN(gradient_penalty=R1(schedule="falling"))  # type: ignore
RegularizedGAN(constraint="spectral")  # type: ignore
RegularizedGAN(constraint=1.0)  # type: ignore
RegularizedGAN(activity_penalty="elasticnet")  # type: ignore
RegularizedGAN(normalization="instance")  # type: ignore
RegularizedGAN(architecture="resnet")  # type: ignore
RegularizedGAN(noise=0.3)  # type: ignore
RegularizedGAN(matching="means")  # type: ignore
RegularizedGAN(clipping=1.0)  # type: ignore
RegularizedGAN(conditional="yes")  # type: ignore
RegularizedGAN(frames="local")  # type: ignore
RegularizedGAN(standardize="minmax")  # type: ignore
RegularizedGAN(standardize=TableEncoder("robust"))  # type: ignore
RegularizedGAN(backend="gpu")  # type: ignore
RegularizedGAN(dtype="float16")  # type: ignore
RegularizedGAN(early_stopping=EarlyStopping(metric="loss"))  # type: ignore
RegularizedGAN(callbacks=told)  # type: ignore
RegularizedGAN(random_state="seed")  # type: ignore
RegularizedGAN(n_layers=3)  # type: ignore
RegularizedVAE(loss="hinge")  # type: ignore
RegularizedVAE(latent_dim="auto")  # type: ignore
RegularizedGaussian("group_lasso")  # type: ignore
RegularizedMixture(covariance_type="tied")  # type: ignore
RegularizedMixture(weight_penalty="l1")  # type: ignore
GenerativeImputer("mean")  # type: ignore
GenerativeImputer(strategy="median")  # type: ignore
RegularizedGANCV("l1")  # type: ignore
RegularizedGANCV(alphas=0.1)  # type: ignore
RegularizedGANCV(scoring="accuracy")  # type: ignore
DaskRegularizedGAN(penalty="l3")  # type: ignore
DaskRegularizedVAE(loss="hinge")  # type: ignore
Activation("swish")  # type: ignore
L1("strong")  # type: ignore
ElasticNet(method="newton")  # type: ignore

# fits and samples
gan = RegularizedGAN(max_iter=5).fit(X)
assert_type(gan, RegularizedGAN)
assert_type(RegularizedVAE().fit(frame), RegularizedVAE)
assert_type(RegularizedMixture().fit([[0, 1], [1, 0]]), RegularizedMixture)
assert_type(gan.partial_fit(X).prune(), RegularizedGAN)
gan.fit("rows.parquet", "label").fit(Path("rows")).fit(OutOfCore("rows", sample_rows=1000))
gan.fit(X, [0, 1, 0, 1]).calibrate(X, np.array([0, 1, 0, 1]))
rows = gan.sample(3)
print(rows.shape, gan.sample(3, random_state=0, method="rejection").mean(axis=0))
rows, labels = gan.sample(3, return_y=True)
print(labels)
gan.sample(3, y="a", conditions={"a": Range(0, 1), 1: None})
gan.sample(conditions=frame, y=[0, 1])
assert_type(gan.sample_to("folder", 10**6, rows_per_file=4096), list[Path])
assert_type(gan.score(X), float)
assert_type(gan.set_params(alpha=0.1), RegularizedGAN)
assert_type(gan.get_params(), dict[str, Any])
gan.save(Path("model"), sampler_only=True)
print(gan.impute(frame, 5, y=["a", "b"])[0])
gan.predict_column(frame, "a", statistic=0.9)
gan.predict_column(X, 0, statistic="median", random_state=1)
gan.conditional_proba(frame, "b", n_draws=10)
print(gan.history_["distance"], gan.frames_, gan.sparsity_["generator"].zeros)

gan.fit(3)  # type: ignore
gan.fit(None)  # type: ignore
gan.fit(X, 3)  # type: ignore
gan.sample("ten")  # type: ignore
gan.sample(3, method="mcmc")  # type: ignore
gan.sample(3, conditions=0.5)  # type: ignore
gan.sample(3, return_y="yes")  # type: ignore
RegularizedMixture().sample(3, method="rejection")  # type: ignore
gan.sample_to(3, 10)  # type: ignore
gan.impute(None)  # type: ignore
gan.impute(frame, "all")  # type: ignore
gan.predict_column(frame, "a", statistic="variance")  # type: ignore
gan.predict_column(frame, ["a"])  # type: ignore
gan.save(3)  # type: ignore
print(gan.score(X) + "points")  # type: ignore

# models from files, and what takes models
RegularizedCycleGAN("l1", cycle_consistency="l1", cycle_strength=3.0, identity_strength="auto")
RegularizedCycleGAN(cycle_consistency=L2Consistency(0.5), standardize=(True, TableEncoder()))
RegularizedCycleGAN(architecture=("residual", None), callbacks=[Checkpoint("folder")])
cycle = RegularizedCycleGAN().fit(X, frame)
cycle.inverse_transform(cycle.transform(X))
assert_type(cycle.score(X, frame), float)
assert_type(load("model", kind=RegularizedCycleGAN), RegularizedCycleGAN)
RegularizedCycleGAN(cycle_consistency="l3")  # type: ignore
RegularizedCycleGAN(cycle_consistency=None)  # type: ignore
RegularizedCycleGAN(identity_strength="none")  # type: ignore
RegularizedCycleGAN(standardize=(True, True, True))  # type: ignore
RegularizedCycleGAN(frames=None)  # type: ignore
RegularizedCycleGAN().fit(X)  # type: ignore
model = load("model")
print(model.sample(3), model.impute(frame), model.sample_labels(2), model.classes_)
assert_type(model.score(X), float)
model.sample_to("folder", 10)
model.save("again")
model.conditional_proba(frame, "b")
load(Path("model"), classes=[Activation]).sample(3, return_y=True)
search = RegularizedGANCV(gan, alphas=[0.0, 0.1], halving=3).fit(X)
assert_type(search, RegularizedGANCV)
print(search.sample(3), search.sample(3, return_y=True)[1], search.best_estimator_.history_)
assert_type(gan_path(X, alphas=[0.0, 0.1]), list[RegularizedGAN])
assert_type(gan_path(X, estimator=RegularizedVAE(), alphas=[0.1]), list[RegularizedVAE])
which_model(frame).model(random_state=0).fit(frame).sample(3)
write_report(gan, frame, "report.html", holdout=frame, image_shape=(8, 8))
GenerativeImputer().fit(frame).transform(frame)
print(GenerativeImputer(gan).fit(X).multiple_impute(X, 5)[0])
updates_within(gan, X, seconds=60)
regan.load("model").score(X)

load(3)  # type: ignore
load("model", classes=Activation)  # pyright: ignore
search.fit(X, groups=3)  # type: ignore
gan_path(X, alphas="strong")  # type: ignore
gan_path(X, estimator=RegularizedMixture())  # pyright: ignore
which_model(3)  # type: ignore
write_report("model", X, "report.html")  # type: ignore
OutOfCore("rows", sample_rows="many")  # type: ignore

# metrics and data
assert_type(energy_distance(X, [[0.0, 1.0, 2.0, 3.0]]), float)
assert_type(closest_records(frame, frame, None).distance_ratio, float)
evaluate(X, gan.sample(4), holdout=X, n_repeats=1, random_state=None)
Scorer("energy_distance")(gan, X)
hide_cells(frame, 0.2, "by column", random_state=0)
print(make_ring(100, n_modes=4, random_state=0)[0].shape)
TableEncoder().fit(frame).inverse_transform(TableEncoder().fit(frame).transform(frame))

energy_distance(3, X)  # type: ignore
closest_records(X, 0.5)  # type: ignore
evaluate(X, X, n_repeats="many")  # type: ignore
evaluate(X, X, random_state="seed")  # type: ignore
Scorer("accuracy")  # type: ignore
hide_cells(frame, how="by row")  # type: ignore
make_ring("many")  # type: ignore
TableEncoder(ids="drop")  # type: ignore
