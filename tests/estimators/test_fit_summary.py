"""What notebooks show of estimators: scikit-learn's diagram, and a table of the fit below it."""

import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import regan
from regan import (
    GenerativeImputer,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
    which_model,
)
from regan.dask import DaskRegularizedGAN
from regan.estimators.fit_summary import columns_in_words, table_of
from tests.support.user_text import HOSTILE, controls

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
LABELS = np.repeat(["yes", "no"], 60)
TABLE = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
    level=LABELS,
    day=pd.date_range("2020-01-01", periods=120, freq="D"),
    empty=None,
)
TABLE.loc[:9, "a"] = np.nan
SMALL = {"hidden_layer_sizes": 4, "max_iter": 8, "random_state": 0}


def gan(**changes):
    return RegularizedGAN(**{**SMALL, **changes})


def dask_gan():
    model, local = DaskRegularizedGAN(**SMALL), gan().fit(X)
    model._local, model._as_frame, model.rounds_ = local, False, [(1.5, 1.0), (0.5, 0.4)]
    return model


UNFITTED = {
    "gan": gan,
    "vae": lambda: RegularizedVAE(**SMALL),
    "gaussian": lambda: RegularizedGaussian(random_state=0),
    "mixture": lambda: RegularizedMixture(2, covariance_type="diag", random_state=0),
    "imputer": lambda: GenerativeImputer(RegularizedGaussian()),
    "search": lambda: RegularizedGANCV(gan(), alphas=[0.1, 1.0], cv=2),
}
FITTED = {
    **{name: lambda make=make: make().fit(X) for name, make in UNFITTED.items()},
    "table": lambda: RegularizedMixture(2, alpha=1.0, covariance_type="diag", random_state=0).fit(
        TABLE
    ),
    "classes": lambda: gan(conditional=True).fit(X, LABELS),
    "early": lambda: gan(early_stopping=True).fit(X),
    "pass": lambda: RegularizedVAE(**SMALL).partial_fit(X),
    "no refit": lambda: RegularizedGANCV(gan(), alphas=[0.1, 1.0], cv=2, refit=False).fit(X),
    "bootstrap": lambda: GenerativeImputer(
        RegularizedGaussian(), n_draws=2, bootstrap=True, random_state=0
    ).fit(X),
    "dask": dask_gan,
}


@pytest.fixture(scope="module", params=FITTED)
def fitted(request):
    return SimpleNamespace(name=request.param, model=FITTED[request.param]())


def summary(model):
    """The table below the diagram, by what is called how."""
    diagram, table = model._repr_html_().split('<table class="regan-summary"')
    assert diagram.count('class="sk-top-container') == 1
    cells = re.findall(r"<th[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td>", table)
    return {unescape(name): unescape(text) for name, text in cells}


def test_a_fitted_model_has_a_table_below_the_diagram(fitted):
    shown = summary(fitted.model)
    bundle = fitted.model._repr_mimebundle_()
    assert bundle["text/html"].count('<table class="regan-summary"') == 1
    assert bundle["text/plain"] == repr(fitted.model)
    if fitted.name != "no refit":
        assert shown["Rows trained on"] == {"early": "108"}.get(fitted.name, "120")
        assert shown["Columns"].startswith("6 (" if fitted.name == "table" else "3 (3 numeric)")


EXPECTED = {
    "gan": {"Updates": "8", "Backend": "numpy, float32", "Frames": "local, 1 component"},
    "vae": {"Updates": "8", "Backend": "numpy, float32"},
    "gaussian": {},
    "mixture": {},
    "imputer": {"Model": "RegularizedGaussian"},
    "search": {"Candidates": "2, each in 2 folds"},
    "table": {"Columns": "6 (3 numeric, 1 categorical, 1 timestamp, 1 empty, missing cells in 1)"},
    "classes": {"Classes": "2"},
    "early": {},
    "pass": {},
    "no refit": {"Candidates": "2, each in 2 folds"},
    "bootstrap": {"Bootstrap": "2 models"},
    "dask": {"Rounds": "2 in 2 s", "Updates": "8"},
}


