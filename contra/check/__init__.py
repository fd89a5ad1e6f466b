"""`ast.Policy` + `Topology` -> `CheckedPolicy`.

Assumes a tree as `contra.syntax` makes it and a valid topology. Produces the policy with every name resolved, every
`let` expanded into shared objects, and types, arities and units checked.
"""

from contra.check.check import check

__all__ = ["check"]
