"""Files of regan opened without any check, and written again with a right hash."""

import json

from safetensors import safe_open
from safetensors.numpy import save_file

from regan.storage import tensor_file


def opened(path, kind):
    """The whole configuration and the arrays of a file."""
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        return json.loads(file.metadata()[kind]), tensors


def contents(path, kind):
    """What was written, without format and version."""
    whole, tensors = opened(path, kind)
    return whole["contents"], tensors


def write(path, kind, whole, tensors):
    """Write a whole configuration, or the text of one, and arrays with their hash."""
    text = whole if isinstance(whole, str) else json.dumps(whole)
    digest = tensor_file.digest(text, tensors)
    save_file(tensors, path, metadata={kind: text, "sha256": digest})


def forge(path, kind, change):
    """Write a file again as ``change(contents, tensors)`` leaves what was written."""
    whole, tensors = opened(path, kind)
    change(whole["contents"], tensors)
    write(path, kind, whole, tensors)
