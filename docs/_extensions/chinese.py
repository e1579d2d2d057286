"""What Chinese pages need of Sphinx: lines joined without spaces, and the language of the page."""

import re

from docutils import nodes

FOLDER = "zh/"
CHARACTER = r"[\u3001-\u9fff\uff01-\uff60]"
MARK = r"[\u3001-\u3011\uff01-\uff0f\uff1a-\uff1f\u201c\u201d]"  # full-width punctuation
LINE_END = re.compile(rf"(?<={CHARACTER})\n(?={CHARACTER})|(?<={MARK})\n|\n(?={MARK})")


def join_lines(text):
    """Take line ends out of Chinese text, where browsers would show spaces.

    A line end between a character and a Latin word stays: a space belongs there.
    """
    return LINE_END.sub("", text)


def join_all_lines(app, doctree):
    """Join the lines of a Chinese page outside of its code."""
    if app.env.docname.startswith(FOLDER):
        for text in list(doctree.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.FixedTextElement):
                text.parent.replace(text, nodes.Text(join_lines(text.astext())))


def set_language(*event):
    """Set the language of a Chinese page: browsers choose the shapes of characters by it."""
    _, page, _, context, _ = event
    if page.startswith(FOLDER):
        context["language"] = "zh-CN"


def setup(app):
    app.connect("doctree-read", join_all_lines)
    app.connect("html-page-context", set_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
