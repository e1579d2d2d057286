"""regan inside synthcity: what its users call, on real mixed tables, and what is refused."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pytest
import synthcity_shim  # noqa: F401  before synthcity
from sklearn.datasets import load_breast_cancer, load_iris
from tables import adult

pytest.importorskip("synthcity", reason="tox -e synthcity installs it")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # synthcity's own come by the dozen
    pytest.mark.filterwarnings("error:.*:UserWarning:regan"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from synthcity.benchmark import Benchmarks
    from synthcity.plugins import Plugin, Plugins
    from synthcity.plugins.core.constraints import Constraints
    from synthcity.plugins.core.dataloader import (
        GenericDataLoader,
        SurvivalAnalysisDataLoader,
        TimeSeriesDataLoader,
    )
    from synthcity.utils.serialization import load, save

    from regan.plugins.synthcity import (
        ReganMixturePlugin,
        ReganPlugin,
        ReganVAEPlugin,
        register,
    )

NETWORKS = (ReganPlugin, ReganVAEPlugin)
PLUGINS = (*NETWORKS, ReganMixturePlugin)
SMALL = {"hidden_layer_sizes": (16, 16), "latent_dim": 4, "max_iter": 60}
FEW = {"n_components": 5, "alpha": 1.0}


def small(cls):
    """Settings that train within a second."""
    return (FEW if cls is ReganMixturePlugin else SMALL).copy()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own for what synthcity writes into the one it runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def census():
    """600 rows of a table with numbers and categories."""
    return adult().sample(600, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def flowers():
    frame = load_iris(as_frame=True).frame
    return frame.assign(target=np.array(["setosa", "versicolor", "virginica"])[frame["target"]])


@pytest.fixture(scope="module", params=PLUGINS, ids=lambda cls: cls.name())
def fitted(request, census, tmp_path_factory):
    """A plugin that has learnt the census."""
    plugin = request.param(**small(request.param), workspace=tmp_path_factory.mktemp("workspace"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plugin.fit(GenericDataLoader(census.copy(), target_column="income"))
    return plugin


# What synthcity asks of its own plugins


def by_name(cls, **settings):
    return register().get(cls.name(), **settings)


def by_class(cls, **settings):
    return cls(**settings)


def pickled(cls, **settings):
    return load(save(cls(**settings)))


@pytest.fixture(params=[by_name, by_class, pickled])
def make(request):
    return request.param


@pytest.mark.parametrize("cls", PLUGINS)
def test_name_and_type(make, cls):
    plugin = make(cls)
    assert plugin.fqdn() == f"generic.{cls.name()}"
    assert plugin.name() == cls.name()
    assert type(plugin) is cls
    assert {cls.name() for cls in PLUGINS} == {"regan", "regan_vae", "regan_mixture"}


@pytest.mark.parametrize("cls", PLUGINS)
def test_tables_of_numbers_and_their_constraints(make, cls):
    numbers = pd.DataFrame(load_iris().data)
    plugin = make(cls, **small(cls))
    plugin.fit(GenericDataLoader(numbers))
    plugin = load(save(plugin))
    assert len(plugin.generate()) == len(numbers)
    assert plugin.schema_includes(plugin.generate(50))
    rules = [("0", "le", 6), ("0", "ge", 4.3), ("1", "ge", 2.5), ("2", "le", 5.5), ("3", "le", 2)]
    constraints = Constraints(rules=rules)
    made = plugin.generate(count=50, constraints=constraints).dataframe()
    assert len(made) == 50
    assert constraints.is_valid(made)
    assert list(made) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("cls", PLUGINS)
def test_every_draw_from_the_space_is_a_plugin(cls):
    space = {part.name for part in cls.hyperparameter_space()}
    drawn = [cls.sample_hyperparameters() for _ in range(100)]
    assert all(set(settings) == space for settings in drawn)
    for settings in drawn:
        plugin = cls(**settings)
        if cls in NETWORKS:
            widths = (settings["n_units"],) * settings["n_layers"]
            assert plugin.settings["hidden_layer_sizes"] == widths
        assert plugin.settings["alpha"] == settings["alpha"]


@pytest.mark.parametrize("cls", PLUGINS)
@pytest.mark.parametrize("seed", range(3))
def test_draws_from_the_space_train(cls, seed, flowers):
    for part in (space := cls.hyperparameter_space()):
        part._rng = np.random.default_rng(seed)
    settings = {part.name: part.sample()[0] for part in space} | {"max_iter": 3}
    plugin = cls(**settings).fit(flowers)
    assert len(plugin.generate(20)) == 20
    assert plugin.estimator.max_iter == 3
    assert plugin.estimator.penalty == settings["penalty"]


@pytest.mark.parametrize("cls", PLUGINS)
def test_a_search_by_optuna(cls, flowers):
    optuna = pytest.importorskip("optuna", reason="comes with synthcity")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial):
        settings = cls.sample_hyperparameters_optuna(trial)
        plugin = cls(**settings | {"max_iter": 2}).fit(flowers)
        return len(plugin.generate(10))

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=2)
    assert study.best_value == 10
    assert set(study.best_params) == {part.name for part in cls.hyperparameter_space()}


def test_register_takes_plugins_and_may_come_twice():
    plugins = Plugins(categories=["generic"])
    assert register(plugins) is plugins
    assert {"regan", "regan_vae", "regan_mixture", "ctgan"} <= set(register(plugins).list())
    assert isinstance(Plugins(categories=["generic"]).get("regan"), ReganPlugin)


# Tables


def test_generated_rows_look_like_the_table(fitted, census):
    made = fitted.generate(300).dataframe()
    assert list(made) == list(census)
    assert len(made) == 300
    pd.testing.assert_series_equal(made.dtypes, census.dtypes)
    for name, column in census.items():
        if column.dtype == object:
            assert set(made[name]) <= set(column)
        else:
            assert made[name].between(column.min(), column.max()).all()
    assert fitted.schema_includes(fitted.generate(20))
    assert len(fitted.generate()) == len(census)


def test_categories_reach_the_model_as_categories(fitted, census, monkeypatch):
    seen = {}

    def fit(self, X, y=None):
        seen.update(X.dtypes)
        return self

    monkeypatch.setattr(type(fitted.estimator), "fit", fit)
    frame = census.assign(
        rank=np.arange(600) % 7,  # codes already
        size=np.arange(600) % 5 + 0.5,  # few values
        flag=census["age"] > 40,
        level=census["race"].astype("category"),
        count=np.arange(600),
        weight=np.linspace(0, 1, 600),
    )
    type(fitted)(**small(type(fitted))).fit(frame)
    text = [name for name in census if census[name].dtype == object]
    categories = {name for name, dtype in seen.items() if dtype == "category"}
    assert {*text, "rank", "size", "flag", "level"} == categories
    assert seen["count"] == "int64"
    assert seen["weight"] == "float64"


def test_kinds_of_columns_come_back():
    frame = load_breast_cancer(as_frame=True).frame.iloc[:, [0, 1, 30]]
    n = len(frame)
    frame = frame.assign(
        flag=frame["target"] == 0,
        half=(np.arange(n) % 4) / 2,
        level=pd.Categorical(np.where(frame["target"], "benign", "malignant")),
        whole=np.arange(n) ** 2 % 1013 - 100,
        day=pd.date_range("2020-01-01", periods=n),
    )
    made = ReganPlugin(**SMALL).fit(frame).generate(200).dataframe()
    assert list(made) == list(frame)
    assert made["flag"].dtype == bool
    assert set(made["half"]) <= {0.0, 0.5, 1.0, 1.5}
    assert set(made["level"]) <= {"benign", "malignant"}
    assert made["whole"].dtype == "int64"
    assert made["whole"].between(frame["whole"].min(), frame["whole"].max()).all()
    assert made["day"].between("2020-01-01", frame["day"].max()).all()


RULES = {
    "levels": [("gender", "==", "Female"), ("race", "in", ["White", "Black"])],
    "ranges": [("age", "<=", 40), ("age", "gt", 25), ("hours-per-week", "lt", 60)],
    "few values": [("rank", "eq", 30)],
    "codes": [("level", "ge", 2)],
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("compress", [False, True])
def test_constraints_are_on_values(rules, compress, census):
    """synthcity's own plugins fail on the first, third and half of the second."""
    frame = census[["age", "gender", "race", "hours-per-week"]].assign(
        rank=np.arange(600) % 4 * 10, level=np.arange(600) % 4
    )
    plugin = ReganPlugin(**SMALL, compress_dataset=compress).fit(frame)
    constraints = Constraints(rules=rules)
    made = plugin.generate(30, constraints=constraints).dataframe()
    assert len(made) == 30
    assert constraints.is_valid(made)
    assert not constraints.is_valid(plugin.generate(100).dataframe())


