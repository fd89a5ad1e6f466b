"""HalfSipHash-2-4 with a key of 64 bits and 32 bits of output, written from its description alone: the judge of macs.

Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012, with the constants and rotations of
HalfSipHash in the authors' reference code (github.com/veorq/SipHash).
"""

from __future__ import annotations

VECTORS = {
    6: "5863fc23",
    7: "8bcf63c5",
    8: "d0b8848f",
    9: "f806e779",
    10: "94b07934",
    11: "08083050",
    12: "57f0872f",
    13: "77e663ff",
    14: "d6fff87c",
    15: "74fe2b97",
    16: "d9b5ac84",
    17: "c474645b",
    18: "465b8d9b",
    19: "7befe387",
    20: "e34d1045",
}
"""Hash of the bytes 0, 1, 2, ... by their number, under the key 0, 1, ..., 7: `vectors_hsip32` of the reference code's
vectors.h."""
VECTOR_KEY = bytes(range(8))
_MASK = 0xFFFFFFFF


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & _MASK


class _State:
    def __init__(self, key: bytes) -> None:
        k0, k1 = (int.from_bytes(key[at : at + 4], "little") for at in (0, 4))
        self.v = [k0, k1, k0 ^ 0x6C796765, k1 ^ 0x74656462]

    def _half(self, a: int, b: int, by: int, turn: bool) -> None:
        """v[a] takes v[b], which is turned and takes it back."""
        v = self.v
        v[a] = (v[a] + v[b]) & _MASK
        v[b] = _rotated(v[b], by) ^ v[a]
        if turn:
            v[a] = _rotated(v[a], 16)

    def rounds(self, count: int) -> None:
        for _ in range(count):
            self._half(0, 1, 5, True)
            self._half(2, 3, 8, False)
            self._half(0, 3, 7, False)
            self._half(2, 1, 13, True)

    def take(self, word: int) -> None:
        self.v[3] ^= word
        self.rounds(2)
        self.v[0] ^= word


def half_siphash(key: bytes, message: bytes) -> bytes:
    """The hash of a message: 4 bytes."""
    assert len(key) == 8
    state = _State(key)
    padded = message + bytes(-(len(message) + 1) % 4) + bytes([len(message) & 0xFF])
    for at in range(0, len(padded), 4):
        state.take(int.from_bytes(padded[at : at + 4], "little"))
    state.v[2] ^= 0xFF
    state.rounds(4)
    return (state.v[1] ^ state.v[3]).to_bytes(4, "little")


def halves(key: bytes) -> tuple[int, int]:
    """A key as the action `set_probe_key` takes it (docs/protocol.md): two little-endian words."""
    return int.from_bytes(key[:4], "little"), int.from_bytes(key[4:], "little")


def key_entry(key: bytes) -> dict[str, object]:
    """The key as an entry of a runtime.json."""
    low, high = halves(key)
    return {
        "table": "ContraIngress.probe_key",
        "default_action": True,
        "action_name": "ContraIngress.set_probe_key",
        "action_params": {"key_0": low, "key_1": high},
    }
