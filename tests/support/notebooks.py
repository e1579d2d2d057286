"""Notebooks that are executed, with all that their kernel sent."""

import nbformat
from nbclient import NotebookClient


class Listening(NotebookClient):
    """Keeps the messages of the kernel that show something, as pairs of kind and content."""

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("display_data", "update_display_data", "stream", "error"):
            self.heard[cell_index].append((msg["msg_type"], msg["content"]))
        return super().process_message(msg, cell, cell_index)


def execute(*cells, allow_errors=False):
    """The outputs of each cell as a notebook saves them, and the messages of each."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    client = Listening(notebook, timeout=120, allow_errors=allow_errors)
    client.heard = [[] for _ in cells]
    client.execute()
    return [cell.outputs for cell in notebook.cells], client.heard
