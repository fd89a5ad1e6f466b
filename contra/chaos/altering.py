"""An entry is altered behind the controller's back: by the switch's own command line, else by another controller."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from threading import Event

from contra.chaos.errors import NoThriftTool
from contra.chaos.faults import Alteration
from contra.chaos.network import Failed, RunningNetwork
from contra.deploy.control.client import Address, Deadlines, SwitchError
from contra.deploy.control.model import Action, EntryKey, Match, Operation, Update
from contra.deploy.control.names import Names
from contra.diagnostics import Reporter

Altering = Callable[[int, Alteration], None]
"""Alters an entry of a switch. Raises Failed."""

TOOL = "simple_switch_CLI"
"""BMv2's command line; it speaks Thrift, where the switch was built with it."""
_TOOL_S = 30.0
_ELECTION = 1000
_HANDLE = re.compile(r"Dumping entry 0x([0-9a-f]+)")


def altering_of(
    network: RunningNetwork, names: Sequence[Names], devices: Sequence[int], reporter: Reporter
) -> Altering:
    """The nearest way to each switch's memory: Thrift where it has that and we have the tool, else P4Runtime."""
    lacking = tool_trouble()

    def alter(switch: int, change: Alteration) -> None:
        port = network.thrift_port(switch)
        reason = lacking or ("" if port is not None else "the switches were built without Thrift, or it is not used")
        if reason:
            reporter.report(NoThriftTool(reason=reason))
        if port is not None and not reason:
            by_tool(port, change, names[switch])
        else:
            by_controller(network.address(switch), devices[switch], change, names[switch])

    return alter


def tool_trouble() -> str:
    """Why BMv2's command line cannot be used; empty if it can."""
    if shutil.which(TOOL) is None:
        return f"{TOOL} is not installed"
    done = subprocess.run([TOOL, "--help"], capture_output=True, timeout=_TOOL_S, check=False)
    return f"{TOOL} does not run (Thrift for Python is missing)" if done.returncode else ""


def by_tool(port: int, change: Alteration, names: Names) -> None:
    """Over Thrift, by BMv2's own command line."""
    key = " ".join(_keys(change.key, names))
    priority = f" {change.key.priority}" if change.key.priority else ""
    shown = _tool(port, f"table_dump_entry_from_key {change.key.table} {key}{priority}")
    handle = _HANDLE.search(shown)
    if handle is None:
        raise Failed(f"{TOOL} does not find the entry: {' '.join(shown.split())[-200:]}")
    assert isinstance(change.content, Action)
    values = " ".join(str(value) for _, value in change.content.parameters)
    said = _tool(port, f"table_modify {change.key.table} {change.content.name} {int(handle[1], 16)} => {values}")
    if "Modifying entry" not in said or "Invalid" in said or "Error" in said:
        raise Failed(f"{TOOL} does not alter the entry: {' '.join(said.split())[-200:]}")


def by_controller(target: str, device: int, change: Alteration, names: Names) -> None:
    """By another P4Runtime controller, which takes the switch over for a moment."""
    from contra.deploy.control.p4runtime import connect

    address = Address(target=target, device_id=device, election_id=_ELECTION)
    try:
        client = connect(address, names, lambda packet: None, Deadlines(), Event())
        try:
            client.write([Update(Operation.MODIFY, change.key, change.content)])
        finally:
            client.close()
    except SwitchError as error:
        raise Failed(error.message) from None


def _tool(port: int, line: str) -> str:
    try:
        done = subprocess.run(
            [TOOL, "--thrift-port", str(port)],
            input=f"{line}\n",
            capture_output=True,
            text=True,
            timeout=_TOOL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{TOOL}: {error}") from None
    return done.stdout + done.stderr


def _keys(key: EntryKey, names: Names) -> list[str]:
    """The keys of an entry as the tool reads them, in the order of the table."""
    given = {match.name: match for match in key.matches}
    return [_key(given.get(each.name), each.kind, each.bits) for each in names.tables[key.table].keys]


def _key(match: Match | None, kind: str, bits: int) -> str:
    if match is None:
        if kind == "range":
            return f"0->{(1 << bits) - 1}"
        return "0/0" if kind == "lpm" else "0&&&0"
    if kind == "lpm":
        return f"{match.value:#x}/{match.extra}"
    if kind in ("ternary", "optional"):
        return f"{match.value:#x}&&&{match.extra or (1 << bits) - 1:#x}"
    if kind == "range":
        return f"{match.value:#x}->{match.extra:#x}"
    return f"{match.value:#x}"
