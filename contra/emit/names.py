"""Where the objects of a program live in the v1model text: full names of tables and actions, as P4Runtime sees them."""

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


def full_name(table: str, member: str) -> str:
    """Full name of a table (member = table) or of one of its actions."""
    return f"{TABLES[table]}.{member}"