def test_what_the_table_says(fitted):
    shown, model = summary(fitted.model), fitted.model
    assert EXPECTED[fitted.name].items() <= shown.items()
    if isinstance(model, RegularizedGAN):
        known = model.history_["distance"][np.isfinite(model.history_["distance"])]
        assert shown["Distance to the data"] == f"{known[-1]:.3g}"
        assert shown["Generator"] == f"{model.generator_.theta.size:,} parameters"
    if fitted.name == "early":
        assert shown["Early stopping"] == (
            f"kept update {model.best_iter_}, validation score {model.best_score_:.3g}"
        )
    if fitted.name == "gaussian":
        assert shown["Alpha"] == f"{model.alpha_:.3g}"
    if isinstance(model, RegularizedGANCV):
        assert shown["Chosen"] == f"alpha={model.alpha_}"
        assert shown["Mean score in folds"] == f"{model.best_score_:.3g}"
        assert ("Refit" in shown) == (fitted.name == "search")
    if fitted.name == "mixture":
        best = max(each["log_likelihood"] for each in model.path_)
        assert shown["Held-out log-likelihood of a row"] == f"{best:.4g}"
        assert shown["Components"] == f"{model.n_components_}, covariances diag"
        assert shown["Alpha"] == f"{model.alpha_:.3g}"
        assert shown["Passes"] == f"{model.n_iter_} (converged)"
        assert shown["Candidates compared"] == str(len(model.path_))


@pytest.mark.parametrize("name", UNFITTED)
def test_before_a_fit_the_diagram_is_all(name):
    model = UNFITTED[name]()
    for html in (model._repr_html_(), model._repr_mimebundle_()["text/html"]):
        assert "sk-top-container" in html
        assert "regan-summary" not in html


def test_without_diagrams_there_is_text_alone(fitted):
    with config_context(display="text"):
        assert not hasattr(fitted.model, "_repr_html_")
        assert fitted.model._repr_mimebundle_() == {"text/plain": repr(fitted.model)}


def test_nothing_is_computed(fitted, monkeypatch):
    """No rows are made and none are scored."""

    def refuse(*args, **kwargs):
        raise AssertionError

    for name in ("sample", "score", "_making", "_scored_pair"):
        monkeypatch.setattr(regan.estimators.base.GenerativeModel, name, refuse)
    summary(fitted.model)


@pytest.mark.parametrize("name", ["gan", "vae", "gaussian", "mixture"])
@pytest.mark.parametrize("sampler_only", [False, True])
def test_models_from_files_are_shown(tmp_path, name, sampler_only):
    """scikit-learn reads all properties of what it shows: none may raise."""
    model = FITTED[name]()
    model.save(tmp_path / "model", sampler_only=sampler_only)
    shown, before = summary(regan.load(tmp_path / "model")), summary(model)
    lost = before.keys() - shown.keys()
    assert {key: before[key] for key in shown} == shown
    if name in ("gan", "vae"):
        others = {"Distance to the data", "Discriminator", "Encoder"} & before.keys()
        assert lost == (others if sampler_only else set())
    else:
        assert lost == {"Rows trained on"}


def test_no_property_raises(fitted):
    """But AttributeError, which says that it is not there."""
    for name in dir(type(fitted.model)):
        if isinstance(getattr(type(fitted.model), name), property):
            getattr(fitted.model, name, None)


def test_a_backend_that_is_not_known_is_shown_as_what_is_used():
    model = gan().fit(X).set_params(backend="unknown")
    assert summary(model)["Backend"] == "numpy, float32"


def test_a_step_of_a_pipeline_is_shown_by_scikit_learn():
    html = make_pipeline(StandardScaler(), gan()).fit(X)._repr_html_()
    assert "RegularizedGAN" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_escaped(text):
    html = table_of({text: text, "b": "<b>"})
    assert "<b>" not in html
    assert "<script" not in html
    assert not controls(html)
    if text.isprintable():
        assert unescape(html).count(text) >= 2


def test_a_table_has_no_colors_of_its_own():
    html = table_of({"a": "b"})
    assert set(re.findall(r"(?:color|background)[^;\"]*", html)) == {"color: inherit"}


def test_columns_without_an_encoder():
    assert columns_in_words(None, 1200) == "1,200 (1,200 numeric)"


def test_a_recommendation_is_a_table():
    found = which_model(X)
    html = found._repr_html_()
    assert "RegularizedMixture" in html
    assert found.reason in unescape(html)