def test_constraints_go_with_conditions(conditional):
    constraints = Constraints(rules=[("age", "<=", 45), ("gender", "==", "Male")])
    made = conditional.generate(20, constraints=constraints, cond=">50K").dataframe()
    assert len(made) == 20
    assert constraints.is_valid(made)


def test_constraints_that_cannot_be_met(census):
    plugin = ReganPlugin(**SMALL, sampling_patience=3).fit(census[["age", "gender"]])
    impossible = Constraints(rules=[("age", "<", 0)])
    with pytest.warns(UserWarning, match=r"0 of 9 rows: 3 rounds \(sampling_patience\)"):
        assert len(plugin.generate(9, constraints=impossible)) == 0
    with pytest.raises(ValueError, match=r"columns that the table does not have: \['sex'\]"):
        plugin.generate(9, constraints=Constraints(rules=[("sex", "==", "Male")]))


def test_without_strict_frequencies_are_the_models(census):
    """synthcity drops repeated rows of every round: where there are few, all come as often."""
    frame = census[["gender", "race"]]
    shares = [
        plugin.fit(frame).generate(500).dataframe()["race"].value_counts(normalize=True)["White"]
        for plugin in (ReganPlugin(**SMALL), ReganPlugin(**SMALL, strict=False))
    ]
    assert shares[0] < 0.5 < shares[1]


