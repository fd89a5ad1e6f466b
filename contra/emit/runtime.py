"""`runtime.json` of each switch, in the form of the p4lang tutorials, with the provenance of every entry.

The tutorials' loader ignores keys that it does not know, so `provenance` stands with the entry it belongs to; the
indices in it (rules, and through them clauses and regexes) are resolved by the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address

from contra.emit.names import TABLES
from contra.ir.model import MulticastGroup, Provenance, RuntimeEntry, SwitchConfig
from contra.product.graph import ProductGraph
from contra.topology.model import Topology

_ADDRESSED = frozenset({"identity", "destination", "hosts"})
"""Tables whose values are not all plain numbers."""


class RuntimeWriter:
    """Writes the runtime files of a network; keeps the texts that many entries share."""

    def __init__(self, topology: Topology, nodes: Sequence[str] = (), tables: Mapping[str, str] = TABLES) -> None:
        """`nodes` are the names of the product nodes by index, `tables` the control that holds each table."""
        self._topology, self._tables = topology, tables
        self._links = [self._link_name(index) for index in range(len(self._topology.links))]
        self._nodes = [json.dumps(name) for name in nodes]
        self._switches = [json.dumps(switch.name) for switch in self._topology.switches]
        self._frames: dict[tuple[object, ...], str] = {}

    def _full_name(self, table: str, member: str) -> str:
        """Full name of a table (member = table) or of one of its actions, as P4Runtime sees it."""
        return f"{self._tables[table]}.{member}"

    def _link_name(self, index: int) -> str:
        link = self._topology.links[index]
        a, b = (self._topology.switches[end].name for end in (link.a, link.b))
        return json.dumps(f"{a}:{link.a_port}-{b}:{link.b_port}")

    def text(self, config: SwitchConfig) -> str:
        """The whole file of one switch: an entry a line, in stable order."""
        program = f"../../programs/{config.program}"
        entries = ",\n".join(map(self._entry, config.entries))
        groups = ",\n".join(map(self._group, config.groups))
        return (
            "{\n"
            '  "target": "bmv2",\n'
            f'  "p4info": "{program}.p4info.txtpb",\n'
            f'  "bmv2_json": "{program}.json",\n'
            f'  "table_entries": [\n{entries}\n  ],\n'
            f'  "multicast_group_entries": [\n{groups}\n  ]\n'
            "}\n"
        )

    def _entry(self, entry: RuntimeEntry) -> str:
        table, match, action, params, origin, is_default = entry
        rules, node, link, destination, host = origin
        shape = (table, action, len(match), len(params), len(rules), node is None, link is None, destination is None)
        frame = self._frames.get(shape)
        if frame is None or host is not None or is_default or table in _ADDRESSED:
            return self._long_entry(entry)
        values: list[object] = [value for _, value in match]
        values += [value for _, value in params]
        values += rules
        if node is not None:
            values.append(self._nodes[node])
        if link is not None:
            values.append(self._links[link])
        if destination is not None:
            values.append(self._switches[destination])
        return frame % tuple(values)

    def _long_entry(self, entry: RuntimeEntry) -> str:
        """Any entry; leaves a frame behind for those of the same shape, which differ in numbers and names only."""
        table, match, action, params, origin, is_default = entry
        start = f'    {{"table": "{self._full_name(table, table)}", '
        middle = f'"action_name": "{self._full_name(table, action)}", "action_params": '
        if is_default:
            head = f'{start}"default_action": true, '
        else:
            keys = ", ".join([f'"{name}": {self._match(name, value)}' for name, value in match])
            head = f'{start}"match": {{{keys}}}, '
        values = ", ".join([f'"{name}": {self._value(name, value)}' for name, value in params])
        self._keep_frame(entry, start, middle)
        return f'{head}{middle}{{{values}}}, "provenance": {{{self._provenance(origin)}}}}}'

    def _keep_frame(self, entry: RuntimeEntry, start: str, middle: str) -> None:
        table, match, action, params, (rules, node, link, destination, _), _ = entry
        keys = ", ".join([f'"{name}": %d' for name, _ in match])
        values = ", ".join([f'"{name}": %d' for name, _ in params])
        origin = [f'"rules": [{", ".join(["%d"] * len(rules))}]'] if rules else []
        origin += [
            f'"{name}": %s'
            for name, value in (("node", node), ("link", link), ("destination", destination))
            if value is not None
        ]
        shape = (table, action, len(match), len(params), len(rules), node is None, link is None, destination is None)
        self._frames[shape] = (
            f'{start}"match": {{{keys}}}, {middle}{{{values}}}, "provenance": {{{", ".join(origin)}}}}}'
        )

    def _match(self, name: str, value: int | tuple[int, int]) -> str:
        if isinstance(value, tuple):
            return f"[{self._value(name, value[0])}, {value[1]}]"
        return self._value(name, value)

    def _value(self, name: str, value: int) -> str:
        if name == "address":
            return f'"{IPv4Address(value)}"'
        if name == "mac":
            digits = f"{value:012x}"
            return '"' + ":".join(digits[i : i + 2] for i in range(0, 12, 2)) + '"'
        return str(value)

    def _group(self, group: MulticastGroup) -> str:
        replicas = ", ".join(
            [f'{{"egress_port": {port}, "instance": {instance}}}' for port, instance in group.replicas]
        )
        return (
            f'    {{"multicast_group_id": {group.group}, "replicas": [{replicas}], '
            f'"provenance": {{{self._provenance(group.provenance)}}}}}'
        )

    def _provenance(self, origin: Provenance) -> str:
        rules, node, link, destination, host = origin
        parts = []
        if rules:
            parts.append(f'"rules": [{", ".join(map(str, rules))}]')
        if node is not None:
            parts.append(f'"node": {self._nodes[node]}')
        if link is not None:
            parts.append(f'"link": {self._links[link]}')
        if destination is not None:
            parts.append(f'"destination": {self._switches[destination]}')
        if host is not None:
            parts.append(f'"host": {json.dumps(self._topology.hosts[host].name)}')
        return ", ".join(parts)


def node_names(graph: ProductGraph) -> list[str]:
    """The names of product nodes, by index: SWITCH.TAG."""
    return [f"{graph.topology.switches[node.switch].name}.{node.tag}" for node in graph.nodes]
