"""Packets for authenticated programs: probes with their mac, most of them with the right one."""

from __future__ import annotations

from differential.traffic import Setting, Traffic
from support.siphash import half_siphash

_ETHERNET_BYTES = 14
_MAC_BYTES = 4


class SignedTraffic(Traffic):
    """Makes packets as `Traffic` does. Without a key the probes are signed under one of zeros."""

    def __init__(self, place: Setting, seed: int, first_version: int, key: bytes) -> None:
        super().__init__(place, seed, first_version)
        self._key = key or bytes(8)

    def _probe(self, port: int, **fields: int) -> tuple[int, bytes]:
        port, data = super()._probe(port, **fields)
        end = _ETHERNET_BYTES + self.place.probe.size - _MAC_BYTES
        hashed = data[_ETHERNET_BYTES:end]
        return port, data[:end] + self._mac(hashed) + data[end + _MAC_BYTES :]

    def _mac(self, hashed: bytes) -> bytes:
        """Right, or under another key, or with a bit flipped, or none at all."""
        pick, right = self.random, half_siphash(self._key, hashed)
        if pick.random() < 0.88:
            return right
        at = pick.randrange(_MAC_BYTES)
        flipped = right[:at] + bytes([right[at] ^ 1 << pick.randrange(8)]) + right[at + 1 :]
        return pick.choice((flipped, right[::-1], bytes(4), half_siphash(pick.randbytes(8), hashed)))
