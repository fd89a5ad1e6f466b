"""Text -> `ast.Policy`.

Consumes a `SourceFile`, assumes nothing about it, produces a tree with a span on every node. `read` gets the text
out of a file; `format` is the way back, to canonical .ctr text, and `format_source` is that with the comments of the
original.
"""

from contra.syntax.comments import format_source
from contra.syntax.parse import parse
from contra.syntax.pretty import format, format_regex
from contra.syntax.read import read

__all__ = ["format", "format_regex", "format_source", "parse", "read"]
