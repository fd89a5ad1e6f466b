"""`runtime.json` of each switch, in the form of the p4lang tutorials, with the provenance of every entry.

The tutorials' loader ignores keys that it does not know, so `provenance` stands with the entry it belongs to; the
indices in it (rules, and through them clauses and regexes) are resolved by the manifest.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Address

from contra.emit.names import full_name
from contra.ir.model import Deployment, MulticastGroup, Provenance, RuntimeEntry, SwitchConfig


class RuntimeWriter:
    """Writes the runtime files of a deployment; keeps the texts that many entries share."""

    def __init__(self, deployment: Deployment) -> None:
        self._graph = deployment.graph
        self._topology = deployment.graph.topology
        self._names: dict[tuple[str, str], str] = {}
        self._links = [self._link_name(index) for index in range(len(self._topology.links))]
        self._nodes = [
            json.dumps(f"{self._topology.switches[node.switch].name}.{node.tag}") for node in self._graph.nodes
        ]
        self._switches = [json.dumps(switch.name) for switch in self._topology.switches]
        self._fixed: dict[tuple[str, str], tuple[str, str]] = {}

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
        start, middle = self._frame(entry.table, entry.action)
        params = ", ".join([f'"{name}": {self._value(name, value)}' for name, value in entry.params])
        if entry.is_default:
            head = f'{start}"default_action": true, '
        else:
            match = ", ".join([f'"{name}": {self._match(name, value)}' for name, value in entry.match])
            head = f'{start}"match": {{{match}}}, '
        return f'{head}{middle}{{{params}}}, "provenance": {{{self._provenance(entry.provenance)}}}}}'

    def _frame(self, table: str, action: str) -> tuple[str, str]:
        frame = self._fixed.get((table, action))
        if frame is None:
            frame = (
                f'    {{"table": "{full_name(table, table)}", ',
                f'"action_name": "{full_name(table, action)}", "action_params": ',
            )
            self._fixed[table, action] = frame
        return frame

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
