"""Text -> `ast.Policy`. Consumes a `SourceFile`, assumes nothing about it, produces a tree with a span on every node."""
