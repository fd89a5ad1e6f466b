"""AnalysedPolicy + Topology -> ProductGraph.

Assumes a connected topology and a sound analysis; gives the pruned graph with its tags, or says why it is too large.
`to_dot` and `to_json` draw and dump a graph.
"""

from contra.product.build import build
from contra.product.dot import to_dot
from contra.product.explain import explain
from contra.product.export import to_json
from contra.product.graph import ProductEdge, ProductGraph, ProductNode

__all__ = ["ProductEdge", "ProductGraph", "ProductNode", "build", "explain", "to_dot", "to_json"]
