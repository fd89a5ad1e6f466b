"""Ports and addresses, deterministic functions of the file.

Addresses: switch i owns the block 10.0.0.0 + (i << host_bits); number 1 in it is the switch itself, hosts
count from 2, the last number stays free (it is the block's broadcast address). All automatic hosts see one
flat subnet, 10.0.0.0/8. Ports: explicit ones are kept; the others get the lowest free number, links first
and then hosts, so that one more host renumbers no link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

BASE = int(IPv4Address("10.0.0.0"))
SPACE_BITS = 24
FLAT_PREFIX = 8
"""Prefix length that automatically addressed hosts configure: the whole network is one subnet to them."""

DEFAULT_HOST_BITS = 8
MIN_HOST_BITS = 2
MAX_SWITCHES = 1_000_000
MAX_LINKS = 2_000_000
"""Beyond them no product graph fits into memory; better to say so at once."""
MAX_PORT = 509


def choose_host_bits(switches: int, most_hosts: int) -> int | None:
    """Bits that number the hosts of a switch, or None where 10.0.0.0/8 is too small.

    8 unless the fullest switch needs more; less, down to what it needs, where there are too many switches.
    """
    needed = max(MIN_HOST_BITS, (most_hosts + 2).bit_length())  # numbers 0, 1, hosts..., and the last one
    bits = max(DEFAULT_HOST_BITS, needed)
    room = SPACE_BITS - (switches - 1).bit_length()
    return None if needed > room else min(bits, room)


def block_start(switch: int, host_bits: int) -> int:
    """First address of a switch's block, as a number."""
    return BASE + (switch << host_bits)


def mac_of(address: int, serial: int = 0) -> str:
    """The locally administered MAC address that belongs to an IPv4 address: 02:serial:a:b:c:d."""
    digits = f"02{serial:02x}{address:08x}"
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


class Numbers:
    """Hands out host addresses within the blocks, around those that are given."""

    def __init__(self, host_bits: int, taken: Iterable[int]) -> None:
        self._bits = host_bits
        self._taken = set(taken)
        self._next: dict[int, int] = {}

    def own(self, switch: int) -> IPv4Address:
        """The switch's own address: number 1, or the next free one if a host was given that."""
        return IPv4Address(self._free(switch))

    def host(self, switch: int) -> IPv4Address:
        """The next free address for a host of a switch; ask for `own` first."""
        return IPv4Address(self._free(switch))

    def _free(self, switch: int) -> int:
        start = block_start(switch, self._bits)
        number = self._next.get(switch, 1)
        while start + number in self._taken:
            number += 1
        self._next[switch] = number + 1
        return start + number


def assign_ports(explicit: Sequence[set[int]], ends: Iterable[tuple[int, int | None]]) -> list[int]:
    """A port number per end, given (switch, explicit port or None) in the order of numbering.

    `explicit` holds, per switch, all explicit ports, of ends that come later too.
    """
    following = [0] * len(explicit)
    result = []
    for switch, port in ends:
        if port is None:
            port = following[switch] + 1
            used = explicit[switch]
            while port in used:
                port += 1
            following[switch] = port
        result.append(port)
    return result