def test_a_seed_gives_the_same_rows(fitted):
    first = fitted.generate(50, random_state=3).dataframe()
    fitted.generate(7)
    pd.testing.assert_frame_equal(fitted.generate(50, random_state=3).dataframe(), first)
    assert not fitted.generate(50, random_state=4).dataframe().equals(first)
    assert not fitted.generate(50).dataframe().equals(fitted.generate(50).dataframe())


def test_the_constructors_seed_repeats_a_training(flowers):
    one, same, other = (
        ReganPlugin(**SMALL, random_state=seed).fit(flowers).generate(30, random_state=0)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one.dataframe(), same.dataframe())
    assert not one.dataframe().equals(other.dataframe())


def test_compressed_tables(census):
    frame = census[["age", "fnlwgt", "gender", "income"]].assign(twice=census["age"] * 2)
    plugin = ReganPlugin(**SMALL, compress_dataset=True)
    plugin.fit(GenericDataLoader(frame, target_column="income"))
    made = plugin.generate(50).dataframe()
    assert set(made) == set(frame)
    assert set(made["gender"]) <= {"Male", "Female"}


# Conditions


@pytest.mark.parametrize("cls", PLUGINS)
def test_rows_of_given_classes_in_their_order(cls, flowers):
    measures, kinds = flowers.drop(columns="target"), flowers["target"]
    longer = {"max_iter": 300, "learning_rate_init": 1e-2} if cls in NETWORKS else {}
    plugin = cls(**small(cls) | longer)
    plugin.fit(GenericDataLoader(measures), cond=kinds)
    wanted = np.array(["virginica", "setosa"] * 60)
    made = plugin.generate(120, cond=wanted, random_state=0).dataframe()
    assert len(made) == 120
    short = made["petal length (cm)"][wanted == "setosa"]
    long = made["petal length (cm)"][wanted == "virginica"]
    assert short.max() < long.median()
    assert short.median() < 2.5 < 4.0 < long.median()
    again = plugin.generate(120, cond=wanted, random_state=0).dataframe()
    pd.testing.assert_frame_equal(again, made)
    assert len(plugin.generate(30)) == 30  # classes as often as in the table


