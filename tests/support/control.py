"""What tests of the control plane share: the small program, holdings of it, sessions with a fake switch."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from contra.deploy.control.client import Address, Deadlines, PacketSink, Pipeline
from contra.deploy.control.journal import Journal
from contra.deploy.control.model import Action, EntryKey, GroupKey, Holding, Match
from contra.deploy.control.p4runtime import connect, load_pipeline
from contra.deploy.control.session import SwitchSession
from contra.p4.runtime import Replica

FIXTURES = Path(__file__).parent.parent / "deploy" / "control" / "fixtures"
QUICK = Deadlines(connect_s=10.0, request_s=10.0, pipeline_s=10.0, retry_s=0.001)


@cache
def small() -> Pipeline:
    """The program of the fixtures."""
    return load_pipeline(FIXTURES / "small.p4info.txtpb", FIXTURES / "small.json")


def port_key(port: int) -> EntryKey:
    """An entry of the exact table; it has room for 8."""
    return EntryKey("In.ports", (Match("port", "exact", port),))


def to_port(port: int, weight: int = 1) -> Action:
    """An action with two parameters."""
    return Action("In.to_port", (("port", port), ("weight", weight)))


def default(table: str) -> EntryKey:
    """A default action."""
    return EntryKey(table, default=True)


def holding(ports: int = 4, self_: int = 7) -> Holding:
    """Something of every kind."""
    contents = {
        default("In.identity"): Action("In.set_identity", (("self", self_),)),
        default("In.routes"): Action("In.deny"),
        **{port_key(port): to_port(port, 2**47 + port) for port in range(1, ports + 1)},
        EntryKey("In.routes", (Match("address", "lpm", 0x0A000000, 8),)): to_port(300, 0),
        EntryKey("In.routes", ()): Action("NoAction"),
        EntryKey("In.filters", (Match("kind", "ternary", 0x0800, 0xFF00), Match("low", "range", 5, 9)), 10): Action(
            "In.deny"
        ),
        EntryKey("In.filters", (Match("length", "optional", 64),), 11): Action("In.deny"),
        EntryKey("In.filters", (), 1): Action("NoAction"),
        GroupKey(1): (Replica(1, 1), Replica(2, 1), Replica(2, 2)),
        GroupKey(2): (),
    }
    provenance = {port_key(1): {"link": "A:1-B:1", "rules": [0]}, GroupKey(1): {"node": "A.0"}}
    return Holding(contents, provenance)


def session_of(
    address: str,
    folder: Path,
    *,
    name: str = "A",
    device_id: int = 0,
    deadlines: Deadlines = QUICK,
    packets: PacketSink = lambda packet: None,
    journal: Journal | None = None,
) -> SwitchSession:
    """A session with the switch at an address, of the small program."""
    where = Address(target=address, device_id=device_id)
    kept = journal or Journal(folder / "journal.jsonl", "test", "0" * 12)
    return SwitchSession(name, where, small(), "destination", kept, connect, packets, deadlines)
