"""Scapy classes and a Wireshark dissector, from the same header description as the P4."""

from __future__ import annotations

from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from contra import __version__
from contra.emit.templates import environment
from contra.ir.headers import ETHERTYPE_PROBE, ETHERTYPE_SHIM, FORMAT
from contra.ir.layout import DECLARED_UNIT, LOAD_FULL
from contra.ir.model import Deployment, Field, Header, SwitchProgram

_SCAPY_CLASS = {8: "ByteField", 16: "ShortField", 32: "IntField"}
_CLASS_NAME = {"probe": "ContraProbe", "shim": "ContraShim"}
_ETHERTYPE = {"probe": ETHERTYPE_PROBE, "shim": ETHERTYPE_SHIM}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A field and where it lies: bit offset from the start of the header."""

    field: Field
    offset: int

    @property
    def aligned(self) -> bool:
        """Whether it is a whole 8-, 16- or 32-bit number on a byte border."""
        return self.offset % 8 == 0 and self.field.bits in _SCAPY_CLASS

    @property
    def first_byte(self) -> int:
        return self.offset // 8

    @property
    def bytes(self) -> int:
        return (self.offset + self.field.bits - 1) // 8 - self.first_byte + 1


def scapy_text(deployment: Deployment) -> str:
    """`contra_headers.py`: scapy's view of probe and shim."""
    return _render("contra_headers.py.j2", deployment)


def lua_text(deployment: Deployment) -> str:
    """`contra.lua`: typed fields, one line of summary, the payload handed on."""
    return _render("contra.lua.j2", deployment)


def _render(template: str, deployment: Deployment) -> str:
    text = environment("tools").get_template(template).render(_view(deployment))
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"


def _view(deployment: Deployment) -> dict[str, Any]:
    program = deployment.programs[0]
    headers = {header.name: header for header in program.headers}
    topology = deployment.graph.topology
    destinations = topology.destinations
    return {
        "version": __version__,
        "ethertype_probe": f"0x{ETHERTYPE_PROBE:04X}",
        "ethertype_shim": f"0x{ETHERTYPE_SHIM:04X}",
        "format": FORMAT,
        "example": "contra_probe.origin == 3",
        "hash_fields": ", XIntField" if program.options.authenticate else "",
        "switches": [{"index": index, "name": _lua_string(topology.switches[index].name)} for index in destinations],
        "headers": [_header(headers[name], program) for name in ("probe", "shim")],
    }


def _header(header: Header, program: SwitchProgram) -> dict[str, Any]:
    placed = []
    offset = 0
    for field in header.fields:
        placed.append(_Placed(field, offset))
        offset += field.bits
    var = f"contra_{header.name}"
    return {
        "cls": _CLASS_NAME[header.name],
        "var": var,
        "short": f"CONTRA {header.name}",
        "title": header.title,
        "bytes": header.bits // 8,
        "ethertype": f"0x{_ETHERTYPE[header.name]:04X}",
        "fields": [
            {
                "key": each.field.name,
                "scapy": _scapy_field(each),
                "comment": f"  # {each.field.doc}" if each.field.doc else "",
                "lua": _lua_field(var, each),
                "start": each.first_byte,
                "length": each.bytes,
                "append": _lua_append(each, program),
            }
            for each in placed
        ],
        "summary": _scapy_summary(header, program),
        "lua_summary": _lua_summary(header, placed),
        "after": _lua_payload(header),
    }


def _scapy_name(field: Field) -> str:
    """The field's name, made an argument name of Python where it is a word of the language."""
    return f"{field.name}_" if iskeyword(field.name) else field.name


