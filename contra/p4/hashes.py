"""The hash and checksum algorithms of v1model, over whole bytes.

crc16 is CRC-16/ARC, crc32 the CRC of Ethernet, csum16 the Internet checksum (RFC 1071), xor16 the sum without carry of
16-bit words, identity the first eight bytes as a number (behavioral-model, src/bm_sim/calculations.cpp).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache


@cache
def crc16_table() -> tuple[int, ...]:
    """The remainders of one byte for the reflected polynomial 0x8005."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


@cache
def crc32_table() -> tuple[int, ...]:
    """The remainders of one byte for the reflected polynomial 0x04C11DB7."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0xEDB88320 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


def crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    table, remainder = crc16_table(), 0
    for byte in data:
        remainder = remainder >> 8 ^ table[(remainder ^ byte) & 0xFF]
    return remainder


def crc32(data: bytes) -> int:
    """CRC-32 as in Ethernet."""
    return zlib.crc32(data)


def csum16(data: bytes) -> int:
    """The complement of the one's complement sum of 16-bit words; an odd last byte counts as a high byte."""
    total = sum(int.from_bytes(data[start : start + 2].ljust(2, b"\0"), "big") for start in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def xor16(data: bytes) -> int:
    """Exclusive or of 16-bit words; an odd last byte counts as a high byte."""
    mixed = 0
    for start in range(0, len(data), 2):
        mixed ^= int.from_bytes(data[start : start + 2].ljust(2, b"\0"), "big")
    return mixed


def identity(data: bytes) -> int:
    """The first eight bytes, most significant first."""
    return int.from_bytes(data[:8], "big")


ALGORITHMS: dict[str, Callable[[bytes], int]] = {
    "crc16": crc16,
    "crc32": crc32,
    "csum16": csum16,
    "xor16": xor16,
    "identity": identity,
}
