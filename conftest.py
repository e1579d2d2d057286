"""What cannot be collected: adapters of toolkits that are not installed."""

from importlib.util import find_spec
from pathlib import Path

PLUGINS = Path(__file__).parent / "regan" / "plugins"

collect_ignore = [
    str(path)
    for path in PLUGINS.glob("[a-z]*.py")
    if find_spec(path.stem) is None  # an adapter is called as its host
]
