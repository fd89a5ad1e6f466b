"""Where the objects of a program live in the v1model text: the controls of its tables."""

from __future__ import annotations

TABLES: dict[str, str] = {
    "identity": "ContraIngress",
    "probe_key": "ContraIngress",
    "ingress_port": "ContraIngress",
    "product_node": "ContraIngress.decide",
    "destination": "ContraIngress.enter",
    "hosts": "ContraIngress.deliver",
    "hop_port": "ContraIngress.route",
}
"""The control that holds each table, and the actions of the table."""
