"""IPv4 and MAC addresses as files write them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from contra.diagnostics import report, shown
from contra.jsontext import Path
from contra.topology.addressing import FLAT_PREFIX
from contra.topology.errors import BadAddress
from contra.topology.jsonform import Form

_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", re.ASCII)
_IP = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:/([0-9]{1,2}))?", re.ASCII)
_IP_WHAT, _IP_EXAMPLE = "an IPv4 address", "10.0.1.1/24"
_MAC_WHAT, _MAC_EXAMPLE = "a MAC address", "08:00:00:00:01:11"


def read_ip(form: Form, path: Path, value: Any) -> tuple[IPv4Address, int] | None:
    """(address, prefix length) of "10.0.1.1/24"; without a length, that of the one flat subnet."""
    text = form.text(path, value, '"ip"') if not isinstance(value, str) else value
    if not isinstance(value, str):
        return None
    try:
        return parse_ip(text)
    except ValueError as error:
        _complain(form, path, text, _IP_WHAT, str(error), _IP_EXAMPLE)
        return None


def parse_ip(text: str) -> tuple[IPv4Address, int]:
    """(address, prefix length) of an address that a host can have; ValueError says why it is none."""
    match = _IP.fullmatch(text)
    if match is None:
        raise ValueError("it is not written as four numbers and a prefix length")
    try:
        interface = IPv4Interface(f"{match.group(1)}/{match.group(2) or FLAT_PREFIX}")
    except ValueError:
        raise ValueError("a number is out of range, or begins with 0") from None
    address, network = interface.ip, interface.network
    if address.is_multicast or address.is_loopback or address.is_reserved or address.is_unspecified:
        raise ValueError("it is a multicast, loopback or reserved address")
    if network.prefixlen < 31 and address in (network.network_address, network.broadcast_address):
        raise ValueError("it is the network's own or its broadcast address")
    return address, network.prefixlen


def read_mac(form: Form, path: Path, value: Any) -> str | None:
    """A MAC address in lower case."""
    text = form.text(path, value, '"mac"') if not isinstance(value, str) else value
    if not isinstance(value, str):
        return None
    try:
        return parse_mac(text)
    except ValueError as error:
        _complain(form, path, text, _MAC_WHAT, str(error), _MAC_EXAMPLE)
        return None


def parse_mac(text: str) -> str:
    """The address in lower case; ValueError says why a host cannot have it."""
    if not _MAC.fullmatch(text):
        raise ValueError("it is not written as six pairs of hexadecimal digits")
    if int(text[:2], 16) & 1:
        raise ValueError("it is a multicast address")
    if set(text) <= {"0", ":"}:
        raise ValueError("it is all zero")
    return text.lower()


def _complain(form: Form, path: Path, text: str, what: str, reason: str, example: str) -> None:
    span = form.document.span(path)
    report(form.reporter, BadAddress(text=shown(text), what=what, reason=reason, example=example, span=span))