COLUMNS = {
    "array": lambda y: y.to_numpy(),
    "list": list,
    "series of another index": lambda y: y.set_axis(range(1000, 1600)),
    "table of one column": lambda y: y.to_frame(),
    "array of one column": lambda y: y.to_numpy()[:, None],
    "categories": lambda y: y.astype("category"),
}


@pytest.mark.parametrize("kind", COLUMNS.values(), ids=COLUMNS)
def test_conditions_in_any_container(kind, census):
    plugin = ReganPlugin(**SMALL)
    plugin.fit(GenericDataLoader(census[["age", "gender"]]), cond=kind(census["income"]))
    assert plugin.estimator.classes_.tolist() == ["<=50K", ">50K"]
    one = plugin.generate(8, cond=">50K", random_state=0).dataframe()
    each = plugin.generate(8, cond=kind(pd.Series([">50K"] * 600))[:8], random_state=0)
    pd.testing.assert_frame_equal(one, each.dataframe())


@pytest.fixture(scope="module")
def conditional(census, tmp_path_factory):
    plugin = ReganPlugin(**SMALL, workspace=tmp_path_factory.mktemp("workspace"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return plugin.fit(GenericDataLoader(census[["age", "gender"]]), cond=census["income"])


REFUSED = {
    "an unseen level": (
        "poor",
        r"not in the training data: 'poor'; the known labels are '<=50K', '>50K'",
    ),
    "one unseen level": ([">50K", "rich", ">50K"], r"not in the training data: 'rich'"),
    "too few": ([">50K"] * 2, r"one label or 3 labels, got 2"),
    "two columns": (np.full((3, 2), ">50K"), r"should be a 1d array"),
    "a missing level": ([">50K", None, ">50K"], r"not in the training data: None"),
}


@pytest.mark.parametrize(("cond", "message"), REFUSED.values(), ids=REFUSED)
def test_conditions_that_cannot_be_generated(cond, message, conditional):
    with pytest.raises(ValueError, match=f"cond must be class labels.*{message}"):
        conditional.generate(3, cond=cond)


BAD = {
    "real numbers": (np.linspace(0, 1, 600), ValueError, "continuous"),
    "missing levels": ([None, "a"] * 300, ValueError, "NaN, infinity or None"),
    "levels of two types": (np.array([1, "a"] * 300, dtype=object), TypeError, "different types"),
    "too few": (["a", "b"], ValueError, "inconsistent numbers of samples"),
    "two columns": (np.zeros((600, 2), dtype=int), ValueError, "should be a 1d array"),
}


@pytest.mark.parametrize(("cond", "error", "message"), BAD.values(), ids=BAD)
def test_conditions_that_cannot_be_learnt(cond, error, message, census):
    with pytest.raises(error, match=f"cond must be class labels.*{message}"):
        ReganPlugin(**SMALL).fit(GenericDataLoader(census[["age", "gender"]]), cond=cond)


def test_a_condition_needs_one_in_training(fitted, census):
    with pytest.raises(RuntimeError, match="without any training conditional"):
        fitted.generate(5, cond="Male")
    plugin = ReganPlugin(**SMALL, workspace=fitted.workspace)
    loader = GenericDataLoader(census[["age", "gender"]])
    plugin.fit(loader, cond=census["income"])
    plugin.fit(loader)
    with pytest.raises(RuntimeError, match="without any training conditional"):
        plugin.generate(5, cond=">50K")


# Saved models


def test_saved_plugins_come_back(fitted):
    rows = fitted.generate(30, random_state=1).dataframe()
    for again in (Plugin.load(fitted.save()), cloudpickle.loads(cloudpickle.dumps(fitted))):
        assert type(again) is type(fitted)
        pd.testing.assert_frame_equal(again.generate(30, random_state=1).dataframe(), rows)


SECOND = """
import sys, warnings
warnings.simplefilter("ignore")
import synthcity_shim
from synthcity.plugins import Plugin
for name, cond in (("plain", None), ("by class", ">50K")):
    plugin = Plugin.load(open(name, "rb").read())
    plugin.generate(30, random_state=1, cond=cond).dataframe().to_pickle(name + " rows")
"""


def test_a_second_process_generates_the_same_rows(census, folder):
    loader = GenericDataLoader(census.drop(columns="fnlwgt"), target_column="income")
    plain = ReganPlugin(**SMALL).fit(loader)
    by_class = ReganVAEPlugin(**SMALL).fit(loader, cond=census["income"])
    for name, plugin in (("plain", plain), ("by class", by_class)):
        Path(name).write_bytes(plugin.save())
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", SECOND]
    subprocess.run(command, check=True, cwd=folder, env=os.environ | {"PYTHONPATH": path})
    for name, rows in (
        ("plain", plain.generate(30, random_state=1)),
        ("by class", by_class.generate(30, random_state=1, cond=">50K")),
    ):
        pd.testing.assert_frame_equal(pd.read_pickle(f"{name} rows"), rows.dataframe())


# Benchmarks


def test_a_benchmark_finds_the_plugins_by_name(census, folder):
    register()
    frame = census.drop(columns=["native-country", "occupation", "education"])
    found = Benchmarks.evaluate(
        [
            ("regan l1", "regan", {**SMALL, "penalty": "l1"}),
            ("regan_vae", "regan_vae", SMALL.copy()),
            ("regan_mixture", "regan_mixture", FEW.copy()),
            ("marginal", "marginal_distributions", {}),
        ],
        GenericDataLoader(frame, target_column="income"),
        metrics={"stats": ["jensenshannon_dist", "ks_test"], "performance": ["linear_model"]},
        repeats=2,
        synthetic_size=200,
        n_eval_folds=2,
        workspace=folder,
    )
    assert set(found) == {"regan l1", "regan_vae", "regan_mixture", "marginal"}
    for scores in found.values():
        assert scores["errors"].sum() == 0
        assert scores["mean"].between(0, 1).all()
        assert scores["mean"].notna().all()
    stats = [name for name in found["regan l1"].index if name.startswith("stats")]
    assert not found["regan l1"]["mean"][stats].equals(found["marginal"]["mean"][stats])


# What is refused, and what is not


def test_missing_numbers_and_levels_are_learnt(census):
    frame = census[["age", "fnlwgt", "workclass"]].copy()
    frame["fnlwgt"] = frame["fnlwgt"].where(frame["age"] > 30)
    made = ReganPlugin(**SMALL).fit(frame).generate(300).dataframe()
    assert 0 < made["fnlwgt"].isna().mean() < 1
    assert made["fnlwgt"].dropna().between(frame["fnlwgt"].min(), frame["fnlwgt"].max()).all()
    frame = census[["age", "workclass"]].replace("?", None)
    made = ReganPlugin(**SMALL).fit(frame).generate(300).dataframe()
    assert set(made["workclass"].dropna()) <= set(census["workclass"])
    share = frame["workclass"].isna().mean()
    assert 0 < made["workclass"].isna().mean() < 10 * share


def test_constant_columns_come_back_constant(census):
    frame = census[["age", "gender"]].assign(zero=0, seven=7, half=0.5, word="always")
    made = ReganPlugin(**SMALL).fit(frame).generate(50).dataframe()
    assert len(made) == 50
    for name in ("zero", "seven", "half", "word"):
        assert made[name].tolist() == frame[name][:50].tolist()


def test_tiny_tables(flowers):
    made = ReganVAEPlugin(**SMALL, strict=False).fit(flowers[:4]).generate(10).dataframe()
    assert len(made) == 10
    assert set(made["target"]) == {"setosa"}
    with pytest.raises(ValueError, match="minimum of 2"):
        ReganVAEPlugin(**SMALL).fit(flowers[:1])


def test_other_data_loaders_are_refused(census):
    survival = SurvivalAnalysisDataLoader(
        census[["age", "educational-num", "hours-per-week"]].assign(died=np.arange(600) % 2),
        target_column="died",
        time_to_event_column="hours-per-week",
    )
    series = [census[["age", "fnlwgt"]][i : i + 4].reset_index(drop=True) for i in range(0, 40, 4)]
    temporal = TimeSeriesDataLoader(series, observation_times=[[0, 1, 2, 3]] * 10)
    for loader, kind in ((survival, "survival_analysis"), (temporal, "time_series")):
        with pytest.raises(TypeError, match=f"regan generates tables.*GenericDataLoader.*'{kind}'"):
            ReganPlugin(**SMALL).fit(loader)


WRONG = {
    "an unknown setting": ({"alhpa": 1}, TypeError, "alhpa"),
    "the other plugin's": ({"beta": 1.0}, TypeError, "beta"),
    "conditional": ({"conditional": True}, TypeError, "takes no conditional: .*cond"),
    "device": ({"device": "cuda"}, TypeError, "takes no device: .*backend"),
    "warm_start": ({"warm_start": True}, TypeError, "takes no warm_start"),
    "two widths": (
        {"n_units": 8, "hidden_layer_sizes": 8},
        ValueError,
        "n_units and n_layers set the same as hidden_layer_sizes",
    ),
    "no units": ({"n_units": 0}, ValueError, "n_units must be an integer >= 1"),
    "no layers": ({"n_layers": 0}, ValueError, "n_layers must be an integer >= 1"),
    "two learning rates": (
        {"learning_rate_init": (1e-3, 1e-3), "discriminator_learning_rate_init": 1e-3},
        ValueError,
        "learning_rate_init is already a pair",
    ),
}


@pytest.mark.parametrize(("settings", "error", "message"), WRONG.values(), ids=WRONG)
def test_settings_that_would_be_ignored(settings, error, message):
    with pytest.raises(error, match=message):
        ReganPlugin(**settings)


@pytest.mark.parametrize("name", ["n_units", "n_layers", "hidden_layer_sizes", "latent_dim"])
def test_a_mixture_has_no_networks(name):
    with pytest.raises(TypeError, match=name):
        ReganMixturePlugin(**{name: 8})


def test_settings_reach_the_estimator(flowers):
    settings = {
        "penalty": "elasticnet",
        "l1_ratio": 0.2,
        "gamma": 2.0,
        "dropout": 0.1,
        "batch_size": 32,
        "max_iter": 2,
    }
    own = {"n_units": 8, "n_layers": 3, "discriminator_learning_rate_init": 1e-4}
    plugin = ReganPlugin(**settings, **own, random_state=5, sampling_patience=7).fit(flowers)
    found = plugin.estimator.get_params()
    assert {name: found[name] for name in settings} == settings
    assert found["hidden_layer_sizes"] == (8, 8, 8)
    assert found["learning_rate_init"] == ("auto", 1e-4)
    assert found["random_state"] == plugin.random_state == 5
    assert plugin.sampling_patience == 7
    assert ReganPlugin(n_layers=3).settings == {"hidden_layer_sizes": (128,) * 3}
    assert ReganPlugin().settings == {}


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_of_rows(count, fitted):
    with pytest.raises(ValueError, match="count must be an integer >= 1"):
        fitted.generate(count)


def test_arguments_that_nobody_reads(fitted, flowers):
    with pytest.raises(TypeError, match="label"):
        ReganPlugin(**SMALL).fit(flowers, label=flowers["target"])
    with pytest.raises(TypeError, match="label"):
        fitted.generate(5, label="x")
