"""What is not collected: adapters of toolkits that are missing, Dask where it is missing, and calls
that only type checkers read.
"""

from importlib.util import find_spec
from pathlib import Path

REGAN = Path(__file__).parent / "regan"
PLUGINS = REGAN / "plugins"
HOSTS = ("imblearn", "sdgx", "sdgym", "synthcity")

collect_ignore = [str(PLUGINS / f"{host}.py") for host in HOSTS if find_spec(host) is None]
if find_spec("distributed") is None:
    collect_ignore.append(str(REGAN / "dask"))
collect_ignore.append(str(REGAN.parent / "tests" / "typing" / "calls.py"))
