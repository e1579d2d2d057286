"""How the documentation is built, by ``sphinx-build -W -b html docs docs/_build/html``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "_extensions"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks" / "studies"))

from joblib import cpu_count
from regularizers import read
from regularizers_tables import COLUMNS, file_name, of_family, summary, write_csv

import regan

del sys.path[0]  # examples have a module `tables` of their own

project = "regan"
author = "The regan developers"
copyright = author
version = release = regan.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx-mathjax-offline",  # sphinx.ext.mathjax with its own copy: formulas need no network
    "sphinx.ext.viewcode",
    "matplotlib.sphinxext.plot_directive",  # the pictures of guides
    "numpydoc",
    "myst_parser",  # CHANGELOG.md and CONTRIBUTING.md, which pages include
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "chinese",
]
exclude_patterns = ["_build", "zh/README.md"]  # the latter is read where the sources are
suppress_warnings = ["myst.header"]  # what is included begins below the title
templates_path = ["_templates"]
default_role = "py:obj"
extlinks = {"arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s")}

autosummary_generate = True
# of classes with further methods, which only regan calls, the methods for users
autosummary_context = {
    "shown_members": {
        "TableEncoder": ["fit", "transform", "inverse_transform", "get_feature_names_out"]
    }
}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# hosts of plugins, which are not installed here
autodoc_mock_imports = ["dask", "distributed", "sdgx", "sdgym", "sdv", "synthcity"]
numpydoc_show_class_members = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]

# The examples run here, and each ends in an assertion: a build is also their test. Their titles are
# chosen so that the order of the alphabet is the order of reading.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": r"tables\.py",  # no example: what examples fetch
    "parallel": cpu_count(),
    "within_subsection_order": "ExampleTitleSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "regan"
html_static_path = ["_static"]
html_css_files = ["regan.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "regan"},
    "navbar_start": ["navbar-logo", "version"],
    "header_links_before_dropdown": 7,  # all of them
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "api": [], "contributing": []}


def skip_inherited(*event):
    """Leave out what comes from scikit-learn and from Python: it is documented there."""
    obj = event[3]
    module = getattr(obj, "__module__", None) or getattr(obj, "__objclass__", object).__module__
    return True if module.split(".")[0] in ("sklearn", "builtins") else None


def write_study(app):
    """Write the study's records as tables, one for each family of regularizers and each base.

    The pages of the families include them: generated/study/<family>_<base>.csv.
    """
    docs = Path(app.srcdir)
    study = read(docs / "data")
    folder = docs / "generated" / "study"
    folder.mkdir(parents=True, exist_ok=True)
    for family in {record["family"] for record in study["fits"]}:
        own = of_family(study, family)
        for base in COLUMNS:
            path = folder / f"{family.replace(' ', '_')}_{file_name(base)}.csv"
            write_csv(path, summary(own, base, weights=True))


def setup(app):
    # it names a file and copies it at the end, and says nothing of parallel builds
    app.extensions["sphinx-mathjax-offline"].parallel_read_safe = True
    app.connect("autodoc-skip-member", skip_inherited)
    app.connect("builder-inited", write_study)
