"""What p4c would make of a program of a build, as far as P4Runtime and its fake switch need it: without p4c."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any

from google.protobuf import text_format
from p4.config.v1 import p4info_pb2
from p4.v1 import p4runtime_pb2

from contra.deploy.control.client import Pipeline
from contra.deploy.control.names import names_of
from contra.p4.typed import Bits, Program

_KINDS = {"exact": 2, "lpm": 3, "ternary": 4, "range": 5, "optional": 6}


def p4info(program: Program) -> Any:
    """The P4Info: ids are counted, names and widths are those of the program."""
    info = p4info_pb2.P4Info()
    actions: dict[str, int] = {}
    for table in program.tables:
        for use in table.actions:
            actions.setdefault(use.action.name, 0x01000001 + len(actions))
    known = {use.action.name: use.action for table in program.tables for use in table.actions}
    for name, number in actions.items():
        row = info.actions.add()
        row.preamble.id, row.preamble.name = number, name
        for position, parameter in enumerate(known[name].data, 1):
            row.params.add(id=position, name=parameter.name, bitwidth=_bits(parameter.type))
    for number, table in enumerate(program.tables):
        row = info.tables.add(size=table.size, is_const_table=table.entries is not None)
        row.preamble.id, row.preamble.name = 0x02000001 + number, table.name
        for position, key in enumerate(table.keys, 1):
            row.match_fields.add(
                id=position, name=key.name, bitwidth=_bits(key.expression.type), match_type=_KINDS[key.match]
            )
        for use in table.actions:
            reference = row.action_refs.add(id=actions[use.action.name])
            reference.scope = 2 if use.default_only else 1 if use.table_only else 0
        if table.constant_default:
            row.const_default_action_id = actions[table.default.name]
    for number, counter in enumerate(program.counters):
        row = info.counters.add(size=counter.size)
        row.preamble.id, row.preamble.name = 0x03000001 + number, counter.name
    headers = (("packet_in", program.packet_in_header), ("packet_out", program.packet_out_header))
    for number, (name, header) in enumerate(headers):
        row = info.controller_packet_metadata.add()
        row.preamble.id, row.preamble.name = 0x04000001 + number, name
        for position, field in enumerate(header.fields if header else (), 1):
            row.metadata.add(id=position, name=field.name, bitwidth=_bits(field.type))
    return info


def bmv2(program: Program) -> bytes:
    """The BMv2 program as far as the fake switch reads it."""
    names = {use.action.name: use.action for table in program.tables for use in table.actions}
    ids = {name: number for number, name in enumerate(names)}
    tables = [
        {
            "name": table.name,
            "max_size": table.size,
            "default_entry": {
                "action_id": ids[table.default.name],
                "action_data": [hex(value) for value in table.default_arguments],
            },
        }
        for table in program.tables
    ]
    actions = [{"id": number, "name": name} for name, number in ids.items()]
    return json.dumps({"actions": actions, "pipelines": [{"name": "ingress", "tables": tables}]}).encode()


@cache
def pipeline_of(program: Program) -> Pipeline:
    """The program as it is pushed."""
    message = p4runtime_pb2.ForwardingPipelineConfig()
    message.p4info.CopyFrom(p4info(program))
    message.p4_device_config = bmv2(program)
    text = text_format.MessageToString(message.p4info).encode()
    message.cookie.cookie = int.from_bytes(sha256(text + message.p4_device_config).digest()[:8], "big")
    return Pipeline(names=names_of(message.p4info), cookie=message.cookie.cookie, config=message.SerializeToString())


def _bits(kind: Any) -> int:
    return kind.width if isinstance(kind, Bits) else 1
