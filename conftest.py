"""What cannot be collected: adapters of toolkits that are not installed."""

from importlib.util import find_spec
from pathlib import Path

PLUGINS = Path(__file__).parent / "regan" / "plugins"
HOSTS = ("imblearn", "sdgx", "sdgym", "synthcity")

collect_ignore = [str(PLUGINS / f"{host}.py") for host in HOSTS if find_spec(host) is None]
