"""Switches of a build made to work, without our control plane: a process of its own, in the namespace of the switches.

    drive.py BUILD GRPC_BASE

Pushes every program and its entries over P4Runtime, says "ready", and ticks all probe clocks once per period until its
standard input ends. A number on a line loads that switch again, after a restart.
"""

from __future__ import annotations

import json
import queue
import select
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import text_format
from p4.config.v1 import p4info_pb2
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc

INSERT, MODIFY = p4runtime_pb2.Update.INSERT, p4runtime_pb2.Update.MODIFY


class Driver:
    """One switch."""

    def __init__(self, build: Path, name: str, index: int, grpc_port: int) -> None:
        self.build, self.name, self.device = build, name, 1 + index
        self.grpc_port = grpc_port
        self.connect()

    def connect(self) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}")
        self.stub = p4runtime_pb2_grpc.P4RuntimeStub(self.channel)
        self.requests: queue.Queue[p4runtime_pb2.StreamMessageRequest] = queue.Queue()
        self.stream = self.stub.StreamChannel(self._outgoing())
        request = p4runtime_pb2.StreamMessageRequest()
        request.arbitration.device_id = self.device
        request.arbitration.election_id.low = 1
        self.requests.put(request)
        next(self.stream)

    def _outgoing(self) -> Iterator[p4runtime_pb2.StreamMessageRequest]:
        while True:
            yield self.requests.get()

    def load(self) -> None:
        manifest = json.loads((self.build / "manifest.json").read_text())
        row = manifest["switches"][self.name]
        stem = self.build / "programs" / row["program"]
        request = p4runtime_pb2.SetForwardingPipelineConfigRequest(device_id=self.device)
        request.election_id.low = 1
        request.action = request.VERIFY_AND_COMMIT
        request.config.p4_device_config = stem.with_suffix(".json").read_bytes()
        text_format.Parse(
            stem.with_suffix(".p4info.txtpb").read_text(), request.config.p4info, allow_unknown_field=True
        )
        assert isinstance(request.config.p4info, p4info_pb2.P4Info)
        self.stub.SetForwardingPipelineConfig(request, timeout=20)
        runtime = json.loads((self.build / row["runtime"]).read_text())
        names = Names(request.config.p4info)
        write = p4runtime_pb2.WriteRequest(device_id=self.device)
        write.election_id.low = 1
        for group in runtime["multicast_group_entries"]:
            update = write.updates.add(type=INSERT)
            entry = update.entity.packet_replication_engine_entry.multicast_group_entry
            entry.multicast_group_id = group["multicast_group_id"]
            for replica in group["replicas"]:
                entry.replicas.add(egress_port=replica["egress_port"], instance=replica["instance"])
        for each in runtime["table_entries"]:
            default = each.get("default_action", False)
            update = write.updates.add(type=MODIFY if default else INSERT)
            names.fill(update.entity.table_entry, each, default)
        self.stub.Write(write, timeout=20)

    def tick(self) -> None:
        request = p4runtime_pb2.StreamMessageRequest()
        metadata = request.packet.metadata.add()
        metadata.metadata_id, metadata.value = 1, b"\x01"
        self.requests.put(request)


class Names:
    """A P4Info by names."""

    def __init__(self, info: p4info_pb2.P4Info) -> None:
        self.tables = {table.preamble.name: table for table in info.tables}
        self.actions = {action.preamble.name: action for action in info.actions}

    def fill(self, entry: p4runtime_pb2.TableEntry, row: dict[str, Any], default: bool) -> None:
        table, action = self.tables[row["table"]], self.actions[row["action_name"]]
        entry.table_id = table.preamble.id
        entry.is_default_action = default
        entry.priority = row.get("priority", 0)
        for field in table.match_fields:
            value = row.get("match", {}).get(field.name)
            if value is not None:
                self.match(entry.match.add(field_id=field.id), field, value)
        entry.action.action.action_id = action.preamble.id
        for param in action.params:
            entry.action.action.params.add(param_id=param.id, value=raw(row["action_params"][param.name]))

    @staticmethod
    def match(target: p4runtime_pb2.FieldMatch, field: p4info_pb2.MatchField, value: Any) -> None:
        if field.match_type == field.EXACT:
            target.exact.value = raw(value)
        elif field.match_type == field.LPM:
            target.lpm.value, target.lpm.prefix_len = raw(value[0]), value[1]
        elif field.match_type == field.RANGE:
            target.range.low, target.range.high = raw(value[0]), raw(value[1])
        else:
            target.ternary.value, target.ternary.mask = raw(value[0]), raw(value[1])


def raw(value: int | str) -> bytes:
    """The shortest bytes of a number, or of an address as runtime.json has it."""
    if isinstance(value, str):
        numbers = value.split(":")
        value = int("".join(numbers), 16) if len(numbers) == 6 else int(IPv4Address(value))
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def main() -> None:
    build, grpc_base = Path(sys.argv[1]), int(sys.argv[2])
    manifest = json.loads((build / "manifest.json").read_text())
    drivers = [
        Driver(build, name, row["index"], grpc_base + row["index"]) for name, row in manifest["switches"].items()
    ]
    for driver in drivers:
        driver.load()
    print("ready", flush=True)
    period = manifest["constants"]["probe_period_us"] / 1e6
    due = time.monotonic()
    while True:
        for driver in drivers:
            driver.tick()
        due += period
        if select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
            line = sys.stdin.readline()
            if not line:
                return
            drivers[int(line)].connect()
            drivers[int(line)].load()
            print("ready", flush=True)


main()