def _scapy_field(placed: _Placed) -> str:
    name, bits = _scapy_name(placed.field), placed.field.bits
    default = {"format": "FORMAT", "ttl": "64"}.get(name, "0")
    if name == "next_type":
        return f'XShortEnumField("{name}", 0x0800, {{0x0800: "IPv4", 0x0806: "ARP"}})'
    if name == "pass_":
        return f'ByteEnumField("{name}", 0, {{0: "measure", 1: "decide"}})'
    if name == "mac":
        return 'XIntField("mac", 0)'
    if placed.aligned:
        return f'{_SCAPY_CLASS[bits]}("{name}", {default})'
    return f'BitField("{name}", {default}, {bits})'


def _shown(header: Header) -> list[str]:
    hidden = {"format", "pass", "reserved", "next_type", "flow", "mac"}
    return [field.name for field in header.fields if field.name not in hidden]


def _scapy_summary(header: Header, program: SwitchProgram) -> str:
    text = " ".join(f"{name}=%{_CLASS_NAME[header.name]}.{name}%" for name in _shown(header))
    return f'self.sprintf("{header.title} {text}")'


def _lua_string(text: str) -> str:
    """A literal of Lua: printable characters stand for themselves, in UTF-8."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else " " for char in escaped) + '"'


def _lua_field(var: str, placed: _Placed) -> str:
    """Constructor of a field: filter name, label, how to print it, names of values, mask, explanation."""
    field = placed.field
    container = placed.bytes * 8
    base = "base.HEX" if field.name in ("next_type", "flow", "mac") else "base.DEC"
    mask = ""
    if not placed.aligned:
        shift = container - (placed.offset - placed.first_byte * 8) - field.bits
        mask = f"0x{((1 << field.bits) - 1) << shift:x}"
    values = '{[0] = "measure", [1] = "decide", [2] = "hello"}' if field.name == "pass" else "nil"
    arguments = [f'"{var}.{field.name}"', f'"{field.name}"', base]
    if mask or field.doc or values != "nil":
        arguments += [values, mask or "nil", _lua_string(field.doc)]
    return f"ProtoField.uint{container}({', '.join(arguments)})"


def _lua_append(placed: _Placed, program: SwitchProgram) -> str:
    """What stands behind a number: the switch's name, or the metric in its unit."""
    value = _lua_value(placed)
    name = placed.field.name
    if name in ("origin", "destination"):
        return f':append_text(" (" .. switch_name({value}) .. ")")'
    metric = next((m for m in program.metrics if m.field == name), None)
    if metric is None or metric.name == "len":
        return ""
    if metric.name == "util":
        return f':append_text(string.format(" (%.1f %%)", {value} / {LOAD_FULL // 100}))'
    if metric.name == "lat":
        return ':append_text(" ns")'
    unit = metric.unit.removeprefix(DECLARED_UNIT).strip()
    return f':append_text(string.format(" (%g", {value} / 1000) .. {_lua_string(f" {unit})".replace(" )", ")"))})'


def _lua_value(placed: _Placed) -> str:
    if placed.aligned:
        return f"buffer({placed.first_byte}, {placed.bytes}):uint()"
    start = placed.offset - placed.first_byte * 8
    return f"buffer({placed.first_byte}, {placed.bytes}):bitfield({start}, {placed.field.bits})"


def _lua_summary(header: Header, placed: list[_Placed]) -> str:
    parts = []
    for each in placed:
        if each.field.name in _shown(header):
            value = _lua_value(each)
            if each.field.name in ("origin", "destination"):
                value = f"switch_name({value})"
            parts.append(f'"{each.field.name}=" .. {value}')
    return ' .. " " .. '.join(parts)


def _lua_payload(header: Header) -> list[str]:
    size = header.bits // 8
    if header.name == "probe":
        return ['packet.cols.info = "probe " .. summary', f"return {size}"]
    return [
        f'local inner = DissectorTable.get("ethertype"):get_dissector(buffer({size - 2}, 2):uint())',
        f"if buffer:len() > {size} then",
        f'    (inner or Dissector.get("data")):call(buffer({size}):tvb(), packet, tree)',
        "end",
        'packet.cols.info:prepend("[" .. summary .. "] ")',
        "return buffer:len()",
    ]
