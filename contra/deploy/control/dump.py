"""What switches hold, as JSON: the form of runtime.json (docs/artifacts.md), numbers as numbers.

Keys of probes are not written: the parameters of such an action are 0 where the switch has the key that it was given,
and 1 where it has another one.
"""

from __future__ import annotations

from typing import Any

from contra.deploy.control.desired import Adjustments
from contra.deploy.control.model import Action, EntryKey, GroupKey, Holding, Match
from contra.engine.build import Build
from contra.engine.keys import KEY_ACTION
from contra.p4.runtime import Replica

SAME_KEY, OTHER_KEY = 0, 1


def holding_json(found: Holding, expected: Holding) -> dict[str, Any]:
    """A holding; `expected` is what keys of probes are compared with."""
    entries, groups = [], []
    for key, content in found.contents.items():
        if isinstance(key, GroupKey):
            assert not isinstance(content, Action)
            groups.append(_group(key, content))
        else:
            assert isinstance(content, Action)
            entries.append(_entry(key, hidden(content, content == expected.contents.get(key))))
    return {"table_entries": entries, "multicast_group_entries": groups}


def hidden(action: Action, same: bool) -> Action:
    """An action without the key of probes, if it is one that sets it."""
    if action.name.rpartition(".")[2] != KEY_ACTION:
        return action
    return Action(action.name, tuple((name, SAME_KEY if same else OTHER_KEY) for name, _ in action.parameters))


def _entry(key: EntryKey, action: Action) -> dict[str, Any]:
    row: dict[str, Any] = {"table": key.table}
    if key.default:
        row["default_action"] = True
    else:
        row["match"] = {match.name: _value(match) for match in key.matches}
    if key.priority:
        row["priority"] = key.priority
    return {**row, "action_name": action.name, "action_params": dict(action.parameters)}


def _value(match: Match) -> int | list[int]:
    return match.value if match.kind in ("exact", "optional") else [match.value, match.extra]


def _group(key: GroupKey, replicas: tuple[Replica, ...]) -> dict[str, Any]:
    copies = [{"egress_port": each.port, "instance": each.instance} for each in replicas]
    return {"multicast_group_id": key.group, "replicas": copies}


def adjustments_json(build: Build, adjustments: Adjustments) -> list[dict[str, Any]]:
    """The metrics that a deployment holds still, a row for each direction of a link."""
    rows = []
    for (switch, port), held in adjustments.held.items():
        row: dict[str, Any] = {"switch": build.topology.switches[switch].name, "port": port}
        if held.utilisation is not None:
            row["utilisation"] = str(held.utilisation)
        if held.latency_ns is not None:
            row["latency_ns"] = held.latency_ns
        row["attributes"] = {name: str(value) for name, value in held.attributes}
        rows.append(row)
    return rows
